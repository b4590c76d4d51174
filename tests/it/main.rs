//! The office end to end: the real program on an invented province. One module per question.

mod command_line;
mod contract;
mod corpora;
mod corpus;
mod faults;
mod lease;
mod night;
mod order;
mod other_readers;
mod properties;
mod province;
mod registry;
mod reports;
mod s3;
mod side_facts;
mod tidy;
