//! The sheet that lists all remarks (导入结果).

use std::io::{self, Write};

use quick_xml::escape::escape;

use super::{Remark, address::Cell, markup::tidy, parts::Dialect};

/// Links of one sheet that spreadsheet programs open.
const LINKS: usize = 60_000;

/// Writes the sheet: one row per remark in the order of the sender's sheet, with a link to the cell.
pub(super) fn write(
    out: &mut dyn Write,
    sheet: &str,
    headers: &[String],
    remarks: &[Remark],
    dialect: Dialect,
) -> io::Result<()> {
    let mut order: Vec<&Remark> = remarks.iter().collect();
    order.sort_by_key(|remark| (remark.row, remark.column));
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"{}\"><sheetViews>\
         <sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
         </sheetView></sheetViews><cols><col min=\"1\" max=\"1\" width=\"16\" customWidth=\"1\"/>\
         <col min=\"2\" max=\"3\" width=\"10\" customWidth=\"1\"/><col min=\"4\" max=\"4\" width=\"22\" customWidth=\"1\"/>\
         <col min=\"5\" max=\"5\" width=\"90\" customWidth=\"1\"/></cols><sheetData>",
        dialect.main()
    )?;
    row(out, 1, &["工作表", "行", "单元格", "列名", "问题"].map(Some), None)?;
    for (number, remark) in (2_u32..).zip(&order) {
        let cell = Cell { row: remark.row, column: remark.column };
        let header = header(headers, remark.column);
        let name = cell.to_string();
        let text = tidy(&remark.text);
        row(out, number, &[Some(sheet), None, Some(&name), Some(&header), Some(&text)], Some(remark.row))?;
    }
    out.write_all(b"</sheetData>")?;
    if !order.is_empty() {
        out.write_all(b"<hyperlinks>")?;
        let quoted = sheet.replace('\'', "''");
        for (number, remark) in (2_u32..).zip(order.iter().take(LINKS)) {
            let cell = Cell { row: remark.row, column: remark.column };
            write!(out, r#"<hyperlink ref="C{number}" location="{}"/>"#, escape(format!("'{quoted}'!{cell}")))?;
        }
        out.write_all(b"</hyperlinks>")?;
    }
    out.write_all(b"</worksheet>")
}

/// The header of a column, or its letters.
pub(super) fn header(headers: &[String], column: u32) -> String {
    let at = usize::try_from(column).ok().and_then(|column| column.checked_sub(1));
    let header = at.and_then(|at| headers.get(at)).map(|header| header.trim()).filter(|header| !header.is_empty());
    header.map_or_else(|| Cell::letters(column), tidy)
}

/// Every text is a string cell, so that nothing in it can be a formula.
fn row(out: &mut dyn Write, number: u32, texts: &[Option<&str>; 5], count: Option<u32>) -> io::Result<()> {
    write!(out, "<row r=\"{number}\">")?;
    for (column, text) in (1_u32..).zip(texts) {
        let cell = Cell { row: number, column };
        match (text, count) {
            (Some(text), _) => write!(
                out,
                r#"<c r="{cell}" t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>"#,
                escape(*text)
            )?,
            (None, Some(count)) => write!(out, r#"<c r="{cell}"><v>{count}</v></c>"#)?,
            (None, None) => {}
        }
    }
    out.write_all(b"</row>")
}
