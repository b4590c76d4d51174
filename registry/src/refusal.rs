//! A refusal (不予办理): why, by which article, and what would make it acceptable (POL-02).

use serde::{Deserialize, Serialize};

/// What kind of refusal it is; a server answers each with a status of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The measures do not allow it.
    Barred,
    /// The actor has not the right.
    Forbidden,
    /// There is no such thing, or it lies outside the actor's scope.
    NotFound,
    /// Somebody else was first, or the state has changed.
    Conflict,
    /// The command itself is wrong: a date, a number, a missing field.
    Invalid,
}

/// Why a command is not carried out. Never holds a person's name or number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{en} ({article})")]
pub struct Refusal {
    /// The kind.
    pub cause: Cause,
    /// A short name that stays, such as `transfer.senior_in_same_county`.
    pub code: String,
    /// The article or rule it rests on.
    pub article: String,
    /// The reason in Chinese.
    pub zh: String,
    /// The reason in English.
    pub en: String,
    /// What would make it acceptable, in Chinese.
    pub remedy_zh: String,
    /// What would make it acceptable, in English.
    pub remedy_en: String,
}

impl Refusal {
    /// A refusal by the measures.
    pub fn barred(code: &str, article: &str, zh: &str, en: &str) -> Refusal {
        Refusal {
            cause: Cause::Barred,
            code: code.to_owned(),
            article: article.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            remedy_zh: String::new(),
            remedy_en: String::new(),
        }
    }

    /// The command itself is wrong.
    pub fn invalid(code: &str, zh: &str, en: &str) -> Refusal {
        Refusal { cause: Cause::Invalid, ..Refusal::barred(code, "数据规范", zh, en) }
    }

    /// The actor has not the right.
    pub fn forbidden(article: &str, zh: &str, en: &str) -> Refusal {
        Refusal { cause: Cause::Forbidden, ..Refusal::barred("forbidden", article, zh, en) }
    }

    /// The state has changed, or somebody else was first.
    pub fn conflict(code: &str, article: &str, zh: &str, en: &str) -> Refusal {
        Refusal { cause: Cause::Conflict, ..Refusal::barred(code, article, zh, en) }
    }

    /// No such thing in the actor's scope; a foreign thing and a missing one answer alike.
    pub fn out_of_scope() -> Refusal {
        let refusal = Refusal::barred(
            "not_found",
            "皖教基〔2013〕20号 第二十八条",
            "没有这条记录，或不在本单位辖区内",
            "there is no such record within the scope of this unit",
        );
        Refusal { cause: Cause::NotFound, ..refusal }
            .remedy("请核对编号，或由所属单位办理", "check the number, or let the unit it belongs to do it")
    }

    /// What would make it acceptable.
    #[must_use]
    pub fn remedy(mut self, zh: &str, en: &str) -> Refusal {
        self.remedy_zh = zh.to_owned();
        self.remedy_en = en.to_owned();
        self
    }
}
