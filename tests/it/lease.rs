//! One run at a time: who holds the lease, who is told, and what becomes of a holder that sleeps through its own.

use std::{io::Read, process::Command, sync::Arc};

use crate::{
    province::{Place, days},
    s3::{Fate, Gate, undisturbed, with_batches},
};

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

// FAULT: F8
#[test]
fn a_stopped_night_keeps_its_folder_and_the_others_are_told() {
    let place = Place::new();
    place.put_day(days()[0]);
    let night = ["nightly", "--quiet", "--day", "2012-09-03"];
    let mut first = place.command(&night).spawn().unwrap();
    let lease = place.warehouse().join(".lease");
    while std::fs::read_to_string(&lease).unwrap_or_default().is_empty() {
        assert!(first.try_wait().unwrap().is_none(), "the night is over before it was stopped");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    signal("-STOP", first.id());
    for _ in 0..3 {
        let ran = place.xueji(&night);
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains(&format!("process {}", first.id())), "{}", ran.err);
    }
    signal("-CONT", first.id());
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(place.number("select count(*) from runs"), 1);
}

// FAULT: F8
#[test]
fn a_killed_nights_lease_on_a_bucket_runs_out() {
    let expected = undisturbed();
    let office = with_batches(1);
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    office.proxy.plan(
        move |asked| {
            if asked.writes("/_delta_log/") { Fate::Hold(Arc::clone(&held)) } else { Fate::Pass }
        },
    );
    let mut first = office.begin_night(0);
    gate.reached();
    let told = office.try_night(0);
    assert_eq!(told.code, 4, "{}", told.err);
    assert!(told.err.contains(&format!("process {}", first.id())), "the holder is named: {}", told.err);
    assert!(told.err.contains("runs out in"), "{}", told.err);
    first.kill().unwrap();
    first.wait().unwrap();
    office.proxy.rest();
    gate.open();
    let ran = office.night_in_time(0);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(office.place.digest(), expected[0]);
}

/// Stopped with a request on its way, overtaken, woken up: the request arrives, and nothing of it is ever seen.
fn sleeps_through_its_lease_while_it_writes(part: &'static str) {
    let expected = undisturbed();
    let office = with_batches(2);
    let gate = Arc::new(Gate::default());
    let (held, mut first_of_its_kind) = (Arc::clone(&gate), true);
    office.proxy.plan(move |asked| {
        let holds = first_of_its_kind && asked.writes(part);
        first_of_its_kind &= !holds;
        if holds { Fate::Hold(Arc::clone(&held)) } else { Fate::Pass }
    });
    let mut sleeper = office.begin_night(0);
    gate.reached();
    signal("-STOP", sleeper.id());
    let ran = office.night_in_time(0);
    assert_eq!(ran.code, 0, "{part}: {}", ran.err);
    gate.open();
    signal("-CONT", sleeper.id());
    let code = sleeper.wait().unwrap().code();
    let mut told = String::new();
    sleeper.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(code, Some(4), "{part}: {told}");
    assert_eq!(office.place.number("select count(*) from runs"), 1, "{part}");
    assert_eq!(office.place.digest(), expected[0], "{part}");
    let next = office.try_night(1);
    assert_eq!(next.code, 0, "{part}: {}", next.err);
    assert_eq!(office.place.digest(), expected[1], "{part}");
    let verified = office.place.xueji(&["verify"]);
    assert_eq!(verified.code, 0, "{part}: {}", verified.err);
}

// FAULT: F8
#[test]
fn who_slept_through_the_lease_while_committing_is_fenced_off() {
    sleeps_through_its_lease_while_it_writes("/ledger/_delta_log/00000000000000000001.json");
}

// FAULT: F8
#[test]
fn who_slept_through_the_lease_while_publishing_is_fenced_off() {
    sleeps_through_its_lease_while_it_writes("/runs/0000");
}
