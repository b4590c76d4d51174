//! The words of the pupil ledger: what kind a movement is, and in which status (学籍状态) an account keeps its pupil.
//!
//! Everything that happens to a pupil is a movement from one account (school, class, grade, status) to another. A movement without
//! a row in anyone's `changes` is unexplained: an inspector's finding.

use std::fmt;

use crate::written::written_as_text;

/// What a movement is (变动类别): the kinds of the export contract, and the four that the ledger itself states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementKind {
    /// 招生入学
    Enrolment,
    /// 省内转学
    TransferWithinProvince,
    /// 跨省转入
    TransferFromProvince,
    /// 跨省转出
    TransferToProvince,
    /// 跨境转入
    TransferFromAbroad,
    /// 跨境转出
    TransferAbroad,
    /// 休学
    Suspension,
    /// 复学
    Resumption,
    /// 辍学
    Dropout,
    /// 辍学复学
    DropoutReturn,
    /// 退学
    Withdrawal,
    /// 死亡
    Death,
    /// 升级
    Promotion,
    /// 留级
    Repetition,
    /// 跳级
    Skipping,
    /// 调班
    ClassChange,
    /// 毕业
    Graduation,
    /// 结业
    Completion,
    /// 肄业
    EarlyLeaving,
    /// 基本信息变更
    BasicChange,
    /// 关键信息变更: name, sex, birth date, ID number or portrait (皖教基〔2013〕20号 art. 29)
    KeyChange,
    /// 期初: a pupil of a source's first batch, explained by being there
    Opening,
    /// 无据出现
    UnexplainedAppearance,
    /// 无据变动
    UnexplainedChange,
    /// 无据消失
    UnexplainedDisappearance,
}

impl MovementKind {
    /// Every kind: those of the contract in its order, then the ledger's own.
    pub const ALL: [MovementKind; 25] = [
        MovementKind::Enrolment,
        MovementKind::TransferWithinProvince,
        MovementKind::TransferFromProvince,
        MovementKind::TransferToProvince,
        MovementKind::TransferFromAbroad,
        MovementKind::TransferAbroad,
        MovementKind::Suspension,
        MovementKind::Resumption,
        MovementKind::Dropout,
        MovementKind::DropoutReturn,
        MovementKind::Withdrawal,
        MovementKind::Death,
        MovementKind::Promotion,
        MovementKind::Repetition,
        MovementKind::Skipping,
        MovementKind::ClassChange,
        MovementKind::Graduation,
        MovementKind::Completion,
        MovementKind::EarlyLeaving,
        MovementKind::BasicChange,
        MovementKind::KeyChange,
        MovementKind::Opening,
        MovementKind::UnexplainedAppearance,
        MovementKind::UnexplainedChange,
        MovementKind::UnexplainedDisappearance,
    ];

    /// The Chinese label, as the ledger keeps it.
    pub const fn label(self) -> &'static str {
        match self {
            MovementKind::Enrolment => "招生入学",
            MovementKind::TransferWithinProvince => "省内转学",
            MovementKind::TransferFromProvince => "跨省转入",
            MovementKind::TransferToProvince => "跨省转出",
            MovementKind::TransferFromAbroad => "跨境转入",
            MovementKind::TransferAbroad => "跨境转出",
            MovementKind::Suspension => "休学",
            MovementKind::Resumption => "复学",
            MovementKind::Dropout => "辍学",
            MovementKind::DropoutReturn => "辍学复学",
            MovementKind::Withdrawal => "退学",
            MovementKind::Death => "死亡",
            MovementKind::Promotion => "升级",
            MovementKind::Repetition => "留级",
            MovementKind::Skipping => "跳级",
            MovementKind::ClassChange => "调班",
            MovementKind::Graduation => "毕业",
            MovementKind::Completion => "结业",
            MovementKind::EarlyLeaving => "肄业",
            MovementKind::BasicChange => "基本信息变更",
            MovementKind::KeyChange => "关键信息变更",
            MovementKind::Opening => "期初",
            MovementKind::UnexplainedAppearance => "无据出现",
            MovementKind::UnexplainedChange => "无据变动",
            MovementKind::UnexplainedDisappearance => "无据消失",
        }
    }

    /// The kind of a label.
    pub fn from_label(label: &str) -> Option<MovementKind> {
        MovementKind::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// Whether no change row explains it.
    pub const fn is_unexplained(self) -> bool {
        matches!(
            self,
            MovementKind::UnexplainedAppearance
                | MovementKind::UnexplainedChange
                | MovementKind::UnexplainedDisappearance
        )
    }

    /// Whether a source can state it in `changes`; the others are the ledger's own.
    pub const fn is_stated(self) -> bool {
        !self.is_unexplained() && !matches!(self, MovementKind::Opening)
    }
}

