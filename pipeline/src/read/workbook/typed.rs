//! A sheet of a table of the contract on its way to chunks, and what else was seen in it.

use super::{Placed, Rows, address};
use crate::{
    inbox::Part,
    read::{
        PartReport, ReadError,
        cell::{Remark, Value, write},
        chunk::Chunk,
        layout::Layout,
    },
};

/// Things worth a note, counted.
#[derive(Debug, Default)]
pub(in crate::read) struct Stray {
    unevaluated: Option<(u64, String)>,
    outside: Option<(u64, String)>,
    headers: Vec<u32>,
}

impl Stray {
    /// A formula without a result.
    pub(in crate::read) fn unevaluated(&mut self, at: (u32, u32)) {
        Stray::count(&mut self.unevaluated, at);
    }

    /// A value under no header.
    pub(in crate::read) fn outside(&mut self, at: (u32, u32)) {
        Stray::count(&mut self.outside, at);
    }

    fn count(slot: &mut Option<(u64, String)>, at: (u32, u32)) {
        match slot {
            Some((n, _)) => *n += 1,
            None => *slot = Some((1, address(at))),
        }
    }

    pub(in crate::read) fn tell(self, report: &mut PartReport) {
        if let Some((n, first)) = self.unevaluated {
            report.note(format!("{n} 个公式没有存下结果(首个在 {first}),按空白处理"));
        }
        if let Some((n, first)) = self.outside {
            report.note(format!("{n} 个有值的格不在任何表头之下(首个在 {first})"));
        }
        for row in self.headers {
            report.note(format!("第 {} 行与表头相同,已略去", row + 1));
        }
    }
}

/// A sheet of a table of the contract on its way to chunks.
pub(super) struct Typed<'r, 's, 't> {
    row: Row,
    layout: &'r Layout,
    part: &'r Part,
    is_1904: bool,
    pub(super) stray: Stray,
    pub(super) chunk: Chunk<'s, 't>,
}

impl<'r, 's, 't> Typed<'r, 's, 't> {
    pub(super) fn new(part: &'r Part, layout: &'r Layout, is_1904: bool, chunk: Chunk<'s, 't>) -> Typed<'r, 's, 't> {
        Typed { row: Row::new(layout), layout, part, is_1904, stray: Stray::default(), chunk }
    }
}

impl Rows for Typed<'_, '_, '_> {
    fn add(&mut self, cell: &Placed<'_>) -> bool {
        self.row.add(cell, self.layout, self.part, self.is_1904, &mut self.stray)
    }

    fn bytes(&self) -> usize {
        self.row.bytes
    }

    fn end(&mut self, at: u32) -> Result<(), ReadError> {
        self.row.end(at, &mut self.chunk, &mut self.stray)
    }
}

/// A row being filled.
struct Row {
    /// One text per column of the contract; the positions the file has are handed on.
    texts: Vec<String>,
    positions: Vec<usize>,
    remarks: Vec<(usize, Remark)>,
    /// Which columns of the file had a value already.
    seen: Vec<bool>,
    bytes: usize,
    filled: usize,
    repeats: usize,
    headers: usize,
    scratch: String,
}

impl Row {
    fn new(layout: &Layout) -> Row {
        let positions: Vec<usize> = layout.positions.iter().flatten().copied().collect();
        let width = positions.iter().max().map_or(0, |most| most + 1);
        let headers = layout.headers.iter().filter(|header| !header.trim().is_empty()).count();
        Row {
            texts: vec![String::new(); width],
            positions,
            remarks: Vec::new(),
            seen: vec![false; layout.headers.len()],
            bytes: 0,
            filled: 0,
            repeats: 0,
            headers,
            scratch: String::new(),
        }
    }

    /// Adds a cell; `false` if there was another in its place.
    fn add(&mut self, cell: &Placed<'_>, layout: &Layout, part: &Part, is_1904: bool, stray: &mut Stray) -> bool {
        if cell.value.is_nothing() {
            if cell.formula && matches!(cell.value, Value::Nothing) {
                stray.unevaluated(cell.at);
                self.filled += 1;
            }
            return true;
        }
        let column = cell.at.1 as usize;
        let Some(header) = layout.headers.get(column).filter(|header| !header.trim().is_empty()) else {
            stray.outside(cell.at);
            return true;
        };
        if self.seen.get_mut(column).is_some_and(|seen| std::mem::replace(seen, true)) {
            return false;
        }
        self.filled += 1;
        let position = layout.positions.get(column).copied().flatten();
        let contract = position.and_then(|position| part.table.columns().get(position));
        self.scratch.clear();
        let remark = write(cell.value, contract, is_1904, &mut self.scratch);
        self.bytes += self.scratch.len();
        self.repeats += usize::from(*header == self.scratch);
        if let Some((position, text)) = position.and_then(|position| Some((position, self.texts.get_mut(position)?))) {
            text.clone_from(&self.scratch);
            self.remarks.extend(remark.map(|remark| (position, remark)));
        }
        true
    }

    fn end(&mut self, at: u32, chunk: &mut Chunk<'_, '_>, stray: &mut Stray) -> Result<(), ReadError> {
        let row = u64::from(at) + 1;
        let (filled, repeats) = (std::mem::take(&mut self.filled), std::mem::take(&mut self.repeats));
        if repeats == self.headers && 0 < filled {
            stray.headers.push(at);
        } else if 0 < filled {
            for &position in &self.positions {
                chunk.cell(position, self.texts.get(position).map_or(b"", |text| text.as_bytes()));
            }
            for (position, remark) in &self.remarks {
                chunk.remark(row, *position, remark.rule, &remark.value, remark.detail);
            }
            chunk.end_row(row)?;
        }
        self.remarks.clear();
        self.seen.fill(false);
        self.bytes = 0;
        self.texts.iter_mut().for_each(String::clear);
        Ok(())
    }
}
