//! Separated text: rows in = rows out, against a splitter that takes its time.

use std::io::Read;

use domain::contract::Table;

use super::opened;
use crate::read::{
    encoding::Encoding,
    layout::{TITLES, recognised},
    source::Kind,
    split::Splitter,
};

/// The longest row; longer ones are refused as soon as that is seen, which depends on how the bytes come in.
const LONGEST: usize = 64 << 10;

/// Asserts that the splitter finds the rows and fields that a plain reading of the rules finds, however the bytes come in, and that a file that
/// is read has as many rows as its text has after its header.
pub fn check(bytes: &[u8]) {
    if LONGEST < bytes.len() {
        return;
    }
    for separator in *b",\t;" {
        let expected = slowly(bytes, separator);
        for step in [usize::MAX, 1 + bytes.len() % 7] {
            assert_eq!(split(bytes, separator, step), expected, "separator {separator}, {step} bytes at a time");
        }
    }
    let Some(Ok(report)) = opened::read("attendance.csv", bytes) else { return };
    if Kind::of(bytes) != Kind::Text && Encoding::marked(bytes).is_none() {
        return;
    }
    let text = match report.encoding.as_str() {
        "GB18030" => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
        // Marks tell the rest apart.
        _ => encoding_rs::UTF_8.decode(bytes).0,
    };
    assert_eq!(report.rows, data_rows(text.as_bytes()), "rows in = rows out");
}

/// Records, each with its row and fields, and whether the last quotation was closed.
type Rows = (Vec<(u64, Vec<Vec<u8>>)>, bool);

fn split(bytes: &[u8], separator: u8, step: usize) -> Rows {
    let mut records = Splitter::new(Dribble { bytes, step }, separator, LONGEST);
    let mut rows = Vec::new();
    loop {
        match records.next() {
            Ok(Some(record)) => rows.push((record.row, record.fields().map(<[u8]>::to_vec).collect())),
            Ok(None) => return (rows, true),
            Err(_) => return (rows, false),
        }
    }
}

/// The rules, a byte at a time: a mark at a field's start opens a quotation, two in it are one, elsewhere it is a letter; LF, CRLF and CR end a row.
fn slowly(bytes: &[u8], separator: u8) -> Rows {
    let mut rows = Vec::new();
    let (mut row, mut at) = (0, 0);
    while let Some(&first) = bytes.get(at) {
        row += 1;
        let (mut fields, mut field) = (Vec::new(), Vec::new());
        let (mut opens, mut quoting) = (true, false);
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            if quoting {
                if byte != b'"' {
                    field.push(byte);
                } else if bytes.get(at) == Some(&b'"') {
                    field.push(byte);
                    at += 1;
                } else {
                    quoting = false;
                }
            } else if byte == b'"' && opens {
                (quoting, opens) = (true, false);
            } else if byte == separator {
                fields.push(std::mem::take(&mut field));
                opens = true;
            } else if byte == b'\n' || byte == b'\r' {
                at += usize::from(byte == b'\r' && bytes.get(at) == Some(&b'\n'));
                break;
            } else {
                field.push(byte);
                opens = false;
            }
        }
        if quoting {
            return (rows, false);
        }
        fields.push(field);
        if !matches!(first, b'\n' | b'\r') {
            rows.push((row, fields));
        }
    }
    (rows, true)
}

/// How many rows lie below the header, blank ones and repetitions of the header left out.
fn data_rows(text: &[u8]) -> u64 {
    let mut best = (0, Vec::new(), 0);
    for separator in *b",\t;" {
        let (rows, _) = slowly(text, separator);
        for (at, (row, fields)) in rows.iter().enumerate() {
            let cells: Vec<String> = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            let found = recognised(Table::Attendance, cells.iter().map(String::as_str));
            if *row <= TITLES as u64 && best.0 < found {
                best = (found, rows.clone(), at);
            }
        }
    }
    let (_, rows, at) = best;
    let header = rows.get(at).map(|(_, fields)| fields);
    let is_data =
        |fields: &Vec<Vec<u8>>| Some(fields) != header && fields.iter().any(|field| !field.trim_ascii().is_empty());
    rows.iter().skip(at + 1).filter(|(_, fields)| is_data(fields)).count() as u64
}

/// Bytes that come a few at a time.
struct Dribble<'b> {
    bytes: &'b [u8],
    step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.bytes.len().min(buffer.len()).min(self.step);
        let (now, later) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}
