//! Exit codes, decided in one place (H5): 0 done, 1 refused, 2 usage, 3 held, 4 another run works, 5 environment.

use std::{error::Error, process::ExitCode};

use pipeline::night::NightError;
use warehouse::error::is_of_the_environment;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Something is held. Of several, this is the mildest.
    Held,
    /// Something was refused: a batch, or a run whose figures failed their tests.
    Refused,
    /// The command line or a setting makes no sense.
    Usage,
    /// Another run holds the warehouse.
    Locked,
    /// Disk, store or machine.
    Environment,
}

impl Outcome {
    /// The worse of two.
    pub fn worse(self, other: Outcome) -> Outcome {
        if (self as u8) < (other as u8) { other } else { self }
    }

    /// What an error means for whoever runs the command.
    pub fn from_error(error: &anyhow::Error) -> Outcome {
        for cause in error.chain() {
            let own = cause.downcast_ref::<warehouse::Error>();
            let nights = cause.downcast_ref::<NightError>().and_then(|error| match error {
                NightError::Warehouse(warehouse) => Some(warehouse),
                _ => None,
            });
            if let Some(warehouse) = own.or(nights) {
                return match warehouse {
                    warehouse::Error::Held { .. }
                    | warehouse::Error::Overtaken { .. }
                    | warehouse::Error::Fenced { .. } => Outcome::Locked,
                    warehouse::Error::Location { .. }
                    | warehouse::Error::Empty { .. }
                    | warehouse::Error::NoSuchRun { .. } => Outcome::Usage,
                    _ => Outcome::Environment,
                };
            }
        }
        if let Some(office) = error.chain().find_map(|cause| cause.downcast_ref::<registry::office::OfficeError>()) {
            return match office {
                registry::office::OfficeError::Refused(_) => Outcome::Refused,
                registry::office::OfficeError::Policy(_)
                | registry::office::OfficeError::Store(
                    registry::store::StoreError::Url(_) | registry::store::StoreError::Newer { .. },
                ) => Outcome::Usage,
                _ => Outcome::Environment,
            };
        }
        if is_of_the_environment(error.as_ref()) || error.chain().any(|cause| cause.is::<schedules::night::Failed>()) {
            return Outcome::Environment;
        }
        let usage = |cause: &(dyn Error + 'static)| {
            cause.is::<UsageError>() || cause.is::<domain::policy::PolicyError>() || cause.is::<queries::Error>()
        };
        if error.chain().any(usage) { Outcome::Usage } else { Outcome::Environment }
    }

    /// Tells the error on standard error: what failed, why, what to do.
    pub fn tell(self, error: &anyhow::Error) -> Outcome {
        complain!("error: {error}");
        let mut last = error.to_string();
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            if text != last {
                complain!("  caused by: {text}");
            }
            last = text;
        }
        if let Some(hint) = self.hint() {
            complain!("hint: {hint}");
        }
        self
    }

    fn hint(self) -> Option<&'static str> {
        match self {
            Outcome::Locked => Some(
                "wait until the other run has ended; one that was killed lets go of a folder at once, and of an object store when its lease has run out",
            ),
            Outcome::Environment => Some(
                "put right what is named above and run the same command again; a run is published whole or not at all",
            ),
            _ => None,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::Refused => 1,
            Outcome::Usage => 2,
            Outcome::Held => 3,
            Outcome::Locked => 4,
            Outcome::Environment => 5,
        })
    }
}

/// The command line asks for something that makes no sense.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}
