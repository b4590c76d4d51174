//! Books: what is printed, sent and kept.

pub mod html;
pub mod problem_list;
pub mod workbook;
