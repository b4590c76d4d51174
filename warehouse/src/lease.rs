//! One writer at a time: whoever works in a warehouse holds its lease.
//!
//! In a local folder the lease is a lock that the system takes back when its holder dies, so a killed run blocks nobody, and a
//! stopped one blocks everybody until it goes on.
//!
//! On an object store it is the object `.lease`: holder, token, term, and how long it stands without being renewed. It is created
//! if absent and from then on only replaced as the one that was read (by its e-tag): renewed by a thread of its own, given back at
//! the end, taken over when it has stood unrenewed for longer than it says. Its age is the difference of two times of the *store's*
//! clock, so no machine's clock matters.
//!
//! A holder may sleep through its lease and wake up beside its successor. What it can do then:
//! - *Publish.* It must confirm its lease first, and that fails. If it fell asleep between confirming and writing, its manifest is
//!   still created-if-absent and complete in itself: either it comes first, and the successor is told (`Overtaken`), or it is
//!   refused. There is one run of a number, and it follows the one before.
//! - *Commit to a table.* A commit is a compare-and-swap on the version that was read. If the sleeper's comes between, the
//!   successor's is refused, looks again and states its files anew (`delta::settle`); the version that it then names was made by its
//!   own commit, or found to consist of exactly its own files. A version that the sleeper adds later is named by no manifest.
//! - *Write files.* Their names are its own; files without a commit belong to nothing.
//! - *Give names, keep copies, make the key.* Created if absent, and the same whoever does it.
//!
//! So the lease saves work and the manifest decides.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::Path as FilePath,
    sync::{
        Arc, OnceLock,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, UpdateVersion, path::Path,
};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, sync::oneshot};

use crate::{error::Error, probe, store::Place};

/// The right to write, for as long as this value lives.
#[derive(Debug)]
pub struct Lease(Kind);

#[derive(Debug)]
enum Kind {
    Folder { _lock: File },
    Object(Kept),
}

impl Lease {
    /// Takes the lease of a warehouse, or says who has it.
    pub async fn take(place: &Place, holder: &str) -> Result<Lease, Error> {
        Ok(Lease(match &place.folder {
            Some(folder) => Kind::Folder { _lock: lock(folder, holder)? },
            None => Kind::Object(take_object(place, holder).await?),
        }))
    }

    /// Fails if it is known that the lease was lost.
    pub fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Folder { .. } => Ok(()),
            Kind::Object(kept) => kept.check(),
        }
    }

    /// Makes sure, at the store itself, that the lease is still ours.
    pub async fn confirm(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Folder { .. } => Ok(()),
            Kind::Object(kept) => kept.confirm().await,
        }
    }
}

fn lock(root: &FilePath, holder: &str) -> Result<File, Error> {
    fs::create_dir_all(root).map_err(|source| Error::File { path: root.to_owned(), source })?;
    let path = root.join(".lease");
    let failed = |source| Error::File { path: path.clone(), source };
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "a process that has just begun",
                holder => holder,
            };
            return Err(Error::Held { holder: holder.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{holder}").map_err(failed)?;
    Ok(file)
}

/// What the object `.lease` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Who holds it; nobody after it was given back.
    holder: Option<String>,
    /// Known to the holder alone, so that it recognises its own.
    token: String,
    /// Counts the holders.
    term: u64,
    /// Counts the renewals of this term.
    renewal: u64,
    /// How long it stands without being renewed.
    stands_seconds: u64,
}

const SHORTEST_PATIENCE: Duration = Duration::from_secs(5);

fn lease_path() -> Path {
    Path::from(".lease")
}

async fn put(store: &dyn ObjectStore, entry: &Entry, mode: PutMode) -> Result<PutResult, object_store::Error> {
    let text = serde_json::to_vec_pretty(entry)
        .map_err(|source| object_store::Error::Generic { store: "lease", source: source.into() })?;
    store.put_opts(&lease_path(), PutPayload::from(text), PutOptions { mode, ..Default::default() }).await
}

/// What is there now. An entry that does not read counts as somebody's.
async fn look(store: &dyn ObjectStore, stands: Duration) -> Result<Option<(Entry, ObjectMeta)>, object_store::Error> {
    let there = match store.get(&lease_path()).await {
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        there => there?,
    };
    let meta = there.meta.clone();
    let entry = serde_json::from_slice(&there.bytes().await?).unwrap_or_else(|_| Entry {
        holder: Some("somebody whose entry in `.lease` does not read".to_owned()),
        token: String::new(),
        term: 0,
        renewal: 0,
        stands_seconds: stands.as_secs(),
    });
    Ok(Some((entry, meta)))
}

async fn take_object(place: &Place, holder: &str) -> Result<Kept, Error> {
    let now = probe::probe(place).await?;
    let stands = place.access.lease;
    let mut entry = Entry {
        holder: Some(format!("{holder}, on {}", machine())),
        token: uuid::Uuid::new_v4().to_string(),
        term: 1,
        renewal: 0,
        stands_seconds: stands.as_secs().max(1),
    };
    let root = place.root.as_ref();
    match put(root, &entry, PutMode::Create).await {
        Ok(done) => return Kept::start(place, entry, done.into()),
        Err(object_store::Error::AlreadyExists { .. }) => {}
        Err(other) => return Err(place.explain(other)),
    }
    let there = look(root, stands).await.map_err(|source| place.explain(source))?;
    let Some((before, meta)) = there else { return Err(held_by(None)) };
    let age = now - meta.last_modified;
    // The store tells whole seconds, so the age may be one less than it seems.
    let left = TimeDelta::seconds(i64::try_from(before.stands_seconds).unwrap_or(i64::MAX / 1000)) - age;
    if let Some(holder) = before.holder.as_ref().filter(|_| TimeDelta::zero() <= left) {
        let holder = format!("{holder}; its lease runs out in {} s if it lives no more", left.num_seconds() + 1);
        return Err(Error::Held { holder });
    }
    if let Some(holder) = &before.holder {
        tracing::warn!("the lease of {holder} ran out; taking over");
    }
    entry.term = before.term + 1;
    let version = UpdateVersion { e_tag: meta.e_tag, version: meta.version };
    match put(root, &entry, PutMode::Update(version)).await {
        Ok(done) => Kept::start(place, entry, done.into()),
        Err(object_store::Error::Precondition { .. }) => {
            Err(held_by(look(root, stands).await.map_err(|source| place.explain(source))?))
        }
        Err(other) => Err(place.explain(other)),
    }
}

