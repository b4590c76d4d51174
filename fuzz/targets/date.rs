//! Fuzzes days and months as files write them; what is asserted stands in `src/bodies/date.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::date::check(bytes));
