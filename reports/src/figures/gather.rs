//! Figures from a published run: the questions, in `sql/`, and the answers as plain rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Float64Type, Int64Type},
    error::ArrowError,
    temporal_conversions::date32_to_datetime,
};
use chrono::NaiveDate;
use queries::Session;

use super::{
    Authority, BalanceLine, Batch, Circumstance, ClassSize, Enrolment, Fee, Figures, Flow, Problem, Rate, Rejection,
    RunInfo, School, Standard, TrendPoint,
};

/// The most days that a trend keeps; of more, evenly spread ones and the last are kept.
const TREND_DAYS: usize = 180;

/// Figures could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A question failed.
    #[error("cannot read the figures of `{what}`")]
    Ask {
        /// Which.
        what: &'static str,
        /// What the engine said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer has no such column.
    #[error("the figures of `{what}` have no column `{column}`")]
    MissingColumn {
        /// Which.
        what: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A column of an answer is of another kind.
    #[error("the column `{column}` of the figures of `{what}` cannot be read")]
    Column {
        /// Which.
        what: &'static str,
        /// The column.
        column: &'static str,
        /// Why.
        source: ArrowError,
    },
    /// No authority and no school has this code.
    #[error("no authority and no school has the code `{unit}`")]
    UnknownUnit {
        /// The code.
        unit: String,
    },
}

/// Asks a question and reads each row of the answer into a struct whose fields are named as the columns are.
macro_rules! rows {
    ($ask:ident, $what:literal, $sql:expr, $row:ident { $($column:ident),* }) => {{
        let batches = $ask($sql).await.map_err(|error| GatherError::Ask { what: $what, source: error.into() })?;
        let mut rows = Vec::new();
        for batch in &batches {
            $(let $column = column::<_>(batch, $what, stringify!($column))?;)*
            rows.extend((0..batch.num_rows()).map(|row| $row { $($column: Cell::at(&$column, row)),* }));
        }
        rows
    }};
}

/// Reads the figures of a session's run, of all units or of one authority's or school's subtree.
///
/// # Errors
/// When a question fails, or no authority and no school has the code `unit`.
pub async fn gather(session: &Session, unit: Option<&str>) -> Result<Figures, GatherError> {
    let vault_open = session.tables().iter().any(|table| table == "quarantine");
    gather_with(async |sql: &str| session.sql(sql).await, unit, vault_open).await
}

/// The run of a session.
struct RunRow {
    run_id: i64,
    day: NaiveDate,
}

/// Reads figures through `ask`, which answers a question in SQL over the public tables; where it may not read the vault,
/// rejected rows have no causes.
///
/// # Errors
/// When a question fails, or no authority and no school has the code `unit`.
pub async fn gather_with<E>(
    ask: impl AsyncFn(&str) -> Result<Vec<RecordBatch>, E>,
    unit: Option<&str>,
    vault_open: bool,
) -> Result<Figures, GatherError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runs = rows!(ask, "_run", include_str!("sql/run.sql"), RunRow { run_id, day });
    let run = runs.first().map(|run| RunInfo { run_id: run.run_id.unsigned_abs(), day: run.day }).unwrap_or_default();
    let mut figures = Figures { run, unit: unit.map(str::to_owned), ..Figures::default() };

    figures.authorities = rows!(
        ask,
        "authorities",
        include_str!("sql/authorities.sql"),
        Authority { authority_id, name, level, parent_id }
    );
    figures.schools = rows!(
        ask,
        "schools",
        include_str!("sql/schools.sql"),
        School { school_id, name, county_id, prefecture_id, parent_school_id, kind, ownership }
    );
    let within = Within::of(&mut figures)?;
    let inside = |sql: &str| sql.replace("{within}", &within.predicate);

    figures.enrolment = rows!(
        ask,
        "enrolment",
        &inside(include_str!("sql/enrolment.sql")),
        Enrolment { school_id, stage, grade, sex, pupils }
    );
    figures.circumstances = rows!(
        ask,
        "enrolment",
        &inside(include_str!("sql/circumstances.sql")),
        Circumstance { school_id, boarding, migrant, left_behind, disabled }
    );
    figures.trend =
        running(rows!(ask, "ledger", &inside(include_str!("sql/trend.sql")), TrendPoint { day, stage, pupils }));
    figures.balance = rows!(
        ask,
        "balance",
        &inside(include_str!("sql/balance.sql")),
        BalanceLine { school_year, county_id, stage, line, pupils }
    );
    figures.rates = rows!(
        ask,
        "rates",
        include_str!("sql/rates.sql"),
        Rate { school_year, level, unit_id, stage, indicator, numerator, denominator, value, complete }
    );
    figures.standards = rows!(
        ask,
        "_class_size_policy",
        include_str!("sql/standards.sql"),
        Standard { stage, standard, large_from, oversize_from }
    );
    figures.class_sizes = rows!(
        ask,
        "class_sizes",
        &inside(include_str!("sql/class_sizes.sql")),
        ClassSize { school_id, class_id, name, grade, stage, pupils, standard, grading, excess }
    );
    figures.transfer_flows = rows!(
        ask,
        "transfer_flows",
        include_str!("sql/transfer_flows.sql"),
        Flow { school_year, from_unit, to_unit, kind, stage, pupils }
    );
    figures.fees = rows!(
        ask,
        "fees",
        include_str!("sql/fees.sql"),
        Fee { fee_year, level, unit_id, snapshot_on, pupils, rate_fen, amount_fen, due_on }
    );
    figures.problems = rows!(
        ask,
        "problems",
        include_str!("sql/problems.sql"),
        Problem { pupil_id, school_id, county_id, kind, field, detail, first_seen_on }
    );
    figures.batches = rows!(
        ask,
        "batches",
        include_str!("sql/batches.sql"),
        Batch { run_id, source, day, table, file, encoding, rows, accepted, flagged, rejected, duplicates_dropped }
    );
    if vault_open {
        figures.rejections =
            rows!(ask, "quarantine", include_str!("sql/rejections.sql"), Rejection { source, rule, rows });
    }
    within.restrict(&mut figures);
    figures.arrange();
    Ok(figures)
}

