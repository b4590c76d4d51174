//! Movements become ledger entries: −1 where the pupil was, +1 where the pupil is.
//!
//! The ledger is append-only. When later batches or papers change what a pupil's movements are, the entries of those that no longer
//! stand are taken back by counter-entries and the new ones are posted.

use std::{collections::BTreeMap, hash::Hasher, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, BooleanBuilder, Date32Array, Date32Builder, Int32Array, Int32Builder, Int64Array,
        Int64Builder, RecordBatch, StringArray, StringBuilder, new_null_array,
    },
    error::ArrowError,
};
use domain::{calendar::Day, movement::MovementKind};
use siphasher::sip::SipHasher13;

use crate::{
    account::{Account, Movement, Word, Words},
    claims::AccountColumns,
    columns::{Shape, longs},
};

/// Entries of the ledger on their way into a batch.
#[derive(Debug, Default)]
pub struct Entries {
    movement_id: Int64Builder,
    effective_on: Date32Builder,
    run_id: Int64Builder,
    pupil_id: Int64Builder,
    kind: StringBuilder,
    explained: BooleanBuilder,
    sign: Int32Builder,
    school_id: StringBuilder,
    class_id: StringBuilder,
    grade: Int32Builder,
    stage: StringBuilder,
    status: StringBuilder,
    sex: StringBuilder,
    ethnicity: StringBuilder,
    hukou_kind: StringBuilder,
    study_mode: StringBuilder,
    migrant: StringBuilder,
    left_behind: StringBuilder,
    disability: StringBuilder,
    reverses: BooleanBuilder,
    other_school_id: StringBuilder,
    other_grade: Int32Builder,
    other_status: StringBuilder,
    rows: usize,
}

/// A movement with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// The number, the same in every run that works out the same movement.
    pub movement_id: i64,
    /// The movement.
    pub movement: Movement,
}

/// Numbers the movements of one pupil. Two that are alike in everything are told apart by their order.
pub fn numbered(pupil_id: i64, movements: &[Movement], words: &Words) -> Vec<Numbered> {
    let mut seen: BTreeMap<i64, u64> = BTreeMap::new();
    movements
        .iter()
        .map(|movement| {
            let side = |account: &Option<Account>| account.as_ref().map(|account| Side::of(account, words));
            let sides = [side(&movement.from), side(&movement.to)];
            let mut hasher = hashed(pupil_id, movement.effective_on, movement.kind, &sides);
            let alike = seen.entry(hasher.finish().cast_signed()).or_default();
            let movement_id = number(&mut hasher, *alike);
            *alike += 1;
            Numbered { movement_id, movement: *movement }
        })
        .collect()
}

/// One side of a movement as text: what its number is made of.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// 年级
    pub grade: i32,
    /// School, class, stage, status, sex, ethnicity, and what else describes the pupil, in the order of the table `ledger`.
    pub texts: [Option<&'a str>; 11],
}

impl<'a> Side<'a> {
    fn of(account: &Account, words: &'a Words) -> Side<'a> {
        let person = &account.person;
        let all = [
            Some(account.school),
            Some(account.class),
            Some(account.stage),
            Some(account.status),
            Some(person.sex),
            Some(person.ethnicity),
            person.hukou_kind,
            person.study_mode,
            person.migrant,
            person.left_behind,
            person.disability,
        ];
        Side { grade: account.grade, texts: all.map(|word| word.map(|word| words.text(word))) }
    }
}

fn hashed(pupil_id: i64, effective_on: Day, kind: MovementKind, sides: &[Option<Side<'_>>; 2]) -> SipHasher13 {
    let mut hasher = SipHasher13::new();
    hasher.write_i64(pupil_id);
    hasher.write_i32(effective_on.epoch_days());
    write_text(&mut hasher, kind.label());
    for side in sides {
        let Some(side) = side else {
            hasher.write_u8(0);
            continue;
        };
        hasher.write_u8(1);
        hasher.write_i32(side.grade);
        for text in side.texts {
            match text {
                Some(text) => write_text(&mut hasher, text),
                None => hasher.write_u8(0),
            }
        }
    }
    hasher
}

fn number(hasher: &mut SipHasher13, alike: u64) -> i64 {
    hasher.write_u64(alike);
    (hasher.finish() >> 1).cast_signed()
}

fn write_text(hasher: &mut SipHasher13, text: &str) {
    hasher.write(text.as_bytes());
    hasher.write_u8(0x1F);
}

/// The opening of balances as rows of the table `ledger`: one entry for each row of `students`, its account's columns taken over as they are.
pub fn opening_rows(run_id: i64, day: Day, students: &RecordBatch) -> Shape<RecordBatch> {
    let (n, kind) = (students.num_rows(), MovementKind::Opening);
    let pupils = longs(students, "pupil_id")?;
    let accounts = AccountColumns::of(students)?;
    let numbers = (0..n).map(|row| {
        let sides = [None, Some(accounts.side(row))];
        number(&mut hashed(pupils.value(row), day, kind, &sides), 0)
    });
    let numbers = Int64Array::from_iter_values(numbers);
    let explained = Movement { effective_on: day, kind, from: None, to: None }.explained();
    let schema = warehouse::table::LEDGER.schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> Shape<ArrayRef> {
            Ok(match field.name().as_str() {
                "movement_id" => Arc::new(numbers.clone()),
                "effective_on" => Arc::new(Date32Array::from(vec![day.epoch_days(); n])),
                "run_id" => Arc::new(Int64Array::from(vec![run_id; n])),
                "kind" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(kind.label(), n))),
                "explained" => Arc::new(BooleanArray::from(vec![explained; n])),
                "sign" => Arc::new(Int32Array::from(vec![1; n])),
                "reverses" => Arc::new(BooleanArray::from(vec![false; n])),
                name if name.starts_with("other_") => new_null_array(field.data_type(), n),
                name => Arc::clone(
                    students
                        .column_by_name(name)
                        .ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))?,
                ),
            })
        })
        .collect::<Shape<_>>()?;
    RecordBatch::try_new(schema, columns)
}

