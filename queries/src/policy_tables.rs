//! The policy and the run as small tables, for models to join.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    error::ArrowError,
};
use domain::{
    calendar::{Day, MonthDay, SchoolYear},
    organisation::{Stage, TEACHING_POINT},
    policy::Policy,
};
use warehouse::{Run, snapshot::Snapshot};

/// `_run(day, run_id)`: the run that is being built or read.
pub fn run_table(day: Day, run_id: u64) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_from_iter([("day", days([day])), ("run_id", longs([i64::try_from(run_id).unwrap_or(i64::MAX)]))])
}

/// `runs`: every published run as its manifest tells it.
pub fn runs_table(runs: &[Run]) -> Result<RecordBatch, ArrowError> {
    let instants = |pick: fn(&Run) -> DateTime<Utc>| -> ArrayRef {
        let micros = runs.iter().map(|run| pick(run).timestamp_micros());
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
    };
    let run_days = runs.iter().map(|run| run.day.parse::<Day>().ok().map(Day::epoch_days));
    RecordBatch::try_from_iter([
        ("run_id", longs(runs.iter().map(|run| i64::try_from(run.run_id).unwrap_or(i64::MAX)))),
        ("day", Arc::new(run_days.collect::<Date32Array>()) as ArrayRef),
        ("started_at", instants(|run| run.started_at)),
        ("finished_at", instants(|run| run.finished_at)),
        ("tables", texts(runs.iter().map(|run| serde_json::to_string(&run.tables).unwrap_or_default()))),
    ])
}

/// `snapshots(name, as_of, run_id, article)`: the names given to a day as known at a run.
pub fn snapshots_table(snapshots: &[Snapshot]) -> Result<RecordBatch, ArrowError> {
    let as_of: Date32Array = snapshots.iter().map(|snapshot| Some(snapshot.as_of.epoch_days())).collect();
    RecordBatch::try_from_iter([
        ("name", texts(snapshots.iter().map(|snapshot| snapshot.name.clone()))),
        ("as_of", Arc::new(as_of) as ArrayRef),
        ("run_id", longs(snapshots.iter().map(|snapshot| i64::try_from(snapshot.run_id).unwrap_or(i64::MAX)))),
        ("article", texts(snapshots.iter().map(|snapshot| snapshot.article.clone()))),
    ])
}

/// `_class_size_policy(stage, teaching_point, standard, large_from, oversize_from)`: what holds at a teaching point (教学点), and
/// what holds elsewhere.
pub fn class_sizes(policy: &Policy) -> Result<RecordBatch, ArrowError> {
    let stages = [Stage::Primary, Stage::Junior, Stage::Senior];
    let kinds: Vec<(Stage, bool)> = stages.into_iter().flat_map(|stage| [(stage, false), (stage, true)]).collect();
    let kind = |at_point: bool| if at_point { TEACHING_POINT } else { "" };
    let sizes: Vec<_> = kinds.iter().map(|(stage, at_point)| policy.class_size_at(*stage, kind(*at_point))).collect();
    RecordBatch::try_from_iter([
        ("stage", texts(kinds.iter().map(|(stage, _)| stage.label().to_owned()))),
        (
            "teaching_point",
            Arc::new(kinds.iter().map(|(_, at_point)| Some(*at_point)).collect::<BooleanArray>()) as ArrayRef,
        ),
        ("standard", longs(sizes.iter().map(|size| i64::from(size.standard)))),
        ("large_from", longs(sizes.iter().map(|size| i64::from(size.large_from)))),
        ("oversize_from", longs(sizes.iter().map(|size| i64::from(size.oversize_from)))),
    ])
}

/// `_fee_policy(fee_year, snapshot_on, due_on, rate_fen)`: every fee year that is billed on a day the ledger covers, from
/// its first entry to the run's day. A year that an exception bills on a later count is among them.
pub fn fees(policy: &Policy, first: Day, day: Day) -> Result<RecordBatch, ArrowError> {
    // No exception reaches further back than this from the count it is billed on.
    const YEARS_BACK: i32 = 3;
    let terms: Vec<_> = (first.year() - YEARS_BACK..=day.year())
        .map(|year| (year, policy.fee(year)))
        .filter(|(_, terms)| first <= terms.snapshot_on && terms.snapshot_on <= day)
        .collect();
    RecordBatch::try_from_iter([
        ("fee_year", longs(terms.iter().map(|(year, _)| i64::from(*year)))),
        ("snapshot_on", days(terms.iter().map(|(_, terms)| terms.snapshot_on))),
        ("due_on", days(terms.iter().map(|(_, terms)| terms.due_on))),
        ("rate_fen", longs(terms.iter().map(|(_, terms)| terms.rate_fen))),
    ])
}

/// `_school_years` and `_statistics_years (school_year, year_number, first_day, last_day)`: the years from the ledger's first
/// entry to the run's day, by the day on which a year begins.
pub fn years(start: MonthDay, first: Day, day: Day) -> Result<RecordBatch, ArrowError> {
    let mut covered = vec![SchoolYear::of(first.min(day), start)];
    while let Some(year) = covered.last().copied()
        && year.last_day(start) < day
    {
        covered.push(SchoolYear::of(year.last_day(start).plus_days(1), start));
    }
    RecordBatch::try_from_iter([
        ("school_year", texts(covered.iter().map(ToString::to_string))),
        ("year_number", longs(covered.iter().map(|year| i64::from(year.first_day(start).year())))),
        ("first_day", days(covered.iter().map(|year| year.first_day(start)))),
        ("last_day", days(covered.iter().map(|year| year.last_day(start)))),
    ])
}

fn texts(values: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn longs(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn days(values: impl IntoIterator<Item = Day>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(values.into_iter().map(Day::epoch_days)))
}
