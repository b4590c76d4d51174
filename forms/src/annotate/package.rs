//! The sender's package: walked through once and counted before anything in it is believed, then copied part by part.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write},
};

use memchr::{memchr, memmem::Finder};
use zip::{ZipArchive, ZipWriter, read::ZipFile, write::SimpleFileOptions};

use super::{
    Limits,
    fault::{Bound, Fault, Stop},
    markup::Markup,
};

/// Below this size the ratio is nobody's concern, in bytes.
const SMALL: u64 = 16 << 20;

/// A reader of one part, bounded.
pub(super) type PartReader<'p, R> = BufReader<Bounded<ZipFile<'p, R>>>;

/// An open package.
pub(super) struct Package<R> {
    archive: ZipArchive<R>,
    /// Positions by name in lower case, as OPC compares names.
    index: HashMap<String, usize>,
    /// Parts that speak of merged cells.
    merged: HashSet<String>,
    /// Names that new parts have taken.
    taken: HashSet<String>,
    limits: Limits,
}

impl<R: Read + Seek> Package<R> {
    /// Opens a package and walks through all of it; anything hostile refuses it.
    pub(super) fn open(mut source: R, limits: &Limits) -> Result<Package<R>, Fault> {
        let bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        if limits.package_bytes < bytes {
            return Err(Fault::Bomb(too_large(limits.package_bytes)));
        }
        let mut head = [0; 8];
        let n = fill(&mut source, &mut head)?;
        match head.get(..n) {
            Some(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => return Err(compound(source)?),
            Some([b'P', b'K', ..]) => {}
            _ => return Err(Fault::WrongType("别的文件 / some other file".into())),
        }
        source.seek(SeekFrom::Start(0))?;
        let archive = ZipArchive::new(source)?;
        if limits.parts < archive.len() {
            return Err(Fault::Bomb(format!("压缩包内有 {0} 个部件 / {0} parts", archive.len())));
        }
        let mut package = Package {
            archive,
            index: HashMap::new(),
            merged: HashSet::new(),
            taken: HashSet::new(),
            limits: limits.clone(),
        };
        package.inspect()?;
        Ok(package)
    }

    fn inspect(&mut self) -> Result<(), Fault> {
        let twice = |name: &str| Fault::damaged(name, "同一部件出现两次 / a part twice");
        if self.archive.has_duplicate_names() {
            return Err(twice("?"));
        }
        let mut total = 0;
        for at in 0..self.archive.len() {
            let part = self.archive.by_index(at)?;
            let name = key(&part.name()?);
            if part.is_dir() {
                continue;
            }
            if part.is_symlink() || name.split('/').any(|step| step == "..") {
                return Err(Fault::damaged(&name, "压缩包内有越界路径 / a part outside the package"));
            }
            if part.encrypted() {
                return Err(Fault::Encrypted);
            }
            if name == "mimetype" || name.ends_with("workbook.bin") {
                let found = if name == "mimetype" { "ODS 表格 / ODS" } else { "XLSB 工作簿 / XLSB" };
                return Err(Fault::WrongType(found.into()));
            }
            let seen = scan(Bounded::new(part, &self.limits))?;
            total += seen.bytes;
            if self.limits.inflated_bytes < total {
                return Err(Fault::Bomb(too_large(self.limits.inflated_bytes)));
            }
            let xml = name.ends_with(".xml") || name.ends_with(".rels") || name.ends_with(".vml");
            if xml && seen.markup {
                return Err(Fault::Markup);
            }
            if xml && seen.nul {
                return Err(Fault::damaged(&name, "不是 UTF-8 / not UTF-8"));
            }
            if seen.merged {
                self.merged.insert(name.clone());
            }
            if self.index.insert(name.clone(), at).is_some() {
                return Err(twice(&name));
            }
        }
        if self.has("[content_types].xml") {
            Ok(())
        } else {
            Err(Fault::WrongType("ZIP 压缩包 / a ZIP archive".into()))
        }
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, part: &str) -> bool {
        self.index.contains_key(&key(part))
    }

    /// Whether a part may have merged cells.
    pub(super) fn is_merged(&self, part: &str) -> bool {
        self.merged.contains(&key(part))
    }

    /// A name of a part that isn't taken yet: the stem, a number, the end.
    pub(super) fn free_name(&mut self, stem: &str, end: &str) -> String {
        let mut n = 1_u32;
        loop {
            let name = format!("{stem}{n}{end}");
            if !self.has(&name) && self.taken.insert(key(&name)) {
                return name;
            }
            n += 1;
        }
    }

    /// A part as XML, event by event.
    pub(super) fn markup(&mut self, part: &str) -> Result<Markup<PartReader<'_, R>>, Fault> {
        let event_bytes = self.limits.event_bytes;
        let reader = self.reader(part)?;
        Ok(Markup::new(part, BufReader::new(reader), event_bytes))
    }

    /// A part held in memory.
    pub(super) fn read(&mut self, part: &str, most: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        self.reader(part)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if most < bytes.len() as u64 { Err(Fault::Bomb(too_large(most))) } else { Ok(bytes) }
    }

