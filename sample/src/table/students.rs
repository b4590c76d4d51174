//! 学生: a pupil's record as its source writes it.

use domain::calendar::Day;

use crate::{
    dialect::{Dialect, push_number},
    flaw::Flaw,
    person::{Dice, NumberKind, Person, wrong_check_character},
    roster::{Province, Pupil},
    table::{Row, tree::push_school},
    territory::Kind,
    words::{DISABILITIES, HOME_PLACES, PLACES, RELATIONS, SCHOOL_NAMES, SEXES, STUDY_MODES},
};

/// A division that no list of any year knows.
const NO_DIVISION: u32 = 349_999;
/// A division of old in which no person of the sample was born, so that its numbers are nobody's.
const OLD_DIVISION: u32 = 342_622;

/// The registration number (学籍号).
pub(crate) fn number(person: Person, flaw: Flaw, dice: Dice) -> [u8; 19] {
    let (letter, digits) = match number_kind(person, flaw, dice) {
        NumberKind::Formal if flaw == Flaw::NumberDiffers => (b'G', person.id_no_of(OLD_DIVISION, dice)),
        NumberKind::Formal => (b'G', person.id_no(dice)),
        NumberKind::WithoutId => (b'J', person.id_no(dice)),
        NumberKind::Temporary | NumberKind::ByGuardian => {
            let mut digits = person.id_no(dice);
            digits[17] = wrong_check_character(digits[17]);
            (b'L', digits)
        }
    };
    let mut number = [letter; 19];
    number[1..].copy_from_slice(&digits);
    number
}

fn number_kind(person: Person, flaw: Flaw, dice: Dice) -> NumberKind {
    match flaw {
        Flaw::None => person.number_kind(dice),
        Flaw::Checksum | Flaw::Division | Flaw::BirthDate | Flaw::Sex | Flaw::Twin | Flaw::Extra => {
            NumberKind::Temporary
        }
        Flaw::NumberDiffers
        | Flaw::Age
        | Flaw::EntryAfterDay
        | Flaw::OptionalCode
        | Flaw::OptionalUnreadable
        | Flaw::Original => NumberKind::Formal,
    }
}

