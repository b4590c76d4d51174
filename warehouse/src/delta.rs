//! One table as Delta keeps it: open at a version, create, and commit a wanted set of files.
//!
//! A commit here is stated as the files the table shall consist of. What an earlier, unpublished run left in the log is undone by
//! the same commit, so a killed night needs no repair.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use arrow::datatypes::{Schema, SchemaRef};
use deltalake_core::{
    DeltaTable, DeltaTableBuilder, DeltaTableError, TableProperty,
    kernel::{
        Action, Add, StructField, StructType, Transaction,
        engine::arrow_conversion::{TryIntoArrow, TryIntoKernel},
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, SaveMode},
};
use futures::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    run::{Contents, DataFile},
    seal,
    store::Place,
};

/// What a table is called, where it lies and how it is built.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// The public name.
    pub name: String,
    /// The folder below the warehouse's root.
    pub folder: String,
    /// All columns, partition columns included.
    pub schema: SchemaRef,
    /// The partition columns, all of them text.
    pub partition: Vec<String>,
}

impl From<&crate::table::Table> for TableSpec {
    fn from(table: &crate::table::Table) -> Self {
        TableSpec {
            name: table.name.to_owned(),
            folder: table.folder(),
            schema: table.schema(),
            partition: table.partition.iter().map(|&column| column.to_owned()).collect(),
        }
    }
}

/// A table opened at one version, with its live files by path.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) table: DeltaTable,
    pub(crate) files: BTreeMap<String, Add>,
}

/// A failure of one table.
pub(crate) fn failed(folder: &str) -> impl Fn(DeltaTableError) -> Error + '_ {
    move |source| Error::Table { table: folder.to_owned(), source: Box::new(source) }
}

fn builder(place: &Place, folder: &str) -> Result<DeltaTableBuilder, Error> {
    let location = place
        .url
        .join(&format!("{folder}/"))
        .map_err(|source| Error::Location { location: format!("{}{folder}", place.url), reason: source.to_string() })?;
    Ok(DeltaTableBuilder::from_url(location.clone())
        .map_err(failed(folder))?
        .with_storage_backend(Arc::clone(&place.system), location))
}

/// Opens a table at a version, or at its newest.
///
/// The listing of a store may lag behind a version that a manifest names, so there it is looked for more than once.
pub(crate) async fn open(place: &Place, folder: &str, version: Option<u64>) -> Result<Opened, Error> {
    let mut looks_left = if place.is_remote() && version.is_some() { 3 } else { 0 };
    let mut pause = Duration::from_millis(100);
    loop {
        match open_once(place, folder, version).await {
            Err(Error::Table { .. }) if 0 < looks_left => {
                looks_left -= 1;
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
            opened => return opened,
        }
    }
}

async fn open_once(place: &Place, folder: &str, version: Option<u64>) -> Result<Opened, Error> {
    let mut wanted = builder(place, folder)?;
    if let Some(version) = version {
        wanted = wanted.with_version(version);
    }
    let table = wanted.load().await.map_err(failed(folder))?;
    let files = {
        let state = table.snapshot().map_err(failed(folder))?;
        let protocol = state.protocol();
        if protocol.min_reader_version() != 1 || protocol.min_writer_version() > 2 {
            return Err(Error::Protocol {
                table: folder.to_owned(),
                reader: protocol.min_reader_version(),
                writer: protocol.min_writer_version(),
            });
        }
        let log_store = table.log_store();
        // The Arrow arrays that are to replace it do not give an `Add` back, and a commit needs one.
        #[expect(deprecated)]
        let views: Vec<_> = state
            .snapshot()
            .file_views(log_store.as_ref(), None)
            .map_ok(|view| view.add_action())
            .try_collect()
            .await
            .map_err(failed(folder))?;
        views.into_iter().map(|add| (add.path.clone(), add)).collect()
    };
    Ok(Opened { table, files })
}

/// Versions from one checkpoint of a table's log to the next.
const CHECKPOINT_EVERY: u64 = 10;

/// The log of a table up to one version.
#[derive(Debug)]
pub(crate) struct Log {
    /// What a reader of that version reads, the newest checkpoint and the entries after it: paths below the warehouse's root, and SHA-256.
    read: Vec<(String, String)>,
    /// Every object: its version and path.
    objects: BTreeSet<(u64, String)>,
}

impl Log {
    /// Looks at the log of a table up to a version. `known` are the digests of objects that were read before; it learns the others.
    pub(crate) async fn of(
        place: &Place,
        folder: &str,
        version: u64,
        known: &mut BTreeMap<String, String>,
    ) -> Result<Log, Error> {
        let listed: Vec<_> = place.root.list(Some(&Path::from(format!("{folder}/_delta_log")))).try_collect().await?;
        let mut objects: BTreeSet<(u64, String)> = BTreeSet::new();
        let mut checkpoint: Option<(u64, String)> = None;
        for object in listed {
            let path = object.location.to_string();
            let Some((number, ending)) = object.location.filename().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Some(number) = number.parse().ok().filter(|number| *number <= version) else { continue };
            if ending == "checkpoint.parquet" {
                checkpoint = checkpoint.max(Some((number, path.clone())));
            } else if ending != "json" {
                continue;
            }
            objects.insert((number, path));
        }
        if place.is_remote() {
            // A listing may lag behind; what must be there is known by its name.
            let newest = version - version % CHECKPOINT_EVERY;
            let path = format!("{folder}/_delta_log/{newest:020}.checkpoint.parquet");
            let is_listed = checkpoint.as_ref().is_some_and(|(number, _)| *number == newest);
            if 0 < newest && !is_listed && place.root.head(&Path::from(path.as_str())).await.is_ok() {
                objects.insert((newest, path.clone()));
                checkpoint = checkpoint.max(Some((newest, path)));
            }
            let first = checkpoint.as_ref().map_or(0, |(number, _)| number + 1);
            objects.extend((first..=version).map(|number| (number, format!("{folder}/_delta_log/{number:020}.json"))));
        }
        let after = checkpoint.as_ref().map(|(number, _)| *number);
        let entries = objects.iter().filter(|(number, path)| after < Some(*number) && path.ends_with(".json"));
        let mut log = Log { read: Vec::new(), objects: objects.clone() };
        for (_, path) in checkpoint.iter().chain(entries) {
            log.read.push((path.clone(), digest(place, path, known).await?));
        }
        Ok(log)
    }

    /// Every object of the versions after a published one.
    pub(crate) fn since(&self, published: Option<u64>) -> impl Iterator<Item = &str> {
        self.objects.iter().filter(move |(number, _)| published < Some(*number)).map(|(_, path)| path.as_str())
    }

    /// One digest of all of them.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (path, sha256) in &self.read {
            hasher.update(format!("{path} {sha256}\n"));
        }
        seal::hex(&hasher.finalize())
    }
}

