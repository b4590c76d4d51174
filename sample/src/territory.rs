//! The tree: the province, its prefectures and counties, their schools and classes.

mod unit;

use crate::{
    chance::Chance,
    plan::{Layout, Plan},
    words::SCHOOL_NAMES,
};

pub(crate) use unit::{Unit, division_name, sources, units, units_of};

/// A kind of school (学校类别) of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 小学
    Primary,
    /// 教学点
    Point,
    /// 初级中学
    Junior,
    /// 九年一贯制学校
    NineYear,
    /// 完全中学
    Complete,
    /// 高级中学
    Senior,
    /// 特殊教育学校
    Special,
}

impl Kind {
    /// The label of the contract.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Kind::Primary => "小学",
            Kind::Point => "教学点",
            Kind::Junior => "初级中学",
            Kind::NineYear => "九年一贯制学校",
            Kind::Complete => "完全中学",
            Kind::Senior => "高级中学",
            Kind::Special => "特殊教育学校",
        }
    }

    /// The first two digits of the school identifier.
    fn prefix(self) -> u64 {
        match self {
            Kind::Primary | Kind::Point => 21,
            Kind::Junior | Kind::NineYear => 31,
            Kind::Complete | Kind::Senior => 34,
            Kind::Special => 51,
        }
    }

    /// The lowest and the highest grade.
    pub(crate) fn grades(self) -> (u8, u8) {
        match self {
            Kind::Primary => (1, 6),
            Kind::Point => (1, 3),
            Kind::Junior => (7, 9),
            Kind::NineYear | Kind::Special => (1, 9),
            Kind::Complete => (7, 12),
            Kind::Senior => (10, 12),
        }
    }

    /// Whether a school of this kind takes newcomers into a grade in September.
    pub(crate) fn takes_into(self, grade: u8) -> bool {
        self.grades().0 == grade || (self == Kind::Complete && grade == 10)
    }

    /// How many classes a grade has at least, and how many more at most.
    fn breadth(self) -> (usize, usize) {
        match self {
            Kind::Primary => (2, 4),
            Kind::Point | Kind::Special => (1, 1),
            Kind::Junior | Kind::Complete => (4, 4),
            Kind::NineYear => (2, 2),
            Kind::Senior => (6, 5),
        }
    }
}

/// A school.
#[derive(Debug, Clone)]
pub(crate) struct School {
    /// The identifier (学校标识码), 10 digits.
    pub(crate) id: u64,
    /// The name.
    pub(crate) name: String,
    /// The index of the unit that runs it.
    pub(crate) unit: usize,
    /// Its kind.
    pub(crate) kind: Kind,
    /// The central school that keeps its records (学区中心校), by index.
    pub(crate) parent: Option<u32>,
    /// Whether it is run privately (民办).
    pub(crate) private: bool,
    /// 驻地城乡类型, the code.
    pub(crate) urban_rural: &'static str,
    /// Its classes, closed ones too.
    pub(crate) classes: Vec<Class>,
}

/// A class.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    /// The number within the school (班号): the year of founding and two digits.
    pub(crate) id: u32,
    /// The grade.
    pub(crate) grade: u8,
    /// The calendar year of whose September it is.
    pub(crate) founded: i32,
    /// Whether it still has lessons.
    pub(crate) open: bool,
    /// Whether it is on paper only: no pupils and no homeroom teacher.
    pub(crate) hollow: bool,
    /// Pupils 在读.
    pub(crate) enrolled: u32,
    /// Records of any status that name it.
    pub(crate) listed: u32,
}

impl Class {
    /// Whether the source lists it.
    pub(crate) fn is_listed(&self) -> bool {
        self.open || self.listed > 0
    }
}

impl School {
    /// Opens a class of a grade; one founded in this year's September gets that year's next number.
    pub(crate) fn found(&mut self, grade: u8, founded: i32) -> u16 {
        // Two intakes of one school in one year are told apart by the second one's numbers from 51 on.
        let first = if self.kind == Kind::Complete && (10..=12).contains(&grade) { 51 } else { 1 };
        let base = founded as u32 * 100 + first;
        let id =
            self.classes.iter().filter(|class| (base..base + 50).contains(&class.id)).map(|class| class.id + 1).max();
        self.classes.push(Class {
            id: id.unwrap_or(base),
            grade,
            founded,
            open: true,
            hollow: false,
            enrolled: 0,
            listed: 0,
        });
        (self.classes.len() - 1) as u16
    }

    /// The open classes of a grade that have lessons, by index.
    pub(crate) fn classes_of(&self, grade: u8) -> impl Iterator<Item = u16> {
        self.classes
            .iter()
            .enumerate()
            .filter(move |(_, class)| class.open && !class.hollow && class.grade == grade)
            .map(|(index, _)| index as u16)
    }

    /// One of them.
    pub(crate) fn any_class_of(&self, grade: u8, chance: &mut Chance) -> Option<u16> {
        let n = self.classes_of(grade).count();
        self.classes_of(grade).nth(chance.below(n))
    }
}

/// How many pupils a class of a school is filled with.
pub(crate) fn class_size(kind: Kind, grade: u8, small: bool, chance: &mut Chance) -> u64 {
    let about = |mean: usize, spread: usize, chance: &mut Chance| {
        mean - spread + chance.below(spread + 1) + chance.below(spread + 1)
    };
    let size = match kind {
        Kind::Point => about(9, 4, chance),
        Kind::Special => about(8, 2, chance),
        _ if small => about(9, 2, chance),
        _ => {
            let (mean, spread) = if grade <= 6 { (43, 8) } else { (49, 6) };
            let crowd = match chance.below(1000) {
                0..15 => 22 + chance.below(6),
                15..100 => 10 + chance.below(5),
                _ => 0,
            };
            about(mean, spread, chance) + crowd
        }
    };
    size as u64
}

