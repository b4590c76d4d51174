//! Small tables, and what the checks say of them.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray},
    datatypes::{DataType, Date32Type, Field, Float64Type, Int32Type, Int64Type, Schema},
};
use domain::{calendar::Day, contract::Table, policy::Policy, rule::RuleId};

use crate::{
    finding::{Finding, Origin},
    rows::RawRows,
};

use super::{Checked, Known, check, typed_schema};

mod flags;
mod keys;
mod rejects;
mod rubbish;

const SCHOOL: &str = "2134000001";
const CLASS: &str = "201201";

/// A table as the reader hands it over: the header is line 1, columns that are not named are absent.
fn raw(table: Table, headers: &[&str], rows: &[&[&str]]) -> RawRows {
    let columns = table.columns();
    let cells: Vec<ArrayRef> = columns
        .iter()
        .map(|column| {
            let at = headers.iter().position(|header| *header == column.header);
            let cells = rows.iter().map(|row| at.and_then(|at| row.get(at)).copied().filter(|cell| !cell.is_empty()));
            Arc::new(cells.collect::<StringArray>()) as ArrayRef
        })
        .collect();
    let fields: Vec<Field> = columns.iter().map(|column| Field::new(column.field, DataType::Utf8, true)).collect();
    RawRows {
        table,
        file: Arc::from(format!("{}.csv", table.name())),
        sheet: None,
        cells: RecordBatch::try_new(Arc::new(Schema::new(fields)), cells).unwrap(),
        rows: (2..).take(rows.len()).collect::<Vec<u32>>().into(),
        remarks: Vec::new(),
        broken: Vec::new(),
    }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn known() -> Known {
    let mut known = Known::default();
    known.add_school(SCHOOL, "小学");
    known.add_class(SCHOOL, CLASS, 1);
    known
}

fn anhui() -> Policy {
    Policy::named("anhui").unwrap()
}

/// An ID number with the check digit of GB 11643.
fn id(first_17: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first_17.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{first_17}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// A boy of the first grade, born 2006-03-01, on the rolls of 2012-2013, with some fields different.
fn pupil<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'static str, String)> {
    let own = id("34010220060301001");
    let mut row: Vec<(&'static str, String)> = [
        ("学籍号", &*format!("G{own}")),
        ("姓名", "张三"),
        ("性别", "男"),
        ("出生日期", "2006-03-01"),
        ("身份证件类型", "居民身份证"),
        ("身份证件号", &own),
        ("民族", "汉族"),
        ("学校标识码", SCHOOL),
        ("班号", CLASS),
        ("年级", "1"),
        ("入学年月", "2012-09"),
        ("学籍状态", "在读"),
    ]
    .map(|(header, value)| (header, value.to_owned()))
    .into();
    for (header, value) in changed {
        let header = Table::Students.columns().iter().find(|column| column.header == *header).unwrap().header;
        row.retain(|(other, _)| *other != header);
        row.push((header, (*value).to_owned()));
    }
    row
}

fn pupils(rows: &[Vec<(&'static str, String)>]) -> RawRows {
    let headers: Vec<&str> = Table::Students.columns().iter().map(|column| column.header).collect();
    let cells: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            let cell = |header: &&str| row.iter().find(|(other, _)| other == header).map_or("", |(_, value)| value);
            headers.iter().map(cell).collect()
        })
        .collect();
    let rows: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    raw(Table::Students, &headers, &rows)
}

fn checked(raw: &RawRows) -> Checked {
    check(raw, &known(), &anhui(), day("2013-03-04"))
}

fn checked_pupil(changed: &[(&str, &str)]) -> Checked {
    checked(&pupils(&[pupil(changed)]))
}

/// Each finding as `row rule header value`.
fn said(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            let (row, rule) = (finding.origin.row, finding.rule.as_str());
            let (header, value) = (finding.header.unwrap_or("-"), finding.value.as_deref().unwrap_or("-"));
            format!("{row} {rule} {header} {value}")
        })
        .collect()
}

#[track_caller]
fn assert_rejected(checked: &Checked, expected: &[&str]) {
    assert_eq!(said(&checked.findings), expected);
    assert_eq!((checked.rows.num_rows(), checked.rejected, checked.flagged), (0, 1, 0));
    assert!(checked.findings.iter().all(|finding| finding.raw.is_some()));
}

#[track_caller]
fn assert_flagged(checked: &Checked, expected: &[&str]) {
    assert_eq!(said(&checked.findings), expected);
    assert_eq!((checked.rows.num_rows(), checked.rejected, checked.flagged), (1, 0, 1));
    assert!(checked.findings.iter().all(|finding| finding.raw.is_none()));
}

