//! Sheets as they stand, for forms.

use rust_xlsxwriter::{Format, Workbook};

use super::limits;
use crate::read::{Fault, GridReport, GridRow, Limits, Mark, ReadError, grid_here, header_among};

fn grid(
    name: &str,
    sheet: Option<&str>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<(GridReport, Vec<GridRow>), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    let mut rows = Vec::new();
    let report = grid_here(&path, name, sheet, limits, &mut |chunk| {
        rows.extend(chunk);
        Ok(())
    })?;
    assert_eq!(report.part.rows, rows.len() as u64);
    Ok((report, rows))
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("新生").unwrap();
    sheet.write(0, 0, "某校新生登记表").unwrap();
    sheet.write(2, 0, "*姓名").unwrap();
    sheet.write(2, 1, "身份证件号(18位)").unwrap();
    sheet.write(2, 2, "出生日期").unwrap();
    sheet.write(3, 0, "阿卜杜·热合曼").unwrap();
    sheet.write(3, 1, 341_126_201_503_010_016.0).unwrap();
    sheet.write_number_with_format(3, 2, 41518.0, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
    sheet.write(5, 2, "2015-03-01").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_is_handed_on_row_by_row_with_its_titles() {
    // REQ: ENR-01
    let (report, rows) = grid("新生.xlsx", None, &workbook(), &limits()).unwrap();
    assert_eq!(report.sheet.as_deref(), Some("新生"));
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 3, 4, 6], "blank rows are none, numbers stay");
    assert_eq!(rows[2].cells, ["阿卜杜·热合曼", "341126201503010000", "2013-09-01"]);
    assert_eq!(rows[2].mark(1), Some(Mark::Number), "a long number was a quantity");
    assert_eq!(rows[2].mark(2), None, "a day is none");
    assert_eq!((rows[3].text(0), rows[3].text(2), rows[3].text(9)), ("", "2015-03-01", ""));
    let knows = |text: &str| domain::contract_names::header_of(domain::contract::Table::Students, text).is_some();
    assert_eq!(header_among("新生.xlsx", None, &rows, knows), Ok(1));
}

#[test]
fn text_of_any_encoding_and_separator_is_a_sheet_too() {
    // REQ: ENR-01
    let text = "姓名\t班号\n\n张三\t07\n";
    let (encoded, ..) = encoding_rs::GB18030.encode(text);
    for bytes in [text.as_bytes(), &encoded] {
        let (report, rows) = grid("a.csv", None, bytes, &limits()).unwrap();
        assert_eq!(report.sheet, None);
        assert_eq!(rows[1], GridRow { row: 3, cells: vec!["张三".into(), "07".into()], marks: Vec::new() });
    }
}

#[test]
fn what_cannot_be_one_sheet_is_refused() {
    let mut book = Workbook::new();
    for name in ["甲", "乙"] {
        book.add_worksheet().set_name(name).unwrap().write(0, 0, "姓名").unwrap();
    }
    let two = book.save_to_buffer().unwrap();
    let error = grid("a.xlsx", None, &two, &limits()).unwrap_err();
    assert_eq!(error.fault, Fault::AmbiguousSheets(vec!["甲".into(), "乙".into()]));
    assert_eq!(grid("a.xlsx", Some("乙"), &two, &limits()).unwrap().0.sheet.as_deref(), Some("乙"));
    assert_eq!(grid("a.xlsx", Some("丙"), &two, &limits()).unwrap_err().fault, Fault::NoSheet);
    let few = Limits { cells: 3, ..limits() };
    assert!(matches!(grid("a.xlsx", None, &workbook(), &few).unwrap_err().fault, Fault::Bomb(_)));
    assert_eq!(grid("a.csv", None, b";;;\n;;;\n", &limits()).unwrap_err().fault, Fault::Empty);
    let row_above = [
        GridRow { row: 1, cells: vec!["张三".into(), "20130901".into()], marks: Vec::new() },
        GridRow { row: 2, cells: vec!["姓名".into(), "出生日期".into()], marks: Vec::new() },
    ];
    let error = header_among("a.csv", None, &row_above, |text| text == "姓名").unwrap_err();
    assert_eq!((error.row, error.fault), (Some(1), Fault::RowAboveHeader));
}
