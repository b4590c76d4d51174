//! One batch folder: its files sorted into tables, and the reasons against taking it.

use std::{collections::BTreeMap, path::Path};

use domain::{
    calendar::Day,
    contract::Table,
    contract_names::{named, table_named},
};

use super::{Batch, Form, InboxError, Manifest, Mode, Named, Part, Place, Reason, State, entries};
use crate::read::{Limits, ReadError, sha256_of, sheets};

/// The manifest's file name.
pub(super) const MANIFEST: &str = "manifest.json";

/// What is said for and against a batch while it is looked through.
#[derive(Debug, Default)]
struct Case {
    held: Vec<Reason>,
    refused: Vec<Reason>,
    notes: Vec<Reason>,
}

impl Case {
    fn file(&mut self, error: &ReadError) {
        if error.refuses() { self.refused.push(error.into()) } else { self.held.push(error.into()) }
    }
}

/// A part with what decides whether it may stand beside others of its table.
#[derive(Debug)]
struct Candidate {
    part: Part,
    /// File or sheet name without the number of a piece.
    stem: String,
    piece: Option<u32>,
}

/// Judges one batch folder. `promised` tells that an earlier batch of the source had a manifest.
pub(super) fn judge(
    source: &str,
    day: Day,
    dir: &Path,
    promised: bool,
    limits: &Limits,
) -> Result<(State, Vec<Reason>), InboxError> {
    let mut case = Case::default();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut manifest = None;
    for (name, place) in entries(dir)? {
        let Named::Fit(name) = name else {
            case.refused.push(Reason::new(
                "bad_name",
                Some(&name.to_string()),
                "文件名不是有效文字",
                "the file's name is not text",
            ));
            continue;
        };
        if !plain(&name, &place, &mut case) {
            continue;
        }
        if name == MANIFEST {
            match Manifest::read(&place.path) {
                Ok(Ok(read)) => manifest = Some(read),
                Ok(Err((zh, en))) => {
                    let (zh, en) = (format!("{MANIFEST} {zh}"), format!("{MANIFEST} {en}"));
                    case.held.push(Reason::new("manifest_unreadable", Some(MANIFEST), zh, en));
                }
                Err(fault) => case.file(&ReadError::of_file(MANIFEST, fault)),
            }
            continue;
        }
        candidates.extend(sort(&name, &place, limits, &mut case));
    }

    match &manifest {
        Some(manifest) => compare(manifest, dir, &candidates, &mut case),
        None if promised && case.held.iter().all(|reason| reason.file.as_deref() != Some(MANIFEST)) => {
            let en = "earlier batches of this source had a manifest.json, this one has none";
            case.held.push(Reason::new(
                "manifest_missing",
                Some(MANIFEST),
                "该来源以往都有 manifest.json,这一批没有",
                en,
            ));
        }
        None => {}
    }
    let parts = settle(candidates, &mut case);
    for table in Table::CORE {
        if parts.iter().all(|part| part.table != table) {
            let zh = format!("缺少{}表 ({})", table.chinese(), table.name());
            case.held.push(Reason::new("missing_table", None, zh, format!("table {table} is missing")));
        }
    }

    let Case { held, refused, notes } = case;
    let state = if !refused.is_empty() {
        State::Refused(refused)
    } else if !held.is_empty() {
        State::Held(held)
    } else {
        let mode = manifest.as_ref().and_then(|manifest| manifest.mode).unwrap_or(Mode::Full);
        State::Ready(Batch { source: source.into(), day, mode, parts, manifest })
    };
    Ok((state, notes))
}

/// Whether an entry is a file to look at; what is wrong with one that isn't is said.
fn plain(name: &str, place: &Place, case: &mut Case) -> bool {
    let lower = name.to_lowercase();
    if place.is_file && (lower.ends_with(".part") || lower.ends_with(".tmp") || name.starts_with("~$")) {
        let (zh, en) = ("仍在写入或正被打开", "it is still being written or is open");
        case.held.push(Reason::new("still_written", Some(name), zh, en));
        return false;
    }
    if name.starts_with('.') && (place.is_file || place.is_dir) {
        return false;
    }
    if place.is_file {
        return true;
    }
    let known = Form::of(name).is_some() || name == MANIFEST;
    if place.is_dir && !known {
        case.notes.push(Reason::new(
            "unknown_file",
            Some(name),
            "不认识的文件夹,未读取",
            "an unknown folder was left aside",
        ));
    } else {
        let en = "it is not a plain file but a link, a pipe, a device or a folder";
        case.refused.push(Reason::new("not_a_file", Some(name), "不是普通文件(是链接、管道、设备或文件夹)", en));
    }
    false
}

