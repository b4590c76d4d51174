//! Cases go their way: the steps in their order, each by whose turn it is, each period as the measures count it, one outcome.

use std::collections::BTreeSet;

use domain::calendar::Day;
use registry::{
    case::{Case, CaseId, Decision, State, Verdict},
    command::Command,
    pupil::Mode,
    purpose::{Kind, Purpose},
    store::{rows, table::cases},
    unit::Unit,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    predict,
    world::{Told, World},
};

impl World {
    /// Reads the cases that the commands may have touched and follows each from where it stood.
    pub async fn follow_cases(&mut self, told: &[Told]) {
        let mut touched: BTreeSet<CaseId> = BTreeSet::new();
        for one in told {
            let Ok(answer) = &one.answer else { continue };
            touched.extend(answer.case);
            let many = self.enters_newcomers(&one.command)
                || matches!(
                    one.command,
                    Command::Sweep {}
                        | Command::RecountPeriods {}
                        | Command::MergeSchool { .. }
                        | Command::ChangeSchool { .. }
                );
            let death = answer
                .case
                .and_then(|case| self.model.cases.get(&case))
                .filter(|case| case.purpose.kind() == Kind::Death);
            let of = death.and_then(|case| case.pupil);
            touched.extend(
                self.model.pending().filter(|case| many || (of.is_some() && case.pupil == of)).map(|case| case.id),
            );
            if let (Command::SubmitNewcomers { rows, .. } | Command::Resubmit { rows, .. }, Some(case)) =
                (&one.command, answer.case)
                && !rows.is_empty()
            {
                self.model.batches.insert(case, rows.clone());
            }
        }
        if touched.is_empty() {
            return;
        }
        let found = cases::Entity::find()
            .filter(cases::Column::Id.is_in(touched.iter().copied()))
            .all(self.office.store().reader())
            .await
            .expect("cases");
        self.must(found.len() == touched.len(), || "a case is missing".to_owned());
        for row in found {
            let case = rows::case(&row).expect("a case that reads");
            let agrees = row.state == case.state.name()
                && row.kind == case.purpose.kind().name()
                && row.version == case.version
                && row.pupil_id == case.pupil;
            self.must(agrees, || format!("the columns of case {} do not say what it says", case.id));
            match self.model.cases.get(&case.id).cloned() {
                None => self.opened(&case, told),
                Some(before) => self.went_on(&before, &case, told),
            }
            self.turn_is_with_somebody(&case, row.turn.as_deref());
            if case.state == State::Approved {
                self.tally.approved.insert(case.purpose.kind().name());
            }
            self.model.cases.insert(case.id, case);
        }
    }

    fn opened(&mut self, case: &Case, told: &[Told]) {
        let today = self.today();
        let by = told
            .iter()
            .any(|one| one.account == case.entered_by && one.answer.as_ref().is_ok_and(|a| a.case == Some(case.id)));
        self.must(by && case.opened_on == today, || format!("case {} was opened by nobody", case.id));
        let parties: Vec<_> = case.steps.iter().map(|step| step.party).collect();
        let route = predict::route(&self.model, case);
        // INV: TR-1
        self.must(parties == route, || format!("case {} goes by {parties:?}, not by {route:?}", case.id));
        for step in &case.steps {
            let unit = predict::party(&self.model, case, step.party);
            self.must(unit == Some(step.unit), || {
                format!("{:?} of case {} is {}, not {unit:?}", step.party, case.id, step.unit)
            });
        }
        let since = match &case.purpose {
            Purpose::Death(death) => death.known_on,
            _ => case.opened_on,
        };
        self.period_is_right(case, since);
        match case.steps.is_empty() {
            true => self.must(case.state == State::Approved, || format!("case {} waits for nobody", case.id)),
            false => self
                .must(case.state == State::Open && case.at == 0, || format!("case {} begins in its middle", case.id)),
        }
    }

