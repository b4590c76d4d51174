//! `xueji fees`: the maintenance-fee statement of a year, level by level, exact to the fen (FEE-01, FEE-02).

use std::{collections::HashMap, path::PathBuf};

use arrow::util::pretty::pretty_format_batches;
use domain::money::Fen;
use queries::Vault;
use reports::{FeeRow, Meta, format};

use crate::{
    command::query,
    outcome::{Outcome, UsageError},
    settings::{AtWarehouse, Cli},
};

/// Arguments of `xueji fees`.
#[derive(Debug, clap::Args)]
pub struct Fees {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// The fee year
    #[arg(long, value_name = "Y")]
    year: i32,
    /// A trial rate in yuan per pupil, instead of the policy's: the statement says that it is a trial
    #[arg(long, value_name = "YUAN")]
    rate: Option<String>,
    /// Write a workbook instead of printing
    #[arg(long, value_name = "FILE.xlsx")]
    out: Option<PathBuf>,
    /// The run to ask; the newest if none is named
    #[arg(long, value_name = "N")]
    run: Option<u64>,
}

/// Prints the statement or writes it as a workbook.
pub async fn run(cli: &Cli, fees: &Fees) -> anyhow::Result<Outcome> {
    let warehouse = fees.warehouse.open(cli).await?;
    let session = query::open(cli, &warehouse, fees.run, Vault::Shut).await?;
    let trial = match &fees.rate {
        Some(text) => {
            let rate =
                Fen::read(text).ok_or_else(|| UsageError(format!("`{text}` is no amount in yuan such as 0.50")))?;
            Some(rate.0)
        }
        None => None,
    };
    let figures = reports::gather(&session, None).await?;
    let names: HashMap<&str, &str> = figures
        .authorities
        .iter()
        .map(|authority| (authority.authority_id.as_str(), authority.name.as_str()))
        .chain(figures.schools.iter().map(|school| (school.school_id.as_str(), school.name.as_str())))
        .collect();
    // A prefecture stands twice: as itself, and at county level for the schools it runs itself (直管).
    let at_county_level = figures.county_names();
    let name_of = |unit: &str| names.get(unit).map_or_else(String::new, |name| (*name).to_owned());
    let mut rows: Vec<FeeRow> = figures
        .fees
        .iter()
        .filter(|fee| fee.fee_year == i64::from(fees.year))
        .map(|fee| {
            let own_schools =
                if fee.level == "county" { at_county_level.get(fee.unit_id.as_str()).cloned() } else { None };
            FeeRow { fee: fee.clone(), unit_name: own_schools.unwrap_or_else(|| name_of(&fee.unit_id)) }
        })
        .collect();
    if rows.is_empty() {
        let known = session.sql("select distinct fee_year from fees order by fee_year").await?;
        return Err(UsageError(format!(
            "there is no statement for {}: its October snapshot is not in the warehouse yet. There are:\n{}",
            fees.year,
            pretty_format_batches(&known)?
        ))
        .into());
    }
    if let Some(rate) = trial {
        for row in &mut rows {
            row.fee.rate_fen = rate;
            row.fee.amount_fen =
                row.fee.pupils.checked_mul(rate).ok_or_else(|| UsageError("the rate is too large".to_owned()))?;
        }
    }
    let note = if trial.is_some() { "试算:按给定标准计算,不是缴费依据。" } else { "" };
    match &fees.out {
        Some(path) => {
            let meta = Meta {
                title: format!("{}年学籍管理维护费", fees.year),
                run_id: figures.run.run_id,
                day: figures.run.day,
                note: note.to_owned(),
            };
            fs_err::write(path, reports::fees_workbook(&rows, &meta)?)?;
            say!("{}", path.display());
        }
        None => print_statement(&rows, note),
    }
    Ok(Outcome::Done)
}

/// The statement as text: the levels one after another, schools left to the workbook.
fn print_statement(rows: &[FeeRow], note: &str) {
    for level in ["province", "prefecture", "county"] {
        for row in rows.iter().filter(|row| row.fee.level == level) {
            let fee = &row.fee;
            say!(
                "{}  {}  {:>9} 人 × {} 元 = {:>12} 元  {} 截止,应缴日 {}",
                format::left(&row.unit_name, 24),
                fee.unit_id,
                fee.pupils,
                Fen(fee.rate_fen),
                Fen(fee.amount_fen).to_string(),
                fee.snapshot_on,
                fee.due_on,
            );
        }
    }
    if !note.is_empty() {
        say!("{note}");
    }
}
