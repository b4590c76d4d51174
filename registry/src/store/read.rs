//! What the office looks up.

use std::collections::HashMap;

use domain::{identity::StudentNo, movement::Status, organisation::SchoolId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    StoreError, rows,
    table::{
        authorities, cases, changes, classes, delegations, newcomers, notices, officers, promotions, pupils, schools,
        terms,
    },
};
use crate::{
    case::{Case, CaseId, State},
    newcomers::Newcomer,
    officer::Officer,
    organisation::{Class, Tree},
    pupil::{Pupil, PupilId},
    purpose::Kind,
    scene::Pending,
};

/// Bound values of one statement: SQLite takes 32,766.
pub(crate) const BOUND: usize = 30_000;

/// Every unit, its terms and delegations.
pub async fn tree<C: ConnectionTrait>(connection: &C) -> Result<Tree, StoreError> {
    let mut tree = Tree::default();
    for row in authorities::Entity::find().all(connection).await? {
        tree.put_authority(rows::parsed("authorities", &row.id, &row.data)?);
    }
    for row in schools::Entity::find().all(connection).await? {
        tree.put_school(rows::parsed("schools", &row.id, &row.data)?);
    }
    for row in terms::Entity::find().all(connection).await? {
        tree.put_terms(rows::parsed("terms", &row.authority_id, &row.data)?);
    }
    for row in delegations::Entity::find().all(connection).await? {
        tree.put_delegation(rows::parsed("delegations", &row.id.to_string(), &row.data)?);
    }
    Ok(tree)
}

/// Every account, by name.
pub async fn officers<C: ConnectionTrait>(connection: &C) -> Result<HashMap<String, Officer>, StoreError> {
    let rows = officers::Entity::find().all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let officer: Officer = rows::parsed("officers", &row.account, &row.data)?;
            Ok((row.account, officer))
        })
        .collect()
}

/// A class.
pub async fn class<C: ConnectionTrait>(
    connection: &C,
    school: SchoolId,
    id: &str,
) -> Result<Option<Class>, StoreError> {
    let row = classes::Entity::find_by_id((school.to_string(), id.to_owned())).one(connection).await?;
    row.map(|row| rows::parsed("classes", &row.class_id, &row.data)).transpose()
}

/// The classes of a school, by number.
pub async fn classes_of<C: ConnectionTrait>(
    connection: &C,
    school: SchoolId,
) -> Result<HashMap<String, Class>, StoreError> {
    let rows = classes::Entity::find().filter(classes::Column::SchoolId.eq(school.as_str())).all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let class: Class = rows::parsed("classes", &row.class_id, &row.data)?;
            Ok((row.class_id, class))
        })
        .collect()
}

/// A record by its own number.
pub async fn pupil<C: ConnectionTrait>(connection: &C, id: PupilId) -> Result<Option<Pupil>, StoreError> {
    pupils::Entity::find_by_id(id).one(connection).await?.map(rows::pupil).transpose()
}

/// Records by surrogate.
pub async fn pupils<C: ConnectionTrait>(
    connection: &C,
    ids: &[PupilId],
) -> Result<HashMap<PupilId, Pupil>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BOUND) {
        for row in pupils::Entity::find().filter(pupils::Column::Id.is_in(ids.iter().copied())).all(connection).await? {
            let pupil = rows::pupil(row)?;
            found.insert(pupil.id, pupil);
        }
    }
    Ok(found)
}

/// A record by its registration number.
pub async fn pupil_numbered<C: ConnectionTrait>(
    connection: &C,
    number: StudentNo,
) -> Result<Option<Pupil>, StoreError> {
    let found = pupils::Entity::find().filter(pupils::Column::StudentNo.eq(number.as_str())).one(connection).await?;
    found.map(rows::pupil).transpose()
}

/// Records by their registration numbers.
pub async fn pupils_numbered<C: ConnectionTrait>(
    connection: &C,
    numbers: &[StudentNo],
) -> Result<HashMap<StudentNo, Pupil>, StoreError> {
    let mut found = HashMap::with_capacity(numbers.len());
    for numbers in numbers.chunks(BOUND) {
        let numbers = numbers.iter().map(|number| number.as_str());
        let rows = pupils::Entity::find().filter(pupils::Column::StudentNo.is_in(numbers)).all(connection).await?;
        for row in rows {
            let pupil = rows::pupil(row)?;
            found.insert(pupil.student_no, pupil);
        }
    }
    Ok(found)
}

/// The last school year into which the province was promoted, by the year in which it began.
pub async fn promoted<C: ConnectionTrait>(connection: &C) -> Result<Option<i32>, StoreError> {
    let last = promotions::Entity::find()
        .filter(promotions::Column::State.eq("done"))
        .order_by_desc(promotions::Column::Year)
        .one(connection)
        .await?;
    Ok(last.map(|run| run.year))
}

