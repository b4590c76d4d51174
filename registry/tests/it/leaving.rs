//! Leaving before the end: dropout, withdrawal, death (DRP-01…DRP-04, WDR-01, WDR-02, DTH-01).

use serde_json::{Value, json};

use crate::town::{
    Town, application, by, day, decision, on_both,
    place::{JUNIOR, JUNIOR_FAR, JUNIOR_OF_CITY, LUYANG, PRIMARY, SENIOR, YAOHAI},
};

fn dropout(since: &str) -> Value {
    json!({"kind": "dropout", "since": since, "township": "大通路街道办事处", "efforts": "家访两次"})
}

#[test]
fn a_dropout_is_reviewed_in_fifteen_working_days_and_raised_when_overdue() {
    // REQ: DRP-01
    // INV: DR-1, TR-12
    on_both(async |town| {
        town.on("2025-09-12");
        let pupil = town.pupil(JUNIOR, 8).await;
        town.no("r3134000001", application(&pupil, dropout("2025-09-13"), &[]), "future_date").await;
        let mut nowhere = dropout("2025-09-08");
        nowhere["township"] = json!("");
        town.no("r3134000001", application(&pupil, nowhere, &[]), "dropout.township").await;
        let answer = town.apply("r3134000001", &pupil, dropout("2025-09-08"), &[]).await;
        let case = answer.case.unwrap();
        assert_eq!(answer.due_on, Some(day("2025-10-10")));
        town.on("2025-10-11T00:00:59.999");
        assert_eq!(town.sweep().await.counts.get("raised"), None);
        town.on("2025-10-11T00:01:00.000");
        assert_eq!(town.sweep().await.counts.get("raised"), Some(&1));
        assert!(town.record(&pupil).await.standing.status.is_enrolled(), "time approves nothing");
        assert_eq!(town.count("select count(*) from notices where kind = 'case_overdue' and unit = '340102'").await, 1);
        for account in ["r3134000001", "q3134000001", "r340100", "r341126"] {
            assert!(town.tell(account, decision(case, "approve", "")).await.is_err(), "{account}");
        }
        town.approve(case, &["r340102"]).await;
        assert_eq!(town.record(&pupil).await.standing.status.label(), "辍学保留");
    });
}

#[test]
fn letters_go_to_the_county_and_the_registration_authority_and_the_township_is_named() {
    // REQ: DRP-02
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_OF_CITY, 8).await;
        let case = town.apply("r3134000003", &pupil, dropout("2025-09-01"), &[]).await.case.unwrap();
        town.approve(case, &["r340100"]).await;
        for unit in [JUNIOR_OF_CITY, "340100", LUYANG] {
            let told = format!("select count(*) from notices where kind = 'dropout_letter' and unit = '{unit}'");
            assert_eq!(town.count(&told).await, 1, "{unit}");
        }
        assert_eq!(town.text("select counterpart from changes where kind = '辍学'").await, "大通路街道办事处");
    });
}

#[test]
fn who_drops_out_of_compulsory_schooling_stays_on_record_in_a_class_apart() {
    // REQ: DRP-03
    // INV: DR-2
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let case = town.apply("r3134000001", &pupil, dropout("2025-09-01"), &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let kept = town.record(&pupil).await;
        assert_eq!(kept.standing.class, registry::dropout::KEPT_CLASS);
        assert!(kept.standing.status.is_registered() && !kept.standing.status.is_enrolled());
        let counts = town.office.headcounts().await.unwrap();
        assert_eq!(counts.iter().map(|count| count.status.as_str()).collect::<Vec<_>>(), ["辍学保留"]);
        town.no(
            "r3134000002",
            application(&pupil, json!({"kind": "transfer", "class": "0801", "ground": "other"}), &[]),
            "not_enrolled",
        )
        .await;
        // Through grade 9, and then the retention ends.
        town.on("2026-08-01");
        town.ok("system", json!({"do": "promote", "year": 2026})).await;
        let ninth = town.record(&pupil).await.standing;
        assert_eq!((ninth.grade, ninth.status.label()), (9, "辍学保留"));
        town.on("2027-08-01");
        assert_eq!(town.ok("system", json!({"do": "promote", "year": 2027})).await.counts["retention_ends"], 1);
        let ended = town.record(&pupil).await.standing;
        assert_eq!((ended.grade, ended.status.label()), (9, "肄业"));
    });
}

#[test]
fn who_dropped_out_comes_back_into_a_class() {
    // REQ: DRP-03
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let case = town.apply("r3134000001", &pupil, dropout("2025-09-01"), &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let back = |grade: u8| json!({"kind": "return", "from": "2025-09-02", "grade": grade, "class": format!("{grade:02}01")});
        town.no("r3134000001", application(&pupil, back(10), &[]), "resumption.grade").await;
        let case = town.apply("r3134000001", &pupil, back(8), &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        assert!(town.record(&pupil).await.standing.status.is_enrolled());
        let senior = town.pupil(SENIOR, 11).await;
        town.no("r3134000011", application(&senior, dropout("2025-09-01"), &[]), "dropout.senior").await;
    });
}

