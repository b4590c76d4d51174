//! Is everything that was published still what it was? Every data file of every run, by the digest in the manifest that added it.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};

use crate::{Warehouse, error::Error};

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Runs looked at.
    pub runs: usize,
    /// Data files looked at.
    pub files: usize,
    /// What is wrong, one sentence each.
    pub faults: Vec<String>,
}

impl Warehouse {
    /// Looks at every file of every published run. A fault is an entry in the answer, not an error.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        let mut digests: BTreeMap<String, String> = BTreeMap::new();
        let mut checked: BTreeSet<String> = BTreeSet::new();
        let mut seen: BTreeSet<(String, u64)> = BTreeSet::new();
        for number in self.run_numbers().await? {
            verified.runs += 1;
            let run = match self.read_manifest(number).await {
                Ok(run) => run,
                Err(fault) => {
                    verified.faults.push(format!("run {number}: {}", told(&fault)));
                    continue;
                }
            };
            digests.extend(run.files.clone());
            for (name, published) in &run.tables {
                if !seen.insert((published.folder.clone(), published.version)) {
                    continue;
                }
                let contents = match self.contents(published).await {
                    Ok(contents) => contents,
                    Err(fault) => {
                        verified.faults.push(format!("run {number}, table {name}: {}", told(&fault)));
                        continue;
                    }
                };
                for file in contents.files {
                    if !checked.insert(file.path.clone()) {
                        continue;
                    }
                    verified.files += 1;
                    let expected = digests.get(&file.path);
                    match (self.digest_of(&file.path).await, expected) {
                        (Err(fault), _) => verified.faults.push(format!("{}: {}", file.path, told(&fault))),
                        (Ok(_), None) => verified.faults.push(format!("{}: no manifest tells its digest", file.path)),
                        (Ok(found), Some(expected)) if found != *expected => {
                            verified.faults.push(format!("{}: its bytes are not those that were written", file.path));
                        }
                        (Ok(_), Some(_)) => {}
                    }
                }
            }
        }
        Ok(verified)
    }

    /// SHA-256 of an object below the root, in hexadecimal.
    pub async fn digest_of(&self, path: &str) -> Result<String, Error> {
        let mut stream =
            self.place().root.get(&Path::parse(path).map_err(object_store::Error::from)?).await?.into_stream();
        let mut hasher = Sha256::new();
        while let Some(bytes) = stream.try_next().await? {
            hasher.update(&bytes);
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
