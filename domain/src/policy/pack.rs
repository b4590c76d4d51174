//! The file of a pack: which keys it may have, and how one pack extends another.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::calendar::Day;

/// One line of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The value as written.
    pub value: Value,
    /// The article it rests on.
    pub article: String,
    /// The first day of its validity, as far as it is known.
    pub from: Option<Day>,
    /// The last day of its validity, if it has one.
    pub until: Option<Day>,
    /// The pack that states it.
    pub pack: String,
    /// Of a period: unit, clock, counting, on_expiry.
    pub terms: BTreeMap<String, String>,
}

/// Why a pack cannot be used. Each names the pack's file and, below the top, the key.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// No such pack.
    #[error("there is no policy `{name}`; there are {known}")]
    NoPack {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Not TOML, or without a name.
    #[error("cannot read the policy {file}")]
    Syntax {
        /// The pack's file, as far as it is known.
        file: String,
        /// What the TOML reader says.
        source: Box<toml::de::Error>,
    },
    /// A key that no pack has.
    #[error("{file}: unknown key `{key}`")]
    UnknownKey {
        /// The pack's file.
        file: String,
        /// The key.
        key: String,
    },
    /// A value without an article.
    #[error("{file}: `{key}` names no article")]
    NoArticle {
        /// The pack's file.
        file: String,
        /// The key.
        key: String,
    },
    /// A value that is not what the key asks for.
    #[error("{file}: `{key}` is {found}, not {expected}")]
    Value {
        /// The pack's file.
        file: String,
        /// The key.
        key: String,
        /// The value found.
        found: String,
        /// What was wanted.
        expected: String,
    },
    /// Neither the pack nor one that it extends has the key.
    #[error("{file}: `{key}` is missing")]
    Missing {
        /// The pack's file.
        file: String,
        /// The key.
        key: String,
    },
    /// A pack that extends one which is not there, or itself.
    #[error("{file}: extends `{extends}`, which {reason}")]
    Extends {
        /// The pack's file.
        file: String,
        /// The pack it extends.
        extends: String,
        /// What is wrong with that.
        reason: &'static str,
    },
}

/// A pack with everything it takes over.
pub(super) struct Pack {
    pub name: String,
    pub title: String,
    pub jurisdiction: String,
    pub effective: (Option<Day>, Option<Day>),
    pub statements: BTreeMap<String, Statement>,
}

/// The keys at the top that describe the pack itself.
const HEAD: [&str; 6] = ["name", "title", "jurisdiction", "extends", "effective_from", "effective_to"];

/// The keys of statements; `*` stands for a calendar year.
const KEYS: &[&str] = &[
    "school_year_start",
    "statistics_year_start",
    "class_size.primary.standard",
    "class_size.primary.large_from",
    "class_size.primary.oversize_from",
    "class_size.junior.standard",
    "class_size.junior.large_from",
    "class_size.junior.oversize_from",
    "class_size.senior.standard",
    "class_size.senior.large_from",
    "class_size.senior.oversize_from",
    "class_size.teaching_point.standard",
    "fee.rate_fen",
    "fee.snapshot",
    "fee.due",
    "fee.exceptions.*.snapshot_on",
    "fee.exceptions.*.due_on",
    "vanish_hold.share",
    "vanish_hold.at_least",
    "ages.cut_off",
    "ages.entry",
    "ages.younger_by.primary",
    "ages.younger_by.junior",
    "ages.younger_by.senior",
    "ages.older_by.primary",
    "ages.older_by.junior",
    "ages.older_by.senior",
    "snapshots.statistics",
    "snapshots.october_statistics",
    "snapshots.entrants_reviewed",
    "snapshots.graduation_done",
    "snapshots.year_rollover",
    "terms.autumn_start",
    "terms.autumn_end",
    "terms.spring_start",
    "terms.spring_end",
    "transfer.silence_approves",
    "transfer.bars",
    "transfer.grounds",
    "transfer.one_authority",
    "transfer.pending_key_change",
    "transfer.not_enrolled",
    "silence.guard_seconds",
    "silence.jump_minutes",
    "silence.margin_percent",
    "suspension.leaving_grades",
    "withdrawal.compulsory_grounds",
    "withdrawal.senior_grounds",
    "dropout.kept",
    "enrolment.portrait",
    "class_list.names",
    "warning.workdays",
    "graduation.credits",
    "graduation.required_credits",
    "graduation.elective_ii_credits",
    "deadlines.archive_create",
    "deadlines.archive_forward",
    "deadlines.death_cancel",
    "deadlines.dropout_review",
    "deadlines.migrant_dropout_handover",
    "deadlines.record_review",
    "deadlines.senior_withdraw_illness",
    "deadlines.senior_withdraw_truancy_run",
    "deadlines.senior_withdraw_truancy_sum",
    "deadlines.suspension_term",
    "deadlines.suspension_urge",
    "deadlines.correction_order",
    "deadlines.transfer_approve",
    "deadlines.transfer_reversal",
    "deadlines.transfer_window",
];

/// What a period says beside its length.
const PERIOD_TERMS: [&str; 4] = ["unit", "clock", "counting", "on_expiry"];

/// More packs than this on top of each other are a slip.
const DEPTH: usize = 8;

