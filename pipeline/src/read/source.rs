//! A file as it lies in the batch: opened without following links, looked at, hashed, and watched for change.

use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::{
    fault::{Bound, Fault},
    limits::Limits,
};

/// What the first bytes of a file say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Gzip,
    Zstd,
    Zip,
    Compound,
    Parquet,
    /// Something that we don't read, by name.
    Other(&'static str),
}

impl Kind {
    /// Judges by the first bytes; 512 are enough.
    pub(crate) fn of(head: &[u8]) -> Kind {
        const OTHERS: [(&[u8], &str); 6] = [
            (b"%PDF", "PDF"),
            (b"Rar!", "RAR"),
            (b"7z\xBC\xAF", "7-Zip"),
            (b"BZh", "bzip2"),
            (b"\xFD7zXZ", "xz"),
            (b"\x89PNG", "PNG"),
        ];
        if head.starts_with(b"\x1F\x8B") {
            Kind::Gzip
        } else if head.starts_with(b"\x28\xB5\x2F\xFD") {
            Kind::Zstd
        } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Kind::Zip
        } else if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            Kind::Compound
        } else if head.starts_with(b"PAR1") {
            Kind::Parquet
        } else if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
            Kind::Other(name)
        } else {
            let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
            if text.starts_with(b"<") { Kind::Other("HTML 或 XML / HTML or XML") } else { Kind::Text }
        }
    }

    /// The kind, as told to a registrar; what differs between the languages is `Chinese / English`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Text => "文本 (CSV) / text (CSV)",
            Kind::Gzip => "gzip",
            Kind::Zstd => "zstd",
            Kind::Zip => "XLSX",
            Kind::Compound => "XLS",
            Kind::Parquet => "Parquet",
            Kind::Other(name) => name,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(metadata: &std::fs::Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// An opened file.
#[derive(Debug)]
pub(crate) struct Source {
    file: fs_err::File,
    identity: Identity,
}

impl Source {
    /// Opens a plain file; a link, a pipe or a device is refused and never waited for.
    pub(crate) fn open(path: &Path) -> Result<Source, Fault> {
        let kind = fs_err::symlink_metadata(path)?.file_type();
        if !kind.is_file() || kind.is_fifo() {
            return Err(Fault::NotAFile);
        }
        let mut options = OpenOptions::new();
        options.read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed());
        let file = fs_err::OpenOptions::from_options(options).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(Fault::NotAFile);
        }
        Ok(Source { identity: Identity::of(&metadata), file })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.identity.bytes
    }

    /// The file from its first byte.
    pub(crate) fn rewound(&self) -> Result<&std::fs::File, Fault> {
        let mut file = self.file.file();
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    pub(crate) fn kind(&self) -> Result<Kind, Fault> {
        let mut head = Vec::with_capacity(512);
        self.rewound()?.take(512).read_to_end(&mut head)?;
        Ok(if head.is_empty() { return Err(Fault::Empty) } else { Kind::of(&head) })
    }

    /// Whether the file is still what was opened: the same bytes under the same name.
    pub(crate) fn unchanged(&self, path: &Path) -> Result<(), Fault> {
        let here = Identity::of(&self.file.metadata()?);
        let there = fs_err::symlink_metadata(path).map(|metadata| Identity::of(&metadata))?;
        if here == self.identity && there == self.identity { Ok(()) } else { Err(Fault::Changed) }
    }

    /// SHA-256 of the whole file, in hexadecimal.
    pub(crate) fn sha256(&self) -> Result<String, Fault> {
        let mut hashing = Hashing::new(self.rewound()?);
        io::copy(&mut hashing, &mut io::sink())?;
        Ok(hashing.hex())
    }
}

/// SHA-256 of a plain file, in hexadecimal.
pub fn sha256_of(path: &Path) -> Result<String, Fault> {
    let source = Source::open(path)?;
    let sha256 = source.sha256()?;
    source.unchanged(path)?;
    Ok(sha256)
}

/// Hashes what is read through it.
pub(crate) struct Hashing<R> {
    reader: R,
    hash: Sha256,
}

impl<R> Hashing<R> {
    pub(crate) fn new(reader: R) -> Hashing<R> {
        Hashing { reader, hash: Sha256::new() }
    }

    pub(crate) fn hex(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

/// Counts what comes out of a decoder, and stops it at the bounds.
pub(crate) struct Bounded<R> {
    reader: R,
    bytes: u64,
    most: u64,
}

/// That something grew beyond a size, in both languages.
pub(crate) fn inflated_beyond(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    format!("解压后超过 {mebibytes} MiB / more than {mebibytes} MiB when inflated")
}

/// Below this size the ratio is nobody's concern, in bytes.
const SMALL: u64 = 16 << 20;

/// What a file of so many bytes may grow to: `most` bytes, and no more than `limits.ratio` times its own.
pub(crate) fn grown(compressed: u64, most: u64, limits: &Limits) -> u64 {
    most.min(compressed.saturating_mul(limits.ratio).max(SMALL))
}

impl<R> Bounded<R> {
    /// Stops at [`grown`].
    pub(crate) fn new(reader: R, compressed: u64, most: u64, limits: &Limits) -> Bounded<R> {
        Bounded { reader, bytes: 0, most: grown(compressed, most, limits) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, error),
            _ => error,
        })?;
        self.bytes += n as u64;
        if self.most < self.bytes {
            return Err(io::Error::other(Bound(inflated_beyond(self.most))));
        }
        Ok(n)
    }
}