/// A school with the number of pupils each of its classes starts with.
pub(crate) struct Opening {
    /// The school.
    pub(crate) school: School,
    /// Pupils by class.
    pub(crate) sizes: Vec<u64>,
}

/// Builds the schools of a unit, one after another, until its pupils are placed.
pub(crate) fn build(plan: &Plan, unit_index: usize, unit: &Unit, first_school: u32, each: &mut dyn FnMut(Opening)) {
    const COUNTY: [Kind; 11] = [
        Kind::Primary,
        Kind::Point,
        Kind::Junior,
        Kind::Primary,
        Kind::Complete,
        Kind::Point,
        Kind::Primary,
        Kind::NineYear,
        Kind::Senior,
        Kind::Primary,
        Kind::Junior,
    ];
    const CITY: [Kind; 5] = [Kind::Complete, Kind::Special, Kind::Primary, Kind::Senior, Kind::Junior];
    let small = plan.layout == Layout::Small;
    let year = plan.school_year();
    let mut chance = Chance::of(plan.seed, &[1, u64::from(unit.code)]);
    let mut left = unit.quota();
    let mut primary = None;
    let mut crowded = small && unit.code == 340_181;
    for number in 0.. {
        if left == 0 {
            break;
        }
        let kind = if unit.is_prefecture() { CITY[number % CITY.len()] } else { COUNTY[number % COUNTY.len()] };
        let index = first_school + number as u32;
        let mut school = start(unit_index, unit, kind, number, primary, &mut chance);
        if kind == Kind::Primary {
            primary = Some(index);
        }
        let mut sizes = Vec::new();
        let (low, high) = kind.grades();
        let (least, more) = match (small, unit.code / 100) {
            (true, 3402) => (2, 1),
            (true, _) => (1, 1),
            (false, _) => kind.breadth(),
        };
        let breadth = least + chance.below(more);
        'grades: for grade in low..=high {
            let stage_start = if grade >= 10 && kind == Kind::Complete { 10 } else { low };
            for _ in 0..breadth {
                if left == 0 {
                    break 'grades;
                }
                let mut size = class_size(kind, grade, small, &mut chance);
                if crowded {
                    size = [55, 71, 86].get(sizes.len()).copied().unwrap_or(size);
                }
                let size = size.min(left);
                left -= size;
                school.found(grade, year - i32::from(grade - stage_start));
                sizes.push(size);
            }
        }
        crowded = false;
        if number == 0 && plan.flaws && !unit.is_prefecture() {
            let hollow = school.found(low, year);
            school.classes[usize::from(hollow)].hollow = true;
            sizes.push(0);
        }
        each(Opening { school, sizes });
    }
}

fn start(
    unit_index: usize,
    unit: &Unit,
    kind: Kind,
    number: usize,
    primary: Option<u32>,
    chance: &mut Chance,
) -> School {
    let id = kind.prefix() * 100_000_000 + 34_000_000 + school_serial(unit, number);
    let place = *chance.pick(&SCHOOL_NAMES);
    let (tail, parent) = match kind {
        Kind::Primary => ("小学", None),
        Kind::Point => ("教学点", primary),
        Kind::Junior => ("初级中学", None),
        Kind::NineYear => ("九年制学校", None),
        Kind::Complete => ("中学", None),
        Kind::Senior => ("高级中学", None),
        Kind::Special => ("特殊教育学校", None),
    };
    let urban = unit.is_prefecture() || unit.code % 100 < 20;
    let urban_rural = match (urban, kind) {
        (true, _) => *chance.pick(&["111", "111", "112"]),
        (false, Kind::Point) => "220",
        (false, _) => *chance.pick(&["121", "121", "122", "210", "220"]),
    };
    School {
        id,
        name: format!("{}{place}{}{tail}", unit.name, ordinal(number)),
        unit: unit_index,
        kind,
        parent,
        private: chance.happens(80),
        urban_rural,
        classes: Vec::new(),
    }
}

/// The six digits of a school: its prefecture's digit, its county's two and its number within the unit.
fn school_serial(unit: &Unit, number: usize) -> u64 {
    let code = u64::from(unit.code % 10_000);
    code / 100 * 100_000 + code % 100 * 1_000 + number as u64 % 1_000
}

fn ordinal(number: usize) -> String {
    const DIGITS: [&str; 10] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let text = (number + 1).to_string();
    let digits: String = text.bytes().map(|byte| DIGITS[usize::from(byte - b'0')]).collect();
    format!("第{digits}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_pupil_has_a_place_and_every_school_a_number_of_its_own() {
        for plan in [Plan::default(), Plan::small(1), Plan::single_source(30_000)] {
            let names = sources(&units_of(plan.layout));
            let units = units(&plan, &names, "340103");
            let (mut ids, mut places, mut first) = (BTreeSet::new(), 0, 0);
            for (index, unit) in units.iter().enumerate() {
                build(&plan, index, unit, first, &mut |opening| {
                    assert_eq!(opening.school.id.to_string().len(), 10);
                    assert!(ids.insert(opening.school.id));
                    let classes: BTreeSet<u32> = opening.school.classes.iter().map(|class| class.id).collect();
                    assert_eq!(classes.len(), opening.sizes.len());
                    places += opening.sizes.iter().sum::<u64>();
                    first += 1;
                });
            }
            assert_eq!(places, plan.students);
        }
    }
}
