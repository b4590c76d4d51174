//! The rules of the row checks: id, severity, wording and source (`data/checks/rules.toml`).

use std::{collections::BTreeMap, fmt, str::FromStr, sync::LazyLock};

use serde::Deserialize;

const RULES: &str = include_str!("../../data/checks/rules.toml");

macro_rules! rule_ids {
    ($($(#[$doc:meta])* $variant:ident => $id:literal,)*) => {
        /// The name of a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $($(#[$doc])* $variant,)*
        }

        impl RuleId {
            /// Every rule: those that reject, then those that flag.
            pub const ALL: &[RuleId] = &[$(RuleId::$variant),*];

            /// The id, as tables and files write it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(RuleId::$variant => $id,)*
                }
            }
        }
    };
}

rule_ids! {
    /// A required field is empty.
    Missing => "missing",
    /// A required value cannot be read as its type.
    Unreadable => "unreadable",
    /// A required value is outside its code table.
    UnknownCode => "unknown_code",
    /// No batch has named the school.
    UnknownSchool => "unknown_school",
    /// No batch has named the class.
    UnknownClass => "unknown_class",
    /// A spreadsheet has mangled a key or an ID number.
    MangledNumber => "mangled_number",
    /// The row's column count differs from its header's.
    ColumnCount => "column_count",
    /// A second, different row has the same key.
    ConflictingKey => "conflicting_key",
    /// A kindergarten child, or a kindergarten.
    Kindergarten => "kindergarten",
    /// The ID number's check digit is wrong.
    IdChecksum => "id_checksum",
    /// The ID number begins with no known division.
    IdDivision => "id_division",
    /// The ID number's birth date differs from the one stated.
    IdBirthDate => "id_birth_date",
    /// The ID number's sex differs from the one stated.
    IdSex => "id_sex",
    /// An ID card without its number.
    IdMissing => "id_missing",
    /// A G number's digits differ from the ID number without a recorded key change.
    NumberDiffers => "number_differs",
    /// The age is outside the grade's span.
    AgeForGrade => "age_for_grade",
    /// The entry month is after the batch's day.
    EntryAfterDay => "entry_after_day",
    /// An optional value is outside its code table and was kept as text.
    OptionalCode => "optional_code",
    /// An optional value cannot be read and was left empty.
    OptionalUnreadable => "optional_unreadable",
    /// One pupil is active in two schools.
    TwoSchools => "two_schools",
    /// One ID number stands on two records.
    SameIdNumber => "same_id_number",
    /// A key field differs from before without a recorded key change.
    KeyChanged => "key_changed",
    /// A fact or change names a number that nobody lists.
    UnknownPupil => "unknown_pupil",
}

/// Text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule is called `{0}`")]
pub struct NoRule(String);

impl FromStr for RuleId {
    type Err = NoRule;

    fn from_str(id: &str) -> Result<RuleId, NoRule> {
        RuleId::ALL.iter().copied().find(|rule| rule.as_str() == id).ok_or_else(|| NoRule(id.to_owned()))
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What becomes of a row of which a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row goes to quarantine and is not counted.
    Reject,
    /// The row is accepted, counted, and listed as a problem record.
    Flag,
}

/// A rule of the checks.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// What becomes of the row.
    pub severity: Severity,
    /// The sentence in Chinese, with places for `{header}`, `{value}` and `{detail}`; a part in `[ ]` goes with what it shows.
    pub zh: String,
    /// The sentence in English, likewise.
    pub en: String,
    /// The requirement or law it rests on.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    severity: Severity,
    zh: String,
    en: String,
    source: String,
}

/// The rule of an id.
pub fn rule(id: RuleId) -> &'static Rule {
    static TABLE: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let mut written: BTreeMap<String, Written> = toml::from_str(RULES).expect("data/checks/rules.toml is tested");
        let rule = |&id: &RuleId| {
            let Written { severity, zh, en, source } =
                written.remove(id.as_str()).expect("every id has a rule, which is tested");
            Rule { id, severity, zh, en, source }
        };
        RuleId::ALL.iter().map(rule).collect()
    });
    // The table is in the order of the variants.
    &TABLE[id as usize]
}

