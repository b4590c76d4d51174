//! Typed access to the columns of a batch by name; a column that is not what it should be is an error with its name.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray},
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
