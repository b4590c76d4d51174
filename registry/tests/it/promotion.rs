//! 1 August (PRO-01).

use futures::future::join_all;
use serde_json::{Value, json};

use crate::town::{
    Town, application, by, on_both,
    place::{JUNIOR, JUNIOR_FAR, NINE_YEARS, POINT, PRIMARY, PRIMARY_FIVE, SENIOR, class_value},
};

fn promote(year: i32) -> Value {
    json!({"do": "promote", "year": year})
}

async fn grades(town: &Town) -> String {
    let rows = if town.base == crate::town::Base::Sqlite {
        "group_concat(line, ' ')"
    } else {
        "string_agg(line, ' ' order by id)"
    };
    town.text(&format!("select {rows} from (select id, id || ':' || grade || status || since_on as line from pupils order by id) as lines")).await
}

#[test]
fn every_eligible_pupil_rises_by_one_grade_once_whatever_is_tried_again() {
    // REQ: PRO-01
    // INV: PR-1, PR-4
    on_both(async |town| {
        town.pupils(PRIMARY, 3, 3).await;
        town.pupils(JUNIOR, 8, 2).await;
        town.on("2026-07-31T23:59:59.999");
        let refusal = town.no("system", promote(2026), "promotion.early").await;
        assert!(refusal.article.contains("第十八条"));
        town.on("2026-08-01T00:00:00.000");
        for account in ["r340000", "h340000", "a340100", "a340102", "r340102", "r2134000001", "auditor"] {
            town.no(account, promote(2026), "forbidden").await;
        }
        let runs = join_all((0..3).map(async |_| town.tell("system", promote(2026)).await)).await;
        assert_eq!(runs.iter().filter(|run| run.is_ok()).count(), 1);
        let after = grades(town).await;
        town.no("a340000", promote(2026), "promotion.done").await;
        town.no("a340000", promote(2025), "promotion.done").await;
        assert_eq!(grades(town).await, after);
        assert_eq!(town.count("select sum(grade) from pupils").await, 3 * 4 + 2 * 9);
        assert_eq!(
            town.count("select count(*) from changes where kind = '升级' and effective_on = '2026-08-01'").await,
            5
        );
    });
}

#[test]
fn a_run_that_is_caught_up_holds_from_the_first_of_august() {
    // REQ: PRO-01
    // INV: PR-4
    // EDGE: X21
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        town.on("2026-08-02");
        // On the 2nd, before the run, a newcomer of the new year is placed in it already.
        let mut class = class_value(PRIMARY, "2601", 1, 2026);
        class["founded"] = json!("2026-08");
        town.ok("r2134000001", json!({"do": "enter_class", "class": class})).await;
        let mut row = town.newcomer(1);
        (row["class"], row["entry_month"]) = (json!("2601"), json!("2026-08"));
        let fresh = town.enter(PRIMARY, vec![row]).await.remove(0);
        town.on("2026-08-03");
        let plan = town.office.plan_promotion(2026).await.unwrap();
        let answer = town.ok("system", promote(2026)).await;
        assert_eq!(answer.counts, plan.counts, "the dry run told it");
        let risen = town.record(&pupil).await;
        assert_eq!((risen.standing.grade, risen.since_on.to_string().as_str()), (9, "2026-08-01"));
        assert_eq!((answer.counts["placed"], town.record(&fresh).await.standing.grade), (1, 1));
    });
}

