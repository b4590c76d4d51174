//! The nightly run: take, build, publish, as `nightly.toml` says.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    compute::concat_batches,
    error::ArrowError,
};
use chrono::{DateTime, Utc};
use domain::code;
use pipeline::{
    night::{self, Facts, NightError, Settings, Watch},
    report::{Report, Status},
};
use queries::{
    build::{BuildError, Built, Failure, build},
    session::{Session, Vault},
};
use warehouse::{Run, TableSpec, Warehouse, draft::Draft, snapshot::Snapshot, table::CODES};

use crate::{Schedule, ScheduleError, step::Step};

/// Why a night ended without a run.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The facts.
    #[error("the facts of the night could not be taken")]
    Night(#[from] NightError),
    /// The warehouse.
    #[error("the night could not be written")]
    Warehouse(#[from] warehouse::Error),
    /// The figures could not be built.
    #[error("the figures could not be built")]
    Build(#[from] BuildError),
    /// The figures could not be asked for.
    #[error("the figures could not be asked for")]
    Query(#[from] queries::Error),
    /// Columns.
    #[error("columns do not fit together")]
    Columns(#[from] ArrowError),
    /// The schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

/// Runs a night. `clock` tells the instants that go into the manifest; nothing else depends on it.
pub async fn run(
    warehouse: &Warehouse,
    settings: &Settings,
    clock: fn() -> DateTime<Utc>,
    watch: &dyn Watch,
) -> Result<Report, Failed> {
    let mut draft = Draft::begin(warehouse, settings.day, clock()).await?;
    let mut facts = Facts::default();
    for step in Schedule::nightly()?.steps {
        match step {
            Step::Take => {
                facts = night::take(&mut draft, settings, watch).await?;
                if nothing_new(&draft, &facts) {
                    name_statutory_days(warehouse, settings).await?;
                    let run_id = draft.base().map_or(0, |run| run.run_id);
                    return Ok(report(settings, Status::Unchanged, run_id, facts, Vec::new()));
                }
            }
            Step::Build => {
                keep_codes(&mut draft).await?;
                let failures = build_figures(&mut draft, settings).await?;
                if !failures.is_empty() {
                    let run_id = draft.base().map_or(0, |run| run.run_id);
                    return Ok(report(settings, Status::Rejected, run_id, facts, failures));
                }
            }
            Step::Publish => break,
        }
    }
    let run = draft.publish(clock()).await?;
    name_statutory_days(warehouse, settings).await?;
    Ok(report(settings, Status::Published, run.run_id, facts, Vec::new()))
}

/// Names the statutory days (十月统计, 9月30日, 7月31日, 8月1日) since the first run, each as known at the first run that spoke for it.
///
/// A name that is there already stands; a night that was killed before it could give a name is made up for by the next.
async fn name_statutory_days(warehouse: &Warehouse, settings: &Settings) -> Result<(), Failed> {
    let runs = warehouse.runs().await?;
    let (Some(first), Some(last)) = (runs.first().map(Run::day), runs.last().map(Run::day)) else { return Ok(()) };
    let given: BTreeSet<String> = warehouse.snapshots().await?.into_iter().map(|snapshot| snapshot.name).collect();
    for (name, month_day, article) in settings.policy.snapshots() {
        for year in first.year()..=last.year() {
            let (name, as_of) = (format!("{name}-{year}"), month_day.in_year(year));
            let knows = runs.iter().find(|run| as_of <= run.day());
            if let Some(run) = knows.filter(|_| first <= as_of && !given.contains(&name)) {
                let snapshot = Snapshot { name, as_of, run_id: run.run_id, article: article.to_owned() };
                warehouse.name_snapshot(&snapshot).await?;
            }
        }
    }
    Ok(())
}

fn nothing_new(draft: &Draft, facts: &Facts) -> bool {
    match draft.base() {
        Some(base) => facts.taken == 0 && base.day() == draft.run().day(),
        None => facts.taken == 0,
    }
}

fn report(settings: &Settings, status: Status, run_id: u64, facts: Facts, failed_tests: Vec<String>) -> Report {
    Report {
        day: settings.day.to_string(),
        status,
        run_id,
        batches: facts.batches,
        failed_tests,
        movements: facts.movements,
    }
}

/// Builds every mart from the facts of the draft, tests it, and commits it; returns the tests that failed.
async fn build_figures(draft: &mut Draft, settings: &Settings) -> Result<Vec<String>, Failed> {
    let built: Built = {
        let session = Session::open(draft.warehouse(), draft.run(), &settings.policy, Vault::Shut).await?;
        build(&session).await?
    };
    if !built.failures.is_empty() {
        let told = |failure: &Failure| {
            format!("{}: {} found {} rows\n{}", failure.model, failure.test, failure.count, failure.rows_shown)
        };
        return Ok(built.failures.iter().map(told).collect());
    }
    for mart in built.marts {
        let spec = TableSpec {
            name: mart.name.clone(),
            folder: mart.name.clone(),
            schema: mart.schema.clone(),
            partition: Vec::new(),
        };
        draft.replace(&spec, mart.batches).await?;
    }
    Ok(Vec::new())
}

/// The table `codes`: the code lists that ship with the program, written again when they differ.
async fn keep_codes(draft: &mut Draft) -> Result<(), Failed> {
    let entries: Vec<(&str, &code::Entry)> =
        code::lists().flat_map(|list| list.entries().iter().map(move |entry| (list.name(), entry))).collect();
    let texts = |pick: fn(&(&'static str, &'static code::Entry)) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(entries.iter().map(pick)))
    };
    let columns = vec![
        texts(|(list, _)| list),
        texts(|(_, entry)| entry.code),
        texts(|(_, entry)| entry.label),
        texts(|(_, entry)| entry.origin),
    ];
    let rows = RecordBatch::try_new(CODES.schema(), columns)?;
    if let Some(published) = draft.run().tables.get(CODES.name) {
        let contents = draft.warehouse().contents(published).await?;
        let names: Vec<&str> = CODES.columns.iter().map(|column| column.name).collect();
        let mut standing = Vec::new();
        for file in &contents.files {
            standing.extend(draft.warehouse().read_file(&contents, file, &names).await?);
        }
        if concat_batches(&CODES.schema(), &standing)? == rows {
            return Ok(());
        }
    }
    draft.replace(&TableSpec::from(&CODES), vec![rows]).await?;
    Ok(())
}
