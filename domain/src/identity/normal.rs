//! Text as it should have been typed: half-width characters and no space around it.

use std::borrow::Cow;

use super::is_invisible;

/// The text with full-width ASCII made half-width (`１` → `1`, `　` → a space) and outer white space cut off, U+3000, U+FEFF and
/// the no-break space among it. Clean text is borrowed.
///
/// ```
/// # use domain::identity::normalise;
/// assert_eq!(normalise("\u{feff}　３４０１０２ｘ "), "340102x");
/// assert_eq!(normalise("阿卜杜·热合曼"), "阿卜杜·热合曼");
/// ```
pub fn normalise(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if (0x21..0x7f).contains(first) && (0x21..0x7f).contains(last) && text.is_ascii() => {
            return Cow::Borrowed(text);
        }
        (None, _) => return Cow::Borrowed(text),
        _ => {}
    }
    let text = text
        .trim_matches(|character: char| character.is_whitespace() || character.is_control() || is_edge_mark(character));
    // Full-width forms and the ideographic space begin with EF and E3 80; hanzi do not.
    let suspect = text.as_bytes().windows(2).any(|pair| matches!(pair, [0xef, 0xbc | 0xbd] | [0xe3, 0x80]));
    if suspect && text.chars().any(|character| half_width(character) != character) {
        let half: String = text.chars().map(half_width).collect();
        let trimmed = half.trim();
        return Cow::Owned(if trimmed.len() == half.len() { half } else { trimmed.to_owned() });
    }
    Cow::Borrowed(text)
}

/// Marks of direction inside a name belong to it; a zero-width space or byte-order mark around it does not.
fn is_edge_mark(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{200b}' | '\u{2060}')
}

const fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(character as u32 - 0xfee0) {
            Some(half) => half,
            None => character,
        },
        _ => character,
    }
}

/// The bytes of a number of up to 19 places: normalised, letters in upper case, spaces and invisible marks inside left out.
/// None if it is longer or holds anything but ASCII.
pub(super) fn places(text: &str) -> Option<([u8; 20], usize)> {
    let mut places = [0; 20];
    let mut n = 0;
    for character in normalise(text).chars().filter(|&character| takes_a_place(character)) {
        let place = u8::try_from(character).ok().filter(u8::is_ascii)?;
        *places.get_mut(n)? = place.to_ascii_uppercase();
        n += 1;
    }
    Some((places, n))
}

/// How many places a text has, of whatever letters.
pub(super) fn count(text: &str) -> usize {
    normalise(text).chars().filter(|&character| takes_a_place(character)).count()
}

fn takes_a_place(character: char) -> bool {
    !is_invisible(character) && !character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "341126201503010016", "张三", "阿卜杜·热合曼", "a b", "、。《》"] {
            assert!(matches!(normalise(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert!(matches!(normalise(" 12\t"), Cow::Borrowed("12")));
        assert!(matches!(normalise("\u{feff}张三\u{a0}\u{3000}"), Cow::Borrowed("张三")));
    }

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(normalise("（３４０１）ｘ"), "(3401)x");
        assert_eq!(normalise("一　二"), "一 二");
        assert_eq!(normalise("\r\n　\n"), "");
        assert_eq!(normalise("\u{200b}\u{3000}1\u{200b}"), "1");
    }

    proptest! {
        #[test]
        fn normal_text_stays_as_it_is(text in "\\PC{0,16}") {
            let once = normalise(&text).into_owned();
            prop_assert_eq!(normalise(&once), once.as_str());
        }
    }
}
