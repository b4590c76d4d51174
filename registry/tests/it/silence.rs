//! Default approval (超时默认同意): when it comes, when it does not, and from which day it holds (TRF-02).

use domain::calendar::WorkCalendar;
use registry::{
    case::{State, Verdict},
    guard::Mark,
    office::Now,
    pupil::Mode,
};
use serde_json::{Value, json};

use crate::town::{
    Town, application, by, day, decision, instant, on_both,
    place::{JUNIOR, JUNIOR_FAR},
    read_command, under,
};

pub const OFFICIAL: &str = include_str!("../../../data/workdays.csv");

async fn applied_on(town: &Town, at: &str) -> (String, i64) {
    town.on(at);
    let pupil = town.pupil(JUNIOR_FAR, 8).await;
    let purpose =
        json!({"kind": "transfer", "class": "0801", "ground": "household_moved", "mid_term_reason": "监护人调动"});
    let case = town.apply("r3134000001", &pupil, purpose, &[]).await.case.unwrap();
    town.sweep().await;
    (pupil, case)
}

fn silenced(swept: &registry::command::Answer) -> u64 {
    swept.counts.get("approved_by_silence").copied().unwrap_or_default()
}

#[test]
fn twenty_working_days_over_national_day_and_not_a_millisecond_less() {
    // REQ: TRF-02
    // INV: TR-4, TR-5
    // EDGE: X1
    on_both(async |town| {
        let (_, case) = applied_on(town, "2025-09-12T23:59:59.000").await;
        assert_eq!(town.case(case).await.steps[0].period.unwrap().due_on, day("2025-10-16"));
        for at in ["2025-10-16T23:59:59.999", "2025-10-17T00:00:00.000", "2025-10-17T00:00:59.999"] {
            town.on(at);
            assert_eq!(silenced(&town.sweep().await), 0, "{at}");
        }
        town.on("2025-10-17T00:01:00.000");
        assert_eq!(silenced(&town.sweep().await), 1);
        let decided = town.case(case).await;
        let decision = decided.steps[0].decision.as_ref().unwrap();
        assert_eq!((decision.mode, decision.by.as_str(), decision.on), (Mode::Silence, "system", day("2025-10-16")));
        assert_eq!(decision.mode.label(), "超时默认");
        assert!(decision.opinion.contains("第二十四条"));
        assert_eq!(decided.at, 1, "the other side has a period of its own");
        assert_eq!(silenced(&town.sweep().await), 0, "once");
    });
}

#[test]
fn a_decision_on_the_last_instant_wins_and_the_first_instant_after_is_too_late() {
    // REQ: TRF-02
    // INV: TR-4, TR-6
    // EDGE: X4, X5
    on_both(async |town| {
        let (_, in_time) = applied_on(town, "2025-09-12T23:59:59.000").await;
        let (_, late) = applied_on(town, "2025-09-12T23:59:59.000").await;
        // Clicked at 23:59:59.9 and handled after the default's first try.
        town.on("2025-10-17T00:00:00.100");
        assert_eq!(silenced(&town.sweep().await), 0);
        let clicked = Now::at(instant("2025-10-16T23:59:59.900"));
        let rejected = read_command(decision(in_time, "refuse", "查无此户"));
        town.office.act(by("r340102"), rejected, None, clicked).await.unwrap();
        town.on("2025-10-17T00:00:00.000");
        let refusal = town.no("r340102", decision(late, "refuse", "查无此户"), "defaulted").await;
        assert!(refusal.zh.contains("2025-10-16"), "{}", refusal.zh);
        town.on("2025-10-17T00:01:00.000");
        assert_eq!(silenced(&town.sweep().await), 1);
        assert_eq!(town.case(in_time).await.state, State::Refused);
        // An old page says no to what silence has approved.
        let stale = json!({"do": "decide", "case": late, "verdict": "refuse", "opinion": "不同意", "version": 1});
        let answer = town.tell("r340102", stale).await.unwrap_err();
        assert_eq!(answer.cause, registry::refusal::Cause::Forbidden, "it is the other side's turn: {}", answer.zh);
        town.no("r340102", decision(in_time, "approve", ""), "closed").await;
    });
}

