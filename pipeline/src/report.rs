//! The run report: what came in, what became of it, and what people must see to. Written as JSON by `xueji nightly --report`.

use std::collections::BTreeMap;

use domain::{
    contract::Table,
    rule::{self, Severity},
};
use serde::Serialize;

use crate::{check::wording, finding::Finding, inbox};

/// What became of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A run was published.
    Published,
    /// Nothing new: the newest run stands.
    Unchanged,
    /// The figures failed their own tests; nothing was published.
    Rejected,
}

/// The report of one night.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The business day.
    pub day: String,
    /// What became of it.
    pub status: Status,
    /// The run that was published, or the newest one.
    pub run_id: u64,
    /// Every batch looked at, in order.
    pub batches: Vec<BatchReport>,
    /// Model tests that failed, if any.
    pub failed_tests: Vec<String>,
    /// Movements posted to the ledger tonight, by kind (`kind`, explained).
    pub movements: BTreeMap<String, u64>,
}

/// One batch in the report.
#[derive(Debug, Clone, Serialize)]
pub struct BatchReport {
    /// Who handed it over.
    pub source: String,
    /// Its day.
    pub day: String,
    /// `taken`, `held` or `refused`.
    pub state: BatchState,
    /// `full` or `changes`.
    pub mode: String,
    /// Why it was held or refused.
    pub reasons: Vec<ReasonReport>,
    /// File by file.
    pub files: Vec<FileReport>,
    /// Cause by cause.
    pub issues: Vec<Issue>,
    /// What else a person may want to know.
    pub notes: Vec<String>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// Taken whole.
    Taken,
    /// Left as it is, waiting for a part or a person.
    Held,
    /// Not taken; the warehouse keeps the day before.
    Refused,
}

/// Why a batch was held or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonReport {
    /// A short name of the reason.
    pub code: String,
    /// The file, if one is to blame.
    pub file: Option<String>,
    /// The sentence for a registrar, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl From<inbox::Reason> for ReasonReport {
    fn from(reason: inbox::Reason) -> Self {
        ReasonReport { code: reason.code.to_owned(), file: reason.file, zh: reason.zh, en: reason.en }
    }
}

/// One file (or sheet) of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The table of the contract.
    pub table: String,
    /// The file.
    pub file: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// What was decided about its encoding or form.
    pub encoding: String,
    /// Rows in.
    pub rows: u64,
    /// Rows counted.
    pub accepted: u64,
    /// Rows counted that bear a remark.
    pub flagged: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
    /// Rows identical to another of the same key.
    pub duplicates_dropped: u64,
    /// SHA-256 of the file as it came.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Where the kept copy lies.
    pub landing: String,
    /// What the reader remarks: extra columns, hidden sheets, skipped title rows.
    pub notes: Vec<String>,
}

/// One cause in one file: all rows that one rule names in one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The table of the contract.
    pub table: String,
    /// The file.
    pub file: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// The header of the column, if one is at fault.
    pub column: Option<String>,
    /// The rule.
    pub rule: String,
    /// `reject` or `flag`.
    pub severity: String,
    /// Rows named.
    pub count: u64,
    /// The first of them.
    pub row: u32,
    /// The last of them.
    pub last_row: u32,
    /// What stood in the first, ID numbers masked.
    pub value: Option<String>,
    /// What is wrong and what to do, in Chinese, of the first.
    pub message: String,
}

/// Gathers findings cause by cause.
#[derive(Debug, Default, Clone)]
pub struct Issues {
    by_cause: BTreeMap<Cause, Issue>,
}

/// Table, file, sheet, rule and header.
type Cause = (Table, String, Option<String>, &'static str, Option<&'static str>);

impl Issues {
    /// Adds one finding.
    pub fn add(&mut self, finding: &Finding) {
        let origin = &finding.origin;
        let key = (
            finding.table,
            origin.file.to_string(),
            origin.sheet.as_ref().map(ToString::to_string),
            finding.rule.as_str(),
            finding.header,
        );
        let issue = self.by_cause.entry(key).or_insert_with(|| Issue {
            table: finding.table.name().to_owned(),
            file: origin.file.to_string(),
            sheet: origin.sheet.as_ref().map(ToString::to_string),
            column: finding.header.map(str::to_owned),
            rule: finding.rule.as_str().to_owned(),
            severity: match rule::rule(finding.rule).severity {
                Severity::Reject => "reject".to_owned(),
                Severity::Flag => "flag".to_owned(),
            },
            count: 0,
            row: origin.row,
            last_row: origin.row,
            value: finding.value.as_ref().map(|_| wording::shown(finding)),
            message: wording::message_zh(finding),
        });
        issue.count += 1;
        issue.row = issue.row.min(origin.row);
        issue.last_row = issue.last_row.max(origin.row);
    }

    /// Cause by cause, in the order of tables, files and rules.
    pub fn into_list(self) -> Vec<Issue> {
        self.by_cause.into_values().collect()
    }
}
