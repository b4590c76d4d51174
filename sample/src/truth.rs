//! The truth about a sample: what a right reader must find, kept by the generator's own book-keeping.
//!
//! Headcounts are as known on the night itself, from every batch handed over by then. A rejected row is always an extra
//! person who exists nowhere else, so nothing moves because of one.

use std::collections::BTreeMap;

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::paper::{Kind, Paper};

/// Counts by name.
pub type Tally = BTreeMap<String, u64>;

/// Everything that is known about a sample, as `truth.json` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Pupils asked for.
    pub students: u64,
    /// The seed.
    pub seed: u64,
    /// The sources, in the order of their names.
    pub sources: Vec<String>,
    /// Every batch, by day and source.
    pub batches: Vec<BatchTruth>,
    /// Every night, in order.
    pub days: Vec<DayTruth>,
    /// Pupils 在读 of each class on the last day, by school and class; classes without pupils are listed with 0.
    pub class_sizes: BTreeMap<String, Tally>,
    /// Pupils 在读 of each school on 31 October, by calendar year: what the maintenance fee is reckoned on (FEE-01).
    pub october: BTreeMap<i32, Tally>,
}

/// One batch of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTruth {
    /// The source.
    pub source: String,
    /// The business day.
    pub day: Day,
    /// Whether it holds the whole state (`full`) or only changed rows (`changes`).
    pub mode: String,
    /// Its files and sheets.
    pub files: Vec<FileTruth>,
}

/// One file or sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileTruth {
    /// The file's name within the batch.
    pub file: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// The English name of the table.
    pub table: String,
    /// Data rows: accepted, rejected and dropped ones together.
    pub rows: u64,
    /// Rows that count.
    pub accepted: u64,
    /// Rejected rows by the rule they break; each breaks one.
    pub rejected: Tally,
    /// Accepted rows by the rule that remarks on them, as far as the row by itself shows it; each has one remark at most.
    pub flagged: Tally,
    /// Identical repetitions, dropped.
    pub dropped: u64,
}

/// What is known after one night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTruth {
    /// The business day.
    pub day: Day,
    /// Sources whose batch is missing on this day.
    pub late: Vec<String>,
    /// Pupils 在读 in the province.
    pub total: u64,
    /// Pupils 在读 by the authority that runs their school: a county, or a prefecture with its own schools.
    pub by_county: Tally,
    /// Pupils 在读 by school; schools without any are left out.
    pub by_school: Tally,
    /// Pupils 在读 of the province by grade (`1`–`12`), then by sex.
    pub by_grade_sex: BTreeMap<u8, Tally>,
    /// Movements this night brought: every pupil whose account or description differs from the night before.
    pub movements: Vec<MovementTruth>,
    /// Accepted rows of the table `changes` by kind, over all sources; a transfer between two sources has one in each.
    pub papers: Tally,
    /// Movements without papers up to and including this night, by kind.
    pub unexplained: Tally,
    /// Pupils who left one source for another whose batch is late.
    pub in_transit: u64,
    /// Findings that a row by itself does not show: `same_id_number` counts the pairs of records listed on this night,
    /// `key_changed` and `unknown_pupil` the cases that this night brought.
    pub across: Tally,
}

/// Movements of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementTruth {
    /// The label of the kind: one of the contract's, or 期初, 无据出现, 无据变动, 无据消失.
    pub kind: String,
    /// Whether a change row explains them; the opening counts as explained.
    pub explained: bool,
    /// How many.
    pub count: u64,
}

impl Truth {
    /// Data rows of all files.
    pub fn rows(&self) -> u64 {
        self.batches.iter().flat_map(|batch| &batch.files).map(|file| file.rows).sum()
    }
}

/// The movements of a night, by kind.
pub(crate) fn movements(counts: &BTreeMap<Kind, u64>) -> Vec<MovementTruth> {
    counts
        .iter()
        .map(|(kind, count)| MovementTruth {
            kind: kind.label().to_owned(),
            explained: !kind.is_unexplained(),
            count: *count,
        })
        .collect()
}

/// The change rows of a night, by kind.
pub(crate) fn papers(by_source: &[Vec<Paper>]) -> Tally {
    let mut tally = Tally::new();
    for paper in by_source.iter().flatten() {
        *tally.entry(paper.kind.label().to_owned()).or_default() += 1;
    }
    tally
}
