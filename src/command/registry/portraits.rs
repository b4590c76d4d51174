//! `xueji registry portraits`: a folder or a ZIP archive of pictures, each named by the number of its pupil (ENR-02).
//!
//! Each is checked and drawn anew. Since a later file can contradict an earlier one, all are staged first; what was withdrawn is not sent.

use std::{
    collections::HashMap,
    io::{BufReader, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use domain::{calendar::Day, organisation::SchoolId};
use forms::portrait::{
    Limits, Next, Portrait, PortraitError, Reason, Refused, Tally, Verdict, shown, visit_archive, visit_folder,
};
use registry::{
    command::Command,
    office::{
        Office, OfficeError,
        preview::{Fate, Outlook, Sitting},
    },
    portrait::Picture,
};
use serde_json::{Value, json};

use super::{
    import::school,
    office::{AtRegistry, by, now},
};
use crate::{outcome::Outcome, scratch::Scratch, settings::Cli};

/// Pictures to be taken.
#[derive(Debug, Args)]
pub struct Portraits {
    /// A folder or a ZIP archive; each file is named by a registration or identity number
    path: PathBuf,
    /// The school whose pupils they show
    #[arg(long, value_name = "ID", value_parser = school)]
    school: SchoolId,
    /// The day on which they were taken
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = crate::settings::day)]
    taken_on: Day,
    /// The account that acts
    #[arg(long = "as", value_name = "ACCOUNT")]
    account: String,
    /// Take what can be taken; without it nothing is
    #[arg(long)]
    commit: bool,
}

/// Pictures of one command.
const CHUNK: usize = 200;

/// Pictures on disk until it is known which of them stay; the folder goes with this value.
struct Staged {
    scratch: Scratch,
    /// Whose, which picture, and the file that holds it, by the file's name among the sender's.
    kept: HashMap<String, (Sitting, PathBuf)>,
    refused: Vec<Refused>,
    count: u32,
    broken: Option<std::io::Error>,
}

impl Staged {
    fn take(&mut self, verdict: Verdict) -> Next {
        match verdict {
            Verdict::Accepted(portrait) => {
                if let Err(error) = self.keep(portrait) {
                    self.broken = Some(error);
                    return Next::Stop;
                }
            }
            Verdict::Refused(refused) => self.refused.push(refused),
            Verdict::Withdrawn(refused) => {
                self.kept.remove(&refused.file);
                self.refused.push(refused);
            }
        }
        Next::On
    }

    fn keep(&mut self, portrait: Portrait) -> std::io::Result<()> {
        self.count += 1;
        let path = self.scratch.folder().join(format!("{}.jpg", self.count));
        fs_err::File::create_new(&path)?.write_all(&portrait.bytes)?;
        let sitting = Sitting { row: self.count, number: portrait.number.as_str().to_owned(), digest: portrait.digest };
        self.kept.insert(portrait.file, (sitting, path));
        Ok(())
    }
}

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Portraits) -> anyhow::Result<Outcome> {
    let base = cli.scratch();
    let scratch = Scratch::below(&base).with_context(|| format!("no scratch folder in {}", base.display()))?;
    let mut staged = Staged { scratch, kept: HashMap::new(), refused: Vec::new(), count: 0, broken: None };
    let visited = tokio::task::block_in_place(|| visit(&task.path, &mut staged))?;
    if let Some(error) = staged.broken.take() {
        return Err(anyhow::Error::new(error).context("a picture could not be staged"));
    }
    let tally = match visited {
        Ok(tally) => tally,
        Err(error) => {
            let told = json!({
                "cause": "invalid", "code": "portraits", "article": "皖教基〔2013〕20号 第十二条",
                "zh": error.zh(), "en": error.en(),
            });
            say!("{}", json!({ "refused": told }));
            return Ok(Outcome::Refused);
        }
    };
    let mut sittings: Vec<(String, Sitting, PathBuf)> =
        std::mem::take(&mut staged.kept).into_iter().map(|(file, (sitting, path))| (file, sitting, path)).collect();
    sittings.sort_by_key(|(_, sitting, _)| sitting.row);
    let office = at.open(cli).await?;
    let taken = take(&office, task, &sittings).await;
    office.close().await?;
    match taken {
        Ok((outlooks, laid_up)) => Ok(tell(task, tally, &staged.refused, &sittings, &outlooks, laid_up)),
        Err(error) => match error.downcast::<OfficeError>()? {
            OfficeError::Refused(refusal) => {
                say!("{}", json!({ "refused": refusal }));
                Ok(Outcome::Refused)
            }
            error => Err(error.into()),
        },
    }
}

