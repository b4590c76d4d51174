//! The tree of the office: authorities, schools and their branches, classes, terms and delegations (ORG-01…ORG-05, ORG-08).

use std::collections::{BTreeMap, HashMap};

use domain::{
    calendar::{Day, Month},
    organisation::{Division, SchoolId, Schooling, Stage, is_kindergarten},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::unit::Unit;

/// An authority (主管单位, ORG-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// 单位代码
    pub id: Division,
    /// 单位名称
    pub name: String,
    /// 上级单位; only the province has none
    #[serde(default)]
    pub parent: Option<Division>,
    /// 行政区划码
    pub division: Division,
    /// 单位地址
    #[serde(default)]
    pub address: String,
    /// 所在地区类别
    #[serde(default)]
    pub area_kind: String,
    /// 所在地经济属性
    #[serde(default)]
    pub economic_attribute: String,
    /// 所在地民族属性
    #[serde(default)]
    pub ethnic_attribute: String,
    /// 联系电话
    #[serde(default)]
    pub phone: String,
}

/// A school (学校, ORG-04, ORG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    /// 学校标识码
    pub id: SchoolId,
    /// 学校名称
    pub name: String,
    /// 学校编码
    #[serde(default)]
    pub code: String,
    /// 主管单位; a prefecture may run schools itself (直管学校)
    pub authority: Division,
    /// 上级学校: the central school that keeps the records of this branch or teaching point (ORG-02)
    #[serde(default)]
    pub parent: Option<SchoolId>,
    /// 学校类别, a label of the export contract
    pub kind: String,
    /// 学校办别
    pub ownership: String,
    /// 驻地城乡类型
    pub urban_rural: String,
    /// 学制: years of schooling
    #[serde(default)]
    pub years: Option<u8>,
    /// 联系电话
    #[serde(default)]
    pub phone: String,
    /// 行政区划码
    #[serde(default)]
    pub division: Option<Division>,
    /// Whether the nine years are divided five and four (五四制).
    #[serde(default)]
    pub five_four: bool,
    /// The day on which it was merged or closed (合并、撤销).
    #[serde(default)]
    pub closed_on: Option<Day>,
    /// Who has its records since.
    #[serde(default)]
    pub successor: Option<Unit>,
}

impl School {
    /// How the school divides the compulsory years.
    pub const fn schooling(&self) -> Schooling {
        if self.five_four { Schooling::FiveFour } else { Schooling::SixThree }
    }

    /// The grades it teaches by its kind (学校类别); empty for a kind whose pupils have no grades of 1–12.
    pub fn grades(&self) -> std::ops::RangeInclusive<u8> {
        let primary_end = if self.five_four { 5 } else { 6 };
        match self.kind.as_str() {
            "小学" => 1..=primary_end,
            // Many a teaching point ends before the last grade of primary school.
            domain::organisation::TEACHING_POINT => 1..=self.years.map_or(primary_end, |years| years.min(primary_end)),
            "初级中学" => primary_end + 1..=9,
            "九年一贯制学校" => 1..=9,
            "完全中学" => primary_end + 1..=12,
            "高级中学" | "中等职业学校" => 10..=12,
            "十二年一贯制学校" | "特殊教育学校" => 1..=12,
            "工读学校" => 4..=12,
            _ => std::ops::RangeInclusive::new(1, 0),
        }
    }

    /// Whether it teaches a grade.
    pub fn teaches(&self, grade: u8) -> bool {
        self.grades().contains(&grade)
    }

    /// The last grade of a pupil's stage here: after it he finishes or, in a school of both stages, goes on.
    pub fn stage_of(&self, grade: u8) -> Option<Stage> {
        Stage::of_grade_in(self.schooling(), grade)
    }

    /// Whether it is a school of secondary vocational education (中等职业学校).
    pub fn is_vocational(&self) -> bool {
        self.kind == "中等职业学校"
    }

    /// Whether it is a school of special education (特殊教育学校).
    pub fn is_special(&self) -> bool {
        self.kind == "特殊教育学校"
    }

