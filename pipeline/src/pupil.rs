//! The pupil's surrogate and the digests of a record, all by keyed hash.
//!
//! An ID number is one of some 2×10¹⁰: an unkeyed hash of it would be the number. The key lies in the vault and never leaves it, so
//! what these functions return tells nothing about a person to whoever has only the figures.

use std::hash::Hasher;

use arrow::{
    array::{Array, ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray},
    datatypes::DataType,
};
use siphasher::sip::SipHasher24;
use std::{collections::HashMap, sync::Arc};

use crate::columns::{Shape, at, text};

/// The keys of one warehouse.
#[derive(Clone)]
pub struct PupilKeys {
    key: [u8; 16],
    /// Pupils whose registration number was replaced: their later numbers lead to the first one's surrogate.
    renumbered: HashMap<Arc<str>, i64>,
}

impl std::fmt::Debug for PupilKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PupilKeys").finish_non_exhaustive()
    }
}

/// The fields that make up an identity version, in the order of the table `identities`.
pub const IDENTITY_FIELDS: [&str; 14] = [
    "student_no",
    "number_kind",
    "regional_no",
    "name",
    "id_kind",
    "id_no",
    "id_holder",
    "guardian_name",
    "guardian_relation",
    "guardian_id_no",
    "guardian_phone",
    "address",
    "phone",
    "photo_digest",
];

const LINEAGE: [&str; 4] = ["source_file", "source_sheet", "source_row", "updated_at"];

impl PupilKeys {
    /// Keys from the vault's secret.
    pub fn new(key: [u8; 16]) -> PupilKeys {
        PupilKeys { key, renumbered: HashMap::new() }
    }

    /// Lets a later number lead to the pupil who bore an earlier one.
    pub fn renumber(&mut self, number: &str, pupil_id: i64) {
        self.renumbered.insert(Arc::from(number), pupil_id);
    }

    /// The surrogate of the pupil who bears a registration number.
    pub fn pupil_id(&self, student_no: &str) -> i64 {
        match self.renumbered.get(student_no) {
            Some(&pupil_id) => pupil_id,
            None => self.keyed(b"pupil", student_no.as_bytes()),
        }
    }

    /// The surrogates of a column of registration numbers.
    pub fn pupil_ids(&self, student_nos: &StringArray) -> Int64Array {
        student_nos.iter().map(|number| self.pupil_id(number.unwrap_or_default())).collect::<Vec<_>>().into()
    }

    /// Equal for equal ID numbers of pupils' own; null where the number is a guardian's or missing.
    pub fn person_keys(&self, students: &RecordBatch) -> Shape<Int64Array> {
        let (id_no, id_holder) = (text(students, "id_no")?, text(students, "id_holder")?);
        Ok((0..students.num_rows())
            .map(|row| match (at(id_no, row), at(id_holder, row)) {
                (Some(number), Some("self")) => Some(self.keyed(b"person", number.as_bytes())),
                _ => None,
            })
            .collect())
    }

    /// A digest of every field of each record but where it stood and when it was touched.
    pub fn record_digests(&self, rows: &RecordBatch) -> Shape<Int64Array> {
        let columns: Vec<ArrayRef> = rows
            .schema()
            .fields()
            .iter()
            .zip(rows.columns())
            .filter(|(field, _)| !LINEAGE.contains(&field.name().as_str()))
            .map(|(_, column)| Arc::clone(column))
            .collect();
        self.digests(b"record", &columns, rows.num_rows())
    }

    /// A digest of the identity version of each record.
    pub fn identity_digests(&self, rows: &RecordBatch) -> Shape<Int64Array> {
        let columns: Vec<ArrayRef> = IDENTITY_FIELDS
            .iter()
            .map(|field| text(rows, field).map(|column| Arc::new(column.clone()) as ArrayRef))
            .collect::<Shape<_>>()?;
        self.digests(b"identity", &columns, rows.num_rows())
    }

    fn digests(&self, purpose: &[u8], columns: &[ArrayRef], rows: usize) -> Shape<Int64Array> {
        let cells: Vec<Cells<'_>> = columns.iter().map(Cells::of).collect::<Shape<_>>()?;
        let mut line = Vec::with_capacity(512);
        let mut digests = Vec::with_capacity(rows);
        for row in 0..rows {
            line.clear();
            for cells in &cells {
                cells.write(row, &mut line);
            }
            digests.push(self.keyed(purpose, &line));
        }
        Ok(digests.into())
    }

    fn keyed(&self, purpose: &[u8], bytes: &[u8]) -> i64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(purpose);
        hasher.write(bytes);
        i64::from_le_bytes((hasher.finish() >> 1).to_le_bytes())
    }
}

enum Cells<'a> {
    Text(&'a StringArray),
    Day(&'a Date32Array),
    Int(&'a Int32Array),
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef) -> Shape<Cells<'a>> {
        let wrong =
            || arrow::error::ArrowError::SchemaError(format!("a record has no column of type {}", array.data_type()));
        match array.data_type() {
            DataType::Utf8 => array.as_any().downcast_ref().map(Cells::Text).ok_or_else(wrong),
            DataType::Date32 => array.as_any().downcast_ref().map(Cells::Day).ok_or_else(wrong),
            DataType::Int32 => array.as_any().downcast_ref().map(Cells::Int).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    fn write(&self, row: usize, line: &mut Vec<u8>) {
        match self {
            Cells::Text(array) if array.is_valid(row) => line.extend_from_slice(array.value(row).as_bytes()),
            Cells::Day(array) if array.is_valid(row) => line.extend_from_slice(&array.value(row).to_le_bytes()),
            Cells::Int(array) if array.is_valid(row) => line.extend_from_slice(&array.value(row).to_le_bytes()),
            _ => line.push(0xFF),
        }
        line.push(0x1F);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surrogate_is_positive_stable_and_tells_nothing_without_the_key() {
        let (one, other) = (PupilKeys::new([1; 16]), PupilKeys::new([2; 16]));
        let number = "G340101200609010011";
        assert_eq!(one.pupil_id(number), one.pupil_id(number));
        assert_ne!(one.pupil_id(number), other.pupil_id(number));
        assert!(0 <= one.pupil_id(number));
    }

    // REQ: IDN-01
    #[test]
    fn a_new_number_leads_to_the_same_pupil() {
        let mut keys = PupilKeys::new([1; 16]);
        let first = keys.pupil_id("L340101200609011234");
        keys.renumber("G340101200609010011", first);
        assert_eq!(keys.pupil_id("G340101200609010011"), first);
    }
}
