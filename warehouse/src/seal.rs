//! Seals: what was published is known by its SHA-256, and whoever reads it reads those bytes or nothing.
//!
//! ```text
//! manifest ── its own digest in its last line, and that of the manifest before it
//!    └► Published::log ── the log of each table, as a reader of that version reads it
//!           └► the tag `sha256` of each file in the log ── the data file
//! ```
//!
//! A byte that changes on the disk is an error that names the file, in a query as in `xueji verify`, and never a wrong figure.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    io::Read,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::{
    error::{Damaged, Error},
    run::Published,
};

/// The last line of a sealed text: the digest of everything before it.
const LAST: &str = ",\n  \"sha256\": \"";
const END: &str = "\"\n}\n";

/// A record as JSON with its own digest as the last member.
pub(crate) fn sealed<T: Serialize>(record: &T) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(record)?;
    let mut text = text.strip_suffix("\n}").unwrap_or(&text).to_owned();
    let digest = hex(&Sha256::digest(text.as_bytes()));
    text.push_str(LAST);
    text.push_str(&digest);
    text.push_str(END);
    Ok(text)
}

/// Reads a sealed record back; bytes that are not those that were written are refused.
pub(crate) fn unsealed<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    let damaged = || Error::Damaged(Damaged { path: path.to_string() });
    let body = bytes.len().checked_sub(LAST.len() + 64 + END.len()).ok_or_else(damaged)?;
    let (body, last) = bytes.split_at_checked(body).ok_or_else(damaged)?;
    if last != [LAST, &hex(&Sha256::digest(body)), END].concat().as_bytes() {
        return Err(damaged());
    }
    serde_json::from_slice(bytes).map_err(|source| Error::Manifest { path: path.to_string(), source })
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of an object, in hexadecimal.
pub(crate) async fn digest(store: &dyn ObjectStore, path: &Path) -> Result<String> {
    let found = store.get(path).await?;
    match found.payload {
        GetResultPayload::File(mut file, place) => tokio::task::spawn_blocking(move || {
            let mut hasher = Sha256::new();
            let mut chunk = vec![0; 1 << 18];
            loop {
                match file.read(&mut chunk) {
                    Ok(0) => return Ok(hex(&hasher.finalize())),
                    Ok(n) => hasher.update(chunk.get(..n).unwrap_or_default()),
                    Err(source) => {
                        let source = std::io::Error::new(source.kind(), format!("{}: {source}", place.display()));
                        return Err(object_store::Error::Generic { store: "local", source: source.into() });
                    }
                }
            }
        })
        .await
        .map_err(|source| object_store::Error::Generic { store: "local", source: source.into() })?,
        GetResultPayload::Stream(mut stream) => {
            let mut hasher = Sha256::new();
            while let Some(bytes) = stream.try_next().await? {
                hasher.update(&bytes);
            }
            Ok(hex(&hasher.finalize()))
        }
    }
}

/// What is known of the objects of a warehouse, and which of them were looked at already.
#[derive(Debug, Default)]
pub struct Seals {
    known: Mutex<HashMap<Path, Arc<Seal>>>,
    logs: Mutex<HashSet<String>>,
}

#[derive(Debug)]
struct Seal {
    sha256: String,
    whole: OnceCell<()>,
}

impl Seals {
    /// Learns an object's digest.
    pub(crate) fn learn(&self, path: Path, sha256: &str) {
        let seal = || Arc::new(Seal { sha256: sha256.to_owned(), whole: OnceCell::new() });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(path)
            .and_modify(|old| {
                if old.sha256 != sha256 {
                    *old = seal()
                }
            })
            .or_insert_with(seal);
    }

    /// Whether the log of a published version was found to be what it was.
    pub(crate) fn has_seen(&self, published: &Published) -> bool {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).contains(&published.log)
    }

    /// Notes that the log of a published version is what it was.
    pub(crate) fn see(&self, published: &Published) {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).insert(published.log.clone());
    }

    fn of(&self, path: &Path) -> Option<Arc<Seal>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}

/// A store whose sealed objects are compared with their seals when they are first read.
#[derive(Debug)]
pub struct Sealed {
    inner: Arc<dyn ObjectStore>,
    seals: Arc<Seals>,
}

impl Sealed {
    /// Looks through a store with what is known of its objects.
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, seals: Arc<Seals>) -> Sealed {
        Sealed { inner, seals }
    }

    async fn look(&self, path: &Path) -> Result<()> {
        let Some(seal) = self.seals.of(path) else { return Ok(()) };
        let look = || async {
            if digest(&*self.inner, path).await? == seal.sha256 {
                return Ok(());
            }
            let source = Damaged { path: path.to_string() }.into();
            Err(object_store::Error::Generic { store: "sealed", source })
        };
        seal.whole.get_or_try_init(look).await.copied()
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, sealed", self.inner)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Sealed {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !options.head {
            self.look(location).await?;
        }
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.look(location).await?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FAULT: F5
    #[test]
    fn a_sealed_text_is_read_back_only_as_it_was_written() {
        let path = Path::from("runs/1.json");
        let record: std::collections::BTreeMap<String, String> = [("day".to_owned(), "2013-10-31".to_owned())].into();
        let text = sealed(&record).unwrap().into_bytes();
        let read = |bytes: &[u8]| unsealed::<std::collections::BTreeMap<String, String>>(&path, bytes);
        assert_eq!(read(&text).unwrap()["day"], "2013-10-31");
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut torn = text.clone();
                torn[at] ^= 1 << bit;
                assert!(read(&torn).is_err(), "byte {at}, bit {bit}");
            }
            assert!(read(&text[..at]).is_err(), "cut at {at}");
        }
    }
}
