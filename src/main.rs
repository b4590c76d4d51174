//! `xueji`: a province's student-registration office in one program. One file per subcommand under `command/`.

#[macro_use]
mod voice;

mod clock;
mod command;
mod fault;
mod outcome;
mod scratch;
mod settings;

use std::process::ExitCode;

use crate::{outcome::Outcome, settings::Cli};

fn main() -> ExitCode {
    if let Some(code) = command::read_foreign::intercept() {
        return code;
    }
    fault::watch();
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(outcome) => return outcome.into(),
    };
    cli.log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = error.into();
            return Outcome::from_error(&error).tell(&error).into();
        }
    };
    let ended = fault::guard(|| runtime.block_on(command::run(cli))).unwrap_or_else(|fault| Err(fault.into()));
    let outcome = match ended {
        Ok(outcome) => outcome,
        Err(_) if voice::is_alone() => Outcome::Done,
        Err(error) => Outcome::from_error(&error).tell(&error),
    };
    outcome.worse(voice::outcome()).into()
}
