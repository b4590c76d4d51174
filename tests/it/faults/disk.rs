//! A disk that fails on command: `faulty_disk.c`, loaded into the program before all else.

use std::{path::PathBuf, process::Command, sync::LazyLock};

use super::preload::{Preload, counted};
use crate::province::Place;

/// How the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// One call finds no space.
    NoSpaceOnce,
    /// From a call on there is no space; the write at that call is cut short.
    Full,
    /// One call, reading ones included, fails with an I/O error.
    ErrorOnce,
    /// From a call on nothing goes any more, reading included.
    Dead,
    /// The process dies at a call; a write gets half of its bytes out.
    Kill,
}

impl How {
    /// Whether calls that read are counted, and may fail.
    pub(super) fn reads_too(self) -> bool {
        matches!(self, How::ErrorOnce | How::Dead)
    }

    fn word(self) -> &'static str {
        match self {
            How::NoSpaceOnce => "enospc",
            How::Full => "full",
            How::ErrorOnce => "eio",
            How::Dead => "dead",
            How::Kill => "kill",
        }
    }
}

static SHIM: LazyLock<Preload> = LazyLock::new(|| Preload::of("faulty_disk", include_str!("faulty_disk.c")));

/// A disk below a folder of a place.
pub(super) struct FaultyDisk {
    below: PathBuf,
    counter: PathBuf,
}

impl FaultyDisk {
    /// The disk under a folder of a place, such as `warehouse`.
    pub(super) fn under(place: &Place, folder: &str) -> FaultyDisk {
        let home = place.folder.path().canonicalize().expect("a place");
        FaultyDisk { below: home.join(folder), counter: home.join("calls") }
    }

    /// Lets the disk fail a command at its `at`th call; at none if that is 0.
    pub(super) fn disturb(&self, command: &mut Command, how: How, at: u64) {
        std::fs::write(&self.counter, [0; 8]).expect("a counter");
        command
            .env("LD_PRELOAD", SHIM.library())
            .env("FAULTY_BELOW", &self.below)
            .env("FAULTY_COUNT", &self.counter)
            .env("FAULTY_AT", at.to_string())
            .env("FAULTY_HOW", how.word());
    }

    /// The calls that the last command made.
    pub(super) fn calls(&self) -> u64 {
        counted(&self.counter)
    }
}
