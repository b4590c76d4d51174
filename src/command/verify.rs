//! `xueji verify`: is everything that was published still what it was?

use crate::{
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
};

/// Arguments of `xueji verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    warehouse: AtWarehouse,
}

/// Checks every data file and every kept copy against its digest, and names what is wrong.
pub async fn run(cli: &Cli, verify: &Verify) -> anyhow::Result<Outcome> {
    let warehouse = verify.warehouse.open(cli).await?;
    let mut verified = warehouse.verify().await?;
    let copies = pipeline::night::verify_copies(&warehouse).await?;
    verified.faults.extend(copies.faults);
    say!("{} runs, {} data files, {} kept copies", verified.runs, verified.files, copies.files);
    for fault in &verified.faults {
        eprintln!("error: {fault}");
    }
    if verified.faults.is_empty() {
        say!("everything is as it was written");
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Environment)
}
