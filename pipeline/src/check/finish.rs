//! Marks become findings, and the rows without a rejecting one go on.

use std::{collections::HashSet, fmt::Write, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, BooleanArray, Int32Array, RecordBatch, RecordBatchOptions, StringArray, StringBuilder},
    compute::FilterBuilder,
};
use domain::contract::Table;

use crate::{
    finding::{Finding, Origin},
    rows::RawRows,
};

use super::{
    Checked,
    column::Columns,
    marks::{Mark, Marks, rejects},
    schema::typed_schema,
};

pub(super) fn finish(raw: &RawRows, columns: Columns, derived: Vec<ArrayRef>, marks: Marks<'_>) -> Checked {
    let rejected = marks.rejected().iter().filter(|rejected| **rejected).count();
    let keep: Vec<bool> = marks.rejected().iter().map(|rejected| !rejected).collect();
    let (findings, flagged) = findings(raw, columns.raw(), marks);
    let mut arrays = columns.into_typed();
    arrays.extend(derived);
    arrays.extend(lineage(raw));
    Checked {
        table: raw.table,
        rows: accepted(raw.table, &arrays, keep, rejected),
        findings,
        rejected: (rejected + broken_rows(raw)) as u64,
        flagged,
    }
}

fn broken_rows(raw: &RawRows) -> usize {
    raw.broken.iter().map(|finding| &finding.origin).collect::<HashSet<_>>().len()
}

fn lineage(raw: &RawRows) -> [ArrayRef; 3] {
    let rows = raw.cells.num_rows();
    let file: ArrayRef = repeated(&raw.file, rows);
    let sheet = match &raw.sheet {
        Some(sheet) => repeated(sheet, rows),
        None => Arc::new(StringArray::new_null(rows)),
    };
    let row: Int32Array = raw.rows.values().iter().map(|row| Some(i32::try_from(*row).unwrap_or(i32::MAX))).collect();
    [file, sheet, Arc::new(row)]
}

fn repeated(text: &str, rows: usize) -> ArrayRef {
    let mut column = StringBuilder::with_capacity(rows, rows * text.len());
    for _ in 0..rows {
        column.append_value(text);
    }
    Arc::new(column.finish())
}

fn accepted(table: Table, arrays: &[ArrayRef], keep: Vec<bool>, rejected: usize) -> RecordBatch {
    let rows = keep.len() - rejected;
    let arrays: Vec<ArrayRef> = match rejected {
        0 => arrays.to_vec(),
        _ => {
            let filter = FilterBuilder::new(&BooleanArray::from(keep)).optimize().build();
            arrays.iter().map(|array| filter.filter(array).expect("every column has one cell per row")).collect()
        }
    };
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(typed_schema(table), arrays, &options)
        .expect("a row without a required field is rejected, and columns are read as the schema says")
}

/// The findings in the order of the rows, and how many rows are flagged only.
fn findings(raw: &RawRows, cells: &[StringArray], mut marks: Marks<'_>) -> (Vec<Finding>, u64) {
    marks.made.sort_by_key(|mark| (mark.row, mark.column));
    marks.read.sort_by_key(|(row, _)| *row);
    let mut findings: Vec<Finding> =
        Vec::with_capacity(raw.broken.len() + marks.strays.len() + marks.read.len() + marks.made.len());
    findings.extend(raw.broken.iter().cloned());
    findings.extend(marks.strays.iter().map(|finding| (*finding).clone()));

    let mut flagged = 0;
    let (mut made, mut read) = (marks.made.as_slice(), marks.read.as_slice());
    loop {
        let row = match (made.first(), read.first()) {
            (None, None) => break,
            (Some(mark), None) => mark.row,
            (None, Some((row, _))) => *row,
            (Some(mark), Some((row, _))) => mark.row.min(*row),
        };
        let (ours, made_rest) = made.split_at(made.partition_point(|mark| mark.row <= row));
        let (theirs, read_rest) = read.split_at(read.partition_point(|(of, _)| *of <= row));
        (made, read) = (made_rest, read_rest);
        let is_rejected = marks.rejected().get(row).copied().unwrap_or_default();
        let raw_text = is_rejected.then(|| raw_row(raw.table, cells, row));
        flagged += u64::from(!is_rejected);
        let row_text = |finding: &Finding| if rejects(finding.rule) { raw_text.clone() } else { None };
        for (_, remark) in theirs {
            let mut finding = (*remark).clone();
            finding.raw = finding.raw.or_else(|| row_text(remark));
            findings.push(finding);
        }
        for mark in ours.iter().filter(|mark| !is_said(raw.table, mark, theirs)) {
            let mut finding = finding_of(raw, cells, mark);
            finding.raw = row_text(&finding);
            findings.push(finding);
        }
    }
    (findings, flagged)
}

/// Whether the reader has already said as much, or worse, of the same cell.
fn is_said(table: Table, mark: &Mark, remarks: &[(usize, &Finding)]) -> bool {
    let Some(column) = mark.column.and_then(|position| table.columns().get(position)) else { return false };
    remarks
        .iter()
        .any(|(_, remark)| remark.header == Some(column.header) && (rejects(remark.rule) || !rejects(mark.rule)))
}

fn finding_of(raw: &RawRows, cells: &[StringArray], mark: &Mark) -> Finding {
    let column = mark.column.and_then(|position| raw.table.columns().get(position));
    let cell = mark.column.and_then(|position| cells.get(position)).filter(|cells| cells.is_valid(mark.row));
    Finding {
        table: raw.table,
        origin: Origin {
            file: Arc::clone(&raw.file),
            sheet: raw.sheet.clone(),
            row: raw.rows.values().get(mark.row).copied().unwrap_or_default(),
        },
        rule: mark.rule,
        header: column.map(|column| column.header),
        value: cell.map(|cells| cells.value(mark.row).to_owned()),
        detail: mark.detail.clone(),
        raw: None,
    }
}

fn raw_row(table: Table, cells: &[StringArray], row: usize) -> String {
    let filled = table.columns().iter().zip(cells).filter(|(_, cells)| cells.is_valid(row));
    line(filled.map(|(column, cells)| (column.header, cells.value(row))))
}

/// The cells that are not empty, `表头=值` joined by tabs; tabs, line breaks and backslashes in a value as `\t`, `\n`, `\r`, `\\`.
pub(super) fn line<'a>(cells: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let mut line = String::new();
    for (header, value) in cells.filter(|(_, value)| !value.is_empty()) {
        if !line.is_empty() {
            line.push('\t');
        }
        let escaped = value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
        let _ = write!(line, "{header}={escaped}");
    }
    line
}
