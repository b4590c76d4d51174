//! Newcomers (新生) and their pre-review (新生预审核): 皖教基〔2013〕20号 art. 12–15; 某省办法 art. 4, 6, 7 (ENR-01…ENR-05, IDN-01…IDN-05).
//!
//! A school enters a batch and submits it; its authority reviews it, as a whole or but for rows that it names; approval makes the records
//! formal. Due 30 September 24:00; what comes later is shown as late. A pupil who has a finished record goes on under its number.

mod check;

use domain::{
    calendar::{Day, Month},
    identity::{IdNo, StudentNo, normalise},
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    deadline,
    event::{Event, Notice},
    number,
    organisation::School,
    pupil::{BasicFacts, KeyFacts, Mode, Movement, Pupil, Standing},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    transfer::receiving,
};

use check::may_go_on;
pub use check::{Against, RowFault, check, check_age, check_key, check_name};

/// A portrait by its digest and the day it was taken (照片).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortraitRef {
    /// SM3 of the picture.
    pub digest: String,
    /// The day it was taken; of the year of entry at grades 1, 7 and 10.
    pub taken_on: Day,
}

/// One row of a batch (新生).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    /// The row of the sender's sheet, or a count from 1.
    pub row: u32,
    /// The number of an earlier record, where the sender knows it.
    #[serde(default)]
    pub student_no: Option<StudentNo>,
    /// 关键信息
    pub key: KeyFacts,
    /// 基本信息
    #[serde(default)]
    pub basic: BasicFacts,
    /// 年级
    pub grade: u8,
    /// 班号
    pub class: String,
    /// 入学年月
    pub entry_month: Month,
    /// 照片
    #[serde(default)]
    pub portrait: Option<PortraitRef>,
    /// 延期入学: until when, with leave and evidence (ENR-03).
    #[serde(default)]
    pub deferred_until: Option<Day>,
}

/// A row that its authority does not take, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The row.
    pub row: u32,
    /// Why.
    pub reason: String,
}

/// A batch on its way. Its rows lie beside the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomers {
    /// How many rows.
    pub rows: u32,
    /// What the sender calls the batch; the same name again is the same batch.
    pub name: String,
    /// Rows that the authority does not take.
    #[serde(default)]
    pub except: Vec<Exception>,
}

impl Procedure for Newcomers {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let school = receiving(scene, request.applicant)?;
        if school.is_kindergarten() {
            return Err(Refusal::barred(
                "newcomers.kindergarten",
                "皖教基〔2013〕20号 第十四条",
                "禁止为学前教育阶段幼儿建立学籍",
                "no records for children of pre-school education",
            ));
        }
        if self.rows == 0 {
            return Err(Refusal::invalid("newcomers.empty", "本批没有学生", "the batch is empty"));
        }
        Ok(vec![Party::Authority])
    }

    /// The batch as a whole: rows are entered by [`enter`], which the shell gives them. Archive files are opened within a month (ENR-04).
    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        receiving(scene, case.applicant)?;
        let archive = policy.deadline("archive_create");
        Ok(vec![Event::Notice {
            notice: Notice {
                to: case.applicant,
                kind: "archive_create".to_owned(),
                pupil: None,
                case: Some(case.id),
                due_on: archive.map(|archive| deadline::due(archive, finish.on, scene.calendar).day),
                article: archive.map(|archive| archive.article.clone()).unwrap_or_default(),
            },
        }])
    }
}

/// What a first record is given.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    /// Its own number in the registry.
    pub id: crate::pupil::PupilId,
    /// Whether another record has the registration number that the pupil's identity number would make.
    pub is_number_taken: bool,
}

/// The record that a row of an approved batch becomes: a first one, or the one there is at its next stage.
pub fn enter(
    row: &Newcomer,
    known: Option<&Pupil>,
    school: &School,
    case: &Case,
    on: Day,
    fresh: Fresh,
) -> Result<Event, Refusal> {
    let standing = Standing { school: school.id, class: row.class.clone(), grade: row.grade, status: Status::Enrolled };
    let portrait = row.portrait.as_ref().map(|portrait| portrait.digest.clone());
    let begins = row.entry_month.first_day().min(on);
    let effective_on = known.map_or(begins, |pupil| begins.max(pupil.since_on));
    let movement = Movement {
        kind: MovementKind::Enrolment,
        effective_on,
        from: known.map(|pupil| pupil.standing.clone()),
        to: Some(standing.clone()),
        reason: case.reason.clone(),
        counterpart: String::new(),
        applied_on: Some(case.opened_on),
        decided_on: Some(on),
        mode: Mode::Manual,
    };
    let Some(before) = known else {
        let pupil = Pupil {
            id: fresh.id,
            student_no: number::first(&row.key, school, fresh.id, fresh.is_number_taken),
            regional_no: None,
            key: KeyFacts { portrait, ..row.key.clone() },
            basic: row.basic.clone(),
            standing,
            entry_month: row.entry_month,
            since_on: effective_on,
            taught_at: None,
            version: 1,
        };
        return Ok(Event::Entered { pupil, movement });
    };
    may_go_on(before, row.grade)?;
    // Key facts stay what they are: a batch never overwrites what a decision has set (KF-1). The new portrait is added (EN-4).
    let key = KeyFacts { portrait: portrait.or_else(|| before.key.portrait.clone()), ..before.key.clone() };
    let pupil = Pupil {
        key,
        basic: row.basic.clone(),
        standing,
        entry_month: row.entry_month,
        since_on: effective_on,
        taught_at: None,
        version: before.version + 1,
        ..before.clone()
    };
    Ok(Event::Moved { pupil, movement, new_stage: number::begins_stage(school, row.grade) })
}

/// Normalises what people type in a row: full-width digits, a small `x`, outer spaces; the name keeps its own characters.
pub fn tidy(row: &mut Newcomer) {
    let tidied = |text: &str| normalise(text).into_owned();
    row.key.id_no = row.key.id_no.take().map(|number| match IdNo::read(&number) {
        Ok(read) => read.as_str().to_owned(),
        Err(_) => tidied(&number).to_uppercase(),
    });
    row.key.id_no.take_if(|number| number.is_empty());
    row.class = tidied(&row.class);
    row.key.name = one_dot(row.key.name.trim());
}

/// A name with the dot that the standards write (间隔号 U+00B7) in place of those that look like it.
pub fn one_dot(name: &str) -> String {
    name.replace(['•', '‧', '・', '．'], "·")
}
