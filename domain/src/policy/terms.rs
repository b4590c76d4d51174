//! The statements of a pack as typed terms.

use std::collections::BTreeMap;

use toml::Value;

use super::pack::{Pack, PolicyError, Statement};
use crate::{
    calendar::{Day, MonthDay},
    movement::MovementKind,
    organisation::Stage,
};

/// How many pupils a class may have (CLS-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSize {
    /// The standard (标准班额); more is over standard.
    pub standard: u32,
    /// From how many on a class is large (大班额).
    pub large_from: u32,
    /// From how many on it is oversize (超大班额).
    pub oversize_from: u32,
    /// The article of the standard.
    pub article: String,
}

impl ClassSize {
    /// How a class of so many pupils is graded: `within`, `over` the standard, `large` (大班额) or `oversize` (超大班额).
    pub const fn grading(&self, pupils: u32) -> &'static str {
        match pupils {
            pupils if self.oversize_from <= pupils => "oversize",
            pupils if self.large_from <= pupils => "large",
            pupils if self.standard < pupils => "over",
            _ => "within",
        }
    }
}

/// What the maintenance fee of one year is counted and billed on (FEE-01, FEE-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeTerms {
    /// The day on which pupils are counted.
    pub snapshot_on: Day,
    /// The day by which the fee is paid.
    pub due_on: Day,
    /// Fen for each pupil and year.
    pub rate_fen: i64,
    /// The article.
    pub article: String,
}

/// The unit of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// Working days of the state calendar.
    Workday,
    /// Calendar weeks.
    Week,
    /// Calendar months.
    Month,
    /// Years.
    Year,
    /// Times in a term.
    Term,
}

/// Who has a period to himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Each school and each authority.
    Party,
    /// A school and its authority together.
    Side,
}

/// What becomes of a case whose period has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Nothing; it is late.
    None,
    /// It counts as approved by the system (超时默认).
    Approved,
    /// It is handled as truancy.
    Truancy,
    /// The pupil counts as withdrawn once the authority approves.
    Withdrawn,
}

/// A period that the measures set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// How many units.
    pub limit: u32,
    /// The unit.
    pub unit: LimitUnit,
    /// Who has it to himself.
    pub clock: Clock,
    /// From when it runs, in words.
    pub counting: String,
    /// What becomes of the case afterwards.
    pub on_expiry: Expiry,
    /// The article.
    pub article: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub school_year_start: MonthDay,
    pub statistics_year_start: MonthDay,
    pub class_sizes: [ClassSize; 3],
    pub teaching_point: Option<ClassSize>,
    pub fee: Fee,
    pub vanish_hold: (f64, u64),
    pub age_cut_off: MonthDay,
    pub age_of_entry: u8,
    pub age_tolerance: [(u8, u8); 3],
    pub snapshots: BTreeMap<String, (MonthDay, String)>,
    pub silence_approves: Vec<MovementKind>,
    pub deadlines: BTreeMap<String, Deadline>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fee {
    rate_fen: i64,
    snapshot: MonthDay,
    due: MonthDay,
    article: String,
    exceptions: BTreeMap<i32, (Day, Day, String)>,
}

/// The statements that are words of a closed list; of a list of words, each.
const WORDS: &[(&str, &[&str])] = &[
    (
        "transfer.bars",
        &[
            "choice_in_same_city",
            "borrowing_on_false_papers",
            "senior_in_same_county",
            "senior_of_another_kind",
            "vocational_to_senior",
        ],
    ),
    ("transfer.grounds", &["household_moved", "work_moved", "migrant_child", "return_home", "other"]),
    ("transfer.one_authority", &["one_decision", "two_decisions"]),
    ("transfer.pending_key_change", &["blocks_completion", "moves_along"]),
    ("transfer.not_enrolled", &["refused"]),
    ("suspension.leaving_grades", &["refused", "with_reason"]),
    ("withdrawal.compulsory_grounds", &["settling_abroad"]),
    ("withdrawal.senior_grounds", &["illness", "settling_abroad", "truancy", "suspension_expired", "custody"]),
    ("enrolment.portrait", &["before_approval", "flagged"]),
    ("dropout.kept", &["through_compulsory_years"]),
    ("class_list.names", &["whole", "masked"]),
];