/// What belongs to the subtree that a report is about.
struct Within {
    predicate: String,
    units: Option<BTreeSet<String>>,
}

impl Within {
    /// Finds the subtree of `figures.unit` and drops the schools outside it. Authorities stay: flows name them.
    fn of(figures: &mut Figures) -> Result<Within, GatherError> {
        let Some(unit) = figures.unit.clone() else { return Ok(Within { predicate: "true".to_owned(), units: None }) };
        let parents: BTreeMap<&str, &str> = figures
            .authorities
            .iter()
            .filter_map(|authority| Some((authority.authority_id.as_str(), authority.parent_id.as_deref()?)))
            .collect();
        let above = |start: &str| -> Vec<String> {
            let mut path = vec![start.to_owned()];
            while let Some(parent) = path.last().and_then(|last| parents.get(last.as_str())) {
                if path.iter().any(|seen| seen == parent) {
                    break;
                }
                path.push((*parent).to_owned());
            }
            path
        };
        let below = |authority: &str| above(authority).contains(&unit);
        let is_authority = figures.authorities.iter().any(|authority| authority.authority_id == unit);
        let schools: BTreeSet<String> = figures
            .schools
            .iter()
            .filter(|school| {
                school.school_id == unit
                    || school.parent_school_id.as_deref() == Some(&unit)
                    || (is_authority && (below(&school.county_id) || below(&school.prefecture_id)))
            })
            .map(|school| school.school_id.clone())
            .collect();
        if schools.is_empty() && !is_authority {
            return Err(GatherError::UnknownUnit { unit });
        }
        let mut units = schools.clone();
        units.extend(figures.authorities.iter().map(|authority| authority.authority_id.clone()).filter(|id| below(id)));
        let predicate = if schools.is_empty() { "false".to_owned() } else { one_of(&schools) };
        figures.schools.retain(|school| schools.contains(&school.school_id));
        Ok(Within { predicate, units: Some(units) })
    }

    /// Drops the rows about other units.
    fn restrict(&self, figures: &mut Figures) {
        let Some(units) = &self.units else { return };
        figures.rates.retain(|rate| units.contains(&rate.unit_id));
        figures.transfer_flows.retain(|flow| units.contains(&flow.from_unit) || units.contains(&flow.to_unit));
        figures.fees.retain(|fee| units.contains(&fee.unit_id));
        figures.problems.retain(|problem| {
            let about = [&problem.school_id, &problem.county_id];
            match about {
                [Some(school), _] => units.contains(school),
                [None, Some(county)] => units.contains(county),
                [None, None] => false,
            }
        });
        let others: BTreeSet<&str> = figures
            .authorities
            .iter()
            .map(|authority| authority.authority_id.as_str())
            .filter(|authority| !units.contains(*authority))
            .collect();
        figures.batches.retain(|batch| !others.contains(batch.source.as_str()));
        figures.rejections.retain(|rejection| !others.contains(rejection.source.as_str()));
    }
}

