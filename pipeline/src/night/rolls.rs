//! The pupils' tables of one source, bucket by bucket: what tonight's rows make of `students`, `claims` and `identities`.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use arrow::{array::RecordBatch, compute::concat_batches};
use domain::{contract::Table, rule::RuleId};
use warehouse::{
    TableSpec, Warehouse,
    draft::{NewFile, TableWriter, Writers},
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
        desk::{self, Settlement},
    },
    pupil::PupilKeys,
    quarantine::{Flag, quarantine_rows},
    side_by_side::side_by_side,
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
}

/// What came of comparing the buckets.
#[derive(Debug)]
pub enum Drawn {
    /// The rolls.
    Rolls(Box<Rolls>),
    /// Numbers under which a vanished pupil appears again the same night, with that pupil: compare once more, knowing them.
    Renumbered(Vec<(String, i64)>),
}

/// Files in the place of partitions.
#[derive(Debug, Default)]
pub struct Replacement {
    /// The new files.
    pub files: Vec<NewFile>,
    /// The partitions they are in the place of.
    pub partitions: BTreeSet<Vec<Option<String>>>,
}

impl Replacement {
    fn put(&mut self, partition: &[Option<String>], files: Option<Vec<NewFile>>) {
        if let Some(files) = files {
            self.files.extend(files);
            self.partitions.insert(partition.to_vec());
        }
    }
}

/// A table of pupils as the run has it, and writers for what it shall be.
struct Roll {
    table: &'static table::Table,
    contents: Option<Contents>,
    writers: Writers,
}

impl Roll {
    /// The rows of one partition.
    async fn partition(
        &self,
        warehouse: &Warehouse,
        partition: &[Option<String>],
    ) -> Result<Option<RecordBatch>, NightError> {
        let Some(contents) = &self.contents else { return Ok(None) };
        let names: Vec<&str> = self.table.columns.iter().map(|column| column.name).collect();
        let mut batches = Vec::new();
        for file in contents.files.iter().filter(|file| file.partition == partition) {
            batches.extend(warehouse.read_file(contents, file, &names).await?);
        }
        if batches.is_empty() { Ok(None) } else { Ok(Some(concat_batches(&self.table.schema(), &batches)?)) }
    }
}

/// What became of one bucket.
struct Sheet {
    partition: Vec<Option<String>>,
    settlement: Settlement,
    students: Option<Vec<NewFile>>,
    claims: Option<Vec<NewFile>>,
    identities: Option<Vec<NewFile>>,
    differences: Vec<Difference>,
    vanished: Vec<Vanished>,
    opened: Vec<i64>,
    listed: Vec<i64>,
    appeared: Vec<(i64, String)>,
    records_before: u64,
    key_changes: Vec<(Finding, Flag)>,
}

