//! The pupils' tables of one source, bucket by bucket: what tonight's rows make of `students`, `claims` and `identities`.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use arrow::{array::RecordBatch, compute::concat_batches};
use domain::{contract::Table, rule::RuleId};
use warehouse::{
    TableSpec,
    draft::{NewFile, TableWriter},
    run::Contents,
    table::{self, CLAIMS, IDENTITIES, STUDENTS},
};

use crate::{
    bucket::Filled,
    columns::{at, ints, longs, text},
    diff::{Difference, Tonight, Vanished, compare},
    finding::{Finding, Origin},
    night::{
        NightError,
        batch::{Across, Bench},
        desk,
    },
    pupil::PupilKeys,
    quarantine::{Flag, quarantine_rows},
    versions,
};

/// What became of the pupils' tables of one source.
#[derive(Debug, Default)]
pub struct Rolls {
    /// New files of `students`, and the partitions they replace.
    pub students: Replacement,
    /// New files of `identities`.
    pub identities: Replacement,
    /// New files of `claims`.
    pub claims: Replacement,
    /// Whose accounts change.
    pub differences: Vec<Difference>,
    /// Pupils listed, by surrogate, where the batch opens the source.
    pub opened: Vec<i64>,
    /// Pupils listed tonight.
    pub listed: HashSet<i64>,
    /// Records listed before.
    pub records_before: u64,
    /// Pupils that a full batch leaves out.
    pub vanished: Vec<Vanished>,
    /// Numbers under which a vanished pupil appears again the same night, with that pupil.
    pub renumbered: Vec<(String, i64)>,
}

/// Files in the place of partitions.
#[derive(Debug, Default)]
pub struct Replacement {
    /// The new files.
    pub files: Vec<NewFile>,
    /// The partitions they are in the place of.
    pub partitions: BTreeSet<Vec<Option<String>>>,
}

struct Writers {
    students: TableWriter,
    claims: TableWriter,
    identities: TableWriter,
}

