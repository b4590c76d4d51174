//! The registration number (学籍号): one of `G L J` and 18 places shaped like an identity number.

use std::fmt;

use super::{masked, normal};
use crate::written::written_as_text;

/// A registration number of 19 places, `^[GLJ][0-9]{17}[0-9X]$`, normalised.
///
/// Its places are a name, not a fact: an `L` number has nothing to do with its pupil's ID number, and a `G` number stays when the ID
/// number changes (教育部《中小学生学籍管理常见问题及解答》2016). No check digit is asked of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudentNo([u8; 19]);

/// What kind of registration number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberKind {
    /// 正式学籍号: given after the ID number was verified
    G,
    /// 临时学籍号: given at first registration
    L,
    /// 无公民身份证号学生学籍号
    J,
}

impl NumberKind {
    /// The letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            NumberKind::G => "G",
            NumberKind::L => "L",
            NumberKind::J => "J",
        }
    }
}

impl StudentNo {
    /// Reads 19 places. Lower-case letters, full-width characters, spaces and invisible marks are put right.
    pub fn read(text: &str) -> Option<StudentNo> {
        if let Ok(places) = text.as_bytes().try_into()
            && is_shaped(places)
        {
            return Some(StudentNo(*places));
        }
        let (places, length) = normal::places(text)?;
        let places = places.first_chunk()?;
        (length == 19 && is_shaped(places)).then_some(StudentNo(*places))
    }

    /// The kind its letter tells.
    pub const fn kind(&self) -> NumberKind {
        match self.0[0] {
            b'L' => NumberKind::L,
            b'J' => NumberKind::J,
            _ => NumberKind::G,
        }
    }

    /// All 19 places. Only the vault and files for their owners may hold them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("read as ASCII")
    }

    /// The 18 places behind the letter.
    pub fn places(&self) -> &str {
        &self.as_str()[1..]
    }
}

impl fmt::Debug for StudentNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.as_str()))
    }
}

fn is_shaped(places: &[u8; 19]) -> bool {
    matches!(places[0], b'G' | b'L' | b'J')
        && places[1..18].iter().all(u8::is_ascii_digit)
        && (places[18].is_ascii_digit() || places[18] == b'X')
}

written_as_text!(StudentNo, StudentNo::read, StudentNo::as_str, "a registration number of 19 places");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_its_letter_and_eighteen_places() {
        // REQ: IDN-01
        let kind = |text| StudentNo::read(text).map(|number| number.kind());
        assert_eq!(kind("G341126201503010016"), Some(NumberKind::G));
        assert_eq!(kind("l34112620150301001x"), Some(NumberKind::L));
        assert_eq!(kind(" Ｊ３４１１２６２０１５０３０１００１６ "), Some(NumberKind::J));
        for text in [
            "",
            "341126201503010016",
            "LG34112620150301001",
            "A341126201503010016",
            "G3411262015030100160",
            "G34112620150301X016",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn a_temporary_number_needs_no_check_digit() {
        assert_eq!(StudentNo::read("L341126201503019999").unwrap().places(), "341126201503019999");
    }

    #[test]
    fn the_number_is_masked_when_printed() {
        assert_eq!(format!("{:?}", StudentNo::read("G341126201503010016").unwrap()), "G3411************16");
    }

    proptest! {
        #[test]
        fn what_is_read_is_its_own_normal_form(
            text in "[GLJglj][0-9]{17}[0-9Xx]",
            marks in prop::collection::vec((0usize..19, prop::sample::select(vec![' ', '\u{3000}', '\u{200b}', '\u{feff}'])), 0..4),
        ) {
            let mut marked: Vec<char> = text.chars().collect();
            marks.into_iter().for_each(|(at, mark)| marked.insert(at, mark));
            let number = StudentNo::read(&marked.into_iter().collect::<String>());
            prop_assert_eq!(number.map(|number| number.as_str().to_owned()), Some(text.to_uppercase()));
            prop_assert_eq!(number.and_then(|number| StudentNo::read(number.as_str())), number);
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}") {
            let _ = StudentNo::read(&text);
        }
    }
}
