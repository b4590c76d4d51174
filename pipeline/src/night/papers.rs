//! Change records (学籍变动): kept by source and month, newest word on each number, and handed out by pupil.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray, UInt32Array, new_null_array},
    compute::{concat_batches, take_record_batch},
};
use domain::{
    calendar::{Day, Month},
    movement::MovementKind,
};
use warehouse::{
    Run, TableSpec, Warehouse,
    draft::{Draft, LetGo},
    table::CHANGES,
};

use crate::{
    account::{Paper, Words, is_granted, lets_go},
    columns::{Shape, at, days, int_at, ints, longs, rows_of, text},
    night::NightError,
    pupil::PupilKeys,
};

/// The way of approval by a period that ran out.
const SILENCE: &str = "超时默认";

/// The change records of one batch, as rows of the table `changes`.
pub fn as_changes(source: &str, day: Day, rows: &RecordBatch, keys: &PupilKeys) -> Shape<RecordBatch> {
    let n = rows.num_rows();
    let schema = CHANGES.schema();
    let effective_on = days(rows, "effective_on")?;
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> Shape<ArrayRef> {
            Ok(match field.name().as_str() {
                "pupil_id" => Arc::new(keys.pupil_ids(text(rows, "student_no")?)),
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(source, n))),
                "source_day" => Arc::new(Date32Array::from(vec![day.epoch_days(); n])),
                "month" => Arc::new(
                    effective_on
                        .iter()
                        .map(|day| Some(Month::of(Day::from_epoch_days(day.unwrap_or_default())).to_string()))
                        .collect::<StringArray>(),
                ),
                name => match rows.column_by_name(name) {
                    Some(column) => Arc::clone(column),
                    None => new_null_array(field.data_type(), n),
                },
            })
        })
        .collect::<Shape<_>>()?;
    RecordBatch::try_new(schema, columns)
}

/// The pupils whose key facts (关键信息) are changed by approved records among checked rows.
pub fn key_changes(rows: &RecordBatch, keys: &PupilKeys) -> Shape<HashSet<i64>> {
    let (numbers, kinds, results) = (text(rows, "student_no")?, text(rows, "kind")?, text(rows, "result")?);
    Ok((0..rows.num_rows())
        .filter(|&row| kinds.value(row) == MovementKind::KeyChange.label() && is_granted(at(results, row)))
        .map(|row| keys.pupil_id(numbers.value(row)))
        .collect())
}

/// The pupils whom granted records among rows of `changes` let go.
pub fn who_is_let_go(changes: &RecordBatch) -> Shape<HashSet<i64>> {
    let (pupils, kinds, results) = (longs(changes, "pupil_id")?, text(changes, "kind")?, text(changes, "result")?);
    Ok((0..changes.num_rows())
        .filter(|&row| is_granted(at(results, row)) && MovementKind::from_label(kinds.value(row)).is_some_and(lets_go))
        .map(|row| pupils.value(row))
        .collect())
}

/// Tonight's change records that are new or say something new, with the partitions they change.
#[derive(Debug, Default)]
pub struct Fresh {
    /// Rows of `changes`, as each partition shall be: (source, month) → rows.
    partitions: BTreeMap<(String, String), RecordBatch>,
    /// The pupils whom new or altered records concern.
    pub pupils: HashSet<i64>,
}

/// Merges tonight's change records with what is kept; a record said again in the same words changes nothing.
pub async fn merge(warehouse: &Warehouse, run: &Run, tonight: &[RecordBatch]) -> Result<Fresh, NightError> {
    let tonight = concat_batches(&CHANGES.schema(), tonight)?;
    let mut fresh = Fresh::default();
    let by_partition = partition_rows(&tonight)?;
    let contents = match run.tables.get(CHANGES.name) {
        Some(published) if !by_partition.is_empty() => Some(warehouse.contents(published).await?),
        _ => None,
    };
    let names: Vec<&str> = CHANGES.columns.iter().map(|column| column.name).collect();
    for ((source, month), rows) in by_partition {
        let mut kept = Vec::new();
        if let Some(contents) = &contents {
            for file in contents.files.iter().filter(|file| {
                file.partition.iter().map(Option::as_deref).eq([Some(source.as_str()), Some(month.as_str())])
            }) {
                kept.extend(warehouse.read_file(contents, file, &names).await?);
            }
        }
        let kept = concat_batches(&CHANGES.schema(), &kept)?;
        let come = take_record_batch(&tonight, &UInt32Array::from(rows))?;
        if let Some((merged, pupils)) = newest_words(&kept, &come)? {
            fresh.pupils.extend(pupils);
            fresh.partitions.insert((source, month), merged);
        }
    }
    Ok(fresh)
}

fn partition_rows(rows: &RecordBatch) -> Shape<BTreeMap<(String, String), Vec<u32>>> {
    let (source, month) = (text(rows, "source")?, text(rows, "month")?);
    let mut partitions: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        partitions
            .entry((source.value(row).to_owned(), month.value(row).to_owned()))
            .or_default()
            .push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    Ok(partitions)
}

const SAYS: [&str; 15] = [
    "pupil_id",
    "kind",
    "effective_on",
    "reason",
    "from_school_id",
    "from_class_id",
    "from_grade",
    "to_school_id",
    "to_class_id",
    "to_grade",
    "counterpart",
    "applied_on",
    "approved_on",
    "result",
    "approval_mode",
];

