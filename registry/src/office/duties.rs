//! Reports, checks of the term and responsibilities at the desk (SGN-01, SGN-03, CHG-02).

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::ExprTrait,
};
use sm3::{Digest, Sm3};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right},
    chain::hex::encode,
    command::Answer,
    deadline::due,
    duty::{self, Act, Duty, Signature, Stand},
    organisation::Tree,
    refusal::Refusal,
    store::{
        StoreError, rows,
        table::{duties, pupils},
        write,
    },
    unit::Unit,
};

const EXPORT: &str = "某省中小学生学籍管理办法 第二十九条";

impl Desk<'_> {
    pub(super) async fn duty(&mut self, actor: &Actor, act: &Act, now: &Now) -> Done<Answer> {
        match act {
            Act::Report { unit, period } => {
                self.draws_up(actor, *unit, period, now)?;
                let (digest, _) = self.state_of(*unit).await?;
                let signatures = match self.duty_of("report", *unit, period).await? {
                    Some((_, Duty::Report { signatures, .. })) => signatures,
                    _ => Vec::new(),
                };
                let stand = stand_of(self.tx, &self.tree, *unit).await?;
                let duty = Duty::Report { unit: *unit, period: period.clone(), digest, stand, signatures };
                self.put_duty(duty).await
            }
            Act::Verify { unit, period, wrong } => {
                self.draws_up(actor, *unit, period, now)?;
                if unit.school().is_none() {
                    return Err(Refusal::invalid("duty.unit", "复核以学校为单位", "a school is checked").into());
                }
                let (digest, listed) = self.state_of(*unit).await?;
                let signature = match self.duty_of("verification", *unit, period).await? {
                    Some((_, Duty::Verification { signature, .. })) => signature,
                    _ => None,
                };
                let wrong = wrong.clone();
                let stand = stand_of(self.tx, &self.tree, *unit).await?;
                let (unit, period) = (*unit, period.clone());
                let duty = Duty::Verification { unit, period, listed, wrong, digest, stand, signature };
                self.put_duty(duty).await
            }
            Act::Sign { duty: id, pledge } => {
                actor.may(Right::Sign)?;
                let duty = self.duty_numbered(*id).await?;
                let path = self.path(duty.unit());
                // What is signed is what the records say now: a change since the report was drawn up voids it (SG-1).
                let (digest, _) = self.state_of(duty.unit()).await?;
                let stated = match &duty {
                    Duty::Report { digest, .. } | Duty::Verification { digest, .. } => digest.clone(),
                    Duty::Responsibility { .. } | Duty::Export { .. } => digest.clone(),
                };
                if stated != digest {
                    return Err(Refusal::conflict(
                        "duty.changed",
                        "皖教基〔2013〕20号 第三十一条",
                        "生成后数据已有变化，请重新生成",
                        "the records have changed since it was drawn up",
                    )
                    .remedy("重新生成后再审签", "draw it up again, then sign")
                    .into());
                }
                let signature =
                    Signature { unit: actor.unit, by: actor.account.clone(), on: now.today(), digest: String::new() };
                let signed = duty::sign(duty, signature, *pledge, &path)?;
                self.put_duty(signed).await
            }
            Act::Order { unit, fault, evidence, correct_by } => {
                actor.may(Right::Decide).or_else(|refusal| {
                    // The province orders corrections too, though it maintains nothing.
                    if actor.may(Right::Sign).is_ok() { Ok(()) } else { Err(refusal) }
                })?;
                actor.within(&self.tree, *unit)?;
                if *unit == actor.unit || matches!(actor.unit, Unit::School(_)) {
                    return Err(Refusal::forbidden(
                        fault.article(),
                        "由上级主管部门责令整改",
                        "an authority above orders the correction",
                    )
                    .into());
                }
                if evidence.trim().is_empty() {
                    return Err(Refusal::invalid("duty.evidence", "须写明依据", "state the evidence").into());
                }
                let policy = self.books.in_force(now.today())?;
                let by_policy =
                    policy.deadline("correction_order").map(|order| due(order, now.today(), self.books.calendar()).day);
                let correct_by = correct_by.or(by_policy).unwrap_or(now.today());
                if correct_by < now.today() {
                    return Err(Refusal::invalid(
                        "duty.correct_by",
                        "整改期限早于今天",
                        "the day of the order lies in the past",
                    )
                    .into());
                }
                let duty = Duty::Responsibility {
                    unit: *unit,
                    fault: *fault,
                    evidence: evidence.clone(),
                    ordered_by: actor.unit,
                    ordered_on: now.today(),
                    correct_by,
                    outcome: None,
                    closed_on: None,
                };
                if self.duty_of("responsibility", *unit, &duty.period()).await?.is_some() {
                    return Err(Refusal::conflict(
                        "duty.there",
                        fault.article(),
                        "同一事项已立案",
                        "it was raised already",
                    )
                    .into());
                }
                self.put_duty(duty).await
            }
            Act::RequestExport { unit, recipient, purpose } => {
                actor.may(Right::Read)?;
                actor.within(&self.tree, *unit)?;
                if recipient.trim().is_empty() || purpose.trim().is_empty() {
                    return Err(Refusal::invalid(
                        "export.purpose",
                        "须写明提供对象和用途",
                        "state the recipient and the purpose",
                    )
                    .into());
                }
                let duty = Duty::Export {
                    unit: *unit,
                    asked_by: actor.account.clone(),
                    asked_for: actor.unit,
                    recipient: recipient.clone(),
                    purpose: purpose.clone(),
                    asked_on: now.today(),
                    approved: None,
                };
                if self.duty_of("export", *unit, &duty.period()).await?.is_some() {
                    return Err(Refusal::conflict(
                        "export.there",
                        EXPORT,
                        "今天已有同样的申请",
                        "the same was asked today already",
                    )
                    .into());
                }
                self.put_duty(duty).await
            }
            Act::ApproveExport { duty: id, until } => {
                actor.may(Right::Sign)?;
                let mut duty = self.duty_numbered(*id).await?;
                actor.within(&self.tree, duty.unit())?;
                let Duty::Export { asked_by, approved, .. } = &mut duty else {
                    return Err(Refusal::invalid(
                        "export.duty",
                        "该事项不是对外提供申请",
                        "it is no request to give data away",
                    )
                    .into());
                };
                if *asked_by == actor.account || matches!(actor.unit, Unit::School(_)) {
                    return Err(Refusal::forbidden(
                        EXPORT,
                        "须由学籍主管部门负责人书面批准，申请人不得自批",
                        "the head of the authority approves, not who asked",
                    )
                    .into());
                }
                if *until < now.today() || now.today().plus_months(1) < *until {
                    return Err(Refusal::invalid(
                        "export.until",
                        "批准期限应在一个月内",
                        "an approval lasts a month at most",
                    )
                    .into());
                }
                *approved = Some((actor.account.clone(), actor.unit, *until));
                self.put_duty(duty).await
            }
            Act::Settle { duty: id, outcome: came } => {
                actor.may(Right::Decide).or_else(|refusal| actor.may(Right::Sign).map_err(|_| refusal))?;
                let mut duty = self.duty_numbered(*id).await?;
                let Duty::Responsibility { ordered_by, outcome, closed_on, .. } = &mut duty else {
                    return Err(Refusal::invalid(
                        "duty.settle",
                        "只有责任事项需要结案",
                        "only a responsibility is settled",
                    )
                    .into());
                };
                if *ordered_by != actor.unit {
                    return Err(Refusal::out_of_scope().into());
                }
                if closed_on.is_some() || came.trim().is_empty() {
                    return Err(Refusal::conflict(
                        "duty.closed",
                        "皖教基〔2013〕20号 第三十二条",
                        "已结案，或没有写明结果",
                        "it is closed, or no outcome is stated",
                    )
                    .into());
                }
                *outcome = Some(came.clone());
                *closed_on = Some(now.today());
                self.put_duty(duty).await
            }
        }
    }

    fn draws_up(&self, actor: &Actor, unit: Unit, period: &str, now: &Now) -> Result<(), Refusal> {
        actor.may(Right::Maintain)?;
        if !self.tree.acts_for(actor.unit, unit, now.today()) {
            return Err(Refusal::out_of_scope());
        }
        if period.trim().is_empty() {
            return Err(Refusal::invalid("duty.period", "须写明期次", "state the period"));
        }
        Ok(())
    }

    /// The units through which a report climbs: its own, its authority, and those above to the province.
    fn path(&self, unit: Unit) -> Vec<Unit> {
        let mut path = vec![unit];
        let mut at = match unit {
            Unit::School(school) => self.tree.authority_of(school),
            Unit::Authority(authority) => self.tree.authority(authority).and_then(|authority| authority.parent),
        };
        while let Some(authority) = at.filter(|_| path.len() < 8) {
            path.push(Unit::Authority(authority));
            at = self.tree.authority(authority).and_then(|authority| authority.parent);
        }
        path
    }

    /// SM3 over the standing of every open record of a unit, and how many there are.
    async fn state_of(&self, unit: Unit) -> Done<(String, u64)> {
        let mut digest = Sm3::new();
        let mut count = 0;
        for school in schools_of(&self.tree, unit) {
            let rows: Vec<(i64, String, i16, String, i32)> = pupils::Entity::find()
                .filter(pupils::Column::SchoolId.eq(&school))
                .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]))
                .order_by_asc(pupils::Column::Id)
                .select_only()
                .columns([
                    pupils::Column::Id,
                    pupils::Column::ClassId,
                    pupils::Column::Grade,
                    pupils::Column::Status,
                    pupils::Column::Version,
                ])
                .into_tuple()
                .all(self.tx)
                .await?;
            count += rows.len() as u64;
            for (id, class, grade, status, version) in rows {
                digest.update(format!("{school}|{id}|{class}|{grade}|{status}|{version}\n").as_bytes());
            }
        }
        Ok((encode(&digest.finalize()), count))
    }

    async fn duty_of(&self, kind: &str, unit: Unit, period: &str) -> Done<Option<(i64, Duty)>> {
        let row = duties::Entity::find()
            .filter(duties::Column::Kind.eq(kind))
            .filter(duties::Column::Unit.eq(unit.as_str()))
            .filter(duties::Column::Period.eq(period))
            .one(self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.id, rows::parsed("duties", &row.id.to_string(), &row.data)?)))
    }

    async fn duty_numbered(&self, id: i64) -> Done<Duty> {
        let row = duties::Entity::find_by_id(id).one(self.tx).await?.ok_or_else(Refusal::out_of_scope)?;
        Ok(rows::parsed("duties", &id.to_string(), &row.data)?)
    }

    async fn put_duty(&mut self, duty: Duty) -> Done<Answer> {
        let there = self.duty_of(duty.kind(), duty.unit(), &duty.period()).await?;
        let id = match there {
            Some((id, _)) => id,
            None => self.state.next("duty"),
        };
        let row = duties::ActiveModel {
            id: Set(id),
            kind: Set(duty.kind().to_owned()),
            unit: Set(duty.unit().to_string()),
            period: Set(duty.period()),
            state: Set(duty.state().to_owned()),
            data: Set(rows::json("duties", &id.to_string(), &duty)?),
        };
        write::put(self.tx, row, &[duties::Column::Id]).await?;
        let due_on = match &duty {
            Duty::Responsibility { correct_by, .. } => Some(*correct_by),
            _ => None,
        };
        Ok(Answer { id: Some(id.to_string()), state: Some(duty.state().to_owned()), due_on, ..Answer::default() })
    }
}