fn visit(path: &Path, staged: &mut Staged) -> anyhow::Result<Result<Tally, PortraitError>> {
    let limits = Limits::default();
    if path.is_dir() {
        return Ok(visit_folder(path, &limits, |verdict| staged.take(verdict)));
    }
    let archive = BufReader::new(fs_err::File::open(path)?);
    Ok(visit_archive(archive, &limits, |verdict| staged.take(verdict)))
}

/// Looks which are new and, if it is told to, lays them up.
async fn take(
    office: &Office,
    task: &Portraits,
    sittings: &[(String, Sitting, PathBuf)],
) -> anyhow::Result<(Vec<Outlook>, u64)> {
    let (by, now) = (by(&task.account), now());
    let given: Vec<Sitting> = sittings.iter().map(|(_, sitting, _)| sitting.clone()).collect();
    let outlooks = office.preview_portraits(by.clone(), task.school, &given, &now).await?;
    let mut laid_up = 0;
    if task.commit {
        let fresh: Vec<_> = sittings
            .iter()
            .zip(&outlooks)
            .filter(|(_, outlook)| outlook.fate == Fate::New)
            .map(|(one, _)| one)
            .collect();
        for some in fresh.chunks(CHUNK) {
            let mut portraits = Vec::with_capacity(some.len());
            for (_, sitting, path) in some {
                let (number, digest) = (sitting.number.clone(), sitting.digest.clone());
                portraits.push(Picture { number, digest, bytes: fs_err::read(path)? });
            }
            let command = Command::AddPortraits { school: task.school, taken_on: task.taken_on, portraits };
            laid_up += office.act(by.clone(), command, None, now.clone()).await?.pupils;
        }
    }
    Ok((outlooks, laid_up))
}

fn tell(
    task: &Portraits,
    tally: Tally,
    refused: &[Refused],
    sittings: &[(String, Sitting, PathBuf)],
    outlooks: &[Outlook],
    laid_up: u64,
) -> Outcome {
    let count = |fate: Fate| outlooks.iter().filter(|outlook| outlook.fate == fate).count() as u64;
    let mut issues: Vec<Value> = refused
        .iter()
        .filter(|refused| refused.reason != Reason::SystemFile)
        .map(|refused| {
            json!({
                "file": shown(&refused.file), "refused": true, "article": "皖教基〔2013〕20号 第十二条",
                "zh": refused.zh(), "en": refused.en(),
            })
        })
        .collect();
    for ((file, ..), outlook) in sittings.iter().zip(outlooks) {
        issues.extend(outlook.faults.iter().map(|fault| {
            let refusal = &fault.refusal;
            json!({
                "file": shown(file), "refused": fault.refused, "code": refusal.code, "article": refusal.article,
                "zh": format!("{}；{}", refusal.zh, refusal.remedy_zh), "en": format!("{}; {}", refusal.en, refusal.remedy_en),
            })
        }));
    }
    let (fresh, unchanged) = (count(Fate::New), count(Fate::Unchanged));
    let ignored = refused.iter().filter(|refused| refused.reason == Reason::SystemFile).count() as u64;
    let refused = tally.files.saturating_sub(fresh + unchanged + ignored);
    say!(
        "{}",
        json!({
            "what": "portraits", "school": task.school, "taken_on": task.taken_on, "committed": task.commit,
            "files": tally.files, "taken": fresh, "unchanged": unchanged, "refused": refused, "ignored": ignored,
            "laid_up": laid_up, "issues": issues,
        })
    );
    if refused == 0 { Outcome::Done } else { Outcome::Refused }
}
