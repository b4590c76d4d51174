//! Typed access to the columns of a batch by name; a column that is not what it should be is an error with its name.

use std::collections::HashSet;

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, MutableArrayData, RecordBatch,
        RecordBatchOptions, StringArray, make_array,
    },
    compute::filter_record_batch,
    datatypes::DataType,
    error::ArrowError,
};

/// A failure of shape: our own batches do not fit together.
pub type Shape<T> = Result<T, ArrowError>;

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
}

fn wrong(name: &str, found: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("column `{name}` is of type {found}"))
}

/// A text column.
pub fn text<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a StringArray> {
    let array = column(batch, name)?;
    array.as_any().downcast_ref().ok_or_else(|| wrong(name, array.data_type()))
}

/// A column of days.
pub fn days<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a Date32Array> {
    let array = column(batch, name)?;
    array.as_any().downcast_ref().ok_or_else(|| wrong(name, array.data_type()))
}

/// A column of 32-bit whole numbers.
pub fn ints<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a Int32Array> {
    let array = column(batch, name)?;
    array.as_any().downcast_ref().ok_or_else(|| wrong(name, array.data_type()))
}

/// A column of 64-bit whole numbers.
pub fn longs<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a Int64Array> {
    let array = column(batch, name)?;
    array.as_any().downcast_ref().ok_or_else(|| wrong(name, array.data_type()))
}

/// A column of yes and no.
pub fn bools<'a>(batch: &'a RecordBatch, name: &str) -> Shape<&'a BooleanArray> {
    let array = column(batch, name)?;
    array.as_any().downcast_ref().ok_or_else(|| wrong(name, array.data_type()))
}

/// The value of a text column at a row, if it has one.
pub fn at(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

/// The value of a number column at a row, if it has one.
pub fn int_at(array: &Int32Array, row: usize) -> Option<i32> {
    array.is_valid(row).then(|| array.value(row))
}

/// The rows of these pupils.
pub fn rows_of(rows: &RecordBatch, pupils: &HashSet<i64>) -> Shape<RecordBatch> {
    let these: BooleanArray =
        longs(rows, "pupil_id")?.values().iter().map(|pupil_id| Some(pupils.contains(pupil_id))).collect();
    filter_record_batch(rows, &these)
}

/// Rows of two batches of one schema, in the order of the picks (which batch, which row). Rows that follow each other are copied together.
pub fn pick_rows(batches: [&RecordBatch; 2], picks: &[(usize, usize)]) -> Shape<RecordBatch> {
    let runs: Vec<&[(usize, usize)]> = picks.chunk_by(|one, next| one.0 == next.0 && one.1 + 1 == next.1).collect();
    if let [run] = runs.as_slice()
        && let Some(&(of, first)) = run.first()
        && let Some(batch) = batches.get(of)
    {
        return Ok(batch.slice(first, run.len()));
    }
    let [schema, other] = batches.map(RecordBatch::schema);
    if schema != other {
        return Err(ArrowError::SchemaError("rows of two tables cannot be put together".to_owned()));
    }
    let columns: Vec<ArrayRef> = (0..schema.fields().len())
        .map(|at| -> Shape<ArrayRef> {
            let data = batches.map(|batch| batch.column(at).to_data());
            let mut picked = MutableArrayData::new(data.iter().collect(), false, picks.len());
            for run in &runs {
                if let Some(&(of, first)) = run.first() {
                    picked.try_extend(of, first, first + run.len())?;
                }
            }
            Ok(make_array(picked.freeze()))
        })
        .collect::<Shape<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(picks.len()));
    RecordBatch::try_new_with_options(schema, columns, &options)
}
