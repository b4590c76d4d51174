//! The forms in which files write a day.

use super::{Day, Month};
use crate::identity::normalise;

/// Years outside these are a slip of the pen, not a day of a registration office.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// Serials of 1954 to 2119; shorter ones could be anything.
const SERIALS: std::ops::RangeInclusive<i32> = 20_000..=80_000;

/// Serial 1 is 1900-01-01 and serial 60 the 29 February 1900 that never was, so that later ones count from 1899-12-30.
const SERIAL_ZERO: i32 = -25_569;

impl Day {
    /// Reads a day in any form of the export contract: `2013-09-01`, `20130901`, `2013/9/1`, `2013.9.1`, `2013年9月1日`, each with a
    /// midnight behind it or not, and Excel serials of five digits (1900 system). Forms whose order is open (`01/09/2013`) are refused.
    ///
    /// ```
    /// # use domain::calendar::Day;
    /// assert_eq!(Day::read(" ２０１３年９月１日 ").unwrap().to_string(), "2013-09-01");
    /// assert_eq!(Day::read("41518"), Day::read("2013/9/1 0:00:00"));
    /// assert_eq!(Day::read("01/09/2013"), None);
    /// ```
    pub fn read(text: &str) -> Option<Day> {
        let text = normalise(text);
        let bytes = text.as_bytes();
        if bytes.len() == 5 {
            let serial = i32::try_from(number(bytes)?).ok()?;
            return SERIALS.contains(&serial).then(|| Day::from_epoch_days(SERIAL_ZERO + serial));
        }
        let (date, tail) = cut(&text);
        if !is_midnight(tail) {
            return None;
        }
        if let Some((year, rest)) = date.split_once('年') {
            let (month, rest) = rest.split_once('月')?;
            return ymd(year.as_bytes(), month.as_bytes(), rest.strip_suffix('日')?.as_bytes());
        }
        match date.as_bytes() {
            digits @ [_, _, _, _, _, _, _, _] if digits.iter().all(u8::is_ascii_digit) => {
                ymd(&digits[..4], &digits[4..6], &digits[6..])
            }
            [a, b, c, d, mark @ (b'-' | b'/' | b'.'), rest @ ..] => {
                let second = rest.iter().position(|byte| byte == mark)?;
                ymd(&[*a, *b, *c, *d], &rest[..second], &rest[second + 1..])
            }
            _ => None,
        }
    }
}

impl Month {
    /// Reads a month: `201309`, `2013-09`, `2013/9`, `2013.9`, `2013年9月`, or the month of any day that [`Day::read`] takes; but not
    /// `20139`, which might be September 2013 as well as a serial of 1955.
    pub fn read(text: &str) -> Option<Month> {
        let text = normalise(text);
        let (year, month) = if let Some((year, rest)) = text.split_once('年') {
            match rest.strip_suffix('月') {
                Some(month) => (year.as_bytes(), month.as_bytes()),
                None => return Day::read(&text).map(Month::of),
            }
        } else {
            match text.as_bytes() {
                [b'2', b'0', _, _, _] => return None,
                digits @ [_, _, _, _, _, _] if digits.iter().all(u8::is_ascii_digit) => digits.split_at(4),
                [year @ .., b'-' | b'/' | b'.', a, b] if year.len() == 4 => (year, &[*a, *b][..]),
                [year @ .., b'-' | b'/' | b'.', a] if year.len() == 4 => (year, &[*a][..]),
                _ => return Day::read(&text).map(Month::of),
            }
        };
        ymd(year, month, b"1").map(Month::of)
    }
}

/// Cuts the time of day off, at a space or at the `T` of ISO 8601.
fn cut(text: &str) -> (&str, &str) {
    text.find([' ', 'T']).map_or((text, ""), |at| (&text[..at], text[at + 1..].trim_start()))
}

/// A time behind a day is only there because some program kept days as instants; a real time of day would be another field.
fn is_midnight(time: &str) -> bool {
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    matches!(time, "" | "0:00" | "00:00" | "0:00:00" | "00:00:00") && fraction.bytes().all(|byte| byte == b'0')
}

