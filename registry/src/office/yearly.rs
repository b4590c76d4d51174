//! 1 August at the desk (学年升级): one transaction over the whole province, once, and undone while nothing has been decided since.
//!
//! What becomes of each record is decided in `promotion.rs`, record by record, and written as `promotion_lines`; the database then carries
//! the lines out as sets. All of it is one transaction: readers see the old year or the new one (PR-2).

use std::collections::BTreeMap;

use domain::calendar::{Day, Month};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};

use super::{
    Now,
    desk::{Desk, Done},
    promotion_run::{new_classes, outcome_of, slice},
};
use crate::{
    actor::{Actor, Right, Role},
    command::Answer,
    number::{Series, begins_stage},
    organisation::Class,
    promotion::Outcome,
    refusal::Refusal,
    store::{
        StoreError, rows,
        table::{classes, promotion_lines, promotions},
        write,
    },
};
use domain::organisation::{SchoolId, Stage};

const ARTICLE: &str = "皖教基〔2013〕20号 第十八条";

/// What a promotion has done, for whoever undoes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Run {
    counts: BTreeMap<String, u64>,
    first_change: i64,
    last_change: i64,
    /// Classes as they were.
    classes: Vec<Class>,
}

impl Desk<'_> {
    fn yearly_right(&self, actor: &Actor) -> Result<(), Refusal> {
        if actor.role == Role::System {
            return Ok(());
        }
        actor.may(Right::Administer)?;
        if actor.is_provincial() {
            return Ok(());
        }
        Err(Refusal::forbidden(ARTICLE, "学年升级由全省统一进行", "the province moves to the new year as one"))
    }

    pub(super) async fn promote(&mut self, actor: &Actor, year: i32, now: &Now) -> Done<Answer> {
        self.yearly_right(actor)?;
        let policy = self.books.in_force(now.today())?;
        let first = policy.school_year_start().in_year(year);
        if now.today() < first {
            return Err(Refusal::barred(
                "promotion.early",
                ARTICLE,
                &format!("学年升级自 {first} 起进行"),
                &format!("the school year begins on {first}"),
            )
            .into());
        }
        let hold = self.state.clock.hold.as_ref();
        if let Some(hold) = hold.filter(|_| actor.role == Role::System) {
            return Err(Refusal::conflict("promotion.hold", "本系统约定", &hold.zh, &hold.en).into());
        }
        let done = promotions::Entity::find().all(self.tx).await?;
        if done.iter().any(|run| run.state == "done" && year <= run.year) {
            return Err(Refusal::conflict(
                "promotion.done",
                ARTICLE,
                &format!("{year} 学年或其后的升级已完成，不得重复"),
                &format!("the promotion of {year} or a later year is done; it is not repeated"),
            )
            .into());
        }
        self.clear_lines(year).await?;
        let counts = self.write_lines(year, first).await?;
        let first_change = self.state.counters.get("change").copied().unwrap_or_default() + 1;
        let moved = self.carry_out_lines(year, first, first_change, now.today()).await?;
        self.state.take("change", moved);
        let last_change = self.state.counters.get("change").copied().unwrap_or_default();
        let classes = self.raise_classes(first).await?;
        let run = Run { counts: counts.clone(), first_change, last_change, classes };
        let row = promotions::ActiveModel {
            year: Set(year),
            state: Set("done".to_owned()),
            data: Set(rows::json("promotions", "", &run)?),
        };
        write::put(self.tx, row, &[promotions::Column::Year]).await?;
        let pupils = counts.values().sum();
        Ok(Answer {
            id: Some(format!("promotion:{year}")),
            state: Some("done".to_owned()),
            pupils,
            counts,
            ..Answer::default()
        })
    }

    async fn clear_lines(&self, year: i32) -> Result<(), StoreError> {
        use sea_orm::{ColumnTrait, QueryFilter};
        promotion_lines::Entity::delete_many().filter(promotion_lines::Column::Year.eq(year)).exec(self.tx).await?;
        Ok(())
    }

    async fn write_lines(&mut self, year: i32, first: Day) -> Result<BTreeMap<String, u64>, StoreError> {
        let new_classes = new_classes(self.tx, first).await?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut after = 0;
        loop {
            let rows = slice(self.tx, after).await?;
            let Some(last) = rows.last() else { return Ok(counts) };
            after = last.id;
            let mut lines = Vec::with_capacity(rows.len());
            for row in &rows {
                let outcome = outcome_of(row, &self.tree, &new_classes);
                *counts.entry(outcome.name().to_owned()).or_default() += 1;
                let new_regional_no = (outcome == Outcome::NewStage)
                    .then(|| self.regional_of(&row.school_id, row.grade + 1, first.year()))
                    .flatten();
                lines.push(promotion_lines::ActiveModel {
                    year: Set(year),
                    pupil_id: Set(row.id),
                    outcome: Set(outcome.name().to_owned()),
                    grade: Set(row.grade),
                    since_on: Set(row.since_on),
                    regional_no: Set(row.regional_no.clone().filter(|_| outcome == Outcome::NewStage)),
                    new_regional_no: Set(new_regional_no),
                });
            }
            write::insert_all(self.tx, lines).await?;
        }
    }

    fn regional_of(&mut self, school: &str, grade: i16, year: i32) -> Option<String> {
        let school = self.tree.school(SchoolId::read(school)?)?;
        let series = Series::of(school, u8::try_from(grade).ok()?, year)?;
        let serial = self.state.next(&series.name());
        Some(series.number(serial))
    }

    /// Movements first, while records are still as they were; then the records. Returns how many movements there are.
    async fn carry_out_lines(
        &self,
        year: i32,
        first: Day,
        first_change: i64,
        recorded_on: Day,
    ) -> Result<i64, StoreError> {
        let base = first_change - 1;
        let rising = "('promoted', 'new_stage', 'dropped_out')";
        let movements = format!(
            "insert into changes (id, pupil_id, kind, effective_on, from_school, from_class, from_grade, from_status, to_school, \
             to_class, to_grade, to_status, reason, counterpart, applied_on, decided_on, mode, case_id, recorded_on) \
             select {base} + row_number() over (order by l.pupil_id), l.pupil_id, \
             case when l.outcome = 'retention_ends' then '肄业' else '升级' end, \
             case when p.since_on > '{first}' then p.since_on else '{first}' end, \
             p.school_id, p.class_id, l.grade, p.status, p.school_id, p.class_id, \
             case when l.outcome = 'retention_ends' then l.grade else l.grade + 1 end, \
             case when l.outcome = 'retention_ends' then '肄业' else p.status end, \
             case when l.outcome = 'retention_ends' then '义务教育年限届满' else '' end, '', \
             cast(null as {date}), '{recorded_on}', '人工', cast(null as bigint), '{recorded_on}' \
             from promotion_lines l join pupils p on p.id = l.pupil_id \
             where l.year = {year} and l.outcome in ('promoted', 'new_stage', 'dropped_out', 'retention_ends')",
            date = self.date_type(),
        );
        let written = self.tx.execute_unprepared(&self.dated(&movements, first, recorded_on)).await?;
        let records = format!(
            "update pupils set grade = pupils.grade + 1, version = pupils.version + 1, changed_on = '{recorded_on}', \
             since_on = case when pupils.since_on > '{first}' then pupils.since_on else '{first}' end, \
             regional_no = coalesce(l.new_regional_no, pupils.regional_no) \
             from promotion_lines l where l.year = {year} and l.pupil_id = pupils.id and l.outcome in {rising}"
        );
        self.tx.execute_unprepared(&self.dated(&records, first, recorded_on)).await?;
        let ended = format!(
            "update pupils set status = '肄业', version = pupils.version + 1, changed_on = '{recorded_on}', \
             since_on = case when pupils.since_on > '{first}' then pupils.since_on else '{first}' end \
             from promotion_lines l where l.year = {year} and l.pupil_id = pupils.id and l.outcome = 'retention_ends'"
        );
        self.tx.execute_unprepared(&self.dated(&ended, first, recorded_on)).await?;
        Ok(i64::try_from(written.rows_affected()).unwrap_or_default())
    }

    fn date_type(&self) -> &'static str {
        if self.tx.get_database_backend() == sea_orm::DbBackend::Postgres { "date" } else { "text" }
    }

    /// PostgreSQL wants to be told that a text is a day where it stands among other texts.
    fn dated(&self, statement: &str, first: Day, recorded_on: Day) -> String {
        if self.tx.get_database_backend() != sea_orm::DbBackend::Postgres {
            return statement.to_owned();
        }
        let mut text = statement.to_owned();
        let days = std::collections::BTreeSet::from([first, recorded_on]);
        for day in days {
            text = text.replace(&format!(" '{day}'"), &format!(" date '{day}'"));
        }
        text
    }

    /// Classes keep their number and rise with their pupils; those whose pupils have all finished are closed. Returns them as they were.
    async fn raise_classes(&mut self, first: Day) -> Result<Vec<Class>, StoreError> {
        use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QuerySelect};
        #[derive(FromQueryResult)]
        struct Kept {
            school_id: String,
            class_id: String,
        }
        let kept: Vec<Kept> = crate::store::table::pupils::Entity::find()
            .filter(crate::store::table::pupils::Column::Status.is_in(["在读", "休学"]))
            .select_only()
            .columns([crate::store::table::pupils::Column::SchoolId, crate::store::table::pupils::Column::ClassId])
            .distinct()
            .into_model()
            .all(self.tx)
            .await?;
        let kept: std::collections::HashSet<(String, String)> =
            kept.into_iter().map(|kept| (kept.school_id, kept.class_id)).collect();
        let open = classes::Entity::find().filter(classes::Column::Closed.eq(false)).all(self.tx).await?;
        let mut before = Vec::with_capacity(open.len());
        for row in open {
            let class: Class = rows::parsed("classes", &row.class_id, &row.data)?;
            if Month::of(first) <= class.founded {
                continue;
            }
            let Some(school) = self.tree.school(class.school) else { continue };
            let goes_on = school.teaches(class.grade + 1)
                && (!begins_stage(school, class.grade + 1) || school.stage_of(class.grade + 1) == Some(Stage::Junior));
            let is_kept = kept.contains(&(row.school_id.clone(), row.class_id.clone()));
            let raised = match (goes_on, is_kept) {
                (true, _) => Class { grade: class.grade + 1, kind: kind_after(&class, school), ..class.clone() },
                (false, true) => continue,
                (false, false) => Class { closed: true, ..class.clone() },
            };
            before.push(class);
            self.put_class(&raised).await?;
        }
        Ok(before)
    }

    pub(super) async fn undo_promotion(&mut self, actor: &Actor, year: i32, reason: &str, now: &Now) -> Done<Answer> {
        self.yearly_right(actor)?;
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明撤销原因", "state why it is undone").into());
        }
        let row = promotions::Entity::find_by_id(year).one(self.tx).await?;
        let Some(row) = row.filter(|row| row.state == "done") else {
            return Err(Refusal::conflict(
                "promotion.none",
                ARTICLE,
                "该学年没有可撤销的升级",
                "there is no promotion of that year to undo",
            )
            .into());
        };
        let run: Run = rows::parsed("promotions", &year.to_string(), &row.data)?;
        let last = self.state.counters.get("change").copied().unwrap_or_default();
        if last != run.last_change {
            return Err(Refusal::barred(
                "promotion.later_decisions",
                ARTICLE,
                &format!("升级之后已有 {} 项变动，不能整体撤销", last - run.last_change),
                &format!("{} movements have been decided since; it can't be undone as a whole", last - run.last_change),
            )
            .remedy("请逐人更正", "correct them one by one")
            .into());
        }
        let today = now.today();
        let first = self.books.in_force(today)?.school_year_start().in_year(year);
        let count = run.last_change - run.first_change + 1;
        let back = format!(
            "insert into changes (id, pupil_id, kind, effective_on, from_school, from_class, from_grade, from_status, to_school, \
             to_class, to_grade, to_status, reason, counterpart, applied_on, decided_on, mode, case_id, recorded_on) \
             select id + {count}, pupil_id, '升级', effective_on, to_school, to_class, to_grade, to_status, from_school, from_class, \
             from_grade, from_status, '撤销学年升级', '', applied_on, '{today}', mode, case_id, '{today}' \
             from changes where id between {} and {}",
            run.first_change, run.last_change
        );
        self.tx.execute_unprepared(&self.dated(&back, first, today)).await?;
        let records = format!(
            "update pupils set grade = l.grade, version = pupils.version + 1, changed_on = '{today}', since_on = l.since_on, \
             regional_no = coalesce(l.regional_no, pupils.regional_no), \
             status = case when l.outcome = 'retention_ends' then '辍学保留' else pupils.status end \
             from promotion_lines l where l.year = {year} and l.pupil_id = pupils.id \
             and l.outcome in ('promoted', 'new_stage', 'dropped_out', 'retention_ends')"
        );
        self.tx.execute_unprepared(&self.dated(&records, first, today)).await?;
        self.state.take("change", count);
        for class in &run.classes {
            self.put_class(class).await?;
        }
        let undone = promotions::ActiveModel { year: Set(year), state: Set("undone".to_owned()), data: Set(row.data) };
        write::put(self.tx, undone, &[promotions::Column::Year]).await?;
        let pupils = u64::try_from(count).unwrap_or_default();
        Ok(Answer {
            id: Some(format!("promotion:{year}")),
            state: Some("undone".to_owned()),
            pupils,
            ..Answer::default()
        })
    }
}

/// The kind of a class that goes on to junior school in the same school.
fn kind_after(class: &Class, school: &crate::organisation::School) -> String {
    if begins_stage(school, class.grade + 1) { class.kind.replace("小学", "初中") } else { class.kind.clone() }
}
