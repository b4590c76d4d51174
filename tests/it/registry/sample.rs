//! The sample office: filled by the program, asked by its accounts, fed to the warehouse and held against it.

use std::{process::Output, sync::LazyLock};

use serde_json::Value;

use crate::province::{Place, Ran};

/// The instant at which the sample office is used.
pub(super) const NOW: &str = "2026-11-27T01:30:00Z";

/// An office that the program has filled, and what it reported.
pub(super) static OFFICE: LazyLock<(Place, Value)> = LazyLock::new(|| {
    let place = Place::new();
    let ran = act(&place, &["registry", "sample", "--pupils", "1200", "--seed", "3"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("the report is JSON");
    (place, report["sample"].clone())
});

/// A copy of that office.
pub(super) fn office() -> Place {
    let place = Place::new();
    for file in ["registry.db", "registry.db-wal"] {
        let from = OFFICE.0.folder.path().join(file);
        if from.exists() {
            std::fs::copy(from, place.folder.path().join(file)).expect("a copy of the registry");
        }
    }
    place
}

/// Runs a command at the sample's instant.
pub(super) fn act(place: &Place, arguments: &[&str]) -> Ran {
    let mut all = vec!["--test-mode", "--test-clock", NOW];
    all.extend(arguments);
    Ran::of(&place.command(&all).output().expect("the program runs"))
}

/// Asks a question as an account.
pub(super) fn ask(place: &Place, account: &str, question: &Value) -> (Ran, Value) {
    let file = place.folder.path().join("question.json");
    std::fs::write(&file, question.to_string()).expect("a question");
    let file = file.display().to_string();
    let ran = act(place, &["registry", "ask", "--as", account, "--why", "核对", &file]);
    let answer = serde_json::from_str(&ran.out).unwrap_or_default();
    (ran, answer)
}

fn counts(value: &Value) -> Vec<(String, u64)> {
    let pairs = value.as_object().expect("counts").iter();
    pairs.map(|(name, count)| (name.clone(), count.as_u64().unwrap_or_default())).collect()
}

#[test]
fn the_sample_has_every_kind_of_case_and_goes_into_an_empty_registry_only() {
    // REQ: TRF-02 DRP-01 SUS-01 INF-02
    let report = &OFFICE.1;
    let kinds: Vec<String> = counts(&report["cases"]).into_iter().map(|(kind, _)| kind).collect();
    for kind in registry::purpose::Kind::ALL {
        assert!(kinds.iter().any(|known| known == kind.name()), "no {}", kind.name());
    }
    for state in ["open", "returned", "refused", "withdrawn", "ended", "approved", "overdue", "approved_by_silence"] {
        assert!(report["cases"]["transfer"][state].as_u64().is_some_and(|count| 0 < count), "no transfer is {state}");
    }
    let again = act(&office(), &["registry", "sample", "--pupils", "100"]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("not empty"), "{}", again.err);
}

#[test]
fn its_accounts_see_what_is_theirs() {
    // REQ: USR-01
    let place = office();
    let (ran, list) = ask(&place, "340102-head", &serde_json::json!({ "ask": "worklist" }));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(list["cases"].is_array() && list["notices"].is_array());
    let roll = |account: &str| ask(&place, account, &serde_json::json!({ "ask": "roll", "school": "2134000001" }));
    let (ran, own) = roll("2134000001-head");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(own["roll"].as_array().is_some_and(|roll| !roll.is_empty()));
    let (ran, other) = roll("3134000003-head");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_eq!(other["refused"]["cause"], "not_found");
    assert_eq!(roll("340102-auditor").0.code, 1, "an auditor reads no records");
}

#[test]
fn a_night_on_its_feed_explains_every_movement_and_agrees_with_it() {
    // REQ: WH-01 WH-15
    let place = office();
    let inbox = place.inbox().display().to_string();
    for (day, mode) in [("2026-11-26", "full"), ("2026-11-27", "full")] {
        let fed = act(&place, &["registry", "feed", "--out", &inbox, "--day", day, "--mode", mode]);
        assert_eq!(fed.code, 0, "{}", fed.err);
        let batch: Value = serde_json::from_str(&fed.out).expect("the batch is JSON");
        let of_registry: u64 = counts(&batch["headcounts"]).iter().map(|(_, count)| count).sum();
        assert_eq!(Some(of_registry), OFFICE.1["pupils"].as_u64());
        let (ran, report) = place.night(day.parse().expect("a day"));
        assert_eq!(ran.code, 0, "{day}: {}", ran.err);
        for batch in report["batches"].as_array().expect("batches") {
            assert_eq!(batch["state"], "taken", "{batch}");
            for file in batch["files"].as_array().expect("files") {
                assert_eq!(file["quarantined"], 0, "{file}");
            }
        }
    }
    assert_eq!(place.number("select count(*) from ledger where not explained"), 0);
    let held = act(&place, &["registry", "reconcile"]);
    assert_eq!(held.code, 0, "{}", held.out);
    let held: Value = serde_json::from_str(&held.out).expect("the reconciliation is JSON");
    assert_eq!(held["same"], OFFICE.1["pupils"], "{held}");
    let audit = act(&place, &["audit", "verify"]);
    assert_eq!(audit.code, 0, "{}", audit.out);
}

#[test]
fn what_an_officer_did_not_do_is_refused_with_its_article() {
    // REQ: POL-02
    let place = office();
    let command = serde_json::json!({ "do": "decide", "case": 1, "verdict": "approve" });
    let file = place.folder.path().join("command.json");
    std::fs::write(&file, command.to_string()).expect("a command");
    let output: Output = place
        .command(&["--test-mode", "--test-clock", NOW, "registry", "do", "--as", "340102-head"])
        .arg(&file)
        .output()
        .expect("the program runs");
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).expect("a refusal is JSON");
    for field in ["article", "zh", "en"] {
        assert!(told["refused"][field].as_str().is_some_and(|text| !text.is_empty()), "{told}");
    }
}
