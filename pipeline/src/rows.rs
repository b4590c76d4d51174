//! Rows as they came: text by contract column, each with its place in the file.

use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use domain::contract::Table;

use crate::finding::Finding;

/// A run of rows of one file or sheet, as text.
///
/// `cells` has one nullable Utf8 column per column of the contract, in the contract's order, named by field; a column
/// that the file does not have is all null, and so is an empty cell. Rows that could not be cut into columns are not
/// among them: they are in `broken`, each with a rejecting finding that carries its raw text.
#[derive(Debug, Clone)]
pub struct RawRows {
    /// The table of the contract.
    pub table: Table,
    /// The file within the batch.
    pub file: Arc<str>,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<Arc<str>>,
    /// The text of each cell.
    pub cells: RecordBatch,
    /// The row of each line of `cells`, counted from 1 as a spreadsheet does, the header included.
    pub rows: UInt32Array,
    /// Findings of the reader about lines of `cells` (a number cell in an ID column, say): the rows are still in `cells`.
    pub remarks: Vec<Finding>,
    /// Rows that could not be cut into columns. Together with `cells` they are all the rows there were.
    pub broken: Vec<Finding>,
}
