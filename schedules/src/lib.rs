//! Schedules: files that say which steps run when, and the steps themselves.
//!
//! `nightly.toml` is the first. Its sequence is what `xueji nightly` follows.

pub mod night;
pub mod step;

use serde::Deserialize;

use crate::step::Step;

/// A schedule file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub what: String,
    /// The time of day at which it is due, `HH:MM` local time.
    pub at: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A schedule file that does not read.
#[derive(Debug, thiserror::Error)]
#[error("the schedule does not read")]
pub struct ScheduleError(#[from] toml::de::Error);

impl Schedule {
    /// Reads a schedule file.
    pub fn read(text: &str) -> Result<Schedule, ScheduleError> {
        Ok(toml::from_str(text)?)
    }

    /// The nightly schedule that ships with the program.
    pub fn nightly() -> Result<Schedule, ScheduleError> {
        Schedule::read(include_str!("../nightly.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_takes_builds_and_publishes_last() {
        let nightly = Schedule::nightly().unwrap();
        assert_eq!(nightly.steps, [Step::Take, Step::Build, Step::Publish]);
    }

    #[test]
    fn an_unknown_step_is_refused_by_name() {
        let text = "name = 'x'\nwhat = 'y'\nat = '01:00'\nsteps = ['take', 'dance']";
        assert!(Schedule::read(text).unwrap_err().0.to_string().contains("dance"));
    }
}
