//! A disk that keeps what was synced and nothing else: `power_cut.c`, loaded into the program before all else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use super::preload::{Preload, counted};

static SHIM: LazyLock<Preload> = LazyLock::new(|| Preload::of("power_cut", include_str!("power_cut.c")));

/// A disk below a folder, whose power can be cut.
pub struct PowerCut {
    below: PathBuf,
    beside: tempfile::TempDir,
}

impl PowerCut {
    /// The disk under a folder that is there.
    pub fn under(folder: &Path) -> PowerCut {
        let below = folder.canonicalize().expect("a folder");
        PowerCut { below, beside: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Lets the power go before the `at`th sync of a command; never if that is 0.
    pub fn threaten(&self, command: &mut Command, at: u64) {
        fs::write(self.beside.path().join("count"), [0; 8]).expect("a counter");
        command
            .env("LD_PRELOAD", SHIM.library())
            .env("POWER_BELOW", &self.below)
            .env("POWER_SHADOW", self.beside.path().join("shadow"))
            .env("POWER_COUNT", self.beside.path().join("count"))
            .env("POWER_AT", at.to_string());
    }

    /// The syncs that the last command made.
    pub fn syncs(&self) -> u64 {
        counted(&self.beside.path().join("count"))
    }

    /// Cuts the power: the folder is as it was last synced.
    pub fn cut(&self) {
        let shadow = self.beside.path().join("shadow");
        let root = fs::read_to_string(shadow.join("root")).expect("the program has started");
        fs::remove_dir_all(&self.below).expect("the folder goes");
        rebuild(&shadow, &root, &self.below);
    }
}

fn rebuild(shadow: &Path, key: &str, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    // A folder that was never synced has no entries.
    let entries = fs::read_to_string(shadow.join("entries").join(key)).unwrap_or_default();
    for entry in entries.lines() {
        let mut words = entry.splitn(3, ' ');
        let (Some(kind), Some(key), Some(name)) = (words.next(), words.next(), words.next()) else {
            panic!("no entry: {entry}")
        };
        let (path, bytes) = (folder.join(name), shadow.join("bytes").join(key));
        match kind {
            "d" => rebuild(shadow, key, &path),
            // A file that was never synced has no bytes.
            _ if !bytes.exists() => fs::write(&path, []).expect("a file"),
            _ => drop(fs::copy(&bytes, &path).expect("a file")),
        }
    }
}
