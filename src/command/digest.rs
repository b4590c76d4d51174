//! `xueji digest`: a row count and an order-independent hash per table, the same for the same content.
//!
//! What differs from run to run or from warehouse to warehouse without being content is left out: run numbers, lineage, surrogates, the day on
//! which a remark was first made. A
//! pupil's surrogate is replaced by a hash of the first registration number. The ledger is hashed net: an entry and its counter-entry
//! cancel.

use std::collections::HashMap;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{Date32Type, Int32Type, Int64Type},
    util::display::{ArrayFormatter, FormatOptions},
};
use futures::TryStreamExt;
use queries::{Session, Vault};
use sha2::{Digest as _, Sha256};

use crate::{
    clock,
    command::query,
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
};

/// Arguments of `xueji digest`.
#[derive(Debug, clap::Args)]
pub struct Digest {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// The run to hash; the newest if none is named
    #[arg(long, value_name = "N")]
    run: Option<u64>,
}

/// Columns that are no content.
const NO_CONTENT: [&str; 23] = [
    "run_id",
    "movement_id",
    "bucket",
    "record_digest",
    "person_key",
    "source_day",
    "source_file",
    "source_sheet",
    "source_row",
    "file",
    "sheet",
    "row",
    "encoding",
    "bytes",
    "digest",
    "landing",
    "raw",
    "batch",
    "month",
    "first_seen_on",
    "started_at",
    "finished_at",
    "tables",
];

/// Prints the digest of every table.
pub async fn run(cli: &Cli, digest: &Digest) -> anyhow::Result<Outcome> {
    let warehouse = digest.warehouse.open(cli).await?;
    warehouse.record_reading("digest", "a hash of every table", clock::now()).await?;
    let run = query::named_run(&warehouse, digest.run).await?;
    let session = Session::open(&warehouse, &run, &cli.policy()?, Vault::Open).await?;
    let pupils = founding_numbers(&session).await?;
    for table in run.tables.keys() {
        let (rows, hash) = of_table(&session, table, &pupils).await?;
        say!("{table} {rows} {hash}");
    }
    Ok(Outcome::Done)
}

/// Each pupil's surrogate → a hash of the number that the pupil bore first.
async fn founding_numbers(session: &Session) -> anyhow::Result<HashMap<i64, u64>> {
    let mut first: HashMap<i64, (i32, u64)> = HashMap::new();
    let mut stream = session.stream("select pupil_id, student_no, valid_from from identities").await?;
    while let Some(batch) = stream.try_next().await? {
        let pupils = batch.column(0).as_primitive::<Int64Type>();
        let numbers = arrow::compute::cast(batch.column(1), &arrow::datatypes::DataType::Utf8)?;
        let numbers = numbers.as_string::<i32>();
        let since = batch.column(2).as_primitive::<Date32Type>();
        for row in 0..batch.num_rows() {
            let word = (since.value(row), hash_of(numbers.value(row).as_bytes()));
            first.entry(pupils.value(row)).and_modify(|known| *known = word.min(*known)).or_insert(word);
        }
    }
    Ok(first.into_iter().map(|(pupil, (_, hash))| (pupil, hash)).collect())
}

async fn of_table(session: &Session, table: &str, pupils: &HashMap<i64, u64>) -> anyhow::Result<(i64, String)> {
    let mut stream = session.stream(&format!("select * from \"{table}\"")).await?;
    let mut sum: [u128; 2] = [0; 2];
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        rows += hash_batch(table, &batch, pupils, &mut sum)?;
    }
    let [left, right] = sum;
    Ok((rows, format!("{left:032x}{:08x}", right as u32)))
}

fn hash_batch(
    table: &str,
    batch: &RecordBatch,
    pupils: &HashMap<i64, u64>,
    sum: &mut [u128; 2],
) -> anyhow::Result<i64> {
    let ledger = table == "ledger";
    let schema = batch.schema();
    let options = FormatOptions::default().with_null("\u{0}");
    let mut columns = Vec::new();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        if NO_CONTENT.contains(&name) || (ledger && matches!(name, "sign" | "reverses")) {
            continue;
        }
        let of_pupil = name.ends_with("pupil_id").then(|| array.as_primitive::<Int64Type>());
        columns.push((name, of_pupil, ArrayFormatter::try_new(array.as_ref(), &options)?));
    }
    let sides = match (ledger, batch.column_by_name("sign"), batch.column_by_name("reverses")) {
        (true, Some(sign), Some(reverses)) => Some((sign.as_primitive::<Int32Type>(), reverses.as_boolean())),
        _ => None,
    };
    let mut rows = 0;
    let mut line = Vec::new();
    for row in 0..batch.num_rows() {
        line.clear();
        for (name, of_pupil, cells) in &columns {
            line.extend_from_slice(name.as_bytes());
            line.push(0x1E);
            match of_pupil {
                Some(ids) if ids.is_valid(row) => {
                    let pupil = pupils.get(&ids.value(row)).copied().unwrap_or_default();
                    line.extend_from_slice(&pupil.to_le_bytes());
                }
                _ => line.extend_from_slice(cells.value(row).to_string().as_bytes()),
            }
            line.push(0x1F);
        }
        let (side, weight) = match sides {
            Some((sign, reverses)) => {
                let reversed = reverses.value(row);
                let side = if (0 < sign.value(row)) != reversed { 1 } else { 0 };
                (side, if reversed { -1 } else { 1 })
            }
            None => (1, 1),
        };
        line.push(side);
        let hash = Sha256::digest(&line);
        let [left, right] = sum;
        for (total, part) in [left, right].into_iter().zip(hash.as_slice().chunks_exact(16)) {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(part);
            let value = u128::from_le_bytes(bytes);
            *total = if weight < 0 { total.wrapping_sub(value) } else { total.wrapping_add(value) };
        }
        rows += weight;
    }
    Ok(rows)
}

fn hash_of(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |sum, &byte| (sum << 8) | u64::from(byte))
}
