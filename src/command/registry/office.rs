//! Where the registry is, and the office over it.

use std::path::PathBuf;

use domain::calendar::WorkCalendar;
use registry::{
    guard::Mark,
    office::{By, Now, Office},
};

use crate::{clock, outcome::UsageError, settings::Cli};

/// Where the registry is.
#[derive(Debug, clap::Args)]
pub struct AtRegistry {
    /// The registry's database: sqlite:FILE or postgres://…; by default `registry.db` below the home folder
    #[arg(long, env = "XUEJI_REGISTRY", value_name = "URL")]
    registry: Option<String>,
    /// A calendar of working days in place of the published one, as `data/workdays.csv`
    #[arg(long, env = "XUEJI_WORKDAYS", value_name = "FILE", hide_short_help = true)]
    workdays: Option<PathBuf>,
}

impl AtRegistry {
    /// The URL.
    pub fn url(&self, cli: &Cli) -> Result<String, UsageError> {
        match (&self.registry, &cli.home) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some(home)) => Ok(format!("sqlite:{}", home.join("registry.db").display())),
            (None, None) => Err(UsageError("where is the registry? give --registry, or --home".to_owned())),
        }
    }

    /// The office; its policy is that of `--policy` where one was given, else the one that the database has.
    pub async fn open(&self, cli: &Cli) -> anyhow::Result<Office> {
        let calendar = match &self.workdays {
            Some(file) => WorkCalendar::from_csv(&fs_err::read_to_string(file)?)
                .map_err(|error| UsageError(format!("{}: {error}", file.display())))?,
            None => WorkCalendar::official().clone(),
        };
        let url = self.url(cli)?;
        if let (Some(home), None) = (&cli.home, &self.registry) {
            fs_err::create_dir_all(home)?;
        }
        Ok(Office::open(&url, cli.named_policy(), calendar).await?)
    }
}

/// The present instant by the clock of the program, with the machine's own.
pub fn now() -> Now {
    let at = clock::now().timestamp_millis();
    if clock::is_test() {
        return Now::at(at);
    }
    // Not every machine tells: then a jump of the clock is seen by the forecast alone.
    let uptime = std::fs::read_to_string("/proc/uptime").ok().and_then(|text| {
        let seconds: f64 = text.split(' ').next()?.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of some years")]
        Some((seconds * 1000.0) as i64)
    });
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    match (uptime, boot) {
        (Some(uptime), Some(boot)) => Now { at, mark: Mark { at, uptime, boot: boot.trim().to_owned() } },
        _ => Now::at(at),
    }
}

/// Whose command it is.
pub fn by(account: &str) -> By {
    if account == "system" { By::System } else { By::Account(account.to_owned()) }
}