    fn reader(&mut self, part: &str) -> Result<Bounded<ZipFile<'_, R>>, Fault> {
        let missing = || Fault::damaged(part, "缺少该部件 / the part is missing");
        let at = self.index.get(&key(part)).copied().ok_or_else(missing)?;
        let file = self.archive.by_index(at)?;
        Ok(Bounded::new(file, &self.limits))
    }

    /// Writes the package: what was edited in its place, what is new at the end, the rest as it lies there.
    pub(super) fn finish<W: Write + Seek>(mut self, edits: Edits, out: W) -> Result<(), Fault> {
        let mut names = edits.names;
        let mut edited = ZipArchive::new(Cursor::new(edits.zip.finish()?.into_inner()))?;
        let mut zip = ZipWriter::new(out);
        for at in 0..self.archive.len() {
            let part = self.archive.by_index_raw(at)?;
            let name = part.name()?.into_owned();
            match names.remove(&key(&name)) {
                Some(edit) if !part.is_dir() => zip.raw_copy_file_rename(edited.by_index_raw(edit)?, name)?,
                _ => zip.raw_copy_file(part)?,
            }
        }
        let mut new: Vec<usize> = names.into_values().collect();
        new.sort_unstable();
        for at in new {
            zip.raw_copy_file(edited.by_index_raw(at)?)?;
        }
        zip.finish()?.flush()?;
        Ok(())
    }
}

/// Parts written anew, compressed, before the package is put together.
pub(super) struct Edits {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    /// Their positions by name in lower case.
    names: BTreeMap<String, usize>,
}

impl Default for Edits {
    fn default() -> Edits {
        Edits { zip: ZipWriter::new(Cursor::new(Vec::new())), names: BTreeMap::new() }
    }
}

impl Edits {
    /// Writes a part anew from what it was.
    pub(super) fn rewrite<R: Read + Seek, T>(
        &mut self,
        package: &mut Package<R>,
        part: &str,
        copy: impl FnOnce(&mut Markup<PartReader<'_, R>>, &mut dyn Write) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.start(part)?;
        let mut markup = package.markup(part)?;
        let mut out = BufWriter::new(&mut self.zip);
        let seen = copy(&mut markup, &mut out)?;
        out.flush()?;
        Ok(seen)
    }

    /// Writes a part.
    pub(super) fn create(
        &mut self,
        part: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        self.start(part)?;
        let mut out = BufWriter::new(&mut self.zip);
        write(&mut out)?;
        Ok(out.flush()?)
    }

    /// Writes a part that is there as bytes.
    pub(super) fn put(&mut self, part: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.create(part, |out| out.write_all(bytes))
    }

    fn start(&mut self, part: &str) -> Result<(), Fault> {
        self.names.insert(key(part), self.names.len());
        Ok(self.zip.start_file(part, SimpleFileOptions::default())?)
    }
}

/// A name as OPC compares it.
fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// Counts what comes out of the inflater, and stops it at the bounds.
pub(super) struct Bounded<R> {
    reader: R,
    bytes: u64,
    most: u64,
}

impl<'p, R: Read> Bounded<ZipFile<'p, R>> {
    fn new(part: ZipFile<'p, R>, limits: &Limits) -> Self {
        let most = limits.inflated_bytes.min(part.compressed_size().saturating_mul(limits.ratio).max(SMALL));
        Bounded { reader: part, bytes: 0, most }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.bytes += n as u64;
        if self.most < self.bytes {
            return Err(io::Error::other(Bound(too_large(self.most))));
        }
        Ok(n)
    }
}

fn too_large(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    format!("超过 {mebibytes} MiB / more than {mebibytes} MiB")
}

#[derive(Debug, Default)]
struct Seen {
    bytes: u64,
    markup: bool,
    merged: bool,
    nul: bool,
}

fn scan(mut part: impl Read) -> Result<Seen, Fault> {
    let [doctype, entity, merged] = ["<!DOCTYPE", "<!ENTITY", "mergeCell "].map(|mark| Finder::new(mark.as_bytes()));
    let mut seen = Seen::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut kept = 0;
    loop {
        let Some(free) = buffer.get_mut(kept..) else { return Ok(seen) };
        let n = part.read(free)?;
        if n == 0 {
            return Ok(seen);
        }
        seen.bytes += n as u64;
        let filled = kept + n;
        let bytes = buffer.get(..filled).unwrap_or_default();
        seen.markup = seen.markup || doctype.find(bytes).is_some() || entity.find(bytes).is_some();
        seen.merged = seen.merged || merged.find(bytes).is_some();
        seen.nul = seen.nul || memchr(0, bytes).is_some();
        kept = filled.min(16);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// What an OLE file is: a workbook with a password, or one of the old kind.
fn compound(mut source: impl Read) -> Result<Fault, Fault> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let finder = Finder::new(&name);
    let mut window = Vec::with_capacity(128 * 1024);
    loop {
        let n = source.by_ref().take(64 * 1024).read_to_end(&mut window)?;
        if finder.find(&window).is_some() {
            return Ok(Fault::Encrypted);
        }
        if n == 0 {
            return Ok(Fault::WrongType("XLS 工作簿 / an XLS workbook".into()));
        }
        window.drain(..window.len().saturating_sub(name.len()));
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
        match source.read(free)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}
