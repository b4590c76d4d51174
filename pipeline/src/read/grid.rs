//! Any sheet as rows of text, for whoever knows by itself what the columns are: forms that schools fill in.
//!
//! Titles, headers and data alike are handed on as they stand, each row with its number; only blank rows are left out.

use serde::{Deserialize, Serialize};

use super::{
    PartReport,
    cell::{Value, write},
    fault::{Fault, ReadError, Trouble},
    layout::{TITLES, filled_like_data},
    limits::Limits,
    workbook::{Placed, Rows, Stray},
};

/// A row as a person would read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRow {
    /// Its number as a spreadsheet shows it, from 1.
    pub row: u32,
    /// Its cells from the first column on; of a workbook without the empty ones at the end.
    pub cells: Vec<String>,
    /// Columns, from 0, of which more is to be said than their text.
    pub marks: Vec<(u32, Mark)>,
}

/// What the text of a cell does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The cell holds a quantity: a long number in it has lost its last digits, a code its leading zeros.
    Number,
    /// The cell holds an error of a formula, or text that an earlier conversion has spoiled.
    Spoiled,
}

impl GridRow {
    /// The text of a column, from 0; empty where the row ends before it.
    pub fn text(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// What else is to be said of a column.
    pub fn mark(&self, column: usize) -> Option<Mark> {
        self.marks.iter().find(|(at, _)| usize::try_from(*at) == Ok(column)).map(|(_, mark)| *mark)
    }
}

/// What is to be said of a sheet once it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridReport {
    /// The sheet; none of a text file.
    pub sheet: Option<String>,
    /// Encoding, rows, notes and digest. Titles and headers are rows here.
    pub part: PartReport,
}

/// Whoever takes the rows.
pub(crate) type GridSink<'s> = dyn FnMut(Vec<GridRow>) -> Result<(), ReadError> + 's;

/// Columns of a sheet. No form is as wide; what stands to the right is counted and not read.
const WIDTH: usize = 1_024;

/// What rows are handed on together, in bytes.
const MOST_BYTES: usize = 4 << 20;

/// Which of the first rows bears the header: the one with the most names that are known. `rows` are the first of the sheet.
///
/// A row of data above it refuses the sheet, as it does in a batch.
pub fn header_among(
    file: &str,
    sheet: Option<&str>,
    rows: &[GridRow],
    knows: impl Fn(&str) -> bool,
) -> Result<usize, ReadError> {
    let fail = |trouble: Trouble| ReadError { sheet: sheet.map(str::to_owned), ..ReadError::in_file(file, trouble) };
    let (mut best, mut most) = (None, 0);
    for (at, row) in rows.iter().enumerate().take(TITLES) {
        let found = row.cells.iter().filter(|cell| knows(cell)).count();
        if most < found {
            (best, most) = (Some(at), found);
        }
    }
    let Some(best) = best else {
        return Err(fail(if rows.is_empty() { Fault::Empty } else { Fault::NoHeader }.into()));
    };
    let headers = rows.get(best).map_or(0, |row| row.cells.iter().filter(|cell| !cell.trim().is_empty()).count());
    let data = |row: &&GridRow| headers < 2 * filled_like_data(row.cells.iter().map(String::as_str));
    match rows.iter().take(best).find(data) {
        Some(row) => Err(fail(Trouble::at(row.row.into(), Fault::RowAboveHeader))),
        None => Ok(best),
    }
}

/// Rows on their way to the sink.
pub(crate) struct Gathered<'t, 's> {
    rows: Vec<GridRow>,
    bytes: usize,
    total: u64,
    most_rows: usize,
    sink: &'t mut GridSink<'s>,
}

impl<'t, 's> Gathered<'t, 's> {
    pub(crate) fn new(limits: &Limits, sink: &'t mut GridSink<'s>) -> Gathered<'t, 's> {
        Gathered { rows: Vec::new(), bytes: 0, total: 0, most_rows: limits.chunk_rows, sink }
    }

    /// All rows so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn push(&mut self, row: GridRow) -> Result<(), ReadError> {
        self.bytes += row.cells.iter().map(|cell| cell.len() + size_of::<String>()).sum::<usize>();
        self.total += 1;
        self.rows.push(row);
        if self.most_rows <= self.rows.len() || MOST_BYTES <= self.bytes { self.flush() } else { Ok(()) }
    }

    pub(crate) fn flush(&mut self) -> Result<(), ReadError> {
        self.bytes = 0;
        if self.rows.is_empty() { Ok(()) } else { (self.sink)(std::mem::take(&mut self.rows)) }
    }
}

/// A row of separated text; one of more columns than any form has is no row of a form.
pub(crate) fn of_fields<'f>(
    row: u64,
    fields: impl Iterator<Item = &'f [u8]>,
    is_spoiled: impl Fn(&[u8]) -> bool,
) -> Result<GridRow, Trouble> {
    let mut read = GridRow { row: number(row), ..GridRow::default() };
    for field in fields {
        if WIDTH <= read.cells.len() {
            return Err(Trouble::at(row, Fault::LongRecord));
        }
        if is_spoiled(field) {
            read.marks.push((u32::try_from(read.cells.len()).unwrap_or(u32::MAX), Mark::Spoiled));
        }
        read.cells.push(String::from_utf8_lossy(field).into_owned());
    }
    Ok(read)
}

fn number(row: u64) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// The cells of a workbook's sheet on their way to rows.
pub(super) struct Cells<'g, 't, 's> {
    pub(super) gathered: &'g mut Gathered<'t, 's>,
    pub(super) stray: Stray,
    pub(super) is_1904: bool,
    row: GridRow,
    /// Which columns had a value already.
    seen: Vec<bool>,
    bytes: usize,
}

impl<'g, 't, 's> Cells<'g, 't, 's> {
    pub(super) fn new(gathered: &'g mut Gathered<'t, 's>, is_1904: bool) -> Cells<'g, 't, 's> {
        Cells { gathered, stray: Stray::default(), is_1904, row: GridRow::default(), seen: Vec::new(), bytes: 0 }
    }
}

impl Rows for Cells<'_, '_, '_> {
    fn add(&mut self, cell: &Placed<'_>) -> bool {
        if cell.value.is_nothing() {
            if cell.formula && matches!(cell.value, Value::Nothing) {
                self.stray.unevaluated(cell.at);
            }
            return true;
        }
        let column = cell.at.1 as usize;
        if WIDTH <= column {
            self.stray.outside(cell.at);
            return true;
        }
        if self.row.cells.len() <= column {
            self.row.cells.resize(column + 1, String::new());
            self.seen.resize(column + 1, false);
        }
        if std::mem::replace(&mut self.seen[column], true) {
            return false;
        }
        let text = &mut self.row.cells[column];
        write(cell.value, None, self.is_1904, text);
        let mark = match cell.value {
            Value::Number(_) => Some(Mark::Number),
            Value::Wrong(error) => {
                text.push_str(&error.to_string());
                Some(Mark::Spoiled)
            }
            _ => None,
        };
        self.bytes += text.len();
        self.row.marks.extend(mark.map(|mark| (cell.at.1, mark)));
        true
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn end(&mut self, at: u32) -> Result<(), ReadError> {
        self.bytes = 0;
        self.seen.clear();
        let row = std::mem::take(&mut self.row);
        if row.cells.is_empty() { Ok(()) } else { self.gathered.push(GridRow { row: at.saturating_add(1), ..row }) }
    }
}
