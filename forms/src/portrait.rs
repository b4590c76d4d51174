//! Portraits (照片) checked before they are taken: whose they are by the name of the file, what they are by their content.
//!
//! A folder or a ZIP archive is gone through file by file; nothing is unpacked to disk. Each picture is decoded whole under limits, and
//! what is handed on is a picture drawn anew, without metadata. Since two files can contradict each other, a portrait that was handed on
//! can be withdrawn later: only what was not withdrawn by the end is accepted.

mod archive;
mod compare;
mod folder;
mod picture;
mod refusal;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use domain::identity::{IdFault, IdNo, StudentNo, masked};
use serde::{Deserialize, Serialize};

pub use archive::visit_archive;
pub use folder::visit_folder;
pub use picture::{Drawn, Format, draw};
pub use refusal::{PortraitError, Reason, Refused};

use compare::Comparison;

/// How much portraits may ask of us, and what they have to be. REQ: ENR-02.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files of one folder or archive, folders within it counted too.
    pub files: usize,
    /// Bytes of an archive.
    pub archive_bytes: u64,
    /// Bytes of all files together.
    pub total_bytes: u64,
    /// How many times larger than its compressed form a file may grow; pictures hardly compress. Not applied below 64 KiB.
    pub ratio: u64,
    /// Folders within folders.
    pub depth: usize,
    /// Pixels of one picture, looked up before it is decoded.
    pub pixels: u64,
    /// The least width, in pixels.
    pub min_width: u32,
    /// The least height, in pixels.
    pub min_height: u32,
    /// The least width in hundredths of the height.
    pub min_percent: u32,
    /// The most width in hundredths of the height.
    pub max_percent: u32,
    /// The longer side of the picture that is kept, in pixels; smaller pictures keep their size.
    pub longer_side: u32,
    /// The quality of the JPEG that is kept, 1–100.
    pub quality: u8,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 1 << 20,
            files: 200_000,
            archive_bytes: 4 << 30,
            total_bytes: 64 << 30,
            ratio: 100,
            depth: 16,
            pixels: 20_000_000,
            min_width: 150,
            min_height: 200,
            min_percent: 65,
            max_percent: 85,
            longer_side: 640,
            quality: 85,
        }
    }
}

/// Whose portrait it is (号码), as the file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// 学籍号
    Student(StudentNo),
    /// 身份证号, its check character right.
    Id(IdNo),
}

impl Number {
    /// The number a file's name stands for, without its extension. Width, case and spaces are put right; nothing is guessed.
    pub fn of_file_name(name: &str) -> Result<Number, Reason> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        if let Some(number) = StudentNo::read(stem) {
            return Ok(Number::Student(number));
        }
        match IdNo::read(stem) {
            Ok(number) if number.check().checksum_ok => Ok(Number::Id(number)),
            Ok(_) => Err(Reason::CheckDigit),
            Err(IdFault::Mangled) => Err(Reason::MangledName),
            Err(_) => Err(Reason::Name),
        }
    }

    /// All its places. Only the vault and files for their owners may hold them.
    pub fn as_str(&self) -> &str {
        match self {
            Number::Student(number) => number.as_str(),
            Number::Id(number) => number.as_str(),
        }
    }
}

/// A portrait that may be taken (合格照片). REQ: ENR-02.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    /// Whose it is.
    pub number: Number,
    /// The file within the folder or the archive; its name shows the number.
    pub file: String,
    /// What the file was.
    pub format: Format,
    /// Width of the picture that is kept, in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The picture that is kept: a JPEG drawn anew.
    pub bytes: Vec<u8>,
    /// SM3 of `bytes`, in hexadecimal.
    pub digest: String,
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portrait")
            .field("number", &self.number)
            .field("file", &shown(&self.file))
            .field("format", &self.format)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("bytes", &self.bytes.len())
            .field("digest", &self.digest)
            .finish()
    }
}

/// A file's name as lists may show it: whatever in it looks like a number is masked.
pub fn shown(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let (stem, end) = name.rsplit_once('.').map_or((name, ""), |(stem, end)| (stem, end));
    let digits = stem.chars().filter(char::is_ascii_digit).count();
    let stem = if 8 <= digits { masked(stem) } else { stem.to_owned() };
    let folder: String =
        folder.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
    let slash = if folder.is_empty() { "" } else { "/" };
    let dot = if end.is_empty() { "" } else { "." };
    format!("{folder}{slash}{stem}{dot}{end}")
}

