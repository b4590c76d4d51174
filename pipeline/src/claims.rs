//! Statements of sources as columns: read from checked rows, `students` and `claims`, written to `claims`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array},
    datatypes::DataType,
};
use domain::{calendar::Day, movement::Status};

use crate::{
    account::{Account, Person, Statement, Word, Words},
    columns::{Shape, at, bools, days, int_at, ints, longs, text},
    ledger::Side,
};

/// The columns of which an account is read; `students`, `claims`, `ledger` and checked rows all have them.
pub struct AccountColumns<'a> {
    school: &'a StringArray,
    class: &'a StringArray,
    grade: &'a Int32Array,
    stage: &'a StringArray,
    status: &'a StringArray,
    sex: &'a StringArray,
    ethnicity: &'a StringArray,
    hukou_kind: &'a StringArray,
    study_mode: &'a StringArray,
    migrant: &'a StringArray,
    left_behind: &'a StringArray,
    disability: &'a StringArray,
}

impl<'a> AccountColumns<'a> {
    /// Finds them in a batch.
    pub fn of(batch: &'a RecordBatch) -> Shape<AccountColumns<'a>> {
        Ok(AccountColumns {
            school: text(batch, "school_id")?,
            class: text(batch, "class_id")?,
            grade: ints(batch, "grade")?,
            stage: text(batch, "stage")?,
            status: text(batch, "status")?,
            sex: text(batch, "sex")?,
            ethnicity: text(batch, "ethnicity")?,
            hukou_kind: text(batch, "hukou_kind")?,
            study_mode: text(batch, "study_mode")?,
            migrant: text(batch, "migrant")?,
            left_behind: text(batch, "left_behind")?,
            disability: text(batch, "disability")?,
        })
    }

    /// Whether a row's account keeps its pupil on the register (在籍).
    pub fn is_registered(&self, row: usize) -> bool {
        Status::from_label(self.status.value(row)).is_some_and(Status::is_registered)
    }

    /// The sex of a row's pupil.
    pub fn sex(&self, row: usize) -> &str {
        self.sex.value(row)
    }

    /// The account of a row as text.
    pub fn side(&self, row: usize) -> Side<'a> {
        let texts = [
            self.school,
            self.class,
            self.stage,
            self.status,
            self.sex,
            self.ethnicity,
            self.hukou_kind,
            self.study_mode,
            self.migrant,
            self.left_behind,
            self.disability,
        ];
        Side { grade: int_at(self.grade, row).unwrap_or_default(), texts: texts.map(|column| at(column, row)) }
    }

    /// The account of a row.
    pub fn account(&self, row: usize, words: &Mutex<Words>) -> Account {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let mut must = |array: &StringArray| words.number(at(array, row).unwrap_or_default());
        let (school, class) = (must(self.school), must(self.class));
        let (stage, status) = (must(self.stage), must(self.status));
        let (sex, ethnicity) = (must(self.sex), must(self.ethnicity));
        let mut may = |array: &StringArray| at(array, row).map(|text| words.number(text));
        Account {
            school,
            class,
            grade: int_at(self.grade, row).unwrap_or_default(),
            stage,
            status,
            person: Person {
                sex,
                ethnicity,
                hukou_kind: may(self.hukou_kind),
                study_mode: may(self.study_mode),
                migrant: may(self.migrant),
                left_behind: may(self.left_behind),
                disability: may(self.disability),
            },
        }
    }
}

/// The statements in rows of the table `claims`, by pupil, oldest first.
pub fn statements(claims: &RecordBatch, words: &Mutex<Words>) -> Shape<HashMap<i64, Vec<Statement>>> {
    let (pupil_ids, stated_on, present) =
        (longs(claims, "pupil_id")?, days(claims, "stated_on")?, bools(claims, "present")?);
    let accounts = AccountColumns::of(claims)?;
    let mut by_pupil: HashMap<i64, Vec<Statement>> = HashMap::new();
    for row in 0..claims.num_rows() {
        let account = present.value(row).then(|| accounts.account(row, words));
        by_pupil
            .entry(pupil_ids.value(row))
            .or_default()
            .push(Statement { stated_on: Day::from_epoch_days(stated_on.value(row)), account });
    }
    for statements in by_pupil.values_mut() {
        statements.sort_by_key(|statement| statement.stated_on);
    }
    Ok(by_pupil)
}

/// Statements as rows of the table `claims`.
pub fn claims_rows(source: &str, bucket: &str, lines: &[(i64, Statement)], words: &Mutex<Words>) -> Shape<RecordBatch> {
    let words = words.lock().unwrap_or_else(PoisonError::into_inner);
    let schema = warehouse::table::CLAIMS.schema();
    let word = |pick: fn(&Account) -> Option<Word>| -> ArrayRef {
        Arc::new(StringArray::from_iter(
            lines.iter().map(|(_, line)| line.account.as_ref().and_then(pick).map(|word| words.text(word))),
        ))
    };
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> ArrayRef {
            match field.name().as_str() {
                "pupil_id" => Arc::new(Int64Array::from_iter_values(lines.iter().map(|(pupil_id, _)| *pupil_id))),
                "stated_on" => {
                    Arc::new(Date32Array::from_iter_values(lines.iter().map(|(_, line)| line.stated_on.epoch_days())))
                }
                "present" => {
                    Arc::new(BooleanArray::from_iter(lines.iter().map(|(_, line)| Some(line.account.is_some()))))
                }
                "grade" => Arc::new(Int32Array::from_iter(
                    lines.iter().map(|(_, line)| line.account.as_ref().map(|account| account.grade)),
                )),
                "school_id" => word(|account| Some(account.school)),
                "class_id" => word(|account| Some(account.class)),
                "stage" => word(|account| Some(account.stage)),
                "status" => word(|account| Some(account.status)),
                "sex" => word(|account| Some(account.person.sex)),
                "ethnicity" => word(|account| Some(account.person.ethnicity)),
                "hukou_kind" => word(|account| account.person.hukou_kind),
                "study_mode" => word(|account| account.person.study_mode),
                "migrant" => word(|account| account.person.migrant),
                "left_behind" => word(|account| account.person.left_behind),
                "disability" => word(|account| account.person.disability),
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(source, lines.len()))),
                "bucket" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(bucket, lines.len()))),
                _ => new_null_array(&DataType::Utf8, lines.len()),
            }
        })
        .collect();
    RecordBatch::try_new(schema, columns)
}
