//! What planners ask: SQL models by purpose, and the DataFusion engine that builds, tests and answers them.
//!
//! A model is one file `<purpose>/<name>.sql` beside this crate's sources. [`session`] opens the tables of one published run,
//! [`mod@build`] turns the models into marts and runs the tests of their headers, [`dictionary`] describes everything in words.

pub mod build;
pub mod dictionary;
pub mod error;
pub mod function;
pub mod graph;
pub mod model;
pub mod policy_tables;
pub mod provider;
pub mod pruning;
pub mod rows;
pub mod session;
pub mod table_function;

pub use crate::{
    build::{BuildError, Built, Failure, Mart, build},
    error::Error,
    session::{Session, Settings, Vault},
};
