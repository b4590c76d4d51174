//! `xueji nightly`: one night.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Context;
use domain::calendar::Day;
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::{
    night::{Settings, Watch},
    read::Limits,
    report::{BatchState, Report, Status},
};
use reports::{Figures, Summary, Tree, format::printable};
use warehouse::Warehouse;

use crate::{
    clock,
    command::report::figures,
    outcome::{Outcome, UsageError},
    scratch::Scratch,
    settings::{self, AtWarehouse, Cli},
};

/// Arguments of `xueji nightly`.
#[derive(Debug, clap::Args)]
pub struct Nightly {
    #[command(flatten)]
    warehouse: AtWarehouse,
    /// Where batches wait, as `<source>/<YYYY-MM-DD>/`
    #[arg(long, env = "XUEJI_INBOX", value_name = "DIR")]
    inbox: Option<PathBuf>,
    /// The business day; batches of earlier days that were not taken yet are taken too
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = settings::day)]
    day: Option<Day>,
    /// Only this source's batches
    #[arg(long, value_name = "S")]
    source: Option<String>,
    /// A source whose shrunken export a person has checked and confirms
    #[arg(long, value_name = "S")]
    release: Vec<String>,
    /// Where to write the run report, as JSON
    #[arg(long, env = "XUEJI_REPORT", value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// A local folder for rows that wait, where the warehouse is no folder; `.scratch` below --home if none is named
    #[arg(long, env = "XUEJI_SCRATCH", value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Runs the night.
pub async fn run(cli: &Cli, nightly: &Nightly) -> anyhow::Result<Outcome> {
    let inbox = match (&nightly.inbox, &cli.home) {
        (Some(inbox), _) => inbox.clone(),
        (None, Some(home)) => home.join("inbox"),
        (None, None) => return Err(UsageError("where is the inbox? give --inbox, or --home".to_owned()).into()),
    };
    if !inbox.is_dir() {
        return Err(UsageError(format!("the inbox {} is not a folder", inbox.display())).into());
    }
    let warehouse = nightly.warehouse.place(cli)?;
    let base = nightly.scratch.clone().unwrap_or_else(|| cli.scratch());
    let scratch = Scratch::of(&warehouse, &base).with_context(|| format!("no scratch folder in {}", base.display()))?;
    let settings = night_settings(cli, inbox, &scratch, nightly.day.unwrap_or_else(clock::today), |settings| {
        settings.source = nightly.source.clone();
        settings.release = nightly.release.iter().cloned().collect();
    })?;
    if let Some(path) = &nightly.report {
        can_be_written(path)?;
    }
    let report = schedules::night::run(&warehouse, &settings, clock::now, &Bar::new(nightly.quiet)).await?;
    let written = nightly.report.as_ref().map_or(Ok(()), |path| write_report(path, &report));
    if !nightly.quiet {
        let summary = summary(cli, &warehouse, &report).await?;
        tell!("{}", summary.text());
        say_causes(&report);
    }
    tell_troubles(&report);
    written.with_context(|| match report.status {
        Status::Published => format!("run {} was published, but its report could not be written", report.run_id),
        Status::Unchanged | Status::Rejected => "nothing was published, and the report could not be written".to_owned(),
    })?;
    Ok(outcome(&report))
}

/// The settings of a night.
pub fn night_settings(
    cli: &Cli,
    inbox: PathBuf,
    scratch: &Scratch,
    day: Day,
    adjust: impl FnOnce(&mut Settings),
) -> anyhow::Result<Settings> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut settings = Settings {
        inbox,
        day,
        source: None,
        policy: cli.policy()?,
        limits: Limits::of_program(program),
        scratch: scratch.folder().to_owned(),
        release: BTreeSet::new(),
    };
    adjust(&mut settings);
    Ok(settings)
}

/// A report that cannot be written is better known before the night than after.
fn can_be_written(report: &std::path::Path) -> anyhow::Result<()> {
    let is_new = !report.exists();
    fs_err::OpenOptions::new().append(true).create(true).open(report).context("the report cannot be written")?;
    if is_new {
        fs_err::remove_file(report)?;
    }
    Ok(())
}

fn write_report(path: &std::path::Path, report: &Report) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    fs_err::write(path, text)?;
    Ok(())
}

