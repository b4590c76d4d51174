//! Reads a table of a batch whatever its dialect, the plain way: everything in memory, nothing checked.

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
};

use calamine::{Data, Reader};
use domain::{
    code::CodeList,
    contract::{Holds, Table},
};

/// A row by field.
pub(crate) type Line = BTreeMap<String, String>;

/// All rows of a table of a batch, its parts in order.
pub(crate) fn read(dir: &Path, table: Table) -> Vec<Line> {
    let mut paths: Vec<PathBuf> = fs_err::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    if let Some(book) = paths.iter().find(|path| name(path).ends_with(".xlsx")) {
        return sheet(book, table);
    }
    let stem_is = |path: &PathBuf, stem: &str| {
        name(path).strip_prefix(stem).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('-'))
    };
    let files = paths.iter().filter(|path| stem_is(path, table.name()) || stem_is(path, table.chinese()));
    files.flat_map(|path| text(path, table)).collect()
}

fn text(path: &Path, table: Table) -> Vec<Line> {
    let packed = fs_err::read(path).unwrap();
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
            bytes
        }
        Some("zst") => zstd::decode_all(&packed[..]).unwrap(),
        _ => packed,
    };
    let text = match (encoding_rs::Encoding::for_bom(&bytes), std::str::from_utf8(&bytes)) {
        (Some((encoding, _)), _) => encoding.decode(&bytes).0.into_owned(),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) => encoding_rs::GB18030.decode_without_bom_handling(&bytes).0.into_owned(),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let fields: Vec<String> = reader.headers().unwrap().iter().map(|header| field(table, header)).collect();
    reader
        .records()
        .map(|record| fields.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect())
        .collect()
}

fn sheet(path: &Path, table: Table) -> Vec<Line> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    let range = book.worksheet_range(table.chinese()).unwrap();
    let mut rows = range.rows();
    let fields: Vec<String> = rows.next().unwrap().iter().map(|header| field(table, &header.to_string())).collect();
    let cell = |field: &str, cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        Data::DateTime(_) => {
            assert_eq!(field, "birth_date");
            cell.to_string()
        }
        other => {
            assert_eq!(field, "id_no", "{other:?} should be text");
            other.to_string()
        }
    };
    rows.map(|row| fields.iter().zip(row).map(|(field, value)| (field.clone(), cell(field, value))).collect()).collect()
}

fn field(table: Table, header: &str) -> String {
    let header = match header {
        "身份证号" => "身份证件号",
        "全国学籍号" => "学籍号",
        other => other,
    };
    let column = table.columns().iter().find(|column| column.header == header);
    column.map_or_else(|| header.to_owned(), |column| column.field.to_owned())
}

/// The label that a text of a field stands for; the text itself if it is in no list.
pub(crate) fn label(table: Table, field: &str, text: &str) -> String {
    let at = table.position(field).unwrap();
    let Holds::Label(list) = table.columns()[at].holds else { panic!("{field} holds no label") };
    CodeList::named(list).unwrap().label_of(text).unwrap_or(text).to_owned()
}

/// The grade that a number or a name stands for.
pub(crate) fn grade(text: &str) -> u8 {
    const NAMES: [&str; 12] = [
        "一年级",
        "二年级",
        "三年级",
        "四年级",
        "五年级",
        "六年级",
        "七年级",
        "八年级",
        "九年级",
        "高一",
        "高二",
        "高三",
    ];
    match NAMES.iter().position(|name| *name == text) {
        Some(at) => at as u8 + 1,
        None => text.parse().unwrap(),
    }
}
