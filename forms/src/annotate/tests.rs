//! A copy of a workbook differs from it in its remarks and in nothing else.

use std::io::{Cursor, Read, Write};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::{Chart, ChartType, DataValidation, Format, Formula, Note, Workbook};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::*;

mod hostile;

fn remark(row: u32, column: u32, text: &str) -> Remark {
    Remark { row, column, text: text.into() }
}

fn marked(workbook: &[u8], sheet: &str, remarks: &[Remark]) -> Result<Vec<u8>, AnnotateError> {
    annotate(workbook, Annotation { sheet, headers: &[], remarks }, &Limits::default())
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn names(bytes: &[u8]) -> Vec<String> {
    let archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap_or_else(|_| panic!("no {name}")).read_to_string(&mut text).unwrap();
    text
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="新生" sheetId="4" r:id="rId7"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId7" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook with no styles, no shared strings and one sheet.
fn bare(sheet: &str) -> Vec<u8> {
    package(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

const INLINE: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:B2"/><sheetData><row r="1" spans="1:2"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1" t="inlineStr"><is><t>性别</t></is></c></row><row r="4" spans="1:2"><c r="B4"><v>1</v></c></row></sheetData></worksheet>"#;

/// What a sender's workbook may hold.
fn rich() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd").set_bold();
    let page = workbook.add_worksheet().set_name("新生").unwrap();
    page.write_string(0, 0, "姓名").unwrap().write_string(0, 1, "出生日期").unwrap();
    page.write_string(1, 0, "张三").unwrap().write_number_with_format(1, 1, 45_000.0, &date).unwrap();
    page.write_formula(2, 2, Formula::new("=B2+1").set_result("45001")).unwrap();
    page.merge_range(4, 0, 5, 1, "合并", &Format::new()).unwrap();
    page.insert_note(1, 0, &Note::new("原有批注").set_author("老师")).unwrap();
    page.insert_note(2, 2, &Note::new("另一条")).unwrap();
    page.add_data_validation(1, 3, 9, 3, &DataValidation::new().allow_list_strings(&["男", "女"]).unwrap()).unwrap();
    let mut chart = Chart::new(ChartType::Column);
    chart.add_series().set_values("新生!$B$2:$B$3");
    page.insert_chart(8, 0, &chart).unwrap();
    workbook.add_worksheet().set_name("导入结果").unwrap().write_string(0, 0, "旧").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn remarks_stand_on_their_cells_and_the_rest_stays_as_it_was() {
    // REQ: ENR-01
    let before = rich();
    let remarks = [
        remark(2, 2, "出生日期与身份证号不符"),
        remark(2, 1, "姓名 <有> & 号"),
        remark(2, 1, "第二条"),
        remark(3, 1, "缺少姓名"),
        remark(7, 3, "整行是空的"),
    ];
    let headers = ["姓名".to_owned(), "出生日期".to_owned()];
    let mut out = Cursor::new(Vec::new());
    let annotation = Annotation { sheet: "新生", headers: &headers, remarks: &remarks };
    let done = annotate_into(Cursor::new(&before), annotation, &Limits::default(), &mut out).unwrap();
    assert_eq!(done, Annotated { listing: "导入结果2".into(), cells: 4, filled: 4 });
    let after = out.into_inner();

    let changed = [
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/worksheets/sheet1.xml",
    ];
    for name in names(&before).iter().filter(|name| !changed.contains(&name.as_str())) {
        assert_eq!(part(&before, name), part(&after, name), "{name}");
    }
    let new: Vec<String> = names(&after).into_iter().filter(|name| !names(&before).contains(name)).collect();
    assert_eq!(new, ["xl/worksheets/sheet3.xml"]);

    let comments = part(&after, "xl/comments1.xml");
    assert!(comments.contains("原有批注") && comments.contains("另一条"));
    assert!(comments.contains("\n【导入结果】姓名 &lt;有&gt; &amp; 号\n第二条"));
    for cell in ["A2", "B2", "C3", "A3", "C7"] {
        assert_eq!(comments.matches(&format!("ref=\"{cell}\"")).count(), 1, "{cell}");
    }
    let shapes = part(&after, "xl/drawings/vmlDrawing1.vml");
    assert_eq!(shapes.matches("ObjectType=\"Note\"").count(), 5);

    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&after)).unwrap();
    assert_eq!(book.sheet_names(), ["新生", "导入结果", "导入结果2"]);
    let list = book.worksheet_range("导入结果2").unwrap();
    let row = |row: u32| (0..5).map(|column| list.get_value((row, column)).unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(row(1), ["新生", "2", "A2", "姓名", "姓名 <有> & 号"]);
    assert_eq!(row(5), ["新生", "7", "C7", "C", "整行是空的"]);
    let sheet = book.worksheet_range("新生").unwrap();
    assert!(matches!(sheet.get_value((1, 1)), Some(Data::DateTime(_))), "the number format is kept");
    assert_eq!(book.worksheet_formula("新生").unwrap().get_value((2, 2)).unwrap(), "B2+1");
}

#[test]
fn only_the_edited_elements_of_a_sheet_differ() {
    // REQ: INF-01
    let before = rich();
    let after = marked(&before, "新生", &[remark(2, 2, "错")]).unwrap();
    let (was, is) = (part(&before, "xl/worksheets/sheet1.xml"), part(&after, "xl/worksheets/sheet1.xml"));
    let style = |text: &str| {
        let at = text.find("<c r=\"B2\" s=\"").unwrap();
        text[at..].split('"').nth(3).unwrap().to_owned()
    };
    let spans = was.match_indices("<row r=\"2\" spans=\"1:3\"").next().map(|_| " spans=\"1:3\"").unwrap_or_default();
    let undone = is
        .replace(&format!("<c r=\"B2\" s=\"{}\"", style(&is)), &format!("<c r=\"B2\" s=\"{}\"", style(&was)))
        .replace("<row r=\"2\"", &format!("<row r=\"2\"{spans}"));
    assert_eq!(undone, was);
    let (was, is) = (part(&before, "xl/styles.xml"), part(&after, "xl/styles.xml"));
    let formats = |text: &str| text.split("<cellXfs count=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(formats(&is).parse::<usize>().unwrap(), formats(&was).parse::<usize>().unwrap() + 1);
    assert!(is.contains("FFFFC7CE"));
}

#[test]
fn missing_rows_and_cells_are_made_in_order_and_styles_if_there_are_none() {
    // REQ: ENR-01
    let remarks = [remark(4, 1, "a"), remark(4, 3, "b"), remark(4, 2, "c"), remark(2, 2, "d"), remark(9, 5, "e")];
    let after = marked(&bare(INLINE), "新生", &remarks).unwrap();
    let sheet = part(&after, "xl/worksheets/sheet1.xml");
    let order: Vec<&str> = sheet.split("<c r=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(order, ["A1", "B1", "B2", "A4", "B4", "C4", "E9"]);
    assert!(sheet.contains("<row r=\"1\" spans=\"1:2\">") && sheet.contains("<row r=\"4\">"));
    assert!(sheet.contains("<dimension ref=\"A1:E9\"/>"));
    assert!(sheet.contains("r:id=\"rIdRemarkShapes1\"/></worksheet>"));
    assert!(part(&after, "xl/remarkStyles1.xml").contains("<cellXfs count=\"2\">"));
    assert!(part(&after, "xl/worksheets/_rels/sheet1.xml.rels").contains("/xl/comments1.xml"));
    assert!(part(&after, "[Content_Types].xml").contains("Extension=\"vml\""));
    assert!(part(&after, "xl/workbook.xml").contains("sheetId=\"5\""));
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&after)).unwrap();
    assert_eq!(book.worksheet_range("新生").unwrap().get_value((3, 1)), Some(&Data::Float(1.0)));
    assert_eq!(book.worksheet_range("导入结果").unwrap().height(), 6);
}

#[test]
fn a_sheet_with_a_prefix_and_empty_elements_is_written_in_its_own_way() {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let sheet = format!(
        "<x:worksheet xmlns:x=\"{space}\"><x:cols><x:col min=\"2\" max=\"3\" style=\"0\" width=\"9\"></x:col></x:cols>\
         <x:sheetData><x:row/><x:row r='3'/><x:row><x:c><x:v>1</x:v></x:c><x:c/></x:row></x:sheetData>\
         <x:pageMargins/><x:tableParts count=\"0\"/></x:worksheet>"
    );
    let after = marked(&bare(&sheet), "新生", &[remark(1, 1, "a"), remark(3, 2, "b"), remark(4, 2, "c")]).unwrap();
    let sheet = part(&after, "xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("<x:row><x:c r=\"A1\" s=\"1\"/></x:row><x:row r='3'><x:c r=\"B3\" s=\"1\"/></x:row>"),
        "{sheet}"
    );
    assert!(sheet.contains("<x:c><x:v>1</x:v></x:c><x:c s=\"1\"/></x:row>"), "{sheet}");
    assert!(sheet.contains("<x:pageMargins/><x:legacyDrawing xmlns:r="), "{sheet}");
    let empty = format!("<worksheet xmlns=\"{space}\"><sheetData/></worksheet>");
    let after = marked(&bare(&empty), "新生", &[remark(2, 1, "空表")]).unwrap();
    assert!(
        part(&after, "xl/worksheets/sheet1.xml")
            .contains("<sheetData><row r=\"2\"><c r=\"A2\" s=\"1\"/></row></sheetData>")
    );
}

#[test]
fn a_comment_of_every_shape_gets_the_remark() {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut archive: Vec<(&str, String)> = vec![
        ("[Content_Types].xml", TYPES.into()),
        ("_rels/.rels", RELS.into()),
        ("xl/workbook.xml", BOOK.into()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.into()),
        ("xl/worksheets/sheet1.xml", INLINE.into()),
    ];
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments";
    archive.push((
        "xl/worksheets/_rels/sheet1.xml.rels",
        RELS.replace("xl/workbook.xml", "../notes.xml")
            .replace("http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument", kind),
    ));
    archive.push((
        "xl/notes.xml",
        format!(
            "<c:comments xmlns:c=\"{space}\"><c:authors/><c:commentList>\
             <c:comment ref=\"A1\" authorId=\"0\"><c:text><c:t>甲</c:t></c:text></c:comment>\
             <c:comment ref=\"B1\" authorId=\"0\"><c:text/></c:comment>\
             <c:comment ref=\"B4\" authorId=\"0\"><c:text><c:r><c:t>丙</c:t></c:r></c:text></c:comment>\
             <c:comment ref=\"H8\" authorId=\"0\"><c:text><c:t/></c:text></c:comment></c:commentList></c:comments>"
        ),
    ));
    let parts: Vec<(&str, &str)> = archive.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let remarks = [(1, 1), (1, 2), (4, 2), (8, 8), (9, 9)].map(|(row, column)| remark(row, column, "错"));
    let after = marked(&package(&parts), "新生", &remarks).unwrap();
    let comments = part(&after, "xl/notes.xml");
    assert!(comments.contains("<c:authors><c:author>导入结果</c:author></c:authors><c:commentList>"), "{comments}");
    assert!(comments.contains("<c:t>甲\n【导入结果】错</c:t>"), "{comments}");
    assert!(comments.contains("<c:t>丙</c:t></c:r><c:r><c:t xml:space=\"preserve\">\n【导入结果】错</c:t></c:r>"));
    assert!(comments.contains("<c:t>【导入结果】错</c:t>"));
    assert!(comments.contains("<c:comment ref=\"I9\" authorId=\"0\">"));
    assert_eq!(comments.matches("错").count(), 5);
    // Their shapes were missing: every comment gets one.
    assert_eq!(part(&after, "xl/drawings/vmlDrawing1.vml").matches("ObjectType").count(), 5);
}

#[test]
fn macros_stay_as_they_are() {
    let types = TYPES.replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    );
    let before = package(&[
        ("[Content_Types].xml", &types),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", INLINE),
        ("xl/vbaProject.bin", "\0\u{1}<!DOCTYPE x>\0"),
    ]);
    let after = marked(&before, "新生", &[remark(1, 1, "错")]).unwrap();
    assert_eq!(part(&after, "xl/vbaProject.bin"), part(&before, "xl/vbaProject.bin"));
    assert!(part(&after, "[Content_Types].xml").contains("macroEnabled"));
}

#[test]
fn remarks_on_merged_cells_stand_where_they_can_be_seen() {
    // REQ: ENR-01
    let remarks = [remark(5, 1, "一"), remark(6, 2, "二"), remark(6, 3, "三")];
    let after = marked(&rich(), "新生", &remarks).unwrap();
    let comments = part(&after, "xl/comments1.xml");
    assert!(
        comments.contains("<comment ref=\"A5\" authorId=\"2\"><text><r><t xml:space=\"preserve\">一\n二</t>"),
        "{comments}"
    );
    assert!(comments.contains("ref=\"C6\"") && !comments.contains("ref=\"B6\""));
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&after)).unwrap();
    let list = book.worksheet_range("导入结果2").unwrap();
    assert_eq!(list.get_value((2, 2)), Some(&Data::String("B6".into())), "the list says where the remark belongs");
}

