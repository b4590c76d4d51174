//! Tables and their parts: missing, empty, split, named twice, and trees that bite their tail.

use super::{
    case::{Case, case, whole, without},
    world::{PUPILS, SOURCE, authorities, changes, classes, pupils, school, schools, students},
};

/// The header and the pupils of these rows, counted as a spreadsheet does.
fn piece(rows: std::ops::RangeInclusive<usize>) -> String {
    let all = students();
    let mut piece = all.clone();
    piece.0 = vec![all.0[0].clone()];
    piece.0.extend(rows.map(|row| all.0[row - 1].clone()));
    piece.csv()
}

/// The pupils' header.
fn header_alone() -> String {
    students().0[0].join(",") + "\n"
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = parts();
    cases.extend(trees());
    cases
}

fn parts() -> Vec<Case> {
    vec![
        case("a core table that is not there", |world| world.drop("changes.csv"), "held: missing_table"),
        case(
            "an empty batch folder",
            |world| {
                for stem in ["authorities", "schools", "classes", "students", "changes"] {
                    world.drop(&format!("{stem}.csv"));
                }
            },
            "held: missing_table; missing_table; missing_table; missing_table; missing_table",
        ),
        case("an empty file", |world| world.put("students.csv", ""), "held: empty students.csv"),
        case("a file of blank rows", |world| world.put("students.csv", "\n\n  \n,,,\n"), "held: empty students.csv"),
        case(
            "a file of nothing but the mark of UTF-8",
            |world| world.put("students.csv", "\u{FEFF}"),
            "held: empty students.csv",
        ),
        case(
            "nothing but a header on the first night",
            |world| world.put("students.csv", header_alone()),
            "taken [UTF-8] 0 = 0 + 0 + 0",
        ),
        case(
            "nothing but a header after a full batch",
            |world| world.put("students.csv", header_alone()),
            "held: emptied",
        )
        .on_the_second_night(),
        case(
            "a table in two pieces",
            |world| {
                world.students_as("students-01.csv", piece(2..=11));
                world.put("students-02.csv", piece(12..=21));
            },
            whole("UTF-8"),
        ),
        case(
            "pieces of different encodings and line ends",
            |world| {
                world.students_as("students-1.csv", format!("\u{FEFF}{}", piece(2..=11)));
                world.put("students-2.csv", piece(12..=21).replace('\n', "\r\n"));
            },
            whole("UTF-8 (BOM), UTF-8"),
        ),
        case(
            "ten pieces, the tenth after the ninth",
            |world| {
                world.drop("students.csv");
                for number in 1..=10 {
                    world.put(&format!("学生{number}.csv"), piece(number * 2..=number * 2 + 1));
                }
            },
            whole("UTF-8"),
        ),
        case(
            "a piece missing between two",
            |world| {
                world.students_as("students-01.csv", piece(2..=11));
                world.put("students-03.csv", piece(12..=21));
            },
            "held: missing_piece students-01.csv",
        ),
        case(
            "the second piece without the first",
            |world| world.students_as("students-02.csv", piece(2..=21)),
            "held: missing_piece students-02.csv",
        ),
        case(
            "a table and a piece of it",
            |world| world.put("students-01.csv", piece(2..=11)),
            "refused: ambiguous_files students.csv",
        ),
        case(
            "one number on two pieces",
            |world| {
                world.students_as("students-1.csv", piece(2..=11));
                world.put("students-01.csv", piece(12..=21));
            },
            "refused: ambiguous_files students-01.csv",
        ),
        case(
            "a table under its two names",
            |world| world.put("学生.csv", students().csv()),
            "refused: ambiguous_files students.csv",
        ),
        case(
            "a table in capitals beside it",
            |world| world.put("STUDENTS.CSV", students().csv()),
            "refused: ambiguous_files STUDENTS.CSV",
        ),
        case(
            "a table and its compressed copy",
            |world| world.put("students.csv.zst", zstd::encode_all(students().csv().as_bytes(), 1).unwrap()),
            "refused: ambiguous_files students.csv",
        ),
        case(
            "pieces of different headers",
            |world| {
                world.students_as("students-01.csv", piece(2..=11));
                let text = piece(12..=21);
                let (header, rows) = text.split_once('\n').unwrap();
                world.put("students-02.csv", format!("{}\n{rows}", header.replace("姓名", "称呼")));
            },
            "refused: missing_column students-02.csv row 1",
        ),
        case(
            "one pupil in two pieces, word for word",
            |world| {
                world.students_as("students-01.csv", piece(2..=11));
                world.put("students-02.csv", piece(11..=21));
            },
            "taken [UTF-8] 21 = 20 + 0 + 1",
        ),
        case(
            "every table in one file",
            |world| {
                let all = [authorities(SOURCE).csv(), schools(SOURCE).csv(), classes(SOURCE).csv(), students().csv()]
                    .concat();
                world.put("students.csv", all);
            },
            whole("UTF-8"),
        )
        .noting("表头前跳过第 1 行"),
        case(
            "the schools' table under the pupils' name",
            |world| world.put("students.csv", schools(SOURCE).csv()),
            "refused: missing_column students.csv row 1",
        ),
    ]
}

