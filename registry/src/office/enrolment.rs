//! Newcomers at the desk: submitted as a batch, with their portraits beside them (ENR-01, ENR-02).

use std::{collections::HashMap, sync::Arc};

use domain::{calendar::Day, organisation::SchoolId, policy::Policy};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};

use super::{
    Now,
    cases::last_case,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right},
    application::{self, Request},
    case::{Case, CaseId},
    command::Answer,
    newcomers::{self, Against, Newcomer, Newcomers, PortraitRef, RowFault},
    portrait::Picture,
    pupil::Pupil,
    purpose::Purpose,
    refusal::Refusal,
    scene::Scene,
    store::{
        StoreError, read, rows,
        table::{cases, newcomers as newcomer_rows, portraits},
        write,
    },
};

impl Desk<'_> {
    pub(super) async fn submit_newcomers(
        &mut self,
        actor: &Actor,
        school: SchoolId,
        name: &str,
        rows: &[Newcomer],
        reason: &str,
        now: &Now,
    ) -> Done<Answer> {
        self.for_school(actor, school, Right::Maintain, now)?;
        let policy = self.books.in_force(now.today())?;
        if name.trim().is_empty() {
            return Err(Refusal::invalid("newcomers.name", "请给本批起个名称", "name the batch").into());
        }
        if let Some(same) = self.batch_named(school, name).await? {
            return Err(Refusal::conflict(
                "newcomers.name",
                "本系统约定",
                &format!("已有同名批次（{same}）"),
                &format!("a batch of that name was submitted already: {same}"),
            )
            .remedy("更正请补正原批次，新增请换名称", "complete that batch, or name the new one otherwise")
            .into());
        }
        let (rows, keys, flags) = self.checked(school, rows, &policy, now.today()).await?;
        let purpose = Purpose::Newcomers(Newcomers {
            rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            name: name.to_owned(),
            except: Vec::new(),
        });
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        let mut scene = self.scene(&tree, books, actor, now);
        scene.fresh_case = self.state.counters.get("case").copied().unwrap_or_default() + 1;
        let request = Request { applicant: self.tree.keeper(school), reason, evidence: &[] };
        let events = application::open(&scene, &purpose, &request, &policy)?;
        let case = last_case(&events)?;
        self.state.next("case");
        self.persist(events, Some(case.id), &actor.account, now).await?;
        self.write_newcomers(case.id, &rows, keys).await?;
        let mut answer = Self::answer(&case, 0);
        answer.counts.insert("rows".to_owned(), rows.len() as u64);
        answer.counts.insert("late".to_owned(), u64::from(is_late(now.today(), &policy)));
        answer.flags = flags;
        Ok(answer)
    }

    /// A batch that was sent back comes again with its rows corrected.
    pub(super) async fn resubmit_newcomers(
        &mut self,
        scene: &Scene<'_>,
        case: Case,
        rows: &[Newcomer],
        policy: &Policy,
        now: &Now,
    ) -> Done<Answer> {
        let Purpose::Newcomers(batch) = &case.purpose else {
            return Err(Refusal::invalid("rows", "只有新生批次有学生名单", "only a batch of newcomers has rows").into());
        };
        let school =
            case.applicant.school().and_then(|school| self.tree.present(school)).ok_or_else(Refusal::out_of_scope)?;
        let purpose =
            Purpose::Newcomers(Newcomers { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), ..batch.clone() });
        let events = application::resubmit(scene, case, Some(&purpose), &[], policy)?;
        let case = last_case(&events)?;
        let (rows, keys, flags) = self.checked(school, rows, policy, now.today()).await?;
        newcomer_rows::Entity::delete_many().filter(newcomer_rows::Column::CaseId.eq(case.id)).exec(self.tx).await?;
        self.persist(events, Some(case.id), &scene.actor.account, now).await?;
        self.write_newcomers(case.id, &rows, keys).await?;
        Ok(Answer { flags, ..Self::answer(&case, 0) })
    }

    /// The rows as they are kept, each with its person, and what is flagged; or the refusal of the first that can't be taken.
    async fn checked(
        &self,
        school: SchoolId,
        rows: &[Newcomer],
        policy: &Policy,
        today: Day,
    ) -> Done<(Vec<Newcomer>, Vec<String>, Vec<RowFault>)> {
        let mut rows = rows.to_vec();
        rows.iter_mut().for_each(newcomers::tidy);
        find_portraits(self.tx, &mut rows).await?;
        let place = self.tree.school(school).cloned().ok_or_else(Refusal::out_of_scope)?;
        let keys: Vec<String> = rows.iter().map(|row| Pupil::person_key(&row.key)).collect();
        let known = read::pupils_of_persons(self.tx, &keys).await?;
        let classes = read::classes_of(self.tx, school).await?;
        let promoted = read::promoted(self.tx).await?;
        let against = Against { school: &place, classes: &classes, known: &known, promoted, today };
        let (refused, flags): (Vec<_>, Vec<_>) =
            newcomers::check(&rows, &against, policy).into_iter().partition(|fault| fault.refused);
        // A portrait may come until the approval; everything else is right when a batch is submitted, or the batch is not.
        let (late_portraits, refused): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|fault| fault.refusal.code == "newcomers.portrait");
        if let Some(first) = refused.first() {
            let count = refused.len();
            return Err(Refusal {
                zh: format!("{count} 处错误，首处：第 {} 行 {}：{}", first.row, first.field, first.refusal.zh),
                en: format!("{count} faults, the first in row {} {}: {}", first.row, first.field, first.refusal.en),
                ..first.refusal.clone()
            }
            .into());
        }
        let flags = flags.into_iter().chain(late_portraits).collect();
        Ok((rows, keys, flags))
    }

    async fn write_newcomers(&self, case: CaseId, rows: &[Newcomer], keys: Vec<String>) -> Done<()> {
        let mut written = Vec::with_capacity(rows.len());
        for (row, key) in rows.iter().zip(keys) {
            written.push(newcomer_rows::ActiveModel {
                case_id: Set(case),
                row: Set(i32::try_from(row.row).unwrap_or(i32::MAX)),
                person_key: Set(key),
                data: Set(rows::json("newcomers", &row.row.to_string(), row)?),
            });
        }
        Ok(write::insert_all(self.tx, written).await?)
    }

    async fn batch_named(&self, school: SchoolId, name: &str) -> Done<Option<String>> {
        let found: Vec<cases::Model> = cases::Entity::find()
            .filter(cases::Column::Kind.eq("newcomers"))
            .filter(cases::Column::Applicant.eq(school.as_str()))
            .filter(cases::Column::State.is_in(["open", "returned", "approved"]))
            .all(self.tx)
            .await?;
        for row in found {
            let case = rows::case(&row)?;
            if matches!(&case.purpose, Purpose::Newcomers(batch) if batch.name == name) {
                return Ok(Some(case.number()));
            }
        }
        Ok(None)
    }

    /// Lays up portraits by number. A pupil whose portrait of the stage is there already keeps it (EN-4).
    pub(super) async fn add_portraits(
        &mut self,
        actor: &Actor,
        school: SchoolId,
        taken_on: Day,
        pictures: &[Picture],
        now: &Now,
    ) -> Done<Answer> {
        self.for_school(actor, school, Right::Maintain, now)?;
        if now.today() < taken_on {
            return Err(
                Refusal::invalid("future_date", "拍摄日期晚于今天", "the pictures were taken after today").into()
            );
        }
        let digests: Vec<&str> = pictures.iter().map(|picture| picture.digest.as_str()).collect();
        let mut twice = 0;
        for digests in digests.chunks(read::BOUND) {
            let there: Vec<(String, String)> = portraits::Entity::find()
                .filter(portraits::Column::Digest.is_in(digests.iter().copied()))
                .select_only()
                .columns([portraits::Column::Number, portraits::Column::Digest])
                .into_tuple()
                .all(self.tx)
                .await?;
            let other = |picture: &&Picture| {
                there.iter().any(|(number, digest)| *digest == picture.digest && *number != picture.number)
            };
            twice += pictures.iter().filter(other).count();
        }
        if 0 < twice {
            return Err(Refusal::barred(
                "portrait.twice",
                "皖教基〔2013〕20号 第十二条",
                &format!("{twice} 张照片与其他学生的照片相同"),
                &format!("{twice} pictures are those of other pupils"),
            )
            .remedy("请重新拍摄或核对文件名", "take them anew, or check the names of the files")
            .into());
        }
        let row = |picture: &Picture| portraits::ActiveModel {
            number: Set(picture.number.clone()),
            digest: Set(picture.digest.clone()),
            school_id: Set(school.to_string()),
            taken_on: Set(taken_on.into()),
            picture: Set(picture.bytes.clone()),
        };
        for pictures in pictures.chunks(200) {
            portraits::Entity::insert_many(pictures.iter().map(row))
                .on_conflict(
                    OnConflict::columns([portraits::Column::Number, portraits::Column::Digest])
                        .update_column(portraits::Column::TakenOn)
                        .to_owned(),
                )
                .exec_without_returning(self.tx)
                .await?;
        }
        Ok(Answer { id: Some(format!("school:{school}")), pupils: pictures.len() as u64, ..Answer::default() })
    }
}

