//! What holds default approvals back when the clock can't be trusted (TR-9, F7).
//!
//! A default is an approval that nobody gave, so a clock that jumps must not give thousands. The office remembers when it last worked, by
//! the wall clock and by the machine's own uptime. When the two disagree, or more falls due than was known to fall due, all defaults are
//! held until a person releases them.

use domain::{calendar::Day, policy::Policy};
use serde::{Deserialize, Serialize};

/// When the office worked: by the wall clock, and by the uptime of the machine since it was started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// Milliseconds since 1970 in UTC.
    pub at: i64,
    /// Milliseconds since the machine was started.
    pub uptime: i64,
    /// Which start of the machine: its boot id. Two marks of different starts say nothing of each other.
    pub boot: String,
}

/// Why defaults are on hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The instant since when.
    pub since: i64,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

/// What is known of the clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockState {
    /// The last sweep.
    pub swept: Option<Mark>,
    /// Open cases that silence will approve, by the last day of their period, as they stood at the last sweep.
    pub forecast: Vec<(Day, u32)>,
    /// Whether defaults are on hold.
    pub hold: Option<Hold>,
}

/// Judges a sweep before it approves anything: none, or why defaults must be held.
///
/// `due` is the number of cases that would be approved now.
pub fn judge(clock: &ClockState, now: &Mark, today: Day, due: u32, policy: &Policy) -> Option<Hold> {
    let hold = |zh: String, en: String| Some(Hold { since: now.at, zh, en });
    if clock.hold.is_some() {
        return clock.hold.clone();
    }
    let last = clock.swept.as_ref()?;
    let allowed = policy.number("silence.jump_minutes").unwrap_or(60) * 60_000;
    if last.boot == now.boot && !now.boot.is_empty() {
        let jump = (now.at - last.at) - (now.uptime - last.uptime);
        if allowed < jump.abs() {
            let minutes = jump / 60_000;
            return hold(
                format!("系统时钟跳变 {minutes} 分钟，默认同意已全部暂停"),
                format!("the clock has jumped by {minutes} minutes; all default approvals are held"),
            );
        }
    }
    if now.at < last.at - allowed {
        return hold(
            "系统时钟早于上次处理时间，默认同意已全部暂停".to_owned(),
            "the clock is before the last sweep; all default approvals are held".to_owned(),
        );
    }
    let known: u32 = clock.forecast.iter().filter(|(day, _)| *day < today).map(|(_, count)| count).sum();
    let margin = u32::try_from(policy.number("silence.margin_percent").unwrap_or(10)).unwrap_or(10);
    let most = known + (known * margin).div_ceil(100);
    if most < due {
        return hold(
            format!("到期默认同意 {due} 件，多于预计的 {known} 件，已全部暂停"),
            format!("{due} cases would be approved by silence, more than the {known} expected; all are held"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: i64, uptime: i64) -> Mark {
        Mark { at, uptime, boot: "a".to_owned() }
    }

    #[test]
    fn a_jump_of_the_clock_holds_all_defaults() {
        // INV: TR-9
        // FAULT: F7
        let policy = Policy::named("anhui").unwrap();
        let day = |text: &str| text.parse::<Day>().unwrap();
        let (hour, minute) = (3_600_000, 60_000);
        let clock = ClockState { swept: Some(mark(0, 0)), forecast: vec![(day("2025-10-16"), 100)], hold: None };
        let judged = |now: Mark, due| judge(&clock, &now, day("2025-10-17"), due, &policy);
        assert_eq!(judged(mark(hour, hour), 100), None);
        assert_eq!(judged(mark(hour, hour), 110), None, "a tenth more than expected");
        assert!(judged(mark(hour, hour), 111).unwrap().en.contains("more than the 100"));
        assert_eq!(judged(mark(2 * hour, hour), 100), None, "exactly an hour");
        assert!(judged(mark(2 * hour + minute, hour), 1).unwrap().en.contains("jumped by 61 minutes"));
        assert!(judged(mark(40 * 24 * hour, hour), 0).is_some());
        assert!(judged(mark(-2 * hour, hour), 0).is_some(), "back");
        let restarted = Mark { boot: "b".to_owned(), ..mark(21 * 24 * hour, minute) };
        assert_eq!(judge(&clock, &restarted, day("2025-10-17"), 100, &policy), None, "off for three weeks");
        let held = ClockState { hold: judged(mark(9 * hour, hour), 1), ..clock.clone() };
        assert!(judge(&held, &mark(hour, hour), day("2025-10-17"), 0, &policy).is_some(), "until released");
    }
}
