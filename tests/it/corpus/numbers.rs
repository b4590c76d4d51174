//! Numbers of persons through Excel and chat windows, days of every kind, and amounts.

use super::{
    case::{Case, case, whole, without},
    world::{SOURCE, World, id_no, students},
};

/// The pupils with another cell in row 2.
fn cell(name: &'static str, header: &'static str, value: impl Into<String>, expected: String) -> Case {
    let value = value.into();
    case(name, move |world| world.put("students.csv", students().with(2, header, &quoted(&value)).csv()), expected)
}

/// A field of a CSV file.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = numbers_of_persons();
    cases.extend(days());
    cases.extend(quantities());
    cases
}

fn numbers_of_persons() -> Vec<Case> {
    let own = id_no(SOURCE, "20060101", 100);
    let with_x =
        (100..).map(|sequence| id_no(SOURCE, "20060101", sequence)).find(|number| number.ends_with('X')).unwrap();
    let wide: String = own.chars().map(|place| char::from_u32(u32::from(place) + 0xFEE0).unwrap()).collect();
    let mangled = |header: &str| without(1, "UTF-8", &format!("reject mangled_number {header} row 2"));
    let unreadable = || without(1, "UTF-8", "reject unreadable 学籍号 row 2");
    let wrong = || without(0, "UTF-8", "flag optional_unreadable 身份证件号 row 2");
    vec![
        cell("an ID number with an exponent", "身份证件号", "3.40102E+17", mangled("身份证件号")),
        cell("an ID number with a small exponent", "身份证件号", "3.40102e17", mangled("身份证件号")),
        cell("an ID number with a full-width exponent", "身份证件号", "３.４０１０２Ｅ＋１７", mangled("身份证件号")),
        cell(
            "an ID number that ends in 000 after Excel",
            "身份证件号",
            format!("{}000", &own[..15]),
            mangled("身份证件号"),
        ),
        cell("an ID number with .0 behind it", "身份证件号", format!("{own}.0"), mangled("身份证件号")),
        cell("an ID number with an apostrophe before it", "身份证件号", format!("'{own}"), wrong()),
        cell("an ID number in full-width digits", "身份证件号", wide, whole("UTF-8")),
        cell("an ID number with blanks and a tab around it", "身份证件号", format!(" {own}\t\u{3000}"), whole("UTF-8")),
        cell(
            "an ID number with blanks in it",
            "身份证件号",
            format!("{} {} {}", &own[..6], &own[6..14], &own[14..]),
            whole("UTF-8"),
        ),
        cell(
            "an ID number with invisible marks of a chat window",
            "身份证件号",
            format!("\u{202D}{own}\u{202C}"),
            whole("UTF-8"),
        ),
        cell("an ID number of 15 digits", "身份证件号", "340102060101100", wrong()),
        cell("an ID number of 17 digits", "身份证件号", &own[..17], wrong()),
        cell("an ID number with O for 0", "身份证件号", own.replace('0', "O"), wrong()),
        cell(
            "an ID number whose check character is wrong",
            "身份证件号",
            format!("{}{}", &own[..17], if own.ends_with('1') { '2' } else { '1' }),
            without(0, "UTF-8", "flag id_checksum 身份证件号 row 2; flag number_differs 学籍号 row 2"),
        ),
        cell(
            "an ID number of a day that never was",
            "身份证件号",
            id_no(SOURCE, "20060231", 100),
            without(0, "UTF-8", "flag id_birth_date 身份证件号 row 2; flag number_differs 学籍号 row 2"),
        ),
        cell(
            "no ID number where the document is an ID card",
            "身份证件号",
            "",
            without(0, "UTF-8", "flag id_missing 身份证件号 row 2"),
        ),
        cell("a word for an ID number", "身份证件号", "无", wrong()),
        case(
            "an ID number with a small x",
            move |world| {
                let small = with_x.to_lowercase();
                let sex = if with_x.as_bytes()[16] % 2 == 1 { "男" } else { "女" };
                let rows = students()
                    .with(2, "学籍号", &format!("g{small}"))
                    .with(2, "身份证件号", &small)
                    .with(2, "性别", sex);
                world.put("students.csv", rows.csv());
            },
            whole("UTF-8"),
        ),
        cell("a registration number with an exponent", "学籍号", "3.40102E+17", mangled("学籍号")),
        cell("a registration number with an apostrophe before it", "学籍号", format!("'G{own}"), unreadable()),
        cell("a registration number without its letter", "学籍号", own.clone(), unreadable()),
        cell("a registration number of another letter", "学籍号", format!("Q{own}"), unreadable()),
        cell(
            "a registration number of blanks",
            "学籍号",
            " \u{3000} ",
            without(1, "UTF-8", "reject missing 学籍号 row 2"),
        ),
    ]
}

