//! Division codes (行政区划码): the divisions of 2023, and every code that an identity number may begin with (`data/divisions`).

use std::{collections::HashMap, sync::LazyLock};

use crate::{organisation::AuthorityLevel, sheet};

const CURRENT: &str = include_str!("../../data/divisions/current.csv");
const HISTORICAL: &str = include_str!("../../data/divisions/historical.csv");

/// A division as of 30 June 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The code of 6 digits.
    pub code: &'static str,
    /// The name.
    pub name: &'static str,
    /// The level of its authority.
    pub level: AuthorityLevel,
    /// The code of the division above; empty for provinces.
    pub parent: &'static str,
    /// Whether it is a development zone that only statistics know (`xxxx71`–`xxxx79`): no code of GB/T 2260, and no ID number's.
    pub statistical: bool,
    /// Whether it is a prefecture without counties (东莞, 中山, 儋州 …), whose own code then stands in ID numbers.
    pub no_counties: bool,
}

struct Divisions {
    current: Vec<Row>,
    names: HashMap<&'static str, &'static str>,
    /// One bit for each code that an ID number may begin with.
    of_numbers: Vec<u64>,
}

static DIVISIONS: LazyLock<Divisions> = LazyLock::new(Divisions::load);

/// The name of a division of today, or of one that was abolished if the tables still know it.
pub fn name_of(code: &str) -> Option<&'static str> {
    DIVISIONS.names.get(code).copied()
}

/// Whether a code of 6 digits ever stood at the head of identity numbers: counties of today and of the past, prefectures without
/// counties, and the codes of residence permits. No list is without holes, so that an unknown code is only a warning.
pub fn was_ever(code: &str) -> bool {
    place(code).is_some_and(|(word, bit)| DIVISIONS.of_numbers[word] & bit != 0)
}

/// The divisions of 2023, in the order of their codes.
pub fn current() -> &'static [Row] {
    &DIVISIONS.current
}

impl Divisions {
    fn load() -> Divisions {
        let current: Vec<Row> = sheet::rows(CURRENT).filter_map(|cells| row(&cells)).collect();
        let mut names = HashMap::new();
        let mut of_numbers = vec![0; 1_000_000usize.div_ceil(64)];
        let mut admit = |code: &str| {
            if let Some((word, bit)) = place(code) {
                of_numbers[word] |= bit;
            }
        };
        for row in &current {
            names.insert(row.code, row.name);
            if (row.level == AuthorityLevel::County && !row.statistical) || row.no_counties {
                admit(row.code);
            }
        }
        for cells in sheet::rows(HISTORICAL) {
            if let [code, name, ..] = cells[..] {
                admit(code);
                if !name.is_empty() {
                    names.entry(code).or_insert(name);
                }
            }
        }
        Divisions { current, names, of_numbers }
    }
}

fn row(cells: &[&'static str]) -> Option<Row> {
    let &[code, name, level, parent, note] = cells else { return None };
    let level = match level {
        "province" => AuthorityLevel::Province,
        "prefecture" => AuthorityLevel::Prefecture,
        "county" => AuthorityLevel::County,
        _ => return None,
    };
    Some(Row { code, name, level, parent, statistical: note == "statistical", no_counties: note == "no_counties" })
}

fn place(code: &str) -> Option<(usize, u64)> {
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: usize = code.parse().ok()?;
    Some((number / 64, 1 << (number % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        assert_eq!(current().len(), CURRENT.lines().count() - 1);
        assert!(current().is_sorted_by_key(|row| row.code));
        for row in current().iter().filter(|row| !row.parent.is_empty()) {
            assert!(name_of(row.parent).is_some(), "{} has no parent", row.code);
        }
    }

    #[test]
    fn abolished_codes_stay_valid_for_life() {
        // REQ: IDN-02
        assert_eq!(name_of("110103"), Some("崇文区"));
        for code in ["110103", "340102", "441900", "442000", "460400", "620200", "810000", "820000", "830000", "419001"]
        {
            assert!(was_ever(code), "{code}");
        }
        for code in ["", "999999", "130171", "340000", "34010", "34010a", "3401022"] {
            assert!(!was_ever(code), "{code}");
        }
        assert_eq!(name_of("340102"), Some("瑶海区"));
        assert_eq!(name_of("999999"), None);
    }
}
