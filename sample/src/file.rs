//! Files of a batch: text in every encoding and packing, and workbooks, with the truth about each.

use std::{
    collections::BTreeMap,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use domain::{calendar::Day, contract::Table};
use flate2::{Compression, write::GzEncoder};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};
use sha2::{Digest, Sha256};

use crate::{
    SampleError,
    dialect::{Dialect, Encoding, Packing},
    table::Row,
    truth::FileTruth,
};

/// What a right reader does with a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// Takes it, and remarks on it if a rule is named.
    Accepted(Option<&'static str>),
    /// Refuses it by a rule.
    Rejected(&'static str),
    /// Drops it as a repetition.
    Dropped,
}

/// Text gathered before it is encoded and written.
const CHUNK: usize = 1 << 18;
/// The field that a workbook holds as a date cell; every other cell of a right row is text.
const DATE_FIELD: &str = "birth_date";

/// The folder of one batch.
pub(crate) struct Folder<'a> {
    dir: PathBuf,
    dialect: &'a Dialect,
    workbook: Option<Workbook>,
    workbook_name: String,
    files: Vec<FileTruth>,
    digests: BTreeMap<String, (u64, String)>,
}

impl<'a> Folder<'a> {
    /// Makes the folder.
    pub(crate) fn create(dir: &Path, dialect: &'a Dialect, day: Day) -> Result<Folder<'a>, SampleError> {
        fs_err::create_dir_all(dir)?;
        let mut workbook = None;
        if dialect.packing == Packing::Workbook {
            // The stamp inside is the batch's own day, so that the same plan gives the same bytes.
            let stamp = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day_of_month() as u8)?;
            let mut book = Workbook::new();
            book.set_properties(&DocProperties::new().set_creation_datetime(&stamp));
            workbook = Some(book);
        }
        Ok(Folder {
            dir: dir.to_owned(),
            dialect,
            workbook,
            workbook_name: "学籍数据.xlsx".to_owned(),
            files: Vec::new(),
            digests: BTreeMap::new(),
        })
    }

    /// Begins a table.
    pub(crate) fn table(&self, table: Table) -> Result<TableFile<'a>, SampleError> {
        let mut file = TableFile {
            dir: self.dir.clone(),
            dialect: self.dialect,
            table,
            columns: self.dialect.columns(table),
            form: None,
            part: 0,
            truth: FileTruth::default(),
            done: Vec::new(),
            sheets: Vec::new(),
            workbook_name: self.workbook_name.clone(),
        };
        file.begin()?;
        Ok(file)
    }

    /// Takes a finished table.
    pub(crate) fn take(&mut self, file: TableFile<'a>) -> Result<(), SampleError> {
        let (done, sheets) = file.finish()?;
        for (truth, digest) in done {
            if let Some(digest) = digest {
                self.digests.insert(truth.file.clone(), (truth.rows, digest));
            }
            self.files.push(truth);
        }
        if let Some(workbook) = &mut self.workbook {
            for sheet in sheets {
                workbook.push_worksheet(sheet);
            }
        }
        Ok(())
    }

    /// Closes the batch: saves the workbook and writes the manifest, if the source has them.
    pub(crate) fn close(mut self, mode: &str) -> Result<Vec<FileTruth>, SampleError> {
        if let Some(workbook) = &mut self.workbook {
            workbook.save(self.dir.join(&self.workbook_name))?;
        }
        if self.dialect.manifest {
            let files: BTreeMap<&str, serde_json::Value> = self
                .digests
                .iter()
                .map(|(file, (rows, sha256))| (file.as_str(), serde_json::json!({ "rows": rows, "sha256": sha256 })))
                .collect();
            let manifest = serde_json::json!({ "mode": mode, "files": files });
            fs_err::write(self.dir.join("manifest.json"), serde_json::to_vec_pretty(&manifest)?)?;
        }
        Ok(self.files)
    }
}

/// A finished file with its digest, where a manifest asks for one.
type Sealing = (FileTruth, Option<String>);

