//! Fuzzes identity and registration numbers; what is asserted stands in `src/bodies/id_number.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::id_number::check(bytes));
