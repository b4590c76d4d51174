//! Named snapshots (WH-03): a name for a day as it was known at a run. Statutory counts are frozen by name and never move again.

use domain::calendar::Day;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};
use serde::{Deserialize, Serialize};

use crate::{Warehouse, error::Error, seal};

/// A name for (day, as known at a run).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The name, such as `october_statistics-2013`.
    pub name: String,
    /// The day that is counted.
    pub as_of: Day,
    /// The run whose knowledge counts.
    pub run_id: u64,
    /// What the name rests on.
    pub article: String,
}

impl Warehouse {
    /// Gives a name; returns what the name stands for, which is another snapshot if the name was given before.
    pub async fn name_snapshot(&self, snapshot: &Snapshot) -> Result<Snapshot, Error> {
        let path = Path::from_iter(["snapshots", &format!("{}.json", snapshot.name)]);
        let text = seal::sealed(snapshot).map_err(|source| Error::Manifest { path: path.to_string(), source })?;
        let create = PutOptions { mode: PutMode::Create, ..Default::default() };
        match self.place().root.put_opts(&path, PutPayload::from(text), create).await {
            Ok(_) => Ok(snapshot.clone()),
            Err(object_store::Error::AlreadyExists { .. }) => self.read_snapshot(&path).await,
            Err(other) => Err(other.into()),
        }
    }

    /// Every named snapshot, by name.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        let listed: Vec<_> = self.place().root.list(Some(&Path::from("snapshots"))).try_collect().await?;
        let mut snapshots = Vec::new();
        for object in listed.iter().filter(|object| object.location.as_ref().ends_with(".json")) {
            snapshots.push(self.read_snapshot(&object.location).await?);
        }
        snapshots.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(snapshots)
    }

    async fn read_snapshot(&self, path: &Path) -> Result<Snapshot, Error> {
        let bytes = self.place().root.get(path).await?.bytes().await?;
        seal::unsealed(path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ: WH-03
    #[tokio::test]
    async fn a_name_once_given_stands() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::at(&folder.path().display().to_string()).unwrap();
        let october = |run_id| Snapshot {
            name: "october-2013".to_owned(),
            as_of: "2013-10-31".parse().unwrap(),
            run_id,
            article: "A-notice 3".to_owned(),
        };
        assert_eq!(warehouse.name_snapshot(&october(8)).await.unwrap().run_id, 8);
        assert_eq!(warehouse.name_snapshot(&october(9)).await.unwrap().run_id, 8, "a frozen name does not move");
        assert_eq!(warehouse.snapshots().await.unwrap(), [october(8)]);
    }
}
