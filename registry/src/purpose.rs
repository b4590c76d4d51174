//! What a case is for: every procedure of the measures that is applied for and decided, each in a file of its own.

use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::Case,
    crossing::{Abroad, Arrival, Departure, FromAbroad},
    death::Death,
    dropout::{Dropout, Return},
    event::Event,
    grade_change::GradeChange,
    graduation::SeniorGraduation,
    inclusion::Inclusion,
    key_change::KeyChange,
    newcomers::Newcomers,
    refusal::Refusal,
    resumption::Resumption,
    reversal::Reversal,
    scene::Scene,
    suspension::{Extension, Suspension},
    transfer::Transfer,
    withdrawal::Withdrawal,
};
use domain::policy::Policy;

/// A procedure that is applied for, and completed once every step has approved it.
pub trait Procedure {
    /// Whether it may be applied for, and by which route it goes.
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal>;

    /// What a refusal brings about besides the end of the case.
    fn refused(&self, _scene: &Scene, _case: &Case) -> Vec<Event> {
        Vec::new()
    }

    /// What its completion brings about; what is barred by then is refused, whoever or whatever approved it (TR-10).
    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal>;
}

macro_rules! purposes {
    ($($(#[doc = $doc:literal])* $variant:ident($type:ty) = $name:literal, $letters:literal, $label:literal;)*) => {
        /// What a case is for, with what was applied for.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Purpose {
            $($(#[doc = $doc])* $variant($type),)*
        }

        /// The kinds of cases (业务类别).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            /// The name in commands and tables.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// The Chinese label.
            pub const fn label(self) -> &'static str {
                match self { $(Kind::$variant => $label,)* }
            }

            /// The kind of a name.
            pub fn named(name: &str) -> Option<Kind> {
                Kind::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }

        impl Purpose {
            /// The kind.
            pub const fn kind(&self) -> Kind {
                match self { $(Purpose::$variant(_) => Kind::$variant,)* }
            }

            /// The letters of the case number (业务编号).
            pub const fn letters(&self) -> &'static str {
                match self { $(Purpose::$variant(_) => $letters,)* }
            }

            /// The procedure.
            pub fn procedure(&self) -> &dyn Procedure {
                match self { $(Purpose::$variant(procedure) => procedure,)* }
            }
        }
    };
}

purposes! {
    /// 新生预审核
    Newcomers(Newcomers) = "newcomers", "XS", "新生预审核";
    /// 省内转学
    Transfer(Transfer) = "transfer", "ZX", "省内转学";
    /// 跨省转入
    Arrival(Arrival) = "arrival", "KR", "跨省转入";
    /// 跨省转出
    Departure(Departure) = "departure", "KC", "跨省转出";
    /// 跨境转入
    FromAbroad(FromAbroad) = "from_abroad", "JR", "跨境转入";
    /// 跨境转出
    Abroad(Abroad) = "abroad", "JC", "跨境转出";
    /// 随班就读安置
    Inclusion(Inclusion) = "inclusion", "SB", "随班就读安置";
    /// 休学
    Suspension(Suspension) = "suspension", "XX", "休学";
    /// 延长休学
    Extension(Extension) = "extension", "YX", "延长休学";
    /// 复学
    Resumption(Resumption) = "resumption", "FX", "复学";
    /// 辍学
    Dropout(Dropout) = "dropout", "CX", "辍学";
    /// 辍学复学
    Return(Return) = "return", "CF", "辍学复学";
    /// 退学
    Withdrawal(Withdrawal) = "withdrawal", "TX", "退学";
    /// 死亡
    Death(Death) = "death", "SW", "死亡注销";
    /// 关键信息变更
    KeyChange(KeyChange) = "key_change", "GJ", "关键信息变更";
    /// 留级、跳级
    GradeChange(GradeChange) = "grade_change", "NJ", "留级、跳级";
    /// 高中毕业审批
    SeniorGraduation(SeniorGraduation) = "senior_graduation", "BY", "高中毕业审批";
    /// 默认同意的纠正
    Reversal(Reversal) = "reversal", "JZ", "默认同意的纠正";
}

impl Kind {
    /// The policy's name of the period that each step has, if the measures set one.
    pub const fn deadline(self) -> Option<&'static str> {
        match self {
            Kind::Transfer | Kind::Arrival | Kind::Departure => Some("transfer_approve"),
            Kind::Dropout => Some("dropout_review"),
            Kind::Death => Some("death_cancel"),
            _ => None,
        }
    }

    /// Whether a pending case of the kind bars every other that moves or closes the record (TR-2).
    pub const fn is_exclusive(self) -> bool {
        !matches!(self, Kind::Newcomers | Kind::KeyChange | Kind::SeniorGraduation | Kind::Death)
    }
}
