//! What happens in the province between two batches, and the papers it leaves.

mod august;
mod stray;

use std::collections::BTreeMap;

use domain::calendar::Day;

use crate::{
    SampleError,
    chance::Chance,
    flaw::Flaw,
    paper::{Kind, Paper},
    plan::{Night, school_year_of},
    roster::{Province, Pupil, Seat, Status},
};

/// One night: what is handed over, and by whom.
pub(crate) struct Tonight {
    /// Its index among the nights.
    pub(crate) index: u16,
    /// The business day.
    pub(crate) day: Day,
    /// The day of the batch before.
    since: Day,
    /// What happens.
    night: Night,
    /// The source whose batch is missing.
    pub(crate) late: Option<usize>,
    /// The source that hands over changed rows only.
    pub(crate) changes_only: Option<usize>,
    /// Movements by kind.
    pub(crate) movements: BTreeMap<Kind, u64>,
    /// Change rows by source.
    pub(crate) papers: Vec<Vec<Paper>>,
    /// Names that changed without a paper.
    pub(crate) key_changed: u64,
    /// Papers about nobody.
    pub(crate) unknown_pupil: u64,
}

/// The office at work on the province.
pub(crate) struct Office {
    /// The province as it is.
    pub(crate) province: Province,
    /// Those who finished a stage in July and wait for September, with the unit they come from.
    finished: Vec<(Pupil, usize)>,
    /// Those who left for a source whose batch is late, with the paper that will come with it.
    transit: Vec<(Pupil, Paper)>,
    /// Which sources keep closed records on their lists.
    keeps_closed: Vec<bool>,
}

impl Tonight {
    /// An evening on which nothing has happened yet.
    pub(crate) fn new(index: usize, nights: &[(Day, Night)], sources: usize) -> Tonight {
        let (day, night) = nights[index];
        let since = nights[index.saturating_sub(1)].0;
        Tonight {
            index: index as u16,
            day,
            since,
            night,
            late: None,
            changes_only: None,
            movements: BTreeMap::new(),
            papers: vec![Vec::new(); sources],
            key_changed: 0,
            unknown_pupil: 0,
        }
    }

    fn moved(&mut self, kind: Kind) {
        *self.movements.entry(kind).or_default() += 1;
    }

    fn some_day(&self, chance: &mut Chance) -> Day {
        let span = (self.day.epoch_days() - self.since.epoch_days()).max(1) as usize;
        self.day.plus_days(-(chance.below(span) as i32))
    }

    /// Whether records of a source may come and go tonight.
    fn is_free(&self, source: usize) -> bool {
        self.late != Some(source) && self.changes_only != Some(source)
    }
}

impl Office {
    /// An office for a province on its opening day.
    pub(crate) fn new(province: Province, keeps_closed: Vec<bool>) -> Office {
        Office { province, finished: Vec::new(), transit: Vec::new(), keeps_closed }
    }

    /// Pupils on their way to a source that has not listed them.
    pub(crate) fn in_transit(&self) -> u64 {
        self.transit.len() as u64
    }

    /// Lets the time since the batch before pass.
    pub(crate) fn pass(&mut self, tonight: &mut Tonight) -> Result<(), SampleError> {
        match tonight.night {
            Night::Opening => {
                let listed: usize = self.province.rolls.iter().map(Vec::len).sum();
                tonight.movements.insert(Kind::Opening, listed as u64);
            }
            Night::Ordinary => self.ordinary(tonight)?,
            Night::Promotion => self.promote(tonight),
            Night::Intake => self.take_in(tonight)?,
        }
        self.province.clear_gone();
        Ok(())
    }

    fn ordinary(&mut self, tonight: &mut Tonight) -> Result<(), SampleError> {
        for (pupil, paper) in std::mem::take(&mut self.transit) {
            let source = self.province.source_of(pupil.seat.school);
            self.province.enlist(pupil, tonight.index);
            tonight.papers[source].push(paper);
            tonight.moved(Kind::Transfer);
        }
        let lengths: Vec<usize> = self.province.rolls.iter().map(Vec::len).collect();
        let gap = tonight.day.epoch_days() - tonight.since.epoch_days();
        let per_night = self.province.plan.daily_changes as usize * if gap > 14 { 3 } else { 1 };
        let seats = self.schools_by_grade();
        for (source, length) in lengths.iter().copied().enumerate() {
            if tonight.late == Some(source) {
                continue;
            }
            let place = [4, u64::from(tonight.index), source as u64];
            let mut chance = Chance::of(self.province.plan.seed, &place);
            self.bring_back(source, length, tonight, &mut chance);
            for _ in 0..(length * per_night / 10_000).max(1) {
                let at = chance.below(length);
                let Some(pupil) = self.province.rolls[source].get(at).copied() else { continue };
                if pupil.touched == tonight.index || pupil.flaw != Flaw::None || pupil.status != Status::Enrolled {
                    continue;
                }
                self.some_procedure(source, at, pupil, &seats, tonight, &mut chance)?;
            }
        }
        if self.province.plan.flaws {
            self.strays(tonight)?;
        }
        Ok(())
    }

