//! The closed list of steps that a schedule file may name.

use serde::Deserialize;

/// A step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Take the batches that wait and post what they say to the ledger.
    Take,
    /// Build the figures from the facts and test them.
    Build,
    /// Publish the run, if its figures passed.
    Publish,
}
