//! Rows, fields and headers of separated text, as hands and programs leave them.

use super::{
    case::{Case, case, whole, without},
    world::{PUPILS, students},
};

/// The lines of the pupils' file, each with its line end.
fn lines() -> Vec<String> {
    students().csv().split_inclusive('\n').map(str::to_owned).collect()
}

/// The pupils' file with one line rewritten, counted from 1.
fn line(number: usize, rewrite: impl Fn(&str) -> String) -> String {
    let mut lines = lines();
    lines[number - 1] = format!("{}\n", rewrite(lines[number - 1].trim_end()));
    lines.concat()
}

/// The pupils' file with another header.
fn header(rewrite: impl Fn(&str) -> String) -> String {
    line(1, rewrite)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = rows();
    cases.extend(fields());
    cases.extend(headers());
    cases
}

fn rows() -> Vec<Case> {
    vec![
        case(
            "lines ended by CRLF",
            |world| world.put("students.csv", students().csv().replace('\n', "\r\n")),
            whole("UTF-8"),
        ),
        case(
            "lines ended by CR",
            |world| world.put("students.csv", students().csv().replace('\n', "\r")),
            whole("UTF-8"),
        ),
        case(
            "lines ended by all three at random",
            |world| {
                let ends = ["\n", "\r\n", "\r"];
                let text: String = lines()
                    .iter()
                    .enumerate()
                    .map(|(at, line)| format!("{}{}", line.trim_end(), ends[at % 3]))
                    .collect();
                world.put("students.csv", text);
            },
            whole("UTF-8"),
        ),
        case("no line end at the end", |world| world.put("students.csv", students().csv().trim_end()), whole("UTF-8")),
        case(
            "a row that breaks off at the end of the file",
            |world| {
                let text = students().csv();
                world.put("students.csv", &text[..text.len() - 60]);
            },
            without(1, "UTF-8", "reject column_count row 21"),
        ),
        case(
            "blank rows, rows of blanks and rows of commas",
            |world| world.put("students.csv", lines().join("\n   \n,,,,,,,,,,,,,,,\n , ,\u{3000},\n")),
            whole("UTF-8"),
        ),
        case(
            "a row with a field too few",
            |world| world.put("students.csv", line(5, |line| line.replacen(",1,", ",", 1))),
            without(1, "UTF-8", "reject column_count row 5"),
        ),
        case(
            "a row with a field too many",
            |world| world.put("students.csv", line(5, |line| format!("{line},x"))),
            without(1, "UTF-8", "reject column_count row 5"),
        ),
        case(
            "a row shifted by a comma in the address",
            |world| world.put("students.csv", line(5, |line| line.replace("和平路", "和平,路"))),
            without(1, "UTF-8", "reject column_count row 5"),
        ),
        case(
            "a row shifted with as many fields as it should have",
            |world| {
                world.put(
                    "students.csv",
                    line(5, |line| format!("{},", line.replacen("女,", "", 1).replacen("男,", "", 1))),
                )
            },
            without(
                1,
                "UTF-8",
                "flag optional_code 就读方式 row 5; flag optional_unreadable 户口所在地行政区划 row 5; flag optional_unreadable 是否随迁子女 row 5; reject unknown_code 学籍状态 row 5; reject unknown_code 性别 row 5; reject unknown_code 民族 row 5; reject unknown_code 身份证件类型 row 5; reject unreadable 入学年月 row 5; reject unreadable 出生日期 row 5; reject unreadable 学校标识码 row 5; reject unreadable 年级 row 5",
            ),
        ),
        case(
            "a comma behind every row, the header too",
            |world| world.put("students.csv", students().csv().replace('\n', ",\n")),
            whole("UTF-8"),
        ),
        case(
            "a comma behind every row but the header",
            |world| {
                world.put(
                    "students.csv",
                    lines()
                        .iter()
                        .enumerate()
                        .map(|(at, line)| if at == 0 { line.clone() } else { line.replace('\n', ",\n") })
                        .collect::<String>(),
                )
            },
            without(PUPILS, "UTF-8", "reject column_count rows 2–21 (20)"),
        ),
        case("tabs between the fields", |world| world.put("students.csv", students().joined("\t")), whole("UTF-8")),
        case(
            "semicolons between the fields",
            |world| world.put("students.csv", students().joined(";")),
            whole("UTF-8"),
        ),
        case(
            "full-width commas between the fields",
            |world| world.put("students.csv", students().joined("，")),
            "refused: no_header students.csv",
        ),
        case(
            "bars between the fields",
            |world| world.put("students.csv", students().joined("|")),
            "refused: no_header students.csv",
        ),
        case(
            "a header with commas over rows with tabs",
            |world| {
                let text = students().joined("\t");
                let (_, rows) = text.split_once('\n').unwrap();
                world.put("students.csv", format!("{}{rows}", lines()[0]));
            },
            without(PUPILS, "UTF-8", "reject column_count rows 2–21 (20)"),
        ),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        case(
            "a quotation mark that is never closed",
            |world| world.put("students.csv", line(5, |line| line.replacen("王小", "\"王小", 1))),
            "refused: unclosed_quote students.csv row 5",
        ),
        case(
            "a quotation mark closed many rows later",
            |world| {
                let mut lines = lines();
                lines[4] = lines[4].replacen("王小", "\"王小", 1);
                lines[9] = lines[9].replacen(",汉族", "\",汉族", 1);
                world.put("students.csv", lines.concat());
            },
            "refused: unclosed_quote students.csv row 5",
        ),
        case(
            "quotation marks in the middle of a name",
            |world| world.put("students.csv", students().with(2, "姓名", "王\"小\"明").csv()),
            whole("UTF-8"),
        )
        .naming("王\"小\"明"),
        case(
            "every field in quotation marks",
            |world| {
                let quoted: String = students().0.iter().map(|row| format!("\"{}\"\n", row.join("\",\""))).collect();
                world.put("students.csv", quoted);
            },
            whole("UTF-8"),
        ),
        case(
            "a line break and a comma in a quoted address",
            |world| world.put("students.csv", students().with(2, "现住址", "\"和平路12号,\n3单元\"").csv()),
            whole("UTF-8"),
        )
        .asking("select address from identities where address like '%3单元%'", "{\"address\":\"和平路12号,\\n3单元\"}"),
        case(
            "a cell of 10 MB",
            |world| world.put("students.csv", students().with(3, "现住址", &"路".repeat(3_500_000)).csv()),
            "refused: long_record students.csv row 3",
        ),
        case(
            "a quoted cell of 10 MB",
            |world| {
                world
                    .put("students.csv", students().with(3, "现住址", &format!("\"{}\"", "路".repeat(3_500_000))).csv())
            },
            "refused: long_record students.csv row 3",
        ),
        case(
            "a cell of half a megabyte that is no date",
            |world| world.put("students.csv", students().with(3, "出生日期", &"9".repeat(500_000)).csv()),
            without(1, "UTF-8", "reject unreadable 出生日期 row 3"),
        ),
        case(
            "a row of a million fields",
            |world| world.put("students.csv", line(5, |line| format!("{line}{}", ",".repeat(1_000_000)))),
            without(1, "UTF-8", "reject column_count row 5"),
        ),
        case(
            "a header of a million fields",
            |world| world.put("students.csv", header(|line| format!("{line}{}", ",".repeat(1_000_000)))),
            without(PUPILS, "UTF-8", "reject column_count rows 2–21 (20)"),
        ),
        case(
            "a line of 100 MB without an end",
            |world| world.put("students.csv", [students().csv().as_bytes(), &vec![b'x'; 100 << 20]].concat()),
            "refused: long_record students.csv row 22",
        ),
        case(
            "100 MB of quotation marks",
            |world| world.put("students.csv", [students().csv().as_bytes(), &vec![b'"'; 100 << 20]].concat()),
            "refused: long_record students.csv row 22",
        ),
        case(
            "a million blank rows",
            |world| world.put("students.csv", students().csv() + &"\n".repeat(1_000_000)),
            whole("UTF-8"),
        ),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        case("no header", |world| world.put("students.csv", lines()[1..].concat()), "refused: no_header students.csv"),
        case(
            "the header twice",
            |world| world.put("students.csv", lines()[0].clone() + &lines().concat()),
            whole("UTF-8"),
        )
        .noting("第 2 行与表头相同"),
        case(
            "the header again in mid-file",
            |world| {
                let lines = lines();
                world.put("students.csv", format!("{}{}{}", lines[..10].concat(), lines[0], lines[10..].concat()));
            },
            whole("UTF-8"),
        )
        .noting("第 11 行与表头相同"),
        case(
            "a header with stars, blanks and hints in brackets",
            |world| {
                world.put(
                    "students.csv",
                    header(|line| {
                        line.replace("学籍号", " *学籍号 ")
                            .replace("出生日期", "出生日期（YYYY-MM-DD）")
                            .replace("姓名", "★姓　名")
                            .replace("现住址", "\"现住址\n(门牌)\"")
                    }),
                )
            },
            whole("UTF-8"),
        ),
        case(
            "the header under two rows of titles",
            |world| {
                world.put(
                    "students.csv",
                    format!("合肥市某区小学学生名册,,,\n填报日期：2012年9月3日\n{}", lines().concat()),
                )
            },
            whole("UTF-8"),
        )
        .noting("表头前跳过第 1 行"),
        case(
            "the header under eleven rows of titles",
            |world| world.put("students.csv", format!("{}{}", "学生名册\n".repeat(11), lines().concat())),
            "refused: no_header students.csv",
        ),
        case(
            "the header at the end",
            |world| world.put("students.csv", lines()[1..].concat() + &lines()[0]),
            "refused: no_header students.csv",
        ),
        case(
            "the header under three pupils",
            |world| {
                let lines = lines();
                world.put("students.csv", format!("{}{}{}", lines[1..4].concat(), lines[0], lines[4..].concat()));
            },
            "refused: row_above_header students.csv row 1",
        ),
        case(
            "a column twice",
            |world| world.put("students.csv", header(|line| line.replace("现住址", "姓名"))),
            "refused: doubled_column students.csv row 1“姓名”",
        ),
        case(
            "a column and its other name",
            |world| world.put("students.csv", header(|line| line.replace("现住址", "身份证号"))),
            "refused: doubled_column students.csv row 1“身份证件号”",
        ),
        case(
            "a required column renamed",
            |world| world.put("students.csv", header(|line| line.replace("姓名", "称呼"))),
            "refused: missing_column students.csv row 1",
        ),
        case(
            "a required column left out",
            |world| world.put("students.csv", students().without_column("出生日期").csv()),
            "refused: missing_column students.csv row 1",
        ),
        case(
            "a required column under a listed other name",
            |world| world.put("students.csv", header(|line| line.replace("姓名", "学生姓名"))),
            whole("UTF-8"),
        )
        .naming("王小明"),
        case(
            "an optional column left out",
            |world| world.put("students.csv", students().without_column("现住址").csv()),
            whole("UTF-8"),
        ),
        case(
            "a column more",
            |world| world.put("students.csv", students().and_column("血型", "A").csv()),
            whole("UTF-8"),
        )
        .noting("血型"),
        case(
            "two columns of a name that nobody knows",
            |world| world.put("students.csv", students().and_column("备注", "a").and_column("备注", "b").csv()),
            whole("UTF-8"),
        ),
        case(
            "the columns in the opposite order",
            |world| {
                let mut rows = students();
                rows.0.iter_mut().for_each(|row| row.reverse());
                world.put("students.csv", rows.csv());
            },
            whole("UTF-8"),
        )
        .naming("王小明"),
        case(
            "two columns exchanged under a header that was not",
            |world| {
                let mut rows = students();
                rows.0.iter_mut().skip(1).for_each(|row| row.swap(1, 3));
                world.put("students.csv", rows.csv());
            },
            without(PUPILS, "UTF-8", "reject unreadable 出生日期 rows 2–21 (20)"),
        ),
        case(
            "a header in traditional characters",
            |world| world.put("students.csv", header(|line| line.replace("学籍号", "學籍號"))),
            "refused: missing_column students.csv row 1",
        ),
        case(
            "invisible characters in the header",
            |world| {
                world.put(
                    "students.csv",
                    header(|line| {
                        line.replace("学籍号", "\u{200B}学\u{200B}籍号\u{FEFF}").replace("姓名", "姓\u{A0}名")
                    }),
                )
            },
            whole("UTF-8"),
        ),
    ]
}
