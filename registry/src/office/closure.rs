//! What becomes of a school's records when it ends or goes to another authority (ORG-08, TR-16).

use domain::organisation::SchoolId;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::Actor,
    command::Answer,
    event::{Event, Notice},
    organisation::{Class, School},
    pupil::{Mode, Movement, Pupil, Standing},
    refusal::Refusal,
    store::{
        StoreError, read, rows,
        table::{cases, classes, notices, pupils},
    },
    unit::Unit,
};

const ARTICLE_END: &str = "某省中小学生学籍管理办法 第十条";

impl Desk<'_> {
    /// Steps that waited for a unit pass to whoever they belong to now; their periods stay (TR-16).
    pub(super) async fn pass_steps_on(&mut self, before: Unit, actor: &Actor, now: &Now) -> Done<()> {
        let waiting = cases::Entity::find()
            .filter(cases::Column::Turn.eq(before.as_str()))
            .filter(cases::Column::State.is_in(["open", "returned"]))
            .all(self.tx)
            .await?;
        let (tree, books) = (std::sync::Arc::clone(&self.tree), self.books);
        for row in waiting {
            let mut case = rows::case(&row)?;
            let mut scene = self.scene(&tree, books, actor, now);
            self.load(&mut scene, &case).await?;
            let unit = crate::application::turn(&scene, &case)?;
            let (at, id) = (case.at, case.id);
            if case.state == crate::case::State::Returned {
                // Nothing of it changes but whose it is to complete.
                self.persist(vec![Event::Advanced { case }], Some(id), &actor.account, now).await?;
            } else if let Some(step) = case.steps.get_mut(at).filter(|step| step.unit != unit) {
                step.unit = unit;
                case.version += 1;
                self.persist(vec![Event::Advanced { case }], Some(id), &actor.account, now).await?;
            }
        }
        Ok(())
    }

    /// Merger or closure: records, open cases, notices and archives go to the successor; nothing is orphaned (ORG-08, TR-16).
    pub(super) async fn end_school(
        &mut self,
        actor: &Actor,
        id: SchoolId,
        heir: Unit,
        reason: &str,
        now: &Now,
    ) -> Done<Answer> {
        self.administers(actor, Unit::School(id))?;
        let school = self.tree.school(id).cloned().ok_or_else(Refusal::out_of_scope)?;
        if school.closed_on.is_some() {
            return Err(
                Refusal::conflict("school.closed", ARTICLE_END, "学校已撤并", "the school is closed already").into()
            );
        }
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明撤并依据", "state the ground").into());
        }
        match heir {
            Unit::School(into) => {
                self.administers(actor, heir)?;
                let open = self.tree.school(into).is_some_and(|into| into.is_open(now.today()));
                if !open || into == id {
                    return Err(Refusal::invalid(
                        "school.into",
                        "并入的学校不存在或已撤并",
                        "the absorbing school is not there or not open",
                    )
                    .into());
                }
            }
            Unit::Authority(authority) => {
                if self.tree.authority(authority).is_none() {
                    return Err(Refusal::invalid(
                        "school.records_to",
                        "接管单位不存在",
                        "there is no such unit to take the records",
                    )
                    .into());
                }
                let left = self.open_records(id).await?;
                if 0 < left {
                    return Err(Refusal::barred(
                        "school.pupils",
                        ARTICLE_END,
                        &format!("还有 {left} 名学生的学籍在校，不能撤销"),
                        &format!("{left} open records are still at the school"),
                    )
                    .remedy("请先转出，或按合并办理", "transfer them first, or merge the school")
                    .into());
                }
            }
        }
        if self.tree.schools().any(|branch| branch.parent == Some(id) && branch.closed_on.is_none()) {
            return Err(Refusal::barred(
                "school.branches",
                ARTICLE_END,
                "尚有分校或教学点",
                "the school still has branches",
            )
            .into());
        }
        let mut moved = 0;
        if let Unit::School(into) = heir {
            moved = self.move_records(&school, into, reason, actor, now).await?;
        }
        let authority = school.authority;
        let ended = School { closed_on: Some(now.today()), successor: Some(heir), ..school };
        self.put_school(&ended).await?;
        self.organisation_changed().await?;
        self.pass_steps_on(Unit::School(id), actor, now).await?;
        // Another authority may look after the records now.
        self.pass_steps_on(Unit::Authority(authority), actor, now).await?;
        self.write_kept().await?;
        notices::Entity::update_many()
            .col_expr(notices::Column::Unit, Expr::value(heir.to_string()))
            .filter(notices::Column::Unit.eq(id.as_str()))
            .filter(notices::Column::DoneOn.is_null())
            .exec(self.tx)
            .await?;
        let notice = Notice {
            to: heir,
            kind: "archives_handed_over".to_owned(),
            pupil: None,
            case: None,
            due_on: None,
            article: ARTICLE_END.to_owned(),
        };
        self.persist(vec![Event::Notice { notice }], None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("school:{id}")), pupils: moved, ..Answer::default() })
    }

    async fn open_records(&self, school: SchoolId) -> Result<u64, StoreError> {
        Ok(pupils::Entity::find()
            .filter(pupils::Column::SchoolId.eq(school.as_str()))
            .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]))
            .count(self.tx)
            .await?)
    }

    /// Classes come along under new numbers where theirs are taken; every open record moves.
    async fn move_records(
        &mut self,
        school: &School,
        into: SchoolId,
        reason: &str,
        actor: &Actor,
        now: &Now,
    ) -> Done<u64> {
        let absorbing = self.tree.school(into).cloned().ok_or_else(Refusal::out_of_scope)?;
        let rows = pupils::Entity::find().filter(pupils::Column::SchoolId.eq(school.id.as_str())).all(self.tx).await?;
        let records = rows.into_iter().map(rows::pupil).collect::<Result<Vec<Pupil>, _>>()?;
        // Before anything is written, for a refusal undoes nothing.
        let untaught =
            |pupil: &&Pupil| pupil.standing.status.is_registered() && !absorbing.teaches(pupil.standing.grade);
        if let Some(pupil) = records.iter().find(untaught) {
            return Err(Refusal::barred(
                "school.grades",
                ARTICLE_END,
                &format!("并入学校不设 {} 年级", pupil.standing.grade),
                &format!("the absorbing school does not teach grade {}", pupil.standing.grade),
            )
            .remedy("请先变更并入学校的学校类别", "change the kind of the absorbing school first")
            .into());
        }
        let there = read::classes_of(self.tx, into).await?;
        let mut renamed = std::collections::HashMap::new();
        let mut own: Vec<Class> = read::classes_of(self.tx, school.id).await?.into_values().collect();
        own.sort_by(|a, b| a.id.cmp(&b.id));
        for class in own {
            let mut id = class.id.clone();
            let mut n = 1;
            while there.contains_key(&id) || renamed.values().any(|taken| *taken == id) {
                id = format!("{}{n:02}", class.id);
                n += 1;
            }
            renamed.insert(class.id.clone(), id.clone());
            self.put_class(&Class { school: into, id, ..class }).await?;
        }
        classes::Entity::delete_many().filter(classes::Column::SchoolId.eq(school.id.as_str())).exec(self.tx).await?;
        let mut events = Vec::new();
        for pupil in records {
            let class = renamed.get(&pupil.standing.class).cloned().unwrap_or_else(|| pupil.standing.class.clone());
            let to = Standing { school: into, class, ..pupil.standing.clone() };
            let movement = Movement {
                kind: domain::movement::MovementKind::TransferWithinProvince,
                effective_on: now.today().max(pupil.since_on),
                from: Some(pupil.standing.clone()),
                to: Some(to.clone()),
                reason: reason.to_owned(),
                counterpart: "学校合并".to_owned(),
                applied_on: Some(now.today()),
                decided_on: Some(now.today()),
                mode: Mode::Manual,
            };
            let since_on = now.today().max(pupil.since_on);
            let pupil = Pupil { standing: to, since_on, version: pupil.version + 1, ..pupil };
            events.push(Event::Moved { pupil, movement, new_stage: false });
        }
        Ok(self.persist(events, None, &actor.account, now).await?)
    }
}
