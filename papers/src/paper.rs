//! The document model: what a paper says and in which order, before it becomes a page.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{Kind, PaperError};

/// A paper (文书) as both renderers take it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What it is.
    pub kind: Kind,
    /// The title (标题), centred.
    pub title: String,
    /// The office's number of the paper (文号、编号), printed under the title and on every page.
    pub number: Option<String>,
    /// To whom it goes (主送机关), without the colon.
    pub addressee: Option<String>,
    /// The body, in order.
    pub blocks: Vec<Block>,
    /// Who gets a copy (抄送机关).
    pub copies: Vec<String>,
    /// Who signs it (发文机关署名).
    pub issuer: String,
    /// The day of issue (成文日期), which is also the date the file bears.
    pub issued_on: Day,
    /// Where the issuer's seal goes; none for a paper that is filled in before anybody seals it.
    pub seal: Option<SealLine>,
    /// Whether the pages lie on their side (横排).
    pub landscape: bool,
    /// Whether every personal number in it is masked (已遮蔽), which its foot then says.
    pub masked: bool,
}

/// A part of the body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph (段落), its first line indented by two characters.
    Paragraph(String),
    /// A short line over what follows it (小标题).
    Heading(String),
    /// Facts by name (填写栏), two pairs to a line.
    Fields(Vec<Field>),
    /// A table (表格), whose header is repeated on every page.
    Table(Table),
    /// Lines to sign on (签章栏).
    Signatures(Vec<Signature>),
    /// Small print (注).
    Note(String),
}

/// A name and a value (填写项).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name.
    pub label: String,
    /// The value; empty where a hand is to fill it in.
    pub value: String,
    /// Whether it takes a line of its own.
    pub wide: bool,
}

/// A table of text (表格).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with one cell for every column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table (列).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The header.
    pub header: String,
    /// Its share of the width.
    pub weight: u8,
    /// Whether its cells are centred; long text is not.
    pub centred: bool,
}

/// A line to sign on (签章).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// As what somebody signs.
    pub role: String,
    /// Who has signed, if somebody has.
    pub name: Option<String>,
    /// On which day.
    pub signed_on: Option<Day>,
    /// Whether a seal belongs beside it.
    pub sealed: bool,
}

/// The place of a seal (印章).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealLine {
    /// Whose seal, or which.
    pub of: String,
    /// The number of the electronic seal (学籍管理专用电子章, 皖教基〔2013〕20号 art. 19), if it bears one instead of ink.
    pub electronic: Option<String>,
}

/// A pair of a line of [`Block::Fields`] and the columns its value takes.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Placed<'a> {
    pub label: &'a str,
    pub value: &'a str,
    pub span: u8,
}

impl Field {
    /// One of two on a line.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Field {
        Field { label: label.into(), value: value.into(), wide: false }
    }

    /// One with a line of its own.
    pub fn wide(label: impl Into<String>, value: impl Into<String>) -> Field {
        Field { wide: true, ..Field::new(label, value) }
    }
}

impl Column {
    /// A column of short, centred cells.
    pub fn new(header: impl Into<String>, weight: u8) -> Column {
        Column { header: header.into(), weight, centred: true }
    }

    /// A column of longer text.
    pub fn text(header: impl Into<String>, weight: u8) -> Column {
        Column { centred: false, ..Column::new(header, weight) }
    }
}

impl Table {
    /// The cells of a row, and whether each is centred.
    pub(crate) fn cells<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = (&'a str, bool)> {
        row.iter().zip(&self.columns).map(|(cell, column)| (cell.as_str(), column.centred))
    }
}

impl Signature {
    /// A line that nobody has signed yet.
    pub fn blank(role: impl Into<String>) -> Signature {
        Signature { role: role.into(), name: None, signed_on: None, sealed: false }
    }

    /// The same with the place of a seal.
    #[must_use]
    pub fn with_seal(self) -> Signature {
        Signature { sealed: true, ..self }
    }
}

impl SealLine {
    /// The place of an ink seal.
    pub fn ink(of: impl Into<String>) -> SealLine {
        SealLine { of: of.into(), electronic: None }
    }

