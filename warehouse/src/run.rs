//! A published run: one immutable manifest that names the version of every table.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use domain::calendar::Day;
use serde::{Deserialize, Serialize};

/// One published run (the table `runs` shows them).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number, counted from 1.
    pub run_id: u64,
    /// The business day it was run for, `YYYY-MM-DD`.
    pub day: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was published.
    pub finished_at: DateTime<Utc>,
    /// Every table by name, with the version that belongs to this run.
    pub tables: BTreeMap<String, Published>,
    /// What this run added (data files, log entries, kept copies), by path below the warehouse's root, with the SHA-256 of each.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of the manifest before this one; none for the first.
    pub previous: Option<String>,
}

impl Run {
    /// The business day.
    pub fn day(&self) -> Day {
        self.day.parse().unwrap_or(Day::from_epoch_days(0))
    }
}

/// The version of one table that a run publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The table's folder below the warehouse's root.
    pub folder: String,
    /// The Delta version.
    pub version: u64,
    /// Rows in that version.
    pub rows: u64,
    /// SHA-256 over the table's log as a reader of that version reads it.
    pub log: String,
}

/// What one version of a table consists of.
#[derive(Debug, Clone)]
pub struct Contents {
    /// All columns, partition columns included.
    pub schema: SchemaRef,
    /// The partition columns, all of them text.
    pub partition_columns: Vec<String>,
    /// The live data files.
    pub files: Vec<DataFile>,
}

/// One live Parquet file of a table.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Its path from the root of the object store that `Warehouse::store` returns.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Rows.
    pub rows: u64,
    /// The values of the partition columns, in their order.
    pub partition: Vec<Option<String>>,
    /// Delta statistics as JSON (`minValues`, `maxValues`, `nullCount`), if recorded.
    pub stats: Option<String>,
}
