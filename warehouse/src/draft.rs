//! A run in the making: write files, commit tables, publish the manifest last.
//!
//! Nothing that a draft does can be seen by a reader before `publish`, and nothing of a draft that was killed disturbs the next.

use std::collections::{BTreeMap, BTreeSet};

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::DataType,
};
use chrono::{DateTime, Utc};
use deltalake_core::{
    DeltaTable,
    kernel::Add,
    writer::{DeltaWriter, RecordBatchWriter, WriteMode},
};
use domain::calendar::Day;
use parquet::{
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};

use crate::{
    Warehouse,
    delta::{self, Log, Opened, TableSpec, failed},
    error::Error,
    lease::Lease,
    manifest_path,
    run::{Contents, DataFile, Published, Run},
};

/// The next run, not yet published.
#[derive(Debug)]
pub struct Draft {
    warehouse: Warehouse,
    lease: Lease,
    base: Option<Run>,
    run: Run,
}

/// A data file that is written but belongs to no version yet.
#[derive(Debug, Clone)]
pub struct NewFile {
    add: Add,
    /// Its path below the warehouse's root.
    path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: String,
}

/// Which of the published files a commit lets go.
#[derive(Debug, Clone)]
pub enum LetGo {
    /// None: the new files are appended.
    Nothing,
    /// All: the new files are the table.
    Everything,
    /// The files of these partitions, each the values of the partition columns in order.
    Partitions(BTreeSet<Vec<Option<String>>>),
}

impl LetGo {
    fn covers(&self, partition: &[Option<String>]) -> bool {
        match self {
            LetGo::Nothing => false,
            LetGo::Everything => true,
            LetGo::Partitions(gone) => gone.contains(partition),
        }
    }
}

/// Columns of which a dictionary would only be a second copy.
const NEARLY_ALL_DIFFERENT: [&str; 14] = [
    "pupil_id",
    "movement_id",
    "record_digest",
    "person_key",
    "source_row",
    "student_no",
    "regional_no",
    "id_no",
    "guardian_id_no",
    "guardian_phone",
    "phone",
    "name",
    "guardian_name",
    "address",
];

impl Draft {
    /// Takes the lease and begins the run that follows the newest published one.
    ///
    /// A run never speaks for an earlier day than the run before: what arrives late lands on its day in the ledger, and the
    /// figures stay those of the newest day.
    pub async fn begin(warehouse: &Warehouse, day: Day, now: DateTime<Utc>) -> Result<Draft, Error> {
        let holder =
            format!("process {} since {}, for the day {day}", std::process::id(), now.format("%Y-%m-%dT%H:%M:%SZ"));
        let lease = Lease::take(warehouse.place(), &holder).await?;
        let base = warehouse.latest().await?;
        let run = Run {
            run_id: base.as_ref().map_or(1, |run| run.run_id + 1),
            day: base.as_ref().map_or(day, |run| run.day().max(day)).to_string(),
            started_at: now,
            finished_at: now,
            tables: base.as_ref().map(|run| run.tables.clone()).unwrap_or_default(),
            files: BTreeMap::new(),
            previous: match &base {
                Some(run) => Some(warehouse.digest_of(manifest_path(run.run_id).as_ref()).await?),
                None => None,
            },
        };
        Ok(Draft { warehouse: warehouse.clone(), lease, base, run })
    }

    /// The run as far as it has come: tables committed by this draft at their new versions, all others as published before.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run that this one follows.
    pub fn base(&self) -> Option<&Run> {
        self.base.as_ref()
    }

    /// The warehouse.
    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// A writer of new files for a table, which is made if it is not there.
    pub async fn writer(&self, spec: &TableSpec) -> Result<TableWriter, Error> {
        self.writers(spec).await?.writer()
    }

