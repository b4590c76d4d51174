//! Over the border of the province and the country, and inclusive placement (TRF-03…TRF-05).

use futures::future::join_all;
use registry::case::State;
use serde_json::{Value, json};

use crate::town::{
    application, decision, number, on_both,
    people::identity,
    place::{JUNIOR, JUNIOR_FAR, PRIMARY, PRIMARY_FAR, REFORM, SPECIAL},
};

fn arrival(row: &Value, student_no: &str) -> Value {
    json!({"kind": "arrival", "student_no": student_no, "key": row["key"], "from": "江苏省南京市某小学", "grade": row["grade"],
        "class": row["class"]})
}

#[test]
fn a_record_of_another_province_is_pulled_once_by_its_number() {
    // REQ: TRF-03
    // INV: TR-19
    on_both(async |town| {
        let row = town.newcomer(4);
        let pupil = format!("G{}", row["key"]["id_no"].as_str().unwrap());
        let ask = |evidence: &[&str]| application("", arrival(&row, &pupil), evidence);
        town.no("r2134000001", ask(&[]), "evidence").await;
        let pulled = ["r2134000001", "r2134000003"]
            .map(async |school| town.ok(school, ask(&["province_record"])).await.case.unwrap());
        let cases = join_all(pulled).await;
        let decided = [("r340102", cases[0]), ("r341126", cases[1])];
        let answers =
            join_all(decided.map(async |(who, case)| town.tell(who, decision(case, "approve", "")).await)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(answers.into_iter().find_map(Result::err).unwrap().code, "identity.second_record");
        assert_eq!(town.record(&pupil).await.student_no, number(&pupil), "the number goes on");
        assert_eq!(town.count("select count(*) from changes where kind = '跨省转入'").await, 1);
        // The answer was lost and the school asks again under its key.
        let other = town.newcomer(4);
        let pupil = format!("G{}", other["key"]["id_no"].as_str().unwrap());
        let again = application("", arrival(&other, &pupil), &["province_record"]);
        let first = town.tell_once("r2134000001", again.clone(), Some("pull-7")).await.unwrap();
        assert_eq!(town.tell_once("r2134000001", again, Some("pull-7")).await.unwrap(), first);
    });
}

#[test]
fn a_departure_is_started_by_the_receiver_and_confirmed_here() {
    // REQ: TRF-03
    // INV: TR-19, SC-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let leave = |to: &str, request: &str| {
            application(&pupil, json!({"kind": "departure", "to": to, "request": request}), &[])
        };
        town.no("r341126", leave("", "JS-1"), "departure.request").await;
        town.no("r341126", leave("江苏省某中学", ""), "departure.request").await;
        town.no("r3134000002", leave("江苏省某中学", "JS-1"), "forbidden").await;
        // An authority that has nothing to do with the pupil neither starts nor learns anything.
        town.no("r340102", leave("江苏省某中学", "JS-1"), "not_found").await;
        let case = town.ok("r341126", leave("江苏省某中学", "JS-1")).await.case.unwrap();
        town.approve(case, &["r3134000002", "q341126"]).await;
        assert_eq!(town.record(&pupil).await.standing.status.label(), "转出");
        assert_eq!(town.text("select counterpart from changes where kind = '跨省转出'").await, "江苏省某中学");
        town.no("r341126", leave("江苏省某中学", "JS-1"), "not_enrolled").await;
    });
}

#[test]
fn nobody_leaves_over_the_border_without_destination_date_and_reason() {
    // REQ: TRF-04
    // INV: TR-20
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let abroad = |to: &str, on: &str| json!({"kind": "abroad", "to": to, "on": on});
        let ask = |to: &str, on: &str, evidence: &[&str]| application(&pupil, abroad(to, on), evidence);
        town.no("r3134000001", ask(" ", "2025-09-01", &["passport"]), "abroad.to").await;
        town.no("r3134000001", ask("新西兰", "2025-09-03", &["passport"]), "future_date").await;
        town.no("r3134000001", ask("新西兰", "1999-09-03", &["passport"]), "before_birth").await;
        town.no("r3134000001", ask("新西兰", "2025-09-01", &[]), "evidence").await;
        let mut silent = ask("新西兰", "2025-09-01", &["passport"]);
        silent["reason"] = json!("");
        town.no("r3134000001", silent, "reason").await;
        assert_eq!(town.count("select count(*) from changes where kind = '跨境转出'").await, 0);
        let case = town.ok("r3134000001", ask("新西兰", "2025-09-01", &["passport"])).await.case.unwrap();
        assert!(town.record(&pupil).await.standing.status.is_enrolled(), "until the authority has approved");
        town.approve(case, &["r340102"]).await;
        let left = town.record(&pupil).await;
        assert_eq!(left.standing.status.label(), "转出");
        // After three years the old record goes on.
        town.on("2028-09-04");
        for year in 2026..=2028 {
            town.ok("system", json!({"do": "promote", "year": year})).await;
        }
        let class =
            json!({"do": "enter_class", "class": crate::town::place::class_value("3134000011", "1009", 10, 2028)});
        town.ok("r3134000011", class).await;
        let back = json!({"kind": "from_abroad", "key": left.key, "from": "新西兰", "grade": 10, "class": "1009"});
        let case = town.apply("r3134000011", "", back.clone(), &["passport"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let now = town.record(&pupil).await;
        assert_eq!((now.id, now.standing.grade, now.standing.status.is_enrolled()), (left.id, 10, true));
        assert_eq!(town.count("select count(*) from pupils").await, 1);
        town.no("r3134000011", application("", back, &["passport"]), "identity.second_record").await;
    });
}

