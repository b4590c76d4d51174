//! A made-up province, written as export batches, with the truth about it.
//!
//! Its codes of places are real, its schools and people are not. `plan` says what to make, `territory` builds the tree,
//! `roster` holds the rolls and keeps count, `office` lets the school years pass, `table` and `file` write each source's
//! batches in its own dialect, and `truth` is what a right reader must find in them. `registry_office` fills the registry of an office
//! with the same kind of people, by the office's own commands.

mod batch;
mod chance;
mod dialect;
mod file;
mod flaw;
mod office;
mod paper;
mod person;
mod plan;
pub mod registry_office;
mod roster;
mod table;
mod territory;
pub mod truth;
mod words;

use std::path::Path;

use domain::calendar::Day;

use crate::{
    dialect::Dialect,
    office::{Office, Tonight},
    plan::{Night, course},
    roster::Province,
    truth::{movements, papers},
};
pub use crate::{
    plan::{Course, Layout, Plan, nights},
    truth::{BatchTruth, DayTruth, FileTruth, MovementTruth, Tally, Truth},
};

/// How far the writing has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The business day of the batch just written.
    pub day: Day,
    /// Its source.
    pub source: String,
    /// Batches written so far.
    pub batches: u64,
    /// Batches there will be.
    pub batches_planned: u64,
    /// Data rows written so far.
    pub rows: u64,
}

/// Why a sample could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A file or folder could not be written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A workbook could not be written.
    #[error("cannot write the workbook")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The truth or a manifest could not be put into words.
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
    /// More pupils were born in a place and year than ID numbers can tell apart.
    #[error("too many pupils: {place} has no ID numbers left for one of its years")]
    Crowded {
        /// The place.
        place: &'static str,
    },
}

/// Writes the province of a plan to `<out>/<source>/<YYYY-MM-DD>/…` and what is true of it to `<out>/truth.json`.
pub fn write(plan: &Plan, out: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Truth, SampleError> {
    let course = course(plan);
    let days = nights(plan);
    let province = Province::open(plan)?;
    let sources = province.sources.clone();
    let dialects: Vec<Dialect> = sources.iter().map(|source| Dialect::of(plan.layout, source)).collect();
    let mut office = Office::new(province, dialects.iter().map(|dialect| dialect.keeps_closed).collect());
    let mut truth = Truth {
        students: plan.students,
        seed: plan.seed,
        sources: sources.clone(),
        batches: Vec::new(),
        days: Vec::new(),
        class_sizes: std::collections::BTreeMap::new(),
        october: std::collections::BTreeMap::new(),
    };
    let (mut batches, mut rows) = (0, 0);
    for index in 0..course.len() {
        let mut tonight = Tonight::new(index, &course, sources.len());
        set_habits(plan, &course, index, &dialects, &mut tonight);
        office.pass(&mut tonight)?;
        let mut written = Vec::new();
        for (source, dialect) in dialects.iter().enumerate() {
            if tonight.late == Some(source) {
                continue;
            }
            let dir = out.join(&sources[source]).join(tonight.day.to_string());
            let batch = batch::write(&mut office.province, source, dialect, &tonight, &days, &dir)?;
            batches += 1;
            rows += batch.files.iter().map(|file| file.rows).sum::<u64>();
            let batches_planned = (course.len() * sources.len()) as u64;
            progress(Progress { day: tonight.day, source: sources[source].clone(), batches, batches_planned, rows });
            written.push(batch);
        }
        let day = evening(&office, &tonight, &truth);
        truth.batches.extend(written);
        if (tonight.day.month(), tonight.day.day_of_month()) == (10, 31) {
            truth.october.insert(tonight.day.year(), day.by_school.clone());
        }
        truth.days.push(day);
    }
    truth.class_sizes = class_sizes(&office.province);
    fs_err::create_dir_all(out)?;
    fs_err::write(out.join("truth.json"), serde_json::to_vec_pretty(&truth)?)?;
    Ok(truth)
}

/// Settles which source comes late tonight and which hands over changes only.
fn set_habits(plan: &Plan, course: &[(Day, Night)], index: usize, dialects: &[Dialect], tonight: &mut Tonight) {
    let ordinary_run = plan.days as usize;
    if !plan.flaws || ordinary_run < 3 {
        return;
    }
    let run_begins = course.len() - ordinary_run;
    if index == run_begins {
        tonight.changes_only = dialects.iter().position(|dialect| dialect.manifest);
    }
    if index == run_begins + 1 {
        tonight.late = dialects.iter().position(|dialect| dialect.comes_late);
    }
}

/// What is true of the province after tonight.
fn evening(office: &Office, tonight: &Tonight, before: &Truth) -> DayTruth {
    let province = &office.province;
    let mut by_county = Tally::new();
    let mut by_school = Tally::new();
    for (school, pupils) in province.schools.iter().zip(&province.counts.by_school) {
        let pupils = u64::from(*pupils);
        *by_county.entry(province.units[school.unit].code.to_string()).or_default() += pupils;
        if pupils > 0 {
            by_school.insert(school.id.to_string(), pupils);
        }
    }
    let grades = (1..=12u8).zip(&province.counts.by_grade_sex[1..]);
    let by_grade_sex = grades
        .map(|(grade, counts)| {
            (grade, words::SEXES.iter().zip(counts).map(|(sex, pupils)| ((*sex).to_owned(), *pupils)).collect())
        })
        .collect();
    let mut unexplained = before.days.last().map(|day| day.unexplained.clone()).unwrap_or_default();
    for (kind, count) in tonight.movements.iter().filter(|(kind, _)| kind.is_unexplained()) {
        *unexplained.entry(kind.label().to_owned()).or_default() += count;
    }
    let across = [
        ("same_id_number", province.shared_numbers()),
        ("key_changed", tonight.key_changed),
        ("unknown_pupil", tonight.unknown_pupil),
    ];
    DayTruth {
        day: tonight.day,
        late: tonight.late.iter().map(|source| province.sources[*source].clone()).collect(),
        total: province.counts.total,
        by_county,
        by_school,
        by_grade_sex,
        movements: movements(&tonight.movements),
        papers: papers(&tonight.papers),
        unexplained,
        in_transit: office.in_transit(),
        across: across.iter().filter(|(_, count)| *count > 0).map(|(rule, n)| ((*rule).to_owned(), *n)).collect(),
    }
}

fn class_sizes(province: &Province) -> std::collections::BTreeMap<String, Tally> {
    let sizes = |school: &territory::School| -> Tally {
        let listed = school.classes.iter().filter(|class| class.is_listed());
        listed.map(|class| (class.id.to_string(), u64::from(class.enrolled))).collect()
    };
    province.schools.iter().map(|school| (school.id.to_string(), sizes(school))).collect()
}
