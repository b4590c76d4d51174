//! The units of the sample office: a province, its cities and counties, their schools, classes and accounts.

use std::collections::BTreeMap;

use domain::{
    calendar::{Day, Month},
    organisation::{Division, SchoolId, Stage},
};
use registry::{
    actor::Role,
    command::Command,
    officer::Officer,
    organisation::{Authority, Class, Delegation, School, Terms},
    unit::Unit,
};

use super::{
    FillError,
    desk::{Desk, registrar},
    people::{Home, officer},
};
use crate::{
    territory::division_name,
    words::{PLACES, SCHOOL_NAMES},
};

/// The cities, each with the counties below it and the kinds of the schools that it runs itself.
const CITIES: [(u32, &[u32], &[&str]); 3] = [
    (340_100, &[340_102, 340_104, 340_121, 340_181], &["十二年一贯制学校", "特殊教育学校"]),
    (340_200, &[340_202, 340_223], &["完全中学", "中等职业学校"]),
    (340_300, &[340_321, 340_322], &["高级中学", "工读学校"]),
];
/// What every county has.
const COUNTY: [&str; 6] = ["小学", "教学点", "初级中学", "九年一贯制学校", "完全中学", "高级中学"];
/// What large counties have besides, over and over.
const MORE: [&str; 4] = ["小学", "小学", "初级中学", "高级中学"];
/// From how many pupils of a grade a county gets more schools.
const CROWDED: f64 = 130.0;
/// How many pupils a class has at most.
const CLASS: usize = 46;

/// A school of the sample.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// As the office has it.
    pub(super) school: School,
    /// The index of its county in `PLACES`.
    pub(super) county: u16,
    /// The grades that have pupils.
    pub(super) grades: std::ops::RangeInclusive<u8>,
    /// Pupils of a grade.
    pub(super) size: usize,
    /// Classes: number, grade, whether in use.
    pub(super) rooms: Vec<(String, u8, bool)>,
}

impl Place {
    /// The account that enters for the school.
    pub(super) fn registrar(&self) -> String {
        registrar(&self.school.id)
    }

    /// Where a pupil of a grade belongs.
    pub(super) fn home(&self, grade: u8) -> Home {
        Home {
            place: self.county,
            stage: self.school.stage_of(grade).unwrap_or(Stage::Primary),
            special: self.school.is_special(),
            urban: self.school.urban_rural.contains("城区"),
        }
    }

    /// A class in use of a grade; of several the newest.
    pub(super) fn room(&self, grade: u8) -> Option<&str> {
        self.rooms.iter().rev().find(|(_, of, used)| *of == grade && *used).map(|(id, _, _)| id.as_str())
    }

    /// The first grade of a grade's stage.
    pub(super) fn stage_start(&self, grade: u8) -> u8 {
        (1..=grade)
            .rev()
            .take_while(|lower| self.school.stage_of(*lower) == self.school.stage_of(grade))
            .last()
            .unwrap_or(grade)
    }

    /// The classes of a grade for so many pupils, founded in a September.
    pub(super) fn found(&mut self, grade: u8, founded: i32, pupils: usize, seed: u64) -> Result<Vec<Class>, FillError> {
        let rooms = pupils.div_ceil(CLASS).max(1);
        // The intakes of one school in one year are told apart by their numbers.
        let first = match self.stage_start(grade) {
            10.. => 51,
            7..=9 => 26,
            _ => 1,
        };
        let kind = match self.school.stage_of(grade) {
            _ if self.school.is_special() => "特教班",
            Some(Stage::Primary) if self.school.kind == "教学点" => "小学教学点班",
            Some(Stage::Primary) => "普通小学班",
            Some(Stage::Junior) => "普通初中班",
            _ => "普通高中班",
        };
        let mut classes = Vec::with_capacity(rooms);
        for number in 0..rooms {
            let id = format!("{founded}{:02}", first + number);
            self.rooms.push((id.clone(), grade, true));
            classes.push(Class {
                school: self.school.id,
                id,
                name: format!("（{}）班", number + 1),
                grade,
                founded: Month::from_ym(founded, 9).ok_or(FillError::Date)?,
                years: self.school.years,
                kind: kind.to_owned(),
                teacher: officer(
                    seed,
                    self.school.id.as_str().parse::<u64>().unwrap_or_default() + u64::from(grade) * 31 + number as u64,
                ),
                honour: String::new(),
                closed: false,
            });
        }
        Ok(classes)
    }
}

