//! Parquet from outside, as a reading process opens it.

use super::opened;

/// Asserts that bytes are read with rows in = rows out, or refused in words, or end in a fall of the crate that reads them.
pub fn check(bytes: &[u8]) {
    // The mark by which content is known; with it in its place, all the rest is for the fuzzer.
    let marked = [b"PAR1", bytes.get(4..).unwrap_or_default()].concat();
    opened::read("attendance.parquet", &marked);
}
