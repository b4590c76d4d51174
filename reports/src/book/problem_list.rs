//! Workbooks for one question: the fee statement of a year, and lists for inspectors.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Float64Type, Int64Type},
    temporal_conversions::date32_to_datetime,
    util::display::array_value_to_string,
};

use super::workbook::{
    BookError, Meta,
    sheet::{Cell, Sheet},
    write,
};
use crate::{figures::Fee, format, label};

/// A line of the fee statement with its unit's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeeRow {
    /// The amount and how it comes about.
    pub fee: Fee,
    /// The name of the authority or school.
    pub unit_name: String,
}

/// The fee statement as a workbook (皖教基〔2013〕20号 的通知 第三条).
///
/// Yuan stand beside whole fen, so that a reader can add up without rounding.
///
/// # Errors
/// When the workbook cannot be written.
pub fn fees_workbook(rows: &[FeeRow], meta: &Meta) -> Result<Vec<u8>, BookError> {
    let mut sheets = Vec::new();
    for (level, name) in
        [("province", "全省"), ("prefecture", "市（州）"), ("county", "县（市、区）"), ("school", "学校")]
    {
        let of_level: Vec<FeeRow> = rows.iter().filter(|row| row.fee.level == level).cloned().collect();
        if !of_level.is_empty() {
            let mut sheet = fees_sheet(&of_level);
            sheet.name = name.to_owned();
            total(&mut sheet, &of_level);
            sheets.push(sheet);
        }
    }
    if sheets.is_empty() {
        sheets.push(fees_sheet(&[]));
    }
    let mut about = Sheet::new("说明", &[("项目", 20.0), ("内容", 80.0)]);
    about.filtered = false;
    about.rows.push(vec![Cell::from("名称"), Cell::from(meta.title.as_str())]);
    about.rows.push(vec![
        Cell::from("依据"),
        Cell::from("学籍管理维护费按统计日在读学生数 × 每生标准计算，由市、县从学校公用经费缴纳，不得向学生收取。"),
    ]);
    about
        .rows
        .push(vec![Cell::from("核对"), Cell::from("各级合计相等；“金额（分）”为整数，“金额（元）”为其百分之一。")]);
    about.rows.push(vec![Cell::from("附注"), Cell::from(meta.note.as_str())]);
    sheets.push(about);
    write(&sheets, meta, None)
}

/// The fee sheet of a book.
pub(crate) fn fees_sheet(rows: &[FeeRow]) -> Sheet {
    let columns = [
        ("年度", 8.0),
        ("级别", 14.0),
        ("代码", 14.0),
        ("单位", 30.0),
        ("统计日", 12.0),
        ("在读学生", 12.0),
        ("每生标准（元）", 14.0),
        ("金额（元）", 16.0),
        ("金额（分）", 16.0),
        ("缴纳期限", 12.0),
    ];
    let mut sheet = Sheet::new("维护费", &columns);
    sheet.rows.extend(rows.iter().map(|FeeRow { fee, unit_name }| {
        vec![
            Cell::Text(fee.fee_year.to_string()),
            Cell::from(label::level(&fee.level)),
            Cell::from(fee.unit_id.as_str()),
            Cell::from(unit_name.as_str()),
            Cell::Day(fee.snapshot_on),
            Cell::Count(fee.pupils),
            Cell::Yuan(fee.rate_fen),
            Cell::Yuan(fee.amount_fen),
            Cell::Count(fee.amount_fen),
            Cell::Day(fee.due_on),
        ]
    }));
    sheet
}

/// A last line with the sums, where they fit the numbers of a spreadsheet.
fn total(sheet: &mut Sheet, rows: &[FeeRow]) {
    let sum = |of: fn(&Fee) -> i64| rows.iter().try_fold(0i64, |sum, row| sum.checked_add(of(&row.fee)));
    if let (Some(pupils), Some(amount)) = (sum(|fee| fee.pupils), sum(|fee| fee.amount_fen)) {
        let mut line = vec![Cell::Blank; 3];
        line.extend([
            Cell::from("合计"),
            Cell::Blank,
            Cell::Count(pupils),
            Cell::Blank,
            Cell::Yuan(amount),
            Cell::Count(amount),
        ]);
        sheet.rows.push(line);
    }
}

/// A list for inspectors: a title and the rows of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    sheet: Sheet,
}

