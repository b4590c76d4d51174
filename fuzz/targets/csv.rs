//! Fuzzes text files of a batch; what is asserted stands in `src/bodies/csv.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::csv::check(bytes));
