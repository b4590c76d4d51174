//! The one row that every writing transaction reads first and writes last: counters, the end of the audit chain, the clock.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{StoreError, table::office_state};
use crate::{chain::Link, guard::ClockState};

/// What the office knows of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfficeState {
    /// The jurisdiction whose policy packs are in force (`anhui`), or the name of one pack.
    pub policy: String,
    /// The last number given, by series.
    pub counters: BTreeMap<String, i64>,
    /// Counts the changes of units, officers and terms; whoever holds a copy compares.
    pub organisation: i64,
    /// The end of the audit chain.
    pub chain: Option<Link>,
    /// What is known of the clock, and whether default approvals are on hold.
    pub clock: ClockState,
}

impl OfficeState {
    /// Reads the row and, on PostgreSQL, holds it until the transaction ends.
    pub async fn read<C: ConnectionTrait>(connection: &C, to_write: bool) -> Result<OfficeState, StoreError> {
        let mut select = office_state::Entity::find_by_id(1);
        if to_write && connection.get_database_backend() == DbBackend::Postgres {
            select = select.lock_exclusive();
        }
        let broken =
            || StoreError::Broken { table: "office_state", key: "1".to_owned(), what: "is missing".to_owned() };
        let row = select.one(connection).await?.ok_or_else(broken)?;
        serde_json::from_str(&row.data).map_err(|source| StoreError::Unreadable {
            table: "office_state",
            key: "1".to_owned(),
            source,
        })
    }

    /// Writes the row.
    pub async fn write<C: ConnectionTrait>(&self, connection: &C) -> Result<(), StoreError> {
        let row = office_state::ActiveModel { id: Set(1), data: Set(super::rows::json("office_state", "1", self)?) };
        office_state::Entity::update(row).exec(connection).await?;
        Ok(())
    }

    /// How many records, cases and movements there are, about.
    pub fn rows(&self) -> [i64; 3] {
        ["pupil", "case", "change"].map(|series| self.counters.get(series).copied().unwrap_or_default())
    }

    /// The next number of a series, from 1.
    pub fn next(&mut self, series: &str) -> i64 {
        self.take(series, 1)
    }

    /// The first of `count` numbers of a series.
    pub fn take(&mut self, series: &str, count: i64) -> i64 {
        match self.counters.get_mut(series) {
            Some(last) => {
                *last += count;
                *last - count + 1
            }
            None => {
                self.counters.insert(series.to_owned(), count);
                1
            }
        }
    }
}
