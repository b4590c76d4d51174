//! The dialects of the sources: encodings, packings, dates, codes and names as files from outside have them.

use std::collections::BTreeMap;

use domain::{
    calendar::Day,
    code,
    contract::{Holds, Table},
};

use crate::{person::Date, plan::Layout};

/// How the text of a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte-order mark.
    Utf8Bom,
    /// GB18030, of which GBK is the part that Chinese spreadsheets write.
    Gb18030,
    /// UTF-16, little end first, with a byte-order mark.
    Utf16,
}

/// How files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// `.csv`
    Plain,
    /// `.csv.gz`
    Gzip,
    /// `.csv.zst`
    Zstd,
    /// One `.xlsx` with a sheet per table.
    Workbook,
}

/// How days are written, and months after the same fashion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    /// `2013-09-01`, `2013-09`
    Dashes,
    /// `20130901`, `201309`
    Compact,
    /// `2013/9/1`, `2013/9`
    Slashes,
    /// `2013年9月1日`, `2013年9月`
    Chinese,
}

/// The habits of one source.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    /// The encoding of its text.
    pub(crate) encoding: Encoding,
    /// The packing of its files.
    pub(crate) packing: Packing,
    /// Whether files and sheets have Chinese names.
    pub(crate) chinese_names: bool,
    /// Whether some headers have another name.
    pub(crate) other_headers: bool,
    /// Whether the columns stand in another order, one is left out and one is its own.
    pub(crate) own_columns: bool,
    /// Whether lines end as on Windows and every cell is quoted.
    pub(crate) quoted: bool,
    /// Rows of a part of the table of pupils, where it is split.
    pub(crate) part_rows: Option<u64>,
    /// Whether a manifest goes with each batch.
    pub(crate) manifest: bool,
    /// Whether records that are closed stay on the list.
    pub(crate) keeps_closed: bool,
    /// Whether it hands over one batch a day late.
    pub(crate) comes_late: bool,
    dates: Dates,
    yes_no: [&'static str; 2],
    grade_labels: bool,
    long_divisions: bool,
    codes: Option<BTreeMap<(&'static str, String), String>>,
}

const PLAIN: Dialect = Dialect {
    encoding: Encoding::Utf8,
    packing: Packing::Plain,
    chinese_names: false,
    other_headers: false,
    own_columns: false,
    quoted: false,
    part_rows: None,
    manifest: false,
    keeps_closed: false,
    comes_late: false,
    dates: Dates::Dashes,
    yes_no: ["否", "是"],
    grade_labels: false,
    long_divisions: false,
    codes: None,
};

impl Dialect {
    /// The habits of a source in a layout.
    pub(crate) fn of(layout: Layout, source: &str) -> Dialect {
        match (layout, source) {
            (Layout::Single, _) => PLAIN,
            (Layout::Demo, "registry") => Dialect { part_rows: Some(20_000), ..PLAIN },
            (Layout::Small, "registry") => Dialect { part_rows: Some(300), ..PLAIN },
            (_, "340100") => Dialect { encoding: Encoding::Utf8Bom, ..PLAIN },
            (_, "340102") => Dialect { encoding: Encoding::Gb18030, dates: Dates::Slashes, ..PLAIN },
            (_, "340103") => {
                Dialect { packing: Packing::Workbook, chinese_names: true, dates: Dates::Compact, ..PLAIN }
            }
            (_, "340111") => Dialect {
                packing: Packing::Gzip,
                codes: Some(code_table()),
                yes_no: ["0", "1"],
                dates: Dates::Compact,
                ..PLAIN
            },
            (_, "340121") => Dialect { encoding: Encoding::Utf16, ..PLAIN },
            (_, "340300" | "340104") => {
                Dialect { packing: Packing::Zstd, comes_late: layout == Layout::Small, dates: Dates::Compact, ..PLAIN }
            }
            (_, "340302" | "340122") => Dialect {
                encoding: Encoding::Gb18030,
                chinese_names: true,
                other_headers: true,
                dates: Dates::Slashes,
                ..PLAIN
            },
            (_, "340303" | "340123") => Dialect { manifest: true, ..PLAIN },
            (_, "340304") => Dialect { comes_late: true, ..PLAIN },
            (_, "340321" | "340124") => Dialect { own_columns: true, keeps_closed: true, ..PLAIN },
            (_, "340322" | "340181") => Dialect {
                quoted: true,
                dates: Dates::Chinese,
                yes_no: ["N", "Y"],
                grade_labels: true,
                long_divisions: true,
                ..PLAIN
            },
            _ => PLAIN,
        }
    }

    /// A label of a code list, or its code where the source writes codes.
    pub(crate) fn label<'a>(&'a self, list: &'static str, label: &'a str) -> &'a str {
        match &self.codes {
            None => label,
            Some(codes) => codes.get(&(list, label.to_owned())).map_or(label, String::as_str),
        }
    }

    /// 是 or 否.
    pub(crate) fn yes_no(&self, yes: bool) -> &'static str {
        self.yes_no[usize::from(yes)]
    }

    /// A grade: a number, or its name.
    pub(crate) fn grade(&self, grade: u8) -> &'static str {
        const NUMBERS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
        const NAMES: [&str; 13] = [
            "",
            "一年级",
            "二年级",
            "三年级",
            "四年级",
            "五年级",
            "六年级",
            "七年级",
            "八年级",
            "九年级",
            "高一",
            "高二",
            "高三",
        ];
        let names = if self.grade_labels { NAMES } else { NUMBERS };
        names.get(usize::from(grade)).copied().unwrap_or_default()
    }

    /// A division code, of 12 digits where the source writes them so.
    pub(crate) fn division(&self, code: u32, out: &mut String) {
        push_number(out, code, 6);
        if self.long_divisions {
            out.push_str("000000");
        }
    }

    /// A day.
    pub(crate) fn date(&self, date: Date, out: &mut String) {
        self.month(date.year, date.month, out);
        match self.dates {
            Dates::Dashes => {
                out.push('-');
                push_number(out, date.day, 2);
            }
            Dates::Compact => push_number(out, date.day, 2),
            Dates::Slashes => {
                out.push('/');
                push_number(out, date.day, 1);
            }
            Dates::Chinese => {
                push_number(out, date.day, 1);
                out.push('日');
            }
        }
    }

    /// A day of the calendar.
    pub(crate) fn day(&self, day: Day, out: &mut String) {
        self.date(parts(day), out);
    }

    /// A month.
    pub(crate) fn month(&self, year: u32, month: u32, out: &mut String) {
        push_number(out, year, 4);
        match self.dates {
            Dates::Dashes => {
                out.push('-');
                push_number(out, month, 2);
            }
            Dates::Compact => push_number(out, month, 2),
            Dates::Slashes => {
                out.push('/');
                push_number(out, month, 1);
            }
            Dates::Chinese => {
                out.push('年');
                push_number(out, month, 1);
                out.push('月');
            }
        }
    }

    /// The stem of a table's files, and the name of its sheet.
    pub(crate) fn name_of(&self, table: Table) -> &'static str {
        if self.chinese_names { table.chinese() } else { table.name() }
    }

    /// The header of a column.
    pub(crate) fn header(&self, header: &'static str) -> &'static str {
        match header {
            "身份证件号" if self.other_headers => "身份证号",
            "学籍号" if self.other_headers => "全国学籍号",
            _ => header,
        }
    }

    /// The positions of a table's columns in the order in which the source writes them.
    pub(crate) fn columns(&self, table: Table) -> Vec<usize> {
        let mut order: Vec<usize> = (0..table.columns().len())
            .filter(|at| !HIGHER_EDUCATION.contains(&table.columns()[*at].field))
            .filter(|at| !(self.own_columns && table.columns()[*at].field == "photo_digest"))
            .collect();
        if self.own_columns {
            let shift = 3.min(order.len());
            order.rotate_left(shift);
        }
        order
    }
}

