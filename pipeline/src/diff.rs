//! Last night against tonight, one bucket of one source at a time.
//!
//! A record whose digest is unchanged costs one look-up. Only what changed is looked at closer: the account for the ledger, the
//! identity for the vault.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array, new_null_array,
    },
    compute::{concat_batches, filter_record_batch, take_record_batch},
};
use domain::calendar::Day;

use crate::{
    account::{Account, Statement, Word, Words},
    claims::{AccountColumns, claims_rows, statements},
    columns::{Shape, days, longs, pick_rows, text},
    history::{Step, restate},
    keyed::{KeyedMap, KeyedSet},
    pupil::PupilKeys,
};

/// What is known of the batch whose rows are compared.
#[derive(Debug, Clone, Copy)]
pub struct Tonight<'a> {
    /// The source's name.
    pub source: &'a str,
    /// The source, numbered.
    pub word: Word,
    /// The day of the batch.
    pub day: Day,
    /// Whether the batch states all of the source's records; if not, a record it leaves out is as it was.
    pub full: bool,
    /// Whether it is the first word of the source: then no account changes, all begin.
    pub opens: bool,
    /// The day of the source's next full batch, if one was taken already (this one is late or corrects one).
    pub next: Option<Day>,
    /// The name of the bucket.
    pub bucket: &'a str,
}

/// How one source's word about one pupil changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The pupil.
    pub pupil_id: i64,
    /// The source.
    pub source: Word,
    /// Its statements as they were.
    pub before: Vec<Statement>,
    /// Its statements now.
    pub after: Vec<Statement>,
}

/// The outcome of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// The bucket of `students` as it shall be, if it changes.
    pub students: Option<RecordBatch>,
    /// The bucket of `claims` as it shall be, if it changes.
    pub claims: Option<RecordBatch>,
    /// The pupils whose account changes.
    pub differences: Vec<Difference>,
    /// Tonight's rows whose identity must be looked at.
    pub touched: Vec<Touched>,
    /// Tonight's rows whose sex or birth date is another than before: the header of the column, and the row.
    pub key_changes: Vec<(&'static str, u32)>,
    /// Tonight's rows that name a pupil a second time, by another number.
    pub aliases: Vec<u32>,
    /// Records listed tonight that were not listed before: (row, own ID number's key).
    pub appeared: Vec<(u32, Option<i64>)>,
    /// Records listed before that a full batch leaves out.
    pub vanished: Vec<Vanished>,
}

/// A record that a full batch leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vanished {
    /// The pupil.
    pub pupil_id: i64,
    /// The key of the pupil's own ID number.
    pub person: Option<i64>,
    /// Whether the record kept the pupil on the register (在籍).
    pub registered: bool,
    /// Since when its account stood.
    pub since: Day,
}

/// A row whose identity must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// The row.
    pub row: u32,
    /// The day on which the source next lists the pupil, if a later batch was taken already.
    pub next: Option<Day>,
}

/// The next day after tonight on which a source lists a pupil. Where its next batch leaves the pupil out, it says nothing of who he is.
fn listed_next(says: &[Statement], next: Option<Day>) -> Option<Day> {
    let next = next?;
    let after = says.partition_point(|statement| statement.stated_on <= next);
    match says[..after].last().and_then(|statement| statement.account) {
        Some(_) => Some(next),
        None => says[after..].iter().find(|statement| statement.account.is_some()).map(|statement| statement.stated_on),
    }
}

impl Step for Statement {
    type Value = Option<Account>;

    fn since(&self) -> Day {
        self.stated_on
    }

    fn value(&self) -> &Option<Account> {
        &self.account
    }

    fn new(since: Day, value: Option<Account>) -> Self {
        Statement { stated_on: since, account: value }
    }
}

