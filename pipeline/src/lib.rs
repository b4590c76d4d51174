//! A batch becomes movements.
//!
//! ```text
//! inbox ─► read ─► check ─► quarantine        raw text, typed rows, findings
//!                    └────► bucket ─► diff    last night against tonight, bucket by bucket
//!                                      └────► timeline ─► ledger    each pupil's movements, explained by papers or not
//! ```
//!
//! `night` runs them all. It commits facts to the draft of a run and can be killed anywhere: what is not published was never there.

pub mod account;
pub mod bucket;
pub mod check;
pub mod child;
pub mod claims;
pub mod columns;
pub mod diff;
pub mod finding;
pub mod history;
pub mod inbox;
pub mod keyed;
pub mod ledger;
pub mod night;
pub mod pupil;
pub mod quarantine;
pub mod read;
pub mod report;
pub mod rows;
pub mod side_by_side;
pub mod timeline;
pub mod versions;
