//! A sender's CSV file handed back with a column of remarks.

use std::collections::BTreeMap;

use super::{RESULT, Remark, listing::header, markup::tidy};

/// The remarks could not be added to a CSV file. REQ: ENR-01, INF-01.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// A remark belongs to a row that the file doesn't have.
    #[error("{}", self.en())]
    NoSuchRow {
        /// The row of the remark, counted from 1.
        row: u32,
        /// The rows of the file.
        rows: usize,
    },
    /// The rows could not be written.
    #[error("{}", self.en())]
    Unwritable(String),
}

impl CsvError {
    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            CsvError::NoSuchRow { row, rows } => format!("意见所指的第 {row} 行不存在(共 {rows} 行)。请检查行号。"),
            CsvError::Unwritable(what) => format!("无法写出({what})。请检查磁盘和内存。"),
        }
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        match self {
            CsvError::NoSuchRow { row, rows } => {
                format!("row {row} of a remark is not among the {rows} rows; check the row of the remark")
            }
            CsvError::Unwritable(what) => format!("cannot be written ({what}); check disk and memory"),
        }
    }
}

/// The rows as CSV in UTF-8 with a byte-order mark, with a column 导入结果 at the end. REQ: ENR-01, INF-01.
///
/// `header_row` is the row of the headers, counted from 1. The sender's own cells stay as they were; a cell of ours begins with the
/// header that it speaks of, set in 【】, and so can't be taken for a formula.
pub fn annotated_csv(rows: &[Vec<String>], header_row: u32, remarks: &[Remark]) -> Result<Vec<u8>, CsvError> {
    let mut texts: BTreeMap<u32, String> = BTreeMap::new();
    let at = |row: u32| usize::try_from(row).ok().and_then(|row| row.checked_sub(1));
    let headers = at(header_row).and_then(|at| rows.get(at)).map(Vec::as_slice).unwrap_or_default();
    let mut order: Vec<&Remark> = remarks.iter().collect();
    order.sort_by_key(|remark| (remark.row, remark.column));
    for remark in order {
        if at(remark.row).is_none_or(|at| rows.len() <= at) {
            return Err(CsvError::NoSuchRow { row: remark.row, rows: rows.len() });
        }
        let text = texts.entry(remark.row).or_default();
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(&format!("【{}】{}", header(headers, remark.column), tidy(&remark.text)));
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let unwritable = |error: csv::Error| CsvError::Unwritable(error.to_string());
    for (number, row) in (1_u32..).zip(rows) {
        for cell in row.iter().map(String::as_str).chain(std::iter::repeat_n("", width - row.len().min(width))) {
            writer.write_field(cell).map_err(unwritable)?;
        }
        let text = texts.get(&number).map_or("", String::as_str);
        let result = if number == header_row { format!("{RESULT}{text}") } else { text.to_owned() };
        writer.write_field(result).map_err(unwritable)?;
        writer.write_record(None::<&[u8]>).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|error| CsvError::Unwritable(error.error().to_string()))
}
