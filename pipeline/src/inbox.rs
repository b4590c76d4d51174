//! The inbox: which batches lie there, what each consists of, and whether it can be taken.
//!
//! A batch that can't be taken yet is *held*, one that never can be as it is is *refused*; both with the file and the reason.
//! Nothing is guessed: two files that could be the same table refuse the batch (`spec/exports.md`).

mod batch;
mod manifest;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use domain::{calendar::Day, contract::Table};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::manifest::{Manifest, Promise};
use crate::read::{Limits, ReadError, Trouble, source::Kind};

/// A batch folder that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The source: the name of its folder.
    pub source: String,
    /// The business day.
    pub day: Day,
    /// The batch folder.
    pub dir: PathBuf,
    /// What can be done with it.
    pub state: State,
    /// What was left aside in it (unknown files, hidden sheets).
    pub notes: Vec<Reason>,
}

/// What can be done with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is whole and can be read.
    Ready(Batch),
    /// It waits for a part or a person (暂缓).
    Held(Vec<Reason>),
    /// It can't be taken as it is (拒收).
    Refused(Vec<Reason>),
}

/// Why a batch is held or refused, or what was left aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The file within the batch, if it is about one.
    pub file: Option<String>,
    /// Sheet, row and column, in Chinese; empty for a whole file or batch.
    pub place: String,
    /// The sentence, in Chinese.
    pub zh: String,
    /// The sentence, in English.
    pub en: String,
    /// A word for programs.
    pub code: &'static str,
}

impl Reason {
    /// A reason whose sentences name the file, if it is about one.
    pub(crate) fn new(code: &'static str, file: Option<&str>, zh: impl Into<String>, en: impl Into<String>) -> Reason {
        let named = |sentence: String, colon: &str| match file {
            Some(file) if !sentence.contains(file) => format!("{file}{colon}{sentence}"),
            _ => sentence,
        };
        let (zh, en) = (named(zh.into(), ":"), named(en.into(), ": "));
        Reason { file: file.map(str::to_owned), place: String::new(), zh, en, code }
    }
}

impl From<&ReadError> for Reason {
    fn from(error: &ReadError) -> Reason {
        Reason {
            file: Some(error.file.clone()),
            place: error.place(),
            zh: error.zh(),
            en: error.en(),
            code: error.fault.code(),
        }
    }
}

/// How a batch speaks of pupils: all of them, or those that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// The source's whole current state (全量).
    Full,
    /// Only the rows changed since the source's last batch (变化).
    Changes,
}

/// A batch that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The source.
    pub source: String,
    /// The business day.
    pub day: Day,
    /// All pupils or those that changed.
    pub mode: Mode,
    /// Its parts: tables in the contract's order, the parts of one table in the order of their numbers.
    pub parts: Vec<Part>,
    /// What the source says of its batch. Digests are checked already; rows are to be checked after reading.
    pub manifest: Option<Manifest>,
}

impl Batch {
    /// How many rows the manifest promises of a file.
    pub fn promised_rows(&self, file: &str) -> Option<u64> {
        self.manifest.as_ref()?.files.get(file)?.rows
    }
}

/// A file, or one sheet of a workbook, that holds a table or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The table of the contract.
    #[serde(serialize_with = "table_name", deserialize_with = "named_table")]
    pub table: Table,
    /// The file within the batch.
    pub file: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What its name says it is.
    pub form: Form,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
}

impl Part {
    pub(crate) fn error(&self, trouble: Trouble) -> ReadError {
        ReadError { sheet: self.sheet.clone(), ..ReadError::in_file(&self.file, trouble) }
    }
}

fn table_name<S: Serializer>(table: &Table, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(table.name())
}

fn named_table<'de, D: Deserializer<'de>>(from: D) -> Result<Table, D::Error> {
    let name = String::deserialize(from)?;
    let known = Table::ALL.into_iter().find(|table| table.name() == name);
    known.ok_or_else(|| serde::de::Error::custom("no such table"))
}

/// What a file's name says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// `.csv`
    Csv,
    /// `.csv.gz`
    CsvGz,
    /// `.csv.zst`
    CsvZst,
    /// `.xlsx`
    Xlsx,
    /// `.xls`
    Xls,
    /// `.parquet`
    Parquet,
}

impl Form {
    /// Splits a file name into the stem that may name a table and the form.
    pub fn of(name: &str) -> Option<(&str, Form)> {
        const ENDINGS: [(&str, Form); 6] = [
            (".csv", Form::Csv),
            (".csv.gz", Form::CsvGz),
            (".csv.zst", Form::CsvZst),
            (".xlsx", Form::Xlsx),
            (".xls", Form::Xls),
            (".parquet", Form::Parquet),
        ];
        ENDINGS.into_iter().find_map(|(ending, form)| {
            let at = name.len().checked_sub(ending.len()).filter(|&at| 0 < at && name.is_char_boundary(at))?;
            let (stem, tail) = name.split_at(at);
            tail.eq_ignore_ascii_case(ending).then_some((stem, form))
        })
    }

    /// Whether it is a workbook, by its name.
    pub fn is_workbook(self) -> bool {
        matches!(self, Form::Xlsx | Form::Xls)
    }

