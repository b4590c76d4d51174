//! What must hold for all inputs, end to end: order and repetition, cutting and form change nothing that is known in the end.
//!
//! Chance is seeded, so that a failure comes again. `XUEJI_TEST_TRIALS=20` makes twenty times as many trials as a merge does.

mod form;

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use domain::calendar::Day;
use sample::{Plan, Truth};

use self::form::Sheet;
use crate::{
    corpora::replay::Chance,
    province::{Place, Ran, copy},
};

/// Thirty nights of a province: its sources keep two Octobers, a promotion, a batch of changes only and one that comes late.
static THIRTY: LazyLock<(tempfile::TempDir, Truth)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plan = Plan { days: 21, ..Plan::small(11) };
    let truth = sample::write(&plan, folder.path(), &mut |_| {}).expect("a sample province");
    assert_eq!(truth.days.len(), 30);
    (folder, truth)
});

/// A source and one of its days.
type BatchOf = (String, Day);

/// So many trials for a merge, more where a release asks for them.
fn trials(of_a_merge: u64) -> u64 {
    let asked = std::env::vars().find(|(name, _)| name == "XUEJI_TEST_TRIALS");
    of_a_merge * asked.map_or(1, |(_, times)| times.parse().expect("XUEJI_TEST_TRIALS is a number"))
}

/// The batches of some sources on the first nights.
fn batches(sources: &[&str], nights: usize) -> Vec<BatchOf> {
    let days: Vec<Day> = THIRTY.1.days.iter().take(nights).map(|night| night.day).collect();
    let written = THIRTY.1.batches.iter().map(|batch| (batch.source.clone(), batch.day));
    written.filter(|(source, day)| sources.contains(&source.as_str()) && days.contains(day)).collect()
}

fn folder_of((source, day): &BatchOf) -> std::path::PathBuf {
    Path::new(source).join(day.to_string())
}

/// Puts batches into the inbox, there already or not.
fn put(place: &Place, batches: &[BatchOf]) {
    for batch in batches {
        copy(&THIRTY.0.path().join(folder_of(batch)), &place.inbox().join(folder_of(batch)));
    }
}

/// Runs a night for the newest of the batches that just arrived.
fn night(place: &Place, arrived: &[BatchOf]) -> Ran {
    let day = arrived.iter().map(|(_, day)| *day).max().expect("a batch");
    place.night(day).0
}

fn shuffle<T>(several: &mut [T], chance: &mut Chance) {
    for at in (1..several.len()).rev() {
        several.swap(at, chance.below(at + 1));
    }
}

/// Takes the batches as they come, up to `at_once` in a run, and now and then one that was taken already beside them; then all of them again.
///
/// Between the runs a batch may wait for the papers of one that comes later; in the end none may.
fn taken(mut waiting: Vec<BatchOf>, at_once: usize, chance: &mut Chance) -> String {
    let place = Place::new();
    let all = waiting.clone();
    let mut last = None;
    while !waiting.is_empty() {
        let mut arrived: Vec<BatchOf> = waiting.drain(..waiting.len().min(1 + chance.below(at_once))).collect();
        if chance.below(3) == 0 {
            arrived.push(chance.one_of(&all[..all.len() - waiting.len()]).clone());
        }
        put(&place, &arrived);
        let ran = night(&place, &arrived);
        assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
        last = Some(ran);
    }
    assert_eq!(last.map(|ran| ran.code), Some(0), "nothing is held once everything is there");
    let digest = place.digest();
    put(&place, &all);
    assert_eq!(night(&place, &all).code, 0);
    assert_eq!(place.digest(), digest, "loaded twice");
    digest
}

fn at_once_and_in_order(batches: &[BatchOf]) -> String {
    let place = Place::new();
    put(&place, batches);
    let ran = night(&place, batches);
    assert_eq!(ran.code, 0, "{}", ran.err);
    place.digest()
}

