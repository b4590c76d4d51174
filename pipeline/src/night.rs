//! The facts of a night: every batch that waits in the inbox, taken or said why not, and the pupils moved in the ledger.
//!
//! inbox → desk (read, check, quarantine) → rolls (last night against tonight) → timelines → ledger. The caller holds the draft of
//! the run; what is done here is committed to it day by day and seen by nobody until the caller publishes.

mod batch;
mod desk;
mod landing;
mod papers;
mod post;
mod state;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use arrow::{array::RecordBatch, error::ArrowError};
use domain::{calendar::Day, policy::Policy};
use warehouse::{
    TableSpec,
    draft::{Draft, LetGo},
    table::{BATCHES, FINDINGS, IDENTITIES, LEDGER, QUARANTINE, RIVALS, STUDENTS},
};

use self::landing::Kept;
pub use self::landing::verify_copies;
use self::{
    batch::{Bench, Replacement, Taken, Trouble},
    post::{Claims, Posting, published_claims},
    state::State,
    tree::{Stated, Tree},
};
use crate::{
    account::{Statement, Words},
    columns::longs,
    diff::{AccountColumns, Difference},
    inbox,
    ledger::Entries,
    quarantine::{Flag, SeenBefore, batch_name},
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

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn batch(&self, _: &str, _: Day, _: usize, _: usize) {}
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
    let mut state = State::load(draft.warehouse(), draft.run()).await?;
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
            taken.extend(batch.map(|(batch, kept)| (facts.batches.len(), batch, kept)));
            facts.batches.push(report);
        }
        if !taken.is_empty() {
            facts.taken += taken.len();
            commit_day(draft, &mut state, &words, &terms, taken, &mut facts).await?;
        }
    }
    let _ = fs_err::remove_dir_all(&settings.scratch);
    Ok(facts)
}

type Copies = Vec<Kept>;

