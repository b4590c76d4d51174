//! Reading the office's records: within the reader's scope, with a purpose, and on record (USR-01, USR-06, AU-1).

use std::collections::BTreeMap;

use domain::{calendar::Day, identity::StudentNo, organisation::SchoolId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{
    By, Now, Office, OfficeError, Task,
    counts::{Headcount, class_sizes, headcounts, worklist},
    trail::Seen,
};
use crate::{
    actor::{Actor, Right, Role},
    case::{Case, CaseId},
    duty::Duty,
    organisation::Tree,
    pupil::Pupil,
    refusal::Refusal,
    store::{
        StoreError, read, rows,
        table::{audit, changes, duties, facts, field_changes, pupils},
    },
    unit::Unit,
};

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Query {
    /// A record, whole (查看学籍)
    Record {
        /// Whose.
        student_no: StudentNo,
    },
    /// A record as it was on a day, with the values of that day (KF-2)
    RecordOn {
        /// Whose.
        student_no: StudentNo,
        /// The day.
        day: Day,
    },
    /// Everything that has happened to a record
    History {
        /// Whose.
        student_no: StudentNo,
    },
    /// A case with its steps
    Case {
        /// The case.
        case: CaseId,
    },
    /// What waits for the actor's unit (待办)
    Worklist {},
    /// The roll of a school or of one class (花名册)
    Roll {
        /// The school.
        school: SchoolId,
        /// 班号; all classes if none is named.
        #[serde(default)]
        class: Option<String>,
    },
    /// Open records by school, grade and status, in the actor's subtree
    Counts {
        /// The unit whose subtree is counted.
        unit: Unit,
    },
    /// Classes against the standard of their stage and kind of school (班额, CLS-01)
    ClassSizes {
        /// The unit whose subtree is asked for.
        unit: Unit,
    },
    /// Reports, checks and responsibilities of a unit
    Duties {
        /// The unit.
        unit: Unit,
    },
    /// The records of an approved export, with its watermark (USR-04)
    Export {
        /// The approved duty.
        duty: i64,
    },
    /// Entries of the audit chain (审计)
    Audit {
        /// The first.
        from: i64,
        /// How many at most.
        limit: u64,
    },
}

impl Office {
    /// Answers a question within the asker's scope, and puts it on record before the answer is given.
    pub async fn look(&self, by: By, query: &Query, why: &str, now: Now) -> Result<serde_json::Value, OfficeError> {
        let answered = self.answer(&by, query, why, &now).await;
        let (subject, result) = match &answered {
            Ok((_, subject)) => (subject.clone(), "read".to_owned()),
            Err(OfficeError::Refused(refusal)) => (String::new(), format!("refused:{}", refusal.code)),
            Err(_) => return answered.map(|(value, _)| value),
        };
        let seen = Seen { action: query.name(), subject, why: why.to_owned(), result };
        self.hand_over(by, Task::Note(seen), now).await?;
        answered.map(|(value, _)| value)
    }

    async fn answer(
        &self,
        by: &By,
        query: &Query,
        why: &str,
        now: &Now,
    ) -> Result<(serde_json::Value, String), OfficeError> {
        let look = self.store.look().await?;
        let tree = read::tree(&look).await?;
        let actor = match by {
            By::System => Actor::system(&tree),
            By::Account(account) => {
                let officers = read::officers(&look).await?;
                officers.get(account).ok_or_else(Refusal::out_of_scope)?.on_duty(now.today())?
            }
        };
        actor.may(if matches!(query, Query::Audit { .. }) { Right::Audit } else { Right::Read })?;
        let personal = !matches!(
            query,
            Query::Counts { .. }
                | Query::ClassSizes { .. }
                | Query::Audit { .. }
                | Query::Worklist {}
                | Query::Duties { .. }
        );
        if personal && why.trim().is_empty() {
            return Err(Refusal::invalid(
                "why",
                "查看个人信息须写明用途",
                "state the purpose of reading personal data",
            )
            .into());
        }
        let scope = Scope { tree: &tree, actor: &actor };
        match query {
            Query::Record { student_no } => {
                let pupil = scope.record(&look, *student_no).await?;
                let kept = facts::Entity::find()
                    .filter(facts::Column::PupilId.eq(pupil.id))
                    .all(&look)
                    .await
                    .map_err(StoreError::from)?;
                let mut by_kind: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
                for row in kept {
                    let value = rows::parsed("facts", &row.key, &row.data)?;
                    by_kind.entry(row.kind).or_default().push(value);
                }
                let pending = read::pending(&look, pupil.id, None).await?;
                let pending: Vec<String> = pending.into_iter().map(|pending| pending.number).collect();
                let subject = format!("record:{}", pupil.id);
                Ok((serde_json::json!({"record": pupil, "facts": by_kind, "pending": pending}), subject))
            }
            Query::RecordOn { student_no, day } => {
                let pupil = read::pupil_numbered(&look, *student_no).await?.ok_or_else(Refusal::out_of_scope)?;
                let shown = on_day(&look, &pupil, *day).await?;
                // Whoever had the record on that day sees that day, and none after it has left (SC-3).
                let then = shown.get("school").and_then(serde_json::Value::as_str).and_then(SchoolId::read);
                let now_at = tree.keeper(pupil.standing.school);
                scope.unit(now_at).or_else(|_| scope.unit(then.map_or(now_at, Unit::School)))?;
                Ok((shown, format!("record:{}", pupil.id)))
            }
            Query::History { student_no } => {
                let pupil = scope.record(&look, *student_no).await?;
                let moved = changes::Entity::find()
                    .filter(changes::Column::PupilId.eq(pupil.id))
                    .order_by_asc(changes::Column::Id)
                    .into_json()
                    .all(&look)
                    .await
                    .map_err(StoreError::from)?;
                let fields = field_changes::Entity::find()
                    .filter(field_changes::Column::PupilId.eq(pupil.id))
                    .order_by_asc(field_changes::Column::Id)
                    .into_json()
                    .all(&look)
                    .await
                    .map_err(StoreError::from)?;
                let subject = format!("record:{}", pupil.id);
                Ok((serde_json::json!({"changes": moved, "fields": fields}), subject))
            }
            Query::Case { case } => {
                let case = read::case(&look, *case).await?.ok_or_else(Refusal::out_of_scope)?;
                scope.case(&case, now.today())?;
                let subject = format!("case:{}", case.id);
                Ok((serde_json::json!({"number": case.number(), "case": case}), subject))
            }
            Query::Worklist {} => Ok((worklist(&look, &actor, &tree, now.today()).await?, String::new())),
            Query::Roll { school, class } => {
                scope.unit(Unit::School(*school))?;
                let mut select = pupils::Entity::find()
                    .filter(pupils::Column::SchoolId.eq(school.as_str()))
                    .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]));
                if let Some(class) = class {
                    select = select.filter(pupils::Column::ClassId.eq(class.as_str()));
                }
                let found = select
                    .order_by_asc(pupils::Column::ClassId)
                    .order_by_asc(pupils::Column::Id)
                    .all(&look)
                    .await
                    .map_err(StoreError::from)?;
                let roll = found.into_iter().map(rows::pupil).collect::<Result<Vec<Pupil>, _>>()?;
                Ok((serde_json::json!({ "roll": roll }), format!("school:{school}")))
            }
            Query::ClassSizes { unit } => {
                scope.unit(*unit)?;
                let policy = self.policy(now.today())?;
                let classes = class_sizes(&look, &tree, *unit, &policy).await?;
                Ok((serde_json::json!({ "classes": classes }), format!("unit:{unit}")))
            }
            Query::Counts { unit } => {
                scope.unit(*unit)?;
                let counts = headcounts(&look).await?;
                let inside = |count: &Headcount| {
                    SchoolId::read(&count.school_id).is_some_and(|school| tree.contains(*unit, Unit::School(school)))
                };
                let counts: Vec<Headcount> = counts.into_iter().filter(inside).collect();
                Ok((serde_json::json!({ "counts": counts }), format!("unit:{unit}")))
            }
            Query::Duties { unit } => {
                scope.unit(*unit)?;
                let list = super::duties::listed(&look, &tree, *unit).await?;
                Ok((serde_json::json!({ "duties": list }), format!("unit:{unit}")))
            }
            Query::Export { duty } => {
                let row = duties::Entity::find_by_id(*duty).one(&look).await.map_err(StoreError::from)?;
                let row = row.filter(|row| row.kind == "export").ok_or_else(Refusal::out_of_scope)?;
                let export: Duty = rows::parsed("duties", &row.id.to_string(), &row.data)?;
                let Duty::Export { unit, asked_for, recipient, purpose, approved, .. } = export else {
                    return Err(Refusal::out_of_scope().into());
                };
                scope.unit(unit)?;
                // Whoever has moved to another unit since can't use it (X26).
                let usable = approved.filter(|(_, _, until)| asked_for == actor.unit && now.today() <= *until);
                let Some((by, authority, until)) = usable else {
                    return Err(Refusal::forbidden(
                        "某省中小学生学籍管理办法 第二十九条",
                        "没有有效的书面批准，学籍信息不得对外提供",
                        "without a written approval in force no record leaves the office",
                    )
                    .remedy(
                        "请先申请并由主管部门负责人批准",
                        "ask for it, and have the head of the authority approve it",
                    )
                    .into());
                };
                let schools: Vec<String> = tree
                    .schools()
                    .filter(|school| tree.contains(unit, Unit::School(school.id)))
                    .map(|school| school.id.to_string())
                    .collect();
                let mut records = Vec::new();
                for schools in schools.chunks(500) {
                    let found = pupils::Entity::find()
                        .filter(pupils::Column::SchoolId.is_in(schools))
                        .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]))
                        .order_by_asc(pupils::Column::Id)
                        .all(&look)
                        .await
                        .map_err(StoreError::from)?;
                    for row in found {
                        records.push(rows::pupil(row)?);
                    }
                }
                let watermark = format!(
                    "{recipient}｜{purpose}｜{authority} {by} 批准至 {until}｜{} {}",
                    actor.account,
                    now.text()
                );
                Ok((serde_json::json!({"watermark": watermark, "records": records}), format!("duty:{duty}")))
            }
            Query::Audit { from, limit } => {
                let found = audit::Entity::find()
                    .filter(audit::Column::Seq.gte(*from))
                    .order_by_asc(audit::Column::Seq)
                    .limit((*limit).min(10_000))
                    .all(&look)
                    .await
                    .map_err(StoreError::from)?;
                let entries = found
                    .iter()
                    .map(|row| rows::parsed::<serde_json::Value>("audit", &row.seq.to_string(), &row.data))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok((serde_json::json!({ "entries": entries }), format!("audit:{from}")))
            }
        }
    }
}

