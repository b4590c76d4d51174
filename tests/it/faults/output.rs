//! F4, H5: reports, workbooks and answers that cannot be written, and readers that stop listening.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    process::Stdio,
};

use super::{NIGHTS, assert_no_panic, copy_of, run};
use crate::province::{Place, Ran};

fn published() -> Place {
    let night = &NIGHTS[0];
    let place = copy_of(&night.ready);
    assert_eq!(run(&place, &night.arguments()).code, 0);
    place
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A report that cannot be written is known before the night; one for which there is no room in the end is said, and the run stands.
// FAULT: F4
#[test]
fn a_report_that_cannot_be_written_is_said() {
    let night = &NIGHTS[0];
    let place = copy_of(&night.ready);
    let mut arguments = night.arguments();
    arguments.extend(["--report".to_owned(), place.folder.path().join("nowhere/night.json").display().to_string()]);
    let ran = run(&place, &arguments);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("nowhere/night.json"), "{}", ran.err);
    assert!(!night.assert_whole(&place, "the report has no place"), "it is better known before the night");

    *arguments.last_mut().unwrap() = "/dev/full".to_owned();
    let ran = run(&place, &arguments);
    assert_no_panic(&ran, "no room for the report");
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("run 1 was published") && ran.err.contains("/dev/full"), "{}", ran.err);
    assert!(night.assert_whole(&place, "no room for the report"));
}

/// Workbooks and charts for which there is no room or no folder: an error that names the file.
// FAULT: F4
#[test]
fn a_workbook_that_cannot_be_written_is_said() {
    let place = published();
    let nowhere = place.folder.path().join("nowhere/list.xlsx").display().to_string();
    let file = place.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below_file = file.join("report").display().to_string();
    for arguments in [
        &["inspect", "--out", "/dev/full"][..],
        &["inspect", "--out", &nowhere],
        &["docs", "--out", "/dev/full"],
        &["report", "--out", &below_file],
    ] {
        let ran = place.xueji(arguments);
        assert_no_panic(&ran, arguments[0]);
        assert_eq!(ran.code, 5, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(arguments[2]), "{arguments:?}: {}", ran.err);
    }
}

/// There is no room where the answer goes: exit code 5, in every form of the answer.
// FAULT: F4
#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let place = published();
    let sql = "select * from ledger";
    for arguments in [
        &["query", sql, "--format", "table"][..],
        &["query", sql, "--format", "csv"],
        &["query", sql, "--format", "json"],
        &["query", sql, "--format", "parquet"],
        &["digest"],
        &["verify"],
        &["inspect"],
        &["docs"],
    ] {
        let output = place.command(arguments).stdout(full()).output().unwrap();
        let ran = Ran::of(&output);
        assert_no_panic(&ran, &format!("{arguments:?}"));
        assert_eq!(ran.code, 5, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("No space left on device"), "{arguments:?}: {}", ran.err);
    }
    let output = place.command(&["query", "select from"]).stdout(full()).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "an error that nobody can be told keeps its code");
}

/// Whoever stops listening (`| head -1`) ends the answer, not the program's good name.
// FAULT: F4
#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let place = published();
    for arguments in [
        &["query", "select * from ledger", "--format", "table"][..],
        &["query", "select * from ledger", "--format", "csv"],
        &["query", "select * from ledger", "--format", "json"],
        &["query", "select * from ledger", "--format", "parquet"],
        &["digest"],
        &["inspect"],
        &["docs"],
    ] {
        let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let ran = Ran::of(&child.wait_with_output().unwrap());
        assert_no_panic(&ran, &format!("{arguments:?}"));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    }
}
