//! Empty workbooks to fill in (导入模板): headers, drop-down lists, text cells for whatever looks like a number but is a name, and a
//! sheet 填写说明 that explains each column in Chinese and English.

mod column;
mod form;
#[cfg(test)]
mod tests;
mod write;

pub use column::{FormColumn, Kind};
pub use form::Form;
pub use write::template;

/// The sheet that explains the columns.
pub const EXPLANATION: &str = "填写说明";

/// Why an empty workbook could not be made. REQ: ENR-01.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A form without columns, or with more than a sheet has.
    #[error("{}", self.en())]
    Columns {
        /// The sheet.
        sheet: String,
        /// How many columns were asked for.
        columns: usize,
    },
    /// Two columns of one header, or a column without one.
    #[error("{}", self.en())]
    Header {
        /// The sheet.
        sheet: String,
        /// The column, counted from 1.
        column: usize,
        /// Its header.
        header: String,
    },
    /// A name that no sheet can have, or that another sheet of the form has.
    #[error("{}", self.en())]
    SheetName {
        /// The name.
        sheet: String,
    },
    /// A row to be filled in beforehand is longer than the form, or doesn't fit on a sheet.
    #[error("{}", self.en())]
    Row {
        /// The sheet.
        sheet: String,
        /// The row, counted from 1, the header included.
        row: usize,
        /// The first column that doesn't fit, counted from 1.
        column: usize,
    },
    /// The workbook could not be written.
    #[error("{}", self.en())]
    Unwritable {
        /// The sheet.
        sheet: String,
        /// What hindered.
        what: String,
    },
}

impl TemplateError {
    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            TemplateError::Columns { sheet, columns } => {
                format!("工作表“{sheet}”有 {columns} 列。列数应为 1 至 16384。")
            }
            TemplateError::Header { sheet, column, header } => {
                format!("工作表“{sheet}”第 {column} 列的表头“{header}”为空或重复。请给每列一个不同的表头。")
            }
            TemplateError::SheetName { sheet } => {
                format!("“{sheet}”不能用作工作表名称。请用不超过 31 字、不含 []:*?/\\ 的其他名称。")
            }
            TemplateError::Row { sheet, row, column } => {
                format!("工作表“{sheet}”第 {row} 行第 {column} 列写不下。请减少预填的行或列。")
            }
            TemplateError::Unwritable { sheet, what } => format!("工作表“{sheet}”无法写出({what})。请检查内容和内存。"),
        }
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        match self {
            TemplateError::Columns { sheet, columns } => {
                format!("sheet `{sheet}` would have {columns} columns; give it 1 to 16,384")
            }
            TemplateError::Header { sheet, column, header } => {
                format!(
                    "sheet `{sheet}` column {column} has the header `{header}`, empty or there twice; name each once"
                )
            }
            TemplateError::SheetName { sheet } => {
                format!("`{sheet}` cannot name the sheet; use another name, up to 31 characters, without []:*?/\\")
            }
            TemplateError::Row { sheet, row, column } => {
                format!("sheet `{sheet}` row {row} column {column} does not fit; fill in fewer rows or columns")
            }
            TemplateError::Unwritable { sheet, what } => {
                format!("sheet `{sheet}` cannot be written ({what}); check contents and memory")
            }
        }
    }
}
