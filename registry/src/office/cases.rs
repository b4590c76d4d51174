//! Cases at the desk: loaded with all that their procedure may look at, decided, written.

use domain::{identity::StudentNo, policy::Policy};
use std::sync::Arc;

use super::{
    Now,
    desk::{Desk, Done},
    enrolment::find_portraits,
};
use crate::{
    actor::Actor,
    application::{self, Request},
    case::{Case, CaseId, Evidence, Party, State, Verdict},
    command::Answer,
    event::{Event, Notice},
    graduation,
    newcomers::{self, Exception, Newcomer},
    pupil::{Holder, KeyFacts, Pupil},
    purpose::Purpose,
    refusal::Refusal,
    scene::Scene,
    store::read,
    unit::Unit,
};

/// An application as it is handed in.
pub(super) struct Application<'a> {
    pub purpose: &'a Purpose,
    pub student_no: Option<StudentNo>,
    pub applicant: Option<Unit>,
    pub reason: &'a str,
    pub evidence: &'a [Evidence],
}

/// A decision as it is handed in.
pub(super) struct Judgement<'a> {
    pub verdict: Verdict,
    pub opinion: &'a str,
    pub version: Option<i32>,
    pub except: &'a [Exception],
}

impl Desk<'_> {
    pub(super) async fn apply(&mut self, actor: &Actor, handed_in: &Application<'_>, now: &Now) -> Done<Answer> {
        let Application { purpose, student_no, applicant, reason, evidence } = *handed_in;
        if matches!(purpose, Purpose::Newcomers(_)) {
            return Err(Refusal::invalid(
                "kind",
                "新生请用 submit_newcomers 提交",
                "submit newcomers by `submit_newcomers`",
            )
            .into());
        }
        let policy = self.books.in_force(now.today())?;
        let applicant = applicant.unwrap_or(actor.unit);
        let pupil = match student_no {
            Some(number) => Some(read::pupil_numbered(self.tx, number).await?.ok_or_else(Refusal::out_of_scope)?),
            None => self.person_aimed_at(purpose).await?,
        };
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        let mut scene = self.scene(&tree, books, actor, now);
        scene.pupil = pupil;
        self.furnish(&mut scene, purpose, applicant, None).await?;
        self.check_reversal(purpose, &scene).await?;
        self.check_candidates(purpose, applicant, now).await?;
        // A refused application takes no number.
        scene.fresh_case = self.state.counters.get("case").copied().unwrap_or_default() + 1;
        scene.fresh_pupil = self.state.counters.get("pupil").copied().unwrap_or_default() + 1;
        let request = Request { applicant, reason, evidence };
        let events = application::open(&scene, purpose, &request, &policy)?;
        let case = last_case(&events)?;
        self.state.next("case");
        self.count_entered(&events);
        let pupils = self.persist(events, Some(case.id), &actor.account, now).await?;
        Ok(Self::answer(&case, pupils))
    }

    /// The record that an arrival from outside may already have here.
    async fn person_aimed_at(&self, purpose: &Purpose) -> Done<Option<Pupil>> {
        let key = match purpose {
            Purpose::Arrival(arrival) => {
                if let Some(found) = read::pupil_numbered(self.tx, arrival.student_no).await? {
                    return Ok(Some(found));
                }
                &arrival.key
            }
            Purpose::FromAbroad(arrival) => &arrival.key,
            _ => return Ok(None),
        };
        Ok(read::holder(self.tx, &Pupil::person_key(key)).await?)
    }

    /// What a procedure may look at besides the record: its class, its pending cases, its history, whose a number is.
    async fn furnish(
        &mut self,
        scene: &mut Scene<'_>,
        purpose: &Purpose,
        applicant: Unit,
        but: Option<CaseId>,
    ) -> Done<()> {
        let own = scene.pupil.as_ref().map(|pupil| pupil.standing.school);
        let school = applicant.school().and_then(|school| self.tree.present(school));
        let aimed = match purpose {
            Purpose::Transfer(transfer) => school.map(|school| (school, transfer.class.as_str())),
            Purpose::Arrival(arrival) => school.map(|school| (school, arrival.class.as_str())),
            Purpose::FromAbroad(arrival) => school.map(|school| (school, arrival.class.as_str())),
            Purpose::Inclusion(inclusion) => school.map(|school| (school, inclusion.class.as_str())),
            Purpose::Resumption(resumption) => own.map(|school| (school, resumption.class.as_str())),
            Purpose::Return(back) => own.map(|school| (school, back.class.as_str())),
            Purpose::GradeChange(change) => own.map(|school| (school, change.class.as_str())),
            Purpose::Reversal(reversal) => {
                self.tree.present(reversal.school).map(|school| (school, reversal.class.as_str()))
            }
            _ => None,
        };
        if let Some((school, class)) = aimed.filter(|(_, class)| !class.is_empty()) {
            scene.class = read::class(self.tx, school, class).await?;
        }
        if let Purpose::FromAbroad(arrival) = purpose
            && let Some(number) = crate::number::of_identity(&arrival.key)
        {
            scene.is_number_taken = read::pupil_numbered(self.tx, number).await?.is_some();
        }
        if let Some(pupil) = &scene.pupil {
            scene.pending = match self.at_hand.pending(pupil.id) {
                Some(pending) => pending.iter().filter(|pending| Some(pending.id) != but).cloned().collect(),
                None => read::pending(self.tx, pupil.id, but).await?,
            };
            if matches!(purpose, Purpose::Withdrawal(_)) {
                self.write_kept().await?;
                scene.history = read::history(self.tx, pupil.id).await?;
                scene.suspended_until = read::suspended_until(self.tx, pupil.id).await?;
            }
            if let Purpose::KeyChange(change) = purpose
                && let Some((_, number)) = &change.id_no
            {
                let kind = change.id_kind.as_ref().map_or(&pupil.key.id_kind, |(_, kind)| kind);
                let key = KeyFacts {
                    id_no: Some(number.clone()),
                    id_kind: kind.clone(),
                    holder: Holder::Own,
                    ..pupil.key.clone()
                };
                scene.holder = read::holder(self.tx, &Pupil::person_key(&key)).await?.map(|holder| holder.id);
            }
        }
        Ok(())
    }

    /// A reversal undoes a transfer of this record that silence approved, and states it as it was.
    async fn check_reversal(&self, purpose: &Purpose, scene: &Scene<'_>) -> Done<()> {
        let Purpose::Reversal(reversal) = purpose else { return Ok(()) };
        let case = read::case(self.tx, reversal.case).await?.ok_or_else(Refusal::out_of_scope)?;
        let defaulted = case
            .steps
            .iter()
            .filter_map(|step| step.decision.as_ref())
            .any(|decision| decision.mode == crate::pupil::Mode::Silence && decision.on == reversal.defaulted_on);
        let same = case.pupil == scene.pupil.as_ref().map(|pupil| pupil.id) && case.state == State::Approved;
        let sent = case.steps.iter().any(|step| {
            let sender = step.unit.school().map(|school| self.tree.keeper(school));
            step.party == Party::SendingSchool && sender == Some(self.tree.keeper(reversal.school))
        });
        if same && defaulted && sent {
            return Ok(());
        }
        Err(Refusal::barred(
            "reversal.case",
            "本系统约定（默认同意的纠正）",
            "该业务不是对该生的默认同意",
            "the case is no default approval of a transfer of this pupil",
        )
        .into())
    }

    /// Those whom a senior school proposes are its own, enrolled, in a leaving grade.
    async fn check_candidates(&self, purpose: &Purpose, applicant: Unit, now: &Now) -> Done<()> {
        let Purpose::SeniorGraduation(proposal) = purpose else { return Ok(()) };
        let mut seen = std::collections::HashSet::with_capacity(proposal.candidates.len());
        if !proposal.candidates.iter().all(|candidate| seen.insert(candidate.pupil)) {
            return Err(Refusal::invalid(
                "graduation.twice",
                "同一学生在名单中出现两次",
                "a pupil is twice in the list",
            )
            .into());
        }
        for candidate in &proposal.candidates {
            let pupil = read::pupil(self.tx, candidate.pupil).await?.ok_or_else(Refusal::out_of_scope)?;
            if self.tree.keeper(pupil.standing.school) != applicant {
                return Err(Refusal::out_of_scope().into());
            }
            let school = self.tree.school(pupil.standing.school).ok_or_else(Refusal::out_of_scope)?;
            let case = placeholder(purpose, applicant, now);
            graduation::finish(&pupil, school, candidate.ending, proposal.on, now.today(), Some(&case))?;
        }
        Ok(())
    }

    pub(super) async fn decide(
        &mut self,
        actor: &Actor,
        id: CaseId,
        judgement: &Judgement<'_>,
        now: &Now,
    ) -> Done<Answer> {
        let Judgement { verdict, opinion, version, except } = *judgement;
        let found = match self.at_hand.case(id) {
            Some(case) => Some(case),
            None => read::case(self.tx, id).await?,
        };
        let mut case = found.ok_or_else(Refusal::out_of_scope)?;
        self.was(&case);
        let policy = self.books.named(&case.policy)?;
        if let (Purpose::Newcomers(batch), Verdict::Approve) = (&mut case.purpose, verdict) {
            batch.except = except.to_vec();
        } else if !except.is_empty() {
            return Err(Refusal::invalid(
                "except",
                "只有新生批次可以列出不予通过的学生",
                "only a batch of newcomers has rows",
            )
            .into());
        }
        if !case.state.is_pending() {
            return Err(self.closed_to(actor, &case, now).into());
        }
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        let mut scene = self.scene(&tree, books, actor, now);
        self.load(&mut scene, &case).await?;
        let mut events = application::decide(&scene, case, verdict, opinion, version, &policy)?;
        let case = last_case(&events)?;
        events.extend(self.completion(&case, &policy, now).await?);
        self.count_entered(&events);
        let pupils = self.persist(events, Some(case.id), &actor.account, now).await?;
        Ok(Self::answer(&case, pupils))
    }

    /// Whoever had a part in a closed case is told what became of it; a stranger is told nothing.
    fn closed_to(&self, actor: &Actor, case: &Case, now: &Now) -> Refusal {
        let units = case.steps.iter().map(|step| step.unit).chain([case.applicant]);
        let day = now.today();
        let mut units =
            units.filter(|unit| self.tree.acts_for(actor.unit, *unit, day) || self.tree.contains(actor.unit, *unit));
        if units.next().is_some() { application::closed(case) } else { Refusal::out_of_scope() }
    }

    /// The scene of a case that is there.
    pub(super) async fn load(&mut self, scene: &mut Scene<'_>, case: &Case) -> Done<()> {
        scene.pupil = match case.pupil {
            Some(pupil) => match self.at_hand.pupil(pupil) {
                Some(pupil) => Some(pupil),
                None => read::pupil(self.tx, pupil).await?,
            },
            None => self.person_aimed_at(&case.purpose).await?,
        };
        scene.fresh_case = case.id;
        scene.fresh_pupil = self.state.counters.get("pupil").copied().unwrap_or_default() + 1;
        self.furnish(scene, &case.purpose, case.applicant, Some(case.id)).await
    }

    /// What the approval of a case with many records brings about for each of them.
    async fn completion(&mut self, case: &Case, policy: &Policy, now: &Now) -> Done<Vec<Event>> {
        if case.state != State::Approved {
            return Ok(Vec::new());
        }
        match &case.purpose {
            Purpose::Newcomers(batch) => self.enter_newcomers(case, &batch.except, policy, now).await,
            Purpose::SeniorGraduation(proposal) => {
                let mut events = Vec::with_capacity(proposal.candidates.len());
                for candidate in &proposal.candidates {
                    let pupil = read::pupil(self.tx, candidate.pupil).await?.ok_or_else(Refusal::out_of_scope)?;
                    let school = self.tree.school(pupil.standing.school).ok_or_else(Refusal::out_of_scope)?;
                    events.push(graduation::finish(
                        &pupil,
                        school,
                        candidate.ending,
                        proposal.on,
                        now.today(),
                        Some(case),
                    )?);
                }
                Ok(events)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// What was still pending for a record in its last stage and would move or close it, which its entry into the next has overtaken.
    async fn overtaken(&self, before: Option<&Pupil>) -> Done<Option<Event>> {
        let Some(pupil) = before else { return Ok(None) };
        let pending = read::pending(self.tx, pupil.id, None).await?.into_iter();
        let cases: Vec<CaseId> =
            pending.filter(|pending| pending.kind.is_exclusive()).map(|pending| pending.id).collect();
        Ok((!cases.is_empty()).then(|| Event::Ends { cases, reason: "招生入学".to_owned() }))
    }

    async fn enter_newcomers(
        &mut self,
        case: &Case,
        except: &[Exception],
        policy: &Policy,
        now: &Now,
    ) -> Done<Vec<Event>> {
        let school =
            case.applicant.school().and_then(|school| self.tree.present(school)).ok_or_else(Refusal::out_of_scope)?;
        let school = self.tree.school(school).cloned().ok_or_else(Refusal::out_of_scope)?;
        let rows = read::newcomers(self.tx, case.id).await?;
        let unknown = except.iter().find(|exception| rows.iter().all(|row| row.row != exception.row));
        if let Some(exception) = unknown {
            return Err(Refusal::invalid(
                "except",
                &format!("本批没有第 {} 行", exception.row),
                &format!("the batch has no row {}", exception.row),
            )
            .into());
        }
        if except.iter().any(|exception| exception.reason.trim().is_empty()) {
            return Err(Refusal::invalid(
                "except",
                "不予通过的须写明原因",
                "state the reason for each row that is not taken",
            )
            .into());
        }
        let mut taken: Vec<_> =
            rows.into_iter().filter(|row| except.iter().all(|exception| exception.row != row.row)).collect();
        // A portrait may come until the approval.
        find_portraits(self.tx, &mut taken).await?;
        let keys: Vec<String> = taken.iter().map(|row| Pupil::person_key(&row.key)).collect();
        let known = read::pupils_of_persons(self.tx, &keys).await?;
        let classes = read::classes_of(self.tx, school.id).await?;
        let promoted = read::promoted(self.tx).await?;
        let against =
            newcomers::Against { school: &school, classes: &classes, known: &known, promoted, today: now.today() };
        // What has become wrong since the batch was submitted is told by row; nothing of the batch is entered then (EN-3).
        let faults = newcomers::check(&taken, &against, policy);
        if let Some(fault) = faults.iter().find(|fault| fault.refused) {
            return Err(Refusal {
                zh: format!("第 {} 行：{}", fault.row, fault.refusal.zh),
                en: format!("row {}: {}", fault.row, fault.refusal.en),
                ..fault.refusal.clone()
            }
            .remedy("更正后重新审核，或列为不予通过", "have it corrected, or name the row as not taken")
            .into());
        }
        let numbers: Vec<StudentNo> = taken.iter().filter_map(|row| crate::number::of_identity(&row.key)).collect();
        let numbered = read::pupils_numbered(self.tx, &numbers).await?;
        let mut fresh = self.state.counters.get("pupil").copied().unwrap_or_default();
        let mut events = Vec::with_capacity(taken.len());
        for (row, key) in taken.iter().zip(&keys) {
            let before = known.get(key);
            fresh += i64::from(before.is_none());
            let is_number_taken =
                crate::number::of_identity(&row.key).is_some_and(|number| numbered.contains_key(&number));
            let given = newcomers::Fresh { id: fresh, is_number_taken };
            events.push(newcomers::enter(row, before, &school, case, now.today(), given)?);
            events.extend(self.overtaken(before).await?);
            if let Some(until) = row.deferred_until {
                let pupil = before.map_or(fresh, |before| before.id);
                events.push(Event::Notice {
                    notice: Notice {
                        to: case.applicant,
                        kind: "deferred_entry".to_owned(),
                        pupil: Some(pupil),
                        case: Some(case.id),
                        due_on: Some(until),
                        article: "某省中小学生学籍管理办法 第四条".to_owned(),
                    },
                });
            }
        }
        Ok(events)
    }

    pub(super) async fn resubmit(
        &mut self,
        actor: &Actor,
        id: CaseId,
        purpose: Option<&Purpose>,
        evidence: &[Evidence],
        rows: &[Newcomer],
        now: &Now,
    ) -> Done<Answer> {
        let case = read::case(self.tx, id).await?.ok_or_else(Refusal::out_of_scope)?;
        self.was(&case);
        let policy = self.books.named(&case.policy)?;
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        let mut scene = self.scene(&tree, books, actor, now);
        self.load(&mut scene, &case).await?;
        if !rows.is_empty() {
            return self.resubmit_newcomers(&scene, case, rows, &policy, now).await;
        }
        if let (Some(asked), Purpose::Newcomers(_)) = (purpose, &case.purpose)
            && *asked != case.purpose
        {
            return Err(Refusal::invalid(
                "newcomers.rows",
                "补正不得改变本批的名称和学生",
                "the rows of a batch stay when it is submitted again",
            )
            .remedy("请撤回后重新提交", "withdraw it and submit the batch anew")
            .into());
        }
        if let Some(purpose) = purpose {
            self.furnish(&mut scene, purpose, case.applicant, Some(id)).await?;
            self.check_reversal(purpose, &scene).await?;
            self.check_candidates(purpose, case.applicant, now).await?;
        }
        let events = application::resubmit(&scene, case, purpose, evidence, &policy)?;
        let case = last_case(&events)?;
        let pupils = self.persist(events, Some(case.id), &actor.account, now).await?;
        Ok(Self::answer(&case, pupils))
    }

    pub(super) async fn withdraw(&mut self, actor: &Actor, id: CaseId, why: &str, now: &Now) -> Done<Answer> {
        let case = read::case(self.tx, id).await?.ok_or_else(Refusal::out_of_scope)?;
        self.was(&case);
        let (tree, books) = (Arc::clone(&self.tree), self.books);
        let mut scene = self.scene(&tree, books, actor, now);
        self.load(&mut scene, &case).await?;
        let events = application::withdraw(&scene, case, why)?;
        let case = last_case(&events)?;
        let pupils = self.persist(events, Some(case.id), &actor.account, now).await?;
        Ok(Self::answer(&case, pupils))
    }

    /// Takes the numbers that new records were given.
    pub(super) fn count_entered(&mut self, events: &[Event]) {
        let entered = events.iter().filter(|event| matches!(event, Event::Entered { .. })).count();
        if 0 < entered {
            self.state.take("pupil", i64::try_from(entered).unwrap_or_default());
        }
    }
}

/// The case as the events leave it.
pub(super) fn last_case(events: &[Event]) -> Result<Case, Refusal> {
    let of = |event: &Event| match event {
        Event::Opened { case } | Event::Advanced { case } => Some(case.clone()),
        _ => None,
    };
    events.iter().rev().find_map(of).ok_or_else(Refusal::out_of_scope)
}

/// A case that is not written, for checks before there is one.
fn placeholder(purpose: &Purpose, applicant: Unit, now: &Now) -> Case {
    Case {
        id: 0,
        purpose: purpose.clone(),
        pupil: None,
        applicant,
        entered_by: String::new(),
        opened_on: now.today(),
        opened_at: now.at,
        reason: String::new(),
        evidence: Vec::new(),
        policy: String::new(),
        state: State::Open,
        steps: Vec::new(),
        at: 0,
        past: Vec::new(),
        overdue: false,
        warned: false,
        closed_on: None,
        version: 0,
    }
}
