//! Repeating and skipping a grade (留级、跳级): 教基〔2025〕1号 art. 14; JY/T 1001 codes 02 and 04.
//!
//! In the compulsory stage nobody is made to repeat; a pupil in special education may step down.

use domain::{
    movement::{MovementKind, Status},
    organisation::Stage,
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    proposal::{has_status, moved, needs, needs_reason, own_pupil, stage},
    pupil::Standing,
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
};

const ARTICLE: &str = "义务教育法；教基〔2025〕1号 第十四条";

/// A pupil goes on in another grade of the school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeChange {
    /// The grade, one away from the present.
    pub grade: u8,
    /// The class.
    pub class: String,
}

impl Procedure for GradeChange {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::Enrolled], ARTICLE)?;
        needs_reason(request, ARTICLE)?;
        if pupil.standing.grade.abs_diff(self.grade) != 1 {
            return Err(Refusal::barred(
                "grade_change.distance",
                ARTICLE,
                "留级、跳级以一个年级为限",
                "a pupil repeats or skips one grade",
            ));
        }
        if school.stage_of(self.grade) != school.stage_of(pupil.standing.grade) {
            return Err(Refusal::barred(
                "grade_change.stage",
                ARTICLE,
                "不得跨学段留级、跳级",
                "nobody repeats or skips into another stage",
            ));
        }
        let steps_down = self.grade < pupil.standing.grade;
        let compulsory = stage(pupil, school).is_some_and(Stage::is_compulsory);
        let special = school.is_special() || pupil.basic.inclusive == Some(true);
        if steps_down && compulsory && !special {
            needs(request.evidence, &["guardian_request"], ARTICLE, "监护人书面申请（义务教育阶段不得强制留级）")?;
        }
        scene.class_for(school.id, self.grade)?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::Enrolled], ARTICLE)?;
        let class = scene
            .class_for(pupil.standing.school, self.grade)
            .map_err(|refusal| Refusal { cause: crate::refusal::Cause::Conflict, ..refusal })?;
        let kind = if self.grade < pupil.standing.grade { MovementKind::Repetition } else { MovementKind::Skipping };
        let to = Standing { class: class.id.clone(), grade: self.grade, ..pupil.standing.clone() };
        Ok(vec![moved(pupil, case, kind, to, finish.on, finish, "")])
    }
}
