//! Why a file could not be read, in words a registrar understands.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

/// What becomes of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The file can't be read as what it is: the batch is refused (拒收).
    Refuses,
    /// The file may become readable by itself: the batch is held (暂缓).
    Holds,
    /// The fault is ours (disk, memory, a stop), not the file's.
    Fails,
}

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The operating system would not let us read.
    System(String),
    /// The file is no longer there.
    Gone,
    /// The file was changed while it was being read.
    Changed,
    /// A link, a pipe, a device or a folder.
    NotAFile,
    /// No bytes, or nothing but blank rows.
    Empty,
    /// Bytes that are text in no encoding of the contract.
    Encoding {
        /// The encoding that came furthest.
        nearest: String,
    },
    /// Text in UTF-8 and in GB18030 at once, with nothing in it that decides.
    AmbiguousEncoding,
    /// A NUL in a text file.
    Nul,
    /// The file is something else than its name says, and nothing that we read.
    WrongType {
        /// What it is.
        found: String,
    },
    /// The file breaks off or its check sums fail.
    Torn(String),
    /// The file grows beyond a bound.
    Bomb(String),
    /// The file asks for a password.
    Encrypted,
    /// The workbook carries a document type declaration or entities.
    Markup,
    /// No row among the first ten is a header.
    NoHeader,
    /// A row of the table stands above its header.
    RowAboveHeader,
    /// Required columns are missing.
    MissingColumns(Vec<String>),
    /// These headers mean one column of the contract.
    DoubledColumn(Vec<String>),
    /// A quotation mark opens a field and swallows the rows after it.
    UnclosedQuote,
    /// A row is longer than any row can be.
    LongRecord,
    /// The workbook is not one that we can read.
    Workbook(String),
    /// The workbook has no such sheet.
    NoSheet,
    /// Several sheets could be meant.
    AmbiguousSheets(Vec<String>),
    /// A column holds lists or structures.
    Nested,
    /// The Parquet file is not one that we can read.
    Parquet(String),
    /// The reading process died.
    Died(String),
    /// The reading process said nothing for too long.
    Silent,
    /// Whoever took the rows stopped.
    Stopped(String),
}

