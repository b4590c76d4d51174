//! A person: who somebody is for life. Everything about a person follows from the place, the cohort and a serial number,
//! so that eight million of them need not be held.

use crate::{
    chance::mix,
    words::{ETHNICITIES, GIVEN, PLACES, SURNAMES},
};

/// Days of a cohort: from 1 September to 31 August, 29 February never used.
const COHORT_DAYS: u32 = 365;
/// Persons of one place and one cohort: every day has 499 boys or girls.
pub(crate) const COHORT_CAPACITY: u32 = COHORT_DAYS * 499;

/// A person, by the place of birth, the cohort and a number within the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Person {
    /// The index of the place of birth in `PLACES`.
    pub(crate) place: u16,
    /// The year on whose 31 August the cohort's last child is born: on 31 August of any later year its age is the difference.
    pub(crate) cohort: u16,
    /// The number within place and cohort.
    pub(crate) serial: u32,
}

/// A calendar day in parts, as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// The year.
    pub(crate) year: u32,
    /// The month, 1–12.
    pub(crate) month: u32,
    /// The day of the month.
    pub(crate) day: u32,
}

/// What letter a registration number begins with (学籍号).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberKind {
    /// Formal: the digits of the ID number.
    Formal,
    /// Temporary: digits of its own.
    Temporary,
    /// Temporary, with the guardian's ID number standing in for the child's own (皖教基〔2013〕20号 art. 13).
    ByGuardian,
    /// Without any ID number.
    WithoutId,
}

/// Dice of one person, always the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The face shown for a purpose, below `bound`.
    pub(crate) fn roll(self, purpose: u64, bound: u64) -> u64 {
        let bits = mix(self.0 ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        ((bits >> 32) * bound) >> 32
    }
}

impl Person {
    /// The person's dice under a seed.
    pub(crate) fn dice(self, seed: u64) -> Dice {
        let packed = u64::from(self.place) << 48 | u64::from(self.cohort) << 32 | u64::from(self.serial);
        Dice(mix(seed ^ mix(packed)))
    }

    /// The day of birth.
    pub(crate) fn birth(self) -> Date {
        const MONTHS: [(u32, u32); 12] = [
            (9, 30),
            (10, 31),
            (11, 30),
            (12, 31),
            (1, 31),
            (2, 28),
            (3, 31),
            (4, 30),
            (5, 31),
            (6, 30),
            (7, 31),
            (8, 31),
        ];
        // 151 shares no factor with 365: every day comes up once in 365 serial numbers.
        let mut rest = (u64::from(self.serial) * 151 % u64::from(COHORT_DAYS)) as u32;
        for (month, days) in MONTHS {
            if rest < days {
                let year = u32::from(self.cohort) - u32::from(month >= 9);
                return Date { year, month, day: rest + 1 };
            }
            rest -= days;
        }
        unreachable!("the months of a cohort have 365 days")
    }

    /// 1 for a boy, 0 for a girl.
    pub(crate) fn sex(self, dice: Dice) -> usize {
        dice.roll(1, 1000).lt(&528).into()
    }

    /// The person's own ID number (公民身份号码, GB 11643).
    pub(crate) fn id_no(self, dice: Dice) -> [u8; 18] {
        self.id_no_of(PLACES[usize::from(self.place)].code, dice)
    }

    /// The same number as if it had been issued in another division.
    pub(crate) fn id_no_of(self, division: u32, dice: Dice) -> [u8; 18] {
        let male = self.sex(dice) as u32;
        let sequence = self.serial / COHORT_DAYS * 2 + 2 - male;
        id_number(division, self.birth(), sequence)
    }

    /// What kind of registration number a person without faults has.
    pub(crate) fn number_kind(self, dice: Dice) -> NumberKind {
        match dice.roll(2, 1000) {
            0..30 => NumberKind::WithoutId,
            30..31 => NumberKind::ByGuardian,
            31..80 => NumberKind::Temporary,
            _ => NumberKind::Formal,
        }
    }

