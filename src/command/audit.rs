//! `xueji audit …`: the audit chain of the registry (AU-2).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use registry::{
    chain::Head,
    seal::{PublicSeal, Seal},
};
use serde_json::json;

use super::registry::AtRegistry;
use crate::{
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// The audit chain of the registry
#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    at: AtRegistry,
    #[command(subcommand)]
    task: Task,
}

/// What is done with it.
#[derive(Debug, Subcommand)]
enum Task {
    /// Walk the chain and name the first entry that was changed, removed or reordered
    Verify(Verify),
}

/// A walk over the chain.
#[derive(Debug, Args)]
struct Verify {
    /// A head of the chain that was kept elsewhere, as this command prints it
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// A signed head, with the ring of public seals
    #[arg(long, value_name = "FILE", requires = "ring")]
    signed_head: Vec<PathBuf>,
    /// The ring of public seals
    #[arg(long, value_name = "FILE")]
    ring: Option<PathBuf>,
}

/// Runs the task.
pub async fn run(cli: &Cli, audit: &Audit) -> anyhow::Result<Outcome> {
    let Task::Verify(verify) = &audit.task;
    let mut heads = Vec::new();
    for file in &verify.head {
        let head: Head = serde_json::from_slice(&fs_err::read(file)?)
            .map_err(|error| UsageError(format!("{} is no head of a chain: {error}", file.display())))?;
        heads.push(head);
    }
    if let Some(ring) = &verify.ring {
        let ring: Vec<PublicSeal> = serde_json::from_slice(&fs_err::read(ring)?)
            .map_err(|error| UsageError(format!("{} is no ring of public seals: {error}", ring.display())))?;
        for file in &verify.signed_head {
            let seal: Seal = serde_json::from_slice(&fs_err::read(file)?)
                .map_err(|error| UsageError(format!("{} is no seal: {error}", file.display())))?;
            seal.verify(&ring).map_err(|error| UsageError(format!("{}: {}", file.display(), error.en())))?;
            let head: Head = serde_json::from_str(&seal.document)
                .map_err(|error| UsageError(format!("{} seals no head: {error}", file.display())))?;
            heads.push(head);
        }
    }
    let office = audit.at.open(cli).await?;
    let report = office.verify_audit(&heads).await?;
    office.close().await?;
    say!("{}", json!({ "audit": report }));
    Ok(if report.fault.is_some() { Outcome::Refused } else { Outcome::Done })
}
