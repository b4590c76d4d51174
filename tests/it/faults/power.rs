//! F3: the power is cut, and everything that was not synced is gone.

use std::process::Stdio;

use super::{Draw, NIGHTS, copy_of, power_cut::PowerCut, trials};
use crate::province::Ran;

const SEED: u64 = 20_200_127;

/// Cut before the n-th sync: readers see before or after, and the same command makes it good.
// FAULT: F3
#[test]
fn a_night_whose_power_is_cut_needs_nothing_but_the_same_command() {
    let mut draw = Draw(SEED);
    let rounds = trials(9);
    let mut published = 0;
    for (number, night) in NIGHTS.iter().enumerate() {
        let place = copy_of(&night.ready);
        std::fs::create_dir_all(place.folder.path().join("warehouse")).unwrap();
        let disk = PowerCut::under(&place.folder.path().join("warehouse"));
        let mut command = place.command(&[]);
        disk.threaten(command.args(night.arguments()), 0);
        let ran = Ran::of(&command.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let syncs = disk.syncs();
        assert!(20 < syncs, "the night made {syncs} syncs only: is the program linked statically?");
        // It said that it was published: so it is.
        disk.cut();
        let when = format!("{}, cut when it had ended", night.name);
        assert!(night.assert_whole(&place, &when), "{when}: what was published is gone");
        assert_eq!(place.xueji(&["verify"]).code, 0, "{when}");
        night.assert_recovers(&place, &when);

        let rounds = (number as u64..rounds).step_by(3).count() as u64;
        for round in 0..rounds {
            // One of each equal part of the night. Side by side, some files are synced in another order each time.
            let at = 1 + (syncs * 19 / 20 * round + draw.below(syncs * 19 / 20)) / rounds;
            let place = copy_of(&night.ready);
            std::fs::create_dir_all(place.folder.path().join("warehouse")).unwrap();
            let disk = PowerCut::under(&place.folder.path().join("warehouse"));
            let mut command = place.command(&[]);
            disk.threaten(command.args(night.arguments()), at);
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert!(!status.success(), "{}: the power was not cut", night.name);
            disk.cut();
            let when = format!("{}, cut before sync {at} of {syncs}", night.name);
            published += u64::from(night.assert_whole(&place, &when));
            night.assert_recovers(&place, &when);
        }
    }
    println!("F3: {rounds} cuts and 3 after the end, all survived; {published} times the run was out already");
}
