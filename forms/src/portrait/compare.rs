//! Which portraits contradict each other: one picture for two people, or two pictures for one.

use std::collections::HashMap;

use super::{Number, Reason, Refused};

/// What a new portrait leads to.
#[derive(Debug, Default)]
pub(super) struct Contradiction {
    /// Portraits handed on before that are no longer to be taken.
    pub(super) withdrawn: Vec<Refused>,
    /// Why the new one is not to be taken.
    pub(super) reason: Option<Reason>,
}

/// A portrait that was taken up: a hundred thousand of them are held at a time.
#[derive(Debug)]
struct Known {
    file: Box<str>,
    number: Number,
    pixels: [u8; 32],
    withdrawn: bool,
}

/// The portraits met so far, good ones and contradicted ones.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    known: Vec<Known>,
    by_number: HashMap<Number, Vec<usize>>,
    by_pixels: HashMap<[u8; 32], Vec<usize>>,
}

impl Comparison {
    /// Takes up a portrait: a person's second file is refused with the first unless both show the same, and a picture that two people
    /// share is refused for both.
    pub(super) fn add(&mut self, file: &str, number: Number, pixels: [u8; 32]) -> Contradiction {
        let mut found = Contradiction::default();
        let same_person = self.by_number.get(&number).cloned().unwrap_or_default();
        let same_picture = self.by_pixels.get(&pixels).cloned().unwrap_or_default();
        for at in same_person {
            let Some(known) = self.known.get_mut(at) else { continue };
            if known.pixels != pixels {
                found.reason.get_or_insert_with(|| Reason::SecondPicture { other: known.file.to_string() });
                known.withdraw(Reason::SecondPicture { other: file.into() }, &mut found.withdrawn);
            } else if known.withdrawn {
                found.reason.get_or_insert_with(|| Reason::Contradicted { other: known.file.to_string() });
            }
        }
        for at in same_picture {
            let Some(known) = self.known.get_mut(at) else { continue };
            if known.number != number {
                found.reason.get_or_insert_with(|| Reason::SamePicture { other: known.file.to_string() });
                known.withdraw(Reason::SamePicture { other: file.into() }, &mut found.withdrawn);
            }
        }
        let at = self.known.len();
        self.known.push(Known { file: file.into(), number, pixels, withdrawn: found.reason.is_some() });
        self.by_number.entry(number).or_default().push(at);
        self.by_pixels.entry(pixels).or_default().push(at);
        found
    }
}

impl Known {
    fn withdraw(&mut self, reason: Reason, withdrawn: &mut Vec<Refused>) {
        if !std::mem::replace(&mut self.withdrawn, true) {
            withdrawn.push(Refused { file: self.file.to_string(), reason });
        }
    }
}