/// Compares a bucket of tonight's rows with what the source said before.
pub fn compare(
    tonight: &Tonight<'_>,
    rows: &RecordBatch,
    students: Option<&RecordBatch>,
    claims: Option<&RecordBatch>,
    keys: &PupilKeys,
    words: &Mutex<Words>,
    students_schema: &arrow::datatypes::SchemaRef,
) -> Shape<Compared> {
    let pupil_ids = keys.pupil_ids(text(rows, "student_no")?);
    let digests = keys.record_digests(rows)?;
    let before = Before::of(students)?;
    let mut histories = Histories::of(claims, words)?;
    let new_accounts = AccountColumns::of(rows)?;
    let person_keys = keys.person_keys(rows)?;

    let mut out = Compared {
        students: None,
        claims: None,
        differences: Vec::new(),
        touched: Vec::new(),
        key_changes: Vec::new(),
        aliases: Vec::new(),
        appeared: Vec::new(),
        vanished: Vec::new(),
    };
    let mut seen: KeyedSet<i64> = KeyedSet::with_capacity_and_hasher(rows.num_rows(), Default::default());
    // Where each record of the bucket comes from (0 before, 1 tonight) and since when its account stands.
    let mut picks: Vec<(usize, usize)> = Vec::with_capacity(rows.num_rows());
    let mut since: Vec<i32> = Vec::with_capacity(rows.num_rows());
    let mut changed = false;

    for row in 0..rows.num_rows() {
        let pupil_id = pupil_ids.value(row);
        let number = u32::try_from(row).unwrap_or(u32::MAX);
        if !seen.insert(pupil_id) {
            out.aliases.push(number);
            continue;
        }
        let was = before.row_of(pupil_id);
        if tonight.next.is_none()
            && let Some(was) = was
            && before.digest(was) == digests.value(row)
        {
            picks.push((0, was));
            since.push(before.since(was));
            continue;
        }
        if tonight.opens && was.is_none() {
            changed = true;
            picks.push((1, row));
            since.push(tonight.day.epoch_days());
            out.touched.push(Touched { row: number, next: None });
            continue;
        }
        let account = new_accounts.account(row, words);
        let said = histories.full(pupil_id, &before, was, words)?;
        let mut says = said.clone();
        restate(&mut says, tonight.day, Some(account), tonight.next, &None);
        out.touched.push(Touched { row: number, next: listed_next(&says, tonight.next) });
        if let Some(was) = was.filter(|_| tonight.next.is_none()) {
            out.key_changes.extend(before.key_changes(was, rows, row)?.into_iter().map(|header| (header, number)));
        }
        let stands_since = says.last().map_or(tonight.day, |last| last.stated_on).epoch_days();
        match (tonight.next, was) {
            (None, _) => {
                changed = true;
                picks.push((1, row));
                since.push(stands_since);
                if was.is_none() {
                    out.appeared.push((number, person_keys.is_valid(row).then(|| person_keys.value(row))));
                }
            }
            (Some(_), Some(was)) => {
                changed |= before.since(was) != stands_since;
                picks.push((0, was));
                since.push(stands_since);
            }
            (Some(_), None) => {}
        }
        if said != says {
            histories.keep(pupil_id, &says);
            out.differences.push(Difference { pupil_id, source: tonight.word, before: said, after: says });
        }
    }
    for was in 0..before.len() {
        let pupil_id = before.pupil_id(was);
        if seen.contains(&pupil_id) {
            continue;
        }
        if !tonight.full {
            picks.push((0, was));
            since.push(before.since(was));
            continue;
        }
        let said = histories.full(pupil_id, &before, Some(was), words)?;
        let mut says = said.clone();
        restate(&mut says, tonight.day, None, tonight.next, &None);
        if tonight.next.is_none() {
            changed = true;
            out.vanished.push(Vanished {
                pupil_id,
                person: before.person_key(was),
                registered: before.is_registered(was),
                since: Day::from_epoch_days(before.since(was)),
            });
        } else {
            let stands_since = says.last().map_or(tonight.day, |last| last.stated_on).epoch_days();
            changed |= before.since(was) != stands_since;
            picks.push((0, was));
            since.push(stands_since);
        }
        if said != says {
            histories.keep(pupil_id, &says);
            out.differences.push(Difference { pupil_id, source: tonight.word, before: said, after: says });
        }
    }
    if tonight.full && tonight.next.is_some() {
        for pupil_id in histories.pupils_beyond(&seen, &before) {
            let said = histories.full(pupil_id, &before, None, words)?;
            let mut says = said.clone();
            restate(&mut says, tonight.day, None, tonight.next, &None);
            if said != says {
                histories.keep(pupil_id, &says);
                out.differences.push(Difference { pupil_id, source: tonight.word, before: said, after: says });
            }
        }
    }
    if changed {
        let fresh = as_students(tonight, rows, &pupil_ids, &digests, &person_keys, students_schema)?;
        let empty = RecordBatch::new_empty(Arc::clone(students_schema));
        let merged = pick_rows([students.unwrap_or(&empty), &fresh], &picks)?;
        out.students = Some(with_column(&merged, "since_on", Arc::new(Date32Array::from(since)))?);
    }
    out.claims = histories.rebuilt(tonight, claims, words)?;
    Ok(out)
}

