//! What a night must know of the nights before: keys, the tree, which batches were taken, which papers lie.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path as FilePath,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use arrow::{
    array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array},
    compute::{concat_batches, take_record_batch},
};
use chrono::{DateTime, Utc};
use domain::{calendar::Day, contract, movement::MovementKind};
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};
use sha2::{Digest, Sha256};
use warehouse::{
    Run, TableSpec, Warehouse,
    draft::{Draft, LetGo},
    error::Damaged,
    seal::hex,
    table::{AUTHORITIES, BATCHES, CHANGES, CLASSES, FINDINGS, RENUMBERED, RIVALS, SCHOOLS, Table},
};

use crate::{
    account::{Word, Words, is_granted, lets_go},
    columns::{Shape, at, days, longs, text},
    night::{
        NightError,
        batch::{SourceHistory, Taken},
        commit::Kept,
        post::Openings,
        tree::Tree,
    },
    pupil::PupilKeys,
    report::FileReport,
};

/// The state of the warehouse as far as a night needs it in memory.
#[derive(Debug)]
pub struct State {
    /// The keys of the warehouse.
    pub keys: PupilKeys,
    /// Authorities, schools, classes.
    pub tree: Tree,
    /// Records that do not count.
    pub rivals: Vec<RecordBatch>,
    /// Pupils whose key facts were changed by paper.
    pub key_changes: HashSet<i64>,
    /// The latest day on which a paper lets a pupil go.
    let_go: HashMap<i64, Day>,
    sources: BTreeMap<String, SourceHistory>,
    taken: HashMap<(String, Day), BTreeMap<String, TakenFile>>,
    published_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
struct TakenFile {
    bytes: u64,
    digest: String,
}

impl State {
    /// Loads it from the tables of a run.
    pub async fn load(warehouse: &Warehouse, run: &Run) -> Result<State, NightError> {
        let keys = PupilKeys::new(vault_key(warehouse).await?);
        let tree = Tree::new(
            whole(warehouse, run, &AUTHORITIES).await?,
            whole(warehouse, run, &SCHOOLS).await?,
            whole(warehouse, run, &CLASSES).await?,
        )?;
        let mut state = State {
            keys,
            tree,
            rivals: whole(warehouse, run, &RIVALS).await?,
            key_changes: HashSet::new(),
            let_go: HashMap::new(),
            sources: BTreeMap::new(),
            taken: HashMap::new(),
            published_at: run.tables.contains_key(BATCHES.name).then_some(run.started_at),
        };
        for rows in columns(warehouse, run, &RENUMBERED, &["student_no", "pupil_id"]).await? {
            let (numbers, pupils) = (text(&rows, "student_no")?, longs(&rows, "pupil_id")?);
            for row in 0..rows.num_rows() {
                state.keys.renumber(numbers.value(row), pupils.value(row));
            }
        }
        for rows in columns(warehouse, run, &CHANGES, &["pupil_id", "kind", "result", "effective_on"]).await? {
            state.note_papers(std::slice::from_ref(&rows))?;
        }
        for rows in whole(warehouse, run, &BATCHES).await? {
            let (sources, on, files) = (text(&rows, "source")?, days(&rows, "day")?, text(&rows, "file")?);
            let (bytes, digests, modes) = (longs(&rows, "bytes")?, text(&rows, "digest")?, text(&rows, "mode")?);
            for row in 0..rows.num_rows() {
                let (source, day) = (sources.value(row), Day::from_epoch_days(on.value(row)));
                state.note_batch(source, day, modes.value(row) == "full");
                let file = TakenFile {
                    bytes: u64::try_from(bytes.value(row)).unwrap_or_default(),
                    digest: digests.value(row).to_owned(),
                };
                state.taken.entry((source.to_owned(), day)).or_default().insert(files.value(row).to_owned(), file);
            }
        }
        Ok(state)
    }

    /// What is known of a source.
    pub fn source(&self, source: &str) -> SourceHistory {
        self.sources.get(source).cloned().unwrap_or_default()
    }

    /// Notes that a batch was taken.
    pub fn note_batch(&mut self, source: &str, day: Day, full: bool) {
        let history = self.sources.entry(source.to_owned()).or_default();
        if full {
            history.full_days.insert(day);
        }
        history.opened_on = Some(history.opened_on.map_or(day, |opened| opened.min(day)));
    }

    /// Notes whose papers lie.
    pub fn note_papers(&mut self, changes: &[RecordBatch]) -> Shape<()> {
        for rows in changes {
            let (pupils, kinds, results) = (longs(rows, "pupil_id")?, text(rows, "kind")?, text(rows, "result")?);
            let effective_on = days(rows, "effective_on")?;
            for row in 0..rows.num_rows() {
                let Some(kind) = MovementKind::from_label(kinds.value(row)).filter(|_| is_granted(at(results, row)))
                else {
                    continue;
                };
                if kind == MovementKind::KeyChange {
                    self.key_changes.insert(pupils.value(row));
                }
                if lets_go(kind) {
                    let day = Day::from_epoch_days(effective_on.value(row));
                    self.let_go.entry(pupils.value(row)).and_modify(|latest| *latest = day.max(*latest)).or_insert(day);
                }
            }
        }
        Ok(())
    }

