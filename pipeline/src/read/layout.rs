//! The header: which column of a file is which column of the contract.

use domain::{
    contract::{Column, Table},
    contract_names::header_of,
};

use super::fault::{Fault, Trouble};

/// How many rows at the top are searched for the header.
pub(crate) const TITLES: usize = 10;

/// A header, understood.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// For each column of the file, its position in the contract.
    pub(crate) positions: Vec<Option<usize>>,
    /// The header as it stood.
    pub(crate) headers: Vec<String>,
}

/// How many cells of a row are headers of the table.
pub(crate) fn recognised<'t>(table: Table, cells: impl IntoIterator<Item = &'t str>) -> usize {
    cells.into_iter().filter(|cell| header_of(table, cell).is_some()).count()
}

/// How many cells of a row above the header are filled, where it is no title: titles have no long number and few cells.
pub(crate) fn filled_like_data<'t>(cells: impl IntoIterator<Item = &'t str>) -> usize {
    let (mut filled, mut numbered) = (0, false);
    for cell in cells.into_iter().filter(|cell| !cell.trim().is_empty()) {
        filled += 1;
        numbered =
            numbered || cell.split(|letter: char| !letter.is_ascii_digit()).any(|digits| LONG_NUMBER <= digits.len());
    }
    if numbered { filled } else { 0 }
}

/// Digits on end that name a thing, as codes and days do.
const LONG_NUMBER: usize = 6;

impl Layout {
    /// Refuses a table of which a row stands above the header: `above` are the rows there and their cells filled like data.
    pub(crate) fn nothing_above(&self, above: &[(u64, usize)]) -> Result<(), Trouble> {
        let headers = self.headers.iter().filter(|header| !header.trim().is_empty()).count();
        match above.iter().find(|(_, filled)| headers < filled * 2) {
            Some((row, _)) => Err(Trouble::at(*row, Fault::RowAboveHeader)),
            None => Ok(()),
        }
    }

    /// Reads a header; a required column missing or a column doubled refuses the file.
    pub(crate) fn read(table: Table, headers: Vec<String>) -> Result<Layout, Trouble> {
        let columns = table.columns();
        let position = |text: &String| header_of(table, text).and_then(|column| table.position(column.field));
        let positions: Vec<Option<usize>> = headers.iter().map(position).collect();
        for (at, column) in columns.iter().enumerate() {
            let names: Vec<String> = positions
                .iter()
                .zip(&headers)
                .filter(|(here, _)| **here == Some(at))
                .map(|(_, name)| name.clone())
                .collect();
            if 1 < names.len() {
                let fault = Fault::DoubledColumn(names);
                return Err(Trouble { row: None, column: Some(column.header.into()), fault });
            }
        }
        let missing = absent(columns, &positions, |column| column.required);
        if missing.is_empty() { Ok(Layout { positions, headers }) } else { Err(Fault::MissingColumns(missing).into()) }
    }

    /// Headers that the contract doesn't know; columns without a header are not among them.
    pub(crate) fn extra_columns(&self) -> Vec<String> {
        let unknown = self.positions.iter().zip(&self.headers).filter(|(position, _)| position.is_none());
        unknown.map(|(_, header)| header.trim().to_owned()).filter(|header| !header.is_empty()).collect()
    }

    /// Optional columns of the contract that the file doesn't have.
    pub(crate) fn missing_optional(&self, table: Table) -> Vec<String> {
        absent(table.columns(), &self.positions, |column| !column.required)
    }
}

fn absent(columns: &[Column], positions: &[Option<usize>], which: impl Fn(&Column) -> bool) -> Vec<String> {
    let not_there = |(at, column): &(usize, &Column)| which(column) && !positions.contains(&Some(*at));
    columns.iter().enumerate().filter(not_there).map(|(_, column)| column.header.to_owned()).collect()
}
