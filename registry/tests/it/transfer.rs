//! Transfers: who decides, in which order, what is never done, and what one outcome is (TRF-01, TRF-05…TRF-11).

use futures::future::join_all;
use serde_json::{Value, json};

use crate::town::{
    Town, application, day, decision, on_both,
    place::{
        FENGYANG, HEFEI, JUNIOR, JUNIOR_FAR, JUNIOR_OF_CITY, LUYANG, PRIMARY, PRIMARY_FAR, PRIMARY_NEAR, PROVINCE,
        SENIOR, YAOHAI, authority_of,
    },
    under,
};

pub fn transfer(grade: u8) -> Value {
    json!({"kind": "transfer", "class": format!("{grade:02}01"), "ground": "household_moved"})
}

/// A pupil of grade 8 of the far junior school, for whom the near one has applied.
async fn applied(town: &Town) -> (String, i64) {
    let pupil = town.pupil(JUNIOR_FAR, 8).await;
    let case = town.apply("r3134000001", &pupil, transfer(8), &[]).await.case.unwrap();
    (pupil, case)
}

const ROUTE: [&str; 3] = ["r340102", "r3134000002", "r341126"];

#[test]
fn no_step_is_skipped_reordered_or_taken_by_another() {
    // REQ: TRF-01
    // INV: TR-1
    on_both(async |town| {
        let everybody = [
            "r3134000001",
            "q3134000001",
            "h3134000001",
            "r340102",
            "q340102",
            "r3134000002",
            "q3134000002",
            "r341126",
            "h341126",
            "r340100",
            "r341100",
            "r340103",
            "r340000",
            "h340000",
            "a340000",
            "a340102",
            "v340102",
            "auditor",
            "r2134000001",
            "r3134000003",
            "nobody",
        ];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let (pupil, case) = applied(town).await;
            let mut done = 0;
            for turn in order {
                let answer = town.tell(ROUTE[turn], decision(case, "approve", "")).await;
                assert_eq!(answer.is_ok(), turn == done, "{order:?}: {}", ROUTE[turn]);
                done += usize::from(answer.is_ok());
            }
            let moved = town.record(&pupil).await.standing.school.as_str() == JUNIOR;
            assert_eq!(moved, order == [0, 1, 2]);
        }
        let (pupil, case) = applied(town).await;
        for (at, decider) in ROUTE.iter().enumerate() {
            let own_unit = &decider[1..];
            for account in
                everybody.iter().filter(|account| !account.ends_with(own_unit) || account.starts_with(['a', 'v']))
            {
                let refusal = town.tell(account, decision(case, "approve", "")).await.expect_err(account);
                assert_eq!(town.case(case).await.at, at, "{account}: {}", refusal.code);
            }
            assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR_FAR);
            town.ok(decider, decision(case, "approve", "同意")).await;
        }
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR);
        // Each step says who, when and why.
        let case = town.case(case).await;
        for (step, account) in case.steps.iter().zip(ROUTE) {
            let decision = step.decision.as_ref().unwrap();
            assert_eq!((decision.by.as_str(), decision.on, decision.opinion.as_str()), (account, town.today(), "同意"));
        }
        assert_eq!(case.entered_by, "r3134000001");
    });
}

#[test]
fn on_completion_one_school_has_the_pupil_and_the_sender_has_none() {
    // REQ: TRF-01
    // INV: TR-3
    on_both(async |town| {
        let pupils = town.pupils(JUNIOR_FAR, 8, 12).await;
        let mut cases = Vec::new();
        for pupil in &pupils {
            let case = town.apply("r3134000001", pupil, transfer(8), &[]).await.case.unwrap();
            town.approve(case, &ROUTE[..2]).await;
            cases.push(case);
        }
        let total = "select count(*) from pupils where status = '在读'";
        let polled = async {
            let mut least = i64::MAX;
            for _ in 0..40 {
                let sum = town.office.headcounts().await.unwrap().iter().map(|count| count.pupils).sum::<i64>();
                least = least.min(sum);
                assert_eq!(sum, 12);
            }
            least
        };
        let completed =
            join_all(cases.iter().map(async |case| town.ok("r341126", decision(*case, "approve", "")).await));
        let (least, _) = futures::join!(polled, completed);
        assert_eq!((least, town.count(total).await), (12, 12));
        assert_eq!(town.count("select count(*) from pupils where school_id = '3134000002'").await, 0);
    });
}

