//! Files that are something else than their names say, special files, and names that mean harm.

use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{
    case::{Case, case, whole},
    package::{package, students_workbook},
    parquet::students_parquet,
    world::students,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend(special());
    cases.extend(names());
    cases
}

fn kinds() -> Vec<Case> {
    vec![
        case("a workbook named .csv", |world| world.put("students.csv", students_workbook()), whole("XLSX"))
            .noting("扩展名与内容不符"),
        case("a workbook named .xls", |world| world.students_as("students.xls", students_workbook()), whole("XLSX"))
            .noting("扩展名与内容不符"),
        case(
            "separated text named .xlsx",
            |world| world.students_as("students.xlsx", students().csv()),
            whole("UTF-8"),
        )
        .noting("扩展名与内容不符"),
        case(
            "separated text named .parquet",
            |world| world.students_as("students.parquet", students().csv()),
            whole("UTF-8"),
        )
        .noting("扩展名与内容不符"),
        case(
            "separated text named .csv.gz",
            |world| world.students_as("students.csv.gz", students().csv()),
            whole("UTF-8"),
        )
        .noting("扩展名与内容不符"),
        case("Parquet named .csv", |world| world.put("students.csv", students_parquet()), whole("Parquet"))
            .noting("扩展名与内容不符"),
        case(
            "Parquet named .xlsx",
            |world| world.students_as("students.xlsx", students_parquet()),
            "refused: wrong_type students.xlsx",
        ),
        case(
            "a page of HTML named .xls",
            |world| world.students_as("students.xls", "<html><table><tr><td>学籍号</td></tr></table></html>"),
            "refused: wrong_type students.xls",
        ),
        case(
            "XML of Excel 2003 named .xls",
            |world| {
                world.students_as(
                    "students.xls",
                    "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>",
                )
            },
            "refused: wrong_type students.xls",
        ),
        case("a PDF named .csv", |world| world.put("students.csv", "%PDF-1.7\n"), "refused: wrong_type students.csv"),
        case(
            "a picture named .csv",
            |world| world.put("students.csv", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"),
            "refused: wrong_type students.csv",
        ),
        case(
            "an archive of RAR named .csv",
            |world| world.put("students.csv", b"Rar!\x1A\x07\x01\0"),
            "refused: wrong_type students.csv",
        ),
        case(
            "an archive of 7-Zip named .csv",
            |world| world.put("students.csv", b"7z\xBC\xAF\x27\x1C\0\x04"),
            "refused: wrong_type students.csv",
        ),
        case(
            "a ZIP archive of a CSV file, named .csv",
            |world| world.put("students.csv", package(&[("students.csv", students().csv().as_bytes())])),
            "refused: wrong_type students.csv",
        ),
        case(
            "a program named .csv",
            |world| world.put("students.csv", b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"),
            "refused: nul students.csv row 1",
        ),
        case(
            "noise named .csv",
            |world| world.put("students.csv", noise(50_000)),
            "refused: encoding students.csv row 1",
        ),
        case(
            "noise named .xlsx",
            |world| world.students_as("students.xlsx", noise(50_000)),
            "refused: encoding students.xlsx row 1",
        ),
        case(
            "a word processor's document named .xlsx",
            |world| {
                world.students_as(
                    "students.xlsx",
                    package(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")]),
                )
            },
            "refused: wrong_type students.xlsx",
        ),
    ]
}

/// Bytes without an order, always the same.
pub(super) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 20_120_903_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..bytes).map(|_| next()).collect()
}

fn special() -> Vec<Case> {
    vec![
        case(
            "a folder named students.csv",
            |world| {
                world.drop("students.csv");
                std::fs::create_dir(world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link to a file outside",
            |world| {
                world.drop("students.csv");
                symlink("/etc/passwd", world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link to the sound file of another source",
            |world| {
                world.drop("students.csv");
                symlink("../../340103/2012-09-03/students.csv", world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link that leads nowhere",
            |world| {
                world.drop("students.csv");
                symlink("nothing", world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link to itself",
            |world| {
                world.drop("students.csv");
                symlink("students.csv", world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link to a device that never ends",
            |world| {
                world.drop("students.csv");
                symlink("/dev/zero", world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a link beside the sound files",
            |world| symlink("/etc/passwd", world.path("readme.txt")).unwrap(),
            "refused: not_a_file readme.txt",
        ),
        case(
            "a pipe that nobody writes to",
            |world| {
                world.drop("students.csv");
                pipe(&world.path("students.csv"));
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a pipe named manifest.json",
            |world| pipe(&world.path("manifest.json")),
            "refused: not_a_file manifest.json",
        ),
        case(
            "a pipe named .xlsx",
            |world| {
                world.drop("students.csv");
                pipe(&world.path("students.xlsx"));
            },
            "refused: not_a_file students.xlsx",
        ),
        case(
            "a socket",
            |world| {
                world.drop("students.csv");
                // Socket paths are short; it is bound elsewhere and moved.
                let short = tempfile::tempdir().unwrap();
                drop(UnixListener::bind(short.path().join("s")).unwrap());
                std::fs::rename(short.path().join("s"), world.path("students.csv")).unwrap();
            },
            "refused: not_a_file students.csv",
        ),
        case(
            "a manifest that is a link",
            |world| symlink("/etc/passwd", world.path("manifest.json")).unwrap(),
            "refused: not_a_file manifest.json",
        ),
        case(
            "two names of one file",
            |world| {
                world.drop("students.csv");
                world.put("students-01.csv", students().csv());
                std::fs::hard_link(world.path("students-01.csv"), world.path("students-02.csv")).unwrap();
            },
            "taken [UTF-8] 40 = 20 + 0 + 20",
        ),
    ]
}

fn pipe(path: &std::path::Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

fn names() -> Vec<Case> {
    let beside = |name: &'static str, file: &'static str, note: &'static str| {
        case(name, move |world| world.put(file, students().csv()), whole("UTF-8")).noting(note)
    };
    vec![
        case(
            "a file still being written (.part)",
            |world| world.put("students.csv.part", "x"),
            "held: still_written students.csv.part",
        ),
        case(
            "a file still being written (.tmp)",
            |world| world.students_as("students.tmp", "x"),
            "held: still_written students.tmp; missing_table",
        ),
        case(
            "a workbook that somebody has open",
            |world| world.put("~$students.xlsx", "x"),
            "held: still_written ~$students.xlsx",
        ),
        case(
            "hidden files of editors and systems",
            |world| {
                world.put(".students.csv.swp", "x");
                world.put(".DS_Store", "x");
                std::fs::create_dir(world.path(".snapshot")).unwrap();
            },
            whole("UTF-8"),
        ),
        case("a folder of nobody's name", |world| std::fs::create_dir(world.path("old")).unwrap(), whole("UTF-8"))
            .noting("不认识的文件夹"),
        case(
            "the name of a table between quotation marks, beside the table",
            |world| world.put("\"stu'dents\".csv", "x"),
            "refused: ambiguous_files \\\"stu\\'dents\\\".csv",
        ),
        beside("a slash in a name, written %2F", "a%2F..%2Fstudents.csv", "不认识的文件"),
        beside("a mark that turns the direction of writing, in a name", "stu\u{202E}dents.csv", "不认识的文件"),
        beside(
            "a name of 255 bytes",
            concat!(
                "very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-",
                "very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-a.csv"
            ),
            "不认识的文件",
        ),
        beside("a name that is nothing but an ending", ".csv.csv", ""),
        beside("a blank at the end of a name", "students.csv ", "不认识的文件"),
        beside("a name that a shell would run", "$(reboot);`reboot`.csv", "不认识的文件"),
        case(
            "pieces whose numbers have 230 digits",
            |world| world.students_as(&format!("students-{}1.csv", "0".repeat(230)), students().csv()),
            whole("UTF-8"),
        ),
        case(
            "a name of a hundred stars",
            |world| world.students_as(&format!("{}students.csv", "*".repeat(100)), students().csv()),
            whole("UTF-8"),
        ),
        case(
            "a line break and a colour in a name",
            |world| world.put("a\n\u{1B}[31m.part", "x"),
            "held: still_written a\\n\\u{1b}[31m.part",
        ),
        case(
            "a name that is no text",
            |world| {
                std::fs::write(world.folder().join(std::ffi::OsStr::from_bytes(b"stu\xFFdents.csv")), "x").unwrap();
            },
            "refused: bad_name stu\u{FFFD}dents.csv",
        ),
    ]
}
