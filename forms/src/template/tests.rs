//! Templates as a spreadsheet sees them.

use std::{
    collections::HashSet,
    io::{Cursor, Read},
};

use calamine::{Data, Reader, SheetVisible, Xlsx, open_workbook_from_rs};
use domain::contract::Table;
use zip::ZipArchive;

use super::*;

fn part(bytes: &[u8], name: &str) -> String {
    let mut text = String::new();
    ZipArchive::new(Cursor::new(bytes)).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn every_form_opens_with_its_headers_and_its_explanation() {
    // REQ: ENR-01
    // REQ: INF-01
    // REQ: ORG-06
    // REQ: GRD-01
    for form in Form::ALL {
        let columns = form.columns();
        let bytes = template(form.chinese(), &columns, &[]).unwrap();
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&bytes)).unwrap();
        assert_eq!(book.sheet_names()[..2], [form.chinese(), EXPLANATION]);
        let sheet = book.worksheet_range(form.chinese()).unwrap();
        assert_eq!((sheet.height(), sheet.width()), (1, columns.len()));
        let headers: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(headers, columns.iter().map(|column| column.header).collect::<Vec<_>>());
        let explained = book.worksheet_range(EXPLANATION).unwrap();
        assert_eq!(explained.height(), columns.len() + 1);
        assert!(columns.iter().any(|column| column.required));
        assert_eq!(columns.iter().map(|column| column.field).collect::<HashSet<_>>().len(), columns.len());
        assert_eq!(Form::named(form.name()), Some(form));
        assert_eq!(Form::named(form.chinese()), Some(form));
    }
    assert_eq!(Form::named("无此表"), None);
}

#[test]
fn newcomers_leave_out_what_the_system_fills_in() {
    // REQ: ENR-01
    let fields: HashSet<&str> = Form::Newcomers.columns().iter().map(|column| column.field).collect();
    for field in ["student_no", "school_id", "status", "photo_digest", "updated_at", "supervisor"] {
        assert!(!fields.contains(field), "{field}");
        assert!(Table::Students.position(field).is_some(), "{field}");
    }
    for field in ["name", "id_no", "class_id", "entry_month", "guardian_name"] {
        assert!(fields.contains(field), "{field}");
    }
}

#[test]
fn columns_of_numbers_are_text_and_long_lists_have_a_name() {
    // REQ: ENR-01
    let columns = Form::Newcomers.columns();
    let bytes = template("新生", &columns, &[]).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    let styled: Vec<(usize, usize)> = sheet
        .split("<col ")
        .skip(1)
        .map(|col| col.split('>').next().unwrap())
        .filter(|col| col.contains("style="))
        .map(|col| {
            let value = |name: &str| {
                col.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            };
            (value("min"), value("max"))
        })
        .collect();
    for (at, column) in (1..).zip(&columns) {
        let is_text = styled.iter().any(|(min, max)| (*min..=*max).contains(&at));
        assert_eq!(is_text, column.kind.is_text(), "{}", column.header);
    }
    assert!(part(&bytes, "xl/styles.xml").contains("numFmtId=\"49\""), "the text format");
    assert!(sheet.contains("<formula1>options_1</formula1>"));
    assert!(sheet.contains("<formula1>\"男,女\"</formula1>"));
    assert!(sheet.contains("state=\"frozen\""));
    assert_eq!(sheet.matches("<dataValidation ").count(), columns.len());
    assert!(sheet.contains("2:G1048576") || sheet.contains("G2:G1048576"));
    let book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&bytes)).unwrap();
    let lists = book.sheets_metadata().iter().find(|sheet| sheet.name == "选项").unwrap();
    assert_eq!(lists.visible, SheetVisible::Hidden);
    assert!(book.defined_names().iter().any(|(name, range)| name == "options_1" && range.contains("选项")));
    // Required columns bear a note; their headers stay what the reader knows.
    let notes = part(&bytes, "xl/comments1.xml");
    assert_eq!(notes.matches("<comment ").count(), columns.iter().filter(|column| column.required).count());
}

#[test]
fn rows_filled_in_beforehand_are_text_whatever_they_look_like() {
    // REQ: GRD-01
    let row = ["G341126201503010016", "=HYPERLINK(\"x\")", "", "20260701"].map(str::to_owned).to_vec();
    let bytes = template("毕业结业", &Form::Completions.columns(), std::slice::from_ref(&row)).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(&bytes)).unwrap();
    let sheet = book.worksheet_range("毕业结业").unwrap();
    assert_eq!(sheet.get_value((1, 0)), Some(&Data::String(row[0].clone())));
    assert_eq!(sheet.get_value((1, 1)), Some(&Data::String(row[1].clone())));
    assert_eq!(sheet.get_value((1, 3)), Some(&Data::String(row[3].clone())));
    assert!(book.worksheet_formula("毕业结业").unwrap().is_empty());
    assert_eq!(bytes, template("毕业结业", &Form::Completions.columns(), &[row]).unwrap(), "the same every time");
    let score = FormColumn::new("成绩", "score", Kind::Decimal);
    let bytes = template("成绩", &[score], &[vec!["-1+1".into()], vec!["95.5".into()]]).unwrap();
    assert!(part(&bytes, "xl/worksheets/sheet1.xml").contains("<c r=\"A2\" s="), "text cells stay text when edited");
}

#[test]
fn forms_that_no_sheet_can_hold_are_refused_in_both_languages() {
    let column = || FormColumn::new("姓名", "name", Kind::Text);
    let refused =
        |sheet: &str, columns: &[FormColumn], rows: &[Vec<String>]| template(sheet, columns, rows).unwrap_err();
    assert!(matches!(refused("新生", &[], &[]), TemplateError::Columns { columns: 0, .. }));
    assert!(matches!(refused("新生", &[column(), column()], &[]), TemplateError::Header { column: 2, .. }));
    for name in ["", "填写说明", "选项", "a/b", &"长".repeat(32)] {
        assert!(matches!(refused(name, &[column()], &[]), TemplateError::SheetName { .. }), "{name}");
    }
    let wide = refused("新生", &[column()], &[vec![], vec!["a".into(), "b".into()]]);
    assert_eq!(wide, TemplateError::Row { sheet: "新生".into(), row: 3, column: 2 });
    assert_eq!(wide.zh(), "工作表“新生”第 3 行第 2 列写不下。请减少预填的行或列。");
    assert!(wide.to_string().contains("row 3 column 2"));
    assert!(matches!(
        refused("新生", &[column()], &[vec!["x".repeat(40_000)]]),
        TemplateError::Row { row: 2, column: 1, .. }
    ));
}

#[test]
fn every_table_of_the_contract_can_be_a_form() {
    for table in Table::ALL {
        let columns: Vec<FormColumn> = table.columns().iter().map(FormColumn::from).collect();
        assert!(template(table.chinese(), &columns, &[]).is_ok(), "{table}");
        for (column, form) in table.columns().iter().zip(&columns) {
            assert_eq!((column.header, column.required), (form.header, form.required));
            assert!(!matches!(&form.kind, Kind::Choice(labels) if labels.is_empty()));
        }
    }
}
