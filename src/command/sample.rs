//! `xueji sample`: the export batches of a sample province.

use std::path::PathBuf;

use domain::calendar::Day;
use indicatif::{ProgressBar, ProgressStyle};
use sample::{Plan, Truth};

use crate::{outcome::Outcome, settings};

/// Arguments of `xueji sample`.
#[derive(Debug, clap::Args)]
pub struct Sample {
    /// Where to write `<source>/<day>/…` and `truth.json`
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Pupils on the opening day
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub students: u64,
    /// Everything left to chance hangs on it
    #[arg(long, value_name = "S", default_value_t = Plan::default().seed)]
    pub seed: u64,
    /// Ordinary days at the end of the course
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// The opening day, in September
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = settings::day)]
    pub first_day: Option<Day>,
    /// A small province with everything the large one has (about 2,000 pupils)
    #[arg(long, conflicts_with = "single")]
    pub small: bool,
    /// Everything in one clean source, as plain CSV: for measuring
    #[arg(long)]
    pub single: bool,
}

impl Sample {
    fn plan(&self) -> Plan {
        let mut plan = if self.small {
            Plan::small(self.seed)
        } else if self.single {
            Plan { seed: self.seed, ..Plan::single_source(self.students) }
        } else {
            Plan { students: self.students, seed: self.seed, ..Plan::default() }
        };
        plan.days = self.days.unwrap_or(plan.days);
        plan.first_day = self.first_day.unwrap_or(plan.first_day);
        plan
    }
}

/// Writes the batches.
pub fn run(sample: &Sample) -> anyhow::Result<Outcome> {
    let plan = sample.plan();
    let truth = write(&plan, &sample.out)?;
    let batches = truth.batches.len();
    say!("{batches} batches on {} days written to {}", sample::nights(&plan).len(), sample.out.display());
    say!("what is true of them: {}", sample.out.join("truth.json").display());
    Ok(Outcome::Done)
}

/// Writes a province with a progress bar.
pub fn write(plan: &Plan, out: &std::path::Path) -> anyhow::Result<Truth> {
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("造样例省  {bar:30} {pos}/{len} 批次  {msg}")
            .unwrap_or(ProgressStyle::default_bar()),
    );
    let truth = sample::write(plan, out, &mut |progress| {
        bar.set_length(progress.batches_planned);
        bar.set_position(progress.batches);
        bar.set_message(format!("{} {}  {} 行", progress.source, progress.day, progress.rows));
    })?;
    bar.finish_and_clear();
    Ok(truth)
}