impl Bench<'_> {
    /// The pupils' tables, bucket by bucket, as many at a time as there are cores.
    pub async fn rolls(
        &self,
        tonight: Tonight<'_>,
        across: &mut Across,
        filled: Option<&Filled>,
        keys: &PupilKeys,
        quarantine: &mut TableWriter,
        look_for_numbers: bool,
    ) -> Result<Drawn, NightError> {
        let mut rolls = Rolls::default();
        let Some(filled) = filled else { return Ok(Drawn::Rolls(Box::new(rolls))) };
        let [students, claims, identities] =
            [self.roll(&STUDENTS).await?, self.roll(&CLAIMS).await?, self.roll(&IDENTITIES).await?];
        let key_papers = &across.key_papers;
        let sheets = {
            let runtime = tokio::runtime::Handle::current();
            let sheet = |number: usize| {
                let bucket = u32::try_from(number).unwrap_or(u32::MAX);
                runtime.block_on(self.sheet(
                    tonight,
                    filled,
                    bucket,
                    keys,
                    key_papers,
                    [&students, &claims, &identities],
                ))
            };
            tokio::task::block_in_place(|| side_by_side(filled.cut().buckets() as usize, sheet))?
        };
        if look_for_numbers {
            let numbers = renumbered(&sheets);
            if !numbers.is_empty() {
                return Ok(Drawn::Renumbered(numbers));
            }
        }
        for sheet in sheets {
            sheet.settlement.account_for(&mut across.files, &mut across.issues);
            let Settlement { contradictions, fallen, .. } = sheet.settlement;
            if !contradictions.is_empty() {
                quarantine.write(quarantine_rows(tonight.source, tonight.day, &contradictions)?).await?;
            }
            across.fallen.extend(fallen);
            rolls.students.put(&sheet.partition, sheet.students);
            rolls.claims.put(&sheet.partition, sheet.claims);
            rolls.identities.put(&sheet.partition, sheet.identities);
            rolls.records_before += sheet.records_before;
            rolls.opened.extend(sheet.opened);
            rolls.listed.extend(sheet.listed);
            for (finding, flag) in sheet.key_changes {
                across.issues.add(&finding);
                across.flags.push(flag);
            }
            rolls.vanished.extend(sheet.vanished);
            rolls.differences.extend(sheet.differences);
        }
        Ok(Drawn::Rolls(Box::new(rolls)))
    }

    async fn roll(&self, table: &'static table::Table) -> Result<Roll, NightError> {
        let writers = self.draft.writers(&TableSpec::from(table)).await?;
        Ok(Roll { table, contents: self.contents(table).await?, writers })
    }

    /// One bucket: keys settled, compared with the night before, and its files written.
    async fn sheet(
        &self,
        tonight: Tonight<'_>,
        filled: &Filled,
        bucket: u32,
        keys: &PupilKeys,
        key_papers: &HashSet<i64>,
        [students, claims, identities]: [&Roll; 3],
    ) -> Result<Sheet, NightError> {
        let name = filled.cut().name(bucket);
        let partition = vec![Some(tonight.source.to_owned()), Some(name.clone())];
        let settlement = desk::settle(Table::Students, filled.bucket(bucket)?)?;
        let rows = &settlement.rows;
        let stood = students.partition(self.warehouse(), &partition).await?;
        let said = claims.partition(self.warehouse(), &partition).await?;
        let of = Tonight { bucket: &name, ..tonight };
        let compared = compare(&of, rows, stood.as_ref(), said.as_ref(), keys, self.words, &STUDENTS.schema())?;
        let mut key_changes = compared.key_changes;
        let mut versions = None;
        if !compared.touched.is_empty() {
            let were = identities.partition(self.warehouse(), &partition).await?;
            let settled = versions::settle(&of, rows, &compared.touched, were.as_ref(), keys)?;
            key_changes.extend(settled.key_changes);
            versions = settled.identities;
        }
        let numbers = text(rows, "student_no")?;
        let opened = match &compared.students {
            Some(now) if tonight.opens => longs(now, "pupil_id")?.values().to_vec(),
            _ => Vec::new(),
        };
        let listed = if tonight.full { Vec::new() } else { keys.pupil_ids(numbers).values().to_vec() };
        let appeared = compared
            .appeared
            .iter()
            .filter_map(|&(row, person)| Some((person?, numbers.value(row as usize).to_owned())))
            .collect();
        let key_changes = key_changes
            .into_iter()
            .map(|(header, row)| self.key_change(rows, header, row as usize, key_papers, keys))
            .filter_map(Result::transpose)
            .collect::<Result<Vec<_>, NightError>>()?;
        let sheet = Sheet {
            partition,
            records_before: stood.as_ref().map_or(0, |stood| stood.num_rows() as u64),
            students: written(&students.writers, compared.students).await?,
            claims: written(&claims.writers, compared.claims).await?,
            identities: written(&identities.writers, versions).await?,
            differences: if tonight.opens { Vec::new() } else { compared.differences },
            vanished: compared.vanished,
            opened,
            listed,
            appeared,
            key_changes,
            settlement: settlement.without_rows(),
        };
        Ok(sheet)
    }

    /// A key field (关键信息) may only change by an approved request (皖教基〔2013〕20号 art. 29; INF-02).
    fn key_change(
        &self,
        rows: &RecordBatch,
        header: &'static str,
        row: usize,
        key_papers: &HashSet<i64>,
        keys: &PupilKeys,
    ) -> Result<Option<(Finding, Flag)>, NightError> {
        let pupil_id = keys.pupil_id(text(rows, "student_no")?.value(row));
        if key_papers.contains(&pupil_id) || self.key_changes.contains(&pupil_id) {
            return Ok(None);
        }
        let origin = Origin {
            file: Arc::from(text(rows, "source_file")?.value(row)),
            sheet: at(text(rows, "source_sheet")?, row).map(Arc::from),
            row: u32::try_from(ints(rows, "source_row")?.value(row)).unwrap_or_default(),
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
        let flag = Flag::of_row(finding.clone(), rows, row, keys)?;
        Ok(Some((finding, flag)))
    }
}

async fn written(writers: &Writers, rows: Option<RecordBatch>) -> Result<Option<Vec<NewFile>>, NightError> {
    match rows {
        Some(rows) => Ok(Some(writers.write(rows).await?)),
        None => Ok(None),
    }
}

/// Pupils who leave under one number and come under another the same night: known by their own ID number, each exactly once.
fn renumbered(sheets: &[Sheet]) -> Vec<(String, i64)> {
    let mut by_person: BTreeMap<i64, (Vec<i64>, Vec<&str>)> = BTreeMap::new();
    for vanished in sheets.iter().flat_map(|sheet| &sheet.vanished) {
        if let Some(person) = vanished.person {
            by_person.entry(person).or_default().0.push(vanished.pupil_id);
        }
    }
    for (person, number) in sheets.iter().flat_map(|sheet| &sheet.appeared) {
        by_person.entry(*person).or_default().1.push(number);
    }
    by_person
        .into_values()
        .filter_map(|(pupils, numbers)| match (pupils.as_slice(), numbers.as_slice()) {
            ([pupil_id], [number]) => Some(((*number).to_owned(), *pupil_id)),
            _ => None,
        })
        .collect()
}
