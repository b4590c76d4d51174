//! Encodings and shapes of separated text.

use std::io::Write;

use domain::contract::Table;
use encoding_rs::GB18030;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::{Fault, fault, read};
use crate::read::{encoding::Encoding, split::Splitter};

const HEADER: &str = "学籍号,日期,情况,节次数";
const ROWS: [&str; 2] = [
    "2 student_no=G340101201309010016 day=2013-09-02 state=旷课 periods=2",
    "3 student_no=L340101201309010024 day=2013/9/3 state=病假",
];

fn sample() -> String {
    format!("{HEADER}\nG340101201309010016,2013-09-02,旷课,2\nL340101201309010024,2013/9/3,病假,\n")
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn check(bytes: &[u8], encoding: &str) {
    let outcome = read(Table::Attendance, "attendance.csv", bytes).unwrap();
    assert_eq!(
        (outcome.report.encoding.as_str(), outcome.rows.as_slice()),
        (encoding, ROWS.map(String::from).as_slice())
    );
    assert_eq!(outcome.report.bytes, bytes.len() as u64);
    assert_eq!(outcome.report.sha256.len(), 64);
}

#[test]
fn every_encoding_of_the_contract_gives_the_same_rows() {
    // REQ: WH-01
    check(sample().as_bytes(), "UTF-8");
    check(format!("\u{FEFF}{}", sample()).as_bytes(), "UTF-8 (BOM)");
    check(&GB18030.encode(&sample()).0, "GB18030");
    check(&utf16(&sample(), false), "UTF-16LE (BOM)");
    check(&utf16(&sample(), true), "UTF-16BE (BOM)");
}

#[test]
fn rare_characters_of_gb18030_survive() {
    let text = format!("{HEADER},备注\nG340101201309010016,2013-09-02,旷课,1,𠮷㐂\n");
    let outcome = read(Table::Attendance, "attendance.csv", &GB18030.encode(&text).0).unwrap();
    assert_eq!(outcome.report.encoding, "GB18030");
    assert_eq!(outcome.report.extra_columns, ["备注"]);
}

#[test]
fn line_ends_and_separators_are_found_out() {
    // REQ: WH-01
    for end in ["\r\n", "\r"] {
        check(sample().replace('\n', end).as_bytes(), "UTF-8");
    }
    for separator in [";", "\t"] {
        check(sample().replace(',', separator).as_bytes(), "UTF-8");
    }
    check(sample().trim_end().as_bytes(), "UTF-8");
}

#[test]
fn broken_bytes_refuse_the_file_and_name_the_row() {
    // REQ: WH-02. Row 3 breaks after Chinese that only UTF-8 can be.
    let mut bytes = sample().into_bytes();
    let at = bytes.len() - 3;
    bytes.insert(at, 0xFF);
    let outcome = read(Table::Attendance, "attendance.csv", &bytes);
    assert_eq!(fault(outcome), (Some(3), Fault::Encoding { nearest: "UTF-8".into() }));

    let mut bytes = GB18030.encode(&sample()).0.into_owned();
    let at = bytes.len() - 1;
    bytes.splice(at..at, [0x81, 0x20]);
    let outcome = read(Table::Attendance, "attendance.csv", &bytes);
    assert_eq!(fault(outcome), (Some(3), Fault::Encoding { nearest: "GB18030".into() }));
}

#[test]
fn nul_bytes_refuse_the_file() {
    let outcome = read(Table::Attendance, "attendance.csv", sample().replace("旷课", "旷\0").as_bytes());
    assert_eq!(fault(outcome), (Some(2), Fault::Nul));
    let outcome = read(Table::Attendance, "attendance.csv", &utf16(&sample(), false)[2..]);
    assert!(matches!(fault(outcome).1, Fault::Nul | Fault::Encoding { .. } | Fault::NoHeader));
}

#[test]
fn marks_of_a_wrong_conversion_are_remarked() {
    // REQ: WH-02
    let text = sample().replace("旷课", "锟斤拷").replace(",病假,", ",病假,\u{FFFD}");
    let outcome = read(Table::Attendance, "attendance.csv", text.as_bytes()).unwrap();
    assert_eq!(outcome.remarked(), ["2 情况 unreadable 锟斤拷", "3 节次数 optional_unreadable \u{FFFD}"]);
    assert_eq!(outcome.rows[1], ROWS[1]);
}

#[test]
fn quotations_may_hold_separators_marks_and_line_breaks() {
    let text = "学籍号,日期,类别,名称\nG1,2013-09-02,奖励,\"三好,\"\"优秀\"\"\n学生\"\n\nG2,2013-09-03,处分,记\"过\n";
    let outcome = read(Table::Conduct, "conduct.csv", text.as_bytes()).unwrap();
    assert_eq!(
        outcome.rows,
        [
            "2 student_no=G1 day=2013-09-02 kind=奖励 title=三好,\"优秀\"\n学生",
            "4 student_no=G2 day=2013-09-03 kind=处分 title=记\"过",
        ]
    );
}

#[test]
fn a_quotation_that_swallows_rows_refuses_the_file_and_names_its_row() {
    // REQ: WH-02. Whether it closes by chance, badly, or never.
    let swallowed = format!("{HEADER}\nG1,2013-09-02,\"旷课,2\nG2,2013-09-02,旷课,2\nG3,2013-09-02,\"病假\",1\n");
    let by_chance = format!("{HEADER}\nG1,2013-09-02,\"旷课,2\nG2,2013-09-02,旷课,2\nG3,2013-09-02,病假\",1\n");
    let never = format!("{HEADER}\nG1,2013-09-02,\"旷课,2\nG2,2013-09-02,旷课,2\n");
    for text in [swallowed, by_chance, never] {
        let outcome = read(Table::Attendance, "attendance.csv", text.as_bytes());
        assert_eq!(fault(outcome), (Some(2), Fault::UnclosedQuote));
    }
    let mut long = format!("{HEADER}\nG1,2013-09-02,\"旷课,2\n");
    long.push_str(&"一 \n".repeat(600_000));
    assert_eq!(fault(read(Table::Attendance, "attendance.csv", long.as_bytes())), (Some(2), Fault::UnclosedQuote));
}

#[test]
fn a_row_of_another_width_is_kept_as_it_came_and_rejected() {
    // REQ: WH-02
    let text = format!("{HEADER}\nG1,2013-09-02,旷课\n,,,\n   \nG2,2013-09-02,旷课,2,多\nG3,2013-09-02,旷课,1\n");
    let outcome = read(Table::Attendance, "attendance.csv", text.as_bytes()).unwrap();
    let broken: Vec<_> =
        outcome.broken.iter().map(|row| (row.origin.row, row.rule.as_str(), row.raw.as_deref().unwrap())).collect();
    assert_eq!(
        broken,
        [(2, "column_count", "G1\t2013-09-02\t旷课"), (5, "column_count", "G2\t2013-09-02\t旷课\t2\t多")]
    );
    assert_eq!(outcome.report.rows, 3);
    assert_eq!(outcome.rows, ["6 student_no=G3 day=2013-09-02 state=旷课 periods=1"]);
}

#[test]
fn titles_above_and_headers_repeated_below_are_told_and_left_out() {
    let text =
        format!("长丰县考勤表\n填报单位:教育局,,,\n{HEADER}\nG1,2013-09-02,旷课,2\n{HEADER}\nG2,2013-09-02,旷课,2\n");
    let outcome = read(Table::Attendance, "attendance.csv", text.as_bytes()).unwrap();
    assert_eq!(outcome.rows.len(), 2);
    assert_eq!(outcome.report.notes.len(), 3, "{:?}", outcome.report.notes);
    assert!(outcome.rows[0].starts_with("4 ") && outcome.rows[1].starts_with("6 "));
}

#[test]
fn a_header_that_lacks_or_doubles_a_column_refuses_the_file() {
    // REQ: WH-01
    let outcome = read(Table::Attendance, "attendance.csv", "学籍号,日期,节次数\nG1,2013-09-02,1\n".as_bytes());
    let (row, lacking) = fault(outcome);
    assert_eq!((row, lacking), (Some(1), Fault::MissingColumns(vec!["情况".into()])));

    let outcome = read(Table::Attendance, "attendance.csv", "学籍号,日期,情况,情况\nG1,2013-09-02,旷课,1\n".as_bytes());
    let error = outcome.unwrap_err();
    assert_eq!((error.column.as_deref(), &error.fault), (Some("情况"), &Fault::DoubledColumn(vec!["情况".into(); 2])));

    let outcome = read(Table::Attendance, "attendance.csv", "a,b,c\n1,2,3\n".as_bytes());
    assert_eq!(fault(outcome).1, Fault::NoHeader);
}

#[test]
fn nothing_yet_is_no_error_of_the_file() {
    for bytes in ["", "\n\n", " , \n"] {
        let error = read(Table::Attendance, "attendance.csv", bytes.as_bytes()).unwrap_err();
        assert!(error.holds(), "{error}");
    }
    let outcome = read(Table::Attendance, "attendance.csv", HEADER.as_bytes()).unwrap();
    assert_eq!(outcome.report.rows, 0);
}

#[test]
fn columns_that_are_missing_or_more_are_told() {
    let text = "情况,学籍号,班主任,日期\n旷课,G1,王,2013-09-02\n";
    let outcome = read(Table::Attendance, "attendance.csv", text.as_bytes()).unwrap();
    assert_eq!(outcome.report.extra_columns, ["班主任"]);
    assert_eq!(outcome.report.missing_optional, ["节次数"]);
    assert_eq!(outcome.rows, ["2 student_no=G1 day=2013-09-02 state=旷课"]);
}

#[test]
fn compressed_text_is_read_and_torn_text_refused() {
    // REQ: WH-01
    let packed = gzip(sample().as_bytes());
    let outcome = read(Table::Attendance, "attendance.csv.gz", &packed).unwrap();
    assert_eq!(
        (outcome.rows.as_slice(), outcome.report.bytes),
        (ROWS.map(String::from).as_slice(), packed.len() as u64)
    );
    for length in [20, packed.len() - 9, packed.len() - 1] {
        let torn = fault(read(Table::Attendance, "attendance.csv.gz", &packed[..length])).1;
        assert!(matches!(torn, Fault::Torn(_)), "{torn:?}");
    }
    let mut noisy = packed.clone();
    noisy.extend_from_slice(b"garbage after the end");
    assert!(matches!(fault(read(Table::Attendance, "attendance.csv.gz", &noisy)).1, Fault::Torn(_)));

    let packed = zstd::encode_all(sample().as_bytes(), 3).unwrap();
    assert_eq!(read(Table::Attendance, "attendance.csv.zst", &packed).unwrap().rows, ROWS);
    assert!(matches!(
        fault(read(Table::Attendance, "attendance.csv.zst", &packed[..packed.len() - 2])).1,
        Fault::Torn(_)
    ));
}

#[test]
fn compressed_text_that_grows_without_measure_is_refused() {
    let blank = vec![b'\n'; 64 << 20];
    let mut bomb = sample().into_bytes();
    bomb.extend_from_slice(&blank);
    for (name, packed) in
        [("attendance.csv.gz", gzip(&bomb)), ("attendance.csv.zst", zstd::encode_all(bomb.as_slice(), 3).unwrap())]
    {
        let grown = fault(read(Table::Attendance, name, &packed)).1;
        assert!(matches!(grown, Fault::Bomb(_)), "{grown:?}");
    }
}

#[test]
fn content_decides_and_not_the_name() {
    let outcome = read(Table::Attendance, "attendance.xlsx", sample().as_bytes()).unwrap();
    assert_eq!(outcome.rows, ROWS);
    assert!(outcome.report.notes[0].contains("扩展名"));
    let outcome = read(Table::Attendance, "attendance.csv", &gzip(sample().as_bytes())).unwrap();
    assert_eq!(outcome.rows, ROWS);
    let html = "<html><table><tr><td>学籍号</td></tr></table></html>";
    for name in ["attendance.xlsx", "attendance.csv"] {
        assert!(matches!(fault(read(Table::Attendance, name, html.as_bytes())).1, Fault::WrongType { .. }));
    }
    let nested = gzip(&gzip(sample().as_bytes()));
    assert!(matches!(fault(read(Table::Attendance, "attendance.csv.gz", &nested)).1, Fault::WrongType { .. }));
}

fn split(text: &str) -> Option<Vec<Vec<String>>> {
    let mut records = Splitter::new(Encoding::Utf8.decode(text.as_bytes()), b',', 1 << 20);
    let mut rows = Vec::new();
    loop {
        match records.next() {
            Ok(Some(record)) => {
                rows.push(record.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect())
            }
            Ok(None) => return Some(rows),
            Err(_) => return None,
        }
    }
}

proptest! {
    #[test]
    fn what_a_csv_writer_wrote_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a汉,\"\r\n ]{0,6}", 2..5), 0..8)
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(split(&text), Some(rows));
    }

    #[test]
    fn no_text_stops_the_splitter(text in "[a,\"\r\n]{0,40}") {
        split(&text);
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut whole = sample().into_bytes();
        whole.extend(bytes);
        let _ = read(Table::Attendance, "attendance.csv", &whole);
    }
}
