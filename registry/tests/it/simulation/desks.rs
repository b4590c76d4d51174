//! Desks: pending cases are decided, sent back, submitted again, withdrawn, by the right and by the wrong; time passes and is swept.

use registry::{
    case::{Case, Evidence, State, Verdict},
    command::Command,
    newcomers::Exception,
    pupil::Mode,
    purpose::Purpose,
    unit::Unit,
};

use super::{predict, world::World};

impl World {
    /// Works on one of the cases that wait.
    pub async fn work_on_a_case(&mut self) {
        let pending: Vec<i64> = self.model.pending().map(|case| case.id).collect();
        let all: Vec<i64> = self.model.cases.keys().rev().take(40).copied().collect();
        let id = if self.chance(97) { self.pick(&pending) } else { self.pick(&all) };
        let Some(case) = id.and_then(|id| self.model.cases.get(&id)).cloned() else { return };
        match case.state {
            State::Returned => self.complete(&case).await,
            _ if self.chance(4) => self.take_back(&case).await,
            _ => self.decide(&case).await,
        }
    }

    /// The unit whose turn it is, as far as anybody has a turn.
    fn turn_of(&self, case: &Case) -> Unit {
        let step = case.steps.get(case.at).or_else(|| case.steps.last());
        step.and_then(|step| predict::party(&self.model, case, step.party)).unwrap_or(case.applicant)
    }

    async fn decide(&mut self, case: &Case) {
        let unit = self.turn_of(case);
        let own = self.chance(90);
        let account = match self.clerk_but(unit, &case.entered_by).filter(|_| own) {
            Some(account) => account,
            None if self.chance(40) => case.entered_by.clone(),
            None => self.anybody(),
        };
        let verdict = match self.below(100) {
            0..78 => Verdict::Approve,
            78..90 => Verdict::Refuse,
            _ => Verdict::Return,
        };
        let opinion = if verdict != Verdict::Approve && self.chance(90) { "材料不全" } else { "" }.to_owned();
        let version = match self.below(20) {
            0 => Some(case.version - 1),
            1..12 => Some(case.version),
            _ => None,
        };
        let mut except = Vec::new();
        if let Purpose::Newcomers(batch) = &case.purpose
            && verdict == Verdict::Approve
            && self.chance(12)
        {
            let reason = if self.chance(85) { "学区不符".to_owned() } else { String::new() };
            except.push(Exception { row: 1 + self.below(batch.rows + 1), reason });
        }
        let right =
            self.model.officers.get(&account).is_some_and(|officer| super::units::on_duty(officer, self.today()));
        let may =
            right && predict::forbidden(&self.model, &account, &self.decision(case, verdict), self.today()).is_none();
        let command = Command::Decide { case: case.id, verdict, opinion, version, except: except.clone() };
        let answer = if self.chance(4) {
            self.both_decide(case, &account, command).await
        } else {
            self.tell(&account, command).await
        };
        match answer {
            Ok(answer) if case.state == State::Open => {
                if let (Some("approved"), Purpose::Newcomers(batch)) = (answer.state.as_deref(), &case.purpose) {
                    // INV: EN-3
                    let taken = u64::from(batch.rows) - except.len() as u64;
                    self.must(answer.pupils == taken, || {
                        format!("{taken} rows were taken, {} records came of it", answer.pupils)
                    });
                }
            }
            // Whose turn it is, is never told that he has no right.
            Err(refusal) if may => {
                let stranger = matches!(refusal.code.as_str(), "forbidden" | "not_found");
                self.must(!stranger, || format!("{account} has the turn and was refused: {refusal}"));
                self.after_a_refusal(case, &refusal.code).await;
            }
            _ => {}
        }
    }

    fn decision(&self, case: &Case, verdict: Verdict) -> Command {
        Command::Decide { case: case.id, verdict, opinion: String::new(), version: None, except: Vec::new() }
    }