impl Pack {
    /// Reads a pack and those that it extends.
    pub(super) fn read(text: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Result<Pack, PolicyError> {
        Pack::read_at(text, resolve, 0)
    }

    fn read_at(text: &str, resolve: &dyn Fn(&str) -> Option<String>, depth: usize) -> Result<Pack, PolicyError> {
        let written: Table = toml::from_str(text).map_err(|source| PolicyError::Syntax {
            file: named_in(text).map_or_else(|| "without a name".to_owned(), |name| format!("{name}.toml")),
            source: Box::new(source),
        })?;
        let name = match written.get("name") {
            Some(Value::String(name)) => name.clone(),
            _ => return Err(PolicyError::Missing { file: "a policy".to_owned(), key: "name".to_owned() }),
        };
        let head = Head { file: format!("{name}.toml"), written: &written };
        let (title, jurisdiction) = (head.text("title")?, head.text("jurisdiction")?);
        let effective = (head.day("effective_from")?, head.day("effective_to")?);
        let mut statements = BTreeMap::new();
        if let Some(extends) = head.optional("extends")? {
            let refuse = |reason| PolicyError::Extends { file: head.file.clone(), extends: extends.clone(), reason };
            if depth == DEPTH || extends == name {
                return Err(refuse("leads in a circle"));
            }
            let below = resolve(&extends).ok_or_else(|| refuse("is not there"))?;
            statements = Pack::read_at(&below, resolve, depth + 1)?.statements;
        }
        let body = written.iter().filter(|(key, _)| !HEAD.contains(&key.as_str()));
        for (key, value) in body {
            head.gather(key.clone(), value, &name, effective, &mut statements)?;
        }
        Ok(Pack { name, title, jurisdiction, effective, statements })
    }

    /// The pack's file, for whoever finds fault with it.
    pub(super) fn file(&self) -> String {
        format!("{}.toml", self.name)
    }
}

struct Head<'a> {
    file: String,
    written: &'a Table,
}

impl Head<'_> {
    fn optional(&self, key: &str) -> Result<Option<String>, PolicyError> {
        match self.written.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Datetime(day)) => Ok(Some(day.to_string())),
            Some(other) => Err(self.fault(key, other, "text")),
        }
    }

    fn text(&self, key: &str) -> Result<String, PolicyError> {
        self.optional(key)?.ok_or_else(|| PolicyError::Missing { file: self.file.clone(), key: key.to_owned() })
    }

    fn day(&self, key: &str) -> Result<Option<Day>, PolicyError> {
        let Some(text) = self.optional(key)? else { return Ok(None) };
        let day = text.parse().map_err(|_| self.fault(key, &Value::String(text), "a day such as 2013-09-01"))?;
        Ok(Some(day))
    }

    fn fault(&self, key: &str, found: &Value, expected: &str) -> PolicyError {
        let (file, key, expected) = (self.file.clone(), key.to_owned(), expected.to_owned());
        PolicyError::Value { file, key, found: found.to_string(), expected }
    }

    /// Takes the statements below a key.
    fn gather(
        &self,
        key: String,
        value: &Value,
        pack: &str,
        effective: (Option<Day>, Option<Day>),
        statements: &mut BTreeMap<String, Statement>,
    ) -> Result<(), PolicyError> {
        let is_known = KEYS.iter().any(|pattern| fits(pattern, &key));
        let Value::Table(table) = value else {
            let unknown = PolicyError::UnknownKey { file: self.file.clone(), key: key.clone() };
            return Err(if is_known { PolicyError::NoArticle { file: self.file.clone(), key } } else { unknown });
        };
        if !is_known {
            if table.is_empty() || table.contains_key("value") || table.contains_key("article") {
                return Err(PolicyError::UnknownKey { file: self.file.clone(), key });
            }
            for (part, value) in table {
                self.gather(format!("{key}.{part}"), value, pack, effective, statements)?;
            }
            return Ok(());
        }
        let statement = self.statement(&key, table, pack, effective)?;
        statements.insert(key, statement);
        Ok(())
    }

    fn statement(
        &self,
        key: &str,
        table: &Table,
        pack: &str,
        effective: (Option<Day>, Option<Day>),
    ) -> Result<Statement, PolicyError> {
        let Some(value) = table.get("value") else {
            return Err(PolicyError::Missing { file: self.file.clone(), key: format!("{key}.value") });
        };
        let value = if let Value::Datetime(day) = value { Value::String(day.to_string()) } else { value.clone() };
        let article = match table.get("article") {
            Some(Value::String(article)) if !article.trim().is_empty() => article.clone(),
            _ => return Err(PolicyError::NoArticle { file: self.file.clone(), key: key.to_owned() }),
        };
        let mut statement = Statement {
            value,
            article,
            from: effective.0,
            until: effective.1,
            pack: pack.to_owned(),
            terms: BTreeMap::new(),
        };
        let is_period = key.starts_with("deadlines.");
        for (part, value) in table.iter().filter(|(part, _)| !matches!(part.as_str(), "value" | "article")) {
            let full = format!("{key}.{part}");
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Datetime(day) => day.to_string(),
                other => return Err(self.fault(&full, other, "text")),
            };
            let day = || text.parse().map_err(|_| self.fault(&full, value, "a day such as 2013-09-01"));
            match part.as_str() {
                "from" => statement.from = Some(day()?),
                "until" => statement.until = Some(day()?),
                term if is_period && PERIOD_TERMS.contains(&term) => {
                    statement.terms.insert(term.to_owned(), text);
                }
                _ => return Err(PolicyError::UnknownKey { file: self.file.clone(), key: full }),
            }
        }
        Ok(statement)
    }
}

impl Statement {
    /// The value as a line of a comparison shows it.
    pub fn shown(&self) -> String {
        let value = match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let terms = PERIOD_TERMS.iter().filter_map(|term| self.terms.get(*term).map(|text| format!("{term} {text}")));
        [value].into_iter().chain(terms).collect::<Vec<_>>().join("; ")
    }
}

fn fits(pattern: &str, key: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('.'), key.split('.'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some("*"), Some(year)) if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

/// The name in a text that is not TOML as a whole.
fn named_in(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.starts_with("name"))?;
    line.split_once('=')?.1.trim().strip_prefix('"')?.strip_suffix('"')
}