/// The kinds with their weight among pupils of a grade, the grades that have pupils, and the first digits of the identifier.
fn shape(kind: &str) -> (f64, std::ops::RangeInclusive<u8>, u64) {
    match kind {
        "小学" => (1.0, 1..=6, 21),
        "教学点" => (0.12, 1..=3, 21),
        "初级中学" => (1.0, 7..=9, 31),
        "九年一贯制学校" => (0.7, 1..=9, 31),
        "十二年一贯制学校" => (0.7, 1..=12, 34),
        "特殊教育学校" => (0.08, 1..=9, 51),
        "工读学校" => (0.06, 7..=9, 37),
        "中等职业学校" => (0.8, 10..=12, 36),
        "完全中学" => (0.9, 7..=12, 34),
        _ => (1.0, 10..=12, 34),
    }
}

fn division(code: u32) -> Result<Division, FillError> {
    Division::read(&code.to_string()).ok_or(FillError::Date)
}

/// The schools of a province of so many pupils.
pub(super) fn schools(pupils: u32) -> Result<Vec<Place>, FillError> {
    let mut rounds = 0;
    loop {
        let kinds = kinds(rounds);
        let weight: f64 = kinds
            .iter()
            .map(|(_, _, kind)| {
                let (weight, grades, _) = shape(kind);
                weight * f64::from(grades.end() - grades.start() + 1)
            })
            .sum();
        let of_grade = f64::from(pupils) / weight;
        if CROWDED < of_grade && rounds < 40 {
            rounds += 1;
            continue;
        }
        let mut central = BTreeMap::new();
        let mut places = Vec::with_capacity(kinds.len());
        for (serial, (authority, county, kind)) in (1u64..).zip(kinds) {
            let place = place(serial, authority, county, kind, of_grade, central.get(&county).copied())?;
            if kind == "小学" {
                central.entry(county).or_insert(place.school.id);
            }
            places.push(place);
        }
        return Ok(places);
    }
}

/// Authority, county and kind of every school.
fn kinds(rounds: usize) -> Vec<(u32, u32, &'static str)> {
    let mut kinds = Vec::new();
    for (city, counties, own) in CITIES {
        for county in counties {
            kinds.extend(COUNTY.iter().map(|kind| (*county, *county, *kind)));
            for _ in 0..rounds {
                kinds.extend(MORE.iter().map(|kind| (*county, *county, *kind)));
            }
        }
        let seat = counties.first().copied().unwrap_or(city);
        kinds.extend(own.iter().map(|kind| (city, seat, *kind)));
    }
    kinds
}

