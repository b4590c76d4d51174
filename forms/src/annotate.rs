//! A sender's workbook handed back (退回的导入表) with remarks where they belong: comments on the cells, a light red fill, and a sheet
//! 导入结果 that lists them all. Everything else in the package stays as it was, byte for byte.
//!
//! Parts that nothing is added to are copied as they lie in the package, compressed; the few others are copied event by event.

mod address;
mod comments;
mod drawing;
mod fault;
mod listing;
mod markup;
mod merged;
mod package;
mod parts;
mod sheet;
mod styles;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Seek, Write},
};

use serde::{Deserialize, Serialize};

pub use address::Cell;
pub use fault::{AnnotateError, Fault};
pub use table::{CsvError, annotated_csv};

use package::{Edits, Package};

/// The sheet that lists the remarks, and the column that does so in a CSV file.
pub const RESULT: &str = "导入结果";

/// Something to tell the sender about one cell (导入意见). REQ: ENR-01, INF-01.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The row, counted from 1, title and header rows included.
    pub row: u32,
    /// The column, counted from 1.
    pub column: u32,
    /// What is wrong and what to do.
    pub text: String,
}

/// What is to be remarked on one sheet.
#[derive(Debug, Clone, Copy)]
pub struct Annotation<'a> {
    /// The sheet's name.
    pub sheet: &'a str,
    /// The headers of its columns from the first on, for the list of remarks; columns beyond them go by their letters.
    pub headers: &'a [String],
    /// The remarks, in any order; several for one cell share its comment.
    pub remarks: &'a [Remark],
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// The name of the sheet that lists the remarks: 导入结果, with a number if the sender had one of that name.
    pub listing: String,
    /// Cells that bear a remark; merged cells are one.
    pub cells: usize,
    /// Of these, cells that could be filled light red.
    pub filled: usize,
}

/// How much a sender's workbook may ask of us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the package.
    pub package_bytes: u64,
    /// Parts of the package.
    pub parts: usize,
    /// Bytes of all parts together once inflated; they are counted, not believed.
    pub inflated_bytes: u64,
    /// Bytes of a part that is held in memory: styles, shapes of comments.
    pub part_bytes: u64,
    /// How many times larger than its compressed form a part may grow; not applied below 16 MiB.
    pub ratio: u64,
    /// Bytes of one tag or one text of a part.
    pub event_bytes: usize,
    /// Remarks on one sheet.
    pub remarks: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            package_bytes: 128 << 20,
            parts: 10_000,
            inflated_bytes: 1 << 30,
            part_bytes: 64 << 20,
            ratio: 200,
            event_bytes: 4 << 20,
            remarks: 100_000,
        }
    }
}

/// The workbook with the remarks in it. REQ: ENR-01, INF-01.
pub fn annotate(workbook: &[u8], annotation: Annotation<'_>, limits: &Limits) -> Result<Vec<u8>, AnnotateError> {
    let mut out = Cursor::new(Vec::with_capacity(workbook.len()));
    annotate_into(Cursor::new(workbook), annotation, limits, &mut out)?;
    Ok(out.into_inner())
}

