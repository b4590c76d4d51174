//! The subcommands, one file each.

pub mod audit;
pub mod demo;
pub mod digest;
pub mod docs;
pub mod doctor;
pub mod fees;
pub mod inspect;
pub mod nightly;
pub mod query;
pub mod read_foreign;
pub mod registry;
pub mod report;
pub mod sample;
pub mod verify;

use crate::{
    outcome::Outcome,
    settings::{Cli, Command},
};

/// Runs the subcommand that the command line names.
pub async fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Demo(demo) => demo::run(&cli, demo).await,
        Command::Sample(sample) => sample::run(sample),
        Command::Nightly(nightly) => nightly::run(&cli, nightly).await,
        Command::Query(query) => query::run(&cli, query).await,
        Command::Report(report) => report::run(&cli, report).await,
        Command::Fees(fees) => fees::run(&cli, fees).await,
        Command::Inspect(inspect) => inspect::run(&cli, inspect).await,
        Command::Digest(digest) => digest::run(&cli, digest).await,
        Command::Verify(verify) => verify::run(&cli, verify).await,
        Command::Registry(registry) => registry::run(&cli, registry).await,
        Command::Audit(audit) => audit::run(&cli, audit).await,
        Command::Docs(docs) => docs::run(docs),
        Command::Doctor(doctor) => doctor::run(&cli, doctor).await,
    }
}
