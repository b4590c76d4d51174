//! A paper as PDF, set by typst from one template.
//!
//! The template is ours and the only source; the paper reaches it as one JSON text through `sys.inputs`, so that no name can become
//! markup. The world has a font and nothing else: every file, package and date is denied.

use std::sync::LazyLock;

use domain::calendar::Day;
use serde_json::{Value, json};
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Dict, Duration, IntoValue, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::{
    Block, Paper, PaperError,
    font::{self, FONT},
    missing_glyphs, paper, words,
};

static TEMPLATE: LazyLock<Source> = LazyLock::new(|| {
    let path = VirtualPath::new("paper.typ").expect("a file name is a path");
    let id = RootedPath::new(VirtualRoot::Project, path).intern();
    Source::new(id, include_str!("../templates/paper.typ").to_owned())
});

static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts([&*FONT])));

/// Compilations whose results are kept for the next; one paper has little in common with another.
const KEPT_COMPILATIONS: usize = 2;

/// The paper as a PDF file with the font in it. Equal papers give equal bytes; its creation date is the day of issue.
///
/// # Errors
/// When a table is ragged or the page cannot be set.
pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let document = document(paper)?;
    let options = PdfOptions {
        ident: Smart::Custom(format!(
            "{}/{}/{}",
            paper.kind.name(),
            paper.issuer,
            paper.number.as_deref().unwrap_or("")
        )),
        creator: Smart::Custom(Some("xueji".to_owned())),
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|faults| refused(&faults));
    typst::comemo::evict(KEPT_COMPILATIONS);
    bytes
}

/// On how many pages the PDF will be.
///
/// # Errors
/// When a table is ragged or the page cannot be set.
pub fn page_count(paper: &Paper) -> Result<usize, PaperError> {
    document(paper).map(|document| document.pages().len())
}

fn document(paper: &Paper) -> Result<PagedDocument, PaperError> {
    paper.check()?;
    let sheet = Sheet::of(paper);
    typst::compile::<PagedDocument>(&sheet).output.map_err(|faults| refused(&faults))
}

/// Only the line is told: a message could quote what the template was given.
fn refused(faults: &[SourceDiagnostic]) -> PaperError {
    let place = faults.first().and_then(|fault| {
        let range = typst::WorldExt::range(&Sheet::empty(), fault.span)?;
        TEMPLATE.lines().byte_to_line(range.start)
    });
    PaperError::Layout { line: place.map_or(0, |line| line + 1) }
}

/// The world of one paper.
struct Sheet {
    library: LazyHash<Library>,
}

impl Sheet {
    fn of(paper: &Paper) -> Sheet {
        Sheet::with(&data(paper).to_string())
    }

    fn empty() -> Sheet {
        Sheet::with("{}")
    }

    fn with(data: &str) -> Sheet {
        let mut inputs = Dict::new();
        inputs.insert("paper".into(), data.into_value());
        Sheet { library: LazyHash::new(Library::builder().with_inputs(inputs).build()) }
    }
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        TEMPLATE.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == TEMPLATE.id() { Ok(TEMPLATE.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _id: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        (index == 0).then(|| FONT.clone())
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// What the template is given: plain text with marks for missing characters, and the lines of the foot.
fn data(paper: &Paper) -> Value {
    let missing = missing_glyphs(paper);
    let shown = paper.clone().with_text(&mut |text| breakable(&font::with_marks(&words::plain(text), &missing)));
    let mut foot: Vec<String> = paper.masked_note().into_iter().map(str::to_owned).collect();
    foot.extend(font::note(&missing, |at, _| font::mark(at, missing.len())));
    json!({
        "font": FONT.info().family,
        "title": shown.title,
        "number": shown.number,
        "addressee": shown.addressee,
        "blocks": shown.blocks.iter().map(block).collect::<Vec<_>>(),
        "copies": shown.copies.join("，"),
        "issuer": shown.issuer,
        "issued_on": words::day(shown.issued_on),
        "date": date(shown.issued_on),
        "seal": shown.seal.as_ref().map(crate::SealLine::words),
        "landscape": shown.landscape,
        "foot": foot,
    })
}

/// typst's calendar has years of four places.
fn date(day: Day) -> Value {
    if (0..=9999).contains(&day.year()) { json!([day.year(), day.month(), day.day_of_month()]) } else { Value::Null }
}

fn block(block: &Block) -> Value {
    match block {
        Block::Paragraph(text) => json!({ "is": "paragraph", "text": text }),
        Block::Heading(text) => json!({ "is": "heading", "text": text }),
        Block::Note(text) => json!({ "is": "note", "text": text }),
        Block::Fields(fields) => json!({ "is": "fields", "lines": paper::lines(fields) }),
        Block::Table(table) => json!({ "is": "table", "columns": table.columns, "rows": table.rows }),
        Block::Signatures(signatures) => {
            let line = |signature: &crate::Signature| {
                json!({
                    "role": signature.role,
                    "name": signature.name,
                    "day": words::day_or_blank(signature.signed_on),
                    "sealed": signature.sealed,
                })
            };
            json!({ "is": "signatures", "lines": signatures.iter().map(line).collect::<Vec<_>>() })
        }
    }
}

/// The longest run of letters and digits without a place to break; every number fits in it.
const UNBROKEN: usize = 24;

/// Text with invisible places to break in runs of letters and digits that no cell could hold.
fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut run = 0;
    for character in text.chars() {
        run = if character.is_ascii_graphic() { run + 1 } else { 0 };
        if run > UNBROKEN {
            broken.push('\u{200B}');
            run = 1;
        }
        broken.push(character);
    }
    broken
}

#[cfg(test)]
mod tests;
