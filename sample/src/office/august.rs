//! The turn of the school year: graduation on 31 July, promotion on 1 August, newcomers in September.

use std::collections::BTreeMap;

use crate::{
    SampleError,
    chance::Chance,
    flaw::Flaw,
    office::{Office, Tonight},
    paper::{Kind, Paper},
    plan::{Layout, school_year_of},
    roster::{Pupil, Seat, Status},
    territory::{Kind as SchoolKind, class_size},
};

impl Office {
    /// Everyone 在读 goes up a grade, stays down or graduates; those who are away keep their grade (PRO-01).
    pub(super) fn promote(&mut self, tonight: &mut Tonight) {
        for school in &mut self.province.schools {
            let (_, high) = school.kind.grades();
            for class in school.classes.iter_mut().filter(|class| class.open) {
                // A class at the end of a stage that the school goes on from is handed over by enrolment.
                if class.grade == high || (school.kind == SchoolKind::Complete && class.grade == 9) {
                    class.open = false;
                } else {
                    class.grade += 1;
                }
            }
        }
        for source in 0..self.province.rolls.len() {
            let mut chance = Chance::of(self.province.plan.seed, &[5, u64::from(tonight.index), source as u64]);
            for at in 0..self.province.rolls[source].len() {
                let pupil = self.province.rolls[source][at];
                if pupil.status == Status::Enrolled {
                    self.turn(source, at, pupil, tonight, &mut chance);
                }
            }
        }
    }

    fn turn(&mut self, source: usize, at: usize, pupil: Pupil, tonight: &mut Tonight, chance: &mut Chance) {
        let from = pupil.seat;
        let school = self.province.school(&pupil);
        let unit = school.unit;
        let open = school.classes[usize::from(from.class)].open;
        let dice = chance.next() as u8;
        let paper = |kind, to, day| Paper {
            kind,
            person: pupil.person,
            flaw: pupil.flaw,
            from: Some(from),
            to,
            effective: day,
            dice,
        };
        if pupil.flaw == Flaw::None && chance.happens(3) {
            // A repeater joins the class that comes up from below.
            if let Some(class) = school.any_class_of(from.grade, chance) {
                let to = Seat { class, ..from };
                tonight.papers[source].push(paper(Kind::Repetition, Some(to), tonight.day));
                tonight.moved(Kind::Repetition);
                self.province.alter(source, at, tonight.index, |here| here.seat = to);
                return;
            }
        }
        // A teaching point's eldest go on at the central school, if they do not at their own.
        let next = if open {
            Some(Seat { grade: from.grade + 1, ..from })
        } else {
            school.parent.and_then(|parent| {
                let class = self.province.schools[parent as usize].any_class_of(from.grade + 1, chance)?;
                Some(Seat { school: parent, class, grade: from.grade + 1 })
            })
        };
        if let Some(to) = next {
            tonight.papers[source].push(paper(Kind::Promotion, Some(to), tonight.day));
            tonight.moved(Kind::Promotion);
            self.province.alter(source, at, tonight.index, |here| here.seat = to);
            return;
        }
        tonight.papers[source].push(paper(Kind::Graduation, None, tonight.day.plus_days(-1)));
        tonight.moved(Kind::Graduation);
        let stays_listed = from.grade == 12 && self.keeps_closed[source];
        self.province.alter(source, at, tonight.index, |here| {
            here.status = Status::Graduated;
            here.gone = !stays_listed;
        });
        if from.grade < 12 {
            self.finished.push((pupil, unit));
        }
    }

