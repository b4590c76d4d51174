//! The province's rolls: every record by source, and the generator's own counts, kept at every step.

use std::collections::BTreeMap;

use crate::{
    SampleError,
    chance::Chance,
    flaw::Flaw,
    person::{COHORT_CAPACITY, Dice, NumberKind, Person},
    plan::Plan,
    territory::{self, Kind, School, Unit},
    words::{HOME_PLACES, PLACES},
};

/// A record's status (学籍状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// 在读
    Enrolled,
    /// 休学
    Suspended,
    /// 辍学保留
    DroppedOut,
    /// 毕业
    Graduated,
    /// 转出
    Left,
    /// 退学
    Withdrawn,
    /// 死亡
    Dead,
}

impl Status {
    /// The label of the contract.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Status::Enrolled => "在读",
            Status::Suspended => "休学",
            Status::DroppedOut => "辍学保留",
            Status::Graduated => "毕业",
            Status::Left => "转出",
            Status::Withdrawn => "退学",
            Status::Dead => "死亡",
        }
    }
}

/// Where a pupil sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    /// The school's index.
    pub(crate) school: u32,
    /// The class's index within the school.
    pub(crate) class: u16,
    /// The pupil's grade, which a suspended pupil's class may have left behind.
    pub(crate) grade: u8,
}

/// One record, in as few bytes as will do: the rest follows from the person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pupil {
    /// Who it is.
    pub(crate) person: Person,
    /// Where.
    pub(crate) seat: Seat,
    /// The year of entry into the stage, in its September.
    pub(crate) entry: u16,
    /// The night that last touched the record, by its index.
    pub(crate) touched: u16,
    /// The status.
    pub(crate) status: Status,
    /// 就读方式, by index.
    pub(crate) study: u8,
    /// Whether the name has been corrected.
    pub(crate) renamed: bool,
    /// Whether it has left its source's list.
    pub(crate) gone: bool,
    /// What is doubtful about it.
    pub(crate) flaw: Flaw,
}

impl Pupil {
    /// The rule that remarks on the record's row by itself. Only a pupil who is at school is of an age for a grade.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        match (self.flaw, self.status) {
            (Flaw::Age, status) if status != Status::Enrolled => None,
            (flaw, _) => flaw.rule(),
        }
    }
}

/// What the province counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Pupils 在读.
    pub(crate) total: u64,
    /// By school.
    pub(crate) by_school: Vec<u32>,
    /// By grade, then by sex (女, 男).
    pub(crate) by_grade_sex: [[u64; 2]; 13],
}

/// The whole province on one evening.
pub(crate) struct Province {
    /// The plan it was made by.
    pub(crate) plan: Plan,
    /// The names of the sources, sorted.
    pub(crate) sources: Vec<String>,
    /// The units that run schools.
    pub(crate) units: Vec<Unit>,
    /// The schools.
    pub(crate) schools: Vec<School>,
    /// The records by source.
    pub(crate) rolls: Vec<Vec<Pupil>>,
    /// The running counts.
    pub(crate) counts: Counts,
    /// Persons so far by place and cohort.
    born: BTreeMap<(u16, u16), u32>,
}

/// The source that hands over a workbook, kept to a few thousand rows.
pub(crate) const WORKBOOK_SOURCE: &str = "340103";

impl Province {
    /// The province on the evening of the opening day.
    pub(crate) fn open(plan: &Plan) -> Result<Province, SampleError> {
        let layout = territory::units_of(plan.layout);
        let sources = territory::sources(&layout);
        let units = territory::units(plan, &sources, WORKBOOK_SOURCE);
        let rolls = sources
            .iter()
            .enumerate()
            .map(|(index, _)| {
                let quotas = units.iter().filter(|unit| unit.source == index).map(Unit::quota);
                Vec::with_capacity(quotas.sum::<u64>() as usize + 16)
            })
            .collect();
        let mut province = Province {
            plan: plan.clone(),
            sources,
            units: units.clone(),
            schools: Vec::new(),
            rolls,
            counts: Counts::default(),
            born: BTreeMap::new(),
        };
        for (index, unit) in units.iter().enumerate() {
            let mut openings = Vec::new();
            let first = province.schools.len() as u32;
            territory::build(plan, index, unit, first, &mut |opening| openings.push(opening));
            for opening in openings {
                province.admit(opening, unit)?;
            }
        }
        if plan.flaws {
            province.spoil()?;
        }
        Ok(province)
    }

