//! An invented province in a folder of its own, and the program run on it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use domain::calendar::Day;
use sample::{Plan, Truth};

/// A small province, written once for all tests.
pub(crate) static SMALL: LazyLock<(tempfile::TempDir, Truth)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let truth = sample::write(&Plan::small(7), folder.path(), &mut |_| {}).expect("a sample province");
    (folder, truth)
});

/// A place with an inbox and a warehouse.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("inbox")
    }

    pub(crate) fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    /// Puts a batch of the small province into the inbox.
    pub(crate) fn put(&self, source: &str, day: Day) {
        let from = SMALL.0.path().join(source).join(day.to_string());
        if from.is_dir() {
            copy(&from, &self.inbox().join(source).join(day.to_string()));
        }
    }

    /// Puts every batch of a day into the inbox.
    pub(crate) fn put_day(&self, day: Day) {
        for source in &SMALL.1.sources {
            self.put(source, day);
        }
    }

    /// Runs the program with `--home` at this place.
    pub(crate) fn xueji(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program runs");
        Ran::of(&output)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        std::fs::create_dir_all(self.inbox()).expect("an inbox");
        let mut command = Command::new(env!("CARGO_BIN_EXE_xueji"));
        command.arg("--home").arg(self.folder.path()).args(arguments);
        // Whoever runs the tests may have a store of his own.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs a night and returns its report.
    pub(crate) fn night(&self, day: Day) -> (Ran, serde_json::Value) {
        let report = self.folder.path().join("night.json");
        let ran =
            self.xueji(&["nightly", "--quiet", "--day", &day.to_string(), "--report", &report.display().to_string()]);
        let text = std::fs::read_to_string(&report).unwrap_or_else(|_| panic!("no report: {}", ran.err));
        (ran, serde_json::from_str(&text).expect("the report is JSON"))
    }

    /// Asks in SQL; every row as a JSON object.
    pub(crate) fn ask(&self, sql: &str) -> Vec<serde_json::Value> {
        self.ask_with(sql, &[])
    }

    pub(crate) fn ask_with(&self, sql: &str, more: &[&str]) -> Vec<serde_json::Value> {
        let mut arguments = vec!["query", sql, "--format", "json"];
        arguments.extend(more);
        let ran = self.xueji(&arguments);
        assert_eq!(ran.code, 0, "{sql}: {}", ran.err);
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
    }

    /// The one number that a question is answered with.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let rows = self.ask(sql);
        let row = rows.first().and_then(|row| row.as_object()).expect("one row");
        row.values().next().and_then(serde_json::Value::as_i64).unwrap_or_default()
    }

    pub(crate) fn digest(&self) -> String {
        let ran = self.xueji(&["digest"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Copies a folder and what is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a file to copy");
        }
    }
}

/// Copies a batch of the small province with one of its files changed.
pub(crate) fn copy_with(batch: &str, to: &Path, file: &str, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    copy(&SMALL.0.path().join(batch), to);
    let path = to.join(file);
    let bytes = std::fs::read(&path).expect("the file to change");
    std::fs::write(&path, change(&bytes)).expect("the file to change");
}

/// The days of the small province.
pub(crate) fn days() -> Vec<Day> {
    SMALL.1.days.iter().map(|truth| truth.day).collect()
}
