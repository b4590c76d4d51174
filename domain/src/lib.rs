//! The law and the words of the registration office: no I/O, no clock.
//!
//! What a table of a batch holds, how a value is read, what a code means, who a number names, which day is a working day, and what
//! the measures (办法) of a jurisdiction say. The data behind it lies in `data/` and is compiled in.

pub mod contract;
pub mod contract_names;

pub mod calendar;
pub mod code;
pub mod division;
pub mod identity;
pub mod money;
pub mod organisation;

pub mod movement;
pub mod policy;
pub mod rule;

mod sheet;
mod written;