    /// Whether a paper lets a pupil go from an account that has stood since a day. An older one let him go from an earlier account.
    pub fn is_let_go(&self, pupil_id: i64, since: Day) -> bool {
        self.let_go.get(&pupil_id).is_some_and(|&day| since <= day)
    }

    /// When each source opened.
    pub fn openings(&self, words: &Mutex<Words>) -> Openings {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        self.sources
            .iter()
            .filter_map(|(source, history)| Some((words.number(source), history.opened_on?)))
            .collect::<HashMap<Word, Day>>()
    }

    /// Whether any record does not count.
    pub fn has_rivals(&self) -> bool {
        self.rivals.iter().any(|rows| 0 < rows.num_rows())
    }

    /// Whether a batch was taken already and its files are still what they were.
    ///
    /// Size and time of change tell at once; where a file was touched since, its digest decides.
    pub fn has_taken(&self, inbox: &FilePath, source: &str, day: Day) -> bool {
        let Some(files) = self.taken.get(&(source.to_owned(), day)) else { return false };
        let folder = inbox.join(source).join(day.to_string());
        files.iter().all(|(name, taken)| {
            let path = folder.join(name);
            let Ok(meta) = fs_err::symlink_metadata(&path) else { return true };
            if meta.len() != taken.bytes {
                return false;
            }
            let untouched = match (meta.modified(), self.published_at) {
                (Ok(modified), Some(published)) => modified < SystemTime::from(published),
                _ => false,
            };
            untouched || digest_of(&path).is_ok_and(|digest| digest == taken.digest)
        })
    }
}

fn digest_of(path: &FilePath) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut fs_err::File::open(path)?, &mut hasher)?;
    Ok(hex(&hasher.finalize()))
}

const KEY: &str = "vault/pupil.key";

/// The warehouse's secret, made when the first night runs.
async fn vault_key(warehouse: &Warehouse) -> Result<[u8; 16], NightError> {
    let place = Path::from(KEY);
    let store = warehouse.store();
    let secret: Vec<u8> = Sha256::digest(uuid::Uuid::new_v4().into_bytes()).iter().copied().take(16).collect();
    let fresh = format!("{}{}", hex(&secret), check_of(&secret));
    let create = PutOptions { mode: PutMode::Create, ..Default::default() };
    match store.put_opts(&place, PutPayload::from(fresh), create).await {
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    read_key(warehouse).await
}

/// The secret that is there: 16 bytes in hexadecimal and as many of their digest. With another one, every pupil would be a stranger.
pub async fn read_key(warehouse: &Warehouse) -> Result<[u8; 16], NightError> {
    let damaged = || NightError::Warehouse(Damaged { path: KEY.to_owned() }.into());
    let text = warehouse.store().get(&Path::from(KEY)).await?.bytes().await?;
    let mut key = [0; 16];
    for (at, byte) in key.iter_mut().enumerate() {
        let pair = text.get(at * 2..at * 2 + 2).and_then(|pair| std::str::from_utf8(pair).ok());
        *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(damaged)?;
    }
    if text[..] != *format!("{}{}", hex(&key), check_of(&key)).as_bytes() {
        return Err(damaged());
    }
    Ok(key)
}

fn check_of(key: &[u8]) -> String {
    hex(Sha256::digest(key).get(..16).unwrap_or_default())
}

async fn whole(warehouse: &Warehouse, run: &Run, table: &Table) -> Result<Vec<RecordBatch>, NightError> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    columns(warehouse, run, table, &names).await
}

async fn columns(
    warehouse: &Warehouse,
    run: &Run,
    table: &Table,
    names: &[&str],
) -> Result<Vec<RecordBatch>, NightError> {
    let Some(published) = run.tables.get(table.name) else { return Ok(Vec::new()) };
    let contents = warehouse.contents(published).await?;
    let mut batches = Vec::new();
    for file in &contents.files {
        batches.extend(warehouse.read_file(&contents, file, names).await?);
    }
    Ok(batches)
}

/// A source's rows of the table `findings`.
pub async fn findings_of(draft: &Draft, source: &str) -> Result<Vec<RecordBatch>, NightError> {
    of_source(draft, &FINDINGS, source).await
}

