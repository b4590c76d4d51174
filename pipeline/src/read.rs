//! Raw text out of the files of a batch: every cell as a person would read it, with its file, sheet and row.
//!
//! Plain CSV is read here. Everything else comes through a reading process (`child`), since some files of five kilobytes
//! end whoever opens them. Rows are handed on in chunks; memory stays bounded whatever arrives (WH-01, WH-02).

pub(crate) mod cell;
pub(crate) mod chunk;
mod compound;
pub(crate) mod csv;
pub(crate) mod encoding;
mod fault;
mod grid;
pub(crate) mod layout;
mod limits;
pub(crate) mod package;
pub(crate) mod parquet;
pub(crate) mod source;
pub(crate) mod split;
#[cfg(test)]
mod tests;
mod workbook;

use std::path::Path;

use serde::{Deserialize, Serialize};

/// How many rows at the top of a sheet are searched for its header.
pub const TITLES: usize = layout::TITLES;

pub use self::{
    chunk::raw_schema,
    fault::{Class, Fault, ReadError},
    grid::{GridReport, GridRow, Mark, header_among},
    limits::Limits,
    source::sha256_of,
    workbook::SheetInfo,
};
use self::{
    csv::Wrapping,
    source::{Kind, Source},
    workbook::Workbook,
};
pub(crate) use self::{fault::Trouble, grid::GridSink};
use crate::{
    child,
    inbox::{Form, Part},
    rows::RawRows,
};

/// What is to be said of a part once it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReport {
    /// The encoding that was found (`UTF-8 (BOM)`, `GB18030`), or the kind of file (`XLSX`).
    pub encoding: String,
    /// All data rows, broken ones included; blank rows, titles, headers and repeated headers are none.
    pub rows: u64,
    /// Headers that the contract doesn't know.
    pub extra_columns: Vec<String>,
    /// Optional columns that the file doesn't have.
    pub missing_optional: Vec<String>,
    /// What else a registrar should know, in Chinese.
    pub notes: Vec<String>,
    /// SHA-256 of the file as it came, in hexadecimal.
    pub sha256: String,
    /// Size of the file as it came, in bytes.
    pub bytes: u64,
}

/// More notes than this help nobody.
const NOTES: usize = 20;

impl PartReport {
    pub(crate) fn note(&mut self, note: String) {
        match self.notes.len() {
            NOTES.. => {}
            n if n + 1 == NOTES => self.notes.push("……其余从略".into()),
            _ => self.notes.push(note),
        }
    }
}

/// Reads one part and hands its rows to `sink`.
///
/// Until it returns `Ok`, nothing that was handed on may be kept: a file may turn out torn at its very end.
pub fn read_part(
    part: &Part,
    limits: &Limits,
    sink: &mut dyn FnMut(RawRows) -> Result<(), ReadError>,
) -> Result<PartReport, ReadError> {
    if part.form == Form::Csv {
        let source = Source::open(&part.path).map_err(|fault| part.error(fault.into()))?;
        if source.kind().map_err(|fault| part.error(fault.into()))? == Kind::Text {
            return read_opened(part, &source, Kind::Text, limits, sink);
        }
    }
    child::read_part(part, limits, sink)
}

/// The sheets of a workbook, asked of a reading process; `file` is its name within the batch.
pub fn sheets(path: &Path, file: &str, limits: &Limits) -> Result<Vec<SheetInfo>, ReadError> {
    child::sheets(path, file, limits)
}

/// Reads any sheet as rows of text, in a reading process. Without a name it is the only visible sheet with values.
///
/// Until it returns `Ok`, nothing that was handed on may be kept: a file may turn out torn at its very end.
pub fn grid(
    path: &Path,
    sheet: Option<&str>,
    limits: &Limits,
    sink: &mut dyn FnMut(Vec<GridRow>) -> Result<(), ReadError>,
) -> Result<GridReport, ReadError> {
    child::grid(path, sheet, limits, sink)
}

