//! `xueji query`: read-only SQL over any run.

use std::{borrow::Cow, io::Write, sync::Arc};

use anyhow::Context;
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray},
    compute::cast,
    csv::WriterBuilder,
    datatypes::{DataType, Field, Schema},
    json::LineDelimitedWriter,
    util::pretty::pretty_format_batches,
};
use futures::TryStreamExt;
use queries::{Session, Vault};
use reports::format;
use warehouse::{Run, Warehouse};

use crate::{
    clock,
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
    voice::Out,
};

/// Arguments of `xueji query`.
#[derive(Debug, clap::Args)]
pub struct Query {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// The question
    #[arg(value_name = "SQL")]
    sql: String,
    /// The run to ask; the newest if none is named
    #[arg(long, value_name = "N")]
    run: Option<u64>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Open the vault (identities, quarantine) for this purpose, which is put on record
    #[arg(long, value_name = "PURPOSE")]
    vault: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
    Parquet,
}

/// Asks and prints.
pub async fn run(cli: &Cli, query: &Query) -> anyhow::Result<Outcome> {
    let warehouse = query.warehouse.open(cli).await?;
    let vault = match &query.vault {
        Some(purpose) => {
            warehouse.record_reading(purpose, &query.sql, clock::now()).await?;
            Vault::Open
        }
        None => Vault::Shut,
    };
    let session = open(cli, &warehouse, query.run, vault).await?;
    let mut stream = session.read_only_stream(&query.sql).await?;
    let schema = stream.schema();
    let mut out = std::io::BufWriter::new(Out);
    match query.format {
        Format::Table => {
            let batches: Vec<RecordBatch> = stream.try_collect().await.context("the query failed")?;
            let batches = if batches.is_empty() { vec![RecordBatch::new_empty(schema)] } else { batches };
            writeln!(out, "{}", pretty(&batches)?)?;
        }
        Format::Csv => {
            let mut writer = WriterBuilder::new().with_header(true).build(&mut out);
            let mut written = false;
            while let Some(batch) = stream.try_next().await.context("the query failed")? {
                writer.write(&reworded(&batch, format::neutral)?)?;
                written = true;
            }
            if !written {
                writer.write(&reworded(&RecordBatch::new_empty(schema), format::neutral)?)?;
            }
        }
        Format::Json => {
            let mut writer = LineDelimitedWriter::new(&mut out);
            while let Some(batch) = stream.try_next().await.context("the query failed")? {
                writer.write(&batch)?;
            }
            writer.finish()?;
        }
        Format::Parquet => {
            let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, schema, None)?;
            while let Some(batch) = stream.try_next().await.context("the query failed")? {
                writer.write(&batch)?;
            }
            writer.close()?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// The rows as a table for a terminal, which no cell can command.
pub fn pretty(batches: &[RecordBatch]) -> anyhow::Result<String> {
    let batches: Vec<RecordBatch> =
        batches.iter().map(|batch| reworded(batch, format::printable)).collect::<anyhow::Result<_>>()?;
    Ok(pretty_format_batches(&batches)?.to_string())
}

/// Headers and text cells of any kind made harmless for the place where they will stand.
fn reworded(batch: &RecordBatch, word: fn(&str) -> Cow<'_, str>) -> anyhow::Result<RecordBatch> {
    let (mut fields, mut columns) = (Vec::new(), Vec::<ArrayRef>::new());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column: ArrayRef = match is_text(field.data_type()) {
            true => {
                let texts = cast(column, &DataType::Utf8)?;
                let texts = texts.as_string::<i32>().iter().map(|text| text.map(|text| word(text).into_owned()));
                Arc::new(texts.collect::<StringArray>())
            }
            false => Arc::clone(column),
        };
        fields.push(Field::new(word(field.name()), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// A session over a run of the warehouse.
pub async fn open(cli: &Cli, warehouse: &Warehouse, run: Option<u64>, vault: Vault) -> anyhow::Result<Session> {
    let run = named_run(warehouse, run).await?;
    Ok(Session::open(warehouse, &run, &cli.policy()?, vault).await?)
}

/// The run of a number, or the newest.
pub async fn named_run(warehouse: &Warehouse, run: Option<u64>) -> anyhow::Result<Run> {
    Ok(match run {
        Some(number) => warehouse.run(number).await?,
        None => match warehouse.latest().await? {
            Some(run) => run,
            None => {
                let location = warehouse.place().url.to_string();
                return Err(warehouse::Error::Empty { location }.into());
            }
        },
    })
}
