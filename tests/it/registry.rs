//! The office from the command line.

mod import;
mod papers;
mod sample;