/// Tonight's rows in the form of the table `students`.
fn as_students(
    tonight: &Tonight<'_>,
    rows: &RecordBatch,
    pupil_ids: &Int64Array,
    digests: &Int64Array,
    person_keys: &Int64Array,
    schema: &arrow::datatypes::SchemaRef,
) -> Shape<RecordBatch> {
    let n = rows.num_rows();
    let day = Date32Array::from(vec![tonight.day.epoch_days(); n]);
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> Shape<ArrayRef> {
            Ok(match field.name().as_str() {
                "pupil_id" => Arc::new(pupil_ids.clone()),
                "record_digest" => Arc::new(digests.clone()),
                "person_key" => Arc::new(person_keys.clone()),
                "since_on" | "source_day" => Arc::new(day.clone()),
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(tonight.source, n))),
                "bucket" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(tonight.bucket, n))),
                name => match rows.column_by_name(name) {
                    Some(column) => Arc::clone(column),
                    None => new_null_array(field.data_type(), n),
                },
            })
        })
        .collect::<Shape<_>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> Shape<RecordBatch> {
    let at = batch.schema().index_of(name)?;
    let mut columns = batch.columns().to_vec();
    columns[at] = column;
    RecordBatch::try_new(batch.schema(), columns)
}

/// The rows of `students` before tonight.
struct Before<'a> {
    rows: KeyedMap<i64, usize>,
    columns: Option<BeforeColumns<'a>>,
}

struct BeforeColumns<'a> {
    pupil_ids: &'a Int64Array,
    digests: &'a Int64Array,
    person_keys: &'a Int64Array,
    since: &'a Date32Array,
    births: &'a Date32Array,
    accounts: AccountColumns<'a>,
}

impl<'a> Before<'a> {
    fn of(students: Option<&'a RecordBatch>) -> Shape<Before<'a>> {
        let Some(students) = students else { return Ok(Before { rows: KeyedMap::default(), columns: None }) };
        let pupil_ids = longs(students, "pupil_id")?;
        Ok(Before {
            rows: pupil_ids.values().iter().enumerate().map(|(row, &pupil_id)| (pupil_id, row)).collect(),
            columns: Some(BeforeColumns {
                pupil_ids,
                digests: longs(students, "record_digest")?,
                person_keys: longs(students, "person_key")?,
                since: days(students, "since_on")?,
                births: days(students, "birth_date")?,
                accounts: AccountColumns::of(students)?,
            }),
        })
    }

    fn len(&self) -> usize {
        self.columns.as_ref().map_or(0, |columns| columns.pupil_ids.len())
    }

    fn row_of(&self, pupil_id: i64) -> Option<usize> {
        self.rows.get(&pupil_id).copied()
    }

    fn pupil_id(&self, row: usize) -> i64 {
        self.columns.as_ref().map_or(0, |columns| columns.pupil_ids.value(row))
    }

    fn digest(&self, row: usize) -> i64 {
        self.columns.as_ref().map_or(0, |columns| columns.digests.value(row))
    }

    fn since(&self, row: usize) -> i32 {
        self.columns.as_ref().map_or(0, |columns| columns.since.value(row))
    }

    fn person_key(&self, row: usize) -> Option<i64> {
        self.columns
            .as_ref()
            .and_then(|columns| columns.person_keys.is_valid(row).then(|| columns.person_keys.value(row)))
    }

    fn is_registered(&self, row: usize) -> bool {
        self.columns.as_ref().is_some_and(|columns| columns.accounts.is_registered(row))
    }

    /// The headers of the key columns of `students` in which tonight's row differs.
    fn key_changes(&self, was: usize, rows: &RecordBatch, row: usize) -> Shape<Vec<&'static str>> {
        let Some(columns) = &self.columns else { return Ok(Vec::new()) };
        let mut headers = Vec::new();
        if columns.accounts.sex(was) != text(rows, "sex")?.value(row) {
            headers.push("性别");
        }
        if columns.births.value(was) != days(rows, "birth_date")?.value(row) {
            headers.push("出生日期");
        }
        Ok(headers)
    }