fn text<'a>(rows: &'a RecordBatch, field: &str) -> Vec<Option<&'a str>> {
    rows.column_by_name(field).unwrap().as_string::<i32>().iter().collect()
}

#[test]
fn a_clean_row_is_accepted_with_its_place_and_without_a_word() {
    // REQ: WH-02
    let checked = checked_pupil(&[]);
    assert_eq!(said(&checked.findings), [""; 0]);
    assert_eq!((checked.rows.num_rows(), checked.rejected, checked.flagged), (1, 0, 0));
    assert_eq!(checked.rows.schema(), typed_schema(Table::Students));
    assert_eq!(text(&checked.rows, "source_file"), [Some("students.csv")]);
    assert_eq!(text(&checked.rows, "source_sheet"), [None]);
    assert_eq!(checked.rows.column_by_name("source_row").unwrap().as_primitive::<Int32Type>().values(), &[2]);
    assert_eq!(text(&checked.rows, "stage"), [Some("小学")]);
    assert_eq!(text(&checked.rows, "number_kind"), [Some("G")]);
    assert_eq!(text(&checked.rows, "id_holder"), [Some("self")]);
    let birth = checked.rows.column_by_name("birth_date").unwrap().as_primitive::<Date32Type>().value(0);
    assert_eq!(birth, day("2006-03-01").epoch_days());
}

#[test]
fn a_clean_column_is_not_copied() {
    let raw = pupils(&[pupil(&[]), pupil(&[])]);
    let checked = checked(&raw);
    for field in ["student_no", "name", "sex", "id_no", "ethnicity", "school_id", "class_id", "entry_month", "status"] {
        let (came, went) = (raw.cells.column_by_name(field).unwrap(), checked.rows.column_by_name(field).unwrap());
        assert_eq!(
            came.as_string::<i32>().value_data().as_ptr(),
            went.as_string::<i32>().value_data().as_ptr(),
            "{field} was copied"
        );
    }
}

#[test]
fn codes_wide_digits_small_x_and_blanks_are_put_right() {
    let own = id("34010220060301003");
    let wide: String = own.chars().map(|digit| char::from_u32(u32::from(digit) + 0xFEE0).unwrap()).collect();
    let checked = checked_pupil(&[
        ("学籍号", &format!("ｇ{wide}")),
        ("身份证件号", &format!(" {}\u{3000}", own.to_lowercase())),
        ("性别", "1"),
        ("民族", "01"),
        ("年级", "１"),
        ("出生日期", "２００６年３月１日"),
        ("入学年月", "201209"),
        ("姓名", " 张 三\u{FEFF}"),
        ("户口所在地行政区划", "340102000000"),
        ("是否随迁子女", "Y"),
        ("现住址", "长江路１２号（东）"),
        ("就读方式", "\u{3000} "),
    ]);
    assert_eq!(said(&checked.findings), [""; 0]);
    let rows = &checked.rows;
    assert_eq!(text(rows, "student_no"), [Some(format!("G{own}").as_str())]);
    assert_eq!(text(rows, "id_no"), [Some(own.as_str())]);
    assert_eq!(text(rows, "sex"), [Some("男")]);
    assert_eq!(text(rows, "ethnicity"), [Some("汉族")]);
    assert_eq!(text(rows, "entry_month"), [Some("2012-09")]);
    assert_eq!(text(rows, "name"), [Some("张 三")]);
    assert_eq!(text(rows, "hukou_division"), [Some("340102")]);
    assert_eq!(text(rows, "migrant"), [Some("是")]);
    assert_eq!(text(rows, "address"), [Some("长江路12号（东）")]);
    assert_eq!(text(rows, "study_mode"), [None]);
    assert_eq!(rows.column_by_name("grade").unwrap().as_primitive::<Int32Type>().values(), &[1]);
}

#[test]
fn money_decimals_and_counts_are_typed() {
    let aid = checked(&raw(
        Table::Aid,
        &["学籍号", "学年", "项目", "金额"],
        &[&["G110105194912310021", "2012-2013", "寄宿生补助", "625.5"]],
    ));
    assert_eq!(aid.rows.column_by_name("amount_fen").unwrap().as_primitive::<Int64Type>().values(), &[62_550]);
    let scores = checked(&raw(
        Table::Scores,
        &["学籍号", "学年", "学期", "考试名称", "科目", "成绩"],
        &[
            &["G110105194912310021", "2012-2013", "1", "期末", "语文", "92.5"],
            &["G110105194912310021", "2012-2013", "1", "期末", "数学", "缺考"],
        ],
    ));
    assert_eq!(scores.rows.column_by_name("score").unwrap().as_primitive::<Float64Type>().values(), &[92.5]);
    assert_eq!(said(&scores.findings), ["3 unreadable 成绩 缺考"]);
}

