//! Raw text rows become typed rows and findings.
//!
//! Every row that goes in comes out once: accepted, with its fields typed, or rejected, with a finding for each of its faults
//! (WH-02). A flagged row is accepted. Which rule rejects and which flags is data (`data/checks/rules.toml`).
//!
//! Work goes column by column: a column whose every cell is already as it should be is handed on without a copy.

mod cell;
mod column;
mod finish;
mod keys;
mod known;
mod marks;
mod place;
mod pupil;
mod reading;
mod schema;
#[cfg(test)]
mod tests;
pub mod wording;

use arrow::array::RecordBatch;
use domain::{calendar::Day, contract::Table, policy::Policy};

use crate::{finding::Finding, rows::RawRows};

use self::{column::Columns, marks::Marks};
pub use self::{
    keys::{Settled, settle_keys},
    known::Known,
    reading::canonical,
    schema::typed_schema,
};

/// What the checks made of a run of raw rows.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The table of the contract.
    pub table: Table,
    /// The accepted rows, in the order in which they came; their schema is `typed_schema`.
    pub rows: RecordBatch,
    /// Every finding, row by row; first those of rows that could not be cut into columns.
    pub findings: Vec<Finding>,
    /// How many rows are rejected, broken ones included.
    pub rejected: u64,
    /// How many of the accepted rows have a flag.
    pub flagged: u64,
}

/// Checks a run of raw rows of one table, for the batch of `day` (spec/exports.md, «reject or flag»).
pub fn check(raw: &RawRows, known: &Known, policy: &Policy, day: Day) -> Checked {
    let mut marks = Marks::new(raw);
    let mut columns = Columns::read(raw, &mut marks);
    let derived = match raw.table {
        Table::Authorities => place::authorities(&columns, &mut marks),
        Table::Schools => Vec::new(),
        Table::Classes => place::classes(&mut columns, known, &mut marks),
        Table::Students => pupil::students(&mut columns, known, policy, day, &mut marks),
        Table::Changes
        | Table::Attendance
        | Table::Scores
        | Table::Conduct
        | Table::Aid
        | Table::Cadres
        | Table::FeesPaid
        | Table::Loans => Vec::new(),
    };
    finish::finish(raw, columns, derived, marks)
}