/// The digest of an object; `known` are those of objects that were read before.
pub(crate) async fn digest(place: &Place, path: &str, known: &mut BTreeMap<String, String>) -> Result<String, Error> {
    if let Some(sha256) = known.get(path) {
        return Ok(sha256.clone());
    }
    let sha256 = seal::digest(&*place.root, &Path::parse(path).map_err(object_store::Error::from)?).await?;
    known.insert(path.to_owned(), sha256.clone());
    Ok(sha256)
}

/// Opens a table at its newest version, or makes it.
pub(crate) async fn open_or_create(place: &Place, spec: &TableSpec) -> Result<Opened, Error> {
    let table = builder(place, &spec.folder)?.build().map_err(failed(&spec.folder))?;
    if table.verify_deltatable_existence().await.map_err(failed(&spec.folder))? {
        return open(place, &spec.folder, None).await;
    }
    let columns: Vec<StructField> = kernel_fields(&spec.schema)?;
    let created = deltalake_core::operations::create::CreateBuilder::new()
        .with_log_store(table.log_store())
        .with_table_name(&spec.name)
        .with_columns(columns)
        .with_partition_columns(spec.partition.clone())
        // Whoever opens a table reads every entry since the last checkpoint, some thirty tables many times a night.
        .with_configuration_property(TableProperty::CheckpointInterval, Some(CHECKPOINT_EVERY.to_string()))
        .await;
    match created {
        Ok(table) => Ok(Opened { table, files: BTreeMap::new() }),
        // Somebody else may have made it meanwhile, or we ourselves and the answer was lost.
        Err(source) => open(place, &spec.folder, None).await.map_err(|_| failed(&spec.folder)(source)),
    }
}

fn kernel_fields(schema: &Schema) -> Result<Vec<StructField>, Error> {
    let schema: StructType = schema.try_into_kernel()?;
    Ok(schema.fields().cloned().collect())
}

/// How often a commit gives way to one that came between before it is given up.
const MOST_TRIES: usize = 5;

