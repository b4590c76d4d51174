//! Hostile files end a reading process and never us; sound ones come through it unharmed.

use std::{
    io::{Cursor, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::contract::Table;
use flate2::{Compression, write::GzEncoder};
use pipeline::{
    inbox::{Form, Part, State, look_untaken},
    read::{Fault, Limits, PartReport, ReadError, read_part, sheets},
};
use rust_xlsxwriter::Workbook;
use zip::{ZipWriter, write::SimpleFileOptions};

const HEADER: [&str; 4] = ["学籍号", "日期", "情况", "节次数"];

fn limits() -> Limits {
    Limits {
        chunk_rows: 1000,
        silence: Duration::from_secs(60),
        ..Limits::of_program(PathBuf::from(env!("CARGO_BIN_EXE_read-foreign")))
    }
}

/// Reads a file through the front door: rows, remarks, broken rows.
fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<(PartReport, Vec<u32>, [usize; 2]), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    let part = Part { table: Table::Attendance, file: name.into(), path, form: Form::of(name).unwrap().1, sheet: None };
    let (mut rows, mut said) = (Vec::new(), [0, 0]);
    let report = read_part(&part, limits, &mut |chunk| {
        assert_eq!(chunk.cells.num_rows(), chunk.rows.len());
        rows.extend(chunk.rows.values());
        said[0] += chunk.remarks.len();
        said[1] += chunk.broken.len();
        Ok(())
    })?;
    Ok((report, rows, said))
}

fn workbook(rows: u32) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("考勤").unwrap();
    for (column, text) in (0..).zip(HEADER) {
        sheet.write(0, column, text).unwrap();
    }
    for row in 1..=rows {
        sheet.write(row, 0, 340_101_201_309_010_016_f64).unwrap();
        sheet.write(row, 1, "2013-09-02").unwrap();
        sheet.write(row, 2, "旷课").unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn package(strings: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="考勤" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="{main}"><sheetData/></worksheet>"#)),
        ("xl/sharedStrings.xml", strings.to_owned()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn rows_remarks_and_report_come_through_the_process_whole() {
    // REQ: WH-01, WH-02
    let (report, rows, said) = read("attendance.xlsx", &workbook(2500), &limits()).unwrap();
    assert_eq!(rows, (2..=2501).collect::<Vec<_>>());
    assert_eq!((report.rows, report.encoding.as_str(), said), (2500, "XLSX", [2500, 0]));

    let mut text = HEADER.join(",");
    (0..5000)
        .for_each(|row| text.push_str(&format!("\nG{row},2013-09-02,旷课{}", if row % 1000 == 0 { "" } else { ",1" })));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let (report, rows, said) = read("attendance.csv.gz", &packed.finish().unwrap(), &limits()).unwrap();
    assert_eq!((report.rows, rows.len(), said), (5000, 4995, [0, 5]));
    let plain = read("attendance.csv", text.as_bytes(), &limits()).unwrap();
    assert_eq!(plain.1, rows);
}

#[test]
fn a_workbook_that_lies_about_its_strings_ends_the_process_alone() {
    // REQ: WH-01. The count makes the reader ask for 96 TB and abort.
    let bytes = package(
        r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4000000000000" uniqueCount="4000000000000"><si><t>一</t></si></sst>"#,
    );
    let error = read("attendance.xlsx", &bytes, &limits()).unwrap_err();
    assert!(matches!(&error.fault, Fault::Died(how) if how.contains("内存")), "{error:?}");
    assert!(error.refuses() && error.zh().starts_with("attendance.xlsx:"));
}

#[test]
fn a_reader_without_time_memory_or_program_is_told_apart() {
    let busy = workbook(200_000);
    let error = read("attendance.xlsx", &busy, &Limits { silence: Duration::from_millis(1), ..limits() }).unwrap_err();
    assert_eq!(error.fault, Fault::Silent);
    let error = read("attendance.xlsx", &workbook(10), &Limits { memory_bytes: 1 << 20, ..limits() }).unwrap_err();
    assert!(matches!(error.fault, Fault::Died(_)), "{error:?}");
    let error = read("attendance.xlsx", &workbook(10), &Limits { program: "/nowhere".into(), ..limits() }).unwrap_err();
    assert!(!error.refuses() && !error.holds(), "{error:?}");
}

#[test]
fn a_taker_may_stop_and_the_process_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("attendance.xlsx");
    fs_err::write(&path, workbook(20_000)).unwrap();
    let part = Part { table: Table::Attendance, file: "attendance.xlsx".into(), path, form: Form::Xlsx, sheet: None };
    let mut chunks = 0;
    let error = read_part(&part, &limits(), &mut |_| {
        chunks += 1;
        Err(ReadError::stopped("attendance.xlsx", "disk full"))
    });
    assert_eq!((chunks, error.unwrap_err().fault), (1, Fault::Stopped("disk full".into())));
}

#[test]
fn a_workbook_with_a_sheet_per_table_is_a_batch() {
    // REQ: WH-01
    let root = tempfile::tempdir().unwrap();
    let batch = root.path().join("340121/2013-09-02");
    fs_err::create_dir_all(&batch).unwrap();
    let mut book = Workbook::new();
    for table in Table::CORE {
        book.add_worksheet().set_name(table.chinese()).unwrap().write(0, 0, "表头").unwrap();
    }
    book.add_worksheet().set_name("考勤").unwrap().set_hidden(true).write(0, 0, "表头").unwrap();
    fs_err::write(batch.join("长丰县导出.xlsx"), book.save_to_buffer().unwrap()).unwrap();
    let found = look_untaken(root.path(), "2013-09-02".parse().unwrap(), None, &limits(), &|_, _| false).unwrap();
    let State::Ready(ready) = &found[0].state else { panic!("{found:?}") };
    let sheets_of: Vec<_> = ready.parts.iter().map(|part| part.sheet.as_deref().unwrap()).collect();
    assert_eq!(sheets_of, Table::CORE.map(Table::chinese));
    assert_eq!(found[0].notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["hidden_sheet"]);

    fs_err::write(batch.join("长丰县导出.xlsx"), b"PK\x03\x04 torn").unwrap();
    let found = look_untaken(root.path(), "2013-09-02".parse().unwrap(), None, &limits(), &|_, _| false).unwrap();
    assert!(matches!(&found[0].state, State::Refused(reasons) if reasons[0].code == "torn"), "{found:?}");
    assert!(sheets(Path::new("/dev/zero"), "zero", &limits()).is_err());
}

#[test]
fn damaged_bytes_end_in_rows_or_in_an_answer() {
    // REQ: WH-01. Whatever is flipped, the reader answers, and rows are only kept once all is read.
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(format!("{}\n{}", HEADER.join(","), "G1,2013-09-02,旷课,1\n".repeat(50)).as_bytes()).unwrap();
    let files = [("attendance.xlsx", workbook(30)), ("attendance.csv.gz", packed.finish().unwrap())];
    let bounds = Limits { memory_bytes: 512 << 20, silence: Duration::from_secs(20), ..limits() };
    for (name, whole) in files {
        for trial in 0..25_usize {
            let mut bytes = whole.clone();
            let at = trial.wrapping_mul(7919) % bytes.len();
            bytes[at] ^= 1 << (trial % 8);
            match read(name, &bytes, &bounds) {
                Ok((report, rows, said)) => assert_eq!(report.rows, (rows.len() + said[1]) as u64),
                Err(error) => assert!(error.refuses() || error.holds(), "{name} {at}: {error}"),
            }
        }
    }
}