fn newest_words(kept: &RecordBatch, come: &RecordBatch) -> Shape<Option<(RecordBatch, Vec<i64>)>> {
    let both = concat_batches(&CHANGES.schema(), [kept, come])?;
    let (ids, day) = (text(&both, "change_id")?, days(&both, "source_day")?);
    let pupils = longs(&both, "pupil_id")?;
    let says: Vec<&ArrayRef> = SAYS.iter().filter_map(|column| both.column_by_name(column)).collect();
    let same = |left: usize, right: usize| {
        says.iter().all(|column| column.slice(left, 1).to_data() == column.slice(right, 1).to_data())
    };
    let mut stands: HashMap<&str, usize> = HashMap::with_capacity(both.num_rows());
    let mut touched = Vec::new();
    for row in 0..both.num_rows() {
        match stands.entry(ids.value(row)) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(row);
                if kept.num_rows() <= row {
                    touched.push(pupils.value(row));
                }
            }
            std::collections::hash_map::Entry::Occupied(mut place) => {
                let standing = *place.get();
                if day.value(standing) <= day.value(row) && !same(standing, row) {
                    touched.extend([pupils.value(standing), pupils.value(row)]);
                    place.insert(row);
                }
            }
        }
    }
    if touched.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<usize> = stands.into_values().collect();
    rows.sort_unstable();
    let rows: UInt32Array =
        rows.into_iter().map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect::<Vec<_>>().into();
    Ok(Some((take_record_batch(&both, &rows)?, touched)))
}

impl Fresh {
    /// Writes and commits the partitions that changed.
    pub async fn commit(self, draft: &mut Draft) -> Result<(), NightError> {
        let spec = TableSpec::from(&CHANGES);
        if self.partitions.is_empty() {
            return Ok(());
        }
        let mut writer = draft.writer(&spec).await?;
        let mut let_go = BTreeSet::new();
        for ((source, month), rows) in self.partitions {
            let_go.insert(vec![Some(source), Some(month)]);
            writer.write(rows).await?;
        }
        let files = writer.finish().await?;
        draft.commit(&spec, files, &LetGo::Partitions(let_go)).await?;
        Ok(())
    }
}

/// The papers of these pupils: as they were published by `run`, and as they are with tonight's.
pub async fn of_pupils(
    warehouse: &Warehouse,
    run: &Run,
    fresh: &Fresh,
    pupils: &HashSet<i64>,
    words: &Mutex<Words>,
) -> Result<(HashMap<i64, Vec<Paper>>, HashMap<i64, Vec<Paper>>), NightError> {
    let mut before = HashMap::new();
    let mut now = HashMap::new();
    if let Some(published) = run.tables.get(CHANGES.name) {
        let contents = warehouse.contents(published).await?;
        let names: Vec<&str> = CHANGES.columns.iter().map(|column| column.name).collect();
        for file in &contents.files {
            let replaced = match file.partition.as_slice() {
                [Some(source), Some(month)] => fresh.partitions.contains_key(&(source.clone(), month.clone())),
                _ => false,
            };
            for rows in warehouse.read_file(&contents, file, &names).await? {
                let rows = rows_of(&rows, pupils)?;
                gather(&rows, words, &mut before)?;
                if !replaced {
                    gather(&rows, words, &mut now)?;
                }
            }
        }
    }
    for rows in fresh.partitions.values() {
        gather(&rows_of(rows, pupils)?, words, &mut now)?;
    }
    Ok((before, now))
}

/// Reads papers out of rows of `changes`; what is refused or still open moves nobody.
fn gather(rows: &RecordBatch, words: &Mutex<Words>, papers: &mut HashMap<i64, Vec<Paper>>) -> Shape<()> {
    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
    let (pupils, kinds, effective_on) = (longs(rows, "pupil_id")?, text(rows, "kind")?, days(rows, "effective_on")?);
    let (sources, ids, results) = (text(rows, "source")?, text(rows, "change_id")?, text(rows, "result")?);
    let (from_schools, to_schools) = (text(rows, "from_school_id")?, text(rows, "to_school_id")?);
    let (to_classes, to_grades) = (text(rows, "to_class_id")?, ints(rows, "to_grade")?);
    let (approved_on, modes) = (days(rows, "approved_on")?, text(rows, "approval_mode")?);
    for row in 0..rows.num_rows() {
        let granted = is_granted(at(results, row));
        let Some(kind) = MovementKind::from_label(kinds.value(row)).filter(|_| granted) else { continue };
        let mut may = |array: &StringArray| at(array, row).map(|text| words.number(text));
        let (from_school, to_school, to_class) = (may(from_schools), may(to_schools), may(to_classes));
        let effective = Day::from_epoch_days(effective_on.value(row));
        let approved = approved_on.is_valid(row).then(|| Day::from_epoch_days(approved_on.value(row)));
        let by_silence = at(modes, row) == Some(SILENCE);
        papers.entry(pupils.value(row)).or_default().push(Paper {
            effective_on: effective,
            shown_on: approved.map_or(effective, |day| effective.max(day.plus_days(i32::from(by_silence)))),
            kind,
            id: (words.number(sources.value(row)), Arc::from(ids.value(row))),
            from_school,
            to_school,
            to_class,
            to_grade: int_at(to_grades, row),
        });
    }
    Ok(())
}