#[test]
fn whoever_comes_from_abroad_without_a_record_gets_a_first_one() {
    // REQ: TRF-04
    // INV: TR-20
    on_both(async |town| {
        let mut row = town.newcomer(4);
        row["key"]["id_kind"] = json!("护照");
        row["key"]["id_no"] = json!("E12345678");
        let come = json!({"kind": "from_abroad", "key": row["key"], "from": "法国", "grade": 4, "class": "0401"});
        let case = town.apply("r2134000001", "", come, &["passport"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let number = town.text("select student_no from pupils").await;
        assert!(number.starts_with('J'), "no citizen number: {number}");
        assert_eq!(town.record(&number).await.standing.school.as_str(), PRIMARY);
    });
}

#[test]
fn silence_approves_nothing_over_a_border() {
    // REQ: TRF-03, TRF-04
    // INV: TR-12
    on_both(async |town| {
        let row = town.newcomer(4);
        let pulled = format!("G{}", row["key"]["id_no"].as_str().unwrap());
        let arrives = town.apply("r2134000001", "", arrival(&row, &pulled), &["province_record"]).await.case.unwrap();
        let leaves = town.pupil(JUNIOR_FAR, 8).await;
        let departs = application(&leaves, json!({"kind": "departure", "to": "浙江省某中学", "request": "ZJ-1"}), &[]);
        let departs = town.ok("r341126", departs).await.case.unwrap();
        town.sweep().await;
        town.on("2025-12-30");
        let swept = town.sweep().await;
        assert_eq!(swept.counts.get("approved_by_silence"), None);
        assert_eq!(swept.counts.get("raised"), Some(&2));
        for case in [arrives, departs] {
            let case = town.case(case).await;
            assert!(case.overdue && case.state == State::Open && case.at == 0);
        }
        assert_eq!(town.sweep().await.counts.get("raised"), None, "raised once");
        // A late decision is still a decision.
        town.approve(arrives, &["r340102"]).await;
    });
}

#[test]
fn an_inclusive_placement_moves_the_pupil_and_not_necessarily_the_record() {
    // REQ: TRF-05
    // INV: TR-21
    on_both(async |town| {
        let mut row = town.newcomer(3);
        row["basic"]["disability"] = json!("听力残疾");
        let pupil = town.enter(SPECIAL, vec![row]).await.remove(0);
        let place = |moves: bool, agreed: bool| json!({"kind": "inclusion", "record_moves": moves, "class": "0301", "agreed": agreed});
        town.no("r2134000003", application(&pupil, place(false, false), &[]), "inclusion.agreement").await;
        assert_eq!(town.apply("r2134000003", &pupil, place(false, true), &[]).await.state.unwrap(), "approved");
        let placed = town.record(&pupil).await;
        assert_eq!((placed.standing.school.as_str(), placed.taught_at.unwrap().as_str()), (SPECIAL, PRIMARY_FAR));
        assert_eq!(placed.basic.inclusive, Some(true));
        let counted = town.office.headcounts().await.unwrap();
        assert_eq!(counted.iter().map(|count| count.pupils).sum::<i64>(), 1, "counted once");
        town.apply("r2134000003", &pupil, place(true, true), &[]).await;
        let moved = town.record(&pupil).await;
        assert_eq!((moved.standing.school.as_str(), moved.taught_at), (PRIMARY_FAR, None));
        // Others go by a transfer; a reform school as agreed.
        let other = town.pupil(PRIMARY, 3).await;
        town.no("r2134000003", application(&other, place(true, true), &[]), "inclusion.kind").await;
        let eighth = town.pupil(JUNIOR, 8).await;
        let reform = json!({"kind": "inclusion", "record_moves": false, "agreed": true});
        town.apply("r3134000021", &eighth, reform, &[]).await;
        assert_eq!(town.record(&eighth).await.taught_at.unwrap().as_str(), REFORM);
        assert_eq!(identity("340102", "2016-03-03", 1).len(), 18);
    });
}

#[test]
fn nobody_comes_back_under_the_record_of_another_person() {
    // REQ: TRF-03, TRF-04
    // INV: TR-20, ID-1
    on_both(async |town| {
        let mut row = town.newcomer(4);
        let pupil = town.enter(PRIMARY_FAR, vec![row.clone()]).await.remove(0);
        let abroad = json!({"kind": "abroad", "to": "新加坡", "on": "2025-09-02"});
        let case = town.apply("r2134000003", &pupil, abroad, &["passport"]).await.case.unwrap();
        town.approve(case, &["r341126"]).await;
        let back = |row: &Value| {
            let purpose =
                json!({"kind": "from_abroad", "key": row["key"], "from": "新加坡", "grade": 4, "class": "0401"});
            application(&pupil, purpose, &["passport"])
        };
        let right = back(&row);
        row["key"]["birth_on"] = json!("2015-01-31");
        town.no("r2134000001", back(&row), "arrival.other_person").await;
        let case = town.ok("r2134000001", right).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), PRIMARY);
    });
}
