//! Results in the plain types of published tables, in pieces of a fixed size: the same rows give the same bytes.

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    compute::{cast, concat_batches},
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
};

/// Rows in one batch of a result.
const ROWS: usize = 1 << 16;

/// The schema with text as UTF-8, whole numbers in 64 bits and decimal numbers as doubles.
pub fn plain_schema(schema: &Schema) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| Field::new(field.name(), plain_type(field.data_type()), field.is_nullable()))
        .collect();
    Arc::new(Schema::new(fields))
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, value) => plain_type(value),
        whole if whole.is_integer() => DataType::Int64,
        real if real.is_floating() => DataType::Float64,
        other => other.clone(),
    }
}

/// The same rows in the same order, in plain types, cut into batches of equal size.
pub fn plain(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, ArrowError> {
    let cast_batches = batches
        .iter()
        .filter(|batch| batch.num_rows() > 0)
        .map(|batch| {
            let columns = batch
                .columns()
                .iter()
                .zip(schema.fields())
                .map(|(column, field)| cast(column, field.data_type()))
                .collect::<Result<Vec<ArrayRef>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let whole = concat_batches(schema, &cast_batches)?;
    Ok((0..whole.num_rows()).step_by(ROWS).map(|at| whole.slice(at, ROWS.min(whole.num_rows() - at))).collect())
}
