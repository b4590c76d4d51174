//! A sender's sheet: its header found under titles, its rows read as the columns ask, and what is wrong with each cell.

use std::path::Path;

use domain::{
    contract::Holds,
    rule::{RuleId, Severity, rule},
};
use pipeline::{
    check::canonical,
    read::{self, Fault, GridReport, GridRow, Limits, Mark, ReadError, TITLES},
};
use registry::{newcomers::RowFault, office::preview::shown};
use serde::Serialize;

use super::subject::{Column, Subject};

/// Something to tell the sender about a cell.
#[derive(Debug, Clone, Serialize)]
pub struct Issue {
    /// The row of the sheet, from 1.
    pub row: u32,
    /// The column of the sheet, from 1.
    pub column: u32,
    /// Its header.
    pub header: String,
    /// The value, numbers masked.
    pub value: String,
    /// Whether the row is refused for it; else it is only worth a look.
    pub refused: bool,
    /// A word for programs.
    pub code: String,
    /// The article or rule it rests on.
    pub article: String,
    /// The reason in Chinese.
    pub zh: String,
    /// The reason in English.
    pub en: String,
}

impl Issue {
    /// What is written into the cell's comment.
    pub fn remark(&self) -> String {
        let word = if self.refused { "退回" } else { "请核对" };
        format!("{word}：{}（{}）\n{}", self.zh, self.article, self.en)
    }
}

/// A row of the sheet, read.
#[derive(Debug, Default)]
pub struct Line {
    /// Its number as a spreadsheet shows it.
    pub row: u32,
    /// The values by the subject's columns.
    pub values: Vec<Option<String>>,
    /// How many cells it has.
    cells: usize,
}

impl Line {
    /// The value of the office's field.
    pub fn value(&self, subject: &Subject, field: &str) -> Option<&str> {
        self.values.get(subject.position(field)?)?.as_deref()
    }
}

/// A sheet as a whole.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Kind of file, sheet, notes.
    pub report: GridReport,
    /// The row of the header, from 1.
    pub header_row: u32,
    /// The headers as they stand.
    pub headers: Vec<String>,
    /// For each column of the file its position in the subject.
    positions: Vec<Option<usize>>,
    /// Rows that can be taken as far as their cells go.
    pub lines: Vec<Line>,
    /// What is wrong with cells.
    pub issues: Vec<Issue>,
    /// Data rows, refused ones included.
    pub rows: u64,
}

impl Sheet {
    /// Reads a file. Where a workbook has several sheets, the one of the subject's name is meant.
    pub fn read(path: &Path, named: Option<&str>, subject: &Subject, limits: &Limits) -> Result<Sheet, ReadError> {
        match Sheet::read_one(path, named, subject, limits) {
            Err(ReadError { fault: Fault::AmbiguousSheets(sheets), .. })
                if named.is_none() && sheets.iter().any(|sheet| sheet == subject.chinese) =>
            {
                Sheet::read_one(path, Some(subject.chinese), subject, limits)
            }
            read => read,
        }
    }

    fn read_one(path: &Path, named: Option<&str>, subject: &Subject, limits: &Limits) -> Result<Sheet, ReadError> {
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut sheet = Sheet::default();
        let mut first: Vec<GridRow> = Vec::new();
        let report = read::grid(path, named, limits, &mut |rows| {
            for row in rows {
                if !sheet.headers.is_empty() {
                    sheet.take(subject, &row);
                    continue;
                }
                first.push(row);
                if first.len() == TITLES {
                    sheet.begin(&file, named, subject, std::mem::take(&mut first))?;
                }
            }
            Ok(())
        })?;
        if sheet.headers.is_empty() {
            sheet.begin(&file, named, subject, first)?;
        }
        if report.sheet.is_none() {
            sheet.refuse_short_rows(subject);
        }
        sheet.report = report;
        Ok(sheet)
    }

