//! The workbook itself.

use std::collections::HashSet;

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Note, Workbook, Worksheet, XlsxError,
};

use super::{EXPLANATION, FormColumn, Kind, TemplateError};

/// The last row of a sheet, counted from 0.
const LAST_ROW: u32 = 1_048_575;
/// The columns of a sheet.
const COLUMNS: usize = 16_384;
/// The sheet of long lists, which nobody needs to see.
const LISTS: &str = "选项";
/// UTF-16 units of a list that a rule can hold itself.
const SHORT_LIST: usize = 255;

/// The number format of text cells, `@`, by which no program makes a number of what is typed.
const TEXT: u8 = 49;

/// Yellow, which calls for an entry.
const REQUIRED: Color = Color::RGB(0x00ff_e699);
/// Grey, which doesn't.
const OPTIONAL: Color = Color::RGB(0x00e7_e6e6);

/// An empty workbook to fill in, its rows below the header filled in beforehand with `rows`, all as text. REQ: ENR-01, INF-01, GRD-01.
///
/// The same arguments give the same bytes.
pub fn template(sheet: &str, columns: &[FormColumn], rows: &[Vec<String>]) -> Result<Vec<u8>, TemplateError> {
    check(sheet, columns, rows)?;
    write(sheet, columns, rows).map_err(|error| match error {
        XlsxError::SheetnameCannotBeBlank(_)
        | XlsxError::SheetnameLengthExceeded(_)
        | XlsxError::SheetnameContainsInvalidCharacter(_)
        | XlsxError::SheetnameStartsOrEndsWithApostrophe(_)
        | XlsxError::SheetnameReused(_) => TemplateError::SheetName { sheet: sheet.into() },
        other => TemplateError::Unwritable { sheet: sheet.into(), what: other.to_string() },
    })
}

fn check(sheet: &str, columns: &[FormColumn], rows: &[Vec<String>]) -> Result<(), TemplateError> {
    if columns.is_empty() || COLUMNS < columns.len() {
        return Err(TemplateError::Columns { sheet: sheet.into(), columns: columns.len() });
    }
    if [EXPLANATION, LISTS].contains(&sheet) {
        return Err(TemplateError::SheetName { sheet: sheet.into() });
    }
    let mut seen = HashSet::new();
    for (column, FormColumn { header, .. }) in (1..).zip(columns) {
        if header.trim().is_empty() || !seen.insert(*header) {
            return Err(TemplateError::Header { sheet: sheet.into(), column, header: (*header).into() });
        }
    }
    for (row, cells) in (2..).zip(rows) {
        if columns.len() < cells.len() {
            return Err(TemplateError::Row { sheet: sheet.into(), row, column: columns.len() + 1 });
        }
        // Spreadsheet programs hold no more in one cell.
        if let Some(at) = cells.iter().position(|cell| 32_767 < cell.encode_utf16().count()) {
            return Err(TemplateError::Row { sheet: sheet.into(), row, column: at + 1 });
        }
    }
    match usize::try_from(LAST_ROW) {
        Ok(most) if most < rows.len() => Err(TemplateError::Row { sheet: sheet.into(), row: most + 2, column: 1 }),
        _ => Ok(()),
    }
}

fn write(sheet: &str, columns: &[FormColumn], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2013, 9, 1)?));
    let mut lists: Vec<&[&str]> = Vec::new();
    let page = workbook.add_worksheet().set_name(sheet)?;
    fill_in(page, columns, rows, &mut lists)?;
    page.set_active(true);
    explain(workbook.add_worksheet().set_name(EXPLANATION)?, columns)?;
    if !lists.is_empty() {
        let page = workbook.add_worksheet().set_name(LISTS)?;
        page.set_hidden(true);
        for (column, list) in (0_u16..).zip(&lists) {
            for (row, label) in (0_u32..).zip(*list) {
                page.write_string(row, column, *label)?;
            }
        }
        for (number, list) in (1_usize..).zip(&lists) {
            let letters = crate::annotate::Cell::letters(u32::try_from(number).unwrap_or(u32::MAX));
            let range = format!("='{LISTS}'!${letters}$1:${letters}${}", list.len());
            workbook.define_name(name_of(number), &range)?;
        }
    }
    workbook.save_to_buffer()
}

fn name_of(list: usize) -> String {
    format!("options_{list}")
}