/// What is told while files are gone through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A portrait that may be taken, unless it is withdrawn later.
    Accepted(Portrait),
    /// A file that is no portrait to be taken.
    Refused(Refused),
    /// A portrait handed on before turns out to contradict a later file.
    Withdrawn(Refused),
}

/// Whether the walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next file.
    On,
    /// No more.
    Stop,
}

/// How many files there were and what became of them; `files` = `accepted` + `refused` unless the walk was stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Files met.
    pub files: u64,
    /// Portraits handed on and not withdrawn.
    pub accepted: u64,
    /// Files refused, portraits withdrawn among them.
    pub refused: u64,
}

/// All portraits of a folder or an archive that is small enough to hold them in memory. REQ: ENR-02.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The portraits that may be taken.
    pub accepted: Vec<Portrait>,
    /// The other files.
    pub refused: Vec<Refused>,
}

impl Checked {
    /// Goes through a folder.
    pub fn folder(root: &std::path::Path, limits: &Limits) -> Result<Checked, PortraitError> {
        let mut checked = Checked::default();
        visit_folder(root, limits, |verdict| checked.take(verdict))?;
        Ok(checked)
    }

    /// Goes through an archive.
    pub fn archive<R: std::io::Read + std::io::Seek>(archive: R, limits: &Limits) -> Result<Checked, PortraitError> {
        let mut checked = Checked::default();
        visit_archive(archive, limits, |verdict| checked.take(verdict))?;
        Ok(checked)
    }

    fn take(&mut self, verdict: Verdict) -> Next {
        match verdict {
            Verdict::Accepted(portrait) => self.accepted.push(portrait),
            Verdict::Refused(refused) => self.refused.push(refused),
            Verdict::Withdrawn(refused) => {
                self.accepted.retain(|portrait| portrait.file != refused.file);
                self.refused.push(refused);
            }
        }
        Next::On
    }
}

/// Takes files one by one, and tells what becomes of them.
struct Inspection<'a, V> {
    limits: &'a Limits,
    visit: V,
    compared: Comparison,
    tally: Tally,
    next: Next,
}

impl<'a, V: FnMut(Verdict) -> Next> Inspection<'a, V> {
    fn new(limits: &'a Limits, visit: V) -> Self {
        Inspection { limits, visit, compared: Comparison::default(), tally: Tally::default(), next: Next::On }
    }

    /// A file that was not read.
    fn refuse(&mut self, file: &str, reason: Reason) {
        self.tally.files += 1;
        self.tally.refused += 1;
        self.tell(Verdict::Refused(Refused { file: file.into(), reason }));
    }

    /// The number a file is named by, before it is read; a file of another name is refused.
    fn number(&mut self, file: &str) -> Option<Number> {
        let name = file.rsplit('/').next().unwrap_or(file);
        match Number::of_file_name(name) {
            Ok(number) => Some(number),
            Err(reason) => {
                let other =
                    name.starts_with('.') || ["thumbs.db", "desktop.ini"].contains(&name.to_lowercase().as_str());
                self.refuse(file, if other { Reason::SystemFile } else { reason });
                None
            }
        }
    }

    /// The content of a file.
    fn take(&mut self, file: &str, number: Number, bytes: &[u8]) {
        // A hostile picture may make a decoder panic; it is refused like any other that can't be decoded.
        let drawn = match catch_unwind(AssertUnwindSafe(|| draw(bytes, self.limits))) {
            Ok(Ok(drawn)) => drawn,
            Ok(Err(reason)) => return self.refuse(file, reason),
            Err(_) => return self.refuse(file, Reason::Broken),
        };
        let contradicted = self.compared.add(file, number, drawn.pixels);
        for earlier in contradicted.withdrawn {
            self.tally.accepted -= 1;
            self.tally.refused += 1;
            self.tell(Verdict::Withdrawn(earlier));
        }
        if let Some(reason) = contradicted.reason {
            return self.refuse(file, reason);
        }
        self.tally.files += 1;
        self.tally.accepted += 1;
        self.tell(Verdict::Accepted(Portrait {
            number,
            file: file.into(),
            format: drawn.format,
            width: drawn.width,
            height: drawn.height,
            digest: drawn.digest,
            bytes: drawn.bytes,
        }));
    }

    fn tell(&mut self, verdict: Verdict) {
        if self.next == Next::On {
            self.next = (self.visit)(verdict);
        }
    }

    fn stopped(&self) -> bool {
        self.next == Next::Stop
    }
}
