//! The tree of the small province: who is there, which schools, classes and accounts.

use domain::calendar::WorkCalendar;
use futures::future::join_all;
use registry::office::{Now, Office};
use serde_json::{Value, json};

use super::{by, instant, read_command};

pub const PROVINCE: &str = "340000";
/// A city.
pub const HEFEI: &str = "340100";
/// Two districts and a county of it.
pub const YAOHAI: &str = "340102";
pub const LUYANG: &str = "340103";
pub const CHANGFENG: &str = "340121";
/// Another city, its district and its county.
pub const CHUZHOU: &str = "341100";
pub const LANGYA: &str = "341102";
pub const FENGYANG: &str = "341126";

/// Primary schools: two in one district, one in another city's county.
pub const PRIMARY: &str = "2134000001";
pub const PRIMARY_NEAR: &str = "2134000002";
pub const PRIMARY_FAR: &str = "2134000003";
/// A teaching point that the far primary school keeps.
pub const POINT: &str = "2134000004";
/// Five years of primary school, in Luyang.
pub const PRIMARY_FIVE: &str = "2134000005";
/// Junior schools: in a district, in a far county, run by the city itself in Luyang.
pub const JUNIOR: &str = "3134000001";
pub const JUNIOR_FAR: &str = "3134000002";
pub const JUNIOR_OF_CITY: &str = "3134000003";
/// Nine years in one school, in the far county.
pub const NINE_YEARS: &str = "3134000004";
/// Senior schools: two in one district, one in the far county; a vocational one.
pub const SENIOR: &str = "3134000011";
pub const SENIOR_NEAR: &str = "3134000012";
pub const SENIOR_FAR: &str = "3134000013";
pub const VOCATIONAL: &str = "3634000001";
/// Special education, and a reform school.
pub const SPECIAL: &str = "5134000001";
pub const REFORM: &str = "3134000021";

pub struct Place {
    pub id: &'static str,
    pub kind: &'static str,
    pub authority: &'static str,
    /// Where it lies, if not where its authority is.
    pub division: Option<&'static str>,
    pub parent: Option<&'static str>,
    pub five_four: bool,
}

const fn school(id: &'static str, kind: &'static str, authority: &'static str) -> Place {
    Place { id, kind, authority, division: None, parent: None, five_four: false }
}

pub const SCHOOLS: [Place; 15] = [
    school(PRIMARY, "小学", YAOHAI),
    school(PRIMARY_NEAR, "小学", YAOHAI),
    school(PRIMARY_FAR, "小学", FENGYANG),
    Place { parent: Some(PRIMARY_FAR), ..school(POINT, "教学点", FENGYANG) },
    Place { five_four: true, ..school(PRIMARY_FIVE, "小学", LUYANG) },
    school(JUNIOR, "初级中学", YAOHAI),
    school(JUNIOR_FAR, "初级中学", FENGYANG),
    Place { division: Some(LUYANG), ..school(JUNIOR_OF_CITY, "初级中学", HEFEI) },
    school(NINE_YEARS, "九年一贯制学校", FENGYANG),
    school(SENIOR, "高级中学", YAOHAI),
    school(SENIOR_NEAR, "高级中学", YAOHAI),
    school(SENIOR_FAR, "高级中学", FENGYANG),
    school(VOCATIONAL, "中等职业学校", FENGYANG),
    school(SPECIAL, "特殊教育学校", FENGYANG),
    school(REFORM, "工读学校", YAOHAI),
];

/// The authority of a school as the province begins.
pub fn authority_of(school: &str) -> &'static str {
    SCHOOLS.iter().find(|place| place.id == school).map_or(PROVINCE, |place| place.authority)
}

/// The class of a grade: every school has one of each of its grades, and a second for those who are moved about.
pub fn class(grade: u8) -> String {
    format!("{grade:02}01")
}

fn grades(place: &Place) -> std::ops::RangeInclusive<u8> {
    match place.kind {
        "小学" if place.five_four => 1..=5,
        "小学" | "教学点" => 1..=6,
        "初级中学" => 7..=9,
        "九年一贯制学校" => 1..=9,
        "高级中学" | "中等职业学校" => 10..=12,
        "特殊教育学校" => 1..=12,
        _ => 4..=12,
    }
}

