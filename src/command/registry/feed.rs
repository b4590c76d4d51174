//! The feed from the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::calendar::Day;
use registry::feed::Mode;

use super::office::{AtRegistry, now};
use crate::{clock, outcome::Outcome, settings::Cli};

/// A batch of the registry.
#[derive(Debug, Args)]
pub struct Feed {
    /// The inbox
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The day of the batch; today by default
    #[arg(long, value_parser = crate::settings::day)]
    day: Option<Day>,
    /// The name of the source
    #[arg(long, default_value = "registry")]
    source: String,
    /// Every open record, or those that have changed since the last feed
    #[arg(long, value_enum, default_value_t = Which::Full)]
    mode: Which,
}

/// Which records.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Full,
    Changes,
}

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Feed) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let mode = match task.mode {
        Which::Full => Mode::Full,
        Which::Changes => Mode::Changes,
    };
    let day = task.day.unwrap_or_else(clock::today);
    let batch = office.feed(&task.out, &task.source, day, mode, &now()).await?;
    say!("{}", serde_json::to_string(&batch)?);
    office.close().await?;
    Ok(Outcome::Done)
}
