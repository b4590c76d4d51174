//! What is said on standard output. Whoever stops listening (`| head`) ends the saying, not the work's good name.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write},
};

/// Says a line.
macro_rules! say {
    () => { $crate::voice::speak(format_args!("\n")) };
    ($($words:tt)*) => { $crate::voice::speak(format_args!("{}\n", format_args!($($words)*))) };
}

/// Says text as it is.
macro_rules! tell {
    ($($words:tt)*) => { $crate::voice::speak(format_args!($($words)*)) };
}

/// Writes to standard output; a closed pipe or a full disk behind it is no reason to panic.
pub fn speak(words: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(words)
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("error: cannot write to standard output: {error}");
    }
}
