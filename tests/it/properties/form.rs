//! Tables of a batch written in all forms of the contract.

use std::{io::Write, path::Path, sync::Arc};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use domain::{contract::Table, contract_names::table_named};
use encoding_rs::{GB18030, GBK};
use flate2::{Compression, write::GzEncoder};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{Workbook, Worksheet};

use crate::corpora::replay::Chance;

/// A table as rows of text below a header.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    table: Table,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Reads the text files of a batch that the sample wrote.
pub(super) fn read(folder: &Path) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for table in Table::CORE {
        let path = folder.join(format!("{}.csv", table.name()));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let text = String::from_utf8(bytes).unwrap_or_else(|error| GB18030.decode(error.as_bytes()).0.into_owned());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let records = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect());
        let mut rows: Vec<Vec<String>> = records.collect();
        let header = rows.remove(0);
        rows.retain(|row| row.len() == header.len());
        sheets.push(Sheet { table, header, rows });
    }
    sheets
}

/// UTF-8, one file for each table.
pub(super) fn write_plainly(sheets: &[Sheet], folder: &Path) {
    for sheet in sheets {
        std::fs::write(folder.join(format!("{}.csv", sheet.table.name())), separated(sheet, &Style::PLAIN)).unwrap();
    }
}

/// Cuts each table at random places, some of them at its ends and some twice at the same, into text or workbooks.
pub(super) fn write_in_parts(sheets: &[Sheet], folder: &Path, chance: &mut Chance) {
    for sheet in sheets {
        let mut cuts: Vec<usize> = (0..chance.below(5)).map(|_| chance.below(sheet.rows.len() + 1)).collect();
        if chance.below(2) == 0 {
            cuts.extend([0, sheet.rows.len()]);
        }
        cuts.sort_unstable();
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([sheet.rows.len()]);
        let as_workbooks = chance.below(4) == 0;
        let stem = *chance.one_of(&[sheet.table.name(), sheet.table.chinese()]);
        let style = *chance.one_of(&["-0", "_", "-part", "（"]);
        for (number, (start, end)) in starts.zip(ends).enumerate() {
            let close = if style == "（" { "）" } else { "" };
            let name = format!("{stem}{style}{}{close}", number + 1);
            let part = Sheet { rows: sheet.rows[start..end].to_vec(), ..sheet.clone() };
            if as_workbooks {
                let mut book = Workbook::new();
                fill(book.add_worksheet(), &part, 0);
                book.save(folder.join(format!("{name}.xlsx"))).unwrap();
            } else {
                std::fs::write(folder.join(format!("{name}.csv")), separated(&part, &Style::PLAIN)).unwrap();
            }
        }
    }
}

/// How a file of text is put down.
#[derive(Debug, Clone, Copy)]
struct Style {
    encoding: &'static str,
    separator: char,
    end: &'static str,
    quoted: bool,
    titles: usize,
}

impl Style {
    const PLAIN: Style = Style { encoding: "UTF-8", separator: ',', end: "\n", quoted: false, titles: 0 };
}

