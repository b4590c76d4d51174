//! Is everything that was published still what it was? Every file of every run, by the digest in the manifest that added it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::Array;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    errors::ParquetError,
};
use serde::{Deserialize, Serialize};

use crate::{
    Warehouse,
    delta::Log,
    error::{Damaged, Error},
    manifest_path,
    run::Run,
    seal,
};

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Runs looked at.
    pub runs: usize,
    /// Files looked at.
    pub files: usize,
    /// What is wrong, one sentence each.
    pub faults: Vec<String>,
}

impl Verified {
    fn found(&mut self, fault: &dyn std::error::Error) {
        self.faults.push(told(fault));
    }
}

impl Warehouse {
    /// Looks at every file of every published run. A fault is an entry in the answer, not an error.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        let runs = self.verify_manifests(&mut verified).await?;
        let expected: BTreeMap<&str, &str> =
            runs.iter().flat_map(|run| &run.files).map(|(path, sha256)| (path.as_str(), sha256.as_str())).collect();
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for (&path, &sha256) in &expected {
            verified.files += 1;
            match self.digest_of(path).await {
                Ok(digest) => {
                    if digest != sha256 {
                        verified.found(&Damaged { path: path.to_owned() });
                    }
                    found.insert(path.to_owned(), digest);
                }
                Err(fault) => verified.faults.push(format!("{path}: {}", told(&fault))),
            }
        }
        self.verify_logs(&runs, &mut found, &mut verified).await?;
        if verified.faults.is_empty() {
            self.verify_newest(&runs, &expected, &mut verified).await?;
        }
        self.verify_records("snapshots", &mut verified).await?;
        self.verify_records("vault/readings", &mut verified).await?;
        Ok(verified)
    }

    /// Every manifest: there, as it was written, and after the one that it names.
    async fn verify_manifests(&self, verified: &mut Verified) -> Result<Vec<Run>, Error> {
        let numbers = self.run_numbers().await?;
        let mut runs = Vec::with_capacity(numbers.len());
        let mut before = None;
        for number in 1..=numbers.last().copied().unwrap_or_default() {
            let path = manifest_path(number);
            if !numbers.contains(&number) {
                verified.faults.push(format!("{path}: the manifest of run {number} is gone"));
                before = None;
                continue;
            }
            verified.runs += 1;
            match self.read_manifest(number).await {
                Ok(run) => {
                    if before.is_some() && run.previous != before {
                        verified.faults.push(format!("{path}: it follows another run {} than is there", number - 1));
                    }
                    runs.push(run);
                }
                Err(fault) => verified.found(&fault),
            }
            before = self.digest_of(path.as_ref()).await.ok();
        }
        Ok(runs)
    }

    /// The log of every published version of every table, and what it says of its checkpoints.
    async fn verify_logs(
        &self,
        runs: &[Run],
        found: &mut BTreeMap<String, String>,
        verified: &mut Verified,
    ) -> Result<(), Error> {
        let mut seen: BTreeSet<(&str, u64)> = BTreeSet::new();
        let mut damaged: BTreeSet<&str> = BTreeSet::new();
        for run in runs {
            for published in run.tables.values() {
                let folder = published.folder.as_str();
                if damaged.contains(folder) || !seen.insert((folder, published.version)) {
                    continue;
                }
                let log = Log::of(self.place(), folder, published.version, found).await;
                if log.as_ref().is_ok_and(|log| log.digest() == published.log) {
                    continue;
                }
                damaged.insert(folder);
                let place = format!("{folder}/_delta_log");
                if !verified.faults.iter().any(|fault| fault.starts_with(&place)) {
                    verified.faults.push(format!("{place}: run {} was published with another log", run.run_id));
                }
            }
        }
        let folders: BTreeSet<&str> = seen.into_iter().map(|(folder, _)| folder).collect();
        for folder in folders {
            let path = Path::from(format!("{folder}/_delta_log/_last_checkpoint"));
            match self.place().root.get(&path).await {
                Ok(object) => {
                    let bytes = object.bytes().await?;
                    if !self.tells_the_checkpoint(folder, &bytes).await {
                        verified.found(&Damaged { path: path.to_string() });
                    }
                }
                Err(object_store::Error::NotFound { .. }) => {}
                Err(fault) => verified.faults.push(format!("{path}: {}", told(&fault))),
            }
        }
        Ok(())
    }

    /// Whether `_last_checkpoint` says of a checkpoint what that is. No manifest can know it: a night that was killed may have written it.
    async fn tells_the_checkpoint(&self, folder: &str, bytes: &[u8]) -> bool {
        let Ok(last) = serde_json::from_slice::<LastCheckpoint>(bytes) else { return false };
        let path = Path::from(format!("{folder}/_delta_log/{:020}.checkpoint.parquet", last.version));
        let Ok(checkpoint) = self.place().root.get(&path).await else { return false };
        let Ok(checkpoint) = checkpoint.bytes().await else { return false };
        let size_in_bytes = checkpoint.len() as u64;
        let Ok((size, num_of_add_files)) = actions_in(checkpoint) else { return false };
        let written = LastCheckpoint { version: last.version, size, size_in_bytes, num_of_add_files };
        serde_json::to_string(&written).is_ok_and(|written| format!("{written}\n").as_bytes() == bytes)
    }

    /// The live files of the newest run: each is one that a manifest knows.
    async fn verify_newest(
        &self,
        runs: &[Run],
        expected: &BTreeMap<&str, &str>,
        verified: &mut Verified,
    ) -> Result<(), Error> {
        for published in runs.last().iter().flat_map(|run| run.tables.values()) {
            for file in self.contents(published).await?.files {
                if expected.get(file.path.as_str()) != Some(&file.sha256.as_str()) {
                    verified.faults.push(format!("{}: no manifest tells its digest", file.path));
                }
            }
        }
        Ok(())
    }

    /// Records that stand by themselves and carry their own digest.
    async fn verify_records(&self, folder: &str, verified: &mut Verified) -> Result<(), Error> {
        let listed: Vec<_> = self.place().root.list(Some(&Path::from(folder))).try_collect().await?;
        for object in listed {
            verified.files += 1;
            let bytes = match self.place().root.get(&object.location).await {
                Ok(object) => object.bytes().await?,
                Err(fault) => {
                    verified.faults.push(format!("{}: {}", object.location, told(&fault)));
                    continue;
                }
            };
            if let Err(fault) = seal::unsealed::<serde_json::Value>(&object.location, &bytes) {
                verified.found(&fault);
            }
        }
        Ok(())
    }

    /// SHA-256 of an object below the root, in hexadecimal.
    pub async fn digest_of(&self, path: &str) -> Result<String, Error> {
        let path = Path::parse(path).map_err(object_store::Error::from)?;
        Ok(seal::digest(&*self.place().root, &path).await?)
    }
}

