//! `xueji read-foreign`: the limited child process in which foreign files are read. Not for people.

use std::process::ExitCode;

/// Runs the reading process, if that is what this process was started as.
///
/// This happens before anything else is set up: the process must be small when its limits fall.
pub fn intercept() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != "read-foreign") {
        return None;
    }
    Some(pipeline::child::main(std::io::stdin(), std::io::stdout()))
}
