//! One writer at a time: whoever works in a warehouse holds its lease.
//!
//! On a local folder the lease is a lock that the system takes back when its holder dies, so a killed run blocks nobody.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use crate::error::Error;

/// The right to write, for as long as this value lives.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

impl Lease {
    /// Takes the lease of a warehouse in a local folder, or says who has it.
    pub fn take(root: &Path, holder: &str) -> Result<Lease, Error> {
        fs::create_dir_all(root).map_err(|source| Error::File { path: root.to_owned(), source })?;
        let path = root.join(".lease");
        let failed = |source| Error::File { path: path.clone(), source };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "a process that has just begun",
                    holder => holder,
                };
                return Err(Error::Held { holder: holder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{holder}").map_err(failed)?;
        Ok(Lease { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_may_follow() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lease::take(folder.path(), "process 1, night of 2013-10-31").unwrap();
        let refused = Lease::take(folder.path(), "process 2").unwrap_err();
        assert!(refused.to_string().contains("process 1, night of 2013-10-31"), "{refused}");
        drop(first);
        Lease::take(folder.path(), "process 2").unwrap();
    }
}
