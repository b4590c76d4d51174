//! Commands and questions as JSON.

use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use registry::{
    command::{Answer, Command},
    office::{Office, OfficeError, lookup::Query},
};
use serde_json::{Value, json};

use super::office::{AtRegistry, by, now};
use crate::{
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// Commands from a file.
#[derive(Debug, Args)]
pub struct Do {
    /// The account that acts; `system` for the office itself
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: String,
    /// The key of the command: given again with it, it is answered as before and not carried out again
    #[arg(long)]
    key: Option<String>,
    /// A file with one JSON command a line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// A question.
#[derive(Debug, Args)]
pub struct Ask {
    /// The account that asks
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: String,
    /// The purpose of reading personal data (用途)
    #[arg(long, default_value = "")]
    why: String,
    /// A file with one JSON question; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// The sweep.
#[derive(Debug, Args)]
pub struct Sweep {}

fn open(file: &PathBuf) -> anyhow::Result<Box<dyn Read>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(Box::new(fs_err::File::open(file)?))
}

pub async fn carry_out(cli: &Cli, at: &AtRegistry, task: &Do) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let mut outcome = Outcome::Done;
    for (number, line) in BufReader::new(open(&task.file)?).lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("line {}", number + 1);
        let command: Command =
            serde_json::from_str(&line).map_err(|error| UsageError(format!("{place} is no command: {error}")))?;
        let key = task.key.as_ref().map(|key| if number == 0 { key.clone() } else { format!("{key}:{number}") });
        let answered = office.act(by(&task.account), command, key, now()).await;
        outcome = outcome.worse(tell(answered)?);
    }
    office.close().await?;
    Ok(outcome)
}

/// Prints an answer or a refusal as one line of JSON.
pub fn tell(answered: Result<Answer, OfficeError>) -> anyhow::Result<Outcome> {
    match answered {
        Ok(answer) => {
            say!("{}", json!({ "done": answer }));
            Ok(Outcome::Done)
        }
        Err(OfficeError::Refused(refusal)) => {
            say!("{}", json!({ "refused": refusal }));
            Ok(Outcome::Refused)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn ask(cli: &Cli, at: &AtRegistry, task: &Ask) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let mut text = String::new();
    open(&task.file)?.read_to_string(&mut text).context("the question")?;
    let query: Query =
        serde_json::from_str(&text).map_err(|error| UsageError(format!("it is no question: {error}")))?;
    let answered = answer(&office, &task.account, &query, &task.why).await;
    office.close().await?;
    answered
}

async fn answer(office: &Office, account: &str, query: &Query, why: &str) -> anyhow::Result<Outcome> {
    match office.look(by(account), query, why, now()).await {
        Ok(value) => {
            let value: Value = value;
            say!("{value}");
            Ok(Outcome::Done)
        }
        Err(OfficeError::Refused(refusal)) => {
            say!("{}", json!({ "refused": refusal }));
            Ok(Outcome::Refused)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn sweep(cli: &Cli, at: &AtRegistry, _task: &Sweep) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let answered = office.act(by("system"), Command::Sweep {}, None, now()).await;
    let on_hold = answered.as_ref().is_ok_and(|answer| answer.state.as_deref() == Some("on_hold"));
    let outcome = tell(answered)?;
    office.close().await?;
    Ok(if on_hold { outcome.worse(Outcome::Held) } else { outcome })
}
