//! Why a workbook could not be handed back with remarks.

use std::{fmt, io};

use serde::{Deserialize, Serialize};
use zip::result::ZipError;

use super::Cell;

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The file asks for a password.
    Encrypted,
    /// The file is something else than an `.xlsx` or `.xlsm` workbook; told as `Chinese / English`.
    WrongType(String),
    /// The file breaks off or its check sums fail.
    Torn,
    /// The file grows beyond a bound; told as `Chinese / English`.
    Bomb(String),
    /// A part carries a document type declaration or entities.
    Markup,
    /// A part is not what such a part is.
    Damaged {
        /// The part's name.
        part: String,
        /// What is wrong with it, told as `Chinese / English`.
        what: String,
    },
    /// The workbook has no sheet of the name.
    NoSheet,
    /// The sheet holds no cells but a chart, or its part is missing.
    NotAWorksheet,
    /// Rows or cells of the sheet are out of order or there twice.
    OutOfOrder,
    /// A remark belongs to a cell that no sheet has.
    NoSuchCell,
    /// There are more remarks than a workbook can show.
    TooManyRemarks {
        /// The most there may be.
        most: usize,
    },
    /// The operating system would not let us read or write.
    System(String),
}

impl Fault {
    pub(super) fn damaged(part: &str, what: &str) -> Fault {
        Fault::Damaged { part: part.into(), what: what.into() }
    }

    fn zh(&self) -> (String, &'static str) {
        match self {
            Fault::Encrypted => ("工作簿设有密码".into(), "请去掉密码后再交"),
            Fault::WrongType(found) => (format!("文件内容其实是{}", side(found, 0)), "请另存为 XLSX"),
            Fault::Torn => ("文件残缺".into(), "请重新传输或导出"),
            Fault::Bomb(what) => (format!("超出读取上限({})", side(what, 0)), "请拆分后再交"),
            Fault::Markup => ("工作簿含有文档类型声明或实体".into(), "请用电子表格软件另存一份"),
            Fault::Damaged { part, what } => {
                (format!("部件 {part} 有误({})", side(what, 0)), "请用电子表格软件另存一份")
            }
            Fault::NoSheet => ("没有这张工作表".into(), "请检查工作表名称"),
            Fault::NotAWorksheet => ("不是有单元格的工作表".into(), "请检查工作表名称"),
            Fault::OutOfOrder => ("行或单元格次序颠倒或重复".into(), "请用电子表格软件另存一份"),
            Fault::NoSuchCell => ("意见所指的单元格不存在".into(), "请检查行号和列号"),
            Fault::TooManyRemarks { most } => (format!("意见超过 {most} 条"), "请先改正最常见的错误,再分批导入"),
            Fault::System(what) => (format!("系统不允许读写({what})"), "请检查磁盘和权限"),
        }
    }

    fn en(&self) -> (String, &'static str) {
        match self {
            Fault::Encrypted => ("has a password".into(), "remove the password"),
            Fault::WrongType(found) => (format!("is really {}", side(found, 1)), "save it as XLSX"),
            Fault::Torn => ("is torn".into(), "transfer or export it again"),
            Fault::Bomb(what) => (format!("is beyond a limit ({})", side(what, 1)), "split it"),
            Fault::Markup => {
                ("has a document type declaration or entities".into(), "save it anew from a spreadsheet program")
            }
            Fault::Damaged { part, what } => {
                (format!("has a bad part {part} ({})", side(what, 1)), "save it anew from a spreadsheet program")
            }
            Fault::NoSheet => ("has no such sheet".into(), "check the sheet's name"),
            Fault::NotAWorksheet => ("is no sheet with cells".into(), "check the sheet's name"),
            Fault::OutOfOrder => {
                ("has rows or cells out of order or twice".into(), "save it anew from a spreadsheet program")
            }
            Fault::NoSuchCell => ("is not a cell of any sheet".into(), "check the row and the column of the remark"),
            Fault::TooManyRemarks { most } => {
                (format!("would get more than {most} remarks"), "correct the commonest fault first and import again")
            }
            Fault::System(what) => (format!("cannot be read or written ({what})"), "check disk and permissions"),
        }
    }
}

/// One side of what is told as `Chinese / English`.
fn side(text: &str, which: usize) -> &str {
    text.splitn(2, " / ").nth(which).unwrap_or(text)
}

/// A workbook that could not be handed back with remarks, with the place at fault. REQ: ENR-01, INF-01.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct AnnotateError {
    /// The file, where whoever called has named it.
    pub file: Option<String>,
    /// The sheet.
    pub sheet: Option<String>,
    /// The row and the column.
    pub cell: Option<Cell>,
    /// What was wrong.
    pub fault: Fault,
}

impl AnnotateError {
    /// The same with the file's name.
    pub fn in_file(self, file: &str) -> AnnotateError {
        AnnotateError { file: Some(file.into()), ..self }
    }

    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        let (what, hint) = self.fault.zh();
        let mut place = self.file.clone().unwrap_or_default();
        if let Some(sheet) = &self.sheet {
            place.push_str(&format!("工作表“{sheet}”"));
        }
        if let Some(cell) = self.cell {
            place.push_str(&format!("第 {} 行第 {} 列", cell.row, cell.column));
        }
        let place = if place.is_empty() { "工作簿" } else { &place };
        format!("{place}:{what}。{hint}。")
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        let (what, hint) = self.fault.en();
        let mut place = self.file.clone().unwrap_or_else(|| "the workbook".into());
        if let Some(sheet) = &self.sheet {
            place.push_str(&format!(" sheet `{sheet}`"));
        }
        if let Some(cell) = self.cell {
            place.push_str(&format!(" row {} column {}", cell.row, cell.column));
        }
        format!("{place} {what}; {hint}")
    }
}

impl fmt::Display for AnnotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

/// The error by which a bounded reader says that its bound was passed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Bound(pub(super) String);

impl From<&io::Error> for Fault {
    fn from(error: &io::Error) -> Fault {
        if let Some(bound) = error.get_ref().and_then(|inner| inner.downcast_ref::<Bound>()) {
            return Fault::Bomb(bound.0.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Other => Fault::Torn,
            kind => Fault::System(kind.to_string()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::from(&error)
    }
}

impl From<ZipError> for Fault {
    fn from(error: ZipError) -> Fault {
        match error {
            ZipError::Io(error) => Fault::from(&error),
            ZipError::InvalidPassword => Fault::Encrypted,
            ZipError::UnsupportedArchive(what) if what.contains("assword") => Fault::Encrypted,
            _ => Fault::Torn,
        }
    }
}

/// A fault with the cell it was met at, before the sheet is named.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) cell: Option<Cell>,
    pub(super) fault: Fault,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop { cell: None, fault }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::from(Fault::from(&error))
    }
}
