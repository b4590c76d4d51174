//! F5: flipped and torn bytes, in every kind of file that a warehouse has.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use super::{Draw, assert_no_panic, copy_of, files_below, trials};
use crate::province::{Place, Ran, days};

const SEED: u64 = 20_130_801;

/// What is asked of a damaged warehouse. The answers read every column of every table, the ledger's statistics and the names of days.
const QUESTIONS: [&[&str]; 5] = [
    &["digest"],
    &["query", "select count(*), min(effective_on), max(effective_on) from ledger", "--format", "csv"],
    &["query", "select count(*) from students where source = '340102'", "--format", "csv"],
    &["query", "select run_id, day from runs order by run_id", "--format", "csv"],
    &["query", "select name, as_of, run_id from snapshots order by name", "--format", "csv"],
];

struct Whole {
    place: Place,
    answers: Vec<String>,
    /// The digest after the night that waits.
    next: String,
}

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let place = Place::new();
    for &day in &days()[..3] {
        place.put_day(day);
        assert_eq!(place.night(day).0.code, 0);
    }
    let answers = QUESTIONS
        .iter()
        .map(|question| {
            let ran = place.xueji(question);
            assert_eq!(ran.code, 0, "{question:?}: {}", ran.err);
            ran.out
        })
        .collect();
    place.put_day(days()[3]);
    let after = copy_of(&place);
    assert_eq!(after.night(days()[3]).0.code, 0);
    Whole { next: after.digest(), place, answers }
});

/// The files of the warehouse by kind: those of one kind are damaged as often as those of another.
fn kinds(warehouse: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let mut kinds: std::collections::BTreeMap<String, Vec<PathBuf>> = std::collections::BTreeMap::new();
    for path in files_below(warehouse) {
        let below = path.strip_prefix(warehouse).unwrap().display().to_string();
        let table = below.strip_prefix("vault/").unwrap_or(&below).split('/').next().unwrap().to_owned();
        let kind = if below == ".lease" {
            // It says who works; when nobody does, nobody reads it.
            continue;
        } else if below.contains("/_delta_log/") {
            "log".to_owned()
        } else if below.ends_with(".parquet") && !below.contains("/landing/") {
            format!("data of {table}")
        } else {
            table
        };
        kinds.entry(kind).or_default().push(path);
    }
    kinds.into_iter().collect()
}

fn damage(draw: &mut Draw, path: &Path, tear: bool) -> String {
    let mut bytes = std::fs::read(path).unwrap();
    let length = bytes.len() as u64;
    let told = if tear {
        let at = draw.below(length);
        bytes.truncate(at as usize);
        format!("cut to {at} of {length} bytes")
    } else {
        let is_parquet = path.extension().is_some_and(|extension| extension == "parquet");
        // Half of the flips in a data file are in its footer, which is small and decides everything.
        let at = if is_parquet && draw.below(2) == 0 {
            length - 1 - draw.below(length.min(1500))
        } else {
            draw.below(length)
        };
        let bit = draw.below(8);
        bytes[at as usize] ^= 1 << bit;
        format!("bit {bit} of byte {at} of {length} flipped")
    };
    std::fs::write(path, bytes).unwrap();
    told
}

/// `verify` finds every flipped bit and every cut, and names the file; whoever asks gets the right answer or an error, and so does the next
/// night.
// FAULT: F5
#[test]
fn a_changed_byte_is_found_and_never_becomes_a_figure() {
    let whole = &*WHOLE;
    let mut draw = Draw(SEED);
    let place = copy_of(&whole.place);
    let kinds = kinds(&place.warehouse());
    for kind in ["log", "runs", "snapshots", "landing", "readings", "pupil.key", "data of ledger", "data of identities"]
    {
        assert!(kinds.iter().any(|(known, _)| known == kind), "there is no {kind}");
    }
    let rounds = trials(28);
    let (mut refused, mut right, mut nights) = (0, 0, 0);
    for round in 0..rounds {
        let (kind, files) = &kinds[usize::try_from(round).unwrap() % kinds.len()];
        let path = draw.of(files).clone();
        let kept = std::fs::read(&path).unwrap();
        if kept.is_empty() {
            continue;
        }
        let told = damage(&mut draw, &path, round % 5 == 4);
        let below = path.strip_prefix(place.warehouse()).unwrap().display().to_string();
        let when = format!("seed {SEED}, round {round}, {kind}: {below}, {told}");

        let verified = place.xueji(&["verify"]);
        assert_no_panic(&verified, &when);
        assert_eq!(verified.code, 5, "{when}: it was not found: {}{}", verified.out, verified.err);
        assert!(verified.err.contains(&below), "{when}: it was not named: {}", verified.err);

        for (question, answer) in QUESTIONS.iter().zip(&whole.answers) {
            let ran = place.xueji(question);
            if assert_right_or_error(&ran, answer, &format!("{when}, {question:?}")) {
                right += 1
            } else {
                refused += 1
            }
        }
        if round % 8 == 0 {
            let next = copy_of(&place);
            let (day, digest) = (days()[3].to_string(), &whole.next);
            let ran = next.xueji(&["nightly", "--quiet", "--day", &day]);
            assert_no_panic(&ran, &when);
            if ran.code == 0 {
                let seen = next.xueji(&["digest"]);
                assert_right_or_error(&seen, digest, &format!("{when}, the night after"));
            } else {
                assert_eq!(ran.code, 5, "{when}, the night after: {}", ran.err);
            }
            nights += 1;
        }
        std::fs::write(&path, kept).unwrap();
    }
    let verified = place.xueji(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    println!(
        "F5: {rounds} changed files, all found and named; {right} answers right, {refused} refused, {nights} nights after"
    );
}

fn assert_right_or_error(ran: &Ran, answer: &str, when: &str) -> bool {
    assert_no_panic(ran, when);
    match ran.code {
        0 => assert_eq!(ran.out, answer, "{when}: a wrong answer"),
        code => {
            assert_eq!(code, 5, "{when}: {}", ran.err);
            assert!(ran.err.contains("its bytes are not those that were written"), "{when}: {}", ran.err);
        }
    }
    ran.code == 0
}

/// A manifest that is gone, or that stands in the place of another, is found too.
// FAULT: F5
#[test]
fn manifests_follow_one_another() {
    let whole = &*WHOLE;
    let manifest = |place: &Place, run: u64| place.warehouse().join(format!("runs/{run:020}.json"));
    let place = copy_of(&whole.place);
    std::fs::remove_file(manifest(&place, 2)).unwrap();
    let verified = place.xueji(&["verify"]);
    assert_eq!(verified.code, 5);
    assert!(verified.err.contains("the manifest of run 2 is gone"), "{}", verified.err);

    let place = copy_of(&whole.place);
    let other = Place::new();
    for &day in &days()[..2] {
        other.put("340102", day);
        assert_eq!(other.night(day).0.code, 0);
    }
    std::fs::copy(manifest(&other, 2), manifest(&place, 2)).unwrap();
    let verified = place.xueji(&["verify"]);
    assert_eq!(verified.code, 5);
    assert!(verified.err.contains("it follows another run 1"), "{}", verified.err);
}
