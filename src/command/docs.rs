//! `xueji docs`: the data dictionary, from the declarations that the engine itself uses.

use std::path::PathBuf;

use crate::outcome::Outcome;

/// Arguments of `xueji docs`.
#[derive(Debug, clap::Args)]
pub struct Docs {
    /// Write it to a file instead of printing
    #[arg(long, value_name = "FILE.md")]
    out: Option<PathBuf>,
}

/// Prints or writes the dictionary.
pub fn run(docs: &Docs) -> anyhow::Result<Outcome> {
    let text = queries::dictionary::markdown()?;
    match &docs.out {
        Some(path) => fs_err::write(path, text)?,
        None => tell!("{text}"),
    }
    Ok(Outcome::Done)
}
