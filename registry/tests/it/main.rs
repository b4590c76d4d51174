//! The office against its databases.

mod audit;
mod bars;
mod crash;
mod crossing;
mod duties;
mod exports;
mod graduation;
mod identity;
mod key_change;
mod leaving;
mod matrix;
mod newcomers;
mod organisation;
mod policy;
mod postgres;
#[path = "../../../tests/it/faults/power_cut.rs"]
mod power_cut;
#[path = "../../../tests/it/faults/preload.rs"]
mod preload;
mod promotion;
mod scope;
mod silence;
mod simulation;
mod store;
mod support;
mod suspension;
mod town;
mod transfer;
