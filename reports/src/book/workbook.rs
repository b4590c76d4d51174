//! The report as a workbook for officials: text cells for codes, numbers for numbers, exact money, one native chart.

mod contents;
pub mod sheet;

use chrono::NaiveDate;
use rust_xlsxwriter::{Chart, ChartType, DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::{
    figures::{Figures, Tree},
    format,
};
use sheet::Sheet;

/// A workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the workbook `{title}`")]
pub struct BookError {
    /// Its title.
    title: String,
    /// What the writer said.
    source: XlsxError,
}

/// What stands on every sheet of a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The title, also the document's.
    pub title: String,
    /// The published run.
    pub run_id: u64,
    /// The run's day; also the document's date of creation, so that equal figures make equal bytes.
    pub day: NaiveDate,
    /// A sentence for the reader; may be empty.
    pub note: String,
}

/// The report's workbook.
///
/// # Errors
/// When the workbook cannot be written.
pub fn report(figures: &Figures, tree: &Tree) -> Result<Vec<u8>, BookError> {
    let meta = Meta {
        title: format!("{}学籍报告", tree.title(figures)),
        run_id: figures.run.run_id,
        day: figures.run.day,
        note: "本簿不含学生姓名、证件号码和学籍号；pupil_id 为系统内代号。".to_owned(),
    };
    let (sheets, grades) = contents::sheets(figures, tree, &meta);
    write(&sheets, &meta, (grades.len > 0).then_some(&grades))
}

/// The rows of the first sheet from which its native chart is drawn.
pub(crate) struct ChartRows {
    /// The first row with a grade.
    pub(crate) first: u32,
    /// Rows with grades.
    pub(crate) len: u32,
}

/// Writes sheets as one workbook, the same bytes for the same sheets.
///
/// # Errors
/// When the workbook cannot be written.
pub(crate) fn write(sheets: &[Sheet], meta: &Meta, chart: Option<&ChartRows>) -> Result<Vec<u8>, BookError> {
    let wrong = |source| BookError { title: meta.title.clone(), source };
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(year(meta.day), month(meta.day), day(meta.day)).map_err(wrong)?;
    let properties = DocProperties::new()
        .set_title(format::printable(&meta.title).as_ref())
        .set_author("学籍数据仓库")
        .set_comment(format!("第 {} 次发布，数据日 {}", meta.run_id, meta.day))
        .set_creation_datetime(&created);
    book.set_properties(&properties);
    for (place, sheet) in sheets.iter().enumerate() {
        let worksheet = book.add_worksheet();
        sheet.write(worksheet, meta).map_err(wrong)?;
        if let (0, Some(rows)) = (place, chart) {
            worksheet.insert_chart(1, 4, &grades_chart(&sheet.name, rows)).map_err(wrong)?;
        }
    }
    book.save_to_buffer().map_err(wrong)
}

fn grades_chart(sheet: &str, rows: &ChartRows) -> Chart {
    let last = rows.first + rows.len - 1;
    let mut chart = Chart::new(ChartType::Column);
    for (column, name, colour) in [(1, "男", "005A9C"), (2, "女", "DE8F05")] {
        chart
            .add_series()
            .set_name(name)
            .set_categories((sheet, rows.first, 0, last, 0))
            .set_values((sheet, rows.first, column, last, column))
            .set_format(
                rust_xlsxwriter::ChartFormat::new()
                    .set_solid_fill(rust_xlsxwriter::ChartSolidFill::new().set_color(colour)),
            );
    }
    chart.title().set_name("在读学生的年级与性别");
    chart.y_axis().set_name("人");
    chart.set_width(760).set_height(380).set_alt_text("各年级男、女在读学生数");
    chart
}

fn year(day: NaiveDate) -> u16 {
    use chrono::Datelike;
    u16::try_from(day.year()).unwrap_or(1900).clamp(1900, 9999)
}

fn month(day: NaiveDate) -> u8 {
    use chrono::Datelike;
    day.month() as u8
}

fn day(day: NaiveDate) -> u8 {
    use chrono::Datelike;
    day.day() as u8
}