impl Bench<'_> {
    /// The pupils' tables, bucket by bucket.
    pub async fn rolls(
        &self,
        tonight: Tonight<'_>,
        opens: bool,
        across: &mut Across,
        filled: Option<&Filled>,
        keys: &PupilKeys,
        mut quarantine: Option<&mut TableWriter>,
    ) -> Result<Rolls, NightError> {
        let mut rolls = Rolls::default();
        let Some(filled) = filled else { return Ok(rolls) };
        let mut gone: Vec<(i64, i64)> = Vec::new();
        let mut come: Vec<(i64, String)> = Vec::new();
        let (students, claims, identities) =
            (self.contents(&STUDENTS).await?, self.contents(&CLAIMS).await?, self.contents(&IDENTITIES).await?);
        let mut writers = Writers {
            students: self.draft.writer(&TableSpec::from(&STUDENTS)).await?,
            claims: self.draft.writer(&TableSpec::from(&CLAIMS)).await?,
            identities: self.draft.writer(&TableSpec::from(&IDENTITIES)).await?,
        };
        let cut = filled.cut();
        for number in 0..cut.buckets() {
            let bucket = cut.name(number);
            let partition = vec![Some(tonight.source.to_owned()), Some(bucket.clone())];
            let (rows, contradictions, fallen) =
                desk::settle(Table::Students, &filled.bucket(number)?, &mut across.files, &mut across.issues)?;
            if let Some(quarantine) = quarantine.as_mut().filter(|_| !contradictions.is_empty()) {
                quarantine.write(quarantine_rows(tonight.source, tonight.day, &contradictions)?).await?;
            }
            across.fallen.extend(fallen);
            let stood = self.partition(students.as_ref(), &partition, &STUDENTS).await?;
            let said = self.partition(claims.as_ref(), &partition, &CLAIMS).await?;
            let of = Tonight { bucket: &bucket, ..tonight };
            let compared = compare(&of, &rows, stood.as_ref(), said.as_ref(), keys, self.words, &STUDENTS.schema())?;
            rolls.records_before += stood.as_ref().map_or(0, |stood| stood.num_rows() as u64);
            if let Some(now) = compared.students {
                if opens {
                    rolls.opened.extend_from_slice(longs(&now, "pupil_id")?.values());
                }
                writers.students.write(now).await?;
                rolls.students.partitions.insert(partition.clone());
            }
            if let Some(now) = compared.claims {
                writers.claims.write(now).await?;
                rolls.claims.partitions.insert(partition.clone());
            }
            let mut key_changes = compared.key_changes;
            if !compared.touched.is_empty() {
                let were = self.partition(identities.as_ref(), &partition, &IDENTITIES).await?;
                let settled = versions::settle(&of, &rows, &compared.touched, were.as_ref(), keys)?;
                key_changes.extend(settled.key_changes);
                if let Some(now) = settled.identities {
                    writers.identities.write(now).await?;
                    rolls.identities.partitions.insert(partition);
                }
            }
            for (header, row) in key_changes {
                self.flag_key_change(&rows, header, row, across, keys)?;
            }
            if !tonight.full {
                rolls.listed.extend(keys.pupil_ids(text(&rows, "student_no")?).values());
            }
            gone.extend(compared.vanished.iter().filter_map(|vanished| Some((vanished.person?, vanished.pupil_id))));
            rolls.vanished.extend(compared.vanished);
            let numbers = text(&rows, "student_no")?;
            come.extend(
                compared
                    .appeared
                    .iter()
                    .filter_map(|&(row, person)| Some((person?, numbers.value(row as usize).to_owned()))),
            );
            if !opens {
                rolls.differences.extend(compared.differences);
            }
        }
        rolls.renumbered = renumbered(gone, come);
        rolls.students.files = writers.students.finish().await?;
        rolls.claims.files = writers.claims.finish().await?;
        rolls.identities.files = writers.identities.finish().await?;
        Ok(rolls)
    }

    /// A key field (关键信息) may only change by an approved request (皖教基〔2013〕20号 art. 29; INF-02).
    fn flag_key_change(
        &self,
        rows: &RecordBatch,
        header: &'static str,
        row: u32,
        across: &mut Across,
        keys: &PupilKeys,
    ) -> Result<(), NightError> {
        let at_row = row as usize;
        let pupil_id = keys.pupil_id(text(rows, "student_no")?.value(at_row));
        if across.key_papers.contains(&pupil_id) || self.key_changes.contains(&pupil_id) {
            return Ok(());
        }
        let origin = Origin {
            file: Arc::from(text(rows, "source_file")?.value(at_row)),
            sheet: at(text(rows, "source_sheet")?, at_row).map(Arc::from),
            row: u32::try_from(ints(rows, "source_row")?.value(at_row)).unwrap_or_default(),
        };
        let finding = Finding {
            table: Table::Students,
            origin,
            rule: RuleId::KeyChanged,
            header: Some(header),
            value: None,
            detail: String::new(),
            raw: None,
        };
        across.issues.add(&finding);
        across.flags.push(Flag::of_row(finding, rows, at_row, keys)?);
        Ok(())
    }

    async fn partition(
        &self,
        contents: Option<&Contents>,
        partition: &[Option<String>],
        table: &table::Table,
    ) -> Result<Option<RecordBatch>, NightError> {
        let Some(contents) = contents else { return Ok(None) };
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let mut batches = Vec::new();
        for file in contents.files.iter().filter(|file| file.partition == partition) {
            batches.extend(self.warehouse().read_file(contents, file, &names).await?);
        }
        if batches.is_empty() { Ok(None) } else { Ok(Some(concat_batches(&table.schema(), &batches)?)) }
    }
}

/// Pupils who leave under one number and come under another the same night: known by their own ID number, each exactly once.
fn renumbered(gone: Vec<(i64, i64)>, come: Vec<(i64, String)>) -> Vec<(String, i64)> {
    let mut by_person: BTreeMap<i64, (Vec<i64>, Vec<String>)> = BTreeMap::new();
    for (person, pupil_id) in gone {
        by_person.entry(person).or_default().0.push(pupil_id);
    }
    for (person, number) in come {
        by_person.entry(person).or_default().1.push(number);
    }
    by_person
        .into_values()
        .filter_map(|(pupils, numbers)| match (pupils.as_slice(), numbers.as_slice()) {
            ([pupil_id], [number]) => Some((number.clone(), *pupil_id)),
            _ => None,
        })
        .collect()
}