#[test]
fn a_class_has_a_stage_and_an_authority_a_level() {
    let classes = checked(&raw(
        Table::Classes,
        &["学校标识码", "班号", "班级名称", "年级", "建班年月", "班级类型"],
        &[
            &[SCHOOL, "201202", "七年级2班", "7", "201209", "普通初中班"],
            &[SCHOOL, "201203", "四年级3班", "四年级", "2012/9", "普通班"],
        ],
    ));
    assert_eq!(text(&classes.rows, "stage"), [Some("初中"), Some("小学")]);
    assert_eq!(text(&classes.rows, "kind"), [Some("普通初中班"), Some("普通小学班")]);
    let authorities = checked(&raw(
        Table::Authorities,
        &["单位代码", "单位名称", "行政区划码"],
        &[&["340000", "省教育厅", "340000"], &["340100", "市教育局", "340100"], &["340102", "区教育局", "340102"]],
    ));
    assert_eq!(text(&authorities.rows, "level"), [Some("province"), Some("prefecture"), Some("county")]);
}

#[test]
fn a_row_with_many_faults_is_rejected_once_with_all_of_them() {
    // REQ: WH-02
    let checked =
        checked_pupil(&[("姓名", ""), ("出生日期", "2015-02-30"), ("残疾类型", "不详"), ("现住址", "一\t二")]);
    assert_eq!(
        said(&checked.findings),
        ["2 missing 姓名 -", "2 unreadable 出生日期 2015-02-30", "2 optional_code 残疾类型 不详"]
    );
    assert_eq!((checked.rows.num_rows(), checked.rejected, checked.flagged), (0, 1, 0));
    let raw = checked.findings[0].raw.as_deref().unwrap();
    assert!(raw.contains("出生日期=2015-02-30\t身份证件类型=居民身份证"), "{raw}");
    assert!(raw.ends_with("现住址=一\\t二"), "{raw}");
    assert!(!raw.contains("姓名="));
    assert_eq!(checked.findings[2].raw, None);
}

#[test]
fn a_remark_of_the_reader_counts_as_its_rule_says_and_is_not_repeated() {
    let origin = |row| Origin { file: Arc::from("students.csv"), sheet: None, row };
    let remark = |row, rule, header| Finding {
        table: Table::Students,
        origin: origin(row),
        rule,
        header: Some(header),
        value: Some("341126201503010016".to_owned()),
        detail: String::new(),
        raw: None,
    };
    let mut raw = pupils(&[pupil(&[("学籍号", "341126201503010016")]), pupil(&[]), pupil(&[("身份证件号", "")])]);
    raw.remarks = vec![remark(4, RuleId::OptionalUnreadable, "更新时间"), remark(2, RuleId::MangledNumber, "学籍号")];
    let checked = checked(&raw);
    assert_eq!(
        said(&checked.findings),
        [
            "2 mangled_number 学籍号 341126201503010016",
            "4 optional_unreadable 更新时间 341126201503010016",
            "4 id_missing 身份证件号 -",
        ]
    );
    assert!(checked.findings[0].raw.is_some());
    assert_eq!((checked.rows.num_rows(), checked.rejected, checked.flagged), (2, 1, 1));
}

#[test]
fn numbers_of_persons_are_masked_outside_the_vault() {
    // REQ: WH-02
    let own = id("34010220060301001");
    let checked = checked_pupil(&[("性别", "女"), ("现住址", &format!("证号{own}")), ("户口性质", &own)]);
    assert!(!checked.findings.is_empty());
    for finding in &checked.findings {
        let (shown, message) = (super::wording::shown(finding), super::wording::message_zh(finding));
        assert!(!shown.contains("20060301") && !message.contains(&own), "{shown} {message}");
        assert_eq!(finding.value.as_deref(), Some(own.as_str()));
    }
}

#[test]
fn known_learns_from_accepted_rows() {
    let schools = checked(&raw(
        Table::Schools,
        &["学校标识码", "学校名称", "主管单位代码", "学校类别", "学校办别", "驻地城乡类型"],
        &[&["2134000002", "第二小学", "340102", "小学", "公办", "111"]],
    ));
    assert_eq!(said(&schools.findings), [""; 0]);
    let mut known = Known::default();
    known.learn(Table::Schools, &schools.rows);
    assert!(known.has_school("2134000002"));
    assert_eq!(known.school_kind("2134000002"), Some("小学"));
    assert!(!known.has_class("2134000002", CLASS));
}
