//! F8: two and ten at once, a holder that stands still, a holder that dies.

use std::{
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{NIGHTS, assert_no_panic, copy_of, run};
use crate::province::{Place, Ran};

fn start(place: &Place) -> Child {
    let arguments = NIGHTS[0].arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(name: &str, child: &Child) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status().unwrap();
    assert!(sent.success());
}

/// Starts a night and stops it in the middle of its work, with the lease in its hands.
fn standing_still(place: &Place) -> Child {
    let mut child = start(place);
    let name = format!("process {} ", child.id());
    while !std::fs::read_to_string(place.warehouse().join(".lease")).unwrap_or_default().starts_with(&name) {
        assert!(child.try_wait().unwrap().is_none(), "the night ended before it was stopped");
        sleep(Duration::from_millis(1));
    }
    signal("STOP", &child);
    child
}

/// While one works, or stands still in the middle of its work, all others are told who it is and end with code 4.
// FAULT: F8
#[test]
fn nine_others_are_told_who_works_and_the_one_ends_well() {
    let night = &NIGHTS[0];
    let place = copy_of(&night.ready);
    let holder = standing_still(&place);
    let began = Instant::now();
    let others: Vec<Child> = (0..9).map(|_| start(&place)).collect();
    for other in others {
        let ran = Ran::of(&other.wait_with_output().unwrap());
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains(&format!("process {} ", holder.id())), "{}", ran.err);
    }
    println!("F8: nine were refused within {:?} in all", began.elapsed());
    signal("CONT", &holder);
    let ran = Ran::of(&holder.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(night.assert_whole(&place, "after the holder went on"));
}

/// A holder that is killed while it stands still blocks nobody.
// FAULT: F8
#[test]
fn a_holder_killed_in_its_sleep_blocks_nobody() {
    let night = &NIGHTS[0];
    let place = copy_of(&night.ready);
    let mut holder = standing_still(&place);
    assert_eq!(run(&place, &night.arguments()).code, 4);
    holder.kill().unwrap();
    holder.wait().unwrap();
    night.assert_recovers(&place, "after the holder was killed");
}

/// Ten started at the same moment: whoever does not work ends with code 4 or finds the work done, and one run is published.
// FAULT: F8
#[test]
fn of_ten_at_once_one_works() {
    let night = &NIGHTS[0];
    let place = copy_of(&night.ready);
    let all: Vec<Child> = (0..10).map(|_| start(&place)).collect();
    let ran: Vec<Ran> = all.into_iter().map(|one| Ran::of(&one.wait_with_output().unwrap())).collect();
    let mut codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
    for one in &ran {
        assert_no_panic(one, "ten at once");
        assert!(
            one.code == 0 || (one.code == 4 && one.err.contains("another run holds the warehouse: ")),
            "{}",
            one.err
        );
    }
    codes.sort_unstable();
    assert_eq!(codes[0], 0, "nobody worked: {codes:?}");
    assert!(night.assert_whole(&place, "after ten at once"));
    assert_eq!(place.number("select count(*) from runs"), 1);
}