    /// Two of a unit at once: one outcome (INV: TR-6).
    async fn both_decide(
        &mut self,
        case: &Case,
        account: &str,
        command: Command,
    ) -> Result<registry::command::Answer, registry::refusal::Refusal> {
        let unit = self.turn_of(case);
        let other = self.clerk_but(unit, account).unwrap_or_else(|| case.entered_by.clone());
        let against = Command::Decide {
            case: case.id,
            verdict: Verdict::Refuse,
            opinion: "不同意".to_owned(),
            version: Some(case.version),
            except: Vec::new(),
        };
        let [one, second] = self.tell_both((account, command), (&other, against)).await;
        let both = one.is_ok() && second.is_ok();
        let last_step = case.steps.len() <= case.at + 1;
        self.must(!both || !last_step, || format!("case {} was decided twice", case.id));
        one
    }

    /// What is in the way of an approval is put right: a portrait is added, or the case is refused.
    async fn after_a_refusal(&mut self, case: &Case, code: &str) {
        if code == "newcomers.portrait" && self.chance(70) {
            self.add_portraits(case).await;
        } else if self.chance(50)
            && let Some(account) = self.clerk_but(self.turn_of(case), &case.entered_by)
        {
            let opinion = format!("不符合规定（{code}）");
            let command =
                Command::Decide { case: case.id, verdict: Verdict::Refuse, opinion, version: None, except: Vec::new() };
            let _ = self.tell(&account, command).await;
        }
    }

    async fn complete(&mut self, case: &Case) {
        if self.chance(20) {
            return self.take_back(case).await;
        }
        let own = match case.applicant {
            Unit::School(school) => self.model.keeper(school),
            authority @ Unit::Authority(_) => authority,
        };
        if self.chance(5) {
            return self.decide(case).await;
        }
        let account = self.someone(own);
        let others: Vec<Purpose> =
            self.model.cases.values().rev().take(30).map(|other| other.purpose.clone()).collect();
        let purpose = match self.below(12) {
            0 => self.pick(&others),
            1..4 => Some(case.purpose.clone()),
            _ => None,
        };
        let evidence =
            vec![Evidence { kind: "other_certificate".to_owned(), title: "补正".to_owned(), digest: None }];
        let mut rows = Vec::new();
        let first = self.model.batches.get(&case.id).and_then(|rows| rows.first()).cloned();
        if let Some(first) = first.filter(|_| matches!(case.purpose, Purpose::Newcomers(_)))
            && self.chance(50)
        {
            let count = 1 + self.below(2);
            rows = self.first_graders(count, first.grade, &first.class, first.entry_month.year());
        }
        let command = Command::Resubmit { case: case.id, purpose, evidence, rows };
        if self.tell(&account, command).await.is_ok() {
            self.tally.saw("submitted again");
        }
    }

    async fn take_back(&mut self, case: &Case) {
        let own = match case.applicant {
            Unit::School(school) => self.model.keeper(school),
            authority @ Unit::Authority(_) => authority,
        };
        let account = self.someone(own);
        let reason = if self.chance(92) { "家长撤回" } else { "" }.to_owned();
        let _ = self.tell(&account, Command::Withdraw { case: case.id, reason }).await;
    }

    /// The sweep; and, where defaults are on hold, their release.
    pub async fn sweep(&mut self) {
        let by_system = self.chance(90);
        let account = if by_system { "system".to_owned() } else { self.anybody() };
        let Ok(answer) = self.tell(&account, Command::Sweep {}).await else { return };
        let on_hold = answer.state.as_deref() == Some("on_hold");
        self.nothing_is_forgotten(on_hold);
        let silent = answer.counts.get("approved_by_silence").copied().unwrap_or_default();
        if 0 < silent && self.chance(50) {
            self.reversal().await;
        }
        if on_hold {
            // INV: TR-9
            let silent = self.model.cases.values().filter(|case| case.closed_on == Some(self.today()));
            let silent = silent
                .filter(|case| case.last_decision().is_some_and(|decision| decision.mode == Mode::Silence))
                .count();
            self.must(silent == 0, || "silence approved something while defaults are on hold".to_owned());
            if self.chance(60) {
                let account = if self.chance(80) { self.provincial() } else { self.anybody() };
                let reason = if self.chance(90) { "已核对时钟" } else { "" }.to_owned();
                let _ = self.tell(&account, Command::ReleaseDefaults { reason }).await;
            }
        }
    }
}