/// A school as a command wants it.
pub fn school_value(id: &str, kind: &str, authority: &str) -> Value {
    json!({
        "id": id, "name": format!("{kind}{id}"), "code": &id[6..], "authority": authority, "kind": kind, "ownership": "公办",
        "urban_rural": "镇中心区", "phone": "0550-6720000",
    })
}

/// An account as a command wants it.
pub fn officer(account: &str, unit: &str, role: &str) -> Value {
    json!({"account": account, "unit": unit, "role": role, "trained_on": "2012-08-20", "name": "管理员", "phone": "0550-6720001"})
}

/// A class as a command wants it, founded when its pupils entered their stage.
pub fn class_value(school: &str, id: &str, grade: u8, year: i32) -> Value {
    let first = match grade {
        0..=6 => 1,
        7..=9 => 7,
        _ => 10,
    };
    json!({
        "school": school, "id": id, "name": format!("{grade}年级{id}班"), "grade": grade, "kind": "普通班", "teacher": "班主任",
        "founded": format!("{}-09", year - i32::from(grade - first)),
    })
}

/// Builds the province on an empty database.
pub async fn build(url: &str, policy: &str) {
    let office = Office::open(url, Some(policy), WorkCalendar::official().clone()).await.expect("the office opens");
    let mut told: Vec<(&str, Value)> = Vec::new();
    let authorities = [
        (PROVINCE, None),
        (HEFEI, Some(PROVINCE)),
        (YAOHAI, Some(HEFEI)),
        (LUYANG, Some(HEFEI)),
        (CHANGFENG, Some(HEFEI)),
        (CHUZHOU, Some(PROVINCE)),
        (LANGYA, Some(CHUZHOU)),
        (FENGYANG, Some(CHUZHOU)),
    ];
    let authority = |id: &str, parent: Option<&str>| {
        json!({"do": "enter_authority", "authority": {
            "id": id, "name": format!("{id}教育局"), "parent": parent, "division": id, "address": "府前街1号", "area_kind": "县城",
            "economic_attribute": "一般", "ethnic_attribute": "非民族地区", "phone": "0550-6720002",
        }})
    };
    told.push(("a340000", authority(PROVINCE, None)));
    let enter =
        |account: &str, unit: &str, role: &str| json!({"do": "enter_officer", "officer": officer(account, unit, role)});
    told.push(("a340000", enter("a340000", PROVINCE, "administrator")));
    for (id, parent) in &authorities[1..] {
        told.push(("a340000", authority(id, *parent)));
    }
    for (id, _) in authorities {
        for (letter, role) in
            [("r", "registrar"), ("q", "registrar"), ("h", "head"), ("a", "administrator"), ("v", "reader")]
        {
            if (id, letter) != (PROVINCE, "a") {
                told.push(("a340000", enter(&format!("{letter}{id}"), id, role)));
            }
        }
    }
    told.push(("a340000", enter("auditor", PROVINCE, "auditor")));
    for place in &SCHOOLS {
        let mut school = school_value(place.id, place.kind, place.authority);
        school["parent"] = json!(place.parent);
        school["division"] = json!(place.division);
        school["five_four"] = json!(place.five_four);
        let account = officer(&format!("r{}", place.id), place.id, "registrar");
        told.push(("a340000", json!({"do": "enter_school", "school": school, "account": account})));
        for (letter, role) in [("q", "registrar"), ("h", "head"), ("v", "reader")] {
            told.push(("a340000", enter(&format!("{letter}{}", place.id), place.id, role)));
        }
    }
    for place in &SCHOOLS {
        for grade in grades(place) {
            for id in [class(grade), format!("{grade:02}02")] {
                let entered = json!({"do": "enter_class", "class": class_value(place.id, &id, grade, 2025)});
                told.push((authority_account(place.authority), entered));
            }
        }
    }
    let now = Now::at(instant("2025-09-01"));
    let carried =
        told.into_iter().map(|(account, command)| office.act(by(account), read_command(command), None, now.clone()));
    for answer in join_all(carried).await {
        answer.expect("the province is built");
    }
    office.close().await.expect("the office closes");
}

fn authority_account(authority: &str) -> &'static str {
    match authority {
        YAOHAI => "r340102",
        LUYANG => "r340103",
        HEFEI => "r340100",
        _ => "r341126",
    }
}
