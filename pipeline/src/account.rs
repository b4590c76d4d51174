//! Accounts, what sources claim of a pupil, and the papers: the three things a pupil's movements are made of.
//!
//! Words are numbered once per run (`Words`), so an account is a few integers and comparing two costs nothing.

use std::{collections::HashMap, sync::Arc};

use domain::{calendar::Day, movement::MovementKind};

/// A numbered word of a run: a school, a class, a label, a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(u32);

/// The words of a run.
#[derive(Debug, Default, Clone)]
pub struct Words {
    by_text: HashMap<Arc<str>, Word>,
    texts: Vec<Arc<str>>,
}

impl Words {
    /// The number of a word, given on first sight.
    pub fn number(&mut self, text: &str) -> Word {
        if let Some(&word) = self.by_text.get(text) {
            return word;
        }
        let word = Word(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.by_text.insert(text, word);
        word
    }

    /// The text of a word.
    pub fn text(&self, word: Word) -> &str {
        self.texts.get(word.0 as usize).map_or("", |text| text)
    }
}

/// An account of the pupil ledger with the description of the pupil in it (账户): what a ledger entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    /// 学校标识码
    pub school: Word,
    /// 班号
    pub class: Word,
    /// 年级
    pub grade: i32,
    /// 学段
    pub stage: Word,
    /// 学籍状态
    pub status: Word,
    /// The pupil's description.
    pub person: Person,
}

/// The description under which a pupil is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Person {
    /// 性别
    pub sex: Word,
    /// 民族
    pub ethnicity: Word,
    /// 户口性质
    pub hukou_kind: Option<Word>,
    /// 就读方式
    pub study_mode: Option<Word>,
    /// 是否随迁子女
    pub migrant: Option<Word>,
    /// 是否留守儿童
    pub left_behind: Option<Word>,
    /// 残疾类型
    pub disability: Option<Word>,
}

impl Account {
    /// Whether two accounts are the same place: school, class, grade and status, whatever the description.
    pub fn same_place(&self, other: &Account) -> bool {
        self.school == other.school
            && self.class == other.class
            && self.grade == other.grade
            && self.status == other.status
    }
}

/// What one source states of one pupil from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The day of the batch that first stated it.
    pub stated_on: Day,
    /// The account, or none if the source does not list the pupil.
    pub account: Option<Account>,
}

/// The whole word of one source about one pupil, oldest first, no two neighbours alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The source.
    pub source: Word,
    /// The day of the source's first batch, which opens its balances.
    pub opened_on: Day,
    /// Its statements, oldest first.
    pub statements: Vec<Statement>,
}

impl Claim {
    /// What the source stated on a day.
    pub fn on(&self, day: Day) -> Option<Account> {
        let after = self.statements.partition_point(|statement| statement.stated_on <= day);
        self.statements[..after].last().and_then(|statement| statement.account)
    }
}

/// A change record (学籍变动) as far as it moves a pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// 变动日期
    pub effective_on: Day,
    /// The first day on whose evening a roll can show it: 变动日期, or 审批日期 where that is later. What silence approves, it approves
    /// at the end of its day, and the roll of the next day shows it.
    pub shown_on: Day,
    /// 变动类别
    pub kind: MovementKind,
    /// Source and number of the record: the order among papers of one day.
    pub id: (Word, Arc<str>),
    /// 原学校标识码
    pub from_school: Option<Word>,
    /// 现学校标识码
    pub to_school: Option<Word>,
    /// 现班号
    pub to_class: Option<Word>,
    /// 现年级
    pub to_grade: Option<i32>,
}

/// Whether a change record moves anybody: one that is refused or still open does not; one that says nothing of its result is granted.
pub fn is_granted(result: Option<&str>) -> bool {
    result.is_none_or(|result| result == "同意")
}

/// Whether a change of this kind can take a pupil off a source's register (离校).
pub fn lets_go(kind: MovementKind) -> bool {
    matches!(
        kind,
        MovementKind::TransferWithinProvince
            | MovementKind::TransferToProvince
            | MovementKind::TransferAbroad
            | MovementKind::Withdrawal
            | MovementKind::Death
            | MovementKind::Graduation
            | MovementKind::Completion
            | MovementKind::EarlyLeaving
    )
}

/// A movement (变动): from one account to another, either of which may be outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The day on which it took effect.
    pub effective_on: Day,
    /// 变动类别, or one of the ledger's own kinds.
    pub kind: MovementKind,
    /// Where the pupil was.
    pub from: Option<Account>,
    /// Where the pupil is.
    pub to: Option<Account>,
}

impl Movement {
    /// Whether papers or an opening explain it.
    pub fn explained(&self) -> bool {
        !self.kind.is_unexplained()
    }
}
