//! How one cell of each kind reads. Pure functions of the text; a clean cell costs no allocation.

use std::borrow::Cow;

use domain::{
    calendar::{Day, Month},
    code::CodeList,
    identity::{IdNo, StudentNo, is_mangled, normalise},
    money::Fen,
    organisation::{self, Division, SchoolId},
};

/// How a cell of a text column reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading<'a> {
    /// As it stands.
    Same,
    /// As another text.
    As(Cow<'a, str>),
    /// Empty, or blank.
    Missing,
    /// Not of its kind.
    Unreadable,
    /// A number that a spreadsheet has damaged.
    Mangled,
    /// A word of kindergarten (ORG-09).
    Kindergarten,
    /// Outside its code list.
    Unlisted(Cow<'a, str>),
}

/// How a cell of a column of numbers or days reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number<T> {
    Is(T),
    Missing,
    Unreadable,
    Kindergarten,
}

impl<T> Number<T> {
    fn of(value: Option<T>) -> Number<T> {
        value.map_or(Number::Unreadable, Number::Is)
    }

    /// The same of another value.
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Number<U> {
        match self {
            Number::Is(value) => Number::Is(to(value)),
            Number::Missing => Number::Missing,
            Number::Unreadable => Number::Unreadable,
            Number::Kindergarten => Number::Kindergarten,
        }
    }
}

/// Free text: outer blanks go, full-width digits and letters become plain. Punctuation stays as the writer has it.
pub(super) fn text(value: &str) -> Reading<'_> {
    let trimmed = value.trim_matches(is_blank);
    if trimmed.is_empty() {
        Reading::Missing
    } else if trimmed.is_ascii() || !trimmed.contains(is_wide) {
        settled(value, Cow::Borrowed(trimmed))
    } else {
        Reading::As(trimmed.chars().map(narrow).collect::<String>().into())
    }
}

fn is_blank(char: char) -> bool {
    char.is_whitespace() || char.is_control() || matches!(char, '\u{FEFF}' | '\u{200B}' | '\u{2060}')
}

fn is_wide(char: char) -> bool {
    matches!(char, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

fn narrow(char: char) -> char {
    match is_wide(char) {
        true => char::from_u32(u32::from(char) - 0xFEE0).unwrap_or(char),
        false => char,
    }
}

fn settled<'a>(value: &'a str, read: Cow<'a, str>) -> Reading<'a> {
    if *read == *value { Reading::Same } else { Reading::As(read) }
}

fn plain(value: &str) -> Option<Cow<'_, str>> {
    Some(normalise(value)).filter(|text| !text.is_empty())
}

/// A code by which something is named (班号, 变动编号): never a number to a spreadsheet.
pub(super) fn code(value: &str) -> Reading<'_> {
    match plain(value) {
        None => Reading::Missing,
        Some(code) if is_mangled(&code) => Reading::Mangled,
        Some(code) => settled(value, code),
    }
}

/// Digits that name nothing in these tables (telephone numbers): damaged ones are let go.
pub(super) fn digits(value: &str) -> Reading<'_> {
    match code(value) {
        Reading::Mangled => Reading::Unreadable,
        reading => reading,
    }
}

/// A registration number (学籍号).
pub(super) fn student_no(value: &str) -> Reading<'_> {
    if let [b'G' | b'L' | b'J', number @ ..] = value.as_bytes()
        && has_id_shape(number)
    {
        return Reading::Same;
    }
    let Some(text) = plain(value) else { return Reading::Missing };
    match StudentNo::read(&text) {
        Some(number) => Reading::As(number.as_str().to_owned().into()),
        None if is_mangled(&text) => Reading::Mangled,
        None => Reading::Unreadable,
    }
}

/// The number of an identity document. What kind of document it is stands in another column, so any text may be right.
pub(super) fn id_no(value: &str) -> Reading<'_> {
    if has_id_shape(value.as_bytes()) && !value.ends_with("000") {
        return Reading::Same;
    }
    let Some(text) = plain(value) else { return Reading::Missing };
    if is_mangled(&text) {
        return Reading::Mangled;
    }
    match IdNo::read(&text) {
        Ok(number) => settled(value, Cow::Owned(number.as_str().to_owned())),
        Err(_) => settled(value, text),
    }
}

fn has_id_shape(number: &[u8]) -> bool {
    matches!(number, [digits @ .., b'0'..=b'9' | b'X'] if digits.len() == 17 && digits.iter().all(u8::is_ascii_digit))
}

