//! How much a foreign file may ask of us.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// Bounds on one file, and the program that reads it where it can't be trusted to be read in this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The program whose subcommand `read-foreign` calls [`crate::child::main`].
    pub program: PathBuf,
    /// Address space of the reading process, in bytes.
    pub memory_bytes: u64,
    /// Processor time of the reading process.
    pub cpu: Duration,
    /// The longest wait for the next sign of life of the reading process.
    pub silence: Duration,
    /// What one compressed file, or one sheet of a workbook, may grow to, in bytes; of Parquet, what it would be as text.
    pub inflated_bytes: u64,
    /// What any other part of a workbook may grow to, in bytes: these are held in memory.
    pub part_bytes: u64,
    /// How many times larger than its compressed form a part may grow; not applied below 16 MiB.
    pub ratio: u64,
    /// Cells of one sheet that hold something.
    pub cells: u64,
    /// Bytes of one `.xls` workbook, which is held in memory whole.
    pub xls_bytes: u64,
    /// Bytes of one row.
    pub record_bytes: usize,
    /// Rows handed on at a time.
    pub chunk_rows: usize,
}

impl Limits {
    /// The bounds of a night on a machine with 4 GiB, reading foreign files through `program`.
    pub fn of_program(program: PathBuf) -> Limits {
        Limits {
            program,
            memory_bytes: 1 << 30,
            cpu: Duration::from_secs(1800),
            silence: Duration::from_secs(300),
            inflated_bytes: 16 << 30,
            part_bytes: 200 << 20,
            ratio: 200,
            cells: 60_000_000,
            xls_bytes: 128 << 20,
            record_bytes: 1 << 20,
            chunk_rows: 16 * 1024,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::of_program(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("xueji")))
    }
}
