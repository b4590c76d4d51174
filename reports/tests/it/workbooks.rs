//! Workbooks, reopened as a reader's spreadsheet would.

use std::{io::Cursor, sync::Arc};

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use calamine::{Data, Range, Reader, Xlsx};
use reports::{FeeRow, Figures, Listing, Meta, Tree, book, fees_workbook, figures::Fee, inspect_workbook};

use crate::province::{province, today};

fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    book.worksheet_range(name).unwrap()
}

fn meta(title: &str) -> Meta {
    Meta { title: title.into(), run_id: 42, day: today(), note: String::new() }
}

#[test]
fn codes_are_text_and_numbers_are_numbers() {
    // REQ: RPT-02
    let figures = province(2, 5);
    let bytes = book::workbook::report(&figures, &Tree::of(&figures)).unwrap();
    let enrolment = sheet(&bytes, "在校生");
    assert_eq!(enrolment.get_value((1, 2)), Some(&Data::String("3401020000".into())));
    let pupils: f64 =
        enrolment.rows().skip(1).filter_map(|row| row.last().and_then(calamine::DataType::get_float)).sum();
    assert_eq!(pupils as i64, figures.enrolment.iter().map(|row| row.pupils).sum::<i64>());
    let problems = sheet(&bytes, "问题记录");
    assert!(matches!(problems.get_value((1, 5)), Some(Data::String(pupil)) if pupil.len() == 19));
    assert!(matches!(problems.get_value((1, 8)), Some(Data::DateTime(_))));
    let mut names: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(
        names.sheet_names(),
        ["概览", "在校生", "变动平衡表", "比率", "班额", "转学流向", "维护费", "问题记录", "数据来源"]
    );
    assert!(names.worksheet_range("比率").unwrap().height() > 1);
}

#[test]
fn equal_figures_make_equal_bytes() {
    // REQ: RPT-02
    let figures = province(2, 5);
    let book = || book::workbook::report(&figures, &Tree::of(&figures)).unwrap();
    assert!(book() == book());
}

#[test]
fn a_formula_in_a_name_stays_text() {
    // REQ: RPT-02
    let mut figures = province(1, 5);
    let hostile = ["=HYPERLINK(\"http://x\",\"y\")", "+1", "-1", "@SUM(A1)", "\t=1"];
    for (school, name) in figures.schools.iter_mut().zip(hostile) {
        school.name = name.into();
    }
    let bytes = book::workbook::report(&figures, &Tree::of(&figures)).unwrap();
    let enrolment = sheet(&bytes, "在校生");
    assert!(matches!(enrolment.get_value((1, 3)), Some(Data::String(name)) if name.starts_with("=HYPERLINK")));
    let mut reader: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    for name in reader.sheet_names() {
        let formulas = reader.worksheet_formula(&name).unwrap();
        assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()), "{name}");
    }
}

#[test]
fn a_fee_statement_is_exact_to_the_fen_and_agrees_at_each_level() {
    // REQ: FEE-01
    let figures = province(3, 5);
    let rows: Vec<FeeRow> =
        figures.fees.iter().map(|fee| FeeRow { fee: fee.clone(), unit_name: "=单位".into() }).collect();
    let bytes = fees_workbook(&rows, &meta("2014 年度学籍管理维护费")).unwrap();
    assert!(bytes == fees_workbook(&rows, &meta("2014 年度学籍管理维护费")).unwrap());
    let sums = ["全省", "县（市、区）", "学校"].map(|level| {
        let sheet = sheet(&bytes, level);
        let last = sheet.rows().next_back().unwrap().to_vec();
        assert_eq!(last[3], Data::String("合计".into()));
        let fen: f64 = sheet
            .rows()
            .skip(1)
            .filter(|row| row[3] != last[3])
            .filter_map(|row| calamine::DataType::get_float(&row[8]))
            .sum();
        assert_eq!(Data::Float(fen), last[8]);
        (last[5].clone(), last[7].clone(), last[8].clone())
    });
    assert_eq!(sums[0], sums[1]);
    assert_eq!(sums[1], sums[2]);
    let pupils: i64 = figures.enrolment.iter().map(|row| row.pupils).sum();
    assert_eq!(sums[0].2, Data::Float((pupils * 50) as f64));
    assert_eq!(sums[0].1, Data::Float((pupils * 50) as f64 / 100.0));
}

#[test]
fn an_amount_with_odd_fen_is_shown_to_the_fen_and_one_too_large_for_a_number_as_text() {
    // REQ: FEE-01
    let fee = |amount_fen| FeeRow {
        fee: Fee { level: "county".into(), amount_fen, ..Fee::default() },
        unit_name: String::new(),
    };
    let bytes = fees_workbook(&[fee(12_345_678_901), fee(i64::MAX)], &meta("费")).unwrap();
    let sheet = sheet(&bytes, "县（市、区）");
    assert_eq!(sheet.get_value((1, 7)), Some(&Data::Float(123_456_789.01)));
    assert_eq!(sheet.get_value((1, 8)), Some(&Data::Float(12_345_678_901.0)));
    assert_eq!(sheet.get_value((2, 7)), Some(&Data::String("92,233,720,368,547,758.07".into())));
}

#[test]
fn an_inspectors_list_keeps_surrogates_and_codes_as_text() {
    // REQ: RPT-02
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("pupil_id", Arc::new(Int64Array::from(vec![9_007_199_254_740_993, 1]))),
        ("school_id", Arc::new(StringArray::from(vec!["0000000001", "3401020001"]))),
        ("kind", Arc::new(StringArray::from(vec!["id_sex", "=1+1"]))),
        ("pupils", Arc::new(Int64Array::from(vec![Some(3), None]))),
        ("first_seen_on", Arc::new(Date32Array::from(vec![16_496, 16_497]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let bytes = inspect_workbook(&[Listing::of("问题", &[batch]), Listing::of("空", &[])], &meta("核查清单")).unwrap();
    let sheet = sheet(&bytes, "问题");
    assert_eq!(sheet.get_value((0, 1)), Some(&Data::String("学校标识码".into())));
    assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("9007199254740993".into())));
    assert_eq!(sheet.get_value((1, 1)), Some(&Data::String("0000000001".into())));
    assert_eq!(sheet.get_value((1, 2)), Some(&Data::String("性别与身份证号不符".into())));
    assert_eq!(sheet.get_value((2, 2)), Some(&Data::String("=1+1".into())));
    assert_eq!(sheet.get_value((1, 3)), Some(&Data::Float(3.0)));
    assert_eq!(sheet.get_value((2, 3)), Some(&Data::Empty));
}

#[test]
fn a_book_of_nothing_opens() {
    let figures = Figures::default();
    let bytes = book::workbook::report(&figures, &Tree::of(&figures)).unwrap();
    assert!(sheet(&bytes, "概览").height() > 1);
    assert!(!fees_workbook(&[], &Meta::default()).unwrap().is_empty());
    assert!(!inspect_workbook(&[], &Meta::default()).unwrap().is_empty());
}