/// A school identifier (学校标识码).
pub(super) fn school_id(value: &str) -> Reading<'_> {
    match (plain(value), SchoolId::read(value)) {
        (None, _) => Reading::Missing,
        (Some(text), Some(_)) => settled(value, text),
        (Some(text), None) if is_mangled(&text) => Reading::Mangled,
        (Some(_), None) => Reading::Unreadable,
    }
}

/// A division code of 6 digits; 12 are cut to 6.
pub(super) fn division(value: &str) -> Reading<'_> {
    match (plain(value), Division::read(value)) {
        (None, _) => Reading::Missing,
        (Some(_), Some(division)) => settled(value, division.as_str().to_owned().into()),
        (Some(_), None) => Reading::Unreadable,
    }
}

/// A division code by which a unit is named.
pub(super) fn division_code(value: &str) -> Reading<'_> {
    match division(value) {
        Reading::Unreadable if is_mangled(value) => Reading::Mangled,
        reading => reading,
    }
}

/// A month, as `YYYY-MM`.
pub(super) fn month(value: &str) -> Reading<'_> {
    match plain(value) {
        None => Reading::Missing,
        Some(text) => match Month::read(&text) {
            Some(month) => settled(value, month.to_string().into()),
            None => Reading::Unreadable,
        },
    }
}

/// 是 or 否.
pub(super) fn yes_no(value: &str) -> Reading<'_> {
    let Some(text) = plain(value) else { return Reading::Missing };
    let read = match &*text {
        "是" | "1" | "Y" | "y" | "true" | "TRUE" | "True" | "有" => "是",
        "否" | "0" | "N" | "n" | "false" | "FALSE" | "False" | "无" => "否",
        _ => return Reading::Unreadable,
    };
    settled(value, read.into())
}

/// The label that a label, an alias or a code of a list stands for.
pub(super) fn label<'a>(value: &'a str, list: &'static CodeList) -> Reading<'a> {
    let Some(text) = plain(value) else { return Reading::Missing };
    match list.label_of(&text) {
        Some(label) => settled(value, label.into()),
        None => Reading::Unlisted(text),
    }
}

/// The kind of a school: kindergartens keep no registration records (ORG-09).
pub(super) fn school_kind<'a>(value: &'a str, list: &'static CodeList) -> Reading<'a> {
    match label(value, list) {
        Reading::Same if is_kindergarten(value) => Reading::Kindergarten,
        Reading::As(kind) | Reading::Unlisted(kind) if is_kindergarten(&kind) => Reading::Kindergarten,
        reading => reading,
    }
}

fn is_kindergarten(kind: &str) -> bool {
    organisation::is_kindergarten(kind) || kind.contains("幼儿")
}

/// The years of a kindergarten.
fn is_kindergarten_year(grade: &str) -> bool {
    ["大班", "中班", "小班", "托班", "学前", "幼儿"].iter().any(|word| grade.contains(word))
}

/// A calendar day, as days since 1970-01-01.
pub(super) fn day(value: &str) -> Number<i32> {
    if value.is_empty() {
        return Number::Missing;
    }
    match Day::read(value) {
        Some(day) => Number::Is(day.epoch_days()),
        None if plain(value).is_none() => Number::Missing,
        None => Number::Unreadable,
    }
}

/// A grade. The years of a kindergarten are none (ORG-09).
pub(super) fn grade(value: &str) -> Number<i32> {
    match plain(value) {
        None => Number::Missing,
        Some(text) => match organisation::grade::read(&text) {
            Some(grade) => Number::Is(i32::from(grade)),
            None if is_kindergarten_year(&text) => Number::Kindergarten,
            None => Number::Unreadable,
        },
    }
}

/// A whole number, not negative; `6.0` is 6.
pub(super) fn count(value: &str) -> Number<i32> {
    match plain(value) {
        None => Number::Missing,
        Some(text) => {
            let whole =
                text.split_once('.').map_or(&*text, |(whole, rest)| match rest.bytes().all(|byte| byte == b'0') {
                    true => whole,
                    false => &text,
                });
            Number::of(
                whole.parse().ok().filter(|count| 0 <= *count && whole.bytes().all(|byte| byte.is_ascii_digit())),
            )
        }
    }
}

/// A decimal number, written plainly.
pub(super) fn decimal(value: &str) -> Number<f64> {
    match plain(value) {
        None => Number::Missing,
        Some(text) => {
            let plainly = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'));
            Number::of(text.parse().ok().filter(|number: &f64| plainly && number.is_finite()))
        }
    }
}

/// An amount of yuan, as fen.
pub(super) fn fen(value: &str) -> Number<i64> {
    match plain(value) {
        None => Number::Missing,
        Some(text) => Number::of(Fen::read(&text).map(|fen| fen.0)),
    }
}
