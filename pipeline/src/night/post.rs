//! From differences to entries: the timelines of the pupils concerned, as they were and as they are.
//!
//! What was posted before is not read back: it is what the timeline of the former statements and papers was. So posting needs only
//! the pupils whom tonight concerns, however large the ledger has grown.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray},
    compute::filter_record_batch,
};
use domain::calendar::Day;
use warehouse::{
    Run, Warehouse,
    table::{CLAIMS, RIVALS, STUDENTS, Table},
};

use crate::{
    account::{Account, Claim, Movement, Paper, Statement, Word, Words},
    claims::{AccountColumns, statements},
    columns::{Shape, days, longs},
    diff::Difference,
    ledger::Entries,
    night::NightError,
    side_by_side::side_by_side,
    timeline::{Terms, timeline},
};

/// The days on which sources opened their balances.
pub type Openings = HashMap<Word, Day>;

/// The columns of which a source's present statement is read.
pub const STATEMENT_COLUMNS: [&str; 14] = [
    "pupil_id",
    "since_on",
    "school_id",
    "class_id",
    "grade",
    "stage",
    "status",
    "sex",
    "ethnicity",
    "hukou_kind",
    "study_mode",
    "migrant",
    "left_behind",
    "disability",
];

/// The claims of some pupils, by pupil and source.
pub type Claims = BTreeMap<i64, BTreeMap<Word, Vec<Statement>>>;

/// What every source says of these pupils by the published tables.
pub async fn published_claims(
    warehouse: &Warehouse,
    run: &Run,
    pupils: &HashSet<i64>,
    words: &Mutex<Words>,
) -> Result<Claims, NightError> {
    let mut claims = Claims::new();
    if pupils.is_empty() {
        return Ok(claims);
    }
    let names: Vec<&str> = CLAIMS.columns.iter().map(|column| column.name).collect();
    for (source, rows) in rows_of_pupils(warehouse, run, &CLAIMS, &names, pupils).await? {
        let source = number(words, &source);
        for (pupil_id, said) in statements(&rows, words)? {
            claims.entry(pupil_id).or_default().entry(source).or_default().extend(said);
        }
    }
    for (source, rows) in rows_of_pupils(warehouse, run, &STUDENTS, &STATEMENT_COLUMNS, pupils).await? {
        let source = number(words, &source);
        let (pupil_ids, since) = (longs(&rows, "pupil_id")?, days(&rows, "since_on")?);
        let accounts = AccountColumns::of(&rows)?;
        for row in 0..rows.num_rows() {
            claims.entry(pupil_ids.value(row)).or_default().entry(source).or_default().push(Statement {
                stated_on: Day::from_epoch_days(since.value(row)),
                account: Some(accounts.account(row, words)),
            });
        }
    }
    Ok(claims)
}

/// The rows of these pupils in a table that is kept apart by source, each run of rows with its source.
async fn rows_of_pupils(
    warehouse: &Warehouse,
    run: &Run,
    table: &Table,
    columns: &[&str],
    pupils: &HashSet<i64>,
) -> Result<Vec<(String, RecordBatch)>, NightError> {
    let Some(published) = run.tables.get(table.name) else { return Ok(Vec::new()) };
    let contents = warehouse.contents(published).await?;
    let runtime = tokio::runtime::Handle::current();
    let pupils = Arc::new(pupils.clone());
    let read = |number: usize| -> Result<Vec<(String, RecordBatch)>, NightError> {
        let Some((file, source)) =
            contents.files.get(number).and_then(|file| Some((file, file.partition.first()?.as_deref()?)))
        else {
            return Ok(Vec::new());
        };
        let rows = runtime.block_on(warehouse.read_rows(&contents, file, columns, "pupil_id", &pupils))?;
        Ok(rows.into_iter().map(|rows| (source.to_owned(), rows)).collect())
    };
    let found = tokio::task::block_in_place(|| side_by_side(contents.files.len(), read))?;
    Ok(found.into_iter().flatten().collect())
}

/// Every pupil of whom a source has ever said anything. A batch from before its opening moves the opening of all of them.
pub async fn pupils_of(warehouse: &Warehouse, run: &Run, source: &str) -> Result<HashSet<i64>, NightError> {
    let mut pupils = HashSet::new();
    for table in [&STUDENTS, &CLAIMS] {
        let Some(published) = run.tables.get(table.name) else { continue };
        let contents = warehouse.contents(published).await?;
        for file in
            contents.files.iter().filter(|file| file.partition.first().and_then(Option::as_deref) == Some(source))
        {
            for rows in warehouse.read_file(&contents, file, &["pupil_id"]).await? {
                pupils.extend(longs(&rows, "pupil_id")?.values());
            }
        }
    }
    Ok(pupils)
}

fn number(words: &Mutex<Words>, text: &str) -> Word {
    words.lock().unwrap_or_else(PoisonError::into_inner).number(text)
}

/// What is posted for the pupils concerned.
#[derive(Debug)]
pub struct Posting<'a> {
    /// The run that learns of it.
    pub run_id: i64,
    /// What sources said before tonight.
    pub before: &'a Claims,
    /// What changes tonight.
    pub differences: &'a [Difference],
    /// The papers before tonight.
    pub papers_before: &'a HashMap<i64, Vec<Paper>>,
    /// The papers now.
    pub papers_now: &'a HashMap<i64, Vec<Paper>>,
    /// When sources opened, before tonight.
    pub openings_before: &'a Openings,
    /// When sources opened, by now.
    pub openings_now: &'a Openings,
}

