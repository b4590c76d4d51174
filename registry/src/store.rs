//! The operational database: SeaORM over SQLite (WAL, the default) and PostgreSQL, by URL.
//!
//! Uniqueness is the database's: one record per person, one number per record, one pending case per pupil and kind, one pending case that
//! moves or closes a record. One batch of commands is one transaction, and transactions that write follow one another: SQLite by
//! `BEGIN IMMEDIATE`, PostgreSQL by the lock of the one row of `office_state`.

mod connect;
pub mod migration;
pub mod read;
pub mod rows;
mod state;
pub mod table;
pub mod write;

pub use connect::{Store, StoreError, is_conflict};
pub use state::OfficeState;
