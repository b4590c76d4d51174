//! The workbooks and pictures that offices fill in: empty forms to hand out, the sender's own workbook handed back with remarks, and
//! portraits checked before they are taken.
//!
//! No clock and no database. Foreign packages are read entry by entry under bounds and never unpacked to disk.

#![forbid(unsafe_code)]

pub mod annotate;
pub mod portrait;
pub mod template;
