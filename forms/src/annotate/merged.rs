//! Merged cells (合并单元格) show what stands in their first cell only, and so do remarks.

use std::{collections::BTreeMap, io::BufRead};

use quick_xml::events::Event;

use super::{
    address::Cell,
    fault::Fault,
    markup::{Markup, attribute},
};

/// Looks at remarked cells, at most; merged cells that lie on top of each other could ask for endless ones.
const LOOKS: usize = 20_000_000;

/// Moves the texts of cells that a merged cell covers to its first cell.
pub(super) fn move_to_anchors<R: BufRead>(
    markup: &mut Markup<R>,
    texts: &mut BTreeMap<Cell, String>,
) -> Result<(), Fault> {
    let mut looks = 0;
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => return Ok(()),
            Event::Start(start) | Event::Empty(start) if depth == 3 && start.local_name().as_ref() == "mergeCell" => {
                let range = attribute(&start, "ref").unwrap_or_default();
                let Some((first, last)) = range.split_once(':') else { continue };
                let (Some(first), Some(last)) = (Cell::read(first), Cell::read(last)) else { continue };
                if last < first || LOOKS < looks {
                    continue;
                }
                let mut covered = Vec::new();
                for cell in texts.range(first..=last).map(|(cell, _)| *cell) {
                    looks += 1;
                    if (first.column..=last.column).contains(&cell.column) && cell != first {
                        covered.push(cell);
                    }
                }
                for cell in covered {
                    let Some(text) = texts.remove(&cell) else { continue };
                    let anchor = texts.entry(first).or_default();
                    if !anchor.is_empty() {
                        anchor.push('\n');
                    }
                    anchor.push_str(&text);
                }
            }
            _ => {}
        }
    }
}
