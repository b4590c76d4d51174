//! Working days by the holiday notices of the State Council, make-up days included (`data/workdays.csv`).

use std::{collections::HashSet, sync::LazyLock};

use super::{Day, Unreadable, days};

const OFFICIAL: &str = include_str!("../../../data/workdays.csv");

/// Which days are worked: weekdays, but for the holidays and the make-up days of the notices.
///
/// The notice of a year comes in the November before and may reach back into that December (29 December 2018 is worked by the notice
/// for 2019), so that whoever keeps due days computes them again when a notice arrives.
#[derive(Debug, Clone)]
pub struct WorkCalendar {
    holidays: HashSet<Day>,
    made_up: HashSet<Day>,
    published_from: Day,
    published_through: Day,
    /// Whether each day from `published_from` to `published_through` is worked.
    worked: Vec<bool>,
    /// The working days from `published_from` up to and with each day.
    sums: Vec<i64>,
}

/// A day by which something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The day; the period ends at its midnight.
    pub day: Day,
    /// Whether the period reaches into a year whose notice is not out yet.
    pub provisional: bool,
}

/// Why a calendar cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// A line is not `date,kind,name`.
    #[error("line {line} of the working-day calendar is not `date,holiday|makeup_workday,name`")]
    Line {
        /// Counted from 1, the header included.
        line: usize,
    },
    /// A day cannot be read.
    #[error("line {line} of the working-day calendar")]
    Day {
        /// Counted from 1, the header included.
        line: usize,
        /// What is wrong with it.
        source: Unreadable,
    },
    /// No day at all.
    #[error("the working-day calendar has no day")]
    Empty,
}

impl WorkCalendar {
    /// The published calendar that the program carries.
    pub fn official() -> &'static WorkCalendar {
        static CALENDAR: LazyLock<WorkCalendar> =
            LazyLock::new(|| WorkCalendar::from_csv(OFFICIAL).expect("data/workdays.csv is tested"));
        &CALENDAR
    }

    /// A calendar of lines `date,kind,name` below a header; a later notice is a longer file.
    pub fn from_csv(text: &str) -> Result<WorkCalendar, CalendarError> {
        let (mut holidays, mut made_up) = (HashSet::new(), HashSet::new());
        for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            let mut cells = line.split(',');
            let (Some(day), Some(kind)) = (cells.next(), cells.next()) else {
                return Err(CalendarError::Line { line: number + 1 });
            };
            let day: Day = day.parse().map_err(|source| CalendarError::Day { line: number + 1, source })?;
            match kind {
                "holiday" => holidays.insert(day),
                "makeup_workday" => made_up.insert(day),
                _ => return Err(CalendarError::Line { line: number + 1 }),
            };
        }
        let stated = holidays.iter().chain(&made_up);
        let (Some(&first), Some(&last)) = (stated.clone().min(), stated.max()) else {
            return Err(CalendarError::Empty);
        };
        let published_from = Day::last_of_year(first.year() - 1).plus_days(1);
        let published_through = Day::last_of_year(last.year());
        let is_worked = |day: Day| made_up.contains(&day) || (!day.is_weekend() && !holidays.contains(&day));
        let worked: Vec<bool> = days(published_from, published_through).map(is_worked).collect();
        let sums = worked.iter().scan(0, |sum, &worked| {
            *sum += i64::from(worked);
            Some(*sum)
        });
        let sums = sums.collect();
        Ok(WorkCalendar { holidays, made_up, published_from, published_through, worked, sums })
    }

    /// Whether a day is worked. Days without a notice are worked from Monday to Friday.
    pub fn is_workday(&self, day: Day) -> bool {
        let known = usize::try_from(day - self.published_from).ok().and_then(|at| self.worked.get(at));
        known.copied().unwrap_or_else(|| !day.is_weekend())
    }

    /// The `n`-th working day after a day, which itself is not counted (民法典 art. 201); the day itself for 0.
    pub fn add_workdays(&self, day: Day, n: u32) -> Due {
        let mut at = day;
        let mut left = n;
        while 0 < left {
            let after = at.plus_days(1);
            if after == at {
                break;
            }
            at = after;
            left -= u32::from(self.is_workday(at));
        }
        Due { day: at, provisional: self.published_through < at }
    }

    /// The working days after `from` up to and with `to`; negative if `to` is earlier. `add_workdays(from, n)` is `n` away.
    pub fn workdays_between(&self, from: Day, to: Day) -> i64 {
        self.worked_up_to(to) - self.worked_up_to(from)
    }

    /// The working days up to and with a day, counted from some Monday before all our days.
    fn worked_up_to(&self, day: Day) -> i64 {
        let before = weekdays_up_to(self.published_from.plus_days(-1));
        match (usize::try_from(day - self.published_from), self.sums.last()) {
            (Err(_), _) | (_, None) => weekdays_up_to(day),
            (Ok(at), Some(all)) => {
                before
                    + self
                        .sums
                        .get(at)
                        .copied()
                        .unwrap_or_else(|| all + weekdays_up_to(day) - weekdays_up_to(self.published_through))
            }
        }
    }

    /// The last day of the last year whose notice is out.
    pub const fn published_through(&self) -> Day {
        self.published_through
    }

    /// Whether a notice makes a day free.
    pub fn is_holiday(&self, day: Day) -> bool {
        self.holidays.contains(&day)
    }

    /// Whether a notice makes a weekend day a working day (调休上班).
    pub fn is_made_up(&self, day: Day) -> bool {
        self.made_up.contains(&day)
    }
}

