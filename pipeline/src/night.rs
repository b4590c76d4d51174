//! The facts of a night: every batch that waits in the inbox, taken or said why not, and the pupils moved in the ledger.
//!
//! inbox → desk (read, check, quarantine) → rolls (last night against tonight) → timelines → ledger. The caller holds the draft of
//! the run; what is done here is committed to it day by day and seen by nobody until the caller publishes.

mod batch;
mod commit;
mod desk;
mod landing;
mod opening;
mod papers;
mod post;
mod rolls;
mod state;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use arrow::error::ArrowError;
use domain::{calendar::Day, contract::Table, policy::Policy};
use tracing::debug;
use warehouse::draft::Draft;

pub use self::landing::verify_copies;
use self::{
    batch::{Bench, Taken, Trouble},
    commit::{Kept, commit_day},
    landing::KeptCopy,
    state::State,
};
use crate::{
    account::Words,
    inbox,
    read::Limits,
    report::{BatchReport, BatchState, FileReport, ReasonReport},
    timeline::Terms,
};

/// What a night needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where batches wait.
    pub inbox: PathBuf,
    /// The business day: batches of this day and earlier ones are looked at.
    pub day: Day,
    /// Only this source's batches, if one is named.
    pub source: Option<String>,
    /// The policy pack in force.
    pub policy: Policy,
    /// What foreign files may cost.
    pub limits: Limits,
    /// A folder for rows that wait; it is emptied.
    pub scratch: PathBuf,
    /// Sources whose shrunken full export a person has confirmed.
    pub release: BTreeSet<String>,
}

