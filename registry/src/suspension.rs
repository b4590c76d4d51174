//! Suspension (休学) and its extension: 皖教基〔2013〕20号 art. 26; 某省办法 art. 15 (SUS-01, SUS-03).

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    deadline::due,
    event::{Event, Notice},
    proposal::{has_status, is_leaving, moved, needs, needs_reason, own_pupil, with_status},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    unit::Unit,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第二十六条；某省中小学生学籍管理办法 第十五条";

/// Suspension for a year, on request or ordered by the school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// The day from which the pupil is suspended.
    pub from: Day,
    /// Whether the school orders it for an infectious disease or one that forbids study (学校可令其休学).
    #[serde(default)]
    pub ordered: bool,
    /// Why a pupil of a leaving grade is suspended all the same; normally he is not.
    #[serde(default)]
    pub leaving_grade_reason: String,
}

impl Procedure for Suspension {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::Enrolled], ARTICLE)?;
        needs_reason(request, ARTICLE)?;
        scene.not_in_future("休学起始日", "the first day of the suspension", self.from)?;
        let certificates: &[&str] =
            if self.ordered { &["hospital_certificate"] } else { &["hospital_certificate", "other_certificate"] };
        needs(request.evidence, certificates, ARTICLE, "县级以上医疗单位证明或其他有效证明")?;
        let key = "suspension.leaving_grades";
        let has_reason = !self.leaving_grade_reason.trim().is_empty();
        if is_leaving(pupil, school) && !self.ordered && (policy.says(key, "refused") || !has_reason) {
            return Err(Refusal::barred(
                "suspension.leaving_grade",
                policy.article(key),
                "毕业班学生一般不予休学",
                "a pupil of a leaving grade is normally not suspended",
            )
            .remedy("患传染病等确需休学的，由学校令其休学", "the school may order it for an infectious disease"));
        }
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::Enrolled], ARTICLE)?;
        let suspended = with_status(pupil, Status::Suspended);
        let from = self.from.max(pupil.since_on);
        Ok(vec![
            moved(pupil, case, MovementKind::Suspension, suspended, from, finish, ""),
            runs_out(scene, case, policy, self.from),
        ])
    }
}

/// Another term of a suspension, asked for with a certificate before it has run out (延长休学).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The day from which it is extended: the last of the running term.
    pub from: Day,
}

impl Procedure for Extension {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, _) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::Suspended], ARTICLE)?;
        needs_reason(request, ARTICLE)?;
        needs(
            request.evidence,
            &["hospital_certificate", "other_certificate"],
            ARTICLE,
            "县级以上医院诊断证明或其他相关证明",
        )?;
        if self.from < pupil.since_on {
            return Err(Refusal::invalid(
                "extension.from",
                "延长起始日早于休学起始日",
                "the extension begins before the suspension",
            ));
        }
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, _finish: Finish) -> Result<Vec<Event>, Refusal> {
        has_status(scene.pupil()?, &[Status::Suspended], ARTICLE)?;
        Ok(vec![runs_out(scene, case, policy, self.from)])
    }
}

/// The day on which a suspension that begins on a day has run out: its last (SU-1: 29 February 2024 → 28 February 2025).
pub fn last_day(policy: &Policy, from: Day, calendar: &domain::calendar::WorkCalendar) -> Option<Day> {
    policy.deadline("suspension_term").map(|term| due(term, from, calendar).day)
}

fn runs_out(scene: &Scene, case: &Case, policy: &Policy, from: Day) -> Event {
    let term = policy.deadline("suspension_term");
    Event::Notice {
        notice: Notice {
            to: scene.pupil.as_ref().map_or(case.applicant, |pupil| Unit::School(pupil.standing.school)),
            kind: "suspension_ends".to_owned(),
            pupil: case.pupil,
            case: Some(case.id),
            due_on: last_day(policy, from, scene.calendar),
            article: term.map(|term| term.article.clone()).unwrap_or_default(),
        },
    }
}