    fn went_on(&mut self, before: &Case, case: &Case, told: &[Told]) {
        if before.version == case.version {
            self.must(before == case, || format!("case {} has changed under its version", case.id));
            return;
        }
        // INV: TR-6: a closed case stays as it was closed.
        self.must(before.state.is_pending(), || format!("case {} was {} and went on", case.id, before.state.name()));
        let same = case.purpose.kind() == before.purpose.kind()
            && case.pupil == before.pupil
            && case.applicant == before.applicant;
        self.must(same && before.at <= case.at, || format!("case {} is another one now", case.id));
        // INV: TR-1, TR-14
        let in_order = case.steps.iter().enumerate().all(|(at, step)| match &step.decision {
            Some(decision) if at < case.at => decision.verdict == Verdict::Approve,
            Some(_) => at == case.at,
            None => case.at <= at,
        });
        self.must(in_order, || format!("the steps of case {} are not in order", case.id));
        let fresh: Vec<(usize, &Decision)> = case
            .steps
            .iter()
            .enumerate()
            .filter(|(at, step)| step.decision.is_some() && step.decision != before.steps[*at].decision)
            .filter_map(|(at, step)| Some((at, step.decision.as_ref()?)))
            .collect();
        for (at, decision) in &fresh {
            match decision.mode {
                Mode::Silence => self.silence_is_right(case, *at, decision, told),
                Mode::Manual => self.decision_is_right(before, *at, decision, told),
            }
        }
        let by_hand = fresh.iter().filter(|(_, decision)| decision.mode == Mode::Manual).count();
        self.must(by_hand <= told.len(), || format!("case {} made {by_hand} steps at once", case.id));
        let withdrawn =
            told.iter().any(|one| matches!(one.command, Command::Withdraw { case: id, .. } if id == case.id));
        match case.state {
            State::Approved => self.must(case.at == case.steps.len() && case.closed_on.is_some(), || {
                format!("case {} is half approved", case.id)
            }),
            State::Withdrawn => self.must(withdrawn, || format!("case {} was withdrawn by nobody", case.id)),
            // INV: TR-18
            State::Ended => {
                let overtaken = self.has_died(before) || told.iter().any(|one| self.enters_newcomers(&one.command));
                self.must(overtaken, || format!("case {} has ended, and nothing has overtaken it", case.id));
            }
            // INV: TR-13
            State::Refused => {
                let reasoned = case
                    .steps
                    .get(case.at)
                    .and_then(|step| step.decision.as_ref())
                    .is_some_and(|d| !d.opinion.is_empty());
                self.must(reasoned, || format!("case {} was refused without a reason", case.id));
                let silent = case.last_decision().is_some_and(|decision| decision.mode == Mode::Silence);
                if silent {
                    self.tally.saw("barred by silence");
                }
            }
            State::Open | State::Returned => {}
        }
        let resubmitted = before.state == State::Returned && case.state == State::Open;
        if case.state == State::Open && case.at != before.at && !resubmitted {
            let since =
                case.at.checked_sub(1).and_then(|at| case.steps[at].decision.as_ref()).map_or(self.today(), |d| d.on);
            self.period_is_right(case, since);
        }
    }

    fn has_died(&self, case: &Case) -> bool {
        let death = |other: &&Case| other.pupil == case.pupil && other.purpose.kind() == Kind::Death;
        case.pupil.is_some() && self.model.cases.values().any(|other| death(&other))
    }

    /// A person decided: the one who was told, of the unit whose turn it was, not the one who entered the case (INV: TR-15, EN-1).
    fn decision_is_right(&self, before: &Case, at: usize, decision: &Decision, told: &[Told]) {
        let by = told.iter().any(|one| {
            one.account == decision.by && matches!(&one.command, Command::Decide { case, verdict, .. } if *case == before.id && *verdict == decision.verdict)
        });
        self.must(by && decision.on == self.today(), || {
            format!("step {at} of case {} was decided by nobody", before.id)
        });
        let party = before.steps[at].party;
        let turn = predict::party(&self.model, before, party);
        self.must(turn == Some(decision.unit), || {
            format!("step {at} of case {} was decided for {}, not {turn:?}", before.id, decision.unit)
        });
        let unit = self.model.officers.get(&decision.by).map(|officer| officer.unit);
        let acts = unit.is_some_and(|unit| self.model.acts_for(unit, decision.unit, decision.on));
        self.must(acts && decision.by != before.entered_by, || {
            format!("step {at} of case {} was decided by the wrong one", before.id)
        });
        let late = before.steps[at].period.is_some_and(|period| period.due_on < decision.on && !period.provisional);
        let silent = before.purpose.kind() == Kind::Transfer && self.is_anhui() && before.state == State::Open;
        self.must(!(late && silent), || {
            format!("case {} was decided by hand after silence had approved it", before.id)
        });
    }