    /// Schools with an open class, by grade.
    fn schools_by_grade(&self) -> Vec<Vec<u32>> {
        let mut by_grade = vec![Vec::new(); 13];
        for (index, school) in self.province.schools.iter().enumerate() {
            for (grade, list) in by_grade.iter_mut().enumerate() {
                if school.classes_of(grade as u8).next().is_some() {
                    list.push(index as u32);
                }
            }
        }
        by_grade
    }

    fn some_procedure(
        &mut self,
        source: usize,
        at: usize,
        pupil: Pupil,
        seats: &[Vec<u32>],
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) -> Result<(), SampleError> {
        let grade = pupil.seat.grade;
        let stays = !tonight.is_free(source);
        match chance.below(100) {
            0..24 if !stays => self.transfer(source, at, pupil, seats, tonight, chance),
            24..31 if !stays => self.close(source, at, Kind::ToOutside, Status::Left, tonight, chance),
            31..33 if !stays && grade >= 10 => {
                self.close(source, at, Kind::Withdrawal, Status::Withdrawn, tonight, chance);
            }
            33 if !stays && chance.happens(300) => self.close(source, at, Kind::Death, Status::Dead, tonight, chance),
            34..42 => return self.arrive(pupil, tonight, chance),
            42..49 => self.keep_away(source, at, Kind::Suspension, Status::Suspended, tonight, chance),
            49..53 if (7..=9).contains(&grade) => {
                self.keep_away(source, at, Kind::Dropout, Status::DroppedOut, tonight, chance);
            }
            53..58 => self.correct_name(source, at, tonight, chance),
            58..80 => self.change_class(source, at, pupil, tonight, chance),
            _ => self.change_facts(source, at, tonight, chance),
        }
        Ok(())
    }

    fn file(&self, source: usize, paper: Paper, tonight: &mut Tonight) {
        tonight.papers[source].push(paper);
    }

    fn transfer(
        &mut self,
        source: usize,
        at: usize,
        mut pupil: Pupil,
        seats: &[Vec<u32>],
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) {
        let from = pupil.seat;
        let candidates = &seats[usize::from(from.grade)];
        let school = *chance.pick(candidates);
        let target = self.province.source_of(school);
        let class = self.province.schools[school as usize].any_class_of(from.grade, chance);
        let (Some(class), true) = (class, school != from.school && tonight.late != Some(target)) else {
            return self.change_class(source, at, pupil, tonight, chance);
        };
        pupil.seat = Seat { school, class, grade: from.grade };
        let paper = self.paper(Kind::Transfer, &pupil, Some(from), Some(pupil.seat), tonight, chance);
        self.file(source, paper, tonight);
        tonight.moved(Kind::Transfer);
        if target == source {
            self.province.alter(source, at, tonight.index, |here| here.seat = pupil.seat);
        } else {
            self.file(target, paper, tonight);
            self.province.alter(source, at, tonight.index, |here| here.gone = true);
            self.province.enlist(pupil, tonight.index);
        }
    }

    /// Sends a pupil to a source whose batch is late: the papers of the two sides come on different nights.
    fn send_off(
        &mut self,
        source: usize,
        at: usize,
        school: u32,
        class: u16,
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) {
        let mut pupil = self.province.rolls[source][at];
        let from = pupil.seat;
        pupil.seat = Seat { school, class, grade: from.grade };
        let paper = self.paper(Kind::Transfer, &pupil, Some(from), Some(pupil.seat), tonight, chance);
        self.file(source, paper, tonight);
        tonight.moved(Kind::Transfer);
        self.province.alter(source, at, tonight.index, |here| here.gone = true);
        self.transit.push((pupil, paper));
    }

    fn close(
        &mut self,
        source: usize,
        at: usize,
        kind: Kind,
        status: Status,
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) {
        let pupil = self.province.rolls[source][at];
        let paper = self.paper(kind, &pupil, Some(pupil.seat), None, tonight, chance);
        self.file(source, paper, tonight);
        tonight.moved(kind);
        let gone = !self.keeps_closed[source];
        self.province.alter(source, at, tonight.index, |here| {
            here.status = status;
            here.gone = gone;
        });
    }

