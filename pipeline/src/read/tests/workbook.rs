//! Workbooks as people make them, and as enemies do.

use std::io::{Cursor, Write};

use domain::contract::Table;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Fault, fault, limits, read, read_sheet};
use crate::read::{Limits, sheets_here};

const HEADER: [&str; 4] = ["学籍号", "日期", "情况", "节次数"];

fn header(sheet: &mut Worksheet, row: u32) {
    for (column, text) in (0..).zip(HEADER) {
        sheet.write(row, column, text).unwrap();
    }
}

fn saved(mut book: Workbook) -> Vec<u8> {
    book.save_to_buffer().unwrap()
}

/// A workbook put together by hand: one sheet's XML, further parts, and attributes of the workbook.
pub(crate) fn package(properties: &str, sheet: &str, further: &[(&str, &str)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{office}">{properties}<sheets><sheet name="考勤" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>"#),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let further = further.iter().map(|(name, text)| (*name, (*text).to_owned()));
    for (name, text) in parts.into_iter().chain(further) {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn inline(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

pub(crate) fn header_xml() -> String {
    let cells: String = ["A1", "B1", "C1", "D1"].iter().zip(HEADER).map(|(cell, text)| inline(cell, text)).collect();
    format!(r#"<row r="1">{cells}</row>"#)
}

#[test]
fn cells_read_as_a_person_would_read_them() {
    // REQ: WH-01
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    header(sheet, 1);
    sheet.write(0, 0, "考勤表").unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(2, 0, "G340101201309010016").unwrap();
    sheet.write_with_format(2, 1, ExcelDateTime::from_ymd(2013, 9, 2).unwrap(), &day).unwrap();
    sheet.write(2, 2, "旷课").unwrap();
    sheet.write(2, 3, 2.0).unwrap();
    sheet.write(4, 0, "G340101201309010024").unwrap();
    sheet.write(4, 1, "2013/9/3").unwrap();
    sheet.write(4, 2, "病假").unwrap();
    sheet.write(4, 9, "旁注").unwrap();
    let outcome = read(Table::Attendance, "attendance.xlsx", &saved(book)).unwrap();
    assert_eq!(
        outcome.rows,
        [
            "3 student_no=G340101201309010016 day=2013-09-02 state=旷课 periods=2",
            "5 student_no=G340101201309010024 day=2013/9/3 state=病假",
        ]
    );
    assert_eq!(outcome.report.encoding, "XLSX");
    assert!(outcome.report.notes.iter().any(|note| note.contains("J5")), "{:?}", outcome.report.notes);
}

#[test]
fn numbers_that_are_names_are_remarked_and_never_rounded_further() {
    // REQ: WH-02
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    header(sheet, 0);
    for (column, text) in [(1, "2013-09-02"), (2, "旷课")] {
        sheet.write(1, column, text).unwrap();
    }
    sheet.write(1, 0, 340_101_201_309_010_016_f64).unwrap();
    let outcome = read(Table::Attendance, "attendance.xlsx", &saved(book)).unwrap();
    assert_eq!(outcome.remarked(), ["2 学籍号 mangled_number 340101201309010000"]);
    assert_eq!(outcome.rows, ["2 student_no=340101201309010000 day=2013-09-02 state=旷课"]);
}

#[test]
fn days_of_the_1904_system_are_the_days_they_show() {
    // 2013-09-02 is 41519 from 1900 on and 40057 from 1904 on, with a date style or without.
    let sheet = format!(
        r#"{}<row r="2">{}<c r="B2"><v>40057</v></c>{}</row>"#,
        header_xml(),
        inline("A2", "G1"),
        inline("C2", "旷课")
    );
    let bytes = package(r#"<workbookPr date1904="1"/>"#, &sheet, &[]);
    let outcome = read(Table::Attendance, "attendance.xlsx", &bytes).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=旷课"]);
}

#[test]
fn a_formula_without_a_result_is_empty_and_told() {
    let sheet = format!(
        r#"{}<row r="2">{}<c r="B2" t="str"><f>X</f><v>2013-09-02</v></c>{}<c r="D2"><f>1+1</f></c></row>"#,
        header_xml(),
        inline("A2", "G1"),
        inline("C2", "旷课")
    );
    let outcome = read(Table::Attendance, "attendance.xlsx", &package("", &sheet, &[])).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=旷课"]);
    assert!(outcome.report.notes[0].contains("D2"), "{:?}", outcome.report.notes);
}

#[test]
fn a_result_that_the_writer_calculated_is_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    header(sheet, 0);
    for (column, text) in [(0, "G1"), (1, "2013-09-02"), (2, "旷课")] {
        sheet.write(1, column, text).unwrap();
    }
    sheet.write_formula(1, 3, Formula::new("=1+1").set_result("2")).unwrap();
    let outcome = read(Table::Attendance, "attendance.xlsx", &saved(book)).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=旷课 periods=2"]);
}

#[test]
fn errors_in_cells_are_remarked() {
    // REQ: WH-02
    let wrong = |cell: &str| format!(r#"<c r="{cell}" t="e"><v>#N/A</v></c>"#);
    let sheet = format!(
        r#"{}<row r="2">{}{}{}{}</row>"#,
        header_xml(),
        inline("A2", "G1"),
        inline("B2", "2013-09-02"),
        wrong("C2"),
        wrong("D2")
    );
    let outcome = read(Table::Attendance, "attendance.xlsx", &package("", &sheet, &[])).unwrap();
    assert_eq!(outcome.remarked(), ["2 情况 unreadable #N/A", "2 节次数 optional_unreadable #N/A"]);
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=#N/A"]);
}

#[test]
fn merged_and_hidden_cells_are_told() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    header(sheet, 0);
    sheet.write(1, 0, "G1").unwrap();
    sheet.merge_range(1, 1, 2, 1, "2013-09-02", &Format::new()).unwrap();
    sheet.write(1, 2, "旷课").unwrap();
    sheet.write(2, 2, "旷课").unwrap();
    sheet.set_row_hidden(2).unwrap();
    let outcome = read(Table::Attendance, "attendance.xlsx", &saved(book)).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=旷课", "3 state=旷课"]);
    assert_eq!(outcome.report.notes.len(), 2, "{:?}", outcome.report.notes);
}

#[test]
fn hidden_sheets_are_listed_as_such_and_never_chosen() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("第一页").unwrap();
    header(sheet, 0);
    sheet.write(1, 0, "G1").unwrap();
    header(book.add_worksheet().set_name("草稿").unwrap().set_hidden(true), 0);
    book.add_worksheet();
    let bytes = saved(book);
    let outcome = read(Table::Attendance, "attendance.xlsx", &bytes).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1"]);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("book.xlsx");
    fs_err::write(&path, &bytes).unwrap();
    let sheets = sheets_here(&path, "book.xlsx", &limits()).unwrap();
    let shown: Vec<_> = sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.hidden, sheet.filled)).collect();
    assert_eq!(shown, [("第一页", false, true), ("草稿", true, true), ("Sheet3", false, false)]);
}

#[test]
fn of_two_sheets_without_names_none_is_guessed() {
    let mut book = Workbook::new();
    header(book.add_worksheet(), 0);
    header(book.add_worksheet(), 0);
    let bytes = saved(book);
    assert!(matches!(fault(read(Table::Attendance, "attendance.xlsx", &bytes)).1, Fault::AmbiguousSheets(_)));
    assert!(read_sheet(Table::Attendance, "attendance.xlsx", Some("Sheet2"), &bytes, &limits()).is_ok());
    let absent = read_sheet(Table::Attendance, "attendance.xlsx", Some("考勤"), &bytes, &limits());
    assert_eq!(fault(absent).1, Fault::NoSheet);
}

#[test]
fn a_cell_at_the_far_end_costs_nothing() {
    let far = r#"<row r="1048576"><c r="XFD1048576"/></row>"#;
    let sheet = format!(r#"{}<row r="2">{}</row>{far}"#, header_xml(), inline("A2", "G1"));
    let outcome = read(Table::Attendance, "attendance.xlsx", &package("", &sheet, &[])).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1"]);
}

#[test]
fn bombs_and_entities_are_refused_before_they_are_opened() {
    let blank = " ".repeat(64 << 20);
    let bytes = package("", &format!("{}{blank}", header_xml()), &[]);
    assert!(bytes.len() < 1 << 20);
    assert!(matches!(fault(read(Table::Attendance, "attendance.xlsx", &bytes)).1, Fault::Bomb(_)));

    let entities = r#"<!DOCTYPE sst [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    let bytes = package("", &header_xml(), &[("xl/sharedStrings.xml", entities)]);
    assert_eq!(fault(read(Table::Attendance, "attendance.xlsx", &bytes)).1, Fault::Markup);

    let many: String =
        (2..12).map(|row| format!(r#"<row r="{row}">{}</row>"#, inline(&format!("A{row}"), "G1"))).collect();
    let bytes = package("", &format!("{}{many}", header_xml()), &[]);
    let few = Limits { cells: 5, ..limits() };
    let outcome = read_sheet(Table::Attendance, "attendance.xlsx", None, &bytes, &few);
    assert!(matches!(fault(outcome).1, Fault::Bomb(_)));
}

#[test]
fn parts_outside_the_package_are_refused() {
    let bytes = package("", &header_xml(), &[("../../etc/cron.d/x", "x")]);
    assert!(matches!(fault(read(Table::Attendance, "attendance.xlsx", &bytes)).1, Fault::Workbook(_)));
}

#[test]
fn what_is_torn_or_of_another_type_is_refused_as_such() {
    // REQ: WH-01
    let whole = package("", &header_xml(), &[]);
    let torn = fault(read(Table::Attendance, "attendance.xlsx", &whole[..whole.len() / 2])).1;
    assert!(matches!(torn, Fault::Torn(_)), "{torn:?}");

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("mimetype", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"application/vnd.oasis.opendocument.spreadsheet").unwrap();
    let ods = zip.finish().unwrap().into_inner();
    assert_eq!(fault(read(Table::Attendance, "attendance.xlsx", &ods)).1, Fault::WrongType { found: "ODS".into() });
}

#[test]
fn a_repeated_header_is_left_out_and_a_second_sheet_row_order_is_kept() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    header(sheet, 0);
    sheet.write(1, 0, "G1").unwrap();
    header(sheet, 2);
    sheet.write(3, 0, "G2").unwrap();
    let outcome = read(Table::Attendance, "attendance.xlsx", &saved(book)).unwrap();
    assert_eq!(outcome.rows, ["2 student_no=G1", "4 student_no=G2"]);
    assert!(outcome.report.notes[0].contains("第 3 行"));
}
