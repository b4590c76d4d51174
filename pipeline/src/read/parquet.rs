//! Parquet from outside. Runs in a reading process only.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, Scalar, StringArray, StringBuilder, new_null_array,
    },
    compute::{CastOptions, cast, cast_with_options, kernels::cmp::eq, nullif},
    datatypes::{DataType, Float64Type},
};
use domain::{
    contract::{Column, Holds},
    rule::RuleId,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{
    PartReport,
    cell::plain,
    chunk::{Sink, raw_schema},
    fault::{Fault, ReadError},
    layout::Layout,
    limits::Limits,
    source::{Source, grown, inflated_beyond},
};
use crate::{
    finding::{Finding, Origin},
    inbox::Part,
    rows::RawRows,
};

/// The row of a Parquet file's first record: it is told as if a header stood above it.
const FIRST_ROW: u32 = 2;

/// Reads a Parquet file; every column becomes text.
pub(crate) fn read(
    part: &Part,
    source: &Source,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<PartReport, ReadError> {
    let whole = |fault: Fault| part.error(fault.into());
    let file = source.rewound().and_then(|file| Ok(file.try_clone()?)).map_err(whole)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| whole(parquet_fault(&error)))?;
    let fields = builder.schema().fields().clone();
    let layout = Layout::read(part.table, fields.iter().map(|field| field.name().clone()).collect())
        .map_err(|trouble| part.error(trouble))?;
    for (field, position) in fields.iter().zip(&layout.positions) {
        let values = match field.data_type() {
            DataType::Dictionary(_, values) => values,
            other => other,
        };
        if values.is_nested() && position.is_some() {
            return Err(ReadError { column: Some(field.name().clone()), ..whole(Fault::Nested) });
        }
    }
    let mut report = PartReport {
        extra_columns: layout.extra_columns(),
        missing_optional: layout.missing_optional(part.table),
        ..PartReport::default()
    };
    let reader = builder.with_batch_size(limits.chunk_rows).build().map_err(|error| whole(parquet_fault(&error)))?;
    let file: Arc<str> = Arc::from(part.file.as_str());
    let schema = raw_schema(part.table);
    // As text, each cell would be its letters and a separator: empty rows cost Parquet nothing, and whoever takes them much.
    let (mut size, most) = (0, grown(source.bytes(), limits.inflated_bytes, limits));
    for batch in reader {
        let batch = batch.map_err(|error| whole(Fault::Parquet(shortened(&error.to_string()))))?;
        let n = batch.num_rows();
        size += (n * fields.len().max(1)) as u64;
        let first = u32::try_from(report.rows).unwrap_or(u32::MAX).saturating_add(FIRST_ROW);
        let mut remarks = Vec::new();
        let mut cells: Vec<ArrayRef> = Vec::with_capacity(part.table.columns().len());
        for (at, column) in part.table.columns().iter().enumerate() {
            let found = layout.positions.iter().position(|position| *position == Some(at));
            let Some(values) = found.and_then(|found| batch.columns().get(found)) else {
                cells.push(new_null_array(&DataType::Utf8, n));
                continue;
            };
            let text = text_of(values, column).map_err(whole)?;
            if let [first, .., last] = text.value_offsets() {
                size += u64::from((last - first).unsigned_abs());
            }
            if values.data_type().is_numeric() && matches!(column.holds, Holds::StudentNo | Holds::IdNo) {
                let rows = (first..).zip(text.iter());
                remarks.extend(rows.filter_map(|(row, value)| {
                    Some(Finding {
                        table: part.table,
                        origin: Origin { file: Arc::clone(&file), sheet: None, row },
                        rule: RuleId::MangledNumber,
                        header: Some(column.header),
                        value: Some(value?.to_owned()),
                        detail: "号码被存成了数值".into(),
                        raw: None,
                    })
                }));
            }
            cells.push(Arc::new(text));
        }
        if most < size {
            return Err(whole(Fault::Bomb(inflated_beyond(most))));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(n));
        let cells = RecordBatch::try_new_with_options(Arc::clone(&schema), cells, &options)
            .map_err(|error| whole(Fault::Parquet(shortened(&error.to_string()))))?;
        report.rows += n as u64;
        sink(RawRows {
            table: part.table,
            file: Arc::clone(&file),
            sheet: None,
            cells,
            rows: (first..).take(n).collect::<Vec<u32>>().into(),
            remarks,
            broken: Vec::new(),
        })?;
    }
    Ok(report)
}

fn text_of(values: &ArrayRef, column: &Column) -> Result<StringArray, Fault> {
    let wrong = |error: arrow::error::ArrowError| Fault::Parquet(shortened(&error.to_string()));
    let text: StringArray = match values.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let numbers = cast(values, &DataType::Float64).map_err(wrong)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            let mut text = StringBuilder::with_capacity(numbers.len(), numbers.len() * 8);
            numbers.iter().for_each(|number| text.append_option(number.map(plain)));
            text.finish()
        }
        DataType::Boolean => {
            let (yes, no) = if column.holds == Holds::YesNo { ("是", "否") } else { ("TRUE", "FALSE") };
            values.as_boolean().iter().map(|truth| truth.map(|truth| if truth { yes } else { no })).collect()
        }
        _ => {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(values, &DataType::Utf8, &options).map_err(wrong)?.as_string::<i32>().clone()
        }
    };
    let empty = eq(&text, &Scalar::new(StringArray::from(vec![""]))).map_err(wrong)?;
    Ok(nullif(&text, &empty).map_err(wrong)?.as_string::<i32>().clone())
}

fn parquet_fault(error: &parquet::errors::ParquetError) -> Fault {
    match error {
        parquet::errors::ParquetError::EOF(_) => Fault::Torn("提前结束 / breaks off".into()),
        other => Fault::Parquet(shortened(&other.to_string())),
    }
}

/// An engine's message without what it may quote of the file.
fn shortened(message: &str) -> String {
    message.split(['\'', '"', '`', '[']).next().unwrap_or_default().chars().take(80).collect()
}
