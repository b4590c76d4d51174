//! Papers from the command line: the facts from the registry, or from a file; HTML and PDF beside each other.

use std::path::PathBuf;

use clap::Args;
use papers::Kind;
use registry::office::facts_of_papers::Wanted;
use serde_json::json;

use super::office::{AtRegistry, by, now};
use crate::{
    clock,
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// A paper.
#[derive(Debug, Args)]
pub struct Paper {
    /// Which paper: dropout_letter, transfer_form, suspension_notice, resumption_notice, enrolment_certificate,
    /// schooling_certificate, class_list, sign_off_sheet, collection_form, migrant_handover
    kind: String,
    /// The account that asks; the reading goes on record
    #[arg(long = "as", value_name = "ACCOUNT", required_unless_present = "facts")]
    account: Option<String>,
    /// Why personal data is read (用途)
    #[arg(long, default_value = "出具文书")]
    why: String,
    /// The case: of a letter, a form, a notice
    #[arg(long)]
    case: Option<i64>,
    /// The registration number: of a certificate
    #[arg(long, value_name = "NUMBER")]
    student: Option<String>,
    /// The school: of a class list or a collection form
    #[arg(long)]
    school: Option<String>,
    /// The class
    #[arg(long)]
    class: Option<String>,
    /// The duty: of a sign-off sheet
    #[arg(long)]
    duty: Option<i64>,
    /// The authority: of a hand-over of migrant children; one paper a home county
    #[arg(long)]
    authority: Option<String>,
    /// The facts as JSON, in place of the registry's
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Where to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Paper) -> anyhow::Result<Outcome> {
    let kind = Kind::parse(&task.kind).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        UsageError(format!("there is no paper `{}`; there are {}", task.kind, known.join(", ")))
    })?;
    let all = match &task.facts {
        Some(file) => vec![fs_err::read_to_string(file)?],
        None => {
            let office = at.open(cli).await?;
            let wanted = Wanted {
                kind: kind.name().to_owned(),
                case: task.case,
                student_no: task.student.clone(),
                school: task.school.clone(),
                class: task.class.clone(),
                duty: task.duty,
                authority: task.authority.clone(),
                measure: if cli.policy.contains("province-b") { "province-b" } else { "anhui-2013" }.to_owned(),
                issued_on: clock::today(),
            };
            let account = task.account.as_deref().unwrap_or_default();
            let found = office.facts_of_paper(by(account), &wanted, &task.why, now()).await;
            office.close().await?;
            match found {
                Ok(found) => found.iter().map(ToString::to_string).collect(),
                Err(registry::office::OfficeError::Refused(refusal)) => {
                    say!("{}", json!({ "refused": refusal }));
                    return Ok(Outcome::Refused);
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    fs_err::create_dir_all(&task.out)?;
    let mut written = Vec::new();
    for (at, facts) in all.iter().enumerate() {
        let paper = papers::from_json(kind, facts).map_err(|error| UsageError(error.to_string()))?;
        let name = if all.len() == 1 { kind.name().to_owned() } else { format!("{}-{}", kind.name(), at + 1) };
        let (html, pdf) = (task.out.join(format!("{name}.html")), task.out.join(format!("{name}.pdf")));
        fs_err::write(&html, papers::html(&paper))?;
        fs_err::write(&pdf, papers::pdf(&paper)?)?;
        written.push(json!({ "html": html, "pdf": pdf, "missing_glyphs": papers::missing_glyphs(&paper).len() }));
    }
    say!("{}", json!({ "papers": written }));
    Ok(Outcome::Done)
}