/// Reads any sheet in this process; `file` is its name.
pub(crate) fn grid_here(
    path: &Path,
    file: &str,
    sheet: Option<&str>,
    limits: &Limits,
    sink: &mut GridSink<'_>,
) -> Result<GridReport, ReadError> {
    let whole = |fault: Fault| ReadError::of_file(file, fault);
    let source = Source::open(path).map_err(whole)?;
    let kind = source.kind().map_err(whole)?;
    let mut gathered = grid::Gathered::new(limits, sink);
    let mut text = |wrapping: Wrapping| csv::grid(file, &source, wrapping, limits, &mut gathered);
    let mut report = match kind {
        Kind::Text => GridReport { sheet: None, part: text(Wrapping::Plain)? },
        Kind::Gzip => GridReport { sheet: None, part: text(Wrapping::Gzip)? },
        Kind::Zstd => GridReport { sheet: None, part: text(Wrapping::Zstd)? },
        Kind::Zip => Workbook::open_xlsx(&source, limits).map_err(whole)?.grid(file, sheet, limits, &mut gathered)?,
        Kind::Compound => {
            Workbook::open_xls(&source, limits).map_err(whole)?.grid(file, sheet, limits, &mut gathered)?
        }
        Kind::Parquet | Kind::Other(_) => return Err(whole(Fault::WrongType { found: kind.name().into() })),
    };
    gathered.flush()?;
    report.part.rows = gathered.total();
    settle(&mut report.part, &source, kind, path).map_err(whole)?;
    Ok(report)
}

/// Fills in what is said of every file, and sees that it is still the one that was opened.
fn settle(report: &mut PartReport, source: &Source, kind: Kind, path: &Path) -> Result<(), Fault> {
    if report.encoding.is_empty() {
        report.encoding = kind.name().into();
    }
    if report.sha256.is_empty() {
        report.sha256 = source.sha256()?;
        report.bytes = source.bytes();
    }
    source.unchanged(path)
}

/// Reads one part in this process, whatever it is.
pub(crate) fn read_here(part: &Part, limits: &Limits, sink: &mut chunk::Sink<'_>) -> Result<PartReport, ReadError> {
    let whole = |fault: Fault| part.error(fault.into());
    let source = Source::open(&part.path).map_err(whole)?;
    let kind = source.kind().map_err(whole)?;
    read_opened(part, &source, kind, limits, sink)
}

fn read_opened(
    part: &Part,
    source: &Source,
    kind: Kind,
    limits: &Limits,
    sink: &mut chunk::Sink<'_>,
) -> Result<PartReport, ReadError> {
    let whole = |fault: Fault| part.error(fault.into());
    let mut report = match kind {
        Kind::Text => csv::read(part, source, Wrapping::Plain, limits, sink)?,
        Kind::Gzip => csv::read(part, source, Wrapping::Gzip, limits, sink)?,
        Kind::Zstd => csv::read(part, source, Wrapping::Zstd, limits, sink)?,
        Kind::Zip => Workbook::open_xlsx(source, limits).map_err(whole)?.read(part, limits, sink)?,
        Kind::Compound => Workbook::open_xls(source, limits).map_err(whole)?.read(part, limits, sink)?,
        Kind::Parquet => parquet::read(part, source, limits, sink)?,
        Kind::Other(name) => return Err(whole(Fault::WrongType { found: name.into() })),
    };
    if !part.form.may_be(kind) {
        report.note(format!("扩展名与内容不符:其实是{},按内容读取", fault::chinese(kind.name())));
    }
    settle(&mut report, source, kind, &part.path).map_err(whole)?;
    Ok(report)
}

/// The sheets of a workbook, read in this process; a file that is no workbook has none.
pub(crate) fn sheets_here(path: &Path, file: &str, limits: &Limits) -> Result<Vec<SheetInfo>, ReadError> {
    let whole = |fault: Fault| ReadError::of_file(file, fault);
    let source = Source::open(path).map_err(whole)?;
    let mut book = match source.kind().map_err(whole)? {
        Kind::Zip => Workbook::open_xlsx(&source, limits),
        Kind::Compound => Workbook::open_xls(&source, limits),
        Kind::Text => return Ok(Vec::new()),
        kind => Err(Fault::WrongType { found: kind.name().into() }),
    }
    .map_err(whole)?;
    let sheets = book.sheets().map_err(whole)?;
    source.unchanged(path).map_err(whole)?;
    Ok(sheets)
}
