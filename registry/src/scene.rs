//! What a decision may look at: loaded by the shell, changed by nobody.

use domain::calendar::{Day, WorkCalendar};

use crate::{
    actor::Actor,
    case::{CaseId, State},
    organisation::{Class, School, Tree},
    pupil::{Pupil, PupilId},
    purpose::Kind,
    refusal::Refusal,
};

/// A pending case of the pupil, as far as other procedures may know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// The case.
    pub id: CaseId,
    /// 业务编号
    pub number: String,
    /// What it is for.
    pub kind: Kind,
    /// Its state.
    pub state: State,
    /// The day on which it was opened.
    pub opened_on: Day,
}

/// What a decision may look at.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// Every unit.
    pub tree: &'a Tree,
    /// Working days.
    pub calendar: &'a WorkCalendar,
    /// Who acts.
    pub actor: &'a Actor,
    /// The present day in Asia/Shanghai.
    pub today: Day,
    /// The present instant, milliseconds since 1970 in UTC.
    pub at: i64,
    /// The record concerned.
    pub pupil: Option<Pupil>,
    /// The class aimed at.
    pub class: Option<Class>,
    /// Other pending cases of the pupil.
    pub pending: Vec<Pending>,
    /// The pupil's past statuses: status and the day from which it held, oldest first.
    pub history: Vec<(domain::movement::Status, Day)>,
    /// The last day of the running suspension, extensions counted.
    pub suspended_until: Option<Day>,
    /// A record that another person's number leads to, where a procedure asks whether a number is taken.
    pub holder: Option<PupilId>,
    /// Whether another record has the registration number that the identity number of a newcomer would make.
    pub is_number_taken: bool,
    /// The number a new case gets.
    pub fresh_case: CaseId,
    /// The number a new record gets.
    pub fresh_pupil: PupilId,
}

impl Scene<'_> {
    /// The record concerned, or the refusal for a command that names none.
    pub fn pupil(&self) -> Result<&Pupil, Refusal> {
        self.pupil.as_ref().ok_or_else(Refusal::out_of_scope)
    }

    /// The school at which the pupil's record is.
    pub fn school(&self) -> Result<&School, Refusal> {
        let id = self.pupil()?.standing.school;
        self.tree.school(id).ok_or_else(Refusal::out_of_scope)
    }

    /// The class aimed at, open and of a grade at a school; or what is wrong with it.
    pub fn class_for(&self, school: domain::organisation::SchoolId, grade: u8) -> Result<&Class, Refusal> {
        let fits = |class: &&Class| class.school == school && class.grade == grade && !class.closed;
        self.class.as_ref().filter(fits).ok_or_else(|| {
            Refusal::invalid(
                "class",
                &format!("学校 {school} 没有这个班，或它不是 {grade} 年级的在用班级"),
                &format!("school {school} has no such class of grade {grade} in use"),
            )
            .remedy("请选择本校同年级的班级", "name a class of the school and of that grade")
        })
    }

    /// Refuses days that have not come yet, and days before the birth.
    pub fn not_in_future(&self, what_zh: &str, what_en: &str, day: Day) -> Result<(), Refusal> {
        if self.today < day {
            return Err(Refusal::invalid(
                "future_date",
                &format!("{what_zh} {day} 晚于今天"),
                &format!("{what_en} {day} is after today"),
            )
            .remedy("请填写已经发生的日期", "state a day that has come"));
        }
        if let Some(pupil) = &self.pupil
            && day < pupil.key.birth_on
        {
            return Err(Refusal::invalid(
                "before_birth",
                &format!("{what_zh} {day} 早于出生日期"),
                &format!("{what_en} {day} is before the birth"),
            ));
        }
        Ok(())
    }
}
