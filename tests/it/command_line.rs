//! The command line as people and scripts meet it.

use crate::province::{Place, days};

#[test]
fn wrong_usage_is_said_and_has_its_own_exit_code() {
    let place = Place::new();
    assert_eq!(place.xueji(&["nightly", "--day", "2013-02-30"]).code, 2);
    assert_eq!(place.xueji(&["dance"]).code, 2);
    let nothing = place.xueji(&["query", "select 1"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("no run was ever published"), "{}", nothing.err);
    let policy = place.xueji(&["--policy", "atlantis", "doctor"]);
    assert_eq!(policy.code, 2, "{}", policy.err);
}

/// A line of `xueji.toml` is a default; the environment and a flag go before it.
#[test]
fn settings_come_from_flag_environment_and_file_in_that_order() {
    let place = Place::new();
    std::fs::write(place.folder.path().join("xueji.toml"), "policy = \"province-b\"\n").unwrap();
    assert!(place.xueji(&["doctor"]).out.contains("province-b"));
    let home = format!("--home={}", place.folder.path().display());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_xueji")).args([&home, "doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("province-b"), "both forms of --home lead to its file");
    let output = place.command(&["doctor"]).env("XUEJI_POLICY", "national").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("national"));
    assert!(place.xueji(&["--policy", "anhui", "doctor"]).out.contains("anhui"));
}

/// Personal tables are not there unless a purpose is stated, and the statement is kept. REQ: USR-06
#[test]
fn the_vault_opens_for_a_purpose_that_is_put_on_record() {
    let place = Place::new();
    place.put("340102", days()[0]);
    assert_eq!(place.night(days()[0]).0.code, 0);
    let shut = place.xueji(&["query", "select name from identities"]);
    assert_eq!(shut.code, 2, "{}", shut.err);
    let open = place.xueji(&["query", "select count(*) from identities", "--vault", "checking a transfer"]);
    assert_eq!(open.code, 0, "{}", open.err);
    let readings: Vec<_> = std::fs::read_dir(place.warehouse().join("vault/readings")).unwrap().collect();
    assert_eq!(readings.len(), 1);
}

/// SQL of people reads; it neither writes nor reaches beyond the tables.
#[test]
fn queries_only_read() {
    let place = Place::new();
    place.put("340102", days()[0]);
    assert_eq!(place.night(days()[0]).0.code, 0);
    let target = place.folder.path().join("stolen.csv");
    for sql in [
        "create table x as select 1",
        "drop table students",
        "insert into students select * from students",
        "create external table p stored as csv location '/etc/passwd'",
        &format!("copy (select 1) to '{}'", target.display()),
    ] {
        let ran = place.xueji(&["query", sql]);
        assert_eq!(ran.code, 2, "{sql}: {}", ran.err);
    }
    assert!(!target.exists());
}

/// No full ID number stands in what is printed or logged, nor in the run report.
#[test]
fn no_id_number_leaves_by_report_or_log() {
    let place = Place::new();
    place.put_day(days()[0]);
    let report = place.folder.path().join("night.json");
    let ran =
        place.xueji(&["--log", "debug", "nightly", "--day", "2012-09-03", "--report", &report.display().to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for text in [&ran.out, &ran.err, &std::fs::read_to_string(&report).unwrap()] {
        let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 17 || run.len() == 18).count();
        assert_eq!(digits, 0, "a number of 17 or 18 digits stands in the open");
    }
}