    pub(crate) fn may_be(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Form::Csv, Kind::Text)
                | (Form::CsvGz, Kind::Gzip)
                | (Form::CsvZst, Kind::Zstd)
                | (Form::Xlsx, Kind::Zip)
                | (Form::Xls, Kind::Compound)
                | (Form::Parquet, Kind::Parquet)
        )
    }
}

/// The inbox itself can't be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into the inbox {}", path.display())]
pub struct InboxError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Looks at every batch up to a day, of one source or of all, in the order of days and then of sources.
pub fn look(root: &Path, day: Day, source: Option<&str>) -> Result<Vec<Found>, InboxError> {
    look_untaken(root, day, source, &Limits::default(), &|_, _| false)
}

/// Like [`look`], but leaves out batches that were taken already, before they are opened.
pub fn look_untaken(
    root: &Path,
    day: Day,
    source: Option<&str>,
    limits: &Limits,
    taken: &dyn Fn(&str, Day) -> bool,
) -> Result<Vec<Found>, InboxError> {
    let mut found = Vec::new();
    for (name, place) in entries(root)? {
        let Named::Fit(name) = name else {
            tracing::warn!(folder = %name, "left aside a folder of the inbox whose name is not text");
            continue;
        };
        if name.starts_with('.') || source.is_some_and(|source| source != name) {
            continue;
        }
        if !place.is_dir {
            tracing::info!(source = %name, "left aside {name} in the inbox: it is no folder");
            continue;
        }
        let mut promised = false;
        let mut days: Vec<(Day, Place)> = Vec::new();
        for (folder, place) in entries(&place.path)? {
            match folder.fit().and_then(day_named) {
                Some(of) if of <= day => days.push((of, place)),
                Some(_) => {}
                None if folder.fit().is_some_and(|folder| folder.starts_with('.')) => {}
                None => {
                    tracing::warn!(source = %name, folder = %folder, "left aside {folder} of {name}: it names no day")
                }
            }
        }
        days.sort_by_key(|(day, _)| *day);
        for (of, place) in days {
            let has_manifest = place.is_dir && fs_err::symlink_metadata(place.path.join(batch::MANIFEST)).is_ok();
            if !taken(&name, of) {
                let (state, notes) = if LONGEST_NAME < escaped_length(&name) {
                    let (zh, en) = ("来源的文件夹名过长,请缩短", "the source's folder has too long a name; shorten it");
                    (State::Refused(vec![Reason::new("long_name", None, zh, en)]), Vec::new())
                } else if place.is_dir {
                    batch::judge(&name, of, &place.path, promised, limits).unwrap_or_else(|error| {
                        let zh = format!("批次文件夹读不了({})", error.source.kind());
                        let en = format!("the batch folder cannot be read ({})", error.source.kind());
                        (State::Held(vec![Reason::new("system", None, zh, en)]), Vec::new())
                    })
                } else {
                    let zh = "批次不是文件夹(是链接或文件)";
                    (
                        State::Refused(vec![Reason::new(
                            "not_a_folder",
                            None,
                            zh,
                            "the batch is no folder but a link or a file",
                        )]),
                        Vec::new(),
                    )
                };
                found.push(Found { source: name.clone(), day: of, dir: place.path, state, notes });
            }
            promised |= has_manifest;
        }
    }
    found.sort_by(|one, other| (one.day, &one.source).cmp(&(other.day, &other.source)));
    Ok(found)
}

/// The longest name of a source, escaped: partitions of tables are folders of that name and a few words more.
const LONGEST_NAME: usize = 230;

/// How long a name is as a store writes it: every byte but plain letters and digits takes three.
pub(crate) fn escaped_length(name: &str) -> usize {
    name.bytes().map(|byte| if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) { 1 } else { 3 }).sum()
}

/// No office keeps batches of an earlier year; a folder named so was not meant as a day.
const FIRST_YEAR: i32 = 1949;

fn day_named(name: &str) -> Option<Day> {
    let shape = name.len() == 10
        && name
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if shape { name.parse().ok().filter(|day: &Day| FIRST_YEAR <= day.year()) } else { None }
}

/// A file name, or what can be shown of one that is not text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Fit(String),
    Unfit(String),
}

impl Named {
    fn fit(&self) -> Option<&str> {
        match self {
            Named::Fit(name) => Some(name),
            Named::Unfit(_) => None,
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Named::Fit(name) | Named::Unfit(name) => f.write_str(name),
        }
    }
}

#[derive(Debug, Clone)]
struct Place {
    path: PathBuf,
    is_dir: bool,
    is_file: bool,
}

/// The entries of a folder by name; links are not followed.
fn entries(dir: &Path) -> Result<Vec<(Named, Place)>, InboxError> {
    let fail = |source: io::Error| InboxError { path: dir.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs_err::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let name = match entry.file_name().into_string() {
            Ok(name) => Named::Fit(name),
            Err(name) => Named::Unfit(name.to_string_lossy().into_owned()),
        };
        entries.push((name, Place { path: entry.path(), is_dir: kind.is_dir(), is_file: kind.is_file() }));
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

#[cfg(test)]
mod tests;
