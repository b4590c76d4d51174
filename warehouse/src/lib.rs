//! Tables that outlive us: Delta tables on any object store, published together as numbered runs.
//!
//! ```text
//! <root>/<table>/            Delta table; personal ones lie under vault/
//! <root>/runs/<n>.json       manifest of run n: the version of every table; written last, with create-if-absent
//! <root>/snapshots/          names for a day as known at a run
//! <root>/vault/landing/      the kept copy of every file that came in
//! ```
//!
//! A run commits its tables one by one and then publishes one numbered manifest that names the version of each. Readers open the
//! versions of one manifest and nothing else, so half a night is never seen, and going back is choosing an older run.

mod delta;
pub mod draft;
pub mod durable;
pub mod error;
pub mod lease;
mod probe;
pub mod read;
pub mod remote;
pub mod run;
pub mod seal;
pub mod snapshot;
pub mod store;
pub mod table;
pub mod verify;

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};

pub use crate::{delta::TableSpec, error::Error, run::Run};
use crate::{
    delta::{Log, Opened},
    error::Damaged,
    run::{Contents, Published},
    seal::{Sealed, Seals},
    store::{Access, Place},
};

/// A warehouse at its place.
#[derive(Debug, Clone)]
pub struct Warehouse {
    place: Place,
    seals: Arc<Seals>,
}

impl Warehouse {
    /// The warehouse at a location (a folder or a URL), which may still be empty.
    pub fn at(location: &str) -> Result<Warehouse, Error> {
        Self::reached(location, &Access::default())
    }

    /// The warehouse at a location that may lie at the other end of a network.
    pub fn reached(location: &str, access: &Access) -> Result<Warehouse, Error> {
        Ok(Warehouse { place: Place::at(location, access)?, seals: Arc::default() })
    }

    /// The warehouse at a location where at least one run was published.
    pub async fn open(location: &str, access: &Access) -> Result<Warehouse, Error> {
        let warehouse = Self::reached(location, access)?;
        match warehouse.latest().await? {
            Some(_) => Ok(warehouse),
            None => Err(Error::Empty { location: location.to_owned() }),
        }
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The store whose `/` is the warehouse's root. Data files of opened tables are read as they were written, or not at all.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(Sealed::new(Arc::clone(&self.place.root), Arc::clone(&self.seals)))
    }

    /// The newest published run.
    pub async fn latest(&self) -> Result<Option<Run>, Error> {
        match self.run_numbers().await?.last() {
            Some(&newest) => Ok(Some(self.read_manifest(newest).await?)),
            None => Ok(None),
        }
    }

    /// One published run.
    pub async fn run(&self, run_id: u64) -> Result<Run, Error> {
        let numbers = self.run_numbers().await?;
        if !numbers.contains(&run_id) {
            return Err(Error::NoSuchRun { run_id, newest: numbers.last().copied().unwrap_or_default() });
        }
        self.read_manifest(run_id).await
    }

    /// Every published run, oldest first.
    pub async fn runs(&self) -> Result<Vec<Run>, Error> {
        const AT_ONCE: usize = 16;
        let numbers = self.run_numbers().await?;
        stream::iter(numbers).map(|number| self.read_manifest(number)).buffered(AT_ONCE).try_collect().await
    }

    /// What one published version of a table consists of.
    pub async fn contents(&self, published: &Published) -> Result<Contents, Error> {
        let opened = self.open_published(published).await?;
        let contents = delta::contents(&opened, &published.folder)?;
        for file in &contents.files {
            self.seals.learn(Path::parse(&file.path).map_err(object_store::Error::from)?, &file.sha256);
        }
        Ok(contents)
    }

    /// Opens a table as a run published it; a log that is no longer what it was is refused.
    async fn open_published(&self, published: &Published) -> Result<Opened, Error> {
        let Published { folder, version, log, .. } = published;
        if !self.seals.has_seen(published) {
            if Log::of(&self.place, folder, *version, &mut BTreeMap::new()).await?.digest() != *log {
                return Err(Damaged { path: format!("{folder}/_delta_log") }.into());
            }
            self.seals.see(published);
        }
        delta::open(&self.place, folder, Some(*version)).await
    }

    async fn run_numbers(&self) -> Result<Vec<u64>, Error> {
        let listed: Vec<_> = self
            .place
            .root
            .list(Some(&Path::from("runs")))
            .try_collect()
            .await
            .map_err(|source| self.place.explain(source))?;
        let mut numbers: Vec<u64> = listed
            .iter()
            .filter_map(|object| object.location.filename()?.strip_suffix(".json")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        if self.place.is_remote() {
            self.look_beyond(&mut numbers).await?;
        }
        Ok(numbers)
    }

    /// A listing may lag behind what was written; the runs that it misses are asked for by name.
    async fn look_beyond(&self, numbers: &mut Vec<u64>) -> Result<(), Error> {
        loop {
            let next = numbers.last().map_or(1, |newest| newest + 1);
            match self.place.root.head(&manifest_path(next)).await {
                Ok(_) => numbers.push(next),
                Err(object_store::Error::NotFound { .. }) => return Ok(()),
                Err(other) => return Err(self.place.explain(other)),
            }
        }
    }

    async fn read_manifest(&self, run_id: u64) -> Result<Run, Error> {
        let path = manifest_path(run_id);
        let bytes = self.place.root.get(&path).await?.bytes().await?;
        seal::unsealed(&path, &bytes)
    }

    async fn publish(&self, run: &Run) -> Result<(), Error> {
        let path = manifest_path(run.run_id);
        let text = seal::sealed(run).map_err(|source| Error::Manifest { path: path.to_string(), source })?;
        let create = PutOptions { mode: PutMode::Create, ..Default::default() };
        match self.place.root.put_opts(&path, PutPayload::from(text), create).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => match self.read_manifest(run.run_id).await {
                Ok(there) if there == *run => Ok(()),
                _ => Err(Error::Overtaken { run_id: run.run_id }),
            },
            Err(source) if self.place.is_remote() => Err(Error::Unanswered { run_id: run.run_id, source }),
            Err(other) => Err(other.into()),
        }
    }
}

fn manifest_path(run_id: u64) -> Path {
    Path::from(format!("runs/{run_id:020}.json"))
}

impl Warehouse {
    /// Puts on record that somebody opens the vault: when, for what purpose, with what question.
    pub async fn record_reading(
        &self,
        purpose: &str,
        question: &str,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), Error> {
        let path =
            Path::from(format!("vault/readings/{}-{}.json", now.format("%Y%m%dT%H%M%S%6f"), uuid::Uuid::new_v4()));
        let record = serde_json::json!({ "at": now, "purpose": purpose, "question": question });
        let text = seal::sealed(&record).map_err(|source| Error::Manifest { path: path.to_string(), source })?;
        let create = PutOptions { mode: PutMode::Create, ..Default::default() };
        self.place.root.put_opts(&path, PutPayload::from(text), create).await?;
        Ok(())
    }
}