impl fmt::Display for MovementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// How a pupil stands to the school (学籍状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 在读
    Enrolled,
    /// 休学: registered, not enrolled
    Suspended,
    /// 辍学保留: the record stays through the compulsory years (皖教基〔2013〕20号 art. 27)
    DroppedOut,
    /// 毕业
    Graduated,
    /// 结业
    Completed,
    /// 肄业
    LeftEarly,
    /// 转出
    TransferredOut,
    /// 退学
    Withdrawn,
    /// 死亡
    Dead,
}

impl Status {
    /// Every status, in the contract's order.
    pub const ALL: [Status; 9] = [
        Status::Enrolled,
        Status::Suspended,
        Status::DroppedOut,
        Status::Graduated,
        Status::Completed,
        Status::LeftEarly,
        Status::TransferredOut,
        Status::Withdrawn,
        Status::Dead,
    ];

    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        match self {
            Status::Enrolled => "在读",
            Status::Suspended => "休学",
            Status::DroppedOut => "辍学保留",
            Status::Graduated => "毕业",
            Status::Completed => "结业",
            Status::LeftEarly => "肄业",
            Status::TransferredOut => "转出",
            Status::Withdrawn => "退学",
            Status::Dead => "死亡",
        }
    }

    /// The status of a label.
    pub fn from_label(label: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.label() == label)
    }

    /// Whether the record is open (在籍): enrolled, suspended, or dropped out and kept.
    pub const fn is_registered(self) -> bool {
        matches!(self, Status::Enrolled | Status::Suspended | Status::DroppedOut)
    }

    /// Whether the pupil counts as enrolled (在校, 在读).
    pub const fn is_enrolled(self) -> bool {
        matches!(self, Status::Enrolled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

written_as_text!(MovementKind, MovementKind::from_label, |kind| kind.label(), "a change kind such as 省内转学");
written_as_text!(Status, Status::from_label, |status| status.label(), "a status such as 在读");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::CodeList;

    #[test]
    fn the_contract_knows_the_same_words() {
        let stated: Vec<_> =
            MovementKind::ALL.into_iter().filter(|kind| kind.is_stated()).map(MovementKind::label).collect();
        let listed: Vec<_> =
            CodeList::named("change_kind").unwrap().entries().iter().map(|entry| entry.label).collect();
        assert_eq!(stated, listed);
        let statuses: Vec<_> = Status::ALL.into_iter().map(Status::label).collect();
        let listed: Vec<_> = CodeList::named("status").unwrap().entries().iter().map(|entry| entry.label).collect();
        assert_eq!(statuses, listed);
    }

    #[test]
    fn labels_lead_back() {
        for kind in MovementKind::ALL {
            assert_eq!(MovementKind::from_label(kind.label()), Some(kind));
        }
        for status in Status::ALL {
            assert_eq!(Status::from_label(status.label()), Some(status));
        }
        assert_eq!(MovementKind::from_label("转学"), None);
    }

    #[test]
    fn a_suspended_pupil_is_registered_and_not_enrolled() {
        // REQ: DRP-03
        assert!(Status::Suspended.is_registered() && !Status::Suspended.is_enrolled());
        assert!(Status::DroppedOut.is_registered() && !Status::DroppedOut.is_enrolled());
        assert_eq!(Status::ALL.into_iter().filter(|status| status.is_registered()).count(), 3);
        assert_eq!(MovementKind::ALL.into_iter().filter(|kind| kind.is_unexplained()).count(), 3);
    }
}
