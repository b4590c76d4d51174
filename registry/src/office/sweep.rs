//! The sweep (到期处理): warns, raises, and approves by silence what the policy says so of; as the actor `system` (TRF-02, SUS-03, TR-4…TR-9).

use std::{collections::BTreeMap, sync::Arc};

use domain::calendar::Day;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Now,
    at_hand::AtHand,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right, Role},
    case::{Case, State},
    command::Answer,
    deadline,
    event::{Event, Notice},
    guard::{self, ClockState},
    pupil::Mode,
    refusal::Refusal,
    store::{
        rows,
        table::{cases, notices, pupils},
    },
    unit::Unit,
};

/// Cases whose records are read at a time.
const SLICE: usize = 500;

impl Desk<'_> {
    pub(super) async fn sweep(&mut self, actor: &Actor, now: &Now) -> Done<Answer> {
        if actor.role != Role::System {
            actor.may(Right::Administer)?;
        }
        let system = Actor::system(&self.tree);
        let policy = self.books.in_force(now.today())?;
        let ahead = u32::try_from(policy.number("warning.workdays").unwrap_or_default()).unwrap_or_default();
        let horizon = self.books.calendar().add_workdays(now.today(), ahead).day;
        let near: Vec<Case> = cases::Entity::find()
            .filter(cases::Column::State.eq(State::Open.name()))
            .filter(cases::Column::DueOn.lte(sea_orm::prelude::Date::from(horizon)))
            .order_by_asc(cases::Column::DueOn)
            .order_by_asc(cases::Column::Id)
            .all(self.tx)
            .await?
            .iter()
            .map(rows::case)
            .collect::<Result<_, _>>()?;
        let guard_ms = policy.number("silence.guard_seconds").unwrap_or(60) * 1000;
        let is_over = |case: &Case| {
            case.step()
                .and_then(|step| step.period)
                .is_some_and(|period| midnight_after(period.due_on) + guard_ms <= now.at)
        };
        let mut would_default = 0;
        for case in near.iter().filter(|case| is_over(case)) {
            let own = self.books.named(&case.policy)?;
            would_default += u32::from(silence_decides(case, &own));
        }
        let hold = guard::judge(&self.state.clock, &now.mark, now.today(), would_default, &policy);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut pupils_moved = 0;
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        for (at, case) in near.iter().enumerate() {
            if at % SLICE == 0 {
                self.at_hand = AtHand::for_cases(self.tx, near.iter().skip(at).take(SLICE)).await?;
            }
            let case = case.clone();
            let own = self.books.named(&case.policy)?;
            let over = is_over(&case);
            let silent = silence_decides(&case, &own);
            if over && silent && hold.is_some() {
                *counts.entry("held".to_owned()).or_default() += 1;
                continue;
            }
            if !over && case.warned {
                continue;
            }
            let mut scene = self.scene(&tree, books, &system, now);
            if !over {
                // Within the guard time after midnight the day before still counts.
                scene.today = case
                    .step()
                    .and_then(|step| step.period)
                    .map_or(now.today(), |period| period.due_on.min(now.today()));
            }
            self.load(&mut scene, &case).await?;
            let (before, id) = (case.clone(), case.id);
            let events = deadline::expire(&scene, case, &own);
            for what in told(&before, &events) {
                *counts.entry(what.to_owned()).or_default() += 1;
            }
            self.count_entered(&events);
            pupils_moved += self.persist(events, Some(id), "system", now).await?;
        }
        let raised = self.raise_suspensions(&policy, now).await?;
        counts.insert("suspensions_raised".to_owned(), raised);
        self.state.clock = ClockState { swept: Some(now.mark.clone()), forecast: self.forecast().await?, hold };
        let state = self.state.clock.hold.as_ref().map_or("swept", |_| "on_hold");
        Ok(Answer { state: Some(state.to_owned()), pupils: pupils_moved, counts, ..Answer::default() })
    }

    /// Open cases that silence will approve, by the last day of their period.
    async fn forecast(&self) -> Done<Vec<(Day, u32)>> {
        let open = cases::Entity::find()
            .filter(cases::Column::State.eq(State::Open.name()))
            .filter(cases::Column::Kind.eq("transfer"))
            .filter(cases::Column::DueOn.is_not_null())
            .all(self.tx)
            .await?;
        let mut days: BTreeMap<Day, u32> = BTreeMap::new();
        for row in open {
            let case = rows::case(&row)?;
            if let Some(day) =
                row.due_on.filter(|_| self.books.named(&case.policy).is_ok_and(|own| silence_decides(&case, &own)))
            {
                *days.entry(day.into()).or_default() += 1;
            }
        }
        Ok(days.into_iter().collect())
    }

    /// A suspension that has run out is raised the next day, once, and stays raised until it is handled (SU-2).
    async fn raise_suspensions(&mut self, policy: &domain::policy::Policy, now: &Now) -> Done<u64> {
        self.write_kept().await?;
        let ended = notices::Entity::find()
            .filter(notices::Column::Kind.eq("suspension_ends"))
            .filter(notices::Column::DoneOn.is_null())
            .filter(notices::Column::DueOn.lt(sea_orm::prelude::Date::from(now.today())))
            .all(self.tx)
            .await?;
        let mut events = Vec::new();
        for row in ended {
            let Some(pupil) = row.pupil_id else { continue };
            let still = pupils::Entity::find_by_id(pupil).one(self.tx).await?.is_some_and(|row| row.status == "休学");
            let later = notices::Entity::find()
                .filter(notices::Column::PupilId.eq(pupil))
                .filter(notices::Column::Kind.eq("suspension_ends"))
                .filter(notices::Column::Id.gt(row.id))
                .one(self.tx)
                .await?
                .is_some();
            let done = notices::ActiveModel {
                done_on: sea_orm::ActiveValue::Set(Some(now.today().into())),
                ..Default::default()
            };
            notices::Entity::update_many().set(done).filter(notices::Column::Id.eq(row.id)).exec(self.tx).await?;
            if !still || later {
                continue;
            }
            let Some(unit) = Unit::read(&row.unit) else { continue };
            let urge = policy.deadline("suspension_urge");
            events.push(Event::Notice {
                notice: Notice {
                    to: unit,
                    kind: "suspension_expired".to_owned(),
                    pupil: Some(pupil),
                    case: row.case_id,
                    due_on: urge.map(|urge| deadline::due(urge, now.today(), self.books.calendar()).day),
                    article: "某省中小学生学籍管理办法 第十五条".to_owned(),
                },
            });
        }
        let raised = events.len() as u64;
        self.persist(events, None, "system", now).await?;
        Ok(raised)
    }

    pub(super) async fn release_defaults(&mut self, actor: &Actor, reason: &str, now: &Now) -> Done<Answer> {
        actor.may(Right::Administer)?;
        // They concern every authority of the province.
        if !actor.is_provincial() {
            return Err(Refusal::forbidden(
                "本系统约定",
                "默认同意的暂停由省级管理员解除",
                "the administrator of the province releases defaults that are on hold",
            )
            .into());
        }
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明解除暂停的依据", "state why it is safe").into());
        }
        if self.state.clock.hold.take().is_none() {
            return Err(
                Refusal::conflict("not_on_hold", "本系统约定", "默认同意没有暂停", "defaults are not on hold").into()
            );
        }
        self.state.clock.swept = Some(now.mark.clone());
        self.state.clock.forecast = self.forecast().await?;
        Ok(Answer { state: Some("released".to_owned()), ..Answer::default() })
    }

    /// Counts every open period anew after a notice on holidays (TR-7).
    pub(super) async fn recount_periods(&mut self, actor: &Actor, now: &Now) -> Done<Answer> {
        if actor.role != Role::System {
            actor.may(Right::Administer)?;
        }
        let open = cases::Entity::find()
            .filter(cases::Column::State.eq(State::Open.name()))
            .filter(cases::Column::DueOn.is_not_null())
            .all(self.tx)
            .await?;
        let mut moved = 0;
        for row in open {
            let mut case = rows::case(&row)?;
            if deadline::recount(&mut case, now.today(), self.books.calendar()) {
                moved += 1;
                let id = case.id;
                self.persist(vec![Event::Advanced { case }], Some(id), &actor.account, now).await?;
            }
        }
        self.state.clock.forecast = self.forecast().await?;
        let counts = BTreeMap::from([("moved".to_owned(), moved)]);
        Ok(Answer { counts, ..Answer::default() })
    }
}

