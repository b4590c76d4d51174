//! Grades (年级), 1–12 through the three stages, as files write them.

use crate::identity::normalise;

/// Reads a grade: `7`, `07`, `七年级`, `7年级`, `初一`, `初中一年级`, `高二`, `小学一年级`.
///
/// Two digits above 12 are refused: `21` is a key of stage and grade in some files, and 11 and 12 would be grades in the others.
/// Years of entry (`2013级`) and class names (`一年级1班`) are no grades.
pub fn read(text: &str) -> Option<u8> {
    let text = normalise(text);
    if let bytes @ ([_] | [_, _]) = text.as_bytes() {
        return in_stage(number(std::str::from_utf8(bytes).ok()?)?, 0, 12);
    }
    let (text, base, years) = match text.strip_prefix("小学").or_else(|| text.strip_prefix('小')) {
        Some(rest) => (rest, 0, 6),
        None => match text.strip_prefix("初中").or_else(|| text.strip_prefix('初')) {
            Some(rest) => (rest, 6, 3),
            None => match text.strip_prefix("高中").or_else(|| text.strip_prefix('高')) {
                Some(rest) => (rest, 9, 3),
                None => (&*text, 0, 12),
            },
        },
    };
    let year = match text.strip_suffix("年级") {
        Some(year) => number(year)?,
        None if 0 < base || years == 6 => number(text)?,
        None => return None,
    };
    // 初中七年级 counts from the first year of schooling, 初中一年级 from the first of the stage.
    let within = in_stage(year, base, years);
    within.or_else(|| (base < year && year <= base + years).then_some(year))
}

fn in_stage(year: u8, base: u8, years: u8) -> Option<u8> {
    (1..=years).contains(&year).then_some(base + year)
}

fn number(text: &str) -> Option<u8> {
    Some(match text {
        "一" => 1,
        "二" => 2,
        "三" => 3,
        "四" => 4,
        "五" => 5,
        "六" => 6,
        "七" => 7,
        "八" => 8,
        "九" => 9,
        "十" => 10,
        "十一" => 11,
        "十二" => 12,
        digits if (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_grade() {
        let cases = [
            ("1", 1),
            ("12", 12),
            ("11", 11),
            ("07", 7),
            (" ７ ", 7),
            ("一年级", 1),
            ("九年级", 9),
            ("7年级", 7),
            ("十二年级", 12),
            ("小学一年级", 1),
            ("小六", 6),
            ("初一", 7),
            ("初三", 9),
            ("初中一年级", 7),
            ("初中七年级", 7),
            ("高一", 10),
            ("高中三年级", 12),
            ("高中十年级", 10),
            ("小学1年级", 1),
        ];
        for (text, grade) in cases {
            assert_eq!(read(text), Some(grade), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_grades_is_none() {
        for text in [
            "",
            "0",
            "13",
            "16",
            "21",
            "23",
            "31",
            "33",
            "年级",
            "零年级",
            "初四",
            "高四",
            "小七",
            "2013级",
            "一年级1班",
            "小学",
            "初",
            "-1",
            "1.0",
            "学前班",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
