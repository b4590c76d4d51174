//! Smallest files that show how they are read.

mod columnar;
mod corpora;
mod grid;
mod legacy;
mod text;
mod workbook;

use std::path::PathBuf;

use arrow::array::AsArray;
use domain::contract::Table;

use super::{Fault, Limits, PartReport, ReadError, read_here};
use crate::{
    finding::Finding,
    inbox::{Form, Part},
};

/// What came of reading a file.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: PartReport,
    /// Row number and the non-empty cells as `field=text`.
    pub(crate) rows: Vec<String>,
    pub(crate) remarks: Vec<Finding>,
    pub(crate) broken: Vec<Finding>,
}

impl Outcome {
    fn remarked(&self) -> Vec<String> {
        let said = |finding: &Finding| {
            let header = finding.header.unwrap_or_default();
            format!(
                "{} {header} {} {}",
                finding.origin.row,
                finding.rule.as_str(),
                finding.value.as_deref().unwrap_or_default()
            )
        };
        self.remarks.iter().map(said).collect()
    }
}

pub(crate) fn limits() -> Limits {
    Limits { chunk_rows: 3, ..Limits::of_program(PathBuf::from("/nowhere")) }
}

/// Writes `bytes` to a file of that name and reads it in this process.
pub(crate) fn read(table: Table, name: &str, bytes: &[u8]) -> Result<Outcome, ReadError> {
    read_sheet(table, name, None, bytes, &limits())
}

pub(crate) fn read_sheet(
    table: Table,
    name: &str,
    sheet: Option<&str>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Outcome, ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    let form = Form::of(name).unwrap().1;
    let part = Part { table, file: name.into(), path, form, sheet: sheet.map(str::to_owned) };
    let (mut rows, mut remarks, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    let report = read_here(&part, limits, &mut |chunk| {
        assert_eq!(chunk.cells.num_rows(), chunk.rows.len());
        assert_eq!(chunk.cells.num_columns(), table.columns().len());
        for line in 0..chunk.cells.num_rows() {
            let mut shown = chunk.rows.value(line).to_string();
            for (column, cells) in table.columns().iter().zip(chunk.cells.columns()) {
                let cells = cells.as_string::<i32>();
                if !arrow::array::Array::is_null(cells, line) {
                    shown.push_str(&format!(" {}={}", column.field, cells.value(line)));
                }
            }
            rows.push(shown);
        }
        remarks.extend(chunk.remarks);
        broken.extend(chunk.broken);
        Ok(())
    })?;
    assert_eq!(report.rows, (rows.len() + broken.len()) as u64, "rows in = rows out");
    Ok(Outcome { report, rows, remarks, broken })
}

fn fault(outcome: Result<Outcome, ReadError>) -> (Option<u64>, Fault) {
    let error = outcome.unwrap_err();
    assert!(error.zh().contains(':') && !error.en().is_empty());
    (error.row, error.fault)
}