/// Whether silence decides a case once its period is over: not while its last day is provisional (TR-8).
fn silence_decides(case: &Case, policy: &domain::policy::Policy) -> bool {
    let provisional = case.step().and_then(|step| step.period).is_some_and(|period| period.provisional);
    deadline::defaults(case, policy) && !provisional
}

/// What the sweep did to a case, in words for the counts.
fn told(before: &Case, events: &[Event]) -> Vec<&'static str> {
    let last = events.iter().rev().find_map(|event| match event {
        Event::Advanced { case } => Some(case),
        _ => None,
    });
    let Some(after) = last else { return Vec::new() };
    let silent = |case: &Case| {
        case.steps.iter().filter(|step| step.decision.as_ref().is_some_and(|d| d.mode == Mode::Silence)).count()
    };
    let mut told = Vec::new();
    told.extend(std::iter::repeat_n("approved_by_silence", silent(after).saturating_sub(silent(before))));
    if after.state == State::Refused {
        told.retain(|what| *what != "approved_by_silence");
        told.push("refused_as_barred");
    }
    if after.overdue && !before.overdue {
        told.push("raised");
    }
    if after.warned && !before.warned {
        told.push("warned");
    }
    told
}

/// The instant at which a day ends in Asia/Shanghai, in milliseconds since 1970 in UTC.
fn midnight_after(day: Day) -> i64 {
    (i64::from(day.epoch_days()) + 1) * 86_400_000 - 8 * 3_600_000
}
