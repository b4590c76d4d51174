//! A session over the tables of one published run: the one place that knows how queries are planned and run.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        datatypes::Date32Type,
    },
    catalog::TableProvider,
    common::TableReference,
    dataframe::DataFrame,
    datasource::{MemTable, object_store::ObjectStoreUrl},
    error::DataFusionError,
    execution::{
        SendableRecordBatchStream,
        context::{SQLOptions, SessionContext},
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    physical_plan::stream::RecordBatchStreamAdapter,
    prelude::SessionConfig,
    scalar::ScalarValue,
    sql::resolve::resolve_table_references,
};
use domain::{calendar::Day, policy::Policy};
use futures::StreamExt;
use tracing::debug;
use warehouse::{Run, Warehouse, table};

use crate::{
    error::Error,
    function::functions,
    model::{self, Model},
    policy_tables,
    provider::FileTable,
    rows,
    table_function::{Parameter, Parameterised},
};

/// Whether personal tables may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vault {
    /// They are not there.
    Shut,
    /// They are there, as `identities` and `quarantine`; the caller has put the reader's right and purpose on record.
    Open,
}

/// What a session may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Memory for sorting, grouping and joining, in bytes; beyond it they spill to disk.
    pub memory_bytes: usize,
    /// Where they spill; the system's folder for temporary files if none.
    pub spill_dir: Option<PathBuf>,
    /// How many threads a query uses; one for each core if none.
    pub partitions: Option<usize>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { memory_bytes: 1 << 30, spill_dir: None, partitions: None }
    }
}

/// Tables of one run, with the domain's functions and the policy in force.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    policy: Arc<Policy>,
    day: Day,
    shut: BTreeSet<&'static str>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("day", &self.day).field("tables", &self.tables()).finish_non_exhaustive()
    }
}

/// The longest SQL text from people that is looked at, in bytes.
const LONGEST_SQL: usize = 100_000;

impl Session {
    /// Opens every table of a run with default settings.
    pub async fn open(warehouse: &Warehouse, run: &Run, policy: &Policy, vault: Vault) -> Result<Session, Error> {
        Session::open_with(warehouse, run, policy, vault, &Settings::default()).await
    }

    /// Opens every table of a run.
    pub async fn open_with(
        warehouse: &Warehouse,
        run: &Run,
        policy: &Policy,
        vault: Vault,
        settings: &Settings,
    ) -> Result<Session, Error> {
        let day = run.day.parse().map_err(|_| Error::RunDay { run_id: run.run_id, day: run.day.clone() })?;
        let mut session = Session::empty(day, run.run_id, policy, settings)?;
        let store = ObjectStoreUrl::parse("warehouse://root")?;
        session.context.register_object_store(store.as_ref(), warehouse.store());
        for (name, published) in &run.tables {
            let personal = table::Table::named(name).is_some_and(|table| table.personal);
            if personal && vault == Vault::Shut {
                continue;
            }
            let contents = warehouse.contents(published).await?;
            session.register(name, Arc::new(FileTable::new(store.clone(), contents)?))?;
        }
        session.register_batches("runs", vec![policy_tables::runs_table(&warehouse.runs().await?).map_err(arrow)?])?;
        let snapshots = warehouse.snapshots().await?;
        session.register_batches("snapshots", vec![policy_tables::snapshots_table(&snapshots).map_err(arrow)?])?;
        session.complete(vault).await?;
        debug!(run.id = run.run_id, tables = session.tables().len(), "opened run {}", run.run_id);
        Ok(session)
    }

    /// A session over tables in memory, as tests and trials use it; fact tables that are not given are empty.
    pub async fn in_memory(
        tables: Vec<(String, Vec<RecordBatch>)>,
        day: Day,
        run_id: u64,
        policy: &Policy,
    ) -> Result<Session, Error> {
        let mut session = Session::empty(day, run_id, policy, &Settings::default())?;
        for (name, batches) in tables {
            session.register_batches(&name, batches)?;
        }
        session.complete(Vault::Shut).await?;
        Ok(session)
    }

