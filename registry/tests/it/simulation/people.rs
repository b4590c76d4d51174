//! Children with names, numbers and portraits, and the officers who look after them.

use domain::{
    calendar::{Day, Month},
    identity::Sex,
};
use registry::{
    actor::Role,
    newcomers::{Newcomer, PortraitRef},
    pupil::{BasicFacts, Holder, KeyFacts, PupilId},
    unit::Unit,
};

use super::{model::Known, world::World};
use crate::support;

const FAMILY: [&str; 8] = ["王", "李", "张", "欧阳", "阿卜杜拉·", "𠮷", "陈", "赵"];
const GIVEN: [&str; 8] = ["小明", "芳", "伟", "秀英", "买买提", "靖", "㛃", "子涵"];

impl World {
    pub fn name(&mut self) -> String {
        let (family, given) = (self.below(8) as usize, self.below(8) as usize);
        format!("{}{}", FAMILY[family], GIVEN[given])
    }

    /// A birth that fits a grade in the school year that begins in a year.
    pub fn birth(&mut self, grade: u8, year: i32) -> Day {
        let first = Day::from_ymd(year - 6 - i32::from(grade), 9, 1).expect("a day");
        first.plus_days(i32::try_from(self.below(360)).expect("a day"))
    }

    pub fn portrait(&mut self, taken_on: Day) -> PortraitRef {
        PortraitRef { digest: format!("{:064x}", self.fresh()), taken_on }
    }

    /// A child with a number of its own.
    pub fn child(&mut self, grade: u8, year: i32) -> KeyFacts {
        let birth = self.birth(grade, year);
        let sex = if self.chance(50) { Sex::Male } else { Sex::Female };
        let (name, serial) = (self.name(), self.fresh());
        support::key_facts(&name, sex, birth, serial)
    }

    /// A child of whose number nobody knows, under a guardian's or under none.
    fn child_without_number(&mut self, grade: u8, year: i32, guardian: Option<&str>) -> KeyFacts {
        let mut key = self.child(grade, year);
        key.name = format!("{}{}", self.name(), GIVEN[self.serial as usize % 8]);
        key.id_no = guardian.map(ToOwned::to_owned);
        key.holder = if guardian.is_some() { Holder::Guardian } else { Holder::Own };
        key
    }

    pub fn guardian(&mut self) -> String {
        let birth = Day::from_ymd(1975, 1 + self.below(12), 1 + self.below(28)).expect("a day");
        let serial = self.fresh();
        support::identity(support::COUNTIES[1], birth, Sex::Female, serial)
    }

    pub fn basic(&mut self) -> BasicFacts {
        let places = ["340102", "340122", "340321", "340100"];
        let hukou = self.pick(&places).map(support::division);
        BasicFacts {
            ethnicity: "汉族".to_owned(),
            hukou_division: hukou.filter(|_| self.chance(85)),
            migrant: self.chance(30).then_some(true),
            disability: if self.chance(12) { "听力残疾".to_owned() } else { String::new() },
            phone: "13805510000".to_owned(),
            ..BasicFacts::default()
        }
    }

    /// A row of a batch.
    pub fn newcomer(&mut self, row: u32, key: KeyFacts, grade: u8, class: &str, year: i32) -> Newcomer {
        let portrait = self.portrait(self.today());
        Newcomer {
            row,
            student_no: None,
            key,
            basic: self.basic(),
            grade,
            class: class.to_owned(),
            entry_month: Month::from_ym(year, 9).expect("a month"),
            portrait: Some(portrait),
            deferred_until: None,
        }
    }

    /// Rows for a first grade: children of their own numbers, siblings on a guardian's, some without any.
    pub fn first_graders(&mut self, count: u32, grade: u8, class: &str, year: i32) -> Vec<Newcomer> {
        let mut rows = Vec::new();
        let mut row = 0;
        while row < count {
            row += 1;
            match self.below(10) {
                // INV: ID-3
                0 => {
                    let guardian = self.guardian();
                    let siblings = 1 + self.below(2);
                    for _ in 0..=siblings {
                        let key = self.child_without_number(grade, year, Some(&guardian));
                        rows.push(self.newcomer(row, key, grade, class, year));
                        row += 1;
                    }
                }
                1 => {
                    let key = self.child_without_number(grade, year, None);
                    rows.push(self.newcomer(row, key, grade, class, year));
                }
                2 => {
                    let mut key = self.child(grade, year);
                    key.id_no = key.id_no.map(|number| format!(" {} ", number.to_lowercase()));
                    rows.push(self.newcomer(row, key, grade, class, year));
                }
                _ => {
                    let key = self.child(grade, year);
                    rows.push(self.newcomer(row, key, grade, class, year));
                }
            }
        }
        rows
    }

    /// Records of which something holds.
    pub fn records(&self, of: impl Fn(&Known) -> bool) -> Vec<PupilId> {
        self.model.pupils.values().filter(|known| of(known)).map(|known| known.id).collect()
    }

    /// One of them.
    pub fn record(&mut self, of: impl Fn(&Known) -> bool) -> Option<Known> {
        let ids = self.records(of);
        self.pick(&ids).map(|id| self.model.pupils[&id].clone())
    }

    /// An officer of a unit who keeps records and is on duty.
    pub fn clerk(&mut self, unit: Unit) -> Option<String> {
        self.clerk_but(unit, "")
    }

    /// Another one.
    pub fn clerk_but(&mut self, unit: Unit, but: &str) -> Option<String> {
        let today = self.today();
        let fits = |officer: &&registry::officer::Officer| {
            officer.unit == unit
                && matches!(officer.role, Role::Registrar | Role::Head)
                && officer.disabled_on.is_none()
                && (officer.role == Role::Head || officer.trained_on.is_some_and(|on| on <= today))
                && officer.account != but
        };
        let found: Vec<String> =
            self.model.officers.values().filter(fits).map(|officer| officer.account.clone()).collect();
        self.pick(&found)
    }

    /// The administrator of a unit, if he is on duty.
    pub fn administrator(&self, unit: Unit) -> Option<String> {
        let account = support::account(unit, "x");
        self.model.officers.get(&account).filter(|officer| officer.disabled_on.is_none()).map(|_| account)
    }

    /// Anybody, on duty or not, or nobody there is.
    pub fn anybody(&mut self) -> String {
        let all: Vec<String> = self.model.officers.keys().cloned().collect();
        let nobody = self.chance(5);
        self.pick(&all).filter(|_| !nobody).unwrap_or_else(|| "nobody".to_owned())
    }

    /// Mostly somebody of a unit, now and then anybody.
    pub fn someone(&mut self, unit: Unit) -> String {
        let right = self.chance(88);
        match self.clerk(unit).filter(|_| right) {
            Some(account) => account,
            None => self.anybody(),
        }
    }

    /// The provincial administrator.
    pub fn provincial(&self) -> String {
        support::account(Unit::Authority(support::division(support::PROVINCE)), "x")
    }
}
