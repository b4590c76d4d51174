//! `xueji registry import`: sheets that schools fill in, looked through first and taken with `--commit` (ENR-01, INF-01, ORG-06, GRD-01).
//!
//! Every data row of the file is counted once: it is taken, it is refused, or it is there already and says the same. Whatever is refused
//! goes back to the sender as comments in a copy of the sender's own workbook.

mod kept;
mod newcomers;
mod remarks;
mod sheet;
mod subject;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Context;
use clap::Args;
use domain::organisation::SchoolId;
use pipeline::read::{Limits, ReadError};
use registry::{
    command::Answer,
    office::{
        Office, OfficeError,
        preview::{Fate, Outlook},
    },
};
use serde_json::{Value, json};

pub use self::subject::Subject;
use self::{sheet::Sheet, subject::Target};
use super::office::{AtRegistry, by, now};
use crate::{outcome::Outcome, settings::Cli};

/// A sheet to be taken.
#[derive(Debug, Args)]
pub struct Import {
    /// What it holds: newcomers, completions, resume, scores, evaluation, conduct, health, vaccination, aid, service, arts_sports
    #[arg(value_parser = Subject::named)]
    what: Subject,
    /// The file: XLSX, XLS or CSV, compressed or not
    file: PathBuf,
    /// The school whose pupils they are
    #[arg(long, value_name = "ID", value_parser = school)]
    school: SchoolId,
    /// The account that acts
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: String,
    /// The sheet, where the workbook has several
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// What the batch of newcomers is called; the file's name by default
    #[arg(long, value_name = "BATCH")]
    name: Option<String>,
    /// Why a batch of newcomers comes late
    #[arg(long, default_value = "")]
    reason: String,
    /// The newcomers come instead of the rows of this batch, which its authority has sent back; all of them have to be right
    #[arg(long, value_name = "CASE", conflicts_with = "name")]
    resubmit: Option<i64>,
    /// Take what can be taken; without it nothing is
    #[arg(long)]
    commit: bool,
    /// Where to write a copy of the file with what is wrong as comments (XLSX) or as a column (CSV)
    #[arg(long, value_name = "FILE")]
    remarks: Option<PathBuf>,
}

/// A school's identifier on the command line.
pub fn school(text: &str) -> Result<SchoolId, String> {
    SchoolId::read(text).ok_or_else(|| format!("`{text}` is no school identifier of 10 digits"))
}

/// What came of the rows.
#[derive(Debug, Default)]
struct Came {
    outlooks: Vec<Outlook>,
    answers: Vec<Answer>,
}

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Import) -> anyhow::Result<Outcome> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let limits = Limits::of_program(program);
    let read = tokio::task::block_in_place(|| Sheet::read(&task.file, task.sheet.as_deref(), &task.what, &limits));
    let mut sheet = match read {
        Ok(sheet) => sheet,
        Err(error) => return Ok(tell_unread(&error)),
    };
    let office = at.open(cli).await?;
    let came = take(&office, task, &mut sheet).await;
    office.close().await?;
    let came = match came {
        Ok(came) => came,
        Err(OfficeError::Refused(refusal)) => {
            say!("{}", json!({ "refused": refusal }));
            return Ok(Outcome::Refused);
        }
        Err(error) => return Err(error.into()),
    };
    sheet.issues.sort_by_key(|issue| (issue.row, issue.column));
    let written = task.remarks.as_ref().map_or(Ok(None), |out| remarks::write(&task.file, out, &sheet, &limits));
    let (written, failed) = match written {
        Ok(written) => (written, None),
        Err(error) => (None, Some(error)),
    };
    let (report, outcome) = report(task, &sheet, &came, written);
    say!("{report}");
    match failed {
        Some(error) => Err(error.context("the rows are dealt with as reported, but the remarks could not be written")),
        None => Ok(outcome),
    }
}

/// A file that can't be read is refused as a whole.
fn tell_unread(error: &ReadError) -> Outcome {
    let told = json!({
        "cause": "invalid", "code": format!("file.{}", error.fault.code()), "article": "数据规范",
        "zh": error.zh(), "en": error.en(), "sheet": error.sheet, "row": error.row,
    });
    say!("{}", json!({ "refused": told }));
    Outcome::Refused
}

