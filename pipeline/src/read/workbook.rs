//! Workbooks, cell by cell. Runs in a reading process only: a hostile workbook may end it.

mod typed;

use std::{
    fs::File,
    io::{BufReader, Cursor, Read},
};

use calamine::{Dimensions, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError, open_workbook_from_rs};

pub(super) use self::typed::Stray;
use self::typed::Typed;
use super::{
    PartReport,
    cell::{Value, write},
    chunk::{Chunk, Sink},
    compound,
    fault::{Fault, ReadError, Trouble},
    grid::{Cells, Gathered, GridReport},
    layout::{Layout, TITLES, filled_like_data, recognised},
    limits::Limits,
    package::{Package, inspect},
    source::Source,
};
use crate::inbox::Part;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SheetInfo {
    /// Its name.
    pub name: String,
    /// Whether a person who opens the workbook doesn't see it.
    pub hidden: bool,
    /// Whether it has a cell with a value.
    pub filled: bool,
}

/// A workbook of either kind, opened.
pub(crate) enum Workbook<'s> {
    Xlsx { book: Box<Xlsx<BufReader<&'s File>>>, package: Package },
    Xls { book: Box<Xls<Cursor<Vec<u8>>>> },
}

/// One cell on its way to a row: row and column counted from 0.
pub(super) struct Placed<'v> {
    pub(super) at: (u32, u32),
    pub(super) value: Value<'v>,
    pub(super) formula: bool,
}