/// A table while it is being written, in one file, in parts, or as a sheet.
pub(crate) struct TableFile<'a> {
    dir: PathBuf,
    dialect: &'a Dialect,
    table: Table,
    columns: Vec<usize>,
    form: Option<Form>,
    part: u32,
    truth: FileTruth,
    done: Vec<Sealing>,
    sheets: Vec<Worksheet>,
    workbook_name: String,
}

enum Form {
    Text(Box<TextFile>),
    Sheet(Box<Worksheet>),
}

impl TableFile<'_> {
    fn begin(&mut self) -> Result<(), SampleError> {
        let stem = self.dialect.name_of(self.table);
        self.part += 1;
        self.truth = FileTruth { table: self.table.name().to_owned(), ..FileTruth::default() };
        let headers = self.columns.iter().map(|at| self.dialect.header(self.table.columns()[*at].header));
        let mut header = Row::new(self.table);
        if self.dialect.packing == Packing::Workbook {
            let mut sheet = Worksheet::new();
            sheet.set_name(stem)?;
            for (column, text) in headers.enumerate() {
                sheet.write_string(0, column as u16, text)?;
            }
            self.truth.file = self.workbook_name.clone();
            self.truth.sheet = Some(stem.to_owned());
            self.form = Some(Form::Sheet(Box::new(sheet)));
            return Ok(());
        }
        let part = if self.is_split() { format!("-{:02}", self.part) } else { String::new() };
        let ending = match self.dialect.packing {
            Packing::Plain | Packing::Workbook => "csv",
            Packing::Gzip => "csv.gz",
            Packing::Zstd => "csv.zst",
        };
        self.truth.file = format!("{stem}{part}.{ending}");
        let mut text = TextFile::create(&self.dir.join(&self.truth.file), self.dialect)?;
        headers.for_each(|name| header.put(name));
        let order: Vec<usize> = (0..self.columns.len()).collect();
        text.line(&header, &order, self.own_column().then_some("备注"))?;
        self.form = Some(Form::Text(Box::new(text)));
        Ok(())
    }

    fn is_split(&self) -> bool {
        self.table == Table::Students && self.dialect.part_rows.is_some()
    }

    fn own_column(&self) -> bool {
        self.dialect.own_columns && self.table == Table::Students
    }

    /// Writes a row, and down what becomes of it.
    pub(crate) fn row(&mut self, row: &Row, verdict: Verdict) -> Result<(), SampleError> {
        if self.is_split() && self.dialect.part_rows.is_some_and(|rows| self.truth.rows >= rows) {
            self.end()?;
            self.begin()?;
        }
        let own = self.own_column().then_some("");
        match &mut self.form {
            Some(Form::Text(text)) => text.line(row, &self.columns, own)?,
            Some(Form::Sheet(sheet)) => write_cells(sheet, self.truth.rows as u32 + 1, row, self.table, &self.columns)?,
            None => {}
        }
        self.truth.rows += 1;
        match verdict {
            Verdict::Accepted(remark) => {
                self.truth.accepted += 1;
                if let Some(rule) = remark {
                    *self.truth.flagged.entry(rule.to_owned()).or_default() += 1;
                }
            }
            Verdict::Rejected(rule) => *self.truth.rejected.entry(rule.to_owned()).or_default() += 1,
            Verdict::Dropped => self.truth.dropped += 1,
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), SampleError> {
        let mut digest = None;
        match self.form.take() {
            Some(Form::Text(text)) => digest = text.finish()?,
            Some(Form::Sheet(sheet)) => self.sheets.push(*sheet),
            None => {}
        }
        self.done.push((std::mem::take(&mut self.truth), digest));
        Ok(())
    }

    fn finish(mut self) -> Result<(Vec<Sealing>, Vec<Worksheet>), SampleError> {
        self.end()?;
        Ok((self.done, self.sheets))
    }
}

fn write_cells(
    sheet: &mut Worksheet,
    line: u32,
    row: &Row,
    table: Table,
    columns: &[usize],
) -> Result<(), SampleError> {
    for (column, at) in columns.iter().enumerate() {
        let (column, text) = (column as u16, row.cell(*at));
        if text.is_empty() {
            continue;
        }
        if row.number_at() == Some(*at) {
            let number: f64 = text.parse().unwrap_or_default();
            sheet.write_number(line, column, number)?;
            continue;
        }
        let date = if table.columns()[*at].field == DATE_FIELD { date_cell(text) } else { None };
        match date {
            Some(date) => sheet.write_datetime_with_format(line, column, &date, &date_format())?,
            None => sheet.write_string(line, column, text)?,
        };
    }
    Ok(())
}