#[test]
fn whoever_comes_after_a_default_that_completed_is_told_the_day() {
    // EDGE: X5
    // INV: TR-6
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2025-09-12").await;
        town.approve(case, &["r340102", "r3134000002"]).await;
        town.sweep().await;
        town.on("2025-10-17T00:01:00.000");
        town.sweep().await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR);
        let refusal = town.no("r341126", decision(case, "refuse", "不同意"), "closed").await;
        assert!(refusal.zh.contains("已于 2025-10-16 超时默认同意"), "{}", refusal.zh);
        assert_eq!(town.text("select mode from changes where kind = '省内转学'").await, "超时默认");
        assert_eq!(
            town.text("select cast(effective_on as text) from changes where kind = '省内转学'").await,
            "2025-10-16"
        );
    });
}

#[test]
fn the_second_sides_period_begins_with_the_last_day_of_the_first() {
    // REQ: TRF-02
    // INV: TR-4
    // EDGE: X6
    on_both(async |town| {
        // Both sides over the Spring Festival of 2026.
        let (pupil, case) = applied_on(town, "2026-01-05").await;
        let calendar = WorkCalendar::official();
        let first = calendar.add_workdays(day("2026-01-05"), 20).day;
        town.on(&format!("{}T00:01:00.000", first.plus_days(1)));
        town.sweep().await;
        let second = calendar.add_workdays(first, 20).day;
        let open = town.case(case).await;
        let period = open.step().unwrap().period.unwrap();
        assert_eq!((period.received_on, period.due_on), (first, second));
        town.on(&format!("{}T00:01:00.000", second.plus_days(1)));
        assert_eq!(silenced(&town.sweep().await), 2, "the sending school and its authority share the side's period");
        assert_eq!(town.record(&pupil).await.since_on, second);
        assert_eq!(second, day("2026-03-06"));
    });
}

#[test]
fn a_job_that_was_down_for_weeks_dates_its_defaults_by_their_own_days() {
    // REQ: TRF-02
    // INV: TR-4
    // EDGE: X20
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2025-11-24").await;
        let calendar = WorkCalendar::official();
        let first = calendar.add_workdays(day("2025-11-24"), 20).day;
        let second = calendar.add_workdays(first, 20).day;
        town.on("2025-12-20");
        town.sweep().await;
        town.on("2026-01-25");
        let swept = town.sweep().await;
        assert_eq!((silenced(&swept), swept.state.as_deref()), (3, Some("swept")));
        let decided = town.case(case).await;
        assert_eq!(decided.steps[0].decision.as_ref().unwrap().on, first);
        assert_eq!(decided.closed_on, Some(second));
        assert_eq!(town.record(&pupil).await.since_on, second);
    });
}

#[test]
fn a_default_that_is_recorded_late_does_not_step_before_what_happened_since() {
    // INV: TR-3, TR-4
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2025-09-12").await;
        town.approve(case, &["r340102", "r3134000002"]).await;
        town.sweep().await;
        // The job is down; the pupil changes class on a later day, then the default is recorded.
        town.on("2025-10-20");
        town.ok("r3134000002", json!({"do": "move_class", "student_no": pupil, "class": "0802"})).await;
        town.on("2025-10-22");
        assert_eq!(silenced(&town.sweep().await), 1);
        let query =
            |on: &str| serde_json::from_value(json!({"ask": "record_on", "student_no": pupil, "day": on})).unwrap();
        let shown = town.office.look(by("r3134000001"), &query("2025-10-23"), "核对", town.now()).await.unwrap();
        assert_eq!(shown["school"], JUNIOR, "as of a later day the pupil is where he is");
    });
}

#[test]
fn a_period_over_the_end_of_2018_counts_the_saturday_that_the_next_notice_makes_a_working_day() {
    // EDGE: X2
    // INV: TR-5, TR-7
    under("province-b", async |town| {
        let own_notice: String = OFFICIAL
            .lines()
            .filter(|line| !(*line >= "2018-12-29" && *line < "d"))
            .map(|line| format!("{line}\n"))
            .collect();
        let unknowing = town.beside(WorkCalendar::from_csv(&own_notice).unwrap()).await;
        let (_, case) = applied_on(&unknowing, "2018-12-17").await;
        let due = async || town.case(case).await.step().unwrap().period.unwrap().due_on;
        assert_eq!(due().await, day("2018-12-31"), "by the notice of its own year");
        town.on("2018-12-18");
        town.ok("a340000", json!({"do": "recount_periods"})).await;
        assert_eq!(due().await, day("2018-12-29"), "a Saturday");
        unknowing.office.close().await.unwrap();
    });
}

