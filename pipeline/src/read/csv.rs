//! Separated text, plain or compressed.

use std::{fs::File, io::Read};

use domain::{contract::Table, rule::RuleId};
use flate2::read::MultiGzDecoder;

use super::{
    PartReport,
    chunk::{Chunk, Sink},
    encoding::{Encoding, MOJIBAKE, survey},
    fault::{Fault, ReadError, Trouble},
    grid::{Gathered, of_fields},
    layout::{Layout, TITLES, filled_like_data, recognised},
    limits::Limits,
    source::{Bounded, Hashing, Kind, Source},
    split::{Record, Splitter},
};
use crate::inbox::Part;

/// How a text file is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    Plain,
    Gzip,
    Zstd,
}

/// Reads a text file: once to find its encoding and digest, once for its rows.
pub(crate) fn read(
    part: &Part,
    source: &Source,
    wrapping: Wrapping,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<PartReport, ReadError> {
    let whole = |trouble: Trouble| part.error(trouble);
    let text = Text { source, wrapping, limits };
    let (encoding, mojibake, sha256) = text.encoding().map_err(whole)?;
    let (separator, header_row) = text.header(part.table, encoding).map_err(whole)?;

    let mut report =
        PartReport { encoding: encoding.name().into(), sha256, bytes: source.bytes(), ..PartReport::default() };
    let reader = text.open().map_err(|fault| whole(fault.into()))?;
    let mut records = Splitter::new(encoding.decode(reader), separator, limits.record_bytes);
    let mut above = Vec::new();
    let header = loop {
        match records.next().map_err(whole)? {
            Some(record) if record.row < header_row => {
                report.note(format!("表头前跳过第 {} 行", record.row));
                above.push((record.row, filled_like_data(texts(&record).iter().map(String::as_str))));
            }
            Some(record) if record.row == header_row => break texts(&record),
            _ => return Err(part.error(Fault::Changed.into())),
        }
    };
    let layout = Layout::read(part.table, header).map_err(|trouble| whole(trouble.in_row(header_row)))?;
    layout.nothing_above(&above).map_err(whole)?;
    report.extra_columns = layout.extra_columns();
    report.missing_optional = layout.missing_optional(part.table);

    let columns = layout.headers.len();
    let mut chunk = Chunk::new(part.table, &part.file, None, &layout, limits.chunk_rows, sink);
    while let Some(record) = records.next().map_err(whole)? {
        if record.is_blank() {
            continue;
        }
        let row = record.row;
        if columns <= record.swallowed.saturating_add(1) && 1 < columns {
            return Err(whole(Trouble::at(row, Fault::UnclosedQuote)));
        }
        if record.len() != columns {
            let detail = format!("表头 {columns} 列,此行 {} 列", record.len());
            chunk.broken(row, detail, texts(&record).join("\t"))?;
            continue;
        }
        if is_header(&record, &layout) {
            report.note(format!("第 {row} 行与表头相同,已略去"));
            continue;
        }
        for (field, position) in record.fields().zip(&layout.positions) {
            let Some(position) = *position else { continue };
            if mojibake && let Some(rule) = damage(part.table, position, field) {
                chunk.remark(row, position, rule, &String::from_utf8_lossy(field), "有乱码");
                let lost = rule == RuleId::OptionalUnreadable;
                chunk.cell(position, if lost { b"" } else { field });
                continue;
            }
            chunk.cell(position, field);
        }
        chunk.end_row(row)?;
    }
    chunk.flush()?;
    report.rows = chunk.total();
    Ok(report)
}

/// Reads a text file as it stands: the separator is the one that cuts its first rows into the most fields.
pub(crate) fn grid(
    file: &str,
    source: &Source,
    wrapping: Wrapping,
    limits: &Limits,
    gathered: &mut Gathered<'_, '_>,
) -> Result<PartReport, ReadError> {
    let whole = |trouble: Trouble| ReadError::in_file(file, trouble);
    let text = Text { source, wrapping, limits };
    let (encoding, mojibake, sha256) = text.encoding().map_err(whole)?;
    let width = |record: &Record<'_>| if record.is_blank() { 0 } else { record.len() };
    let (_, separator, _) = text.best_of(encoding, 1, width).map_err(whole)?;
    let reader = text.open().map_err(|fault| whole(fault.into()))?;
    let mut records = Splitter::new(encoding.decode(reader), separator, limits.record_bytes);
    let mut widest = 0;
    while let Some(record) = records.next().map_err(whole)? {
        if record.is_blank() {
            continue;
        }
        // The first row's quotation can't be told from one that was never closed: nothing says yet how wide a row is.
        if widest <= record.swallowed.saturating_add(1) && 1 < widest {
            return Err(whole(Trouble::at(record.row, Fault::UnclosedQuote)));
        }
        widest = widest.max(record.len());
        let row = of_fields(record.row, record.fields(), |field| mojibake && is_damaged(field)).map_err(whole)?;
        gathered.push(row)?;
    }
    Ok(PartReport { encoding: encoding.name().into(), sha256, bytes: source.bytes(), ..PartReport::default() })
}

fn texts(record: &Record<'_>) -> Vec<String> {
    record.fields().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
}

fn is_header(record: &Record<'_>, layout: &Layout) -> bool {
    record.fields().zip(&layout.headers).all(|(field, header)| bare(field) == bare(header.as_bytes()))
}

/// A field without the mark of a file that was put behind another, and without blanks.
fn bare(field: &[u8]) -> &[u8] {
    field.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(field).trim_ascii()
}

fn damage(table: Table, position: usize, field: &[u8]) -> Option<RuleId> {
    is_damaged(field).then(|| {
        let required = table.columns().get(position).is_some_and(|column| column.required);
        if required { RuleId::Unreadable } else { RuleId::OptionalUnreadable }
    })
}

fn is_damaged(field: &[u8]) -> bool {
    MOJIBAKE.iter().any(|mark| memchr::memmem::find(field, mark.as_bytes()).is_some())
}

/// A text file that can be opened again and again.
struct Text<'f> {
    source: &'f Source,
    wrapping: Wrapping,
    limits: &'f Limits,
}