fn date_format() -> rust_xlsxwriter::Format {
    rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd")
}

/// A compact date as a spreadsheet holds it; none if it is no day of the calendar.
fn date_cell(text: &str) -> Option<ExcelDateTime> {
    let number: u32 = text.parse().ok()?;
    let date = ExcelDateTime::from_ymd((number / 10_000) as u16, (number / 100 % 100) as u8, (number % 100) as u8);
    date.ok()
}

/// A text file under its encoding and packing.
struct TextFile {
    pending: String,
    encoded: Vec<u8>,
    encoding: Encoding,
    quoted: bool,
    out: Packer,
}

enum Packer {
    Plain(Sealed),
    Gzip(GzEncoder<Sealed>),
    Zstd(zstd::Encoder<'static, Sealed>),
}

/// A file whose digest is taken while it is written.
struct Sealed {
    file: BufWriter<fs_err::File>,
    digest: Option<Sha256>,
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl TextFile {
    fn create(path: &Path, dialect: &Dialect) -> Result<TextFile, SampleError> {
        let file = BufWriter::with_capacity(CHUNK, fs_err::File::create(path)?);
        let sealed = Sealed { file, digest: dialect.manifest.then(Sha256::new) };
        let out = match dialect.packing {
            Packing::Plain | Packing::Workbook => Packer::Plain(sealed),
            Packing::Gzip => Packer::Gzip(GzEncoder::new(sealed, Compression::fast())),
            Packing::Zstd => Packer::Zstd(zstd::Encoder::new(sealed, 3)?),
        };
        let mut pending = String::with_capacity(CHUNK + 4096);
        if matches!(dialect.encoding, Encoding::Utf8Bom | Encoding::Utf16) {
            pending.push('\u{FEFF}');
        }
        Ok(TextFile { pending, encoded: Vec::new(), encoding: dialect.encoding, quoted: dialect.quoted, out })
    }

    fn line(&mut self, row: &Row, columns: &[usize], own: Option<&str>) -> Result<(), SampleError> {
        let columns = if row.is_short() { &columns[..columns.len() - 1] } else { columns };
        for (position, at) in columns.iter().enumerate() {
            if position > 0 {
                self.pending.push(',');
            }
            push_cell(&mut self.pending, row.cell(*at), self.quoted);
        }
        if let Some(own) = own {
            self.pending.push(',');
            push_cell(&mut self.pending, own, self.quoted);
        }
        self.pending.push_str(if self.quoted { "\r\n" } else { "\n" });
        if self.pending.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SampleError> {
        let bytes = match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => self.pending.as_bytes(),
            Encoding::Gb18030 => {
                let (bytes, _, _) = encoding_rs::GB18030.encode(&self.pending);
                self.encoded = bytes.into_owned();
                &self.encoded
            }
            Encoding::Utf16 => {
                self.encoded.clear();
                self.encoded.extend(self.pending.encode_utf16().flat_map(u16::to_le_bytes));
                &self.encoded
            }
        };
        match &mut self.out {
            Packer::Plain(out) => out.write_all(bytes)?,
            Packer::Gzip(out) => out.write_all(bytes)?,
            Packer::Zstd(out) => out.write_all(bytes)?,
        }
        self.pending.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Option<String>, SampleError> {
        self.flush()?;
        let mut sealed = match self.out {
            Packer::Plain(out) => out,
            Packer::Gzip(out) => out.finish()?,
            Packer::Zstd(out) => out.finish()?,
        };
        sealed.flush()?;
        Ok(sealed.digest.map(|digest| digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

fn push_cell(out: &mut String, text: &str, always: bool) {
    let special = text.bytes().fold(false, |seen, byte| seen | matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if special || always {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_when_it_must_be() {
        let mut out = String::new();
        push_cell(&mut out, "路3号, 2幢", false);
        push_cell(&mut out, "平", false);
        assert_eq!(out, "\"路3号, 2幢\"平");
    }
}
