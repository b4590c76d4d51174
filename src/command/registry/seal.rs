//! Electronic seals from the command line.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use registry::{
    office::seals,
    seal::{PublicSeal, Seal as Sealed, SealError, SealKey},
    unit::Unit,
};
use serde_json::json;

use super::office::{AtRegistry, now};
use crate::{
    clock,
    outcome::{Outcome, UsageError},
    settings::Cli,
};

/// Sealing.
#[derive(Debug, Args)]
pub struct Seal {
    /// Where the units' keys lie; made where a unit has none. By default `seals/` below the home folder
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Write the seal of this case to standard output instead
    #[arg(long, value_name = "CASE")]
    show: Option<i64>,
}

/// Checking a seal.
#[derive(Debug, Args)]
pub struct VerifySeal {
    /// The public seals, `ring.json`
    #[arg(long, value_name = "FILE")]
    ring: PathBuf,
    /// The seal
    seal: PathBuf,
}

pub async fn seal(cli: &Cli, at: &AtRegistry, task: &Seal) -> anyhow::Result<Outcome> {
    let office = at.open(cli).await?;
    if let Some(case) = task.show {
        let seal = office.seal_of(case).await?;
        office.close().await?;
        return match seal {
            Some(seal) => {
                say!("{}", serde_json::to_string(&seal)?);
                Ok(Outcome::Done)
            }
            None => Err(UsageError(format!("case {case} has no seal yet: run `xueji registry seal`")).into()),
        };
    }
    let keys = match (&task.keys, &cli.home) {
        (Some(keys), _) => keys.clone(),
        (None, Some(home)) => home.join("seals"),
        (None, None) => return Err(UsageError("where are the keys? give --keys, or --home".to_owned()).into()),
    };
    fs_err::create_dir_all(&keys)?;
    let mut sealed = 0;
    loop {
        let count = office.seal_waiting(500, &|unit| key_of(&keys, unit), &now()).await?;
        sealed += count;
        if count == 0 {
            break;
        }
    }
    write_ring(&keys)?;
    say!("{}", json!({ "sealed": sealed }));
    office.close().await?;
    Ok(Outcome::Done)
}

/// The key of a unit, made where it has none.
fn key_of(keys: &Path, unit: Unit) -> Result<SealKey, SealError> {
    let path = keys.join(format!("{unit}.pem"));
    if path.exists() {
        return SealKey::load(&path);
    }
    let key = SealKey::generate()?;
    key.save(&path)?;
    Ok(key)
}

/// The public half of every key, by which anyone checks seals.
fn write_ring(keys: &Path) -> anyhow::Result<()> {
    let path = keys.join("ring.json");
    let mut ring: Vec<PublicSeal> = match fs_err::read(&path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("{} does not read", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let (from, to) = seals::validity(clock::today());
    for file in fs_err::read_dir(keys)? {
        let file = file?.path();
        let Some(unit) =
            file.file_stem().and_then(|stem| stem.to_str()).filter(|_| file.extension() == Some("pem".as_ref()))
        else {
            continue;
        };
        let key = SealKey::load(&file)?;
        let public = key.public(unit, unit, from, to);
        if ring.iter().all(|known| known.public_key != public.public_key) {
            ring.push(public);
        }
    }
    Ok(fs_err::write(&path, serde_json::to_vec_pretty(&ring)?)?)
}

pub fn verify(task: &VerifySeal) -> anyhow::Result<Outcome> {
    let ring: Vec<PublicSeal> = serde_json::from_slice(&fs_err::read(&task.ring)?)
        .map_err(|error| UsageError(format!("{} is no ring of public seals: {error}", task.ring.display())))?;
    let seal: Sealed = serde_json::from_slice(&fs_err::read(&task.seal)?)
        .map_err(|error| UsageError(format!("{} is no seal: {error}", task.seal.display())))?;
    match seal.verify(&ring) {
        Ok(by) => {
            say!(
                "{}",
                json!({ "valid": true, "unit": by.unit, "signed_at": seal.signed_at, "document": seal.document })
            );
            Ok(Outcome::Done)
        }
        Err(error) => {
            say!("{}", json!({ "valid": false, "zh": error.zh(), "en": error.en() }));
            Ok(Outcome::Refused)
        }
    }
}
