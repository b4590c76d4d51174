//! Packages that lie, break off, or ask for too much.

use super::*;

fn fault(workbook: &[u8]) -> Fault {
    marked(workbook, "新生", &[remark(2, 1, "错")]).unwrap_err().fault
}

#[test]
fn what_is_no_workbook_is_refused_by_name() {
    assert!(matches!(fault(b""), Fault::WrongType(_)));
    assert!(matches!(fault("姓名,性别\n".as_bytes()), Fault::WrongType(_)));
    assert!(matches!(fault(&package(&[("a.txt", "a")])), Fault::WrongType(_)));
    assert!(matches!(
        fault(&package(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")])),
        Fault::WrongType(_)
    ));
    let mut old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    old.resize(70_000, 0);
    assert!(matches!(fault(&old), Fault::WrongType(_)));
    old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(fault(&old), Fault::Encrypted);
}

#[test]
fn a_torn_package_is_refused_wherever_it_breaks_off() {
    let whole = rich();
    for length in (0..whole.len()).step_by(whole.len() / 60) {
        assert!(marked(&whole[..length], "新生", &[remark(2, 1, "错")]).is_err(), "{length}");
    }
    // A flipped byte is found by a check sum, or hits nothing that counts.
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        let _ = marked(&flipped, "新生", &[remark(2, 1, "错")]);
    }
    let torn = bare("<worksheet xmlns=\"m\"><sheetData><row r=\"1\">");
    assert!(matches!(fault(&torn), Fault::Damaged { part, .. } if part == "xl/worksheets/sheet1.xml"));
}

#[test]
fn entities_and_document_types_are_refused() {
    let bomb =
        "<!DOCTYPE w [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><worksheet><sheetData/></worksheet>";
    assert_eq!(fault(&bare(bomb)), Fault::Markup);
}

#[test]
fn bombs_are_stopped_by_what_they_grow_to() {
    let blank = " ".repeat(40 << 20);
    let bomb = bare(&format!("<worksheet>{blank}<sheetData/></worksheet>"));
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(fault(&bomb), Fault::Bomb(_)));
    let limits = Limits { inflated_bytes: 1 << 20, ..Limits::default() };
    let annotation = Annotation { sheet: "新生", headers: &[], remarks: &[] };
    assert!(matches!(annotate(&bomb, annotation, &limits).unwrap_err().fault, Fault::Bomb(_)));
    let limits = Limits { event_bytes: 1 << 10, ..Limits::default() };
    let long = bare(&format!(
        "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>{}</v></c></row></sheetData></worksheet>",
        "1".repeat(9_000_000)
    ));
    assert!(matches!(annotate(&long, annotation, &limits).unwrap_err().fault, Fault::Bomb(_)));
    let limits = Limits { parts: 3, ..Limits::default() };
    assert!(matches!(annotate(&rich(), annotation, &limits).unwrap_err().fault, Fault::Bomb(_)));
    let limits = Limits { package_bytes: 100, ..Limits::default() };
    assert!(matches!(annotate(&rich(), annotation, &limits).unwrap_err().fault, Fault::Bomb(_)));
    let limits = Limits { remarks: 1, ..Limits::default() };
    let many = [remark(1, 1, "a"), remark(1, 2, "b")];
    let error = annotate(&rich(), Annotation { remarks: &many, ..annotation }, &limits).unwrap_err();
    assert_eq!(error.fault, Fault::TooManyRemarks { most: 1 });
}

#[test]
fn deep_markup_and_text_that_is_not_utf_8_are_refused() {
    let deep = bare(&format!("<worksheet>{}", "<a>".repeat(100_000)));
    assert!(matches!(fault(&deep), Fault::Damaged { .. }));
    let utf_16: String = "<worksheet/>".chars().flat_map(|character| [character, '\0']).collect();
    assert!(matches!(fault(&bare(&utf_16)), Fault::Damaged { .. }));
}

#[test]
fn parts_twice_or_outside_the_package_are_refused() {
    let mut parts = vec![
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", INLINE),
        ("XL/Worksheets/Sheet1.xml", INLINE),
    ];
    assert!(matches!(fault(&package(&parts)), Fault::Damaged { .. }));
    parts.pop();
    parts.push(("../evil.xml", "<a/>"));
    assert!(matches!(fault(&package(&parts)), Fault::Damaged { .. }));
}

#[test]
fn rows_out_of_order_are_refused_with_their_place() {
    let sheet = INLINE.replace("r=\"4\"", "r=\"1\"");
    let error = marked(&bare(&sheet), "新生", &[remark(2, 1, "错")]).unwrap_err();
    assert_eq!((error.fault.clone(), error.cell.map(|cell| cell.row)), (Fault::OutOfOrder, Some(2)));
    let named = error.in_file("新生.xlsx");
    assert_eq!(named.zh(), "新生.xlsx工作表“新生”第 2 行第 1 列:行或单元格次序颠倒或重复。请用电子表格软件另存一份。");
    assert!(named.to_string().starts_with("新生.xlsx sheet `新生` row 2 column 1 has rows"));
    let sheet = INLINE.replace("r=\"B1\"", "r=\"A1\"");
    assert_eq!(fault(&bare(&sheet)), Fault::OutOfOrder);
}

#[test]
fn sheets_and_cells_that_are_not_there_are_told() {
    assert_eq!(marked(&rich(), "老生", &[]).unwrap_err().fault, Fault::NoSheet);
    for (row, column) in [(0, 1), (1, 0), (1_048_577, 1), (1, 16_385)] {
        let error = marked(&rich(), "新生", &[remark(row, column, "x")]).unwrap_err();
        assert_eq!((error.fault, error.cell), (Fault::NoSuchCell, Some(Cell { row, column })));
    }
    assert!(marked(&rich(), "新生", &[remark(1_048_576, 16_384, "最后一格")]).is_ok());
    let mut workbook = Workbook::new();
    let mut chart = Chart::new(ChartType::Column);
    chart.add_series().set_values("数据!$A$1:$A$2");
    workbook.add_chartsheet().set_name("新生").unwrap().insert_chart(0, 0, &chart).unwrap();
    workbook.add_worksheet().set_name("数据").unwrap();
    assert_eq!(fault(&workbook.save_to_buffer().unwrap()), Fault::NotAWorksheet);
}
