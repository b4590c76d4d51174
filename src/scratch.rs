//! A local folder for the rows that wait while a night runs. They are personal: nobody else may read it, and nothing stays.

use std::{
    fs::{DirBuilder, File},
    io::Result,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use warehouse::Warehouse;

/// The folder, which goes with this value.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    lock: Option<(File, PathBuf)>,
}

/// What names of scratch folders outside a warehouse begin with.
const OURS: &str = "xueji-scratch-";

static MADE: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    /// The folder for a warehouse: within it where it is a folder, since one run works there at a time; else one of this process alone
    /// below `base`. What killed runs left there goes.
    pub fn of(warehouse: &Warehouse, base: &Path) -> Result<Scratch> {
        match &warehouse.place().folder {
            Some(root) => Ok(Scratch { folder: root.join(".scratch"), lock: None }),
            None => Scratch::below(base),
        }
    }

    /// A folder of this process alone below `base`.
    pub fn below(base: &Path) -> Result<Scratch> {
        fs_err::create_dir_all(base)?;
        sweep(base)?;
        let name = format!("{OURS}{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = base.join(format!("{name}.lock"));
        let lock = File::options().write(true).create_new(true).open(&path)?;
        lock.lock()?;
        let folder = base.join(name);
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Scratch { folder, lock: Some((lock, path)) })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Removes the folders of runs that live no more: nobody holds their locks.
fn sweep(base: &Path) -> Result<()> {
    for entry in fs_err::read_dir(base)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".lock")) else { continue };
        let abandoned = name.starts_with(OURS) && File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok());
        if abandoned {
            let _ = fs_err::remove_dir_all(base.join(name));
            let _ = fs_err::remove_file(&path);
        }
    }
    Ok(())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.lock {
            let _ = fs_err::remove_dir_all(&self.folder);
            let _ = fs_err::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_what_a_living_one_has_stays() {
        let base = tempfile::tempdir().unwrap();
        let left = base.path().join(format!("{OURS}1-1"));
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("1.arrow"), "rows").unwrap();
        std::fs::write(base.path().join(format!("{OURS}1-1.lock")), "").unwrap();
        let living = Scratch::below(base.path()).unwrap();
        assert!(!left.exists());
        let other = Scratch::below(base.path()).unwrap();
        assert!(living.folder().is_dir() && other.folder().is_dir());
        assert_eq!(living.folder().metadata().unwrap().permissions().mode() & 0o077, 0, "nobody else reads it");
        drop((living, other));
        assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0);
    }
}
