//! One table of one batch across the desk: read, checked, keys settled, every row accounted for.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use arrow::array::RecordBatch;
use domain::{
    calendar::Day,
    contract::Table,
    policy::Policy,
    rule::{self, Severity},
};

use crate::{
    bucket::{Buckets, Cut, Filled, Sorted},
    check::{Checked, Known, check, settle_keys, typed_schema},
    columns::{Shape, at, ints, text},
    finding::{Finding, Origin},
    inbox::{Form, Part},
    night::NightError,
    pupil::PupilKeys,
    quarantine::Flag,
    read::{Limits, PartReport, ReadError, read_part},
    report::Issues,
    rows::RawRows,
};

/// What a desk works with.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The policy pack in force.
    pub policy: &'a Policy,
    /// The day of the batch.
    pub day: Day,
    /// What foreign files may cost.
    pub limits: &'a Limits,
    /// The keys of the warehouse.
    pub keys: &'a PupilKeys,
    /// Where rows may wait.
    pub scratch: &'a Path,
}

/// A file or sheet that was read.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Which.
    pub part: Part,
    /// What the reader says of it.
    pub report: PartReport,
    /// Rows that the checks accepted, before keys were settled.
    pub checked: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Identical rows dropped.
    pub dropped: u64,
    /// Accepted rows that bear a remark.
    pub flagged: u64,
}

impl ReadFile {
    /// Rows that count.
    pub fn accepted(&self) -> u64 {
        self.report.rows.saturating_sub(self.rejected).saturating_sub(self.dropped)
    }
}

/// A whole table after the desk.
#[derive(Debug)]
pub struct Desked {
    /// The files it came in.
    pub files: Vec<ReadFile>,
    /// The accepted rows, in buckets of the registration number where the table is of pupils and large.
    pub rows: Filled,
    /// Remarks on accepted rows.
    pub flags: Vec<Flag>,
}

/// What stopped a table.
#[derive(Debug)]
pub enum Stopped {
    /// The file does not read.
    Read(ReadError),
    /// We failed.
    Failed(NightError),
}

impl<E: Into<NightError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Stopped::Failed(error.into())
    }
}

/// Takes all parts of one table across the desk. `reject` is told of every finding that refuses a row, as it is found.
pub fn take_table(
    table: Table,
    parts: &[Part],
    known: &Known,
    rules: Rules<'_>,
    issues: &mut Issues,
    reject: &mut dyn FnMut(Vec<Finding>) -> Result<(), NightError>,
) -> Result<Desked, Stopped> {
    let pupils = table == Table::Students;
    let cut = if pupils { Cut::for_rows(estimated_rows(parts)) } else { Cut::for_rows(0) };
    take_table_cut(table, parts, known, rules, cut, issues, reject)
}

