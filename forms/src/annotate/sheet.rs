//! A sheet copied with its remarked cells filled, and with those created that weren't there.

use std::io::{BufRead, Write};

use quick_xml::events::{BytesStart, Event};

use super::{
    address::Cell,
    fault::{Fault, Stop},
    markup::{Markup, attribute, copy, prefix, prefixed_attribute, with_attribute},
    parts::Dialect,
    styles::Styles,
};

/// What the schema lets stand only after `legacyDrawing`.
const AFTER_DRAWING: [&str; 8] =
    ["legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"];

/// What to do to a sheet.
pub(super) struct Sheet<'a> {
    /// The remarked cells, in order.
    pub(super) cells: &'a [Cell],
    pub(super) styles: &'a mut Styles,
    pub(super) dialect: Dialect,
    /// The relationship to the shapes of the comments, for a sheet that has none.
    pub(super) drawing_id: &'a str,
}

/// What was seen on the way.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The relationship to the shapes of comments that the sheet has already.
    pub(super) drawing_id: Option<String>,
    /// Cells that were filled.
    pub(super) filled: usize,
}

/// The walk over the cells.
#[derive(Default)]
struct Walk {
    /// The remarked cells that are still to come begin here.
    next: usize,
    /// The row and column last met.
    at: (u32, u32),
    /// The format of the row.
    row_format: Option<usize>,
    /// The formats of columns: first, last, format.
    columns: Vec<(u32, u32, usize)>,
    /// The prefix of the sheet's elements.
    own: String,
    seen: Seen,
}