impl Terms {
    pub(super) fn of(pack: &Pack) -> Result<Terms, PolicyError> {
        let read = Reader { pack };
        let [primary, junior, senior] = Stage::ALL;
        let class_sizes = [read.class_size(primary)?, read.class_size(junior)?, read.class_size(senior)?];
        let tolerance = |stage: Stage| -> Result<(u8, u8), PolicyError> {
            let years = |what| read.whole(&format!("ages.{what}.{}", stage.name()), 0..=20);
            Ok((years("younger_by")?, years("older_by")?))
        };
        let terms = Terms {
            school_year_start: read.month_day("school_year_start")?,
            statistics_year_start: read.month_day("statistics_year_start")?,
            teaching_point: read.teaching_point(&class_sizes[0])?,
            class_sizes,
            fee: read.fee()?,
            vanish_hold: (read.share("vanish_hold.share")?, read.whole("vanish_hold.at_least", 0..=1_000_000)?),
            age_cut_off: read.month_day("ages.cut_off")?,
            age_of_entry: read.whole("ages.entry", 3..=12)?,
            age_tolerance: [tolerance(primary)?, tolerance(junior)?, tolerance(senior)?],
            snapshots: read.snapshots()?,
            silence_approves: read.silence_approves()?,
            deadlines: read.deadlines()?,
        };
        let counts = ["graduation.", "silence.", "warning."];
        for key in pack.statements.keys().filter(|key| counts.iter().any(|group| key.starts_with(group))) {
            read.whole::<u32>(key, 0..=100_000)?;
        }
        for (key, words) in WORDS {
            read.words(key, words)?;
        }
        for key in pack.statements.keys().filter(|key| key.starts_with("terms.")) {
            read.month_day(key)?;
        }
        Ok(terms)
    }

    pub(super) fn class_size(&self, stage: Stage) -> &ClassSize {
        let [primary, junior, senior] = &self.class_sizes;
        match stage {
            Stage::Primary => primary,
            Stage::Junior => junior,
            Stage::Senior => senior,
        }
    }

    pub(super) fn fee(&self, fee_year: i32) -> FeeTerms {
        let Fee { rate_fen, snapshot, due, article, exceptions } = &self.fee;
        let (snapshot_on, due_on, article) = exceptions
            .get(&fee_year)
            .cloned()
            .unwrap_or_else(|| (snapshot.in_year(fee_year), due.in_year(fee_year), article.clone()));
        FeeTerms { snapshot_on, due_on, rate_fen: *rate_fen, article }
    }

    pub(super) fn age_span(&self, grade: u8) -> Option<(u8, u8)> {
        let [primary, junior, senior] = self.age_tolerance;
        let (younger, older) = match Stage::of_grade(grade)? {
            Stage::Primary => primary,
            Stage::Junior => junior,
            Stage::Senior => senior,
        };
        let own = self.age_of_entry + grade - 1;
        Some((own.saturating_sub(younger), own + older))
    }
}

struct Reader<'a> {
    pack: &'a Pack,
}

