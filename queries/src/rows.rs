//! Results in the plain types of published tables, in pieces of a fixed size: the same rows give the same bytes. And text as questions hold
//! it: in views, of which short ones need no second look.

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    compute::{cast, concat_batches},
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
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

/// The schema with text as DataFusion groups, joins and compares it fastest.
pub fn viewed_schema(schema: &Schema) -> SchemaRef {
    with_text(schema, &DataType::Utf8, &DataType::Utf8View)
}

/// The schema of an answer: text is text.
pub fn told_schema(schema: &Schema) -> SchemaRef {
    with_text(schema, &DataType::Utf8View, &DataType::Utf8)
}

fn with_text(schema: &Schema, from: &DataType, to: &DataType) -> SchemaRef {
    let fields: Vec<FieldRef> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            held if held == from => Arc::new(field.as_ref().clone().with_data_type(to.clone())),
            _ => Arc::clone(field),
        })
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Rows of an answer: text is text.
pub fn told(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    held_as(&told_schema(&batch.schema()), batch)
}

fn held_as(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect::<Result<Vec<ArrayRef>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// The same rows in the same order, in plain types, cut into batches of equal size. What is done with is let go on the way.
pub fn plain(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut cut = Vec::new();
    let (mut waiting, mut rows) = (Vec::new(), 0);
    for batch in batches {
        let mut rest = held_as(schema, &batch)?;
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
    use datafusion::arrow::{
        array::{AsArray, Int32Array, StringArray, StringViewArray},
        datatypes::Int64Type,
    };

    use super::*;

    #[test]
    fn views_are_told_as_text_and_all_else_as_it_is() {
        let held = Schema::new(vec![Field::new("name", DataType::Utf8, true), Field::new("n", DataType::Int32, false)]);
        let viewed = viewed_schema(&held);
        assert_eq!(*viewed.field(0).data_type(), DataType::Utf8View);
        let names = StringViewArray::from(vec![Some("合肥"), None, Some("a name that no view has room for")]);
        let batch =
            RecordBatch::try_new(viewed, vec![Arc::new(names), Arc::new(Int32Array::from(vec![1, 2, 3]))]).unwrap();
        let told = told(&batch).unwrap();
        assert_eq!(*told.schema(), held);
        let expected = StringArray::from(vec![Some("合肥"), None, Some("a name that no view has room for")]);
        assert_eq!(told.column(0).as_string::<i32>(), &expected);
    }

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