#[test]
fn a_migrant_childs_dropout_is_told_for_the_hand_over_once() {
    // INV: DR-3
    on_both(async |town| {
        let mut row = town.newcomer(8);
        row["basic"]["migrant"] = json!(true);
        let pupil = town.enter(JUNIOR, vec![row]).await.remove(0);
        let case = town.apply("r3134000001", &pupil, dropout("2025-09-01"), &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        assert!(town.tell("r340102", decision(case, "approve", "")).await.is_err());
        let told = format!("select count(*) from notices where kind = 'migrant_handover' and unit = '{YAOHAI}'");
        assert_eq!(town.count(&told).await, 1);
    });
}

#[test]
fn migrant_dropouts_are_handed_to_their_home_counties_at_the_end_of_the_term_and_only_once() {
    // REQ: DRP-04
    // INV: DR-3
    on_both(async |town| {
        // One of Fengyang, one whose household nobody knows, and one who has come back by then.
        let mut rows: Vec<Value> = (0..3).map(|_| town.newcomer(8)).collect();
        for row in &mut rows {
            row["basic"]["migrant"] = json!(true);
        }
        rows[1]["basic"].as_object_mut().unwrap().remove("hukou_division");
        let pupils = town.enter(JUNIOR, rows).await;
        for pupil in &pupils {
            let case = town.apply("r3134000001", pupil, dropout("2025-09-01"), &[]).await.case.unwrap();
            town.approve(case, &["r340102"]).await;
        }
        let back = json!({"kind": "return", "from": "2025-09-02", "grade": 8, "class": "0801"});
        let case = town.apply("r3134000001", &pupils[2], back, &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let due = "select cast(min(due_on) as text) from notices where kind = 'migrant_handover'";
        let term_ends = town.text(due).await;
        assert!(
            ("2026-01-01".."2026-02-15").contains(&term_ends.as_str()),
            "at the end of the autumn term: {term_ends}"
        );
        let open = "select count(*) from notices where kind = 'migrant_handover' and done_on is null";
        let hand_over = json!({"do": "hand_over_migrants"});
        for account in ["r3134000001", "q340102x", "r340000", "a340102"] {
            assert!(town.tell(account, hand_over.clone()).await.is_err(), "{account}");
        }
        town.on("2026-01-20");
        let counts = async || {
            let answer = town.ok("r340102", hand_over.clone()).await;
            ["handed_over", "returned", "household_unknown"].map(|what| answer.counts[what])
        };
        assert_eq!(counts().await, [1, 1, 1]);
        assert_eq!(town.count(open).await, 1, "the household has first to be known");
        assert_eq!(counts().await, [0, 0, 1], "nobody is handed over twice");
        let received =
            "select unit || ' ' || count(*) from notices where kind = 'migrant_dropout_received' group by unit";
        assert_eq!(town.text(received).await, "341126 1");
        let fields = json!({"do": "change_basic", "student_no": pupils[1], "fields": {"hukou_division": "341126"}});
        town.ok("r3134000001", fields).await;
        assert_eq!(counts().await, [1, 0, 0]);
        assert_eq!(counts().await, [0, 0, 0]);
        assert_eq!(town.text(received).await, "341126 2");
    });
}

fn withdrawal(ground: &str) -> Value {
    json!({"kind": "withdrawal", "ground": ground, "from": "2025-09-02"})
}

#[test]
fn nobody_leaves_compulsory_schooling_by_withdrawal_but_to_settle_abroad() {
    // REQ: WDR-01
    // INV: WD-1
    on_both(async |town| {
        for (school, grade) in [(PRIMARY, 1), (PRIMARY, 6), (JUNIOR, 7), (JUNIOR, 9)] {
            let pupil = town.pupil(school, grade).await;
            let account = format!("r{school}");
            let all = ["hospital_certificate", "judicial_document", "passport", "household_register"];
            for ground in ["illness", "truancy", "suspension_expired", "custody"] {
                let refusal =
                    town.no(&account, application(&pupil, withdrawal(ground), &all), "withdrawal.ground").await;
                assert!(refusal.article.contains("第十六条"));
            }
            town.no(&account, application(&pupil, withdrawal("settling_abroad"), &["passport"]), "evidence").await;
            let case = town.apply(&account, &pupil, withdrawal("settling_abroad"), &all).await.case.unwrap();
            town.approve(case, &["r340102"]).await;
            assert_eq!(town.record(&pupil).await.standing.status.label(), "退学");
        }
        // Nor by another door: leaving early is no end of compulsory schooling, and a status is no basic fact.
        let pupil = town.pupil(JUNIOR, 9).await;
        let early = json!({"do": "finish", "school": JUNIOR, "on": "2025-09-02", "pupils": {&pupil: "left_early"}});
        town.no("r3134000001", early, "graduation.compulsory").await;
        let fields = json!({"do": "change_basic", "student_no": pupil, "fields": {"status": "退学"}});
        town.no("r3134000001", fields, "basic.field").await;
    });
}

#[test]
fn truancy_counts_from_one_school_day_more_than_four_weeks_or_ten_weeks_in_all() {
    // REQ: WDR-02
    // INV: WD-2
    on_both(async |town| {
        let pupil = town.pupil(SENIOR, 11).await;
        let truant = |on_end: u32, in_term: u32, contacts: u32| {
            let mut purpose = withdrawal("truancy");
            purpose["truancy"] = json!({"days_on_end": on_end, "days_in_term": in_term, "contacts": contacts});
            application(&pupil, purpose, &[])
        };
        town.no("r3134000011", truant(20, 20, 3), "withdrawal.truancy").await;
        town.no("r3134000011", truant(0, 49, 3), "withdrawal.truancy").await;
        town.no("r3134000011", truant(21, 21, 1), "withdrawal.contacts").await;
        let case = town.ok("r3134000011", truant(21, 21, 2)).await.case.unwrap();
        town.ok("r3134000011", json!({"do": "withdraw", "case": case, "reason": "已返校"})).await;
        let case = town.ok("r3134000011", truant(3, 50, 2)).await.case.unwrap();
        assert!(town.record(&pupil).await.standing.status.is_enrolled(), "the authority decides");
        town.approve(case, &["r340102"]).await;
        assert_eq!(town.record(&pupil).await.standing.status.label(), "退学");
    });
}

#[test]
fn illness_counts_after_two_years_of_suspension_and_custody_with_its_document() {
    // REQ: WDR-02
    on_both(async |town| {
        let pupil = town.pupil(SENIOR, 11).await;
        let suspend = json!({"kind": "suspension", "from": "2025-09-02"});
        let case = town.apply("r3134000011", &pupil, suspend, &["hospital_certificate"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let ill = |from: &str| {
            let purpose = json!({"kind": "withdrawal", "ground": "illness", "from": from});
            application(&pupil, purpose, &["hospital_certificate"])
        };
        town.on("2027-09-02");
        town.no("r3134000011", ill("2027-09-01"), "withdrawal.illness").await;
        town.ok("r3134000011", ill("2027-09-02")).await;
        let other = town.pupil(SENIOR, 11).await;
        let custody = json!({"kind": "withdrawal", "ground": "custody", "from": "2027-09-02"});
        town.no("r3134000011", application(&other, custody.clone(), &[]), "evidence").await;
        town.ok("r3134000011", application(&other, custody, &["judicial_document"])).await;
        town.no(
            "r3134000011",
            application(&other, ill("2027-09-02")["purpose"].clone(), &["hospital_certificate"]),
            "already_open",
        )
        .await;
    });
}

async fn dies(town: &Town, pupil: &str) -> i64 {
    let death = json!({"kind": "death", "on": "2025-09-01", "known_on": "2025-09-01"});
    town.apply("r3134000002", pupil, death, &["death_certificate"]).await.case.unwrap()
}

#[test]
fn a_death_closes_the_record_on_evidence_within_ten_working_days_of_the_schools_knowledge() {
    // REQ: DTH-01
    // INV: TR-18, DE-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        town.on("2025-09-12");
        let ask = |on: &str, known: &str, evidence: &[&str]| {
            application(&pupil, json!({"kind": "death", "on": on, "known_on": known}), evidence)
        };
        town.no("r3134000002", ask("2025-09-01", "2025-09-02", &[]), "evidence").await;
        town.no("r3134000002", ask("2025-09-13", "2025-09-13", &["death_certificate"]), "future_date").await;
        town.no("r3134000002", ask("2025-09-02", "2025-09-01", &["death_certificate"]), "death.known_on").await;
        let answer = town.ok("r3134000002", ask("2025-09-03", "2025-09-04", &["court_declaration"])).await;
        assert_eq!(answer.due_on, Some(day("2025-09-18")), "from the day on which the school learnt of it");
        town.approve(answer.case.unwrap(), &["r341126"]).await;
        let dead = town.record(&pupil).await;
        assert_eq!((dead.standing.status.label(), dead.since_on), ("死亡", day("2025-09-03")));
        assert_eq!(town.office.headcounts().await.unwrap(), []);
        let on = async |on: &str| {
            let query = serde_json::from_value(json!({"ask": "record_on", "student_no": pupil, "day": on})).unwrap();
            town.office.look(by("v341126"), &query, "核对", town.now()).await.unwrap()["status"].clone()
        };
        assert_eq!((on("2025-09-02").await, on("2025-09-03").await), (json!("在读"), json!("死亡")));
    });
}

#[test]
fn a_death_ends_what_is_pending_at_every_step() {
    // INV: TR-18
    on_both(async |town| {
        let route = ["r340102", "r3134000002", "r341126"];
        for at in 0..3 {
            let pupil = town.pupil(JUNIOR_FAR, 8).await;
            let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
            let moving = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
            town.approve(moving, &route[..at]).await;
            let death = dies(town, &pupil).await;
            town.approve(death, &["r341126"]).await;
            assert_eq!(town.case(moving).await.state, registry::case::State::Ended);
            assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR_FAR);
            town.no(route[at], decision(moving, "approve", ""), "closed").await;
        }
    });
}
