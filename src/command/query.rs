//! `xueji query`: read-only SQL over any run.

use std::{io::Write, sync::Arc};

use anyhow::Context;
use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray},
    csv::WriterBuilder,
    json::LineDelimitedWriter,
    util::pretty::pretty_format_batches,
};
use futures::TryStreamExt;
use queries::{Session, Vault};
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
    let warehouse = Warehouse::open(&query.warehouse.location(cli.home.as_ref())?).await?;
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
            writeln!(out, "{}", pretty_format_batches(&batches)?)?;
        }
        Format::Csv => {
            let mut writer = WriterBuilder::new().with_header(true).build(&mut out);
            let mut written = false;
            while let Some(batch) = stream.try_next().await.context("the query failed")? {
                writer.write(&neutral(&batch)?)?;
                written = true;
            }
            if !written {
                writer.write(&RecordBatch::new_empty(schema))?;
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

/// Text cells that a spreadsheet would run as a formula are made harmless.
fn neutral(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| match column.as_string_opt::<i32>() {
            Some(texts) => Arc::new(
                texts
                    .iter()
                    .map(|text| text.map(|text| reports::format::neutral(text).into_owned()))
                    .collect::<StringArray>(),
            ) as ArrayRef,
            None => Arc::clone(column),
        })
        .collect();
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
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