    /// As many writers of one table as there is work for side by side; the table is opened once.
    pub async fn writers(&self, spec: &TableSpec) -> Result<Writers, Error> {
        let opened = delta::open_or_create(self.warehouse.place(), spec).await?;
        let level = ZstdLevel::try_new(1).map_err(|source| Error::DataFile { path: spec.folder.clone(), source })?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(1 << 20));
        for column in NEARLY_ALL_DIFFERENT {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
        }
        // The least and the greatest text of a file help no question, and would be somebody's name or number in the log.
        for field in spec.schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8) {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::None);
        }
        let (warehouse, spec) = (self.warehouse.clone(), spec.clone());
        Ok(Writers { warehouse, spec, table: opened.table, properties: properties.build() })
    }

    /// Commits new files to a table in the place of those let go.
    pub async fn commit(&mut self, spec: &TableSpec, new: Vec<NewFile>, let_go: &LetGo) -> Result<(), Error> {
        self.lease.check()?;
        let published = match self.run.tables.get(&spec.name) {
            Some(at) => self.warehouse.open_published(at).await?.files,
            None => BTreeMap::new(),
        };
        let mut wanted: BTreeMap<String, Add> = published
            .into_iter()
            .filter(|(_, add)| {
                let partition: Vec<Option<String>> =
                    spec.partition.iter().map(|column| add.partition_values.get(column).cloned().flatten()).collect();
                !let_go.covers(&partition)
            })
            .collect();
        for file in new {
            self.run.files.insert(file.path, file.sha256);
            wanted.insert(file.add.path.clone(), file.add);
        }
        let now: Opened = delta::open_or_create(self.warehouse.place(), spec).await?;
        let version = delta::settle(self.warehouse.place(), spec, now, &wanted, self.run.run_id).await?;
        let rows = wanted.values().map(delta::rows_of).sum();
        let mut known = BTreeMap::new();
        let log = Log::of(self.warehouse.place(), &spec.folder, version, &mut known).await?;
        let published = self.base.as_ref().and_then(|run| run.tables.get(&spec.name)).map(|at| at.version);
        for path in log.since(published) {
            if !self.run.files.contains_key(path) {
                let sha256 = delta::digest(self.warehouse.place(), path, &mut known).await?;
                self.run.files.insert(path.to_owned(), sha256);
            }
        }
        let published = Published { folder: spec.folder.clone(), version, rows, log: log.digest() };
        self.warehouse.seals.see(&published);
        self.run.tables.insert(spec.name.clone(), published);
        Ok(())
    }

    /// Replaces a whole table by these rows; an empty list leaves an empty table.
    pub async fn replace(&mut self, spec: &TableSpec, batches: Vec<RecordBatch>) -> Result<(), Error> {
        let mut writer = self.writer(spec).await?;
        for batch in batches {
            writer.write(batch).await?;
        }
        let files = writer.finish().await?;
        self.commit(spec, files, &LetGo::Everything).await
    }

    /// Notes an object that is no part of a table as one of this run's files.
    pub async fn keep(&mut self, path: &str) -> Result<(), Error> {
        let sha256 = self.warehouse.digest_of(path).await?;
        self.run.files.insert(path.to_owned(), sha256);
        Ok(())
    }

    /// What the new files are to a reader, before they are committed.
    pub fn preview(&self, spec: &TableSpec, files: &[NewFile]) -> Result<Contents, Error> {
        let files: Vec<DataFile> = files
            .iter()
            .map(|file| delta::data_file(&file.add, &spec.folder, &spec.partition))
            .collect::<Result<_, _>>()?;
        Ok(Contents { schema: spec.schema.clone(), partition_columns: spec.partition.clone(), files })
    }

    /// Publishes the run: from now on readers see it, whole.
    pub async fn publish(mut self, now: DateTime<Utc>) -> Result<Run, Error> {
        self.run.finished_at = now;
        self.lease.confirm().await?;
        self.warehouse.publish(&self.run).await?;
        Ok(self.run)
    }
}

/// Makes writers of one table.
#[derive(Debug, Clone)]
pub struct Writers {
    warehouse: Warehouse,
    spec: TableSpec,
    table: DeltaTable,
    properties: WriterProperties,
}

impl Writers {
    /// A writer with files of its own.
    pub fn writer(&self) -> Result<TableWriter, Error> {
        let inner = RecordBatchWriter::for_table(&self.table)
            .map_err(failed(&self.spec.folder))?
            .with_writer_properties(self.properties.clone());
        Ok(TableWriter { warehouse: self.warehouse.clone(), spec: self.spec.clone(), inner })
    }

    /// Writes these rows to files of their own.
    pub async fn write(&self, rows: RecordBatch) -> Result<Vec<NewFile>, Error> {
        let mut writer = self.writer()?;
        writer.write(rows).await?;
        writer.finish().await
    }
}

/// Writes data files of one table.
#[derive(Debug)]
pub struct TableWriter {
    warehouse: Warehouse,
    spec: TableSpec,
    inner: RecordBatchWriter,
}

impl TableWriter {
    /// Writes rows (partition columns included), cut by partition.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), Error> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let failed = failed(&self.spec.folder);
        let Some(values) = self.one_partition(&batch) else { return self.inner.write(batch).await.map_err(failed) };
        let values = values.into_iter().map(|(column, value)| (column, value.into())).collect();
        self.inner.write_partition(batch, &values, WriteMode::Default).await.map_err(failed).map(drop)
    }

    /// The columns of the partition and their values, where all rows are of one. To cut such rows by partition would copy them all.
    fn one_partition(&self, batch: &RecordBatch) -> Option<Vec<(String, String)>> {
        let only = |name: &String| {
            let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
            let first = column.iter().next()??;
            column.iter().all(|value| value == Some(first)).then(|| (name.clone(), first.to_owned()))
        };
        let values: Vec<(String, String)> = self.spec.partition.iter().map(only).collect::<Option<_>>()?;
        (!values.is_empty()).then_some(values)
    }

    /// Finishes the files. They are on the disk now, and part of nothing until committed.
    pub async fn finish(mut self) -> Result<Vec<NewFile>, Error> {
        let adds = self.inner.flush().await.map_err(failed(&self.spec.folder))?;
        let mut files = Vec::with_capacity(adds.len());
        for mut add in adds {
            let path = delta::data_file(&add, &self.spec.folder, &[])?.path;
            let sha256 = self.warehouse.digest_of(&path).await?;
            delta::tag(&mut add, &sha256);
            files.push(NewFile { add, path, sha256 });
        }
        Ok(files)
    }
}
