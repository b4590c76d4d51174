//! Workbooks of either kind, as a reading process opens them.
//!
//! Bytes that begin as a package or a compound file are one. All others are the parts of a package as text, each below a line `--- name`, so that
//! a fuzzer changes cells and relations instead of check sums.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

use super::opened;

/// Asserts that a workbook is read with rows in = rows out, or refused in words, or ends in a fall of the crate that reads it; and that whatever
/// sheet is listed has a name.
pub fn check(bytes: &[u8]) {
    let (name, bytes) = if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        ("attendance.xls", bytes.to_vec())
    } else if bytes.starts_with(b"PK") {
        ("attendance.xlsx", bytes.to_vec())
    } else {
        let Some(package) = package(bytes) else { return };
        ("attendance.xlsx", package)
    };
    let sheets = opened::sheets(name, &bytes);
    let read = opened::read(name, &bytes);
    if let (Some(Ok(sheets)), Some(Ok(_))) = (sheets, read) {
        assert!(sheets.iter().any(|sheet| sheet.filled), "rows were read of a workbook without a filled sheet");
    }
}

/// The package of parts written as text; none if it would only show that more strings can be promised than memory holds, which ends a reading
/// process and nothing else.
fn package(text: &[u8]) -> Option<Vec<u8>> {
    if promises_too_much(text) {
        return None;
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut begun = false;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"--- ") {
            let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
            zip.start_file(name, stored).ok()?;
            begun = true;
        } else if begun {
            zip.write_all(line).ok()?;
        }
    }
    Some(zip.finish().ok()?.into_inner())
}

/// Whether some `uniqueCount` has more than six digits.
fn promises_too_much(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"uniqueCount").any(|at| {
        let near = &text[at..text.len().min(at + 64)];
        near.split(|byte| !byte.is_ascii_digit()).any(|run| 6 < run.len())
    })
}
