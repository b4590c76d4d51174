//! Numbers, money and days as officials write them, and text made safe for the place where it will stand.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

/// A count with thousands separators: `1,234,567`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count for an axis, in 万 from a hundred thousand on where that is exact to a tenth: `12万`, `120.5万`.
pub fn short_count(number: i64) -> String {
    if number.abs() >= 100_000 && number % 1_000 == 0 {
        let tenths = number / 1_000;
        if tenths % 10 == 0 { format!("{}万", tenths / 10) } else { format!("{:.1}万", tenths as f64 / 10.0) }
    } else {
        count(number)
    }
}

/// Whole fen as yuan with two decimals, exactly: `1,234.50`.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let amount = fen.unsigned_abs();
    format!("{sign}{}.{:02}", count(i64::try_from(amount / 100).unwrap_or(i64::MAX)), amount % 100)
}

/// A ratio as a percentage with two decimals: `0.0123` is `1.23%`.
pub fn percent(ratio: f64) -> String {
    let rounded = (ratio * 10_000.0).round() / 100.0;
    format!("{:.2}%", if rounded == 0.0 { 0.0 } else { rounded })
}

/// A percentage, or a dash where a rate has no denominator.
pub fn rate(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "—".to_owned(), percent)
}

/// A day as it is written in Chinese: `2015年3月1日`.
pub fn day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Text without characters that are no text: control characters, marks that turn the direction of writing, non-characters.
/// A line break or tab becomes a space.
pub fn printable(text: &str) -> Cow<'_, str> {
    let odd = |character: char| {
        character.is_control()
            || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let tidy = text.chars().filter_map(|character| match character {
        '\n' | '\r' | '\t' => Some(' '),
        other if odd(other) => None,
        other => Some(other),
    });
    Cow::Owned(tidy.collect())
}

/// Text as HTML or XML may show it, in an element or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in printable(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text as a cell of a CSV file may hold it: what a spreadsheet would take for a formula gets an apostrophe before it.
pub fn neutral(text: &str) -> Cow<'_, str> {
    let start = text.trim_start_matches([' ', '\u{A0}', '\u{3000}']);
    let formula = start.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Columns that a terminal needs for the text: 2 for a Chinese character or a full-width form, 1 for others.
pub fn width(text: &str) -> usize {
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

fn is_wide(character: char) -> bool {
    matches!(u32::from(character),
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

/// The text and spaces to its right, `columns` wide in a terminal.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Spaces and the text to their right, `columns` wide in a terminal.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text cut to at most `columns` of a terminal, with an ellipsis where something was cut.
pub fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += if is_wide(character) { 2 } else { 1 };
        if used > columns {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The text in lines of at most `columns` of a terminal; a number or a Latin word is kept together where it fits.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        word.push(character);
        let joined = |c: char| c.is_ascii() && c != ' ';
        let goes_on = characters.peek().is_some_and(|next| {
            (joined(character) && joined(*next)) || "，。、；：）”".contains(*next) || "（“".contains(character)
        });
        if goes_on && width(&word) < columns {
            continue;
        }
        if used > 0 && used + width(&word) > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
            if word == " " {
                word.clear();
                continue;
            }
        }
        used += width(&word);
        line.push_str(&word);
        word.clear();
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_to_the_fen() {
        // REQ: FEE-01. The largest sum that fits is as exact as the smallest.
        assert_eq!(yuan(50), "0.50");
        assert_eq!(yuan(123_456_705), "1,234,567.05");
        assert_eq!(yuan(-5), "-0.05");
        assert_eq!(yuan(i64::MAX), "92,233,720,368,547,758.07");
    }

    #[test]
    fn numbers_and_days_are_written_as_offices_write_them() {
        assert_eq!(count(-1_234), "-1,234");
        assert_eq!(count(0), "0");
        assert_eq!(short_count(1_205_000), "120.5万");
        assert_eq!(short_count(120_000), "12万");
        assert_eq!(short_count(99_000), "99,000");
        assert_eq!(percent(0.012_345), "1.23%");
        assert_eq!(percent(-0.000_01), "0.00%");
        assert_eq!(rate(None), "—");
        assert_eq!(day(NaiveDate::from_ymd_opt(2015, 3, 1).unwrap()), "2015年3月1日");
    }

    #[test]
    fn a_formula_is_made_neutral_and_other_text_left_alone() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"] {
            assert!(neutral(hostile).starts_with('\''), "{hostile:?}");
        }
        assert_eq!(neutral("第一小学"), "第一小学");
        assert_eq!(neutral("3-1班"), "3-1班");
    }

    #[test]
    fn hostile_text_is_shown_and_not_obeyed() {
        assert_eq!(
            escape("<script>alert('1')&\"</script>\u{0}\u{202E}"),
            "&lt;script&gt;alert(&#39;1&#39;)&amp;&quot;&lt;/script&gt;"
        );
    }

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(width("学籍ab"), 6);
        assert_eq!(left("学籍", 6), "学籍  ");
        assert_eq!(right("12", 4), "  12");
        assert_eq!(shorten("第一实验小学", 8), "第一实…");
        assert_eq!(shorten("第一", 4), "第一");
        assert_eq!(wrap("大班额 1,234 个，占", 12), ["大班额 1,234", "个，占"]);
        assert_eq!(wrap("", 12), [""]);
    }
}
