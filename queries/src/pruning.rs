//! Which files a filter can touch at all, by their partition values and the least and greatest values that Delta recorded.

use std::{collections::HashSet, sync::Arc};

use chrono::NaiveDate;
use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray, UInt64Array},
        datatypes::{DataType, Fields, SchemaRef},
    },
    common::{Column, ScalarValue, pruning::PruningStatistics},
    physical_expr::PhysicalExpr,
    physical_optimizer::pruning::PruningPredicateBuilder,
};
use serde_json::Value;
use warehouse::run::DataFile;

/// For each file, whether it may hold rows that the predicate keeps. In doubt: yes.
pub fn survivors(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    partition: &Fields,
    files: &[DataFile],
) -> Vec<bool> {
    let all = vec![true; files.len()];
    let builder = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema));
    let Ok(pruning) = builder.try_build(Arc::clone(predicate)) else {
        return all;
    };
    let stats =
        files.iter().map(|file| file.stats.as_deref().and_then(|stats| serde_json::from_str(stats).ok())).collect();
    pruning.prune(&FileStatistics { schema, partition, files, stats }).unwrap_or(all)
}

struct FileStatistics<'a> {
    schema: &'a SchemaRef,
    partition: &'a Fields,
    files: &'a [DataFile],
    stats: Vec<Option<Value>>,
}

impl FileStatistics<'_> {
    fn bounds(&self, column: &Column, which: &str) -> Option<ArrayRef> {
        let field = self.schema.field_with_name(&column.name).ok()?;
        let at = self.partition.iter().position(|partition| partition.name() == &column.name);
        let values = self.files.iter().zip(&self.stats).map(|(file, stats)| match at {
            Some(at) => ScalarValue::Utf8View(file.partition.get(at).cloned().flatten()),
            None => stats
                .as_ref()
                .and_then(|stats| scalar(stats.get(which)?.get(&column.name)?, field.data_type()))
                .unwrap_or_else(|| ScalarValue::try_from(field.data_type()).unwrap_or(ScalarValue::Null)),
        });
        ScalarValue::iter_to_array(values).ok()
    }
}

/// A bound as Delta writes it; text is left out, since writers may shorten it.
fn scalar(value: &Value, data_type: &DataType) -> Option<ScalarValue> {
    match data_type {
        DataType::Int32 => Some(ScalarValue::Int32(Some(i32::try_from(value.as_i64()?).ok()?))),
        DataType::Int64 => Some(ScalarValue::Int64(Some(value.as_i64()?))),
        DataType::Date32 => {
            let day = NaiveDate::parse_from_str(value.as_str()?, "%Y-%m-%d").ok()?;
            let days = day.signed_duration_since(NaiveDate::default()).num_days();
            Some(ScalarValue::Date32(Some(i32::try_from(days).ok()?)))
        }
        _ => None,
    }
}

impl PruningStatistics for FileStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, "minValues")
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, "maxValues")
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.files.iter().map(|file| file.rows))))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::datatypes::{Field, Schema},
        common::DFSchema,
        execution::context::SessionContext,
        logical_expr::Expr,
        prelude::{col, lit},
    };

    use super::*;

    fn file(source: &str, least: &str, greatest: &str) -> DataFile {
        DataFile {
            path: format!("ledger/{source}-{least}.parquet"),
            size: 1,
            sha256: String::new(),
            rows: 1,
            partition: vec![Some(source.to_owned())],
            stats: Some(format!(
                r#"{{"minValues":{{"effective_on":"{least}","pupil_id":1}},"maxValues":{{"effective_on":"{greatest}","pupil_id":9}}}}"#
            )),
        }
    }

    fn kept(filter: Expr) -> Vec<bool> {
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("effective_on", DataType::Date32, false),
            Field::new("pupil_id", DataType::Int64, false),
            Field::new("source", DataType::Utf8View, false),
        ]));
        let partition = Fields::from(vec![Field::new("source", DataType::Utf8View, false)]);
        let files = [
            file("340111", "2013-09-01", "2013-09-30"),
            file("340111", "2013-10-01", "2013-10-31"),
            file("registry", "2013-09-01", "2013-10-31"),
        ];
        let df_schema = DFSchema::try_from(Arc::clone(&schema)).unwrap();
        let predicate = SessionContext::new().create_physical_expr(filter, &df_schema).unwrap();
        survivors(&predicate, &schema, &partition, &files)
    }

    #[test]
    fn files_are_left_out_by_partition_and_by_bounds() {
        assert_eq!(kept(col("source").eq(lit(ScalarValue::Utf8View(Some("340111".to_owned()))))), [true, true, false]);
        assert_eq!(kept(col("effective_on").lt_eq(lit(ScalarValue::Date32(Some(15978))))), [true, false, true]); // 2013-09-30
        assert_eq!(kept(col("pupil_id").eq(lit(10_i64))), [false, false, false]);
    }
}
