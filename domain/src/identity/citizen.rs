//! The citizen identification number (公民身份号码) of 18 places, GB 11643: division, birth date, sequence, check character.

use std::fmt;

use super::{is_mangled, masked, normal};
use crate::{calendar::Day, division, written::written_as_text};

/// An identity number of 17 digits and a check character, normalised. Whether it is right is for [`IdNo::check`] to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNo([u8; 18]);

/// Why text is no identity number of 18 places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Nothing there.
    #[error("no number")]
    Empty,
    /// A spreadsheet has turned it into a number and lost its last digits.
    #[error("the number was mangled by a spreadsheet")]
    Mangled,
    /// 15 digits of the first generation, which no pupil can hold; guardians may.
    #[error("15 places, a number of the first generation")]
    FirstGeneration,
    /// Another length.
    #[error("{0} places instead of 18")]
    Length(usize),
    /// Anything but 17 digits and a digit or X.
    #[error("not 17 digits and a digit or X")]
    Shape,
}

/// What an identity number says of its holder, and whether it holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdCheck {
    /// Whether the last place agrees with the others (ISO/IEC 7064 MOD 11-2).
    pub checksum_ok: bool,
    /// Whether the first six places ever were a division; every published list has holes, so that this is a warning.
    pub division_known: bool,
    /// The birth date, if the calendar has that day.
    pub birth: Option<Day>,
    /// The sex of the sequence number; odd is male.
    pub sex: Option<Sex>,
}

/// Sex (性别).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl Sex {
    /// The Chinese label.
    pub const fn label(self) -> &'static str {
        match self {
            Sex::Male => "男",
            Sex::Female => "女",
        }
    }

    /// The sex of a label.
    pub fn from_label(label: &str) -> Option<Sex> {
        match label {
            "男" => Some(Sex::Male),
            "女" => Some(Sex::Female),
            _ => None,
        }
    }
}

impl IdNo {
    /// Reads 18 places. Full-width digits, a lower-case `x`, outer and inner spaces and invisible marks are put right.
    ///
    /// ```
    /// # use domain::identity::{IdFault, IdNo};
    /// assert_eq!(IdNo::read("11010519491231002x").unwrap().as_str(), "11010519491231002X");
    /// assert_eq!(IdNo::read("3.41126E+17"), Err(IdFault::Mangled));
    /// ```
    pub fn read(text: &str) -> Result<IdNo, IdFault> {
        if let Ok(places) = text.as_bytes().try_into()
            && is_shaped(places)
        {
            return if is_mangled(text) { Err(IdFault::Mangled) } else { Ok(IdNo(*places)) };
        }
        if is_mangled(text) {
            return Err(IdFault::Mangled);
        }
        let Some((places, length)) = normal::places(text) else {
            return Err(match normal::count(text) {
                18 => IdFault::Shape,
                other => IdFault::Length(other),
            });
        };
        match places.first_chunk() {
            Some(first) if length == 18 && is_shaped(first) => {
                let id = IdNo(*first);
                // Spaces inside hide a rounded tail from the look at the text above.
                if is_mangled(id.as_str()) { Err(IdFault::Mangled) } else { Ok(id) }
            }
            _ => Err(match length {
                0 => IdFault::Empty,
                18 => IdFault::Shape,
                15 if places[..15].iter().all(u8::is_ascii_digit) => IdFault::FirstGeneration,
                other => IdFault::Length(other),
            }),
        }
    }

    /// All 18 places. Only the vault and files for their owners may hold them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("read as digits and X")
    }

    /// All 18 places as bytes.
    pub const fn bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// The division of the first registration, 6 digits.
    pub fn division(&self) -> &str {
        &self.as_str()[..6]
    }

    /// The birth date in places 7–14, if the calendar has that day.
    pub fn birth(&self) -> Option<Day> {
        let number =
            |from: usize, to: usize| self.0[from..to].iter().fold(0u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
        Day::from_ymd(i32::try_from(number(6, 10)).ok()?, number(10, 12), number(12, 14))
    }

    /// The sex in place 17.
    pub const fn sex(&self) -> Sex {
        if self.0[16] % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// Checks what can be checked without any other record (GB 11643; residence permits of 810000, 820000 and 830000 included).
    pub fn check(&self) -> IdCheck {
        IdCheck {
            checksum_ok: checksum_ok(&self.0),
            division_known: division::was_ever(self.division()),
            birth: self.birth(),
            sex: Some(self.sex()),
        }
    }
}

impl fmt::Debug for IdNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.as_str()))
    }
}

/// Whether the last of 18 places is the check character of the others: the weighted sum leaves 1 over eleven. Anything but digits and
/// an X at the end is wrong.
pub fn checksum_ok(places: &[u8; 18]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if !is_shaped(places) {
        return false;
    }
    let sum: u32 = places.iter().zip(WEIGHTS).map(|(place, weight)| u32::from(place - b'0') * weight).sum();
    b"10X98765432"[(sum % 11) as usize] == places[17]
}

