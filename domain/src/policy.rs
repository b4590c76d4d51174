//! Policy packs: what the measures (办法) of a jurisdiction say, each value with its article and its dates (POL-01, POL-02).
//!
//! A pack is a file of `data/policies`; one may extend another and then only states what it changes. A case keeps the pack of the
//! day on which it was opened.

mod pack;
mod terms;

use std::collections::BTreeMap;

use crate::{
    calendar::{Day, MonthDay},
    movement::MovementKind,
    organisation::{Stage, TEACHING_POINT},
};

pub use pack::{PolicyError, Statement};
pub use terms::{ClassSize, Clock, Deadline, Expiry, FeeTerms, LimitUnit};

macro_rules! packs {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../data/policies/", $name, ".toml")))),*] };
}

/// The packs of the project; of one jurisdiction the later ones last.
const PACKS: [(&str, &str); 4] = packs!["national-2013", "national-2025", "anhui-2013", "province-b"];

/// The rules of one jurisdiction, typed and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    name: String,
    title: String,
    jurisdiction: String,
    effective: (Option<Day>, Option<Day>),
    statements: BTreeMap<String, Statement>,
    terms: terms::Terms,
}

/// A line in which two packs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// Value and article of the one, if it has the key.
    pub left: Option<(String, String)>,
    /// Value and article of the other, if it has the key.
    pub right: Option<(String, String)>,
}

impl Policy {
    /// The pack of a name (`anhui-2013`), or the newest one of a jurisdiction (`anhui`, `national`, `province-b`).
    pub fn named(name: &str) -> Result<Policy, PolicyError> {
        let full = PACKS.iter().find(|(pack, _)| *pack == name).or_else(|| {
            let of =
                |pack: &&(&str, &str)| pack.0.rsplit_once('-').is_some_and(|(jurisdiction, _)| jurisdiction == name);
            PACKS.iter().rev().find(of)
        });
        let Some((_, text)) = full else {
            let known = PACKS.map(|(pack, _)| pack).join(", ");
            return Err(PolicyError::NoPack { name: name.to_owned(), known });
        };
        Policy::from_toml(text, &own_text)
    }