    fn admit(&mut self, opening: territory::Opening, unit: &Unit) -> Result<(), SampleError> {
        let index = self.schools.len() as u32;
        let year = self.plan.school_year();
        let mut chance = Chance::of(self.plan.seed, &[2, opening.school.id]);
        let kind = opening.school.kind;
        let grades: Vec<u8> = opening.school.classes.iter().map(|class| class.grade).collect();
        self.schools.push(opening.school);
        self.counts.by_school.push(0);
        for (class, (grade, size)) in grades.into_iter().zip(opening.sizes).enumerate() {
            for _ in 0..size {
                let person = self.new_person(unit.place, grade, year, &mut chance)?;
                let status = match chance.below(1000) {
                    0..2 => Status::Suspended,
                    2 if (7..=9).contains(&grade) => Status::DroppedOut,
                    _ => Status::Enrolled,
                };
                let seat = Seat { school: index, class: class as u16, grade };
                let pupil = self.new_pupil(person, seat, status, year, kind, &mut chance);
                self.enlist(pupil, 0);
            }
        }
        Ok(())
    }

    /// A person nobody has met, of the age of a grade; one in ten was born outside the county.
    pub(crate) fn new_person(
        &mut self,
        home: u16,
        grade: u8,
        school_year: i32,
        chance: &mut Chance,
    ) -> Result<Person, SampleError> {
        let place = if chance.happens(100) { chance.below(PLACES.len()) as u16 } else { home };
        self.born_in(place, grade, school_year, i32::from(chance.happens(80)))
    }

    /// A person from another province.
    pub(crate) fn new_stranger(
        &mut self,
        grade: u8,
        school_year: i32,
        chance: &mut Chance,
    ) -> Result<Person, SampleError> {
        let place = (HOME_PLACES + chance.below(PLACES.len() - HOME_PLACES)) as u16;
        self.born_in(place, grade, school_year, 0)
    }

    /// A person of a place who is some years older than the grade asks for.
    pub(crate) fn born_in(&mut self, place: u16, grade: u8, year: i32, older: i32) -> Result<Person, SampleError> {
        let cohort = (year - i32::from(grade) - 5 - older) as u16;
        let next = self.born.entry((place, cohort)).or_default();
        let serial = *next;
        *next += 1;
        if serial >= COHORT_CAPACITY {
            return Err(SampleError::Crowded { place: PLACES[usize::from(place)].name });
        }
        Ok(Person { place, cohort, serial })
    }

    /// A record of a person at a seat.
    pub(crate) fn new_pupil(
        &self,
        person: Person,
        seat: Seat,
        status: Status,
        school_year: i32,
        kind: Kind,
        chance: &mut Chance,
    ) -> Pupil {
        let boards = match kind {
            Kind::Special => 900,
            Kind::Senior => 600,
            Kind::Complete => 400,
            Kind::Junior | Kind::NineYear => 250,
            Kind::Primary | Kind::Point => 20,
        };
        let study = if chance.happens(boards) { 1 } else { u8::from(chance.happens(8)) * 2 };
        Pupil {
            person,
            seat,
            entry: (school_year - years_in_stage(seat.grade)) as u16,
            touched: 0,
            status,
            study,
            renamed: false,
            gone: false,
            flaw: Flaw::None,
        }
    }

    /// Makes a few records of each kind doubtful.
    fn spoil(&mut self) -> Result<(), SampleError> {
        let each = 1 + self.plan.students / 40_000;
        let year = self.plan.school_year();
        let mut chance = Chance::of(self.plan.seed, &[3]);
        for flaw in Flaw::OF_RECORDS {
            for _ in 0..each {
                let source = chance.below(self.rolls.len());
                // A special school has pupils of every age.
                let ordinary = |pupil: &Pupil| self.school(pupil).kind != Kind::Special;
                let Some(at) = self.sound_record(source, &mut chance, ordinary) else { continue };
                let Pupil { person, seat, .. } = self.rolls[source][at];
                if flaw == Flaw::Twin {
                    self.rolls[source][at].flaw = Flaw::Original;
                    self.double(person, &mut chance);
                    continue;
                }
                let aged =
                    if flaw == Flaw::Age { Some(self.born_in(person.place, seat.grade, year, 9)?) } else { None };
                self.alter(source, at, 0, |pupil| {
                    pupil.flaw = flaw;
                    pupil.person = aged.unwrap_or(person);
                });
            }
        }
        Ok(())
    }

