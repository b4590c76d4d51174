//! The opening of a source: every pupil it lists begins with one entry, and no account changes.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::{
    array::{BooleanArray, RecordBatch},
    compute::{filter_record_batch, not},
};
use warehouse::{
    TableSpec,
    draft::{Draft, NewFile},
    run::DataFile,
    table::{LEDGER, STUDENTS},
};

use crate::{
    account::{Statement, Words},
    claims::AccountColumns,
    columns::{Shape, longs},
    diff::Difference,
    ledger::opening_rows,
    night::{NightError, batch::Taken, commit::Kept, post::STATEMENT_COLUMNS},
    side_by_side::side_by_side,
};

/// What opening came to.
#[derive(Debug, Default)]
pub struct Opened {
    /// New files of `ledger`.
    pub files: Vec<NewFile>,
    /// The statements of pupils whose entries depend on more than this batch.
    pub held_back: Vec<Difference>,
    /// Entries posted.
    pub posted: u64,
}

/// Opens the balances of sources that are new: one entry for each pupil, but for those `concerned`, whose statements are returned.
pub async fn open_balances(
    draft: &Draft,
    taken: &[Kept],
    concerned: &HashSet<i64>,
    words: &Mutex<Words>,
    run_id: i64,
) -> Result<Opened, NightError> {
    let mut opened = Opened::default();
    let spec = TableSpec::from(&STUDENTS);
    let ledger = draft.writers(&TableSpec::from(&LEDGER)).await?;
    for Kept { batch, .. } in taken.iter().filter(|Kept { batch, .. }| batch.opens) {
        let contents = draft.preview(&spec, &batch.rolls.students.files)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shares: Vec<&[DataFile]> = contents.files.chunks(contents.files.len().div_ceil(cores).max(1)).collect();
        let posted = AtomicU64::new(0);
        let runtime = tokio::runtime::Handle::current();
        let open = |share: usize| -> Result<(Vec<NewFile>, Vec<Difference>), NightError> {
            let mut writer = ledger.writer()?;
            let mut held_back = Vec::new();
            for file in shares.get(share).copied().unwrap_or_default() {
                for rows in runtime.block_on(draft.warehouse().read_file(&contents, file, &STATEMENT_COLUMNS))? {
                    let pupils = longs(&rows, "pupil_id")?;
                    let alone: BooleanArray =
                        pupils.values().iter().map(|pupil_id| Some(!concerned.contains(pupil_id))).collect();
                    let rows = match alone.false_count() {
                        0 => rows,
                        _ => {
                            held_back.extend(first_words(batch, &filter_record_batch(&rows, &not(&alone)?)?, words)?);
                            filter_record_batch(&rows, &alone)?
                        }
                    };
                    posted.fetch_add(rows.num_rows() as u64, Ordering::Relaxed);
                    runtime.block_on(writer.write(opening_rows(run_id, batch.day, &rows)?))?;
                }
            }
            Ok((runtime.block_on(writer.finish())?, held_back))
        };
        for (files, held_back) in tokio::task::block_in_place(|| side_by_side(shares.len(), open))? {
            opened.files.extend(files);
            opened.held_back.extend(held_back);
        }
        opened.posted += posted.into_inner();
    }
    Ok(opened)
}

/// The first word of a source about each of these rows' pupils.
fn first_words(batch: &Taken, rows: &RecordBatch, words: &Mutex<Words>) -> Shape<Vec<Difference>> {
    let pupils = longs(rows, "pupil_id")?;
    let accounts = AccountColumns::of(rows)?;
    let stated = |row| Statement { stated_on: batch.day, account: Some(accounts.account(row, words)) };
    let first = |row| Difference {
        pupil_id: pupils.value(row),
        source: batch.word,
        before: Vec::new(),
        after: vec![stated(row)],
    };
    Ok((0..rows.num_rows()).map(first).collect())
}
