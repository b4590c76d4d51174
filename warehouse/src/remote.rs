//! A store at the other end of a network: requests are tried patiently, and a conditional write always gets a definite answer.
//!
//! `object_store` tries a request again when the store says 5xx or could not be reached. It gives up at once on a conditional write
//! whose answer was cut off, and on a listing that broke off; and when it does write again, its own first write makes the second
//! one "exist already". Here every such answer is settled by reading back: if what stands there is, byte for byte, what was to be
//! written, it was written. That needs contents that no two writers share; commits, manifests and leases are such, since each names
//! files or tokens of its own.

use std::{
    error::Error as _,
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
    client::{HttpError, HttpErrorKind},
    path::Path,
};

/// Bytes of a body that are asked for at a time.
const PIECE: u64 = 16 << 20;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A store that is reached over a network.
#[derive(Debug)]
pub struct Remote {
    inner: Arc<dyn ObjectStore>,
    patience: Duration,
}

/// What stands where a conditional write was to go.
enum Standing {
    Nothing,
    Ours(ObjectMeta),
    Other,
}

impl Remote {
    /// A store whose requests are tried again for so long.
    pub fn new(inner: Arc<dyn ObjectStore>, patience: Duration) -> Remote {
        Remote { inner, patience }
    }

    /// A large body piece by piece, so that however slowly it is consumed, no exchange takes long.
    fn pieces(&self, meta: &ObjectMeta, options: GetOptions) -> BoxStream<'static, Result<Bytes>> {
        let (inner, patience, size) = (Arc::clone(&self.inner), self.patience, meta.size);
        let (location, whole) = (meta.location.clone(), GetOptions { if_match: meta.e_tag.clone(), ..options });
        let starts = (0..size).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX));
        stream::iter(starts)
            .then(move |start| {
                let (inner, location) = (Arc::clone(&inner), location.clone());
                let options = GetOptions { range: Some((start..size.min(start + PIECE)).into()), ..whole.clone() };
                async move {
                    let ask = || async { inner.get_opts(&location, options.clone()).await?.bytes().await };
                    patiently(patience, ask).await
                }
            })
            .boxed()
    }

    async fn standing(&self, location: &Path, payload: &PutPayload) -> Result<Standing> {
        let there = match self.get(location).await {
            Ok(there) => there,
            Err(Error::NotFound { .. }) => return Ok(Standing::Nothing),
            Err(other) => return Err(other),
        };
        let meta = there.meta.clone();
        if meta.size != payload.content_length() as u64 {
            return Ok(Standing::Other);
        }
        let bytes = there.bytes().await?;
        let mut rest = bytes.as_ref();
        for chunk in payload.iter() {
            match rest.split_at_checked(chunk.len()) {
                Some((head, tail)) if head == chunk.as_ref() => rest = tail,
                _ => return Ok(Standing::Other),
            }
        }
        Ok(if rest.is_empty() { Standing::Ours(meta) } else { Standing::Other })
    }
}

/// Asks until there is an answer, the fault is one that stays, or the patience is at an end.
async fn patiently<T, F>(patience: Duration, mut ask: impl FnMut() -> F + Send) -> Result<T>
where
    T: Send,
    F: Future<Output = Result<T>> + Send,
{
    let mut turns = Turns::new(patience);
    loop {
        match ask().await {
            Err(error) if is_passing(&error) && turns.another().await => {
                tracing::debug!(%error, "asking the store again");
            }
            answer => return answer,
        }
    }
}

/// The pauses between tries, and their end.
struct Turns {
    until: Instant,
    pause: Duration,
}

impl Turns {
    fn new(patience: Duration) -> Turns {
        Turns { until: Instant::now() + patience, pause: FIRST_PAUSE }
    }

