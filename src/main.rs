//! `xueji`: a province's student-registration office in one program. One file per subcommand under `command/`.

#[macro_use]
mod voice;

mod clock;
mod command;
mod outcome;
mod scratch;
mod settings;

use std::process::ExitCode;

use crate::{outcome::Outcome, settings::Cli};

fn main() -> ExitCode {
    if let Some(code) = command::read_foreign::intercept() {
        return code;
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(outcome) => return outcome.into(),
    };
    cli.log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::from_error(&error.into()).into(),
    };
    match runtime.block_on(command::run(cli)) {
        Ok(outcome) => outcome.into(),
        Err(error) => Outcome::from_error(&error).tell(&error).into(),
    }
}
