//! What the office writes: rows of events, many at a time.

use domain::calendar::Day;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, IntoActiveModel,
    Iterable, QueryFilter, sea_query::OnConflict,
};

use super::{
    StoreError,
    read::BOUND,
    rows,
    table::{cases, changes, field_changes, notices, pupils},
};
use crate::{
    case::Case,
    event::{FieldChange, Notice},
    pupil::{Movement, Pupil, PupilId},
    unit::Unit,
};

/// Inserts rows, as many in one statement as it may bind values.
pub async fn insert_all<C, A>(connection: &C, rows: Vec<A>) -> Result<(), StoreError>
where
    C: ConnectionTrait,
    A: ActiveModelTrait + Send,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let at_once = (BOUND / columns).clamp(1, 2_000);
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<A> = rows.by_ref().take(at_once).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        A::Entity::insert_many(chunk).exec_without_returning(connection).await?;
    }
}

/// Inserts a row, or replaces the one of the same key.
pub async fn put<C, A>(connection: &C, row: A, key: &[<A::Entity as EntityTrait>::Column]) -> Result<(), StoreError>
where
    C: ConnectionTrait,
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let rest: Vec<_> = <A::Entity as EntityTrait>::Column::iter()
        .filter(|column| key.iter().all(|key| key.as_str() != column.as_str()))
        .collect();
    let conflict = OnConflict::columns(key.iter().copied()).update_columns(rest).to_owned();
    A::Entity::insert(row).on_conflict(conflict).exec_without_returning(connection).await?;
    Ok(())
}

/// Inserts or replaces a case.
pub async fn case<C: ConnectionTrait>(
    connection: &C,
    case: &Case,
    turn: Option<Unit>,
    is_new: bool,
) -> Result<(), StoreError> {
    let row = rows::of_case(case, turn)?;
    if is_new {
        cases::Entity::insert(row).exec_without_returning(connection).await?;
        return Ok(());
    }
    let id = case.id;
    let updated = cases::Entity::update_many().set(row).filter(cases::Column::Id.eq(id)).exec(connection).await?;
    if updated.rows_affected == 1 {
        return Ok(());
    }
    Err(StoreError::Broken { table: "cases", key: id.to_string(), what: "is missing".to_owned() })
}

/// Replaces a record, if it is still of the version that the decision saw.
pub async fn pupil<C: ConnectionTrait>(connection: &C, pupil: &Pupil, changed_on: Day) -> Result<(), StoreError> {
    let row = rows::of_pupil(pupil, changed_on)?;
    let updated = pupils::Entity::update_many()
        .set(row)
        .filter(pupils::Column::Id.eq(pupil.id))
        .filter(pupils::Column::Version.eq(pupil.version - 1))
        .exec(connection)
        .await?;
    if updated.rows_affected == 1 {
        return Ok(());
    }
    let what = format!("is not of version {}", pupil.version - 1);
    Err(StoreError::Broken { table: "pupils", key: pupil.id.to_string(), what })
}

/// A movement on its way into `changes`.
pub fn movement(
    id: i64,
    pupil: PupilId,
    movement: &Movement,
    case: Option<i64>,
    recorded_on: Day,
) -> changes::ActiveModel {
    rows::of_movement(id, pupil, movement, case, recorded_on)
}

/// Replaced values on their way into history.
pub fn replaced(
    first_id: i64,
    pupil: PupilId,
    fields: &[FieldChange],
    effective_on: Day,
    case: Option<i64>,
    account: &str,
    at: i64,
) -> Vec<field_changes::ActiveModel> {
    let row = |(id, change): (i64, &FieldChange)| field_changes::ActiveModel {
        id: Set(id),
        pupil_id: Set(pupil),
        field: Set(change.field.clone()),
        old: Set(change.old.clone()),
        new: Set(change.new.clone()),
        effective_on: Set(effective_on.into()),
        case_id: Set(case),
        by_account: Set(account.to_owned()),
        recorded_at: Set(at),
    };
    (first_id..).zip(fields).map(row).collect()
}

/// A notice on its way to its unit.
pub fn notice(id: i64, notice: &Notice, raised_on: Day) -> Result<notices::ActiveModel, StoreError> {
    Ok(notices::ActiveModel {
        id: Set(id),
        unit: Set(notice.to.to_string()),
        kind: Set(notice.kind.clone()),
        pupil_id: Set(notice.pupil),
        case_id: Set(notice.case),
        due_on: Set(notice.due_on.map(Into::into)),
        raised_on: Set(raised_on.into()),
        done_on: Set(None),
        data: Set(rows::json("notices", &id.to_string(), notice)?),
    })
}
