//! One case: what is put into the inbox, what must become of it, and how that is told from what the program says.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::Value;

use super::world::{DAY, DAY_BEFORE, NEIGHBOUR, PUPILS, SOURCE, World};
use crate::province::Ran;

/// Memory of the program, in bytes (F12).
const MEMORY: u64 = 1 << 30;
/// Processor time of the program, in seconds.
const CPU: u64 = 60;
/// How long it may take on a busy machine, in seconds.
const WAIT: u64 = 180;

/// What somebody does to the inbox while the night reads.
type Meanwhile = Box<dyn Fn(&World, &AtomicBool) + Send + Sync>;
type Make = Box<dyn Fn(&World) + Send + Sync>;
type Check = Box<dyn Fn(&World, &Ran) -> Result<(), String> + Send + Sync>;

/// A case of the corpus.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What it must come to, in the words of `told`.
    pub(super) expected: String,
    make: Make,
    table: &'static str,
    source: String,
    second_night: bool,
    more: Vec<&'static str>,
    notes: Vec<&'static str>,
    checks: Vec<Check>,
    meanwhile: Option<Meanwhile>,
}

/// What became of a case.
pub(super) struct Verdict {
    /// In the words of `Case::expected`.
    pub(super) got: String,
    /// What else was not as it must be.
    pub(super) broken: Vec<String>,
}

/// A case that puts something into the sound batch.
pub(super) fn case(
    name: &'static str,
    make: impl Fn(&World) + Send + Sync + 'static,
    expected: impl Into<String>,
) -> Case {
    Case {
        name,
        expected: expected.into(),
        make: Box::new(make),
        table: "students",
        source: SOURCE.into(),
        second_night: false,
        more: Vec::new(),
        notes: Vec::new(),
        checks: Vec::new(),
        meanwhile: None,
    }
}

/// All pupils taken, from a file of this encoding or form.
pub(super) fn whole(encoding: &str) -> String {
    format!("taken [{encoding}] {PUPILS} = {PUPILS} + 0 + 0")
}

/// So many pupils in quarantine, and the rules that speak.
pub(super) fn without(quarantined: usize, encoding: &str, issues: &str) -> String {
    let issues = if issues.is_empty() { String::new() } else { format!("; {issues}") };
    format!("taken [{encoding}] {PUPILS} = {} + {quarantined} + 0{issues}", PUPILS - quarantined)
}

impl Case {
    /// The rows told are those of another table.
    pub(super) fn of(mut self, table: &'static str) -> Case {
        self.table = table;
        self
    }

    /// The batch told is that of another source.
    pub(super) fn from(mut self, source: impl Into<String>) -> Case {
        self.source = source.into();
        self
    }

    /// A sound batch of the day before was taken already.
    pub(super) fn on_the_second_night(mut self) -> Case {
        self.second_night = true;
        self
    }