/// The day of three runs of digits, if they are a day of our times.
fn ymd(year: &[u8], month: &[u8], day: &[u8]) -> Option<Day> {
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    let year = i32::try_from(number(year)?).ok()?;
    YEARS.contains(&year).then(|| Day::from_ymd(year, number(month)?, number(day)?)).flatten()
}

pub(super) fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, &byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then_some(())?;
        sum.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Option<String> {
        Day::read(text).map(|day| day.to_string())
    }

    fn month(text: &str) -> Option<String> {
        Month::read(text).map(|month| month.to_string())
    }

    #[test]
    fn every_form_of_the_contract_names_the_same_day() {
        // REQ: WH-01
        for text in [
            "2013-09-01",
            "20130901",
            "2013/9/1",
            "2013/09/01",
            "2013.9.1",
            "2013年9月1日",
            "2013年09月01日",
            "2013-09-01 00:00:00",
            "2013-09-01T00:00:00",
            "2013-09-01T00:00:00.000Z",
            "2013/9/1 0:00",
            "41518",
            "２０１３－０９－０１",
            "２０１３年９月１日",
            " \u{3000}20130901\u{a0}",
            "\u{feff}2013-9-1",
        ] {
            assert_eq!(day(text).as_deref(), Some("2013-09-01"), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_or_could_be_two_is_refused() {
        for text in [
            "",
            " ",
            "2015-02-30",
            "2013-02-29",
            "01/09/2013",
            "1-9-2013",
            "13-9-1",
            "2013-9",
            "201309",
            "2013-09/01",
            "2013-009-01",
            "2013-09-01 08:30:00",
            "2013年9月",
            "2013年9月1",
            "19999",
            "80001",
            "123456789",
            "1.9.2013",
            "0000-01-01",
            "99991231",
            "20130931",
            "+2013-9-1",
            "2013-+9-1",
            "４１５１",
            "二〇一三年九月一日",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn serials_count_the_day_that_never_was() {
        assert_eq!(day("20000").as_deref(), Some("1954-10-03"));
        assert_eq!(day("36526").as_deref(), Some("2000-01-01"));
        assert_eq!(day("80000").as_deref(), Some("2119-01-11"));
    }

    #[test]
    fn a_month_has_as_many_forms() {
        for text in [
            "201309",
            "2013-09",
            "2013/9",
            "2013.9",
            "2013年9月",
            "2013年09月",
            "20130901",
            "2013-09-30",
            "41518",
            " ２０１３０９ ",
        ] {
            assert_eq!(month(text).as_deref(), Some("2013-09"), "{text}");
        }
        for text in ["", "2013", "201313", "2013-13", "09/2013", "13-09", "2013年", "2013-0", "20139"] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}") {
            let _ = (Day::read(&text), Month::read(&text));
        }

        /// A day that is read has the digits of the text in the order of year, month and day; nothing is turned round, filled in or rolled over.
        #[test]
        fn nothing_is_guessed(y in "[0-9]{1,5}", m in "[0-9]{1,3}", d in "[0-9]{1,4}", mark in "[-/. ]", time in "( [0-9]{1,2}:[0-9]{2})?") {
            let text = format!("{y}{mark}{m}{mark}{d}{time}");
            if let Some(day) = Day::read(&text) {
                let stated = Day::from_ymd(y.parse().unwrap(), m.parse().unwrap(), d.parse().unwrap());
                prop_assert_eq!((Some(day), y.len()), (stated, 4), "{}", text);
                prop_assert!(time.bytes().all(|byte| matches!(byte, b' ' | b':' | b'0')), "{}", text);
                prop_assert_eq!(Month::read(&text), Some(Month::of(day)));
            }
        }

        #[test]
        fn every_day_is_read_back_from_each_form(days in -25_000i32..60_000) {
            let stated = Day::from_epoch_days(days);
            let (y, m, d) = (stated.year(), stated.month(), stated.day_of_month());
            for text in [format!("{y}-{m:02}-{d:02}"), format!("{y}{m:02}{d:02}"), format!("{y}/{m}/{d}"), format!("{y}年{m}月{d}日")] {
                prop_assert_eq!(Day::read(&text), Some(stated));
            }
        }
    }
}
