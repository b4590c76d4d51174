//! Who is meant: identity-document numbers (GB 11643) and registration numbers (学籍号).
//!
//! A registration number usually shows the ID number it was made from, so both are of one class: `Debug` is masked, there is no
//! `Display`, and the full digits come only from `as_str`. One is never derived from the other: a `G` number outlives a changed ID.

mod citizen;
mod mangled;
mod normal;
mod registration;

pub use citizen::{IdCheck, IdFault, IdNo, Sex, checksum_ok};
pub use mangled::is_mangled;
pub use normal::normalise;
pub use registration::{NumberKind, StudentNo};

/// A personal number as lists may show it.
///
/// GB/T 35273-2020 7.2 asks for numbers to be de-identified on display and leaves the pattern open; custom shows the first 3–6 and the
/// last 2–4 places, and of children no digit of the birth date. This keeps the least that still tells a clerk which record is meant:
/// the first 4 (the prefecture) and the last 2, after the letter of a registration number, which is masked as an ID number is since it
/// shows one. Any other text of 11 places or more keeps 3 and 2, shorter text nothing.
///
/// ```
/// # use domain::identity::masked;
/// assert_eq!(masked("341126201503010016"), "3411************16");
/// assert_eq!(masked("G341126201503010016"), "G3411************16");
/// assert_eq!(masked("13805510000"), "138******00");
/// assert_eq!(masked("王小明"), "***");
/// ```
pub fn masked(number: &str) -> String {
    let places = number.chars().count();
    let (first, last) = match places {
        15 | 18 => (4, 2),
        19 => (5, 2),
        11.. => (3, 2),
        _ => (0, 0),
    };
    number.chars().enumerate().map(|(at, place)| if at < first || places - last <= at { place } else { '*' }).collect()
}

/// Characters that show nothing and hide in numbers pasted from pages and chats.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}