/// A predicate that holds for these schools. Codes are written as text literals, quotes doubled.
fn one_of(schools: &BTreeSet<String>) -> String {
    let codes: Vec<String> = schools.iter().map(|code| format!("'{}'", code.replace('\'', "''"))).collect();
    format!("school_id in ({})", codes.join(", "))
}

/// Adds up the daily differences of each stage, and thins the days where there are many.
fn running(differences: Vec<TrendPoint>) -> Vec<TrendPoint> {
    let days: Vec<NaiveDate> = differences.iter().map(|point| point.day).collect::<BTreeSet<_>>().into_iter().collect();
    let stages: BTreeSet<String> = differences.iter().map(|point| point.stage.clone()).collect();
    let mut changes: BTreeMap<(NaiveDate, &str), i64> = BTreeMap::new();
    for point in &differences {
        *changes.entry((point.day, &point.stage)).or_default() += point.pupils;
    }
    let every = days.len().div_ceil(TREND_DAYS).max(1);
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    let mut points = Vec::new();
    for (place, day) in days.iter().enumerate() {
        for stage in &stages {
            let sum = sums.entry(stage).or_default();
            *sum += changes.get(&(*day, stage.as_str())).copied().unwrap_or(0);
            if place % every == 0 || place + 1 == days.len() {
                points.push(TrendPoint { day: *day, stage: stage.clone(), pupils: *sum });
            }
        }
    }
    points
}

/// A field that a cell of an answer can fill.
trait Cell: Sized {
    /// The type to which an answer's column is cast, so that a dictionary or a view of text reads like text.
    const KIND: DataType;

    /// The value of a row.
    fn at(column: &Column<Self>, row: usize) -> Self;
}

/// A column of an answer, cast to what its field reads.
struct Column<T> {
    array: ArrayRef,
    field: PhantomData<T>,
}

fn column<T: Cell>(batch: &RecordBatch, what: &'static str, column: &'static str) -> Result<Column<T>, GatherError> {
    let array = batch.column_by_name(column).ok_or(GatherError::MissingColumn { what, column })?;
    let array = cast(array, &T::KIND).map_err(|source| GatherError::Column { what, column, source })?;
    Ok(Column { array, field: PhantomData })
}

impl Cell for Option<String> {
    const KIND: DataType = DataType::Utf8;

    fn at(column: &Column<Self>, row: usize) -> Self {
        let array = column.array.as_string::<i32>();
        array.is_valid(row).then(|| array.value(row).to_owned())
    }
}

impl Cell for Option<i64> {
    const KIND: DataType = DataType::Int64;

    fn at(column: &Column<Self>, row: usize) -> Self {
        let array = column.array.as_primitive::<Int64Type>();
        array.is_valid(row).then(|| array.value(row))
    }
}

impl Cell for Option<f64> {
    const KIND: DataType = DataType::Float64;

    fn at(column: &Column<Self>, row: usize) -> Self {
        let array = column.array.as_primitive::<Float64Type>();
        array.is_valid(row).then(|| array.value(row)).filter(|value| value.is_finite())
    }
}

impl Cell for Option<NaiveDate> {
    const KIND: DataType = DataType::Date32;

    fn at(column: &Column<Self>, row: usize) -> Self {
        let array = column.array.as_primitive::<Date32Type>();
        array.is_valid(row).then(|| date32_to_datetime(array.value(row))).flatten().map(|instant| instant.date())
    }
}

impl Cell for Option<bool> {
    const KIND: DataType = DataType::Boolean;

    fn at(column: &Column<Self>, row: usize) -> Self {
        let array = column.array.as_boolean();
        array.is_valid(row).then(|| array.value(row))
    }
}

/// A field that is never empty reads an empty cell as its default: no text, zero.
macro_rules! never_empty {
    ($($kind:ty),*) => {$(
        impl Cell for $kind {
            const KIND: DataType = <Option<$kind> as Cell>::KIND;

            fn at(column: &Column<Self>, row: usize) -> Self {
                let column = Column { array: Arc::clone(&column.array), field: PhantomData };
                <Option<$kind> as Cell>::at(&column, row).unwrap_or_default()
            }
        }
    )*};
}

never_empty!(String, i64, bool, NaiveDate);

#[cfg(test)]
mod tests;
