//! Authorities, schools and classes: the newest word on each, and each school's place in the tree (ORG-01).
//!
//! These tables are small and are held whole. A unit that a source no longer lists stays: the ledger speaks of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray, UInt32Array, new_null_array},
    compute::{concat_batches, take_record_batch},
};
use domain::{calendar::Day, organisation::AuthorityLevel};
use warehouse::table::{AUTHORITIES, CLASSES, SCHOOLS, Table};

use crate::{
    check::Known,
    columns::{Shape, at, days, int_at, ints, text},
};

/// The tree as far as it is known.
#[derive(Debug, Clone)]
pub struct Tree {
    authorities: RecordBatch,
    schools: RecordBatch,
    classes: RecordBatch,
    changed: [bool; 3],
}

/// Rows of one source and day, typed by the checks.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    /// Who states it.
    pub source: &'a str,
    /// For which day.
    pub day: Day,
    /// The rows.
    pub rows: &'a RecordBatch,
}

impl Tree {
    /// The tree of the published tables; an absent table is empty.
    pub fn new(authorities: Vec<RecordBatch>, schools: Vec<RecordBatch>, classes: Vec<RecordBatch>) -> Shape<Tree> {
        Ok(Tree {
            authorities: concat_batches(&AUTHORITIES.schema(), &authorities)?,
            schools: concat_batches(&SCHOOLS.schema(), &schools)?,
            classes: concat_batches(&CLASSES.schema(), &classes)?,
            changed: [false; 3],
        })
    }

    /// The tree once its changed tables are committed.
    pub fn settled(tree: &Tree) -> Shape<Tree> {
        Ok(Tree {
            authorities: tree.levelled()?,
            schools: tree.placed()?,
            classes: tree.classes.clone(),
            changed: [false; 3],
        })
    }

    /// Every school and class that any batch has named, for the checks.
    pub fn known(&self) -> Shape<Known> {
        let mut known = Known::default();
        let (ids, kinds) = (text(&self.schools, "school_id")?, text(&self.schools, "kind")?);
        for row in 0..self.schools.num_rows() {
            known.add_school(ids.value(row), kinds.value(row));
        }
        let (schools, ids) = (text(&self.classes, "school_id")?, text(&self.classes, "class_id")?);
        let grades = ints(&self.classes, "grade")?;
        for row in 0..self.classes.num_rows() {
            let grade = int_at(grades, row).and_then(|grade| u8::try_from(grade).ok()).unwrap_or_default();
            known.add_class(schools.value(row), ids.value(row), grade);
        }
        Ok(known)
    }

    /// Takes in what a batch states.
    pub fn take(&mut self, authorities: Stated<'_>, schools: Stated<'_>, classes: Stated<'_>) -> Shape<()> {
        let [authorities_changed, schools_changed, classes_changed] = &mut self.changed;
        *authorities_changed |= take_in(&AUTHORITIES, &["authority_id"], &mut self.authorities, authorities)?;
        *schools_changed |= take_in(&SCHOOLS, &["school_id"], &mut self.schools, schools)?;
        *classes_changed |= take_in(&CLASSES, &["school_id", "class_id"], &mut self.classes, classes)?;
        Ok(())
    }

    /// The tables that changed, each whole and in the order of its key.
    pub fn changed_tables(&self) -> Shape<Vec<(&'static Table, RecordBatch)>> {
        let mut tables = Vec::new();
        if self.changed[0] {
            tables.push((&AUTHORITIES, self.levelled()?));
        }
        if self.changed[0] || self.changed[1] {
            tables.push((&SCHOOLS, self.placed()?));
        }
        if self.changed[2] {
            tables.push((&CLASSES, self.classes.clone()));
        }
        Ok(tables)
    }

    /// The authorities with their level by code and, where the source names none, the authority above by code.
    fn levelled(&self) -> Shape<RecordBatch> {
        let ids = text(&self.authorities, "authority_id")?;
        let parents = text(&self.authorities, "parent_id")?;
        let levels: StringArray = ids.iter().map(|id| Some(level_of(id.unwrap_or_default()).name())).collect();
        let above: StringArray = (0..ids.len())
            .map(|row| at(parents, row).map(str::to_owned).or_else(|| authority_above(ids.value(row))))
            .collect();
        replaced(&self.authorities, &[("level", Arc::new(levels)), ("parent_id", Arc::new(above))])
    }

