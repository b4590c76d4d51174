//! One sheet of a workbook: columns with their kind, rows of cells, and everything that makes it good to read and to print.

use chrono::NaiveDate;
use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::Meta;
use crate::format;

/// The most rows of data that a sheet takes; Excel ends at 1,048,576.
pub const MOST_ROWS: usize = 1_000_000;
/// The most characters that a cell takes.
const MOST_CHARACTERS: usize = 32_767;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// Text, and never anything else: a formula stays text, an ID keeps its zeros.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Whole fen, shown as yuan with two decimals.
    Yuan(i64),
    /// A ratio, shown as a percentage.
    Ratio(f64),
    /// A decimal number.
    Number(f64),
    /// A calendar day.
    Day(NaiveDate),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        if text.is_empty() { Cell::Blank } else { Cell::Text(text.to_owned()) }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        if text.is_empty() { Cell::Blank } else { Cell::Text(text) }
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Cell {
        text.map_or(Cell::Blank, Cell::from)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Count(number)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Cell {
        Cell::Day(day)
    }
}

/// A sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Headings with the column's width in characters.
    pub columns: Vec<(String, f64)>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// Whether the headings take a filter.
    pub filtered: bool,
}

impl Sheet {
    /// A sheet with these headings.
    pub fn new(name: &str, columns: &[(&str, f64)]) -> Sheet {
        Sheet {
            name: tidy_name(name),
            columns: columns.iter().map(|(head, width)| ((*head).to_owned(), *width)).collect(),
            rows: Vec::new(),
            filtered: true,
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the writer refuses a cell.
    pub(crate) fn write(&self, worksheet: &mut Worksheet, meta: &Meta) -> Result<(), XlsxError> {
        let formats = Formats::new();
        worksheet.set_name(&self.name)?;
        for (column, (head, width)) in (0u16..).zip(&self.columns) {
            worksheet.set_column_width(column, *width)?;
            worksheet.write_string_with_format(0, column, head, &formats.head)?;
        }
        let kept = self.rows.len().min(MOST_ROWS);
        for (row, cells) in (1u32..).zip(self.rows.iter().take(MOST_ROWS)) {
            for (column, cell) in (0u16..).zip(cells) {
                formats.put(worksheet, row, column, cell)?;
            }
        }
        if kept < self.rows.len() {
            let row = kept as u32 + 1;
            let words = format!("另有 {} 行未列出：一张表最多 {} 行。", self.rows.len() - kept, MOST_ROWS);
            worksheet.write_string(row, 0, words)?;
        }
        worksheet.set_freeze_panes(1, 0)?;
        if self.filtered && kept > 0 && !self.columns.is_empty() {
            worksheet.autofilter(0, 0, kept as u32, self.columns.len() as u16 - 1)?;
        }
        let title = header_text(&meta.title);
        worksheet.set_header(format!("&L{title}&R第 {} 次发布 · 数据日 {}", meta.run_id, meta.day));
        worksheet.set_footer("&L&A&R第 &P 页，共 &N 页");
        worksheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        worksheet.set_repeat_rows(0, 0)?;
        Ok(())
    }
}

/// Text for a page header, in which `&` begins an instruction.
fn header_text(text: &str) -> String {
    let short: String = format::printable(text).chars().take(80).collect();
    short.replace('&', "&&")
}

/// A sheet name that Excel takes: at most 31 characters, none of `[]:*?/\`.
fn tidy_name(name: &str) -> String {
    let tidy: String =
        format::printable(name).chars().filter(|character| !"[]:*?/\\'".contains(*character)).take(31).collect();
    if tidy.trim().is_empty() { "表".to_owned() } else { tidy }
}

struct Formats {
    head: Format,
    text: Format,
    count: Format,
    yuan: Format,
    ratio: Format,
    number: Format,
    day: Format,
}

impl Formats {
    fn new() -> Formats {
        Formats {
            head: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(Color::RGB(0x00D6_E4F0))
                .set_border_bottom(FormatBorder::Thin),
            text: Format::new().set_num_format("@"),
            count: Format::new().set_num_format("#,##0"),
            yuan: Format::new().set_num_format("#,##0.00"),
            ratio: Format::new().set_num_format("0.00%"),
            number: Format::new().set_num_format("0.####"),
            day: Format::new().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
        }
    }

    fn put(&self, worksheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
        match cell {
            Cell::Blank => {}
            Cell::Text(text) => {
                let text: String = format::printable(text).chars().take(MOST_CHARACTERS).collect();
                worksheet.write_string_with_format(row, column, text, &self.text)?;
            }
            // A spreadsheet keeps 15 digits; a larger number is text rather than wrong.
            Cell::Count(number) if number.unsigned_abs() > 999_999_999_999_999 => {
                worksheet.write_string_with_format(row, column, number.to_string(), &self.text)?;
            }
            Cell::Count(number) => {
                worksheet.write_number_with_format(row, column, *number as f64, &self.count)?;
            }
            Cell::Yuan(fen) if fen.unsigned_abs() > 999_999_999_999_999 => {
                worksheet.write_string_with_format(row, column, format::yuan(*fen), &self.text)?;
            }
            Cell::Yuan(fen) => {
                worksheet.write_number_with_format(row, column, *fen as f64 / 100.0, &self.yuan)?;
            }
            Cell::Ratio(ratio) if ratio.is_finite() => {
                worksheet.write_number_with_format(row, column, *ratio, &self.ratio)?;
            }
            Cell::Number(number) if number.is_finite() => {
                worksheet.write_number_with_format(row, column, *number, &self.number)?;
            }
            Cell::Ratio(_) | Cell::Number(_) => {}
            Cell::Day(day) => match excel_day(*day) {
                Some(day) => {
                    worksheet.write_datetime_with_format(row, column, &day, &self.day)?;
                }
                None => {
                    worksheet.write_string_with_format(row, column, day.to_string(), &self.text)?;
                }
            },
        }
        Ok(())
    }
}

/// The day as a spreadsheet counts days; none before 1900.
fn excel_day(day: NaiveDate) -> Option<ExcelDateTime> {
    use chrono::Datelike;
    ExcelDateTime::from_ymd(u16::try_from(day.year()).ok()?, day.month() as u8, day.day() as u8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_headers_are_such_as_excel_takes() {
        assert_eq!(tidy_name("甲/乙:丙*[丁]?"), "甲乙丙丁");
        assert_eq!(tidy_name(""), "表");
        assert_eq!(tidy_name(&"长".repeat(40)).chars().count(), 31);
        assert_eq!(header_text("甲&乙"), "甲&&乙");
    }
}