    /// Whether it is a reform school (工读学校).
    pub fn is_reform(&self) -> bool {
        self.kind == "工读学校"
    }

    /// Whether pre-school education is its kind, whose children are refused (art. 14).
    pub fn is_kindergarten(&self) -> bool {
        is_kindergarten(&self.kind)
    }

    /// Whether it is open on a day.
    pub fn is_open(&self, day: Day) -> bool {
        self.closed_on.is_none_or(|closed| day < closed)
    }
}

/// A class (班级, ORG-05). It keeps its number while its pupils move up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// 学校标识码
    pub school: SchoolId,
    /// 班号, unique within the school
    pub id: String,
    /// 班级名称
    pub name: String,
    /// 年级 of the present school year
    pub grade: u8,
    /// 建班年月
    pub founded: Month,
    /// 学制
    #[serde(default)]
    pub years: Option<u8>,
    /// 班级类型
    pub kind: String,
    /// 班主任姓名
    pub teacher: String,
    /// 荣誉称号
    #[serde(default)]
    pub honour: String,
    /// Whether its pupils have finished or left, so that nobody is placed in it any more.
    #[serde(default)]
    pub closed: bool,
}

/// The terms of a school year in a county, where they differ from the province's (TRF-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The authority whose schools keep these terms.
    pub authority: Division,
    /// The calendar year in which the school year begins.
    pub year: i32,
    /// First and last day of the autumn term.
    pub autumn: (Day, Day),
    /// First and last day of the spring term.
    pub spring: (Day, Day),
}

/// One authority decides in another's place, by a paper on record (A28).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Whose steps.
    pub from: Division,
    /// Who may take them.
    pub to: Division,
    /// The paper.
    pub document: String,
    /// First day.
    pub since: Day,
    /// Last day.
    pub until: Day,
}

/// All units and what holds among them.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    authorities: BTreeMap<Division, Authority>,
    schools: HashMap<SchoolId, School>,
    terms: HashMap<(Division, i32), Terms>,
    delegations: Vec<Delegation>,
}

/// A merger after a merger after a merger: longer chains than this are a slip.
const CHAIN: usize = 32;

impl Tree {
    /// Enters or replaces an authority.
    pub fn put_authority(&mut self, authority: Authority) {
        self.authorities.insert(authority.id, authority);
    }

    /// Enters or replaces a school.
    pub fn put_school(&mut self, school: School) {
        self.schools.insert(school.id, school);
    }

    /// Enters or replaces the terms of a county and year.
    pub fn put_terms(&mut self, terms: Terms) {
        self.terms.insert((terms.authority, terms.year), terms);
    }

    /// Enters a delegation.
    pub fn put_delegation(&mut self, delegation: Delegation) {
        self.delegations.push(delegation);
    }

    /// An authority.
    pub fn authority(&self, id: Division) -> Option<&Authority> {
        self.authorities.get(&id)
    }

    /// A school, open or closed.
    pub fn school(&self, id: SchoolId) -> Option<&School> {
        self.schools.get(&id)
    }

