//! The record of a pupil (学籍): who, what is known, and the account in which the ledger keeps him (IDN-01, ORG-06).

use domain::{
    calendar::{Day, Month},
    identity::{Sex, StudentNo, masked},
    movement::{MovementKind, Status},
    organisation::{Division, SchoolId},
};
use serde::{Deserialize, Serialize};

/// The registry's own number of a record; it goes into no export.
pub type PupilId = i64;

/// Where and how a pupil stands (账户): school, class, grade, status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// 学校标识码
    pub school: SchoolId,
    /// 班号
    pub class: String,
    /// 年级, 1–12
    pub grade: u8,
    /// 学籍状态
    pub status: Status,
}

/// Whose identity number a record is kept under (标识号所有人, IDN-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The pupil's own.
    Own,
    /// A guardian's, until the child has its own: the record is temporary.
    Guardian,
}

/// The facts that nobody edits after reporting (关键信息, INF-02; art. 29).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFacts {
    /// 姓名
    pub name: String,
    /// 性别
    pub sex: Sex,
    /// 出生日期
    pub birth_on: Day,
    /// 身份证件类型
    pub id_kind: String,
    /// 身份证件号, normalised
    #[serde(default)]
    pub id_no: Option<String>,
    /// Whose number it is.
    pub holder: Holder,
    /// 照片摘要: SM3 of the portrait of the present stage
    #[serde(default)]
    pub portrait: Option<String>,
}

impl std::fmt::Debug for KeyFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.id_no.as_deref().map(masked).unwrap_or_default();
        write!(f, "KeyFacts {{ id_no: {number}, holder: {:?} }}", self.holder)
    }
}

/// What a school keeps up by itself (基本信息, INF-01).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasicFacts {
    /// 民族
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ethnicity: String,
    /// 国籍/地区
    #[serde(skip_serializing_if = "String::is_empty")]
    pub nationality: String,
    /// 港澳台侨外
    #[serde(skip_serializing_if = "String::is_empty")]
    pub overseas: String,
    /// 政治面貌
    #[serde(skip_serializing_if = "String::is_empty")]
    pub political_status: String,
    /// 户口所在地行政区划
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hukou_division: Option<Division>,
    /// 户口性质
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hukou_kind: String,
    /// 入学方式
    #[serde(skip_serializing_if = "String::is_empty")]
    pub entry_method: String,
    /// 就读方式
    #[serde(skip_serializing_if = "String::is_empty")]
    pub study_mode: String,
    /// 是否随迁子女
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrant: Option<bool>,
    /// 是否留守儿童
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_behind: Option<bool>,
    /// 残疾类型
    #[serde(skip_serializing_if = "String::is_empty")]
    pub disability: String,
    /// 是否随班就读
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inclusive: Option<bool>,
    /// Whether a severely disabled child is taught at home by this school (送教上门, ENR-05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_taught: Option<bool>,
    /// 现住址
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// 联系电话
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// 成员1姓名
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guardian_name: String,
    /// 成员1关系
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guardian_relation: String,
    /// 成员1身份证件号
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guardian_id_no: String,
    /// 成员1联系电话
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guardian_phone: String,
}

impl std::fmt::Debug for BasicFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BasicFacts { … }")
    }
}

/// A record (一人一籍).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pupil {
    /// The registry's own number.
    pub id: PupilId,
    /// 学籍号, for life
    pub student_no: StudentNo,
    /// 地区学号 of the present stage (IDN-04)
    pub regional_no: Option<String>,
    /// 关键信息
    pub key: KeyFacts,
    /// 基本信息
    pub basic: BasicFacts,
    /// Where the pupil stands.
    pub standing: Standing,
    /// 入学年月 of the present stage
    pub entry_month: Month,
    /// The day from which the standing holds.
    pub since_on: Day,
    /// The school that teaches the pupil while the record stays, after an inclusive placement (TRF-05).
    pub taught_at: Option<SchoolId>,
    /// Counts the changes of the row; whoever changes it states the one he saw.
    pub version: i32,
}

impl Pupil {
    /// What makes the person one (IDN-05): the own number, or for a temporary record the guardian's with birth date and name, so that
    /// siblings on one number stay apart.
    pub fn person_key(key: &KeyFacts) -> String {
        match (&key.id_no, key.holder) {
            (Some(number), Holder::Own) => {
                format!("own:{}:{number}", if key.id_kind == "居民身份证" { "" } else { &key.id_kind })
            }
            (number, _) => format!("kept:{}:{}:{}", number.as_deref().unwrap_or(""), key.birth_on, key.name),
        }
    }

    /// Whether the record is temporary (标识号为监护人身份证号).
    pub fn is_temporary(&self) -> bool {
        self.key.holder == Holder::Guardian
    }
}

/// How a decision came about (审批方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 人工
    Manual,
    /// 超时默认: by the system, since the period ran out (art. 24)
    Silence,
}

impl Mode {
    /// The label of the export contract.
    pub const fn label(self) -> &'static str {
        match self {
            Mode::Manual => "人工",
            Mode::Silence => "超时默认",
        }
    }
}

/// A movement of one pupil from one account to another, explained by a procedure (学籍变动).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// 变动类别
    pub kind: MovementKind,
    /// 变动日期
    pub effective_on: Day,
    /// Where the pupil stood; none for a newcomer.
    pub from: Option<Standing>,
    /// Where the pupil stands; none when the record has left the province.
    pub to: Option<Standing>,
    /// 变动原因
    pub reason: String,
    /// 来源或去向
    pub counterpart: String,
    /// 申请日期
    pub applied_on: Option<Day>,
    /// 审批完成日期
    pub decided_on: Option<Day>,
    /// 审批方式
    pub mode: Mode,
}
