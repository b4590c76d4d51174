//! One row per key: of rows that say the same one stays, and of rows that contradict each other the first.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    compute::{concat_batches, filter_record_batch},
    datatypes::{DataType, Date32Type, Float64Type, Int32Type, Int64Type},
    error::ArrowError,
};
use domain::{
    calendar::Day,
    contract::{Column, Holds, Table},
    money::Fen,
    rule::RuleId,
};

use crate::{
    finding::{Finding, Origin},
    keyed::KeyedMap,
};

use super::{
    finish::line,
    schema::{LINEAGE, typed_schema},
};

/// The rows of one table of one source with each key once.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The first row of each key, in the order of the batches and their rows.
    pub rows: RecordBatch,
    /// One finding (`conflicting_key`) for each row that contradicts the first row of its key.
    pub findings: Vec<Finding>,
    /// How many rows contradict the first row of their key.
    pub rejected: u64,
    /// How many rows repeat the first row of their key word for word and are left out.
    pub dropped: u64,
}

/// Settles the keys of all accepted rows of one table of one source, or of one hash bucket of it (spec/exports.md).
///
/// `batches` come in file order and have the columns of `typed_schema`. Where a row stood does not make it another row.
/// The error is the one of putting the batches together: they don't fit, or a text column is beyond 2 GiB.
pub fn settle_keys(table: Table, batches: &[RecordBatch]) -> Result<Settled, ArrowError> {
    let schema = batches.first().map_or_else(|| typed_schema(table), RecordBatch::schema);
    let rows = concat_batches(&schema, batches)?;
    let fields = Fields::of(table, &rows)?;
    let hash = RandomState::new();
    let mut firsts = Firsts::with_capacity(rows.num_rows());
    let mut keep = Vec::with_capacity(rows.num_rows());
    let (mut findings, mut dropped) = (Vec::new(), 0);
    for row in 0..rows.num_rows() {
        let first = firsts.first(row, fields.key_hash(row, &hash), |first| fields.same_key(first, row));
        keep.push(first.is_none());
        match first {
            None => {}
            Some(first) if fields.same(first, row) => dropped += 1,
            Some(first) => findings.push(fields.conflict(table, first, row)),
        }
    }
    let rejected = findings.len() as u64;
    let rows = match keep.contains(&false) {
        true => filter_record_batch(&rows, &BooleanArray::from(keep))?,
        false => rows,
    };
    Ok(Settled { rows, findings, rejected, dropped })
}

/// The first row of each key: a map of hashes, and a chain where two keys share one.
struct Firsts {
    by_hash: KeyedMap<u64, usize>,
    next: HashMap<usize, usize>,
}

impl Firsts {
    fn with_capacity(rows: usize) -> Firsts {
        Firsts { by_hash: KeyedMap::with_capacity_and_hasher(rows, Default::default()), next: HashMap::new() }
    }

    /// The earlier row with the key of this one; none makes this one the first.
    fn first(&mut self, row: usize, hash: u64, is_same: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = *self.by_hash.entry(hash).or_insert(row);
        if at == row {
            return None;
        }
        loop {
            if is_same(at) {
                return Some(at);
            }
            match self.next.get(&at) {
                Some(&next) => at = next,
                None => {
                    self.next.insert(at, row);
                    return None;
                }
            }
        }
    }
}

struct Fields<'a> {
    columns: Vec<(&'static Column, &'a ArrayRef)>,
    file: &'a ArrayRef,
    sheet: &'a ArrayRef,
    row: &'a ArrayRef,
}

impl<'a> Fields<'a> {
    fn of(table: Table, rows: &'a RecordBatch) -> Result<Fields<'a>, ArrowError> {
        let named = |name: &str, data_type: &DataType| {
            rows.column_by_name(name)
                .filter(|array| array.data_type() == data_type)
                .ok_or_else(|| ArrowError::SchemaError(format!("{table} has no column `{name}` of type {data_type}")))
        };
        let schema = typed_schema(table);
        let columns = table
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| Ok((column, named(column.field, field.data_type())?)))
            .collect::<Result<Vec<_>, ArrowError>>()?;
        let [file, sheet, row] = LINEAGE;
        Ok(Fields {
            columns,
            file: named(file, &DataType::Utf8)?,
            sheet: named(sheet, &DataType::Utf8)?,
            row: named(row, &DataType::Int32)?,
        })
    }

