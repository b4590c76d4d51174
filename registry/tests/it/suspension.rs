//! Suspension, its extension and its end (SUS-01…SUS-03).

use serde_json::{Value, json};

use crate::town::{
    Town, application, by, day, decision, on_both,
    place::{JUNIOR, PRIMARY, SENIOR},
    under,
};

fn suspension(from: &str) -> Value {
    json!({"kind": "suspension", "from": from})
}

async fn suspended(town: &Town, school: &str, grade: u8) -> String {
    let pupil = town.pupil(school, grade).await;
    let from = town.today().to_string();
    let account = format!("r{school}");
    let case = town.apply(&account, &pupil, suspension(&from), &["hospital_certificate"]).await.case.unwrap();
    town.approve(case, &["r340102"]).await;
    pupil
}

#[test]
fn a_suspension_needs_a_request_a_certificate_and_the_authority() {
    // REQ: SUS-01
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let ask = |from: &str, evidence: &[&str]| application(&pupil, suspension(from), evidence);
        town.no("r3134000001", ask("2025-09-02", &[]), "evidence").await;
        town.no("r3134000001", ask("2025-09-03", &["hospital_certificate"]), "future_date").await;
        town.no("r3134000002", ask("2025-09-02", &["hospital_certificate"]), "not_found").await;
        let mut silent = ask("2025-09-02", &["hospital_certificate"]);
        silent["reason"] = json!("");
        town.no("r3134000001", silent, "reason").await;
        let case = town.ok("r3134000001", ask("2025-09-02", &["other_certificate"])).await.case.unwrap();
        assert!(town.record(&pupil).await.standing.status.is_enrolled());
        town.approve(case, &["r340102"]).await;
        let after = town.record(&pupil).await;
        assert_eq!((after.standing.status.label(), after.since_on), ("休学", day("2025-09-02")));
        assert!(after.standing.status.is_registered(), "the record is kept");
        let told = "select cast(due_on as text) from notices where kind = 'suspension_ends'";
        assert_eq!(town.text(told).await, "2026-09-02");
        assert_eq!(town.text("select reason from changes where kind = '休学'").await, "监护人申请");
    });
}

#[test]
fn a_suspension_lasts_a_year_from_its_first_day() {
    // REQ: SUS-01
    // INV: SU-1
    let policy = domain::policy::Policy::named("anhui").unwrap();
    let calendar = domain::calendar::WorkCalendar::official();
    let last = |from: &str| registry::suspension::last_day(&policy, day(from), calendar).unwrap();
    for (from, to) in [
        ("2024-02-29", "2025-02-28"),
        ("2024-02-28", "2025-02-28"),
        ("2023-02-28", "2024-02-28"),
        ("2025-03-01", "2026-03-01"),
        ("2025-12-31", "2026-12-31"),
    ] {
        assert_eq!(last(from), day(to), "from {from}");
    }
}

#[test]
fn the_leaving_grade_is_normally_not_suspended() {
    // REQ: SUS-01
    // INV: SU-1
    for (policy, with_reason) in [("anhui", true), ("province-b", false)] {
        under(policy, async |town| {
            for (school, grade) in [(PRIMARY, 6), (JUNIOR, 9), (SENIOR, 12)] {
                let pupil = town.pupil(school, grade).await;
                let account = format!("r{school}");
                let mut purpose = suspension("2025-09-02");
                let asked = application(&pupil, purpose.clone(), &["hospital_certificate"]);
                town.no(&account, asked, "suspension.leaving_grade").await;
                purpose["leaving_grade_reason"] = json!("骨折");
                let asked = application(&pupil, purpose, &["hospital_certificate"]);
                assert_eq!(town.tell(&account, asked).await.is_ok(), with_reason);
                let other = town.pupil(school, grade).await;
                // The school may order it, with a certificate of a hospital.
                let ordered = json!({"kind": "suspension", "from": "2025-09-02", "ordered": true});
                town.no(&account, application(&other, ordered.clone(), &["other_certificate"]), "evidence").await;
                town.apply(&account, &other, ordered, &["hospital_certificate"]).await;
            }
        });
    }
}

#[test]
fn whoever_resumes_is_placed_where_his_studies_go_on() {
    // REQ: SUS-02
    on_both(async |town| {
        let pupil = suspended(town, JUNIOR, 8).await;
        town.on("2026-02-25");
        let resume = |grade: u8, from: &str| json!({"kind": "resumption", "from": from, "grade": grade, "class": format!("{grade:02}01")});
        let ask = |purpose: Value, evidence: &[&str]| application(&pupil, purpose, evidence);
        town.no("r3134000001", ask(resume(8, "2026-02-25"), &[]), "evidence").await;
        town.no("r3134000001", ask(resume(8, "2026-02-26"), &["fit_to_study"]), "future_date").await;
        town.no("r3134000001", ask(resume(8, "2025-09-01"), &["fit_to_study"]), "resumption.from").await;
        town.no("r3134000001", ask(resume(6, "2026-02-25"), &["fit_to_study"]), "resumption.grade").await;
        let case = town.ok("r3134000001", ask(resume(7, "2026-02-25"), &["fit_to_study"])).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let after = town.record(&pupil).await;
        assert_eq!((after.standing.grade, after.standing.status.is_enrolled()), (7, true));
        // The end of the suspension that was resumed is raised to nobody.
        town.on("2026-09-10");
        assert_eq!(town.sweep().await.counts["suspensions_raised"], 0);
    });
}

