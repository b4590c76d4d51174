//! Findings in words for lists outside the vault: what stood in the cell is shown, but no full number of a person.

use std::borrow::Cow;

use domain::{
    contract::Holds,
    identity::{masked, normalise},
    rule::rule,
};

use crate::finding::Finding;

/// So many digits on end may be the number of a person: the shortest is the old ID number of 15 digits.
const NUMBER_OF_A_PERSON: usize = 15;

/// What stood in the cell, with registration and ID numbers masked wherever they stand.
pub fn shown(finding: &Finding) -> String {
    let Some(value) = &finding.value else { return String::new() };
    let column = finding.table.columns().iter().find(|column| Some(column.header) == finding.header);
    shortened(match column.map(|column| column.holds) {
        Some(Holds::IdNo | Holds::StudentNo) => masked(value),
        _ => without_numbers(value).into_owned(),
    })
}

/// More characters of a cell help nobody to find it.
const SHOWN: usize = 100;

/// A text that fits into a list; the quarantine has it whole.
fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((at, _)) => format!("{}……(共 {} 字)", &text[..at], text.chars().count()),
    }
}

/// The sentence of the finding's rule about it, in Chinese, with numbers masked.
pub fn message_zh(finding: &Finding) -> String {
    let detail = without_numbers(&finding.detail);
    rule(finding.rule).message_zh(finding.header.unwrap_or_default(), &shown(finding), &detail)
}

/// A text with every run of digits that may be a person's number masked.
fn without_numbers(text: &str) -> Cow<'_, str> {
    if digits_on_end(&normalise(text)) < NUMBER_OF_A_PERSON {
        return Cow::Borrowed(text);
    }
    let text = normalise(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while !rest.is_empty() {
        let run = rest.find(|char: char| !is_of_number(char)).unwrap_or(rest.len());
        let (number, after) = rest.split_at(run);
        match digits_on_end(number) {
            NUMBER_OF_A_PERSON.. => shown.push_str(&masked(number)),
            _ => shown.push_str(number),
        }
        let other = after.find(is_of_number).unwrap_or(after.len());
        let (words, next) = after.split_at(other);
        shown.push_str(words);
        rest = next;
    }
    Cow::Owned(shown)
}

fn is_of_number(char: char) -> bool {
    char.is_ascii_digit() || matches!(char, 'X' | 'x' | 'G' | 'L' | 'J')
}

fn digits_on_end(text: &str) -> usize {
    text.split(|char: char| !char.is_ascii_digit()).map(str::len).max().unwrap_or_default()
}
