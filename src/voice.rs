//! What is said on standard output and standard error. Whoever stops listening (`| head`) ends the saying, not the work's good name.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::outcome::Outcome;

/// Says a line.
macro_rules! say {
    () => { $crate::voice::speak(format_args!("\n")) };
    ($($words:tt)*) => { $crate::voice::speak(format_args!("{}\n", format_args!($($words)*))) };
}

/// Says text as it is.
macro_rules! tell {
    ($($words:tt)*) => { $crate::voice::speak(format_args!($($words)*)) };
}

/// Says a line on standard error.
macro_rules! complain {
    ($($words:tt)*) => { $crate::voice::complain(format_args!("{}\n", format_args!($($words)*))) };
}

/// Whether something could not be said for another reason than that nobody listens any more.
static CUT_OFF: AtomicBool = AtomicBool::new(false);
/// Whether nobody listens any more.
static LEFT: AtomicBool = AtomicBool::new(false);

/// Standard output for those who write by themselves. It knows whether the reader left, which is not always told by the error that comes back.
#[derive(Debug)]
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().lock().write(bytes).inspect_err(note)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().lock().flush().inspect_err(note)
    }
}

fn note(error: &std::io::Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        LEFT.store(true, Ordering::Relaxed);
    }
}

/// Whether whoever listened has left.
pub fn is_alone() -> bool {
    LEFT.load(Ordering::Relaxed)
}

/// Writes to standard output; a closed pipe or a full disk behind it is no reason to panic.
pub fn speak(words: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(words).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !CUT_OFF.swap(true, Ordering::Relaxed)
    {
        complain!("error: cannot write to standard output: {error}");
    }
}

/// Writes to standard error; if that fails too, there is nobody to tell.
pub fn complain(words: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(words);
}

/// How the saying ended.
pub fn outcome() -> Outcome {
    if CUT_OFF.load(Ordering::Relaxed) { Outcome::Environment } else { Outcome::Done }
}
