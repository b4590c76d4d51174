//! Batches that are torn, shrunken or incomplete: held or refused, and the others go on.

use std::{fs::OpenOptions, io::Write, thread, time::Duration};

use crate::province::{Place, days};

/// A file that grows under the reader's hands waits, or is taken as far as it had come; its last word is what counts in the end.
// FAULT: F10
#[test]
fn a_batch_that_grows_while_it_is_read_is_whole_in_the_end() {
    let day = days()[0];
    let undisturbed = Place::new();
    undisturbed.put("340102", day);
    assert_eq!(undisturbed.night(day).0.code, 0);
    let place = Place::new();
    place.put("340102", day);
    let students = place.inbox().join("340102").join(day.to_string()).join("students.csv");
    let whole = std::fs::read(&students).unwrap();
    let half = whole.len() / 2;
    std::fs::write(&students, &whole[..half]).unwrap();
    let (ran, report) = thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(&students).unwrap();
            for piece in whole[half..].chunks(997) {
                file.write_all(piece).unwrap();
                thread::sleep(Duration::from_millis(3));
            }
        });
        place.night(day)
    });
    assert!(ran.code == 0 || ran.code == 3, "{}: {}", ran.code, ran.err);
    assert!(["taken", "held"].contains(&state(&report, "340102").as_str()), "{report}");
    let (ran, _) = place.night(day);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(place.digest(), undisturbed.digest());
    assert_eq!(place.xueji(&["verify"]).code, 0);
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
