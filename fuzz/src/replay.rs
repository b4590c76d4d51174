//! The fuzz targets without a fuzzer: every input of a corpus, and mutations of them that are the same each time.

use std::{
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

/// Runs a target's body over its corpus, then over so many mutations of it. `fuzz` is the folder of the fuzz targets.
///
/// # Panics
///
/// With the input, if the body panics; and if the corpus is empty.
pub(crate) fn replay(fuzz: &Path, target: &str, mutations: usize, body: fn(&[u8])) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fuzz.join("corpus").join(target))
        .expect("a corpus for each target")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no corpus");
    let inputs: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).expect("an input")).collect();
    for (file, input) in files.iter().zip(&inputs) {
        run(target, &file.display().to_string(), input, body);
    }
    let words = dictionary(&fuzz.join("dictionaries").join(format!("{target}.dict")));
    let mut chance = Chance::new(target.len() as u64);
    for number in 0..mutations {
        let mut input = chance.one_of(&inputs).clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut input, &inputs, &words, &mut chance);
        }
        run(target, &format!("mutation {number}"), &input, body);
    }
}

fn run(target: &str, origin: &str, input: &[u8], body: fn(&[u8])) {
    if catch_unwind(AssertUnwindSafe(|| body(input))).is_err() {
        let mut hex = String::new();
        input.iter().for_each(|byte| write!(hex, "{byte:02x}").expect("a string takes all"));
        panic!("target {target}, {origin}: {}\nin hexadecimal: {hex}", input.escape_ascii());
    }
}

/// The words of a dictionary of libFuzzer.
fn dictionary(path: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path).expect("a dictionary for each target");
    let word = |line: &str| {
        let quoted = line.strip_prefix('"')?.strip_suffix('"')?;
        let (mut word, mut rest) = (Vec::new(), quoted.bytes());
        while let Some(byte) = rest.next() {
            match (byte, byte == b'\\') {
                (_, false) => word.push(byte),
                (_, true) => match rest.next()? {
                    b'x' => {
                        let digits = [rest.next()?, rest.next()?];
                        word.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                    }
                    other => word.push(other),
                },
            }
        }
        Some(word)
    };
    text.lines().map(|line| word(line).unwrap_or_else(|| panic!("{}: {line}", path.display()))).collect()
}

fn mutate(input: &mut Vec<u8>, inputs: &[Vec<u8>], words: &[Vec<u8>], chance: &mut Chance) {
    const EXTREMES: [u32; 8] = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    let at = chance.below(input.len() + 1);
    let end = at + chance.below(input.len() - at + 1).min(chance.below(64) + 1);
    match chance.below(9) {
        0 if at < input.len() => input[at] ^= 1 << chance.below(8),
        1 if at < input.len() => input[at] = chance.byte(),
        2 => input.insert(at, chance.byte()),
        3 => drop(input.drain(at..end)),
        4 => {
            let piece = input[at..end].to_vec();
            let to = chance.below(input.len() + 1);
            input.splice(to..to, piece);
        }
        5 => {
            let word = chance.one_of(words).clone();
            let over = if chance.below(2) == 0 { at } else { input.len().min(at + word.len()) };
            input.splice(at..over, word);
        }
        6 => {
            let other = chance.one_of(inputs);
            let from = chance.below(other.len() + 1);
            let piece = &other[from..other.len().min(from + chance.below(200))];
            input.splice(at..end, piece.iter().copied());
        }
        7 => {
            let number = chance.one_of(&EXTREMES).to_le_bytes();
            let over = input.len().min(at + 4);
            input.splice(at..over, number);
        }
        _ => input.truncate(at),
    }
}

/// Chance that is the same each time (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    /// Everything hangs on the seed.
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of several.
    pub(crate) fn one_of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}
