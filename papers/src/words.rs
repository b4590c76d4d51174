//! Days, grades and names as papers write them, and text made harmless for a page.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

/// How a name stands in a list that is posted (姓名公示方式).
///
/// The measures ask for the list (皖教基〔2013〕20号 art. 31) and say nothing of how; whoever posts it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameMasking {
    /// 全名: as registered.
    Whole,
    /// 隐去中间字: the first and the last character; of two only the first.
    #[default]
    Middle,
    /// 仅留首字: the first character.
    First,
}

impl NameMasking {
    /// The name as the list shows it. The dot of a name such as 阿依古丽·买买提 stays.
    ///
    /// ```
    /// # use papers::NameMasking;
    /// assert_eq!(NameMasking::Middle.shown("王小明"), "王*明");
    /// assert_eq!(NameMasking::Middle.shown("王明"), "王*");
    /// assert_eq!(NameMasking::First.shown("欧阳小明"), "欧***");
    /// ```
    pub fn shown(self, name: &str) -> String {
        let places = name.chars().count();
        let keeps_last = self == NameMasking::Middle && places > 2;
        let hidden = |(at, character): (usize, char)| {
            let kept = at == 0 || (keeps_last && at + 1 == places) || matches!(character, '·' | '•' | '‧' | '.');
            if kept { character } else { '*' }
        };
        match self {
            NameMasking::Whole => name.to_owned(),
            NameMasking::Middle | NameMasking::First => name.chars().enumerate().map(hidden).collect(),
        }
    }

    /// How the foot of the list tells it.
    pub const fn label(self) -> &'static str {
        match self {
            NameMasking::Whole => "姓名全文公示",
            NameMasking::Middle => "姓名隐去中间字",
            NameMasking::First => "姓名仅留首字",
        }
    }
}

/// A day as papers write it: `2015年3月1日`.
pub fn day(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day_of_month())
}

/// A year and month: `2015年3月`.
pub(crate) fn month(day: Day) -> String {
    format!("{}年{}月", day.year(), day.month())
}

/// The place of a day that a hand will write.
pub(crate) const BLANK_DAY: &str = "　　年　　月　　日";

/// A day, or its place.
pub(crate) fn day_or_blank(day_given: Option<Day>) -> String {
    day_given.map_or_else(|| BLANK_DAY.to_owned(), day)
}

/// A grade as people call it (年级); any beyond the twelve by its number.
pub(crate) fn grade(grade: u8) -> String {
    const NAMES: [&str; 12] = [
        "一年级",
        "二年级",
        "三年级",
        "四年级",
        "五年级",
        "六年级",
        "七年级",
        "八年级",
        "九年级",
        "高一年级",
        "高二年级",
        "高三年级",
    ];
    let name = usize::from(grade).checked_sub(1).and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("{grade}年级"), |&name| name.to_owned())
}

/// Grade and class, without the grade where the class's name already tells it.
pub(crate) fn grade_and_class(grade_of: u8, class: &str) -> String {
    let grade = grade(grade_of);
    if class.contains(&grade) { class.to_owned() } else { format!("{grade}{class}") }
}

/// Text as a page may show it. What shows nothing and could turn or hide its neighbours (control characters, marks of direction,
/// zero-width and non-characters, private use) is written out as its code, so that it is seen and does nothing. A tab is a space.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' => plain.push('\n'),
            '\t' | '\r' | '\u{A0}' => plain.push(' '),
            odd if is_odd(odd) => plain.push_str(&format!("〔{}〕", code(odd))),
            other => plain.push(other),
        }
    }
    plain
}

/// The code of a character: `U+20BB7`.
pub(crate) fn code(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn is_odd(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
            | 0x2060..=0x206F | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0xE0000..)
        || u32::from(character) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_name_keeps_what_its_policy_says() {
        // REQ: CLS-03
        for (name, middle, first) in [
            ("王小明", "王*明", "王**"),
            ("王明", "王*", "王*"),
            ("王", "王", "王"),
            ("", "", ""),
            ("阿依古丽·买买提", "阿***·**提", "阿***·***"),
        ] {
            assert_eq!(NameMasking::Middle.shown(name), middle);
            assert_eq!(NameMasking::First.shown(name), first);
            assert_eq!(NameMasking::Whole.shown(name), name);
        }
    }

    #[test]
    fn what_shows_nothing_is_written_out() {
        assert_eq!(plain("王\u{202e}明\u{0}"), "王〔U+202E〕明〔U+0000〕");
        assert_eq!(plain("=<b>'𠮷&\"\t阿·买"), "=<b>'𠮷&\" 阿·买");
        assert_eq!(plain("a\r\nb\u{2028}"), "a\nb〔U+2028〕");
    }

    #[test]
    fn grades_have_their_names() {
        assert_eq!(
            (grade(1), grade(12), grade(13), grade(0)),
            ("一年级".into(), "高三年级".into(), "13年级".into(), "0年级".into())
        );
        assert_eq!(grade_and_class(7, "（2）班"), "七年级（2）班");
        assert_eq!(grade_and_class(7, "七年级（2）班"), "七年级（2）班");
    }
}