/// Writes a batch in forms that chance chooses, and tells them.
pub(super) fn write_anyhow(sheets: &[Sheet], folder: &Path, chance: &mut Chance) -> Vec<String> {
    let whole_book = chance.below(5) == 0;
    let mut book = Workbook::new();
    let mut told = Vec::new();
    for sheet in sheets {
        let sheet = dressed(sheet, chance);
        let stem = *chance.one_of(&[sheet.table.name(), sheet.table.chinese()]);
        let stem = if chance.below(4) == 0 { stem.to_uppercase() } else { stem.to_owned() };
        assert_eq!(table_named(&stem), Some(sheet.table));
        let titles = chance.below(3);
        if whole_book {
            fill(book.add_worksheet().set_name(&stem).unwrap(), &sheet, titles);
            told.push(format!("{stem} in one workbook, {titles} titles"));
            continue;
        }
        let style = Style {
            encoding: chance.one_of::<&str>(&["UTF-8", "UTF-8 (BOM)", "GBK", "GB18030", "UTF-16LE", "UTF-16BE"]),
            separator: *chance.one_of(&[',', ',', '\t', ';']),
            end: chance.one_of::<&str>(&["\n", "\r\n", "\r"]),
            quoted: chance.below(2) == 0,
            titles,
        };
        let form = *chance.one_of(&["csv", "csv", "csv.gz", "csv.zst", "xlsx", "parquet"]);
        let bytes = match form {
            "csv.gz" => {
                let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
                packer.write_all(&separated(&sheet, &style)).unwrap();
                packer.finish().unwrap()
            }
            "csv.zst" => zstd::encode_all(separated(&sheet, &style).as_slice(), 1).unwrap(),
            "xlsx" => {
                let mut book = Workbook::new();
                fill(book.add_worksheet(), &sheet, titles);
                book.save_to_buffer().unwrap()
            }
            "parquet" => columnar(&sheet),
            _ => separated(&sheet, &style),
        };
        std::fs::write(folder.join(format!("{stem}.{form}")), bytes).unwrap();
        told.push(format!("{stem}.{form} {style:?} {:?}", sheet.header));
    }
    if whole_book {
        book.save(folder.join("学籍数据.xlsx")).unwrap();
    }
    told
}

/// A table with its columns in another order, one of its own among them, and its header decorated.
fn dressed(sheet: &Sheet, chance: &mut Chance) -> Sheet {
    let mut sheet = sheet.clone();
    if chance.below(2) == 0 {
        sheet.header.push("本县备注".to_owned());
        sheet.rows.iter_mut().for_each(|row| row.push("无, \"略\"".to_owned()));
    }
    let mut order: Vec<usize> = (0..sheet.header.len()).collect();
    super::shuffle(&mut order, chance);
    let in_order = |row: &Vec<String>| order.iter().map(|&at| row[at].clone()).collect::<Vec<_>>();
    let (header, rows) = (in_order(&sheet.header), sheet.rows.iter().map(in_order).collect());
    let decorated = |header: &String| match chance.below(6) {
        0 => format!("*{header}"),
        1 => format!("★ {header} "),
        2 => format!("{header}（必填）"),
        3 => format!("\u{3000}{header}："),
        _ => header.clone(),
    };
    Sheet { table: sheet.table, header: header.iter().map(decorated).collect(), rows }
}

fn separated(sheet: &Sheet, style: &Style) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..style.titles {
        text.push_str("长丰县学籍数据");
        text.push_str(style.end);
    }
    for row in std::iter::once(&sheet.header).chain(&sheet.rows) {
        for (at, cell) in row.iter().enumerate() {
            if 0 < at {
                text.push(style.separator);
            }
            if style.quoted || cell.contains([style.separator, '"', '\n', '\r']) {
                text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
            } else {
                text.push_str(cell);
            }
        }
        text.push_str(style.end);
    }
    let utf16 = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<u16>>();
    match style.encoding {
        "UTF-8 (BOM)" => format!("\u{feff}{text}").into_bytes(),
        "UTF-16LE" => utf16("\u{feff}").into_iter().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => utf16("\u{feff}").into_iter().flat_map(u16::to_be_bytes).collect(),
        "UTF-8" => text.into_bytes(),
        // What GBK does not have, GB18030 has.
        "GBK" if !GBK.encode(&text).2 => GBK.encode(&text).0.into_owned(),
        _ => GB18030.encode(&text).0.into_owned(),
    }
}

fn fill(worksheet: &mut Worksheet, sheet: &Sheet, titles: usize) {
    let mut number = 0;
    for _ in 0..titles {
        worksheet.write(number, 0, "长丰县学籍数据").unwrap();
        number += 1;
    }
    for row in std::iter::once(&sheet.header).chain(&sheet.rows) {
        for (column, cell) in (0..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            worksheet.write(number, column, cell).unwrap();
        }
        number += 1;
    }
}

fn columnar(sheet: &Sheet) -> Vec<u8> {
    let column =
        |at: usize| -> ArrayRef { Arc::new(sheet.rows.iter().map(|row| Some(&row[at])).collect::<StringArray>()) };
    let columns = sheet.header.iter().enumerate().map(|(at, header)| (header.as_str(), column(at), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}
