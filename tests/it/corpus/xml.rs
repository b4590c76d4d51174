//! Workbooks written by hand: what the format allows and no program writes, and what it forbids.

use super::{
    case::{Case, case, whole, without},
    package::{Part, WORKBOOK, book, book_of, cell_of, packed, row_of, rows_of, sheet},
    world::students,
};

/// The pupils' workbook of these parts.
fn parts(
    name: &'static str,
    make: impl Fn() -> Vec<Part> + Send + Sync + 'static,
    expected: impl Into<String>,
) -> Case {
    case(name, move |world| world.students_as("students.xlsx", packed(&make())), expected)
}

/// The pupils' workbook with another sheet.
fn xml(name: &'static str, make: impl Fn() -> String + Send + Sync + 'static, expected: impl Into<String>) -> Case {
    parts(name, move || book(&make()), expected)
}

fn sound() -> String {
    sheet(&rows_of(&students()))
}

/// The sound sheet with another cell for the first pupil's name.
fn name_cell(cell: &str) -> String {
    let (row, column) = (2, students().column("姓名"));
    sound().replacen(&cell_of(row, column, "王小明"), cell, 1)
}

fn with_strings(sheet: &str, strings: &str) -> Vec<Part> {
    let mut parts = book(sheet);
    parts.push(Part::of("xl/sharedStrings.xml", strings.as_bytes()));
    parts
}