    /// Someone comes: from another province, or late to school in autumn.
    fn arrive(&mut self, beside: Pupil, tonight: &mut Tonight, chance: &mut Chance) -> Result<(), SampleError> {
        let year = school_year_of(tonight.day);
        let school = self.province.school(&beside);
        let kind = school.kind;
        let home = self.province.units[school.unit].place;
        let late = (9..=11).contains(&tonight.day.month()) && kind.takes_into(beside.seat.grade);
        let grade = beside.seat.grade;
        let person = if late {
            self.province.new_person(home, grade, year, chance)?
        } else {
            self.province.new_stranger(grade, year, chance)?
        };
        let kind_of_paper = if late { Kind::Enrolment } else { Kind::FromOutside };
        let pupil = self.province.new_pupil(person, beside.seat, Status::Enrolled, year, kind, chance);
        let paper = self.paper(kind_of_paper, &pupil, None, Some(pupil.seat), tonight, chance);
        let source = self.province.source_of(pupil.seat.school);
        self.file(source, paper, tonight);
        tonight.moved(kind_of_paper);
        self.province.enlist(pupil, tonight.index);
        Ok(())
    }

    fn keep_away(
        &mut self,
        source: usize,
        at: usize,
        kind: Kind,
        status: Status,
        tonight: &mut Tonight,
        chance: &mut Chance,
    ) {
        let pupil = self.province.rolls[source][at];
        let paper = self.paper(kind, &pupil, Some(pupil.seat), Some(pupil.seat), tonight, chance);
        self.file(source, paper, tonight);
        tonight.moved(kind);
        self.province.alter(source, at, tonight.index, |here| here.status = status);
    }

    /// A few of those who are away come back, into a class of their grade.
    fn bring_back(&mut self, source: usize, length: usize, tonight: &mut Tonight, chance: &mut Chance) {
        for at in 0..length {
            let pupil = self.province.rolls[source][at];
            let kind = match pupil.status {
                Status::Suspended => Kind::Resumption,
                Status::DroppedOut => Kind::Return,
                Status::Enrolled | Status::Graduated | Status::Left | Status::Withdrawn | Status::Dead => continue,
            };
            if pupil.flaw != Flaw::None || pupil.touched == tonight.index || !chance.happens(40) {
                continue;
            }
            let school = self.province.school(&pupil);
            let own = &school.classes[usize::from(pupil.seat.class)];
            let class = if own.open && own.grade == pupil.seat.grade {
                pupil.seat.class
            } else {
                match school.any_class_of(pupil.seat.grade, chance) {
                    Some(class) => class,
                    None => continue,
                }
            };
            let to = Seat { class, ..pupil.seat };
            let paper = self.paper(kind, &pupil, Some(pupil.seat), Some(to), tonight, chance);
            self.file(source, paper, tonight);
            tonight.moved(kind);
            self.province.alter(source, at, tonight.index, |here| {
                here.status = Status::Enrolled;
                here.seat = to;
            });
        }
    }

    fn correct_name(&mut self, source: usize, at: usize, tonight: &mut Tonight, chance: &mut Chance) {
        let pupil = self.province.rolls[source][at];
        let paper = self.paper(Kind::KeyFacts, &pupil, Some(pupil.seat), Some(pupil.seat), tonight, chance);
        self.file(source, paper, tonight);
        self.province.alter(source, at, tonight.index, |here| here.renamed = !here.renamed);
    }

    fn change_class(&mut self, source: usize, at: usize, pupil: Pupil, tonight: &mut Tonight, chance: &mut Chance) {
        let from = pupil.seat;
        match self.province.school(&pupil).any_class_of(from.grade, chance) {
            Some(class) if class != from.class => {
                let to = Seat { class, ..from };
                let paper = self.paper(Kind::ClassChange, &pupil, Some(from), Some(to), tonight, chance);
                self.file(source, paper, tonight);
                tonight.moved(Kind::ClassChange);
                self.province.alter(source, at, tonight.index, |here| here.seat = to);
            }
            _ => self.change_facts(source, at, tonight, chance),
        }
    }

    fn change_facts(&mut self, source: usize, at: usize, tonight: &mut Tonight, chance: &mut Chance) {
        let pupil = self.province.rolls[source][at];
        let paper = self.paper(Kind::Facts, &pupil, Some(pupil.seat), Some(pupil.seat), tonight, chance);
        self.file(source, paper, tonight);
        tonight.moved(Kind::Facts);
        self.province.alter(source, at, tonight.index, |here| here.study = u8::from(here.study == 0));
    }

    fn paper(
        &self,
        kind: Kind,
        pupil: &Pupil,
        from: Option<Seat>,
        to: Option<Seat>,
        tonight: &Tonight,
        chance: &mut Chance,
    ) -> Paper {
        let effective = tonight.some_day(chance);
        Paper { kind, person: pupil.person, flaw: pupil.flaw, from, to, effective, dice: chance.next() as u8 }
    }
}