    /// The name, after a correction if there was one.
    pub(crate) fn write_name(self, dice: Dice, corrected: bool, out: &mut String) {
        if self.ethnicity(dice) == "维吾尔族" {
            out.push_str("阿依·");
        } else {
            out.push_str(self.surname(dice));
        }
        let first = dice.roll(4, GIVEN.len() as u64) as usize;
        out.push_str(GIVEN[(first + usize::from(corrected)) % GIVEN.len()]);
        if dice.roll(5, 10) < 8 {
            out.push_str(GIVEN[dice.roll(6, GIVEN.len() as u64) as usize]);
        }
    }

    /// The surname.
    pub(crate) fn surname(self, dice: Dice) -> &'static str {
        // Two draws, the lower one taken: a few surnames are common, many are rare.
        let bound = SURNAMES.len() as u64;
        SURNAMES[dice.roll(7, bound).min(dice.roll(8, bound)) as usize]
    }

    /// The ethnic group.
    pub(crate) fn ethnicity(self, dice: Dice) -> &'static str {
        let mut face = dice.roll(3, 1000);
        for (label, weight) in ETHNICITIES {
            if face < weight {
                return label;
            }
            face -= weight;
        }
        ETHNICITIES[0].0
    }

    /// The guardian's ID number, and whether the guardian is the mother's side (1), the father (0) or a grandparent (2).
    pub(crate) fn guardian(self, dice: Dice) -> ([u8; 18], usize) {
        let relation = [0, 0, 0, 0, 1, 1, 1, 2][dice.roll(9, 8) as usize];
        let older = if relation == 2 { 50 } else { 24 } + dice.roll(10, 10) as u32;
        let birth = Date {
            year: u32::from(self.cohort) - older,
            month: 1 + dice.roll(11, 12) as u32,
            day: 1 + dice.roll(12, 28) as u32,
        };
        let sequence = 2 * (1 + dice.roll(13, 498) as u32) + u32::from(relation != 1);
        (id_number(PLACES[usize::from(self.place)].code, birth, sequence), relation)
    }
}

/// An ID number of these parts with its check character (ISO/IEC 7064 MOD 11-2).
pub(crate) fn id_number(division: u32, birth: Date, sequence: u32) -> [u8; 18] {
    let mut number = [b'0'; 18];
    write_digits(&mut number[0..6], division);
    write_digits(&mut number[6..10], birth.year);
    write_digits(&mut number[10..12], birth.month);
    write_digits(&mut number[12..14], birth.day);
    write_digits(&mut number[14..17], sequence);
    number[17] = check_character(&number);
    number
}

/// The check character that belongs to the first 17 digits.
pub(crate) fn check_character(number: &[u8; 18]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = WEIGHTS.iter().zip(number).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// A check character that is wrong, and not one that would look like a number rounded by a spreadsheet.
pub(crate) fn wrong_check_character(right: u8) -> u8 {
    match right {
        b'X' => b'5',
        b'9' => b'1',
        digit => digit + 1,
    }
}

fn write_digits(out: &mut [u8], mut value: u32) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_standards_own_numbers_check() {
        assert_eq!(check_character(b"11010519491231002X"), b'X');
        assert_eq!(check_character(b"440524188001010014"), b'4');
    }

    #[test]
    fn numbers_of_a_cohort_differ_and_are_born_within_it() {
        let mut seen = BTreeSet::new();
        for serial in (0..40_000).chain(COHORT_CAPACITY - 400..COHORT_CAPACITY) {
            let person = Person { place: 3, cohort: 2006, serial };
            let birth = person.birth();
            assert!((2005, 9) <= (birth.year, birth.month) && (birth.year, birth.month) <= (2006, 8));
            assert!(seen.insert(person.id_no(person.dice(1))));
        }
    }
}
