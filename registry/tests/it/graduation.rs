//! Finishing school and its certificates (GRD-01…GRD-03).

use domain::policy::Policy;
use futures::future::join_all;
use registry::graduation::{Achievement, Ending, FIELDS, ending_of};
use serde_json::{Value, json};

use crate::town::{
    Town, application, decision, on_both,
    place::{JUNIOR, PRIMARY, SENIOR, SENIOR_NEAR},
    under,
};

fn achieved(credits: u32, required: u32, elective_ii: u32) -> Achievement {
    let year = || FIELDS.iter().map(|field| ((*field).to_owned(), 60)).collect();
    Achievement {
        credits,
        required,
        elective_ii,
        by_year_and_field: (1..=3).map(|at| (at, year())).collect(),
        tests_passed: true,
        evaluation_satisfactory: true,
        years: 3,
    }
}

#[test]
fn the_numbers_of_credits_are_at_least() {
    // REQ: GRD-02
    // INV: GR-2
    let policy = Policy::named("province-b").unwrap();
    let ending = |achieved: &Achievement| ending_of(achieved, &policy).0;
    assert_eq!(ending(&achieved(1440, 1160, 60)), Ending::Graduated);
    for short in
        [achieved(1435, 1160, 60), achieved(1440, 1150, 60), achieved(1440, 1160, 50), achieved(1439, 1159, 59)]
    {
        let (ending, missing) = ending_of(&short, &policy);
        assert_eq!(ending, Ending::Completed);
        assert!(missing.iter().all(|line| line.contains("第十七条")), "{missing:?}");
    }
    let mut one_field = achieved(1500, 1200, 90);
    one_field.by_year_and_field.get_mut(&2).unwrap().insert("艺术".to_owned(), 0);
    assert_eq!(ending(&one_field), Ending::Completed);
    one_field.by_year_and_field.get_mut(&2).unwrap().remove("艺术");
    assert_eq!(ending(&one_field), Ending::Completed);
    assert_eq!(ending(&Achievement { tests_passed: false, ..achieved(1440, 1160, 60) }), Ending::Completed);
    assert_eq!(ending(&Achievement { evaluation_satisfactory: false, ..achieved(1440, 1160, 60) }), Ending::Completed);
    assert_eq!(ending(&Achievement { years: 2, ..achieved(1440, 1160, 60) }), Ending::LeftEarly);
}

#[test]
fn the_school_records_who_has_finished_compulsory_schooling() {
    // REQ: GRD-01
    // INV: GR-1
    // EDGE: X21
    on_both(async |town| {
        let pupils = town.pupils(JUNIOR, 9, 3).await;
        let other = town.pupil(JUNIOR, 8).await;
        town.on("2026-07-31T23:59:59.999");
        let finish = |pupil: &str, ending: &str, on: &str| json!({"do": "finish", "school": JUNIOR, "on": on, "pupils": {pupil: ending}});
        town.no("r3134000002", finish(&pupils[0], "graduated", "2026-07-01"), "not_found").await;
        town.no("r3134000001", finish(&other, "graduated", "2026-07-01"), "graduation.grade").await;
        town.no("r3134000001", finish(&pupils[0], "completed", "2026-07-01"), "graduation.compulsory").await;
        town.no("r3134000001", finish(&pupils[0], "graduated", "2026-08-01"), "graduation.day").await;
        town.no("r3134000001", finish("123", "graduated", "2026-07-01"), "student_no").await;
        // All that are named, or none.
        let both = json!({"do": "finish", "school": JUNIOR, "on": "2026-07-01", "pupils": {&pupils[0]: "graduated", &other: "graduated"}});
        town.no("r3134000001", both, "graduation.grade").await;
        assert!(town.record(&pupils[0]).await.standing.status.is_enrolled());
        let in_time = town.ok("r3134000001", finish(&pupils[0], "graduated", "2026-07-31")).await;
        assert_eq!(town.record(&pupils[0]).await.standing.status.label(), "毕业");
        // At 1 August 00:00 it is late, while the promotion is due.
        town.on("2026-08-01T00:00:00.000");
        let late = town.ok("r3134000001", finish(&pupils[1], "graduated", "2026-07-31")).await;
        assert_eq!((in_time.counts.get("late"), late.counts.get("late")), (Some(&0), Some(&1)));
        assert_eq!(town.ok("system", json!({"do": "promote", "year": 2026})).await.counts["held"], 1);
        town.no("r3134000001", finish(&pupils[0], "graduated", "2026-07-31"), "status").await;
    });
}

async fn proposal(town: &Town, pupil: &str, credits: u32, ending: &str) -> Value {
    let achieved = serde_json::to_value(achieved(credits, 1160, 60)).unwrap();
    json!({"kind": "senior_graduation", "on": town.today(), "candidates": [
        {"pupil": town.record(pupil).await.id, "achieved": achieved, "ending": ending}]})
}

