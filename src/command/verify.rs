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

/// Checks every file that was published and every kept copy against its digest, and names what is wrong.
pub async fn run(cli: &Cli, verify: &Verify) -> anyhow::Result<Outcome> {
    let warehouse = verify.warehouse.place(cli)?;
    let mut verified = warehouse.verify().await?;
    if verified.runs == 0 && verified.faults.is_empty() {
        return Err(warehouse::Error::Empty { location: warehouse.place().url.to_string() }.into());
    }
    let mut kept = 0;
    match pipeline::night::verify_copies(&warehouse).await {
        Ok(copies) => {
            kept = copies.files;
            let news = |fault: &String| {
                let path = fault.split(": ").next().unwrap_or_default();
                !verified.faults.iter().any(|known| known.starts_with(path))
            };
            let news: Vec<String> = copies.faults.into_iter().filter(news).collect();
            verified.faults.extend(news);
        }
        // Whoever cannot open the table of copies has found something already.
        Err(_) if !verified.faults.is_empty() => {}
        Err(fault) => return Err(fault.into()),
    }
    say!("{} runs, {} files, {kept} kept copies", verified.runs, verified.files);
    for fault in &verified.faults {
        complain!("error: {fault}");
    }
    if verified.faults.is_empty() {
        say!("everything is as it was written");
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Environment)
}
