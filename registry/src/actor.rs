//! Who acts: an account of a unit in a role, and what each may do (USR-01, USR-02; 皖教基〔2013〕20号 art. 28).

use domain::organisation::AuthorityLevel;
use serde::{Deserialize, Serialize};

use crate::{organisation::Tree, refusal::Refusal, unit::Unit};

/// The role of an account. Accounts, records and audit are three powers that no account joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 学籍管理员: enters, proposes and decides for its unit
    Registrar,
    /// 负责人: principal of a school or head of an authority; decides and signs
    Head,
    /// 系统管理员: units and accounts, no records
    Administrator,
    /// 审计员: reads the audit chain, nothing else
    Auditor,
    /// 查询用户: reads and counts
    Reader,
    /// 系统: the sweep and the yearly run; no person has it
    System,
}

impl Role {
    /// The name in commands and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Registrar => "registrar",
            Role::Head => "head",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
            Role::Reader => "reader",
            Role::System => "system",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Role> {
        [Role::Registrar, Role::Head, Role::Administrator, Role::Auditor, Role::Reader, Role::System]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account; `system` for the sweep.
    pub account: String,
    /// The account's unit.
    pub unit: Unit,
    /// Its role.
    pub role: Role,
}

/// What a command asks of whoever gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Enter and change records of a school.
    Maintain,
    /// Decide a step of a case.
    Decide,
    /// Sign a report or a verification.
    Sign,
    /// Create units and accounts.
    Administer,
    /// Read records.
    Read,
    /// Read the audit chain.
    Audit,
}

impl Actor {
    /// The system itself (系统), which acts for the province.
    pub fn system(tree: &Tree) -> Actor {
        Actor { account: "system".to_owned(), unit: Unit::Authority(tree.province()), role: Role::System }
    }

    /// Whether the account is one of the province's own.
    pub fn is_provincial(&self) -> bool {
        matches!(self.unit, Unit::Authority(division) if division.level() == AuthorityLevel::Province)
    }

    /// Refuses what the role may not do at all, wherever.
    ///
    /// The province reads and counts and never maintains (art. 28); its administrator creates schools (art. 6).
    pub fn may(&self, right: Right) -> Result<(), Refusal> {
        let of_province = self.is_provincial();
        let may = match (self.role, right) {
            (Role::System, _) => true,
            (Role::Registrar | Role::Head, Right::Maintain | Right::Decide) => !of_province,
            (Role::Head, Right::Sign)
            | (Role::Registrar | Role::Head | Role::Reader, Right::Read)
            | (Role::Administrator, Right::Administer)
            | (Role::Auditor, Right::Audit) => true,
            _ => false,
        };
        if may {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "皖教基〔2013〕20号 第二十八条",
            &format!("账号角色（{}）无此权限", self.role.name()),
            &format!("an account with the role `{}` of unit {} may not do this", self.role.name(), self.unit),
        )
        .remedy("请由有权的账号办理", "let an account with the right do it"))
    }

    /// Refuses what lies outside the actor's subtree; the answer does not tell whether it exists (S02).
    pub fn within(&self, tree: &Tree, unit: Unit) -> Result<(), Refusal> {
        if self.role == Role::System || tree.contains(self.unit, unit) {
            return Ok(());
        }
        Err(Refusal::out_of_scope())
    }
}
