//! A column of text becomes a column of its type; each cell that can't is remarked on.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanBufferBuilder, Date32Array, Int32Array, PrimitiveArray,
        StringArray, StringBuilder,
    },
    buffer::NullBuffer,
    compute::cast,
    datatypes::{DataType, Date32Type, Float64Type, Int32Type, Int64Type},
};
use domain::{
    code::CodeList,
    contract::{Column, Holds, Table},
    rule::RuleId,
};

use crate::rows::RawRows;

use super::{
    cell::{self, Reading},
    marks::Marks,
};

/// The columns of a table, as they came and as they are read, in the contract's order.
#[derive(Debug)]
pub(super) struct Columns {
    table: Table,
    raw: Vec<StringArray>,
    typed: Vec<ArrayRef>,
}

impl Columns {
    /// Reads every column.
    pub fn read(rows: &RawRows, marks: &mut Marks<'_>) -> Columns {
        let raw: Vec<StringArray> = rows.table.columns().iter().map(|column| text_of(rows, column.field)).collect();
        let typed = rows
            .table
            .columns()
            .iter()
            .zip(&raw)
            .enumerate()
            .map(|(position, (column, cells))| Reader { column, position, cells, marks }.read())
            .collect();
        Columns { table: rows.table, raw, typed }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.raw.first().map_or(0, Array::len)
    }

    /// The cells as they came.
    pub fn raw(&self) -> &[StringArray] {
        &self.raw
    }

    /// The columns as they are read.
    pub fn into_typed(self) -> Vec<ArrayRef> {
        self.typed
    }

    /// Whether nothing stands in a field of a row as it came.
    pub fn is_blank(&self, row: usize, field: &str) -> bool {
        self.raw
            .get(self.position(field))
            .is_none_or(|cells| cells.is_null(row) || cell::text(cells.value(row)) == Reading::Missing)
    }

    /// A text column by field.
    pub fn text(&self, field: &str) -> &StringArray {
        self.at(field).as_string()
    }

    /// A column of days by field.
    pub fn days(&self, field: &str) -> &Date32Array {
        self.at(field).as_primitive()
    }

    /// A column of 32-bit numbers by field.
    pub fn ints(&self, field: &str) -> &Int32Array {
        self.at(field).as_primitive()
    }

    /// Puts another array of the same type in a field's place.
    pub fn replace(&mut self, field: &str, array: ArrayRef) {
        let position = self.position(field);
        if let Some(place) = self.typed.get_mut(position) {
            *place = array;
        }
    }

    fn at(&self, field: &str) -> &ArrayRef {
        self.typed.get(self.position(field)).expect("one array is read for each column of the contract")
    }

    fn position(&self, field: &str) -> usize {
        self.table.position(field).expect("checks ask for fields of the contract")
    }
}

fn text_of(rows: &RawRows, field: &str) -> StringArray {
    let absent = || StringArray::new_null(rows.cells.num_rows());
    let Some(array) = rows.cells.column_by_name(field) else { return absent() };
    match array.as_string_opt::<i32>() {
        Some(text) => text.clone(),
        None => cast(array, &DataType::Utf8)
            .ok()
            .and_then(|text| text.as_string_opt::<i32>().cloned())
            .unwrap_or_else(absent),
    }
}

struct Reader<'a, 'm, 'r> {
    column: &'static Column,
    position: usize,
    cells: &'a StringArray,
    marks: &'m mut Marks<'r>,
}

impl<'a> Reader<'a, '_, '_> {
    fn read(mut self) -> ArrayRef {
        let nameable = names_a_thing(self.column);
        match self.column.holds {
            Holds::Text => self.text(cell::text),
            Holds::Digits if nameable => self.text(cell::code),
            Holds::Digits => self.text(cell::digits),
            Holds::StudentNo => self.text(cell::student_no),
            Holds::IdNo => self.text(cell::id_no),
            Holds::SchoolId => self.few(cell::school_id),
            Holds::Division if nameable => self.few(cell::division_code),
            Holds::Division => self.few(cell::division),
            Holds::Month => self.few(cell::month),
            Holds::YesNo => self.few(cell::yes_no),
            Holds::Label(list) => match CodeList::named(list) {
                Some(list) if list.name() == "school_kind" => self.few(|value| cell::school_kind(value, list)),
                Some(list) => self.few(|value| cell::label(value, list)),
                None => self.text(cell::text),
            },
            Holds::Day => self.number::<Date32Type>(cell::day),
            Holds::Grade => self.number::<Int32Type>(cell::grade),
            Holds::Count => self.number::<Int32Type>(cell::count),
            Holds::Decimal => self.number::<Float64Type>(cell::decimal),
            Holds::Money => self.number::<Int64Type>(cell::fen),
        }
    }

