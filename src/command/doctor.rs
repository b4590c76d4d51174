//! `xueji doctor`: looks at the installation and says what is wrong with it, and what to do.

use domain::calendar::WorkCalendar;

use crate::{
    clock,
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
};

/// Arguments of `xueji doctor`.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    warehouse: AtWarehouse,
}

/// Looks and tells.
pub async fn run(cli: &Cli, doctor: &Doctor) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    let policy = cli.policy()?;
    say!("policy pack: {}", policy.name());
    let through = WorkCalendar::official().published_through();
    say!("working days are published through {through}");
    if through < clock::today() {
        say!("  the calendar of this year is missing: add the State Council's notice to data/workdays.csv");
        outcome = Outcome::Environment;
    }
    match doctor.warehouse.location(cli) {
        Err(_) => say!("no warehouse is named (--warehouse or --home)"),
        Ok(location) => {
            let warehouse = doctor.warehouse.place(cli)?;
            warehouse.place().check().await?;
            if warehouse.place().is_remote() {
                say!("store of {location}: it answers, and writes on conditions as it should");
            }
            match warehouse.latest().await? {
                None => say!("warehouse {location}: no run yet; `xueji nightly` makes the first"),
                Some(run) => {
                    let rows = run.tables.get("students").map_or(0, |table| table.rows);
                    say!("warehouse {location}: run {} for {}, {rows} records", run.run_id, run.day);
                }
            }
        }
    }
    Ok(outcome)
}
