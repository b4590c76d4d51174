//! Identity versions: who a pupil was said to be, and from when to when. Old values stay (INF-02).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use domain::calendar::Day;

use crate::{
    columns::{Shape, at, days, longs, pick_rows, text},
    diff::{Tonight, Touched, rows_at},
    history::{Step, restate},
    keyed::{KeyedMap, KeyedSet},
    pupil::{IDENTITY_FIELDS, PupilKeys},
};

/// A version in the making: where its row is, what it says (by digest), since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    since: Day,
    said: Said,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    digest: i64,
    /// Which batch (0 before, 1 tonight) and row; `None` before the first version.
    row: Option<(usize, usize)>,
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.row.is_some() == other.row.is_some()
    }
}

impl Eq for Said {}

impl Step for Version {
    type Value = Said;

    fn since(&self) -> Day {
        self.since
    }

    fn value(&self) -> &Said {
        &self.said
    }

    fn new(since: Day, said: Said) -> Self {
        Version { since, said }
    }
}

const NOBODY: Said = Said { digest: 0, row: None };

/// What tonight makes of a bucket's identities.
#[derive(Debug, Default)]
pub struct Settled {
    /// The bucket of `identities` as it shall be, if it changes.
    pub identities: Option<RecordBatch>,
    /// Tonight's rows whose name or ID number is another than before: the header of the column, and the row.
    pub key_changes: Vec<(&'static str, u32)>,
}

/// Settles the identities of tonight's `touched` rows.
pub fn settle(
    tonight: &Tonight<'_>,
    rows: &RecordBatch,
    touched: &[Touched],
    before: Option<&RecordBatch>,
    keys: &PupilKeys,
) -> Shape<Settled> {
    let schema = warehouse::table::IDENTITIES.schema();
    let numbers: Vec<u32> = touched.iter().map(|touched| touched.row).collect();
    let fresh = if numbers.len() == rows.num_rows() { rows.clone() } else { rows_at(rows, &numbers)? };
    let pupil_ids = keys.pupil_ids(text(&fresh, "student_no")?);
    let mut settled = Settled::default();
    let empty = RecordBatch::new_empty(Arc::clone(&schema));
    let before = before.unwrap_or(&empty);
    if before.num_rows() == 0 && touched.iter().all(|touch| touch.next.is_none()) {
        settled.identities = Some(as_identities(tonight, &fresh, &pupil_ids, &schema)?);
        return Ok(settled);
    }
    let digests = keys.identity_digests(&fresh)?;
    let fresh = as_identities(tonight, &fresh, &pupil_ids, &schema)?;

    let of_tonight: KeyedSet<i64> = pupil_ids.values().iter().copied().collect();
    let (old_ids, old_since) = (longs(before, "pupil_id")?, days(before, "valid_from")?);
    let concerned: Vec<u32> = (0u32..)
        .zip(old_ids.values())
        .filter(|(_, pupil_id)| of_tonight.contains(pupil_id))
        .map(|(row, _)| row)
        .collect();
    let old_digests = keys.identity_digests(&rows_at(before, &concerned)?)?;
    let mut versions: KeyedMap<i64, Vec<Version>> = KeyedMap::default();
    for (row, &digest) in concerned.into_iter().zip(old_digests.values()) {
        let row = row as usize;
        versions.entry(old_ids.value(row)).or_default().push(Version {
            since: Day::from_epoch_days(old_since.value(row)),
            said: Said { digest, row: Some((0, row)) },
        });
    }
    let mut changed = false;
    let mut come: Vec<i64> = Vec::new();
    for (row, touch) in touched.iter().enumerate() {
        let pupil_id = pupil_ids.value(row);
        let known = versions.entry(pupil_id).or_insert_with(|| {
            come.push(pupil_id);
            Vec::new()
        });
        known.sort_by_key(|version| version.since);
        let was = known.clone();
        let said = Said { digest: digests.value(row), row: Some((1, row)) };
        restate(known, tonight.day, said, touch.next, &NOBODY);
        known.retain(|version| version.said.row.is_some());
        changed |= *known != was;
        for header in key_changes([before, &fresh], known)? {
            settled.key_changes.push((header, touch.row));
        }
    }
    if changed {
        settled.identities = Some(merged(before, &fresh, versions, &come)?);
    }
    Ok(settled)
}

/// A bucket's versions: those of pupils in `versions` as they are there, all others as they were, and then the pupils who have come.
fn merged(
    before: &RecordBatch,
    fresh: &RecordBatch,
    mut versions: KeyedMap<i64, Vec<Version>>,
    come: &[i64],
) -> Shape<RecordBatch> {
    let (ids, from, to) = (longs(before, "pupil_id")?, days(before, "valid_from")?, days(before, "valid_to")?);
    let mut lines: Vec<Line> = Vec::with_capacity(before.num_rows() + fresh.num_rows());
    let mut written: KeyedSet<i64> = KeyedSet::default();
    for row in 0..before.num_rows() {
        let pupil_id = ids.value(row);
        if let Some(known) = versions.remove(&pupil_id) {
            written.insert(pupil_id);
            lines.extend(lines_of(known));
        } else if !written.contains(&pupil_id) {
            let valid_to = to.is_valid(row).then(|| to.value(row));
            lines.push(Line { pick: (0, row), valid_from: from.value(row), valid_to });
        }
    }
    for pupil_id in come {
        lines.extend(versions.remove(pupil_id).into_iter().flat_map(lines_of));
    }
    let picks: Vec<(usize, usize)> = lines.iter().map(|line| line.pick).collect();
    let picked = pick_rows([before, fresh], &picks)?;
    let schema = picked.schema();
    let mut columns = picked.columns().to_vec();
    columns[schema.index_of("valid_from")?] =
        Arc::new(Date32Array::from_iter_values(lines.iter().map(|line| line.valid_from)));
    columns[schema.index_of("valid_to")?] = Arc::new(lines.iter().map(|line| line.valid_to).collect::<Date32Array>());
    RecordBatch::try_new(schema, columns)
}

/// A row of `identities`: where its texts are, from when to when it holds.
struct Line {
    pick: (usize, usize),
    valid_from: i32,
    valid_to: Option<i32>,
}

fn lines_of(mut known: Vec<Version>) -> Vec<Line> {
    known.sort_by_key(|version| version.since);
    let ends: Vec<Option<i32>> = known.iter().skip(1).map(|next| Some(next.since.epoch_days())).chain([None]).collect();
    known
        .iter()
        .zip(ends)
        .filter_map(|(version, valid_to)| {
            Some(Line { pick: version.said.row?, valid_from: version.since.epoch_days(), valid_to })
        })
        .collect()
}

/// The headers of the key columns in which one version of a pupil differs from the next; a number that comes where there was none corrects nothing.
fn key_changes(batches: [&RecordBatch; 2], known: &[Version]) -> Shape<Vec<&'static str>> {
    let mut headers = Vec::new();
    for (field, header) in [("name", "姓名"), ("id_no", "身份证件号")] {
        let columns = [text(batches[0], field)?, text(batches[1], field)?];
        let said = |version: &Version| version.said.row.and_then(|(batch, row)| at(columns.get(batch)?, row));
        let corrected = known.windows(2).any(|pair| match pair {
            [was, is] => said(was).is_some() && said(was) != said(is),
            _ => false,
        });
        if corrected {
            headers.push(header);
        }
    }
    Ok(headers)
}

fn as_identities(
    tonight: &Tonight<'_>,
    rows: &RecordBatch,
    pupil_ids: &Int64Array,
    schema: &arrow::datatypes::SchemaRef,
) -> Shape<RecordBatch> {
    let n = rows.num_rows();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> Shape<ArrayRef> {
            Ok(match field.name().as_str() {
                "pupil_id" => Arc::new(pupil_ids.clone()),
                "valid_from" => Arc::new(Date32Array::from(vec![tonight.day.epoch_days(); n])),
                "valid_to" => Arc::new(Date32Array::new_null(n)),
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(tonight.source, n))),
                "bucket" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(tonight.bucket, n))),
                name => {
                    debug_assert!(IDENTITY_FIELDS.contains(&name), "{name}");
                    Arc::new(text(rows, name)?.clone())
                }
            })
        })
        .collect::<Shape<_>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}
