//! A C file compiled here into a library that a program loads before all others (`LD_PRELOAD`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The library, as long as the tests run.
pub struct Preload {
    library: PathBuf,
    _folder: tempfile::TempDir,
}

impl Preload {
    /// Compiles a source file.
    pub fn of(name: &str, source: &str) -> Preload {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, library) =
            (folder.path().join(name).with_extension("c"), folder.path().join(name).with_extension("so"));
        fs::write(&file, source).expect("a source file");
        let compiled = Command::new("cc")
            .args([
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-format-truncation",
                "-shared",
                "-fPIC",
                "-pthread",
                "-o",
            ])
            .args([&library, &file])
            .arg("-ldl")
            .output()
            .expect("a C compiler, `cc`");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Preload { library, _folder: folder }
    }

    /// Where it lies.
    pub fn library(&self) -> &Path {
        &self.library
    }
}

/// The number that a library of ours counts up in a file of eight bytes.
pub fn counted(file: &Path) -> u64 {
    let bytes = fs::read(file).expect("a counter");
    u64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
}
