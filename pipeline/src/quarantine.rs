//! Where findings go: rejected rows to the vault's quarantine, flags to the list from which problem records are drawn.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, Date32Array, Date32Builder, Int32Array, Int32Builder, Int64Builder, RecordBatch,
        StringArray, StringBuilder,
    },
    compute::filter_record_batch,
};
use domain::{calendar::Day, rule::RuleId};
use warehouse::table::{FINDINGS, QUARANTINE};

use crate::{
    check::wording,
    columns::{Shape, at, days, longs, text},
    finding::{Finding, Origin},
    pupil::PupilKeys,
};

/// The name of a batch in the partition column of `quarantine`.
pub fn batch_name(source: &str, day: Day) -> String {
    format!("{source}_{day}")
}

/// Findings as rows of the table `quarantine`.
pub fn quarantine_rows(source: &str, day: Day, findings: &[Finding]) -> Shape<RecordBatch> {
    let n = findings.len();
    let name = batch_name(source, day);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(source, n))),
        Arc::new(Date32Array::from(vec![day.epoch_days(); n])),
        Arc::new(StringArray::from_iter_values(findings.iter().map(|finding| finding.table.name()))),
        Arc::new(StringArray::from_iter_values(findings.iter().map(|finding| &*finding.origin.file))),
        Arc::new(findings.iter().map(|finding| finding.origin.sheet.as_deref()).collect::<StringArray>()),
        Arc::new(Int32Array::from_iter_values(findings.iter().map(|finding| row_of(&finding.origin)))),
        Arc::new(findings.iter().map(|finding| finding.header).collect::<StringArray>()),
        Arc::new(findings.iter().map(|finding| finding.value.as_deref()).collect::<StringArray>()),
        Arc::new(StringArray::from_iter_values(findings.iter().map(|finding| finding.rule.as_str()))),
        Arc::new(StringArray::from_iter_values(findings.iter().map(wording::message_zh))),
        Arc::new(StringArray::from_iter_values(
            findings.iter().map(|finding| finding.raw.as_deref().unwrap_or_default()),
        )),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(name.as_str(), n))),
    ];
    RecordBatch::try_new(QUARANTINE.schema(), columns)
}

fn row_of(origin: &Origin) -> i32 {
    i32::try_from(origin.row).unwrap_or(i32::MAX)
}

/// A flag on an accepted row, with what the row is about.
#[derive(Debug, Clone)]
pub struct Flag {
    finding: Finding,
    pupil_id: Option<i64>,
    school_id: Option<String>,
}

impl Flag {
    /// Ties a finding to the accepted row it is about; `rows` are the accepted rows of the same file and sheet, in order.
    pub fn new(finding: Finding, rows: &RecordBatch, keys: &PupilKeys) -> Shape<Flag> {
        let source_rows = crate::columns::ints(rows, "source_row")?;
        match source_rows.values().binary_search(&row_of(&finding.origin)) {
            Ok(row) => Flag::of_row(finding, rows, row, keys),
            Err(_) => Ok(Flag { finding, pupil_id: None, school_id: None }),
        }
    }

    /// Ties a finding to the row at this place.
    pub fn of_row(finding: Finding, rows: &RecordBatch, row: usize, keys: &PupilKeys) -> Shape<Flag> {
        let cell = |name: &str| -> Option<&str> { text(rows, name).ok().and_then(|column| at(column, row)) };
        let pupil_id = cell("student_no").map(|number| keys.pupil_id(number));
        let school_id = cell("school_id").map(str::to_owned);
        let mut finding = finding;
        finding.raw = None;
        Ok(Flag { finding, pupil_id, school_id })
    }

    /// Names the pupil by his own surrogate, where the row was read before it was known that its number replaces an earlier one.
    pub fn correct_pupil(&mut self, from: i64, to: i64) {
        if self.pupil_id == Some(from) {
            self.pupil_id = Some(to);
        }
    }

    /// Whether it only says that number and ID number differ, of a pupil whose key facts were changed on paper: that is lawful.
    pub fn is_number_difference_of(&self, key_changes: &HashSet<i64>) -> bool {
        self.finding.rule == RuleId::NumberDiffers
            && self.pupil_id.is_some_and(|pupil_id| key_changes.contains(&pupil_id))
    }

    /// Whether the row by itself shows it, and not only a comparison with what was said before.
    pub fn is_seen_on_the_row(&self) -> bool {
        self.finding.rule != RuleId::KeyChanged
    }

    /// Where the flagged row stands.
    pub fn origin(&self) -> &Origin {
        &self.finding.origin
    }
}

/// What the list said before, so that a flag keeps the day on which it was first seen.
#[derive(Debug, Default)]
pub struct SeenBefore {
    first: HashMap<Key, i32>,
    rows: Vec<RecordBatch>,
}

