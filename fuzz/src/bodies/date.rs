//! Days and months: what is read is what the digits say, and nothing else is.

use domain::{
    calendar::{Day, Month},
    identity::normalise,
};

/// Asserts that a day that is read is spelt out by the text, is read back from every form we write, and depends on nothing but the text as
/// it should have been typed; and the same of a month.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let tidy = normalise(text).into_owned();
    assert_eq!(Day::read(&tidy), Day::read(text), "normalised text reads otherwise");
    assert_eq!(Month::read(&tidy), Month::read(text), "normalised text reads otherwise");
    if let Some(day) = Day::read(text) {
        assert!((1900..=2199).contains(&day.year()), "{day} is no day of a registration office");
        assert!(spells(&tidy, day), "{text:?} does not spell {day}");
        let (y, m, d) = (day.year(), day.month(), day.day_of_month());
        for form in [
            day.to_string(),
            format!("{y}{m:02}{d:02}"),
            format!("{y}/{m}/{d}"),
            format!("{y}.{m}.{d}"),
            format!("{y}年{m}月{d}日"),
            format!("{day} 00:00:00"),
        ] {
            assert_eq!(Day::read(&form), Some(day), "{form}");
        }
        assert_eq!(day.to_string().parse(), Ok(day));
        let month = Month::read(text);
        assert!(month.is_none() || month == Some(Month::of(day)), "{text:?} is {day} and {month:?}");
    }
    if let Some(month) = Month::read(text) {
        for form in [month.to_string(), format!("{}年{}月", month.year(), month.month())] {
            assert_eq!(Month::read(&form), Some(month), "{form}");
        }
        let runs = runs(&tidy);
        let spelt = runs.first().is_some_and(|first| {
            let year = month.year().to_string();
            first.len() == 5 || first.starts_with(&year) && first.len() != 7
        });
        assert!(spelt, "{text:?} does not spell {month}");
    }
    if let Ok(day) = text.parse::<Day>() {
        assert_eq!(day.to_string(), text, "ISO text is written in one way only");
    }
}

/// Whether the digits of a text are year, month and day in this order with nothing but zeros behind them, or a serial.
fn spells(text: &str, day: Day) -> bool {
    let parts = [day.year().to_string(), day.month().to_string(), day.day_of_month().to_string()];
    let bare = |run: &String| run.trim_start_matches('0').to_owned();
    let runs = runs(text);
    let (date, time) = match runs.as_slice() {
        [serial] if serial.len() == 5 => return true,
        [digits, time @ ..] if digits.len() == 8 => {
            (vec![digits[..4].to_owned(), digits[4..6].to_owned(), digits[6..].to_owned()], time)
        }
        [year, month, day, time @ ..] => (vec![year.clone(), month.clone(), day.clone()], time),
        _ => return false,
    };
    date.iter().map(bare).eq(parts) && time.iter().all(|run| run.bytes().all(|digit| digit == b'0'))
}

/// The runs of digits of a text.
fn runs(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect()
}
