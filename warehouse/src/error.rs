//! What can go wrong between us and the store.

use std::path::PathBuf;

/// A failure of the warehouse: of its store, its tables, or its discipline of one writer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The location is not one we can keep a warehouse at.
    #[error("`{location}` is not a place for a warehouse: {reason}")]
    Location {
        /// What was given.
        location: String,
        /// Why it will not do.
        reason: String,
    },
    /// Nothing was ever published there.
    #[error("there is no warehouse at {location}: no run was ever published there")]
    Empty {
        /// Where we looked.
        location: String,
    },
    /// A run that is not there was asked for.
    #[error("there is no run {run_id} in the warehouse; the newest is run {newest}")]
    NoSuchRun {
        /// The run asked for.
        run_id: u64,
        /// The newest there is.
        newest: u64,
    },
    /// Somebody else is writing.
    #[error("another run holds the warehouse: {holder}")]
    Held {
        /// Who, as it wrote into the lease.
        holder: String,
    },
    /// Somebody published the run's number first.
    #[error("run {run_id} was published by somebody else meanwhile; nothing of this run was published")]
    Overtaken {
        /// The number.
        run_id: u64,
    },
    /// The lease ran out and somebody else works now.
    #[error("the lease of this run ran out and was taken over by {holder}; nothing of this run was published")]
    Fenced {
        /// Who holds it now.
        holder: String,
    },
    /// Whether the run was published could not be learnt.
    #[error(
        "run {run_id} was to be published and the answer was lost; run the same command again, it sees whether it was"
    )]
    Unanswered {
        /// The number.
        run_id: u64,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A store that takes conditional writes without looking.
    #[error(
        "{location} is no place for a warehouse: its store does not honour {promise}, and without it two runs could undo each other's work unseen; use a store that does"
    )]
    Unconditional {
        /// The location.
        location: String,
        /// What is missing.
        promise: &'static str,
    },
    /// A store that cannot be used as it is.
    #[error("the store of {location} cannot be used: {reason}")]
    Unusable {
        /// The location.
        location: String,
        /// What to put right.
        reason: &'static str,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// An object no longer holds what was written.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// A manifest does not read as one.
    #[error("the manifest {path} is damaged")]
    Manifest {
        /// Its path.
        path: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// A table was made by a newer or foreign writer.
    #[error(
        "the table {table} asks for Delta reader {reader} and writer {writer}; we keep tables at reader 1, writer 2"
    )]
    Protocol {
        /// The table's folder.
        table: String,
        /// Its minimum reader version.
        reader: i32,
        /// Its minimum writer version.
        writer: i32,
    },
    /// A file of the local file system.
    #[error("cannot use {path}")]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The object store.
    #[error("the object store failed")]
    Store(#[from] object_store::Error),
    /// Delta.
    #[error("the table {table} failed")]
    Table {
        /// The table's folder.
        table: String,
        /// What Delta said.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A data file.
    #[error("the data file {path} cannot be read")]
    DataFile {
        /// Its path below the warehouse's root.
        path: String,
        /// What the Parquet reader said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Arrow.
    #[error("columns do not fit together")]
    Columns(#[from] arrow::error::ArrowError),
}

/// An object no longer holds the bytes that were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: its bytes are not those that were written; restore it from a backup")]
pub struct Damaged {
    /// Its path below the warehouse's root.
    pub path: String,
}

/// Whether an error comes from the disk, the store or the machine, whatever it is wrapped in.
pub fn is_of_the_environment(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>()
            || error.is::<Damaged>()
            || error.is::<object_store::Error>()
            || error.is::<Box<object_store::Error>>()
        {
            return true;
        }
        cause = error.source();
    }
    false
}