#[test]
fn a_pupil_has_one_open_change_that_moves_him_whoever_races() {
    // REQ: TRF-01
    // INV: TR-2
    // EDGE: X10, X11
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let of = |account: &str| (account.to_owned(), application(&pupil, transfer(8), &[]));
        let suspend =
            application(&pupil, json!({"kind": "suspension", "from": "2025-09-02"}), &["hospital_certificate"]);
        let mut race: Vec<(String, Value)> = (0..20).map(|at| of(["r3134000001", "r3134000003"][at % 2])).collect();
        race.push(("r3134000002".to_owned(), suspend));
        let answers =
            join_all(race.into_iter().map(async |(account, command)| town.tell(&account, command).await)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let open = answers.iter().find_map(|answer| answer.as_ref().ok()).unwrap();
        for refusal in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(refusal.code, "already_open");
            assert!(refusal.en.contains(open.number.as_ref().unwrap()), "it names the open one: {}", refusal.en);
            assert!(refusal.en.contains("2025-09-02"));
        }
    });
}

#[test]
fn the_same_key_five_times_is_one_application_and_one_answer() {
    // INV: TR-2
    // EDGE: X11
    // FAULT: F13
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let told = (0..5).map(async |_| {
            let command = application(&pupil, transfer(8), &[]);
            town.tell_once("r3134000001", command, Some("form-1")).await.unwrap()
        });
        let answers = join_all(told).await;
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(town.count("select count(*) from cases where kind = 'transfer'").await, 1);
        let other = application(&pupil, transfer(7), &[]);
        let reused = town.tell_once("r3134000001", other, Some("form-1")).await.unwrap_err();
        assert_eq!(reused.code, "key_reused");
        let case = answers[0].case.unwrap();
        let clicks = (0..5)
            .map(async |_| town.tell_once("r340102", decision(case, "approve", ""), Some("click")).await.unwrap());
        join_all(clicks).await;
        assert_eq!(town.case(case).await.at, 1, "one step");
    });
}

#[test]
fn a_refusal_carries_a_reason_closes_the_application_and_changes_nothing_else() {
    // INV: TR-13
    // REQ: TRF-01
    on_both(async |town| {
        for at in 0..3 {
            let (pupil, case) = applied(town).await;
            let before = town.record(&pupil).await;
            town.approve(case, &ROUTE[..at]).await;
            town.no(ROUTE[at], decision(case, "refuse", " "), "opinion").await;
            assert_eq!(town.ok(ROUTE[at], decision(case, "refuse", "材料不全")).await.state.unwrap(), "refused");
            assert_eq!(town.record(&pupil).await, before);
            town.no(ROUTE[at], decision(case, "approve", ""), "closed").await;
            let again = town.apply("r3134000001", &pupil, transfer(8), &[]).await.case.unwrap();
            town.approve(again, &ROUTE).await;
        }
    });
}

#[test]
fn an_application_is_sent_back_completed_and_goes_on() {
    // REQ: TRF-01
    on_both(async |town| {
        let (pupil, case) = applied(town).await;
        town.no("r340102", decision(case, "return", ""), "opinion").await;
        town.ok("r340102", decision(case, "return", "请补户口簿")).await;
        town.no("r340102", decision(case, "approve", ""), "returned").await;
        let resubmit = json!({"do": "resubmit", "case": case, "evidence": [{"kind": "household_register"}]});
        town.no("r3134000002", resubmit.clone(), "forbidden").await;
        town.no("r2134000001", resubmit.clone(), "not_found").await;
        let other = json!({"do": "resubmit", "case": case, "purpose": {"kind": "suspension", "from": "2025-09-02"}});
        town.no("r3134000001", other, "kind").await;
        town.ok("r3134000001", resubmit.clone()).await;
        town.no("r3134000001", resubmit, "not_returned").await;
        town.approve(case, &ROUTE).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR);
        assert_eq!(town.case(case).await.past.len(), 1, "the return stays on record");
    });
}

#[test]
fn the_applicant_withdraws_until_completion_and_a_race_has_one_outcome() {
    // INV: TR-14
    on_both(async |town| {
        let withdraw = |case: i64, why: &str| json!({"do": "withdraw", "case": case, "reason": why});
        for round in 0..8 {
            let (pupil, case) = applied(town).await;
            town.approve(case, &ROUTE[..2]).await;
            town.no("r3134000002", withdraw(case, "不转了"), "forbidden").await;
            town.no("r3134000001", withdraw(case, ""), "reason").await;
            let (first, second) = if round % 2 == 0 {
                futures::join!(
                    town.tell("r3134000001", withdraw(case, "不转了")),
                    town.tell("r341126", decision(case, "approve", ""))
                )
            } else {
                let (approved, withdrawn) = futures::join!(
                    town.tell("r341126", decision(case, "approve", "")),
                    town.tell("r3134000001", withdraw(case, "不转了"))
                );
                (withdrawn, approved)
            };
            assert!(first.is_ok() != second.is_ok());
            let moved = town.record(&pupil).await.standing.school.as_str() == JUNIOR;
            assert_eq!(moved, second.is_ok());
            assert_eq!(first.err().or(second.err()).unwrap().code, "closed");
        }
    });
}

