//! Fuzzes workbooks of a batch; what is asserted stands in `src/bodies/workbook.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies::workbook::check(bytes));
