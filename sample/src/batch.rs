//! One batch: a source's five tables on one evening, with what is wrong in them on purpose.

use std::path::Path;

use domain::{calendar::Day, contract::Table};

use crate::{
    SampleError,
    chance::Chance,
    dialect::{Dialect, Packing},
    file::{Folder, TableFile, Verdict},
    flaw::{BadRow, Flaw},
    office::Tonight,
    plan::school_year_of,
    roster::{Province, Status},
    table::{Row, changes, students, tree},
    truth::BatchTruth,
};

/// Writes a source's batch.
pub(crate) fn write(
    province: &mut Province,
    source: usize,
    dialect: &Dialect,
    tonight: &Tonight,
    nights: &[Day],
    dir: &Path,
) -> Result<BatchTruth, SampleError> {
    let mode = if tonight.changes_only == Some(source) { "changes" } else { "full" };
    // Bad rows come with the first batch and some later ones; in each they are others in every source.
    let spoilt = province.plan.flaws && mode == "full" && tonight.index.is_multiple_of(4);
    let turn = source + usize::from(tonight.index);
    let mut folder = Folder::create(dir, dialect, tonight.day)?;

    let mut file = folder.table(Table::Authorities)?;
    for row in tree::authorities(province, source, dialect) {
        file.row(&row, Verdict::Accepted(None))?;
    }
    folder.take(file)?;

    let mut file = folder.table(Table::Schools)?;
    let mut row = Row::new(Table::Schools);
    for (_, school) in tree::schools(province, source) {
        tree::school(province, school, dialect, &mut row);
        file.row(&row, Verdict::Accepted(None))?;
    }
    if spoilt && turn.is_multiple_of(2) {
        for (_, any) in tree::schools(province, source).take(1) {
            tree::kindergarten(province, any, dialect, &mut row);
            file.row(&row, Verdict::Rejected("kindergarten"))?;
        }
    }
    folder.take(file)?;

    let mut file = folder.table(Table::Classes)?;
    let mut row = Row::new(Table::Classes);
    for (_, school) in tree::schools(province, source) {
        for class in school.classes.iter().filter(|class| class.is_listed()) {
            tree::class(school, class, dialect, &mut row);
            file.row(&row, Verdict::Accepted(None))?;
        }
    }
    if spoilt && turn.is_multiple_of(3) {
        row.replace("school_id", "2134999998");
        file.row(&row, Verdict::Rejected("unknown_school"))?;
    }
    folder.take(file)?;

    let mut file = folder.table(Table::Students)?;
    let mut row = Row::new(Table::Students);
    for pupil in &province.rolls[source] {
        if mode == "full" || pupil.touched == tonight.index {
            students::student(province, pupil, dialect, nights, &mut row);
            file.row(&row, Verdict::Accepted(pupil.remark()))?;
        }
    }
    if spoilt {
        bad_rows(province, source, dialect, tonight, nights, turn, &mut file)?;
    }
    folder.take(file)?;

    let mut file = folder.table(Table::Changes)?;
    let mut row = Row::new(Table::Changes);
    let papers = &tonight.papers[source];
    for (serial, paper) in papers.iter().enumerate() {
        changes::change(province, paper, tonight.day, serial as u32 + 1, dialect, &mut row);
        file.row(&row, Verdict::Accepted(None))?;
    }
    if spoilt
        && turn.is_multiple_of(2)
        && let Some(paper) = papers.first()
    {
        changes::change(province, paper, tonight.day, papers.len() as u32 + 1, dialect, &mut row);
        row.replace("kind", "其他异动");
        file.row(&row, Verdict::Rejected("unknown_code"))?;
    }
    folder.take(file)?;

    let files = folder.close(mode)?;
    Ok(BatchTruth { source: province.sources[source].clone(), day: tonight.day, mode: mode.to_owned(), files })
}

/// Writes rows that must not be counted: extra persons who exist nowhere else, and repetitions.
fn bad_rows(
    province: &mut Province,
    source: usize,
    dialect: &Dialect,
    tonight: &Tonight,
    nights: &[Day],
    turn: usize,
    file: &mut TableFile<'_>,
) -> Result<(), SampleError> {
    let mut chance = Chance::of(province.plan.seed, &[8, u64::from(tonight.index), source as u64]);
    let mut row = Row::new(Table::Students);
    for (number, bad) in BadRow::ALL.into_iter().enumerate() {
        let has_columns = dialect.packing == Packing::Workbook;
        if !(number + turn).is_multiple_of(3) || (bad == BadRow::ColumnCount && has_columns) {
            continue;
        }
        let Some(at) = province.sound_record(source, &mut chance, |_| true) else { continue };
        let mut pupil = province.rolls[source][at];
        if !bad.repeats() {
            let year = school_year_of(tonight.day);
            let place = pupil.person.place;
            pupil.person = province.born_in(place, pupil.seat.grade, year, 0)?;
            pupil.flaw = Flaw::Extra;
            pupil.status = Status::Enrolled;
        }
        students::student(province, &pupil, dialect, nights, &mut row);
        bad.spoil(&mut row);
        file.row(&row, bad.rule().map_or(Verdict::Dropped, Verdict::Rejected))?;
    }
    Ok(())
}
