//! Made-up people of the sample office: numbers that check, names of every kind, families.

use std::collections::{BTreeMap, HashSet};

use domain::{
    calendar::Day,
    identity::Sex,
    organisation::{Division, Stage},
};
use registry::pupil::{BasicFacts, Holder, KeyFacts, Pupil};

use super::FillError;
use crate::{
    person::{COHORT_CAPACITY, Dice, NumberKind, Person},
    words::{DISABILITIES, GIVEN, HOME_PLACES, PLACES, RELATIONS, SCHOOL_NAMES, STUDY_MODES, SURNAMES},
};

/// Given names that few fonts have.
const RARE: [&str; 8] = ["𠮷", "䶮", "㛃", "𣲗", "犇", "堃", "翀", "𬱖"];
/// Names of peoples that write them with a dot: the own part of a girl and of a boy, and the father's.
const OWN: [[&str; 4]; 2] = [["阿依古丽", "迪丽努尔", "古丽娜尔", "热依汗"], ["艾力", "买买提", "吐尔逊", "库尔班"]];
const FATHERS: [&str; 6] = ["阿卜杜热合曼", "艾尔肯", "玉素甫", "卡德尔", "依明", "热合曼"];
/// Ethnic groups besides the Han whose names look like theirs.
const GROUPS: [&str; 6] = ["回族", "满族", "苗族", "畲族", "壮族", "彝族"];

/// Where a pupil belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    /// The index in `PLACES` of the county where the school lies.
    pub(super) place: u16,
    /// The stage.
    pub(super) stage: Stage,
    /// Whether the school is one of special education.
    pub(super) special: bool,
    /// Whether it lies in a town.
    pub(super) urban: bool,
}

/// Who is there already.
pub(super) struct People {
    seed: u64,
    made: u32,
    serials: BTreeMap<(u16, u16), u32>,
    keys: HashSet<String>,
    /// The last guardian whose number a child has, for a sibling.
    elder: Option<(BasicFacts, String, u16)>,
}

impl People {
    pub(super) fn new(seed: u64) -> People {
        People { seed, made: 0, serials: BTreeMap::new(), keys: HashSet::new(), elder: None }
    }

    fn person(&mut self, place: u16, cohort: u16) -> Result<Person, FillError> {
        let serial = self.serials.entry((place, cohort)).or_default();
        let person = Person { place, cohort, serial: *serial };
        *serial += 1;
        let place = PLACES.get(usize::from(place)).map_or("", |place| place.name);
        if COHORT_CAPACITY <= person.serial { Err(FillError::Crowded { place }) } else { Ok(person) }
    }

    /// A pupil of a cohort: on 31 August of a later year its age is the difference.
    pub(super) fn pupil(&mut self, home: Home, cohort: u16) -> Result<(KeyFacts, BasicFacts), FillError> {
        loop {
            // One in fifteen comes from elsewhere with parents who work here: from another province, or from another county.
            self.made += 1;
            let elsewhere = match self.made % 30 {
                7 => Some(HOME_PLACES + self.made as usize / 30 % (PLACES.len() - HOME_PLACES)),
                22 => Some(self.made as usize / 30 % HOME_PLACES),
                _ => None,
            };
            let elsewhere = elsewhere.and_then(|place| u16::try_from(place).ok()).filter(|place| *place != home.place);
            let (born_elsewhere, place) = (elsewhere.is_some(), elsewhere.unwrap_or(home.place));
            let person = self.person(place, cohort)?;
            let dice = person.dice(self.seed);
            let made = self.facts(person, dice, home, born_elsewhere)?;
            if self.keys.insert(Pupil::person_key(&made.0)) {
                return Ok(made);
            }
        }
    }

    /// A pupil of another province, who has a number of his own.
    pub(super) fn stranger(&mut self, cohort: u16) -> Result<(KeyFacts, BasicFacts), FillError> {
        let place = u16::try_from(HOME_PLACES).unwrap_or_default();
        let person = self.person(place, cohort)?;
        let dice = person.dice(self.seed);
        let home = Home { place, stage: Stage::Primary, special: false, urban: true };
        let (mut key, basic) = self.facts(person, dice, home, false)?;
        key.holder = Holder::Own;
        key.id_kind = "居民身份证".to_owned();
        key.id_no = Some(text(person.id_no(dice)));
        self.keys.insert(Pupil::person_key(&key));
        Ok((key, basic))
    }

    fn facts(
        &mut self,
        person: Person,
        dice: Dice,
        home: Home,
        migrant: bool,
    ) -> Result<(KeyFacts, BasicFacts), FillError> {
        let birth = person.birth();
        let year = i32::try_from(birth.year).unwrap_or_default();
        let birth_on = Day::from_ymd(year, birth.month, birth.day).ok_or(FillError::Date)?;
        let dotted = dice.roll(31, 1000) < 6;
        let mut key = KeyFacts {
            name: name(person, dice, dotted),
            sex: if person.sex(dice) == 1 { Sex::Male } else { Sex::Female },
            birth_on,
            id_kind: "居民身份证".to_owned(),
            id_no: Some(text(person.id_no(dice))),
            holder: Holder::Own,
            portrait: None,
        };
        let mut basic = basic(person, dice, home, migrant, dotted);
        match person.number_kind(dice) {
            NumberKind::Formal => {}
            NumberKind::WithoutId if dice.roll(32, 4) == 0 => key.id_no = None,
            NumberKind::WithoutId if dice.roll(32, 4) == 1 => {
                key.id_kind = "香港特区护照/身份证明".to_owned();
                key.id_no = Some(format!("H{:08}", dice.roll(33, 100_000_000)));
                basic.overseas = "香港同胞".to_owned();
            }
            NumberKind::WithoutId => {}
            NumberKind::Temporary | NumberKind::ByGuardian => self.by_guardian(person, &mut key, &mut basic),
        }
        Ok((key, basic))
    }

