//! Rows of the contract's tables, cell by cell in the contract's order.

pub(crate) mod changes;
pub(crate) mod students;
pub(crate) mod tree;

use domain::contract::Table;

/// One row, reused from row to row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    table: Table,
    text: String,
    ends: Vec<usize>,
    number_at: Option<usize>,
    short: bool,
}

impl Row {
    /// An empty row of a table.
    pub(crate) fn new(table: Table) -> Row {
        Row { table, text: String::with_capacity(512), ends: Vec::with_capacity(40), number_at: None, short: false }
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.number_at = None;
        self.short = false;
    }

    /// Appends a cell.
    pub(crate) fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Appends a cell that is written piece by piece.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// Appends a cell of ASCII characters.
    pub(crate) fn put_ascii(&mut self, bytes: &[u8]) {
        self.text.extend(bytes.iter().map(|byte| char::from(*byte)));
        self.ends.push(self.text.len());
    }

    /// Appends an empty cell.
    pub(crate) fn blank(&mut self) {
        self.ends.push(self.text.len());
    }

    /// The text of a cell; empty for a column that has not been filled.
    pub(crate) fn cell(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(self.text.len()) };
        let end = self.ends.get(at).copied().unwrap_or(self.text.len());
        &self.text[start..end]
    }

    /// The column whose value a workbook holds as a number instead of text.
    pub(crate) fn number_at(&self) -> Option<usize> {
        self.number_at
    }

    /// Whether its last cell is left out.
    pub(crate) fn is_short(&self) -> bool {
        self.short
    }

    /// Puts another value into a field.
    pub(crate) fn replace(&mut self, field: &str, value: &str) {
        let at = self.table.position(field).expect("a field of the contract");
        let cells: Vec<String> = (0..self.ends.len()).map(|at| self.cell(at).to_owned()).collect();
        let (number_at, short) = (self.number_at, self.short);
        self.clear();
        for (position, cell) in cells.iter().enumerate() {
            self.put(if position == at { value } else { cell });
        }
        (self.number_at, self.short) = (number_at, short);
    }

    /// Puts a value into a field that a workbook holds as a number.
    pub(crate) fn replace_by_number(&mut self, field: &str, value: &str) {
        self.replace(field, value);
        self.number_at = self.table.position(field);
    }

    /// Leaves the last cell out.
    pub(crate) fn shorten(&mut self) {
        self.short = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_replaced_where_it_stands() {
        let mut row = Row::new(Table::Authorities);
        row.put("340000");
        row.put("安徽省教育厅");
        row.blank();
        row.replace("name", "");
        assert_eq!((row.cell(0), row.cell(1), row.cell(2), row.cell(7)), ("340000", "", "", ""));
    }
}