#[test]
fn under_one_authority_three_parties_decide_and_never_whoever_entered_it() {
    // REQ: TRF-01
    // INV: TR-15
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY_NEAR, 3).await;
        let answer = town.apply("r2134000001", &pupil, transfer(3), &[]).await;
        let case = answer.case.unwrap();
        assert_eq!(answer.turn.unwrap().as_str(), PRIMARY_NEAR);
        town.approve(case, &["r2134000002"]).await;
        town.approve(case, &["q340102"]).await;
        assert_eq!(town.case(case).await.steps.len(), 2);
        // The authority asks for a record in its own name: the clerk who entered it does not decide it.
        let pupil = town.pupil(PRIMARY, 3).await;
        let leave = json!({"do": "apply", "student_no": pupil, "purpose": {"kind": "departure", "to": "江苏省某小学", "request": "JS-1"},
            "reason": "随父母"});
        let case = town.ok("r340102", leave).await.case.unwrap();
        town.approve(case, &["r2134000001"]).await;
        let refusal = town.no("r340102", decision(case, "approve", ""), "forbidden").await;
        assert!(refusal.en.contains("entered"));
        town.approve(case, &["q340102"]).await;
    });
}

#[test]
fn a_page_that_is_old_decides_nothing() {
    // INV: TR-6
    on_both(async |town| {
        let (_, case) = applied(town).await;
        let at = |version: i32| json!({"do": "decide", "case": case, "verdict": "approve", "version": version});
        let seen = town.case(case).await.version;
        town.ok("r340102", at(seen)).await;
        town.no("r3134000002", at(seen), "stale").await;
        town.ok("r3134000002", at(seen + 1)).await;
    });
}

#[test]
fn a_disabled_account_does_nothing_from_the_same_instant() {
    // EDGE: X13
    // REQ: TRF-01
    on_both(async |town| {
        for _ in 0..6 {
            let (_, case) = applied(town).await;
            let account = format!("tmp-{case}");
            let officer = crate::town::place::officer(&account, YAOHAI, "registrar");
            town.ok("a340102", json!({"do": "enter_officer", "officer": officer})).await;
            let (disabled, approved) = futures::join!(
                town.tell("a340102", json!({"do": "disable_officer", "account": account, "reason": "调离"})),
                town.tell(&account, decision(case, "approve", ""))
            );
            disabled.unwrap();
            assert_eq!(town.case(case).await.at, usize::from(approved.is_ok()));
            town.no(&account, decision(case, "approve", ""), "forbidden").await;
        }
    });
}

#[test]
fn transfers_are_made_near_the_start_and_the_end_of_a_term_or_with_a_reason() {
    // REQ: TRF-07
    // INV: TR-11
    // EDGE: X22
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let terms = json!({"do": "set_terms", "terms": {"authority": HEFEI, "year": 2025,
            "autumn": ["2025-09-08", "2026-01-25"], "spring": ["2026-03-02", "2026-07-10"]}});
        let inside = async |at: &str| {
            town.on(at);
            match town.tell("r3134000001", application(&pupil, transfer(8), &[])).await {
                Ok(answer) => {
                    let back = json!({"do": "withdraw", "case": answer.case, "reason": "试"});
                    town.ok("r3134000001", back).await;
                    true
                }
                Err(refusal) => {
                    assert_eq!(refusal.code, "transfer.window");
                    assert!(refusal.article.contains("第二十五条"));
                    false
                }
            }
        };
        let edges = [
            ("2025-10-01T23:59:59.999", true),
            ("2025-10-02T00:00:00.000", false),
            ("2025-12-19T23:59:59.999", false),
            ("2025-12-20T00:00:00.000", true),
            ("2026-01-20T23:59:59.999", true),
            ("2026-03-20", true),
            ("2026-03-21", false),
            ("2026-06-04", false),
            ("2026-06-05", true),
            ("2026-07-05", true),
            ("2026-07-20", true),
        ];
        for (at, expected) in edges {
            assert_eq!(inside(at).await, expected, "{at}");
        }
        // A county with terms of its own.
        town.on("2025-09-02");
        town.ok("a340100", terms).await;
        for (at, expected) in [("2025-10-08", true), ("2025-10-09", false), ("2025-12-24", false), ("2025-12-25", true)]
        {
            assert_eq!(inside(at).await, expected, "{at} by the city's terms");
        }
        town.on("2025-11-11");
        let mut reasoned = transfer(8);
        reasoned["mid_term_reason"] = json!("监护人十一月调动");
        let case = town.apply("r3134000001", &pupil, reasoned, &[]).await.case.unwrap();
        town.approve(case, &ROUTE).await;
        // Judged by the terms in force at submission: new terms change nothing of what is open.
        town.on("2025-09-20");
        let other = town.pupil(JUNIOR_FAR, 8).await;
        let case = town.apply("r3134000001", &other, transfer(8), &[]).await.case.unwrap();
        town.ok(
            "a340100",
            json!({"do": "set_terms", "terms": {"authority": HEFEI, "year": 2025,
            "autumn": ["2025-08-01", "2026-01-25"], "spring": ["2026-03-02", "2026-07-10"]}}),
        )
        .await;
        town.approve(case, &ROUTE).await;
        let wrong = json!({"do": "set_terms", "terms": {"authority": HEFEI, "year": 2026,
            "autumn": ["2026-09-08", "2026-01-25"], "spring": ["2027-03-02", "2027-07-10"]}});
        town.no("a340100", wrong, "terms").await;
    });
}