#[test]
fn a_suspension_that_has_run_out_is_raised_the_next_day_once_and_stays_raised() {
    // REQ: SUS-03
    // INV: SU-2
    on_both(async |town| {
        suspended(town, JUNIOR, 8).await;
        let raised = async |at: &str| {
            town.on(at);
            town.sweep().await.counts["suspensions_raised"]
        };
        assert_eq!(raised("2026-09-02T23:59:59.999").await, 0);
        assert_eq!(raised("2026-09-03T00:00:00.000").await, 1);
        assert_eq!(raised("2026-09-04").await, 0);
        let told = "select unit || ' ' || cast(due_on as text) from notices where kind = 'suspension_expired' and done_on is null";
        assert_eq!(town.text(told).await, format!("{JUNIOR} 2026-09-17"), "ten working days to urge");
        // It waits on the school's list until it is handled.
        let query = serde_json::from_value(json!({"ask": "worklist"})).unwrap();
        let list = town.office.look(by("r3134000001"), &query, "", town.now()).await.unwrap();
        let notice =
            list["notices"].as_array().unwrap().iter().find(|notice| notice["kind"] == "suspension_expired").unwrap();
        let settle = json!({"do": "settle_notice", "notice": notice["notice"], "note": "已家访"});
        town.no("r3134000002", settle.clone(), "not_found").await;
        town.ok("r3134000001", settle.clone()).await;
        town.no("r3134000001", settle, "notice.done").await;
    });
}

#[test]
fn a_job_that_was_down_raises_it_when_it_runs_again() {
    // INV: SU-2
    on_both(async |town| {
        suspended(town, JUNIOR, 8).await;
        town.on("2026-12-01");
        assert_eq!(town.sweep().await.counts["suspensions_raised"], 1);
        assert_eq!(town.sweep().await.counts["suspensions_raised"], 0);
    });
}

#[test]
fn an_extension_is_asked_for_with_a_certificate_and_runs_its_own_year() {
    // REQ: SUS-01, SUS-03
    // INV: SU-1
    on_both(async |town| {
        let pupil = suspended(town, SENIOR, 11).await;
        town.on("2026-08-31");
        let extend = |from: &str| json!({"kind": "extension", "from": from});
        town.no("r3134000011", application(&pupil, extend("2026-09-02"), &[]), "evidence").await;
        town.no("r3134000011", application(&pupil, extend("2025-08-01"), &["hospital_certificate"]), "extension.from")
            .await;
        let case =
            town.apply("r3134000011", &pupil, extend("2026-09-02"), &["hospital_certificate"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        town.on("2026-09-03");
        assert_eq!(town.sweep().await.counts["suspensions_raised"], 0, "it has not run out");
        // Nor may the pupil be withdrawn as if it had.
        let expired = json!({"kind": "withdrawal", "ground": "suspension_expired", "from": "2026-09-03"});
        town.no("r3134000011", application(&pupil, expired.clone(), &[]), "withdrawal.suspension_expired").await;
        town.on("2027-09-03");
        assert_eq!(town.sweep().await.counts["suspensions_raised"], 1);
        let mut over = expired;
        over["from"] = json!("2027-09-03");
        town.ok("r3134000011", application(&pupil, over, &[])).await;
    });
}

#[test]
fn a_suspended_pupil_resumes_before_any_transfer_and_a_suspension_does_not_cross_one() {
    // EDGE: X9
    // INV: TR-17, TR-2
    on_both(async |town| {
        let pupil = suspended(town, JUNIOR, 8).await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let refusal = town.no("r3134000002", application(&pupil, transfer.clone(), &[]), "not_enrolled").await;
        assert!(refusal.remedy_zh.contains("复学"));
        let other = town.pupil(JUNIOR, 8).await;
        let case = town.apply("r3134000002", &other, transfer, &[]).await.case.unwrap();
        let asked = application(&other, suspension("2025-09-02"), &["hospital_certificate"]);
        town.no("r3134000001", asked.clone(), "already_open").await;
        town.ok("r3134000002", json!({"do": "withdraw", "case": case, "reason": "生病"})).await;
        town.ok("r3134000001", asked).await;
        let none = town.tell("r340102", decision(case, "approve", "")).await;
        assert_eq!(none.unwrap_err().code, "closed");
    });
}
