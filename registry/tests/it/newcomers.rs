//! Newcomers and their pre-review (ENR-01…ENR-05).

use serde_json::json;

use crate::town::{
    by, day, decision, number, on_both,
    people::{guardian, number_of},
    place::{CHANGFENG, JUNIOR, NINE_YEARS, PRIMARY, PRIMARY_FAR, SENIOR, SPECIAL, YAOHAI, class_value},
    under,
};

#[test]
fn a_record_is_formal_once_the_schools_own_authority_has_approved_it() {
    // REQ: ENR-01
    // INV: EN-1
    on_both(async |town| {
        let row = town.newcomer(1);
        let pupil = number_of(&row);
        let batch = town.batch(PRIMARY, vec![row]);
        for account in ["r2134000002", "r340100", "r341126", "h340000", "v2134000001"] {
            assert!(town.tell(account, batch.clone()).await.is_err(), "{account} submits for another");
        }
        let answer = town.ok("r2134000001", batch).await;
        let case = answer.case.unwrap();
        assert_eq!(answer.turn.unwrap().as_str(), YAOHAI);
        let approve = decision(case, "approve", "");
        let others = [
            "r2134000001",
            "q2134000001",
            "h2134000001",
            "r340100",
            "r340103",
            "r341126",
            "r340000",
            "h340000",
            "a340000",
            "v340102",
            "auditor",
            "nobody",
            "r3134000001",
        ];
        for account in others {
            assert!(town.tell(account, approve.clone()).await.is_err(), "{account} approves");
            assert_eq!(town.count("select count(*) from pupils").await, 0);
        }
        town.ok("r340102", approve.clone()).await;
        assert!(town.record(&pupil).await.standing.status.is_enrolled());
        town.no("r340102", approve, "closed").await;
    });
}

#[test]
fn the_authority_at_the_time_of_the_decision_decides() {
    // INV: EN-1
    on_both(async |town| {
        let batch = town.batch(PRIMARY, vec![town.newcomer(1)]);
        let case = town.ok("r2134000001", batch).await.case.unwrap();
        let mut school = crate::town::place::school_value(PRIMARY, "小学", YAOHAI);
        school["authority"] = json!(CHANGFENG);
        town.ok("a340100", json!({"do": "change_school", "school": school})).await;
        assert!(town.tell("r340102", decision(case, "approve", "")).await.is_err());
        town.ok("r340121", decision(case, "approve", "")).await;
    });
}

#[test]
fn the_last_of_september_counts_to_midnight_in_shanghai_and_what_is_later_is_shown_as_late() {
    // REQ: ENR-01
    // INV: EN-2
    on_both(async |town| {
        let late = async |at: &str| {
            town.on(at);
            let batch = town.batch(PRIMARY, vec![town.newcomer(1)]);
            let answer = town.ok("r2134000001", batch).await;
            (answer.counts["late"], answer.case.unwrap())
        };
        let (early, first) = late("2025-09-30T23:59:59.999").await;
        let (missed, second) = late("2025-10-01T00:00:00.000").await;
        assert_eq!((early, missed), (0, 1));
        town.on("2025-10-09");
        // A late review is the authority's, and takes nothing from the school.
        town.approve(first, &["r340102"]).await;
        town.approve(second, &["r340102"]).await;
        assert_eq!(town.count("select count(*) from pupils").await, 2);
    });
}

#[test]
fn a_batch_is_taken_whole_or_but_for_rows_that_are_named_with_a_reason() {
    // REQ: ENR-01
    // INV: EN-3
    on_both(async |town| {
        let rows: Vec<_> = (0..5).map(|_| town.newcomer(1)).collect();
        let numbers: Vec<_> = rows.iter().map(number_of).collect();
        let case = town.ok("r2134000001", town.batch(PRIMARY, rows)).await.case.unwrap();
        let except =
            |rows: serde_json::Value| json!({"do": "decide", "case": case, "verdict": "approve", "except": rows});
        town.no("r340102", except(json!([{"row": 9, "reason": "无此人"}])), "except").await;
        town.no("r340102", except(json!([{"row": 2, "reason": ""}])), "except").await;
        assert_eq!(town.count("select count(*) from pupils").await, 0);
        let answer = town.ok("r340102", except(json!([{"row": 2, "reason": "户口簿不符"}]))).await;
        assert_eq!(answer.pupils, 4);
        let there = async |number: &str| {
            town.count(&format!("select count(*) from pupils where student_no = '{number}'")).await
        };
        for (at, number) in numbers.iter().enumerate() {
            assert_eq!(there(number).await, i64::from(at != 1), "row {}", at + 1);
        }
        // One bad row, and nothing is submitted; it is named.
        let mut rows: Vec<_> = (0..5).map(|_| town.newcomer(1)).collect();
        rows[3]["class"] = json!("9999");
        let refusal = town.no("r2134000001", town.batch(PRIMARY, rows), "class").await;
        assert!(refusal.en.contains("row 4"), "{}", refusal.en);
        // One row that became wrong after it was submitted, and nothing is entered.
        let twice = town.newcomer(1);
        let (one, two) = (town.batch(PRIMARY, vec![twice.clone()]), town.batch(PRIMARY, vec![town.newcomer(1), twice]));
        let one = town.ok("r2134000001", one).await.case.unwrap();
        let two = town.ok("r2134000001", two).await.case.unwrap();
        town.approve(one, &["r340102"]).await;
        town.no("r340102", decision(two, "approve", ""), "identity.second_record").await;
        assert_eq!(town.count("select count(*) from pupils").await, 5);
        let rest =
            json!({"do": "decide", "case": two, "verdict": "approve", "except": [{"row": 2, "reason": "已有学籍"}]});
        town.ok("r340102", rest).await;
        assert_eq!(town.count("select count(*) from pupils").await, 6);
    });
}