#[test]
fn ten_thousand_remarks_and_a_second_round_work() {
    // REQ: ENR-01
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet().set_name("新生").unwrap();
    for row in 0..5_000 {
        page.write_string(row, 0, "341126201503010016").unwrap();
    }
    let remarks: Vec<Remark> =
        (0..10_000).map(|n| remark(n % 5_000 + 1, n / 5_000 + 1, "=cmd|' /C calc'!A0")).collect();
    let before = workbook.save_to_buffer().unwrap();
    let once = marked(&before, "新生", &remarks).unwrap();
    assert_eq!(part(&once, "xl/comments1.xml").matches("<comment ").count(), 10_000);
    assert!(part(&once, "xl/drawings/vmlDrawing1.vml").contains("data=\"1,2,3,4,5,6,7,8,9,10\""));
    let twice = marked(&once, "新生", &remarks[..3]).unwrap();
    assert_eq!(part(&twice, "xl/comments1.xml").matches("<comment ").count(), 10_000);
    assert_eq!(part(&twice, "xl/drawings/vmlDrawing1.vml").matches("ObjectType").count(), 10_000);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&twice)).unwrap();
    assert_eq!(book.sheet_names(), ["新生", "导入结果", "导入结果2"]);
    let list = book.worksheet_range("导入结果").unwrap();
    assert_eq!(list.get_value((1, 4)), Some(&Data::String("=cmd|' /C calc'!A0".into())), "text, not a formula");
    assert!(book.worksheet_formula("导入结果").unwrap().is_empty());
}

#[test]
fn a_csv_file_gets_a_column_of_remarks() {
    // REQ: INF-01
    let rows = [vec!["姓名", "性别"], vec!["张三", "男", "多余"], vec!["李,四"], vec![]]
        .map(|row| row.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let remarks = [remark(3, 2, "缺少性别\n请补填"), remark(3, 1, "=1+1"), remark(2, 3, "没有表头")];
    let bytes = annotated_csv(&rows, 1, &remarks).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert_eq!(
        text,
        "\u{feff}姓名,性别,,导入结果\n张三,男,多余,【C】没有表头\n\"李,四\",,,\"【姓名】=1+1;【性别】缺少性别\n请补填\"\n,,,\n"
    );
    assert_eq!(annotated_csv(&rows, 1, &[remark(5, 1, "x")]), Err(CsvError::NoSuchRow { row: 5, rows: 4 }));
    assert_eq!(annotated_csv(&rows, 1, &[remark(0, 1, "x")]), Err(CsvError::NoSuchRow { row: 0, rows: 4 }));
}
