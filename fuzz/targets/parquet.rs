//! Fuzzes Parquet of a batch; what is asserted stands in `src/bodies/parquet.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::parquet::check(bytes));
