//! Why there is no paper. No message holds anything of the facts themselves.

/// A paper could not be made. Messages name fields, never values: facts are about persons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The text is no JSON.
    #[error(
        "事实不是有效的 JSON（第 {line} 行第 {column} 列） / the facts are no JSON at line {line}, column {column}"
    )]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A field that the paper needs is not there, or blank.
    #[error("缺少“{chinese}” / field `{path}` ({label}) is missing or blank")]
    Missing {
        /// Where: `pupil.student_no`, `pupils[3].name`.
        path: String,
        /// Its Chinese name.
        chinese: &'static str,
        /// Its English name.
        label: String,
    },
    /// A field is there and cannot be read.
    #[error("“{chinese}”无法识别，应为{wanted} / field `{path}` ({label}) is not {expected}")]
    Unreadable {
        /// Where.
        path: String,
        /// Its Chinese name.
        chinese: &'static str,
        /// Its English name.
        label: String,
        /// What was wanted, in Chinese.
        wanted: String,
        /// What was wanted, in English.
        expected: String,
    },
    /// A field that this paper does not know.
    #[error("“{chinese}”内有不认识的字段，可用字段：{known} / unknown field in `{path}`; it takes {known}")]
    Unknown {
        /// In what.
        path: String,
        /// The Chinese name of that.
        chinese: &'static str,
        /// The fields it has.
        known: String,
    },
    /// A row of a table has not a cell for every column.
    #[error("表格第 {row} 行的单元格数与列数不符 / row {row} of a table has not a cell for every column")]
    Ragged {
        /// From 1.
        row: usize,
    },
    /// The page could not be set.
    #[error("无法排版（模板第 {line} 行） / the page cannot be set: line {line} of the template")]
    Layout {
        /// Of the template, from 1; 0 where it is not known.
        line: usize,
    },
}