/// The sheet that is filled in.
fn fill_in<'c>(
    page: &mut Worksheet,
    columns: &'c [FormColumn],
    rows: &[Vec<String>],
    lists: &mut Vec<&'c [&'static str]>,
) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format_index(TEXT);
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_num_format_index(TEXT);
    let (required, optional) = (head.clone().set_background_color(REQUIRED), head.set_background_color(OPTIONAL));
    page.set_freeze_panes(1, 0)?;
    page.set_row_height(0, 30)?;
    for (at, column) in (0_u16..).zip(columns) {
        page.write_string_with_format(0, at, column.header, if column.required { &required } else { &optional })?;
        page.set_column_width(at, width(column))?;
        if column.kind.is_text() {
            page.set_column_format(at, &text)?;
        }
        if column.required {
            let note = format!("必填 required\n{}", column.zh());
            page.insert_note(0, at, &Note::new(note).add_author_prefix(false).set_width(220).set_height(90))?;
        }
        page.add_data_validation(1, at, LAST_ROW, at, &rule(column, lists)?)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (at, (cell, column)) in (0_u16..).zip(cells.iter().zip(columns)) {
            if cell.is_empty() {
                continue;
            }
            // As text in a text cell it stays text when it is edited, even with a `=` before it.
            if column.kind.is_text() || cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                page.write_string_with_format(row, at, cell, &text)?;
            } else {
                page.write_string(row, at, cell)?;
            }
        }
    }
    Ok(())
}

fn width(column: &FormColumn) -> f64 {
    let header = 2.0 * u32::try_from(column.header.chars().count()).map_or(20.0, f64::from) + 2.0;
    let usual = match column.kind {
        Kind::StudentNo | Kind::IdNo => 22.0,
        Kind::Text | Kind::Choice(_) => 14.0,
        _ => 12.0,
    };
    f64::max(header, usual)
}

/// What may be entered, and the hint shown when the cell is chosen.
fn rule<'c>(column: &'c FormColumn, lists: &mut Vec<&'c [&'static str]>) -> Result<DataValidation, XlsxError> {
    let rule = DataValidation::new();
    let length = |rule: DataValidation, least, most| {
        rule.allow_text_length(DataValidationRule::Between(least, most))
            .set_error_style(DataValidationErrorStyle::Warning)
    };
    let rule = match &column.kind {
        Kind::Text | Kind::Digits | Kind::IdNo => rule.allow_any_value(),
        Kind::Day => length(rule, 8, 11),
        Kind::Month => length(rule, 6, 8),
        Kind::StudentNo => length(rule, 19, 19),
        Kind::SchoolId => length(rule, 10, 10),
        Kind::Division => length(rule, 6, 12),
        Kind::YesNo => rule.allow_list_strings(&["是", "否"])?,
        Kind::Choice(labels) => choice(rule, labels, lists)?,
        Kind::Grade => rule.allow_whole_number(DataValidationRule::Between(1, 12)),
        Kind::Count => rule.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)),
        Kind::Decimal | Kind::Money => rule.allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)),
    };
    rule.set_input_title(cut(column.header, 32))?
        .set_input_message(cut(&column.zh(), 255))?
        .set_error_title(cut(column.header, 32))?
        .set_error_message(cut(&format!("{} {}", column.zh(), column.en()), 255))
}

/// A list within the rule where it fits, and otherwise under a name.
fn choice<'c>(
    rule: DataValidation,
    labels: &'c [&'static str],
    lists: &mut Vec<&'c [&'static str]>,
) -> Result<DataValidation, XlsxError> {
    let units: usize = labels.iter().map(|label| label.encode_utf16().count() + 1).sum();
    if labels.is_empty() {
        return Ok(rule.allow_any_value());
    }
    if units <= SHORT_LIST && !labels.iter().any(|label| label.contains([',', '"'])) {
        return rule.allow_list_strings(labels);
    }
    let at = lists.iter().position(|list| *list == labels).unwrap_or_else(|| {
        lists.push(labels);
        lists.len() - 1
    });
    Ok(rule.allow_list_formula(format!("={}", name_of(at + 1)).as_str().into()))
}

/// The text, cut to so many UTF-16 units.
fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= most
        })
        .collect()
}

/// The sheet that explains the columns.
fn explain(page: &mut Worksheet, columns: &[FormColumn]) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_background_color(OPTIONAL).set_border(FormatBorder::Thin);
    let text = Format::new().set_num_format_index(TEXT).set_text_wrap().set_align(FormatAlign::Top);
    page.set_freeze_panes(1, 0)?;
    let heads = [
        ("列名 Column", 22.0),
        ("英文名 Field", 22.0),
        ("必填 Required", 12.0),
        ("填写说明", 60.0),
        ("Explanation", 60.0),
        ("可选值 Choices", 60.0),
    ];
    for (at, (head_text, width)) in (0_u16..).zip(heads) {
        page.write_string_with_format(0, at, head_text, &head)?;
        page.set_column_width(at, width)?;
    }
    for (row, column) in (1_u32..).zip(columns) {
        let choices = match &column.kind {
            Kind::Choice(labels) => labels.join("、"),
            Kind::YesNo => "是、否".into(),
            _ => String::new(),
        };
        let required = if column.required { "是 yes" } else { "否 no" };
        let cells = [column.header, column.field, required, &column.zh(), &column.en(), &choices];
        for (at, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            page.write_string_with_format(row, at, cell, &text)?;
        }
    }
    Ok(())
}