/// Like `take_table`, with the cut that the source has.
pub fn take_table_cut(
    table: Table,
    parts: &[Part],
    known: &Known,
    rules: Rules<'_>,
    cut: Cut,
    issues: &mut Issues,
    reject: &mut dyn FnMut(Vec<Finding>) -> Result<(), NightError>,
) -> Result<Desked, Stopped> {
    let mut buckets = Buckets::new(cut, typed_schema(table), rules.scratch);
    let mut tallies: BTreeMap<usize, ReadFile> = BTreeMap::new();
    let mut flags: Vec<Flag> = Vec::new();
    let mut collect = |number: usize, (checked, sorted): Cleared| -> Result<(), NightError> {
        let tally = tallies.entry(number).or_insert_with(|| ReadFile {
            part: parts[number].clone(),
            report: PartReport::default(),
            checked: 0,
            rejected: 0,
            dropped: 0,
            flagged: 0,
        });
        tally.checked += checked.rows.num_rows() as u64;
        tally.rejected += checked.rejected;
        let mut refusals = Vec::new();
        for finding in checked.findings {
            issues.add(&finding);
            match severity(&finding) {
                Severity::Reject => refusals.push(finding),
                Severity::Flag if refused_row(&finding, &checked.rows)? => {}
                Severity::Flag => flags.push(Flag::new(finding, &checked.rows, rules.keys)?),
            }
        }
        buckets.put(sorted?)?;
        if refusals.is_empty() { Ok(()) } else { reject(refusals) }
    };
    let reports = read_and_check(parts, known, rules, cut, &mut collect)?;
    let mut files: Vec<ReadFile> = Vec::with_capacity(parts.len());
    for (number, report) in reports.into_iter().enumerate() {
        let file = match tallies.remove(&number) {
            Some(mut file) => {
                file.report = report;
                file
            }
            None => ReadFile { part: parts[number].clone(), report, checked: 0, rejected: 0, dropped: 0, flagged: 0 },
        };
        let accounted = file.checked + file.rejected;
        if accounted != file.report.rows {
            let (name, rows) = (&file.part.file, file.report.rows);
            return Err(NightError::Bug(format!("{name}: {rows} rows in, {accounted} accounted for")).into());
        }
        files.push(file);
    }
    Ok(Desked { files, rows: buckets.close()?, flags })
}

fn severity(finding: &Finding) -> Severity {
    rule::rule(finding.rule).severity
}

/// Whether a finding's row is not among the accepted ones.
fn refused_row(finding: &Finding, accepted: &RecordBatch) -> Shape<bool> {
    let row = i32::try_from(finding.origin.row).unwrap_or(i32::MAX);
    Ok(ints(accepted, "source_row")?.values().binary_search(&row).is_err())
}

/// Rows a table may have, by the size of its files: enough to choose the number of buckets.
fn estimated_rows(parts: &[Part]) -> u64 {
    let bytes: u64 = parts
        .iter()
        .map(|part| {
            let size = fs_err::metadata(&part.path).map(|meta| meta.len()).unwrap_or_default();
            if part.form == Form::Csv { size } else { size.saturating_mul(8) }
        })
        .sum();
    bytes / 300
}

/// Rows that were checked, and the accepted ones in the order of their buckets.
type Cleared = (Checked, Shape<Sorted>);