    /// A column of many different values.
    fn text(&mut self, read: impl Fn(&'a str) -> Reading<'a>) -> ArrayRef {
        let mut out = Rewriter::new(self.cells);
        for row in 0..self.cells.len() {
            let reading = match self.cells.is_valid(row) {
                true => read(self.cells.value(row)),
                false => Reading::Missing,
            };
            self.take(row, &reading, &mut out);
        }
        out.finish()
    }

    /// A column of few different values: each is read once.
    fn few(&mut self, read: impl Fn(&'a str) -> Reading<'a>) -> ArrayRef {
        let mut out = Rewriter::new(self.cells);
        let mut seen = Seen::default();
        for row in 0..self.cells.len() {
            match self.cells.is_valid(row) {
                true => {
                    let reading = seen.reading(self.cells.value(row), &read);
                    self.take(row, reading, &mut out);
                }
                false => self.take(row, &Reading::Missing, &mut out),
            }
        }
        out.finish()
    }

    fn take(&mut self, row: usize, reading: &Reading<'a>, out: &mut Rewriter<'a>) {
        match reading {
            Reading::Same => out.keep(row),
            Reading::As(text) => out.put(row, text),
            Reading::Missing => {
                self.missing(row);
                out.null(row);
            }
            Reading::Unreadable => {
                self.unreadable(row);
                out.null(row);
            }
            Reading::Mangled => {
                self.note(row, RuleId::MangledNumber);
                out.null(row);
            }
            Reading::Kindergarten => {
                self.note(row, RuleId::Kindergarten);
                out.null(row);
            }
            Reading::Unlisted(_) if self.column.required => {
                self.note(row, RuleId::UnknownCode);
                out.null(row);
            }
            Reading::Unlisted(text) => {
                self.note(row, RuleId::OptionalCode);
                out.put(row, text);
            }
        }
    }

    fn number<T: ArrowPrimitiveType>(&mut self, read: impl Fn(&str) -> cell::Number<T::Native>) -> ArrayRef {
        let mut values: Vec<T::Native> = Vec::with_capacity(self.cells.len());
        let mut valid = BooleanBufferBuilder::new(self.cells.len());
        let mut last: Option<(&str, T::Native)> = None;
        for row in 0..self.cells.len() {
            let text = if self.cells.is_valid(row) { self.cells.value(row) } else { "" };
            if let Some((same, value)) = last
                && same == text
            {
                values.push(value);
                valid.append(true);
                continue;
            }
            let value = match read(text) {
                cell::Number::Is(value) => {
                    last = Some((text, value));
                    Some(value)
                }
                cell::Number::Missing => {
                    self.missing(row);
                    None
                }
                cell::Number::Unreadable => {
                    self.unreadable(row);
                    None
                }
                cell::Number::Kindergarten => {
                    self.note(row, RuleId::Kindergarten);
                    None
                }
            };
            valid.append(value.is_some());
            values.push(value.unwrap_or_default());
        }
        Arc::new(PrimitiveArray::<T>::new(values.into(), Some(NullBuffer::new(valid.finish()))))
    }

    fn missing(&mut self, row: usize) {
        if self.column.required {
            self.note(row, RuleId::Missing);
        }
    }

    fn unreadable(&mut self, row: usize) {
        self.note(row, if self.column.required { RuleId::Unreadable } else { RuleId::OptionalUnreadable });
    }

    fn note(&mut self, row: usize, rule: RuleId) {
        self.marks.note_at(row, rule, Some(self.position), String::new());
    }
}

/// Whether a damaged number in the column would name another thing: key and required codes, but not telephone numbers.
fn names_a_thing(column: &Column) -> bool {
    column.key || column.required
}

/// The different cells met so far and how each reads. Neighbours are often alike, so the last one met is looked at first.
#[derive(Default)]
struct Seen<'a> {
    all: Vec<(&'a str, Reading<'a>)>,
    last: usize,
    places: HashMap<&'a str, usize>,
}

impl<'a> Seen<'a> {
    /// So few are found sooner by comparing than by hash.
    const FEW: usize = 6;

    fn reading(&mut self, text: &'a str, read: impl Fn(&'a str) -> Reading<'a>) -> &Reading<'a> {
        if self.all.get(self.last).is_none_or(|(seen, _)| *seen != text) {
            self.last = self.place(text, read);
        }
        &self.all[self.last].1
    }

    fn place(&mut self, text: &'a str, read: impl Fn(&'a str) -> Reading<'a>) -> usize {
        let few = self.all.len().min(Self::FEW);
        if let Some(place) = self.all[..few].iter().position(|(seen, _)| *seen == text) {
            return place;
        }
        let all = &mut self.all;
        let next = |all: &mut Vec<(&'a str, Reading<'a>)>| {
            all.push((text, read(text)));
            all.len() - 1
        };
        if few < Self::FEW { next(all) } else { *self.places.entry(text).or_insert_with(|| next(all)) }
    }
}

/// A text column that is copied only from the first cell on that must change.
struct Rewriter<'a> {
    cells: &'a StringArray,
    out: Option<StringBuilder>,
}

impl<'a> Rewriter<'a> {
    fn new(cells: &'a StringArray) -> Rewriter<'a> {
        Rewriter { cells, out: None }
    }

    fn keep(&mut self, row: usize) {
        if let Some(out) = &mut self.out {
            out.append_value(self.cells.value(row));
        }
    }

    fn put(&mut self, row: usize, text: &str) {
        self.copied(row).append_value(text);
    }

    fn null(&mut self, row: usize) {
        match &mut self.out {
            Some(out) => out.append_null(),
            None if self.cells.is_null(row) => {}
            None => self.copied(row).append_null(),
        }
    }

    fn copied(&mut self, row: usize) -> &mut StringBuilder {
        let cells = self.cells;
        self.out.get_or_insert_with(|| {
            let mut out = StringBuilder::with_capacity(cells.len(), cells.value_data().len());
            for cell in cells.iter().take(row) {
                out.append_option(cell);
            }
            out
        })
    }

    fn finish(self) -> ArrayRef {
        match self.out {
            Some(mut out) => Arc::new(out.finish()),
            None => Arc::new(self.cells.clone()),
        }
    }
}
