//! A year and month, as 入学年月 and 建班年月 state it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Day, Unreadable};

/// A month of a year, written `2013-09`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Day,
}

impl Month {
    /// The month of a year, if there is one.
    pub fn from_ym(year: i32, month: u32) -> Option<Month> {
        Day::from_ymd(year, month, 1).map(|first| Month { first })
    }

    /// The month that a day lies in.
    pub fn of(day: Day) -> Month {
        Month { first: day.plus_days(1 - i32::try_from(day.day_of_month()).unwrap_or(1)) }
    }

    /// Its first day.
    pub const fn first_day(self) -> Day {
        self.first
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.first.year()
    }

    /// The month, 1–12.
    pub fn month(self) -> u32 {
        self.first.month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = Unreadable;

    /// Reads `2013-09` only; [`Month::read`] takes the forms found in files.
    fn from_str(text: &str) -> Result<Month, Unreadable> {
        let first: Option<Day> = (text.len() == 7).then(|| format!("{text}-01").parse().ok()).flatten();
        first.map(|first| Month { first }).ok_or_else(|| Unreadable::new(text, "a month such as 2013-09"))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_and_read_back() {
        let month: Month = "2013-09".parse().unwrap();
        assert_eq!(month.to_string(), "2013-09");
        assert_eq!(month.first_day().to_string(), "2013-09-01");
        assert_eq!(Month::of("2013-09-30".parse().unwrap()), month);
        assert!("2013-9".parse::<Month>().is_err());
        assert!("2013-13".parse::<Month>().is_err());
    }
}