impl Sheet<'_> {
    /// Copies the sheet.
    pub(super) fn copy<R: BufRead>(mut self, markup: &mut Markup<R>, out: &mut dyn Write) -> Result<Seen, Stop> {
        let mut walk = Walk::default();
        let (mut in_cells, mut met_cells) = (false, false);
        loop {
            let (depth, event) = markup.next()?;
            match event {
                Event::Eof => break,
                Event::Start(start) if depth == 1 => {
                    if start.local_name().as_ref() != "worksheet" {
                        return Err(Fault::NotAWorksheet.into());
                    }
                    walk.own = prefix(&start);
                    copy(out, &Event::Start(start))?;
                }
                Event::Empty(_) if depth == 1 => return Err(Fault::NotAWorksheet.into()),
                Event::End(end) if depth == 1 => {
                    self.draw(&mut walk, out)?;
                    copy(out, &Event::End(end))?;
                }
                Event::Start(start) if depth == 2 => {
                    in_cells = start.local_name().as_ref() == "sheetData";
                    met_cells |= in_cells;
                    let start = self.second_level(&mut walk, start, out)?;
                    copy(out, &Event::Start(start))?;
                }
                Event::Empty(start) if depth == 2 => {
                    if start.local_name().as_ref() == "sheetData" && !met_cells {
                        met_cells = true;
                        copy(out, &Event::Start(start.borrow()))?;
                        self.rows_before(&mut walk, u32::MAX, out)?;
                        copy(out, &Event::End(start.to_end()))?;
                    } else {
                        let start = self.second_level(&mut walk, start, out)?;
                        copy(out, &Event::Empty(start))?;
                    }
                }
                Event::End(end) if depth == 2 => {
                    if in_cells {
                        self.rows_before(&mut walk, u32::MAX, out)?;
                    }
                    in_cells = false;
                    copy(out, &Event::End(end))?;
                }
                Event::Start(start) | Event::Empty(start)
                    if depth == 3 && !met_cells && start.local_name().as_ref() == "col" =>
                {
                    walk.column(&start);
                    copy(out, &Event::Empty(start.borrow()))?;
                }
                // A `col` was written as empty.
                Event::End(end) if depth == 3 && !met_cells && end.local_name().as_ref() == "col" => {}
                Event::Start(start) if depth == 3 && in_cells => {
                    let start = self.row(&mut walk, start, out)?;
                    copy(out, &Event::Start(start))?;
                }
                Event::Empty(start) if depth == 3 && in_cells => {
                    let start = self.row(&mut walk, start, out)?;
                    if self.cell_of_row(&walk).is_some() {
                        copy(out, &Event::Start(start.borrow()))?;
                        self.cells_before(&mut walk, u32::MAX, out)?;
                        copy(out, &Event::End(start.to_end()))?;
                    } else {
                        copy(out, &Event::Empty(start))?;
                    }
                }
                Event::End(end) if depth == 3 && in_cells => {
                    self.cells_before(&mut walk, u32::MAX, out)?;
                    copy(out, &Event::End(end))?;
                }
                Event::Start(start) if depth == 4 && in_cells && start.local_name().as_ref() == "c" => {
                    let start = self.cell(&mut walk, start, out)?;
                    copy(out, &Event::Start(start))?;
                }
                Event::Empty(start) if depth == 4 && in_cells && start.local_name().as_ref() == "c" => {
                    let start = self.cell(&mut walk, start, out)?;
                    copy(out, &Event::Empty(start))?;
                }
                event => copy(out, &event)?,
            }
        }
        if met_cells { Ok(walk.seen) } else { Err(Fault::NotAWorksheet.into()) }
    }

    /// What stands directly in the sheet.
    fn second_level<'e>(
        &mut self,
        walk: &mut Walk,
        start: BytesStart<'e>,
        out: &mut dyn Write,
    ) -> Result<BytesStart<'e>, Stop> {
        match start.local_name().as_ref() {
            "dimension" => return Ok(self.dimension(start)),
            "legacyDrawing" => walk.seen.drawing_id = prefixed_attribute(&start, "id"),
            name if AFTER_DRAWING.contains(&name) => self.draw(walk, out)?,
            _ => {}
        }
        Ok(start)
    }

    /// The extent of the sheet, grown by the remarked cells.
    fn dimension<'e>(&self, start: BytesStart<'e>) -> BytesStart<'e> {
        let Some(range) = attribute(&start, "ref") else { return start };
        let (first, last) = range.split_once(':').unwrap_or((&range, &range));
        let (Some(mut first), Some(mut last)) = (Cell::read(first), Cell::read(last)) else { return start };
        for cell in self.cells {
            first = Cell { row: first.row.min(cell.row), column: first.column.min(cell.column) };
            last = Cell { row: last.row.max(cell.row), column: last.column.max(cell.column) };
        }
        let grown = if first == last { first.to_string() } else { format!("{first}:{last}") };
        if grown == range { start } else { with_attribute(&start, "ref", Some(&grown)) }
    }

    /// Names the shapes of the comments, once.
    fn draw(&self, walk: &mut Walk, out: &mut dyn Write) -> Result<(), Stop> {
        if walk.seen.drawing_id.is_none() {
            let (own, space, id) = (&walk.own, self.dialect.relationships(), self.drawing_id);
            write!(out, r#"<{own}legacyDrawing xmlns:r="{space}" r:id="{id}"/>"#)?;
            walk.seen.drawing_id = Some(id.to_owned());
        }
        Ok(())
    }

    /// A row begins: rows that were missing before it are written.
    fn row<'e>(&mut self, walk: &mut Walk, start: BytesStart<'e>, out: &mut dyn Write) -> Result<BytesStart<'e>, Stop> {
        let number = match attribute(&start, "r") {
            Some(number) => number.parse().ok().filter(|&row| Cell { row, column: 1 }.exists()),
            None => walk.at.0.checked_add(1),
        };
        let number = number.filter(|&number| walk.at.0 < number).ok_or_else(|| out_of_order(walk.at.0 + 1, 1))?;
        self.rows_before(walk, number, out)?;
        walk.at = (number, 0);
        let customised = attribute(&start, "customFormat").is_some_and(|value| value == "1" || value == "true");
        walk.row_format = attribute(&start, "s").filter(|_| customised).and_then(|format| format.parse().ok());
        // The span is a hint that would be wrong once cells are added.
        Ok(if self.cell_of_row(walk).is_some() && attribute(&start, "spans").is_some() {
            with_attribute(&start, "spans", None)
        } else {
            start
        })
    }

    /// A cell begins: cells that were missing before it are written; a remarked one is filled.
    fn cell<'e>(
        &mut self,
        walk: &mut Walk,
        start: BytesStart<'e>,
        out: &mut dyn Write,
    ) -> Result<BytesStart<'e>, Stop> {
        let (row, last) = walk.at;
        let column = match attribute(&start, "r") {
            Some(name) => Cell::read(&name).filter(|cell| cell.row == row).map(|cell| cell.column),
            None => last.checked_add(1),
        };
        let column = column.filter(|&column| last < column).ok_or_else(|| out_of_order(row, last + 1))?;
        self.cells_before(walk, column, out)?;
        walk.at.1 = column;
        if self.cell_of_row(walk) != Some(Cell { row, column }) {
            return Ok(start);
        }
        walk.next += 1;
        let format = attribute(&start, "s").and_then(|format| format.parse().ok()).unwrap_or(0);
        Ok(match self.styles.marked(format) {
            Some(marked) => {
                walk.seen.filled += 1;
                with_attribute(&start, "s", Some(&marked.to_string()))
            }
            None => start,
        })
    }

    /// The next remarked cell, if it is in the row being walked.
    fn cell_of_row(&self, walk: &Walk) -> Option<Cell> {
        self.cells.get(walk.next).copied().filter(|cell| cell.row == walk.at.0)
    }

    /// Writes the remarked cells of the row that are missing before a column.
    fn cells_before(&mut self, walk: &mut Walk, column: u32, out: &mut dyn Write) -> Result<(), Stop> {
        while let Some(cell) = self.cell_of_row(walk).filter(|cell| cell.column < column) {
            let of_column = || {
                walk.columns
                    .iter()
                    .find(|(first, last, _)| (*first..=*last).contains(&cell.column))
                    .map(|(_, _, format)| *format)
            };
            let format = walk.row_format.or_else(of_column).unwrap_or(0);
            match self.styles.marked(format) {
                Some(marked) => {
                    walk.seen.filled += 1;
                    write!(out, r#"<{}c r="{cell}" s="{marked}"/>"#, walk.own)?;
                }
                None => write!(out, r#"<{}c r="{cell}" s="{format}"/>"#, walk.own)?,
            }
            walk.next += 1;
        }
        Ok(())
    }

    /// Writes the rows with remarked cells that are missing before a row.
    fn rows_before(&mut self, walk: &mut Walk, row: u32, out: &mut dyn Write) -> Result<(), Stop> {
        while let Some(cell) = self.cells.get(walk.next).copied().filter(|cell| cell.row < row) {
            walk.at = (cell.row, 0);
            walk.row_format = None;
            write!(out, r#"<{}row r="{}">"#, walk.own, cell.row)?;
            self.cells_before(walk, u32::MAX, out)?;
            write!(out, "</{}row>", walk.own)?;
        }
        Ok(())
    }
}

impl Walk {
    /// The format of a column, for cells that aren't there.
    fn column(&mut self, start: &BytesStart<'_>) {
        let number = |name: &str| attribute(start, name).and_then(|text| text.parse().ok());
        let format = attribute(start, "style").and_then(|text| text.parse().ok());
        if let (Some(first), Some(last), Some(format)) = (number("min"), number("max"), format) {
            self.columns.push((first, last, format));
        }
    }
}

fn out_of_order(row: u32, column: u32) -> Stop {
    Stop { cell: Some(Cell { row, column }), fault: Fault::OutOfOrder }
}
