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

/// No manifest is larger, in bytes.
const MOST_BYTES: u64 = 4 << 20;

impl Manifest {
    /// Reads a manifest: an object with `mode` and `files`, the latter by name or as a list.
    ///
    /// The error says in Chinese and English what can't be understood.
    pub(super) fn read(path: &Path) -> Result<Result<Manifest, (&'static str, &'static str)>, Fault> {
        let source = crate::read::source::Source::open(path)?;
        let mut text = Vec::new();
        source.rewound()?.take(MOST_BYTES).read_to_end(&mut text)?;
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let Ok(value) = serde_json::from_slice::<Value>(text) else {
            return Ok(Err(("不是完整的 JSON", "is not whole JSON")));
        };
        Ok(Manifest::understand(&value))
    }

    fn understand(value: &Value) -> Result<Manifest, (&'static str, &'static str)> {
        let mode = match value.get("mode").and_then(Value::as_str).map(str::trim) {
            None => None,
            Some("full") => Some(Mode::Full),
            Some("changes") => Some(Mode::Changes),
            Some(_) => return Err(("mode 只能是 full 或 changes", "has a mode other than full or changes")),
        };
        let mut files = BTreeMap::new();
        match value.get("files") {
            Some(Value::Object(named)) => {
                files.extend(named.iter().map(|(name, promise)| (name.clone(), Promise::understand(promise))));
            }
            Some(Value::Array(list)) => {
                for entry in list {
                    let name = entry.as_str().or_else(|| {
                        ["name", "file", "path"].iter().find_map(|key| entry.get(key).and_then(Value::as_str))
                    });
                    let Some(name) = name else {
                        return Err(("files 中有一项没有文件名", "lists a file without a name"));
                    };
                    files.insert(name.to_owned(), Promise::understand(entry));
                }
            }
            _ => {}
        }
        Ok(Manifest { mode, files })
    }
}

impl Promise {
    fn understand(value: &Value) -> Promise {
        let rows = value.as_u64().or_else(|| value.get("rows").and_then(Value::as_u64));
        let sha256 = value.get("sha256").and_then(Value::as_str).map(|text| text.trim().to_lowercase());
        Promise { rows, sha256: sha256.filter(|text| !text.is_empty()) }
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
        assert!(Manifest::understand(&serde_json::json!({"mode": "partly"})).is_err());
    }
}
