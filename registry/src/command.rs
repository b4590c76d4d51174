//! What an office can be told to do: one value per command, as JSON on the command line and in the service API.

use std::collections::BTreeMap;

use domain::{calendar::Day, identity::StudentNo, organisation::SchoolId};
use serde::{Deserialize, Serialize};

use crate::{
    case::{CaseId, Evidence, Verdict},
    graduation::Ending,
    newcomers::{Exception, Newcomer},
    officer::Officer,
    organisation::{Authority, Class, Delegation, School, Terms},
    purpose::Purpose,
    unit::Unit,
};

/// A command. Every one names itself under `do`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// 设立主管单位
    EnterAuthority {
        /// The authority.
        authority: Authority,
    },
    /// 初始创建学校, with its authority and its account (art. 6, ORG-07)
    EnterSchool {
        /// The school.
        school: School,
        /// Its first account.
        account: Officer,
    },
    /// 维护学校信息
    ChangeSchool {
        /// The school as it is to be; its identifier stays.
        school: School,
    },
    /// 学校合并 (ORG-08)
    MergeSchool {
        /// The school that ends.
        school: SchoolId,
        /// The school that absorbs it.
        into: SchoolId,
        /// Why.
        reason: String,
    },
    /// 学校撤销: its records go to the unit that its authority names
    CloseSchool {
        /// The school that ends.
        school: SchoolId,
        /// Who gets its records and archives.
        records_to: Unit,
        /// Why.
        reason: String,
    },
    /// 开通账号
    EnterOfficer {
        /// The account.
        officer: Officer,
    },
    /// 登记培训
    TrainOfficer {
        /// The account.
        account: String,
        /// The day of the training.
        on: Day,
    },
    /// 停用账号
    DisableOfficer {
        /// The account.
        account: String,
        /// Why.
        reason: String,
    },
    /// 授权代办
    Delegate {
        /// The delegation.
        delegation: Delegation,
    },
    /// 录入学期起止日
    SetTerms {
        /// The terms.
        terms: Terms,
    },
    /// 建班 (CLS-02)
    EnterClass {
        /// The class.
        class: Class,
    },
    /// 维护班级信息
    ChangeClass {
        /// The class as it is to be; school, number and grade stay.
        class: Class,
    },
    /// 提交新生预审核
    SubmitNewcomers {
        /// The school.
        school: SchoolId,
        /// What the sender calls the batch: the same name again is the same batch.
        name: String,
        /// The pupils.
        rows: Vec<Newcomer>,
        /// Why it is late, where it is.
        #[serde(default)]
        reason: String,
    },
    /// 申请
    Apply {
        /// What for.
        purpose: Purpose,
        /// Whose record; empty for newcomers and first arrivals.
        #[serde(default)]
        student_no: Option<StudentNo>,
        /// The unit that applies, where it is not the actor's own.
        #[serde(default)]
        applicant: Option<Unit>,
        /// 原因
        #[serde(default)]
        reason: String,
        /// 证明材料
        #[serde(default)]
        evidence: Vec<Evidence>,
    },
    /// 审批
    Decide {
        /// The case.
        case: CaseId,
        /// 同意, 不同意, 退回
        verdict: Verdict,
        /// 意见
        #[serde(default)]
        opinion: String,
        /// The version that the decider saw.
        #[serde(default)]
        version: Option<i32>,
        /// Rows of a batch of newcomers that are not taken.
        #[serde(default)]
        except: Vec<Exception>,
    },
    /// 补正后重新提交
    Resubmit {
        /// The case.
        case: CaseId,
        /// What is asked for now, if it differs.
        #[serde(default)]
        purpose: Option<Purpose>,
        /// More evidence.
        #[serde(default)]
        evidence: Vec<Evidence>,
        /// The rows of a batch of newcomers, corrected: all of them, in place of those before.
        #[serde(default)]
        rows: Vec<Newcomer>,
    },
    /// 撤回
    Withdraw {
        /// The case.
        case: CaseId,
        /// Why.
        reason: String,
    },
    /// 维护基本信息 (INF-01): fields of the basic facts and nothing else
    ChangeBasic {
        /// Whose.
        student_no: StudentNo,
        /// The new values by field.
        fields: BTreeMap<String, serde_json::Value>,
    },
    /// 调班
    MoveClass {
        /// Whose.
        student_no: StudentNo,
        /// The class, of the same grade.
        class: String,
        /// 原因
        #[serde(default)]
        reason: String,
    },
    /// 登记简历、成绩、评价、奖惩等 (INF-01, ORG-06)
    RecordFacts {
        /// The school that keeps them.
        school: SchoolId,
        /// The kind, one of [`crate::fact::KINDS`].
        kind: String,
        /// The rows.
        rows: Vec<crate::fact::Row>,
    },
    /// 登记照片 of newcomers and pupils by number (ENR-02)
    AddPortraits {
        /// The school.
        school: SchoolId,
        /// The day they were taken.
        taken_on: Day,
        /// The pictures.
        portraits: Vec<crate::portrait::Picture>,
    },
    /// 义务教育完成学业 (GRD-01)
    Finish {
        /// The school.
        school: SchoolId,
        /// The day.
        on: Day,
        /// Who finishes, and how.
        pupils: BTreeMap<String, Ending>,
    },
    /// 发证 or 学历证明 (GRD-03)
    Certify {
        /// Whose.
        student_no: StudentNo,
        /// What.
        kind: crate::certificate::Kind,
        /// The number printed on the paper; none to be given the next one.
        #[serde(default)]
        number: Option<String>,
    },
    /// 学年升级 (PRO-01)
    Promote {
        /// The calendar year in which the new school year begins.
        year: i32,
    },
    /// 撤销学年升级, until the first later decision
    UndoPromotion {
        /// The calendar year in which that school year began.
        year: i32,
        /// Why.
        reason: String,
    },
    /// 上报签章、学期复核、责任事项: opened, signed, answered (SGN-01, CHG-02, SGN-03)
    Duty {
        /// What.
        act: crate::duty::Act,
    },
    /// 办结通知 of the actor's unit
    SettleNotice {
        /// The notice.
        notice: i64,
        /// What was done.
        #[serde(default)]
        note: String,
    },
    /// 学期末转交随迁子女辍学名单 to the counties of their households (DRP-04)
    HandOverMigrants {},
    /// 转回户籍地无学位: the county is to arrange a place (TRF-08)
    AskPlace {
        /// Whose.
        student_no: StudentNo,
        /// The school of the home county that has no place.
        school: SchoolId,
        /// Why it has none.
        reason: String,
    },
    /// 到期处理: warns, raises, approves by silence where the policy says so
    Sweep {},
    /// 解除默认同意的暂停 (TR-9)
    ReleaseDefaults {
        /// Why it is safe.
        reason: String,
    },
    /// 节假日通知后重算期限 (TR-7)
    RecountPeriods {},
}

