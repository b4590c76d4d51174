//! The office (学籍业务): records of pupils, and the procedures of the measures over them.
//!
//! A procedure is a pure function of what is, what is asked for, the policy and the day: one file each, named as the measures name it.
//! [`application`] is the way of every case through the units that decide it. [`office`] is the shell: it loads, checks scope and right,
//! lets the procedure decide, and writes events, state and audit in one transaction. [`store`] is the only place that knows a database.

pub mod actor;
pub mod refusal;
pub mod unit;

pub mod case;
pub mod command;
pub mod event;
pub mod officer;
pub mod organisation;
pub mod pupil;
pub mod purpose;
pub mod scene;

pub mod application;
pub mod certificate;
pub mod crossing;
pub mod deadline;
pub mod death;
pub mod dropout;
pub mod duty;
pub mod fact;
pub mod grade_change;
pub mod graduation;
pub mod inclusion;
pub mod key_change;
pub mod newcomers;
pub mod placement;
pub mod portrait;
pub mod promotion;
pub mod resumption;
pub mod reversal;
pub mod suspension;
pub mod transfer;
pub mod withdrawal;

pub mod guard;
pub mod number;
mod proposal;

pub mod chain;
pub mod seal;

pub mod feed;
pub mod office;
pub mod store;
