//! Gathers rows into chunks and hands them on.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, NullBufferBuilder, RecordBatch, RecordBatchOptions, StringArray, UInt32Array, new_null_array},
    buffer::{Buffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use domain::{contract::Table, rule::RuleId};

use super::{
    fault::{Fault, ReadError},
    layout::Layout,
};
use crate::{
    finding::{Finding, Origin},
    rows::RawRows,
};

/// Whoever takes the rows.
pub(crate) type Sink<'s> = dyn FnMut(RawRows) -> Result<(), ReadError> + 's;

/// The schema of the cells of a table: nullable text by field.
pub fn raw_schema(table: Table) -> SchemaRef {
    let field = |column: &domain::contract::Column| Field::new(column.field, DataType::Utf8, true);
    Arc::new(Schema::new(table.columns().iter().map(field).collect::<Vec<_>>()))
}

/// Text gathered for one column.
#[derive(Debug)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
    present: NullBufferBuilder,
}

impl Texts {
    fn new(rows: usize, bytes: usize) -> Texts {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Texts { bytes: Vec::with_capacity(bytes), ends, present: NullBufferBuilder::new(rows) }
    }

    fn close(&mut self, present: bool) {
        self.ends.push(i32::try_from(self.bytes.len()).expect("a chunk is bounded far below 2 GiB"));
        self.present.append(present);
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.close(!text.is_empty());
    }

    /// What was gathered; the next rows are expected to be about as long.
    fn take(&mut self, rows: usize) -> Result<StringArray, Fault> {
        let expected = self.bytes.len() + self.bytes.len() / 16;
        let Texts { bytes, ends, mut present } = std::mem::replace(self, Texts::new(rows, expected));
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        // The text was found sound before: if it no longer is, the file is another.
        StringArray::try_new(ends, Buffer::from_vec(bytes), present.finish()).map_err(|_| Fault::Changed)
    }
}

/// The most bytes of a chunk.
const MOST_BYTES: usize = 64 << 20;

/// Rows of one file or sheet on their way to the sink.
pub(crate) struct Chunk<'s, 't> {
    table: Table,
    file: Arc<str>,
    sheet: Option<Arc<str>>,
    schema: SchemaRef,
    texts: Vec<Option<Texts>>,
    rows: Vec<u32>,
    bytes: usize,
    remarks: Vec<Finding>,
    broken: Vec<Finding>,
    most_rows: usize,
    total: u64,
    sink: &'t mut Sink<'s>,
}

impl<'s, 't> Chunk<'s, 't> {
    pub(crate) fn new(
        table: Table,
        file: &str,
        sheet: Option<&str>,
        layout: &Layout,
        most_rows: usize,
        sink: &'t mut Sink<'s>,
    ) -> Chunk<'s, 't> {
        let has = |at: usize| layout.positions.contains(&Some(at));
        let texts =
            (0..table.columns().len()).map(|at| has(at).then(|| Texts::new(most_rows, most_rows * 8))).collect();
        Chunk {
            table,
            file: Arc::from(file),
            sheet: sheet.map(Arc::from),
            schema: raw_schema(table),
            texts,
            rows: Vec::with_capacity(most_rows),
            bytes: 0,
            remarks: Vec::new(),
            broken: Vec::new(),
            most_rows,
            total: 0,
            sink,
        }
    }

    /// All rows so far, broken ones included.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    fn origin(&self, row: u64) -> Origin {
        Origin { file: Arc::clone(&self.file), sheet: self.sheet.clone(), row: number(row) }
    }

    /// Adds the text of one cell of the row being filled. Every column of the layout gets one per row.
    pub(crate) fn cell(&mut self, position: usize, text: &[u8]) {
        if let Some(texts) = self.texts.get_mut(position).and_then(Option::as_mut) {
            texts.push(text);
            self.bytes += text.len();
        }
    }

    /// Ends the row being filled.
    pub(crate) fn end_row(&mut self, row: u64) -> Result<(), ReadError> {
        self.rows.push(number(row));
        self.total += 1;
        if self.most_rows <= self.rows.len() || MOST_BYTES <= self.bytes { self.flush() } else { Ok(()) }
    }

    /// Says something of a cell of the row being filled.
    pub(crate) fn remark(&mut self, row: u64, position: usize, rule: RuleId, value: &str, detail: &str) {
        self.remarks.push(Finding {
            table: self.table,
            origin: self.origin(row),
            rule,
            header: self.table.columns().get(position).map(|column| column.header),
            value: Some(value.to_owned()),
            detail: detail.to_owned(),
            raw: None,
        });
    }

    /// A row that could not be cut into the header's columns.
    pub(crate) fn broken(&mut self, row: u64, detail: String, raw: String) -> Result<(), ReadError> {
        self.bytes += raw.len();
        self.broken.push(Finding {
            table: self.table,
            origin: self.origin(row),
            rule: RuleId::ColumnCount,
            header: None,
            value: None,
            detail,
            raw: Some(raw),
        });
        self.total += 1;
        if self.most_rows <= self.broken.len() || MOST_BYTES <= self.bytes { self.flush() } else { Ok(()) }
    }

    /// Hands on what is there.
    pub(crate) fn flush(&mut self) -> Result<(), ReadError> {
        if self.rows.is_empty() && self.broken.is_empty() {
            return Ok(());
        }
        let n = self.rows.len();
        let fail = |file: &str, fault| ReadError::of_file(file, fault);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.texts.len());
        for texts in &mut self.texts {
            columns.push(match texts {
                Some(texts) => Arc::new(texts.take(self.most_rows).map_err(|fault| fail(&self.file, fault))?),
                None => new_null_array(&DataType::Utf8, n),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(n));
        let cells = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .expect("each column got one text per row");
        self.bytes = 0;
        (self.sink)(RawRows {
            table: self.table,
            file: Arc::clone(&self.file),
            sheet: self.sheet.clone(),
            cells,
            rows: UInt32Array::from(std::mem::replace(&mut self.rows, Vec::with_capacity(self.most_rows))),
            remarks: std::mem::take(&mut self.remarks),
            broken: std::mem::take(&mut self.broken),
        })
    }
}

fn number(row: u64) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
