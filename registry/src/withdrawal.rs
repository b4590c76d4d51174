//! Withdrawal (退学): 某省办法 art. 16 (WDR-01, WDR-02).
//!
//! In the compulsory stage nobody withdraws but to settle abroad, and nobody is expelled, by whatever channel (WD-1).

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    organisation::Stage,
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    proposal::{has_status, moved, needs, needs_reason, own_pupil, stage, with_status},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
};

/// Why a pupil withdraws (退学事由).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// 因病休学两年仍不能坚持学习
    Illness,
    /// 出境定居
    SettlingAbroad,
    /// 旷课: more than four weeks on end, or ten in a term
    Truancy,
    /// 休学期满未复学也未办理延期
    SuspensionExpired,
    /// 被判刑或被采取强制性教育措施
    Custody,
}

impl Ground {
    const fn word(self) -> &'static str {
        match self {
            Ground::Illness => "illness",
            Ground::SettlingAbroad => "settling_abroad",
            Ground::Truancy => "truancy",
            Ground::SuspensionExpired => "suspension_expired",
            Ground::Custody => "custody",
        }
    }
}

/// Truancy of one term as the roll shows it (旷课).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Truancy {
    /// School days missed without leave on end; holidays neither break the run nor count.
    pub days_on_end: u32,
    /// School days missed without leave in all.
    pub days_in_term: u32,
    /// Contacts with the parents that were of no use (多次联系帮助教育无效).
    pub contacts: u32,
}

/// A withdrawal, applied for or automatic (自动退学).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Why.
    pub ground: Ground,
    /// The day from which the record is closed.
    pub from: Day,
    /// Of a truant.
    #[serde(default)]
    pub truancy: Truancy,
}

/// School days of a week.
const SCHOOL_WEEK: u32 = 5;

const ARTICLE: &str = "某省中小学生学籍管理办法 第十六条";

impl Procedure for Withdrawal {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, school) = own_pupil(scene, request)?;
        needs_reason(request, ARTICLE)?;
        scene.not_in_future("退学日期", "the day of withdrawal", self.from)?;
        let compulsory = stage(pupil, school).is_none_or(Stage::is_compulsory);
        let key = if compulsory { "withdrawal.compulsory_grounds" } else { "withdrawal.senior_grounds" };
        if !policy.says(key, self.ground.word()) {
            let (zh, en) = if compulsory {
                (
                    "义务教育阶段除出境定居外不得退学，学校不得劝退、开除学生",
                    "in the compulsory stage nobody withdraws but to settle abroad",
                )
            } else {
                ("该事由不在规定的退学事由内", "the measures know no such ground of withdrawal")
            };
            return Err(Refusal::barred("withdrawal.ground", policy.article(key), zh, en)
                .remedy("不来上学的，请办理辍学并控辍保学", "enter a dropout for a pupil who does not come"));
        }
        let open = [Status::Enrolled, Status::Suspended, Status::DroppedOut];
        has_status(pupil, &open, ARTICLE)?;
        match self.ground {
            Ground::SettlingAbroad => {
                needs(request.evidence, &["passport"], ARTICLE, "护照复印件")?;
                needs(request.evidence, &["household_register"], ARTICLE, "户口簿复印件")?;
            }
            Ground::Illness => {
                needs(request.evidence, &["hospital_certificate"], ARTICLE, "县级以上医疗单位证明")?;
                self.has_been_ill(scene, policy)?;
            }
            Ground::Truancy => self.is_truant(policy)?,
            Ground::SuspensionExpired => self.has_expired(scene, policy)?,
            Ground::Custody => {
                needs(request.evidence, &["judicial_document"], ARTICLE, "司法机关文书")?;
            }
        }
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &[Status::Enrolled, Status::Suspended, Status::DroppedOut], ARTICLE)?;
        let to = with_status(pupil, Status::Withdrawn);
        let counterpart = if self.ground == Ground::SettlingAbroad { "境外" } else { "" };
        Ok(vec![moved(pupil, case, MovementKind::Withdrawal, to, self.from.max(pupil.since_on), finish, counterpart)])
    }
}

impl Withdrawal {
    /// Two years of continuous suspension, and suspended still.
    fn has_been_ill(&self, scene: &Scene, policy: &Policy) -> Result<(), Refusal> {
        let pupil = scene.pupil()?;
        let years = policy.deadline("senior_withdraw_illness").map_or(2, |deadline| deadline.limit);
        let since = suspended_since(scene);
        let long_enough = pupil.standing.status == Status::Suspended
            && since.is_some_and(|since| since.plus_months(12 * years) <= self.from);
        if long_enough {
            return Ok(());
        }
        Err(Refusal::barred(
            "withdrawal.illness",
            policy.deadline("senior_withdraw_illness").map_or(ARTICLE, |deadline| &deadline.article),
            &format!("因病休学满{years}年仍不能坚持学习的，方可退学"),
            &format!("only after {years} years of suspension for illness"),
        )
        .remedy("请先办理休学或延长休学", "apply for a suspension or its extension first"))
    }

    /// More than four weeks on end: four weeks are not enough, one school day more is. Ten weeks in all are.
    fn is_truant(&self, policy: &Policy) -> Result<(), Refusal> {
        let weeks = |name: &str, otherwise| policy.deadline(name).map_or(otherwise, |deadline| deadline.limit);
        let (run, sum) = (weeks("senior_withdraw_truancy_run", 4), weeks("senior_withdraw_truancy_sum", 10));
        let Truancy { days_on_end, days_in_term, contacts } = self.truancy;
        if run * SCHOOL_WEEK < days_on_end || sum * SCHOOL_WEEK <= days_in_term {
            if 2 <= contacts {
                return Ok(());
            }
            return Err(Refusal::barred(
                "withdrawal.contacts",
                ARTICLE,
                "须经学校与家长多次联系帮助教育无效",
                "the school must have spoken with the parents more than once",
            )
            .remedy("请先联系家长并记录", "speak with the parents and record it"));
        }
        Err(Refusal::barred(
            "withdrawal.truancy",
            ARTICLE,
            &format!("连续旷课须超过{run}周或一学期累计{sum}周及以上"),
            &format!("truancy must be more than {run} weeks on end, or {sum} weeks in a term"),
        ))
    }

    fn has_expired(&self, scene: &Scene, policy: &Policy) -> Result<(), Refusal> {
        let by_policy = || crate::suspension::last_day(policy, suspended_since(scene)?, scene.calendar);
        let expired = scene.suspended_until.or_else(by_policy).is_some_and(|last| last < self.from);
        if expired && scene.pupil()?.standing.status == Status::Suspended {
            return Ok(());
        }
        Err(Refusal::barred(
            "withdrawal.suspension_expired",
            ARTICLE,
            "休学期尚未届满",
            "the suspension has not run out",
        ))
    }
}

fn suspended_since(scene: &Scene) -> Option<Day> {
    let mut since = None;
    for (status, day) in &scene.history {
        since = if *status == Status::Suspended { since.or(Some(*day)) } else { None };
    }
    since
}
