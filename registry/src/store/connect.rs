//! Connections: opened by URL, brought to the schema of this program, refused where the schema is newer.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use sea_orm_migration::MigratorTrait;

use super::migration::Migrator;

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is none of ours.
    #[error("`{0}` is no database: give sqlite:FILE, sqlite::memory: or postgres://…")]
    Url(String),
    /// The schema is of a newer program.
    #[error("the database has the step `{step}`, which this program does not know: use the newer program")]
    Newer {
        /// The unknown step.
        step: String,
    },
    /// The database's file.
    #[error("the database's file")]
    File(#[from] std::io::Error),
    /// The database itself.
    #[error("the database does not answer as it should")]
    Database(#[from] DbErr),
    /// What is stored does not read.
    #[error("{table} {key} does not read")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// What is stored is not what it should be.
    #[error("{table} {key}: {what}")]
    Broken {
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
        /// What is wrong.
        what: String,
    },
}

/// The database. SQLite has one connection that writes and others that read; in memory there is but one.
#[derive(Debug, Clone)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

/// Prepared statements kept by a connection: those that write many rows differ by their number.
const STATEMENTS: usize = 1_000;
/// What SQLite keeps of its file in memory, in negative KiB.
const CACHE: &str = "-65536";
/// After how many pages of its log SQLite folds them into the file.
const CHECKPOINT: &str = "8000";
/// Connections that read at the same time.
const READERS: u32 = 4;

impl Store {
    /// Opens the database of a URL and brings it to the schema of this program.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let store = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") if url.contains(":memory:") => {
                let only = Database::connect(sqlite(url, 1)).await?;
                Store { writer: only.clone(), readers: only }
            }
            Some("sqlite") => {
                keep_private(url)?;
                Store {
                    writer: Database::connect(sqlite(url, 1)).await?,
                    readers: Database::connect(sqlite(url, READERS)).await?,
                }
            }
            Some("postgres" | "postgresql") => {
                let mut options = ConnectOptions::new(url);
                options
                    .max_connections(READERS)
                    .acquire_timeout(Duration::from_secs(20))
                    .sqlx_logging(false)
                    .map_sqlx_postgres_opts(|options| options.statement_cache_capacity(STATEMENTS));
                let mut one = options.clone();
                one.max_connections(1);
                Store { writer: Database::connect(one).await?, readers: Database::connect(options).await? }
            }
            _ => return Err(StoreError::Url(url.to_owned())),
        };
        store.refuse_newer().await?;
        Migrator::up(&store.writer, None).await?;
        Ok(store)
    }

    async fn refuse_newer(&self) -> Result<(), StoreError> {
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let statement = Statement::from_string(self.backend(), "select version from seaql_migrations order by version");
        // A database without the table is empty.
        let Ok(rows) = self.writer.query_all_raw(statement).await else { return Ok(()) };
        for row in rows {
            let step: String = row.try_get("", "version")?;
            if !known.contains(&step) {
                return Err(StoreError::Newer { step });
            }
        }
        Ok(())
    }

    /// Which of the two it is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// The connections that read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Begins a transaction that reads, of one state of the database.
    pub async fn look(&self) -> Result<DatabaseTransaction, StoreError> {
        let isolation = (self.backend() == DbBackend::Postgres).then_some(sea_orm::IsolationLevel::RepeatableRead);
        let options = TransactionOptions { isolation_level: isolation, ..TransactionOptions::default() };
        Ok(self.readers.begin_with_options(options).await?)
    }

    /// Lets PostgreSQL look at its tables, so that it plans for what is in them. SQLite keeps no plan.
    pub async fn look_at_tables(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Postgres {
            self.writer
                .execute_unprepared("analyze pupils, cases, changes, notices, newcomers, facts, portraits")
                .await?;
        }
        Ok(())
    }

    /// Closes the connections; SQLite's log is folded into the file.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await?;
        Ok(self.writer.close().await?)
    }
}

/// A new file of children's records is for its owner alone; SQLite gives its log the same mode.
fn keep_private(url: &str) -> Result<(), StoreError> {
    use fs_err::os::unix::fs::OpenOptionsExt as _;
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//").split('?').next().unwrap_or_default();
    let mut options = fs_err::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::File(error)),
    }
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).sqlx_logging(false).map_sqlx_sqlite_opts(|options| {
        options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(20))
            .statement_cache_capacity(STATEMENTS)
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .foreign_keys(true)
            .create_if_missing(true)
    });
    if url.contains(":memory:") {
        // The database lives as long as its one connection.
        options
            .min_connections(1)
            .idle_timeout(Duration::from_secs(86_400 * 365))
            .max_lifetime(Duration::from_secs(86_400 * 365));
    }
    options
}

/// Whether an error says that a row of the same key is there already.
pub fn is_conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
}