/// Columns that only higher education fills.
const HIGHER_EDUCATION: [&str; 5] = ["degree_level", "department", "major", "supervisor", "admission_kind"];

/// The code of every label of every list that a column of the contract asks for.
fn code_table() -> BTreeMap<(&'static str, String), String> {
    let columns = Table::ALL.iter().flat_map(|table| table.columns());
    let lists = columns.filter_map(|column| match column.holds {
        Holds::Label(list) => code::CodeList::named(list).map(|entries| (list, entries)),
        _ => None,
    });
    lists
        .flat_map(|(list, entries)| {
            entries.entries().iter().map(move |entry| ((list, entry.label.to_owned()), entry.code.to_owned()))
        })
        .filter(|(_, code)| !code.is_empty())
        .collect()
}

/// The parts of a day.
pub(crate) fn parts(day: Day) -> Date {
    Date { year: day.year() as u32, month: day.month(), day: day.day_of_month() }
}

/// Appends a number with leading zeros.
pub(crate) fn push_number(out: &mut String, number: u32, width: usize) {
    let mut digits = [b'0'; 10];
    let (mut rest, mut used) = (number, 0);
    while rest > 0 || used < width.min(10) {
        used += 1;
        digits[10 - used] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    for digit in &digits[10 - used..] {
        out.push(char::from(*digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_four_ways() {
        let written = |dates| {
            let mut out = String::new();
            Dialect { dates, ..PLAIN }.date(Date { year: 2013, month: 9, day: 1 }, &mut out);
            out
        };
        assert_eq!(written(Dates::Dashes), "2013-09-01");
        assert_eq!(written(Dates::Compact), "20130901");
        assert_eq!(written(Dates::Slashes), "2013/9/1");
        assert_eq!(written(Dates::Chinese), "2013年9月1日");
    }
}
