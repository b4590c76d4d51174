//! Workbooks as spreadsheet programs write them, with what people do in them.

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::{
    case::{Case, case, whole, without},
    package::{book, package, packed, students_workbook, workbook},
    world::{PUPILS, Rows, SOURCE, authorities, changes, classes, schools, students},
};

/// The sound pupils in a workbook of one sheet, and something done to it.
fn done(name: &'static str, what: impl Fn(&mut Worksheet) + Send + Sync + 'static, expected: String) -> Case {
    case(
        name,
        move |world| {
            let mut book = workbook(&[("学生", &students())]);
            what(book.worksheet_from_index(0).unwrap());
            world.students_as("students.xlsx", book.save_to_buffer().unwrap());
        },
        expected,
    )
}

/// A workbook in the place of the pupils' file.
fn of(name: &'static str, make: impl Fn() -> Workbook + Send + Sync + 'static, expected: impl Into<String>) -> Case {
    case(name, move |world| world.students_as("students.xlsx", make().save_to_buffer().unwrap()), expected)
}

fn column(header: &str) -> u16 {
    u16::try_from(students().column(header)).unwrap()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = cells();
    cases.extend(sheets());
    cases.extend(packages());
    cases
}

fn cells() -> Vec<Case> {
    vec![
        done("a workbook of texts", |_| {}, whole("XLSX")).naming("王小明"),
        done(
            "ID numbers kept as quantities",
            |sheet| {
                for (row, cells) in (0..).zip(students().0).skip(1) {
                    sheet.write_number(row, column("身份证件号"), cells[5].parse::<f64>().unwrap()).unwrap();
                }
            },
            without(PUPILS, "XLSX", "reject mangled_number 身份证件号 rows 2–21 (20)"),
        ),
        done(
            "schools, classes and grades kept as quantities",
            |sheet| {
                for row in 1..=20 {
                    sheet.write_number(row, column("学校标识码"), 2_134_010_201_u32).unwrap();
                    sheet.write_number(row, column("班号"), 201_201).unwrap();
                    sheet.write_number(row, column("年级"), 1).unwrap();
                    sheet.write_number(row, column("户口所在地行政区划"), 340_102).unwrap();
                }
            },
            whole("XLSX"),
        ),
        done(
            "birth dates as days of Excel",
            |sheet| {
                let format = Format::new().set_num_format("yyyy/m/d");
                sheet.write_with_format(1, column("出生日期"), ExcelDateTime::from_ymd(2006, 1, 1).unwrap(), &format).unwrap();
            },
            whole("XLSX"),
        )
        .asking("select birth_date from students where source_row = 2 and source = '340102'", "{\"birth_date\":\"2006-01-01\"}"),
        done(
            "a birth date with a time of day",
            |sheet| {
                let format = Format::new().set_num_format("yyyy/m/d hh:mm");
                let noon = ExcelDateTime::from_ymd(2006, 1, 1).unwrap().and_hms(12, 0, 0).unwrap();
                sheet.write_with_format(1, column("出生日期"), &noon, &format).unwrap();
            },
            without(1, "XLSX", "reject unreadable 出生日期 row 2"),
        ),
        done("a birth date of a quantity below every day", |sheet| { sheet.write_number(1, column("出生日期"), 20060101).unwrap(); }, whole("XLSX")),
        done("a birth date of a negative quantity", |sheet| { sheet.write_number(1, column("出生日期"), -38718).unwrap(); }, without(1, "XLSX", "reject unreadable 出生日期 row 2")),
        done("yes and no as truth values", |sheet| { sheet.write_boolean(1, column("是否随迁子女"), true).unwrap(); }, whole("XLSX"))
            .asking("select migrant from students where source_row = 2 and source = '340102'", "{\"migrant\":\"是\"}"),
        done("a name that is a truth value", |sheet| { sheet.write_boolean(1, column("姓名"), true).unwrap(); }, whole("XLSX")).naming("TRUE"),
        done("a name that is a quantity", |sheet| { sheet.write_number(1, column("姓名"), 12.0).unwrap(); }, whole("XLSX")).naming("12"),
        done("a formula with its result", |sheet| { sheet.write_formula(1, column("姓名"), Formula::new("=A1&B1").set_result("王小明")).unwrap(); }, whole("XLSX")).naming("王小明"),
        done("a formula whose result is an error", |sheet| { sheet.write_formula(1, column("姓名"), Formula::new("=1/0").set_result("#DIV/0!")).unwrap(); }, without(1, "XLSX", "reject unreadable 姓名 row 2")),
        done(
            "merged cells among the rows",
            |sheet| { sheet.merge_range(1, column("班号"), 3, column("班号"), "201201", &Format::new()).unwrap(); },
            without(2, "XLSX", "reject missing 班号 rows 3–4 (2)"),
        )
        .noting("合并单元格"),
        done("hidden rows", |sheet| { sheet.set_row_hidden(4).unwrap(); }, whole("XLSX")).noting("隐藏的行或列"),
        done("hidden columns", |sheet| { sheet.set_column_hidden(column("身份证件号")).unwrap(); }, whole("XLSX")).noting("隐藏的行或列"),
        done("rows that a filter hides", |sheet| {
            sheet.autofilter(0, 0, 20, 15).unwrap();
            sheet.set_row_hidden(7).unwrap();
        }, whole("XLSX")),
        done("values beside the table", |sheet| { sheet.write_string(3, 40, "校对:王").unwrap(); }, whole("XLSX")).noting("不在任何表头之下"),
        done("a signature under the table", |sheet| { sheet.write_string(25, 0, "校长签字:").unwrap(); }, "taken [XLSX] 21 = 20 + 1 + 0; reject missing 入学年月 row 26; reject missing 出生日期 row 26; reject missing 姓名 row 26; reject missing 学校标识码 row 26; reject missing 学籍状态 row 26; reject missing 年级 row 26; reject missing 性别 row 26; reject missing 民族 row 26; reject missing 班号 row 26; reject missing 身份证件类型 row 26; reject unreadable 学籍号 row 26".into()),
        done("comments, links and pictures of nothing", |sheet| {
            sheet.insert_note(1, 1, &rust_xlsxwriter::Note::new("=cmd")).unwrap();
            sheet.write_url_with_text(2, column("现住址"), "https://example.org/", "和平路12号").unwrap();
        }, whole("XLSX")),
    ]
}