#[test]
fn the_same_batch_is_not_submitted_twice() {
    // REQ: ENR-01
    on_both(async |town| {
        let mut batch = town.batch(PRIMARY, vec![town.newcomer(1)]);
        town.ok("r2134000001", batch.clone()).await;
        town.no("r2134000001", batch.clone(), "newcomers.name").await;
        batch["name"] = json!("");
        town.no("r2134000001", batch, "newcomers.name").await;
        town.no("r2134000001", town.batch(PRIMARY, vec![]), "newcomers.empty").await;
        let row = town.newcomer(1);
        town.no("r2134000001", town.batch(PRIMARY, vec![row.clone(), row]), "newcomers.twice").await;
    });
}

#[test]
fn a_portrait_of_the_entry_year_is_there_before_the_first_grade_of_a_stage_is_approved() {
    // REQ: ENR-02
    // INV: EN-4
    on_both(async |town| {
        for (school, grade) in [(PRIMARY, 1), (JUNIOR, 7), (SENIOR, 10), (NINE_YEARS, 7)] {
            let mut row = town.newcomer(grade);
            row["portrait"] = json!(null);
            let id_no = row["key"]["id_no"].as_str().unwrap().to_owned();
            let answer = town.ok(&format!("r{school}"), town.batch(school, vec![row])).await;
            assert_eq!(answer.flags.len(), 1, "told at once");
            let case = answer.case.unwrap();
            let authority = format!("r{}", crate::town::place::authority_of(school));
            let refusal = town.no(&authority, decision(case, "approve", ""), "newcomers.portrait").await;
            assert!(refusal.article.contains("第十二条"));
            assert!(!id_no.is_empty());
        }
        let mut old = town.newcomer(1);
        old["portrait"]["taken_on"] = json!("2024-12-31");
        let case = town.ok("r2134000001", town.batch(PRIMARY, vec![old])).await.case.unwrap();
        town.no("r340102", decision(case, "approve", ""), "newcomers.portrait").await;
        // Between the first grades none is asked for.
        let mut row = town.newcomer(4);
        row["portrait"] = json!(null);
        town.enter(PRIMARY, vec![row]).await;
    });
    under("province-b", async |town| {
        let mut row = town.newcomer(1);
        row["portrait"] = json!(null);
        town.enter(PRIMARY, vec![row]).await;
    });
}

#[test]
fn portraits_are_imported_by_number_and_never_shared_by_two_pupils() {
    // REQ: ENR-02
    // INV: EN-4
    on_both(async |town| {
        let mut row = town.newcomer(1);
        row["portrait"] = json!(null);
        let pupil = number_of(&row);
        let add = |number: &str, digest: &str, on: &str| json!({"do": "add_portraits", "school": PRIMARY, "taken_on": on, "portraits": [{"number": number, "digest": digest}]});
        let digest = "a".repeat(64);
        town.no("r2134000002", add(&pupil[1..], &digest, "2025-08-26"), "not_found").await;
        town.no("r2134000001", add(&pupil[1..], &digest, "2025-09-03"), "future_date").await;
        town.ok("r2134000001", add(&pupil[1..], &digest, "2025-08-26")).await;
        town.no("r2134000001", add("341126201503010016", &digest, "2025-08-26"), "portrait.twice").await;
        town.enter(PRIMARY, vec![row]).await;
        assert_eq!(town.record(&pupil).await.key.portrait.as_deref(), Some(&*digest));
        // Another picture later does not replace the one of the stage: that needs an approved change.
        town.ok("r2134000001", add(&pupil, &"b".repeat(64), "2025-09-01")).await;
        assert_eq!(town.record(&pupil).await.key.portrait.as_deref(), Some(&*digest));
        assert_eq!(town.count("select count(*) from portraits").await, 2, "the earlier one stays");
    });
}

