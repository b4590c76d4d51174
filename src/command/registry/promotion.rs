//! 1 August from the command line.

use std::path::PathBuf;

use clap::Args;
use domain::calendar::Day;
use registry::command::Command;
use serde_json::json;

use super::{
    act::tell,
    office::{AtRegistry, by, now},
};
use crate::{outcome::Outcome, settings::Cli};

/// A promotion.
#[derive(Debug, Args)]
pub struct Promote {
    /// The provincial administrator's account; `system` for the schedule
    #[arg(long = "as", value_name = "ACCOUNT", default_value = "system")]
    account: String,
    /// The calendar year in which the school year begins
    #[arg(long)]
    year: i32,
    /// Only say what would become of every open record
    #[arg(long)]
    dry_run: bool,
}

/// A promotion taken back.
#[derive(Debug, Args)]
pub struct Undo {
    /// The provincial administrator's account
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: String,
    /// The calendar year in which that school year began
    #[arg(long)]
    year: i32,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Hand-over lists.
#[derive(Debug, Args)]
pub struct Handover {
    /// The grade that was finished: 6 (or 5) for junior school, 9 for senior school
    #[arg(long)]
    grade: u8,
    /// Finished on this day or later
    #[arg(long, value_parser = crate::settings::day)]
    since: Day,
    /// Where to write one CSV list a school; by default JSON goes to standard output
    #[arg(long)]
    out: Option<PathBuf>,
}

pub async fn promote(cli: &Cli, at: &AtRegistry, task: &Promote) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    if task.dry_run {
        let plan = office.plan_promotion(task.year).await?;
        say!("{}", json!({ "plan": plan }));
        office.close().await?;
        return Ok(Outcome::Done);
    }
    let answered = office.act(by(&task.account), Command::Promote { year: task.year }, None, now()).await;
    let outcome = tell(answered)?;
    office.close().await?;
    Ok(outcome)
}

pub async fn undo(cli: &Cli, at: &AtRegistry, task: &Undo) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let command = Command::UndoPromotion { year: task.year, reason: task.reason.clone() };
    let outcome = tell(office.act(by(&task.account), command, None, now()).await)?;
    office.close().await?;
    Ok(outcome)
}

pub async fn handover(cli: &Cli, at: &AtRegistry, task: &Handover) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let lists = office.awaiting_next_school(task.grade, task.since).await?;
    match &task.out {
        None => say!("{}", json!({ "lists": lists })),
        Some(folder) => {
            fs_err::create_dir_all(folder)?;
            for (school, records) in &lists {
                let mut text = String::from("\u{feff}学校标识码,记录编号\r\n");
                for record in records {
                    text.push_str(&format!("{school},{record}\r\n"));
                }
                fs_err::write(folder.join(format!("{school}.csv")), text)?;
            }
        }
    }
    office.close().await?;
    Ok(Outcome::Done)
}