/// A record that does not count, because another source holds its pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    pupil_id: i64,
    source: Word,
    account: Account,
    holder: Word,
    since: Day,
}

impl Posting<'_> {
    /// Posts what changes for each pupil and returns the records that do not count.
    pub fn post(
        &self,
        pupils: &HashSet<i64>,
        terms: &Terms,
        words: &Words,
        entries: &mut Entries,
        movements: &mut BTreeMap<String, u64>,
    ) -> Vec<Rival> {
        let mut changed: HashMap<i64, Vec<&Difference>> = HashMap::new();
        for difference in self.differences {
            changed.entry(difference.pupil_id).or_default().push(difference);
        }
        for differences in changed.values_mut() {
            differences.sort_by_key(|difference| difference.before.is_empty());
        }
        let mut ordered: Vec<i64> = pupils.iter().copied().collect();
        ordered.sort_unstable();
        let mut rivals = Vec::new();
        let none = BTreeMap::new();
        for pupil_id in ordered {
            let said = self.before.get(&pupil_id).unwrap_or(&none);
            let mut says = said.clone();
            for difference in changed.get(&pupil_id).into_iter().flatten() {
                let now = says.entry(difference.source).or_default();
                *now = replayed(now, difference);
            }
            let before = claims_of(said, self.openings_before);
            let now = claims_of(&says, self.openings_now);
            let no_papers = Vec::new();
            let papers =
                |of: &HashMap<i64, Vec<Paper>>| -> Vec<Paper> { of.get(&pupil_id).unwrap_or(&no_papers).clone() };
            let stood = timeline(&before, &papers(self.papers_before), terms, words);
            let stands = timeline(&now, &papers(self.papers_now), terms, words);
            entries.post_difference(self.run_id, pupil_id, &stood.movements, &stands.movements, words);
            for movement in stands.movements.iter().filter(|movement| !stood.movements.contains(movement)) {
                count(movements, movement);
            }
            if let Some(holder) = stands.holder {
                rivals.extend(stands.others.iter().map(|&(source, account, since)| Rival {
                    pupil_id,
                    source,
                    account,
                    holder,
                    since,
                }));
            }
        }
        rivals
    }
}

/// Counts a movement under its kind.
pub fn count(movements: &mut BTreeMap<String, u64>, movement: &Movement) {
    *movements.entry(movement.kind.label().to_owned()).or_default() += 1;
}

/// A difference of one bucket, applied to the whole word of the source.
///
/// Where a number was replaced, the pupil leaves one bucket and enters another on the same day: two differences of one pupil.
fn replayed(now: &[Statement], difference: &Difference) -> Vec<Statement> {
    if difference.before.is_empty() || now == difference.before.as_slice() {
        let mut merged: Vec<Statement> = now
            .iter()
            .filter(|_| difference.before.is_empty())
            .copied()
            .chain(difference.after.iter().copied())
            .collect();
        merged.sort_by_key(|statement| (statement.stated_on, statement.account.is_some()));
        let mut kept: Vec<Statement> = Vec::with_capacity(merged.len());
        for statement in merged {
            match kept.last_mut() {
                Some(last) if last.stated_on == statement.stated_on => *last = statement,
                _ => kept.push(statement),
            }
        }
        kept.dedup_by(|later, earlier| later.account == earlier.account);
        return kept;
    }
    difference.after.clone()
}

fn claims_of(said: &BTreeMap<Word, Vec<Statement>>, openings: &Openings) -> Vec<Claim> {
    said.iter()
        .filter(|(_, statements)| !statements.is_empty())
        .map(|(&source, statements)| {
            let mut statements = statements.clone();
            statements.sort_by_key(|statement| statement.stated_on);
            let first = statements.first().map_or(Day::from_epoch_days(0), |first| first.stated_on);
            Claim { source, opened_on: openings.get(&source).copied().unwrap_or(first), statements }
        })
        .collect()
}

/// The table `rivals` with the pupils concerned settled anew.
pub fn rivals_table(
    standing: &[RecordBatch],
    pupils: &HashSet<i64>,
    fresh: &[Rival],
    words: &Words,
) -> Shape<RecordBatch> {
    let schema = RIVALS.schema();
    let mut parts = Vec::new();
    for rows in standing {
        let stays: BooleanArray =
            longs(rows, "pupil_id")?.values().iter().map(|pupil_id| Some(!pupils.contains(pupil_id))).collect();
        parts.push(filter_record_batch(rows, &stays)?);
    }
    let word = |pick: fn(&Rival) -> Word| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(fresh.iter().map(|rival| words.text(pick(rival)))))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(fresh.iter().map(|rival| rival.pupil_id))),
        word(|rival| rival.source),
        word(|rival| rival.account.school),
        word(|rival| rival.account.class),
        Arc::new(Int32Array::from_iter_values(fresh.iter().map(|rival| rival.account.grade))),
        word(|rival| rival.account.status),
        word(|rival| rival.holder),
        Arc::new(Date32Array::from_iter_values(fresh.iter().map(|rival| rival.since.epoch_days()))),
    ];
    parts.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
    arrow::compute::concat_batches(&schema, &parts)
}
