//! The code tables (代码表): what a label or a code in a file means.
//!
//! A list printed on the export contract's page goes first, then the list of the national registration form, then JY/T 1001 and GB;
//! where lists contradict each other (户口性质), labels decide and digits are read as the national form's. The lists and the variants
//! of their labels are data: `data/codes/<list>.csv` and `data/aliases/values.csv`.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use crate::{identity::normalise, organisation::Stage, sheet};

/// One value of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its code; empty where no list gives one.
    pub code: &'static str,
    /// Its label, the form in which values are kept.
    pub label: &'static str,
    /// The list that the code and the label come from.
    pub origin: &'static str,
}

/// A list of values.
#[derive(Debug)]
pub struct CodeList {
    name: &'static str,
    entries: Vec<Entry>,
    labels: HashMap<Cow<'static, str>, &'static str, BuildHasherDefault<Fnv>>,
}

const ALIASES: &str = include_str!("../../data/aliases/values.csv");

macro_rules! sources {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../data/codes/", $name, ".csv")))),*] };
}

/// In the order in which the contract's tables name them.
const SOURCES: [(&str, &str); 22] = sources![
    "sex",
    "id_kind",
    "ethnicity",
    "nationality",
    "overseas",
    "political_status",
    "hukou_kind",
    "entry_method",
    "study_mode",
    "status",
    "disability",
    "guardian_relation",
    "school_kind",
    "ownership",
    "urban_rural",
    "economic_attribute",
    "class_kind",
    "change_kind",
    "approval_result",
    "approval_mode",
    "attendance_state",
    "conduct_kind",
];

static LISTS: LazyLock<Vec<CodeList>> =
    LazyLock::new(|| SOURCES.into_iter().map(|(name, text)| CodeList::load(name, text)).collect());

/// Every list, in the order in which the contract's tables name them.
pub fn lists() -> impl Iterator<Item = &'static CodeList> {
    LISTS.iter()
}

/// The class type of a class of a stage: the short 普通班 counts as the stage's own. 特教班 stays, as JY/T 1001 asks for the disability.
pub fn class_kind_in(stage: Stage, label: &'static str) -> &'static str {
    match (label, stage) {
        ("普通班", Stage::Primary) => "普通小学班",
        ("普通班", Stage::Junior) => "普通初中班",
        ("普通班", Stage::Senior) => "普通高中班",
        _ => label,
    }
}

impl CodeList {
    /// The list of a name used by `contract::Holds::Label`.
    pub fn named(name: &str) -> Option<&'static CodeList> {
        LISTS.iter().find(|list| list.name == name)
    }

    /// The list's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its values, in the order of their source.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The label that a label, a listed variant of it or a code stands for.
    ///
    /// ```
    /// # use domain::code::CodeList;
    /// let ethnicity = CodeList::named("ethnicity").unwrap();
    /// assert_eq!(ethnicity.label_of("毛难族"), Some("毛南族"));
    /// assert_eq!(ethnicity.label_of("1"), Some("汉族"));
    /// assert_eq!(ethnicity.label_of("火星族"), None);
    /// ```
    pub fn label_of(&self, text: &str) -> Option<&'static str> {
        if let Some(label) = self.labels.get(text) {
            return Some(label);
        }
        let tidy = tidied(text);
        let found = self.labels.get(&*tidy).copied();
        found
            .or_else(|| tidy.is_ascii().then(|| self.labels.get(tidy.to_ascii_uppercase().as_str()).copied()).flatten())
    }

    /// The code of a label of the list, empty where it has none.
    pub fn code_of(&self, label: &str) -> Option<&'static str> {
        self.entries.iter().find(|entry| entry.label == label).map(|entry| entry.code)
    }

    fn load(name: &'static str, text: &'static str) -> CodeList {
        let entries: Vec<Entry> = sheet::rows(text)
            .filter_map(|cells| match cells[..] {
                [code, label, origin] => Some(Entry { code, label, origin }),
                _ => None,
            })
            .collect();
        let mut list = CodeList { name, entries, labels: HashMap::default() };
        let entries = list.entries.clone();
        for entry in &entries {
            list.admit(entry.label.into(), entry.label);
        }
        for entry in entries.iter().filter(|entry| !entry.code.is_empty()) {
            list.admit(entry.code.into(), entry.label);
        }
        for alias in sheet::rows(ALIASES) {
            if let [of, alias, label] = alias[..]
                && of == name
                && let Some(entry) = entries.iter().find(|entry| entry.label == label)
            {
                list.admit(tidied(alias), entry.label);
                list.admit(tidied(alias).to_ascii_uppercase().into(), entry.label);
            }
        }
        // `1` for `01` and `01` for `1`, as spreadsheets and forms write them, wherever that is no other code.
        for entry in entries.iter().filter(|entry| entry.code.bytes().all(|byte| byte.is_ascii_digit())) {
            if let Ok(number) = entry.code.parse::<u16>() {
                list.admit(number.to_string().into(), entry.label);
                list.admit(format!("{number:02}").into(), entry.label);
            }
        }
        for entry in &entries {
            list.admit(tidied(entry.label), entry.label);
        }
        list
    }

    /// What came first stays: labels, codes, listed variants, then shortened codes.
    fn admit(&mut self, text: Cow<'static, str>, label: &'static str) {
        if !text.is_empty() {
            self.labels.entry(text).or_insert(label);
        }
    }
}