/// The calendar as it was before the holiday of 2020 was prolonged.
fn before_2020_01_27() -> WorkCalendar {
    let lines: String = OFFICIAL
        .lines()
        .filter(|line| !line.starts_with("2020-01-31,") && !line.starts_with("2020-02-02,"))
        .map(|line| line.replace("2020-02-01,holiday", "2020-02-01,makeup_workday") + "\n")
        .collect();
    WorkCalendar::from_csv(&lines).unwrap()
}

#[test]
fn a_holiday_prolonged_in_mid_period_moves_the_due_days_and_nothing_defaults_in_between() {
    // INV: TR-7
    // EDGE: X3
    on_both(async |town| {
        let early = town.beside(before_2020_01_27()).await;
        let (_, case) = applied_on(&early, "2020-01-02").await;
        let due = async || town.case(case).await.step().unwrap().period.unwrap().due_on;
        let (old, official) = (due().await, WorkCalendar::official());
        town.on("2020-01-27");
        town.ok("a340000", json!({"do": "recount_periods"})).await;
        let new = due().await;
        assert_eq!(official.workdays_between(old, new), 2);
        assert_eq!((old, new), (day("2020-02-04"), day("2020-02-06")));
        for at in ["2020-02-01", "2020-02-05T00:01:00.000", "2020-02-06T23:59:59.999"] {
            town.on(at);
            assert_eq!(silenced(&town.sweep().await), 0, "{at}");
        }
        town.on("2020-02-07T00:01:00.000");
        assert_eq!(silenced(&town.sweep().await), 1);
        early.office.close().await.unwrap();
    });
}

/// The published calendar with lines more.
fn with_lines(lines: &str) -> WorkCalendar {
    WorkCalendar::from_csv(&format!("{OFFICIAL}{lines}")).unwrap()
}

#[test]
fn open_periods_are_counted_anew_after_a_notice_and_never_into_the_past() {
    // INV: TR-7
    // EDGE: X3
    on_both(async |town| {
        let (_, case) = applied_on(town, "2026-06-01").await;
        let due = async || town.case(case).await.step().unwrap().period.unwrap().due_on;
        let calendar = WorkCalendar::official();
        assert_eq!(due().await, calendar.add_workdays(day("2026-06-01"), 20).day);
        // Two more free days.
        let prolonged = town.beside(with_lines("2026-06-22,holiday,x\n2026-06-23,holiday,x\n")).await;
        prolonged.on("2026-06-18");
        let moved = prolonged.ok("a340000", json!({"do": "recount_periods"})).await;
        assert_eq!(moved.counts["moved"], 1);
        let longer = due().await;
        assert_eq!(calendar.workdays_between(calendar.add_workdays(day("2026-06-01"), 20).day, longer), 2);
        prolonged.on(&format!("{longer}T23:59:59.999"));
        assert_eq!(silenced(&prolonged.sweep().await), 0);
        prolonged.office.close().await.unwrap();
        // Days that became working days: the due day would lie in the past, so it is the next working day.
        let made_up = "2026-06-06,makeup_workday,x\n2026-06-07,makeup_workday,x\n2026-06-13,makeup_workday,x\n";
        let shortened = town.beside(with_lines(made_up)).await;
        shortened.on("2026-06-29");
        shortened.ok("a340000", json!({"do": "recount_periods"})).await;
        assert_eq!(due().await, day("2026-06-30"));
        shortened.office.close().await.unwrap();
    });
}

#[test]
fn a_case_that_was_sent_back_keeps_what_was_left_when_periods_are_counted_anew() {
    // REQ: TRF-02
    // INV: TR-7
    on_both(async |town| {
        let (_, case) = applied_on(town, "2025-09-12").await;
        town.on("2025-09-29");
        town.ok("r340102", decision(case, "return", "请补户口簿")).await;
        let left = town.case(case).await.steps[0].period.unwrap().paused_with.unwrap();
        assert_eq!(left, 8, "twelve of twenty are gone");
        town.on("2025-11-10");
        assert_eq!(silenced(&town.sweep().await), 0, "the clock stands");
        town.ok("r3134000001", json!({"do": "resubmit", "case": case})).await;
        let due = town.case(case).await.steps[0].period.unwrap().due_on;
        assert_eq!(due, WorkCalendar::official().add_workdays(day("2025-11-10"), 8).day);
        town.ok("a340000", json!({"do": "recount_periods"})).await;
        assert_eq!(town.case(case).await.steps[0].period.unwrap().due_on, due, "no notice, no change");
    });
}