    /// Finds the header among the first rows and takes those below it.
    fn begin(
        &mut self,
        file: &str,
        named: Option<&str>,
        subject: &Subject,
        rows: Vec<GridRow>,
    ) -> Result<(), ReadError> {
        let header = read::header_among(file, named, &rows, |text| subject.column_named(text).is_some())?;
        let mut rows = rows.into_iter().skip(header);
        let Some(row) = rows.next() else { return Err(ReadError::of_file(file, Fault::NoHeader)) };
        let at_header = |fault: Fault| ReadError {
            sheet: named.map(str::to_owned),
            row: Some(row.row.into()),
            ..ReadError::of_file(file, fault)
        };
        self.positions = row.cells.iter().map(|cell| subject.column_named(cell)).collect();
        for (at, column) in subject.columns.iter().enumerate() {
            let named: Vec<String> = self
                .positions
                .iter()
                .zip(&row.cells)
                .filter(|(position, _)| **position == Some(at))
                .map(|(_, cell)| cell.trim().to_owned())
                .collect();
            match named.len() {
                0 if column.form.required => {
                    let missing = subject.columns.iter().enumerate();
                    let missing = missing.filter(|(at, c)| c.form.required && !self.positions.contains(&Some(*at)));
                    let names = missing.map(|(_, column)| column.form.header.to_owned()).collect();
                    return Err(at_header(Fault::MissingColumns(names)));
                }
                0 | 1 => {}
                _ => return Err(at_header(Fault::DoubledColumn(named))),
            }
        }
        self.header_row = row.row;
        self.headers = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        for row in rows {
            self.take(subject, &row);
        }
        Ok(())
    }

    /// A row of text with fewer cells than the header may have lost one in the middle. Workbooks leave out empty cells at the end.
    fn refuse_short_rows(&mut self, subject: &Subject) {
        let width = self.headers.len();
        let (whole, short): (Vec<Line>, Vec<Line>) =
            std::mem::take(&mut self.lines).into_iter().partition(|line| width <= line.cells);
        self.lines = whole;
        for line in short {
            let detail = format!("表头 {width} 列，此行 {} 列", line.cells);
            self.issues.push(self.of_rule(RuleId::ColumnCount, line.row, 0, "", &detail, subject));
        }
    }

    fn take(&mut self, subject: &Subject, row: &GridRow) {
        let known = |(at, position): (usize, &Option<usize>)| position.map(|_| row.text(at).trim());
        let filled = self.positions.iter().enumerate().filter_map(known).any(|text| !text.is_empty());
        let is_header = || self.headers.iter().enumerate().all(|(at, header)| row.text(at).trim() == header);
        if filled && is_header() {
            return;
        }
        self.rows += 1;
        let before = self.issues.len();
        if !filled {
            return self.issues.push(self.of_rule(RuleId::Missing, row.row, 0, "", "整行没有可识别的内容", subject));
        }
        // A row of text that a stray separator has cut otherwise says something else than it seems to.
        let is_text = row.cells.len() != self.headers.len() && self.headers.len() < row.cells.len();
        if is_text && row.cells.iter().skip(self.headers.len()).any(|cell| !cell.trim().is_empty()) {
            let detail = format!("表头 {} 列，此行 {} 列", self.headers.len(), row.cells.len());
            return self.issues.push(self.of_rule(RuleId::ColumnCount, row.row, 0, "", &detail, subject));
        }
        let mut values = vec![None; subject.columns.len()];
        let mut found = Vec::new();
        for (at, position) in self.positions.iter().enumerate() {
            let Some((position, column)) =
                position.and_then(|position| Some((position, subject.columns.get(position)?)))
            else {
                continue;
            };
            match value(column, row.text(at), row.mark(at)) {
                Ok(read) => {
                    if read.is_none() && column.form.required {
                        found.push((RuleId::Missing, at, ""));
                    }
                    if let Some(slot) = values.get_mut(position) {
                        *slot = read;
                    }
                }
                Err((broken, detail)) => found.push((broken, at, detail)),
            }
        }
        for (broken, at, detail) in found {
            let issue = self.of_rule(broken, row.row, at, row.text(at), detail, subject);
            self.issues.push(issue);
        }
        if self.issues.len() == before {
            self.lines.push(Line { row: row.row, values, cells: row.cells.len() });
        }
    }