    fn statement(&self, row: usize, words: &Mutex<Words>) -> Option<Statement> {
        let columns = self.columns.as_ref()?;
        Some(Statement {
            stated_on: Day::from_epoch_days(columns.since.value(row)),
            account: Some(columns.accounts.account(row, words)),
        })
    }
}

/// The past statements of the bucket's pupils, read when first asked for.
struct Histories {
    past: HashMap<i64, Vec<Statement>>,
    kept: HashMap<i64, Vec<Statement>>,
}

impl Histories {
    fn of(claims: Option<&RecordBatch>, words: &Mutex<Words>) -> Shape<Histories> {
        let past = match claims {
            Some(claims) => statements(claims, words)?,
            None => HashMap::new(),
        };
        Ok(Histories { past, kept: HashMap::new() })
    }

    fn full(
        &self,
        pupil_id: i64,
        before: &Before<'_>,
        was: Option<usize>,
        words: &Mutex<Words>,
    ) -> Shape<Vec<Statement>> {
        let mut full = self.past.get(&pupil_id).cloned().unwrap_or_default();
        full.extend(was.and_then(|was| before.statement(was, words)));
        Ok(full)
    }

    fn keep(&mut self, pupil_id: i64, statements: &[Statement]) {
        let past = match statements.split_last() {
            Some((last, past)) if last.account.is_some() => past,
            _ => statements,
        };
        self.kept.insert(pupil_id, past.to_vec());
    }

    fn pupils_beyond(&self, seen: &KeyedSet<i64>, before: &Before<'_>) -> Vec<i64> {
        let mut beyond: Vec<i64> = self
            .past
            .keys()
            .copied()
            .filter(|pupil_id| !seen.contains(pupil_id) && before.row_of(*pupil_id).is_none())
            .collect();
        beyond.sort_unstable();
        beyond
    }

    fn rebuilt(
        &self,
        tonight: &Tonight<'_>,
        claims: Option<&RecordBatch>,
        words: &Mutex<Words>,
    ) -> Shape<Option<RecordBatch>> {
        let differs =
            self.kept.iter().any(|(pupil_id, now)| self.past.get(pupil_id).map_or(!now.is_empty(), |past| past != now));
        if !differs {
            return Ok(None);
        }
        let mut pupils: Vec<i64> = self.kept.keys().copied().collect();
        pupils.sort_unstable();
        let lines: Vec<(i64, Statement)> = pupils
            .iter()
            .flat_map(|pupil_id| self.kept[pupil_id].iter().map(|statement| (*pupil_id, *statement)))
            .collect();
        let fresh = claims_rows(tonight.source, tonight.bucket, &lines, words)?;
        let rebuilt = match claims {
            Some(claims) => {
                let stays: BooleanArray =
                    longs(claims, "pupil_id")?.values().iter().map(|id| Some(!self.kept.contains_key(id))).collect();
                concat_batches(&fresh.schema(), [&filter_record_batch(claims, &stays)?, &fresh])?
            }
            None => fresh,
        };
        Ok(Some(rebuilt))
    }
}

/// The rows of a batch at these places.
pub fn rows_at(batch: &RecordBatch, rows: &[u32]) -> Shape<RecordBatch> {
    take_record_batch(batch, &UInt32Array::from(rows.to_vec()))
}
