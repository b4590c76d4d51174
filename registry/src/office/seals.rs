//! The electronic seal of every approval (电子印章, CHG-01): laid up with the decision, signed right after it, outside the transaction.
//!
//! A seal is a signature over what was decided. It verifies without the database: whoever holds the office's public seals can check it.

use chrono::DateTime;
use domain::calendar::Day;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::{Now, Office, OfficeError, desk::Desk};
use crate::{
    case::{Case, State, Verdict},
    seal::{Seal, SealError, SealKey},
    store::{StoreError, rows, table::seals},
    unit::Unit,
};

/// Why decisions could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The database.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The key.
    #[error("the seal of unit {unit}")]
    Seal {
        /// Whose.
        unit: String,
        /// What is wrong with it.
        source: SealError,
    },
}

impl Desk<'_> {
    /// Lays up what an approval says, for its seal.
    pub(super) fn seal_if_decided(&mut self, case: &Case, now: &Now) -> Result<(), StoreError> {
        let Some(decision) = case.last_decision() else { return Ok(()) };
        if case.state != State::Approved || decision.verdict != Verdict::Approve {
            return Ok(());
        }
        let id = self.state.next("seal");
        let document = document(case, now);
        self.unwritten.seals.push(seals::ActiveModel {
            id: Set(id),
            case_id: Set(Some(case.id)),
            unit: Set(decision.unit.to_string()),
            sealed: Set(false),
            data: Set(rows::json("seals", &id.to_string(), &document)?),
        });
        Ok(())
    }
}

/// What is sealed: the case, its record by the registry's own number, and every decision.
fn document(case: &Case, now: &Now) -> Value {
    let decisions: Vec<Value> = case
        .steps
        .iter()
        .filter_map(|step| {
            let decision = step.decision.as_ref()?;
            Some(json!({
                "party": step.party.label(),
                "unit": decision.unit.to_string(),
                "verdict": decision.verdict,
                "by": decision.by,
                "on": decision.on.to_string(),
                "mode": decision.mode.label(),
                "opinion": decision.opinion,
            }))
        })
        .collect();
    json!({
        "case": case.number(),
        "kind": case.purpose.kind().label(),
        "record": case.pupil.map(|pupil| pupil.to_string()),
        "applicant": case.applicant.to_string(),
        "opened_on": case.opened_on.to_string(),
        "approved_on": case.closed_on.map(|day| day.to_string()),
        "policy": case.policy,
        "decisions": decisions,
        "recorded_at": now.text(),
    })
}

impl Office {
    /// Seals approvals that wait for their seal, at most `limit`; `key` gives the key of a unit. Returns how many were sealed.
    pub async fn seal_waiting(
        &self,
        limit: u64,
        key: &(dyn Fn(Unit) -> Result<SealKey, SealError> + Sync),
        now: &Now,
    ) -> Result<u64, SealingError> {
        let store = |error: sea_orm::DbErr| OfficeError::Store(StoreError::from(error));
        let waiting = seals::Entity::find()
            .filter(seals::Column::Sealed.eq(false))
            .order_by_asc(seals::Column::Id)
            .limit(limit)
            .all(self.store.reader())
            .await
            .map_err(store)?;
        let at = DateTime::from_timestamp_millis(now.at).unwrap_or_default();
        let mut sealed = Vec::with_capacity(waiting.len());
        for row in waiting {
            let document: Value = rows::parsed("seals", &row.id.to_string(), &row.data).map_err(OfficeError::Store)?;
            let of = |source| SealingError::Seal { unit: row.unit.clone(), source };
            let Some(unit) = Unit::read(&row.unit) else { continue };
            let seal = key(unit).map_err(of)?.seal(&row.unit, &document, at).map_err(of)?;
            sealed.push((row.id, rows::json("seals", &row.id.to_string(), &seal).map_err(OfficeError::Store)?));
        }
        let count = sealed.len() as u64;
        let transaction = self.store.begin().await.map_err(OfficeError::Store)?;
        for (id, data) in sealed {
            let row = seals::ActiveModel { data: Set(data), sealed: Set(true), ..Default::default() };
            seals::Entity::update_many()
                .set(row)
                .filter(seals::Column::Id.eq(id))
                .filter(seals::Column::Sealed.eq(false))
                .exec(&transaction)
                .await
                .map_err(store)?;
        }
        transaction.commit().await.map_err(store)?;
        Ok(count)
    }

    /// The seal of an approved case, once it is signed.
    pub async fn seal_of(&self, case: crate::case::CaseId) -> Result<Option<Seal>, OfficeError> {
        let row = seals::Entity::find()
            .filter(seals::Column::CaseId.eq(case))
            .filter(seals::Column::Sealed.eq(true))
            .order_by_desc(seals::Column::Id)
            .one(self.store.reader())
            .await
            .map_err(StoreError::from)?;
        Ok(row.map(|row| rows::parsed("seals", &row.id.to_string(), &row.data)).transpose()?)
    }
}

/// A seal is valid for ten years from the day on which its key is made.
pub fn validity(today: Day) -> (Day, Day) {
    (today, today.plus_months(120))
}