impl Rule {
    /// The sentence in Chinese about one value. An ID number must have been masked by whoever asks.
    pub fn message_zh(&self, header: &str, value: &str, detail: &str) -> String {
        filled(&self.zh, header, value, detail)
    }

    /// The sentence in English about one value.
    pub fn message_en(&self, header: &str, value: &str, detail: &str) -> String {
        filled(&self.en, header, value, detail)
    }
}

/// A template with its places filled once: a value that itself looks like a place stays as it is.
fn filled(template: &str, header: &str, value: &str, detail: &str) -> String {
    let mut said = String::with_capacity(template.len() + header.len() + value.len() + detail.len());
    let mut optional: Option<(usize, bool)> = None;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '[', ']']) {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        let mark = rest.as_bytes()[0];
        if mark == b'{' {
            let places = [("{header}", header), ("{value}", value), ("{detail}", detail)];
            let Some((place, text)) = places.into_iter().find(|(place, _)| rest.starts_with(place)) else {
                said.push('{');
                rest = &rest[1..];
                continue;
            };
            said.push_str(text);
            if let Some((_, empty)) = &mut optional {
                *empty |= text.is_empty();
            }
            rest = &rest[place.len()..];
            continue;
        }
        match (mark, optional.take()) {
            (b'[', _) => optional = Some((said.len(), false)),
            (_, Some((from, true))) => said.truncate(from),
            _ => {}
        }
        rest = &rest[1..];
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_rule_and_every_rule_an_id() {
        // REQ: WH-02
        let written: BTreeMap<String, Written> = toml::from_str(RULES).unwrap();
        for (id, written) in &written {
            assert!(id.parse::<RuleId>().is_ok(), "{id}");
            for text in [&written.zh, &written.en] {
                let plain = ["{header}", "{value}", "{detail}", "[", "]"]
                    .iter()
                    .fold(text.clone(), |text, place| text.replace(place, ""));
                assert!(!plain.contains(['{', '}']), "{id}: {text}");
            }
            assert!(!written.source.is_empty(), "{id}");
        }
        assert_eq!(written.len(), RuleId::ALL.len());
        for &id in RuleId::ALL {
            assert_eq!(rule(id).id, id);
            assert_eq!(id.as_str().parse(), Ok(id));
        }
    }

    #[test]
    fn the_contracts_severities_hold() {
        // REQ: WH-02
        let of = |severity| {
            RuleId::ALL
                .iter()
                .filter(move |&&id| rule(id).severity == severity)
                .map(|id| id.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(Severity::Reject),
            [
                "missing",
                "unreadable",
                "unknown_code",
                "unknown_school",
                "unknown_class",
                "mangled_number",
                "column_count",
                "conflicting_key",
                "kindergarten",
            ]
        );
        assert_eq!(of(Severity::Flag).len(), RuleId::ALL.len() - 9);
    }

    #[test]
    fn a_sentence_leaves_out_what_it_has_no_words_for() {
        let rule = rule(RuleId::Unreadable);
        assert_eq!(rule.message_zh("出生日期", "2015-02-30", ""), "「出生日期」的值“2015-02-30”无法识别");
        assert_eq!(rule.message_zh("出生日期", "x", "无此日"), "「出生日期」的值“x”无法识别：无此日");
        assert_eq!(rule.message_en("出生日期", "", "no such day"), "`出生日期` cannot be read: no such day");
    }

    #[test]
    fn a_hostile_value_is_shown_and_not_filled_in_again() {
        assert_eq!(filled("{value}|{detail}", "", "{detail}[", "d"), "{detail}[|d");
        assert_eq!(filled("[{detail}]{x}", "", "", "]["), "][{x}");
    }
}
