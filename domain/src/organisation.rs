//! The tree of the office: authorities of three levels, schools, and the stages and grades their classes belong to.

pub mod grade;

use std::fmt;

use crate::{identity::normalise, written::written_as_text};

/// A stage of schooling (学段).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 小学
    Primary,
    /// 初中
    Junior,
    /// 高中
    Senior,
}

/// How the nine compulsory years are divided (学制).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Schooling {
    /// Six years of primary school, three of junior (六三制).
    #[default]
    SixThree,
    /// Five years of primary school, four of junior (五四制).
    FiveFour,
}

impl Stage {
    /// Every stage, the youngest first.
    pub const ALL: [Stage; 3] = [Stage::Primary, Stage::Junior, Stage::Senior];

    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        match self {
            Stage::Primary => "小学",
            Stage::Junior => "初中",
            Stage::Senior => "高中",
        }
    }

    /// The name in code and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Primary => "primary",
            Stage::Junior => "junior",
            Stage::Senior => "senior",
        }
    }

    /// The stage of a label.
    pub fn from_label(label: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.label() == label)
    }

    /// The stage of a grade of 1–12, six years of primary school supposed.
    pub const fn of_grade(grade: u8) -> Option<Stage> {
        Stage::of_grade_in(Schooling::SixThree, grade)
    }

    /// The stage of a grade of 1–12 under a division of the compulsory years.
    pub const fn of_grade_in(schooling: Schooling, grade: u8) -> Option<Stage> {
        match (schooling, grade) {
            (_, 1..=5) | (Schooling::SixThree, 6) => Some(Stage::Primary),
            (_, 6..=9) => Some(Stage::Junior),
            (_, 10..=12) => Some(Stage::Senior),
            _ => None,
        }
    }

    /// Whether the law obliges every child to go through it (义务教育).
    pub const fn is_compulsory(self) -> bool {
        matches!(self, Stage::Primary | Stage::Junior)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A school identifier (学校标识码) of 10 digits: category, province, serial. Given once, never changed or reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolId([u8; 10]);

impl SchoolId {
    /// Reads 10 digits, in any width, with spaces around them or not.
    pub fn read(text: &str) -> Option<SchoolId> {
        digits(&normalise(text)).map(SchoolId)
    }

    /// The 10 digits.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The category the school had when the code was given (first two digits); not the stage of its pupils.
    pub fn category(&self) -> &str {
        text(&self.0[..2])
    }

    /// The province that gave the code (third and fourth digit), padded to a division.
    pub fn province(&self) -> Division {
        Division([self.0[2], self.0[3], b'0', b'0', b'0', b'0'])
    }
}

impl fmt::Display for SchoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A division code (行政区划码) of 6 digits, as in GB/T 2260.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division([u8; 6]);

impl Division {
    /// Reads 6 digits, or 12 of which the first 6 name the county (forms ask for 12).
    pub fn read(text: &str) -> Option<Division> {
        let text = normalise(text);
        let division = match text.len() {
            6 => Division(digits(&text)?),
            12 => Division(*digits::<12>(&text)?.first_chunk()?),
            _ => return None,
        };
        (division.0[0] != b'0').then_some(division)
    }

    /// The 6 digits.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The province, `xx0000`.
    pub const fn province(self) -> Division {
        let [a, b, ..] = self.0;
        Division([a, b, b'0', b'0', b'0', b'0'])
    }

    /// The prefecture, `xxxx00`; of a province, itself.
    pub const fn prefecture(self) -> Division {
        let [a, b, c, d, ..] = self.0;
        Division([a, b, c, d, b'0', b'0'])
    }

    /// The level of an authority with this code.
    pub const fn level(self) -> AuthorityLevel {
        match self.0 {
            [_, _, b'0', b'0', b'0', b'0'] => AuthorityLevel::Province,
            [_, _, _, _, b'0', b'0'] => AuthorityLevel::Prefecture,
            _ => AuthorityLevel::County,
        }
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The level of an authority (主管单位); schools stand below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorityLevel {
    /// 省
    Province,
    /// 市
    Prefecture,
    /// 县、区
    County,
}

impl AuthorityLevel {
    /// The level that a division code of 6 or 12 digits states by its noughts.
    pub fn of_division(code: &str) -> Option<AuthorityLevel> {
        Division::read(code).map(Division::level)
    }

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            AuthorityLevel::Province => "province",
            AuthorityLevel::Prefecture => "prefecture",
            AuthorityLevel::County => "county",
        }
    }

    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        match self {
            AuthorityLevel::Province => "省",
            AuthorityLevel::Prefecture => "市",
            AuthorityLevel::County => "县",
        }
    }
}

/// The kind of a teaching point (教学点), a small branch of a primary school.
pub const TEACHING_POINT: &str = "教学点";

/// Whether a school kind (学校类别, label or JY/T 1001 code) is one of pre-school education, whose children are refused
/// (皖教基〔2013〕20号 art. 14).
pub fn is_kindergarten(kind: &str) -> bool {
    matches!(&*normalise(kind), "幼儿园" | "附设幼儿班" | "学前班" | "学前教育" | "托儿所" | "11" | "111" | "119")
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: [u8; N] = text.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("read as ASCII digits")
}

written_as_text!(SchoolId, SchoolId::read, SchoolId::as_str, "a school identifier of 10 digits");
written_as_text!(Division, Division::read, Division::as_str, "a division code of 6 digits");
written_as_text!(Stage, Stage::from_label, |stage| stage.label(), "a stage: 小学, 初中, 高中");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_by_their_length() {
        // REQ: ORG-04
        assert_eq!(SchoolId::read(" ２１４２００１６３６ ").unwrap().as_str(), "2142001636");
        assert_eq!(SchoolId::read("2142001636").unwrap().province().as_str(), "420000");
        assert_eq!(SchoolId::read("214200163"), None);
        assert_eq!(SchoolId::read("21420016X6"), None);
        assert_eq!(Division::read("340102000000").unwrap().as_str(), "340102");
        assert_eq!(Division::read("340102").unwrap().prefecture().as_str(), "340100");
        assert_eq!(Division::read("340102").unwrap().province().as_str(), "340000");
        for text in ["", "34010", "3401020", "34010200000", "040102", "34010a", "340102 00000"] {
            assert_eq!(Division::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_noughts_of_a_code_tell_the_level() {
        // REQ: ORG-01
        let level = |code| AuthorityLevel::of_division(code).map(AuthorityLevel::name);
        assert_eq!(level("340000"), Some("province"));
        assert_eq!(level("340100"), Some("prefecture"));
        assert_eq!(level("340102"), Some("county"));
        assert_eq!(level("合肥"), None);
    }

    #[test]
    fn stages_follow_the_division_of_the_years() {
        let of = |schooling| (0..=13).map(|grade| Stage::of_grade_in(schooling, grade)).collect::<Vec<_>>();
        let (p, j, s) = (Some(Stage::Primary), Some(Stage::Junior), Some(Stage::Senior));
        assert_eq!(of(Schooling::SixThree), [None, p, p, p, p, p, p, j, j, j, s, s, s, None]);
        assert_eq!(of(Schooling::FiveFour), [None, p, p, p, p, p, j, j, j, j, s, s, s, None]);
        assert_eq!(Stage::from_label("初中"), j);
    }

    #[test]
    fn kindergartens_are_known_by_label_and_code() {
        // REQ: ORG-09
        assert!(is_kindergarten("幼儿园") && is_kindergarten("111") && !is_kindergarten("小学"));
    }
}
