//! The sheet with which a report climbs: its figures counted from the records, and who has signed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar::{Month, SchoolYear},
    movement::{MovementKind, Status},
    organisation::AuthorityLevel,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect, prelude::Date,
};
use serde_json::{Value, json};

use super::{Found, Reading, missing, term_text};
use crate::{
    duty::{Duty, Signature},
    office::OfficeError,
    refusal::Refusal,
    store::{
        StoreError, rows,
        table::{changes, classes, duties, pupils},
    },
    unit::Unit,
};

/// Open records of one school, month of entry and status.
#[derive(Debug, FromQueryResult)]
struct Count {
    entry_month: String,
    status: String,
    pupils: i64,
}

/// What a report states.
#[derive(Debug, Default)]
struct Figures {
    schools: u64,
    classes: u64,
    by_status: BTreeMap<String, u64>,
    newcomers: u64,
    changes: u64,
}

impl Reading<'_> {
    pub(super) async fn sign_off_sheet(&self) -> Found {
        let id = self.wanted.duty.ok_or_else(|| missing("上报或复核事项（--duty）", "the duty"))?;
        let row = duties::Entity::find_by_id(id).one(self.look).await.map_err(StoreError::from)?;
        let row = row.ok_or_else(Refusal::out_of_scope)?;
        let duty: Duty = rows::parsed("duties", &row.id.to_string(), &row.data)?;
        let unit = duty.unit();
        self.scope.unit(unit)?;
        let level = match unit {
            Unit::School(_) => "school",
            Unit::Authority(division) => match division.level() {
                AuthorityLevel::County => "county",
                AuthorityLevel::Prefecture => "prefecture",
                AuthorityLevel::Province => {
                    return Err(Refusal::invalid(
                        "paper.level",
                        "省级不再向上报送",
                        "the province reports to nobody above",
                    )
                    .into());
                }
            },
        };
        let (digest, signatures, figures) = match &duty {
            Duty::Report { digest, signatures, .. } => (digest, signatures.clone(), self.figures(unit).await?.lines()),
            Duty::Verification { digest, signature, listed, wrong, .. } => {
                let lines = vec![
                    json!({ "item": "复核学籍", "count": listed }),
                    json!({ "item": "复核有误", "count": wrong.len(), "remark": (!wrong.is_empty()).then_some("另附清单") }),
                ];
                (digest, signature.iter().cloned().collect(), lines)
            }
            Duty::Responsibility { .. } | Duty::Export { .. } => {
                return Err(Refusal::invalid(
                    "paper.duty",
                    "不是上报或复核，没有签章表",
                    "it is no report and no check: there is no sheet",
                )
                .into());
            }
        };
        let counts = |signature: &&Signature| signature.digest == *digest;
        let signed = |unit: Unit| signatures.iter().filter(counts).find(|signature| signature.unit == unit);
        let above = self.above(unit);
        let addressee = above.first().copied().ok_or_else(|| missing("上级单位", "the authority above"))?;
        let reviews: Vec<Value> = if matches!(duty, Duty::Verification { .. }) {
            Vec::new()
        } else {
            let review = |unit: &Unit| {
                let by = signed(*unit);
                json!({
                    "office": self.tree.name(*unit),
                    "name": by.map(|signature| self.name_of(&signature.by)),
                    "on": by.map(|signature| signature.on),
                })
            };
            above.iter().map(review).collect()
        };
        let head = signed(unit).map(|signature| json!({ "name": self.name_of(&signature.by), "on": signature.on }));
        let facts = json!({
            "number": format!("BS{unit}-{id:06}"),
            "measure": self.wanted.measure,
            "office": self.tree.name(unit),
            "level": level,
            "addressee": self.tree.name(addressee),
            "term": period_text(&duty.period()),
            "figures": figures,
            "digest": format!("SM3 {digest}"),
            "head": head,
            "reviews": reviews,
            "issued_on": self.wanted.issued_on,
        });
        Ok((vec![facts], format!("duty:{id}")))
    }

    /// The authorities through which a report climbs, the lowest first.
    fn above(&self, unit: Unit) -> Vec<Unit> {
        let parent = |authority| self.tree.authority(authority).and_then(|authority| authority.parent);
        let mut at = match unit {
            Unit::School(school) => self.tree.authority_of(school),
            Unit::Authority(authority) => parent(authority),
        };
        let mut path = Vec::new();
        while let Some(authority) = at.filter(|_| path.len() < 8) {
            path.push(Unit::Authority(authority));
            at = parent(authority);
        }
        path
    }

    /// Counts the records of a unit as they stand.
    async fn figures(&self, unit: Unit) -> Result<Figures, OfficeError> {
        let schools: BTreeSet<String> = self
            .tree
            .schools()
            .filter(|school| match unit {
                Unit::School(own) => school.id == own,
                Unit::Authority(_) => self.tree.contains(unit, Unit::School(school.id)),
            })
            .map(|school| school.id.to_string())
            .collect();
        let start = self.policy.school_year_start();
        let first = SchoolYear::of(self.wanted.issued_on, start).first_day(start);
        let mut figures = Figures { schools: schools.len() as u64, ..Figures::default() };
        for school in &schools {
            figures.classes += classes::Entity::find()
                .filter(classes::Column::SchoolId.eq(school))
                .filter(classes::Column::Closed.eq(false))
                .count(self.look)
                .await
                .map_err(StoreError::from)?;
            let counted = pupils::Entity::find()
                .filter(pupils::Column::SchoolId.eq(school))
                .filter(
                    pupils::Column::Status
                        .is_in([Status::Enrolled, Status::Suspended, Status::DroppedOut].map(Status::label)),
                )
                .select_only()
                .columns([pupils::Column::EntryMonth, pupils::Column::Status])
                .column_as(pupils::Column::Id.count(), "pupils")
                .group_by(pupils::Column::EntryMonth)
                .group_by(pupils::Column::Status)
                .into_model::<Count>()
                .all(self.look)
                .await
                .map_err(StoreError::from)?;
            for count in counted {
                let pupils = u64::try_from(count.pupils).unwrap_or_default();
                *figures.by_status.entry(count.status).or_default() += pupils;
                if count.entry_month.parse::<Month>().is_ok_and(|month| Month::of(first) <= month) {
                    figures.newcomers += pupils;
                }
            }
            let here = changes::Column::ToSchool.eq(school).or(changes::Column::FromSchool.eq(school));
            figures.changes += changes::Entity::find()
                .filter(here)
                .filter(changes::Column::EffectiveOn.gte(Date::from(first)))
                .filter(
                    changes::Column::Kind
                        .is_not_in([MovementKind::Promotion, MovementKind::Enrolment].map(MovementKind::label)),
                )
                .count(self.look)
                .await
                .map_err(StoreError::from)?;
        }
        Ok(figures)
    }
}

