//! School years (学年): the system's turns on 1 August, the statistical one on 1 September; the start is always stated.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Day, Unreadable};

/// A day of every year, written `08-01`. 29 February is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    /// The month, 1–12.
    pub month: u8,
    /// The day of the month, 1–31.
    pub day: u8,
}

impl MonthDay {
    /// A day of every year, if every year has it.
    pub fn new(month: u8, day: u8) -> Option<MonthDay> {
        // 2001 has no 29 February.
        Day::from_ymd(2001, month.into(), day.into()).map(|_| MonthDay { month, day })
    }

    /// That day in a year.
    pub fn in_year(self, year: i32) -> Day {
        Day::from_ymd(year, self.month.into(), self.day.into()).unwrap_or_else(|| Day::last_of_year(year))
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl FromStr for MonthDay {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<MonthDay, Unreadable> {
        let read = || {
            let (month, day) = text.split_once('-')?;
            let is_pair = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            (is_pair(month) && is_pair(day)).then_some(())?;
            MonthDay::new(month.parse().ok()?, day.parse().ok()?)
        };
        read().ok_or_else(|| Unreadable::new(text, "a day of every year such as 08-01"))
    }
}

impl Serialize for MonthDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MonthDay, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A school year by the year in which it starts, written `2013-2014`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolYear(pub i32);

impl SchoolYear {
    /// The school year of a day, where years start on `start`.
    pub fn of(day: Day, start: MonthDay) -> SchoolYear {
        let year = day.year();
        SchoolYear(if day < start.in_year(year) { year - 1 } else { year })
    }

    /// The year in which it starts.
    pub const fn start_year(self) -> i32 {
        self.0
    }

    /// Its first day.
    pub fn first_day(self, start: MonthDay) -> Day {
        start.in_year(self.0)
    }

    /// Its last day, the one before the next year's first.
    pub fn last_day(self, start: MonthDay) -> Day {
        start.in_year(self.0.saturating_add(1)).plus_days(-1)
    }

    /// The school year before.
    pub const fn before(self) -> SchoolYear {
        SchoolYear(self.0.saturating_sub(1))
    }

    /// The school year after.
    pub const fn after(self) -> SchoolYear {
        SchoolYear(self.0.saturating_add(1))
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.0.saturating_add(1))
    }
}

impl FromStr for SchoolYear {
    type Err = Unreadable;

    /// Reads `2013-2014` (also with a full-width or long dash, or 学年 behind it).
    fn from_str(text: &str) -> Result<SchoolYear, Unreadable> {
        let normal = crate::identity::normalise(text);
        let read = || {
            let years = normal.strip_suffix("学年").unwrap_or(&normal);
            let (first, second) = years.split_once(['-', '—', '–', '~', '/'])?;
            (first.len() == 4 && second.len() == 4).then_some(())?;
            let (first, second): (i32, i32) = (first.parse().ok()?, second.parse().ok()?);
            (second == first + 1).then_some(SchoolYear(first))
        };
        read().ok_or_else(|| Unreadable::new(text, "a school year such as 2013-2014"))
    }
}

impl Serialize for SchoolYear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SchoolYear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SchoolYear, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_year_turns_a_month_before_the_statistical_one() {
        // REQ: PRO-01
        let (system, statistics): (MonthDay, MonthDay) = ("08-01".parse().unwrap(), "09-01".parse().unwrap());
        let of = |day: &str, start| SchoolYear::of(day.parse().unwrap(), start).to_string();
        assert_eq!(of("2013-07-31", system), "2012-2013");
        assert_eq!(of("2013-08-01", system), "2013-2014");
        assert_eq!(of("2013-08-31", statistics), "2012-2013");
        assert_eq!(of("2013-09-01", statistics), "2013-2014");
        assert_eq!(SchoolYear(2013).first_day(system).to_string(), "2013-08-01");
        assert_eq!(SchoolYear(2013).last_day(statistics).to_string(), "2014-08-31");
    }

    #[test]
    fn school_years_and_month_days_are_read_strictly() {
        assert_eq!("2013-2014".parse(), Ok(SchoolYear(2013)));
        assert_eq!("2013—2014学年".parse(), Ok(SchoolYear(2013)));
        for text in ["2013-2015", "2013", "13-14", ""] {
            assert!(text.parse::<SchoolYear>().is_err(), "{text}");
        }
        for text in ["8-1", "02-29", "13-01", "08/01", "+8-01"] {
            assert!(text.parse::<MonthDay>().is_err(), "{text}");
        }
    }
}