/// Flags that become rows at a time.
const FLAGS_AT_ONCE: usize = 65_536;

type Key = (String, Option<i64>, Option<String>, String, Option<String>);

impl SeenBefore {
    /// Reads a source's rows of the table `findings`.
    pub fn of(rows: Vec<RecordBatch>) -> Shape<SeenBefore> {
        let mut first = HashMap::new();
        for batch in &rows {
            let (tables, rules) = (text(batch, "table")?, text(batch, "rule")?);
            let (schools, fields) = (text(batch, "school_id")?, text(batch, "field")?);
            let (pupils, seen) = (longs(batch, "pupil_id")?, days(batch, "first_seen_on")?);
            for row in 0..batch.num_rows() {
                let key = (
                    tables.value(row).to_owned(),
                    pupils.is_valid(row).then(|| pupils.value(row)),
                    at(schools, row).map(str::to_owned),
                    rules.value(row).to_owned(),
                    at(fields, row).map(str::to_owned),
                );
                first.insert(key, seen.value(row));
            }
        }
        Ok(SeenBefore { first, rows })
    }

    /// Tonight's flags as rows of the source's list, so many at a time that they need little room.
    pub fn told(&self, source: &str, day: Day, flags: &[&Flag]) -> impl Iterator<Item = Shape<RecordBatch>> {
        flags.chunks(FLAGS_AT_ONCE).map(move |flags| self.flag_rows(source, day, flags))
    }

    /// Of what the list said before and tonight does not speak of, what `stays` says to keep.
    pub fn kept(&self, flags: &[&Flag], stays: impl Fn(Option<i64>, &str) -> bool) -> Shape<Vec<RecordBatch>> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut settled = Vec::with_capacity(self.rows.len());
        let said: HashSet<(Option<i64>, &str, Option<&str>)> =
            flags.iter().map(|flag| (flag.pupil_id, flag.finding.rule.as_str(), flag.finding.header)).collect();
        for batch in &self.rows {
            let (pupils, rules, fields) = (longs(batch, "pupil_id")?, text(batch, "rule")?, text(batch, "field")?);
            let kept: BooleanArray = (0..batch.num_rows())
                .map(|row| {
                    let pupil_id = pupils.is_valid(row).then(|| pupils.value(row));
                    let again = said.contains(&(pupil_id, rules.value(row), at(fields, row)));
                    Some(!again && stays(pupil_id, rules.value(row)))
                })
                .collect();
            settled.push(filter_record_batch(batch, &kept)?);
        }
        Ok(settled)
    }

    /// The day on which a flag was first seen, if it was before.
    fn first_seen(&self, flag: &Flag) -> Option<i32> {
        if self.first.is_empty() {
            return None;
        }
        let finding = &flag.finding;
        let key = (
            finding.table.name().to_owned(),
            flag.pupil_id,
            flag.school_id.clone(),
            finding.rule.as_str().to_owned(),
            finding.header.map(str::to_owned),
        );
        self.first.get(&key).copied()
    }

    fn flag_rows(&self, source: &str, day: Day, flags: &[&Flag]) -> Shape<RecordBatch> {
        let mut sources = StringBuilder::new();
        let mut tables = StringBuilder::new();
        let mut pupils = Int64Builder::new();
        let mut schools = StringBuilder::new();
        let mut rules = StringBuilder::new();
        let mut fields = StringBuilder::new();
        let mut details = StringBuilder::new();
        let mut first_seen = Date32Builder::new();
        let mut source_days = Date32Builder::new();
        let mut files = StringBuilder::new();
        let mut sheets = StringBuilder::new();
        let mut source_rows = Int32Builder::new();
        for flag in flags {
            let finding = &flag.finding;
            let today = day.epoch_days();
            sources.append_value(source);
            tables.append_value(finding.table.name());
            pupils.append_option(flag.pupil_id);
            schools.append_option(flag.school_id.as_deref());
            rules.append_value(finding.rule.as_str());
            fields.append_option(finding.header);
            details.append_value(wording::message_zh(finding));
            first_seen.append_value(self.first_seen(flag).unwrap_or(today).min(today));
            source_days.append_value(today);
            files.append_value(&finding.origin.file);
            sheets.append_option(finding.origin.sheet.as_deref());
            source_rows.append_value(row_of(&finding.origin));
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(sources.finish()),
            Arc::new(tables.finish()),
            Arc::new(pupils.finish()),
            Arc::new(schools.finish()),
            Arc::new(rules.finish()),
            Arc::new(fields.finish()),
            Arc::new(details.finish()),
            Arc::new(first_seen.finish()),
            Arc::new(source_days.finish()),
            Arc::new(files.finish()),
            Arc::new(sheets.finish()),
            Arc::new(source_rows.finish()),
        ];
        RecordBatch::try_new(FINDINGS.schema(), columns)
    }
}