#[test]
fn the_grounds_are_those_that_the_measures_know() {
    // REQ: TRF-08
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY_FAR, 3).await;
        for ground in ["household_moved", "work_moved", "migrant_child", "return_home", "other"] {
            let purpose = json!({"kind": "transfer", "class": "0301", "ground": ground});
            let case = town.apply("r2134000001", &pupil, purpose, &[]).await.case.unwrap();
            town.ok("r2134000001", json!({"do": "withdraw", "case": case, "reason": "试"})).await;
        }
        let mut silent = application(&pupil, transfer(3), &[]);
        silent["reason"] = json!(" ");
        town.no("r2134000001", silent, "reason").await;
        town.no("r2134000003", application(&pupil, transfer(3), &[]), "transfer.same_school").await;
    });
}

#[test]
fn the_file_follows_within_a_month_that_ends_on_a_working_day() {
    // REQ: TRF-09
    // INV: TR-22
    on_both(async |town| {
        for (completed, due) in [
            ("2025-09-02", "2025-10-09"),
            ("2026-01-30", "2026-02-28"),
            ("2026-01-31", "2026-02-28"),
            ("2026-06-08", "2026-07-08"),
        ] {
            town.on(completed);
            let mut purpose = transfer(8);
            purpose["mid_term_reason"] = json!("有正当理由");
            let pupil = town.pupil(JUNIOR_FAR, 8).await;
            let case = town.apply("r3134000001", &pupil, purpose, &[]).await.case.unwrap();
            town.approve(case, &ROUTE).await;
            let told =
                format!("select cast(due_on as text) from notices where kind = 'archive_forward' and case_id = {case}");
            assert_eq!(town.text(&told).await, due, "completed {completed}");
            let unit = format!("select unit from notices where kind = 'archive_forward' and case_id = {case}");
            assert_eq!(town.text(&unit).await, JUNIOR_FAR);
        }
        let calendar = domain::calendar::WorkCalendar::official();
        let policy = domain::policy::Policy::named("anhui").unwrap();
        let month = policy.deadline("archive_forward").unwrap();
        let due = |from: &str| registry::deadline::due(month, day(from), calendar).day;
        assert_eq!((due("2024-01-31"), due("2023-01-31")), (day("2024-02-29"), day("2023-02-28")));
    });
}

#[test]
fn a_citys_own_schools_tell_the_county_of_arrivals_and_departures() {
    // REQ: TRF-10
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let case = town.apply("r3134000003", &pupil, transfer(8), &[]).await.case.unwrap();
        town.approve(case, &["r340100", "r3134000002", "r341126"]).await;
        let told = |kind: &str| format!("select count(*) from notices where unit = '{LUYANG}' and kind = '{kind}'");
        assert_eq!(town.count(&told("city_school_arrival")).await, 1);
        let back = town.apply("r3134000002", &pupil, transfer(8), &[]).await.case.unwrap();
        town.approve(back, &["r341126", "r3134000003", "r340100"]).await;
        assert_eq!(town.count(&told("city_school_departure")).await, 1);
        assert_eq!((authority_of(JUNIOR_OF_CITY), authority_of(JUNIOR_FAR)), (HEFEI, FENGYANG));
    });
}

