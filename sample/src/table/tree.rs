//! 主管单位, 学校 and 班级 of a source.

use domain::contract::Table;

use crate::{
    chance::mix,
    dialect::{Dialect, push_number},
    roster::Province,
    table::Row,
    territory::{Class, Kind, School, Unit, division_name},
    words::{GIVEN, PROVINCE, SURNAMES},
};

/// The authorities a source lists: those it hands over for, and those above them.
pub(crate) fn authorities(province: &Province, source: usize, dialect: &Dialect) -> Vec<Row> {
    let units = province.units.iter().filter(|unit| unit.source == source);
    let mut codes: Vec<u32> = units.flat_map(|unit| [PROVINCE.code, unit.prefecture(), unit.code]).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| authority(code, dialect)).collect()
}

fn authority(code: u32, dialect: &Dialect) -> Row {
    let name = division_name(code);
    let (title, parent) = match (code % 10_000, code % 100) {
        (0, _) => ("教育厅", None),
        (_, 0) => ("教育局", Some(PROVINCE.code)),
        _ => ("教育局", Some(code / 100 * 100)),
    };
    let mut row = Row::new(Table::Authorities);
    row.write(|out| push_number(out, code, 6));
    row.write(|out| out.extend([name, title]));
    match parent {
        Some(parent) => row.write(|out| push_number(out, parent, 6)),
        None => row.blank(),
    }
    row.write(|out| dialect.division(code, out));
    row.write(|out| out.extend([name, "政务中心"]));
    row.put(dialect.label("urban_rural", if code % 100 < 20 { "主城区" } else { "镇中心区" }));
    row.put(dialect.label("economic_attribute", "非贫困县"));
    row.put("非民族地区");
    row.write(|out| {
        out.push_str("0551");
        push_number(out, 6_200_000 + code % 10_000, 7);
    });
    row
}

/// The schools a source lists.
pub(crate) fn schools(province: &Province, source: usize) -> impl Iterator<Item = (u32, &School)> {
    let listed = move |school: &School| province.units[school.unit].source == source;
    province
        .schools
        .iter()
        .enumerate()
        .filter(move |(_, school)| listed(school))
        .map(|(at, school)| (at as u32, school))
}

/// Writes a school.
pub(crate) fn school(province: &Province, school: &School, dialect: &Dialect, row: &mut Row) {
    let unit = &province.units[school.unit];
    row.clear();
    row.write(|out| push_school(out, school.id));
    row.put(&school.name);
    row.write(|out| push_number(out, (school.id % 1_000_000) as u32, 6));
    row.write(|out| push_number(out, unit.code, 6));
    match school.parent.and_then(|parent| province.schools.get(parent as usize)) {
        Some(parent) => row.write(|out| push_school(out, parent.id)),
        None => row.blank(),
    }
    row.put(dialect.label("school_kind", school.kind.label()));
    row.put(dialect.label("ownership", if school.private { "民办" } else { "公办" }));
    row.put(dialect.label("urban_rural", urban_rural(school.urban_rural)));
    let (low, high) = school.kind.grades();
    row.write(|out| push_number(out, u32::from(high - low + 1), 1));
    row.write(|out| push_phone(out, school.id));
    row.write(|out| dialect.division(place_of(unit), out));
}

/// Writes a kindergarten, which has no place among schools (皖教基〔2013〕20号 art. 2).
pub(crate) fn kindergarten(province: &Province, any: &School, dialect: &Dialect, row: &mut Row) {
    school(province, any, dialect, row);
    row.replace("school_id", &format!("1134{:06}", any.id % 1_000_000));
    row.replace("name", "小太阳幼儿园");
    row.replace("kind", "幼儿园");
}

/// Writes a class.
pub(crate) fn class(school: &School, class: &Class, dialect: &Dialect, row: &mut Row) {
    row.clear();
    row.write(|out| push_school(out, school.id));
    row.write(|out| push_number(out, class.id, 6));
    row.write(|out| {
        out.push_str(grade_name(class.grade));
        out.push('(');
        push_number(out, class.id % 50, 1);
        out.push_str(")班");
    });
    row.put(dialect.grade(class.grade));
    row.write(|out| dialect.month(class.founded as u32, 9, out));
    row.write(|out| push_number(out, if class.grade <= 6 { 6 } else { 3 }, 1));
    let kind = match (school.kind, class.grade) {
        (Kind::Special, 1..=6) => "小学听力残疾班",
        (Kind::Special, _) => "初中听力残疾班",
        (Kind::Point, _) => "小学教学点班",
        (_, 1..=6) => "普通小学班",
        (_, 7..=9) => "普通初中班",
        _ => "普通高中班",
    };
    row.put(dialect.label("class_kind", kind));
    if class.hollow {
        row.blank();
    } else {
        let dice = mix(school.id ^ u64::from(class.id) << 40);
        let name = |list: &[&'static str], shift: u32| list[(dice >> shift) as usize % list.len()];
        row.write(|out| out.extend([name(&SURNAMES, 3), name(&GIVEN, 17), name(&GIVEN, 31)]));
    }
    row.put(if class.id.is_multiple_of(17) { "先进班集体" } else { "" });
}

/// Appends a school identifier.
pub(crate) fn push_school(out: &mut String, id: u64) {
    push_number(out, (id / 1_000_000) as u32, 4);
    push_number(out, (id % 1_000_000) as u32, 6);
}

fn push_phone(out: &mut String, id: u64) {
    out.push_str("0551");
    push_number(out, 6_000_000 + (mix(id) % 900_000) as u32, 7);
}

/// The division a unit's schools stand in: a prefecture's own stand in its first county.
fn place_of(unit: &Unit) -> u32 {
    if unit.is_prefecture() { crate::words::PLACES[usize::from(unit.place)].code } else { unit.code }
}

fn urban_rural(code: &'static str) -> &'static str {
    match code {
        "111" => "主城区",
        "112" => "城乡结合区",
        "121" => "镇中心区",
        "122" => "镇乡结合区",
        "210" => "乡中心区",
        _ => "村庄",
    }
}

fn grade_name(grade: u8) -> &'static str {
    const NAMES: [&str; 12] = [
        "一年级",
        "二年级",
        "三年级",
        "四年级",
        "五年级",
        "六年级",
        "七年级",
        "八年级",
        "九年级",
        "高一",
        "高二",
        "高三",
    ];
    NAMES.get(usize::from(grade).wrapping_sub(1)).copied().unwrap_or_default()
}