#[test]
fn severely_disabled_pupils_get_a_record_at_the_school_that_teaches_them_at_home() {
    // REQ: ENR-05
    on_both(async |town| {
        let mut row = town.newcomer(1);
        row["basic"]["home_taught"] = json!(true);
        row["basic"]["disability"] = json!("多重残疾");
        let pupil = town.enter(SPECIAL, vec![row]).await.remove(0);
        assert_eq!(town.record(&pupil).await.basic.home_taught, Some(true));
        // A child of eleven who begins late is not kept out.
        let mut late = town.person(1, "2014-03-01", 7);
        late["basic"]["home_taught"] = json!(true);
        let answer = town.ok("r5134000001", town.batch(SPECIAL, vec![late])).await;
        assert_eq!(answer.flags.len(), 1, "to be looked at");
        town.approve(answer.case.unwrap(), &["r341126"]).await;
    });
}

#[test]
fn no_child_of_pre_school_age_gets_a_record() {
    // REQ: ORG-09
    // INV: ID-5
    on_both(async |town| {
        let old_enough = town.person(1, "2019-08-31", 11);
        let too_young = town.person(1, "2019-09-01", 11);
        town.enter(PRIMARY, vec![old_enough.clone()]).await;
        let refusal = town.no("r2134000001", town.batch(PRIMARY, vec![too_young.clone()]), "newcomers.too_young").await;
        assert!(refusal.article.contains("第十四条"));
        let abroad = |row: &serde_json::Value| {
            json!({"do": "apply", "purpose": {"kind": "from_abroad", "key": row["key"],
            "from": "新加坡", "grade": 1, "class": "0101"}, "reason": "回国", "evidence": [{"kind": "passport"}]})
        };
        town.no("r2134000001", abroad(&too_young), "newcomers.too_young").await;
        // A year later the younger child is of age.
        town.on("2026-09-01");
        town.ok("a340000", json!({"do": "promote", "year": 2026})).await;
        town.ok(
            "r2134000001",
            json!({"do": "enter_class", "class":
            crate::town::place::class_value(PRIMARY, "2601", 1, 2026)}),
        )
        .await;
        let mut row = town.person(1, "2019-09-01", 13);
        row["class"] = json!("2601");
        row["entry_month"] = json!("2026-09");
        row["portrait"]["taken_on"] = json!("2026-08-28");
        town.enter(PRIMARY, vec![row]).await;
        assert_eq!(town.record(&number_of(&old_enough)).await.standing.grade, 2);
    });
}

#[test]
fn names_are_kept_as_they_are_written_and_hidden_characters_are_refused() {
    // REQ: IDN-02
    // EDGE: X24
    on_both(async |town| {
        let mut rows = Vec::new();
        for name in ["=CMD()", "O'Neill", "阿依古丽·买买提", "𠮷田", "<b>", "欧 阳"] {
            let mut row = town.newcomer(2);
            row["key"]["name"] = json!(name);
            rows.push((name, row));
        }
        let numbers = town.enter(PRIMARY, rows.iter().map(|(_, row)| row.clone()).collect()).await;
        for ((name, _), pupil) in rows.iter().zip(&numbers) {
            assert_eq!(town.record(pupil).await.key.name, *name);
        }
        for name in ["", "张\u{202e}三", "李4", "\u{200b}王", &"长".repeat(51)] {
            let mut row = town.newcomer(2);
            row["key"]["name"] = json!(name);
            town.no("r2134000001", town.batch(PRIMARY, vec![row]), "name").await;
        }
    });
}

#[test]
fn a_pupil_going_on_to_the_next_stage_keeps_key_facts_and_gets_the_new_portrait_beside_the_old() {
    // REQ: ENR-02, INF-02
    // INV: EN-4, KF-1
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY, 6).await;
        let before = town.record(&pupil).await;
        town.on("2026-07-01");
        town.ok(
            "r2134000001",
            json!({"do": "finish", "school": PRIMARY, "on": "2026-07-01", "pupils": {&pupil: "graduated"}}),
        )
        .await;
        town.on("2026-08-03");
        town.ok("a340000", json!({"do": "promote", "year": 2026})).await;
        town.on("2026-09-02");
        town.ok(
            "r3134000001",
            json!({"do": "enter_class", "class":
            crate::town::place::class_value(JUNIOR, "2601", 7, 2026)}),
        )
        .await;
        let mut row = json!({"row": 1, "grade": 7, "class": "2601", "entry_month": "2026-09", "key": before.key,
            "portrait": {"digest": "c".repeat(64), "taken_on": "2026-08-29"}});
        row["key"]["name"] = json!("欧阳改名");
        town.enter(JUNIOR, vec![row]).await;
        let after = town.record(&pupil).await;
        assert_eq!(after.key.name, before.key.name, "a batch changes no key fact");
        assert_eq!(after.student_no, number(&pupil));
        assert_eq!(after.key.portrait, Some("c".repeat(64)));
        assert_ne!(after.regional_no, before.regional_no);
        assert_eq!((after.standing.school.as_str(), after.standing.grade), (JUNIOR, 7));
        assert_eq!(after.entry_month.first_day(), day("2026-09-01"));
    });
}

