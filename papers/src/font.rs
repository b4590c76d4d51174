//! The font that is compiled in, and the characters it does not have.

use std::{collections::BTreeSet, sync::LazyLock};

use typst::{foundations::Bytes, text::Font};

use crate::{Paper, words};

const FILE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/fonts/WenQuanYiMicroHei-GBK.ttf"));

/// 文泉驿微米黑, of which `data/fonts/README.md` tells the characters and the licence.
pub(crate) static FONT: LazyLock<Font> =
    LazyLock::new(|| Font::new(Bytes::new(FILE), 0).expect("the font of the project is a font"));

/// The mark that stands in the PDF for a character the font does not have.
const STAND_IN: char = '〓';

/// The characters of a paper that the font does not have, each once, in the order of their codes: rare names, mostly, of the extensions
/// behind GBK. The PDF shows 〓 in their place, and the foot of both renderings lists their codes.
pub fn missing_glyphs(paper: &Paper) -> Vec<char> {
    let mut missing = BTreeSet::new();
    let _ = paper.clone().with_text(&mut |text| {
        missing.extend(words::plain(text).chars().filter(|character| !has(*character)));
        String::new()
    });
    missing.into_iter().collect()
}

/// What the foot of a paper says of its missing characters; `shown` is how the rendering shows one.
pub(crate) fn note(missing: &[char], shown: impl Fn(usize, char) -> String) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let each = missing
        .iter()
        .enumerate()
        .map(|(at, character)| format!("{}为{}", shown(at, *character), words::code(*character)));
    Some(format!("字库缺字（统一码）：{}。", each.collect::<Vec<_>>().join("，")))
}

/// The mark for one of the missing characters: with a number of its own, unless it is the only one.
pub(crate) fn mark(at: usize, of: usize) -> String {
    if of == 1 { STAND_IN.to_string() } else { format!("{STAND_IN}{}", at + 1) }
}

/// Text with its missing characters replaced by their marks.
pub(crate) fn with_marks(text: &str, missing: &[char]) -> String {
    let mut marked = String::with_capacity(text.len());
    for character in text.chars() {
        match missing.binary_search(&character) {
            Ok(at) => marked.push_str(&mark(at, missing.len())),
            Err(_) => marked.push(character),
        }
    }
    marked
}

fn has(character: char) -> bool {
    character == '\n' || FONT.info().coverage.contains(u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_what_papers_print() {
        let marks = "〓□■√·—“”（）〔〕《》：；，。　0123456789*ABCXYZabcxyz";
        assert!(marks.chars().all(has));
        assert!(!has('𠮷') && !has('䶮'));
    }

    #[test]
    fn several_missing_characters_are_told_apart() {
        let missing = ['㛃', '𠮷'];
        assert_eq!(with_marks("王𠮷㛃", &missing), "王〓2〓1");
        let note = note(&missing, |at, _| mark(at, 2)).unwrap();
        assert_eq!(note, "字库缺字（统一码）：〓1为U+36C3，〓2为U+20BB7。");
        assert_eq!(with_marks("王𠮷", &['𠮷']), "王〓");
    }
}
