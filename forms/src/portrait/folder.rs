//! Portraits in a folder.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::{Inspection, Limits, Next, PortraitError, Reason, Tally, Verdict};

/// Goes through a folder and the folders in it, in the order of their names, and tells of each file what becomes of it. REQ: ENR-02.
pub fn visit_folder(root: &Path, limits: &Limits, visit: impl FnMut(Verdict) -> Next) -> Result<Tally, PortraitError> {
    let unreadable = |place: &str, what: String| {
        let place = if place.is_empty() { root.display().to_string() } else { place.to_owned() };
        PortraitError::Unreadable { place, what }
    };
    let found = fs::symlink_metadata(root).map_err(|error| unreadable("", error.kind().to_string()))?;
    if !found.is_dir() {
        return Err(unreadable("", std::io::ErrorKind::NotADirectory.to_string()));
    }
    let mut inspection = Inspection::new(limits, visit);
    let (mut met, mut total) = (0_usize, 0_u64);
    // What is still to be seen: the path, its name within the root, and how deep it lies.
    let mut waiting: Vec<(PathBuf, String, usize)> = vec![(root.to_owned(), String::new(), 0)];
    while let Some((path, name, depth)) = waiting.pop() {
        if inspection.stopped() {
            break;
        }
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) => {
                inspection.refuse(&name, Reason::Unreadable(error.kind().to_string()));
                continue;
            }
        };
        if found.is_dir() {
            if limits.depth < depth {
                inspection.refuse(&name, Reason::Deep);
                continue;
            }
            let mut inside = Vec::new();
            let entries = fs::read_dir(&path).map_err(|error| unreadable(&name, error.kind().to_string()))?;
            for entry in entries {
                let entry = entry.map_err(|error| unreadable(&name, error.kind().to_string()))?;
                met += 1;
                if limits.files < met {
                    return Err(PortraitError::ManyFiles { most: limits.files });
                }
                inside.push(entry.file_name());
            }
            inside.sort_unstable_by(|one, other| other.cmp(one));
            waiting.extend(inside.into_iter().map(|step| (path.join(&step), joined(&name, &step), depth + 1)));
            continue;
        }
        if found.is_symlink() {
            inspection.refuse(&name, Reason::Link);
            continue;
        }
        if !found.is_file() {
            inspection.refuse(&name, Reason::NotAFile);
            continue;
        }
        if limits.file_bytes < found.len() {
            inspection.refuse(&name, Reason::Large { most: limits.file_bytes });
            continue;
        }
        let Some(number) = inspection.number(&name) else { continue };
        match content(&path, &found, limits) {
            Ok(bytes) => {
                total += bytes.len() as u64;
                if limits.total_bytes < total {
                    return Err(PortraitError::TotalBytes { most: limits.total_bytes });
                }
                inspection.take(&name, number, &bytes);
            }
            Err(reason) => inspection.refuse(&name, reason),
        }
    }
    Ok(inspection.tally)
}

fn joined(folder: &str, step: &OsStr) -> String {
    let step = step.to_string_lossy();
    if folder.is_empty() { step.into_owned() } else { format!("{folder}/{step}") }
}

/// What a file holds, if it is still the plain file that was seen.
fn content(path: &Path, seen: &fs::Metadata, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let unreadable = |error: std::io::Error| Reason::Unreadable(error.kind().to_string());
    let file = File::open(path).map_err(unreadable)?;
    let opened = file.metadata().map_err(unreadable)?;
    if !opened.is_file() || !same(&opened, seen) {
        return Err(Reason::Link);
    }
    let mut bytes = Vec::new();
    file.take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if limits.file_bytes < bytes.len() as u64 { Err(Reason::Large { most: limits.file_bytes }) } else { Ok(bytes) }
}

#[cfg(unix)]
fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    one.len() == other.len()
}