impl Entries {
    /// Posts what turns the movements that stood into those that stand now, as learnt by run `run_id`.
    pub fn post_difference(
        &mut self,
        run_id: i64,
        pupil_id: i64,
        stood: &[Movement],
        stands: &[Movement],
        words: &Words,
    ) {
        let stood = numbered(pupil_id, stood, words);
        let stands = numbered(pupil_id, stands, words);
        for gone in stood.iter().filter(|old| !stands.iter().any(|new| new.movement_id == old.movement_id)) {
            self.post(run_id, pupil_id, gone, true, words);
        }
        for come in stands.iter().filter(|new| !stood.iter().any(|old| old.movement_id == new.movement_id)) {
            self.post(run_id, pupil_id, come, false, words);
        }
    }

    fn post(&mut self, run_id: i64, pupil_id: i64, numbered: &Numbered, reverses: bool, words: &Words) {
        let movement = &numbered.movement;
        let sides = [(movement.from, movement.to, -1), (movement.to, movement.from, 1)];
        for (side, other, sign) in sides {
            let Some(account) = side else { continue };
            self.movement_id.append_value(numbered.movement_id);
            self.effective_on.append_value(movement.effective_on.epoch_days());
            self.run_id.append_value(run_id);
            self.pupil_id.append_value(pupil_id);
            self.kind.append_value(movement.kind.label());
            self.explained.append_value(movement.explained());
            self.sign.append_value(if reverses { -sign } else { sign });
            self.school_id.append_value(words.text(account.school));
            self.class_id.append_value(words.text(account.class));
            self.grade.append_value(account.grade);
            self.stage.append_value(words.text(account.stage));
            self.status.append_value(words.text(account.status));
            self.sex.append_value(words.text(account.person.sex));
            self.ethnicity.append_value(words.text(account.person.ethnicity));
            let may = |word: Option<Word>| word.map(|word| words.text(word));
            self.hukou_kind.append_option(may(account.person.hukou_kind));
            self.study_mode.append_option(may(account.person.study_mode));
            self.migrant.append_option(may(account.person.migrant));
            self.left_behind.append_option(may(account.person.left_behind));
            self.disability.append_option(may(account.person.disability));
            self.reverses.append_value(reverses);
            self.other_school_id.append_option(may(other.map(|other| other.school)));
            self.other_grade.append_option(other.map(|other| other.grade));
            self.other_status.append_option(may(other.map(|other| other.status)));
            self.rows += 1;
        }
    }

    /// Entries waiting.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The waiting entries as rows of the table `ledger`.
    pub fn take(&mut self) -> Shape<RecordBatch> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.movement_id.finish()),
            Arc::new(self.effective_on.finish()),
            Arc::new(self.run_id.finish()),
            Arc::new(self.pupil_id.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.explained.finish()),
            Arc::new(self.sign.finish()),
            Arc::new(self.school_id.finish()),
            Arc::new(self.class_id.finish()),
            Arc::new(self.grade.finish()),
            Arc::new(self.stage.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.sex.finish()),
            Arc::new(self.ethnicity.finish()),
            Arc::new(self.hukou_kind.finish()),
            Arc::new(self.study_mode.finish()),
            Arc::new(self.migrant.finish()),
            Arc::new(self.left_behind.finish()),
            Arc::new(self.disability.finish()),
            Arc::new(self.reverses.finish()),
            Arc::new(self.other_school_id.finish()),
            Arc::new(self.other_grade.finish()),
            Arc::new(self.other_status.finish()),
        ];
        RecordBatch::try_new(warehouse::table::LEDGER.schema(), columns)
    }
}