    /// Silence decided: of a transfer, where the measures say so, on the last day of a period that is over and not provisional
    /// (INV: TR-4, TR-8, TR-12).
    fn silence_is_right(&mut self, case: &Case, at: usize, decision: &Decision, told: &[Told]) {
        let swept = told.iter().any(|one| matches!(one.command, Command::Sweep {}));
        let kind = case.purpose.kind() == Kind::Transfer && self.is_anhui();
        self.must(swept && kind && decision.by == "system", || format!("silence decided case {}", case.id));
        let Some(period) = case.steps[at].period else {
            self.fail(&format!("silence decided case {} without a period", case.id))
        };
        let over = decision.on == period.due_on && period.due_on < self.today() && !period.provisional;
        self.must(over && !decision.opinion.is_empty(), || {
            format!("silence decided case {} on {} with {period:?}", case.id, decision.on)
        });
        if decision.verdict == Verdict::Approve {
            self.tally.saw("silence");
        }
    }

    /// The period of the step at work: so many working days after the day its side received the case (INV: TR-4, TR-5, DR-1, DE-1).
    fn period_is_right(&self, case: &Case, since: Day) {
        let Some(step) = case.steps.get(case.at).filter(|_| case.state == State::Open) else { return };
        let workdays = match (case.purpose.kind(), self.is_anhui()) {
            (Kind::Transfer | Kind::Arrival | Kind::Departure, true) => Some(20),
            (Kind::Transfer | Kind::Arrival | Kind::Departure, false) => Some(10),
            (Kind::Dropout, true) => Some(15),
            (Kind::Death, _) => Some(10),
            _ => None,
        };
        let due = workdays.map(|workdays| self.calendar.add_workdays(since, workdays));
        let earlier = case.at.checked_sub(1).map(|at| &case.steps[at]);
        let shared = earlier.filter(|earlier| self.is_anhui() && earlier.party.is_sending() && step.party.is_sending());
        match (shared, due, step.period) {
            // A side has one period: its authority goes on with what its school has left.
            (Some(earlier), _, period) => {
                self.must(period == earlier.period, || format!("the sending side of case {} has two periods", case.id));
            }
            (None, None, period) => {
                self.must(period.is_none(), || format!("case {} has a period that no measure sets", case.id))
            }
            (None, Some(due), period) => {
                let right = period.is_some_and(|period| {
                    (period.due_on, period.provisional, period.received_on) == (due.day, due.provisional, since)
                });
                self.must(right, || format!("the period of case {} is {period:?}, not {due:?}", case.id));
            }
        }
    }

    /// A pending case lies on the desk of a unit that is open and whose turn it is (INV: TR-16).
    fn turn_is_with_somebody(&self, case: &Case, turn: Option<&str>) {
        let expected = match case.state {
            State::Open => case.steps.get(case.at).and_then(|step| predict::party(&self.model, case, step.party)),
            State::Returned => Some(match case.applicant {
                Unit::School(school) => self.model.keeper(school),
                authority @ Unit::Authority(_) => authority,
            }),
            _ => None,
        };
        let told = turn.and_then(Unit::read);
        self.must(told == expected, || {
            format!("case {} ({}) lies with {told:?}, not with {expected:?}", case.id, case.state.name())
        });
    }

    /// After a sweep nothing past its deadline is undecided: approved by silence where the measures say so, else raised (INV: TR-4, DR-1).
    pub fn nothing_is_forgotten(&mut self, on_hold: bool) {
        let today = self.today();
        let late: Vec<Case> = self
            .model
            .pending()
            .filter(|case| case.state == State::Open)
            .filter(|case| case.step().and_then(|step| step.period).is_some_and(|period| period.due_on < today))
            .cloned()
            .collect();
        for case in late {
            let provisional = case.step().and_then(|step| step.period).is_some_and(|period| period.provisional);
            let silent = case.purpose.kind() == Kind::Transfer && self.is_anhui() && !provisional;
            if silent && on_hold {
                self.tally.saw("held");
                continue;
            }
            self.must(case.overdue, || {
                format!("case {} ({}) is late and nobody was told", case.id, case.purpose.kind().name())
            });
            if silent {
                let waits = self.waits_for_something(&case);
                self.must(waits, || format!("case {} is late, and silence has not approved it", case.id));
                self.tally.saw("waits past its deadline");
            }
        }
    }

    /// Whether a transfer cannot be completed yet: a key change is pending, or its class is gone.
    fn waits_for_something(&self, case: &Case) -> bool {
        let Purpose::Transfer(transfer) = &case.purpose else { return false };
        let Some(pupil) = case.pupil.and_then(|id| self.model.pupils.get(&id)) else { return false };
        let key_change =
            self.model.pending().any(|other| other.pupil == case.pupil && other.purpose.kind() == Kind::KeyChange);
        let Some(Unit::School(school)) = case.applicant.school().map(|school| self.model.keeper(school)) else {
            return false;
        };
        key_change || !self.model.classes_of(school, pupil.standing.grade).contains(&transfer.class)
    }
}