    /// Waits for the next turn, if there is one.
    async fn another(&mut self) -> bool {
        if self.until <= Instant::now() + self.pause {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// Whether the fault lies in one exchange, so that `object_store` did not already try to the end.
fn is_passing(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(source) = cause {
        if let Some(http) = source.downcast_ref::<HttpError>() {
            return http.kind() != HttpErrorKind::Connect;
        }
        cause = source.source();
    }
    false
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "patient {}", self.inner)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Remote {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Overwrite => {
                let ask = || self.inner.put_opts(location, payload.clone(), options.clone());
                return patiently(self.patience, ask).await;
            }
            PutMode::Create => true,
            PutMode::Update(_) => false,
        };
        let mut turns = Turns::new(self.patience);
        loop {
            let error = match self.inner.put_opts(location, payload.clone(), options.clone()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let refused = matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. });
            if !refused && !matches!(error, Error::Generic { .. }) {
                return Err(error);
            }
            let again = match self.standing(location, &payload).await {
                Ok(Standing::Ours(meta)) => {
                    tracing::warn!("writing {location} was reported failed, but it is there");
                    return Ok(PutResult { e_tag: meta.e_tag, version: meta.version });
                }
                // Two who create at the same instant may both be refused.
                Ok(Standing::Nothing) => create && (refused || is_passing(&error)),
                Ok(Standing::Other) => !refused && is_passing(&error),
                Err(_) => false,
            };
            if !again || !turns.another().await {
                return Err(error);
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = patiently(self.patience, || self.inner.put_multipart_opts(location, options.clone())).await?;
        let (store, location) = (Arc::clone(&self.inner), location.clone());
        Ok(Box::new(RemoteUpload { inner, store, location, size: 0 }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let mut got = patiently(self.patience, || self.inner.get_opts(location, options.clone())).await?;
        if options.range.is_none() && !options.head && PIECE < got.meta.size {
            got.payload = GetResultPayload::Stream(self.pieces(&got.meta, options));
        }
        Ok(got)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, prefix) = (Arc::clone(&self.inner), prefix.cloned());
        whole(self.patience, move || inner.list(prefix.as_ref()))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, prefix, offset) = (Arc::clone(&self.inner), prefix.cloned(), offset.clone());
        whole(self.patience, move || inner.list_with_offset(prefix.as_ref(), &offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        patiently(self.patience, || self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A listing that is told once it is whole.
fn whole(
    patience: Duration,
    list: impl Fn() -> BoxStream<'static, Result<ObjectMeta>> + Send + Sync + 'static,
) -> BoxStream<'static, Result<ObjectMeta>> {
    stream::once(async move { patiently(patience, || list().try_collect::<Vec<_>>()).await })
        .map_ok(|objects| stream::iter(objects.into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}

/// An upload in parts, whose completion is looked for when its answer is lost.
#[derive(Debug)]
struct RemoteUpload {
    inner: Box<dyn MultipartUpload>,
    store: Arc<dyn ObjectStore>,
    location: Path,
    size: u64,
}

#[async_trait::async_trait]
impl MultipartUpload for RemoteUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.size += data.content_length() as u64;
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.inner.complete().await {
            Ok(done) => Ok(done),
            Err(error) => match self.store.head(&self.location).await {
                Ok(meta) if meta.size == self.size => Ok(PutResult { e_tag: meta.e_tag, version: meta.version }),
                _ => Err(error),
            },
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use object_store::memory::InMemory;

    use super::*;

    /// A store that does what it is asked and says that it failed, as often as it is told to.
    #[derive(Debug)]
    struct Lying {
        inner: InMemory,
        lies: Mutex<u32>,
    }

    impl fmt::Display for Lying {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a store that lies")
        }
    }

    #[async_trait::async_trait]
    impl ObjectStore for Lying {
        async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
            let done = self.inner.put_opts(location, payload, options).await?;
            let mut lies = self.lies.lock().unwrap();
            if 0 < *lies {
                *lies -= 1;
                let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                let source = HttpError::new(HttpErrorKind::Interrupted, cut).into();
                return Err(Error::Generic { store: "lying", source });
            }
            Ok(done)
        }

        async fn put_multipart_opts(
            &self,
            at: &Path,
            options: PutMultipartOptions,
        ) -> Result<Box<dyn MultipartUpload>> {
            self.inner.put_multipart_opts(at, options).await
        }

        async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
            self.inner.get_opts(location, options).await
        }

        fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
            self.inner.delete_stream(locations)
        }

        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.inner.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
            self.inner.list_with_delimiter(prefix).await
        }

        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
            self.inner.copy_opts(from, to, options).await
        }
    }

    fn lying(lies: u32) -> Remote {
        let inner = Arc::new(Lying { inner: InMemory::new(), lies: Mutex::new(lies) });
        Remote::new(inner, Duration::from_secs(5))
    }

    async fn put(store: &Remote, text: &'static str, mode: PutMode) -> Result<PutResult> {
        store.put_opts(&Path::from("one"), PutPayload::from(text), PutOptions { mode, ..Default::default() }).await
    }

    // FAULT: F6
    #[tokio::test]
    async fn a_write_that_was_reported_failed_but_is_there_is_a_success() {
        let store = lying(1);
        put(&store, "ours", PutMode::Create).await.unwrap();
        let store = lying(0);
        let first = put(&store, "first", PutMode::Create).await.unwrap();
        let store = Remote::new(Arc::clone(&store.inner), store.patience);
        put(&store, "second", PutMode::Update(first.clone().into())).await.unwrap();
        put(&store, "second", PutMode::Update(first.into())).await.unwrap();
    }

    #[tokio::test]
    async fn a_large_body_comes_in_pieces_and_whole() {
        let store = lying(0);
        let body: Vec<u8> = (0..2 * PIECE + 3).map(|n| (n % 251) as u8).collect();
        store.put(&Path::from("one"), PutPayload::from(body.clone())).await.unwrap();
        let got = store.get(&Path::from("one")).await.unwrap();
        let pieces: Vec<Bytes> = got.into_stream().try_collect().await.unwrap();
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces.concat(), body);
    }

    #[tokio::test]
    async fn what_somebody_else_wrote_stands() {
        let store = lying(0);
        let first = put(&store, "theirs", PutMode::Create).await.unwrap();
        assert!(matches!(put(&store, "ours", PutMode::Create).await, Err(Error::AlreadyExists { .. })));
        put(&store, "theirs again", PutMode::Update(first.clone().into())).await.unwrap();
        assert!(matches!(put(&store, "ours", PutMode::Update(first.into())).await, Err(Error::Precondition { .. })));
    }
}
