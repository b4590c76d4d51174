//! One batch, taken whole or not at all: its tables across the desk, its pupils against the night before.
//!
//! Nothing here is visible to a reader: data files are written, but only the night commits them, once the whole batch is good.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Instant,
};

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, new_null_array};
use domain::{calendar::Day, contract::Table};
use tracing::debug;
use warehouse::{
    Run, TableSpec, Warehouse,
    draft::{Draft, NewFile, TableWriter},
    run::{Contents, DataFile},
    table::{self, QUARANTINE, STUDENTS},
};

use crate::{
    account::{Word, Words},
    bucket::{Cut, Filled},
    check::Known,
    columns::{Shape, text},
    diff::Tonight,
    finding::{Finding, Origin},
    inbox::{self, Mode, Part},
    night::{
        NightError, Settings,
        desk::{self, Desked, ReadFile, Rules, Settlement, Stopped},
        elapsed, papers,
        rolls::{Drawn, Rolls},
    },
    pupil::PupilKeys,
    quarantine::{Flag, quarantine_rows},
    report::{Issues, ReasonReport},
};

/// A batch that is good, with everything the night must commit for it.
#[derive(Debug)]
pub struct Taken {
    /// The source.
    pub source: String,
    /// The source, numbered.
    pub word: Word,
    /// The day.
    pub day: Day,
    /// Whether it states all of the source's records.
    pub full: bool,
    /// Whether it is the source's first.
    pub opens: bool,
    /// Whether later batches of the source were taken before.
    pub late: bool,
    /// Authorities, schools and classes it states.
    pub authorities: RecordBatch,
    /// Schools.
    pub schools: RecordBatch,
    /// Classes.
    pub classes: RecordBatch,
    /// Change records.
    pub changes: RecordBatch,
    /// Side facts, as rows of their tables.
    pub facts: Vec<(&'static table::Table, RecordBatch)>,
    /// The pupils' tables.
    pub rolls: Rolls,
    /// Registration numbers that replace an earlier one, with the pupil who bore that.
    pub renumbered: Vec<(String, i64)>,
    /// Remarks on accepted rows.
    pub flags: Vec<Flag>,
    /// Files of quarantined rows.
    pub quarantined: Vec<NewFile>,
    /// The files.
    pub files: Vec<ReadFile>,
    /// Cause by cause.
    pub issues: Issues,
}

/// Why a batch is not taken.
#[derive(Debug)]
pub enum Trouble {
    /// It waits.
    Held(ReasonReport),
    /// It is refused.
    Refused(ReasonReport),
    /// We failed.
    Failed(NightError),
}

impl<E: Into<NightError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Trouble::Failed(error.into())
    }
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Failed(error) => Trouble::Failed(error),
            Stopped::Read(error) => {
                let holds = error.holds();
                let reason = inbox::Reason::from(&error).into();
                if holds { Trouble::Held(reason) } else { Trouble::Refused(reason) }
            }
        }
    }
}

/// What is known of a source before this batch.
#[derive(Debug, Clone, Default)]
pub struct SourceHistory {
    /// The days of its full batches.
    pub full_days: BTreeSet<Day>,
    /// The day of its first batch.
    pub opened_on: Option<Day>,
}

/// The place where a batch is worked on.
pub struct Bench<'a> {
    /// The run in the making.
    pub draft: &'a Draft,
    /// The night's settings.
    pub settings: &'a Settings,
    /// The keys of the warehouse.
    pub keys: &'a PupilKeys,
    /// The words of the run.
    pub words: &'a Mutex<Words>,
    /// Pupils whose key facts were changed by paper in earlier batches.
    pub key_changes: &'a HashSet<i64>,
}