/// Writes the workbook with the remarks in it.
pub fn annotate_into<R: Read + Seek, W: Write + Seek>(
    workbook: R,
    annotation: Annotation<'_>,
    limits: &Limits,
    out: W,
) -> Result<Annotated, AnnotateError> {
    let Annotation { sheet: name, headers, remarks } = annotation;
    let whole = |fault: Fault| AnnotateError { file: None, sheet: None, cell: None, fault };
    let here = |fault: Fault| AnnotateError { file: None, sheet: Some(name.into()), cell: None, fault };
    if limits.remarks < remarks.len() {
        return Err(here(Fault::TooManyRemarks { most: limits.remarks }));
    }
    let mut texts = by_cell(remarks).map_err(|cell| AnnotateError { cell: Some(cell), ..here(Fault::NoSuchCell) })?;
    let mut package = Package::open(workbook, limits).map_err(whole)?;
    let book = parts::book(&mut package).map_err(whole)?;
    let target = book.sheets.iter().find(|sheet| sheet.name == name).ok_or_else(|| here(Fault::NoSheet))?;
    let part = book.part_of(target).filter(|part| package.has(part)).ok_or_else(|| here(Fault::NotAWorksheet))?;
    let links = parts::relationships(&mut package, &part).map_err(here)?;
    if package.is_merged(&part) {
        merged::move_to_anchors(&mut package.markup(&part).map_err(here)?, &mut texts).map_err(here)?;
    }
    for text in texts.values_mut() {
        markup::shorten(text, COMMENT);
    }
    let cells: Vec<Cell> = texts.keys().copied().collect();
    let mut styles = styles::Styles::read(&mut package, book.styles.as_deref()).map_err(whole)?;
    let mut edits = Edits::default();

    let new_drawing = parts::free_id(&links, "rIdRemarkShapes");
    let written = sheet::Sheet { cells: &cells, styles: &mut styles, dialect: book.dialect, drawing_id: &new_drawing };
    let seen = edits
        .rewrite(&mut package, &part, |markup, out| written.copy(markup, out))
        .map_err(|stop| AnnotateError { cell: stop.cell, ..here(stop.fault) })?;

    let old_comments = links.iter().find(|link| link.is("comments")).map(|link| link.part(&part));
    let old_drawing = seen
        .drawing_id
        .as_ref()
        .and_then(|id| links.iter().find(|link| &link.id == id))
        .map(|link| link.part(&part))
        .filter(|part| package.has(part));
    let old_comments = old_comments.filter(|part| package.has(part));
    let comments_part = old_comments.clone().unwrap_or_else(|| package.free_name("xl/comments", ".xml"));
    let drawing_part = old_drawing.clone().unwrap_or_else(|| package.free_name("xl/drawings/vmlDrawing", ".vml"));

    let commented = match &old_comments {
        Some(old) => edits
            .rewrite(&mut package, old, |markup, out| comments::add(markup, out, &texts))
            .map_err(|stop| here(stop.fault))?,
        None => {
            edits.create(&comments_part, |out| comments::create(out, &texts, book.dialect)).map_err(here)?;
            Default::default()
        }
    };
    let shapes = match &old_drawing {
        Some(old) => {
            let bytes = package.read(old, limits.part_bytes).map_err(here)?;
            let fresh: Vec<Cell> = cells.iter().copied().filter(|cell| !commented.contains(cell)).collect();
            drawing::append(&bytes, &fresh).ok_or_else(|| here(Fault::damaged(old, "没有结尾 / has no end")))?
        }
        None => {
            let mut all: Vec<Cell> = cells.iter().copied().chain(commented.iter().copied()).collect();
            all.sort_unstable();
            all.dedup();
            drawing::create(&all).into_bytes()
        }
    };
    edits.put(&drawing_part, &shapes).map_err(here)?;

    let mut added = Vec::new();
    if old_comments.is_none() {
        added.push((parts::free_id(&links, "rIdRemarks"), "comments", comments_part.clone()));
    }
    match (&old_drawing, &seen.drawing_id) {
        (Some(_), _) => {}
        // The sheet names a drawing that isn't there: what it names is made to lead to ours.
        (None, Some(dangling)) if !links.iter().any(|link| &link.id == dangling) => {
            added.push((dangling.clone(), "vmlDrawing", drawing_part.clone()));
        }
        (None, Some(_)) => {
            return Err(here(Fault::damaged(&part, "批注图形缺失 / the shapes of comments are missing")));
        }
        (None, None) => added.push((new_drawing, "vmlDrawing", drawing_part.clone())),
    }
    parts::add_relationships(&mut package, &mut edits, &part, &added, book.dialect).map_err(here)?;

    let listing = book.free_sheet_name(RESULT);
    let listing_part = package.free_name("xl/worksheets/sheet", ".xml");
    edits.create(&listing_part, |out| listing::write(out, name, headers, remarks, book.dialect)).map_err(whole)?;
    let styles_part = styles.write(&mut package, &mut edits, book.dialect).map_err(whole)?;
    let new = parts::NewParts {
        comments: old_comments.is_none().then_some(comments_part.as_str()),
        drawing: old_drawing.is_none().then_some(drawing_part.as_str()),
        listing: &listing_part,
        listing_name: &listing,
        styles: styles_part.as_deref(),
    };
    parts::register(&mut package, &mut edits, &book, &new).map_err(whole)?;
    package.finish(edits, out).map_err(whole)?;
    Ok(Annotated { listing, cells: cells.len(), filled: seen.filled })
}

/// The texts of the remarks, one per cell in the order of the sheet; a cell that no sheet has is given back.
fn by_cell(remarks: &[Remark]) -> Result<BTreeMap<Cell, String>, Cell> {
    let mut texts: BTreeMap<Cell, String> = BTreeMap::new();
    for remark in remarks {
        let cell = Cell { row: remark.row, column: remark.column };
        if !cell.exists() {
            return Err(cell);
        }
        let text = texts.entry(cell).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&markup::tidy(&remark.text));
    }
    Ok(texts)
}

/// Characters of a comment; programs stop at 32,767, people long before.
const COMMENT: usize = 8_000;