fn strings(of: &str, claims: &str) -> String {
    format!("<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" {claims}>{of}</sst>")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = odd();
    cases.extend(texts());
    cases.extend(lies());
    cases.extend(bombs());
    cases
}

fn odd() -> Vec<Case> {
    vec![
        xml("a sheet of inline strings", sound, whole("XLSX")).naming("王小明"),
        xml(
            "cells without their names",
            || {
                sound()
                    .replace(" r=\"A", " x=\"A")
                    .split("<c r=\"")
                    .enumerate()
                    .map(
                        |(at, text)| {
                            if at == 0 {
                                text.to_owned()
                            } else {
                                format!("<c{}", &text[text.find('"').unwrap() + 1..])
                            }
                        },
                    )
                    .collect()
            },
            whole("XLSX"),
        ),
        xml(
            "cells of a row in the opposite order",
            || {
                let rows = students();
                let reversed: String = rows
                    .0
                    .iter()
                    .enumerate()
                    .map(|(at, row)| {
                        let cells: String =
                            row.iter().enumerate().rev().map(|(column, text)| cell_of(at + 1, column, text)).collect();
                        format!("<row r=\"{}\">{cells}</row>", at + 1)
                    })
                    .collect();
                sheet(&reversed)
            },
            whole("XLSX"),
        ),
        xml(
            "rows in the opposite order",
            || {
                let rows = students();
                let header = row_of(1, &rows.0[0]);
                let reversed: String =
                    rows.0.iter().enumerate().skip(1).rev().map(|(at, row)| row_of(at + 1, row)).collect();
                sheet(&(header + &reversed))
            },
            "refused: workbook students.xlsx sheet “学生” row 20",
        ),
        xml(
            "a cell twice",
            || name_cell(&(cell_of(2, 1, "王小明") + &cell_of(2, 1, "李小明"))),
            "refused: workbook students.xlsx sheet “学生” row 2",
        ),
        xml(
            "a row twice",
            || sheet(&(rows_of(&students()) + &row_of(21, &students().0[1]))),
            "refused: workbook students.xlsx sheet “学生” row 21",
        ),
        xml(
            "a prefix before every element",
            || {
                sound()
                    .replace("</", "</x:")
                    .replace("<c ", "<x:c ")
                    .replace("<row", "<x:row")
                    .replace("<is>", "<x:is>")
                    .replace("<t>", "<x:t>")
                    .replace("<sheetData>", "<x:sheetData>")
                    .replace("<worksheet xmlns=", "<x:worksheet xmlns:x=")
            },
            whole("XLSX"),
        ),
        parts(
            "the strict form of the standard",
            || {
                book_of(
                    &WORKBOOK
                        .replace(
                            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                            "http://purl.oclc.org/ooxml/spreadsheetml/main",
                        )
                        .replace(
                            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                            "http://purl.oclc.org/ooxml/officeDocument/relationships",
                        ),
                    &sound().replace(
                        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                        "http://purl.oclc.org/ooxml/spreadsheetml/main",
                    ),
                )
            },
            whole("XLSX"),
        ),
        parts(
            "days counted from 1904",
            || {
                let cell = "<c r=\"D2\"><v>37256</v></c>";
                let sheet = sound().replacen(&cell_of(2, 3, "2006-01-01"), cell, 1);
                book_of(&WORKBOOK.replace("<sheets>", "<workbookPr date1904=\"1\"/><sheets>"), &sheet)
            },
            whole("XLSX"),
        )
        .asking(
            "select birth_date from students where source_row = 2 and source = '340102'",
            "{\"birth_date\":\"2006-01-01\"}",
        ),
        xml(
            "a day in ISO 8601",
            || sound().replacen(&cell_of(2, 3, "2006-01-01"), "<c r=\"D2\" t=\"d\"><v>2006-01-01</v></c>", 1),
            whole("XLSX"),
        ),
        xml(
            "a formula without a result",
            || name_cell("<c r=\"B2\" t=\"str\"><f>A1&amp;C1</f></c>"),
            without(1, "XLSX", "reject missing 姓名 row 2"),
        )
        .noting("没有存下结果"),
        xml(
            "a cell of an error",
            || name_cell("<c r=\"B2\" t=\"e\"><v>#N/A</v></c>"),
            without(1, "XLSX", "reject unreadable 姓名 row 2"),
        ),
        xml(
            "a cell of a kind that nobody knows",
            || name_cell("<c r=\"B2\" t=\"zz\"><v>王小明</v></c>"),
            "refused: workbook students.xlsx sheet “学生”",
        ),
        xml(
            "a quantity that is no number",
            || sound().replacen(&cell_of(2, 10, "1"), "<c r=\"K2\"><v>NaN</v></c>", 1),
            without(1, "XLSX", "reject unreadable 年级 row 2"),
        ),
        xml(
            "a million rows of styled blanks",
            || {
                let blanks: String =
                    (22..=1_048_576).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" s=\"0\"/></row>")).collect();
                sheet(&(rows_of(&students()) + &blanks))
            },
            whole("XLSX"),
        ),
    ]
}

fn texts() -> Vec<Case> {
    let shared = |of: &'static str| {
        move || {
            with_strings(&name_cell("<c r=\"B2\" t=\"s\"><v>0</v></c>"), &strings(of, "count=\"1\" uniqueCount=\"1\""))
        }
    };
    vec![
        parts("a shared string", shared("<si><t>王小明</t></si>"), whole("XLSX")).naming("王小明"),
        parts(
            "a rich text of three pieces",
            shared("<si><r><t>王</t></r><r><rPr><b/></rPr><t>小</t></r><r><t>明</t></r></si>"),
            whole("XLSX"),
        )
        .naming("王小明"),
        parts(
            "a text with its reading beside it",
            shared("<si><t>王小明</t><rPh sb=\"0\" eb=\"1\"><t>wang</t></rPh><phoneticPr fontId=\"1\"/></si>"),
            whole("XLSX"),
        )
        .naming("王小明"),
        parts("a text in CDATA", shared("<si><t><![CDATA[王<小>明]]></t></si>"), whole("XLSX")).naming("王<小>明"),
        parts("a text with entities of XML", shared("<si><t>王&lt;&#23567;&gt;&#x660E;</t></si>"), whole("XLSX"))
            .naming("王<小>明"),
        parts("a text with a letter outside the first plane", shared("<si><t>王&#x20BB7;</t></si>"), whole("XLSX"))
            .naming("王𠮷"),
        parts("a text with an escape of Excel", shared("<si><t>王_x000D_明</t></si>"), whole("XLSX")).naming("王\r明"),
        parts("an entity that nobody declared", shared("<si><t>王&xxe;明</t></si>"), "refused: workbook students.xlsx"),
        parts(
            "a shared string beyond the last",
            || with_strings(&name_cell("<c r=\"B2\" t=\"s\"><v>7</v></c>"), &strings("<si><t>王</t></si>", "")),
            "refused: workbook students.xlsx sheet “学生”",
        ),
        xml(
            "shared strings without their part",
            || name_cell("<c r=\"B2\" t=\"s\"><v>0</v></c>"),
            "refused: workbook students.xlsx sheet “学生”",
        ),
    ]
}

