//! Newcomers dealt out to classes by score, origin and sex (均衡编班).

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use registry::placement::{Candidate, place};
use serde_json::json;

use crate::{
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// A placement.
#[derive(Debug, Args)]
pub struct Place {
    /// The class numbers, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    classes: Vec<String>,
    /// A JSON list of newcomers: row, sex, origin, score in tenths
    file: PathBuf,
}

pub fn run(_cli: &Cli, task: &Place) -> anyhow::Result<Outcome> {
    let candidates: Vec<Candidate> = serde_json::from_slice(&fs_err::read(&task.file)?)
        .map_err(|error| UsageError(format!("{} is no list of newcomers: {error}", task.file.display())))?;
    let placed: BTreeMap<u32, &String> = place(&candidates, task.classes.len())
        .into_iter()
        .filter_map(|(row, class)| Some((row, task.classes.get(class)?)))
        .collect();
    say!("{}", json!({ "classes": placed }));
    Ok(Outcome::Done)
}
