//! Packages (ZIP) written by hand, so that they can lie; and the workbook of the sound pupils.

use std::io::Write;

use flate2::{Compress, Compression, Crc, FlushCompress, write::DeflateEncoder};
use rust_xlsxwriter::Workbook;

use super::world::{Rows, students};

/// A part of a package and what its headers claim.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: Vec<u8>,
    /// Its bytes as they stand in the package.
    pub(super) deflated: Vec<u8>,
    pub(super) crc: u32,
    /// The size that the headers state, in bytes.
    pub(super) claimed: u32,
    /// The flags of the headers; bit 0 says that the part is encrypted.
    pub(super) flags: u16,
    /// The extra field of the directory.
    pub(super) extra: Vec<u8>,
    /// The mode of the file under Unix, in the directory.
    pub(super) mode: u32,
}

impl Part {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Part {
        let mut writer = DeflateEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(bytes).unwrap();
        let mut crc = Crc::new();
        crc.update(bytes);
        Part {
            name: name.into(),
            deflated: writer.finish().unwrap(),
            crc: crc.sum(),
            claimed: u32::try_from(bytes.len()).unwrap(),
            flags: 0,
            extra: Vec::new(),
            mode: 0o100_644,
        }
    }

    /// A part that begins with these bytes and goes on with `times` times a mebibyte of one byte.
    pub(super) fn bomb(name: &str, before: &[u8], byte: u8, times: usize) -> Part {
        let block = |bytes: &[u8], flush: FlushCompress| {
            let mut compress = Compress::new(Compression::fast(), false);
            let mut out = Vec::with_capacity(bytes.len() / 50 + 4096);
            compress.compress_vec(bytes, &mut out, flush).unwrap();
            out
        };
        // Blocks that end on a byte can be put one behind the other.
        let again = block(&vec![byte; 1 << 20], FlushCompress::Full);
        let deflated =
            [block(before, FlushCompress::Full), again.repeat(times), block(b"", FlushCompress::Finish)].concat();
        let claimed = u32::try_from(before.len() + (times << 20)).unwrap();
        Part { deflated, claimed, ..Part::of(name, before) }
    }

    fn header(&self, offset: Option<usize>) -> Vec<u8> {
        let central = offset.is_some();
        let mut out: Vec<u8> = if central { b"PK\x01\x02\x14\x03".to_vec() } else { b"PK\x03\x04".to_vec() };
        let extra = if central { self.extra.as_slice() } else { &[] };
        out.extend(20_u16.to_le_bytes());
        out.extend(self.flags.to_le_bytes());
        out.extend(8_u16.to_le_bytes());
        out.extend([0, 0, 0x21, 0x40]);
        out.extend(self.crc.to_le_bytes());
        out.extend(u32::try_from(self.deflated.len()).unwrap().to_le_bytes());
        out.extend(self.claimed.to_le_bytes());
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
        if let Some(offset) = offset {
            // No comment, the first disk, no attributes of its own.
            out.extend([0; 6]);
            out.extend((self.mode << 16).to_le_bytes());
            out.extend(u32::try_from(offset).unwrap().to_le_bytes());
        }
        out.extend(&self.name);
        out.extend(extra);
        out
    }
}

/// The bytes of a package.
pub(super) fn packed(parts: &[Part]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        directory.extend(part.header(Some(out.len())));
        out.extend(part.header(None));
        out.extend(&part.deflated);
    }
    let (at, number) = (out.len(), u16::try_from(parts.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(number.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(u32::try_from(at).unwrap().to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A package of honest parts.
pub(super) fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    packed(&parts.iter().map(|(name, bytes)| Part::of(name, bytes)).collect::<Vec<_>>())
}

/// The parts of a workbook of one sheet, 学生.
pub(super) fn book(sheet: &str) -> Vec<Part> {
    book_of(WORKBOOK, sheet)
}

/// The part `xl/workbook.xml` of a workbook of one sheet.
pub(super) const WORKBOOK: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
    <sheets><sheet name=\"学生\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";

/// The same with a workbook part of one's own.
pub(super) fn book_of(workbook: &str, sheet: &str) -> Vec<Part> {
    let types = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>";
    let relationship = |kind: &str, id: &str, target: &str| {
        format!(
            "<Relationship Id=\"{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>"
        )
    };
    let relationships = |of: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{of}</Relationships>"
        )
    };
    let of_book = [
        relationship("worksheet", "rId1", "worksheets/sheet1.xml"),
        relationship("sharedStrings", "rId2", "sharedStrings.xml"),
        relationship("worksheet", "rId3", "worksheets/sheet2.xml"),
    ];
    vec![
        Part::of("[Content_Types].xml", types.as_bytes()),
        Part::of("_rels/.rels", relationships(&relationship("officeDocument", "rId1", "xl/workbook.xml")).as_bytes()),
        Part::of("xl/workbook.xml", workbook.as_bytes()),
        Part::of("xl/_rels/workbook.xml.rels", relationships(&of_book.concat()).as_bytes()),
        Part::of("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]
}

/// A sheet around its rows.
pub(super) fn sheet(rows: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
    )
}

/// Rows of inline strings.
pub(super) fn rows_of(rows: &Rows) -> String {
    rows.0.iter().enumerate().map(|(at, row)| row_of(at + 1, row)).collect()
}

/// One row of inline strings.
pub(super) fn row_of(number: usize, row: &[String]) -> String {
    let cells: String = row.iter().enumerate().map(|(at, text)| cell_of(number, at, &escaped(text))).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

/// A cell of an inline string.
pub(super) fn cell_of(row: usize, column: usize, text: &str) -> String {
    let name = char::from(b'A' + u8::try_from(column).unwrap());
    format!("<c r=\"{name}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A workbook as a library writes it: every cell a text.
pub(super) fn workbook(sheets: &[(&str, &Rows)]) -> Workbook {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(&rows.0) {
            for (column, text) in (0..).zip(cells) {
                sheet.write_string(row, column, text).unwrap();
            }
        }
    }
    book
}

/// The sound pupils as a workbook.
pub(super) fn students_workbook() -> Vec<u8> {
    workbook(&[("学生", &students())]).save_to_buffer().unwrap()
}