impl Query {
    const fn name(&self) -> &'static str {
        match self {
            Query::Record { .. } => "read_record",
            Query::RecordOn { .. } => "read_record_on",
            Query::History { .. } => "read_history",
            Query::Case { .. } => "read_case",
            Query::Worklist {} => "read_worklist",
            Query::Roll { .. } => "read_roll",
            Query::Counts { .. } => "read_counts",
            Query::ClassSizes { .. } => "read_class_sizes",
            Query::Duties { .. } => "read_duties",
            Query::Export { .. } => "export",
            Query::Audit { .. } => "read_audit",
        }
    }
}

/// What a reader may see.
pub(super) struct Scope<'a> {
    pub(super) tree: &'a Tree,
    pub(super) actor: &'a Actor,
}

impl Scope<'_> {
    pub(super) fn unit(&self, unit: Unit) -> Result<(), Refusal> {
        self.actor.within(self.tree, unit)
    }

    pub(super) async fn record<C: ConnectionTrait>(
        &self,
        connection: &C,
        number: StudentNo,
    ) -> Result<Pupil, OfficeError> {
        let pupil = read::pupil_numbered(connection, number).await?.ok_or_else(Refusal::out_of_scope)?;
        self.unit(self.tree.keeper(pupil.standing.school))?;
        Ok(pupil)
    }

    /// A case is seen by those who have a part in it and by those above them.
    pub(super) fn case(&self, case: &Case, day: Day) -> Result<(), Refusal> {
        let mut units = case.steps.iter().map(|step| step.unit).chain([case.applicant]);
        let sees = units
            .any(|unit| self.tree.acts_for(self.actor.unit, unit, day) || self.tree.contains(self.actor.unit, unit));
        if sees || self.actor.role == Role::System { Ok(()) } else { Err(Refusal::out_of_scope()) }
    }
}

