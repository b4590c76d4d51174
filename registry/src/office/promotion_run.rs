//! What 1 August will do, and has done: the plan, read a slice at a time, and the lists that hand pupils over (PRO-01, PR-3).

use std::collections::{BTreeMap, HashSet};

use domain::{
    calendar::{Day, Month},
    movement::Status,
    organisation::SchoolId,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{Office, OfficeError};
use crate::{
    organisation::{Class, Tree},
    promotion::{Outcome, outcome},
    pupil::{PupilId, Standing},
    store::{
        StoreError, read, rows,
        table::{classes, pupils},
    },
};

/// The columns of a record that decide what becomes of it.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Row {
    pub id: PupilId,
    pub school_id: String,
    pub class_id: String,
    pub grade: i16,
    pub status: String,
    pub since_on: sea_orm::prelude::Date,
    pub regional_no: Option<String>,
}

/// Records read at once.
pub(super) const SLICE: u64 = 20_000;

/// The next slice of open records after a number.
pub(super) async fn slice<C: ConnectionTrait>(connection: &C, after: PupilId) -> Result<Vec<Row>, StoreError> {
    let open = [Status::Enrolled, Status::Suspended, Status::DroppedOut].map(Status::label);
    Ok(pupils::Entity::find()
        .filter(pupils::Column::Id.gt(after))
        .filter(pupils::Column::Status.is_in(open))
        .order_by_asc(pupils::Column::Id)
        .limit(SLICE)
        .select_only()
        .columns([
            pupils::Column::Id,
            pupils::Column::SchoolId,
            pupils::Column::ClassId,
            pupils::Column::Grade,
            pupils::Column::Status,
            pupils::Column::SinceOn,
            pupils::Column::RegionalNo,
        ])
        .into_model::<Row>()
        .all(connection)
        .await?)
}

/// Classes founded for the new school year, which do not rise with it: their pupils are placed in the new year's grade already.
pub(super) async fn new_classes<C: ConnectionTrait>(
    connection: &C,
    first: Day,
) -> Result<HashSet<(String, String)>, StoreError> {
    let mut found = HashSet::new();
    for row in classes::Entity::find().filter(classes::Column::Closed.eq(false)).all(connection).await? {
        let class: Class = rows::parsed("classes", &row.class_id, &row.data)?;
        if Month::of(first) <= class.founded {
            found.insert((row.school_id, row.class_id));
        }
    }
    Ok(found)
}

/// What becomes of a record in the year that begins on a day.
pub(super) fn outcome_of(row: &Row, tree: &Tree, new_classes: &HashSet<(String, String)>) -> Outcome {
    let (Some(school), Some(status), Ok(grade)) =
        (SchoolId::read(&row.school_id), Status::from_label(&row.status), u8::try_from(row.grade))
    else {
        return Outcome::Error;
    };
    if status == Status::Enrolled && new_classes.contains(&(row.school_id.clone(), row.class_id.clone())) {
        return Outcome::Placed;
    }
    let standing = Standing { school, class: row.class_id.clone(), grade, status };
    outcome(&standing, tree.school(school))
}

/// A record that does not simply rise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceptional {
    /// The registry's own number.
    pub record: PupilId,
    /// 学校标识码
    pub school: String,
    /// 班号
    pub class: String,
    /// 年级
    pub grade: i16,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What 1 August does with every open record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// The calendar year in which the school year begins.
    pub year: i32,
    /// Open records in all; the sum of the counts.
    pub records: u64,
    /// Records by outcome.
    pub counts: BTreeMap<String, u64>,
    /// Those that need a look: held, errors.
    pub exceptional: Vec<Exceptional>,
}

impl Office {
    /// The dry run (试算): what a promotion of a year would do now.
    pub async fn plan_promotion(&self, year: i32) -> Result<Plan, OfficeError> {
        let look = self.store.look().await?;
        let tree = read::tree(&look).await?;
        let first = self.books.in_force(self.first_day(year))?.school_year_start().in_year(year);
        let new_classes = new_classes(&look, first).await?;
        let mut plan = Plan { year, ..Plan::default() };
        let mut after = 0;
        loop {
            let rows = slice(&look, after).await?;
            let Some(last) = rows.last() else { return Ok(plan) };
            after = last.id;
            for row in &rows {
                let outcome = outcome_of(row, &tree, &new_classes);
                plan.records += 1;
                *plan.counts.entry(outcome.name().to_owned()).or_default() += 1;
                if matches!(outcome, Outcome::Held | Outcome::Error) {
                    plan.exceptional.push(Exceptional {
                        record: row.id,
                        school: row.school_id.clone(),
                        class: row.class_id.clone(),
                        grade: row.grade,
                        outcome,
                    });
                }
            }
        }
    }

    fn first_day(&self, year: i32) -> Day {
        Day::from_ymd(year, 8, 1).unwrap_or(Day::from_epoch_days(0))
    }

    /// Pupils who have finished a stage and await their next school, by the school they left (小升初、初升高交接名单).
    pub async fn awaiting_next_school(
        &self,
        grade: u8,
        since: Day,
    ) -> Result<BTreeMap<String, Vec<PupilId>>, OfficeError> {
        let rows: Vec<(i64, String)> = pupils::Entity::find()
            .filter(pupils::Column::Status.eq(Status::Graduated.label()))
            .filter(pupils::Column::Grade.eq(i16::from(grade)))
            .filter(pupils::Column::SinceOn.gte(sea_orm::prelude::Date::from(since)))
            .order_by_asc(pupils::Column::SchoolId)
            .order_by_asc(pupils::Column::Id)
            .select_only()
            .columns([pupils::Column::Id, pupils::Column::SchoolId])
            .into_tuple()
            .all(self.store.reader())
            .await
            .map_err(StoreError::from)?;
        let mut lists: BTreeMap<String, Vec<PupilId>> = BTreeMap::new();
        for (id, school) in rows {
            lists.entry(school).or_default().push(id);
        }
        Ok(lists)
    }
}
