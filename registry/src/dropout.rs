//! Dropout (辍学) and return: 皖教基〔2013〕20号 art. 27; 某省办法 art. 26 (DRP-01…DRP-04).
//!
//! The school enters it; the authority reviews it within 15 working days, and silence never approves it (DR-1). In the compulsory stage
//! the record is kept through the compulsory years in a class of its own, and letters go to the township, the county and the
//! registration authority.

use domain::{
    calendar::{Day, SchoolYear},
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::{Event, Notice},
    proposal::{has_status, moved, needs_reason, own_pupil, stage, with_status},
    pupil::Standing,
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    unit::Unit,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第二十七条；某省中小学生学籍管理办法 第二十六条";

/// The class of those who dropped out and whose records are kept (分类管理).
pub const KEPT_CLASS: &str = "990000";

/// A pupil has stopped coming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The day since which the pupil has not come.
    pub since: Day,
    /// The township or street office to which the letter goes (乡镇人民政府).
    pub township: String,
    /// What the school has done to bring the pupil back.
    #[serde(default)]
    pub efforts: String,
}

impl Procedure for Dropout {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::Enrolled, Status::Suspended], ARTICLE)?;
        needs_reason(request, ARTICLE)?;
        scene.not_in_future("辍学日期", "the day of the dropout", self.since)?;
        let stage = stage(pupil, school);
        if !stage.is_some_and(domain::organisation::Stage::is_compulsory) {
            return Err(Refusal::barred(
                "dropout.senior",
                "某省中小学生学籍管理办法 第十六条",
                "高中阶段学生离校按退学办理",
                "a senior pupil who leaves is withdrawn",
            )
            .remedy("请办理退学", "apply for a withdrawal"));
        }
        if self.township.trim().is_empty() {
            return Err(Refusal::barred(
                "dropout.township",
                ARTICLE,
                "须写明报告的乡镇人民政府（街道办事处）",
                "name the township government that is told",
            ));
        }
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::Enrolled, Status::Suspended], ARTICLE)?;
        let kept = Standing { class: KEPT_CLASS.to_owned(), ..with_status(pupil, Status::DroppedOut) };
        let since = self.since.max(pupil.since_on);
        let school = scene.school()?;
        let told = |to: Unit, kind: &str, due_on: Option<Day>| Event::Notice {
            notice: Notice {
                to,
                kind: kind.to_owned(),
                pupil: Some(pupil.id),
                case: Some(case.id),
                due_on,
                article: policy.article("dropout.kept").to_owned(),
            },
        };
        let mut events = vec![moved(pupil, case, MovementKind::Dropout, kept, since, finish, &self.township)];
        events.push(told(Unit::School(school.id), "dropout_letter", None));
        if let Some(authority) = scene.tree.authority_of(school.id) {
            events.push(told(Unit::Authority(authority), "dropout_letter", None));
            let county =
                school.division.filter(|county| *county != authority && scene.tree.authority(*county).is_some());
            events.extend(county.map(|county| told(Unit::Authority(county), "dropout_letter", None)));
            if pupil.basic.migrant == Some(true) {
                let year = SchoolYear::of(finish.on, policy.school_year_start()).start_year();
                let terms = scene.tree.terms_at(school.id, year, policy);
                let term_ends = terms.iter().map(|(_, last)| *last).find(|last| finish.on <= *last);
                events.push(told(Unit::Authority(authority), "migrant_handover", term_ends));
            }
        }
        Ok(events)
    }
}

/// A pupil who had dropped out comes again (辍学复学).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The day from which the pupil comes again.
    pub from: Day,
    /// The grade that continues his studies.
    pub grade: u8,
    /// The class.
    pub class: String,
}

impl Procedure for Return {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        has_status(pupil, &[Status::DroppedOut], ARTICLE)?;
        scene.not_in_future("返校日期", "the day of return", self.from)?;
        crate::resumption::continues(pupil.standing.grade, self.grade)?;
        scene.class_for(school.id, self.grade)?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::DroppedOut], ARTICLE)?;
        let class = scene
            .class_for(pupil.standing.school, self.grade)
            .map_err(|refusal| Refusal { cause: crate::refusal::Cause::Conflict, ..refusal })?;
        let to =
            Standing { class: class.id.clone(), grade: self.grade, status: Status::Enrolled, ..pupil.standing.clone() };
        Ok(vec![moved(pupil, case, MovementKind::DropoutReturn, to, self.from.max(pupil.since_on), finish, "")])
    }
}
