//! The units that run schools, how a layout cuts the province into them, and how many pupils each has.

use crate::{
    plan::{Layout, Plan},
    words::{HOME_PLACES, PLACES, PREFECTURES, PROVINCE},
};

/// An authority that runs schools, and the source it hands its batches over in.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// The division code: of a county, or of a prefecture for the schools it runs itself (直管学校).
    pub(crate) code: u32,
    /// The division's name.
    pub(crate) name: &'static str,
    /// The index of its source.
    pub(crate) source: usize,
    /// The index in `PLACES` where most of its pupils were born.
    pub(crate) place: u16,
    /// Pupils on the opening day.
    quota: u64,
}

impl Unit {
    /// The prefecture's code.
    pub(crate) fn prefecture(&self) -> u32 {
        self.code / 100 * 100
    }

    /// Pupils on the opening day.
    pub(crate) fn quota(&self) -> u64 {
        self.quota
    }

    /// Whether it is a prefecture with schools of its own.
    pub(crate) fn is_prefecture(&self) -> bool {
        self.code.is_multiple_of(100)
    }
}

/// The sources of a plan, in the order of their names.
pub(crate) fn sources(units: &[(u32, &'static str)]) -> Vec<String> {
    let mut names: Vec<String> = units.iter().map(|(_, source)| (*source).to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

const DEMO: &[(u32, &str)] = &[
    (340_100, "340100"),
    (340_102, "340102"),
    (340_103, "340103"),
    (340_111, "340111"),
    (340_121, "340121"),
    (340_200, "registry"),
    (340_202, "registry"),
    (340_207, "registry"),
    (340_209, "registry"),
    (340_223, "registry"),
    (340_300, "340300"),
    (340_302, "340302"),
    (340_303, "340303"),
    (340_304, "340304"),
    (340_321, "340321"),
    (340_322, "340322"),
];

const SMALL: &[(u32, &str)] = &[
    (340_100, "340100"),
    (340_102, "340102"),
    (340_103, "340103"),
    (340_104, "340104"),
    (340_111, "340111"),
    (340_121, "340121"),
    (340_122, "340122"),
    (340_123, "340123"),
    (340_124, "340124"),
    (340_181, "340181"),
    (340_200, "registry"),
    (340_202, "registry"),
    (340_223, "registry"),
];

/// The units of a layout with the names of their sources.
pub(crate) fn units_of(layout: Layout) -> Vec<(u32, &'static str)> {
    match layout {
        Layout::Demo => DEMO.to_vec(),
        Layout::Small => SMALL.to_vec(),
        Layout::Single => {
            let prefectures = PREFECTURES.iter().map(|place| place.code);
            let counties = PLACES[..HOME_PLACES].iter().map(|place| place.code);
            let mut codes: Vec<u32> = prefectures.chain(counties).collect();
            codes.sort_unstable();
            codes.into_iter().map(|code| (code, "registry")).collect()
        }
    }
}

/// The name of a division of the province.
pub(crate) fn division_name(code: u32) -> &'static str {
    let mut places = PREFECTURES.iter().chain(&PLACES).chain([&PROVINCE]);
    places.find(|place| place.code == code).map_or("", |place| place.name)
}

/// The units with their pupils: shares by weight, and no workbook grows beyond a few thousand rows.
pub(crate) fn units(plan: &Plan, names: &[String], workbook: &str) -> Vec<Unit> {
    let units = units_of(plan.layout);
    let weight = |code: u32| -> u64 {
        match (code.is_multiple_of(100), plan.layout) {
            (true, Layout::Small) => 100,
            (true, _) => 50,
            (false, Layout::Small) if code == 340_181 || code / 100 == 3402 => 250,
            (false, _) => 100 + u64::from(code % 7) * 6,
        }
    };
    let total: u64 = units.iter().map(|(code, _)| weight(*code)).sum();
    let mut made: Vec<Unit> = units
        .iter()
        .map(|(code, source)| {
            let share = plan.students * weight(*code) / total.max(1);
            let quota = if *source == workbook { share.min(2_500) } else { share };
            let source = names.iter().position(|name| name == source).expect("every unit's source is among the names");
            let home = PLACES[..HOME_PLACES].iter().position(|place| {
                if code.is_multiple_of(100) { place.code / 100 == code / 100 } else { place.code == *code }
            });
            let place = home.expect("every unit lies in a listed place") as u16;
            Unit { code: *code, name: division_name(*code), source, place, quota }
        })
        .collect();
    let given: u64 = made.iter().map(|unit| unit.quota).sum();
    if let Some(last) = made.iter_mut().rev().find(|unit| names[unit.source] == "registry") {
        last.quota += plan.students - given;
    }
    made
}
