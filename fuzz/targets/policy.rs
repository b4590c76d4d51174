//! Fuzzes policy packs; what is asserted stands in `src/bodies/policy.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::policy::check(bytes));
