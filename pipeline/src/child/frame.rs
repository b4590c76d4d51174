//! What a reading process says, one length-prefixed frame after another: a tag, a length, JSON, and for rows an Arrow stream.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions},
    datatypes::{DataType, Field, Schema, UInt32Type},
    error::ArrowError,
    ipc::{reader::StreamReader, writer::StreamWriter},
};
use domain::{contract::Table, rule::RuleId};
use serde::{Deserialize, Serialize};

use crate::{
    finding::{Finding, Origin},
    read::{GridReport, GridRow, PartReport, ReadError, SheetInfo},
    rows::RawRows,
};

/// The largest frame that is listened to, in bytes: a chunk's cells twice over.
const MOST_BYTES: u64 = 256 << 20;

const ROW: &str = "__row";

/// One message.
#[derive(Debug)]
pub(super) enum Frame {
    Rows(RawRows),
    Report(PartReport),
    Sheets(Vec<SheetInfo>),
    Grid(Vec<GridRow>),
    GridReport(GridReport),
    Error(ReadError),
}

#[derive(Debug, Serialize, Deserialize)]
enum Head {
    Rows { table: String, file: String, sheet: Option<String>, remarks: Vec<Said>, broken: Vec<Said> },
    Report(PartReport),
    Sheets(Vec<SheetInfo>),
    Grid(Vec<GridRow>),
    GridReport(GridReport),
    Error(ReadError),
}

/// A finding without what the rows' head says already.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    row: u32,
    rule: String,
    header: Option<String>,
    value: Option<String>,
    detail: String,
    raw: Option<String>,
}

impl Said {
    fn of(finding: &Finding) -> Said {
        Said {
            row: finding.origin.row,
            rule: finding.rule.as_str().into(),
            header: finding.header.map(str::to_owned),
            value: finding.value.clone(),
            detail: finding.detail.clone(),
            raw: finding.raw.clone(),
        }
    }

    fn finding(self, table: Table, file: &Arc<str>, sheet: Option<&Arc<str>>) -> Option<Finding> {
        /// The rules a reader knows.
        const RULES: [RuleId; 4] =
            [RuleId::ColumnCount, RuleId::MangledNumber, RuleId::Unreadable, RuleId::OptionalUnreadable];
        let header = |text: String| table.columns().iter().map(|column| column.header).find(|header| *header == text);
        Some(Finding {
            table,
            origin: Origin { file: Arc::clone(file), sheet: sheet.cloned(), row: self.row },
            rule: RULES.into_iter().find(|rule| rule.as_str() == self.rule)?,
            header: match self.header {
                Some(text) => Some(header(text)?),
                None => None,
            },
            value: self.value,
            detail: self.detail,
            raw: self.raw,
        })
    }
}

/// Writes one message.
pub(super) fn say(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let (head, cells) = match frame {
        Frame::Report(report) => (Head::Report(report.clone()), Vec::new()),
        Frame::Sheets(sheets) => (Head::Sheets(sheets.clone()), Vec::new()),
        Frame::Grid(rows) => (Head::Grid(rows.clone()), Vec::new()),
        Frame::GridReport(report) => (Head::GridReport(report.clone()), Vec::new()),
        Frame::Error(error) => (Head::Error(error.clone()), Vec::new()),
        Frame::Rows(rows) => {
            let head = Head::Rows {
                table: rows.table.name().into(),
                file: rows.file.to_string(),
                sheet: rows.sheet.as_ref().map(ToString::to_string),
                remarks: rows.remarks.iter().map(Said::of).collect(),
                broken: rows.broken.iter().map(Said::of).collect(),
            };
            (head, stream(rows).map_err(io::Error::other)?)
        }
    };
    let head = serde_json::to_vec(&head)?;
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&(cells.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    out.write_all(&cells)?;
    out.flush()
}

fn stream(rows: &RawRows) -> Result<Vec<u8>, ArrowError> {
    let mut fields: Vec<Field> = rows.cells.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(ROW, DataType::UInt32, false));
    let mut columns = rows.cells.columns().to_vec();
    columns.push(Arc::new(rows.rows.clone()) as ArrayRef);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(&batch)?;
    writer.into_inner()
}

/// Listens for the next message; `None` is silence at the end. What makes no sense is an error.
pub(super) fn hear(from: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut lengths = [0; 16];
    let mut got = 0;
    while got < lengths.len() {
        match from.read(&mut lengths[got..])? {
            0 if got == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => got += n,
        }
    }
    let (head, cells) = lengths.split_at(8);
    let length = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
    let (head, cells) = (taken(from, length(head))?, length(cells));
    let cells = taken(from, cells)?;
    Ok(Some(match serde_json::from_slice(&head)? {
        Head::Report(report) => Frame::Report(report),
        Head::Sheets(sheets) => Frame::Sheets(sheets),
        Head::Grid(rows) => Frame::Grid(rows),
        Head::GridReport(report) => Frame::GridReport(report),
        Head::Error(error) => Frame::Error(error),
        Head::Rows { table, file, sheet, remarks, broken } => {
            let nonsense = || io::Error::from(io::ErrorKind::InvalidData);
            let table = Table::ALL.into_iter().find(|known| known.name() == table).ok_or_else(nonsense)?;
            let (file, sheet): (Arc<str>, Option<Arc<str>>) = (file.into(), sheet.map(Into::into));
            let findings = |said: Vec<Said>| -> io::Result<Vec<Finding>> {
                said.into_iter().map(|said| said.finding(table, &file, sheet.as_ref()).ok_or_else(nonsense)).collect()
            };
            let (remarks, broken) = (findings(remarks)?, findings(broken)?);
            let mut batch = None;
            for read in StreamReader::try_new(cells.as_slice(), None).map_err(io::Error::other)? {
                batch = Some(read.map_err(io::Error::other)?);
            }
            let batch = batch.ok_or_else(nonsense)?;
            let (rows, columns) = batch.columns().split_last().ok_or_else(nonsense)?;
            let rows = rows.as_primitive_opt::<UInt32Type>().ok_or_else(nonsense)?.clone();
            let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
            let cells = RecordBatch::try_new_with_options(crate::read::raw_schema(table), columns.to_vec(), &options)
                .map_err(io::Error::other)?;
            Frame::Rows(RawRows { table, file, sheet, cells, rows, remarks, broken })
        }
    }))
}

fn taken(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    if MOST_BYTES < length {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