/// Writes a record. `nights` are the days of the batches, by which the day of the last touch is told.
pub(crate) fn student(province: &Province, pupil: &Pupil, dialect: &Dialect, nights: &[Day], row: &mut Row) {
    let Pupil { person, seat, flaw, .. } = *pupil;
    let dice = province.dice(person);
    let school = province.school(pupil);
    let birth = person.birth();
    let kind = number_kind(person, flaw, dice);
    let place = PLACES[usize::from(person.place)];
    let (guardian_id, relation) = person.guardian(dice);
    let stranger = usize::from(person.place) >= HOME_PLACES;

    row.clear();
    row.put_ascii(&number(person, flaw, dice));
    row.write(|out| {
        push_number(out, place.code, 6);
        push_number(out, u32::from(pupil.entry) % 100, 2);
        push_number(out, u32::from(person.cohort) % 100, 2);
        push_number(out, person.serial, 6);
    });
    row.write(|out| person.write_name(dice, pupil.renamed, out));
    row.put(dialect.label("sex", SEXES[province.stated_sex(pupil)]));
    row.write(|out| {
        let mut stated = birth;
        if flaw == Flaw::BirthDate {
            stated.day = if stated.day < 28 { stated.day + 1 } else { stated.day - 1 };
        }
        dialect.date(stated, out);
    });
    row.put(dialect.label("id_kind", if kind == NumberKind::WithoutId { "其他" } else { "居民身份证" }));
    match kind {
        NumberKind::WithoutId => row.blank(),
        NumberKind::ByGuardian => row.put_ascii(&guardian_id),
        NumberKind::Formal | NumberKind::Temporary => {
            let mut id_no = person.id_no(dice);
            match flaw {
                Flaw::Checksum => id_no[17] = wrong_check_character(id_no[17]),
                Flaw::Division => id_no = person.id_no_of(NO_DIVISION, dice),
                _ => {}
            }
            row.put_ascii(&id_no);
        }
    }
    row.put(dialect.label("ethnicity", person.ethnicity(dice)));
    row.put(dialect.label("nationality", "中国"));
    row.put(dialect.label("overseas", "否"));
    let league = seat.grade >= 8 && dice.roll(20, 10) < 4;
    row.put(dialect.label("political_status", if league { "共青团员" } else { "群众" }));
    match flaw {
        Flaw::OptionalUnreadable => row.put("不详"),
        _ => row.write(|out| dialect.division(place.code, out)),
    }
    let farming = dice.roll(21, 10) < 6;
    row.put(dialect.label("hukou_kind", if farming { "农业户口" } else { "非农业户口" }));
    row.write(|out| push_school(out, school.id));
    row.write(|out| push_number(out, school.classes[usize::from(seat.class)].id, 6));
    row.put(dialect.grade(seat.grade));
    row.write(|out| {
        dialect.month(if flaw == Flaw::EntryAfterDay { 2049 } else { u32::from(pupil.entry) }, 9, out);
    });
    row.put(dialect.label("entry_method", if seat.grade >= 10 { "统一招生考试/普通入学" } else { "就近入学" }));
    match flaw {
        Flaw::OptionalCode => row.put("租房陪读"),
        _ => row.put(dialect.label("study_mode", STUDY_MODES[usize::from(pupil.study)])),
    }
    row.put(dialect.label("status", pupil.status.label()));
    row.put(dialect.yes_no(stranger && farming));
    row.put(dialect.yes_no(!stranger && farming && seat.grade <= 9 && dice.roll(22, 100) < 18));
    let disability = match school.kind {
        Kind::Special => 1 + dice.roll(23, 3) as usize,
        _ if dice.roll(24, 1000) < 3 => 1 + dice.roll(23, 3) as usize,
        _ => 0,
    };
    row.put(dialect.label("disability", DISABILITIES[disability]));
    row.put(dialect.yes_no(disability > 0 && school.kind != Kind::Special));
    row.write(|out| {
        out.extend([place.name, SCHOOL_NAMES[dice.roll(25, 16) as usize], "路"]);
        push_number(out, 1 + dice.roll(26, 300) as u32, 1);
        out.push('号');
        if dice.roll(27, 16) == 0 {
            out.push_str(", 2幢");
        }
    });
    row.write(|out| push_mobile(out, dice.roll(28, 100_000_000)));
    row.write(|out| {
        out.push_str(if relation == 0 { person.surname(dice) } else { "江" });
        out.push_str(SCHOOL_NAMES[16 + dice.roll(29, 14) as usize]);
    });
    row.put(dialect.label("guardian_relation", RELATIONS[relation]));
    row.put_ascii(&guardian_id);
    row.write(|out| push_mobile(out, dice.roll(30, 100_000_000)));
    row.write(|out| {
        let digest = dice.roll(31, 1 << 32);
        push_hex(out, digest << 32 | dice.roll(32, 1 << 32));
    });
    row.write(|out| {
        if let Some(day) = nights.get(usize::from(pupil.touched)) {
            dialect.day(*day, out);
        }
    });
}

fn push_mobile(out: &mut String, number: u64) {
    out.push_str("139");
    push_number(out, number as u32, 8);
}

fn push_hex(out: &mut String, number: u64) {
    for shift in (0..16).rev() {
        out.push(char::from(b"0123456789abcdef"[(number >> (shift * 4) & 15) as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::{Date, check_character, id_number};

    #[test]
    fn a_temporary_number_is_not_the_id_number() {
        let person = Person { place: 0, cohort: 2005, serial: 41 };
        let dice = person.dice(9);
        assert_eq!(number(person, Flaw::Original, dice)[1..], person.id_no(dice));
        assert_ne!(number(person, Flaw::Twin, dice)[1..], person.id_no(dice));
        let outside = id_number(NO_DIVISION, Date { year: 2005, month: 9, day: 1 }, 11);
        assert_eq!(outside[17], check_character(&outside));
    }
}