fn lies() -> Vec<Case> {
    let dimension =
        |of: &'static str| move || sound().replace("<sheetData>", &format!("<dimension ref=\"{of}\"/><sheetData>"));
    vec![
        xml("a size that claims the whole sheet", dimension("A1:XFD1048576"), whole("XLSX")),
        xml("a size that claims one cell", dimension("A1"), whole("XLSX")),
        xml("a size that is no size", dimension("ZZZZZZ99999999999:A0"), "refused: reader_died students.xlsx"),
        xml(
            "one value in the last cell of the sheet",
            || sheet(&(rows_of(&students()) + "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>")),
            whole("XLSX"),
        )
        .noting("XFD1048576"),
        xml(
            "a cell beyond the last of every sheet",
            || sheet(&(rows_of(&students()) + "<row r=\"4294967297\"><c r=\"ZZZZZZZ4294967297\"><v>1</v></c></row>")),
            "refused: reader_died students.xlsx",
        ),
        parts(
            "four trillion shared strings",
            || {
                with_strings(
                    &sound(),
                    &strings("<si><t>x</t></si>", "count=\"4000000000000\" uniqueCount=\"4000000000000\""),
                )
            },
            "refused: reader_died students.xlsx",
        ),
        parts(
            "entities that grow a billionfold",
            || {
                let laughs: String =
                    (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
                let doctype = format!("<!DOCTYPE x [<!ENTITY l0 \"lol\">{laughs}]><worksheet ");
                book(&name_cell(&cell_of(2, 1, "&l9;")).replacen("<worksheet ", &doctype, 1))
            },
            "refused: markup students.xlsx",
        ),
        parts(
            "an entity from a file of this machine",
            || {
                book(&name_cell(&cell_of(2, 1, "&x;")).replacen(
                    "<worksheet ",
                    "<!DOCTYPE x [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><worksheet ",
                    1,
                ))
            },
            "refused: markup students.xlsx",
        ),
        parts(
            "an entity in UTF-16",
            || {
                let text = name_cell(&cell_of(2, 1, "&x;")).replacen("UTF-8", "UTF-16", 1).replacen(
                    "<worksheet ",
                    "<!DOCTYPE x [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><worksheet ",
                    1,
                );
                let bytes: Vec<u8> =
                    "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
                let mut parts = book("");
                parts.pop();
                parts.push(Part::of("xl/worksheets/sheet1.xml", &bytes));
                parts
            },
            "refused: workbook students.xlsx",
        ),
        parts(
            "a part that climbs out of the package",
            || {
                let mut parts = book(&sound());
                parts.push(Part::of("../../../../tmp/evil.xml", b"<x/>"));
                parts
            },
            "refused: workbook students.xlsx",
        ),
        parts(
            "a part that is a link",
            || {
                let mut parts = book(&sound());
                parts.push(Part { mode: 0o120_777, ..Part::of("xl/evil.xml", b"/etc/passwd") });
                parts
            },
            "refused: workbook students.xlsx",
        ),
        parts(
            "a sheet twice in the package",
            || {
                let mut parts = book(&sound());
                parts.push(Part::of("xl/worksheets/sheet1.xml", name_cell(&cell_of(2, 1, "李小明")).as_bytes()));
                parts
            },
            "refused: workbook students.xlsx",
        ),
        parts(
            "a sheet twice in the package, once in capitals",
            || {
                let mut parts = book(&sound());
                parts.push(Part::of("xl/worksheets/SHEET1.xml", name_cell(&cell_of(2, 1, "李小明")).as_bytes()));
                parts
            },
            "refused: workbook students.xlsx",
        ),
        parts(
            "parts under a password",
            || {
                let mut parts = book(&sound());
                parts.iter_mut().for_each(|part| part.flags = 1);
                parts
            },
            "refused: encrypted students.xlsx",
        ),
        parts(
            "a sheet that claims to be of ten bytes",
            || {
                let mut parts = book(&sound());
                parts.iter_mut().for_each(|part| part.claimed = 10);
                parts
            },
            "refused: torn students.xlsx",
        ),
        parts(
            "a sheet that claims an exbibyte",
            || {
                let mut parts = book(&sound());
                let sheet = parts.last_mut().unwrap();
                sheet.claimed = u32::MAX;
                sheet.extra = [&[1, 0, 8, 0][..], &(1_u64 << 60).to_le_bytes()].concat();
                parts
            },
            whole("XLSX"),
        ),
        parts(
            "a workbook without the sheet that it lists",
            || {
                let mut parts = book(&sound());
                parts.pop();
                parts
            },
            "refused: no_sheet students.xlsx",
        ),
        parts(
            "a workbook that lists no sheet",
            || {
                book_of(
                    "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheets/></workbook>",
                    &sound(),
                )
            },
            "held: empty students.xlsx",
        ),
        parts(
            "a sheet that breaks off",
            || book(&sound()[..sound().len() / 2]),
            "refused: torn students.xlsx sheet “学生”",
        ),
    ]
}

fn bombs() -> Vec<Case> {
    let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    vec![
        parts(
            "a sheet of a gibibyte in a megabyte",
            || {
                let mut parts = book("");
                parts.pop();
                parts.push(Part::bomb("xl/worksheets/sheet1.xml", sound().as_bytes(), b' ', 1024));
                parts
            },
            "refused: bomb students.xlsx",
        ),
        parts(
            "a style sheet of a gibibyte in a megabyte",
            || {
                let mut parts = book(&sound());
                parts.push(Part::bomb("xl/styles.xml", b"<styleSheet>", b' ', 1024));
                parts
            },
            "refused: bomb students.xlsx",
        ),
        parts(
            "a bomb that claims to be of ten bytes",
            || {
                let mut parts = book("");
                parts.pop();
                parts.push(Part {
                    claimed: 10,
                    ..Part::bomb("xl/worksheets/sheet1.xml", sound().as_bytes(), b' ', 1024)
                });
                parts
            },
            "refused: torn students.xlsx",
        ),
        parts(
            "twenty thousand parts",
            || {
                let mut parts = book(&sound());
                parts.extend((0..20_000).map(|n| Part::of(&format!("x/{n}"), b"")));
                parts
            },
            "refused: bomb students.xlsx",
        ),
        xml("elements a hundred thousand deep", move || sheet(&(rows_of(&students()) + &deep(100_000))), whole("XLSX")),
        xml(
            "a cell of a hundred thousand attributes",
            || {
                let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
                name_cell(&format!("<c r=\"B2\"{attributes} t=\"inlineStr\"><is><t>王小明</t></is></c>"))
            },
            whole("XLSX"),
        ),
        xml(
            "a text of 20 MB in a cell",
            || name_cell(&cell_of(2, 1, &"王".repeat(4 << 20))),
            "refused: long_record students.xlsx sheet “学生” row 2",
        ),
    ]
}