    /// The words that stand where the seal goes.
    pub fn words(&self) -> String {
        match &self.electronic {
            Some(number) => format!("（{}　学籍管理专用电子章　{number}）", self.of),
            None => format!("（{}）", self.of),
        }
    }
}

/// The pairs of [`Block::Fields`] in lines of two, or one where a pair is wide or left over.
pub(crate) fn lines(fields: &[Field]) -> Vec<Vec<Placed<'_>>> {
    let mut lines: Vec<Vec<Placed<'_>>> = Vec::new();
    let mut open = false;
    for field in fields {
        let pair = Placed { label: &field.label, value: &field.value, span: if field.wide { 3 } else { 1 } };
        match lines.last_mut() {
            Some(line) if open && !field.wide => {
                line.push(pair);
                open = false;
            }
            _ => {
                widen(&mut lines, open);
                lines.push(vec![pair]);
                open = !field.wide;
            }
        }
    }
    widen(&mut lines, open);
    lines
}

fn widen(lines: &mut [Vec<Placed<'_>>], open: bool) {
    if let Some(pair) = lines.last_mut().and_then(|line| line.last_mut())
        && open
    {
        pair.span = 3;
    }
}

impl Paper {
    /// An empty sheet of a kind, masked if the kind is.
    pub fn new(kind: Kind, issuer: &str, issued_on: Day) -> Paper {
        Paper {
            kind,
            title: kind.label().to_owned(),
            number: None,
            addressee: None,
            blocks: Vec::new(),
            copies: Vec::new(),
            issuer: issuer.to_owned(),
            issued_on,
            seal: None,
            landscape: false,
            masked: !kind.shows_numbers_whole(),
        }
    }

    /// What the foot says of the masks; nothing where there is nobody's number to mask.
    pub(crate) fn masked_note(&self) -> Option<&'static str> {
        let silent = matches!(self.kind, Kind::CollectionForm | Kind::SignOffSheet);
        (self.masked && !silent).then_some("本件所列个人号码已作遮蔽处理。")
    }

    /// Whether every row has a cell for every column.
    pub(crate) fn check(&self) -> Result<(), PaperError> {
        for block in &self.blocks {
            if let Block::Table(table) = block
                && let Some(row) = table.rows.iter().position(|row| row.len() != table.columns.len())
            {
                return Err(PaperError::Ragged { row: row + 1 });
            }
        }
        Ok(())
    }

    /// The same paper with every text passed through `change`.
    pub(crate) fn with_text(mut self, change: &mut dyn FnMut(&str) -> String) -> Paper {
        for text in [&mut self.title, &mut self.issuer] {
            *text = change(text);
        }
        for text in self.number.iter_mut().chain(&mut self.addressee).chain(&mut self.copies) {
            *text = change(text);
        }
        if let Some(seal) = &mut self.seal {
            seal.of = change(&seal.of);
            seal.electronic = seal.electronic.as_deref().map(&mut *change);
        }
        for block in &mut self.blocks {
            block.change_text(change);
        }
        self
    }
}

impl Block {
    fn change_text(&mut self, change: &mut dyn FnMut(&str) -> String) {
        match self {
            Block::Paragraph(text) | Block::Heading(text) | Block::Note(text) => *text = change(text),
            Block::Fields(fields) => {
                for field in fields {
                    field.label = change(&field.label);
                    field.value = change(&field.value);
                }
            }
            Block::Table(table) => {
                for column in &mut table.columns {
                    column.header = change(&column.header);
                }
                for cell in table.rows.iter_mut().flatten() {
                    *cell = change(cell);
                }
            }
            Block::Signatures(signatures) => {
                for signature in signatures {
                    signature.role = change(&signature.role);
                    signature.name = signature.name.as_deref().map(&mut *change);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_left_over_takes_the_whole_line() {
        let fields = [
            Field::new("a", "1"),
            Field::wide("b", "2"),
            Field::new("c", "3"),
            Field::new("d", "4"),
            Field::new("e", "5"),
        ];
        let shape: Vec<Vec<u8>> =
            lines(&fields).iter().map(|line| line.iter().map(|pair| pair.span).collect()).collect();
        assert_eq!(shape, [vec![3], vec![3], vec![1, 1], vec![3]]);
        assert!(lines(&[]).is_empty());
    }
}
