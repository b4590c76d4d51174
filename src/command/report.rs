//! `xueji report`: charts, the self-contained HTML report and the XLSX book of a run.

use std::path::PathBuf;

use domain::calendar::Day;
use queries::Vault;
use reports::Figures;
use warehouse::Warehouse;

use crate::{
    command::query,
    outcome::{Outcome, UsageError},
    settings::{self, AtWarehouse, Cli},
};

/// Arguments of `xueji report`.
#[derive(Debug, clap::Args)]
pub struct Report {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// Where to write `report.html`, `report.xlsx` and `charts/`
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this unit's subtree: a division code or a school identifier
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The newest run for this day or an earlier one; the newest of all if none is named
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = settings::day)]
    day: Option<Day>,
}

/// Writes the report.
pub async fn run(cli: &Cli, report: &Report) -> anyhow::Result<Outcome> {
    let warehouse = report.warehouse.open(cli).await?;
    let figures = figures(cli, &warehouse, report.unit.as_deref(), report.day).await?;
    let written = reports::write(&figures, &report.out)?;
    say!("{}", written.page.display());
    say!("{}", written.workbook.display());
    say!("{} charts in {}", written.charts.len(), report.out.join("charts").display());
    Ok(Outcome::Done)
}

/// The figures of a unit by the run of a day.
pub async fn figures(
    cli: &Cli,
    warehouse: &Warehouse,
    unit: Option<&str>,
    day: Option<Day>,
) -> anyhow::Result<Figures> {
    let run = match day {
        Some(day) => {
            let runs = warehouse.runs().await?;
            let run = runs.iter().rev().find(|run| run.day() <= day);
            Some(run.ok_or_else(|| UsageError(format!("no run speaks for {day} or an earlier day")))?.run_id)
        }
        None => None,
    };
    let session = query::open(cli, warehouse, run, Vault::Shut).await?;
    Ok(reports::gather(&session, unit).await?)
}
