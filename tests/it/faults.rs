//! Killed, torn, held, refused, locked: what must survive and what must be said.

use std::{process::Stdio, time::Duration};

use crate::province::{Place, days};

/// F1: killed at random moments, up to three times in a row, then run again with the same command.
#[test]
fn a_killed_night_leaves_nothing_behind() {
    let days: Vec<_> = days().into_iter().take(2).collect();
    let undisturbed = Place::new();
    for &day in &days {
        undisturbed.put_day(day);
        assert_eq!(undisturbed.night(day).0.code, 0);
    }
    let expected = undisturbed.digest();
    let place = Place::new();
    let mut killed = 0;
    for (number, &day) in days.iter().enumerate() {
        place.put_day(day);
        for wait in [40, 150, 400, 700, 1100] {
            let mut child = place
                .command(&["nightly", "--quiet", "--day", &day.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(wait));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            }
            child.wait().unwrap();
            let runs =
                if place.warehouse().join("runs").is_dir() { place.number("select max(run_id) from runs") } else { 0 };
            assert!(
                runs == i64::try_from(number).unwrap() || runs == i64::try_from(number + 1).unwrap(),
                "half a run: {runs}"
            );
        }
        let (ran, _) = place.night(day);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    assert!(0 < killed, "no night was caught at work");
    assert_eq!(place.digest(), expected);
    let verified = place.xueji(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
}

/// F8: of two at once, one works and the other says who does.
#[test]
fn the_second_of_two_nights_is_told_who_works() {
    let place = Place::new();
    place.put_day(days()[0]);
    std::fs::create_dir_all(place.warehouse()).unwrap();
    let lease = std::fs::File::create(place.warehouse().join(".lease")).unwrap();
    std::fs::write(place.warehouse().join(".lease"), "process 1 since 2012-09-03T01:30:00Z\n").unwrap();
    lease.lock().unwrap();
    let ran = place.xueji(&["nightly", "--quiet", "--day", "2012-09-03"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("process 1"), "{}", ran.err);
}

/// F5: a flipped byte in a data file is found and the file is named.
#[test]
fn verify_names_the_file_whose_bytes_changed() {
    let place = Place::new();
    place.put("340102", days()[0]);
    assert_eq!(place.night(days()[0]).0.code, 0);
    let mut files = Vec::new();
    find(&place.warehouse().join("ledger"), &mut files);
    let victim = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
    let mut bytes = std::fs::read(victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(victim, bytes).unwrap();
    let ran = place.xueji(&["verify"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains(&victim.file_name().unwrap().to_string_lossy().into_owned()), "{}", ran.err);
}

fn find(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
}

/// A missing core table holds the batch; a torn or mistyped file refuses it; the others go on. The worst decides the exit code.
#[test]
fn one_bad_batch_never_stops_the_others() {
    let day = days()[0];
    let place = Place::new();
    for source in ["340102", "340103", "340111", "registry"] {
        place.put(source, day);
    }
    let folder = |source: &str| place.inbox().join(source).join(day.to_string());
    let named = |source: &str, stem: &str| {
        std::fs::read_dir(folder(source))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(stem))
            .unwrap()
    };
    std::fs::remove_file(named("registry", "changes")).unwrap();
    let (ran, report) = place.night(day);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(state(&report, "registry"), "held");
    assert_eq!(state(&report, "340102"), "taken");

    let other = Place::new();
    for source in ["340102", "340111"] {
        other.put(source, day);
    }
    let students = std::fs::read_dir(other.inbox().join("340111").join(day.to_string()))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("students"))
        .unwrap();
    let bytes = std::fs::read(&students).unwrap();
    std::fs::write(&students, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let (ran, report) = other.night(day);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(state(&report, "340111"), "refused");
    assert_eq!(state(&report, "340102"), "taken");
    assert!(ran.err.contains("students"), "the file is named: {}", ran.err);
}

/// A full export from which many pupils vanish without papers waits until a person confirms it.
#[test]
fn a_shrunken_export_waits_for_a_person() {
    let days = days();
    let place = Place::new();
    place.put("340102", days[0]);
    assert_eq!(place.night(days[0]).0.code, 0);
    let before = place.number("select sum(pupils) from enrolment");
    let next = days[0].plus_days(1);
    let to = place.inbox().join("340102").join(next.to_string());
    crate::province::copy(&place.inbox().join("340102").join(days[0].to_string()), &to);
    let students = std::fs::read_dir(&to)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("students"))
        .unwrap();
    let bytes = std::fs::read(&students).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(90 < lines.len(), "the sample has {} lines", lines.len());
    std::fs::write(&students, lines[..lines.len() / 3].concat()).unwrap();
    let (ran, report) = place.night(next);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(state(&report, "340102"), "held");
    assert!(ran.err.contains("--release 340102"), "{}", ran.err);
    assert_eq!(place.number("select sum(pupils) from enrolment"), before, "the figures of the day before stand");
    let ran = place.xueji(&["nightly", "--quiet", "--day", &next.to_string(), "--release", "340102"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(place.number("select sum(pupils) from enrolment") < before);
}

/// Everybody has a paper once the school year has turned: promotion lets nobody go, and the guard still stands.
#[test]
fn a_promotion_does_not_disarm_the_guard_against_shrunken_exports() {
    let place = Place::new();
    let days: Vec<_> = days().into_iter().filter(|day| day.to_string().as_str() <= "2013-09-02").collect();
    for &day in &days {
        place.put("registry", day);
    }
    let last = *days.last().unwrap();
    assert_eq!(place.night(last).0.code, 0);
    let next = last.plus_days(1);
    let to = place.inbox().join("registry").join(next.to_string());
    crate::province::copy(&place.inbox().join("registry").join(last.to_string()), &to);
    for entry in std::fs::read_dir(&to).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("students") {
            let bytes = std::fs::read(&path).unwrap();
            let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            std::fs::write(&path, lines[..lines.len().div_ceil(2)].concat()).unwrap();
        }
    }
    let (ran, report) = place.night(next);
    assert_eq!((ran.code, state(&report, "registry").as_str()), (3, "held"), "{}", ran.err);
}

fn state(report: &serde_json::Value, source: &str) -> String {
    let batches = report["batches"].as_array().unwrap();
    let batch = batches.iter().find(|batch| batch["source"] == source).unwrap();
    batch["state"].as_str().unwrap().to_owned()
}