/// Whoever takes the cells of a sheet, row by row.
pub(super) trait Rows {
    /// Adds a cell to the row being filled; `false` if there was another in its place.
    fn add(&mut self, cell: &Placed<'_>) -> bool;

    /// The bytes of the row being filled.
    fn bytes(&self) -> usize;

    /// Ends the row being filled, whose number counts from 0.
    fn end(&mut self, at: u32) -> Result<(), ReadError>;
}

/// What a walk over cells wants next.
#[derive(Debug, PartialEq, Eq)]
enum Walk {
    On,
    Enough,
}

impl<'s> Workbook<'s> {
    pub(crate) fn open_xlsx(source: &'s Source, limits: &Limits) -> Result<Workbook<'s>, Fault> {
        let package = inspect(source, limits)?;
        let book = open_workbook_from_rs(BufReader::new(source.rewound()?)).map_err(|error| xlsx_fault(&error))?;
        Ok(Workbook::Xlsx { book: Box::new(book), package })
    }

    pub(crate) fn open_xls(source: &'s Source, limits: &Limits) -> Result<Workbook<'s>, Fault> {
        if limits.xls_bytes < source.bytes() {
            return Err(Fault::Bomb(format!(
                "XLS 文件超过 {0} MiB / an XLS file of more than {0} MiB",
                limits.xls_bytes >> 20
            )));
        }
        let mut bytes = Vec::new();
        source.rewound()?.take(limits.xls_bytes).read_to_end(&mut bytes)?;
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        if memchr::memmem::find(&bytes, &name).is_some() {
            return Err(Fault::Encrypted);
        }
        compound::check(&bytes)?;
        let book = open_workbook_from_rs(Cursor::new(bytes)).map_err(|error| xls_fault(&error))?;
        Ok(Workbook::Xls { book: Box::new(book) })
    }

    fn is_1904(&self) -> bool {
        match self {
            Workbook::Xlsx { book, .. } => book.has_1904_epoch(),
            Workbook::Xls { book } => book.has_1904_epoch(),
        }
    }

    /// The worksheets, in the workbook's order.
    pub(crate) fn sheets(&mut self) -> Result<Vec<SheetInfo>, Fault> {
        let listed = match self {
            Workbook::Xlsx { book, .. } => book.sheets_metadata().to_vec(),
            Workbook::Xls { book } => book.sheets_metadata().to_vec(),
        };
        let mut sheets = Vec::new();
        for sheet in listed.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
            let mut filled = false;
            self.walk(&sheet.name, &mut |cell| {
                filled = !cell.value.is_nothing();
                Ok(if filled { Walk::Enough } else { Walk::On })
            })
            .map_err(|trouble| trouble.fault)?;
            sheets.push(SheetInfo { hidden: sheet.visible != SheetVisible::Visible, name: sheet.name, filled });
        }
        Ok(sheets)
    }

    /// Goes through the cells of a sheet in the order of the file.
    fn walk(&mut self, sheet: &str, each: &mut dyn FnMut(Placed<'_>) -> Result<Walk, Trouble>) -> Result<(), Trouble> {
        match self {
            Workbook::Xlsx { book, .. } => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| xlsx_fault(&error))?;
                while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| xlsx_fault(&error))? {
                    let placed = Placed { at: cell.pos, value: (&cell.value).into(), formula: cell.formula.is_some() };
                    if each(placed)? == Walk::Enough {
                        break;
                    }
                }
            }
            Workbook::Xls { book } => {
                let range = book.worksheet_range(sheet).map_err(|error| xls_fault(&error))?;
                let (top, left) = range.start().unwrap_or_default();
                for (row, cells) in (top..).zip(range.rows()) {
                    for (column, cell) in (left..).zip(cells) {
                        let placed = Placed { at: (row, column), value: cell.into(), formula: false };
                        if each(placed)? == Walk::Enough {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn merged(&mut self, sheet: &str) -> Vec<Dimensions> {
        match self {
            Workbook::Xlsx { package: Package { merged: false, .. }, .. } => Vec::new(),
            Workbook::Xlsx { book, .. } => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
            Workbook::Xls { book } => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
        }
    }

    /// Reads one sheet; without a name, the only one that can be meant.
    pub(crate) fn read(mut self, part: &Part, limits: &Limits, sink: &mut Sink<'_>) -> Result<PartReport, ReadError> {
        let mut report = PartReport::default();
        let sheet = match &part.sheet {
            Some(sheet) => sheet.clone(),
            None => {
                let sheets = self.sheets().map_err(|fault| part.error(fault.into()))?;
                let of_table = |name: &str| domain::contract_names::table_named(name) == Some(part.table);
                choose(&sheets, of_table).map_err(|fault| part.error(fault.into()))?
            }
        };
        let fail = |trouble: Trouble| ReadError { sheet: Some(sheet.clone()), ..part.error(trouble) };
        let Header { row: header_row, cells: headers, above } = self.header(part, &sheet).map_err(fail)?;
        let layout =
            Layout::read(part.table, headers).map_err(|trouble| fail(trouble.in_row(u64::from(header_row) + 1)))?;
        layout.nothing_above(&above).map_err(fail)?;
        report.extra_columns = layout.extra_columns();
        report.missing_optional = layout.missing_optional(part.table);
        if 0 < header_row {
            report.note(format!("表头前跳过 {header_row} 行"));
        }
        self.tell_layout(&sheet, header_row, &mut report);

        let is_1904 = self.is_1904();
        let chunk = Chunk::new(part.table, &part.file, Some(&sheet), &layout, limits.chunk_rows, sink);
        let mut typed = Typed::new(part, &layout, is_1904, chunk);
        self.rows(&sheet, header_row + 1, limits, &mut typed, &fail)?;
        typed.chunk.flush()?;
        report.rows = typed.chunk.total();
        typed.stray.tell(&mut report);
        Ok(report)
    }

    /// Reads one sheet as it stands; without a name, the only visible one with values.
    pub(crate) fn grid(
        mut self,
        file: &str,
        sheet: Option<&str>,
        limits: &Limits,
        gathered: &mut Gathered<'_, '_>,
    ) -> Result<GridReport, ReadError> {
        let whole = |fault: Fault| ReadError::of_file(file, fault);
        let sheet = match sheet {
            Some(sheet) => sheet.to_owned(),
            None => choose(&self.sheets().map_err(whole)?, |_| false).map_err(whole)?,
        };
        let fail = |trouble: Trouble| ReadError { sheet: Some(sheet.clone()), ..ReadError::in_file(file, trouble) };
        let mut part = PartReport::default();
        self.tell_layout(&sheet, 0, &mut part);
        let mut cells = Cells::new(gathered, self.is_1904());
        self.rows(&sheet, 0, limits, &mut cells, &fail)?;
        cells.stray.tell(&mut part);
        Ok(GridReport { sheet: Some(sheet), part })
    }

    /// Notes of merged cells below a row, and of hidden rows and columns.
    fn tell_layout(&mut self, sheet: &str, header_row: u32, report: &mut PartReport) {
        let merges = self.merged(sheet);
        if let Some(merge) = merges.iter().find(|merge| header_row < merge.end.0) {
            let cell = address(merge.start);
            report.note(format!("数据区有合并单元格(如 {cell}),只有左上角的格有值"));
        }
        if matches!(&self, Workbook::Xlsx { package, .. } if package.hidden) {
            report.note("工作簿有隐藏的行或列,照样读取".into());
        }
    }

    /// Hands the cells of a sheet on from a row on, within the bounds, and each row's end.
    fn rows(
        &mut self,
        sheet: &str,
        first: u32,
        limits: &Limits,
        taker: &mut dyn Rows,
        fail: &dyn Fn(Trouble) -> ReadError,
    ) -> Result<(), ReadError> {
        let mut taken: Result<(), ReadError> = Ok(());
        let (mut at, mut cells) = (0, 0_u64);
        let walked = self.walk(sheet, &mut |cell| {
            if cell.at.0 < first {
                return Ok(Walk::On);
            }
            let here = |fault: Fault| Err(Trouble::at(u64::from(cell.at.0) + 1, fault));
            cells += u64::from(!cell.value.is_nothing());
            if limits.cells < cells {
                return here(Fault::Bomb(format!("单元格超过 {0} 个 / more than {0} cells", limits.cells)));
            }
            if at != cell.at.0 {
                if cell.at.0 < at {
                    return here(Fault::Workbook("行序颠倒 / rows out of order".into()));
                }
                taken = taker.end(at);
                if taken.is_err() {
                    return Ok(Walk::Enough);
                }
                at = cell.at.0;
            }
            if !taker.add(&cell) {
                return here(Fault::Workbook("同一单元格出现两次 / a cell twice".into()));
            }
            if limits.record_bytes < taker.bytes() {
                return here(Fault::LongRecord);
            }
            Ok(Walk::On)
        });
        taken?;
        walked.map_err(fail)?;
        taker.end(at)
    }

    fn header(&mut self, part: &Part, sheet: &str) -> Result<Header, Trouble> {
        let is_1904 = self.is_1904();
        let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
        self.walk(sheet, &mut |cell| {
            if cell.value.is_nothing() {
                return Ok(Walk::On);
            }
            if rows.last().is_none_or(|(row, _)| *row != cell.at.0) {
                if rows.len() == TITLES {
                    return Ok(Walk::Enough);
                }
                rows.push((cell.at.0, Vec::new()));
            }
            if let Some((_, cells)) = rows.last_mut() {
                let column = cell.at.1 as usize;
                if cells.len() <= column {
                    cells.resize(column + 1, String::new());
                }
                if let Some(text) = cells.get_mut(column) {
                    text.clear();
                    write(cell.value, None, is_1904, text);
                }
            }
            Ok(Walk::On)
        })?;
        if rows.is_empty() {
            return Err(Fault::Empty.into());
        }
        let (mut best, mut most, mut above) = (None, 0, Vec::new());
        for (row, cells) in rows {
            let texts = || cells.iter().map(String::as_str);
            let found = recognised(part.table, texts());
            let filled = filled_like_data(texts());
            if most < found {
                most = found;
                best = Some(Header { row, cells, above: above.clone() });
            }
            above.push((u64::from(row) + 1, filled));
        }
        best.ok_or_else(|| Fault::NoHeader.into())
    }
}

/// A sheet's header.
struct Header {
    /// Its row, counted from 0.
    row: u32,
    cells: Vec<String>,
    /// The rows above it, counted from 1, and how many of their cells are filled like data.
    above: Vec<(u64, usize)>,
}

/// The sheet that is meant where none is named: the one whose name is the wanted one, or else the only visible one with values.
fn choose(sheets: &[SheetInfo], is_wanted: impl Fn(&str) -> bool) -> Result<String, Fault> {
    let seen: Vec<&SheetInfo> = sheets.iter().filter(|sheet| !sheet.hidden && sheet.filled).collect();
    let named = |sheet: &&&SheetInfo| is_wanted(&sheet.name);
    match seen.as_slice() {
        [] => Err(Fault::Empty),
        [only] => Ok(only.name.clone()),
        several => match several.iter().filter(named).collect::<Vec<_>>().as_slice() {
            [one] => Ok(one.name.clone()),
            _ => Err(Fault::AmbiguousSheets(several.iter().map(|sheet| sheet.name.clone()).collect())),
        },
    }
}

/// A cell's name, as `B7`.
fn address((row, column): (u32, u32)) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while 0 < rest {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &(u64::from(row) + 1).to_string()
}

fn xlsx_fault(error: &XlsxError) -> Fault {
    match error {
        XlsxError::Password => Fault::Encrypted,
        XlsxError::Io(error) => Fault::from(std::io::Error::from(error.kind())),
        XlsxError::Zip(_) => Fault::Torn("压缩包损坏 / damaged package".into()),
        XlsxError::XmlEof(_) => Fault::Torn("提前结束 / breaks off".into()),
        XlsxError::WorksheetNotFound(_) => Fault::NoSheet,
        XlsxError::CellError(_) => Fault::Workbook("未知的错误值 / unknown error value".into()),
        other => Fault::Workbook(other.to_string().chars().take(80).collect()),
    }
}

fn xls_fault(error: &XlsError) -> Fault {
    match error {
        XlsError::Password => Fault::Encrypted,
        XlsError::WorksheetNotFound(_) => Fault::NoSheet,
        other => Fault::Workbook(other.to_string().chars().take(80).collect()),
    }
}
