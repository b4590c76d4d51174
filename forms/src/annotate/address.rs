//! The name of a cell.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cell of a sheet (单元格), in the order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The row, counted from 1.
    pub row: u32,
    /// The column, counted from 1.
    pub column: u32,
}

/// The rows of a sheet.
pub(super) const ROWS: u32 = 1_048_576;
/// The columns of a sheet.
pub(super) const COLUMNS: u32 = 16_384;

impl Cell {
    /// Whether a sheet has such a cell.
    pub fn exists(self) -> bool {
        (1..=ROWS).contains(&self.row) && (1..=COLUMNS).contains(&self.column)
    }

    /// Reads a name such as `B7`.
    ///
    /// ```
    /// # use forms::annotate::Cell;
    /// assert_eq!(Cell::read("XFD1048576"), Some(Cell { row: 1_048_576, column: 16_384 }));
    /// assert_eq!(Cell::read("B0"), None);
    /// assert_eq!(Cell::read("b7"), None);
    /// ```
    pub fn read(name: &str) -> Option<Cell> {
        let digits = name.find(|character: char| character.is_ascii_digit())?;
        let (letters, row) = name.split_at(digits);
        if letters.is_empty() || 3 < letters.len() || 7 < row.len() || !row.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut column = 0;
        for letter in letters.bytes() {
            if !letter.is_ascii_uppercase() {
                return None;
            }
            column = column * 26 + u32::from(letter - b'A') + 1;
        }
        let cell = Cell { row: row.parse().ok()?, column };
        cell.exists().then_some(cell)
    }

    /// The letters of a column counted from 1.
    pub fn letters(column: u32) -> String {
        let mut letters = Vec::new();
        let mut rest = column;
        while 0 < rest {
            letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
            rest = (rest - 1) / 26;
        }
        letters.iter().rev().collect()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Cell::letters(self.column), self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for (row, column) in [(1, 1), (7, 26), (7, 27), (99, 702), (99, 703), (ROWS, COLUMNS)] {
            let cell = Cell { row, column };
            assert_eq!(Cell::read(&cell.to_string()), Some(cell));
        }
        for name in ["", "A", "1", "A0", "a1", "$A$1", "XFE1", "A1048577", "AAAA1", "A1:B2", "A-1", "甲1", "A1甲"] {
            assert_eq!(Cell::read(name), None, "{name}");
        }
    }
}