/// Records by person, for the rows of a batch.
pub async fn pupils_of_persons<C: ConnectionTrait>(
    connection: &C,
    keys: &[String],
) -> Result<HashMap<String, Pupil>, StoreError> {
    let mut found = HashMap::new();
    for keys in keys.chunks(BOUND) {
        let rows = pupils::Entity::find().filter(pupils::Column::PersonKey.is_in(keys)).all(connection).await?;
        for row in rows {
            let key = row.person_key.clone();
            found.insert(key, rows::pupil(row)?);
        }
    }
    Ok(found)
}

/// A case.
pub async fn case<C: ConnectionTrait>(connection: &C, id: CaseId) -> Result<Option<Case>, StoreError> {
    cases::Entity::find_by_id(id).one(connection).await?.map(|row| rows::case(&row)).transpose()
}

/// Cases by number.
pub async fn cases<C: ConnectionTrait>(connection: &C, ids: &[CaseId]) -> Result<Vec<Case>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BOUND) {
        let rows = cases::Entity::find().filter(cases::Column::Id.is_in(ids.iter().copied())).all(connection).await?;
        for row in &rows {
            found.push(rows::case(row)?);
        }
    }
    Ok(found)
}

/// The rows of a batch of newcomers, in order.
pub async fn newcomers<C: ConnectionTrait>(connection: &C, case: CaseId) -> Result<Vec<Newcomer>, StoreError> {
    let rows = newcomers::Entity::find()
        .filter(newcomers::Column::CaseId.eq(case))
        .order_by_asc(newcomers::Column::Row)
        .all(connection)
        .await?;
    rows.iter().map(|row| rows::parsed("newcomers", &row.row.to_string(), &row.data)).collect()
}

/// The pending cases of a record, but one.
pub async fn pending<C: ConnectionTrait>(
    connection: &C,
    pupil: PupilId,
    but: Option<CaseId>,
) -> Result<Vec<Pending>, StoreError> {
    let rows = cases::Entity::find()
        .filter(cases::Column::PupilId.eq(pupil))
        .filter(cases::Column::State.is_in([State::Open.name(), State::Returned.name()]))
        .all(connection)
        .await?;
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| Some(row.id) != but) {
        found.extend(as_pending(row)?);
    }
    Ok(found)
}

/// The pending cases of records.
pub async fn pending_of<C: ConnectionTrait>(
    connection: &C,
    pupils: &[PupilId],
) -> Result<HashMap<PupilId, Vec<Pending>>, StoreError> {
    let mut found: HashMap<PupilId, Vec<Pending>> = HashMap::new();
    for pupils in pupils.chunks(BOUND) {
        let rows = cases::Entity::find()
            .filter(cases::Column::PupilId.is_in(pupils.iter().copied()))
            .filter(cases::Column::State.is_in([State::Open.name(), State::Returned.name()]))
            .all(connection)
            .await?;
        for row in &rows {
            if let (Some(pupil), Some(pending)) = (row.pupil_id, as_pending(row)?) {
                found.entry(pupil).or_default().push(pending);
            }
        }
    }
    Ok(found)
}

fn as_pending(row: &cases::Model) -> Result<Option<Pending>, StoreError> {
    let case = rows::case(row)?;
    let Some(kind) = Kind::named(&row.kind) else { return Ok(None) };
    Ok(Some(Pending { id: case.id, number: case.number(), kind, state: case.state, opened_on: case.opened_on }))
}

/// The statuses of a record and the days from which they held, oldest first.
pub async fn history<C: ConnectionTrait>(
    connection: &C,
    pupil: PupilId,
) -> Result<Vec<(Status, domain::calendar::Day)>, StoreError> {
    let rows: Vec<(Option<String>, sea_orm::prelude::Date)> = changes::Entity::find()
        .filter(changes::Column::PupilId.eq(pupil))
        .order_by_asc(changes::Column::Id)
        .select_only()
        .columns([changes::Column::ToStatus, changes::Column::EffectiveOn])
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(status, day)| Some((Status::from_label(status.as_deref()?)?, day.into())))
        .collect())
}

/// The last day of a record's latest suspension or extension.
pub async fn suspended_until<C: ConnectionTrait>(
    connection: &C,
    pupil: PupilId,
) -> Result<Option<domain::calendar::Day>, StoreError> {
    let told = notices::Entity::find()
        .filter(notices::Column::PupilId.eq(pupil))
        .filter(notices::Column::Kind.eq("suspension_ends"))
        .order_by_desc(notices::Column::Id)
        .one(connection)
        .await?;
    Ok(told.and_then(|row| row.due_on).map(Into::into))
}

/// Whether a person's number leads to a record.
pub async fn holder<C: ConnectionTrait>(connection: &C, person_key: &str) -> Result<Option<Pupil>, StoreError> {
    let found = pupils::Entity::find().filter(pupils::Column::PersonKey.eq(person_key)).one(connection).await?;
    found.map(rows::pupil).transpose()
}
