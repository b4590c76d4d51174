//! F4 and T4: a full disk and I/O errors, at any call of the night.

use super::{
    Draw, NIGHTS, assert_no_panic, copy_of,
    disk::{FaultyDisk, How},
    trials,
};
use crate::province::Ran;

const SEED: u64 = 20_130_902;
const HOWS: [How; 4] = [How::NoSpaceOnce, How::Full, How::ErrorOnce, How::Dead];

/// The n-th call fails, alone or with all that follow. The night ends by itself with a sentence, readers see before or after, nothing
/// torn is listed, and the same command on a good disk makes it good.
// FAULT: F4, T4
#[test]
fn a_night_on_a_failing_disk_ends_with_a_sentence_and_loses_nothing() {
    let mut draw = Draw(SEED);
    let rounds = trials(12);
    let (mut failed, mut harmless) = (0, 0);
    for round in 0..rounds {
        let (night, how) = (&NIGHTS[(round % 3) as usize], HOWS[(round % 4) as usize]);
        let calls = night.calls(how);
        let at = 1 + draw.below(calls);
        let when = format!("{}, {how:?} at call {at} of {calls}", night.name);
        let place = copy_of(&night.ready);
        let mut command = place.command(&[]);
        command.args(night.arguments());
        FaultyDisk::under(&place, "warehouse").disturb(&mut command, how, at);
        let ran = Ran::of(&command.output().unwrap());
        assert_no_panic(&ran, &when);
        let is_after = night.assert_whole(&place, &when);
        match ran.code {
            0 => {
                harmless += 1;
                assert!(is_after, "{when}: it said nothing, and nothing was published");
            }
            5 => {
                failed += 1;
                assert_says_why(&ran, how, &when);
            }
            code => panic!("{when}: exit code {code}: {}", ran.err),
        }
        if is_after || night.before.is_some() {
            let verified = place.xueji(&["verify"]);
            assert_eq!(verified.code, 0, "{when}: {}", verified.err);
        }
        night.assert_recovers(&place, &when);
    }
    println!("F4: {rounds} faults, {failed} ended the night with a sentence, {harmless} did no harm; all survived");
    assert!(0 < failed, "no fault was felt");
}

fn assert_says_why(ran: &Ran, how: How, when: &str) {
    let why = match how {
        How::NoSpaceOnce | How::Full => "No space left on device",
        How::ErrorOnce | How::Dead | How::Kill => "Input/output error",
    };
    assert!(ran.err.contains(why), "{when}: {}", ran.err);
    let names = ["/warehouse", "the table ", "the data file "];
    assert!(names.iter().any(|name| ran.err.contains(name)), "{when}: nothing is named: {}", ran.err);
    assert!(ran.err.contains("run the same command again"), "{when}: {}", ran.err);
}

/// The folder for temporary files is full: whoever needs it says so, whoever doesn't goes on.
// FAULT: F4
#[test]
fn a_night_without_room_for_temporary_files_ends_well_or_with_a_sentence() {
    let night = &NIGHTS[1];
    let place = copy_of(&night.ready);
    let temporary = place.folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = place.command(&[]);
    command.args(night.arguments()).env("TMPDIR", &temporary);
    FaultyDisk::under(&place, "temporary").disturb(&mut command, How::Full, 1);
    let ran = Ran::of(&command.output().unwrap());
    assert_no_panic(&ran, "temporary files");
    assert!(ran.code == 0 || ran.code == 5, "{}: {}", ran.code, ran.err);
    night.assert_recovers(&place, "temporary files");
}
