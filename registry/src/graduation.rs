//! Finishing school (毕业、结业、肄业): 皖教基〔2013〕20号 art. 18; 某省办法 art. 17 (GRD-01, GRD-02, GRD-03).
//!
//! In the compulsory stage the school records it; at senior school it proposes and the authority approves. Due 31 July 24:00.

use std::collections::BTreeMap;

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    organisation::Stage,
    policy::Policy,
};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    organisation::School,
    proposal::is_leaving,
    pupil::{Mode, Movement, Pupil, PupilId, Standing},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    transfer::receiving,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第十八条";

/// How a pupil finishes (毕业、结业、肄业).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// 毕业
    Graduated,
    /// 结业
    Completed,
    /// 肄业
    LeftEarly,
}

impl Ending {
    /// The status and the movement.
    pub const fn words(self) -> (Status, MovementKind) {
        match self {
            Ending::Graduated => (Status::Graduated, MovementKind::Graduation),
            Ending::Completed => (Status::Completed, MovementKind::Completion),
            Ending::LeftEarly => (Status::LeftEarly, MovementKind::EarlyLeaving),
        }
    }
}

/// What a senior pupil has achieved (学分、学业水平考试、综合素质评价). Credits in tenths, since some courses count half.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Achievement {
    /// Credits in all, in tenths.
    pub credits: u32,
    /// Of required courses (必修), in tenths.
    pub required: u32,
    /// Of elective II (选修Ⅱ), in tenths.
    pub elective_ii: u32,
    /// Credits in tenths by year of study (1–3) and field of learning (学习领域).
    #[serde(deserialize_with = "by_year")]
    pub by_year_and_field: BTreeMap<u8, BTreeMap<String, u32>>,
    /// Whether every provincial academic test was passed (学业水平考试).
    pub tests_passed: bool,
    /// Whether the comprehensive evaluation is satisfactory (综合素质评价合格).
    pub evaluation_satisfactory: bool,
    /// Years of study finished.
    pub years: u8,
}

/// Years are keys, and so are texts wherever a case keeps them.
fn by_year<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u8, BTreeMap<String, u32>>, D::Error> {
    let years = BTreeMap::<String, BTreeMap<String, u32>>::deserialize(deserializer)?;
    let read = |(year, fields): (String, BTreeMap<String, u32>)| Ok((year.parse().map_err(de::Error::custom)?, fields));
    years.into_iter().map(read).collect()
}

/// The fields of learning of the 2003 curriculum (学习领域).
pub const FIELDS: [&str; 8] =
    ["语言与文学", "数学", "人文与社会", "科学", "技术", "艺术", "体育与健康", "综合实践活动"];

/// How a senior pupil finishes, and what is missing for more (GR-2). The numbers are "at least".
pub fn ending_of(achieved: &Achievement, policy: &Policy) -> (Ending, Vec<String>) {
    let mut missing = Vec::new();
    let mut at_least = |key: &str, what: &str, has: u32| {
        let Some(wanted) = policy.number(key).and_then(|wanted| u32::try_from(wanted).ok()) else { return };
        if has < wanted * 10 {
            missing.push(format!("{what} {}.{} < {wanted}（{}）", has / 10, has % 10, policy.article(key)));
        }
    };
    at_least("graduation.credits", "总学分", achieved.credits);
    at_least("graduation.required_credits", "必修学分", achieved.required);
    at_least("graduation.elective_ii_credits", "选修Ⅱ学分", achieved.elective_ii);
    if policy.number("graduation.credits").is_some() {
        for year in 1..=3u8 {
            for field in FIELDS {
                let has = achieved.by_year_and_field.get(&year).and_then(|fields| fields.get(field));
                if has.is_none_or(|credits| *credits == 0) {
                    missing.push(format!("第{year}学年 {field} 无学分"));
                }
            }
        }
    }
    if !achieved.tests_passed {
        missing.push("学业水平考试未全部通过".to_owned());
    }
    if !achieved.evaluation_satisfactory {
        missing.push("综合素质评价不合格".to_owned());
    }
    let ending = match () {
        () if achieved.years < 3 => Ending::LeftEarly,
        () if missing.is_empty() => Ending::Graduated,
        () => Ending::Completed,
    };
    (ending, missing)
}

