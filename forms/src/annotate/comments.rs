//! Comments (批注): a part of them written anew, or remarks added to the sender's own.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, BufRead, Write},
};

use quick_xml::{
    escape::escape,
    events::{BytesStart, Event},
};

use super::{
    RESULT,
    address::Cell,
    fault::Stop,
    markup::{Markup, attribute, copy, prefix},
    parts::Dialect,
};

/// Writes a part with a comment for each cell.
pub(super) fn create(out: &mut dyn Write, texts: &BTreeMap<Cell, String>, dialect: Dialect) -> io::Result<()> {
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <comments xmlns=\"{}\"><authors><author>{RESULT}</author></authors><commentList>",
        dialect.main()
    )?;
    for (cell, text) in texts {
        write_comment(out, "", *cell, 0, text)?;
    }
    out.write_all(b"</commentList></comments>")
}

fn write_comment(out: &mut dyn Write, own: &str, cell: Cell, author: usize, text: &str) -> io::Result<()> {
    write!(out, r#"<{own}comment ref="{cell}" authorId="{author}"><{own}text>"#)?;
    write_run(out, own, text)?;
    write!(out, "</{own}text></{own}comment>")
}

fn write_run(out: &mut dyn Write, own: &str, text: &str) -> io::Result<()> {
    write!(out, r#"<{own}r><{own}t xml:space="preserve">{}</{own}t></{own}r>"#, escape(text))
}

/// What is added to a comment that the cell has already.
fn addition(text: &str) -> String {
    format!("\n【{RESULT}】{text}")
}

/// A walk over the sender's comments.
struct Walk<'a> {
    texts: BTreeMap<Cell, &'a str>,
    /// The cells that had a comment.
    had: HashSet<Cell>,
    /// What the comment being walked is still to get.
    due: Option<String>,
    own: String,
    authors: usize,
    named: bool,
    listed: bool,
}

/// Copies a part of comments, and adds the remarks; the cells that had a comment before.
pub(super) fn add<R: BufRead>(
    markup: &mut Markup<R>,
    out: &mut dyn Write,
    texts: &BTreeMap<Cell, String>,
) -> Result<HashSet<Cell>, Stop> {
    let mut walk = Walk {
        texts: texts.iter().map(|(cell, text)| (*cell, text.as_str())).collect(),
        had: HashSet::new(),
        due: None,
        own: String::new(),
        authors: 0,
        named: false,
        listed: false,
    };
    let mut in_authors = false;
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => break,
            Event::Start(start) if depth == 1 => {
                if start.local_name().as_ref() != "comments" {
                    return Err(markup.damaged("不是批注 / no comments").into());
                }
                walk.own = prefix(&start);
                copy(out, &Event::Start(start))?;
            }
            Event::End(end) if depth == 1 => {
                walk.name_author(out)?;
                if !walk.listed {
                    write!(out, "<{}commentList>", walk.own)?;
                    walk.rest(out)?;
                    write!(out, "</{}commentList>", walk.own)?;
                }
                copy(out, &Event::End(end))?;
            }
            Event::Start(start) if depth == 2 => {
                in_authors = start.local_name().as_ref() == "authors";
                if start.local_name().as_ref() == "commentList" {
                    walk.name_author(out)?;
                }
                copy(out, &Event::Start(start))?;
            }
            Event::Empty(start) if depth == 2 => match start.local_name().as_ref() {
                // Written by `name_author` when the comments begin.
                "authors" => {}
                "commentList" => {
                    walk.name_author(out)?;
                    copy(out, &Event::Start(start.borrow()))?;
                    walk.rest(out)?;
                    copy(out, &Event::End(start.to_end()))?;
                }
                _ => copy(out, &Event::Empty(start))?,
            },
            Event::End(end) if depth == 2 => {
                match end.local_name().as_ref() {
                    "authors" => {
                        write!(out, "<{0}author>{RESULT}</{0}author>", walk.own)?;
                        (walk.named, in_authors) = (true, false);
                    }
                    "commentList" => walk.rest(out)?,
                    _ => {}
                }
                copy(out, &Event::End(end))?;
            }
            Event::Start(start) if depth == 3 => {
                walk.third_level(&start, in_authors);
                copy(out, &Event::Start(start))?;
            }
            Event::Empty(start) if depth == 3 => {
                walk.third_level(&start, in_authors);
                match walk.due.take() {
                    Some(text) => {
                        copy(out, &Event::Start(start.borrow()))?;
                        write!(out, "<{}text>", walk.own)?;
                        write_run(out, &walk.own, &text)?;
                        write!(out, "</{}text>", walk.own)?;
                        copy(out, &Event::End(start.to_end()))?;
                    }
                    None => copy(out, &Event::Empty(start))?,
                }
            }
            event => walk.inside(depth, event, out)?,
        }
    }
    Ok(walk.had)
}

impl Walk<'_> {
    /// A comment or an author begins.
    fn third_level(&mut self, start: &BytesStart<'_>, in_authors: bool) {
        self.authors += usize::from(in_authors);
        self.due = None;
        if start.local_name().as_ref() == "comment"
            && let Some(cell) = attribute(start, "ref").and_then(|name| Cell::read(&name))
        {
            self.due = self.texts.remove(&cell).map(addition);
            self.had.insert(cell);
        }
    }

    /// Within a comment: a plain text is made longer, a text of runs gets one more.
    fn inside(&mut self, depth: usize, event: Event<'_>, out: &mut dyn Write) -> Result<(), Stop> {
        let Some(text) = self.due.take() else { return Ok(copy(out, &event)?) };
        match &event {
            Event::Empty(start) if depth == 4 && start.local_name().as_ref() == "text" => {
                copy(out, &Event::Start(start.borrow()))?;
                write_run(out, &self.own, &text)?;
                copy(out, &Event::End(start.to_end()))?;
                return Ok(());
            }
            Event::Empty(start) if depth == 5 && start.local_name().as_ref() == "t" => {
                copy(out, &Event::Start(start.borrow()))?;
                out.write_all(escape(text.trim_start()).as_bytes())?;
                copy(out, &Event::End(start.to_end()))?;
                return Ok(());
            }
            Event::End(end) if depth == 5 && end.local_name().as_ref() == "t" => {
                out.write_all(escape(&*text).as_bytes())?;
            }
            Event::Start(start) | Event::Empty(start)
                if depth == 5 && matches!(start.local_name().as_ref(), "rPh" | "phoneticPr") =>
            {
                write_run(out, &self.own, &text)?;
            }
            Event::End(end) if depth == 4 && end.local_name().as_ref() == "text" => {
                write_run(out, &self.own, &text)?;
            }
            _ => self.due = Some(text),
        }
        Ok(copy(out, &event)?)
    }

    /// Names the author of remarks where the part names none.
    fn name_author(&mut self, out: &mut dyn Write) -> Result<(), Stop> {
        if !self.named {
            write!(out, "<{0}authors><{0}author>{RESULT}</{0}author></{0}authors>", self.own)?;
            self.named = true;
        }
        Ok(())
    }

    /// Writes the comments of the cells that had none.
    fn rest(&mut self, out: &mut dyn Write) -> Result<(), Stop> {
        self.listed = true;
        for (cell, text) in std::mem::take(&mut self.texts) {
            write_comment(out, &self.own, cell, self.authors, text)?;
        }
        Ok(())
    }
}