/// Portraits that were imported before, by identity or registration number.
pub(super) async fn find_portraits<C: ConnectionTrait>(
    connection: &C,
    rows: &mut [Newcomer],
) -> Result<(), StoreError> {
    let number_of = |row: &Newcomer| {
        row.student_no
            .map(|number| number.as_str().to_owned())
            .into_iter()
            .chain(row.key.id_no.clone())
            .collect::<Vec<_>>()
    };
    let numbers: Vec<String> = rows.iter().filter(|row| row.portrait.is_none()).flat_map(number_of).collect();
    let mut found: HashMap<String, PortraitRef> = HashMap::new();
    for numbers in numbers.chunks(read::BOUND) {
        let pictures: Vec<(String, String, sea_orm::prelude::Date)> = portraits::Entity::find()
            .filter(portraits::Column::Number.is_in(numbers))
            .select_only()
            .columns([portraits::Column::Number, portraits::Column::Digest, portraits::Column::TakenOn])
            .into_tuple()
            .all(connection)
            .await?;
        for (number, digest, taken_on) in pictures {
            let taken_on = Day::from(taken_on);
            let newer = found.get(&number).is_none_or(|before| before.taken_on < taken_on);
            if newer {
                found.insert(number, PortraitRef { digest, taken_on });
            }
        }
    }
    for row in rows.iter_mut().filter(|row| row.portrait.is_none()) {
        row.portrait = number_of(row).iter().find_map(|number| found.get(number).cloned());
    }
    Ok(())
}

/// Whether a batch comes after 30 September 24:00 of its year; it is shown as late, not hidden (EN-2).
pub fn is_late(submitted_on: Day, policy: &domain::policy::Policy) -> bool {
    let due = policy.snapshots().find(|(name, _, _)| *name == "entrants_reviewed").map(|(_, day, _)| day);
    let opens = policy.school_year_start();
    due.is_some_and(|due| {
        let year = submitted_on.year();
        let in_season = opens.in_year(year) <= submitted_on && submitted_on <= due.in_year(year);
        !in_season
    })
}