impl Reader<'_> {
    fn statement(&self, key: &str) -> Result<&Statement, PolicyError> {
        let missing = || PolicyError::Missing { file: self.pack.file(), key: key.to_owned() };
        self.pack.statements.get(key).ok_or_else(missing)
    }

    /// The statements below a key, by the rest of their keys.
    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pack.statements.keys().filter_map(move |key| Some((key.as_str(), key.strip_prefix(prefix)?)))
    }

    /// The fault lies in the file that states the value, which a pack above only takes over.
    fn fault(&self, key: &str, found: &str, expected: &str) -> PolicyError {
        let file =
            self.pack.statements.get(key).map_or_else(|| self.pack.file(), |found| format!("{}.toml", found.pack));
        PolicyError::Value { file, key: key.to_owned(), found: found.to_owned(), expected: expected.to_owned() }
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str, expected: &str) -> Result<T, PolicyError> {
        let value = &self.statement(key)?.value;
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| self.fault(key, &value.to_string(), expected))
    }

    /// A word, or a list of words, of those that the key knows; a pack need not say anything.
    fn words(&self, key: &str, known: &[&str]) -> Result<(), PolicyError> {
        let Some(statement) = self.pack.statements.get(key) else { return Ok(()) };
        let said = match &statement.value {
            Value::Array(words) => words.iter().collect(),
            one => vec![one],
        };
        match said.into_iter().find(|word| !word.as_str().is_some_and(|word| known.contains(&word))) {
            Some(other) => Err(self.fault(key, &other.to_string(), &format!("of {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    fn month_day(&self, key: &str) -> Result<MonthDay, PolicyError> {
        self.parsed(key, "a day of every year such as \"08-01\"")
    }

    fn day(&self, key: &str) -> Result<Day, PolicyError> {
        self.parsed(key, "a day such as \"2013-10-31\"")
    }

    fn whole<T: TryFrom<i64>>(&self, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<T, PolicyError> {
        let value = &self.statement(key)?.value;
        let whole = value.as_integer().filter(|whole| range.contains(whole)).and_then(|whole| T::try_from(whole).ok());
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        whole.ok_or_else(|| self.fault(key, &value.to_string(), &expected()))
    }

    fn share(&self, key: &str) -> Result<f64, PolicyError> {
        let value = &self.statement(key)?.value;
        let share = match value {
            Value::Float(share) => Some(*share),
            #[allow(clippy::cast_precision_loss, reason = "only 0 and 1 pass")]
            Value::Integer(share) => Some(*share as f64),
            _ => None,
        };
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        share.ok_or_else(|| self.fault(key, &value.to_string(), "a share from 0 to 1"))
    }

    fn class_size(&self, stage: Stage) -> Result<ClassSize, PolicyError> {
        let key = |part: &str| format!("class_size.{}.{part}", stage.name());
        let size = ClassSize {
            standard: self.whole(&key("standard"), 1..=500)?,
            large_from: self.whole(&key("large_from"), 1..=500)?,
            oversize_from: self.whole(&key("oversize_from"), 1..=500)?,
            article: self.statement(&key("standard"))?.article.clone(),
        };
        if size.large_from <= size.standard {
            return Err(self.fault(&key("large_from"), &size.large_from.to_string(), "more than the standard"));
        }
        if size.oversize_from <= size.large_from {
            return Err(self.fault(&key("oversize_from"), &size.oversize_from.to_string(), "more than `large_from`"));
        }
        Ok(size)
    }

    /// Teaching points have a standard of their own; large and oversize are what they are in any primary class.
    fn teaching_point(&self, primary: &ClassSize) -> Result<Option<ClassSize>, PolicyError> {
        let key = "class_size.teaching_point.standard";
        let Some(statement) = self.pack.statements.get(key) else { return Ok(None) };
        let (standard, article) = (self.whole(key, 1..=i64::from(primary.large_from) - 1)?, statement.article.clone());
        Ok(Some(ClassSize { standard, article, ..primary.clone() }))
    }

    fn fee(&self) -> Result<Fee, PolicyError> {
        let mut exceptions = BTreeMap::new();
        for (key, rest) in self.below("fee.exceptions.") {
            let Some((year, part)) = rest.split_once('.') else { continue };
            let year = year.parse().map_err(|_| self.fault(key, year, "a calendar year"))?;
            // Either half without the other is missed here.
            let (counted, due) =
                (format!("fee.exceptions.{year}.snapshot_on"), format!("fee.exceptions.{year}.due_on"));
            let (snapshot_on, due_on) = (self.day(&counted)?, self.day(&due)?);
            if part == "due_on" && due_on < snapshot_on {
                return Err(self.fault(key, &due_on.to_string(), "on or after the day of the count"));
            }
            exceptions.insert(year, (snapshot_on, due_on, self.statement(&counted)?.article.clone()));
        }
        let (snapshot, due) = (self.month_day("fee.snapshot")?, self.month_day("fee.due")?);
        if due < snapshot {
            return Err(self.fault("fee.due", &due.to_string(), "on or after the day of the count"));
        }
        let rate_fen = self.whole("fee.rate_fen", 0..=1_000_000)?;
        Ok(Fee { rate_fen, snapshot, due, article: self.statement("fee.rate_fen")?.article.clone(), exceptions })
    }

    fn snapshots(&self) -> Result<BTreeMap<String, (MonthDay, String)>, PolicyError> {
        let named = self
            .below("snapshots.")
            .map(|(key, name)| Ok((name.to_owned(), (self.month_day(key)?, self.statement(key)?.article.clone()))));
        named.collect()
    }

    fn silence_approves(&self) -> Result<Vec<MovementKind>, PolicyError> {
        let key = "transfer.silence_approves";
        let value = &self.statement(key)?.value;
        let fault = || self.fault(key, &value.to_string(), "a list of change kinds such as [\"省内转学\"]");
        let kinds = value.as_array().ok_or_else(fault)?.iter();
        kinds.map(|kind| kind.as_str().and_then(MovementKind::from_label).ok_or_else(fault)).collect()
    }

    fn deadlines(&self) -> Result<BTreeMap<String, Deadline>, PolicyError> {
        self.below("deadlines.").map(|(key, name)| Ok((name.to_owned(), self.deadline(key)?))).collect()
    }

    fn deadline(&self, key: &str) -> Result<Deadline, PolicyError> {
        let statement = self.statement(key)?;
        let term = |term: &str| statement.terms.get(term).map(String::as_str);
        let unit = match term("unit") {
            Some("workday") => LimitUnit::Workday,
            Some("week") => LimitUnit::Week,
            Some("month") => LimitUnit::Month,
            Some("year") => LimitUnit::Year,
            Some("term") => LimitUnit::Term,
            other => {
                return Err(self.fault(
                    key,
                    other.unwrap_or("without a unit"),
                    "in workday, week, month, year or term",
                ));
            }
        };
        let clock = match term("clock") {
            None | Some("party") => Clock::Party,
            Some("side") => Clock::Side,
            Some(other) => return Err(self.fault(key, other, "on a clock of each party or side")),
        };
        let on_expiry = match term("on_expiry") {
            None | Some("none") => Expiry::None,
            Some("approved") => Expiry::Approved,
            Some("truancy") => Expiry::Truancy,
            Some("withdrawn") => Expiry::Withdrawn,
            Some(other) => return Err(self.fault(key, other, "ending in none, approved, truancy or withdrawn")),
        };
        Ok(Deadline {
            limit: self.whole(key, 1..=1000)?,
            unit,
            clock,
            counting: term("counting").unwrap_or_default().to_owned(),
            on_expiry,
            article: statement.article.clone(),
        })
    }
}
