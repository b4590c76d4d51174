//! Money, exact to the fen (分).

use std::{fmt, str::FromStr};

use crate::identity::normalise;

/// An amount of whole fen; 100 are one yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fen(pub i64);

/// Text that is no amount of yuan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an amount of yuan such as 1234.50")]
pub struct MoneyError {
    text: String,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// Reads yuan: `1234.50`, `1,234.5`, `¥0.50`, `1234元`. Parts of a fen are refused, and so is what 64 bits can't hold.
    pub fn read(text: &str) -> Option<Fen> {
        let text = normalise(text);
        let text = text.strip_suffix('元').unwrap_or(&text).trim_end();
        let (text, negative) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        let text = text.strip_prefix(['¥', '￥']).unwrap_or(text).trim_start();
        let (yuan, fen) = text.split_once('.').map_or((text, None), |(yuan, fen)| (yuan, Some(fen)));
        let yuan = whole(yuan)?;
        let fen = fen.map_or(Some(0), fraction)?;
        let sum = yuan.checked_mul(100)?.checked_add(fen)?;
        Some(Fen(if negative { -sum } else { sum }))
    }

    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// The difference, unless it overflows.
    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// So many times the amount, unless it overflows.
    pub fn checked_mul(self, times: i64) -> Option<Fen> {
        self.0.checked_mul(times).map(Fen)
    }

    /// The sum of amounts, unless it overflows.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }
}

/// Digits, which may be grouped by commas in threes.
fn whole(text: &str) -> Option<i64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = text.contains(',');
    if !is_digits(first) || (grouped && 3 < first.len()) || groups.any(|group| group.len() != 3 || !is_digits(group)) {
        return None;
    }
    text.bytes()
        .filter(u8::is_ascii_digit)
        .try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

/// The fen of the places behind the point; places beyond the second must be noughts.
fn fraction(places: &str) -> Option<i64> {
    if places.is_empty() || !places.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digit = |at: usize| i64::from(places.as_bytes().get(at).map_or(0, |byte| byte - b'0'));
    places.bytes().skip(2).all(|byte| byte == b'0').then(|| digit(0) * 10 + digit(1))
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", fen / 100, fen % 100))
    }
}

impl FromStr for Fen {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Fen, MoneyError> {
        Fen::read(text).ok_or_else(|| MoneyError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_are_read_to_the_fen() {
        // REQ: FEE-01
        let cases = [
            ("1234.50", 123_450),
            ("1,234.5", 123_450),
            ("0.5", 50),
            ("0.50", 50),
            ("0.500", 50),
            ("12", 1_200),
            ("-0.05", -5),
            (" １２．５０ ", 1_250),
            ("¥3.00", 300),
            ("3元", 300),
            ("1,000,000", 100_000_000),
        ];
        for (text, fen) in cases {
            assert_eq!(Fen::read(text), Some(Fen(fen)), "{text}");
        }
        for text in
            ["", "0.005", ".5", "5.", "1.2.3", "1,23", "12,34,567", "1e3", "--1", "一元", "92233720368547758.08", "NaN"]
        {
            assert_eq!(Fen::read(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_plainly() {
        assert_eq!(Fen(123_450).to_string(), "1234.50");
        assert_eq!(Fen(-5).to_string(), "-0.05");
        assert_eq!(Fen(i64::MIN).to_string(), "-92233720368547758.08");
        assert_eq!(format!("{:>8}", Fen(50)), "    0.50");
    }

    #[test]
    fn arithmetic_never_wraps() {
        assert_eq!(Fen(50).checked_mul(8_000_000), Some(Fen(400_000_000)));
        assert_eq!(Fen(i64::MAX).checked_add(Fen(1)), None);
        assert_eq!(Fen::sum([Fen(1), Fen(2)]), Some(Fen(3)));
        assert_eq!(Fen::sum([Fen(i64::MAX), Fen(2)]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fen in -9_000_000_000_000_000i64..9_000_000_000_000_000) {
            prop_assert_eq!(Fen::read(&Fen(fen).to_string()), Some(Fen(fen)));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}") {
            let _ = Fen::read(&text);
        }
    }
}
