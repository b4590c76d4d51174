//! The sender's own file handed back: comments in a copy of the workbook, or a column in a copy of the text.

use std::{
    io::{BufReader, Write},
    path::Path,
};

use anyhow::Context;
use forms::annotate::{self, Annotation, Remark, annotate_into, annotated_csv};
use pipeline::read::{self, Limits};
use serde::Serialize;

use super::sheet::Sheet;
use crate::outcome::UsageError;

/// What was written.
#[derive(Debug, Serialize)]
pub struct Written {
    /// Where.
    file: String,
    /// How many remarks it bears.
    remarks: usize,
    /// How many there would have been.
    of: usize,
}

/// Writes the copy, if there is anything to remark. A workbook of the old kind is handed back as text.
pub fn write(file: &Path, out: &Path, sheet: &Sheet, limits: &Limits) -> anyhow::Result<Option<Written>> {
    if sheet.issues.is_empty() {
        return Ok(None);
    }
    if fs_err::canonicalize(out).is_ok_and(|there| fs_err::canonicalize(file).is_ok_and(|file| file == there)) {
        return Err(UsageError("the remarks would overwrite the file that is imported".to_owned()).into());
    }
    let bounds = annotate::Limits::default();
    let all = sheet.issues.iter();
    let remarks: Vec<Remark> = all
        .take(bounds.remarks)
        .map(|issue| Remark { row: issue.row, column: issue.column, text: issue.remark() })
        .collect();
    match &sheet.report.sheet {
        Some(name) if sheet.report.part.encoding == "XLSX" => {
            let workbook = BufReader::new(fs_err::File::open(file)?);
            let annotation = Annotation { sheet: name, headers: &sheet.headers, remarks: &remarks };
            let mut written = fs_err::File::create(out)?;
            let copied = annotate_into(workbook, annotation, &bounds, &mut written);
            copied.map_err(|error| anyhow::anyhow!("{} / {}", error.zh(), error.en())).context("the remarks")?;
            written.flush()?;
        }
        _ => fs_err::write(out, as_text(file, sheet, &remarks, limits)?)?,
    }
    let file = out.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Some(Written { file, remarks: remarks.len(), of: sheet.issues.len() }))
}

fn as_text(file: &Path, sheet: &Sheet, remarks: &[Remark], limits: &Limits) -> anyhow::Result<Vec<u8>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let named = sheet.report.sheet.as_deref();
    let reading = tokio::task::block_in_place(|| {
        read::grid(file, named, limits, &mut |chunk| {
            for row in chunk {
                // Blank rows keep their place, so that rows keep their numbers.
                rows.resize(usize::try_from(row.row).unwrap_or(usize::MAX).saturating_sub(1), Vec::new());
                rows.push(row.cells);
            }
            Ok(())
        })
    });
    let again = reading?;
    if again.part.sha256 != sheet.report.part.sha256 {
        anyhow::bail!("{} has changed while it was imported", file.display());
    }
    Ok(annotated_csv(&rows, sheet.header_row, remarks)?)
}
