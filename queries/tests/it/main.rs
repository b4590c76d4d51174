//! Figures over tiny worlds: every `<purpose>/<name>.slt` beside the models is built, tested and asked.

mod engine;
mod provider;
mod warehouse_runs;
mod world;

use std::path::{Path, PathBuf};

/// Every world file beside the models.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for purpose in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        found.extend(
            std::fs::read_dir(&purpose)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "slt")),
        );
    }
    found.sort();
    found
}

// REQ: WH-03 WH-04 WH-05 WH-06 WH-07 WH-08 FEE-01 FEE-02 CLS-01 CLS-02 ORG-01 ORG-02 IDN-05
#[tokio::test]
async fn figures_are_what_the_worlds_say() {
    let files = files();
    assert!(files.len() >= 8, "world files are missing: {files:?}");
    let mut wrong = Vec::new();
    for file in files {
        wrong.extend(world::run(&file).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
