//! The registry held against the warehouse: the same headcounts, or each pupil that differs (WH-15).

use std::collections::BTreeMap;

use anyhow::Context;
use arrow::{array::AsArray, compute::cast, datatypes::DataType};
use clap::Args;
use futures::TryStreamExt;
use queries::Vault;
use registry::{feed::Standing, office::By};
use serde_json::json;

use super::office::{AtRegistry, now};
use crate::{
    clock,
    command::query,
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
};

/// A reconciliation.
#[derive(Debug, Args)]
pub struct Reconcile {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// The name of the registry's source in the warehouse
    #[arg(long, default_value = "registry")]
    source: String,
    /// How many differing pupils are named at most
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

/// Where a record stands in the warehouse, by registration number. The vault is opened for it, on record.
const STANDINGS: &str = "select i.student_no as student_no, s.school_id as school_id, s.class_id as class_id, \
    cast(s.grade as varchar) as grade, s.status as status \
    from students s join identities i on i.pupil_id = s.pupil_id and i.valid_to is null \
    where s.status in ('在读', '休学', '辍学保留') and s.source = ";

pub async fn run(cli: &Cli, at: &AtRegistry, task: &Reconcile) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    let mut own: BTreeMap<String, Standing> = BTreeMap::new();
    office.standings(|number, standing| drop(own.insert(number, standing))).await?;
    office.put_on_record(By::System, "reconcile", String::new(), "业务库与仓库对账", now()).await?;
    office.close().await?;
    let warehouse = task.warehouse.open(cli).await?;
    let sql = format!("{STANDINGS}'{}'", task.source.replace('\'', "''"));
    warehouse.record_reading("registry reconcile", &sql, clock::now()).await?;
    let session = query::open(cli, &warehouse, None, Vault::Open).await?;
    let mut stream = session.read_only_stream(&sql).await?;
    let (mut same, mut differing, mut named) = (0u64, 0u64, Vec::new());
    let mut differs = |number: &str, registry: Option<&Standing>, warehouse: Option<&Standing>| {
        differing += 1;
        if named.len() < task.limit {
            let number = domain::identity::masked(number);
            named.push(json!({ "student_no": number, "registry": registry, "warehouse": warehouse }));
        }
    };
    while let Some(batch) = stream.try_next().await.context("the query failed")? {
        let columns =
            batch.columns().iter().map(|column| cast(column, &DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let text = |at: usize| columns[at].as_string::<i32>().value(row).to_owned();
            let there = Standing {
                school: text(1),
                class: text(2),
                grade: text(3).parse().unwrap_or_default(),
                status: text(4),
            };
            let number = text(0);
            match own.remove(&number) {
                Some(here) if here == there => same += 1,
                Some(here) => differs(&number, Some(&here), Some(&there)),
                None => differs(&number, None, Some(&there)),
            }
        }
    }
    for (number, here) in &own {
        differs(number, Some(here), None);
    }
    say!("{}", json!({ "same": same, "differing": differing, "pupils": named }));
    Ok(if differing == 0 { Outcome::Done } else { Outcome::Refused })
}