impl Fault {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::System(_) => "system",
            Fault::Gone => "gone",
            Fault::Changed => "changed",
            Fault::NotAFile => "not_a_file",
            Fault::Empty => "empty",
            Fault::Encoding { .. } => "encoding",
            Fault::AmbiguousEncoding => "ambiguous_encoding",
            Fault::Nul => "nul",
            Fault::WrongType { .. } => "wrong_type",
            Fault::Torn(_) => "torn",
            Fault::Bomb(_) => "bomb",
            Fault::Encrypted => "encrypted",
            Fault::Markup => "markup",
            Fault::NoHeader => "no_header",
            Fault::RowAboveHeader => "row_above_header",
            Fault::MissingColumns(_) => "missing_column",
            Fault::DoubledColumn(_) => "doubled_column",
            Fault::UnclosedQuote => "unclosed_quote",
            Fault::LongRecord => "long_record",
            Fault::Workbook(_) => "workbook",
            Fault::NoSheet => "no_sheet",
            Fault::AmbiguousSheets(_) => "ambiguous_sheets",
            Fault::Nested => "nested",
            Fault::Parquet(_) => "parquet",
            Fault::Died(_) => "reader_died",
            Fault::Silent => "reader_silent",
            Fault::Stopped(_) => "stopped",
        }
    }

    /// What becomes of the batch.
    pub fn class(&self) -> Class {
        match self {
            Fault::Gone | Fault::Changed | Fault::Empty => Class::Holds,
            Fault::System(_) | Fault::Stopped(_) => Class::Fails,
            _ => Class::Refuses,
        }
    }

    fn zh(&self) -> (String, &'static str) {
        match self {
            Fault::System(what) => (format!("系统不允许读取({})", chinese(what)), "请检查磁盘和权限后重跑"),
            Fault::Gone => ("文件已不在原处".into(), "请确认对方是否仍在写入"),
            Fault::Changed => ("读取过程中文件被改动".into(), "等对方写完后,下一次运行会再取"),
            Fault::NotAFile => ("不是普通文件(是链接、管道、设备或文件夹)".into(), "请放入文件本身"),
            Fault::Empty => ("文件是空的".into(), "可能尚未写完;请重新导出"),
            Fault::Encoding { nearest } => (
                format!("既不是 UTF-8 也不是 GB18030(最接近 {nearest},此行起有坏字节)"),
                "请用原系统重新导出,存为 UTF-8",
            ),
            Fault::AmbiguousEncoding => {
                ("既可读作 UTF-8 也可读作 GB18030,无从判断".into(), "请存为带 BOM 的 UTF-8,或用中文表头")
            }
            Fault::Nul => ("文本中有空字节".into(), "文件已损坏,或是没有标记的 UTF-16;请重新导出"),
            Fault::WrongType { found } => (format!("文件内容其实是{}", chinese(found)), "请另存为 CSV 或 XLSX"),
            Fault::Torn(what) => (format!("文件残缺({})", chinese(what)), "请重新传输或导出"),
            Fault::Bomb(what) => (format!("超出读取上限({})", chinese(what)), "请拆分后再交"),
            Fault::Encrypted => ("工作簿设有密码".into(), "请去掉密码后再交"),
            Fault::Markup => ("工作簿含有文档类型声明或实体".into(), "请用电子表格软件另存一份"),
            Fault::NoHeader => ("前十行里找不到表头".into(), "表头须是约定的中文列名"),
            Fault::RowAboveHeader => ("表头之上有数据行".into(), "请把表头移到所有数据行之上"),
            Fault::MissingColumns(columns) => {
                (format!("缺少必填列:{}", columns.join("、")), "若对方另有叫法,请加入 data/aliases/headers.csv")
            }
            Fault::DoubledColumn(headers) => (format!("出现多次:{}", headers.join("、")), "请只留一列"),
            Fault::UnclosedQuote => ("引号没有闭合,会吞掉后面的行".into(), "请改正该行的引号"),
            Fault::LongRecord => ("一行过长".into(), "请检查该行;文本文件多半是引号没有闭合"),
            Fault::Workbook(what) => (format!("无法作为工作簿读取({})", chinese(what)), "请用电子表格软件另存为 XLSX"),
            Fault::NoSheet => ("没有这张工作表,或它是空的".into(), "请检查工作表名称"),
            Fault::AmbiguousSheets(sheets) => {
                (format!("不能确定是哪张工作表:{}", sheets.join("、")), "请用表名命名工作表,或删去多余的")
            }
            Fault::Nested => ("列里是列表或结构".into(), "每列只能是单个值"),
            Fault::Parquet(what) => (format!("无法作为 Parquet 读取({})", chinese(what)), "请重新导出"),
            Fault::Died(how) => {
                (format!("读取进程中断:{}", chinese(how)), "文件可能损坏或带有恶意;请用电子表格软件另存一份")
            }
            Fault::Silent => ("读取超时".into(), "文件可能损坏或带有恶意;请另存一份或拆分"),
            Fault::Stopped(what) => (format!("处理中止({})", chinese(what)), ""),
        }
    }

    fn en(&self) -> (String, &'static str) {
        match self {
            Fault::System(what) => {
                (format!("cannot be read ({})", english(what)), "check disk and permissions, then run again")
            }
            Fault::Gone => ("is no longer there".into(), "see whether the source is still writing"),
            Fault::Changed => ("was changed while it was being read".into(), "the next run takes it once it is whole"),
            Fault::NotAFile => {
                ("is not a plain file but a link, pipe, device or folder".into(), "deliver the file itself")
            }
            Fault::Empty => ("is empty".into(), "it may not be written yet; export it again"),
            Fault::Encoding { nearest } => (
                format!("is neither UTF-8 nor GB18030 (nearest {nearest}, broken from this row)"),
                "export it again as UTF-8",
            ),
            Fault::AmbiguousEncoding => (
                "reads as UTF-8 and as GB18030 and nothing in it decides".into(),
                "save it as UTF-8 with a byte-order mark, or use the Chinese headers",
            ),
            Fault::Nul => {
                ("has NUL bytes in its text".into(), "it is damaged, or UTF-16 without a mark; export it again")
            }
            Fault::WrongType { found } => (format!("is really {}", english(found)), "save it as CSV or XLSX"),
            Fault::Torn(what) => (format!("is torn ({})", english(what)), "transfer or export it again"),
            Fault::Bomb(what) => (format!("is beyond a limit ({})", english(what)), "split it"),
            Fault::Encrypted => ("has a password".into(), "remove the password"),
            Fault::Markup => {
                ("has a document type declaration or entities".into(), "save it anew from a spreadsheet program")
            }
            Fault::NoHeader => ("has no header in its first ten rows".into(), "use the column names of the contract"),
            Fault::RowAboveHeader => {
                ("has a row of the table above its header".into(), "move the header above all rows")
            }
            Fault::MissingColumns(columns) => (
                format!(
                    "has no column {}",
                    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
                ),
                "if the source has another name for it, add that to data/aliases/headers.csv",
            ),
            Fault::DoubledColumn(headers) => (format!("is there more than once: {}", headers.join(", ")), "keep one"),
            Fault::UnclosedQuote => {
                ("has a quotation mark that swallows the rows after it".into(), "close the quotation in that row")
            }
            Fault::LongRecord => {
                ("has a row that is too long".into(), "look at that row; in a text file, for an open quotation mark")
            }
            Fault::Workbook(what) => (format!("cannot be read as a workbook ({})", english(what)), "save it as XLSX"),
            Fault::NoSheet => ("has no such sheet, or it is empty".into(), "check the sheet's name"),
            Fault::AmbiguousSheets(sheets) => (
                format!("has several sheets that could be meant: {}", sheets.join(", ")),
                "name the sheet after its table",
            ),
            Fault::Nested => ("has lists or structures in a column".into(), "give one value per cell"),
            Fault::Parquet(what) => (format!("cannot be read as Parquet ({})", english(what)), "export it again"),
            Fault::Died(how) => (
                format!("ended the process that read it: {}", english(how)),
                "it may be damaged or hostile; save it anew",
            ),
            Fault::Silent => ("took too long to read".into(), "it may be damaged or hostile; save it anew or split it"),
            Fault::Stopped(what) => (format!("was not finished ({})", english(what)), ""),
        }
    }
}