    fn empty(day: Day, run_id: u64, policy: &Policy, settings: &Settings) -> Result<Session, Error> {
        let mut config = SessionConfig::new().with_information_schema(true).with_batch_size(8192);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        config = config.with_target_partitions(settings.partitions.unwrap_or(cores).max(1));
        let options = config.options_mut();
        options.sql_parser.map_string_types_to_utf8view = false;
        options.execution.parquet.schema_force_view_types = false;
        options.execution.parquet.pushdown_filters = true;
        let mode = match &settings.spill_dir {
            Some(dir) => DiskManagerMode::Directories(vec![dir.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(settings.memory_bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
            .build_arc()?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        for function in functions(policy) {
            context.register_udf(function);
        }
        let session = Session { context, policy: Arc::new(policy.clone()), day, shut: BTreeSet::new() };
        session.register_batches("_run", vec![policy_tables::run_table(day, run_id).map_err(arrow)?])?;
        session.register_batches("_class_size_policy", vec![policy_tables::class_sizes(policy).map_err(arrow)?])?;
        Ok(session)
    }

    /// Puts empty tables where the run has none, and the table functions over what is there.
    async fn complete(&mut self, vault: Vault) -> Result<(), Error> {
        for table in table::FACTS {
            if table.personal && vault == Vault::Shut {
                self.shut.insert(table.name);
            } else if !self.context.table_exist(table.name)? {
                self.register(table.name, Arc::new(MemTable::try_new(table.schema(), vec![vec![]])?))?;
            }
        }
        for model in model::all().unwrap_or_default() {
            if !model.takes.is_empty() && self.context.table_exist("places")? {
                self.register_function(&model).await?;
            }
        }
        Ok(())
    }

    /// The day of the run.
    pub fn day(&self) -> Day {
        self.day
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// DataFusion's own context, for those who plan by hand.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// The tables there are, by name; steps of models (`_…`) left out.
    pub fn tables(&self) -> Vec<String> {
        let names = self.context.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
        let mut names = names.map(|schema| schema.table_names()).unwrap_or_default();
        names.retain(|name| !name.starts_with('_'));
        names.sort();
        names
    }

    /// Answers a query of our own.
    pub async fn sql(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        collected(self.context.sql(sql).await?).await
    }

    /// Answers a query of our own piece by piece.
    pub async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream, Error> {
        streamed(self.context.sql(sql).await?).await
    }

    /// Answers people's SQL: one statement that only reads, over tables that exist and are open to them.
    pub async fn read_only(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        collected(self.read_only_frame(sql).await?).await
    }

    /// Answers people's SQL piece by piece.
    pub async fn read_only_stream(&self, sql: &str) -> Result<SendableRecordBatchStream, Error> {
        streamed(self.read_only_frame(sql).await?).await
    }

    async fn read_only_frame(&self, sql: &str) -> Result<DataFrame, Error> {
        if sql.len() > LONGEST_SQL {
            return Err(Error::TooLong { bytes: sql.len(), most: LONGEST_SQL });
        }
        let state = self.context.state();
        let dialect = state.config().options().sql_parser.dialect;
        let statement = state.sql_to_statement(sql, &dialect).map_err(Error::Syntax)?;
        let (read, _) = resolve_table_references(&statement, true).map_err(Error::Syntax)?;
        for table in &read {
            self.known(table)?;
        }
        let plan = state.statement_to_plan(statement).await?;
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        options.verify_plan(&plan).map_err(Error::ReadOnly)?;
        Ok(self.context.execute_logical_plan(plan).await?)
    }

    fn known(&self, table: &TableReference) -> Result<(), Error> {
        let name = table.table();
        if table.schema() == Some("information_schema")
            || self.context.state().table_functions().contains_key(name)
            || self.context.table_exist(table.clone())?
        {
            return Ok(());
        }
        if self.shut.contains(name) {
            return Err(Error::Personal { table: name.to_owned() });
        }
        Err(Error::UnknownTable { table: table.to_string(), known: self.tables().join(", ") })
    }

    /// Puts a table in the place of whatever bore its name.
    pub(crate) fn register(&self, name: &str, provider: Arc<dyn TableProvider>) -> Result<(), Error> {
        let name = TableReference::bare(name);
        self.context.deregister_table(name.clone())?;
        self.context.register_table(name, provider)?;
        Ok(())
    }

    pub(crate) fn register_batches(&self, name: &str, batches: Vec<RecordBatch>) -> Result<(), Error> {
        if let Some(first) = batches.first() {
            let table = MemTable::try_new(first.schema(), vec![batches])?;
            self.register(name, Arc::new(table))?;
        }
        Ok(())
    }

    pub(crate) fn deregister(&self, name: &str) -> Result<(), Error> {
        self.context.deregister_table(TableReference::bare(name))?;
        Ok(())
    }

    pub(crate) async fn register_function(&self, model: &Model) -> Result<(), Error> {
        let plan = self.context.state().create_logical_plan(&model.sql).await?;
        let parameters = model
            .takes
            .iter()
            .map(|name| Parameter {
                name: name.clone(),
                default: match name.as_str() {
                    "day" => ScalarValue::Date32(Some(self.day.epoch_days())),
                    // What this run's ledger holds is what was known at this run.
                    _ => ScalarValue::Int64(Some(i64::MAX)),
                },
            })
            .collect();
        self.context.register_udtf(&model.name, Arc::new(Parameterised::new(&model.name, plan, parameters)));
        Ok(())
    }

    /// Puts the tables of years and fee years, which begin with the ledger, before the models that read them.
    pub(crate) async fn register_years(&self) -> Result<(), Error> {
        let oldest = self.sql("select min(effective_on) from ledger").await?;
        let first = oldest
            .first()
            .and_then(|batch| batch.column(0).as_primitive_opt::<Date32Type>())
            .filter(|column| !column.is_empty() && column.is_valid(0))
            .map_or(self.day, |column| Day::from_epoch_days(column.value(0)));
        let policy = &self.policy;
        for (name, table) in [
            ("_school_years", policy_tables::years(policy.school_year_start(), first, self.day)),
            ("_statistics_years", policy_tables::years(policy.statistics_year_start(), first, self.day)),
            ("_fee_policy", policy_tables::fees(policy, first, self.day)),
        ] {
            self.register_batches(name, vec![table.map_err(arrow)?])?;
        }
        Ok(())
    }
}

async fn collected(frame: DataFrame) -> Result<Vec<RecordBatch>, Error> {
    let batches = frame.collect().await?;
    batches.iter().map(|batch| rows::told(batch).map_err(arrow)).collect()
}

async fn streamed(frame: DataFrame) -> Result<SendableRecordBatchStream, Error> {
    let stream = frame.execute_stream().await?;
    let schema = rows::told_schema(&stream.schema());
    let told = stream.map(|batch| rows::told(&batch?).map_err(DataFusionError::from));
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, told)))
}

fn arrow(error: datafusion::arrow::error::ArrowError) -> Error {
    Error::Query(error.into())
}
