//! Encodings: right, wrong, mixed, broken, and text that could be either.

use encoding_rs::{GB18030, GBK};

use super::{
    case::{Case, case, whole, without},
    world::students,
};

fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = GBK.encode(text);
    assert!(!lost, "{text} is not GBK");
    bytes.into_owned()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2], marked: bool) -> Vec<u8> {
    let mark = if marked { "\u{FEFF}" } else { "" };
    mark.encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The pupils as UTF-8, with other bytes in place of the name in a row.
fn with_name(row: usize, name: &[u8]) -> Vec<u8> {
    let marked = students().with(row, "姓名", "@@@").csv().into_bytes();
    let at = marked.windows(3).position(|bytes| bytes == b"@@@").unwrap();
    [&marked[..at], name, &marked[at + 3..]].concat()
}

/// The pupils with headers and labels in ASCII, so that only what a case adds tells its encoding.
fn ascii() -> String {
    let fields = [
        "student_no",
        "name",
        "sex",
        "birth_date",
        "id_kind",
        "id_no",
        "ethnicity",
        "hukou_division",
        "school_id",
        "class_id",
        "grade",
        "entry_month",
        "study_mode",
        "status",
        "migrant",
        "address",
    ];
    let mut rows = students();
    rows.0[0] = fields.map(str::to_owned).to_vec();
    for row in rows.0.iter_mut().skip(1) {
        let sex = if row[2] == "男" { "1" } else { "2" };
        for (at, text) in [(1, "Wang"), (2, sex), (4, "1"), (6, "01"), (12, ""), (13, "01"), (14, "0"), (15, "")] {
            row[at] = text.to_owned();
        }
    }
    rows.csv()
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "UTF-8 with a mark",
            |world| world.put("students.csv", format!("\u{FEFF}{}", students().csv())),
            whole("UTF-8 (BOM)"),
        ),
        case("GBK", |world| world.put("students.csv", gbk(&students().csv())), whole("GB18030")).naming("王小明"),
        case(
            "GB18030 with a name of four-byte characters",
            |world| world.put("students.csv", GB18030.encode(&students().with(2, "姓名", "王𠮷㐀").csv()).0),
            whole("GB18030"),
        )
        .naming("王𠮷㐀"),
        case(
            "every table in GBK",
            |world| {
                for stem in ["authorities", "schools", "classes", "students", "changes"] {
                    let text = std::fs::read_to_string(world.path(&format!("{stem}.csv"))).unwrap();
                    world.put(&format!("{stem}.csv"), gbk(&text));
                }
            },
            whole("GB18030"),
        ),
        case(
            "UTF-16 little-endian with a mark",
            |world| world.put("students.csv", utf16(&students().csv(), u16::to_le_bytes, true)),
            whole("UTF-16LE (BOM)"),
        )
        .naming("王小明"),
        case(
            "UTF-16 big-endian with a mark",
            |world| world.put("students.csv", utf16(&students().csv(), u16::to_be_bytes, true)),
            whole("UTF-16BE (BOM)"),
        ),
        case(
            "UTF-16 little-endian without a mark",
            |world| world.put("students.csv", utf16(&ascii(), u16::to_le_bytes, false)),
            "refused: nul students.csv row 1",
        ),
        case(
            "UTF-16 big-endian without a mark",
            |world| world.put("students.csv", utf16(&ascii(), u16::to_be_bytes, false)),
            "refused: nul students.csv row 1",
        ),
        case(
            "UTF-16 that breaks off in the middle of a character",
            |world| {
                let mut bytes = utf16(&students().csv(), u16::to_le_bytes, true);
                bytes.pop();
                world.put("students.csv", bytes);
            },
            "refused: encoding students.csv row 21",
        ),
        case(
            "UTF-16 with half a surrogate pair in a name",
            |world| {
                let text = students().with(4, "姓名", "王@").csv();
                let bytes: Vec<u8> = utf16(&text, u16::to_le_bytes, true)
                    .chunks(2)
                    .flat_map(|pair| if pair == [b'@', 0] { [0x42, 0xD8] } else { [pair[0], pair[1]] })
                    .collect();
                world.put("students.csv", bytes);
            },
            "refused: encoding students.csv row 4",
        ),
        case(
            "UTF-32 with a mark",
            |world| {
                let bytes: Vec<u8> = "\u{FEFF}"
                    .chars()
                    .chain(students().csv().chars())
                    .flat_map(|letter| u32::from(letter).to_le_bytes())
                    .collect();
                world.put("students.csv", bytes);
            },
            "refused: nul students.csv row 1",
        ),
        case(
            "the mark of UTF-8 before GBK text",
            |world| world.put("students.csv", [b"\xEF\xBB\xBF", gbk(&students().csv()).as_slice()].concat()),
            "refused: encoding students.csv row 1",
        ),
        case(
            "UTF-8 whose second half is GBK",
            |world| {
                let text = students().csv();
                let (utf8, gbk) = (lines(text.as_bytes()), lines(&gbk(&text)));
                world.put("students.csv", [utf8[..11].concat(), gbk[11..].concat()].concat());
            },
            "refused: encoding students.csv row 12",
        ),
        case(
            "GBK with one row of UTF-8 that is no GBK",
            |world| {
                let text = students().csv();
                let (utf8, mut gbk) = (lines(text.as_bytes()), lines(&gbk(&text)));
                gbk[6].clone_from(&utf8[6]);
                world.put("students.csv", gbk.concat());
            },
            "refused: encoding students.csv row 7",
        ),
        case(
            "GBK with one row of UTF-8 that could be GBK",
            |world| {
                let text = students()
                    .with(7, "姓名", "王明")
                    .with(7, "身份证件类型", "护照")
                    .with(7, "现住址", "")
                    .with(7, "是否随迁子女", "")
                    .with(7, "性别", "1")
                    .csv();
                let (utf8, mut gbk) = (lines(text.as_bytes()), lines(&gbk(&text)));
                gbk[6].clone_from(&utf8[6]);
                world.put("students.csv", gbk.concat());
            },
            without(
                1,
                "GB18030",
                "flag optional_code 就读方式 row 7; reject unknown_code 学籍状态 row 7; reject unknown_code 民族 row 7; reject unknown_code 身份证件类型 row 7",
            ),
        ),
        case(
            "UTF-8 read as GBK and written again",
            |world| world.put("students.csv", GBK.decode(students().csv().as_bytes()).0.into_owned()),
            "refused: no_header students.csv",
        ),
        case(
            "a name that a wrong conversion has eaten",
            |world| world.put("students.csv", students().with(5, "姓名", "锟斤拷").csv()),
            without(1, "UTF-8", "reject unreadable 姓名 row 5"),
        ),
        case(
            "the replacement character in a name",
            |world| world.put("students.csv", students().with(5, "姓名", "王\u{FFFD}明").csv()),
            without(1, "UTF-8", "reject unreadable 姓名 row 5"),
        ),
        case(
            "the replacement character in an address",
            |world| world.put("students.csv", students().with(5, "现住址", "和平\u{FFFD}路").csv()),
            without(0, "UTF-8", "flag optional_unreadable 现住址 row 5"),
        ),
        case(
            "one byte that is no text",
            |world| world.put("students.csv", with_name(7, b"\xFF")),
            "refused: encoding students.csv row 7",
        ),
        case(
            "a name cut in the middle of a character",
            |world| world.put("students.csv", with_name(7, &"王小明".as_bytes()[..8])),
            "refused: encoding students.csv row 7",
        ),
        case(
            "an overlong form of a slash",
            |world| world.put("students.csv", with_name(7, b"\xC0\xAF")),
            "refused: encoding students.csv row 7",
        ),
        case(
            "a file that ends in the middle of a character",
            |world| {
                let mut text = students().csv().into_bytes();
                text.truncate(text.len() - 2);
                world.put("students.csv", text);
            },
            "refused: encoding students.csv row 21",
        ),
        case(
            "a mark in mid-file, where two files were joined",
            |world| world.put("students.csv", students().csv().replacen("\nG", "\n\u{FEFF}G", 3)),
            whole("UTF-8"),
        ),
        case(
            "two marked files joined, with both headers",
            |world| {
                let text = students().csv();
                let rows: Vec<&str> = text.split_inclusive('\n').collect();
                world.put(
                    "students.csv",
                    format!("\u{FEFF}{}\u{FEFF}{}{}", rows[..11].concat(), rows[0], rows[11..].concat()),
                );
            },
            whole("UTF-8 (BOM)"),
        )
        .noting("第 12 行与表头相同"),
        case(
            "a NUL in a name",
            |world| world.put("students.csv", students().with(5, "姓名", "王\0明").csv()),
            "refused: nul students.csv row 5",
        ),
        case(
            "NULs to the end of the file",
            |world| world.put("students.csv", format!("{}{}", students().csv(), "\0".repeat(4096))),
            "refused: nul students.csv row 22",
        ),
        case(
            "a character of private use in a name",
            |world| world.put("students.csv", students().with(2, "姓名", "王\u{E815}明").csv()),
            whole("UTF-8"),
        )
        .naming("王\u{E815}明"),
        case(
            "a user-defined character of GBK in a name",
            |world| {
                world.put("students.csv", {
                    let text = gbk(&students().with(2, "姓名", "王@明").csv());
                    let at = text.iter().position(|byte| *byte == b'@').unwrap();
                    [&text[..at], b"\xAA\xA1", &text[at + 1..]].concat()
                })
            },
            whole("GB18030"),
        )
        .naming("王\u{E000}明"),
        case(
            "a file that is GBK and UTF-8 at once, without a word of Chinese",
            |world| {
                // 隆垄 in GBK, ¡¢ in UTF-8.
                let text = ascii();
                let (before, after) = text.split_once("Wang").unwrap();
                world.put("students.csv", [before.as_bytes(), b"\xC2\xA1\xC2\xA2", after.as_bytes()].concat());
            },
            "refused: ambiguous_encoding students.csv",
        ),
        case("a file in ASCII alone", |world| world.put("students.csv", ascii()), whole("UTF-8")).naming("Wang"),
    ]
}
