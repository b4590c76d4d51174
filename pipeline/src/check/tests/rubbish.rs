//! Whatever arrives, each row goes one way and nothing panics.

use proptest::prelude::*;

use super::*;
use crate::check::settle_keys;

/// Cells that look like something, and cells that don't.
fn cell() -> impl Strategy<Value = String> {
    let own = id("34010220060301001");
    let plausible = [
        "",
        " ",
        "\u{3000}",
        "1",
        "12",
        "00",
        "0",
        "-1",
        "1e5",
        "3.41E+17",
        "341126201503010000",
        "2013-09-01",
        "2013-02-30",
        "9999-12-31",
        "0000-01-01",
        "41518",
        "201209",
        "２０１２",
        "汉族",
        "男",
        "在读",
        "居民身份证",
        "其他",
        "是",
        "幼儿园",
        "大班",
        "340102",
        "340102000000",
        "１",
        "625.50",
        "NaN",
        "inf",
        "=1+1",
        "\0",
        "a\tb\nc",
        "😀",
        "é",
        "99999999999999999999",
        "-0",
        "1.0",
        ".",
        "G",
        SCHOOL,
        CLASS,
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([format!("G{own}"), format!("ｇ{own}"), own.to_lowercase(), own])
    .collect::<Vec<_>>();
    prop_oneof![3 => prop::sample::select(plausible), 1 => any::<String>(), 1 => "[0-9A-Za-z./年月日 -]{0,20}"]
}

fn rows() -> impl Strategy<Value = (Table, Vec<Vec<String>>)> {
    prop::sample::select(Table::ALL.to_vec()).prop_flat_map(|table| {
        let row = prop::collection::vec(cell(), table.columns().len());
        prop::collection::vec(row, 0..8).prop_map(move |rows| (table, rows))
    })
}

proptest! {
    #[test]
    fn rows_in_are_rows_accepted_and_rows_rejected((table, rows) in rows(), on in -800_000..800_000_i32) {
        // REQ: WH-02
        let headers: Vec<&str> = table.columns().iter().map(|column| column.header).collect();
        let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let checked = check(&raw(table, &headers, &cells), &known(), &anhui(), Day::from_epoch_days(on));
        prop_assert_eq!(rows.len() as u64, checked.rows.num_rows() as u64 + checked.rejected);
        prop_assert_eq!(checked.rows.schema(), typed_schema(table));
        let mut rejected: Vec<u32> =
            checked.findings.iter().filter(|finding| finding.raw.is_some()).map(|finding| finding.origin.row).collect();
        rejected.dedup();
        prop_assert_eq!(rejected.len() as u64, checked.rejected);
        for finding in &checked.findings {
            super::super::wording::message_zh(finding);
        }
        let settled = settle_keys(table, &[checked.rows.clone(), checked.rows.clone()]).unwrap();
        prop_assert_eq!(
            2 * checked.rows.num_rows() as u64,
            settled.rows.num_rows() as u64 + settled.rejected + settled.dropped
        );
    }
}
