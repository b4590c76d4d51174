//! A workbook's cell as text: what a person would read in it, and never a number where a number can't be trusted.

use calamine::{CellErrorType, Data, DataRef, ExcelDateTime};
use domain::{
    contract::{Column, Holds},
    rule::RuleId,
};

/// What a cell holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Nothing,
    Text(&'a str),
    Number(f64),
    Moment(ExcelDateTime),
    Truth(bool),
    Wrong(&'a CellErrorType),
}

impl<'a> From<&'a DataRef<'_>> for Value<'a> {
    fn from(cell: &'a DataRef<'_>) -> Value<'a> {
        match cell {
            DataRef::Empty => Value::Nothing,
            DataRef::Int(number) => Value::Number(*number as f64),
            DataRef::Float(number) => Value::Number(*number),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Value::Text(text),
            DataRef::SharedString(text) => Value::Text(text),
            DataRef::Bool(truth) => Value::Truth(*truth),
            DataRef::DateTime(moment) => Value::Moment(*moment),
            DataRef::Error(error) => Value::Wrong(error),
        }
    }
}

impl<'a> From<&'a Data> for Value<'a> {
    fn from(cell: &'a Data) -> Value<'a> {
        match cell {
            Data::Empty => Value::Nothing,
            Data::Int(number) => Value::Number(*number as f64),
            Data::Float(number) => Value::Number(*number),
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Value::Text(text),
            Data::Bool(truth) => Value::Truth(*truth),
            Data::DateTime(moment) => Value::Moment(*moment),
            Data::Error(error) => Value::Wrong(error),
            // The rest of the enum holds rich text, which none of our readers asks for.
            #[allow(unreachable_patterns)]
            _ => Value::Nothing,
        }
    }
}

impl Value<'_> {
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self, Value::Nothing) || matches!(self, Value::Text(text) if text.trim().is_empty())
    }
}

/// A reader's word about a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) rule: RuleId,
    pub(crate) value: String,
    pub(crate) detail: &'static str,
}

/// Whole numbers from here on have lost digits in a spreadsheet.
const EXACT: f64 = 1e15;

/// Writes a cell as the text of a column (or of a header, where there is none).
pub(crate) fn write(value: Value<'_>, column: Option<&Column>, is_1904: bool, out: &mut String) -> Option<Remark> {
    let holds = column.map_or(Holds::Text, |column| column.holds);
    match value {
        Value::Nothing => None,
        Value::Text(text) => {
            out.push_str(text);
            None
        }
        Value::Truth(truth) => {
            out.push_str(match (holds, truth) {
                (Holds::YesNo, true) => "是",
                (Holds::YesNo, false) => "否",
                (_, true) => "TRUE",
                (_, false) => "FALSE",
            });
            None
        }
        Value::Wrong(error) => {
            let value = error.to_string();
            let required = column.is_some_and(|column| column.required);
            if required {
                out.push_str(&value);
            }
            let rule = if required { RuleId::Unreadable } else { RuleId::OptionalUnreadable };
            column.map(|_| Remark { rule, value, detail: "单元格是公式错误" })
        }
        Value::Moment(moment) if moment.is_datetime() && matches!(holds, Holds::Day | Holds::Month | Holds::Text) => {
            write_moment(moment, out);
            None
        }
        Value::Moment(moment) => write_number(moment.as_f64(), column, holds, out),
        Value::Number(number) if is_1904 && matches!(holds, Holds::Day) && is_serial(number) => {
            write_moment(ExcelDateTime::new(number, calamine::ExcelDateTimeType::DateTime, true), out);
            None
        }
        Value::Number(number) => write_number(number, column, holds, out),
    }
}

fn is_serial(number: f64) -> bool {
    number.fract() == 0.0 && (18_000.0..=80_000.0).contains(&number)
}

fn write_moment(moment: ExcelDateTime, out: &mut String) {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    out.push_str(&format!("{year:04}-{month:02}-{day:02}"));
    if (hour, minute, second) != (0, 0, 0) {
        out.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
    }
}

fn write_number(number: f64, column: Option<&Column>, holds: Holds, out: &mut String) -> Option<Remark> {
    let text = plain(number);
    out.push_str(&text);
    let exact = number.fract() == 0.0 && number.abs() < EXACT;
    let named = match holds {
        Holds::StudentNo | Holds::IdNo => true,
        Holds::Digits | Holds::SchoolId => column.is_some_and(|column| column.key) && !exact,
        _ => false,
    };
    named.then_some(Remark { rule: RuleId::MangledNumber, value: text, detail: "号码被存成了数值" })
}

/// A number as a spreadsheet shows it in a cell that is wide enough: 15 digits, no exponent, no `.0`.
pub(crate) fn plain(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    if number.fract() == 0.0 && number.abs() < EXACT {
        return format!("{number:.0}");
    }
    if number.abs() < EXACT {
        return number.to_string();
    }
    let written = format!("{number:.14e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let zeros = exponent.parse::<usize>().unwrap_or(0).saturating_sub(14).min(300);
    let mut text: String = digits.chars().filter(|&mark| mark != '.').collect();
    text.extend(std::iter::repeat_n('0', zeros));
    text
}
