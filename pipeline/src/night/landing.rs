//! The kept copy: every file that came in stays as it came, with its digest, below `vault/landing`.

use std::{collections::BTreeMap, io::Write, path::Path as FilePath};

use futures::TryStreamExt;
use object_store::{ObjectStoreExt, buffered::BufWriter, path::Path};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warehouse::{Warehouse, seal::hex, table::BATCHES};

use crate::{
    columns::text,
    inbox::{Batch, Form, Part, escaped_length},
    night::{NightError, state::read_key},
};

/// A kept copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCopy {
    /// Where it lies below the warehouse's root.
    pub place: String,
    /// SHA-256 of the file as it came, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The most of a file's name in the name of its copy, escaped.
const MOST_OF_NAME: usize = 200;

/// A file's name as far as a copy can bear it; the digest before it tells the copies apart.
fn fitting(file: &str) -> String {
    let mut length = 0;
    let letters = file.replace('/', "_");
    let fits = |letter: &char| {
        length += escaped_length(letter.encode_utf8(&mut [0; 4]));
        length <= MOST_OF_NAME
    };
    letters.chars().take_while(fits).collect()
}

const CHUNK: usize = 1 << 20;
/// The ending of a copy that we compressed ourselves.
const PACKED: &str = ".kept.zst";

/// Keeps a copy of every file of a batch, whatever becomes of the batch; the copies by the name of the file.
pub async fn keep_all(warehouse: Warehouse, batch: Batch) -> Result<BTreeMap<String, KeptCopy>, NightError> {
    let day = batch.day.to_string();
    let mut kept: BTreeMap<String, KeptCopy> = BTreeMap::new();
    for part in &batch.parts {
        if !kept.contains_key(&part.file) {
            kept.insert(part.file.clone(), keep(&warehouse, &batch.source, &day, part).await?);
        }
    }
    Ok(kept)
}

/// Keeps a copy of a file; a copy that is there already and whole is left alone.
///
/// Plain text is compressed with zstd; what comes compressed is kept as it is.
async fn keep(warehouse: &Warehouse, source: &str, day: &str, part: &Part) -> Result<KeptCopy, NightError> {
    let sha256 = digest(&part.path).await?;
    let plain = part.form == Form::Csv;
    let ending = if plain { PACKED } else { "" };
    let short = sha256.get(..12).unwrap_or(&sha256);
    let place = Path::from_iter(["vault", "landing", source, day, &format!("{short}-{}{ending}", fitting(&part.file))]);
    let bytes = fs_err::metadata(&part.path)?.len();
    let kept = KeptCopy { place: place.to_string(), sha256, bytes };
    let store = warehouse.store();
    if digest_of_copy(warehouse, &kept.place).await.is_ok_and(|found| found == kept.sha256) {
        return Ok(kept);
    }
    let mut file = tokio::fs::File::open(&part.path).await?;
    let mut out = BufWriter::new(store, place);
    let mut chunk = vec![0; CHUNK];
    if plain {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::with_capacity(CHUNK), 1)?;
        loop {
            let n = file.read(&mut chunk).await?;
            if n == 0 {
                break;
            }
            encoder.write_all(chunk.get(..n).unwrap_or_default())?;
            let ready = std::mem::take(encoder.get_mut());
            out.write_all(&ready).await?;
        }
        out.write_all(&encoder.finish()?).await?;
    } else {
        loop {
            let n = file.read(&mut chunk).await?;
            if n == 0 {
                break;
            }
            out.write_all(chunk.get(..n).unwrap_or_default()).await?;
        }
    }
    out.shutdown().await?;
    Ok(kept)
}

/// SHA-256 of a file, in hexadecimal.
pub async fn digest(path: &FilePath) -> Result<String, NightError> {
    let path = path.to_owned();
    let digest = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
        let mut file = fs_err::File::open(&path)?;
        let mut hasher = Sha256::new();
        std::io::copy(&mut file, &mut hasher)?;
        Ok(hex(&hasher.finalize()))
    })
    .await
    .map_err(std::io::Error::other)??;
    Ok(digest)
}

/// What looking at the kept copies found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    /// Copies looked at.
    pub files: usize,
    /// What is wrong, one sentence each.
    pub faults: Vec<String>,
}

/// Looks at every kept copy (does it still hold the bytes that came in?) and at the key.
pub async fn verify_copies(warehouse: &Warehouse) -> Result<Copies, NightError> {
    let mut copies = Copies::default();
    if let Err(fault) = read_key(warehouse).await {
        copies.faults.push(fault.to_string());
    }
    let Some(run) = warehouse.latest().await? else { return Ok(copies) };
    let Some(published) = run.tables.get(BATCHES.name) else { return Ok(copies) };
    let contents = warehouse.contents(published).await?;
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for file in &contents.files {
        for rows in warehouse.read_file(&contents, file, &["landing", "digest"]).await? {
            let (places, digests) = (text(&rows, "landing")?, text(&rows, "digest")?);
            expected.extend(
                places.iter().flatten().zip(digests.iter().flatten()).map(|(at, of)| (at.to_owned(), of.to_owned())),
            );
        }
    }
    for (place, digest) in expected {
        copies.files += 1;
        match digest_of_copy(warehouse, &place).await {
            Ok(found) if found == digest => {}
            Ok(_) => copies.faults.push(format!("{place}: it no longer holds what came in")),
            Err(fault) => copies.faults.push(format!("{place}: {fault}")),
        }
    }
    Ok(copies)
}

async fn digest_of_copy(warehouse: &Warehouse, place: &str) -> Result<String, NightError> {
    let mut stream =
        warehouse.store().get(&Path::parse(place).map_err(object_store::Error::from)?).await?.into_stream();
    let packed = place.ends_with(PACKED);
    let mut decoder = packed.then(|| zstd::stream::write::Decoder::new(Hashing(Sha256::new()))).transpose()?;
    let mut plain = Hashing(Sha256::new());
    while let Some(bytes) = stream.try_next().await? {
        match &mut decoder {
            Some(decoder) => decoder.write_all(&bytes)?,
            None => plain.write_all(&bytes)?,
        }
    }
    let hasher = match decoder {
        Some(mut decoder) => {
            decoder.flush()?;
            decoder.into_inner().0
        }
        None => plain.0,
    };
    Ok(hex(&hasher.finalize()))
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