/// The tables that a file holds.
fn sort(name: &str, place: &Place, limits: &Limits, case: &mut Case) -> Vec<Candidate> {
    let unknown = || Reason::new("unknown_file", Some(name), "不认识的文件,未读取", "an unknown file was left aside");
    let Some((stem, form)) = Form::of(name) else {
        case.notes.push(unknown());
        return Vec::new();
    };
    let candidate = |table: Table, stem: &str, sheet: Option<String>| {
        let part = Part { table, file: name.to_owned(), path: place.path.clone(), form, sheet };
        Candidate { part, stem: stem_of(stem), piece: named(stem).and_then(|named| named.part) }
    };
    let own = table_named(stem);
    if !form.is_workbook() {
        if own.is_none() {
            case.notes.push(unknown());
        }
        return own.map(|table| candidate(table, stem, None)).into_iter().collect();
    }
    let sheets = match sheets(&place.path, name, limits) {
        Ok(sheets) => sheets,
        Err(error) => {
            case.file(&error);
            return Vec::new();
        }
    };
    for sheet in sheets.iter().filter(|sheet| sheet.hidden && sheet.filled) {
        let (zh, en) = (
            format!("隐藏的工作表“{}”未读取", sheet.name),
            format!("the hidden sheet `{}` was left aside", sheet.name),
        );
        case.notes.push(Reason::new("hidden_sheet", Some(name), zh, en));
    }
    let seen: Vec<_> = sheets.iter().filter(|sheet| !sheet.hidden && sheet.filled).collect();
    let by_sheet: Vec<Candidate> = seen
        .iter()
        .filter_map(|sheet| Some(candidate(table_named(&sheet.name)?, &sheet.name, Some(sheet.name.clone()))))
        .collect();
    match own {
        // A workbook named after a table is that table, unless its sheets are named after tables.
        Some(table) if by_sheet.is_empty() => {
            let sheet = if let [only] = seen.as_slice() { Some(only.name.clone()) } else { None };
            vec![candidate(table, stem, sheet)]
        }
        None if by_sheet.is_empty() => {
            case.notes.push(unknown());
            Vec::new()
        }
        _ => {
            for sheet in seen.iter().filter(|sheet| table_named(&sheet.name).is_none()) {
                let zh = format!("工作表“{}”不是约定的表,未读取", sheet.name);
                let en = format!("the sheet `{}` names no table and was left aside", sheet.name);
                case.notes.push(Reason::new("unknown_sheet", Some(name), zh, en));
            }
            by_sheet
        }
    }
}

/// A name without the number of a piece: pieces of one table have it in common.
fn stem_of(name: &str) -> String {
    name.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, ')' | '）')).to_lowercase()
}

/// Puts the parts in order; two files for one table that are no pieces of it refuse the batch.
fn settle(candidates: Vec<Candidate>, case: &mut Case) -> Vec<Part> {
    let mut by_table: BTreeMap<Table, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        by_table.entry(candidate.part.table).or_default().push(candidate);
    }
    let mut parts = Vec::new();
    for (table, mut pieces) in by_table {
        pieces.sort_by(|one, other| (one.piece, &one.part.file).cmp(&(other.piece, &other.part.file)));
        let alike = pieces.windows(2).all(|pair| match pair {
            [one, other] => {
                one.stem == other.stem
                    && one.part.form == other.part.form
                    && one.piece.is_some()
                    && other.piece.is_some()
                    && one.piece != other.piece
            }
            _ => true,
        });
        if !alike {
            let names: Vec<String> = pieces.iter().map(|piece| piece.part.shown()).collect();
            let zh = format!("{}表有不止一个文件:{}", table.chinese(), names.join("、"));
            let en = format!("table {table} comes in more than one file: {}", names.join(", "));
            let file = pieces.first().map(|piece| piece.part.file.clone());
            case.refused.push(Reason::new("ambiguous_files", file.as_deref(), zh, en));
        } else if let Some(number) = missing_piece(&pieces) {
            let zh = format!("{}表缺少第 {number} 部分", table.chinese());
            let en = format!("piece {number} of table {table} is missing");
            let file = pieces.first().map(|piece| piece.part.file.clone());
            case.held.push(Reason::new("missing_piece", file.as_deref(), zh, en));
        }
        parts.extend(pieces.into_iter().map(|piece| piece.part));
    }
    parts
}

/// Numbers from here on are years or days, not counts of pieces.
const COUNTED: u32 = 1000;

/// The first number that a table's pieces, in their order, leave out. Counting begins with 0 or 1.
fn missing_piece(pieces: &[Candidate]) -> Option<u32> {
    let mut due = None;
    for number in pieces.iter().filter_map(|piece| piece.piece) {
        if COUNTED <= number {
            return None;
        }
        let next = due.unwrap_or(number.min(1));
        if next < number {
            return Some(next);
        }
        due = Some(number + 1);
    }
    None
}

impl Part {
    fn shown(&self) -> String {
        self.sheet.as_ref().map_or_else(|| self.file.clone(), |sheet| format!("{}[{sheet}]", self.file))
    }
}

/// Holds the batch against its manifest: names, presence and digests.
fn compare(manifest: &Manifest, dir: &Path, candidates: &[Candidate], case: &mut Case) {
    for (name, promise) in &manifest.files {
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name == "." || name == ".." {
            let en = "the manifest names a file outside the batch";
            case.refused.push(Reason::new("outside_path", Some(name), "manifest.json 列出了批次之外的路径", en));
            continue;
        }
        let path = dir.join(name);
        if fs_err::symlink_metadata(&path).is_err() {
            let en = "the manifest lists it, but it is not there";
            case.held.push(Reason::new("manifest_differs", Some(name), "manifest.json 列出了它,但文件不在", en));
            continue;
        }
        let Some(promised) = &promise.sha256 else { continue };
        match sha256_of(&path) {
            Ok(sha256) if sha256 == *promised => {}
            Ok(_) => {
                let en = "its SHA-256 is not the one in the manifest";
                case.held.push(Reason::new("manifest_differs", Some(name), "摘要 (SHA-256) 与 manifest.json 不符", en));
            }
            // A link or a pipe has been refused already, when it was met.
            Err(fault) => case.file(&ReadError::of_file(name, fault)),
        }
    }
    if manifest.files.is_empty() {
        return;
    }
    let mut unlisted: Vec<&str> = candidates.iter().map(|candidate| candidate.part.file.as_str()).collect();
    unlisted.dedup();
    for name in unlisted.into_iter().filter(|name| !manifest.files.contains_key(*name)) {
        let en = "the manifest does not list it";
        case.held.push(Reason::new("manifest_differs", Some(name), "manifest.json 没有列出这个文件", en));
    }
}
