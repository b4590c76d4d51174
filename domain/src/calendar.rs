//! Days, months, school years and working days.
//!
//! Nothing here asks what day it is: whoever decides is told.

mod month;
mod reading;
mod school_year;
mod workday;

use std::{fmt, str::FromStr};

use chrono::{Datelike, Months, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use month::Month;
pub use school_year::{MonthDay, SchoolYear};
pub use workday::{CalendarError, Due, WorkCalendar};

/// A calendar day, as days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Text that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct Unreadable {
    /// The text as it came.
    pub text: String,
    /// What was wanted, with an example.
    pub expected: &'static str,
}

impl Unreadable {
    pub(crate) fn new(text: &str, expected: &'static str) -> Unreadable {
        Unreadable { text: text.to_owned(), expected }
    }
}

impl Day {
    /// The day of a year, month (1–12) and day of the month, if the calendar has it.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        NaiveDate::from_ymd_opt(year, month, day).map(Day::from_date)
    }

    /// Days since 1970-01-01; negative before it.
    pub const fn from_epoch_days(days: i32) -> Day {
        Day(days)
    }

    /// Days since 1970-01-01; negative before it.
    pub const fn epoch_days(self) -> i32 {
        self.0
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.date().year()
    }

    /// The month, 1–12.
    pub fn month(self) -> u32 {
        self.date().month()
    }

    /// The day of the month, 1–31.
    pub fn day_of_month(self) -> u32 {
        self.date().day()
    }

    /// So many days later, or earlier if negative.
    pub const fn plus_days(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// The same day of the month so many months later; where that month is shorter, its last day (31 January + 1 = 28 or 29 February).
    pub fn plus_months(self, months: u32) -> Day {
        self.date().checked_add_months(Months::new(months)).map_or(self, Day::from_date)
    }

    /// Whole years from a birth on this day to another day: the age a person states (周岁). Nobody is less than 0.
    pub fn age_on(self, day: Day) -> u32 {
        day.date().years_since(self.date()).unwrap_or(0)
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.date().weekday(), Weekday::Sat | Weekday::Sun)
    }

    fn from_date(date: NaiveDate) -> Day {
        Day(date.to_epoch_days())
    }

    /// Days beyond chrono's quarter of a million years are shown as its last.
    fn date(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or(if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
    }

    /// The last day of a year, for the calendars and packs that speak of whole years.
    pub(crate) fn last_of_year(year: i32) -> Day {
        NaiveDate::from_ymd_opt(year, 12, 31).map_or(Day(i32::MAX), Day::from_date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = Unreadable;

    /// Reads ISO text only, `2013-09-01`; [`Day::read`] takes the forms found in files.
    fn from_str(text: &str) -> Result<Day, Unreadable> {
        let read = || match text.as_bytes() {
            [year @ .., b'-', m1, m2, b'-', d1, d2] if year.len() == 4 => Day::from_ymd(
                i32::try_from(reading::number(year)?).ok()?,
                reading::number(&[*m1, *m2])?,
                reading::number(&[*d1, *d2])?,
            ),
            _ => None,
        };
        read().ok_or_else(|| Unreadable::new(text, "a day such as 2013-09-01"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl From<Day> for NaiveDate {
    fn from(day: Day) -> NaiveDate {
        day.date()
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Day {
        Day::from_date(date)
    }
}

impl std::ops::Sub for Day {
    type Output = i64;

    /// The days from the other day to this one.
    fn sub(self, other: Day) -> i64 {
        i64::from(self.0) - i64::from(other.0)
    }
}

/// Every day from one to another, both included.
pub fn days(first: Day, last: Day) -> impl Iterator<Item = Day> {
    (first.0..=last.0).map(Day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_iso_and_read_back() {
        let day = Day::from_ymd(2013, 9, 1).unwrap();
        assert_eq!(day.to_string(), "2013-09-01");
        assert_eq!("2013-09-01".parse(), Ok(day));
        assert_eq!((day.year(), day.month(), day.day_of_month()), (2013, 9, 1));
        assert_eq!(day.plus_days(-1).to_string(), "2013-08-31");
        assert_eq!(Day::from_epoch_days(0).to_string(), "1970-01-01");
        assert!("2013-9-1".parse::<Day>().is_err());
        assert!("2015-02-30".parse::<Day>().is_err());
    }

    #[test]
    fn days_beyond_the_calendar_can_still_be_shown() {
        assert!(Day::from_epoch_days(i32::MIN).to_string().starts_with('-'));
        assert_eq!(Day::from_epoch_days(i32::MAX).plus_days(1).epoch_days(), i32::MAX);
    }

    #[test]
    fn a_month_after_the_last_of_january_is_the_last_of_february() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2013-01-31").plus_months(1), day("2013-02-28"));
        assert_eq!(day("2012-01-31").plus_months(1), day("2012-02-29"));
    }

    #[test]
    fn an_age_is_full_on_the_birthday() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2007-08-31").age_on(day("2013-08-31")), 6);
        assert_eq!(day("2007-09-01").age_on(day("2013-08-31")), 5);
        assert_eq!(day("2014-09-01").age_on(day("2013-08-31")), 0);
    }
}