    /// More arguments of the night.
    pub(super) fn with(mut self, more: &[&'static str]) -> Case {
        self.more = more.to_vec();
        self
    }

    /// Something that must be said in the notes of the batch or of a file.
    pub(super) fn noting(mut self, note: &'static str) -> Case {
        self.notes.push(note);
        self
    }

    /// Something more to be looked at after the night.
    pub(super) fn and(mut self, check: impl Fn(&World, &Ran) -> Result<(), String> + Send + Sync + 'static) -> Case {
        self.checks.push(Box::new(check));
        self
    }

    /// A question, with the vault open, that is answered with exactly these JSON lines.
    pub(super) fn asking(self, sql: &'static str, answer: impl Into<String>) -> Case {
        let answer = answer.into();
        self.and(move |world, _| {
            let ran = world.place.xueji(&["query", sql, "--format", "json", "--vault", "corpus"]);
            let out = ran.out.trim();
            if out == answer { Ok(()) } else { Err(format!("{sql}\n    {out} {}\n    and not {answer}", ran.err)) }
        })
    }

    /// The name of the first pupil in the registry.
    pub(super) fn naming(self, name: &str) -> Case {
        let sql = "select name from identities where student_no like 'G34010220060101100%'";
        self.asking(sql, format!("{{\"name\":{}}}", Value::from(name)))
    }

    /// Something that goes on until the night has ended.
    pub(super) fn meanwhile(mut self, doing: impl Fn(&World, &AtomicBool) + Send + Sync + 'static) -> Case {
        self.meanwhile = Some(Box::new(doing));
        self
    }

    /// Makes the inbox, runs the night, and holds what was said against what must be.
    pub(super) fn judge(&self) -> Verdict {
        let world = World::new();
        if self.second_night {
            world.lay(SOURCE, DAY_BEFORE, PUPILS);
            world.lay(NEIGHBOUR, DAY_BEFORE, 3);
            let before = night(&world, DAY_BEFORE, &[]);
            assert_eq!(before.code, 0, "{}: the night before: {}", self.name, before.err);
        }
        (self.make)(&world);
        let laid = world.outside();
        let over = AtomicBool::new(false);
        let ran = std::thread::scope(|scope| {
            if let Some(meanwhile) = &self.meanwhile {
                scope.spawn(|| meanwhile(&world, &over));
            }
            let ran = night(&world, DAY, &self.more);
            over.store(true, Ordering::Relaxed);
            ran
        });
        let text = std::fs::read_to_string(world.place.folder.path().join("night.json")).unwrap_or_default();
        let mut broken = Vec::new();
        if ran.err.contains("panicked") || ran.err.contains("bug") {
            broken.push(format!("it panicked: {}", ran.err));
        }
        let Ok(report) = serde_json::from_str::<Value>(&text) else {
            broken.push(format!("no report: {}", ran.err.chars().take(600).collect::<String>()));
            return Verdict { got: format!("exit code {}", ran.code), broken };
        };
        if self.meanwhile.is_none() && world.outside() != laid {
            broken.push("the inbox or its neighbourhood is not as it was".into());
        }
        sound_report(&report, &ran, &text, &mut broken);
        let batch = batch_of(&report, &self.source);
        let said = batch.map(notes).unwrap_or_default();
        for note in &self.notes {
            if !said.contains(note) {
                broken.push(format!("nothing is said of {note}: {said}"));
            }
        }
        if self.source == SOURCE {
            let beside = batch_of(&report, NEIGHBOUR).map(|batch| told(batch, "students"));
            if beside.as_deref() != Some("taken [UTF-8] 3 = 3 + 0 + 0") {
                broken.push(format!("the neighbour: {beside:?}"));
            }
        }
        broken.extend(self.checks.iter().filter_map(|check| check(&world, &ran).err()));
        let got = batch.map_or_else(|| "not looked at".to_owned(), |batch| told(batch, self.table));
        Verdict { got, broken }
    }
}

/// Runs the night under bounds; whoever needs longer is ended, and has failed.
fn night(world: &World, day: &str, more: &[&str]) -> Ran {
    let report = world.place.folder.path().join("night.json");
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--data={MEMORY}"))
        .arg(format!("--cpu={CPU}"))
        .arg("--core=0")
        .args(["timeout", "--signal=KILL", &WAIT.to_string()])
        .arg(env!("CARGO_BIN_EXE_xueji"))
        .arg("--home")
        .arg(world.place.folder.path())
        .args(["nightly", "--quiet", "--day", day, "--report"])
        .arg(&report)
        .args(more)
        .stdin(Stdio::null());
    Ran::of(&command.output().expect("prlimit and timeout of util-linux and coreutils"))
}

fn batch_of<'r>(report: &'r Value, source: &str) -> Option<&'r Value> {
    report["batches"].as_array()?.iter().find(|batch| batch["source"] == source && batch["day"] == DAY)
}

fn texts<'v>(values: &'v Value, key: &str) -> Vec<&'v str> {
    values.as_array().into_iter().flatten().filter_map(|value| value[key].as_str()).collect()
}

fn notes(batch: &Value) -> String {
    let of = |value: &Value| value["notes"].as_array().cloned().unwrap_or_default();
    let mut all = of(batch);
    all.extend(batch["files"].as_array().into_iter().flatten().flat_map(of));
    all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" / ")
}