/// The duties of a unit's subtree with their states; what was signed and no longer holds is `void`.
pub(super) async fn listed<C: ConnectionTrait>(
    connection: &C,
    tree: &Tree,
    unit: Unit,
) -> Result<Vec<serde_json::Value>, StoreError> {
    let mut stands: HashMap<Unit, Stand> = HashMap::new();
    let mut list = Vec::new();
    for row in duties::Entity::find().order_by_asc(duties::Column::Id).all(connection).await? {
        if !Unit::read(&row.unit).is_some_and(|of| tree.contains(unit, of)) {
            continue;
        }
        let duty: Duty = rows::parsed("duties", &row.id.to_string(), &row.data)?;
        let mut state = row.state;
        if let Some(signed) = duty.signed_stand() {
            let now = match stands.get(&duty.unit()) {
                Some(stand) => *stand,
                None => stand_of(connection, tree, duty.unit()).await?,
            };
            stands.insert(duty.unit(), now);
            if now != signed {
                "void".clone_into(&mut state);
            }
        }
        list.push(serde_json::json!({"id": row.id, "state": state, "duty": duty}));
    }
    Ok(list)
}

/// What the open records of a unit come to now.
async fn stand_of<C: ConnectionTrait>(connection: &C, tree: &Tree, unit: Unit) -> Result<Stand, StoreError> {
    let mut stand = Stand::default();
    for schools in schools_of(tree, unit).chunks(500) {
        let sums: Option<(i64, Option<i64>, Option<i64>)> = pupils::Entity::find()
            .filter(pupils::Column::SchoolId.is_in(schools.iter().map(String::as_str)))
            .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]))
            .select_only()
            .column_as(pupils::Column::Id.count(), "records")
            .column_as(pupils::Column::Id.sum().cast_as("bigint"), "surrogates")
            .column_as(pupils::Column::Version.sum().cast_as("bigint"), "versions")
            .into_tuple()
            .one(connection)
            .await?;
        if let Some((records, surrogates, versions)) = sums {
            stand.records += records;
            stand.surrogates += surrogates.unwrap_or_default();
            stand.versions += versions.unwrap_or_default();
        }
    }
    Ok(stand)
}

/// The schools of a unit's subtree, in order.
fn schools_of(tree: &Tree, unit: Unit) -> Vec<String> {
    let mut schools: Vec<String> = match unit {
        Unit::School(school) => vec![school.to_string()],
        Unit::Authority(_) => tree
            .schools()
            .filter(|school| tree.contains(unit, Unit::School(school.id)))
            .map(|school| school.id.to_string())
            .collect(),
    };
    schools.sort();
    schools
}