fn place(
    serial: u64,
    authority: u32,
    county: u32,
    kind: &str,
    of_grade: f64,
    central: Option<SchoolId>,
) -> Result<Place, FillError> {
    let (weight, grades, prefix) = shape(kind);
    let name = SCHOOL_NAMES.get((serial as usize * 7) % SCHOOL_NAMES.len()).copied().unwrap_or_default();
    let place = division_name(county);
    let (tail, urban_rural) = match kind {
        "小学" => ("小学", "主城区"),
        "教学点" => ("教学点", "村庄"),
        "初级中学" => ("初级中学", "镇中心区"),
        "九年一贯制学校" => ("九年制学校", "乡中心区"),
        "十二年一贯制学校" => ("实验学校", "主城区"),
        "特殊教育学校" => ("特殊教育学校", "主城区"),
        "工读学校" => ("专门学校", "城乡结合区"),
        "中等职业学校" => ("职业技术学校", "主城区"),
        "完全中学" => ("中学", "镇中心区"),
        _ => ("高级中学", "主城区"),
    };
    let id = SchoolId::read(&format!("{prefix}34{serial:06}")).ok_or(FillError::Date)?;
    let of = if authority == county { place } else { division_name(authority) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds of pupils")]
    let size = (of_grade * weight).round().max(2.0) as usize;
    let school = School {
        id,
        name: format!("{of}{name}{tail}"),
        code: format!("{:07}", 1_000_000 + serial),
        authority: division(authority)?,
        parent: central.filter(|_| kind == "教学点"),
        kind: kind.to_owned(),
        ownership: if serial % 13 == 5 && kind != "教学点" { "民办" } else { "教育部门和集体办" }.to_owned(),
        urban_rural: urban_rural.to_owned(),
        // A teaching point has pupils of the lower grades only, and lets them go on.
        years: Some(if kind == "教学点" { 6 } else { *grades.end() - *grades.start() + 1 }),
        phone: format!("05{:02}-{:07}", authority / 100 % 100 + 50, 6_000_000 + serial),
        division: Some(division(county)?),
        five_four: false,
        closed_on: None,
        successor: None,
    };
    let county =
        PLACES.iter().position(|place| place.code == county).and_then(|at| u16::try_from(at).ok()).unwrap_or_default();
    Ok(Place { school, county, grades, size, rooms: Vec::new() })
}

/// An account, trained in the summer before.
fn account(seed: u64, number: &mut u64, unit: Unit, role: Role, trained_on: Day) -> Officer {
    *number += 1;
    let word = if role == Role::Administrator { "admin" } else { role.name() };
    Officer {
        account: format!("{unit}-{word}"),
        unit,
        role,
        name: officer(seed, *number),
        phone: format!("055{}-{:07}", *number % 10, 2_000_000 + *number),
        trained_on: Some(trained_on),
        on_duty_from: Some(trained_on),
        disabled_on: None,
    }
}

/// Enters every unit with its accounts. Returns the account that looks after them all, and how many accounts each role has.
pub(super) async fn enter(
    desk: &mut Desk<'_>,
    places: &[Place],
    seed: u64,
    years: [i32; 2],
) -> Result<BTreeMap<String, u64>, FillError> {
    let province = division(340_000)?;
    let trained = desk.today().plus_days(-10);
    let (mut number, mut roles) = (0, BTreeMap::new());
    let admin = format!("{province}-admin");
    let mut units = vec![(province, "安徽省教育厅".to_owned(), None)];
    for (city, counties, _) in CITIES {
        units.push((division(city)?, format!("{}教育局", division_name(city)), Some(province)));
        for county in counties {
            units.push((division(*county)?, format!("{}教育体育局", division_name(*county)), Some(division(city)?)));
        }
    }
    let ranks = [Role::Administrator, Role::Head, Role::Registrar, Role::Reader, Role::Auditor];
    for (id, name, parent) in units {
        let seat: u64 = id.as_str().parse().unwrap_or_default();
        let authority = Authority {
            id,
            name: name.clone(),
            parent,
            division: id,
            address: format!("{}政务路1号", division_name(u32::try_from(seat).unwrap_or_default())),
            area_kind: "城区".to_owned(),
            economic_attribute: String::new(),
            ethnic_attribute: String::new(),
            phone: format!("05{:02}-{:07}", seat / 100 % 100 + 50, 1_000_000 + seat % 10_000),
        };
        desk.act_as(&admin, Command::EnterAuthority { authority }).await?;
        for role in ranks {
            let officer = account(seed, &mut number, Unit::Authority(id), role, trained);
            *roles.entry(role.name().to_owned()).or_default() += 1;
            desk.act_as(&admin, Command::EnterOfficer { officer }).await?;
        }
    }
    for place in places {
        let unit = Unit::School(place.school.id);
        let registrar = account(seed, &mut number, unit, Role::Registrar, trained);
        desk.act_as(&admin, Command::EnterSchool { school: place.school.clone(), account: registrar }).await?;
        *roles.entry(Role::Registrar.name().to_owned()).or_default() += 1;
        for role in [Role::Head, Role::Reader] {
            let officer = account(seed, &mut number, unit, role, trained);
            *roles.entry(role.name().to_owned()).or_default() += 1;
            desk.act_as(&admin, Command::EnterOfficer { officer }).await?;
        }
    }
    odd_accounts(desk, &admin, seed, &mut number).await?;
    *roles.entry(Role::Registrar.name().to_owned()).or_default() += 2;
    for year in years {
        let day = |year, month, day| Day::from_ymd(year, month, day).ok_or(FillError::Date);
        let terms = Terms {
            authority: division(340_121)?,
            year,
            autumn: (day(year, 9, 1)?, day(year + 1, 1, 15)?),
            spring: (day(year + 1, 2, 18)?, day(year + 1, 7, 3)?),
        };
        desk.act_as(&admin, Command::SetTerms { terms }).await?;
    }
    let delegation = Delegation {
        from: division(340_104)?,
        to: division(340_102)?,
        document: format!("合教基〔{}〕8号", years[0]),
        since: desk.today(),
        until: desk.today().plus_months(24),
    };
    desk.act_as(&admin, Command::Delegate { delegation }).await?;
    Ok(roles)
}

/// A registrar who was trained later, and one who is no longer there.
async fn odd_accounts(desk: &mut Desk<'_>, admin: &str, seed: u64, number: &mut u64) -> Result<(), FillError> {
    let unit = Unit::Authority(division(340_102)?);
    let today = desk.today();
    let late = Officer {
        account: "340102-registrar2".to_owned(),
        trained_on: None,
        ..account(seed, number, unit, Role::Registrar, today)
    };
    desk.act_as(admin, Command::EnterOfficer { officer: late }).await?;
    desk.act_as(admin, Command::TrainOfficer { account: "340102-registrar2".to_owned(), on: today }).await?;
    let former = Officer { account: "340102-former".to_owned(), ..account(seed, number, unit, Role::Registrar, today) };
    desk.act_as(admin, Command::EnterOfficer { officer: former }).await?;
    let reason = "调离岗位".to_owned();
    desk.act_as(admin, Command::DisableOfficer { account: "340102-former".to_owned(), reason }).await?;
    Ok(())
}