async fn of_source(draft: &Draft, table: &Table, source: &str) -> Result<Vec<RecordBatch>, NightError> {
    let Some(published) = draft.run().tables.get(table.name) else { return Ok(Vec::new()) };
    let contents = draft.warehouse().contents(published).await?;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut batches = Vec::new();
    for file in contents.files.iter().filter(|file| file.partition.first().and_then(Option::as_deref) == Some(source)) {
        batches.extend(draft.warehouse().read_file(&contents, file, &names).await?);
    }
    Ok(batches)
}

/// A taken batch as rows of the table `batches`.
pub fn batch_rows(run_id: i64, batch: &Taken, files: &[FileReport]) -> Shape<RecordBatch> {
    let n = files.len();
    let texts =
        |pick: fn(&FileReport) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(files.iter().map(pick))) };
    let longs = |pick: fn(&FileReport) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(files.iter().map(|file| i64::try_from(pick(file)).unwrap_or(i64::MAX))))
    };
    let mode = if batch.full { "full" } else { "changes" };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![run_id; n])),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(batch.source.as_str(), n))),
        Arc::new(Date32Array::from(vec![batch.day.epoch_days(); n])),
        texts(|file| &file.table),
        texts(|file| &file.file),
        Arc::new(files.iter().map(|file| file.sheet.as_deref()).collect::<StringArray>()),
        texts(|file| &file.encoding),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(mode, n))),
        longs(|file| file.rows),
        longs(|file| file.accepted),
        longs(|file| file.flagged),
        longs(|file| file.quarantined),
        longs(|file| file.duplicates_dropped),
        longs(|file| file.bytes),
        texts(|file| &file.digest),
        texts(|file| &file.landing),
    ];
    RecordBatch::try_new(BATCHES.schema(), columns)
}

/// Keeps the numbers that replaced an earlier one; from now on they lead to the pupil who bore that.
pub async fn commit_renumbered(draft: &mut Draft, state: &mut State, taken: &[Kept]) -> Result<(), NightError> {
    let lines: Vec<(&str, i64, Day, &str)> = taken
        .iter()
        .flat_map(|Kept { batch, .. }| {
            batch
                .renumbered
                .iter()
                .map(|(number, pupil_id)| (number.as_str(), *pupil_id, batch.day, batch.source.as_str()))
        })
        .collect();
    let spec = TableSpec::from(&RENUMBERED);
    if lines.is_empty() && draft.run().tables.contains_key(RENUMBERED.name) {
        return Ok(());
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| line.0))),
        Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.1))),
        Arc::new(Date32Array::from_iter_values(lines.iter().map(|line| line.2.epoch_days()))),
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| line.3))),
    ];
    let mut writer = draft.writer(&spec).await?;
    writer.write(RecordBatch::try_new(RENUMBERED.schema(), columns)?).await?;
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Nothing).await?;
    for (number, pupil_id, _, _) in lines {
        state.keys.renumber(number, pupil_id);
    }
    Ok(())
}

/// Merges side facts into their table: the newest word on each key of a source stands.
pub async fn merge_side_facts(
    draft: &mut Draft,
    table: &'static Table,
    stated: &[(&str, Day, &RecordBatch)],
) -> Result<(), NightError> {
    let spec = TableSpec::from(table);
    let mut writer = draft.writer(&spec).await?;
    let mut replaced = BTreeSet::new();
    let mut sources: Vec<&str> = stated.iter().map(|(source, _, _)| *source).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        let mut rows = of_source(draft, table, source).await?;
        rows.extend(stated.iter().filter(|(of, _, _)| *of == source).map(|(_, _, rows)| (*rows).clone()));
        let rows = concat_batches(&table.schema(), &rows)?;
        writer.write(newest(table, &rows)?).await?;
        replaced.insert(vec![Some(source.to_owned())]);
    }
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Partitions(replaced)).await?;
    Ok(())
}

fn newest(table: &Table, rows: &RecordBatch) -> Shape<RecordBatch> {
    let key: Vec<ArrayRef> = contract::Table::ALL
        .iter()
        .find(|known| known.name() == table.name)
        .map(|known| known.columns())
        .unwrap_or_default()
        .iter()
        .filter(|column| column.key)
        .map(|column| if column.field == "student_no" { "pupil_id" } else { column.field })
        .filter_map(|name| rows.column_by_name(name).cloned())
        .collect();
    let fields = key.iter().map(|column| arrow::row::SortField::new(column.data_type().clone())).collect();
    let keys = arrow::row::RowConverter::new(fields)?.convert_columns(&key)?;
    let day = days(rows, "source_day")?;
    let mut stands: HashMap<&[u8], usize> = HashMap::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        let key = keys.row(row);
        let standing = stands.entry(key.data()).or_insert(row);
        if day.value(*standing) <= day.value(row) {
            *standing = row;
        }
    }
    let mut kept: Vec<usize> = stands.into_values().collect();
    kept.sort_unstable();
    let kept: UInt32Array =
        kept.into_iter().map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect::<Vec<_>>().into();
    take_record_batch(rows, &kept)
}
