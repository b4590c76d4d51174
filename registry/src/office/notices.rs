//! What units are told to do, at the desk: settled, handed on, asked for (DRP-04, TRF-08).

use std::collections::BTreeMap;

use domain::{
    identity::StudentNo,
    movement::Status,
    organisation::{Division, SchoolId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right},
    command::Answer,
    event::{Event, Notice},
    refusal::Refusal,
    store::{StoreError, read, table::notices},
    transfer::{ARTICLE_NO_PLACE, place_wanted},
    unit::Unit,
};

const ARTICLE_HANDOVER: &str = "皖教基〔2013〕20号 第二十七条；某省中小学生学籍管理办法 第二十六条";

impl Desk<'_> {
    pub(super) async fn settle_notice(&mut self, actor: &Actor, id: i64, now: &Now) -> Done<Answer> {
        actor.may(Right::Maintain)?;
        let row = notices::Entity::find_by_id(id).one(self.tx).await?.ok_or_else(Refusal::out_of_scope)?;
        let unit = Unit::read(&row.unit).ok_or_else(Refusal::out_of_scope)?;
        if !self.tree.acts_for(actor.unit, unit, now.today()) {
            return Err(Refusal::out_of_scope().into());
        }
        if row.done_on.is_some() {
            return Err(Refusal::conflict("notice.done", "本系统约定", "该事项已办结", "it is done already").into());
        }
        self.settled(row, now).await?;
        Ok(Answer { id: Some(format!("notice:{id}")), ..Answer::default() })
    }

    /// Hands the migrant children who dropped out to the counties of their households (DR-3): every one that is open, once. Who has
    /// returned meanwhile is settled; whose household is not on record stays open.
    pub(super) async fn hand_over_migrants(&mut self, actor: &Actor, now: &Now) -> Done<Answer> {
        actor.may(Right::Maintain)?;
        let Unit::Authority(authority) = actor.unit else {
            return Err(Refusal::forbidden(
                ARTICLE_HANDOVER,
                "由就读学校的学籍主管部门汇总转交",
                "the authority of the schools hands them over",
            )
            .into());
        };
        let open = notices::Entity::find()
            .filter(notices::Column::Unit.eq(authority.as_str()))
            .filter(notices::Column::Kind.eq("migrant_handover"))
            .filter(notices::Column::DoneOn.is_null())
            .order_by_asc(notices::Column::Id)
            .all(self.tx)
            .await?;
        let mut counts =
            BTreeMap::from(["handed_over", "returned", "household_unknown"].map(|what| (what.to_owned(), 0)));
        let mut told = Vec::new();
        for row in open {
            let pupil = match row.pupil_id {
                Some(pupil) => read::pupil(self.tx, pupil).await?,
                None => None,
            };
            let still = pupil.filter(|pupil| pupil.standing.status == Status::DroppedOut);
            let what = match still.as_ref().map(|pupil| pupil.basic.hukou_division) {
                None => "returned",
                Some(None) => "household_unknown",
                Some(Some(home)) => {
                    // The home county is told where it is one of the province; another province gets the paper list.
                    if self.tree.authority(home).is_some() && home != authority {
                        told.push(Event::Notice {
                            notice: Notice {
                                to: Unit::Authority(home),
                                kind: "migrant_dropout_received".to_owned(),
                                pupil: row.pupil_id,
                                case: row.case_id,
                                due_on: None,
                                article: ARTICLE_HANDOVER.to_owned(),
                            },
                        });
                    }
                    "handed_over"
                }
            };
            *counts.entry(what.to_owned()).or_default() += 1;
            if what != "household_unknown" {
                self.settled(row, now).await?;
            }
        }
        self.persist(told, None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("handover:{authority}:{}", now.today())), counts, ..Answer::default() })
    }

    async fn settled(&self, row: notices::Model, now: &Now) -> Result<(), StoreError> {
        let mut row = row.into_active_model();
        row.done_on = Set(Some(now.today().into()));
        notices::Entity::update(row).exec(self.tx).await?;
        Ok(())
    }

    /// A school of the home county has no place for a pupil who comes back: the county arranges one (TRF-08).
    pub(super) async fn ask_place(
        &mut self,
        actor: &Actor,
        number: StudentNo,
        school: SchoolId,
        reason: &str,
        now: &Now,
    ) -> Done<Answer> {
        self.for_school(actor, school, Right::Maintain, now)?;
        let pupil = read::pupil_numbered(self.tx, number).await?.ok_or_else(Refusal::out_of_scope)?;
        let school = self.tree.present(school).and_then(|school| self.tree.school(school)).cloned();
        let school = school.ok_or_else(Refusal::out_of_scope)?;
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明无法提供学位的原因", "state why there is no place").into());
        }
        let home = school.division.unwrap_or(school.authority);
        let barred = |code: &str, zh: &str, en: &str| Err(Refusal::barred(code, ARTICLE_NO_PLACE, zh, en).into());
        if pupil.basic.hukou_division.is_none_or(|household| !is_of(household, home)) {
            return barred(
                "place.household",
                "该生户籍不在本校所在县（市、区）",
                "the pupil's household is not of the county in which the school lies",
            );
        }
        let compulsory = self
            .tree
            .school(pupil.standing.school)
            .and_then(|school| school.stage_of(pupil.standing.grade))
            .is_some_and(domain::organisation::Stage::is_compulsory);
        if !compulsory || pupil.standing.status != Status::Enrolled {
            return barred(
                "place.stage",
                "只适用于义务教育阶段在读学生",
                "this is for pupils enrolled in compulsory schooling",
            );
        }
        let asked = notices::Entity::find()
            .filter(notices::Column::PupilId.eq(pupil.id))
            .filter(notices::Column::Kind.eq("place_wanted"))
            .filter(notices::Column::DoneOn.is_null())
            .one(self.tx)
            .await?;
        if asked.is_some() {
            return Err(Refusal::conflict(
                "place.asked",
                ARTICLE_NO_PLACE,
                "已提请县（市、区）教育行政部门协调",
                "the county has been asked already",
            )
            .into());
        }
        let Some(wanted) = place_wanted(&self.tree, &school, &pupil, None) else {
            return Err(Refusal::out_of_scope().into());
        };
        self.persist(vec![wanted], None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("record:{}", pupil.id)), ..Answer::default() })
    }
}

/// Whether a household is of a county, or of the city whose districts or own schools are meant.
fn is_of(household: Division, place: Division) -> bool {
    household == place || (place == place.prefecture() && household.prefecture() == place)
}