impl Figures {
    fn lines(&self) -> Vec<Value> {
        let of = |status: Status| self.by_status.get(status.label()).copied().unwrap_or_default();
        let (enrolled, suspended, dropped) = (of(Status::Enrolled), of(Status::Suspended), of(Status::DroppedOut));
        let mut lines = Vec::new();
        if self.schools != 1 {
            lines.push(json!({ "item": "学校", "count": self.schools }));
        }
        lines.extend([
            json!({ "item": "班级", "count": self.classes }),
            json!({ "item": "在籍学生", "count": enrolled + suspended + dropped }),
            json!({ "item": "在读学生", "count": enrolled }),
            json!({ "item": "休学学生", "count": suspended }),
            json!({ "item": "辍学保留学籍", "count": dropped }),
            json!({ "item": "本学年新生", "count": self.newcomers }),
            json!({ "item": "本学年变动", "count": self.changes, "remark": "不含升级和新生入学" }),
        ]);
        lines
    }
}

/// A period in words: `2025-10` is a month, `2025-2026-1` a term; anything else stands as it is.
fn period_text(period: &str) -> String {
    let parts: Vec<&str> = period.split('-').collect();
    match parts.as_slice() {
        [year, month] => match (year.parse::<i32>(), month.parse::<u32>()) {
            (Ok(year), Ok(month @ 1..=12)) => format!("{year}年{month}月"),
            _ => period.to_owned(),
        },
        [year, _, term] => match (year.parse::<i32>(), *term) {
            (Ok(year), "1" | "2") => term_text(year, *term == "2"),
            _ => period.to_owned(),
        },
        _ => period.to_owned(),
    }
}