/// A senior pupil whom the school proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The record.
    pub pupil: PupilId,
    /// What he achieved.
    pub achieved: Achievement,
    /// How the school proposes that he finishes.
    pub ending: Ending,
}

/// The leaving class of a senior school, for approval (高中毕业审批).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeniorGraduation {
    /// The day of graduation.
    pub on: Day,
    /// Who is proposed.
    pub candidates: Vec<Candidate>,
}

impl Procedure for SeniorGraduation {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        receiving(scene, request.applicant)?;
        scene.not_in_future("毕业日期", "the day of graduation", self.on)?;
        if self.candidates.is_empty() {
            return Err(Refusal::invalid("graduation.empty", "没有填写毕业生", "nobody is proposed"));
        }
        for candidate in &self.candidates {
            let (ending, missing) = ending_of(&candidate.achieved, policy);
            if candidate.ending == Ending::Graduated && ending != Ending::Graduated {
                return Err(Refusal::barred(
                    "graduation.conditions",
                    policy.article("graduation.credits"),
                    &format!("未达到毕业条件：{}", missing.join("；")),
                    &format!("record {}: the conditions of graduation are not met", candidate.pupil),
                )
                .remedy("请改为结业或肄业", "propose completion (结业) or early leaving (肄业)"));
            }
        }
        Ok(vec![Party::Authority])
    }

    /// The candidates are finished by [`finish`], whose records the shell gives.
    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, _finish: Finish) -> Result<Vec<Event>, Refusal> {
        receiving(scene, case.applicant)?;
        Ok(Vec::new())
    }
}

/// Finishes a pupil: of a leaving grade, enrolled, at his own school.
///
/// `by_case` is the approved case at senior school; in the compulsory stage the school records it itself.
pub fn finish(
    pupil: &Pupil,
    school: &School,
    ending: Ending,
    on: Day,
    today: Day,
    by_case: Option<&Case>,
) -> Result<Event, Refusal> {
    let barred = |code: &str, zh: &str, en: &str| Err(Refusal::barred(code, ARTICLE, zh, en));
    if pupil.standing.status != Status::Enrolled {
        return barred("status", "只有在读学生可以办理毕业", "only an enrolled pupil finishes");
    }
    if today < on || on < pupil.since_on {
        return barred("graduation.day", "毕业日期不在该生在读期间", "the day lies outside the pupil's time here");
    }
    let stage = school.stage_of(pupil.standing.grade);
    if stage == Some(Stage::Senior) && by_case.is_none() {
        return barred(
            "graduation.senior",
            "高中毕业须经学籍主管部门审批",
            "senior graduation needs the authority's approval",
        );
    }
    if stage != Some(Stage::Senior) && ending != Ending::Graduated {
        return barred(
            "graduation.compulsory",
            "完成义务教育的予以毕业，义务教育阶段不得结业、肄业",
            "compulsory schooling ends with graduation",
        );
    }
    if ending != Ending::LeftEarly && !is_leaving(pupil, school) {
        return barred("graduation.grade", "不是毕业年级", "the pupil is not in a leaving grade");
    }
    let (status, kind) = ending.words();
    let to = Standing { status, ..pupil.standing.clone() };
    let movement = Movement {
        kind,
        effective_on: on,
        from: Some(pupil.standing.clone()),
        to: Some(to.clone()),
        reason: String::new(),
        counterpart: String::new(),
        applied_on: Some(by_case.map_or(today, |case| case.opened_on)),
        decided_on: Some(today),
        mode: Mode::Manual,
    };
    let pupil = Pupil { standing: to, since_on: on, taught_at: None, version: pupil.version + 1, ..pupil.clone() };
    Ok(Event::Moved { pupil, movement, new_stage: false })
}