/// A batch of the report in the words of the corpus.
fn told(batch: &Value, table: &str) -> String {
    let state = batch["state"].as_str().unwrap_or_default();
    if state != "taken" {
        let reasons: Vec<String> = batch["reasons"].as_array().into_iter().flatten().map(reason).collect();
        return format!("{state}: {}", reasons.join("; "));
    }
    let files: Vec<&Value> =
        batch["files"].as_array().into_iter().flatten().filter(|file| file["table"] == table).collect();
    let sum = |key: &str| files.iter().filter_map(|file| file[key].as_u64()).sum::<u64>();
    let mut encodings: Vec<&str> = files.iter().filter_map(|file| file["encoding"].as_str()).collect();
    encodings.dedup();
    let mut told = format!(
        "{state} [{}] {} = {} + {} + {}",
        encodings.join(", "),
        sum("rows"),
        sum("accepted"),
        sum("quarantined"),
        sum("duplicates_dropped")
    );
    for issue in batch["issues"].as_array().into_iter().flatten() {
        let word = |key: &str| issue[key].as_str().unwrap_or_default();
        told.push_str("; ");
        if word("table") != table {
            told.push_str(&format!("{}: ", word("table")));
        }
        told.push_str(&format!("{} {}", word("severity"), word("rule")));
        if let Some(column) = issue["column"].as_str() {
            told.push_str(&format!(" {column}"));
        }
        let (first, last) = (&issue["row"], &issue["last_row"]);
        told.push_str(&if first == last {
            format!(" row {first}")
        } else {
            format!(" rows {first}–{last} ({})", issue["count"])
        });
    }
    told
}

/// A reason with its place: sheet, row and column stand before the colon of the sentence.
fn reason(reason: &Value) -> String {
    let zh = reason["zh"].as_str().unwrap_or_default();
    let mut told = reason["code"].as_str().unwrap_or_default().to_owned();
    if let Some(file) = reason["file"].as_str() {
        told.push_str(&format!(" {}", file.chars().take(40).collect::<String>().escape_debug()));
        let place = zh.strip_prefix(file).and_then(|rest| rest.split_once(':')).map_or("", |(place, _)| place);
        let place = place.replace("第 ", " row ").replace(" 行", "").replace("工作表", " sheet ").replace("列", "");
        told.push_str(&place);
    }
    told
}

/// What must hold whatever the case.
fn sound_report(report: &Value, ran: &Ran, text: &str, broken: &mut Vec<String>) {
    let mut worst = 0;
    for batch in report["batches"].as_array().into_iter().flatten() {
        let state = batch["state"].as_str().unwrap_or_default();
        worst = match (worst, state) {
            (1, _) | (_, "refused") => 1,
            (3, _) | (_, "held") => 3,
            _ => 0,
        };
        let source = batch["source"].as_str().unwrap_or_default();
        let plain =
            |text: &str| text.chars().filter(|letter| !letter.is_control() && *letter != ' ').collect::<String>();
        for said in texts(&batch["reasons"], "zh").into_iter().chain(texts(&batch["reasons"], "file")) {
            let shown: String = plain(said).chars().take(40).collect();
            if shown.is_empty() || !plain(&ran.err).contains(&shown) {
                broken.push(format!("standard error does not say {said:?} of {source}: {}", ran.err));
            }
        }
        for file in batch["files"].as_array().into_iter().flatten() {
            let n = |key: &str| file[key].as_u64().unwrap_or_default();
            if n("rows") != n("accepted") + n("quarantined") + n("duplicates_dropped") {
                broken.push(format!("rows in and out differ: {file}"));
            }
        }
        let quarantined: u64 =
            batch["files"].as_array().into_iter().flatten().filter_map(|file| file["quarantined"].as_u64()).sum();
        let mut named = 0;
        for issue in batch["issues"].as_array().into_iter().flatten() {
            named += if issue["severity"] == "reject" { issue["count"].as_u64().unwrap_or_default() } else { 0 };
            let message = issue["message"].as_str().unwrap_or_default();
            if issue["row"].as_u64().is_none_or(|row| row == 0) || message.is_empty() {
                broken.push(format!("an issue without row or sentence: {issue}"));
            }
            if 2_000 < message.chars().count() {
                broken.push(format!("a sentence of {} characters", message.chars().count()));
            }
        }
        if named < quarantined {
            broken.push(format!("{quarantined} rows in quarantine, {named} named"));
        }
    }
    if ran.code != worst {
        broken.push(format!("exit code {} where {worst} is due: {}", ran.code, ran.err));
    }
    if let Some(odd) = ran.err.chars().find(|letter| letter.is_control() && *letter != '\n') {
        broken.push(format!("standard error carries {odd:?}"));
    }
    for text in [text, &ran.err, &ran.out] {
        // Digests are digits among letters.
        let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        if runs.into_iter().any(|run| matches!(run.trim_start_matches(['G', 'L', 'J']).as_bytes(), [digits @ .., b'0'..=b'9' | b'X' | b'x'] if digits.len() == 17 && digits.iter().all(u8::is_ascii_digit))) {
            broken.push("a full number of a person stands in the open".into());
        }
    }
}
