//! Reads data files back as Arrow batches, partition columns restored. For those who need no SQL.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray},
    datatypes::{Int64Type, Schema, SchemaRef},
    error::ArrowError,
};
use futures::TryStreamExt;
use object_store::path::Path;
#[expect(deprecated, reason = "its successor is an interface to implement, not a reader")]
use parquet::arrow::async_reader::ParquetObjectReader;
use parquet::arrow::{
    ParquetRecordBatchStreamBuilder, ProjectionMask,
    arrow_reader::{ArrowPredicateFn, RowFilter},
};

use crate::{
    Warehouse,
    error::Error,
    run::{Contents, DataFile},
};

impl Warehouse {
    /// Reads the named columns of one file, in the order asked for.
    pub async fn read_file(
        &self,
        contents: &Contents,
        file: &DataFile,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        self.read(contents, file, columns, None).await
    }

    /// Reads the named columns of those rows of one file whose `key` is one of `keys`; other rows are passed over unread.
    pub async fn read_rows(
        &self,
        contents: &Contents,
        file: &DataFile,
        columns: &[&str],
        key: &str,
        keys: &Arc<HashSet<i64>>,
    ) -> Result<Vec<RecordBatch>, Error> {
        self.read(contents, file, columns, Some((key, keys))).await
    }

    async fn read(
        &self,
        contents: &Contents,
        file: &DataFile,
        columns: &[&str],
        only: Option<(&str, &Arc<HashSet<i64>>)>,
    ) -> Result<Vec<RecordBatch>, Error> {
        let schema = projected(contents, columns)?;
        let path = Path::parse(&file.path).map_err(object_store::Error::from)?;
        let broken = |source| Error::DataFile { path: file.path.clone(), source };
        #[expect(deprecated)]
        let reader = ParquetObjectReader::new(self.store(), path).with_file_size(file.size);
        let mut builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(broken)?;
        if let Some((key, keys)) = only {
            let mask = ProjectionMask::columns(builder.parquet_schema(), [key]);
            let keys = Arc::clone(keys);
            let is_one = ArrowPredicateFn::new(mask, move |rows: RecordBatch| {
                let found = rows.column(0).as_primitive_opt::<Int64Type>();
                let found = found.ok_or_else(|| ArrowError::SchemaError("a key is a whole number".to_owned()))?;
                Ok(found.iter().map(|key| Some(key.is_some_and(|key| keys.contains(&key)))).collect())
            });
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(is_one)]));
        }
        let stored: Vec<&str> =
            columns.iter().copied().filter(|&column| !contents.partition_columns.iter().any(|p| p == column)).collect();
        let mask = ProjectionMask::columns(builder.parquet_schema(), stored.iter().copied());
        let batches: Vec<RecordBatch> = builder
            .with_projection(mask)
            .with_batch_size(1 << 16)
            .build()
            .map_err(broken)?
            .try_collect()
            .await
            .map_err(broken)?;
        batches.into_iter().map(|batch| restored(&batch, contents, file, &schema)).collect()
    }
}

fn projected(contents: &Contents, columns: &[&str]) -> Result<SchemaRef, Error> {
    let fields = columns
        .iter()
        .map(|&column| contents.schema.field_with_name(column).cloned())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Schema::new(fields)))
}

fn restored(
    batch: &RecordBatch,
    contents: &Contents,
    file: &DataFile,
    schema: &SchemaRef,
) -> Result<RecordBatch, Error> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            let at = contents.partition_columns.iter().position(|column| column == field.name());
            match at.and_then(|at| file.partition.get(at)) {
                Some(value) => {
                    let values = std::iter::repeat_n(value.as_deref(), batch.num_rows());
                    Ok(Arc::new(StringArray::from_iter(values)) as ArrayRef)
                }
                None => {
                    let at = batch.schema().index_of(field.name())?;
                    let column = Arc::clone(batch.column(at));
                    if column.data_type() == field.data_type() {
                        Ok(column)
                    } else {
                        arrow::compute::cast(&column, field.data_type())
                    }
                }
            }
        })
        .collect::<Result<_, arrow::error::ArrowError>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