/// REQ: WH-03. Thirty batches of two sources, each in a run of its own, in any order, some of them twice.
#[test]
fn thirty_batches_in_any_order_each_in_its_own_run() {
    let batches = batches(&["340123", "340104"], 15);
    assert!(29 <= batches.len());
    let expected = at_once_and_in_order(&batches);
    for seed in 0..trials(1) {
        let (mut chance, mut order) = (Chance::new(seed), batches.clone());
        shuffle(&mut order, &mut chance);
        assert_eq!(taken(order, 1, &mut chance), expected, "seed {seed}");
    }
}

/// REQ: WH-03. Thirty days of two other sources, several batches to a run.
#[test]
fn thirty_days_in_any_order_several_to_a_run() {
    let batches = batches(&["340102", "340103"], 30);
    let expected = at_once_and_in_order(&batches);
    for seed in 100..100 + trials(1) {
        let (mut chance, mut order) = (Chance::new(seed), batches.clone());
        shuffle(&mut order, &mut chance);
        assert_eq!(taken(order, 20, &mut chance), expected, "seed {seed}");
    }
}

/// Two batches of two sources as plain tables, rows of another width than their header left out, which only text can have.
fn plain() -> BTreeMap<BatchOf, Vec<Sheet>> {
    let batches = batches(&["340102", "340124"], 2);
    batches.into_iter().map(|batch| (batch.clone(), form::read(&THIRTY.0.path().join(folder_of(&batch))))).collect()
}

/// The digest of tables as `write` writes them. `batches` has a row for each file and is left out; what is in quarantine is asked for itself, since
/// the sentence of a doubled key names the file and row of the other.
fn digest_of(
    tables: &BTreeMap<BatchOf, Vec<Sheet>>,
    around: &[(&str, &str)],
    mut write: impl FnMut(&[Sheet], &Path),
) -> String {
    let place = Place::new();
    for (batch, sheets) in tables {
        let folder = place.inbox().join(folder_of(batch));
        std::fs::create_dir_all(&folder).unwrap();
        write(sheets, &folder);
    }
    let day = tables.keys().map(|(_, day)| *day).max().unwrap().to_string();
    let mut nightly = place.command(&["nightly", "--quiet", "--day", &day]);
    let ran = Ran::of(&nightly.envs(around.iter().copied()).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let digest = place.digest();
    let content = digest.lines().filter(|line| !line.starts_with("batches ") && !line.starts_with("quarantine "));
    let sql = "select source, day, \"table\", field, value, rule, count(*) as rows from quarantine \
               group by source, day, \"table\", field, value, rule order by source, day, \"table\", field, value, rule";
    let quarantine = place.ask_with(sql, &["--vault", "what is in quarantine, in a test"]);
    assert!(!quarantine.is_empty());
    content.map(str::to_owned).chain(quarantine.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
}

/// REQ: WH-01. A table in parts is one table, wherever it is cut, empty parts among them.
#[test]
fn cutting_a_table_into_parts_changes_nothing() {
    let tables = plain();
    let expected = digest_of(&tables, &[], form::write_plainly);
    for seed in 0..trials(3) {
        let mut chance = Chance::new(seed);
        let told = digest_of(&tables, &[], |sheets, folder| form::write_in_parts(sheets, folder, &mut chance));
        assert_eq!(told, expected, "seed {seed}");
    }
}

/// REQ: WH-01. Whatever encoding, packing, order of columns, decoration and line ends: the same tables, on whatever machine.
#[test]
fn every_form_of_a_batch_gives_the_same_tables() {
    let tables = plain();
    let expected = digest_of(&tables, &[], form::write_plainly);
    for seed in 0..trials(6) {
        let mut chance = Chance::new(seed);
        let zone = *chance.one_of(&["UTC", "Asia/Shanghai", "America/St_Johns", "Pacific/Kiritimati", "XXX-14:45"]);
        let locale = *chance.one_of(&["C", "zh_CN.GB18030", "tr_TR.UTF-8", "ar_EG.UTF-8"]);
        let around = [("TZ", zone), ("LANG", locale), ("LC_ALL", locale)];
        let mut written = Vec::new();
        let told = digest_of(&tables, &around, |sheets, folder| {
            written.push(form::write_anyhow(sheets, folder, &mut chance));
        });
        assert_eq!(told, expected, "seed {seed}, {zone}, {locale}: {written:#?}");
    }
}