/// The standing and the values of a record on a day: the present ones with later changes taken back.
async fn on_day<C: ConnectionTrait>(connection: &C, pupil: &Pupil, day: Day) -> Result<serde_json::Value, OfficeError> {
    let last = changes::Entity::find()
        .filter(changes::Column::PupilId.eq(pupil.id))
        .filter(changes::Column::EffectiveOn.lte(sea_orm::prelude::Date::from(day)))
        // Values that change leave the standing as it is, and a later decision may hold from an earlier day.
        .filter(changes::Column::Kind.is_not_in(["基本信息变更", "关键信息变更"]))
        // The last decision that holds on the day; after an undone promotion one may hold from before it.
        .order_by_desc(changes::Column::Id)
        .one(connection)
        .await
        .map_err(StoreError::from)?;
    let later = field_changes::Entity::find()
        .filter(field_changes::Column::PupilId.eq(pupil.id))
        .filter(field_changes::Column::EffectiveOn.gt(sea_orm::prelude::Date::from(day)))
        .order_by_desc(field_changes::Column::EffectiveOn)
        .order_by_desc(field_changes::Column::Id)
        .all(connection)
        .await
        .map_err(StoreError::from)?;
    let mut values = BTreeMap::from([
        ("name".to_owned(), pupil.key.name.clone()),
        ("sex".to_owned(), pupil.key.sex.label().to_owned()),
        ("birth_date".to_owned(), pupil.key.birth_on.to_string()),
        ("id_no".to_owned(), pupil.key.id_no.clone().unwrap_or_default()),
    ]);
    for change in later {
        values.insert(change.field, change.old);
    }
    Ok(serde_json::json!({
        "day": day,
        "values": values,
        "school": last.as_ref().and_then(|row| row.to_school.clone()),
        "class": last.as_ref().and_then(|row| row.to_class.clone()),
        "grade": last.as_ref().and_then(|row| row.to_grade),
        "status": last.as_ref().and_then(|row| row.to_status.clone()),
    }))
}
