//! A small province for the simulation: its units, its officers, and people with identity numbers that hold together.
//!
//! One province, two cities, three counties (one of them a city's district), and schools of every kind that teaches grades 1–12: a
//! primary, a junior, a nine-year school (one of them five and four), a central school with a branch, a complete, a senior, a
//! vocational, a special and a reform school, three of them run by a city.

use std::fmt::Write as _;

use domain::{
    calendar::Day,
    identity::Sex,
    organisation::{Division, SchoolId},
};
use registry::{
    actor::Role,
    officer::Officer,
    organisation::{Authority, School},
    pupil::{Holder, KeyFacts},
    unit::Unit,
};

/// The province.
pub const PROVINCE: &str = "340000";
/// Its cities.
pub const CITIES: [&str; 2] = ["340100", "340300"];
/// A district of the first city, a county of it, a county of the second.
pub const COUNTIES: [&str; 3] = ["340102", "340122", "340321"];

/// The central school in the county of the second city.
const CENTRAL: &str = "2134000005";

/// A division code.
pub fn division(text: &str) -> Division {
    Division::read(text).expect("a division code")
}

/// A school's identifier.
pub fn school_id(text: &str) -> SchoolId {
    SchoolId::read(text).expect("a school's identifier")
}

/// An authority below another.
pub fn authority(id: &str, parent: Option<&str>) -> Authority {
    Authority {
        id: division(id),
        name: format!("{id}教育局"),
        parent: parent.map(division),
        division: division(id),
        address: String::new(),
        area_kind: String::new(),
        economic_attribute: String::new(),
        ethnic_attribute: String::new(),
        phone: String::new(),
    }
}

/// Every authority, the upper ones first.
pub fn authorities() -> Vec<Authority> {
    let mut all = vec![authority(PROVINCE, None)];
    all.extend(CITIES.map(|city| authority(city, Some(PROVINCE))));
    all.extend(COUNTIES.iter().map(|county| authority(county, Some(division(county).prefecture().as_str()))));
    all
}

/// A school of a kind under an authority, in the authority's own division.
pub fn school(id: &str, kind: &str, under: &str) -> School {
    School {
        id: school_id(id),
        name: format!("{kind}{id}"),
        code: String::new(),
        authority: division(under),
        parent: None,
        kind: kind.to_owned(),
        ownership: "公办".to_owned(),
        urban_rural: "镇区".to_owned(),
        years: None,
        phone: String::new(),
        division: Some(division(under)),
        five_four: false,
        closed_on: None,
        successor: None,
    }
}

/// Every school of the province, central schools before their branches.
pub fn schools() -> Vec<School> {
    let [district, county, far] = COUNTIES;
    let [first, second] = CITIES;
    let run_by = |city: &str, school: School| School { authority: division(city), ..school };
    vec![
        school("2134000001", "小学", district),
        school("2134000002", "小学", district),
        school("3134000003", "初级中学", district),
        school("3134000004", "九年一贯制学校", county),
        school(CENTRAL, "小学", far),
        School { parent: Some(school_id(CENTRAL)), ..school("2134000006", "教学点", far) },
        school("3434000007", "完全中学", far),
        run_by(first, school("3434000008", "高级中学", district)),
        run_by(first, school("3634000009", "中等职业学校", county)),
        school("5134000010", "特殊教育学校", district),
        run_by(second, school("3734000011", "工读学校", far)),
        School { five_four: true, ..school("3134000012", "九年一贯制学校", far) },
    ]
}

/// An account, trained where it must be.
pub fn officer(account: &str, unit: Unit, role: Role) -> Officer {
    Officer {
        account: account.to_owned(),
        unit,
        role,
        name: "经办".to_owned(),
        phone: String::new(),
        trained_on: (role == Role::Registrar).then(|| "2013-03-01".parse().expect("a day")),
        on_duty_from: None,
        disabled_on: None,
    }
}

/// The accounts of a unit: two registrars, a head, an administrator, an auditor, a reader, named by the unit and a letter.
pub fn staff(unit: Unit) -> Vec<Officer> {
    let roles = [
        ("a", Role::Registrar),
        ("b", Role::Registrar),
        ("h", Role::Head),
        ("x", Role::Administrator),
        ("u", Role::Auditor),
        ("r", Role::Reader),
    ];
    roles.into_iter().map(|(letter, role)| officer(&account(unit, letter), unit, role)).collect()
}

/// The name of an account of [`staff`].
pub fn account(unit: Unit, letter: &str) -> String {
    format!("{letter}{unit}")
}

/// An identity number (GB 11643) of a division, a birth date, a sex and a serial of 0–499.
pub fn identity(division: &str, birth: Day, sex: Sex, serial: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let order = (serial % 500) * 2 + u32::from(sex == Sex::Male);
    let mut text = String::with_capacity(18);
    let _ = write!(text, "{division}{:04}{:02}{:02}{order:03}", birth.year(), birth.month(), birth.day_of_month());
    let sum: u32 = text.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    text.push(char::from(b"10X98765432"[(sum % 11) as usize]));
    text
}

/// Key facts of a child with a number of its own.
pub fn key_facts(name: &str, sex: Sex, birth: Day, serial: u32) -> KeyFacts {
    KeyFacts {
        name: name.to_owned(),
        sex,
        birth_on: birth,
        id_kind: "居民身份证".to_owned(),
        id_no: Some(identity(COUNTIES[0], birth, sex, serial)),
        holder: Holder::Own,
        portrait: None,
    }
}
