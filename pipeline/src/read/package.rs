//! A workbook's package is walked through once before it is opened: counted while it inflates, since its own sizes may lie.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufReader, Read},
};

use memchr::{memchr, memmem::Finder};
use zip::{ZipArchive, result::ZipError};

use super::{
    fault::Fault,
    limits::Limits,
    source::{Bounded, Source, inflated_beyond},
};

/// What the walk saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Package {
    /// Whether some sheet has merged cells.
    pub(crate) merged: bool,
    /// Whether some sheet has hidden rows or columns.
    pub(crate) hidden: bool,
}

/// The most parts of a package.
const PARTS: usize = 10_000;

/// Walks through a package; anything hostile refuses it.
pub(crate) fn inspect(source: &Source, limits: &Limits) -> Result<Package, Fault> {
    let file: &File = source.rewound()?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| fault(&error))?;
    if PARTS < archive.len() {
        return Err(Fault::Bomb(format!("压缩包内有 {0} 个部件 / {0} parts", archive.len())));
    }
    let twice = || Fault::Workbook("同一部件出现两次 / a part twice".into());
    if archive.has_duplicate_names() {
        return Err(twice());
    }
    let mut names = HashSet::new();
    let mut package = Package::default();
    let (mut workbook, mut total) = (false, 0);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| fault(&error))?;
        let name = part.name().map_err(|error| fault(&error))?.replace('\\', "/").to_lowercase();
        if part.is_dir() {
            continue;
        }
        if part.is_symlink() || name.split('/').any(|step| step == "..") {
            return Err(Fault::Workbook("压缩包内有越界路径 / a part outside the package".into()));
        }
        if name == "mimetype" || name.ends_with("workbook.bin") {
            let found = if name == "mimetype" { "ODS" } else { "XLSB" };
            return Err(Fault::WrongType { found: found.into() });
        }
        if !names.insert(name.clone()) {
            return Err(twice());
        }
        workbook |= name.ends_with("workbook.xml");
        let sheet = name.contains("worksheets/");
        let (compressed, most) =
            (part.compressed_size(), if sheet { limits.inflated_bytes } else { limits.part_bytes });
        let seen = scan(Bounded::new(part, compressed, most, limits))?;
        total += seen.bytes;
        if limits.inflated_bytes < total {
            return Err(Fault::Bomb(inflated_beyond(limits.inflated_bytes)));
        }
        let xml = name.ends_with(".xml") || name.ends_with(".rels");
        if seen.markup && xml {
            return Err(Fault::Markup);
        }
        if seen.nul && xml {
            return Err(Fault::Workbook("部件不是 UTF-8 / a part that is not UTF-8".into()));
        }
        package.merged |= sheet && seen.merged;
        package.hidden |= sheet && seen.hidden;
    }
    if workbook { Ok(package) } else { Err(Fault::WrongType { found: "ZIP 压缩包 / a ZIP archive".into() }) }
}

fn fault(error: &ZipError) -> Fault {
    match error {
        ZipError::Io(error) => Fault::from(std::io::Error::from(error.kind())),
        ZipError::UnsupportedArchive(what) if what.contains("assword") => Fault::Encrypted,
        ZipError::UnsupportedArchive(what) => Fault::Workbook((*what).into()),
        _ => Fault::Torn("压缩包目录损坏 / damaged package".into()),
    }
}

#[derive(Debug, Default)]
struct Seen {
    bytes: u64,
    markup: bool,
    nul: bool,
    merged: bool,
    hidden: bool,
}

fn scan(mut part: impl Read) -> Result<Seen, Fault> {
    let [doctype, entity, merged, hidden] =
        ["<!DOCTYPE", "<!ENTITY", "<mergeCell ", " hidden=\"1\""].map(|mark| Finder::new(mark.as_bytes()));
    let mut seen = Seen::default();
    let mut buffer = vec![0; 128 * 1024];
    let mut kept = 0;
    loop {
        let n = part.read(&mut buffer[kept..])?;
        if n == 0 {
            return Ok(seen);
        }
        seen.bytes += n as u64;
        let filled = kept + n;
        let bytes = &buffer[..filled];
        seen.markup = seen.markup || doctype.find(bytes).is_some() || entity.find(bytes).is_some();
        seen.nul = seen.nul || memchr(0, bytes).is_some();
        seen.merged = seen.merged || merged.find(bytes).is_some();
        seen.hidden = seen.hidden || hidden.find(bytes).is_some();
        kept = filled.min(16);
        buffer.copy_within(filled - kept..filled, 0);
    }
}
