//! What has happened: the answer of a decision, which the store writes as one (事件).

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    case::{Case, CaseId},
    pupil::{Movement, Pupil},
};

/// One value of a record that was replaced; the old one stays in history (INF-02, KF-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name in the export contract.
    pub field: String,
    /// The value before.
    pub old: String,
    /// The value since.
    pub new: String,
}

/// What a decision brings about. Rows are as they are afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A case was opened.
    Opened {
        /// The case.
        case: Case,
    },
    /// A case has gone on: a decision, a return, a warning, an end.
    Advanced {
        /// The case.
        case: Case,
    },
    /// A record was opened or entered the province.
    Entered {
        /// The record; without a regional number, which is issued when it is written.
        pupil: Pupil,
        /// The movement that explains it.
        movement: Movement,
    },
    /// A pupil has moved from one account to another.
    Moved {
        /// The record.
        pupil: Pupil,
        /// The movement.
        movement: Movement,
        /// Whether a new stage begins, for which a regional number is issued (IDN-04).
        new_stage: bool,
    },
    /// Values of a record were replaced.
    Changed {
        /// The record.
        pupil: Pupil,
        /// What was replaced.
        fields: Vec<FieldChange>,
        /// The day from which the new values hold.
        effective_on: Day,
        /// The movement, if the office counts it as one (关键信息变更).
        movement: Option<Movement>,
    },
    /// Pending cases of the pupil end, since another event has overtaken them.
    Ends {
        /// The cases.
        cases: Vec<CaseId>,
        /// Why.
        reason: String,
    },
    /// A paper or a notice is due to a unit (告知): a letter to the township, a hand-over, a warning.
    Notice {
        /// The notice.
        notice: Notice,
    },
}

/// Something a unit is told, or has to do by a day (通知、待办).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Who is told.
    pub to: crate::unit::Unit,
    /// What it is, a word such as `archive_forward`, `dropout_letter`, `case_due`.
    pub kind: String,
    /// The pupil it concerns.
    pub pupil: Option<crate::pupil::PupilId>,
    /// The case it comes from.
    pub case: Option<CaseId>,
    /// The day by which it has to be done.
    pub due_on: Option<Day>,
    /// The article.
    pub article: String,
}
