//! F1: `kill -9`, at random moments and at each kind of file-system call.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::{scope, sleep},
    time::Duration,
};

use super::{
    Draw, NIGHTS, Night, copy_of,
    disk::{FaultyDisk, How},
    run, trials,
};
use crate::province::Place;

const SEED: u64 = 20_121_031;

fn start(night: &Night, place: &Place) -> Child {
    let arguments = night.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Killed at random moments, up to three times in a row and so during recovery too, then run again with the same command.
// FAULT: F1
#[test]
fn a_night_killed_at_any_moment_needs_nothing_but_the_same_command() {
    let mut draw = Draw(SEED);
    let (mut killed, mut published) = (0, 0);
    let rounds = trials(6);
    for round in 0..rounds {
        let night = &NIGHTS[usize::try_from(round % 3).unwrap()];
        let place = copy_of(&night.ready);
        let lasts = u64::try_from(night.lasts.as_micros()).unwrap();
        for again in 0..=draw.below(3) {
            let mut child = start(night, &place);
            sleep(Duration::from_micros(draw.below(lasts)));
            child.kill().unwrap();
            if child.wait().unwrap().signal().is_some() {
                killed += 1;
            }
            let when = format!("seed {SEED}, round {round} ({}), kill {again}", night.name);
            published += u64::from(night.assert_whole(&place, &when));
        }
        night.assert_recovers(&place, &format!("seed {SEED}, round {round} ({})", night.name));
    }
    println!(
        "F1 at random moments: {killed} kills in {rounds} rounds, all survived; {published} times the run was out already"
    );
    assert!(rounds / 2 <= killed, "only {killed} nights were caught at work");
}

/// Killed at the n-th call that touches the warehouse, whatever that call is; a write gets half of its bytes out.
// FAULT: F1
#[test]
fn a_night_killed_at_any_call_needs_nothing_but_the_same_command() {
    let mut draw = Draw(SEED);
    let rounds = trials(6);
    let mut published = 0;
    for (number, night) in NIGHTS.iter().enumerate() {
        let calls = night.calls(How::Kill);
        let rounds = (number as u64..rounds).step_by(3).count() as u64;
        for round in 0..rounds {
            // One of each equal part of the night.
            let at = 1 + (calls * round + draw.below(calls)) / rounds;
            let place = copy_of(&night.ready);
            let when = format!("{}, killed at call {at} of {calls}", night.name);
            let mut command = place.command(&[]);
            command.args(night.arguments());
            FaultyDisk::under(&place, "warehouse").disturb(&mut command, How::Kill, at);
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.signal(), Some(9), "{when}: {status}");
            published += u64::from(night.assert_whole(&place, &when));
            night.assert_recovers(&place, &when);
        }
    }
    println!("F1 at a call: {rounds} kills, all survived; {published} times the run was out already");
}

/// Whoever reads while a night works sees the night before, until all of the new one is there.
// FAULT: F1
#[test]
fn a_reader_beside_a_night_sees_before_or_after() {
    for night in &NIGHTS[1..] {
        let place = copy_of(&night.ready);
        let done = AtomicBool::new(false);
        let seen = scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    seen.push(night.assert_whole(&place, night.name));
                    sleep(Duration::from_millis(50));
                }
                seen
            });
            let ran = run(&place, &night.arguments());
            done.store(true, Ordering::Relaxed);
            assert_eq!(ran.code, 0, "{}", ran.err);
            reader.join().unwrap()
        });
        assert!(seen.is_sorted(), "{}: a reader went back to the night before: {seen:?}", night.name);
        assert!(night.assert_whole(&place, night.name));
    }
}
