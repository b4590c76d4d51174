//! Portraits in a ZIP archive, read entry by entry.

use std::io::{self, Read, Seek, SeekFrom};

use zip::{ZipArchive, read::ZipFile, result::ZipError};

use super::{Inspection, Limits, Next, PortraitError, Reason, Tally, Verdict};

/// Below this size nobody asks how well a file was compressed, in bytes.
const SMALL: u64 = 64 << 10;

/// Goes through an archive, and tells of each file what becomes of it. REQ: ENR-02.
pub fn visit_archive<R: Read + Seek>(
    mut archive: R,
    limits: &Limits,
    visit: impl FnMut(Verdict) -> Next,
) -> Result<Tally, PortraitError> {
    let torn = |_: io::Error| PortraitError::Torn;
    let bytes = archive.seek(SeekFrom::End(0)).map_err(torn)?;
    archive.seek(SeekFrom::Start(0)).map_err(torn)?;
    if limits.archive_bytes < bytes {
        return Err(PortraitError::LargeArchive { most: limits.archive_bytes });
    }
    let mut head = [0; 4];
    if archive.read_exact(&mut head).is_err() || !matches!(&head, b"PK\x03\x04" | b"PK\x05\x06") {
        return Err(PortraitError::NotAnArchive);
    }
    archive.seek(SeekFrom::Start(0)).map_err(torn)?;
    let mut archive = ZipArchive::new(archive).map_err(|_| PortraitError::Torn)?;
    if limits.files < archive.len() {
        return Err(PortraitError::ManyFiles { most: limits.files });
    }
    // Entries on top of each other are how a small archive holds endless files; two of one name are how one hides another.
    if archive.has_duplicate_names() || archive.has_overlapping_files().map_err(|_| PortraitError::Torn)? {
        return Err(PortraitError::Torn);
    }
    let mut inspection = Inspection::new(limits, visit);
    let mut total = 0;
    for at in 0..archive.len() {
        if inspection.stopped() {
            break;
        }
        let file = match archive.name_for_index(at) {
            Some(Ok(name)) => name.into_owned(),
            _ => format!("? {}", at + 1),
        };
        let file = file.replace('\\', "/");
        let entry = match archive.by_index(at) {
            Ok(entry) => entry,
            Err(error) => {
                inspection.refuse(&file, reason(&error));
                continue;
            }
        };
        if entry.is_dir() {
            continue;
        }
        if let Some(reason) = misplaced(&file, &entry, limits) {
            inspection.refuse(&file, reason);
            continue;
        }
        let Some(number) = inspection.number(&file) else { continue };
        match content(entry, limits) {
            Ok(bytes) => {
                total += bytes.len() as u64;
                if limits.total_bytes < total {
                    return Err(PortraitError::TotalBytes { most: limits.total_bytes });
                }
                inspection.take(&file, number, &bytes);
            }
            Err(reason) => inspection.refuse(&file, reason),
        }
    }
    Ok(inspection.tally)
}

fn reason(error: &ZipError) -> Reason {
    match error {
        ZipError::InvalidPassword => Reason::Encrypted,
        ZipError::UnsupportedArchive(what) if what.contains("assword") => Reason::Encrypted,
        _ => Reason::Torn,
    }
}

/// Whether an entry is where or what no portrait is, seen before it is read.
fn misplaced<R: Read>(file: &str, entry: &ZipFile<'_, R>, limits: &Limits) -> Option<Reason> {
    let mut steps = file.split('/');
    let drive = file.as_bytes().get(1) == Some(&b':');
    if file.starts_with('/') || drive || file.contains('\0') || steps.any(|step| step == "..") {
        return Some(Reason::Path);
    }
    if entry.is_symlink() {
        return Some(Reason::Link);
    }
    if !entry.is_file() {
        return Some(Reason::NotAFile);
    }
    if entry.encrypted() {
        return Some(Reason::Encrypted);
    }
    if limits.depth < file.split('/').count() {
        return Some(Reason::Deep);
    }
    if file.starts_with("__MACOSX/") {
        return Some(Reason::SystemFile);
    }
    (limits.file_bytes < entry.size()).then_some(Reason::Large { most: limits.file_bytes })
}

/// What an entry holds; its sizes are counted, not believed.
fn content<R: Read>(entry: ZipFile<'_, R>, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let grown = entry.compressed_size().saturating_mul(limits.ratio).max(SMALL);
    let mut bytes = Vec::new();
    let most = limits.file_bytes.min(grown);
    entry.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| Reason::Torn)?;
    match bytes.len() as u64 {
        n if limits.file_bytes < n => Err(Reason::Large { most: limits.file_bytes }),
        n if grown < n => Err(Reason::Bomb),
        _ => Ok(bytes),
    }
}