/// Makes the table consist of exactly the `wanted` files, as the work of run `run_id`; returns the version that does.
///
/// An answer lost on the way is settled by looking: if the newest version consists of the wanted files, the commit is there. If somebody
/// else's commit came between (a run that slept through its lease), the files are stated anew on top of it.
pub(crate) async fn settle(
    place: &Place,
    spec: &TableSpec,
    mut now: Opened,
    wanted: &BTreeMap<String, Add>,
    run_id: u64,
) -> Result<u64, Error> {
    let mut tries = 0;
    loop {
        let current = now.table.version().unwrap_or_default();
        let actions = towards(wanted, &now);
        if actions.is_empty() {
            return Ok(current);
        }
        let source = match commit(spec, &now, actions, run_id).await {
            Ok(version) => return Ok(version),
            Err(source) => source,
        };
        tries += 1;
        now = open(place, &spec.folder, None).await?;
        let crossed = now.table.version().is_some_and(|version| current < version);
        let same = now.files.len() == wanted.len() && now.files.keys().all(|path| wanted.contains_key(path));
        if crossed && same {
            tracing::warn!(table = %spec.name, "the commit of {} was reported failed but is there", spec.name);
        } else if crossed && tries < MOST_TRIES {
            tracing::warn!(table = %spec.name, "somebody else committed to {} meanwhile", spec.name);
        } else {
            return Err(failed(&spec.folder)(source));
        }
    }
}

/// What leads from the files there are to the files wanted.
fn towards(wanted: &BTreeMap<String, Add>, now: &Opened) -> Vec<Action> {
    let gone = now.files.iter().filter(|(path, _)| !wanted.contains_key(*path));
    let come = wanted.iter().filter(|(path, _)| !now.files.contains_key(*path));
    let mut actions: Vec<Action> = gone.map(|(_, add)| Action::Remove(remove(add))).collect();
    actions.extend(come.map(|(_, add)| Action::Add(add.clone())));
    actions
}

/// Commits on top of exactly the version that was opened.
async fn commit(spec: &TableSpec, now: &Opened, actions: Vec<Action>, run_id: u64) -> Result<u64, DeltaTableError> {
    let properties = CommitProperties::default()
        .with_metadata([("runId".to_owned(), serde_json::json!(run_id))])
        .with_application_transaction(Transaction::new("xueji", i64::try_from(run_id).unwrap_or(i64::MAX)))
        .with_cleanup_expired_logs(Some(false))
        .with_max_retries(0);
    let operation = DeltaOperation::Write {
        mode: SaveMode::Overwrite,
        partition_by: (!spec.partition.is_empty()).then(|| spec.partition.clone()),
        predicate: Some("true".to_owned()),
    };
    let state = now.table.snapshot()?;
    let committed = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(state.snapshot()), now.table.log_store(), operation)
        .await?;
    Ok(committed.version())
}

fn remove(add: &Add) -> deltalake_core::kernel::Remove {
    deltalake_core::kernel::Remove {
        path: add.path.clone(),
        data_change: true,
        deletion_timestamp: Some(add.modification_time),
        extended_file_metadata: Some(true),
        partition_values: Some(add.partition_values.clone()),
        size: Some(add.size),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
    }
}

/// What an opened version consists of, for readers.
pub(crate) fn contents(opened: &Opened, folder: &str) -> Result<Contents, Error> {
    let state = opened.table.snapshot().map_err(failed(folder))?;
    let schema: Schema = state.schema().as_ref().try_into_arrow()?;
    let partition_columns: Vec<String> = state.metadata().partition_columns().to_vec();
    let files =
        opened.files.values().map(|add| data_file(add, folder, &partition_columns)).collect::<Result<_, _>>()?;
    Ok(Contents { schema: Arc::new(schema), partition_columns, files })
}

/// One file as readers see it.
pub(crate) fn data_file(add: &Add, folder: &str, partition_columns: &[String]) -> Result<DataFile, Error> {
    // As delta-rs does: the log names the object as it is called.
    let below = Path::parse(&add.path).unwrap_or_else(|_| Path::from(add.path.as_str()));
    let path = format!("{folder}/{below}");
    let partition =
        partition_columns.iter().map(|column| add.partition_values.get(column).cloned().flatten()).collect();
    Ok(DataFile {
        path,
        size: u64::try_from(add.size).unwrap_or_default(),
        sha256: sha256_of(add),
        rows: rows_of(add),
        partition,
        stats: add.stats.clone(),
    })
}

/// The tag of a file in the log that holds its SHA-256.
const SHA256: &str = "sha256";

/// The digest of a file by its tag; empty, and so never that of any bytes, where there is none.
fn sha256_of(add: &Add) -> String {
    add.tags.as_ref().and_then(|tags| tags.get(SHA256).cloned().flatten()).unwrap_or_default()
}

/// Writes the digest of a file into its tag.
pub(crate) fn tag(add: &mut Add, sha256: &str) {
    add.tags.get_or_insert_default().insert(SHA256.to_owned(), Some(sha256.to_owned()));
}

/// Rows of a file by its statistics.
pub(crate) fn rows_of(add: &Add) -> u64 {
    let stats: HashMap<String, serde_json::Value> =
        add.stats.as_deref().and_then(|stats| serde_json::from_str(stats).ok()).unwrap_or_default();
    stats.get("numRecords").and_then(serde_json::Value::as_u64).unwrap_or_default()
}
