//! One look for all charts: font, sizes, colours. Colours differ in lightness as well as in hue, so that they are told apart
//! by colour-blind readers and on a black-and-white printout.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, ScaleFont};

/// The font that ships with the program: a GBK subset of WenQuanYi Micro Hei (`data/fonts`).
pub const FONT: &[u8] = include_bytes!("../../../data/fonts/WenQuanYiMicroHei-GBK.ttf");

/// The families an SVG asks for: the shipped font by its name, then what Chinese systems have.
pub const FAMILY: &str =
    "WenQuanYi Micro Hei, Microsoft YaHei, PingFang SC, Noto Sans CJK SC, Source Han Sans SC, sans-serif";

/// A colour, red, green and blue.
pub type Colour = (u8, u8, u8);

/// Paper.
pub const PAPER: Colour = (255, 255, 255);
/// Titles and values.
pub const INK: Colour = (31, 41, 51);
/// Units, sources, axis labels: 7:1 on paper.
pub const QUIET: Colour = (82, 92, 102);
/// Grid lines.
pub const GRID: Colour = (222, 226, 230);
/// Axes and reference lines.
pub const AXIS: Colour = (134, 142, 150);
/// The colour of a single series.
pub const MAIN: Colour = (0, 90, 156);
/// A series' area.
pub const MAIN_LIGHT: Colour = (214, 228, 240);
/// 男
pub const BOYS: Colour = (0, 90, 156);
/// 女
pub const GIRLS: Colour = (222, 143, 5);
/// A class within its standard.
pub const WITHIN: Colour = (176, 190, 204);
/// A class over its standard.
pub const OVER: Colour = (233, 163, 59);
/// 大班额
pub const LARGE: Colour = (196, 78, 24);
/// 超大班额
pub const OVERSIZE: Colour = (92, 16, 20);
/// A reference line.
pub const MARK: Colour = (150, 30, 30);

/// Size of a title, in pixels per em, like all sizes.
pub const TITLE: f64 = 22.0;
/// Size of values and labels.
pub const LABEL: f64 = 15.0;
/// Size of ticks, units and sources.
pub const SMALL: f64 = 13.0;

/// The colour of a grading.
pub fn grading(grading: &str) -> Colour {
    match grading {
        "over" => OVER,
        "large" => LARGE,
        "oversize" => OVERSIZE,
        _ => WITHIN,
    }
}

/// A shade between paper and [`MAIN`], for a share from 0 to 1.
pub fn shade(share: f64) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8;
    (mix(240, 8), mix(245, 62), mix(250, 120))
}

/// The shipped font, read once.
pub fn font() -> &'static FontRef<'static> {
    static READ: OnceLock<FontRef<'static>> = OnceLock::new();
    READ.get_or_init(|| FontRef::try_from_slice(FONT).expect("the shipped font is a font: a test reads it"))
}

/// The scale at which the font's em has this many pixels.
pub fn em(pixels: f64) -> f32 {
    let font = font();
    let units_per_em = font.units_per_em().unwrap_or(2048.0);
    pixels as f32 * font.height_unscaled() / units_per_em
}

/// How wide a line of text is at this size, in pixels.
pub fn text_width(text: &str, size: f64) -> f64 {
    let font = font().as_scaled(em(size));
    text.chars().map(|character| f64::from(font.h_advance(font.glyph_id(character)))).sum()
}

/// The text cut to fit a width, with an ellipsis where something was cut.
pub fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if text_width(&kept, size) + text_width("…", size) > width {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// The text in lines that fit a width, broken between any two characters except inside a number, a day or a Latin word.
pub fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && text_width(line, size) + text_width(word, size) > width {
            lines.push(word.trim_start().to_owned());
        } else {
            line.push_str(word);
        }
    }
    lines
}

fn words(text: &str) -> Vec<&str> {
    const NEVER_FIRST: &str = "，。、；：？！）》”％%";
    let mut words = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (place, character) in text.char_indices() {
        let joined = before.is_some_and(|before| {
            let latin = |c: char| c.is_ascii() && c != ' ';
            let date = |c: char| c.is_ascii_digit() || "年月日".contains(c);
            (latin(before) && latin(character))
                || (date(before) && date(character))
                || NEVER_FIRST.contains(character)
                || "（《“".contains(before)
        });
        if place > start && !joined {
            words.push(&text[start..place]);
            start = place;
        }
        before = Some(character);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_font_has_every_character_of_the_field() {
        // REQ: RPT-01. Characters of place and personal names within GBK, and the signs that charts use.
        let font = font();
        for character in "辍学巩固率超大班额濮阳漯河亳州鄠邑圳昶喆堃镕淼‰％…—→←↑↓①□■●○　（）《》·÷−×≥≤¥￥".chars()
        {
            assert_ne!(font.glyph_id(character).0, 0, "{character}");
        }
    }

    #[test]
    fn text_is_cut_and_broken_to_its_width() {
        assert_eq!(fit("第一实验小学", 10.0, 35.0), "第一…");
        assert_eq!(fit("一小", 10.0, 35.0), "一小");
        assert_eq!(wrap("在读学生 12,345 人，按年级", 10.0, 80.0), ["在读学生 12,345 ", "人，按年级"]);
    }
}
