//! What the checks say of a row: a finding, with everything a registrar needs to put it right.

use std::sync::Arc;

use domain::{contract::Table, rule::RuleId};

/// Where a row came from, as a person would look it up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file within the batch.
    pub file: Arc<str>,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<Arc<str>>,
    /// The row in that file or sheet, counted from 1 as a spreadsheet does, the header included.
    pub row: u32,
}

/// One remark on one row. Whether it refuses the row is the rule's severity (`data/checks/rules.toml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The table of the contract.
    pub table: Table,
    /// Where the row stands.
    pub origin: Origin,
    /// The rule that speaks.
    pub rule: RuleId,
    /// The header of the column at fault, if one is.
    pub header: Option<&'static str>,
    /// What stood there, as it came.
    pub value: Option<String>,
    /// What more is to be said (the other value, the expected span), in Chinese; empty if nothing is.
    pub detail: String,
    /// The whole row as it came, `表头=值` joined by tabs; kept for rejected rows.
    pub raw: Option<String>,
}