#[test]
fn before_is_promoted_and_graduated_and_held_and_suspended() {
    // REQ: PRO-01
    // INV: PR-3, PR-5
    on_both(async |town| {
        let risen = town.pupils(PRIMARY, 2, 2).await;
        let leaving = town.pupils(PRIMARY, 6, 3).await;
        let five = town.pupil(PRIMARY_FIVE, 5).await;
        let nine = town.pupil(NINE_YEARS, 6).await;
        let last = town.pupil(NINE_YEARS, 9).await;
        let senior = town.pupil(SENIOR, 12).await;
        let resting = town.pupil(JUNIOR, 7).await;
        town.on("2026-07-31");
        let suspend = json!({"kind": "suspension", "from": "2026-07-31"});
        let case = town.apply("r3134000001", &resting, suspend, &["hospital_certificate"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        town.ok(
            "r2134000001",
            json!({"do": "finish", "school": PRIMARY, "on": "2026-07-01",
            "pupils": {&leaving[0]: "graduated", &leaving[1]: "graduated"}}),
        )
        .await;
        town.on("2026-08-01");
        let counts = town.ok("system", promote(2026)).await.counts;
        // One of primary school not finished, one of five years, one of nine, one of senior school.
        let expected = [("promoted", 2), ("held", 4), ("new_stage", 1), ("suspended", 1)];
        assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
        for (pupil, grade) in
            [(&leaving[2], 6), (&five, 5), (&last, 9), (&senior, 12), (&resting, 7), (&nine, 7), (&risen[0], 3)]
        {
            assert_eq!(town.record(pupil).await.standing.grade, grade);
        }
        let held = town.office.plan_promotion(2027).await.unwrap();
        assert_eq!(held.exceptional.len(), 4, "listed, and kept");
        // What was not finished in time is finished late.
        town.ok(
            "r2134000001",
            json!({"do": "finish", "school": PRIMARY, "on": "2026-08-01", "pupils": {&leaving[2]: "graduated"}}),
        )
        .await;
        let waiting = town.office.awaiting_next_school(6, "2026-06-01".parse().unwrap()).await.unwrap();
        assert_eq!(waiting[PRIMARY].len(), 3);
    });
}

#[test]
fn a_teaching_point_that_ends_at_grade_four_keeps_nobody_for_a_fifth() {
    // INV: PR-3
    on_both(async |town| {
        let mut point = crate::town::place::school_value(POINT, "教学点", "341126");
        point["parent"] = json!("2134000003");
        point["years"] = json!(4);
        town.ok("a340000", json!({"do": "change_school", "school": point})).await;
        let (third, fourth) = (town.pupil(POINT, 3).await, town.pupil(POINT, 4).await);
        town.on("2026-08-01");
        let counts = town.ok("system", promote(2026)).await.counts;
        assert_eq!((counts["promoted"], counts["held"]), (1, 1));
        assert_eq!((town.record(&third).await.standing.grade, town.record(&fourth).await.standing.grade), (4, 4));
    });
}

#[test]
fn no_reader_sees_two_years_mixed() {
    // REQ: PRO-01
    // INV: PR-2
    on_both(async |town| {
        for grade in 1..=5 {
            town.pupils(PRIMARY, grade, 60).await;
        }
        town.on("2026-08-01");
        let sum = async || -> i64 {
            let counts = town.office.headcounts().await.unwrap();
            assert_eq!(counts.iter().map(|count| count.pupils).sum::<i64>(), 300);
            counts.iter().map(|count| count.pupils * i64::from(count.grade)).sum()
        };
        let before = sum().await;
        let polled = async {
            let mut seen = Vec::new();
            while seen.last() != Some(&(before + 300)) && seen.len() < 2_000 {
                seen.push(sum().await);
            }
            seen
        };
        let (seen, _) = futures::join!(polled, town.ok("system", promote(2026)));
        assert!(seen.iter().all(|sum| *sum == before || *sum == before + 300), "{seen:?}");
        assert_eq!(sum().await, before + 300);
    });
}

#[test]
fn an_open_transfer_survives_the_turn_of_the_year_and_the_pupil_rises_once() {
    // INV: PR-6
    // EDGE: X7
    on_both(async |town| {
        let mut pupils = Vec::new();
        town.on("2026-07-20");
        for _ in 0..4 {
            let pupil = town
                .enter(
                    JUNIOR_FAR,
                    vec![{
                        let mut row = town.newcomer(8);
                        row["entry_month"] = json!("2025-09");
                        row
                    }],
                )
                .await
                .remove(0);
            let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
            let case = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
            town.approve(case, &["r340102", "r3134000002"]).await;
            pupils.push((pupil, case));
        }
        let approve = |case: i64| crate::town::decision(case, "approve", "");
        // A minute before, a minute after, and in the same second in both orders.
        town.on("2026-07-31T23:59:00.000");
        town.ok("r341126", approve(pupils[0].1)).await;
        town.on("2026-08-01T00:00:00.000");
        let (one, run, two) = futures::join!(
            town.tell("r341126", approve(pupils[1].1)),
            town.tell("system", promote(2026)),
            town.tell("r341126", approve(pupils[2].1))
        );
        run.unwrap();
        one.unwrap();
        two.unwrap();
        town.on("2026-08-01T00:01:00.000");
        town.ok("r341126", approve(pupils[3].1)).await;
        for (pupil, _) in &pupils {
            let record = town.record(pupil).await;
            assert_eq!((record.standing.school.as_str(), record.standing.grade), (JUNIOR, 9));
            let risen = format!("select count(*) from changes where kind = '升级' and pupil_id = {}", record.id);
            assert_eq!(town.count(&risen).await, 1);
        }
    });
}

#[test]
fn a_default_of_july_recorded_in_august_leaves_the_pupil_where_he_is_on_every_day() {
    // INV: PR-6, TR-4
    on_both(async |town| {
        town.on("2026-07-03");
        let mut row = town.newcomer(8);
        row["entry_month"] = json!("2025-09");
        let pupil = town.enter(JUNIOR_FAR, vec![row]).await.remove(0);
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let case = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
        town.approve(case, &["r340102", "r3134000002"]).await;
        assert_eq!(town.case(case).await.step().unwrap().period.unwrap().due_on.to_string(), "2026-07-31");
        town.sweep().await;
        town.on("2026-08-03");
        town.ok("system", promote(2026)).await;
        assert_eq!(town.sweep().await.counts.get("approved_by_silence"), Some(&1));
        let on = async |on: &str| {
            let query = serde_json::from_value(json!({"ask": "record_on", "student_no": pupil, "day": on})).unwrap();
            let shown = town.office.look(by("r3134000001"), &query, "核对", town.now()).await.unwrap();
            (shown["school"].clone(), shown["grade"].clone())
        };
        assert_eq!(on("2026-08-03").await, (json!(JUNIOR), json!(9)));
        assert_eq!(on("2026-07-30").await, (json!(JUNIOR_FAR), json!(8)));
    });
}

#[test]
fn classes_rise_with_their_pupils_and_those_that_are_empty_after_the_last_grade_are_closed() {
    // REQ: PRO-01
    on_both(async |town| {
        town.pupil(JUNIOR, 7).await;
        let held = town.pupil(JUNIOR, 9).await;
        town.on("2026-08-01");
        town.ok("system", promote(2026)).await;
        let class = |id: &str| {
            format!(
                "select grade || ' ' || cast(closed as text) from classes where school_id = '{JUNIOR}' and class_id = '{id}'"
            )
        };
        let closed = |text: String| text.ends_with('1') || text.ends_with("true");
        assert!(town.text(&class("0701")).await.starts_with("8 "));
        assert!(!closed(town.text(&class("0901")).await), "somebody is held in it");
        assert!(closed(town.text(&class("0902")).await));
        assert_eq!(town.record(&held).await.standing.class, "0901");
    });
}

#[test]
fn a_promotion_is_undone_until_the_first_later_decision() {
    // REQ: PRO-01
    // INV: PR-1
    on_both(async |town| {
        town.pupils(PRIMARY, 3, 3).await;
        let nine = town.pupil(NINE_YEARS, 6).await;
        let regional = town.record(&nine).await.regional_no;
        let before = grades(town).await;
        town.on("2026-08-01");
        let undo = |reason: &str| json!({"do": "undo_promotion", "year": 2026, "reason": reason});
        town.no("a340000", undo("误操作"), "promotion.none").await;
        town.ok("a340000", promote(2026)).await;
        town.no("a340000", undo(" "), "reason").await;
        town.no("r340102", undo("误操作"), "forbidden").await;
        town.ok("a340000", undo("误操作")).await;
        assert_eq!(grades(town).await, before);
        assert_eq!(town.record(&nine).await.regional_no, regional);
        town.no("a340000", undo("再撤"), "promotion.none").await;
        town.ok("a340000", promote(2026)).await;
        assert_eq!(town.count("select count(*) from pupils where grade in (4, 7)").await, 4);
        let suspend = json!({"kind": "suspension", "from": "2026-08-01"});
        let case = town.ok("r3134000004", application(&nine, suspend, &["hospital_certificate"])).await.case.unwrap();
        town.approve(case, &["r341126"]).await;
        town.no("a340000", undo("误操作"), "promotion.later_decisions").await;
    });
}