    /// The pack of a jurisdiction that is in force on a day; the rule of a case is that of the day on which it was opened.
    pub fn in_force(jurisdiction: &str, day: Day) -> Result<Option<Policy>, PolicyError> {
        for (_, text) in PACKS.iter().rev() {
            let policy = Policy::from_toml(text, &own_text)?;
            if policy.jurisdiction == jurisdiction && policy.is_in_force(day) {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    /// A pack from its text. `resolve` gives the text of a pack that it extends.
    pub fn from_toml(text: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Result<Policy, PolicyError> {
        let pack = pack::Pack::read(text, resolve)?;
        let terms = terms::Terms::of(&pack)?;
        let pack::Pack { name, title, jurisdiction, effective, statements } = pack;
        Ok(Policy { name, title, jurisdiction, effective, statements, terms })
    }

    /// The pack's name, such as `anhui-2013`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title of the measures.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whose rules these are.
    pub fn jurisdiction(&self) -> &str {
        &self.jurisdiction
    }

    /// First and last day of validity, as far as they are known.
    pub const fn effective(&self) -> (Option<Day>, Option<Day>) {
        self.effective
    }

    /// Whether the pack is in force on a day.
    pub fn is_in_force(&self, day: Day) -> bool {
        self.effective.0.is_none_or(|from| from <= day) && self.effective.1.is_none_or(|to| day <= to)
    }

    /// The day on which the system's school year begins and every pupil moves up (Anhui: art. 18).
    pub const fn school_year_start(&self) -> MonthDay {
        self.terms.school_year_start
    }

    /// The day on which the statistical school year begins.
    pub const fn statistics_year_start(&self) -> MonthDay {
        self.terms.statistics_year_start
    }

    /// The class size of a stage.
    pub fn class_size(&self, stage: Stage) -> ClassSize {
        self.terms.class_size(stage).clone()
    }

    /// The class size of a stage at a school of a kind (学校类别): teaching points (教学点) have one of their own in the primary stage.
    pub fn class_size_at(&self, stage: Stage, kind: &str) -> ClassSize {
        let own = self.terms.teaching_point.as_ref().filter(|_| stage == Stage::Primary && kind == TEACHING_POINT);
        own.unwrap_or_else(|| self.terms.class_size(stage)).clone()
    }

    /// What the maintenance fee of a year is counted and billed on.
    pub fn fee(&self, fee_year: i32) -> FeeTerms {
        self.terms.fee(fee_year)
    }

    /// The share of a source's pupils, and the least number, of which more may not vanish from a full export without papers.
    pub const fn vanish_hold(&self) -> (f64, u64) {
        self.terms.vanish_hold
    }

    /// The day on which ages count, in a school year that starts in a calendar year.
    pub fn ages_on(&self, start_year: i32) -> Day {
        self.terms.age_cut_off.in_year(start_year)
    }

    /// The youngest and the oldest age of a grade, in full years at the cut-off; none outside grades 1–12.
    pub fn age_span(&self, grade: u8) -> Option<(u8, u8)> {
        self.terms.age_span(grade)
    }

    /// A period that the measures set, by its name such as `transfer_approve`.
    pub fn deadline(&self, name: &str) -> Option<&Deadline> {
        self.terms.deadlines.get(name)
    }

    /// The days on which figures are frozen by name, each with its article.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, MonthDay, &str)> {
        self.terms.snapshots.iter().map(|(name, (day, article))| (name.as_str(), *day, article.as_str()))
    }

    /// Whether silence past the deadline approves a movement of this kind (Anhui: art. 24; never across a border).
    pub fn silence_approves(&self, kind: MovementKind) -> bool {
        self.terms.silence_approves.contains(&kind)
    }

    /// A number that only some measures state, such as `graduation.credits`.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.statements.get(key)?.value.as_integer()
    }

    /// Whether a statement is a word or holds it, such as `transfer.bars` and `senior_in_same_county`; false where nothing is said.
    pub fn says(&self, key: &str, word: &str) -> bool {
        self.words(key).any(|said| said == word)
    }

    /// The words of a statement; none where nothing is said.
    pub fn words(&self, key: &str) -> impl Iterator<Item = &str> {
        let value = self.statements.get(key).map(|statement| &statement.value);
        let list = value.and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        value.and_then(toml::Value::as_str).into_iter().chain(list.iter().filter_map(toml::Value::as_str))
    }

    /// The article of a statement; empty where nothing is said.
    pub fn article(&self, key: &str) -> &str {
        self.statements.get(key).map_or("", |statement| &statement.article)
    }

    /// A day of every year that the pack states, such as `terms.autumn_start`.
    pub fn day_of_year(&self, key: &str) -> Option<MonthDay> {
        self.statements.get(key)?.value.as_str()?.parse().ok()
    }

    /// What a pack says under a key, with article and dates.
    pub fn statement(&self, key: &str) -> Option<&Statement> {
        self.statements.get(key)
    }

    /// Every line of the pack, what it takes over included: key, value, article; in the order of the keys.
    pub fn lines(&self) -> Vec<(String, String, String)> {
        let line =
            |(key, statement): (&String, &Statement)| (key.clone(), statement.shown(), statement.article.clone());
        self.statements.iter().map(line).collect()
    }

    /// The lines in which two packs differ, in value or in article.
    pub fn differences(&self, other: &Policy) -> Vec<Difference> {
        let said = |policy: &Policy, key: &str| {
            policy.statements.get(key).map(|statement| (statement.shown(), statement.article.clone()))
        };
        let keys: std::collections::BTreeSet<&String> = self.statements.keys().chain(other.statements.keys()).collect();
        keys.into_iter()
            .map(|key| Difference { key: key.clone(), left: said(self, key), right: said(other, key) })
            .filter(|difference| difference.left != difference.right)
            .collect()
    }
}

fn own_text(name: &str) -> Option<String> {
    PACKS.iter().find(|(pack, _)| *pack == name).map(|&(_, text)| text.to_owned())
}

#[cfg(test)]
mod tests;
