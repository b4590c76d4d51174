//! Compressed files that are torn, doubled or bombs; files that grow while they are read.

use std::{
    fs::OpenOptions,
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
};

use flate2::{Compression, write::GzEncoder};

use super::{
    case::{Case, case, whole},
    package::students_workbook,
    world::students,
};

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A gibibyte of one byte behind this text: 16 members of 64 MiB, a megabyte in all.
fn bomb(before: &str, byte: u8) -> Vec<u8> {
    [gz(before.as_bytes()), gz(&vec![byte; 64 << 20]).repeat(16)].concat()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = gzip();
    cases.extend(bombs());
    cases.extend(changing());
    cases
}

fn gzip() -> Vec<Case> {
    let of = |name: &'static str, bytes: fn() -> Vec<u8>, expected: &str| {
        case(name, move |world| world.students_as("students.csv.gz", bytes()), expected)
    };
    vec![
        of("gzip", || gz(students().csv().as_bytes()), &whole("UTF-8")),
        of(
            "gzip in two members",
            || {
                let text = students().csv();
                [gz(&text.as_bytes()[..500]), gz(&text.as_bytes()[500..])].concat()
            },
            &whole("UTF-8"),
        ),
        of(
            "gzip torn in the middle",
            || {
                let whole = gz(students().csv().as_bytes());
                whole[..whole.len() / 2].to_vec()
            },
            "refused: torn students.csv.gz",
        ),
        of(
            "gzip without its last byte",
            || {
                let mut whole = gz(students().csv().as_bytes());
                whole.pop();
                whole
            },
            "refused: torn students.csv.gz",
        ),
        of("gzip of ten bytes", || gz(b"")[..10].to_vec(), "refused: torn students.csv.gz"),
        of("gzip of nothing", || gz(b""), "held: empty students.csv.gz"),
        of(
            "gzip with a wrong check sum",
            || {
                let mut whole = gz(students().csv().as_bytes());
                let at = whole.len() - 6;
                whole[at] ^= 1;
                whole
            },
            "refused: torn students.csv.gz",
        ),
        of(
            "gzip with garbage behind it",
            || [gz(students().csv().as_bytes()).as_slice(), b"garbage and more of it"].concat(),
            "refused: torn students.csv.gz",
        ),
        of("gzip of gzip", || gz(&gz(students().csv().as_bytes())), "refused: wrong_type students.csv.gz"),
        of("gzip of a workbook", || gz(&students_workbook()), "refused: wrong_type students.csv.gz"),
        case("gzip named .csv", |world| world.put("students.csv", gz(students().csv().as_bytes())), whole("UTF-8"))
            .noting("扩展名与内容不符"),
        case(
            "zstd torn in the middle",
            |world| {
                let whole = zstd::encode_all(students().csv().as_bytes(), 3).unwrap();
                world.students_as("students.csv.zst", &whole[..whole.len() / 2]);
            },
            "refused: torn students.csv.zst",
        ),
        case(
            "zstd with garbage behind it",
            |world| {
                let whole = zstd::encode_all(students().csv().as_bytes(), 3).unwrap();
                world.students_as("students.csv.zst", [whole.as_slice(), b"garbage"].concat());
            },
            "refused: torn students.csv.zst",
        ),
    ]
}

fn bombs() -> Vec<Case> {
    vec![
        case(
            "a gibibyte of NULs in a megabyte",
            |world| world.students_as("students.csv.gz", bomb("", 0)),
            "refused: nul students.csv.gz row 1",
        ),
        case(
            "a gibibyte of blank rows in a megabyte",
            |world| world.students_as("students.csv.gz", bomb(&students().csv(), b'\n')),
            "refused: bomb students.csv.gz",
        ),
        case(
            "a gibibyte of one letter in a megabyte",
            |world| world.students_as("students.csv.gz", bomb(&students().csv(), b'x')),
            "refused: bomb students.csv.gz",
        ),
        case(
            "a gibibyte of blank rows in 40 kilobytes",
            |world| {
                let mut writer = zstd::Encoder::new(Vec::new(), 1).unwrap();
                writer.write_all(students().csv().as_bytes()).unwrap();
                (0..64).for_each(|_| writer.write_all(&vec![b'\n'; 16 << 20]).unwrap());
                world.students_as("students.csv.zst", writer.finish().unwrap());
            },
            "refused: bomb students.csv.zst",
        ),
    ]
}

fn changing() -> Vec<Case> {
    vec![
        case(
            "a file that grows while it is read",
            |world| world.put("students.csv", students().csv() + &"\n".repeat(30 << 20)),
            "held: changed students.csv",
        )
        .meanwhile(grow),
        case(
            "a file that is replaced again and again",
            |world| world.put("students.csv", students().csv() + &"\n".repeat(30 << 20)),
            "held: changed students.csv",
        )
        .meanwhile(replace),
    ]
}

/// Adds blank rows until the night has ended.
fn grow(world: &super::world::World, over: &AtomicBool) {
    let mut file = OpenOptions::new().append(true).open(world.path("students.csv")).unwrap();
    while !over.load(Ordering::Relaxed) {
        file.write_all(b"\n").unwrap();
    }
}

/// Puts a copy in the file's place until the night has ended.
fn replace(world: &super::world::World, over: &AtomicBool) {
    let (file, copy) = (world.path("students.csv"), world.place.folder.path().join("copy"));
    while !over.load(Ordering::Relaxed) {
        std::fs::copy(&file, &copy).unwrap();
        std::fs::rename(&copy, &file).unwrap();
    }
}