#[test]
fn a_merger_during_a_transfer_passes_the_steps_on_and_leaves_the_period() {
    // INV: TR-16
    // EDGE: X12
    on_both(async |town| {
        for stage in 0..3 {
            let sender = format!("31340002{stage}1");
            let heir = format!("31340002{stage}2");
            for id in [&sender, &heir] {
                let school =
                    crate::town::place::school_value(id, "初级中学", if *id == sender { FENGYANG } else { "341102" });
                let account = crate::town::place::officer(&format!("r{id}"), id, "registrar");
                town.ok("a340000", json!({"do": "enter_school", "school": school, "account": account})).await;
            }
            town.ok(
                &format!("r{sender}"),
                json!({"do": "enter_class", "class":
                crate::town::place::class_value(&sender, "0801", 8, 2025)}),
            )
            .await;
            let row = town.newcomer(8);
            let pupil = town.enter_by(FENGYANG, &sender, vec![row]).await.remove(0);
            let case = town.apply("r3134000001", &pupil, transfer(8), &[]).await.case.unwrap();
            let deciders = ["r340102".to_owned(), format!("r{sender}"), "r341126".to_owned()];
            for decider in &deciders[..stage] {
                town.approve(case, &[decider]).await;
            }
            let due = town.case(case).await.steps[stage].period.unwrap().due_on;
            let merge = json!({"do": "merge_school", "school": sender, "into": heir, "reason": "布局调整"});
            town.ok("a341100", merge).await;
            assert_eq!(town.case(case).await.steps[stage].period.unwrap().due_on, due);
            let after = ["r340102".to_owned(), format!("r{heir}"), "r341102".to_owned()];
            for decider in &after[stage..] {
                town.approve(case, &[decider]).await;
            }
            assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR);
        }
        assert_eq!(town.text(&format!("select id from authorities where id = '{PROVINCE}'")).await, PROVINCE);
    });
}

#[test]
fn a_receiving_school_that_is_merged_leaves_its_cases_to_its_successor() {
    // INV: TR-16
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY_FAR, 3).await;
        let case = town.apply("r2134000002", &pupil, transfer(3), &[]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        town.ok("a340102", json!({"do": "merge_school", "school": PRIMARY_NEAR, "into": PRIMARY, "reason": "合并"}))
            .await;
        town.approve(case, &["r2134000003"]).await;
        town.approve(case, &["r341126"]).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), PRIMARY);
    });
}

#[test]
fn who_comes_back_to_the_home_county_and_finds_no_place_is_passed_to_the_county() {
    // REQ: TRF-08
    under("province-b", async |town| {
        let open =
            "select unit || ' ' || count(*) from notices where kind = 'place_wanted' and done_on is null group by unit";
        // The school applies, and its authority has no place there.
        let pupil = town.pupil(PRIMARY, 3).await;
        let home = json!({"kind": "transfer", "class": "0301", "ground": "return_home"});
        let case = town.apply("r2134000003", &pupil, home, &[]).await.case.unwrap();
        town.ok("r341126", decision(case, "refuse", "本校学位已满")).await;
        assert_eq!(town.text(open).await, "341126 1");
        // Another ground is the family's own affair.
        let other = town.pupil(PRIMARY, 3).await;
        let case = town.apply("r2134000003", &other, transfer(3), &[]).await.case.unwrap();
        town.ok("r341126", decision(case, "refuse", "本校学位已满")).await;
        assert_eq!(town.text(open).await, "341126 1");
        // A school without a place asks at once, without a case.
        let ask = |pupil: &str, school: &str, reason: &str| json!({"do": "ask_place", "student_no": pupil, "school": school, "reason": reason});
        town.no("r2134000003", ask(&pupil, PRIMARY_FAR, "学位已满"), "place.asked").await;
        town.no("r2134000003", ask(&other, PRIMARY_FAR, ""), "reason").await;
        town.no("r2134000001", ask(&other, PRIMARY, "学位已满"), "place.household").await;
        town.no("r2134000001", ask(&other, PRIMARY_FAR, "学位已满"), "not_found").await;
        let senior = town.pupil(SENIOR, 11).await;
        town.no("r2134000003", ask(&senior, PRIMARY_FAR, "学位已满"), "place.stage").await;
        town.ok("r2134000003", ask(&other, PRIMARY_FAR, "学位已满")).await;
        assert_eq!(town.text(open).await, "341126 2");
        // The county arranges it, and says so.
        let id = town.count("select max(id) from notices where kind = 'place_wanted'").await;
        let settle = json!({"do": "settle_notice", "notice": id, "note": "安排至府城小学"});
        town.no("r340102", settle.clone(), "not_found").await;
        town.ok("r341126", settle).await;
        assert_eq!(town.text(open).await, "341126 1");
    });
}