async fn take_one(
    draft: &Draft,
    settings: &Settings,
    state: &State,
    words: &Mutex<Words>,
    found: inbox::Found,
) -> Result<(BatchReport, Option<(Taken, Copies)>), NightError> {
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
    let trouble = match bench.take(&batch, state.tree.known()?, &history).await {
        Ok(taken) => match shrunken(settings, state, &taken)? {
            Some(reason) => Trouble::Held(reason),
            None => match copies(draft, &batch, &taken).await? {
                Ok(kept) => {
                    report.files = taken.files.iter().zip(&kept).map(file_report).collect();
                    return Ok((report, Some((taken, kept))));
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

/// Keeps a copy of every file; a file that is no longer what was read makes the batch wait.
async fn copies(
    draft: &Draft,
    batch: &inbox::Batch,
    taken: &Taken,
) -> Result<Result<Copies, ReasonReport>, NightError> {
    let mut kept = Vec::with_capacity(taken.files.len());
    for file in &taken.files {
        let copy = landing::keep(draft.warehouse(), &batch.source, &batch.day.to_string(), &file.part).await?;
        if copy.sha256 != file.report.sha256 {
            let name = &file.part.file;
            return Ok(Err(ReasonReport {
                code: "changed_while_read".to_owned(),
                file: Some(name.clone()),
                zh: format!("{name} 在读取过程中被改动;待其写完后下次再取"),
                en: format!("{name} changed while it was read; it will be taken once it is still"),
            }));
        }
        kept.push(copy);
    }
    Ok(Ok(kept))
}

fn file_report((file, kept): (&desk::ReadFile, &Kept)) -> FileReport {
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

/// Commits the batches of one day: units, papers, pupils, and the movements that follow.
async fn commit_day(
    draft: &mut Draft,
    state: &mut State,
    words: &Mutex<Words>,
    terms: &Terms,
    mut taken: Vec<(usize, Taken, Copies)>,
    facts: &mut Facts,
) -> Result<(), NightError> {
    let warehouse = draft.warehouse().clone();
    let run_id = i64::try_from(draft.run().run_id).unwrap_or(i64::MAX);
    let base = draft.run().clone();

    for (_, batch, _) in &taken {
        let stated = |rows| Stated { source: &batch.source, day: batch.day, rows };
        state.tree.take(stated(&batch.authorities), stated(&batch.schools), stated(&batch.classes))?;
    }
    for (table, rows) in state.tree.changed_tables()? {
        draft.replace(&TableSpec::from(table), vec![rows]).await?;
    }
    state.tree = Tree::settled(&state.tree)?;

    let openings_before = state.openings(words);
    for (_, batch, _) in &taken {
        state.note_batch(&batch.source, batch.day, batch.full);
    }
    let openings_now = state.openings(words);

    let changes: Vec<RecordBatch> = taken.iter().map(|(_, batch, _)| batch.changes.clone()).collect();
    let fresh = papers::merge(&warehouse, &base, &changes).await?;

    let mut differences: Vec<Difference> = Vec::new();
    for (_, batch, _) in &mut taken {
        differences.append(&mut batch.rolls.differences);
    }
    let mut concerned: HashSet<i64> = differences.iter().map(|difference| difference.pupil_id).collect();
    let twice = in_two_openings(&taken);
    concerned.extend(&twice);
    let opened: HashSet<i64> = taken.iter().flat_map(|(_, batch, _)| batch.rolls.opened.iter().copied()).collect();
    for (_, batch, _) in &taken {
        if openings_before.get(&batch.word).is_some_and(|&opened| batch.day < opened) {
            concerned.extend(post::pupils_of(&warehouse, &base, &batch.source).await?);
        }
    }
    let mut asked: HashSet<i64> = &concerned | &fresh.pupils;
    if base.tables.contains_key(STUDENTS.name) {
        asked.extend(&opened);
    }
    let before: Claims = published_claims(&warehouse, &base, &asked, words).await?;
    concerned.extend(fresh.pupils.iter().filter(|pupil_id| before.contains_key(pupil_id)));
    concerned.extend(before.keys().filter(|pupil_id| opened.contains(pupil_id)));

    let mut entries = Entries::default();
    let ledger = TableSpec::from(&LEDGER);
    let mut ledger_writer = draft.writer(&ledger).await?;
    let openings =
        open_balances(draft, &taken, &concerned, words, run_id, &mut entries, &mut ledger_writer, facts).await?;
    differences.extend(openings);

    let (papers_before, papers_now) = papers::of_pupils(&warehouse, &base, &fresh, &concerned, words).await?;
    let rivals = {
        let words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let posting = Posting {
            run_id,
            before: &before,
            differences: &differences,
            papers_before: &papers_before,
            papers_now: &papers_now,
            openings_before: &openings_before,
            openings_now: &openings_now,
        };
        let rivals = posting.post(&concerned, terms, &words, &mut entries, &mut facts.movements);
        post::rivals_table(&state.rivals, &concerned, &rivals, &words)?
    };
    ledger_writer.write(entries.take()?).await?;
    let posted = ledger_writer.finish().await?;
    if !posted.is_empty() || !base.tables.contains_key(LEDGER.name) {
        draft.commit(&ledger, posted, &LetGo::Nothing).await?;
    }
    if !base.tables.contains_key(RIVALS.name) || rivals.num_rows() != 0 || state.has_rivals() {
        draft.replace(&TableSpec::from(&RIVALS), vec![rivals.clone()]).await?;
    }
    state.rivals = vec![rivals];
    state.note_papers(&changes)?;
    fresh.commit(draft).await?;
    commit_pupils(draft, &mut taken).await?;
    commit_findings(draft, state, &taken).await?;
    commit_side_facts(draft, &taken).await?;
    state::commit_renumbered(draft, state, &taken).await?;

    let records: Vec<RecordBatch> = taken
        .iter()
        .map(|(at, batch, _)| state::batch_rows(run_id, batch, &facts.batches[*at].files))
        .collect::<Result<_, _>>()?;
    let spec = TableSpec::from(&BATCHES);
    let mut writer = draft.writer(&spec).await?;
    for rows in records {
        writer.write(rows).await?;
    }
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Nothing).await?;
    for (at, batch, _) in taken {
        if let Some(report) = facts.batches.get_mut(at) {
            report.issues = batch.issues.into_list();
        }
    }
    Ok(())
}

/// Pupils whom two sources list that open on the same day.
fn in_two_openings(taken: &[(usize, Taken, Copies)]) -> HashSet<i64> {
    let mut all: Vec<i64> = taken.iter().flat_map(|(_, batch, _)| batch.rolls.opened.iter().copied()).collect();
    all.sort_unstable();
    all.windows(2).filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied()).flatten()).collect()
}

/// Opens the balances of sources that are new: one entry for each pupil, but for those `concerned`, whose statements are returned.
#[allow(clippy::too_many_arguments)]
async fn open_balances(
    draft: &Draft,
    taken: &[(usize, Taken, Copies)],
    concerned: &HashSet<i64>,
    words: &Mutex<Words>,
    run_id: i64,
    entries: &mut Entries,
    ledger: &mut warehouse::draft::TableWriter,
    facts: &mut Facts,
) -> Result<Vec<Difference>, NightError> {
    const ENTRIES_AT_ONCE: usize = 131_072;
    let mut held_back = Vec::new();
    let spec = TableSpec::from(&STUDENTS);
    let names: Vec<&str> = STUDENTS.columns.iter().map(|column| column.name).collect();
    let mut posted = 0;
    for (_, batch, _) in taken.iter().filter(|(_, batch, _)| batch.opens) {
        let contents = draft.preview(&spec, &batch.rolls.students.files)?;
        for file in &contents.files {
            for rows in draft.warehouse().read_file(&contents, file, &names).await? {
                let pupil_ids = longs(&rows, "pupil_id")?;
                let accounts = AccountColumns::of(&rows)?;
                for (row, &pupil_id) in pupil_ids.values().iter().enumerate() {
                    let account = accounts.account(row, words);
                    if concerned.contains(&pupil_id) {
                        held_back.push(Difference {
                            pupil_id,
                            source: batch.word,
                            before: Vec::new(),
                            after: vec![Statement { stated_on: batch.day, account: Some(account) }],
                        });
                    } else {
                        let words = words.lock().unwrap_or_else(PoisonError::into_inner);
                        entries.post_opening(run_id, pupil_id, batch.day, account, &words);
                        posted += 1;
                    }
                }
                if ENTRIES_AT_ONCE <= entries.len() {
                    ledger.write(entries.take()?).await?;
                }
            }
        }
    }
    if 0 < posted {
        *facts.movements.entry("期初".to_owned()).or_default() += posted;
    }
    Ok(held_back)
}

async fn commit_pupils(draft: &mut Draft, taken: &mut [(usize, Taken, Copies)]) -> Result<(), NightError> {
    let mut commits: Vec<(&'static warehouse::table::Table, Replacement)> = vec![
        (&STUDENTS, Replacement::default()),
        (&IDENTITIES, Replacement::default()),
        (&warehouse::table::CLAIMS, Replacement::default()),
    ];
    for (_, batch, _) in taken.iter_mut() {
        let rolls = &mut batch.rolls;
        for ((_, all), one) in commits.iter_mut().zip([&mut rolls.students, &mut rolls.identities, &mut rolls.claims]) {
            all.files.append(&mut one.files);
            all.partitions.append(&mut one.partitions);
        }
    }
    for (table, replacement) in commits {
        if !replacement.partitions.is_empty() || !draft.run().tables.contains_key(table.name) {
            let spec = TableSpec::from(table);
            draft.commit(&spec, replacement.files, &LetGo::Partitions(replacement.partitions)).await?;
        }
    }
    Ok(())
}

async fn commit_findings(draft: &mut Draft, state: &State, taken: &[(usize, Taken, Copies)]) -> Result<(), NightError> {
    let spec = TableSpec::from(&FINDINGS);
    let mut writer = draft.writer(&spec).await?;
    let mut replaced = BTreeSet::new();
    for (_, batch, _) in taken {
        // Of a late batch only what it shows of the days around it is news; the list is of the present.
        let flags: Vec<Flag> =
            batch.flags.iter().filter(|flag| !batch.late || !flag.is_seen_on_the_row()).cloned().collect();
        let before = state::findings_of(draft, &batch.source).await?;
        let listed = &batch.rolls.listed;
        let settled = SeenBefore::of(before)?.settled(&batch.source, batch.day, &flags, |pupil_id, rule| {
            // A key field that changed without papers stays a remark until papers come; all others are made anew each night.
            match rule {
                "key_changed" => pupil_id.is_some_and(|pupil_id| !state.key_changes.contains(&pupil_id)),
                _ => batch.late || (!batch.full && pupil_id.is_some_and(|pupil_id| !listed.contains(&pupil_id))),
            }
        })?;
        for rows in settled {
            writer.write(rows).await?;
        }
        replaced.insert(vec![Some(batch.source.clone())]);
    }
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Partitions(replaced)).await?;
    let spec = TableSpec::from(&QUARANTINE);
    let replaced = taken.iter().map(|(_, batch, _)| vec![Some(batch_name(&batch.source, batch.day))]).collect();
    let files = taken.iter().flat_map(|(_, batch, _)| batch.quarantined.iter().cloned()).collect();
    draft.commit(&spec, files, &LetGo::Partitions(replaced)).await?;
    Ok(())
}

async fn commit_side_facts(draft: &mut Draft, taken: &[(usize, Taken, Copies)]) -> Result<(), NightError> {
    type Stated<'a> = (&'static warehouse::table::Table, Vec<(&'a str, Day, &'a RecordBatch)>);
    let mut by_table: HashMap<&'static str, Stated<'_>> = HashMap::new();
    for (_, batch, _) in taken {
        for (table, rows) in &batch.facts {
            by_table.entry(table.name).or_insert((table, Vec::new())).1.push((&batch.source, batch.day, rows));
        }
    }
    let mut names: Vec<&str> = by_table.keys().copied().collect();
    names.sort_unstable();
    for name in names {
        if let Some((table, stated)) = by_table.remove(name) {
            state::merge_side_facts(draft, table, &stated).await?;
        }
    }
    Ok(())
}
