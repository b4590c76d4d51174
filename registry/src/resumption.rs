//! Resumption after a suspension (复学): 皖教基〔2013〕20号 art. 26; 某省办法 art. 15 (SUS-02).

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    proposal::{has_status, moved, needs, own_pupil},
    pupil::Standing,
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第二十六条；某省中小学生学籍管理办法 第十五条";

/// The pupil studies again, in the grade that continues his studies (接续学业).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resumption {
    /// The day from which the pupil studies again.
    pub from: Day,
    /// The grade that continues his studies.
    pub grade: u8,
    /// The class.
    pub class: String,
}

impl Procedure for Resumption {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::Suspended], ARTICLE)?;
        needs(request.evidence, &["fit_to_study", "other_certificate"], ARTICLE, "可以正常学习的证明")?;
        scene.not_in_future("复学日期", "the day of resumption", self.from)?;
        if self.from < pupil.since_on {
            return Err(Refusal::invalid(
                "resumption.from",
                "复学日期早于休学起始日",
                "the pupil resumes before the suspension began",
            ));
        }
        continues(pupil.standing.grade, self.grade)?;
        scene.class_for(school.id, self.grade)?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::Suspended], ARTICLE)?;
        let class = aimed_class(scene, pupil.standing.school, self.grade)?;
        let to = Standing { class, grade: self.grade, status: Status::Enrolled, ..pupil.standing.clone() };
        Ok(vec![moved(pupil, case, MovementKind::Resumption, to, self.from.max(pupil.since_on), finish, "")])
    }
}

/// The class and, where the school year has turned since the application, the class as it is now.
fn aimed_class(scene: &Scene, school: domain::organisation::SchoolId, grade: u8) -> Result<String, Refusal> {
    let class = scene
        .class_for(school, grade)
        .map_err(|refusal| Refusal { cause: crate::refusal::Cause::Conflict, ..refusal })?;
    Ok(class.id.clone())
}

/// The grade of before, the one below it, or those a class of the same year has reached since; never further up than one a year away.
pub(crate) fn continues(before: u8, after: u8) -> Result<(), Refusal> {
    let reach = before.saturating_sub(1)..=before.saturating_add(1);
    if (1..=12).contains(&after) && reach.contains(&after) {
        return Ok(());
    }
    Err(Refusal::barred(
        "resumption.grade",
        ARTICLE,
        &format!("{after} 年级不能接续 {before} 年级的学业"),
        &format!("grade {after} does not continue studies left in grade {before}"),
    )
    .remedy("请安排在原年级、下一年级或低一年级", "place the pupil in the same grade, the next, or one below"))
}
