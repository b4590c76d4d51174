//! What has no papers: pupils who appear, move and vanish, names that change, papers about nobody; and a late source.

use crate::{
    SampleError,
    chance::Chance,
    flaw::Flaw,
    office::{Office, Tonight},
    paper::{Kind, Paper},
    plan::school_year_of,
    roster::{Pupil, Seat, Status},
};

/// Pupils who appear, and who move, and who vanish without papers on an ordinary night.
const PER_NIGHT: usize = 2;
/// Pupils who leave for the late source.
const ON_THE_WAY: usize = 3;

impl Office {
    pub(super) fn strays(&mut self, tonight: &mut Tonight) -> Result<(), SampleError> {
        let mut chance = Chance::of(self.province.plan.seed, &[7, u64::from(tonight.index)]);
        for _ in 0..PER_NIGHT {
            self.appear(tonight, &mut chance)?;
            self.move_without_papers(tonight, &mut chance);
            self.vanish(tonight, &mut chance);
        }
        if tonight.index.is_multiple_of(3) {
            self.cross_without_papers(tonight, &mut chance);
        }
        if tonight.index.is_multiple_of(2) {
            self.rename_without_papers(tonight, &mut chance);
            self.file_about_nobody(tonight, &mut chance)?;
        }
        if let Some(late) = tonight.late {
            self.send_to_late(late, tonight, &mut chance);
        }
        Ok(())
    }

    /// A record that nothing has touched tonight, in a source whose records may come and go.
    fn untouched(
        &self,
        tonight: &Tonight,
        chance: &mut Chance,
        fits: impl Fn(&Office, Seat) -> bool,
    ) -> Option<(usize, usize)> {
        for _ in 0..100 {
            let source = chance.below(self.province.rolls.len());
            if !tonight.is_free(source) {
                continue;
            }
            let found = self
                .province
                .sound_record(source, chance, |pupil| pupil.touched != tonight.index && fits(self, pupil.seat));
            if let Some(at) = found {
                return Some((source, at));
            }
        }
        None
    }

    fn appear(&mut self, tonight: &mut Tonight, chance: &mut Chance) -> Result<(), SampleError> {
        let Some((source, at)) = self.untouched(tonight, chance, |_, _| true) else { return Ok(()) };
        let beside = self.province.rolls[source][at];
        let year = school_year_of(tonight.day);
        let school = self.province.school(&beside);
        let (kind, home) = (school.kind, self.province.units[school.unit].place);
        let person = self.province.new_person(home, beside.seat.grade, year, chance)?;
        let pupil = self.province.new_pupil(person, beside.seat, Status::Enrolled, year, kind, chance);
        self.province.enlist(pupil, tonight.index);
        tonight.moved(Kind::Appeared);
        Ok(())
    }

    fn vanish(&mut self, tonight: &mut Tonight, chance: &mut Chance) {
        if let Some((source, at)) = self.untouched(tonight, chance, |_, _| true) {
            self.province.alter(source, at, tonight.index, |here| here.gone = true);
            tonight.moved(Kind::Vanished);
        }
    }

    /// Another school of the same source lists the pupil.
    fn move_without_papers(&mut self, tonight: &mut Tonight, chance: &mut Chance) {
        if let Some((source, at, to)) = self.leap(false, tonight, chance) {
            self.province.alter(source, at, tonight.index, |here| here.seat = to);
            tonight.moved(Kind::Moved);
        }
    }

    /// Another source lists the pupil, and the old one no longer does.
    fn cross_without_papers(&mut self, tonight: &mut Tonight, chance: &mut Chance) {
        if let Some((source, at, to)) = self.leap(true, tonight, chance) {
            let pupil = self.province.rolls[source][at];
            self.province.alter(source, at, tonight.index, |here| here.gone = true);
            self.province.enlist(Pupil { seat: to, ..pupil }, tonight.index);
            tonight.moved(Kind::Moved);
        }
    }

    /// A record, and a seat it could be found on without papers.
    fn leap(&self, across: bool, tonight: &Tonight, chance: &mut Chance) -> Option<(usize, usize, Seat)> {
        (0..50).find_map(|_| {
            let (source, at) = self.untouched(tonight, chance, |_, _| true)?;
            let to = self.seat_elsewhere(self.province.rolls[source][at].seat, across, tonight, chance)?;
            Some((source, at, to))
        })
    }

    /// A seat of the same grade in another school, of the same source or of another.
    fn seat_elsewhere(&self, seat: Seat, across: bool, tonight: &Tonight, chance: &mut Chance) -> Option<Seat> {
        let source = self.province.source_of(seat.school);
        let schools: Vec<u32> = (0..self.province.schools.len() as u32)
            .filter(|school| *school != seat.school)
            .filter(|school| {
                let other = self.province.source_of(*school);
                (other != source) == across && tonight.is_free(other)
            })
            .filter(|school| self.province.schools[*school as usize].classes_of(seat.grade).next().is_some())
            .collect();
        if schools.is_empty() {
            return None;
        }
        let school = *chance.pick(&schools);
        let class = self.province.schools[school as usize].any_class_of(seat.grade, chance)?;
        Some(Seat { school, class, grade: seat.grade })
    }

    fn rename_without_papers(&mut self, tonight: &mut Tonight, chance: &mut Chance) {
        if let Some((source, at)) = self.untouched(tonight, chance, |_, _| true) {
            self.province.alter(source, at, tonight.index, |here| here.renamed = !here.renamed);
            tonight.key_changed += 1;
        }
    }

    fn file_about_nobody(&mut self, tonight: &mut Tonight, chance: &mut Chance) -> Result<(), SampleError> {
        let Some((source, at)) = self.untouched(tonight, chance, |_, _| true) else { return Ok(()) };
        let beside = self.province.rolls[source][at];
        let year = school_year_of(tonight.day);
        let person = self.province.born_in(beside.person.place, beside.seat.grade, year, 0)?;
        let (from, to) = (Some(beside.seat), Some(beside.seat));
        tonight.papers[source].push(Paper {
            kind: Kind::Suspension,
            person,
            flaw: Flaw::Extra,
            from,
            to,
            effective: tonight.day,
            dice: 5,
        });
        tonight.unknown_pupil += 1;
        Ok(())
    }

    fn send_to_late(&mut self, late: usize, tonight: &mut Tonight, chance: &mut Chance) {
        let schools: Vec<u32> =
            (0..self.province.schools.len() as u32).filter(|school| self.province.source_of(*school) == late).collect();
        for _ in 0..ON_THE_WAY {
            let takes = |office: &Office, seat: Seat| {
                schools
                    .iter()
                    .any(|school| office.province.schools[*school as usize].classes_of(seat.grade).next().is_some())
            };
            let Some((source, at)) = self.untouched(tonight, chance, takes) else { continue };
            let grade = self.province.rolls[source][at].seat.grade;
            let target = schools.iter().find_map(|school| {
                let class = self.province.schools[*school as usize].any_class_of(grade, chance)?;
                Some((*school, class))
            });
            if let Some((school, class)) = target {
                self.send_off(source, at, school, class, tonight, chance);
            }
        }
    }
}
