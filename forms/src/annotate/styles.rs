//! The styles of a workbook, and for each style of a remarked cell a copy of it with a light red fill.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read, Seek, Write},
};

use quick_xml::events::{BytesStart, Event};

use super::{
    fault::{Fault, Stop},
    markup::{Markup, copy, prefix, with_attribute},
    package::{Edits, Package},
    parts::Dialect,
};

/// Formats that a workbook can have; the last few are left to the sender.
const FORMATS: usize = 64_000;

/// Light red, as spreadsheet programs mark bad cells.
const FILL: &str = "FFFFC7CE";

/// A workbook without styles gets these; the first format is what its cells look like.
const MINIMAL: [&str; 3] = [
    "<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
     <fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill>",
    "</fills><borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
     <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>",
    "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>",
];

/// A format of cells: its tag, and what it holds as it was written.
struct Format {
    tag: BytesStart<'static>,
    inner: Vec<u8>,
}

/// The styles of a workbook.
pub(super) struct Styles {
    part: Option<String>,
    formats: Vec<Format>,
    fills: usize,
    /// For each format of a remarked cell, the position of its copy.
    marked: BTreeMap<usize, usize>,
}

impl Styles {
    /// Reads the formats of cells.
    pub(super) fn read<R: Read + Seek>(package: &mut Package<R>, part: Option<&str>) -> Result<Styles, Fault> {
        let mut styles =
            Styles { part: part.map(str::to_owned), formats: Vec::new(), fills: 0, marked: BTreeMap::new() };
        let Some(part) = part else {
            let tag = BytesStart::from_content(r#"xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0""#, 2);
            styles.formats.push(Format { tag, inner: Vec::new() });
            styles.fills = 2;
            return Ok(styles);
        };
        let mut markup = package.markup(part)?;
        let mut section = Section::Other;
        loop {
            let (depth, event) = markup.next()?;
            match &event {
                Event::Eof => return Ok(styles),
                Event::Start(start) if depth == 2 => section = Section::of(start),
                Event::Start(_) | Event::Empty(_) if depth == 3 && section == Section::Fills => styles.fills += 1,
                Event::Start(start) | Event::Empty(start) if depth == 3 && section == Section::Formats => {
                    styles.formats.push(Format { tag: start.to_owned(), inner: Vec::new() });
                }
                event if 3 <= depth && section == Section::Formats => {
                    let own_end = depth == 3 && matches!(event, Event::End(_));
                    if let Some(format) = styles.formats.last_mut().filter(|_| !own_end) {
                        copy(&mut format.inner, event)?;
                    }
                }
                Event::End(_) if depth == 2 => section = Section::Other,
                _ => {}
            }
        }
    }

    /// The format of a remarked cell that had another; `None` if the workbook has no room for it.
    pub(super) fn marked(&mut self, format: usize) -> Option<usize> {
        let format = if format < self.formats.len() { format } else { 0 };
        if self.formats.is_empty() || self.fills == 0 || FORMATS <= self.formats.len() + self.marked.len() {
            return self.marked.get(&format).copied();
        }
        let next = self.formats.len() + self.marked.len();
        Some(*self.marked.entry(format).or_insert(next))
    }

    /// Writes the styles with the copies; the name of the part if it is new.
    pub(super) fn write<R: Read + Seek>(
        self,
        package: &mut Package<R>,
        edits: &mut Edits,
        dialect: Dialect,
    ) -> Result<Option<String>, Fault> {
        if self.marked.is_empty() {
            return Ok(None);
        }
        if let Some(part) = &self.part {
            edits.rewrite(package, part, |markup, out| self.copy(markup, out)).map_err(|stop| stop.fault)?;
            return Ok(None);
        }
        let part = package.free_name("xl/remarkStyles", ".xml");
        let [before, between, after] = MINIMAL;
        edits.create(&part, |out| {
            write!(
                out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                 <styleSheet xmlns=\"{}\">{before}",
                dialect.main()
            )?;
            write_fill(out, "")?;
            write!(out, "{between}<cellXfs count=\"{}\">", self.formats.len() + self.marked.len())?;
            for format in &self.formats {
                copy(out, &Event::Empty(format.tag.borrow()))?;
            }
            self.write_copies(out)?;
            write!(out, "</cellXfs>{after}</styleSheet>")
        })?;
        Ok(Some(part))
    }

    fn copy<R: BufRead>(&self, markup: &mut Markup<R>, out: &mut dyn Write) -> Result<(), Stop> {
        let mut section = Section::Other;
        let mut own = String::new();
        loop {
            let (depth, event) = markup.next()?;
            match event {
                Event::Eof => return Ok(()),
                Event::Start(start) if depth == 2 => {
                    section = Section::of(&start);
                    own = prefix(&start);
                    let count = match section {
                        Section::Fills => Some(self.fills + 1),
                        Section::Formats => Some(self.formats.len() + self.marked.len()),
                        Section::Other => None,
                    };
                    let start = match count {
                        Some(count) => with_attribute(&start, "count", Some(&count.to_string())),
                        None => start,
                    };
                    copy(out, &Event::Start(start))?;
                }
                Event::End(end) if depth == 2 => {
                    match section {
                        Section::Fills => write_fill(out, &own)?,
                        Section::Formats => self.write_copies(out)?,
                        Section::Other => {}
                    }
                    section = Section::Other;
                    copy(out, &Event::End(end))?;
                }
                event => copy(out, &event)?,
            }
        }
    }

    fn write_copies(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut order: Vec<(usize, usize)> = self.marked.iter().map(|(of, at)| (*at, *of)).collect();
        order.sort_unstable();
        let fill = self.fills.to_string();
        for format in order.into_iter().filter_map(|(_, of)| self.formats.get(of)) {
            let tag = with_attribute(&format.tag, "fillId", Some(&fill));
            let tag = with_attribute(&tag, "applyFill", Some("1"));
            if format.inner.is_empty() {
                copy(out, &Event::Empty(tag))?;
            } else {
                copy(out, &Event::Start(tag.borrow()))?;
                out.write_all(&format.inner)?;
                copy(out, &Event::End(tag.to_end()))?;
            }
        }
        Ok(())
    }
}

fn write_fill(out: &mut dyn Write, own: &str) -> std::io::Result<()> {
    write!(
        out,
        "<{own}fill><{own}patternFill patternType=\"solid\"><{own}fgColor rgb=\"{FILL}\"/><{own}bgColor indexed=\"64\"/>\
         </{own}patternFill></{own}fill>"
    )
}

/// The parts of the part that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Fills,
    Formats,
    Other,
}

impl Section {
    fn of(start: &BytesStart<'_>) -> Section {
        match start.local_name().as_ref() {
            "fills" => Section::Fills,
            "cellXfs" => Section::Formats,
            _ => Section::Other,
        }
    }
}