    /// The guardian's number stands in for the child's own; of two such children in a row the second is the first one's sibling.
    fn by_guardian(&mut self, person: Person, key: &mut KeyFacts, basic: &mut BasicFacts) {
        key.holder = Holder::Guardian;
        match self.elder.take() {
            Some((family, surname, cohort)) if cohort <= person.cohort + 5 && !basic.guardian_id_no.is_empty() => {
                let given: String = key.name.chars().skip(1).collect();
                key.name = format!("{surname}{}", if given.is_empty() { "安" } else { &given });
                basic.guardian_name = family.guardian_name;
                basic.guardian_relation = family.guardian_relation;
                basic.guardian_id_no = family.guardian_id_no;
                basic.guardian_phone = family.guardian_phone;
                basic.address = family.address;
            }
            _ => {
                let surname = key.name.chars().take(1).collect();
                self.elder = Some((basic.clone(), surname, person.cohort));
            }
        }
        key.id_no = Some(basic.guardian_id_no.clone());
    }
}

fn text(number: [u8; 18]) -> String {
    number.iter().map(|digit| char::from(*digit)).collect()
}

fn name(person: Person, dice: Dice, dotted: bool) -> String {
    let of = |list: &[&'static str], purpose: u64| {
        list.get(dice.roll(purpose, list.len() as u64) as usize).copied().unwrap_or_default()
    };
    if dotted {
        return format!("{}·{}", of(&OWN[person.sex(dice)], 34), of(&FATHERS, 35));
    }
    if dice.roll(36, 1000) < 8 {
        return format!("{}{}", person.surname(dice), of(&RARE, 37));
    }
    let mut name = String::new();
    person.write_name(dice, false, &mut name);
    name
}

fn basic(person: Person, dice: Dice, home: Home, migrant: bool, dotted: bool) -> BasicFacts {
    let of = |list: &[&'static str], purpose: u64| {
        list.get(dice.roll(purpose, list.len() as u64) as usize).copied().unwrap_or_default()
    };
    let birthplace = PLACES.get(usize::from(person.place)).copied().unwrap_or(PLACES[0]);
    let county = PLACES.get(usize::from(home.place)).copied().unwrap_or(PLACES[0]);
    let ethnicity = match dice.roll(38, 1000) {
        _ if dotted => "维吾尔族",
        0..30 => of(&GROUPS, 39),
        _ => "汉族",
    };
    let (guardian_no, relation) = person.guardian(dice);
    let own_surname = if dotted { "" } else { person.surname(dice) };
    let surname = if relation == 0 && !own_surname.is_empty() { own_surname } else { of(&SURNAMES, 40) };
    let boards = home.stage != Stage::Primary && dice.roll(41, 100) < 25;
    let disability = match dice.roll(42, 1000) {
        face if home.special => DISABILITIES.get(1 + face as usize % 3).copied().unwrap_or("智力残疾"),
        0..6 => "肢体残疾",
        6..9 => "听力残疾",
        _ => "无残疾",
    };
    BasicFacts {
        ethnicity: ethnicity.to_owned(),
        nationality: "中国".to_owned(),
        overseas: "否".to_owned(),
        political_status: if home.stage == Stage::Senior && dice.roll(43, 10) < 6 { "共青团员" } else { "群众" }
            .to_owned(),
        hukou_division: Division::read(&birthplace.code.to_string()),
        hukou_kind: if home.urban && !migrant { "非农业户口" } else { "农业户口" }.to_owned(),
        entry_method: if home.stage == Stage::Senior { "统一招生考试/普通入学" } else { "就近入学" }.to_owned(),
        study_mode: STUDY_MODES[usize::from(boards)].to_owned(),
        migrant: Some(migrant),
        left_behind: Some(!home.urban && !migrant && dice.roll(44, 100) < 12),
        disability: disability.to_owned(),
        inclusive: Some(!home.special && disability != "无残疾"),
        home_taught: None,
        address: format!("{}{}路{}号", county.name, of(&SCHOOL_NAMES, 45), 1 + dice.roll(46, 300)),
        phone: phone(dice, 47),
        guardian_name: format!(
            "{surname}{}{}",
            of(&GIVEN, 48),
            if dice.roll(49, 3) == 0 { of(&GIVEN, 50) } else { "" }
        ),
        guardian_relation: RELATIONS.get(relation).copied().unwrap_or("其他").to_owned(),
        guardian_id_no: text(guardian_no),
        guardian_phone: phone(dice, 51),
    }
}

fn phone(dice: Dice, purpose: u64) -> String {
    format!("1{}{:09}", [3, 5, 7, 8][dice.roll(purpose + 100, 4) as usize], dice.roll(purpose, 1_000_000_000))
}

/// The name of an officer, by a number.
pub(super) fn officer(seed: u64, number: u64) -> String {
    let person = Person { place: 0, cohort: 1980, serial: u32::try_from(number % 100_000).unwrap_or_default() };
    let dice = person.dice(seed);
    let of = |list: &[&'static str], purpose: u64| {
        list.get(dice.roll(purpose, list.len() as u64) as usize).copied().unwrap_or_default()
    };
    format!("{}{}{}", person.surname(dice), of(&GIVEN, 52), of(&GIVEN, 53))
}