    fn keys(&self) -> impl Iterator<Item = &'a ArrayRef> {
        self.columns.iter().filter(|(column, _)| column.key).map(|(_, array)| *array)
    }

    fn key_hash(&self, row: usize, hash: &RandomState) -> u64 {
        let mut hasher = hash.build_hasher();
        for array in self.keys() {
            match array.data_type() {
                DataType::Utf8 => {
                    let value = array.as_string::<i32>().value(row).as_bytes();
                    hasher.write_usize(value.len());
                    hasher.write(value);
                }
                DataType::Date32 => hasher.write_i32(array.as_primitive::<Date32Type>().value(row)),
                DataType::Int32 => hasher.write_i32(array.as_primitive::<Int32Type>().value(row)),
                DataType::Int64 => hasher.write_i64(array.as_primitive::<Int64Type>().value(row)),
                _ => {}
            }
        }
        hasher.finish()
    }

    fn same_key(&self, left: usize, right: usize) -> bool {
        self.keys().all(|array| is_equal(array, left, right))
    }

    fn same(&self, left: usize, right: usize) -> bool {
        self.columns.iter().all(|(_, array)| is_equal(array, left, right))
    }

    fn origin(&self, row: usize) -> Origin {
        let sheet = self.sheet.as_string::<i32>();
        Origin {
            file: Arc::from(self.file.as_string::<i32>().value(row)),
            sheet: sheet.is_valid(row).then(|| Arc::from(sheet.value(row))),
            row: u32::try_from(self.row.as_primitive::<Int32Type>().value(row)).unwrap_or_default(),
        }
    }

    fn conflict(&self, table: Table, first: usize, row: usize) -> Finding {
        let Origin { file, sheet, row: line_no } = self.origin(first);
        let sheet = sheet.map(|sheet| format!(" {sheet}")).unwrap_or_default();
        let differing = self.columns.iter().filter(|(_, array)| !is_equal(array, first, row));
        let headers: Vec<&str> = differing.map(|(column, _)| column.header).collect();
        let key = self.columns.iter().find(|(column, _)| column.key);
        Finding {
            table,
            origin: self.origin(row),
            rule: RuleId::ConflictingKey,
            header: key.map(|(column, _)| column.header),
            value: key.and_then(|(column, array)| text_of(column, array, row)),
            detail: format!("与{file}{sheet}第{line_no}行不同：{}", headers.join("、")),
            raw: Some(self.raw(row)),
        }
    }

    fn raw(&self, row: usize) -> String {
        let cells: Vec<(&'static str, String)> = self
            .columns
            .iter()
            .filter_map(|(column, array)| Some((column.header, text_of(column, array, row)?)))
            .collect();
        line(cells.iter().map(|(header, value)| (*header, value.as_str())))
    }
}

fn is_equal(array: &ArrayRef, left: usize, right: usize) -> bool {
    match (array.is_valid(left), array.is_valid(right)) {
        (true, true) => match array.data_type() {
            DataType::Utf8 => {
                let array = array.as_string::<i32>();
                array.value(left) == array.value(right)
            }
            DataType::Date32 => is_same_number(array.as_primitive::<Date32Type>().values(), left, right),
            DataType::Int32 => is_same_number(array.as_primitive::<Int32Type>().values(), left, right),
            DataType::Int64 => is_same_number(array.as_primitive::<Int64Type>().values(), left, right),
            DataType::Float64 => is_same_number(array.as_primitive::<Float64Type>().values(), left, right),
            _ => false,
        },
        (left, right) => left == right,
    }
}

fn is_same_number<T: PartialEq>(values: &[T], left: usize, right: usize) -> bool {
    values.get(left) == values.get(right)
}

fn text_of(column: &Column, array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match (array.data_type(), column.holds) {
        (DataType::Utf8, _) => array.as_string::<i32>().value(row).to_owned(),
        (DataType::Date32, _) => Day::from_epoch_days(array.as_primitive::<Date32Type>().value(row)).to_string(),
        (DataType::Int32, _) => array.as_primitive::<Int32Type>().value(row).to_string(),
        (DataType::Float64, _) => array.as_primitive::<Float64Type>().value(row).to_string(),
        (DataType::Int64, Holds::Money) => Fen(array.as_primitive::<Int64Type>().value(row)).to_string(),
        (DataType::Int64, _) => array.as_primitive::<Int64Type>().value(row).to_string(),
        _ => return None,
    })
}
