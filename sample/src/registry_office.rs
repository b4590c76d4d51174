//! A sample office: a province's registry filled through the office's own commands, two school years of it.
//!
//! The people and the schools are made up, the codes of places are real. `land` enters units and accounts, `people` makes pupils,
//! `intake` takes them in, `summer` moves them on, `cases` applies for what is applied for, `course` lets the two years pass, `keeping` does
//! what schools do by themselves. Two equal calls on two empty registries bring about the same office.

mod cases;
mod course;
mod desk;
mod intake;
mod keeping;
mod land;
mod people;
mod summer;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::BTreeMap;

use domain::calendar::{Day, SchoolYear};
use registry::{
    office::{Office, OfficeError},
    refusal::Refusal,
};
use serde::Serialize;

use self::course::{Course, date};

/// Why a sample office could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// A command was refused that should have been carried out.
    #[error("`{what}` of {by} was refused: {refusal} / {}", refusal.zh)]
    Refused {
        /// The command.
        what: &'static str,
        /// Who gave it.
        by: String,
        /// Why it was refused.
        refusal: Box<Refusal>,
    },
    /// The office.
    #[error(transparent)]
    Office(Box<OfficeError>),
    /// More pupils were born in a place and year than identity numbers can tell apart.
    #[error("too many pupils: {place} has no identity numbers left for one of its years")]
    Crowded {
        /// The place.
        place: &'static str,
    },
    /// A day or a code that the calendar or the lists have not.
    #[error("the day of the sample leaves no room for two school years before it")]
    Date,
    /// A batch did not become as many records as it has rows.
    #[error("{told} records were entered in place of {expected}")]
    Count {
        /// What the office said.
        told: u64,
        /// What the batch had.
        expected: u64,
    },
}

impl From<OfficeError> for FillError {
    fn from(error: OfficeError) -> FillError {
        FillError::Office(Box::new(error))
    }
}

/// What a sample office holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Open records.
    pub pupils: u64,
    /// Open records by status.
    pub by_status: BTreeMap<String, u64>,
    /// Schools.
    pub schools: u64,
    /// Accounts by role.
    pub accounts: BTreeMap<String, u64>,
    /// Cases by kind and state; an open one that is late is `overdue`.
    pub cases: BTreeMap<String, BTreeMap<String, u64>>,
    /// Facts by kind.
    pub facts: BTreeMap<String, u64>,
    /// Certificates.
    pub certificates: u64,
    /// Records by what became of them on 1 August.
    pub promotion: BTreeMap<String, u64>,
    /// What the sweeps did.
    pub sweeps: BTreeMap<String, u64>,
    /// Duties by state.
    pub duties: BTreeMap<String, u64>,
    /// Commands by name.
    pub commands: BTreeMap<String, u64>,
    /// The day on which the school year of the sample began.
    pub promoted_on: String,
}

/// How long before the day of the sample its last 1 August lies at least, so that the autumn's intake is over.
const SETTLED: i32 = 45;
/// The last days, whose applications wait on the desks.
const PRESENT: i32 = 7;

/// Fills an empty registry with about `pupils` pupils. `today` is the day on which it will be used: nothing is dated on it or later.
///
/// # Errors
/// When the registry is not empty, so that a command is refused, or the database fails.
pub async fn fill(office: &Office, pupils: u32, seed: u64, today: Day) -> Result<Report, FillError> {
    let settled = today.plus_days(-SETTLED);
    let start = office.policy(settled)?.school_year_start();
    let year = SchoolYear::of(settled, start).start_year();
    let last = today.plus_days(-1);
    let places = land::schools(pupils)?;
    let mut course = Course::new(office, places, pupils, seed, date(year - 1, 8, 20)?, last);
    let mut report = Report { schools: course.places.len() as u64, ..Report::default() };
    report.accounts = land::enter(&mut course.desk, &course.places, seed, [year - 1, year]).await?;
    course.desk.go_to(date(year - 1, 9, 1)?).await?;
    course.roll.first_intake(&mut course.desk, &mut course.places, &mut course.people, year - 1, seed).await?;
    course.first_year(year - 1).await?;
    for (kind, count) in course.keep(date(year, 6, 1)?, year - 1).await? {
        *report.facts.entry(kind).or_default() += count;
    }
    course.verify(date(year, 6, 5)?, &format!("{}-{year}-2", year - 1), true).await?;
    let late = date(year, 9, 8)? <= today.plus_days(-40);
    if !late {
        course.overdue(date(year, 6, 8)?).await?;
    }
    report.certificates = course.roll.finish(&mut course.desk, &course.places, year).await?;
    report.promotion = course.roll.promote(&mut course.desk, &mut course.places, start.in_year(year)).await?;
    report.promoted_on = start.in_year(year).to_string();
    course.desk.go_to(date(year, 9, 1)?).await?;
    course.roll.second_intake(&mut course.desk, &mut course.places, &mut course.people, year, seed).await?;
    if late {
        course.overdue(date(year, 9, 8)?).await?;
    }
    let present = today.plus_days(-PRESENT);
    course.report(present.plus_days(-2), &format!("{year}-10")).await?;
    course.verify(present.plus_days(-1), &format!("{year}-{}-1", year + 1), false).await?;
    course.answer_for(present.plus_days(-1)).await?;
    course.present(present, year).await?;
    course.desk.go_to(last).await?;
    course.desk.sweep().await?;
    course.desk.hear().await?;
    tell(office, &mut course, &mut report).await?;
    Ok(report)
}

async fn tell(office: &Office, course: &mut Course<'_>, report: &mut Report) -> Result<(), FillError> {
    for count in office.headcounts().await? {
        let pupils = u64::try_from(count.pupils).unwrap_or_default();
        report.pupils += pupils;
        *report.by_status.entry(count.status).or_default() += pupils;
    }
    for (kind, state) in course.desk.cases.values() {
        *report.cases.entry(kind.name().to_owned()).or_default().entry(state.clone()).or_default() += 1;
    }
    report.duties = course.desk.duties().await?;
    report.sweeps = course.desk.swept_counts.clone();
    report.commands = course.desk.commands.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Ok(())
}