/// Text without what makes no difference: width of characters, spaces, 其它 for 其他.
fn tidied(text: &str) -> Cow<'_, str> {
    let normal = normalise(text);
    if normal.contains("其它") || normal.contains(char::is_whitespace) {
        Cow::Owned(normal.replace("其它", "其他").split_whitespace().collect())
    } else {
        normal
    }
}

/// FNV-1a: keys are a dozen bytes of our own making, looked up hundreds of millions of times a night.
#[derive(Debug, Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut hash = self.0 ^ 0xcbf2_9ce4_8422_2325;
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::contract::{Holds, Table};

    fn label(list: &str, text: &str) -> Option<&'static str> {
        CodeList::named(list).unwrap().label_of(text)
    }

    #[test]
    fn every_list_of_the_contract_is_there_and_no_other() {
        let named: HashSet<_> = Table::ALL
            .into_iter()
            .flat_map(Table::columns)
            .filter_map(|column| match column.holds {
                Holds::Label(list) => Some(list),
                _ => None,
            })
            .collect();
        assert_eq!(named, lists().map(CodeList::name).collect());
    }

    #[test]
    fn every_file_of_codes_is_compiled_in_and_every_line_is_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/codes");
        let files: HashSet<String> = fs_err::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap().trim_end_matches(".csv").to_owned())
            .collect();
        assert_eq!(files, lists().map(|list| list.name().to_owned()).collect());
        for (name, text) in SOURCES {
            let entries = CodeList::named(name).unwrap().entries();
            assert_eq!(entries.len(), text.lines().count() - 1, "{name}");
            let codes: Vec<_> = entries.iter().map(|entry| entry.code).filter(|code| !code.is_empty()).collect();
            assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len(), "{name} has a code twice");
            for entry in entries {
                assert_eq!(label(name, entry.label), Some(entry.label));
                assert!(entry.code.is_empty() || label(name, entry.code) == Some(entry.label), "{name} {}", entry.code);
                assert!(!entry.origin.is_empty());
            }
        }
    }

    #[test]
    fn every_variant_leads_to_a_label_of_its_list() {
        for alias in sheet::rows(ALIASES) {
            let [list, alias, expected] = alias[..] else { panic!("{alias:?} has not three cells") };
            assert_eq!(label(list, alias), Some(expected), "{list} {alias}");
        }
    }

    #[test]
    fn labels_codes_and_old_spellings_mean_the_same() {
        // REQ: WH-01
        for text in ["男", "1", "01", " １ ", "男性", "m"] {
            assert_eq!(label("sex", text), Some("男"), "{text}");
        }
        assert_eq!(label("ethnicity", "汉"), Some("汉族"));
        assert_eq!(label("ethnicity", "崩龙族"), Some("德昂族"));
        assert_eq!(label("ethnicity", "ha"), Some("汉族"));
        assert_eq!(label("nationality", "chn"), Some("中国"));
        assert_eq!(label("nationality", "156"), Some("中国"));
        assert_eq!(label("overseas", "0"), Some("否"));
        assert_eq!(label("guardian_relation", "其它"), Some("其他"));
        assert_eq!(label("id_kind", "a"), Some("护照"));
        assert_eq!(label("study_mode", "寄宿"), Some("住校"));
        assert_eq!(label("study_mode", "通校"), Some("走读"));
        assert_eq!(label("status", "1"), Some("在读"));
        assert_eq!(label("urban_rural", "220"), Some("村庄"));
        assert_eq!(label("sex", "3"), None);
        assert_eq!(label("sex", ""), None);
        assert_eq!(label("status", "旁听"), None);
        assert_eq!(label("school_kind", "幼儿园"), None);
    }

    #[test]
    fn where_two_lists_contradict_labels_decide_and_digits_are_the_national_forms() {
        assert_eq!(label("hukou_kind", "1"), Some("农业户口"));
        assert_eq!(label("hukou_kind", "农业家庭户口"), Some("农业户口"));
        assert_eq!(label("hukou_kind", "非农业家庭户口"), Some("非农业户口"));
        assert_eq!(label("hukou_kind", "自理口粮户口"), None);
    }

    #[test]
    fn the_short_class_type_is_the_stages_own() {
        let short = label("class_kind", "普通班").unwrap();
        assert_eq!(class_kind_in(Stage::Junior, short), "普通初中班");
        assert_eq!(class_kind_in(Stage::Senior, label("class_kind", "特教班").unwrap()), "特教班");
        assert_eq!(class_kind_in(Stage::Primary, "小学复式班"), "小学复式班");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,16}") {
            for list in lists() {
                let _ = list.label_of(&text);
            }
        }
    }
}
