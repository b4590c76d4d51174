//! One published version of a table as DataFusion reads it: a list of Parquet files with partition values and statistics.
//!
//! Delta's own provider cannot be sent to a cluster and a listing over single partitioned files fails, so this is ours.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{Field, FieldRef, Schema, SchemaRef},
    catalog::{Session, TableProvider},
    common::{DFSchema, Result, Statistics, internal_datafusion_err, project_schema, stats::Precision},
    datasource::{
        TableType,
        listing::PartitionedFile,
        object_store::ObjectStoreUrl,
        physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource},
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    logical_expr::{Expr, TableProviderFilterPushDown, utils::conjunction},
    physical_plan::{ExecutionPlan, empty::EmptyExec},
    scalar::ScalarValue,
};
use futures::future::BoxFuture;
use object_store::path::Path;
use warehouse::run::{Contents, DataFile};

use crate::{pruning::survivors, rows::viewed_schema};

/// One version of one table.
#[derive(Debug)]
pub struct FileTable {
    store: ObjectStoreUrl,
    schema: SchemaRef,
    /// The columns as they lie in the files, then the partition columns: the order in which the scan counts them.
    scan_schema: SchemaRef,
    table_schema: TableSchema,
    /// For each column of `schema`, its place in `scan_schema`.
    places: Vec<usize>,
    files: Vec<DataFile>,
}

impl FileTable {
    /// The table of these files in the store registered under `store`.
    pub fn new(store: ObjectStoreUrl, contents: Contents) -> Result<FileTable> {
        let Contents { schema, partition_columns, mut files } = contents;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let schema = viewed_schema(&schema);
        let of_partition = |field: &Field| partition_columns.iter().any(|column| column == field.name());
        let file_fields: Vec<FieldRef> = schema.fields().iter().filter(|field| !of_partition(field)).cloned().collect();
        let partition_fields: Vec<FieldRef> = partition_columns
            .iter()
            .map(|column| schema.field_with_name(column).map(|field| Arc::new(field.clone())))
            .collect::<Result<_, _>>()?;
        let scan_schema: SchemaRef =
            Arc::new(Schema::new(file_fields.iter().chain(&partition_fields).cloned().collect::<Vec<_>>()));
        let places =
            schema.fields().iter().map(|field| scan_schema.index_of(field.name())).collect::<Result<_, _>>()?;
        let table_schema = TableSchema::builder(Arc::new(Schema::new(file_fields)))
            .with_table_partition_cols(partition_fields)
            .build();
        Ok(FileTable { store, schema, scan_schema, table_schema, places, files })
    }

    fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let predicate = match conjunction(filters.iter().cloned()) {
            Some(filter) => {
                let schema = DFSchema::try_from(Arc::clone(&self.scan_schema))?;
                Some(state.create_physical_expr(filter, &schema)?)
            }
            None => None,
        };
        let files: Vec<&DataFile> = match &predicate {
            Some(predicate) => {
                let kept =
                    survivors(predicate, &self.scan_schema, self.table_schema.table_partition_cols(), &self.files);
                self.files.iter().zip(kept).filter_map(|(file, kept)| kept.then_some(file)).collect()
            }
            None => self.files.iter().collect(),
        };
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?)));
        }
        let wanted: Vec<usize> = match projection {
            Some(columns) => {
                columns.iter().map(|&column| self.places.get(column).copied()).collect::<Option<_>>().ok_or_else(
                    || internal_datafusion_err!("a projection names a column that the table does not have"),
                )?
            }
            None => self.places.clone(),
        };
        let mut source = ParquetSource::new(self.table_schema.clone());
        if let Some(predicate) = &predicate {
            source = source.with_predicate(Arc::clone(predicate));
        }
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        let mut statistics = Statistics::new_unknown(&self.scan_schema);
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        statistics.num_rows = if predicate.is_some() { Precision::Inexact(rows) } else { Precision::Exact(rows) };
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups(&files, state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(Some(wanted))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// Deals the files out to as many groups as there are partitions, the next file always to the lightest group.
fn groups(files: &[&DataFile], partitions: usize) -> Vec<FileGroup> {
    let mut dealt: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); partitions.clamp(1, files.len().max(1))];
    for file in files {
        let values = file.partition.iter().map(|value| ScalarValue::Utf8View(value.clone())).collect();
        let mut partitioned = PartitionedFile::new(file.path.clone(), file.size).with_partition_values(values);
        // The path is the object's name as it is; encoding it once more would name another object.
        if let Ok(location) = Path::parse(&file.path) {
            partitioned.object_meta.location = location;
        }
        if let Some((bytes, group)) = dealt.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            *bytes = bytes.saturating_add(file.size);
            group.push(partitioned);
        }
    }
    dealt.into_iter().filter(|(_, group)| !group.is_empty()).map(|(_, group)| FileGroup::new(group)).collect()
}

impl TableProvider for FileTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'a, 'b, 'c, 'd, 'scan>(
        &'a self,
        state: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        filters: &'d [Expr],
        limit: Option<usize>,
    ) -> BoxFuture<'scan, Result<Arc<dyn ExecutionPlan>>>
    where
        'a: 'scan,
        'b: 'scan,
        'c: 'scan,
        'd: 'scan,
        Self: 'scan,
    {
        Box::pin(async move { self.plan(state, projection, filters, limit) })
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
