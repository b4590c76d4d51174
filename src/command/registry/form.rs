//! `xueji registry form`: an empty workbook to fill in, with drop-down lists and text cells for numbers (ENR-01, INF-01, GRD-01).

use std::path::PathBuf;

use clap::Args;
use forms::template::{FormColumn, template};
use serde_json::json;

use super::import::Subject;
use crate::outcome::Outcome;

/// An empty form.
#[derive(Debug, Args)]
pub struct Form {
    /// What it is for: newcomers, completions, resume, scores, evaluation, conduct, health, vaccination, aid, service, arts_sports
    #[arg(value_parser = Subject::named)]
    what: Subject,
    /// Where to write it
    #[arg(long, value_name = "FILE.xlsx")]
    out: PathBuf,
}

/// Writes the form.
pub fn run(task: &Form) -> anyhow::Result<Outcome> {
    let subject = &task.what;
    let columns: Vec<FormColumn> =
        subject.columns.iter().filter(|column| column.in_form).map(|column| column.form.clone()).collect();
    fs_err::write(&task.out, template(subject.chinese, &columns, &[])?)?;
    say!("{}", json!({ "form": subject.name, "sheet": subject.chinese, "columns": columns.len() }));
    Ok(Outcome::Done)
}