/// Why a night could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum NightError {
    /// The warehouse.
    #[error(transparent)]
    Warehouse(#[from] warehouse::Error),
    /// The inbox.
    #[error(transparent)]
    Inbox(#[from] inbox::InboxError),
    /// Our own batches do not fit together.
    #[error("columns do not fit together")]
    Columns(#[from] ArrowError),
    /// The object store.
    #[error("the object store failed")]
    Store(#[from] object_store::Error),
    /// A file of the local file system.
    #[error("a file cannot be used")]
    File(#[from] std::io::Error),
    /// A promise of ours was broken; the night stops rather than lose a row.
    #[error("an invariant of the night does not hold: {0}")]
    Bug(String),
}

/// What the caller may want to show while a night runs.
pub trait Watch: Sync {
    /// A batch is being worked on.
    fn batch(&self, source: &str, day: Day, number: usize, of: usize);
}

/// What a night made of the inbox.
#[derive(Debug, Default)]
pub struct Facts {
    /// Every batch looked at.
    pub batches: Vec<BatchReport>,
    /// Movements posted, by kind.
    pub movements: BTreeMap<String, u64>,
    /// How many batches were taken.
    pub taken: usize,
}

/// Takes every batch that waits, and commits the facts to the draft.
pub async fn take(draft: &mut Draft, settings: &Settings, watch: &dyn Watch) -> Result<Facts, NightError> {
    let began = Instant::now();
    let mut state = State::load(draft.warehouse(), draft.run()).await?;
    debug!(elapsed_ms = elapsed(began), "read what earlier nights left");
    let found = {
        let (state, inbox) = (&state, settings.inbox.clone());
        inbox::look_untaken(&inbox, settings.day, settings.source.as_deref(), &settings.limits, &|source, day| {
            state.has_taken(&inbox, source, day)
        })?
    };
    let mut facts = Facts::default();
    let number = found.len();
    let mut days: BTreeMap<Day, Vec<(usize, inbox::Found)>> = BTreeMap::new();
    for (at, one) in found.into_iter().enumerate() {
        days.entry(one.day).or_default().push((at, one));
    }
    let words = Mutex::new(Words::default());
    let terms = Terms::new(&mut words.lock().unwrap_or_else(PoisonError::into_inner));
    for (_, found) in days {
        let mut taken = Vec::new();
        for (at, found) in found {
            watch.batch(&found.source, found.day, at + 1, number);
            let (report, batch) = take_one(draft, settings, &state, &words, found).await?;
            taken.extend(batch.map(|batch| Kept { report: facts.batches.len(), batch }));
            facts.batches.push(report);
        }
        if !taken.is_empty() {
            facts.taken += taken.len();
            let began = Instant::now();
            commit_day(draft, &mut state, &words, &terms, taken, &mut facts).await?;
            debug!(elapsed_ms = elapsed(began), "posted and committed the day");
        }
    }
    let _ = fs_err::remove_dir_all(&settings.scratch);
    Ok(facts)
}

async fn take_one(
    draft: &Draft,
    settings: &Settings,
    state: &State,
    words: &Mutex<Words>,
    found: inbox::Found,
) -> Result<(BatchReport, Option<Taken>), NightError> {
    let mut report = BatchReport {
        source: found.source.clone(),
        day: found.day.to_string(),
        state: BatchState::Taken,
        mode: String::new(),
        reasons: Vec::new(),
        files: Vec::new(),
        issues: Vec::new(),
        notes: found.notes.iter().map(|note| note.zh.clone()).collect(),
    };
    let batch = match found.state {
        inbox::State::Ready(batch) => batch,
        inbox::State::Held(reasons) => {
            report.state = BatchState::Held;
            report.reasons = reasons.into_iter().map(ReasonReport::from).collect();
            return Ok((report, None));
        }
        inbox::State::Refused(reasons) => {
            report.state = BatchState::Refused;
            report.reasons = reasons.into_iter().map(ReasonReport::from).collect();
            return Ok((report, None));
        }
    };
    report.mode = mode_name(batch.mode).to_owned();
    let history = state.source(&batch.source);
    let bench = Bench { draft, settings, keys: &state.keys, words, key_changes: &state.key_changes };
    let copies = tokio::spawn(landing::keep_all(draft.warehouse().clone(), batch.clone()));
    let outcome = bench.take(&batch, state.tree.known()?, &history).await;
    let began = Instant::now();
    let copies = copies.await.map_err(std::io::Error::other)?;
    debug!(source = batch.source, elapsed_ms = elapsed(began), "waited for the copies of {}", batch.source);
    let trouble = match outcome {
        Ok(taken) => match shrunken(settings, state, &taken)? {
            Some(reason) => Trouble::Held(reason),
            None => match same_as_read(copies?, &taken) {
                Ok(kept) => {
                    report.files = taken.files.iter().zip(&kept).map(file_report).collect();
                    return Ok((report, Some(taken)));
                }
                Err(reason) => Trouble::Held(reason),
            },
        },
        Err(trouble) => trouble,
    };
    match trouble {
        Trouble::Held(reason) => {
            report.state = BatchState::Held;
            report.reasons.push(reason);
        }
        Trouble::Refused(reason) => {
            report.state = BatchState::Refused;
            report.reasons.push(reason);
        }
        Trouble::Failed(error) => return Err(error),
    }
    Ok((report, None))
}

/// Milliseconds since an instant, for the log.
fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn mode_name(mode: inbox::Mode) -> &'static str {
    match mode {
        inbox::Mode::Full => "full",
        inbox::Mode::Changes => "changes",
    }
}

/// A full export from which too many pupils would vanish without papers waits for a person (`vanish_hold` of the policy).
fn shrunken(settings: &Settings, state: &State, taken: &Taken) -> Result<Option<ReasonReport>, NightError> {
    if !taken.full || taken.late || settings.release.contains(&taken.source) {
        return Ok(None);
    }
    let tonight = papers::who_is_let_go(&taken.changes)?;
    let gone = taken
        .rolls
        .vanished
        .iter()
        .filter(|vanished| vanished.registered && !tonight.contains(&vanished.pupil_id))
        .filter(|vanished| !state.is_let_go(vanished.pupil_id, vanished.since))
        .count() as u64;
    let (share, at_least) = settings.policy.vanish_hold();
    let before = taken.rolls.records_before;
    let pupils = taken.files.iter().filter(|file| file.part.table == Table::Students);
    if 0 < before && pupils.map(|file| file.report.rows).sum::<u64>() == 0 {
        return Ok(Some(ReasonReport {
            code: "emptied".to_owned(),
            file: None,
            zh: format!("学生表只有表头而没有行(原有 {before} 名);请核对,确认无误后用 --release {} 放行", taken.source),
            en: format!(
                "the students' table has a header and no rows where {before} were listed; check the export, and if it is right run again with --release {}",
                taken.source
            ),
        }));
    }
    let too_many = at_least <= gone && share * before as f64 <= gone as f64;
    Ok(too_many.then(|| ReasonReport {
        code: "shrunken".to_owned(),
        file: None,
        zh: format!(
            "全量数据比上一次少了 {gone} 名学生而没有变动记录(原有 {before} 名);请核对,确认无误后用 --release {} 放行",
            taken.source
        ),
        en: format!(
            "{gone} of {before} pupils would vanish without a change record; check the export, and if it is right run again with --release {}",
            taken.source
        ),
    }))
}

/// The copy of each file that was read; a file that is no longer what was read makes the batch wait.
fn same_as_read(copies: BTreeMap<String, KeptCopy>, taken: &Taken) -> Result<Vec<KeptCopy>, ReasonReport> {
    let mut kept = Vec::with_capacity(taken.files.len());
    for file in &taken.files {
        let name = &file.part.file;
        match copies.get(name) {
            Some(copy) if copy.sha256 == file.report.sha256 => kept.push(copy.clone()),
            _ => {
                return Err(ReasonReport {
                    code: "changed_while_read".to_owned(),
                    file: Some(name.clone()),
                    zh: format!("{name} 在读取过程中被改动;待其写完后下次再取"),
                    en: format!("{name} changed while it was read; it will be taken once it is still"),
                });
            }
        }
    }
    Ok(kept)
}

fn file_report((file, kept): (&desk::ReadFile, &KeptCopy)) -> FileReport {
    let mut notes = file.report.notes.clone();
    if !file.report.extra_columns.is_empty() {
        notes.push(format!("约定之外的列(随原文件保留):{}", file.report.extra_columns.join("、")));
    }
    FileReport {
        table: file.part.table.name().to_owned(),
        file: file.part.file.clone(),
        sheet: file.part.sheet.clone(),
        encoding: file.report.encoding.clone(),
        rows: file.report.rows,
        accepted: file.accepted(),
        flagged: file.flagged,
        quarantined: file.rejected,
        duplicates_dropped: file.dropped,
        digest: kept.sha256.clone(),
        bytes: kept.bytes,
        landing: kept.place.clone(),
        notes,
    }
}
