//! Identity versions: who a pupil was said to be, and from when to when. Old values stay (INF-02).

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray},
    compute::interleave_record_batch,
};
use domain::calendar::Day;

use crate::{
    columns::{Shape, at, days, longs, text},
    diff::{Tonight, Touched, rows_at},
    history::{Step, restate},
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
    let fresh = rows_at(rows, &numbers)?;
    let pupil_ids = keys.pupil_ids(text(&fresh, "student_no")?);
    let digests = keys.identity_digests(&fresh)?;
    let fresh = as_identities(tonight, &fresh, &pupil_ids, &schema)?;

    let empty = RecordBatch::new_empty(Arc::clone(&schema));
    let before = before.unwrap_or(&empty);
    let old_digests = keys.identity_digests(before)?;
    let (old_ids, old_since) = (longs(before, "pupil_id")?, days(before, "valid_from")?);
    let mut versions: HashMap<i64, Vec<Version>> = HashMap::new();
    for row in 0..before.num_rows() {
        versions.entry(old_ids.value(row)).or_default().push(Version {
            since: Day::from_epoch_days(old_since.value(row)),
            said: Said { digest: old_digests.value(row), row: Some((0, row)) },
        });
    }
    let mut settled = Settled::default();
    let mut changed = false;
    let mut order: Vec<i64> = Vec::new();
    for row in 0..before.num_rows() {
        if order.last() != Some(&old_ids.value(row)) {
            order.push(old_ids.value(row));
        }
    }
    for (row, touch) in touched.iter().enumerate() {
        let pupil_id = pupil_ids.value(row);
        let known = versions.entry(pupil_id).or_insert_with(|| {
            order.push(pupil_id);
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
    if !changed {
        return Ok(settled);
    }
    let mut picks = Vec::new();
    let mut valid_from = Vec::new();
    let mut valid_to = Vec::new();
    let mut written = std::collections::HashSet::new();
    for pupil_id in order {
        if !written.insert(pupil_id) {
            continue;
        }
        let Some(known) = versions.get_mut(&pupil_id) else { continue };
        known.sort_by_key(|version| version.since);
        for (number, version) in known.iter().enumerate() {
            let Some(row) = version.said.row else { continue };
            picks.push(row);
            valid_from.push(version.since.epoch_days());
            valid_to.push(known.get(number + 1).map(|next| next.since.epoch_days()));
        }
    }
    let merged = interleave_record_batch(&[before, &fresh], &picks)?;
    let mut columns = merged.columns().to_vec();
    columns[schema.index_of("valid_from")?] = Arc::new(Date32Array::from(valid_from));
    columns[schema.index_of("valid_to")?] = Arc::new(Date32Array::from(valid_to));
    settled.identities = Some(RecordBatch::try_new(schema, columns)?);
    Ok(settled)
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
