//! Periods (期限): when they begin and end, what is warned of before, and what happens where one runs out (TRF-02, TR-4…TR-10).
//!
//! Working days of the state calendar, per party or per side, as the policy says. Pure.

use domain::{
    calendar::{Day, Due, WorkCalendar},
    policy::{Clock, Deadline, Expiry, LimitUnit, Policy},
};

use crate::{
    application::{take, turn},
    case::{Case, Decision, Period, State, Verdict},
    event::{Event, Notice},
    pupil::Mode,
    purpose::Kind,
    scene::Scene,
};

/// What the sweep does to a case whose period is near its end or over: warned, raised, or approved by silence.
///
/// A default holds from the last day of its period, not from the day of the sweep; the next side's period begins there (X6, X20). No
/// default rests on a provisional day (TR-8), and what has become barred is refused with its article (TR-10).
pub fn expire(scene: &Scene, mut case: Case, policy: &Policy) -> Vec<Event> {
    let mut events = Vec::new();
    let mut expired = false;
    while let Some(period) = open_period(&case).copied() {
        if scene.today <= period.due_on {
            if !expired && !case.warned && warns(&period, scene, policy) {
                case.warned = true;
                case.version += 1;
                events.extend([Event::Advanced { case: case.clone() }, notice(&case, "case_due", policy)]);
            }
            break;
        }
        if !defaults(&case, policy) || period.provisional {
            if !case.overdue {
                case.overdue = true;
                case.version += 1;
                events.extend([Event::Advanced { case: case.clone() }, notice(&case, "case_overdue", policy)]);
            }
            break;
        }
        expired = true;
        let unit = turn(scene, &case).unwrap_or(case.applicant);
        let decision = Decision {
            verdict: Verdict::Approve,
            by: "system".to_owned(),
            unit,
            on: period.due_on,
            at: scene.at,
            opinion: period_of(&case, policy).map(|deadline| deadline.article.clone()).unwrap_or_default(),
            mode: Mode::Silence,
        };
        let before = case.clone();
        match take(scene, &mut case, decision.clone(), policy) {
            Ok(taken) => events.extend(taken),
            Err(refusal) if refusal.cause == crate::refusal::Cause::Conflict => {
                // Something has first to be decided, such as a pending key change: the case waits and is raised.
                case = before;
                if !case.overdue {
                    case.overdue = true;
                    case.version += 1;
                    events.extend([Event::Advanced { case: case.clone() }, notice(&case, "case_held", policy)]);
                }
                break;
            }
            Err(refusal) => {
                case = before;
                let barred = Decision {
                    verdict: Verdict::Refuse,
                    opinion: format!("{}（{}）", refusal.zh, refusal.article),
                    ..decision
                };
                events.extend(take(scene, &mut case, barred, policy).unwrap_or_default());
                break;
            }
        }
    }
    events
}

fn warns(period: &Period, scene: &Scene, policy: &Policy) -> bool {
    let ahead = policy.number("warning.workdays").unwrap_or_default();
    scene.calendar.workdays_between(scene.today, period.due_on) <= ahead
}

fn notice(case: &Case, kind: &str, policy: &Policy) -> Event {
    let step = case.step();
    Event::Notice {
        notice: Notice {
            to: step.map_or(case.applicant, |step| step.unit),
            kind: kind.to_owned(),
            pupil: case.pupil,
            case: Some(case.id),
            due_on: step.and_then(|step| step.period).map(|period| period.due_on),
            article: period_of(case, policy).map(|deadline| deadline.article.clone()).unwrap_or_default(),
        },
    }
}

/// Counts an open period anew after a notice on holidays; a due day never moves into the past (TR-7).
pub fn recount(case: &mut Case, today: Day, calendar: &WorkCalendar) -> bool {
    let at = case.at;
    let is_open = case.state == State::Open;
    let Some(period) = case.steps.get_mut(at).and_then(|step| step.period.as_mut()).filter(|_| is_open) else {
        return false;
    };
    let due = calendar.add_workdays(period.received_on, period.workdays);
    let day = if due.day < today && today <= period.due_on { calendar.add_workdays(today, 1).day } else { due.day };
    let moved = (day, due.provisional) != (period.due_on, period.provisional);
    if moved {
        (period.due_on, period.provisional) = (day, due.provisional);
        case.version += 1;
    }
    moved
}

pub(crate) fn open_period(case: &Case) -> Option<&Period> {
    if case.state == State::Open { case.step()?.period.as_ref() } else { None }
}

/// The period that the policy sets the steps of a case.
fn period_of<'a>(case: &Case, policy: &'a Policy) -> Option<&'a Deadline> {
    policy.deadline(case.purpose.kind().deadline()?)
}

/// Whether silence approves a case: the policy lists its kind, and its period says so (TR-12).
pub fn defaults(case: &Case, policy: &Policy) -> bool {
    case.purpose.kind() == Kind::Transfer
        && policy.silence_approves(domain::movement::MovementKind::TransferWithinProvince)
        && period_of(case, policy).is_some_and(|deadline| deadline.on_expiry == Expiry::Approved)
}

pub(crate) fn begin_step(case: &mut Case, on: Day, policy: &Policy, calendar: &WorkCalendar) {
    let Some(deadline) = period_of(case, policy) else { return };
    let at = case.at;
    let shared = match (deadline.clock, at.checked_sub(1).and_then(|before| case.steps.get(before)), case.steps.get(at))
    {
        (Clock::Side, Some(before), Some(step)) if before.party.is_sending() == step.party.is_sending() => {
            before.period
        }
        _ => None,
    };
    if let Some(step) = case.steps.get_mut(at) {
        step.period = shared.or_else(|| Some(period(deadline, on, calendar)));
    }
}

/// The period that begins with the receipt of a case.
fn period(deadline: &Deadline, received_on: Day, calendar: &WorkCalendar) -> Period {
    let Due { day, provisional } = due(deadline, received_on, calendar);
    let workdays = match deadline.unit {
        LimitUnit::Workday => deadline.limit,
        _ => u32::try_from(calendar.workdays_between(received_on, day)).unwrap_or_default(),
    };
    Period { received_on, due_on: day, provisional, workdays, paused_with: None }
}

/// The last day of a period that begins on a day, which itself does not count; a limit in months that ends on a free day ends on the
/// next working day.
pub fn due(deadline: &Deadline, from: Day, calendar: &WorkCalendar) -> Due {
    let months = match deadline.unit {
        LimitUnit::Workday => return calendar.add_workdays(from, deadline.limit),
        LimitUnit::Week => {
            let days = i32::try_from(deadline.limit).unwrap_or_default().saturating_mul(7);
            return Due { day: from.plus_days(days), provisional: false };
        }
        LimitUnit::Month => deadline.limit,
        LimitUnit::Year => deadline.limit.saturating_mul(12),
        LimitUnit::Term => deadline.limit.saturating_mul(6),
    };
    let day = from.plus_months(months);
    if calendar.is_workday(day) || deadline.unit == LimitUnit::Year {
        return Due { day, provisional: calendar.published_through() < day };
    }
    calendar.add_workdays(day, 1)
}
