//! A local store that keeps its promises through a power cut: what it says is written is on the disk.
//!
//! `object_store` 0.13 never syncs. Here a whole object is written beside its place, synced, then linked or renamed into it, and
//! its folder is synced; a streamed upload is synced when it completes.

use std::{
    fmt, fs,
    io::Write,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart, local::LocalFileSystem,
    path::Path,
};

/// The local file system from its root, with every write synced.
#[derive(Debug)]
pub struct Durable {
    inner: LocalFileSystem,
}

impl Durable {
    /// The store whose `/` is the file system's.
    pub fn new() -> Self {
        Durable { inner: LocalFileSystem::new() }
    }
}

impl Default for Durable {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("durable local store")
    }
}

static WRITTEN: AtomicU64 = AtomicU64::new(0);

#[async_trait::async_trait]
impl ObjectStore for Durable {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => {
                return Err(object_store::Error::NotImplemented {
                    operation: "conditional update".into(),
                    implementer: self.to_string(),
                });
            }
        };
        let place = self.inner.path_to_filesystem(location)?;
        let name = location.to_string();
        let written = place.clone();
        tokio::task::spawn_blocking(move || write_whole(&written, &payload, create))
            .await
            .map_err(|source| generic(source.into()))?
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::AlreadyExists if create => {
                    object_store::Error::AlreadyExists { path: name, source: source.into() }
                }
                _ => generic(Unwritten { place, source }.into()),
            })?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let place = self.inner.path_to_filesystem(location)?;
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(SyncedUpload { inner, place }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
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
        self.inner.copy_opts(from, to, options).await?;
        self.sync(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await?;
        self.sync(to).await
    }
}

impl Durable {
    async fn sync(&self, location: &Path) -> Result<()> {
        let place = self.inner.path_to_filesystem(location)?;
        sync_in_background(place).await
    }
}

#[derive(Debug)]
struct SyncedUpload {
    inner: Box<dyn MultipartUpload>,
    place: PathBuf,
}

#[async_trait::async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        sync_in_background(self.place.clone()).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

async fn sync_in_background(place: PathBuf) -> Result<()> {
    tokio::task::spawn_blocking(move || {
        let synced = fs::File::open(&place).and_then(|file| file.sync_all()).and_then(|()| sync_folder_of(&place));
        synced.map_err(|source| Unwritten { place, source })
    })
    .await
    .map_err(|source| generic(source.into()))?
    .map_err(|source| generic(source.into()))
}

/// What could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {place}", place = place.display())]
struct Unwritten {
    place: PathBuf,
    #[source]
    source: std::io::Error,
}

fn write_whole(place: &FilePath, payload: &PutPayload, create: bool) -> std::io::Result<()> {
    let folder = place.parent().unwrap_or(FilePath::new("/"));
    make_folder(folder)?;
    // `object_store` leaves names that end in `#` and digits out of its listings.
    let mut beside = place.as_os_str().to_owned();
    beside.push(format!("#{}{:06}", std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed)));
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut file = fs::File::create_new(&beside)?;
        for chunk in payload.iter() {
            file.write_all(chunk)?;
        }
        file.sync_all()?;
        if create { fs::hard_link(&beside, place) } else { fs::rename(&beside, place) }
    })();
    if create || written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    sync_folder_of(place)
}

/// Makes a folder and those above it, each entry synced.
fn make_folder(folder: &FilePath) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above)?;
    }
    match fs::create_dir(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => return Err(source),
        _ => {}
    }
    sync_folder_of(folder)
}

fn sync_folder_of(place: &FilePath) -> std::io::Result<()> {
    match place.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn generic(source: Box<dyn std::error::Error + Send + Sync>) -> object_store::Error {
    object_store::Error::Generic { store: "local", source }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;

    use super::*;

    #[tokio::test]
    async fn of_many_who_create_one_wins_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let place = Path::from_absolute_path(folder.path().join("deep/er/1.json")).unwrap();
        let store = Durable::new();
        let mut won = 0;
        for n in 0..8 {
            let options = PutOptions { mode: PutMode::Create, ..Default::default() };
            match store.put_opts(&place, PutPayload::from(format!("{n}")), options).await {
                Ok(_) => won += 1,
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(store.get(&place).await.unwrap().bytes().await.unwrap(), "0");
        assert_eq!(fs::read_dir(folder.path().join("deep/er")).unwrap().count(), 1);
    }
}
