//! Reports of invented provinces: pictures, page and workbooks as a reader finds them.

mod gathered;
mod page;
mod pictures;
mod province;
mod workbooks;
