//! The people and places of the papers: pupil, guardian, school.

use std::fmt;

use domain::{
    calendar::Day,
    identity::{self, masked},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::words;

/// A number that tells who somebody is (个人号码): 学籍号, 身份证件号 or 联系电话. `Debug` is masked and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalNumber(pub String);

/// Sex (性别), in facts as its Chinese label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sex(pub identity::Sex);

/// Whom a paper is about (学生).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pupil {
    /// 姓名
    pub name: String,
    /// 性别
    pub sex: Sex,
    /// 出生日期
    pub birth_date: Day,
    /// 学籍号
    pub student_no: PersonalNumber,
    /// 身份证件类型; 居民身份证 if not stated
    #[serde(default)]
    pub id_kind: Option<String>,
    /// 身份证件号
    #[serde(default)]
    pub id_no: Option<PersonalNumber>,
}

/// Father, mother or another guardian (父母或其他监护人).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardian {
    /// 姓名
    pub name: String,
    /// 关系
    #[serde(default)]
    pub relation: Option<String>,
    /// 联系电话
    #[serde(default)]
    pub phone: Option<PersonalNumber>,
}

/// A school (学校) with the authority that keeps its records (学籍主管部门).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    /// 学校名称
    pub name: String,
    /// 学校标识码
    #[serde(default)]
    pub school_id: Option<String>,
    /// 学籍主管部门
    #[serde(default)]
    pub authority: Option<String>,
}

/// Whom to ask (联系人); an office's telephone is no personal number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// 姓名
    pub name: String,
    /// 办公电话
    pub phone: String,
}

impl PersonalNumber {
    /// The number as lists show it.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }

    /// Every place of it, for the papers that need it whole.
    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Sex {
    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        self.0.label()
    }
}

impl Serialize for Sex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

impl<'de> Deserialize<'de> for Sex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sex, D::Error> {
        let label = String::deserialize(deserializer)?;
        identity::Sex::from_label(label.trim()).map(Sex).ok_or_else(|| de::Error::unknown_variant("", &["男", "女"]))
    }
}

impl Pupil {
    /// Birth date as certificates state it: `2015年3月1日`.
    pub(crate) fn born(&self) -> String {
        words::day(self.birth_date)
    }

    /// The kind of the identity document.
    pub(crate) fn document(&self) -> &str {
        self.id_kind.as_deref().unwrap_or("居民身份证")
    }

    /// The identity-document number whole, or that there is none.
    pub(crate) fn document_number(&self) -> &str {
        self.id_no.as_ref().map_or("无", PersonalNumber::whole)
    }
}

impl Guardian {
    /// Name and relation: `王强（父亲）`.
    pub(crate) fn with_relation(&self) -> String {
        match &self.relation {
            Some(relation) => format!("{}（{relation}）", self.name),
            None => self.name.clone(),
        }
    }

    /// The telephone number masked, if there is one.
    pub(crate) fn masked_phone(&self) -> String {
        self.phone.as_ref().map(PersonalNumber::masked).unwrap_or_default()
    }
}

impl Contact {
    /// `联系人：张老师　联系电话：0551-12345678`
    pub(crate) fn line(&self) -> String {
        format!("联系人：{}　联系电话：{}", self.name, self.phone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_when_debugged() {
        let number = PersonalNumber("G341126201503010016".into());
        assert_eq!(format!("{number:?}"), "G3411************16");
        assert_eq!(number.whole(), "G341126201503010016");
    }
}
