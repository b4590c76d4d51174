//! The left column of «reject or flag» in spec/exports.md, one test a line.

use super::*;

#[test]
fn a_required_field_that_is_empty_or_blank_is_missing() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("姓名", "")]), &["2 missing 姓名 -"]);
    assert_rejected(&checked_pupil(&[("姓名", " \u{3000}")]), &["2 missing 姓名  \u{3000}"]);
}

#[test]
fn a_required_field_that_cannot_be_read_is_unreadable() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("出生日期", "2015-02-30")]), &["2 unreadable 出生日期 2015-02-30"]);
    assert_rejected(&checked_pupil(&[("学籍号", "G34010")]), &["2 unreadable 学籍号 G34010"]);
    assert_rejected(&checked_pupil(&[("年级", "13")]), &["2 unreadable 年级 13"]);
}

#[test]
fn a_value_outside_the_list_of_a_required_field_is_an_unknown_code() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("学籍状态", "挂靠")]), &["2 unknown_code 学籍状态 挂靠"]);
}

#[test]
fn a_school_that_no_batch_has_named_is_unknown() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("学校标识码", "2134999999")]), &["2 unknown_school 学校标识码 2134999999"]);
    let class = raw(
        Table::Classes,
        &["学校标识码", "班号", "班级名称", "年级", "建班年月", "班级类型"],
        &[&["2134999999", "201201", "一年级1班", "1", "2012-09", "普通小学班"]],
    );
    assert_rejected(&checked(&class), &["2 unknown_school 学校标识码 2134999999"]);
}

#[test]
fn a_class_that_no_batch_has_named_is_unknown() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("班号", "201299")]), &["2 unknown_class 班号 201299"]);
}

#[test]
fn a_number_that_a_spreadsheet_has_mangled_is_never_rounded() {
    // REQ: WH-02
    assert_rejected(&checked_pupil(&[("学籍号", "3.41E+17")]), &["2 mangled_number 学籍号 3.41E+17"]);
    assert_rejected(&checked_pupil(&[("身份证件号", "3.41126E+17")]), &["2 mangled_number 身份证件号 3.41126E+17"]);
    assert_rejected(
        &checked_pupil(&[("身份证件号", "341126201503010000")]),
        &["2 mangled_number 身份证件号 341126201503010000"],
    );
    assert_rejected(&checked_pupil(&[("学校标识码", "2.134E+09")]), &["2 mangled_number 学校标识码 2.134E+09"]);
}

#[test]
fn a_row_with_another_count_of_columns_is_passed_on_and_counted_once() {
    // REQ: WH-02
    let mut raw = pupils(&[pupil(&[])]);
    let broken = Finding {
        table: Table::Students,
        origin: Origin { file: Arc::from("students.csv"), sheet: None, row: 3 },
        rule: RuleId::ColumnCount,
        header: None,
        value: None,
        detail: String::new(),
        raw: Some("一,二".to_owned()),
    };
    raw.broken = vec![broken.clone(), broken.clone()];
    let checked = checked(&raw);
    assert_eq!(checked.findings, [broken.clone(), broken]);
    assert_eq!((checked.rows.num_rows(), checked.rejected), (1, 1));
}

#[test]
fn a_kindergarten_keeps_no_records() {
    // REQ: ORG-09
    for kind in ["幼儿园", "111"] {
        let school = raw(
            Table::Schools,
            &["学校标识码", "学校名称", "主管单位代码", "学校类别", "学校办别", "驻地城乡类型"],
            &[&["1134000001", "幼儿园", "340102", kind, "公办", "111"]],
        );
        assert_rejected(&checked(&school), &[&format!("2 kindergarten 学校类别 {kind}")]);
    }
}

#[test]
fn a_child_of_a_kindergarten_is_refused() {
    // REQ: ORG-09
    assert_rejected(&checked_pupil(&[("年级", "大班")]), &["2 kindergarten 年级 大班"]);
    let mut known = known();
    known.add_school("1134000001", "幼儿园");
    let raw = pupils(&[pupil(&[("学校标识码", "1134000001")])]);
    let checked = check(&raw, &known, &anhui(), day("2013-03-04"));
    assert_rejected(&checked, &["2 kindergarten 学校标识码 1134000001"]);
}

#[test]
fn a_newcomer_is_six_at_31_august() {
    // REQ: ORG-09
    for (birth, accepted) in [("2006-08-31", 1), ("2006-09-01", 0)] {
        let own = id(&format!("340102{}001", birth.replace('-', "")));
        let checked = checked_pupil(&[("出生日期", birth), ("身份证件号", &own), ("学籍号", &format!("G{own}"))]);
        assert_eq!(checked.rows.num_rows(), accepted, "born {birth}: {:?}", said(&checked.findings));
        assert_eq!(checked.rejected, 1 - accepted as u64);
    }
}
