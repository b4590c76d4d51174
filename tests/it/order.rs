//! Neither the order of arrival nor a repetition changes what is known in the end.

use crate::province::{Place, days};

/// REQ: WH-03, EDGE: X18. A batch that arrives late lands on its day: the net ledger is the same as if it had come in time.
#[test]
fn batches_in_any_order_give_the_same_tables() {
    let days: Vec<_> = days().into_iter().take(4).collect();
    let in_order = Place::new();
    for &day in &days {
        in_order.put_day(day);
        assert_eq!(in_order.night(day).0.code, 0);
    }
    let expected = in_order.digest();
    for order in [[0, 2, 1, 3], [3, 0, 2, 1], [1, 3, 2, 0]] {
        let place = Place::new();
        for at in order {
            place.put_day(days[at]);
            let (ran, _) = place.night(days[at]);
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
        assert_eq!(place.digest(), expected, "days in the order {order:?}");
    }
}

/// spec/exports.md, «what the pipeline owes every batch», 4: loading the same batch twice changes nothing.
#[test]
fn the_same_night_twice_changes_nothing() {
    let day = days()[0];
    let place = Place::new();
    place.put_day(day);
    assert_eq!(place.night(day).1["status"], "published");
    let before = place.digest();
    let (ran, report) = place.night(day);
    assert_eq!((ran.code, report["status"].as_str()), (0, Some("unchanged")));
    assert_eq!(place.digest(), before);
    assert_eq!(place.number("select max(run_id) from runs"), 1);
}

/// A touched but unchanged file is the same batch; a corrected one is taken again and replaces the first.
#[test]
fn a_corrected_batch_replaces_the_first() {
    let day = days()[0];
    let place = Place::new();
    place.put("340102", day);
    assert_eq!(place.night(day).0.code, 0);
    let pupils = place.number("select sum(pupils) from enrolment");
    let folder = place.inbox().join("340102").join(day.to_string());
    let students = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("students"))
        .unwrap();
    let bytes = std::fs::read(&students).unwrap();
    let second =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).take(2).collect::<Vec<_>>();
    let without_first: Vec<u8> = [&bytes[..second[0]], &bytes[second[1]..]].concat();
    std::fs::write(&students, without_first).unwrap();
    let (ran, report) = place.night(day);
    assert_eq!((ran.code, report["status"].as_str()), (0, Some("published")), "{}", ran.err);
    assert_eq!(place.number("select sum(pupils) from enrolment"), pupils - 1);
    assert_eq!(
        place.number("select sum(pupils) from headcount_on('2012-09-03', 1)"),
        pupils,
        "what was known at run 1 stays"
    );
    assert!(0 < place.number("select count(*) from ledger where reverses"), "the ledger takes back by counter-entries");
}

/// A pupil whose registration number is replaced is the same pupil: one surrogate, one account, no movement. REQ: IDN-01
#[test]
fn a_new_number_is_no_new_pupil() {
    let first = days()[0];
    let place = Place::new();
    place.put("340102", first);
    assert_eq!(place.night(first).0.code, 0);
    let next = first.plus_days(1);
    let to = place.inbox().join("340102").join(next.to_string());
    crate::province::copy(&place.inbox().join("340102").join(first.to_string()), &to);
    let vault = &["--vault", "replacing a number in a test"];
    let sql = "select student_no, pupil_id from identities where number_kind = 'G' and id_holder = 'self' \
               and pupil_id in (select pupil_id from students where status = '在读') order by student_no limit 1";
    let pupil = place.ask_with(sql, vault).remove(0);
    let (old, surrogate) = (pupil["student_no"].as_str().unwrap().to_owned(), pupil["pupil_id"].as_i64().unwrap());
    let new = format!("L{}9991", &old[1..15]);
    for entry in std::fs::read_dir(&to).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let mut replaced = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at..].starts_with(old.as_bytes()) {
                replaced.extend_from_slice(new.as_bytes());
                at += old.len();
            } else {
                replaced.push(bytes[at]);
                at += 1;
            }
        }
        std::fs::write(&path, replaced).unwrap();
    }
    let (ran, report) = place.night(next);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(report["movements"], serde_json::json!({}), "nobody moved");
    let versions = place.ask_with(
        &format!("select student_no from identities where pupil_id = {surrogate} order by valid_from"),
        vault,
    );
    let numbers: Vec<&str> = versions.iter().map(|row| row["student_no"].as_str().unwrap()).collect();
    assert_eq!(numbers.last(), Some(&new.as_str()), "{numbers:?}");
    let (_, report) = place.night(next.plus_days(1));
    assert_eq!(report["batches"].as_array().unwrap().len(), 0);
    assert_eq!(
        place.number("select count(*) from students"),
        place.number("select count(distinct pupil_id) from students")
    );
}
