//! `manifest.json`: what a source says of its own batch.

use std::{collections::BTreeMap, io::Read, path::Path};

use serde_json::Value;

use super::Mode;
use crate::read::Fault;

/// A manifest as far as we rely on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// 全量 or 变化, if it says so.
    pub mode: Option<Mode>,
    /// What is promised of each file, by its name in the batch.
    pub files: BTreeMap<String, Promise>,
}

/// What a manifest promises of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Promise {
    /// Data rows.
    pub rows: Option<u64>,
    /// SHA-256 of the file as delivered, in hexadecimal and lower case.
    pub sha256: Option<String>,
}

/// What can't be understood of a manifest, in Chinese and English.
type Unclear = (&'static str, &'static str);

/// No manifest is larger, in bytes.
const MOST_BYTES: u64 = 4 << 20;

impl Manifest {
    /// Reads a manifest: an object with `mode` and `files`, the latter by name or as a list.
    ///
    /// The error says in Chinese and English what can't be understood.
    pub(super) fn read(path: &Path) -> Result<Result<Manifest, Unclear>, Fault> {
        let source = crate::read::source::Source::open(path)?;
        let mut text = Vec::new();
        source.rewound()?.take(MOST_BYTES).read_to_end(&mut text)?;
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let Ok(value) = serde_json::from_slice::<Value>(text) else {
            return Ok(Err(("不是完整的 JSON", "is not whole JSON")));
        };
        Ok(Manifest::understand(&value))
    }

    fn understand(value: &Value) -> Result<Manifest, Unclear> {
        let Value::Object(value) = value else { return Err(("不是一个对象", "is no object")) };
        let mode = match value.get("mode") {
            None | Some(Value::Null) => None,
            Some(mode) => match mode.as_str().map(str::trim) {
                Some("full") => Some(Mode::Full),
                Some("changes") => Some(Mode::Changes),
                _ => return Err(("mode 只能是 full 或 changes", "has a mode other than full or changes")),
            },
        };
        let mut files = BTreeMap::new();
        match value.get("files") {
            None | Some(Value::Null) => {}
            Some(Value::Object(named)) => {
                for (name, promise) in named {
                    files.insert(name.clone(), Promise::understand(promise)?);
                }
            }
            Some(Value::Array(list)) => {
                for entry in list {
                    let name = entry.as_str().or_else(|| {
                        ["name", "file", "path"].iter().find_map(|key| entry.get(key).and_then(Value::as_str))
                    });
                    let Some(name) = name else {
                        return Err(("files 中有一项没有文件名", "lists a file without a name"));
                    };
                    let promise = if entry.is_string() { Promise::default() } else { Promise::understand(entry)? };
                    files.insert(name.to_owned(), promise);
                }
            }
            Some(_) => return Err(("files 应是对象或列表", "has files that are neither an object nor a list")),
        }
        Ok(Manifest { mode, files })
    }
}

impl Promise {
    /// A promise that can't be understood is not one that may be left aside.
    fn understand(value: &Value) -> Result<Promise, Unclear> {
        let unclear =
            ("rows 应是行数,sha256 应是文字", "has rows that are no number of rows, or a sha256 that is no text");
        let (rows, sha256) = match value {
            Value::Null => (None, None),
            Value::Number(_) => (Some(value), None),
            Value::Object(said) => (said.get("rows"), said.get("sha256")),
            _ => return Err(unclear),
        };
        let rows = match rows.filter(|rows| !rows.is_null()) {
            Some(rows) => Some(rows.as_u64().ok_or(unclear)?),
            None => None,
        };
        let sha256 = match sha256.filter(|sha256| !sha256.is_null()) {
            Some(sha256) => Some(sha256.as_str().ok_or(unclear)?.trim().to_lowercase()),
            None => None,
        };
        Ok(Promise { rows, sha256: sha256.filter(|text| !text.is_empty()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_key_or_in_a_list() {
        let by_key = serde_json::json!({"mode": "changes", "files": {"students.csv": {"rows": 3, "sha256": "AB"}}});
        let listed =
            serde_json::json!({"mode": "changes", "files": [{"name": "students.csv", "rows": 3, "sha256": "ab"}]});
        let expected = Manifest {
            mode: Some(Mode::Changes),
            files: [("students.csv".into(), Promise { rows: Some(3), sha256: Some("ab".into()) })].into(),
        };
        assert_eq!(Manifest::understand(&by_key), Ok(expected.clone()));
        assert_eq!(Manifest::understand(&listed), Ok(expected));
    }

    #[test]
    fn what_cannot_be_understood_is_not_left_aside() {
        for unclear in [
            serde_json::json!({"mode": "partly"}),
            serde_json::json!({"mode": 1}),
            serde_json::json!(42),
            serde_json::json!(["students.csv"]),
            serde_json::json!({"files": "students.csv"}),
            serde_json::json!({"files": {"students.csv": "3"}}),
            serde_json::json!({"files": {"students.csv": {"rows": "3"}}}),
            serde_json::json!({"files": {"students.csv": {"rows": -3}}}),
            serde_json::json!({"files": {"students.csv": {"sha256": 3}}}),
            serde_json::json!({"files": [{"rows": 3}]}),
        ] {
            assert!(Manifest::understand(&unclear).is_err(), "{unclear}");
        }
        for clear in [serde_json::json!({}), serde_json::json!({"files": {"students.csv": null}, "mode": null})] {
            assert!(Manifest::understand(&clear).is_ok(), "{clear}");
        }
    }
}