#[test]
fn senior_graduation_is_proposed_by_the_school_and_final_once_its_authority_has_approved() {
    // REQ: GRD-01, GRD-02
    // INV: GR-1, GR-2
    under("province-b", async |town| {
        let pupil = town.pupil(SENIOR, 12).await;
        town.on("2026-06-20");
        let alone = json!({"do": "finish", "school": SENIOR, "on": "2026-06-20", "pupils": {&pupil: "graduated"}});
        town.no("r3134000011", alone, "graduation.senior").await;
        let ask = |purpose: Value| application("", purpose, &[]);
        let short = proposal(town, &pupil, 1435, "graduated").await;
        let refusal = town.no("r3134000011", ask(short), "graduation.conditions").await;
        assert!(refusal.article.contains("第十七条") && refusal.zh.contains("143.5"));
        let good = proposal(town, &pupil, 1440, "graduated").await;
        town.no("r3134000012", ask(good.clone()), "not_found").await;
        let case = town.ok("r3134000011", ask(good)).await.case.unwrap();
        let certify = json!({"do": "certify", "student_no": pupil, "kind": "certificate"});
        town.no("r3134000011", certify.clone(), "certificate.status").await;
        for account in ["r3134000011", "q3134000011", "h3134000011", "r340100", "r341126"] {
            assert!(town.tell(account, decision(case, "approve", "")).await.is_err(), "{account}");
        }
        town.sweep().await;
        town.on("2026-07-31T23:59:59.999");
        assert!(!town.sweep().await.counts.contains_key("approved_by_silence"));
        assert!(town.record(&pupil).await.standing.status.is_enrolled());
        town.approve(case, &["r340102"]).await;
        assert_eq!(town.record(&pupil).await.standing.status.label(), "毕业");
        town.ok("r3134000011", certify).await;
    });
}

#[test]
fn who_misses_the_conditions_completes_and_who_leaves_before_the_end_leaves_early() {
    // REQ: GRD-02
    // INV: GR-2
    under("province-b", async |town| {
        let (twelfth, eleventh) = (town.pupil(SENIOR, 12).await, town.pupil(SENIOR, 11).await);
        town.on("2026-06-20");
        for (pupil, ending, status) in [(&twelfth, "completed", "结业"), (&eleventh, "left_early", "肄业")] {
            let proposed = proposal(town, pupil, 900, ending).await;
            let case = town.apply("r3134000011", "", proposed, &[]).await.case.unwrap();
            town.approve(case, &["r340102"]).await;
            assert_eq!(town.record(pupil).await.standing.status.label(), status);
        }
        let other = town.pupil(SENIOR_NEAR, 11).await;
        let proposed = proposal(town, &other, 1440, "graduated").await;
        town.no("r3134000012", application("", proposed, &[]), "graduation.grade").await;
    });
}

#[test]
fn a_certificate_is_issued_once_and_a_lost_one_is_answered_once() {
    // REQ: GRD-03
    // INV: GR-3
    on_both(async |town| {
        let pupils = town.pupils(PRIMARY, 6, 2).await;
        town.on("2026-07-01");
        let certify = |pupil: &str, kind: &str, number: Option<&str>| json!({"do": "certify", "student_no": pupil, "kind": kind, "number": number});
        town.no("r2134000001", certify(&pupils[0], "certificate", None), "certificate.status").await;
        town.ok(
            "r2134000001",
            json!({"do": "finish", "school": PRIMARY, "on": "2026-07-01",
            "pupils": {&pupils[0]: "graduated", &pupils[1]: "graduated"}}),
        )
        .await;
        town.no("r2134000001", certify(&pupils[0], "replacement", None), "certificate.none").await;
        let race =
            join_all((0..10).map(async |_| town.tell("r2134000001", certify(&pupils[0], "certificate", None)).await))
                .await;
        assert_eq!(race.iter().filter(|answer| answer.is_ok()).count(), 1);
        let number = race.into_iter().find_map(Result::ok).unwrap().id.unwrap();
        town.no("r2134000001", certify(&pupils[0], "certificate", Some("X1")), "certificate.twice").await;
        // The number on the paper is nobody else's.
        town.no("r2134000001", certify(&pupils[1], "certificate", Some(&number)), "taken").await;
        let own = town.ok("r2134000001", certify(&pupils[1], "certificate", Some(" "))).await.id.unwrap();
        assert!(!own.trim().is_empty() && own != number);
        town.ok("r2134000001", certify(&pupils[0], "replacement", None)).await;
        town.no("r2134000001", certify(&pupils[0], "replacement", None), "certificate.replaced").await;
        town.no("r2134000002", certify(&pupils[0], "certificate", None), "not_found").await;
        assert_eq!(town.count("select count(*) from certificates").await, 3);
    });
}