/// Looks through the rows and, if it is told to, takes those that can be taken.
async fn take(office: &Office, task: &Import, sheet: &mut Sheet) -> Result<Came, OfficeError> {
    let (subject, school, by, now) = (&task.what, task.school, by(&task.account), now());
    match subject.target {
        Target::Newcomers => {
            let mut rows = newcomers::read(sheet, subject, school);
            let outlooks = office.preview_newcomers(by.clone(), school, task.resubmit, &mut rows, &now).await?;
            newcomers::tell(sheet, subject, &rows, &outlooks);
            let mut answers = Vec::new();
            if let Some(case) = task.resubmit.filter(|_| task.commit) {
                let is_right = |outlook: &Outlook| outlook.fate != Fate::Refused;
                if rows.len() as u64 == sheet.rows && outlooks.iter().all(is_right) {
                    answers = newcomers::resubmit(office, &by, case, rows, &outlooks, &now).await?;
                }
            } else if task.commit {
                let name = batch_name(task);
                let batch = (name.as_str(), task.reason.as_str());
                answers = newcomers::commit(office, &by, school, batch, rows, &outlooks, &now).await?;
            }
            Ok(Came { outlooks, answers })
        }
        Target::Facts(kind) => {
            let mut rows = kept::facts(sheet, subject);
            let outlooks = office.preview_facts(by.clone(), school, kind.name, &mut rows, &now).await?;
            kept::tell_facts(sheet, subject, &rows, &outlooks);
            let mut answers = Vec::new();
            if task.commit {
                answers = kept::commit_facts(office, &by, school, kind, rows, &outlooks, &now).await?;
            }
            Ok(Came { outlooks, answers })
        }
        Target::Completions => {
            let rows = kept::completions(sheet, subject);
            let given: Vec<_> = rows.iter().map(|(row, _)| row.clone()).collect();
            let outlooks = office.preview_completions(by.clone(), school, &given, &now).await?;
            kept::tell_completions(sheet, subject, &rows, &outlooks);
            let mut answers = Vec::new();
            if task.commit {
                let told = (sheet, subject);
                answers = kept::commit_completions(office, &by, school, &rows, &outlooks, told, &now).await?;
            }
            Ok(Came { outlooks, answers })
        }
    }
}

fn batch_name(task: &Import) -> String {
    let stem = || task.file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    task.name.clone().unwrap_or_else(stem)
}

/// What is said of the whole, and how it ends.
fn report(task: &Import, sheet: &Sheet, came: &Came, written: Option<remarks::Written>) -> (Value, Outcome) {
    let subject = &task.what;
    let count = |fate: Fate| came.outlooks.iter().filter(|outlook| outlook.fate == fate).count() as u64;
    let (fresh, changed, unchanged) = (count(Fate::New), count(Fate::Changed), count(Fate::Unchanged));
    // Whatever never reached the office was refused for its cells.
    let refused = sheet.rows.saturating_sub(fresh + changed + unchanged);
    let header = |field: &str| subject.position(field).and_then(|at| subject.columns.get(at)).map(|c| c.form.header);
    let differences: Vec<Value> = came
        .outlooks
        .iter()
        .filter(|outlook| !outlook.differences.is_empty())
        .map(|outlook| {
            let changes = outlook.differences.iter().map(|difference| {
                json!({
                    "field": difference.field, "header": header(&difference.field),
                    "old": difference.old, "new": difference.new,
                })
            });
            json!({ "row": outlook.row, "fate": outlook.fate, "changes": changes.collect::<Vec<_>>() })
        })
        .collect();
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for issue in &sheet.issues {
        *rules.entry(issue.code.as_str()).or_default() += 1;
    }
    let mut notes = sheet.report.part.notes.clone();
    let unknown = sheet.unknown_columns();
    if !unknown.is_empty() {
        notes.push(format!("不认识的列，未读取：{}", unknown.join("、")));
    }
    let aside = sheet.columns_not_kept(subject);
    if !aside.is_empty() {
        notes.push(format!("本系统自行编制或不登记的列，未导入：{}", aside.join("、")));
    }
    if task.resubmit.is_some() && task.commit && 0 < refused {
        notes.push(
            "补正须整批无误：本次未提交，请更正所列各行 / a batch is completed as a whole: nothing was submitted; correct these rows"
                .to_owned(),
        );
    }
    if fresh + changed == 0 && refused == 0 {
        notes.push("与已有内容完全一致，没有改动 / nothing differs from what is there; nothing changes".to_owned());
    }
    let report = json!({
        "what": subject.name,
        "file": task.file.file_name().map(|name| name.to_string_lossy()),
        "sheet": sheet.report.sheet,
        "encoding": sheet.report.part.encoding,
        "sha256": sheet.report.part.sha256,
        "school": task.school,
        "committed": task.commit && (task.resubmit.is_none() || refused == 0),
        "header_row": sheet.header_row,
        "rows": sheet.rows,
        "taken": fresh + changed,
        "refused": refused,
        "unchanged": unchanged,
        "new": fresh,
        "changed": changed,
        "rules": rules,
        "issues": sheet.issues,
        "differences": differences,
        "notes": notes,
        "remarks": written,
        "done": came.answers,
    });
    (report, if refused == 0 { Outcome::Done } else { Outcome::Refused })
}