impl<'f> Text<'f> {
    fn unwrap<'r, R: Read + 'r>(&self, raw: R) -> Result<Box<dyn Read + 'r>, Fault> {
        let bound = |reader| Bounded::new(reader, self.source.bytes(), self.limits.inflated_bytes, self.limits);
        Ok(match self.wrapping {
            Wrapping::Plain => Box::new(raw),
            Wrapping::Gzip => Box::new(bound(Box::new(MultiGzDecoder::new(raw)) as Box<dyn Read + 'r>)),
            Wrapping::Zstd => Box::new(bound(Box::new(zstd::Decoder::new(raw)?) as Box<dyn Read + 'r>)),
        })
    }

    fn open(&self) -> Result<Box<dyn Read + 'f>, Fault> {
        self.unwrap(self.source.rewound()?)
    }

    fn head(&self, bytes: u64) -> Result<Vec<u8>, Fault> {
        let mut head = Vec::new();
        self.open()?.take(bytes).read_to_end(&mut head)?;
        Ok(head)
    }

    /// The encoding, whether the text is marked by a wrong conversion, and the digest of the file as it came.
    fn encoding(&self) -> Result<(Encoding, bool, String), Trouble> {
        let head = self.head(512)?;
        if head.is_empty() {
            return Err(Fault::Empty.into());
        }
        let marked = Encoding::marked(&head);
        match Kind::of(&head) {
            Kind::Text => {}
            _ if matches!(marked, Some(Encoding::Utf16Le | Encoding::Utf16Be)) => {}
            kind => return Err(Fault::WrongType { found: kind.name().into() }.into()),
        }
        let survey_as = |encoding| -> Result<_, Trouble> {
            let mut raw: Hashing<&File> = Hashing::new(self.source.rewound()?);
            let survey = survey(self.unwrap(&mut raw)?, encoding)?;
            Ok((survey, raw.hex()))
        };
        let first = marked.unwrap_or(Encoding::Utf8);
        let (survey, sha256) = survey_as(first)?;
        let Some(row) = survey.broken_at else {
            let either = marked.is_none() && survey.doubtful && survey_as(Encoding::Gb18030)?.0.broken_at.is_none();
            return if either { Err(Fault::AmbiguousEncoding.into()) } else { Ok((first, survey.mojibake, sha256)) };
        };
        let broken = |nearest: Encoding, row| Err(Trouble::at(row, Fault::Encoding { nearest: nearest.name().into() }));
        if marked.is_some() || survey.certain {
            return broken(first, row);
        }
        let (survey, sha256) = survey_as(Encoding::Gb18030)?;
        match survey.broken_at {
            None => Ok((Encoding::Gb18030, survey.mojibake, sha256)),
            Some(later) if row < later => broken(Encoding::Gb18030, later),
            Some(_) => broken(Encoding::Utf8, row),
        }
    }

    /// The separator and the row of the header: the pair under which most headers of the table are recognised.
    fn header(&self, table: Table, encoding: Encoding) -> Result<(u8, u64), Trouble> {
        let names = |record: &Record<'_>| recognised(table, texts(record).iter().map(String::as_str));
        match self.best_of(encoding, 0, names)? {
            (0, ..) => Err(Fault::NoHeader.into()),
            (_, separator, row) => Ok((separator, row)),
        }
    }

    /// The separator under which one of the first rows scores most, with that score and row. Where another leaves nothing but blanks and
    /// none scores more than `nothing`, the file is empty.
    fn best_of(
        &self,
        encoding: Encoding,
        nothing: usize,
        score: impl Fn(&Record<'_>) -> usize,
    ) -> Result<(usize, u8, u64), Trouble> {
        let (mut best, mut empty) = ((0, b',', 0), false);
        for separator in [b',', b'\t', b';'] {
            let head = self.open()?.take(4 << 20);
            let mut records = Splitter::new(encoding.decode(head), separator, self.limits.record_bytes);
            let mut blank = true;
            // What is wrong with the text is said when its rows are read.
            while let Ok(Some(record)) = records.next() {
                if TITLES as u64 <= record.row.saturating_sub(1) {
                    break;
                }
                blank = blank && record.is_blank();
                let found = score(&record);
                if best.0 < found {
                    best = (found, separator, record.row);
                }
            }
            empty = empty || blank;
        }
        if empty && best.0 <= nothing { Err(Fault::Empty.into()) } else { Ok(best) }
    }
}