/// The Chinese side of what is told as `Chinese / English`.
pub(super) fn chinese(text: &str) -> &str {
    text.split_once(" / ").map_or(text, |(chinese, _)| chinese)
}

fn english(text: &str) -> &str {
    text.split_once(" / ").map_or(text, |(_, english)| english)
}

/// A file that could not be read, with the place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadError {
    /// The file within the batch.
    pub file: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// The row at fault, counted from 1.
    pub row: Option<u64>,
    /// The header of the column at fault.
    pub column: Option<String>,
    /// What was wrong.
    pub fault: Fault,
}

impl ReadError {
    /// A fault of a whole file.
    pub fn of_file(file: &str, fault: Fault) -> ReadError {
        ReadError { file: file.into(), sheet: None, row: None, column: None, fault }
    }

    /// A fault with its place in a file.
    pub(crate) fn in_file(file: &str, trouble: Trouble) -> ReadError {
        let Trouble { row, column, fault } = trouble;
        ReadError { file: file.into(), sheet: None, row, column, fault }
    }

    /// The taker of rows stops the reading for a reason of its own.
    pub fn stopped(file: &str, reason: impl fmt::Display) -> ReadError {
        ReadError::of_file(file, Fault::Stopped(reason.to_string()))
    }

    /// Whether the batch is to be refused.
    pub fn refuses(&self) -> bool {
        self.fault.class() == Class::Refuses
    }

    /// Whether the batch is to be held.
    pub fn holds(&self) -> bool {
        self.fault.class() == Class::Holds
    }

    /// Sheet, row and column in Chinese; empty for the whole file.
    pub fn place(&self) -> String {
        let sheet = self.sheet.iter().map(|sheet| format!("工作表“{sheet}”"));
        let row = self.row.iter().map(|row| format!("第 {row} 行"));
        let column = self.column.iter().map(|column| format!("“{column}”列"));
        sheet.chain(row).chain(column).collect()
    }

    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        let (what, hint) = self.fault.zh();
        let end = if hint.is_empty() { String::new() } else { format!("。{hint}。") };
        format!("{}{}:{what}{end}", self.file, self.place())
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        let (what, hint) = self.fault.en();
        let mut place = String::new();
        if let Some(sheet) = &self.sheet {
            place.push_str(&format!(" sheet `{sheet}`"));
        }
        if let Some(row) = self.row {
            place.push_str(&format!(" row {row}"));
        }
        if let Some(column) = &self.column {
            place.push_str(&format!(" column `{column}`"));
        }
        let end = if hint.is_empty() { String::new() } else { format!("; {hint}") };
        format!("{}{place} {what}{end}", self.file)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for ReadError {}

/// A fault with the row and column it belongs to, before the file is named.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) row: Option<u64>,
    pub(crate) column: Option<String>,
    pub(crate) fault: Fault,
}

impl Trouble {
    pub(crate) fn at(row: u64, fault: Fault) -> Trouble {
        Trouble { row: Some(row), column: None, fault }
    }

    pub(crate) fn in_row(self, row: u64) -> Trouble {
        Trouble { row: Some(row), ..self }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble { row: None, column: None, fault }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble::from(Fault::from(error))
    }
}

impl From<io::Error> for Fault {
    /// What a decoder or our own bounded reader says travels as the error's kind; the rest is the system's.
    fn from(error: io::Error) -> Fault {
        if let Some(bound) = error.get_ref().and_then(|inner| inner.downcast_ref::<Bound>()) {
            return Fault::Bomb(bound.0.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Fault::Torn("提前结束 / breaks off".into()),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Fault::Torn("压缩数据损坏 / damaged data".into())
            }
            io::ErrorKind::NotFound => Fault::Gone,
            kind => Fault::System(kind.to_string()),
        }
    }
}

/// The error by which a bounded reader says that its bound was passed.
#[derive(Debug)]
pub(crate) struct Bound(pub(crate) String);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Bound {}