    /// September: new children in the first grade, and last year's graduates in the seventh and tenth.
    pub(super) fn take_in(&mut self, tonight: &mut Tonight) -> Result<(), SampleError> {
        let mut chance = Chance::of(self.province.plan.seed, &[6, u64::from(tonight.index)]);
        let year = school_year_of(tonight.day);
        let mut places: BTreeMap<u32, Vec<Pupil>> = BTreeMap::new();
        for (pupil, unit) in std::mem::take(&mut self.finished) {
            if let Some(school) = self.next_school(&pupil, unit, &mut chance) {
                places.entry(school).or_default().push(pupil);
            }
        }
        for (school, pupils) in places {
            self.seat_newcomers(school, pupils, year, tonight, &mut chance);
        }
        for school in 0..self.province.schools.len() as u32 {
            self.take_in_children(school, year, tonight, &mut chance)?;
        }
        Ok(())
    }

    /// The school where a graduate of the stage before goes on, if one does.
    fn next_school(&self, pupil: &Pupil, unit: usize, chance: &mut Chance) -> Option<u32> {
        let grade = pupil.seat.grade + 1;
        if grade == 10 && chance.happens(420) {
            return None;
        }
        let home = &self.province.units[unit];
        let takes = |nearby: &dyn Fn(usize) -> bool| -> Vec<u32> {
            let schools = self.province.schools.iter().enumerate();
            schools
                .filter(|(_, school)| nearby(school.unit) && school.kind != SchoolKind::Special)
                .filter(|(_, school)| school.kind.takes_into(grade))
                .map(|(index, _)| index as u32)
                .collect()
        };
        let mut near = takes(&|other| other == unit);
        if near.is_empty() || grade == 10 {
            near = takes(&|other| self.province.units[other].prefecture() == home.prefecture());
        }
        if near.is_empty() { None } else { Some(*chance.pick(&near)) }
    }

    fn seat_newcomers(
        &mut self,
        school: u32,
        pupils: Vec<Pupil>,
        year: i32,
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) {
        let small = self.province.plan.layout == Layout::Small;
        let mut pupils = pupils;
        pupils.sort_by_key(|pupil| pupil.seat.grade);
        let source = self.province.source_of(school);
        let (mut left, mut class) = (0, 0);
        let mut grade_before = 0;
        for pupil in pupils {
            let grade = pupil.seat.grade + 1;
            if left == 0 || grade != grade_before {
                let target = &mut self.province.schools[school as usize];
                left = class_size(target.kind, grade, small, chance);
                class = target.found(grade, year);
                grade_before = grade;
            }
            left -= 1;
            let to = Seat { school, class, grade };
            let from = Pupil { seat: to, entry: year as u16, status: Status::Enrolled, ..pupil };
            let paper = self.paper(Kind::Enrolment, &from, None, Some(to), tonight, chance);
            let effective = tonight.day.plus_days(-i32::from(paper.dice % 2));
            tonight.papers[source].push(Paper { effective, ..paper });
            tonight.moved(Kind::Enrolment);
            self.province.enlist(from, tonight.index);
        }
    }

    fn take_in_children(
        &mut self,
        index: u32,
        year: i32,
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) -> Result<(), SampleError> {
        let school = &self.province.schools[index as usize];
        let kind = school.kind;
        if !kind.takes_into(1) {
            return Ok(());
        }
        let small = self.province.plan.layout == Layout::Small;
        let home = self.province.units[school.unit].place;
        let source = self.province.source_of(index);
        let classes = school.classes_of(2).count();
        for _ in 0..classes {
            let size = class_size(kind, 1, small, chance);
            let class = self.province.schools[index as usize].found(1, year);
            for _ in 0..size {
                let person = self.province.new_person(home, 1, year, chance)?;
                let seat = Seat { school: index, class, grade: 1 };
                let pupil = self.province.new_pupil(person, seat, Status::Enrolled, year, kind, chance);
                let paper = self.paper(Kind::Enrolment, &pupil, None, Some(seat), tonight, chance);
                tonight.papers[source].push(Paper { effective: tonight.day, ..paper });
                tonight.moved(Kind::Enrolment);
                self.province.enlist(pupil, tonight.index);
            }
        }
        Ok(())
    }
}
