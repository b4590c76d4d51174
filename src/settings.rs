//! Every setting: a flag, an environment variable `XUEJI_*`, or a line of `xueji.toml`, in that order. Nothing else reads them.

use std::{collections::BTreeMap, ffi::OsString, io::IsTerminal, path::PathBuf, time::Duration};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use domain::{calendar::Day, policy::Policy};
use warehouse::{Warehouse, store::Access};

use crate::{
    clock, command,
    outcome::{Outcome, UsageError},
};

/// A province's student-registration (学籍) office in one program.
#[derive(Debug, Parser)]
#[command(name = "xueji", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The installation folder: `xueji.toml`, `inbox/` and `warehouse/` are looked for there
    #[arg(long, global = true, env = "XUEJI_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// The policy pack in force: national, anhui, province-b, or a file
    #[arg(long, global = true, env = "XUEJI_POLICY", value_name = "PACK", default_value = "anhui")]
    pub policy: String,
    /// How much is logged to standard error: error, warn, info, debug
    #[arg(long, global = true, env = "XUEJI_LOG", value_name = "LEVEL", default_value = "warn")]
    pub log: String,
    /// Test mode: allows a test clock
    #[arg(long, global = true, env = "XUEJI_TEST_MODE", hide = true)]
    pub test_mode: bool,
    /// The test clock: an instant, or @FILE
    #[arg(long, global = true, env = "XUEJI_TEST_CLOCK", hide = true, value_name = "INSTANT")]
    pub test_clock: Option<String>,
    /// Settings of the object store: variables `AWS_*`, and lines `aws-…` of `xueji.toml`. No flag: some are secret.
    #[arg(skip)]
    store: Vec<(String, String)>,
    /// Whether somebody named the policy.
    #[arg(skip)]
    policy_is_named: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a sample province, run its nights, write its report
    Demo(command::demo::Demo),
    /// Write the export batches of a sample province, and what is true of them
    Sample(command::sample::Sample),
    /// Take the exports that wait, post the ledger, build the figures, publish a run
    Nightly(command::nightly::Nightly),
    /// Ask the warehouse in SQL
    Query(command::query::Query),
    /// Write charts, the HTML report and the XLSX book
    Report(command::report::Report),
    /// The maintenance-fee statement of a year
    Fees(command::fees::Fees),
    /// Lists for inspectors
    Inspect(command::inspect::Inspect),
    /// A row count and an order-independent hash per table
    Digest(command::digest::Digest),
    /// Check that everything that was published is still what it was
    Verify(command::verify::Verify),
    /// The office: records of pupils and their procedures
    Registry(command::registry::Registry),
    /// The audit chain of the registry
    Audit(command::audit::Audit),
    /// The data dictionary, from the tables' and models' own declarations
    Docs(command::docs::Docs),
    /// Look at the installation and say what is wrong with it
    Doctor(command::doctor::Doctor),
}

/// Where the warehouse is.
#[derive(Debug, clap::Args)]
pub struct AtWarehouse {
    /// The warehouse: a folder, or s3://bucket/prefix
    #[arg(long, env = "XUEJI_WAREHOUSE", value_name = "URL")]
    warehouse: Option<String>,
    /// How long a request to an object store is tried before it has failed
    #[arg(long, env = "XUEJI_STORE_PATIENCE", value_name = "SECONDS", default_value_t = 180, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    store_patience: u64,
    /// How long the lease of a run on an object store stands when nobody renews it
    #[arg(long, env = "XUEJI_LEASE", value_name = "SECONDS", default_value_t = 120, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease: u64,
}

impl AtWarehouse {
    /// The location, or `warehouse/` below the home folder.
    pub fn location(&self, cli: &Cli) -> Result<String, UsageError> {
        match (&self.warehouse, &cli.home) {
            (Some(location), _) => Ok(location.clone()),
            (None, Some(home)) => Ok(home.join("warehouse").display().to_string()),
            (None, None) => Err(UsageError("where is the warehouse? give --warehouse, or --home".to_owned())),
        }
    }

    fn access(&self, cli: &Cli) -> Access {
        Access {
            options: cli.store.clone(),
            patience: Duration::from_secs(self.store_patience),
            lease: Duration::from_secs(self.lease),
        }
    }

    /// The warehouse, which may still be empty.
    pub fn place(&self, cli: &Cli) -> anyhow::Result<Warehouse> {
        Ok(Warehouse::reached(&self.location(cli)?, &self.access(cli))?)
    }

    /// The warehouse, in which at least one run was published.
    pub async fn open(&self, cli: &Cli) -> anyhow::Result<Warehouse> {
        Ok(Warehouse::open(&self.location(cli)?, &self.access(cli)).await?)
    }
}