/// Reads the parts in order while the checks of earlier rows go on beside; the results come back in the order of the rows.
fn read_and_check(
    parts: &[Part],
    known: &Known,
    rules: Rules<'_>,
    cut: Cut,
    collect: &mut dyn FnMut(usize, Cleared) -> Result<(), NightError>,
) -> Result<Vec<PartReport>, Stopped> {
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    let (raw_in, raw_out) = sync_channel::<(u64, usize, RawRows)>(workers * 2);
    let (done_in, done_out) = sync_channel::<(u64, usize, Cleared)>(workers * 2);
    let raw_out = Mutex::new(raw_out);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || read_all(parts, rules.limits, raw_in));
        for _ in 0..workers {
            let done_in = done_in.clone();
            let raw_out = &raw_out;
            scope.spawn(move || {
                while let Some((order, part, raw)) = next(raw_out) {
                    let checked = check(&raw, known, rules.policy, rules.day);
                    drop(raw);
                    let sorted = cut.sort(checked.rows.clone());
                    if done_in.send((order, part, (checked, sorted))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done_in);
        let mut waiting: BTreeMap<u64, (usize, Cleared)> = BTreeMap::new();
        let mut due = 0;
        let mut failed = None;
        for (order, part, cleared) in done_out {
            waiting.insert(order, (part, cleared));
            while let Some((part, cleared)) = waiting.remove(&due) {
                due += 1;
                if failed.is_none() {
                    failed = collect(part, cleared).err();
                }
            }
        }
        let reports = reader.join().map_err(|_| NightError::Bug("the reading thread panicked".to_owned()))?;
        match failed {
            Some(failed) => Err(Stopped::Failed(failed)),
            None => reports.map_err(Stopped::Read),
        }
    })
}

fn next(raw: &Mutex<Receiver<(u64, usize, RawRows)>>) -> Option<(u64, usize, RawRows)> {
    raw.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn read_all(
    parts: &[Part],
    limits: &Limits,
    raw: SyncSender<(u64, usize, RawRows)>,
) -> Result<Vec<PartReport>, ReadError> {
    let mut order = 0;
    parts
        .iter()
        .enumerate()
        .map(|(number, part)| {
            read_part(part, limits, &mut |rows| {
                order += 1;
                raw.send((order - 1, number, rows))
                    .map_err(|_| ReadError::stopped(&part.file, "the checks have stopped"))
            })
        })
        .collect()
}

/// The rows of one table or bucket with each key once, and what fell away.
#[derive(Debug)]
pub struct Settlement {
    /// The rows that stay.
    pub rows: RecordBatch,
    /// A finding for each row that contradicts the first of its key.
    pub contradictions: Vec<Finding>,
    /// Where the rows stood that fell away: contradicting or repeated.
    pub fallen: HashSet<Origin>,
}

impl Settlement {
    /// Puts what fell away to the account of its file.
    pub fn account_for(&self, files: &mut [ReadFile], issues: &mut Issues) {
        let contradicting: HashSet<&Origin> = self.contradictions.iter().map(|finding| &finding.origin).collect();
        for origin in &self.fallen {
            if let Some(file) = file_of(files, origin) {
                if contradicting.contains(origin) { file.rejected += 1 } else { file.dropped += 1 }
            }
        }
        for finding in &self.contradictions {
            issues.add(finding);
        }
    }

    /// What is left to account for once the rows have gone on.
    pub fn without_rows(self) -> Settlement {
        Settlement { rows: RecordBatch::new_empty(self.rows.schema()), ..self }
    }
}

/// Settles the keys of a table, or of one bucket of it.
pub fn settle(table: Table, rows: Vec<RecordBatch>) -> Result<Settlement, NightError> {
    let settled = settle_keys(table, &rows)?;
    let mut fallen = HashSet::new();
    if 0 < settled.rejected || 0 < settled.dropped {
        let mut stays: HashSet<Origin> = HashSet::with_capacity(settled.rows.num_rows());
        each_origin(&settled.rows, |origin| {
            stays.insert(origin);
        })?;
        for batch in &rows {
            each_origin(batch, |origin| {
                if !stays.contains(&origin) {
                    fallen.insert(origin);
                }
            })?;
        }
    }
    Ok(Settlement { rows: settled.rows, contradictions: settled.findings, fallen })
}

fn each_origin(rows: &RecordBatch, mut with: impl FnMut(Origin)) -> Shape<()> {
    let (files, sheets, numbers) = (text(rows, "source_file")?, text(rows, "source_sheet")?, ints(rows, "source_row")?);
    for row in 0..numbers.len() {
        with(Origin {
            file: Arc::from(files.value(row)),
            sheet: at(sheets, row).map(Arc::from),
            row: u32::try_from(numbers.value(row)).unwrap_or_default(),
        });
    }
    Ok(())
}

fn file_of<'a>(files: &'a mut [ReadFile], origin: &Origin) -> Option<&'a mut ReadFile> {
    files
        .iter_mut()
        .find(|file| *file.part.file == *origin.file && file.part.sheet.as_deref() == origin.sheet.as_deref())
}

/// Counts the flagged rows of each file and forgets flags of rows that fell away. What only the night before shows is not the file's.
pub fn count_flags(flags: &mut Vec<Flag>, fallen: &HashSet<Origin>, files: &mut [ReadFile]) {
    flags.retain(|flag| !fallen.contains(flag.origin()));
    let rows: HashSet<&Origin> = flags.iter().filter(|flag| flag.is_seen_on_the_row()).map(Flag::origin).collect();
    for origin in rows {
        if let Some(file) = file_of(files, origin) {
            file.flagged += 1;
        }
    }
}