impl Command {
    /// The name under `do`.
    pub const fn name(&self) -> &'static str {
        match self {
            Command::EnterAuthority { .. } => "enter_authority",
            Command::EnterSchool { .. } => "enter_school",
            Command::ChangeSchool { .. } => "change_school",
            Command::MergeSchool { .. } => "merge_school",
            Command::CloseSchool { .. } => "close_school",
            Command::EnterOfficer { .. } => "enter_officer",
            Command::TrainOfficer { .. } => "train_officer",
            Command::DisableOfficer { .. } => "disable_officer",
            Command::Delegate { .. } => "delegate",
            Command::SetTerms { .. } => "set_terms",
            Command::EnterClass { .. } => "enter_class",
            Command::ChangeClass { .. } => "change_class",
            Command::SubmitNewcomers { .. } => "submit_newcomers",
            Command::Apply { .. } => "apply",
            Command::Decide { .. } => "decide",
            Command::Resubmit { .. } => "resubmit",
            Command::Withdraw { .. } => "withdraw",
            Command::ChangeBasic { .. } => "change_basic",
            Command::MoveClass { .. } => "move_class",
            Command::RecordFacts { .. } => "record_facts",
            Command::AddPortraits { .. } => "add_portraits",
            Command::Finish { .. } => "finish",
            Command::Certify { .. } => "certify",
            Command::Promote { .. } => "promote",
            Command::UndoPromotion { .. } => "undo_promotion",
            Command::Duty { .. } => "duty",
            Command::SettleNotice { .. } => "settle_notice",
            Command::HandOverMigrants {} => "hand_over_migrants",
            Command::AskPlace { .. } => "ask_place",
            Command::Sweep {} => "sweep",
            Command::ReleaseDefaults { .. } => "release_defaults",
            Command::RecountPeriods {} => "recount_periods",
        }
    }
}

impl Command {
    /// Whether all that it looks at are units, records and cases as they stand, and neither movements nor notices.
    pub const fn looks_at_the_present(&self) -> bool {
        matches!(
            self,
            Command::Apply { .. }
                | Command::Decide { .. }
                | Command::Resubmit { .. }
                | Command::Withdraw { .. }
                | Command::ChangeBasic { .. }
                | Command::MoveClass { .. }
                | Command::SubmitNewcomers { .. }
        )
    }
}

/// What a command has brought about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The case it opened or moved on.
    pub case: Option<CaseId>,
    /// 业务编号
    pub number: Option<String>,
    /// What has become of the case.
    pub state: Option<String>,
    /// Who has to act next.
    pub turn: Option<Unit>,
    /// By when.
    pub due_on: Option<Day>,
    /// How many records it has entered or changed.
    pub pupils: u64,
    /// Rows that were flagged.
    pub flags: Vec<crate::newcomers::RowFault>,
    /// What else there is to tell, by name.
    pub counts: BTreeMap<String, u64>,
    /// The number of a certificate, a duty or a notice.
    pub id: Option<String>,
}
