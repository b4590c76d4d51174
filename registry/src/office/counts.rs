//! Counting: open records by school and grade, classes against their standard, and what waits for a unit (CLS-01).

use domain::{calendar::Day, organisation::SchoolId, policy::Policy};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde::{Deserialize, Serialize};

use super::{Office, OfficeError};
use crate::{
    actor::Actor,
    organisation::{Class, Tree},
    store::{
        StoreError, rows,
        table::{cases, classes, notices},
    },
    unit::Unit,
};

/// A count of open records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromQueryResult)]
pub struct Headcount {
    /// 学校标识码
    pub school_id: String,
    /// 年级
    pub grade: i16,
    /// 学籍状态
    pub status: String,
    /// How many.
    pub pupils: i64,
}

/// A class against the standard of its stage and kind of school (班额).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassSize {
    /// 学校标识码
    pub school_id: String,
    /// 班号
    pub class_id: String,
    /// 年级
    pub grade: u8,
    /// Pupils 在读.
    pub pupils: u32,
    /// 标准班额
    pub standard: u32,
    /// `within`, `over`, `large` (大班额) or `oversize` (超大班额).
    pub grading: String,
    /// The article of the standard.
    pub article: String,
}

impl Office {
    /// Open records by school, grade and status, as the registry itself counts them (feed + night = registry).
    pub async fn headcounts(&self) -> Result<Vec<Headcount>, OfficeError> {
        Ok(headcounts(self.store.reader()).await?)
    }
}

/// Open records by school, grade and status.
pub(super) async fn headcounts<C: ConnectionTrait>(connection: &C) -> Result<Vec<Headcount>, StoreError> {
    let statement = Statement::from_string(
        connection.get_database_backend(),
        "select school_id, grade, status, count(*) as pupils from pupils where status in ('在读', '休学', '辍学保留') \
         group by school_id, grade, status order by school_id, grade, status",
    );
    Ok(Headcount::find_by_statement(statement).all(connection).await?)
}

/// The classes in use below a unit, with how many are enrolled in each.
pub(super) async fn class_sizes<C: ConnectionTrait>(
    connection: &C,
    tree: &Tree,
    unit: Unit,
    policy: &Policy,
) -> Result<Vec<ClassSize>, StoreError> {
    #[derive(FromQueryResult)]
    struct Enrolled {
        school_id: String,
        class_id: String,
        pupils: i64,
    }
    let statement = Statement::from_string(
        connection.get_database_backend(),
        "select school_id, class_id, count(*) as pupils from pupils where status = '在读' group by school_id, class_id",
    );
    let enrolled: std::collections::HashMap<(String, String), i64> = Enrolled::find_by_statement(statement)
        .all(connection)
        .await?
        .into_iter()
        .map(|row| ((row.school_id, row.class_id), row.pupils))
        .collect();
    let open = classes::Entity::find()
        .filter(classes::Column::Closed.eq(false))
        .order_by_asc(classes::Column::SchoolId)
        .order_by_asc(classes::Column::ClassId)
        .all(connection)
        .await?;
    let mut sizes = Vec::new();
    for row in open {
        let Some(school) = SchoolId::read(&row.school_id).and_then(|school| tree.school(school)) else { continue };
        if !tree.contains(unit, Unit::School(school.id)) {
            continue;
        }
        let class: Class = rows::parsed("classes", &row.class_id, &row.data)?;
        let Some(stage) = school.stage_of(class.grade) else { continue };
        let size = policy.class_size_at(stage, &school.kind);
        let pupils = enrolled.get(&(row.school_id.clone(), row.class_id.clone())).copied().unwrap_or_default();
        let pupils = u32::try_from(pupils).unwrap_or(u32::MAX);
        sizes.push(ClassSize {
            school_id: row.school_id,
            class_id: row.class_id,
            grade: class.grade,
            pupils,
            standard: size.standard,
            grading: size.grading(pupils).to_owned(),
            article: size.article,
        });
    }
    Ok(sizes)
}

/// What waits for a unit: cases whose turn it is, cases sent back to it, notices not done. No personal data.
pub(super) async fn worklist<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    tree: &Tree,
    day: Day,
) -> Result<serde_json::Value, OfficeError> {
    let mut units = vec![actor.unit.to_string()];
    let branches = tree.schools().filter(|school| tree.acts_for(actor.unit, Unit::School(school.id), day));
    units.extend(branches.map(|school| school.id.to_string()));
    units.dedup();
    let waiting = cases::Entity::find()
        .filter(cases::Column::Turn.is_in(units.clone()))
        .order_by_asc(cases::Column::DueOn)
        .order_by_asc(cases::Column::Id)
        .limit(5_000)
        .all(connection)
        .await
        .map_err(StoreError::from)?;
    let mut list = Vec::with_capacity(waiting.len());
    for row in waiting {
        let case = rows::case(&row)?;
        list.push(serde_json::json!({
            "case": case.id,
            "number": case.number(),
            "kind": case.purpose.kind().label(),
            "state": case.state.label(),
            "opened_on": case.opened_on,
            "due_on": row.due_on.map(Day::from),
            "overdue": row.overdue,
            "version": case.version,
        }));
    }
    let told = notices::Entity::find()
        .filter(notices::Column::Unit.is_in(units))
        .filter(notices::Column::DoneOn.is_null())
        .order_by_asc(notices::Column::DueOn)
        .limit(5_000)
        .all(connection)
        .await
        .map_err(StoreError::from)?;
    let told: Vec<_> = told
        .into_iter()
        .map(|row| {
            serde_json::json!({
                "notice": row.id, "kind": row.kind, "case": row.case_id, "due_on": row.due_on.map(Day::from),
                "late": row.due_on.is_some_and(|due| Day::from(due) < day),
            })
        })
        .collect();
    Ok(serde_json::json!({"cases": list, "notices": told}))
}