#[test]
fn a_guardians_number_stands_in_only_if_it_can_be_a_guardians() {
    // REQ: IDN-03
    on_both(async |town| {
        let with = |number: &str| {
            let mut row = town.newcomer(1);
            row["key"]["id_no"] = json!(number);
            row["key"]["holder"] = json!("guardian");
            row
        };
        let child = crate::town::people::identity("340102", "2012-05-05", 7);
        for (number, code) in
            [(child.as_str(), "guardian_number"), ("", "guardian_number"), ("340102198505050", "id_no")]
        {
            let row = with(number);
            let answer = town.tell("r2134000001", town.batch(PRIMARY, vec![row])).await;
            let first_generation = number.len() == 15;
            match answer {
                Err(refusal) => assert_eq!(refusal.code, code),
                Ok(_) => assert!(first_generation, "a guardian may have a number of the first generation"),
            }
        }
        let row = with(&guardian(3));
        town.ok("r2134000003", town.batch(PRIMARY_FAR, vec![row])).await;
        assert_eq!(by("x"), registry::office::By::Account("x".to_owned()));
    });
}

#[test]
fn a_late_arrival_with_leave_is_put_on_record() {
    // REQ: ENR-03
    on_both(async |town| {
        let mut row = town.newcomer(1);
        row["deferred_until"] = json!("2025-10-15");
        let pupil = town.enter(PRIMARY, vec![row]).await.remove(0);
        let told =
            "select unit || ' ' || cast(due_on as text) || ' ' || pupil_id from notices where kind = 'deferred_entry'";
        assert_eq!(town.text(told).await, format!("{PRIMARY} 2025-10-15 {}", town.record(&pupil).await.id));
    });
}

#[test]
fn the_file_of_a_newcomer_is_opened_within_a_month_of_entry() {
    // REQ: ENR-04
    on_both(async |town| {
        town.pupils(PRIMARY, 1, 2).await;
        let told =
            "select unit || ' ' || cast(min(due_on) as text) from notices where kind = 'archive_create' group by unit";
        // A month after 2 September is a holiday: the next working day.
        assert_eq!(town.text(told).await, format!("{PRIMARY} 2025-10-09"));
    });
}

#[test]
fn the_month_of_entry_lies_in_the_present_school_year_for_who_begins_a_stage() {
    // REQ: ENR-01
    on_both(async |town| {
        let with = |grade: u8, month: &str| {
            let mut row = town.newcomer(grade);
            row["entry_month"] = json!(month);
            town.batch(PRIMARY, vec![row])
        };
        for (grade, month) in [(1, "2026-09"), (3, "2026-08"), (1, "2024-09"), (1, "2025-07")] {
            town.no("r2134000001", with(grade, month), "newcomers.entry_month").await;
        }
        for (grade, month) in [(1, "2025-08"), (1, "2026-07"), (3, "2023-09"), (3, "2025-09")] {
            town.ok("r2134000001", with(grade, month)).await;
        }
    });
}

#[test]
fn nobody_is_entered_into_a_class_of_last_year_that_has_not_risen() {
    // REQ: ENR-01, CLS-02
    // INV: PR-1
    on_both(async |town| {
        let found = async |id: &str, month: &str| {
            let mut class = class_value(PRIMARY, id, 1, 2026);
            class["founded"] = json!(month);
            town.ok("r2134000001", json!({"do": "enter_class", "class": class})).await;
        };
        let into = |class: &str| {
            let mut row = town.newcomer(1);
            row["class"] = json!(class);
            (number_of(&row), town.batch(PRIMARY, vec![row]))
        };
        town.on("2026-08-02");
        town.ok("a340000", json!({"do": "promote", "year": 2026})).await;
        found("0111", "2026-08").await;
        town.on("2027-08-02");
        // The year has begun and the province has not moved up yet.
        found("0112", "2027-08").await;
        town.no("r2134000001", into("0111").1, "class.last_year").await;
        let (pupil, batch) = into("0112");
        let case = town.ok("r2134000001", batch).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        town.ok("a340000", json!({"do": "promote", "year": 2027})).await;
        assert_eq!(town.record(&pupil).await.standing.grade, 1, "who has just come does not rise");
    });
}
