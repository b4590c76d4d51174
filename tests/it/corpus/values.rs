//! Names that mean harm or are only rare, codes, and keys that stand twice.

use super::{
    case::{Case, case, whole, without},
    numbers::quoted,
    world::{Rows, students},
};

/// The pupils with another cell in row 2.
fn cell(name: &'static str, header: &'static str, value: &str, expected: String) -> Case {
    let value = value.to_owned();
    case(name, move |world| world.put("students.csv", students().with(2, header, &quoted(&value)).csv()), expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(codes());
    cases.extend(keys());
    cases
}

fn names() -> Vec<Case> {
    let same = |name: &'static str, text: &str| cell(name, "姓名", text, whole("UTF-8")).naming(text);
    vec![
        same("a name with a middle dot", "阿卜杜·热合曼"),
        same("a name with the dot of another keyboard", "阿卜杜・热合曼"),
        same("a name outside the first plane", "王𠮷"),
        same("a name of a character of 2020", "王\u{30000}"),
        same("a name with marks that combine", "Nguye\u{302}\u{303}n"),
        same("a name that turns the direction of writing", "王\u{202E}明小"),
        same("a name with a bell in it", "王\u{7}明"),
        same("a name with an escape in it", "王\u{1B}[31m明"),
        same("a name with a joiner in it", "王\u{200D}明"),
        same("a name with a line break", "王\n明"),
        same("a name that is a command to Excel", "=cmd|' /C calc'!A0"),
        same("a name that begins with an at sign", "@SUM(1+1)*cmd"),
        same("a name that is a script", "<script>alert(1)</script>"),
        same("a name that is SQL", "'; drop table students; --"),
        same("a name that is a path", "../../../etc/passwd"),
        same("a name with a placeholder", "{value}${jndi:ldap://x}%s%n"),
        same("a name called NULL", "NULL"),
        same("a name called nan", "nan"),
        same("a name with a backslash", "王\\明"),
        same("a name of one letter", "A"),
        same("a name of 10,000 characters", &"王".repeat(10_000)),
        same("a name of 300,000 characters", &"王".repeat(300_000)),
        cell("a name between blanks", "姓名", "\u{3000} 王小明\t", whole("UTF-8")).naming("王小明"),
        cell("no name", "姓名", "", without(1, "UTF-8", "reject missing 姓名 row 2")),
        cell("a name of blanks", "姓名", "\u{3000} \u{A0}", without(1, "UTF-8", "reject missing 姓名 row 2")),
        cell(
            "a name that nobody can see",
            "姓名",
            "\u{200B}\u{2060}\u{FEFF}",
            without(1, "UTF-8", "reject missing 姓名 row 2"),
        ),
    ]
}

fn codes() -> Vec<Case> {
    let unknown = |header: &str| without(1, "UTF-8", &format!("reject unknown_code {header} row 2"));
    vec![
        cell("a sex that is on no list", "性别", "雄", unknown("性别")),
        cell("a sex of a code that is on no list", "性别", "3", unknown("性别")),
        cell("a people by its code", "民族", "01", whole("UTF-8")),
        cell("a people by its code without the zero", "民族", "1", whole("UTF-8")),
        cell("a people between blanks", "民族", " 汉族\u{3000}", whole("UTF-8")),
        cell("a people that is on no list", "民族", "火星族", unknown("民族")),
        cell("a status that is on no list", "学籍状态", "飞升", unknown("学籍状态")),
        cell(
            "a study mode that is on no list",
            "就读方式",
            "网课",
            without(0, "UTF-8", "flag optional_code 就读方式 row 2"),
        ),
        cell(
            "a yes that is neither",
            "是否随迁子女",
            "大概",
            without(0, "UTF-8", "flag optional_unreadable 是否随迁子女 row 2"),
        ),
        cell(
            "a division with blanks in it",
            "户口所在地行政区划",
            "34 01 02",
            without(0, "UTF-8", "flag optional_unreadable 户口所在地行政区划 row 2"),
        ),
        cell("a division of 12 digits", "户口所在地行政区划", "340102001001", whole("UTF-8")),
        cell(
            "a school that nobody has named",
            "学校标识码",
            "2134019999",
            without(1, "UTF-8", "reject unknown_school 学校标识码 row 2"),
        ),
        cell(
            "a school in scientific notation",
            "学校标识码",
            "2.13401E+09",
            without(1, "UTF-8", "reject mangled_number 学校标识码 row 2"),
        ),
        cell("a school in full-width digits", "学校标识码", "２１３４０１０２０１", whole("UTF-8")),
        cell("a class that nobody has named", "班号", "209999", without(1, "UTF-8", "reject unknown_class 班号 row 2")),
        cell("a class with .0 behind it", "班号", "201201.0", without(1, "UTF-8", "reject mangled_number 班号 row 2")),
        cell("a class between blanks", "班号", " 201201 ", whole("UTF-8")),
        cell("a kindergarten's grade", "年级", "大班", without(1, "UTF-8", "reject kindergarten 年级 row 2")),
    ]
}

fn keys() -> Vec<Case> {
    let again = |change: fn(&mut Rows)| {
        let mut rows = students();
        let first = rows.0[1].clone();
        rows = rows.and_row(first);
        change(&mut rows);
        rows.csv()
    };
    vec![
        case(
            "a row twice, word for word",
            move |world| world.put("students.csv", again(|_| {})),
            "taken [UTF-8] 21 = 20 + 0 + 1",
        ),
        case(
            "a row twice, once in full width",
            move |world| {
                world.put(
                    "students.csv",
                    again(|rows| *rows = rows.clone().with(22, "年级", "１").with(22, "性别", " 女 ")),
                )
            },
            "taken [UTF-8] 21 = 20 + 0 + 1",
        ),
        case(
            "two rows of one number that contradict each other",
            move |world| world.put("students.csv", again(|rows| *rows = rows.clone().with(22, "姓名", "李小明"))),
            "taken [UTF-8] 21 = 20 + 1 + 0; reject conflicting_key 学籍号 row 22",
        ),
        case(
            "one number in small letters and in large",
            move |world| {
                world.put(
                    "students.csv",
                    again(|rows| {
                        let small = rows.0[1][0].to_lowercase();
                        *rows = rows.clone().with(22, "学籍号", &small).with(22, "姓名", "李小明");
                    }),
                )
            },
            "taken [UTF-8] 21 = 20 + 1 + 0; reject conflicting_key 学籍号 row 22",
        ),
        case(
            "every row three times",
            |world| {
                let mut rows = students();
                let all = rows.0[1..].to_vec();
                rows.0.extend(all.clone());
                rows.0.extend(all);
                world.put("students.csv", rows.csv());
            },
            "taken [UTF-8] 60 = 20 + 0 + 40",
        ),
        case(
            "one ID number on two pupils",
            |world| {
                let first = students().0[1][5].clone();
                world.put("students.csv", students().with(3, "身份证件号", &first).csv());
            },
            without(
                0,
                "UTF-8",
                "flag id_birth_date 身份证件号 row 3; flag id_sex 身份证件号 row 3; flag number_differs 学籍号 row 3",
            ),
        ),
    ]
}
