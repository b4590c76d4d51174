//! XML copied event by event, and the little that is changed on the way.

use std::{
    borrow::Cow,
    io::{self, BufRead, Read, Write},
};

use quick_xml::{
    Reader, XmlVersion,
    escape::escape,
    events::{BytesStart, Event},
};

use super::fault::{Bound, Fault};

/// Elements within elements, at most; no part of a workbook needs a tenth of it.
const DEPTH: usize = 256;

/// A part being read.
pub(super) struct Markup<R> {
    reader: Reader<Paced<R>>,
    buffer: Vec<u8>,
    depth: usize,
    part: String,
}

impl<R: BufRead> Markup<R> {
    pub(super) fn new(part: &str, reader: R, event_bytes: usize) -> Markup<R> {
        let reader = Reader::from_reader(Paced { reader, used: 0, most: event_bytes });
        Markup { reader, buffer: Vec::new(), depth: 0, part: part.into() }
    }

    /// The next event, with the depth of the element that it belongs to; the root has depth 1.
    pub(super) fn next(&mut self) -> Result<(usize, Event<'_>), Fault> {
        self.buffer.clear();
        self.reader.get_mut().used = 0;
        let torn = |part: &str, what: &str| Fault::damaged(part, what);
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(quick_xml::Error::Io(error)) => return Err(Fault::from(&*error)),
            Err(error) => return Err(torn(&self.part, &error.to_string().chars().take(80).collect::<String>())),
        };
        let depth = match &event {
            Event::Start(_) => {
                self.depth += 1;
                self.depth
            }
            Event::Empty(_) => self.depth + 1,
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.depth + 1
            }
            Event::DocType(_) => return Err(Fault::Markup),
            Event::Eof if self.depth != 0 => return Err(torn(&self.part, "提前结束 / breaks off")),
            _ => self.depth,
        };
        if DEPTH < depth {
            return Err(torn(&self.part, "层次过深 / nested too deeply"));
        }
        Ok((depth, event))
    }

    /// That the part isn't what it should be; told as `Chinese / English`.
    pub(super) fn damaged(&self, what: &str) -> Fault {
        Fault::damaged(&self.part, what)
    }
}

/// Stops a reader that would take too much for one event.
struct Paced<R> {
    reader: R,
    used: usize,
    most: usize,
}

impl<R: BufRead> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<R: BufRead> BufRead for Paced<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.most < self.used {
            let mebibytes = self.most >> 20;
            let what = format!("一处文字超过 {mebibytes} MiB / one text of more than {mebibytes} MiB");
            return Err(io::Error::other(Bound(what)));
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.used += n;
        self.reader.consume(n);
    }
}

/// Writes an event as it was read.
pub(super) fn copy(out: &mut dyn Write, event: &Event<'_>) -> io::Result<()> {
    quick_xml::Writer::new(out).write_event(event.borrow())
}

/// The value of an attribute without a prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name)
        .and_then(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned))
}

/// The value of an attribute with whatever prefix, as `r:id`.
pub(super) fn prefixed_attribute(element: &BytesStart<'_>, local: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.prefix().is_some() && attribute.key.local_name().as_ref() == local)
        .and_then(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned))
}

/// The element with an attribute set (`Some`) or left out (`None`); the others stay as they were written. An element whose attributes
/// are none stays as it is.
pub(super) fn with_attribute(element: &BytesStart<'_>, name: &str, value: Option<&str>) -> BytesStart<'static> {
    if element.attributes().with_checks(false).any(|attribute| attribute.is_err()) {
        return element.to_owned();
    }
    let tag = element.name();
    let mut content = tag.as_ref().to_owned();
    let length = content.len();
    let mut push = |key: &str, value: &str| {
        content.push(' ');
        content.push_str(key);
        content.push_str("=\"");
        content.push_str(&value.replace('"', "&quot;"));
        content.push('"');
    };
    let mut set = false;
    for attribute in element.attributes().with_checks(false).flatten() {
        if attribute.key.as_ref() == name {
            if let Some(value) = value.filter(|_| !set) {
                push(name, &escape(value));
            }
            set = true;
        } else {
            push(attribute.key.as_ref(), &attribute.value);
        }
    }
    if let Some(value) = value.filter(|_| !set) {
        push(name, &escape(value));
    }
    BytesStart::from_content(content, length)
}

/// The prefix of an element's name with its colon; empty without one.
pub(super) fn prefix(element: &BytesStart<'_>) -> String {
    element.name().prefix().map(|prefix| format!("{}:", prefix.as_ref())).unwrap_or_default()
}

/// Copies a part, and writes more at the end of the first element of a name at a depth; whether there was one.
pub(super) fn add_at_end<R: BufRead>(
    markup: &mut Markup<R>,
    out: &mut dyn Write,
    (place, name): (usize, &str),
    more: impl Fn(&str) -> String,
) -> Result<bool, Fault> {
    let mut done = false;
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => return Ok(done),
            Event::Empty(start) if depth == place && !done && start.local_name().as_ref() == name => {
                let more = more(&prefix(&start));
                copy(out, &Event::Start(start.borrow()))?;
                out.write_all(more.as_bytes())?;
                copy(out, &Event::End(start.to_end()))?;
                done = true;
            }
            Event::End(end) if depth == place && !done && end.local_name().as_ref() == name => {
                let prefix = end.name().prefix().map(|prefix| format!("{}:", prefix.as_ref())).unwrap_or_default();
                out.write_all(more(&prefix).as_bytes())?;
                copy(out, &Event::End(end))?;
                done = true;
            }
            event => copy(out, &event)?,
        }
    }
}

/// Text as it can stand in XML: no control characters but line breaks and tabs.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy: String = text
        .replace("\r\n", "\n")
        .chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            '\r' => '\n',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ if character.is_control() => '\u{fffd}',
            _ => character,
        })
        .collect();
    shorten(&mut tidy, 2_000);
    tidy
}

/// Cuts text to so many characters and marks the cut.
pub(super) fn shorten(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_set_without_touching_the_others() {
        let element = BytesStart::from_content("x:c r='A1' note='say \"hi\" &amp; go' s=\"3\"", 3);
        let set = with_attribute(&element, "s", Some("7"));
        assert_eq!(&*set, "x:c r=\"A1\" note=\"say &quot;hi&quot; &amp; go\" s=\"7\"");
        assert_eq!(&*with_attribute(&set, "r", None), "x:c note=\"say &quot;hi&quot; &amp; go\" s=\"7\"");
        assert_eq!(attribute(&with_attribute(&set, "t", Some("<&")), "t").as_deref(), Some("<&"));
        assert_eq!(prefix(&element), "x:");
    }

    #[test]
    fn text_is_made_fit_for_xml_and_bounded() {
        assert_eq!(tidy("a\r\nb\rc\u{0}\u{1b}d\u{ffff}"), "a\nb\nc\u{fffd}\u{fffd}d\u{fffd}");
        assert_eq!(tidy(&"字".repeat(3_000)).chars().count(), 2_001);
    }
}