#[test]
fn no_default_rests_on_a_year_whose_holidays_are_not_published() {
    // REQ: TRF-02
    // INV: TR-8
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2026-12-14").await;
        assert!(town.case(case).await.steps[0].period.unwrap().provisional);
        town.on("2027-02-15");
        let swept = town.sweep().await;
        assert_eq!((silenced(&swept), swept.counts.get("raised")), (0, Some(&1)));
        // Neither has silence spoken, nor is the officer too late.
        town.approve(case, &["r340102"]).await;
        let open = town.case(case).await;
        assert_eq!((open.at, open.steps[0].decision.as_ref().unwrap().mode), (1, Mode::Manual));
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR_FAR);
        // Once the notice is out, the period is counted anew and silence speaks again.
        let published = town.beside(with_lines("2027-01-01,holiday,元旦\n2027-02-08,holiday,春节\n")).await;
        published.ok("a340000", json!({"do": "recount_periods"})).await;
        published.sweep().await;
        published.on("2027-03-20");
        assert_eq!(silenced(&published.sweep().await), 2);
        published.office.close().await.unwrap();
    });
}

#[test]
fn the_deciders_are_warned_before_the_period_ends_once() {
    // REQ: TRF-02
    on_both(async |town| {
        let (_, case) = applied_on(town, "2025-09-12").await;
        let warned = "select count(*) from notices where kind = 'case_due'";
        town.on("2025-10-11");
        town.sweep().await;
        assert_eq!(town.count(warned).await, 0, "four working days are left");
        town.on("2025-10-13");
        assert_eq!(town.sweep().await.counts.get("warned"), Some(&1));
        town.on("2025-10-14");
        town.sweep().await;
        assert_eq!(town.count(warned).await, 1);
        assert!(town.case(case).await.warned);
    });
}

fn marked(at: &str, uptime: i64) -> Now {
    let at = instant(at);
    Now { at, mark: Mark { at, uptime, boot: "one".to_owned() } }
}

async fn sweep_at(town: &Town, now: Now) -> registry::command::Answer {
    town.office.act(by("system"), read_command(json!({"do": "sweep"})), None, now).await.unwrap()
}

#[test]
fn a_clock_that_jumps_holds_every_default_until_a_person_releases_them() {
    // INV: TR-9
    // FAULT: F7
    on_both(async |town| {
        let mut cases = Vec::new();
        for _ in 0..12 {
            cases.push(applied_on(town, "2025-09-12").await.1);
        }
        let hour = 3_600_000;
        sweep_at(town, marked("2025-09-12T10:00:00.000", 0)).await;
        // Forty days ahead while the machine has run for an hour.
        let jumped = sweep_at(town, marked("2025-10-22T11:00:00.000", hour)).await;
        assert_eq!((silenced(&jumped), jumped.state.as_deref()), (0, Some("on_hold")));
        assert_eq!(jumped.counts.get("held"), Some(&12));
        // Set right again, it is on hold all the same, and so is the yearly run.
        let back = sweep_at(town, marked("2025-09-12T12:00:00.000", 2 * hour)).await;
        assert_eq!(back.state.as_deref(), Some("on_hold"));
        town.on("2026-08-02");
        town.no("system", json!({"do": "promote", "year": 2026}), "promotion.hold").await;
        let release = |reason: &str| json!({"do": "release_defaults", "reason": reason});
        town.on("2025-09-12T12:30:00.000");
        for account in ["r340102", "h340102", "a340102", "a341100"] {
            town.no(account, release("时钟已校准"), "forbidden").await;
        }
        town.no("a340000", release(""), "reason").await;
        town.ok("a340000", release("时钟已校准")).await;
        town.no("a340000", release("时钟已校准"), "not_on_hold").await;
        for case in &cases {
            assert_eq!(town.case(*case).await.at, 0, "nothing was approved, nothing undone");
        }
        town.sweep().await;
        town.on("2025-10-17T00:01:00.000");
        assert_eq!(silenced(&town.sweep().await), 12);
    });
}