fn held_by(there: Option<(Entry, ObjectMeta)>) -> Error {
    let holder = there.and_then(|(entry, _)| entry.holder);
    Error::Held { holder: holder.unwrap_or_else(|| "somebody who took or gave back the lease just now".to_owned()) }
}

fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "an unnamed machine".to_owned() } else { name.trim().to_owned() }
}

/// A lease on an object store, renewed by a thread until this value goes.
///
/// The thread has a runtime and connections of its own: however busy the night is, the lease is renewed.
#[derive(Debug)]
struct Kept {
    ask: Option<mpsc::Sender<oneshot::Sender<Result<(), Error>>>>,
    lost: Arc<OnceLock<String>>,
    keeper: JoinHandle<()>,
}

impl Kept {
    fn start(place: &Place, entry: Entry, version: UpdateVersion) -> Result<Kept, Error> {
        let failed = |source| Error::File { path: "the thread that renews the lease".into(), source };
        let stands = Duration::from_secs(entry.stands_seconds);
        let place = place.again((stands / 2).max(SHORTEST_PATIENCE))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let lost = Arc::new(OnceLock::new());
        let (ask, asked) = mpsc::channel();
        let mut keeper = Keeper { place, runtime, entry, version, stands, lost: Arc::clone(&lost) };
        let keeper =
            thread::Builder::new().name("lease".to_owned()).spawn(move || keeper.run(&asked)).map_err(failed)?;
        Ok(Kept { ask: Some(ask), lost, keeper })
    }

    fn check(&self) -> Result<(), Error> {
        match self.lost.get() {
            Some(holder) => Err(Error::Fenced { holder: holder.clone() }),
            None => Ok(()),
        }
    }

    async fn confirm(&self) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        let asked = self.ask.as_ref().is_some_and(|ask| ask.send(answer).is_ok());
        let gone = || Error::Fenced { holder: "nobody knows whom: the thread that renews it has ended".to_owned() };
        if !asked {
            return Err(gone());
        }
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Kept {
    /// Waits, within bounds, until the lease is given back.
    fn drop(&mut self) {
        self.ask = None;
        let until = Instant::now() + Duration::from_secs(10);
        while !self.keeper.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

struct Keeper {
    place: Place,
    runtime: Runtime,
    entry: Entry,
    version: UpdateVersion,
    stands: Duration,
    lost: Arc<OnceLock<String>>,
}

impl Keeper {
    fn run(&mut self, asked: &Receiver<oneshot::Sender<Result<(), Error>>>) {
        loop {
            match asked.recv_timeout(self.stands / 4) {
                Ok(answer) => {
                    let _ = answer.send(self.renew());
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(fault) = self.renew() {
                        tracing::warn!("the lease was not renewed: {fault}");
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.lost.get().is_none() {
            let free = Entry { holder: None, ..self.next() };
            let given_back =
                self.runtime.block_on(put(self.place.root.as_ref(), &free, PutMode::Update(self.version.clone())));
            if let Err(fault) = given_back {
                tracing::warn!("the lease was not given back and runs out by itself: {fault}");
            }
        }
    }

    fn next(&self) -> Entry {
        Entry { renewal: self.entry.renewal + 1, ..self.entry.clone() }
    }

    fn renew(&mut self) -> Result<(), Error> {
        if let Some(holder) = self.lost.get() {
            return Err(Error::Fenced { holder: holder.clone() });
        }
        let root = Arc::clone(&self.place.root);
        loop {
            let next = self.next();
            let mode = PutMode::Update(self.version.clone());
            match self.runtime.block_on(put(root.as_ref(), &next, mode)) {
                Ok(done) => {
                    self.entry = next;
                    self.version = done.into();
                    return Ok(());
                }
                Err(object_store::Error::Precondition { .. }) => {}
                Err(other) => return Err(self.place.explain(other)),
            }
            let there =
                self.runtime.block_on(look(root.as_ref(), self.stands)).map_err(|source| self.place.explain(source))?;
            match there {
                // A renewal of ours that was given up for lost has arrived after all.
                Some((entry, meta)) if entry.token == self.entry.token && self.entry.renewal < entry.renewal => {
                    self.entry = entry;
                    self.version = UpdateVersion { e_tag: meta.e_tag, version: meta.version };
                }
                there => {
                    let holder = there.and_then(|(entry, _)| entry.holder);
                    let holder = holder.unwrap_or_else(|| "somebody who has ended since".to_owned());
                    let _ = self.lost.set(holder.clone());
                    return Err(Error::Fenced { holder });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Access;

    #[tokio::test]
    async fn the_second_is_told_who_holds_it_and_may_follow() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::at(&folder.path().display().to_string(), &Access::default()).unwrap();
        let first = Lease::take(&place, "process 1, night of 2013-10-31").await.unwrap();
        let refused = Lease::take(&place, "process 2").await.unwrap_err();
        assert!(refused.to_string().contains("process 1, night of 2013-10-31"), "{refused}");
        drop(first);
        Lease::take(&place, "process 2").await.unwrap();
    }
}
