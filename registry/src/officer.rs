//! Accounts and registrars on file (学籍管理员, ORG-07, ORG-10): trained before on duty, reported to the level above.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    actor::{Actor, Role},
    refusal::Refusal,
    unit::Unit,
};

/// Somebody with an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// The account's name.
    pub account: String,
    /// Whose account.
    pub unit: Unit,
    /// The role.
    pub role: Role,
    /// 姓名
    #[serde(default)]
    pub name: String,
    /// 联系电话
    #[serde(default)]
    pub phone: String,
    /// The day of the training, if there was one.
    #[serde(default)]
    pub trained_on: Option<Day>,
    /// The day from which the account may be used.
    #[serde(default)]
    pub on_duty_from: Option<Day>,
    /// The day on which the account was disabled.
    #[serde(default)]
    pub disabled_on: Option<Day>,
}

impl std::fmt::Debug for Officer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Officer {{ {} of {} as {} }}", self.account, self.unit, self.role.name())
    }
}

impl Officer {
    /// The actor that the account is today, if it may act at all (X13).
    ///
    /// A registrar is trained before he is on duty (先培训后上岗, 某省办法 art. 27).
    pub fn on_duty(&self, today: Day) -> Result<Actor, Refusal> {
        let stop = |zh: &str, en: &str| Err(Refusal::forbidden("某省中小学生学籍管理办法 第二十七条", zh, en));
        if self.disabled_on.is_some() {
            return stop("账号已停用", "the account is disabled");
        }
        if self.role == Role::Registrar && self.trained_on.is_none_or(|trained| today < trained) {
            return stop("学籍管理员须先培训后上岗", "a registrar must be trained before on duty");
        }
        if self.on_duty_from.is_some_and(|from| today < from) {
            return stop("账号尚未启用", "the account is not on duty yet");
        }
        Ok(Actor { account: self.account.clone(), unit: self.unit, role: self.role })
    }
}
