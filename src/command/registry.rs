//! `xueji registry …`: the office from the command line. JSON in, JSON out; the exit code tells refused (1) from done (0).

mod act;
mod feed;
mod form;
mod import;
mod office;
mod papers;
mod place;
mod portraits;
mod promotion;
mod reconcile;
mod sample;
mod seal;

use clap::{Args, Subcommand};

use crate::{outcome::Outcome, settings::Cli};

pub use self::office::AtRegistry;

/// The office: records of pupils and their procedures
#[derive(Debug, Args)]
pub struct Registry {
    #[command(flatten)]
    at: AtRegistry,
    #[command(subcommand)]
    task: Task,
}

/// What the office is asked.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Carry out commands: one JSON object a line, from a file or standard input
    Do(act::Do),
    /// Answer a question within the account's scope; the reading goes on record
    Ask(act::Ask),
    /// Warn of periods that run out, raise those that have, approve by silence where the policy says so
    Sweep(act::Sweep),
    /// Move the whole province to the new school year, or say what that would do
    Promote(promotion::Promote),
    /// Take a promotion back, while nothing has been decided since
    UndoPromotion(promotion::Undo),
    /// Lists of pupils who have finished a stage, by the school they left
    Handover(promotion::Handover),
    /// Write the batch of a day for the warehouse
    Feed(feed::Feed),
    /// Hold the registry against the warehouse's last run, pupil by pupil
    Reconcile(reconcile::Reconcile),
    /// Write a paper as HTML and PDF
    Paper(papers::Paper),
    /// Seal approvals that wait for their electronic seal
    Seal(seal::Seal),
    /// Check a seal without the database
    VerifySeal(seal::VerifySeal),
    /// Write an empty workbook for schools to fill in
    Form(form::Form),
    /// Look through a sheet that a school has filled in; take it with `--commit`
    Import(import::Import),
    /// Look through portraits in a folder or archive; take them with `--commit`
    Portraits(portraits::Portraits),
    /// Deal newcomers out to classes by score, origin and sex
    Place(place::Place),
    /// Fill an empty registry with a sample office
    Sample(sample::Sample),
}

/// Runs the task.
pub async fn run(cli: &Cli, registry: &Registry) -> anyhow::Result<Outcome> {
    let at = &registry.at;
    match &registry.task {
        Task::Do(task) => act::carry_out(cli, at, task).await,
        Task::Ask(task) => act::ask(cli, at, task).await,
        Task::Sweep(task) => act::sweep(cli, at, task).await,
        Task::Promote(task) => promotion::promote(cli, at, task).await,
        Task::UndoPromotion(task) => promotion::undo(cli, at, task).await,
        Task::Handover(task) => promotion::handover(cli, at, task).await,
        Task::Feed(task) => feed::run(cli, at, task).await,
        Task::Reconcile(task) => reconcile::run(cli, at, task).await,
        Task::Paper(task) => papers::run(cli, at, task).await,
        Task::Seal(task) => seal::seal(cli, at, task).await,
        Task::VerifySeal(task) => seal::verify(task),
        Task::Form(task) => form::run(task),
        Task::Import(task) => import::run(cli, at, task).await,
        Task::Portraits(task) => portraits::run(cli, at, task).await,
        Task::Place(task) => place::run(cli, task),
        Task::Sample(task) => sample::run(cli, at, task).await,
    }
}
