//! Papers: the change rows that explain movements, and the names of kinds of movement.

use domain::calendar::Day;

use crate::{flaw::Flaw, person::Person, roster::Seat};

/// A kind of movement (变动类别), or the name of one that has no paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// 期初
    Opening,
    /// 招生入学
    Enrolment,
    /// 省内转学
    Transfer,
    /// 跨省转入
    FromOutside,
    /// 跨省转出
    ToOutside,
    /// 休学
    Suspension,
    /// 复学
    Resumption,
    /// 辍学
    Dropout,
    /// 辍学复学
    Return,
    /// 退学
    Withdrawal,
    /// 死亡
    Death,
    /// 升级
    Promotion,
    /// 留级
    Repetition,
    /// 调班
    ClassChange,
    /// 毕业
    Graduation,
    /// 基本信息变更
    Facts,
    /// 关键信息变更
    KeyFacts,
    /// 无据出现
    Appeared,
    /// 无据变动
    Moved,
    /// 无据消失
    Vanished,
}

impl Kind {
    /// The label of the contract, or the ledger's own.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Kind::Opening => "期初",
            Kind::Enrolment => "招生入学",
            Kind::Transfer => "省内转学",
            Kind::FromOutside => "跨省转入",
            Kind::ToOutside => "跨省转出",
            Kind::Suspension => "休学",
            Kind::Resumption => "复学",
            Kind::Dropout => "辍学",
            Kind::Return => "辍学复学",
            Kind::Withdrawal => "退学",
            Kind::Death => "死亡",
            Kind::Promotion => "升级",
            Kind::Repetition => "留级",
            Kind::ClassChange => "调班",
            Kind::Graduation => "毕业",
            Kind::Facts => "基本信息变更",
            Kind::KeyFacts => "关键信息变更",
            Kind::Appeared => "无据出现",
            Kind::Moved => "无据变动",
            Kind::Vanished => "无据消失",
        }
    }

    /// Whether it is a movement without papers.
    pub(crate) fn is_unexplained(self) -> bool {
        matches!(self, Kind::Appeared | Kind::Moved | Kind::Vanished)
    }
}

/// A change row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paper {
    /// The kind.
    pub(crate) kind: Kind,
    /// Whose.
    pub(crate) person: Person,
    /// The record's flaw, on which its number depends.
    pub(crate) flaw: Flaw,
    /// Where the pupil was.
    pub(crate) from: Option<Seat>,
    /// Where the pupil is.
    pub(crate) to: Option<Seat>,
    /// The day it took effect.
    pub(crate) effective: Day,
    /// Dice for what no count depends on.
    pub(crate) dice: u8,
}