fn is_shaped(places: &[u8; 18]) -> bool {
    places[..17].iter().all(u8::is_ascii_digit) && (places[17].is_ascii_digit() || places[17] == b'X')
}

written_as_text!(Sex, Sex::from_label, |sex| sex.label(), "a sex: 男, 女");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(text: &str) -> IdCheck {
        IdNo::read(text).unwrap().check()
    }

    #[test]
    fn the_standards_examples_hold() {
        // REQ: IDN-02
        for text in ["11010519491231002X", "440524188001010014", "341126201503010016"] {
            let check = checked(text);
            assert!(check.checksum_ok && check.division_known, "{text}");
        }
        let check = checked("341126201503010016");
        assert_eq!(check.birth.unwrap().to_string(), "2015-03-01");
        assert_eq!(check.sex, Some(Sex::Male));
        assert_eq!(checked("11010519491231002X").sex, Some(Sex::Female));
    }

    #[test]
    fn residence_permits_are_numbers_like_others() {
        // REQ: IDN-02
        for text in ["810000201206150031", "830000201109090122"] {
            let check = checked(text);
            assert!(check.checksum_ok && check.division_known && check.birth.is_some(), "{text}");
        }
    }

    #[test]
    fn a_wrong_digit_a_wrong_division_and_a_wrong_day_are_seen() {
        // REQ: IDN-02
        assert!(!checked("341126201503010017").checksum_ok);
        assert!(!checked("999999201503010016").division_known);
        assert_eq!(checked("341126201502300016").birth, None);
    }

    #[test]
    fn numbers_are_put_right_before_they_are_checked() {
        // REQ: IDN-02
        for text in [
            "11010519491231002x",
            " 11010519491231002X ",
            "１１０１０５１９４９１２３１００２ｘ",
            "\u{feff}110105\u{200b}19491231 002X",
            "110105 19491231 002X",
            "\u{202a}11010519491231002X\u{202c}",
        ] {
            assert_eq!(
                IdNo::read(text).map(|no| no.as_str().to_owned()).as_deref(),
                Ok("11010519491231002X"),
                "{text}"
            );
        }
        assert_eq!(IdNo::read(""), Err(IdFault::Empty));
        assert_eq!(IdNo::read("110105491231002"), Err(IdFault::FirstGeneration));
        assert_eq!(IdNo::read("1101051949123100"), Err(IdFault::Length(16)));
        assert_eq!(IdNo::read("1101051949123100X2"), Err(IdFault::Shape));
        assert_eq!(IdNo::read("341126201503010000"), Err(IdFault::Mangled));
        assert_eq!(IdNo::read("341126 20150301 0000"), Err(IdFault::Mangled));
        assert_eq!(IdNo::read("护照 E12345678"), Err(IdFault::Length(11)));
        assert_eq!(IdNo::read("护照 E123456789012"), Err(IdFault::Length(15)), "no number of the first generation");
        assert!(IdNo::read("1101051949123100211010519491231002").is_err());
    }

    #[test]
    fn the_number_is_masked_when_printed() {
        let id = IdNo::read("341126201503010016").unwrap();
        assert_eq!(format!("{id:?}"), "3411************16");
        assert_eq!(format!("{:?}", Some(id)), "Some(3411************16)");
    }

    proptest! {
        // REQ: IDN-02
        #[test]
        fn exactly_one_check_character_fits(digits in "[0-9]{17}") {
            let fitting = b"0123456789X".iter().filter(|&&last| {
                let mut places = [last; 18];
                places[..17].copy_from_slice(digits.as_bytes());
                checksum_ok(&places)
            });
            prop_assert_eq!(fitting.count(), 1);
        }

        #[test]
        fn one_wrong_digit_and_two_swapped_neighbours_are_always_seen(digits in "[0-9]{17}", at in 0usize..17, by in 1u8..10) {
            let mut places = [0; 18];
            places[..17].copy_from_slice(digits.as_bytes());
            places[17] = *b"0123456789X".iter().find(|&&last| { places[17] = last; checksum_ok(&places) }).unwrap();
            let mut wrong = places;
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            prop_assert!(!checksum_ok(&wrong));
            let mut swapped = places;
            swapped.swap(at.min(15), at.min(15) + 1);
            prop_assert!(swapped == places || !checksum_ok(&swapped));
        }

        #[test]
        fn what_is_read_is_its_own_normal_form(
            digits in "[0-9]{14}(000|[0-9]{3})[0-9Xx]",
            marks in prop::collection::vec((0usize..18, prop::sample::select(vec![' ', '\u{3000}', '\u{200b}', '\u{feff}'])), 0..4),
        ) {
            let mut text: Vec<char> = digits.chars().collect();
            marks.into_iter().for_each(|(at, mark)| text.insert(at, mark));
            if let Ok(id) = IdNo::read(&text.into_iter().collect::<String>()) {
                prop_assert_eq!(IdNo::read(id.as_str()), Ok(id));
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}", rubbish in any::<[u8; 18]>()) {
            let _ = IdNo::read(&text).map(|id| id.check());
            let _ = (checksum_ok(&rubbish), masked(&text));
        }
    }
}