    /// The schools with the county-level and prefecture-level unit they are counted under.
    fn placed(&self) -> Shape<RecordBatch> {
        let authorities = self.levelled()?;
        let (ids, parents) = (text(&authorities, "authority_id")?, text(&authorities, "parent_id")?);
        let parent_of: HashMap<&str, Option<&str>> =
            (0..authorities.num_rows()).map(|row| (ids.value(row), at(parents, row))).collect();
        let run_by = text(&self.schools, "authority_id")?;
        let prefectures: StringArray = run_by
            .iter()
            .map(|authority| {
                let authority = authority.unwrap_or_default();
                Some(prefecture_of(authority, parent_of.get(authority).copied().flatten()))
            })
            .collect();
        replaced(&self.schools, &[("county_id", Arc::new(run_by.clone())), ("prefecture_id", Arc::new(prefectures))])
    }
}

fn level_of(authority_id: &str) -> AuthorityLevel {
    AuthorityLevel::of_division(authority_id).unwrap_or(AuthorityLevel::County)
}

fn authority_above(authority_id: &str) -> Option<String> {
    match level_of(authority_id) {
        AuthorityLevel::Province => None,
        AuthorityLevel::Prefecture => authority_id.get(..2).map(|province| format!("{province}0000")),
        AuthorityLevel::County => authority_id.get(..4).map(|prefecture| format!("{prefecture}00")),
    }
}

/// A county answers to its prefecture; whatever is run by a prefecture or by the province counts under that authority itself, and a
/// county directly under the province (省直管县) stands at prefecture level by itself.
fn prefecture_of(authority_id: &str, parent: Option<&str>) -> String {
    match (level_of(authority_id), parent) {
        (AuthorityLevel::County, Some(parent)) if level_of(parent) == AuthorityLevel::Prefecture => parent.to_owned(),
        (AuthorityLevel::County, Some(_)) => authority_id.to_owned(),
        (AuthorityLevel::County, None) => authority_above(authority_id).unwrap_or_else(|| authority_id.to_owned()),
        _ => authority_id.to_owned(),
    }
}

fn replaced(batch: &RecordBatch, columns: &[(&str, ArrayRef)]) -> Shape<RecordBatch> {
    let mut all = batch.columns().to_vec();
    for (name, column) in columns {
        all[batch.schema().index_of(name)?] = Arc::clone(column);
    }
    RecordBatch::try_new(batch.schema(), all)
}

/// The newest word on each key: a row of a later day replaces one of an earlier; of the same day, the source later by name.
fn take_in(table: &Table, key: &[&str], standing: &mut RecordBatch, stated: Stated<'_>) -> Shape<bool> {
    let fresh = as_table(table, stated)?;
    let both = concat_batches(&table.schema(), [&*standing, &fresh])?;
    let keys: Vec<&StringArray> = key.iter().map(|column| text(&both, column)).collect::<Shape<_>>()?;
    let (source, day) = (text(&both, "source")?, days(&both, "source_day")?);
    let mut newest: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for row in 0..both.num_rows() {
        let key: Vec<&str> = keys.iter().map(|column| column.value(row)).collect();
        let stands = newest.entry(key).or_insert(row);
        if (day.value(*stands), source.value(*stands)) <= (day.value(row), source.value(row)) {
            *stands = row;
        }
    }
    let changed = newest.values().any(|&row| standing.num_rows() <= row);
    let rows: UInt32Array =
        newest.values().map(|&row| u32::try_from(row).unwrap_or(u32::MAX)).collect::<Vec<_>>().into();
    *standing = take_record_batch(&both, &rows)?;
    Ok(changed)
}

/// Checked rows in the form of their table; what the tree works out itself stands at a placeholder until `changed_tables`.
fn as_table(table: &Table, stated: Stated<'_>) -> Shape<RecordBatch> {
    let n = stated.rows.num_rows();
    let schema = table.schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> ArrayRef {
            match field.name().as_str() {
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(stated.source, n))),
                "source_day" => Arc::new(Date32Array::from(vec![stated.day.epoch_days(); n])),
                name => match stated.rows.column_by_name(name) {
                    Some(column) => Arc::clone(column),
                    None if field.is_nullable() => new_null_array(field.data_type(), n),
                    None => Arc::new(StringArray::from_iter_values(std::iter::repeat_n("", n))),
                },
            }
        })
        .collect();
    RecordBatch::try_new(schema, columns)
}
