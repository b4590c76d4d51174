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

/// The same rows in the same order, in plain types, cut into batches of equal size. What is done with is let go on the way.
pub fn plain(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut cut = Vec::new();
    let (mut waiting, mut rows) = (Vec::new(), 0);
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| cast(column, field.data_type()))
            .collect::<Result<Vec<ArrayRef>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let mut rest = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
        while ROWS <= rows + rest.num_rows() {
            let fits = ROWS - rows;
            waiting.push(rest.slice(0, fits));
            rest = rest.slice(fits, rest.num_rows() - fits);
            cut.push(concat_batches(schema, &std::mem::take(&mut waiting))?);
            rows = 0;
        }
        rows += rest.num_rows();
        if 0 < rest.num_rows() {
            waiting.push(rest);
        }
    }
    if 0 < rows {
        cut.push(concat_batches(schema, &waiting)?);
    }
    Ok(cut)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{array::AsArray, array::Int32Array, datatypes::Int64Type};

    use super::*;

    #[test]
    fn rows_are_cut_anew_and_none_is_lost() {
        let number = |from: i32, to: i32| {
            let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, false)]));
            RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from_iter_values(from..to))]).unwrap()
        };
        let (many, rows) = (i32::try_from(ROWS).unwrap(), [0, 10, 10, 3 * ROWS as i32, 3 * ROWS as i32 + 5]);
        let batches = rows.windows(2).map(|pair| number(pair[0], pair[1])).collect();
        let schema = plain_schema(&number(0, 1).schema());
        let cut = plain(&schema, batches).unwrap();
        assert_eq!(cut.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [ROWS, ROWS, ROWS, 5]);
        let all = concat_batches(&schema, &cut).unwrap();
        let expected: Vec<i64> = (0..i64::from(3 * many + 5)).collect();
        assert_eq!(all.column(0).as_primitive::<Int64Type>().values().to_vec(), expected);
        assert!(plain(&schema, vec![number(0, 0)]).unwrap().is_empty());
    }
}
