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

impl Layout {
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
