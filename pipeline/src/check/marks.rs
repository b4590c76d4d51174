//! What has been found so far, row by row, and which rows are rejected by it.

use std::collections::HashMap;

use domain::{
    contract::Column,
    rule::{RuleId, Severity, rule},
};

use crate::{finding::Finding, rows::RawRows};

/// A remark on a line of the cells.
#[derive(Debug)]
pub(super) struct Mark {
    pub row: usize,
    pub rule: RuleId,
    /// The position of the column at fault.
    pub column: Option<usize>,
    pub detail: String,
}

/// The marks of one run of rows.
#[derive(Debug)]
pub(super) struct Marks<'a> {
    /// Ours, in the order in which they were made.
    pub made: Vec<Mark>,
    /// The reader's, each with its line of the cells.
    pub read: Vec<(usize, &'a Finding)>,
    /// The reader's findings about rows that are not among the cells.
    pub strays: Vec<&'a Finding>,
    rejected: Vec<bool>,
    columns: &'static [Column],
}

impl<'a> Marks<'a> {
    /// Begins with what the reader remarked.
    pub fn new(raw: &'a RawRows) -> Marks<'a> {
        let mut marks = Marks {
            made: Vec::new(),
            read: Vec::with_capacity(raw.remarks.len()),
            strays: Vec::new(),
            rejected: vec![false; raw.cells.num_rows()],
            columns: raw.table.columns(),
        };
        if raw.remarks.is_empty() {
            return marks;
        }
        let lines: HashMap<u32, usize> = raw.rows.values().iter().copied().zip(0..raw.cells.num_rows()).collect();
        for remark in &raw.remarks {
            match lines.get(&remark.origin.row) {
                Some(&row) => {
                    marks.reject_by(row, remark.rule);
                    marks.read.push((row, remark));
                }
                None => marks.strays.push(remark),
            }
        }
        marks
    }

    /// Remarks on a field of a row; `detail` says in Chinese what is to be said beyond the rule's own words.
    pub fn note(&mut self, row: usize, rule: RuleId, field: &str, detail: String) {
        let column = self.columns.iter().position(|column| column.field == field);
        self.note_at(row, rule, column, detail);
    }

    /// Remarks on the column at a position of the contract.
    pub fn note_at(&mut self, row: usize, rule: RuleId, column: Option<usize>, detail: String) {
        self.reject_by(row, rule);
        self.made.push(Mark { row, rule, column, detail });
    }

    fn reject_by(&mut self, row: usize, rule: RuleId) {
        if rejects(rule)
            && let Some(rejected) = self.rejected.get_mut(row)
        {
            *rejected = true;
        }
    }

    /// Which rows are rejected.
    pub fn rejected(&self) -> &[bool] {
        &self.rejected
    }
}

/// Whether a rule refuses the row it speaks of.
pub(super) fn rejects(id: RuleId) -> bool {
    rule(id).severity == Severity::Reject
}