/// The days from Monday to Friday up to and with a day, counted from Monday, 29 December 1969; negative before it.
fn weekdays_up_to(day: Day) -> i64 {
    let from_monday = i64::from(day.epoch_days()) + 3;
    from_monday.div_euclid(7) * 5 + (from_monday.rem_euclid(7) + 1).min(5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn due(from: &str, n: u32) -> String {
        WorkCalendar::official().add_workdays(day(from), n).day.to_string()
    }

    #[test]
    fn due_days_agree_with_the_check_values() {
        // REQ: TRF-02
        assert_eq!(due("2014-09-30", 10), "2014-10-20");
        assert_eq!(due("2014-09-30", 15), "2014-10-27");
        assert_eq!(due("2014-09-30", 20), "2014-11-03");
        assert_eq!(due("2020-01-20", 10), "2020-02-11");
        assert_eq!(due("2023-09-27", 10), "2023-10-17");
        assert_eq!(due("2024-09-13", 10), "2024-09-29");
        assert_eq!(due("2025-01-24", 10), "2025-02-13");
        assert_eq!(due("2026-02-10", 10), "2026-03-02");
        assert_eq!(due("2026-09-24", 10), "2026-10-15");
        assert_eq!(due("2013-09-03", 0), "2013-09-03");
    }

    #[test]
    fn twenty_days_over_national_day_count_two_make_up_days() {
        // REQ: TRF-02. X1: the day of receipt is not counted; 28 September and 11 October are worked, 1 to 8 October are not.
        assert_eq!(due("2025-09-12", 20), "2025-10-16");
    }

    #[test]
    fn a_saturday_is_worked_by_the_notice_for_the_next_year() {
        // REQ: TRF-02. X2
        assert!(WorkCalendar::official().is_workday(day("2018-12-29")));
        assert_eq!(due("2018-12-17", 10), "2018-12-29");
    }

    #[test]
    fn a_prolonged_holiday_moves_running_periods() {
        // REQ: TRF-02. X3: until 27 January 2020 the holiday ended on 30 January, and Saturday 1 February was to be worked.
        let before: String = OFFICIAL
            .lines()
            .filter(|line| !line.starts_with("2020-01-31,") && !line.starts_with("2020-02-02,"))
            .map(|line| line.replace("2020-02-01,holiday", "2020-02-01,makeup_workday") + "\n")
            .collect();
        let before = WorkCalendar::from_csv(&before).unwrap();
        for n in 4..40 {
            let (old, new) = (
                before.add_workdays(day("2020-01-20"), n).day,
                WorkCalendar::official().add_workdays(day("2020-01-20"), n).day,
            );
            assert_eq!(
                WorkCalendar::official().workdays_between(old, new).abs().max(before.workdays_between(old, new)),
                2
            );
        }
        assert_eq!(due("2020-01-20", 3), before.add_workdays(day("2020-01-20"), 3).day.to_string());
    }

    #[test]
    fn each_year_has_its_working_days() {
        let calendar = WorkCalendar::official();
        let counts = [
            252, 250, 251, 249, 251, 250, 250, 250, 249, 250, 250, 249, 250, 249, 250, 250, 249, 250, 249, 249, 251,
            248, 248,
        ];
        for (year, expected) in (2004..).zip(counts) {
            let counted = calendar.workdays_between(Day::last_of_year(year - 1), Day::last_of_year(year));
            assert_eq!(counted, expected, "{year}");
        }
    }

    #[test]
    fn a_period_into_a_year_without_a_notice_is_provisional() {
        // REQ: TRF-02
        let calendar = WorkCalendar::official();
        assert_eq!(calendar.published_through(), day("2026-12-31"));
        assert!(!calendar.add_workdays(day("2026-12-01"), 10).provisional);
        assert!(calendar.add_workdays(day("2026-12-20"), 20).provisional);
    }

    #[test]
    fn a_broken_calendar_names_its_line() {
        let error = |text: &str| WorkCalendar::from_csv(text).unwrap_err().to_string();
        assert!(error("date,kind,name\n2013-13-01,holiday,x").contains("line 2"));
        assert!(error("date,kind,name\n2013-10-01,feast,x").contains("line 2"));
        assert!(error("date,kind,name\n").contains("no day"));
    }

    proptest! {
        #[test]
        fn adding_and_counting_agree(from in 12_000i32..22_000, n in 0u32..600) {
            let calendar = WorkCalendar::official();
            let from = Day::from_epoch_days(from);
            let due = calendar.add_workdays(from, n).day;
            prop_assert_eq!(calendar.workdays_between(from, due), i64::from(n));
            prop_assert_eq!(calendar.workdays_between(due, from), -i64::from(n));
            prop_assert!(n == 0 || calendar.is_workday(due));
        }

        #[test]
        fn counting_takes_no_longer_for_days_far_away(from in any::<i32>(), to in any::<i32>()) {
            let calendar = WorkCalendar::official();
            let counted = calendar.workdays_between(Day::from_epoch_days(from), Day::from_epoch_days(to));
            prop_assert!(counted.abs() <= (i64::from(to) - i64::from(from)).abs());
        }
    }
}