impl Bench<'_> {
    pub fn warehouse(&self) -> &Warehouse {
        self.draft.warehouse()
    }

    fn run(&self) -> &Run {
        self.draft.run()
    }

    /// Takes a batch across the desk and compares its pupils with the night before.
    pub async fn take(&self, batch: &inbox::Batch, known: Known, history: &SourceHistory) -> Result<Taken, Trouble> {
        let (source, day) = (batch.source.as_str(), batch.day);
        let word = self.words.lock().unwrap_or_else(std::sync::PoisonError::into_inner).number(source);
        let full = batch.mode == Mode::Full;
        let next = history.full_days.range(day.plus_days(1)..).next().copied();
        let opens = history.opened_on.is_none();
        let students = self.contents(&STUDENTS).await?;
        let cut = students.as_ref().and_then(|students| cut_of(students, source));

        let mut quarantine = self.draft.writer(&TableSpec::from(&QUARANTINE)).await?;
        let scratch = self.settings.scratch.join(format!("{source}-{day}"));
        let rules = Rules {
            policy: &self.settings.policy,
            day,
            limits: &self.settings.limits,
            keys: self.keys,
            scratch: &scratch,
        };
        let began = Instant::now();
        let mut across = tokio::task::block_in_place(|| self.across(batch, known, rules, cut, &mut quarantine))?;
        debug!(source, elapsed_ms = elapsed(began), "read and checked {source}");
        if let Some(reason) = broken_promise(batch, &across.files) {
            return Err(Trouble::Held(reason));
        }
        let opens = opens && students.as_ref().is_none_or(|students| !lists(students, source));
        let tonight = Tonight { source, word, day, full, opens, next, bucket: "" };
        let filled = across.students.take();
        let began = Instant::now();
        let mut keys = self.keys.clone();
        let mut renumbered = Vec::new();
        let rolls = match self.rolls(tonight, &mut across, filled.as_ref(), &keys, &mut quarantine, true).await? {
            Drawn::Rolls(rolls) => *rolls,
            Drawn::Renumbered(numbers) => {
                for (number, pupil_id) in &numbers {
                    keys.renumber(number, *pupil_id);
                    let as_another = self.keys.pupil_id(number);
                    across.flags.iter_mut().for_each(|flag| flag.correct_pupil(as_another, *pupil_id));
                }
                across.key_papers = papers::key_changes(&across.changes, &keys)?;
                renumbered = numbers;
                match self.rolls(tonight, &mut across, filled.as_ref(), &keys, &mut quarantine, false).await? {
                    Drawn::Rolls(rolls) => *rolls,
                    Drawn::Renumbered(_) => return Err(NightError::Bug("numbers were not settled".to_owned()).into()),
                }
            }
        };
        debug!(source, elapsed_ms = elapsed(began), "compared and wrote the pupils of {source}");
        let _ = fs_err::remove_dir_all(&scratch);
        across.flags.retain(|flag| !flag.is_number_difference_of(self.key_changes));
        desk::count_flags(&mut across.flags, &across.fallen, &mut across.files);
        Ok(Taken {
            source: source.to_owned(),
            word,
            day,
            full,
            opens,
            late: next.is_some(),
            authorities: across.authorities,
            schools: across.schools,
            classes: across.classes,
            changes: papers::as_changes(source, day, &across.changes, &keys)?,
            facts: across
                .facts
                .into_iter()
                .filter_map(|(table, rows)| Some((table::Table::named(table.name())?, rows)))
                .map(|(table, rows)| Ok((table, as_facts(table, source, day, &rows, &keys)?)))
                .collect::<Shape<_>>()?,
            rolls,
            renumbered,
            flags: across.flags,
            quarantined: quarantine.finish().await?,
            files: across.files,
            issues: across.issues,
        })
    }

    /// All tables across the desk, in the order in which one needs the other.
    fn across(
        &self,
        batch: &inbox::Batch,
        mut known: Known,
        rules: Rules<'_>,
        cut: Option<Cut>,
        quarantine: &mut TableWriter,
    ) -> Result<Across, Stopped> {
        let mut by_table: BTreeMap<Table, Vec<Part>> = BTreeMap::new();
        for part in &batch.parts {
            by_table.entry(part.table).or_default().push(part.clone());
        }
        let mut across = Across::default();
        let runtime = tokio::runtime::Handle::current();
        let (source, day) = (batch.source.as_str(), batch.day);
        let mut order: Vec<Table> = by_table.keys().copied().collect();
        order.sort_by_key(|&table| (table == Table::Students, table));
        for table in order {
            let parts = by_table.remove(&table).unwrap_or_default();
            let mut issues = std::mem::take(&mut across.issues);
            let mut reject = |findings: Vec<Finding>| -> Result<(), NightError> {
                runtime.block_on(quarantine.write(quarantine_rows(source, day, &findings)?))?;
                Ok(())
            };
            let desked = match (table, cut) {
                (Table::Students, Some(cut)) => {
                    desk::take_table_cut(table, &parts, &known, rules, cut, &mut issues, &mut reject)
                }
                _ => desk::take_table(table, &parts, &known, rules, &mut issues, &mut reject),
            }?;
            let Desked { mut files, rows, flags } = desked;
            across.flags.extend(flags);
            if table == Table::Students {
                across.students = Some(rows);
            } else {
                let settlement = desk::settle(table, rows.bucket(0)?)?;
                settlement.account_for(&mut files, &mut issues);
                let Settlement { rows, contradictions, fallen } = settlement;
                if !contradictions.is_empty() {
                    reject(contradictions)?;
                }
                across.fallen.extend(fallen);
                known.learn(table, &rows);
                match table {
                    Table::Authorities => across.authorities = rows,
                    Table::Schools => across.schools = rows,
                    Table::Classes => across.classes = rows,
                    Table::Changes => {
                        across.key_papers = papers::key_changes(&rows, self.keys)?;
                        across.changes = rows;
                    }
                    other => across.facts.push((other, rows)),
                }
            }
            across.files.extend(files);
            across.issues = issues;
        }
        Ok(across)
    }

    pub async fn contents(&self, table: &table::Table) -> Result<Option<Contents>, NightError> {
        match self.run().tables.get(table.name) {
            Some(published) => Ok(Some(self.warehouse().contents(published).await?)),
            None => Ok(None),
        }
    }
}

