//! 1 August (学年升级): 皖教基〔2013〕20号 art. 18; 某省办法 art. 12 (PRO-01, PR-1…PR-7).
//!
//! The whole province moves to the new school year at once. Every open record is accounted for: promoted, finished and awaiting the next
//! school, not finished in time, suspended, dropped out, or an error that a person must look at.

use domain::movement::Status;
use serde::{Deserialize, Serialize};

use crate::{number, organisation::School, pupil::Standing};

/// What becomes of a record on 1 August.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 升级: up one grade
    Promoted,
    /// 升级 into the next stage of the same school: up one grade, with a new regional number
    NewStage,
    /// 毕业年级未办理毕业: of a leaving grade, not finished by 31 July; listed, kept where it is (PR-3)
    Held,
    /// 休学: not promoted (PR-5)
    Suspended,
    /// 辍学保留: up one grade in the class of its own through the compulsory years
    DroppedOut,
    /// 辍学保留 past the compulsory years: the retention ends
    RetentionEnds,
    /// 新学年已安排: in a class founded for the new year, so placed in the new year's grade already
    Placed,
    /// 异常: a grade that the school does not teach, a school that is closed
    Error,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 8] = [
        Outcome::Promoted,
        Outcome::NewStage,
        Outcome::Held,
        Outcome::Suspended,
        Outcome::DroppedOut,
        Outcome::RetentionEnds,
        Outcome::Placed,
        Outcome::Error,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Promoted => "promoted",
            Outcome::NewStage => "new_stage",
            Outcome::Held => "held",
            Outcome::Suspended => "suspended",
            Outcome::DroppedOut => "dropped_out",
            Outcome::RetentionEnds => "retention_ends",
            Outcome::Placed => "placed",
            Outcome::Error => "error",
        }
    }

    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        match self {
            Outcome::Promoted => "升级",
            Outcome::NewStage => "升入本校上一学段",
            Outcome::Held => "毕业年级未办理毕业",
            Outcome::Suspended => "休学不升级",
            Outcome::DroppedOut => "辍学保留随年级",
            Outcome::RetentionEnds => "辍学保留期满",
            Outcome::Placed => "新学年已安排",
            Outcome::Error => "异常",
        }
    }

    /// Whether the grade rises.
    pub const fn rises(self) -> bool {
        matches!(self, Outcome::Promoted | Outcome::NewStage | Outcome::DroppedOut)
    }
}

/// The last grade of compulsory schooling, however its nine years are divided.
const LAST_COMPULSORY: u8 = 9;

/// What becomes of an open record (在读、休学、辍学保留) at its school.
pub fn outcome(standing: &Standing, school: Option<&School>) -> Outcome {
    // Who dropped out rises on paper, also beyond the last grade that the school teaches.
    let is_kept = standing.status == Status::DroppedOut;
    let Some(school) =
        school.filter(|school| school.closed_on.is_none() && (is_kept || school.teaches(standing.grade)))
    else {
        return Outcome::Error;
    };
    match standing.status {
        Status::Suspended => Outcome::Suspended,
        Status::DroppedOut if LAST_COMPULSORY <= standing.grade => Outcome::RetentionEnds,
        Status::DroppedOut => Outcome::DroppedOut,
        Status::Enrolled if !school.teaches(standing.grade + 1) => Outcome::Held,
        // Junior school of the same school goes on by itself; senior school is entered anew, by admission.
        Status::Enrolled if number::begins_stage(school, standing.grade + 1) => {
            if standing.grade < LAST_COMPULSORY {
                Outcome::NewStage
            } else {
                Outcome::Held
            }
        }
        Status::Enrolled => Outcome::Promoted,
        _ => Outcome::Error,
    }
}
