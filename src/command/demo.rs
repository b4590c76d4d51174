//! `xueji demo`: a sample province from nothing to a report, on the embedded default.

use std::path::PathBuf;

use anyhow::Context;
use pipeline::report::BatchState;
use reports::{Summary, Tree};
use sample::Plan;
use warehouse::Warehouse;

use crate::{
    clock,
    command::{
        nightly::{Bar, night_settings},
        report::figures,
        sample as sample_command,
    },
    outcome::Outcome,
    scratch::Scratch,
    settings::Cli,
};

/// Arguments of `xueji demo`.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the sample province goes
    #[arg(long, value_name = "DIR", default_value = "xueji-demo")]
    dir: PathBuf,
    /// Pupils on the opening day
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    students: u64,
}

/// Makes the province, runs its nights, writes the report, prints the summary.
pub async fn run(cli: &Cli, demo: &Demo) -> anyhow::Result<Outcome> {
    let plan = Plan { students: demo.students, ..Plan::default() };
    let inbox = demo.dir.join("inbox");
    fs_err::create_dir_all(&inbox)?;
    sample_command::write(&plan, &inbox)?;
    let location = demo.dir.join("warehouse");
    let warehouse = Warehouse::at(&location.display().to_string())?;
    let scratch = Scratch::of(&warehouse, &demo.dir)?;
    let nights = sample::nights(&plan);
    let mut held = Vec::new();
    let mut refused = Vec::new();
    let mut rows = reports::summary::Rows::default();
    let mut taken = 0;
    for (number, &day) in nights.iter().enumerate() {
        let started = std::time::Instant::now();
        let settings = night_settings(cli, inbox.clone(), &scratch, day, |_| {})?;
        let report = schedules::night::run(&warehouse, &settings, clock::now, &Bar::new(false))
            .await
            .with_context(|| format!("the night of {day} failed"))?;
        anyhow::ensure!(
            report.failed_tests.is_empty(),
            "the figures of {day} failed their tests: {}",
            report.failed_tests.join("\n")
        );
        for batch in &report.batches {
            let why = || {
                (
                    format!("{} {}", batch.source, batch.day),
                    batch.reasons.first().map(|reason| reason.zh.clone()).unwrap_or_default(),
                )
            };
            match batch.state {
                BatchState::Taken => taken += 1,
                BatchState::Held => held.push(why()),
                BatchState::Refused => refused.push(why()),
            }
            for file in &batch.files {
                let add = |to: &mut i64, n: u64| *to += i64::try_from(n).unwrap_or(i64::MAX);
                add(&mut rows.received, file.rows);
                add(&mut rows.accepted, file.accepted);
                add(&mut rows.flagged, file.flagged);
                add(&mut rows.rejected, file.quarantined);
                add(&mut rows.duplicates_dropped, file.duplicates_dropped);
            }
        }
        let posted: u64 = report.movements.values().sum();
        say!(
            "{day}  第 {:>2}/{} 夜  {posted:>7} 笔变动  {:.1} 秒",
            number + 1,
            nights.len(),
            started.elapsed().as_secs_f64()
        );
    }
    let figures = figures(cli, &warehouse, None, None).await?;
    let written = reports::write(&figures, &demo.dir.join("report"))?;
    let mut summary = Summary::of(&figures, &Tree::of(&figures));
    summary.taken = taken;
    summary.rows = rows;
    summary.held = held;
    summary.refused = refused;
    let place = location.display();
    summary.files = vec![
        ("报告".to_owned(), written.page.display().to_string()),
        ("台账".to_owned(), written.workbook.display().to_string()),
        ("真值".to_owned(), inbox.join("truth.json").display().to_string()),
        (
            "查询".to_owned(),
            format!("xueji query --warehouse {place} \"select * from headcount_on('2012-10-31') limit 10\""),
        ),
        ("费用".to_owned(), format!("xueji fees --warehouse {place} --year 2013")),
        ("督查".to_owned(), format!("xueji inspect --warehouse {place} --kind unexplained")),
    ];
    say!();
    tell!("{}", summary.text());
    Ok(Outcome::Done)
}
