//! Numbers that the office issues: the registration number (学籍号) and the regional number (地区学号) (IDN-01, IDN-03, IDN-04).
//!
//! A formal number is `G` and the pupil's own identity number. A temporary record gets `L`, one without any citizen number `J`: division
//! of the school, birth date, a serial and the check character of GB 11643, so that siblings on one guardian's number stay apart. The
//! number stays for life, whatever becomes of the identity number.

use domain::{
    calendar::Day,
    identity::{IdNo, StudentNo},
    organisation::{Division, Stage},
};

use crate::{
    organisation::School,
    pupil::{Holder, KeyFacts, PupilId},
};

/// The number that a pupil's own identity number makes, if there is one.
pub fn of_identity(key: &KeyFacts) -> Option<StudentNo> {
    let own = key.id_no.as_deref().filter(|_| key.holder == Holder::Own && key.id_kind == "居民身份证");
    own.and_then(|number| IdNo::read(number).ok()).and_then(|number| StudentNo::read(&format!("G{}", number.as_str())))
}

/// The number of a first record; `serial` tells pupils of one birthday and place apart. Where another pupil was once entered under the
/// identity number and keeps the number made of it for life, the rightful holder gets one without it.
pub fn first(key: &KeyFacts, school: &School, serial: PupilId, is_taken: bool) -> StudentNo {
    if let Some(number) = of_identity(key).filter(|_| !is_taken) {
        return number;
    }
    let letter = if key.holder == Holder::Guardian { 'L' } else { 'J' };
    made_up(letter, school.division.unwrap_or(school.authority), key.birth_on, serial)
}

/// The serial takes the three places of the sequence and, beyond them, moves the two of the day of birth out of the calendar, so that
/// a made-up number is never somebody's identity number and no two serials below 67,000 meet on one birthday and place.
fn made_up(letter: char, division: Division, birth: Day, serial: PupilId) -> StudentNo {
    let serial = serial.rem_euclid(67_000);
    let (high, low) = (serial / 1000, serial % 1000);
    let day = 33 + high;
    let body =
        format!("{}{:04}{:02}{day:02}{low:03}", division.as_str(), birth.year().rem_euclid(10_000), birth.month());
    let text = format!("{letter}{body}{}", check_character(&body));
    StudentNo::read(&text).expect("a letter, 17 digits and a check character")
}

/// The check character of 17 digits (GB 11643, ISO 7064 MOD 11-2).
fn check_character(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('X')
}

/// The region and stage within which regional numbers count (区划、学段、入学年份).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// The county of the school, or the city that runs it.
    pub region: Division,
    /// The stage.
    pub stage: Stage,
    /// The year of entry into it.
    pub year: i32,
}

impl Series {
    /// The series of a school, grade and year; none for a grade outside 1–12.
    pub fn of(school: &School, grade: u8, year: i32) -> Option<Series> {
        let stage = school.stage_of(grade)?;
        Some(Series { region: school.division.unwrap_or(school.authority), stage, year })
    }

    /// The name of its counter.
    pub fn name(self) -> String {
        format!("regional:{}", self.prefix())
    }

    /// The regional number of a serial: division 6, stage 1, year of entry 2, serial 7 places.
    pub fn number(self, serial: i64) -> String {
        format!("{}{serial:07}", self.prefix())
    }

    fn prefix(self) -> String {
        let stage = match self.stage {
            Stage::Primary => 1,
            Stage::Junior => 2,
            Stage::Senior => 3,
        };
        format!("{}{stage}{:02}", self.region.as_str(), self.year.rem_euclid(100))
    }
}

/// Whether a grade is the first of its stage at a school, at which a regional number is issued and a portrait taken (grades 1, 7, 10).
pub fn begins_stage(school: &School, grade: u8) -> bool {
    school.stage_of(grade).is_some() && (grade == 1 || school.stage_of(grade) != school.stage_of(grade - 1))
}