#[test]
fn more_defaults_than_were_known_to_fall_due_are_held() {
    // INV: TR-9
    // FAULT: F7
    on_both(async |town| {
        let (_, case) = applied_on(town, "2025-09-12").await;
        let purpose = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        for _ in 0..3 {
            let pupil = town.pupil(JUNIOR_FAR, 8).await;
            town.apply("r3134000001", &pupil, purpose.clone(), &[]).await;
        }
        // The last sweep knew of one; four fall due.
        town.on("2025-10-20");
        let swept = town.sweep().await;
        assert_eq!((silenced(&swept), swept.state.as_deref()), (0, Some("on_hold")));
        assert_eq!(town.case(case).await.at, 0);
    });
}

#[test]
fn a_clock_set_back_a_day_after_defaults_opens_nothing_again() {
    // EDGE: X19
    // FAULT: F7
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2025-09-12").await;
        town.approve(case, &["r340102", "r3134000002"]).await;
        town.sweep().await;
        town.on("2025-10-17T00:01:00.000");
        assert_eq!(silenced(&town.sweep().await), 1);
        let before = town.record(&pupil).await;
        town.on("2025-10-16T00:01:00.000");
        assert_eq!(town.sweep().await.state.as_deref(), Some("on_hold"), "the clock is before the last sweep");
        town.no("r341126", decision(case, "refuse", "不同意"), "closed").await;
        assert_eq!(town.record(&pupil).await, before);
        assert_eq!(town.case(case).await.state, State::Approved);
    });
}

#[test]
fn the_other_measures_know_no_silence() {
    // REQ: TRF-02
    // INV: TR-12
    for policy in ["province-b", "national"] {
        under(policy, async |town| {
            let (_, case) = applied_on(town, "2025-09-12").await;
            let due = town.case(case).await.steps[0].period.unwrap().due_on;
            assert_eq!(due, day("2025-09-26"), "ten working days for each party");
            town.on("2025-11-20");
            let swept = town.sweep().await;
            assert_eq!((silenced(&swept), swept.counts.get("raised")), (0, Some(&1)));
            town.approve(case, &["r340102"]).await;
            let next = town.case(case).await.steps[1].period.unwrap();
            assert_eq!(next.received_on, day("2025-11-20"), "each party has the period to itself");
        });
    }
}

#[test]
fn a_default_is_undone_by_a_procedure_of_its_own_that_the_common_superior_decides() {
    // REQ: TRF-02
    // EDGE: X5
    on_both(async |town| {
        let (pupil, case) = applied_on(town, "2025-09-12").await;
        town.approve(case, &["r340102", "r3134000002"]).await;
        town.sweep().await;
        town.on("2025-10-17T00:01:00.000");
        town.sweep().await;
        let reversal = |school: &str| json!({"kind": "reversal", "case": case, "defaulted_on": "2025-10-16", "school": school, "class": "0801"});
        town.no("r3134000002", application(&pupil, reversal(JUNIOR_FAR), &[]), "forbidden").await;
        // A school that had no part in it takes nobody this way.
        let foreign = application(&pupil, reversal("3134000003"), &[]);
        assert!(town.tell("r340100", foreign).await.is_err());
        let mut other_day: Value = reversal(JUNIOR_FAR);
        other_day["defaulted_on"] = json!("2025-10-15");
        town.no("r341126", application(&pupil, other_day, &[]), "reversal.case").await;
        let last = WorkCalendar::official().add_workdays(day("2025-10-16"), 20).day;
        town.on(&format!("{}T00:00:00.000", last.plus_days(1)));
        town.no("r341126", application(&pupil, reversal(JUNIOR_FAR), &[]), "reversal.late").await;
        town.on(&format!("{last}T23:59:59.999"));
        let undo = town.apply("r341126", &pupil, reversal(JUNIOR_FAR), &[]).await.case.unwrap();
        for account in ["q341126", "r340102", "r340100", "a340000", "v340000"] {
            assert!(town.tell(account, decision(undo, "approve", "")).await.is_err(), "{account}");
        }
        town.ok("h340000", decision(undo, "approve", "原告知未送达")).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR_FAR);
        assert_eq!(town.count("select count(*) from changes where kind = '省内转学'").await, 2, "history keeps both");
        assert_eq!(town.case(case).await.steps[2].decision.as_ref().unwrap().verdict, Verdict::Approve);
    });
}
