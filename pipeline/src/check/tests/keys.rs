//! One row per key in one table of one source.

use super::*;
use crate::check::settle_keys;

fn cadres(rows: &[&[&str]]) -> RecordBatch {
    let checked = checked(&raw(Table::Cadres, &["学籍号", "职务", "任职日期", "免职日期"], rows));
    assert_eq!(said(&checked.findings), [""; 0]);
    checked.rows
}

const ONE: &str = "G110105194912310021";

#[test]
fn an_identical_row_is_dropped_and_counted() {
    // REQ: WH-02
    let rows = cadres(&[&[ONE, "班长", "2012-09-03", ""], &[ONE, "班长", "20120903", ""]]);
    let settled = settle_keys(Table::Cadres, &[rows.clone(), rows]).unwrap();
    assert_eq!((settled.rows.num_rows(), settled.rejected, settled.dropped), (1, 0, 3));
    assert!(settled.findings.is_empty());
}

#[test]
fn a_second_different_row_with_the_same_key_is_rejected_and_the_first_stays() {
    // REQ: WH-02
    let first = cadres(&[&[ONE, "班长", "2012-09-03", ""]]);
    let second = cadres(&[&[ONE, "学委", "2012-09-03", ""], &[ONE, "班长", "2012-09-03", "2013-01-20"]]);
    let settled = settle_keys(Table::Cadres, &[first, second]).unwrap();
    assert_eq!((settled.rows.num_rows(), settled.rejected, settled.dropped), (2, 1, 0));
    assert_eq!(text(&settled.rows, "post"), [Some("班长"), Some("学委")]);
    assert_eq!(said(&settled.findings), [format!("3 conflicting_key 学籍号 {ONE}")]);
    assert_eq!(settled.findings[0].detail, "与cadres.csv第2行不同：免职日期");
    assert_eq!(
        settled.findings[0].raw.as_deref(),
        Some(format!("学籍号={ONE}\t职务=班长\t任职日期=2012-09-03\t免职日期=2013-01-20").as_str())
    );
}

#[test]
fn the_key_is_every_key_column_and_nothing_joined_from_them() {
    let rows = checked(&raw(
        Table::Conduct,
        &["学籍号", "日期", "类别", "名称"],
        &[
            &[ONE, "2012-09-03", "奖励", "三好学生"],
            &[ONE, "2012-09-04", "奖励", "三好学生"],
            &[ONE, "2012-09-03", "处分", "三好学生"],
        ],
    ));
    let settled = settle_keys(Table::Conduct, &[rows.rows]).unwrap();
    assert_eq!((settled.rows.num_rows(), settled.rejected, settled.dropped), (3, 0, 0));
}

#[test]
fn no_rows_settle_to_no_rows() {
    let settled = settle_keys(Table::Students, &[]).unwrap();
    assert_eq!(settled.rows.num_rows(), 0);
    assert_eq!(settled.rows.schema(), typed_schema(Table::Students));
}