impl Cli {
    /// Reads flags, environment and `xueji.toml`; on a mistake says so and returns the exit code.
    pub fn read() -> Result<Cli, Outcome> {
        let lines = file_lines().map_err(|error| Outcome::Usage.tell(&error))?;
        let mut command = Cli::command();
        command = defaults(command, &lines);
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        for name in names {
            command = command.mut_subcommand(name, |sub| defaults(sub, &lines));
        }
        let matches = command.try_get_matches().map_err(usage)?;
        let mut cli = Cli::from_arg_matches(&matches).map_err(usage)?;
        cli.store = store_settings(&lines);
        cli.policy_is_named = lines.contains_key("policy")
            || !matches!(matches.value_source("policy"), None | Some(clap::parser::ValueSource::DefaultValue));
        if let Some(text) = &cli.test_clock {
            clock::set(text, cli.test_mode).map_err(|error| Outcome::from_error(&error).tell(&error))?;
        }
        Ok(cli)
    }

    /// Where scratch folders go when nothing else is said: below the home folder, or where the system keeps what is temporary.
    pub fn scratch(&self) -> PathBuf {
        self.home.as_ref().map_or_else(std::env::temp_dir, |home| home.join(".scratch"))
    }

    /// The policy that a command line, a variable or a line of `xueji.toml` names; none if it is only the default.
    pub fn named_policy(&self) -> Option<&str> {
        self.policy_is_named.then_some(self.policy.as_str())
    }

    /// The policy pack.
    pub fn policy(&self) -> anyhow::Result<Policy> {
        let path = std::path::Path::new(&self.policy);
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs_err::read_to_string(path)?;
            let beside = |name: &str| fs_err::read_to_string(path.with_file_name(format!("{name}.toml"))).ok();
            return Ok(Policy::from_toml(&text, &beside)?);
        }
        Ok(Policy::named(&self.policy)?)
    }

    /// Starts logging, to standard error.
    pub fn log(&self) {
        // Only our own crates may speak below a warning: what others log of a table may name people.
        let ours = ["xueji", "registry", "pipeline", "warehouse", "queries", "reports", "schedules"];
        let mut directives = vec!["error".to_owned()];
        directives.extend(ours.iter().map(|name| format!("{name}={}", self.log)));
        let filter = tracing_subscriber::EnvFilter::try_new(directives.join(","))
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .try_init();
    }
}

fn usage(error: clap::Error) -> Outcome {
    let _ = error.print();
    if error.use_stderr() { Outcome::Usage } else { Outcome::Done }
}

/// The lines of `xueji.toml` in the home folder, or in the working folder.
fn file_lines() -> anyhow::Result<BTreeMap<String, String>> {
    let home = home_argument().or_else(|| std::env::var_os("XUEJI_HOME")).map(PathBuf::from).unwrap_or_default();
    let path = home.join("xueji.toml");
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let table: toml::Table = toml::from_str(&fs_err::read_to_string(&path)?)
        .map_err(|error| UsageError(format!("{} does not read: {error}", path.display())))?;
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::String(text) => Ok((key, text)),
            toml::Value::Integer(number) => Ok((key, number.to_string())),
            toml::Value::Boolean(yes) => Ok((key, yes.to_string())),
            _ => Err(UsageError(format!("{}: `{key}` is not a plain value", path.display())).into()),
        })
        .collect()
}

/// Lines `aws-…` of the file, then the environment, which goes before it.
fn store_settings(lines: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let written = lines.iter().map(|(name, value)| (name.replace('-', "_").to_ascii_uppercase(), value.clone()));
    let set =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    written.chain(set).filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty()).collect()
}

/// The value of `--home`, in either form, before the command line as a whole is read.
fn home_argument() -> Option<OsString> {
    let mut arguments = std::env::args_os();
    while let Some(argument) = arguments.next() {
        if argument == "--home" {
            return arguments.next();
        }
        if let Some(value) = argument.to_str().and_then(|argument| argument.strip_prefix("--home=")) {
            return Some(value.into());
        }
    }
    None
}

fn defaults(command: clap::Command, lines: &BTreeMap<String, String>) -> clap::Command {
    command.mut_args(|argument| {
        match lines.get(&argument.get_id().as_str().replace('_', "-")).or_else(|| lines.get(argument.get_id().as_str()))
        {
            Some(value) if argument.get_action().takes_values() => {
                argument.required(false).default_value(&*value.clone().leak())
            }
            _ => argument,
        }
    })
}

/// A day on the command line.
pub fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| format!("`{text}` is no day such as 2013-10-31"))
}
