//! `xueji inspect`: the lists that inspectors open in the morning.

use std::path::PathBuf;

use queries::Vault;
use reports::{Listing, Meta};

use crate::{
    command::query,
    outcome::Outcome,
    settings::{AtWarehouse, Cli},
};

/// Arguments of `xueji inspect`.
#[derive(Debug, clap::Args)]
pub struct Inspect {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// Which list; all of them if none is named
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Write a workbook instead of printing
    #[arg(long, value_name = "FILE.xlsx")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Classes above the standard of their stage
    ClassSize,
    /// Pupils who appeared, moved or vanished without papers
    Unexplained,
    /// The same ID number on two records, one pupil in two schools
    Duplicates,
    /// Every problem record
    Problems,
    /// Classes that look like no class
    VirtualClasses,
    /// Pupils taught in one place and on record in another
    Separation,
}

impl Kind {
    const ALL: [Kind; 6] =
        [Kind::ClassSize, Kind::Unexplained, Kind::Duplicates, Kind::Problems, Kind::VirtualClasses, Kind::Separation];

    fn title(self) -> &'static str {
        match self {
            Kind::ClassSize => "超标班额",
            Kind::Unexplained => "无据变动",
            Kind::Duplicates => "重复学籍",
            Kind::Problems => "问题记录",
            Kind::VirtualClasses => "疑似虚拟班",
            Kind::Separation => "人籍分离",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Kind::ClassSize => include_str!("inspect/class_size.sql"),
            Kind::Unexplained => include_str!("inspect/unexplained.sql"),
            Kind::Duplicates => include_str!("inspect/duplicates.sql"),
            Kind::Problems => include_str!("inspect/problems.sql"),
            Kind::VirtualClasses => include_str!("inspect/virtual_classes.sql"),
            Kind::Separation => include_str!("inspect/separation.sql"),
        }
    }
}

/// Prints the lists or writes them as a workbook.
pub async fn run(cli: &Cli, inspect: &Inspect) -> anyhow::Result<Outcome> {
    let warehouse = inspect.warehouse.open(cli).await?;
    let session = query::open(cli, &warehouse, None, Vault::Shut).await?;
    let kinds = inspect.kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
    let mut listings = Vec::new();
    for kind in kinds {
        let batches = session.sql(kind.sql()).await?;
        match &inspect.out {
            Some(_) => listings.push(Listing::of(kind.title(), &batches)),
            None => {
                let rows: usize = batches.iter().map(arrow::array::RecordBatch::num_rows).sum();
                say!("{} ({rows})", kind.title());
                say!("{}", query::pretty(&batches)?);
            }
        }
    }
    if let Some(path) = &inspect.out {
        let run = warehouse.latest().await?;
        let meta = Meta {
            title: "督查清单".to_owned(),
            run_id: run.as_ref().map_or(0, |run| run.run_id),
            day: run.and_then(|run| chrono::NaiveDate::parse_from_str(&run.day, "%Y-%m-%d").ok()).unwrap_or_default(),
            note: String::new(),
        };
        fs_err::write(path, reports::inspect_workbook(&listings, &meta)?)?;
        say!("{}", path.display());
    }
    Ok(Outcome::Done)
}