/// What `_last_checkpoint` says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LastCheckpoint {
    version: u64,
    size: u64,
    size_in_bytes: u64,
    num_of_add_files: u64,
}

/// How many actions a checkpoint holds, and how many of them add a file.
fn actions_in(checkpoint: Bytes) -> Result<(u64, u64), ParquetError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(checkpoint)?;
    let only_added = ProjectionMask::columns(reader.parquet_schema(), ["add"]);
    let (mut all, mut added) = (0, 0);
    for rows in reader.with_projection(only_added).build()? {
        let rows = rows?;
        all += rows.num_rows() as u64;
        added += rows.columns().iter().map(|add| (add.len() - add.null_count()) as u64).sum::<u64>();
    }
    Ok((all, added))
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

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use arrow::{
        array::{Int64Array, RecordBatch},
        datatypes::{DataType, Field, Schema},
    };
    use chrono::DateTime;

    use crate::{
        Warehouse,
        delta::TableSpec,
        draft::{Draft, LetGo},
    };

    /// A table with enough versions for its log to have a checkpoint.
    async fn checkpointed(folder: &std::path::Path) -> Warehouse {
        let warehouse = Warehouse::at(&folder.display().to_string()).unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("number", DataType::Int64, false)]));
        let spec = TableSpec {
            name: "numbers".to_owned(),
            folder: "numbers".to_owned(),
            schema: schema.clone(),
            partition: Vec::new(),
        };
        let now = DateTime::from_timestamp(1_383_177_600, 0).unwrap();
        let mut draft = Draft::begin(&warehouse, "2013-10-31".parse().unwrap(), now).await.unwrap();
        for number in 0..12 {
            let mut writer = draft.writer(&spec).await.unwrap();
            let rows = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(vec![number]))]).unwrap();
            writer.write(rows).await.unwrap();
            let files = writer.finish().await.unwrap();
            draft.commit(&spec, files, &LetGo::Nothing).await.unwrap();
        }
        draft.publish(now).await.unwrap();
        warehouse
    }

    async fn sum(folder: &std::path::Path) -> Result<i64, crate::Error> {
        let warehouse = Warehouse::at(&folder.display().to_string())?;
        let run = warehouse.run(1).await?;
        let contents = warehouse.contents(&run.tables["numbers"]).await?;
        let mut sum = 0;
        for file in &contents.files {
            for rows in warehouse.read_file(&contents, file, &["number"]).await? {
                let numbers = rows.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
                sum += numbers.values().iter().sum::<i64>();
            }
        }
        Ok(sum)
    }

    // FAULT: F5
    #[tokio::test]
    async fn a_damaged_checkpoint_is_named_and_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = checkpointed(folder.path()).await;
        let log = folder.path().join("numbers/_delta_log");
        let checkpoint = log.join(format!("{:020}.checkpoint.parquet", 9));
        assert!(checkpoint.is_file(), "there is no checkpoint");
        assert_eq!(warehouse.verify().await.unwrap().faults, [""; 0]);
        assert_eq!(sum(folder.path()).await.unwrap(), 66);
        let victims: [PathBuf; 4] = [
            checkpoint,
            log.join("_last_checkpoint"),
            log.join(format!("{:020}.json", 7)),
            log.join(format!("{:020}.json", 12)),
        ];
        for victim in victims {
            let kept = std::fs::read(&victim).unwrap();
            let name = victim.file_name().unwrap().to_string_lossy().into_owned();
            let steps = if kept.len() < 200 { kept.len() } else { 12 };
            for step in 0..steps {
                for tear in [false, true] {
                    let at = step * kept.len() / steps;
                    let mut bytes = kept.clone();
                    if tear {
                        bytes.truncate(at)
                    } else {
                        bytes[at] ^= 1 << (step % 8)
                    }
                    std::fs::write(&victim, bytes).unwrap();
                    let faults =
                        Warehouse::at(&folder.path().display().to_string()).unwrap().verify().await.unwrap().faults;
                    assert!(
                        faults.iter().any(|fault| fault.contains(&name)),
                        "{name}, byte {at}, torn {tear}: {faults:?}"
                    );
                    if let Ok(seen) = sum(folder.path()).await {
                        assert_eq!(seen, 66, "{name}, byte {at}, torn {tear}");
                    }
                }
            }
            std::fs::write(&victim, kept).unwrap();
        }
        assert_eq!(warehouse.verify().await.unwrap().faults, [""; 0]);
    }
}
