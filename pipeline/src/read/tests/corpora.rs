//! The fuzz targets of the readers without a fuzzer: every input that is kept, and some thousand mutations of them.

use std::path::Path;

use proptest::prelude::*;

use self::replay::replay;

#[path = "../../../../fuzz/src/bodies"]
mod bodies {
    pub(super) mod csv;
    mod opened;
    pub(super) mod parquet;
    pub(super) mod workbook;
}
#[path = "../../../../fuzz/src/replay.rs"]
mod replay;

const MUTATIONS: usize = 2_000;

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

// REQ: WH-02
#[test]
fn no_text_loses_a_row() {
    replay(fuzz(), "csv", MUTATIONS, bodies::csv::check);
}

// REQ: WH-02
#[test]
fn no_workbook_loses_a_row() {
    replay(fuzz(), "workbook", MUTATIONS, bodies::workbook::check);
}

// REQ: WH-02
#[test]
fn no_parquet_file_loses_a_row() {
    replay(fuzz(), "parquet", MUTATIONS, bodies::parquet::check);
}

proptest! {
    // REQ: WH-02
    #[test]
    fn rows_are_cut_as_the_rules_say_however_the_bytes_come_in(
        lines in prop::collection::vec("[a汉,;\t\" ]{0,12}", 0..8),
        ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]), 8),
    ) {
        let text: String = std::iter::once("学籍号,日期,情况,节次数")
            .chain(lines.iter().map(String::as_str))
            .zip(ends.iter().chain(&ends))
            .map(|(line, end)| format!("{line}{end}"))
            .collect();
        bodies::csv::check(text.as_bytes());
    }
}
