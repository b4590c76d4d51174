//! F12: the nightly job under a bound on memory.
//!
//! The bound is on data (`RLIMIT_DATA`): what a process may write to of its own, which is what the machine has to find room for. A bound on
//! addresses would count the stacks of threads and the files that are only mapped.

use std::process::Command;

use super::{NIGHTS, copy_of};
use crate::province::{Place, Ran, copy_with, days};

const GIBIBYTE_IN_KIB: u64 = 1 << 20;

/// Runs a command with at most 1 GiB of data.
fn within_a_gibibyte(command: &Command) -> Ran {
    let mut bounded = Command::new("sh");
    bounded.arg("-c").arg(format!("ulimit -d {GIBIBYTE_IN_KIB} && exec \"$0\" \"$@\""));
    bounded.arg(command.get_program()).args(command.get_args());
    Ran::of(&bounded.output().unwrap())
}

/// The nights of the small province need no more than 1 GiB.
// FAULT: F12
#[test]
fn the_nights_keep_within_a_gibibyte() {
    for night in NIGHTS.iter() {
        let place = copy_of(&night.ready);
        let mut command = place.command(&[]);
        command.args(night.arguments());
        let ran = within_a_gibibyte(&command);
        assert_eq!(ran.code, 0, "{}: {}", night.name, ran.err);
        assert!(night.assert_whole(&place, night.name));
    }
}

/// A batch in which something is wrong with every row: each row is kept with its remark, or quarantined, within 1 GiB.
// FAULT: F12
#[test]
fn a_batch_in_which_every_row_is_wrong_keeps_within_a_gibibyte() {
    const ROWS: usize = 60_000;
    let first = days()[0];
    let batch = format!("340102/{first}");
    // The code of the sex: one that exists, and one that does not.
    for (sex, accepted) in [(None, true), (Some("?"), false)] {
        let place = Place::new();
        copy_with(&batch, &place.inbox().join(&batch), "students.csv", |bytes| {
            let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let mut all = lines.next().unwrap().to_vec();
            let pupil: Vec<&[u8]> = lines.next().unwrap().split(|byte| *byte == b',').collect();
            for number in 0..ROWS {
                let mut cells: Vec<Vec<u8>> = pupil.iter().map(|cell| cell.to_vec()).collect();
                // No check digit fits, no division exists, no day of birth is meant: remarks on every row.
                cells[0] = format!("G34{number:016}").into_bytes();
                cells[6] = format!("34{number:016}").into_bytes();
                if let Some(sex) = sex {
                    cells[3] = sex.as_bytes().to_vec();
                }
                all.extend(cells.join(&b','));
            }
            all
        });
        let report = place.folder.path().join("night.json");
        let mut command = place.command(&["nightly", "--quiet", "--day", &first.to_string(), "--report"]);
        command.arg(&report);
        let ran = within_a_gibibyte(&command);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        let files = report["batches"][0]["files"].as_array().unwrap();
        let students = files.iter().find(|file| file["table"] == "students").unwrap();
        let count = |name: &str| students[name].as_u64().unwrap() as usize;
        assert_eq!(count("rows"), ROWS);
        assert_eq!(count("accepted") + count("quarantined"), ROWS);
        let wrong = if accepted { count("flagged") + count("quarantined") } else { count("quarantined") };
        assert_eq!(wrong, ROWS, "every row is remarked on");
    }
}
