//! What is never done, whoever asks (一律不得办理): at entry and again at completion (TRF-06).

use serde_json::{Value, json};

use crate::town::{
    application, on_both,
    place::{
        JUNIOR, PRIMARY, PRIMARY_FIVE, PRIMARY_NEAR, SENIOR, SENIOR_FAR, SENIOR_NEAR, VOCATIONAL, class_value, officer,
        school_value,
    },
    under,
};

fn transfer(grade: u8, ground: &str) -> Value {
    json!({"kind": "transfer", "class": format!("{grade:02}01"), "ground": ground})
}

#[test]
fn a_pupil_of_a_local_household_does_not_choose_a_school_within_the_city() {
    // REQ: TRF-06
    on_both(async |town| {
        let mut local = town.newcomer(3);
        local["basic"]["hukou_division"] = json!("340102");
        let local = town.enter(PRIMARY_NEAR, vec![local]).await.remove(0);
        for ground in ["other", "migrant_child", "return_home"] {
            let asked = application(&local, transfer(3, ground), &[]);
            let refusal = town.no("r2134000001", asked, "transfer.choice_in_same_city").await;
            assert!(refusal.article.contains("第二十五条"));
        }
        // Whose household or work has moved, and who is not of the city, may.
        let asked = town.apply("r2134000001", &local, transfer(3, "household_moved"), &[]).await;
        town.ok("r2134000001", json!({"do": "withdraw", "case": asked.case, "reason": "试"})).await;
        let migrant = town.pupil(PRIMARY_NEAR, 3).await;
        town.apply("r2134000001", &migrant, transfer(3, "other"), &[]).await;
        // To the county of the city, outside its districts, it is no choice within the districts.
        let school = school_value("2134000060", "小学", "340121");
        let account = officer("r2134000060", "2134000060", "registrar");
        town.ok("a340000", json!({"do": "enter_school", "school": school, "account": account})).await;
        town.ok("r2134000060", json!({"do": "enter_class", "class": class_value("2134000060", "0301", 3, 2025)})).await;
        town.apply("r2134000060", &local, transfer(3, "other"), &[]).await;
    });
}

#[test]
fn a_senior_pupil_from_another_city_proves_that_the_household_or_the_work_has_moved() {
    // REQ: TRF-06
    on_both(async |town| {
        let pupil = town.pupil(SENIOR_FAR, 11).await;
        let asked = |evidence: &[&str]| application(&pupil, transfer(11, "household_moved"), evidence);
        for evidence in [&[][..], &["photograph"][..]] {
            town.no("r3134000011", asked(evidence), "transfer.borrowing_on_false_papers").await;
        }
        town.ok("r3134000011", asked(&["household_register"])).await;
        // Within the city nothing is borrowed.
        let near = town.pupil(SENIOR_NEAR, 11).await;
        town.apply("r3134000011", &near, transfer(11, "work_moved"), &[]).await;
    });
}

#[test]
fn senior_pupils_do_not_transfer_within_a_county_nor_between_kinds_in_the_second_province() {
    // REQ: TRF-06
    under("province-b", async |town| {
        let near = town.pupil(SENIOR_NEAR, 11).await;
        let asked = application(&near, transfer(11, "household_moved"), &[]);
        let refusal = town.no("r3134000011", asked, "transfer.senior_in_same_county").await;
        assert!(refusal.article.contains("第十四条"));
        let school = school_value("3134000071", "特殊教育学校", "340121");
        let account = officer("r3134000071", "3134000071", "registrar");
        town.ok("a340000", json!({"do": "enter_school", "school": school, "account": account})).await;
        town.ok("r3134000071", json!({"do": "enter_class", "class": class_value("3134000071", "1101", 11, 2025)}))
            .await;
        let far = town.pupil(SENIOR_FAR, 11).await;
        let asked = application(&far, transfer(11, "household_moved"), &[]);
        town.no("r3134000071", asked, "transfer.senior_of_another_kind").await;
        town.apply("r3134000011", &far, transfer(11, "household_moved"), &[]).await;
    });
}

#[test]
fn a_vocational_pupil_never_goes_to_a_senior_school_and_the_other_way_needs_both_sides() {
    // REQ: TRF-06
    on_both(async |town| {
        let trainee = town.pupil(VOCATIONAL, 10).await;
        let asked = application(&trainee, transfer(10, "household_moved"), &["household_register"]);
        town.no("r3134000011", asked, "transfer.vocational_to_senior").await;
        let pupil = town.pupil(SENIOR, 10).await;
        let case = town.apply("r3634000001", &pupil, transfer(10, "other"), &[]).await.case.unwrap();
        let deciders: Vec<String> = town.case(case).await.steps.iter().map(|step| step.unit.to_string()).collect();
        assert_eq!(deciders, ["341126", SENIOR, "340102"], "the authorities of both, and the school that is left");
        town.approve(case, &["r341126", "r3134000011", "r340102"]).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), VOCATIONAL);
    });
}

#[test]
fn what_has_become_barred_since_it_was_entered_is_refused_at_completion() {
    // REQ: TRF-06
    // INV: TR-10
    on_both(async |town| {
        let mut row = town.newcomer(3);
        row["basic"]["hukou_division"] = json!("341126");
        let pupil = town.enter(PRIMARY_FIVE, vec![row]).await.remove(0);
        let case = town.apply("r2134000001", &pupil, transfer(3, "other"), &[]).await.case.unwrap();
        town.approve(case, &["r340102", "r2134000005"]).await;
        let local = json!({"do": "change_basic", "student_no": pupil, "fields": {"hukou_division": "340103"}});
        town.ok("r2134000005", local).await;
        let approve = crate::town::decision(case, "approve", "");
        town.no("r340103", approve, "transfer.choice_in_same_city").await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), PRIMARY_FIVE);
        // Time approves it no more than a person does.
        town.sweep().await;
        let due = town.case(case).await.step().unwrap().period.unwrap().due_on;
        town.on(&format!("{}T00:02:00.000", due.plus_days(1)));
        let swept = town.sweep().await;
        assert_eq!(swept.counts.get("refused_as_barred"), Some(&1));
        assert_eq!(town.case(case).await.state, registry::case::State::Refused);
        let opinion = town.case(case).await.last_decision().unwrap().opinion.clone();
        assert!(opinion.contains("第二十五条"), "{opinion}");
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), PRIMARY_FIVE);
    });
}

#[test]
fn going_on_to_the_next_stage_is_an_enrolment_and_no_transfer() {
    // REQ: TRF-06
    // EDGE: X8
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY, 6).await;
        let asked = |grade| application(&pupil, transfer(grade, "other"), &[]);
        let refusal = town.no("r3134000001", asked(7), "transfer.grade_not_taught").await;
        assert!(refusal.remedy_zh.contains("招生"), "{refusal:?}");
        town.on("2026-08-20");
        town.ok(
            "r2134000001",
            json!({"do": "finish", "school": PRIMARY, "on": "2026-07-01", "pupils": {&pupil: "graduated"}}),
        )
        .await;
        let refusal = town.no("r3134000001", asked(7), "not_enrolled").await;
        assert!(refusal.remedy_zh.contains("招生"), "{refusal:?}");
        assert_eq!(JUNIOR.len(), 10);
    });
}