fn trees() -> Vec<Case> {
    let id = school(SOURCE);
    vec![
        case(
            "authorities that are each other's parents",
            |world| {
                let rows = authorities(SOURCE).with(3, "上级单位代码", SOURCE).with(4, "上级单位代码", "340100");
                world.put("authorities.csv", rows.csv());
            },
            whole("UTF-8"),
        ),
        case(
            "an authority that is its own parent",
            |world| world.put("authorities.csv", authorities(SOURCE).with(4, "上级单位代码", SOURCE).csv()),
            whole("UTF-8"),
        ),
        case(
            "an authority whose parent nobody knows",
            |world| world.put("authorities.csv", authorities(SOURCE).with(4, "上级单位代码", "349999").csv()),
            whole("UTF-8"),
        ),
        case(
            "an authority whose code is no code",
            |world| world.put("authorities.csv", authorities(SOURCE).with(4, "单位代码", "某区").csv()),
            "taken [UTF-8] 3 = 2 + 1 + 0; reject unreadable 单位代码 row 4",
        )
        .of("authorities"),
        case(
            "a school that is its own parent",
            {
                let id = id.clone();
                move |world| world.put("schools.csv", schools(SOURCE).and_column("上级学校标识码", &id).csv())
            },
            whole("UTF-8"),
        ),
        case(
            "a school of an authority that nobody knows",
            |world| world.put("schools.csv", schools(SOURCE).with(2, "主管单位代码", "349999").csv()),
            whole("UTF-8"),
        ),
        case(
            "a school whose number is of nine digits",
            |world| world.put("schools.csv", schools(SOURCE).with(2, "学校标识码", "213401020").csv()),
            without(
                PUPILS,
                "UTF-8",
                "schools: reject unreadable 学校标识码 row 2; classes: reject unknown_school 学校标识码 row 2; reject unknown_school 学校标识码 rows 2–21 (20)",
            ),
        ),
        case(
            "a kindergarten",
            |world| world.put("schools.csv", schools(SOURCE).with(2, "学校类别", "幼儿园").csv()),
            without(
                PUPILS,
                "UTF-8",
                "schools: reject kindergarten 学校类别 row 2; classes: reject unknown_school 学校标识码 row 2; reject unknown_school 学校标识码 rows 2–21 (20)",
            ),
        ),
        case(
            "a class of a school that nobody knows",
            |world| world.put("classes.csv", classes(SOURCE).with(2, "学校标识码", "2134010299").csv()),
            without(
                PUPILS,
                "UTF-8",
                "classes: reject unknown_school 学校标识码 row 2; reject unknown_class 班号 rows 2–21 (20)",
            ),
        ),
        case(
            "a school that only another source's batch of the same night names",
            |world| world.put("students.csv", students().with(2, "学校标识码", "2134010301").csv()),
            without(1, "UTF-8", "reject unknown_school 学校标识码 row 2"),
        ),
        case(
            "papers of a pupil whom nobody knows",
            |world| {
                let unknown = &pupils("340104", 1).0[1][0];
                let mut rows = changes();
                rows.0.push(vec!["1".into(), unknown.clone(), "休学".into(), "2012-09-01".into(), String::new()]);
                world.put("changes.csv", rows.csv());
            },
            "taken [UTF-8] 1 = 1 + 0 + 0",
        )
        .of("changes"),
        case(
            "papers of one number that contradict each other",
            |world| {
                let pupil = students().0[1][0].clone();
                let mut rows = changes();
                for kind in ["休学", "复学"] {
                    rows.0.push(vec!["1".into(), pupil.clone(), kind.into(), "2012-09-01".into(), String::new()]);
                }
                world.put("changes.csv", rows.csv());
            },
            "taken [UTF-8] 2 = 1 + 1 + 0; reject conflicting_key 变动编号 row 3",
        )
        .of("changes"),
        case(
            "papers of a day in the far future",
            |world| {
                let pupil = students().0[1][0].clone();
                let mut rows = changes();
                rows.0.push(vec!["1".into(), pupil, "休学".into(), "2199-12-31".into(), String::new()]);
                world.put("changes.csv", rows.csv());
            },
            "taken [UTF-8] 1 = 1 + 0 + 0",
        )
        .of("changes"),
        case(
            "papers of a kind that nobody knows",
            |world| {
                let pupil = students().0[1][0].clone();
                let mut rows = changes();
                rows.0.push(vec!["1".into(), pupil, "飞升".into(), "2012-09-01".into(), String::new()]);
                world.put("changes.csv", rows.csv());
            },
            "taken [UTF-8] 1 = 0 + 1 + 0; reject unknown_code 变动类别 row 2",
        )
        .of("changes"),
    ]
}
