//! Rules of the house, about the repository itself.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in [
        "domain",
        "registry",
        "papers",
        "forms",
        "warehouse",
        "pipeline",
        "queries",
        "reports",
        "schedules",
        "sample",
        "src",
        "tests",
        "benches",
        "fuzz/src",
        "fuzz/targets",
    ] {
        walk(&root().join(room), &mut found);
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Who may use whom; `docs/ARCHITECTURE.md` has the reasons.
#[test]
fn no_arrow_points_backwards() {
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &[]),
        ("registry", &["domain"]),
        ("papers", &["domain"]),
        ("forms", &["domain"]),
        ("warehouse", &["domain"]),
        ("pipeline", &["domain", "warehouse"]),
        ("queries", &["domain", "warehouse"]),
        ("reports", &["domain", "queries"]),
        ("sample", &["domain", "registry"]),
        ("schedules", &["domain", "pipeline", "queries", "warehouse"]),
    ];
    for (room, may_use) in allowed {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let used = manifest.split("[dev-dependencies]").next().unwrap();
        for (other, _) in allowed {
            let uses = used.lines().any(|line| line.starts_with(&format!("{other}.workspace")));
            assert!(!uses || may_use.contains(other), "{room} must not use {other}");
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for path in sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!") || text.starts_with("#!["), "{} has no opening paragraph", path.display());
    }
}

#[test]
fn no_file_needs_a_map_and_no_room_is_about_nothing() {
    for path in sources() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 700, "{} has {lines} lines", path.display());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!["utils", "util", "common", "helpers", "misc", "mod"].contains(&name.as_str()), "{}", path.display());
    }
}

/// Facts are copied into `data/` with their source; nothing reaches outside the repository.
#[test]
fn nothing_reaches_outside_the_repository() {
    for path in sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        for forbidden in ["/work/", "../shared"] {
            let here = path.ends_with("tests/it/tidy.rs");
            assert!(here || !text.contains(forbidden), "{} names {forbidden}", path.display());
        }
    }
}

/// The dictionary in `docs/` is the one that the declarations give.
#[test]
fn the_dictionary_is_up_to_date() {
    let written = std::fs::read_to_string(root().join("docs/dictionary.md")).unwrap();
    assert!(written == queries::dictionary::markdown().unwrap(), "run `cargo run -- docs --out docs/dictionary.md`");
}