fn days() -> Vec<Case> {
    let bad = |name: &'static str, text: &'static str| {
        cell(name, "出生日期", text, without(1, "UTF-8", "reject unreadable 出生日期 row 2"))
    };
    let good = |name: &'static str, text: &'static str| {
        cell(name, "出生日期", text, whole("UTF-8")).asking(
            "select birth_date from students where source_row = 2 and source = '340102'",
            "{\"birth_date\":\"2006-01-01\"}",
        )
    };
    vec![
        good("a day without marks", "20060101"),
        good("a day with slashes and no zeros", "2006/1/1"),
        good("a day with points", "2006.01.01"),
        good("a day in Chinese", "2006年1月1日"),
        good("a day in full-width digits", "２００６－０１－０１"),
        good("a day that Excel counts", "38718"),
        good("a day with midnight behind it", "2006-01-01 00:00:00"),
        bad("the 31st of June", "2006-06-31"),
        bad("the 29th of February of 2007", "2007-02-29"),
        bad("the 30th of February", "2006-02-30"),
        bad("a thirteenth month", "2006-13-01"),
        bad("the zeroth day", "2006-01-00"),
        bad("a year of two digits", "06-01-15"),
        bad("day or month first", "1/2/2006"),
        bad("the month first", "01/13/2006"),
        bad("a year of the Republic", "民国95年1月1日"),
        bad("a year of the Republic in digits", "95.1.1"),
        bad("a day in Chinese numerals", "二〇〇六年一月一日"),
        bad("the year 0", "0000-01-01"),
        bad("the year 9999", "9999-12-31"),
        bad("the year 10000", "10000-01-01"),
        bad("a year before Christ", "-2006-01-01"),
        bad("a day with a time of day", "2006-01-01 12:30:00"),
        bad("a day with a time zone", "2006-01-01T00:00:00+08:00"),
        bad("seconds since 1970", "1136044800"),
        bad("a negative count of days", "-38718"),
        bad("the mistake of a formula", "#VALUE!"),
        bad("a row of hashes", "########"),
        bad("a month in words", "1-Jan-2006"),
        cell("no birth date", "出生日期", "", without(1, "UTF-8", "reject missing 出生日期 row 2")),
        cell(
            "a birth date after the batch",
            "出生日期",
            "2013-01-01",
            without(0, "UTF-8", "flag age_for_grade 出生日期 row 2; flag id_birth_date 身份证件号 row 2"),
        ),
        cell(
            "a birth date of a century ago",
            "出生日期",
            "1906-01-01",
            without(0, "UTF-8", "flag age_for_grade 出生日期 row 2; flag id_birth_date 身份证件号 row 2"),
        ),
        cell(
            "an entry month that could be a serial",
            "入学年月",
            "20129",
            without(1, "UTF-8", "reject unreadable 入学年月 row 2"),
        ),
        cell(
            "an entry month after the batch",
            "入学年月",
            "2012-10",
            without(0, "UTF-8", "flag entry_after_day 入学年月 row 2"),
        ),
    ]
}

fn quantities() -> Vec<Case> {
    let grade = |name: &'static str, text: &'static str, expected: String| cell(name, "年级", text, expected);
    let no_grade = || without(1, "UTF-8", "reject unreadable 年级 row 2");
    let aid = |name: &'static str, text: &'static str, good: bool| {
        let expected = if good {
            "taken [UTF-8] 1 = 1 + 0 + 0".to_owned()
        } else {
            "taken [UTF-8] 1 = 0 + 1 + 0; reject unreadable 金额 row 2".to_owned()
        };
        case(
            name,
            move |world: &World| {
                let pupil = &students().0[1][0];
                world.put("aid.csv", format!("学籍号,学年,项目,金额\n{pupil},2012,助学金,{}\n", quoted(text)));
            },
            expected,
        )
        .of("aid")
    };
    let score = |name: &'static str, text: &'static str| {
        case(
            name,
            move |world: &World| {
                let pupil = &students().0[1][0];
                world.put(
                    "scores.csv",
                    format!("学籍号,学年,学期,考试名称,科目,成绩\n{pupil},2012,1,期中,语文,{text}\n"),
                );
            },
            "taken [UTF-8] 1 = 0 + 1 + 0; reject unreadable 成绩 row 2",
        )
        .of("scores")
    };
    vec![
        grade("a grade in full width", "１", whole("UTF-8")),
        grade("a grade in words", "一年级", whole("UTF-8")),
        grade("a grade with a zero before it", "01", whole("UTF-8")),
        grade("grade 0", "0", no_grade()),
        grade("grade 13", "13", no_grade()),
        grade("grade -1", "-1", no_grade()),
        grade("a grade that is no number", "NaN", no_grade()),
        grade("a grade without end", "99999999999999999999", no_grade()),
        grade("a grade and a half", "1.5", no_grade()),
        aid("an amount in full width", "１００．５０", true),
        aid("an amount with separators of thousands", "1,000.00", true),
        aid("an amount of NaN", "NaN", false),
        aid("an amount without end", "inf", false),
        aid("an amount of 1e308", "1e308", false),
        aid("an amount beyond 64 bits", "99999999999999999999", false),
        aid("an amount of a thousandth", "0.001", false),
        aid("an amount with a letter", "100元整", false),
        score("a score of NaN", "NaN"),
        score("a score without end", "-Infinity"),
        score("a score of 1e308", "1e308"),
        score("a score in hexadecimal", "0x10"),
    ]
}