/// The summary of what a night came to.
pub async fn summary(cli: &Cli, warehouse: &Warehouse, report: &Report) -> anyhow::Result<Summary> {
    let mut summary = match report.status {
        Status::Published => {
            let figures: Figures = figures(cli, warehouse, None, None).await?;
            Summary::of(&figures, &Tree::of(&figures))
        }
        Status::Unchanged | Status::Rejected => {
            let rejected = report.status == Status::Rejected;
            let title =
                if rejected { "指标未通过校验，没有发布" } else { "没有新的批次，数据不变" };
            Summary {
                title: title.to_owned(),
                day: chrono::NaiveDate::parse_from_str(&report.day, "%Y-%m-%d").unwrap_or_default(),
                run_id: (0 < report.run_id).then_some(report.run_id),
                ..Summary::default()
            }
        }
    };
    let of = |state: BatchState| -> Vec<(String, String)> {
        report
            .batches
            .iter()
            .filter(|batch| batch.state == state)
            .map(|batch| {
                let why = batch.reasons.first().map(|reason| printable(&reason.zh).into_owned()).unwrap_or_default();
                (format!("{} {}", printable(&batch.source), batch.day), why)
            })
            .collect()
    };
    summary.held = of(BatchState::Held);
    summary.refused = of(BatchState::Refused);
    summary.taken = report.batches.iter().filter(|batch| batch.state == BatchState::Taken).count();
    let files = || report.batches.iter().flat_map(|batch| &batch.files);
    let sum = |pick: fn(&pipeline::report::FileReport) -> u64| {
        i64::try_from(files().map(pick).sum::<u64>()).unwrap_or(i64::MAX)
    };
    summary.rows = reports::summary::Rows {
        received: sum(|file| file.rows),
        accepted: sum(|file| file.accepted),
        flagged: sum(|file| file.flagged),
        rejected: sum(|file| file.quarantined),
        duplicates_dropped: sum(|file| file.duplicates_dropped),
    };
    Ok(summary)
}

/// Why rows were refused, one line for each cause: where, how many, which rows, what to do.
fn say_causes(report: &Report) {
    const MOST: usize = 20;
    let causes: Vec<_> = report
        .batches
        .iter()
        .flat_map(|batch| batch.issues.iter().map(move |issue| (batch, issue)))
        .filter(|(_, issue)| issue.severity == "reject")
        .collect();
    if !causes.is_empty() {
        say!("\n未计入的行(已隔离):");
    }
    for (batch, issue) in causes.iter().take(MOST) {
        let sheet = issue.sheet.as_ref().map(|sheet| format!("“{}”", printable(sheet))).unwrap_or_default();
        let rows = if issue.row == issue.last_row {
            format!("{}", issue.row)
        } else {
            format!("{}–{}", issue.row, issue.last_row)
        };
        let (source, file, message) = (printable(&batch.source), printable(&issue.file), printable(&issue.message));
        say!("  {source} {file}{sheet} 第 {rows} 行,{} 行:{message}", issue.count);
    }
    if MOST < causes.len() {
        say!("  ……另有 {} 种,见 --report", causes.len() - MOST);
    }
}

/// Held and refused batches and failed tests, on standard error, a sentence each.
fn tell_troubles(report: &Report) {
    for batch in &report.batches {
        let word = match batch.state {
            BatchState::Taken => continue,
            BatchState::Held => "held",
            BatchState::Refused => "refused",
        };
        for reason in &batch.reasons {
            complain!("{word}: {} {}: {}", printable(&batch.source), batch.day, printable(&reason.zh));
            complain!("  {}", printable(&reason.en));
        }
    }
    for test in &report.failed_tests {
        complain!("error: the figures failed a test of their own, nothing was published: {test}");
    }
}

/// The exit code of a night.
pub fn outcome(report: &Report) -> Outcome {
    let tests = if report.status == Status::Rejected { Outcome::Refused } else { Outcome::Done };
    report.batches.iter().fold(tests, |worst, batch| {
        worst.worse(match batch.state {
            BatchState::Taken => Outcome::Done,
            BatchState::Held => Outcome::Held,
            BatchState::Refused => Outcome::Refused,
        })
    })
}

/// A progress bar of batches.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar, or none where it must be quiet.
    pub fn new(quiet: bool) -> Bar {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template("取批次    {bar:30} {pos}/{len}  {msg}");
        Bar { bar: bar.with_style(style.unwrap_or(ProgressStyle::default_bar())) }
    }
}

impl Watch for Bar {
    fn batch(&self, source: &str, day: Day, number: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(number as u64);
        self.bar.set_message(format!("{source} {day}"));
        if number == of {
            self.bar.finish_and_clear();
        }
    }
}