    /// Puts a person's ID number on a second record of the same age, too.
    fn double(&mut self, person: Person, chance: &mut Chance) {
        for source in 0..self.rolls.len() {
            if let Some(at) = self.sound_record(source, chance, |other| other.person.cohort == person.cohort) {
                self.alter(source, at, 0, |twin| {
                    twin.person = person;
                    twin.flaw = Flaw::Twin;
                });
                return;
            }
        }
    }

    /// Some pupil 在读 without fault and with a formal number, for whom more holds.
    pub(crate) fn sound_record(
        &self,
        source: usize,
        chance: &mut Chance,
        more: impl Fn(&Pupil) -> bool,
    ) -> Option<usize> {
        let roll = &self.rolls[source];
        (0..200).map(|_| chance.below(roll.len())).find(|at| {
            roll.get(*at).is_some_and(|pupil| {
                pupil.flaw == Flaw::None
                    && !pupil.gone
                    && pupil.status == Status::Enrolled
                    && pupil.person.number_kind(self.dice(pupil.person)) == NumberKind::Formal
                    && more(pupil)
            })
        })
    }

    /// The dice of a person under this plan's seed.
    pub(crate) fn dice(&self, person: Person) -> Dice {
        person.dice(self.plan.seed)
    }

    /// The school of a record.
    pub(crate) fn school(&self, pupil: &Pupil) -> &School {
        &self.schools[pupil.seat.school as usize]
    }

    /// The source that lists a school's pupils.
    pub(crate) fn source_of(&self, school: u32) -> usize {
        self.units[self.schools[school as usize].unit].source
    }

    /// The sex as the record states it: 1 for 男.
    pub(crate) fn stated_sex(&self, pupil: &Pupil) -> usize {
        let sex = pupil.person.sex(self.dice(pupil.person));
        if pupil.flaw == Flaw::Sex { 1 - sex } else { sex }
    }

    /// Puts a record on its source's list.
    pub(crate) fn enlist(&mut self, mut pupil: Pupil, night: u16) {
        pupil.touched = night;
        pupil.gone = false;
        self.enter(&pupil);
        let source = self.source_of(pupil.seat.school);
        self.rolls[source].push(pupil);
    }

    /// Changes a record where it stands, keeping the counts.
    pub(crate) fn alter(&mut self, source: usize, at: usize, night: u16, change: impl FnOnce(&mut Pupil)) {
        let mut pupil = self.rolls[source][at];
        self.leave(&pupil);
        change(&mut pupil);
        pupil.touched = night;
        if !pupil.gone {
            self.enter(&pupil);
        }
        self.rolls[source][at] = pupil;
    }

    /// Drops the records that have left from the lists.
    pub(crate) fn clear_gone(&mut self) {
        for roll in &mut self.rolls {
            roll.retain(|pupil| !pupil.gone);
        }
    }

    fn enter(&mut self, pupil: &Pupil) {
        let sex = self.stated_sex(pupil);
        let class = &mut self.schools[pupil.seat.school as usize].classes[usize::from(pupil.seat.class)];
        class.listed += 1;
        if pupil.status == Status::Enrolled {
            class.enrolled += 1;
            self.counts.total += 1;
            self.counts.by_school[pupil.seat.school as usize] += 1;
            self.counts.by_grade_sex[usize::from(pupil.seat.grade)][sex] += 1;
        }
    }

    fn leave(&mut self, pupil: &Pupil) {
        let sex = self.stated_sex(pupil);
        let class = &mut self.schools[pupil.seat.school as usize].classes[usize::from(pupil.seat.class)];
        class.listed -= 1;
        if pupil.status == Status::Enrolled {
            class.enrolled -= 1;
            self.counts.total -= 1;
            self.counts.by_school[pupil.seat.school as usize] -= 1;
            self.counts.by_grade_sex[usize::from(pupil.seat.grade)][sex] -= 1;
        }
    }

    /// How many pairs of listed records carry one ID number.
    pub(crate) fn shared_numbers(&self) -> u64 {
        let mut held: BTreeMap<Person, u64> = BTreeMap::new();
        for pupil in self.rolls.iter().flatten() {
            if matches!(pupil.flaw, Flaw::Twin | Flaw::Original) {
                *held.entry(pupil.person).or_default() += 1;
            }
        }
        held.values().map(|held| held * (held - 1) / 2).sum()
    }
}

/// Years a pupil of a grade has spent in the stage before this one.
fn years_in_stage(grade: u8) -> i32 {
    i32::from(match grade {
        1..=6 => grade - 1,
        7..=9 => grade - 7,
        _ => grade.saturating_sub(10),
    })
}