    /// What a rule of the checks says of a cell; every value that cannot be taken refuses its row, since the sender can correct it.
    fn of_rule(&self, id: RuleId, row: u32, at: usize, text: &str, detail: &str, subject: &Subject) -> Issue {
        let header = self.headers.get(at).cloned().unwrap_or_default();
        let field =
            self.positions.get(at).copied().flatten().and_then(|at| subject.columns.get(at)).map(|c| c.form.field);
        let value = shown(field.unwrap_or_default(), text.trim());
        let rule = rule(id);
        Issue {
            row,
            column: u32::try_from(at + 1).unwrap_or(u32::MAX),
            refused: true,
            code: id.as_str().to_owned(),
            article: rule.source.clone(),
            zh: rule.message_zh(&header, &value, detail),
            en: rule.message_en(&header, &value, detail),
            header,
            value,
        }
    }

    /// What a rule says of a field of a row that was read.
    pub fn note(&mut self, id: RuleId, line: &Line, field: &str, subject: &Subject) {
        let at = self.column_of(field, subject);
        let mut issue = self.of_rule(id, line.row, at, line.value(subject, field).unwrap_or_default(), "", subject);
        issue.refused = rule(id).severity == Severity::Reject;
        self.issues.push(issue);
    }

    /// What the office says of a field of a row.
    pub fn tell(&mut self, fault: &RowFault, value: &str, subject: &Subject) {
        let at = self.column_of(&fault.field, subject);
        let refusal = &fault.refusal;
        let end = |text: &str, mark: &str| if text.is_empty() { String::new() } else { format!("{mark}{text}") };
        self.issues.push(Issue {
            row: fault.row,
            column: u32::try_from(at + 1).unwrap_or(u32::MAX),
            header: self.headers.get(at).cloned().unwrap_or_default(),
            value: shown(&fault.field, value),
            refused: fault.refused,
            code: refusal.code.clone(),
            article: refusal.article.clone(),
            zh: format!("{}{}", refusal.zh, end(&refusal.remedy_zh, "；")),
            en: format!("{}{}", refusal.en, end(&refusal.remedy_en, "; ")),
        });
    }

    /// The column of the file that a field stands in; of a field that the file lacks, the one that names the pupil.
    fn column_of(&self, field: &str, subject: &Subject) -> usize {
        let of = |field: &str| {
            let position = subject.position(field)?;
            self.positions.iter().position(|at| *at == Some(position))
        };
        [field, "student_no", "id_no", "name"].into_iter().find_map(of).unwrap_or_default()
    }

    /// Headers that the subject does not know.
    pub fn unknown_columns(&self) -> Vec<&str> {
        let unknown = self.positions.iter().zip(&self.headers).filter(|(position, _)| position.is_none());
        unknown.map(|(_, header)| header.as_str()).filter(|header| !header.is_empty()).collect()
    }

    /// Columns that the file has and the office does not keep.
    pub fn columns_not_kept<'s>(&self, subject: &'s Subject) -> Vec<&'s str> {
        let columns = self.positions.iter().flatten().filter_map(|at| subject.columns.get(*at));
        columns.filter(|column| column.field.is_none()).map(|column| column.form.header).collect()
    }
}

/// The value of a cell, or the rule that it breaks.
fn value(column: &Column, text: &str, mark: Option<Mark>) -> Result<Option<String>, (RuleId, &'static str)> {
    if mark == Some(Mark::Spoiled) {
        return Err((RuleId::Unreadable, "单元格是公式错误或乱码"));
    }
    if mark == Some(Mark::Number) && matches!(column.holds, Holds::StudentNo | Holds::IdNo) {
        return Err((RuleId::MangledNumber, "号码被存成了数值"));
    }
    let read = canonical(column.holds, text).map_err(|rule| (rule, ""))?;
    match (column.own_choices(), read) {
        (Some(labels), Some(text)) if !labels.contains(&text.as_str()) => Err((RuleId::UnknownCode, "")),
        (_, read) => Ok(read),
    }
}
