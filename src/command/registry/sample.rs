//! A sample office from the command line.

use clap::Args;
use serde_json::json;

use super::office::AtRegistry;
use crate::{
    clock,
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// A sample office.
#[derive(Debug, Args)]
pub struct Sample {
    /// How many pupils, about
    #[arg(long, default_value_t = 50_000)]
    pupils: u32,
    /// The seed: the same seed gives the same office
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Sample) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    if !office.is_empty().await? {
        office.close().await?;
        return Err(UsageError("the registry is not empty: a sample goes into a new one".to_owned()).into());
    }
    let report = sample::registry_office::fill(&office, task.pupils, task.seed, clock::today()).await?;
    office.close().await?;
    say!("{}", json!({ "sample": report }));
    Ok(Outcome::Done)
}