    /// Every authority, by code.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.values()
    }

    /// Every school, in no order.
    pub fn schools(&self) -> impl Iterator<Item = &School> {
        self.schools.values()
    }

    /// The province; `000000` before the first authority is entered.
    pub fn province(&self) -> Division {
        let top = self.authorities.values().find(|authority| authority.parent.is_none());
        top.map_or_else(|| Division::read("100000").expect("six digits"), |authority| authority.id)
    }

    /// The name of a unit.
    pub fn name(&self, unit: Unit) -> &str {
        match unit {
            Unit::Authority(id) => self.authorities.get(&id).map_or("", |authority| &authority.name),
            Unit::School(id) => self.schools.get(&id).map_or("", |school| &school.name),
        }
    }

    /// Whether a unit lies within another's subtree: itself, an authority below, a school below, a branch of the central school.
    pub fn contains(&self, above: Unit, below: Unit) -> bool {
        let mut at = Some(below);
        for _ in 0..CHAIN {
            match at {
                Some(unit) if unit == above => return true,
                Some(unit) => at = self.parent(unit),
                None => return false,
            }
        }
        false
    }

    /// Whether a unit's users act for another: the unit itself, a branch of a central school, or by delegation.
    pub fn acts_for(&self, actor: Unit, unit: Unit, day: Day) -> bool {
        if actor == unit {
            return true;
        }
        match (actor, unit) {
            (Unit::School(central), Unit::School(branch)) => {
                self.schools.get(&branch).is_some_and(|branch| branch.parent == Some(central))
            }
            (Unit::Authority(to), Unit::Authority(from)) => self.delegations.iter().any(|delegation| {
                delegation.from == from && delegation.to == to && delegation.since <= day && day <= delegation.until
            }),
            _ => false,
        }
    }

    fn parent(&self, unit: Unit) -> Option<Unit> {
        match unit {
            Unit::Authority(id) => self.authorities.get(&id)?.parent.map(Unit::Authority),
            Unit::School(id) => {
                let school = self.schools.get(&id)?;
                Some(school.parent.map_or(Unit::Authority(school.authority), Unit::School))
            }
        }
    }

    /// The school that a school has become by mergers, itself if it is open; none if its records went to an authority (ORG-08).
    pub fn present(&self, school: SchoolId) -> Option<SchoolId> {
        let mut at = school;
        for _ in 0..CHAIN {
            match self.schools.get(&at)?.successor {
                None => return Some(at),
                Some(Unit::School(next)) => at = next,
                Some(Unit::Authority(_)) => return None,
            }
        }
        None
    }

    /// The unit that has the records of a school now: a school, or the authority that took them.
    pub fn keeper(&self, school: SchoolId) -> Unit {
        let mut at = school;
        for _ in 0..CHAIN {
            match self.schools.get(&at).and_then(|school| school.successor) {
                None => break,
                Some(Unit::School(next)) => at = next,
                Some(authority) => return authority,
            }
        }
        Unit::School(at)
    }

    /// The authority of a school (学籍主管单位), after mergers.
    pub fn authority_of(&self, school: SchoolId) -> Option<Division> {
        match self.keeper(school) {
            Unit::Authority(authority) => Some(authority),
            Unit::School(school) => self.schools.get(&school).map(|school| school.authority),
        }
    }

    /// The lowest authority above two others (共同上级).
    pub fn superior_of(&self, one: Division, other: Division) -> Option<Division> {
        let mut at = Some(one);
        for _ in 0..CHAIN {
            let here = at?;
            if self.contains(Unit::Authority(here), Unit::Authority(other)) {
                return Some(here);
            }
            at = self.authorities.get(&here)?.parent;
        }
        None
    }

    /// The prefecture (设区的市) in which a school lies, whoever runs it.
    pub fn city_of(&self, school: SchoolId) -> Option<Division> {
        let school = self.schools.get(&school)?;
        Some(school.division.unwrap_or(school.authority).prefecture())
    }

    /// First and last day of the terms of a school year at a school: the county's own, or the province's by policy.
    pub fn terms_at(&self, school: SchoolId, start_year: i32, policy: &Policy) -> [(Day, Day); 2] {
        let mut authority = self.authority_of(school);
        for _ in 0..CHAIN {
            let Some(id) = authority else { break };
            if let Some(terms) = self.terms.get(&(id, start_year)) {
                return [terms.autumn, terms.spring];
            }
            authority = self.authorities.get(&id).and_then(|authority| authority.parent);
        }
        let day = |key: &str, year: i32, otherwise: (u32, u32)| {
            policy.day_of_year(key).map_or_else(
                || Day::from_ymd(year, otherwise.0, otherwise.1).unwrap_or(Day::from_epoch_days(0)),
                |day| day.in_year(year),
            )
        };
        [
            (day("terms.autumn_start", start_year, (9, 1)), day("terms.autumn_end", start_year + 1, (1, 20))),
            (day("terms.spring_start", start_year + 1, (2, 20)), day("terms.spring_end", start_year + 1, (7, 5))),
        ]
    }
}