fn sheets() -> Vec<Case> {
    let titled = || {
        let mut rows = Rows(vec![vec!["学生名册".to_owned()], Vec::new()]);
        rows.0.extend(students().0);
        rows
    };
    vec![
        of("a header under a title", move || workbook(&[("学生", &titled())]), whole("XLSX")).noting("表头前跳过"),
        case(
            "all tables as sheets of one workbook",
            |world| {
                for stem in ["authorities", "schools", "classes", "students", "changes"] {
                    world.drop(&format!("{stem}.csv"));
                }
                let mut book = workbook(&[
                    ("主管单位", &authorities(SOURCE)),
                    ("学校", &schools(SOURCE)),
                    ("班级", &classes(SOURCE)),
                    ("学生", &students()),
                    ("学籍变动", &changes()),
                ]);
                world.put("2012年报表.xlsx", book.save_to_buffer().unwrap());
            },
            whole("XLSX"),
        ),
        of(
            "a table on two sheets under its two names",
            || workbook(&[("学生", &students()), ("students", &students())]),
            "refused: ambiguous_files students.xlsx",
        ),
        of(
            "a sheet for each half of the pupils",
            || {
                let (mut one, mut other) = (students(), students());
                one.0.truncate(11);
                other.0.drain(1..11);
                workbook(&[("学生1", &one), ("学生2", &other)])
            },
            "taken [XLSX] 20 = 20 + 0 + 0",
        ),
        of(
            "two sheets of which neither is named",
            || workbook(&[("Sheet1", &students()), ("Sheet2", &students())]),
            "refused: ambiguous_sheets students.xlsx",
        ),
        of("one sheet of another name", || workbook(&[("Sheet1", &students())]), whole("XLSX")),
        of(
            "a sheet of notes beside the table",
            || workbook(&[("填表说明", &changes()), ("学生", &students())]),
            whole("XLSX"),
        )
        .noting("填表说明"),
        of(
            "a table on a hidden sheet",
            || {
                let mut book = workbook(&[("说明", &changes()), ("学生", &students())]);
                book.worksheet_from_index(1).unwrap().set_hidden(true);
                book
            },
            "refused: missing_column students.xlsx sheet “说明” row 1",
        ),
        of(
            "an old copy on a hidden sheet",
            || {
                let mut book = workbook(&[("学生", &students()), ("students", &students())]);
                book.worksheet_from_index(1).unwrap().set_very_hidden(true);
                book
            },
            whole("XLSX"),
        )
        .noting("隐藏的工作表"),
        of("a sheet without cells", || workbook(&[("学生", &Rows(Vec::new()))]), "held: empty students.xlsx"),
        of("a sheet whose name is odd", || workbook(&[(" 学 生（1）", &students())]), whole("XLSX")),
        of("a sheet whose name would run", || workbook(&[("=cmd|<b>&'\"", &students())]), whole("XLSX")),
        of(
            "a sheet of two hundred thousand styled rows without a value",
            || {
                let mut book = workbook(&[("学生", &students())]);
                let format = Format::new().set_bold();
                let sheet = book.worksheet_from_index(0).unwrap();
                (21..200_000).for_each(|row| {
                    sheet.write_blank(row, 0, &format).unwrap();
                });
                book
            },
            whole("XLSX"),
        ),
    ]
}

fn packages() -> Vec<Case> {
    let compound = |more: &[u8]| [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 504], more].concat();
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        case(
            "a workbook with a password",
            move |world| world.students_as("students.xlsx", compound(&encrypted)),
            "refused: encrypted students.xlsx",
        ),
        case(
            "a workbook of the old kind that is nothing but its beginning",
            move |world| world.students_as("students.xls", compound(&[])),
            "refused: workbook students.xls",
        ),
        case(
            "a workbook torn in the middle",
            |world| {
                let whole = students_workbook();
                world.students_as("students.xlsx", &whole[..whole.len() * 2 / 3]);
            },
            "refused: torn students.xlsx",
        ),
        case(
            "a workbook with a byte turned in a sheet",
            |world| {
                let mut whole = packed(&book(&super::package::sheet(&super::package::rows_of(&students()))));
                let at = whole.len() / 2;
                whole[at] ^= 0x10;
                world.students_as("students.xlsx", whole);
            },
            "refused: torn students.xlsx",
        ),
        case(
            "a package without parts",
            |world| world.students_as("students.xlsx", package(&[])),
            "refused: wrong_type students.xlsx",
        ),
        case(
            "an OpenDocument spreadsheet named .xlsx",
            |world| {
                world.students_as(
                    "students.xlsx",
                    package(&[
                        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                        ("content.xml", b"<x/>"),
                    ]),
                )
            },
            "refused: wrong_type students.xlsx",
        ),
        case(
            "a binary workbook named .xlsx",
            |world| {
                world.students_as(
                    "students.xlsx",
                    package(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.bin", b"\0")]),
                )
            },
            "refused: wrong_type students.xlsx",
        ),
        case(
            "a workbook that cannot be read beside sound files",
            |world| world.put("notes.xlsx", package(&[])),
            "refused: wrong_type notes.xlsx",
        ),
    ]
}
