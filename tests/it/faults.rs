//! Faults on a local folder: what must survive and what must be said. One module for each fault.
//!
//! Moments, calls and bytes are drawn by a seed that a failure names. `XUEJI_TEST_TRIALS=n` makes n trials of each kind instead of a few.

mod batches;
mod bytes;
mod disk;
mod full_disk;
mod kill;
mod memory;
mod output;
mod power;
mod power_cut;
mod preload;
mod together;
mod zones;

use std::{
    path::Path,
    sync::{LazyLock, OnceLock},
    time::{Duration, Instant},
};

use domain::calendar::Day;

use self::disk::{FaultyDisk, How};
use crate::province::{Place, Ran, copy, days};

/// How many trials: `few` for every change, as many as `XUEJI_TEST_TRIALS` says for a release.
fn trials(few: u64) -> u64 {
    std::env::vars().find(|(name, _)| name == "XUEJI_TEST_TRIALS").and_then(|(_, n)| n.parse().ok()).unwrap_or(few)
}

/// Numbers that look random and are the same for the same seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn of<'a, T>(&mut self, many: &'a [T]) -> &'a T {
        &many[usize::try_from(self.below(many.len() as u64)).unwrap()]
    }
}

/// A night that waits to be run, and what is known before and after it.
struct Night {
    name: &'static str,
    /// Where everything lies ready.
    ready: Place,
    /// The day to run it for.
    day: Day,
    /// The digest before it; none where nothing was published yet.
    before: Option<String>,
    /// The digest after it, undisturbed.
    after: String,
    /// How long it lasts, undisturbed.
    lasts: Duration,
    /// How many calls it makes that touch the warehouse: without those that read, and with them.
    calls: [OnceLock<u64>; 2],
}

impl Night {
    fn new(name: &'static str, nights: &[Day], waits: Day, day: Day) -> Night {
        let ready = Place::new();
        for &night in nights {
            ready.put_day(night);
            assert_eq!(ready.night(night).0.code, 0);
        }
        let before = (!nights.is_empty()).then(|| ready.digest());
        ready.put_day(waits);
        let undisturbed = copy_of(&ready);
        let began = Instant::now();
        let (ran, _) = undisturbed.night(day);
        let lasts = began.elapsed();
        assert_eq!(ran.code, 0, "{}", ran.err);
        let after = undisturbed.digest();
        assert_ne!(before.as_ref(), Some(&after), "the night {name} changes nothing");
        Night { name, ready, day, before, after, lasts, calls: Default::default() }
    }

    /// The command of the night.
    fn arguments(&self) -> Vec<String> {
        ["nightly", "--quiet", "--day", &self.day.to_string()].map(str::to_owned).to_vec()
    }

    /// How many calls the night makes that such a disk counts.
    fn calls(&self, how: How) -> u64 {
        *self.calls[usize::from(how.reads_too())].get_or_init(|| {
            let place = copy_of(&self.ready);
            let disk = FaultyDisk::under(&place, "warehouse");
            let mut command = place.command(&[]);
            command.args(self.arguments());
            disk.disturb(&mut command, how, 0);
            let ran = Ran::of(&command.output().unwrap());
            assert_eq!(ran.code, 0, "{}", ran.err);
            let calls = disk.calls();
            assert!(500 < calls, "the night made {calls} calls only: is the program linked statically?");
            // Two nights do not make quite the same calls: what runs side by side reads more or less at a time.
            calls * 19 / 20
        })
    }

    /// What a reader sees: all of before or all of after, nothing else.
    fn assert_whole(&self, place: &Place, when: &str) -> bool {
        let seen = place.xueji(&["digest"]);
        if seen.code == 2 && self.before.is_none() {
            assert!(seen.err.contains("no run was ever published"), "{when}: {}", seen.err);
            return false;
        }
        assert_eq!(seen.code, 0, "{when}: {}", seen.err);
        let is_after = seen.out == self.after;
        assert!(is_after || Some(&seen.out) == self.before.as_ref(), "{when}: half a night is seen");
        is_after
    }

    /// The same command again, and everything is as if nothing had happened.
    fn assert_recovers(&self, place: &Place, when: &str) {
        let ran = run(place, &self.arguments());
        assert_eq!(ran.code, 0, "{when}, run again: {}", ran.err);
        assert!(ran.err.is_empty(), "{when}, run again: {}", ran.err);
        assert_eq!(place.digest(), self.after, "{when}, run again");
        let verified = place.xueji(&["verify"]);
        assert_eq!(verified.code, 0, "{when}, run again: {}", verified.err);
    }
}

/// The nights that are disturbed: the first, an ordinary one, and one to which a batch comes late.
static NIGHTS: LazyLock<[Night; 3]> = LazyLock::new(|| {
    let days = days();
    [
        Night::new("first", &[], days[0], days[0]),
        Night::new("ordinary", &days[..1], days[1], days[1]),
        Night::new("late", &[days[0], days[2]], days[1], days[2]),
    ]
});

fn copy_of(place: &Place) -> Place {
    let other = Place::new();
    copy(place.folder.path(), other.folder.path());
    other
}

fn run(place: &Place, arguments: &[String]) -> Ran {
    place.xueji(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Every file below a folder, sorted.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// No trace of a panic in what was said.
fn assert_no_panic(ran: &Ran, when: &str) {
    assert!(![101, 134].contains(&ran.code), "{when}: exit code {}: {}", ran.code, ran.err);
    for word in ["panicked", "RUST_BACKTRACE", "memory allocation of", "a fault of the program itself"] {
        assert!(!ran.err.contains(word), "{when}: {}", ran.err);
    }
}