/// What lies across the desk.
pub struct Across {
    authorities: RecordBatch,
    schools: RecordBatch,
    classes: RecordBatch,
    changes: RecordBatch,
    facts: Vec<(Table, RecordBatch)>,
    pub key_papers: HashSet<i64>,
    students: Option<Filled>,
    pub flags: Vec<Flag>,
    pub fallen: HashSet<Origin>,
    pub files: Vec<ReadFile>,
    pub issues: Issues,
}

impl Default for Across {
    fn default() -> Self {
        let empty = |table: Table| RecordBatch::new_empty(crate::check::typed_schema(table));
        Across {
            authorities: empty(Table::Authorities),
            schools: empty(Table::Schools),
            classes: empty(Table::Classes),
            changes: empty(Table::Changes),
            facts: Vec::new(),
            key_papers: HashSet::new(),
            students: None,
            flags: Vec::new(),
            fallen: HashSet::new(),
            files: Vec::new(),
            issues: Issues::default(),
        }
    }
}

fn lists(students: &Contents, source: &str) -> bool {
    students.files.iter().any(|file| of_source(file, source))
}

fn of_source(file: &DataFile, source: &str) -> bool {
    file.partition.first().and_then(Option::as_deref) == Some(source)
}

/// How a source's pupils were cut when it opened.
fn cut_of(students: &Contents, source: &str) -> Option<Cut> {
    let file = students.files.iter().find(|file| of_source(file, source))?;
    Cut::of_name(file.partition.get(1)?.as_deref()?)
}

fn broken_promise(batch: &inbox::Batch, files: &[ReadFile]) -> Option<ReasonReport> {
    let mut rows: HashMap<&str, u64> = HashMap::new();
    for file in files {
        *rows.entry(file.part.file.as_str()).or_default() += file.report.rows;
    }
    let mut names: Vec<&str> = rows.keys().copied().collect();
    names.sort_unstable();
    names.into_iter().find_map(|name| {
        let promised = batch.promised_rows(name)?;
        let found = rows.get(name).copied().unwrap_or_default();
        (promised != found).then(|| ReasonReport {
            code: "manifest_rows".to_owned(),
            file: Some(name.to_owned()),
            zh: format!("清单 manifest.json 写明 {name} 有 {promised} 行,实际读到 {found} 行;请核对后重新上报"),
            en: format!("manifest.json promises {promised} rows of {name}, {found} were read; check and send again"),
        })
    })
}

/// Checked side facts in the form of their table.
fn as_facts(table: &table::Table, source: &str, day: Day, rows: &RecordBatch, keys: &PupilKeys) -> Shape<RecordBatch> {
    let n = rows.num_rows();
    let schema = table.schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| -> Shape<ArrayRef> {
            Ok(match field.name().as_str() {
                "pupil_id" => Arc::new(keys.pupil_ids(text(rows, "student_no")?)),
                "source" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(source, n))),
                "source_day" => Arc::new(Date32Array::from(vec![day.epoch_days(); n])),
                name => match rows.column_by_name(name) {
                    Some(column) => Arc::clone(column),
                    None => new_null_array(field.data_type(), n),
                },
            })
        })
        .collect::<Shape<_>>()?;
    RecordBatch::try_new(schema, columns)
}
