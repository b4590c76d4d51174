//! Rows and fields of separated text: one pass, no copies where there are no quotation marks, and a bound on a row.
//!
//! Fields follow RFC 4180 as spreadsheets write it: a quotation mark at a field's start opens a quotation, two inside it are
//! one, and a mark elsewhere is a letter like any other. LF, CRLF and CR end a row.

use std::{
    io::{self, Read},
    ops::Range,
};

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::fault::{Fault, Trouble};

/// One row, cut into fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    /// Its number as a spreadsheet shows it: titles, header and blank rows counted, a quoted line break not.
    pub(crate) row: u64,
    bytes: &'a [u8],
    fields: &'a [Range<usize>],
    /// The most separators on one line inside a quotation: as many as a row has means that a row was swallowed.
    pub(crate) swallowed: usize,
}

impl<'a> Record<'a> {
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let bytes = self.bytes;
        self.fields.iter().map(move |field| &bytes[field.clone()])
    }

    /// Whether there is nothing in any field but blanks, the wide one among them.
    pub(crate) fn is_blank(&self) -> bool {
        self.fields().map(<[u8]>::trim_ascii).all(|field| match field.first() {
            None => true,
            Some(first) => !first.is_ascii() && std::str::from_utf8(field).is_ok_and(|text| text.trim().is_empty()),
        })
    }
}

/// Cuts UTF-8 text into records.
pub(crate) struct Splitter<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    separator: u8,
    row: u64,
    longest: usize,
    unquoted: Vec<u8>,
    fields: Vec<Range<usize>>,
}

/// How far cutting a quoted row came.
enum Cut {
    Whole { used: usize, swallowed: usize },
    Short { quoting: bool },
}

/// The end of a row: how many bytes of it, and how many with its line end.
struct Line {
    bytes: usize,
    used: usize,
}

impl<R: Read> Splitter<R> {
    /// `longest` bounds a row, in bytes.
    pub(crate) fn new(reader: R, separator: u8, longest: usize) -> Splitter<R> {
        Splitter {
            reader,
            buffer: vec![0; 512 * 1024],
            start: 0,
            end: 0,
            ended: false,
            separator,
            row: 0,
            longest,
            unquoted: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// The next row that has a character, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Trouble> {
        let (line, quoted) = loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) => {
                    self.row += 1;
                    if line.bytes == 0 {
                        self.start += line.used;
                        continue;
                    }
                    let bytes = &self.buffer[self.start..self.start + line.bytes];
                    let quoted = memchr(b'"', bytes).is_some();
                    break (line, quoted);
                }
            }
        };
        if quoted {
            return self.quoted().map(Some);
        }
        let bytes = &self.buffer[self.start..self.start + line.bytes];
        self.start += line.used;
        self.fields.clear();
        let mut from = 0;
        for at in memchr_iter(self.separator, bytes) {
            self.fields.push(from..at);
            from = at + 1;
        }
        self.fields.push(from..bytes.len());
        Ok(Some(Record { row: self.row, bytes, fields: &self.fields, swallowed: 0 }))
    }

    fn line(&mut self) -> Result<Option<Line>, Trouble> {
        let mut searched = 0;
        loop {
            let ready = &self.buffer[self.start..self.end];
            match memchr2(b'\n', b'\r', &ready[searched..]).map(|at| searched + at) {
                Some(at) if ready[at] == b'\n' => return Ok(Some(Line { bytes: at, used: at + 1 })),
                Some(at) if at + 1 < ready.len() || self.ended => {
                    let used = at + 1 + usize::from(ready.get(at + 1) == Some(&b'\n'));
                    return Ok(Some(Line { bytes: at, used }));
                }
                Some(at) => searched = at,
                None if self.ended && ready.is_empty() => return Ok(None),
                None if self.ended => return Ok(Some(Line { bytes: ready.len(), used: ready.len() })),
                None if self.longest < ready.len() => return Err(Trouble::at(self.row + 1, Fault::LongRecord)),
                None => searched = ready.len(),
            }
            self.fill()?;
        }
    }

    fn quoted(&mut self) -> Result<Record<'_>, Trouble> {
        loop {
            let ready = &self.buffer[self.start..self.end];
            self.unquoted.clear();
            self.fields.clear();
            match cut(ready, self.separator, self.ended, &mut self.unquoted, &mut self.fields) {
                Cut::Whole { used, swallowed } => {
                    self.start += used;
                    return Ok(Record { row: self.row, bytes: &self.unquoted, fields: &self.fields, swallowed });
                }
                Cut::Short { quoting } if self.ended || self.longest < ready.len() => {
                    let fault = if quoting { Fault::UnclosedQuote } else { Fault::LongRecord };
                    return Err(Trouble::at(self.row, fault));
                }
                Cut::Short { .. } => self.fill()?,
            }
        }
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        if 0 < self.start {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < 64 * 1024 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
    }
}

fn cut(ready: &[u8], separator: u8, ended: bool, out: &mut Vec<u8>, fields: &mut Vec<Range<usize>>) -> Cut {
    let (mut at, mut swallowed) = (0, 0);
    loop {
        let from = out.len();
        if ready.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(length) = memchr(b'"', &ready[at..]) else { return Cut::Short { quoting: true } };
                out.extend_from_slice(&ready[at..at + length]);
                at += length + 1;
                match ready.get(at) {
                    Some(b'"') => {
                        out.push(b'"');
                        at += 1;
                    }
                    None if !ended => return Cut::Short { quoting: true },
                    _ => break,
                }
            }
            let quotation = &out[from..];
            if memchr2(b'\n', b'\r', quotation).is_some() {
                let lines = quotation.split(|&byte| byte == b'\n' || byte == b'\r').skip(1);
                let most = lines.map(|line| memchr_iter(separator, line).count()).max().unwrap_or(0);
                let closed = ready.get(at).is_none_or(|&byte| byte == separator || byte == b'\n' || byte == b'\r');
                swallowed = swallowed.max(if closed { most } else { usize::MAX });
            }
        }
        let length = match memchr3(separator, b'\n', b'\r', &ready[at..]) {
            Some(length) => length,
            None if ended => ready.len() - at,
            None => return Cut::Short { quoting: false },
        };
        out.extend_from_slice(&ready[at..at + length]);
        at += length;
        fields.push(from..out.len());
        match ready.get(at) {
            None => return Cut::Whole { used: at, swallowed },
            Some(b'\n') => return Cut::Whole { used: at + 1, swallowed },
            Some(b'\r') if at + 1 == ready.len() && !ended => return Cut::Short { quoting: false },
            Some(b'\r') => {
                let used = at + 1 + usize::from(ready.get(at + 1) == Some(&b'\n'));
                return Cut::Whole { used, swallowed };
            }
            Some(_) => at += 1,
        }
    }
}
