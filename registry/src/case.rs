//! A case (业务): one application on its way through the units that must decide it.
//!
//! A case knows nothing of days but those it was given: periods are opened and closed by [`crate::application`].

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    pupil::{Mode, PupilId},
    purpose::Purpose,
    unit::Unit,
};

/// The registry's own number of a case.
pub type CaseId = i64;

/// What has become of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 审批中
    Open,
    /// 退回补正: sent back to be completed; the clock stands
    Returned,
    /// 已办结
    Approved,
    /// 不同意
    Refused,
    /// 已撤回: by the applicant
    Withdrawn,
    /// 已终止: overtaken by another event such as a death
    Ended,
}

impl State {
    /// The name in tables and commands.
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Returned => "returned",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
            State::Ended => "ended",
        }
    }

    /// The state in words.
    pub const fn label(self) -> &'static str {
        match self {
            State::Open => "审批中",
            State::Returned => "退回补正",
            State::Approved => "已办结",
            State::Refused => "不同意",
            State::Withdrawn => "已撤回",
            State::Ended => "已终止",
        }
    }

    /// Whether somebody has still to act.
    pub const fn is_pending(self) -> bool {
        matches!(self, State::Open | State::Returned)
    }
}

/// Who has to decide a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// 转入学校, or the school that proposes
    School,
    /// 转入学校的主管部门, or the authority of the school that proposes
    Authority,
    /// 转出学校
    SendingSchool,
    /// 转出学校的主管部门
    SendingAuthority,
    /// 共同上级
    Superior,
    /// 省级
    Province,
}

impl Party {
    /// The party in words.
    pub const fn label(self) -> &'static str {
        match self {
            Party::School => "学校",
            Party::Authority => "主管部门",
            Party::SendingSchool => "转出学校",
            Party::SendingAuthority => "转出学校主管部门",
            Party::Superior => "共同上级主管部门",
            Party::Province => "省级主管部门",
        }
    }

    /// Which side's clock runs while the party decides, where a school and its authority share one.
    pub const fn is_sending(self) -> bool {
        matches!(self, Party::SendingSchool | Party::SendingAuthority)
    }
}

/// What a step was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 同意
    Approve,
    /// 不同意
    Refuse,
    /// 退回补正
    Return,
}

/// A decision of a step: who, when, why (TRF-01).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// 同意, 不同意, 退回
    pub verdict: Verdict,
    /// The account; `system` for a default.
    pub by: String,
    /// The unit it decided for.
    pub unit: Unit,
    /// The day in Asia/Shanghai from which it holds; of a default, the last day of the period.
    pub on: Day,
    /// The instant of recording, milliseconds since 1970 in UTC.
    pub at: i64,
    /// 意见
    pub opinion: String,
    /// 人工 or 超时默认
    pub mode: Mode,
}

/// The period of a step or of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The day of receipt, which does not count.
    pub received_on: Day,
    /// The last day; the period ends at its midnight.
    pub due_on: Day,
    /// Whether it reaches into a year whose holidays are not published.
    pub provisional: bool,
    /// Working days in all, for counting anew when a notice comes.
    pub workdays: u32,
    /// Working days that were left when the case was sent back; the clock stands.
    pub paused_with: Option<u32>,
}

/// One step of a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Who decides.
    pub party: Party,
    /// The unit when the step began; the present one follows mergers.
    pub unit: Unit,
    /// Its period, once it has begun and if the policy sets one.
    pub period: Option<Period>,
    /// What was decided, the last of all.
    pub decision: Option<Decision>,
}

/// A piece of evidence (证明材料): what it is, and where the file lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it shows, a word of the procedure such as `hospital_certificate`.
    pub kind: String,
    /// A description.
    #[serde(default)]
    pub title: String,
    /// SM3 of the file, where there is one.
    #[serde(default)]
    pub digest: Option<String>,
}

/// An application and what has become of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The registry's own number.
    pub id: CaseId,
    /// What is applied for.
    pub purpose: Purpose,
    /// Whose record it concerns, if it is one pupil's.
    pub pupil: Option<PupilId>,
    /// The unit that applied.
    pub applicant: Unit,
    /// The account that entered it.
    pub entered_by: String,
    /// The day of entry.
    pub opened_on: Day,
    /// The instant of entry.
    pub opened_at: i64,
    /// 变动原因
    pub reason: String,
    /// 证明材料
    pub evidence: Vec<Evidence>,
    /// The pack whose rules the case keeps (POL-01).
    pub policy: String,
    /// 办理状态
    pub state: State,
    /// Every step, decided or not.
    pub steps: Vec<Step>,
    /// Which step is at work.
    pub at: usize,
    /// Decisions that were overtaken: returns, and steps taken again.
    pub past: Vec<Decision>,
    /// Whether its period has run out without a default (已逾期).
    pub overdue: bool,
    /// Whether its deciders were warned that the period is running out.
    pub warned: bool,
    /// The day on which it was closed.
    pub closed_on: Option<Day>,
    /// Counts the changes; whoever decides states the one he saw.
    pub version: i32,
}

impl Case {
    /// The number people use (业务编号): a letter of the procedure, the year, the number.
    pub fn number(&self) -> String {
        format!("{}{}{:07}", self.purpose.letters(), self.opened_on.year(), self.id)
    }

    /// The step at work.
    pub fn step(&self) -> Option<&Step> {
        if self.state.is_pending() { self.steps.get(self.at) } else { None }
    }

    /// The last decision, by which the case was closed or moved on.
    pub fn last_decision(&self) -> Option<&Decision> {
        self.steps.iter().filter_map(|step| step.decision.as_ref()).next_back()
    }
}