impl Listing {
    /// A list of an answer's rows. Codes and surrogates become text cells, numbers and days stay what they are;
    /// a column ending in `_fen` shows yuan.
    pub fn of(title: &str, batches: &[RecordBatch]) -> Listing {
        let mut sheet = Sheet::new(title, &[]);
        if let Some(first) = batches.first() {
            sheet.columns = first.schema().fields().iter().map(|field| (heading(field.name()), 16.0)).collect();
        }
        for batch in batches {
            let schema = batch.schema();
            let start = sheet.rows.len();
            sheet.rows.resize(start + batch.num_rows(), Vec::new());
            for (field, array) in schema.fields().iter().zip(batch.columns()) {
                for (row, cell) in sheet.rows.iter_mut().skip(start).zip(cells(field.name(), array)) {
                    row.push(cell);
                }
            }
        }
        for (column, (head, width)) in sheet.columns.iter_mut().enumerate() {
            let widest = sheet.rows.iter().take(500).filter_map(|row| match row.get(column) {
                Some(Cell::Text(text)) => Some(format::width(text)),
                _ => None,
            });
            *width = (widest.chain([format::width(head), 10]).max().unwrap_or(10) as f64 + 3.0).min(70.0);
        }
        Listing { sheet }
    }
}

/// Lists for inspectors as a workbook, a sheet for each.
///
/// # Errors
/// When the workbook cannot be written, for instance because two lists have one title.
pub fn inspect_workbook(listings: &[Listing], meta: &Meta) -> Result<Vec<u8>, BookError> {
    let mut sheets: Vec<Sheet> = listings.iter().map(|listing| listing.sheet.clone()).collect();
    if sheets.is_empty() {
        sheets.push(Sheet::new("清单", &[]));
    }
    write(&sheets, meta, None)
}

fn cells(name: &str, array: &dyn Array) -> Vec<Cell> {
    let is_name = name.ends_with("_id") || name.ends_with("_no") || name.ends_with("_year") || name.ends_with("_key");
    let text = |row: usize| array_value_to_string(array, row).map_or(Cell::Blank, Cell::from);
    let rows = 0..array.len();
    let kind = array.data_type();
    let as_text = || rows.clone().map(|row| if array.is_null(row) { Cell::Blank } else { text(row) }).collect();
    if is_name {
        return as_text();
    }
    let read = |to: &DataType| cast(array, to).ok();
    match kind {
        kind if kind.is_integer() => read(&DataType::Int64).map_or_else(as_text, |numbers| {
            let numbers = numbers.as_primitive::<Int64Type>();
            let cell = |number| if name.ends_with("_fen") { Cell::Yuan(number) } else { Cell::Count(number) };
            numbers.iter().map(|number| number.map_or(Cell::Blank, cell)).collect()
        }),
        kind if kind.is_floating() => read(&DataType::Float64).map_or_else(as_text, |numbers| {
            numbers
                .as_primitive::<Float64Type>()
                .iter()
                .map(|number| number.map_or(Cell::Blank, Cell::Number))
                .collect()
        }),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            days.iter()
                .map(|day| day.and_then(date32_to_datetime).map_or(Cell::Blank, |instant| Cell::Day(instant.date())))
                .collect()
        }
        DataType::Boolean => {
            let words = |yes: bool| Cell::from(if yes { "是" } else { "否" });
            array.as_boolean().iter().map(|value| value.map_or(Cell::Blank, words)).collect()
        }
        DataType::Utf8 if name == "kind" || name == "grading" => array
            .as_string::<i32>()
            .iter()
            .map(|value| value.map_or(Cell::Blank, |value| Cell::from(label::grading(label::problem(value)))))
            .collect(),
        _ => as_text(),
    }
}

/// A column's heading in Chinese, with its own name where there is none.
fn heading(name: &str) -> String {
    let known = match name {
        "pupil_id" => "学生代号",
        "left_pupil_id" => "学生代号（甲）",
        "right_pupil_id" => "学生代号（乙）",
        "school_id" => "学校标识码",
        "county_id" => "县级单位代码",
        "prefecture_id" => "市级单位代码",
        "class_id" => "班号",
        "name" => "名称",
        "kind" => "种类",
        "stage" => "学段",
        "grade" => "年级",
        "pupils" => "学生数",
        "standard" => "标准",
        "grading" => "分级",
        "excess" => "超出",
        "field" => "字段",
        "detail" => "说明",
        "first_seen_on" => "首次发现",
        "effective_on" => "生效日",
        "score" => "相似度",
        "evidence" => "依据",
        "cluster_id" => "组号",
        "homeroom_teacher" => "班主任",
        other => other,
    };
    known.to_owned()
}
