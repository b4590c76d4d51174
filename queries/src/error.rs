//! What can go wrong between a question and its answer.

use datafusion::error::DataFusionError;

/// A question that could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The warehouse failed.
    #[error("the warehouse failed")]
    Warehouse(#[from] warehouse::Error),
    /// DataFusion refused or failed.
    #[error("the query failed")]
    Query(#[from] DataFusionError),
    /// The text is no SQL that we read.
    #[error("the SQL does not read as one statement")]
    Syntax(#[source] DataFusionError),
    /// A table that is not there.
    #[error("there is no table `{table}`; there are: {known}")]
    UnknownTable {
        /// The name asked for.
        table: String,
        /// The names that exist, with commas.
        known: String,
    },
    /// A personal table without the right to it.
    #[error("the table `{table}` holds personal facts and is not open to this reader; counts come from the marts")]
    Personal {
        /// The name asked for.
        table: String,
    },
    /// A statement that would change something.
    #[error("only queries that read are answered here (SELECT, WITH, VALUES, EXPLAIN)")]
    ReadOnly(#[source] DataFusionError),
    /// A text of unreasonable length.
    #[error("the SQL has {bytes} bytes; at most {most} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The run's own day does not read as one.
    #[error("run {run_id} is for the day `{day}`, which is no day")]
    RunDay {
        /// The run.
        run_id: u64,
        /// What its manifest says.
        day: String,
    },
}
