//! What the fuzz targets share: the readers as they are, and a body for each target.
//!
//! The rooms of `pipeline` that open foreign files use nothing of its others. They are compiled here from the same files and not through the
//! crate, which would bring the warehouse and its hundreds of dependencies under instrumentation. The bodies are also run by the project's
//! tests, over the corpora and mutations of them (`replay`).

#[path = "../../pipeline/src"]
mod rooms {
    pub mod child;
    pub mod finding;
    pub mod inbox;
    pub mod read;
    pub mod rows;
}

pub use rooms::{child, finding, inbox, read, rows};

/// What each target asserts.
pub mod bodies {
    pub mod csv;
    pub mod date;
    pub mod id_number;
    mod opened;
    pub mod parquet;
    pub mod policy;
    pub mod workbook;
}
