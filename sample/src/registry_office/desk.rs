//! Whoever sits at the desks of the sample office: gives the commands in the order of the days, sweeps every Monday, keeps the books.

use std::collections::BTreeMap;

use domain::calendar::Day;
use registry::{
    case::{CaseId, Verdict},
    command::{Answer, Command},
    office::{By, Now, Office, OfficeError, lookup::Query},
    purpose::Kind,
};

use super::FillError;

/// Commands that wait for the writer together.
const TOGETHER: usize = 128;
/// The office opens at 9:00 in Asia/Shanghai, which is 1:00 in UTC; the sweep comes at 2:00, which is 18:00 of the day before.
const MORNING: i64 = 3_600_000;
const SWEEP: i64 = -6 * 3_600_000;
const DAY: i64 = 86_400_000;

/// What becomes of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Every step approves it.
    Approved,
    /// The first step refuses it.
    Refused,
    /// The first step sends it back, and there it stays.
    Returned,
    /// Sent back, completed, submitted again and approved.
    Completed,
    /// Its applicant takes it back.
    Withdrawn,
    /// So many steps approve it, and there it stays.
    Open(usize),
}

/// An application and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Application {
    /// Who enters it.
    pub(super) account: String,
    /// The command that opens it.
    pub(super) command: Command,
    /// What for.
    pub(super) kind: Kind,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Whose record, by the sample's own count.
    pub(super) member: Option<usize>,
}

/// The desks.
pub(super) struct Desk<'o> {
    office: &'o Office,
    at: i64,
    last: Day,
    swept: Day,
    /// Every case by kind, and what was last heard of it.
    pub(super) cases: BTreeMap<CaseId, (Kind, String)>,
    /// Commands by name.
    pub(super) commands: BTreeMap<&'static str, u64>,
    /// What the sweeps did.
    pub(super) swept_counts: BTreeMap<String, u64>,
}

fn instant(day: Day, hours: i64) -> i64 {
    i64::from(day.epoch_days()) * DAY + hours
}

impl<'o> Desk<'o> {
    /// Desks that work from a day on, and on no day after the last.
    pub(super) fn new(office: &'o Office, first: Day, last: Day) -> Desk<'o> {
        Desk {
            office,
            at: instant(first, MORNING),
            last,
            swept: first,
            cases: BTreeMap::new(),
            commands: BTreeMap::new(),
            swept_counts: BTreeMap::new(),
        }
    }

    /// The present day.
    pub(super) fn today(&self) -> Day {
        Now::at(self.at).today()
    }

    fn now(&mut self) -> Now {
        self.at += 1000;
        Now::at(self.at)
    }

    /// Lets the days pass until a day, with the sweep of every Monday.
    pub(super) async fn go_to(&mut self, day: Day) -> Result<(), FillError> {
        let day = day.min(self.last);
        while self.swept < day {
            self.swept = self.swept.plus_days(1);
            // 1970-01-01 was a Thursday.
            if (self.swept.epoch_days() + 3).rem_euclid(7) == 0 {
                self.at = self.at.max(instant(self.swept, SWEEP));
                self.sweep().await?;
            }
        }
        self.at = self.at.max(instant(day, MORNING));
        Ok(())
    }

    /// One sweep.
    pub(super) async fn sweep(&mut self) -> Result<(), FillError> {
        let answer = self.act(By::System, Command::Sweep {}).await?;
        for (what, count) in answer.counts {
            *self.swept_counts.entry(what).or_default() += count;
        }
        Ok(())
    }

    /// Gives one command.
    pub(super) async fn act(&mut self, by: By, command: Command) -> Result<Answer, FillError> {
        let name = command.name();
        *self.commands.entry(name).or_default() += 1;
        let now = self.now();
        let answer = self.office.act(by.clone(), command, None, now).await.map_err(|error| told(error, name, &by))?;
        Ok(answer)
    }

    /// Gives a command as an account.
    pub(super) async fn act_as(&mut self, account: &str, command: Command) -> Result<Answer, FillError> {
        self.act(By::Account(account.to_owned()), command).await
    }

    /// Gives commands that do not wait for each other; they are answered in their order.
    pub(super) async fn many(&mut self, commands: Vec<(String, Command)>) -> Result<Vec<Answer>, FillError> {
        let mut answers = Vec::with_capacity(commands.len());
        let mut commands = commands.into_iter();
        loop {
            let mut waiting = Vec::with_capacity(TOGETHER);
            for (account, command) in commands.by_ref().take(TOGETHER) {
                let (name, now, by) = (command.name(), self.now(), By::Account(account));
                *self.commands.entry(name).or_default() += 1;
                let office = self.office;
                waiting.push(async move {
                    office.act(by.clone(), command, None, now).await.map_err(|error| told(error, name, &by))
                });
            }
            if waiting.is_empty() {
                return Ok(answers);
            }
            // Without a budget, so that they come to the writer in their order.
            for answer in tokio::task::unconstrained(futures::future::join_all(waiting)).await {
                answers.push(answer?);
            }
        }
    }

    /// Keeps in mind what has become of a case.
    pub(super) fn note(&mut self, kind: Kind, answer: &Answer) {
        if let (Some(case), Some(state)) = (answer.case, &answer.state) {
            self.cases.insert(case, (kind, state.clone()));
        }
    }

    /// Opens applications on a day and lets each have its fate, one step every `gap` days.
    pub(super) async fn run(
        &mut self,
        day: Day,
        gap: i32,
        applications: Vec<Application>,
    ) -> Result<Vec<(Application, Answer)>, FillError> {
        self.go_to(day).await?;
        let opened = applications.iter().map(|one| (one.account.clone(), one.command.clone())).collect();
        let answers = self.many(opened).await?;
        let mut all: Vec<(Application, Answer)> = applications.into_iter().zip(answers).collect();
        for (one, answer) in &all {
            self.note(one.kind, answer);
        }
        for step in 0.. {
            let (mut places, mut commands) = (Vec::new(), Vec::new());
            for (place, (one, answer)) in all.iter().enumerate() {
                if let Some(next) = next(one, answer, step) {
                    places.push(place);
                    commands.push(next);
                }
            }
            if commands.is_empty() {
                break;
            }
            self.go_to(self.today().plus_days(gap)).await?;
            let answers = self.many(commands).await?;
            for (place, answer) in places.into_iter().zip(answers) {
                if let Some((one, before)) = all.get_mut(place) {
                    self.note(one.kind, &answer);
                    *before = answer;
                }
            }
        }
        Ok(all)
    }

    /// Asks a question as the system, on record.
    pub(super) async fn ask(&mut self, query: &Query) -> Result<serde_json::Value, FillError> {
        let now = self.now();
        self.office.look(By::System, query, "核对", now).await.map_err(|error| told(error, "ask", &By::System))
    }

    /// The first notice that waits for the unit of an account.
    pub(super) async fn first_notice(&mut self, account: &str) -> Result<Option<i64>, FillError> {
        let (now, by) = (self.now(), By::Account(account.to_owned()));
        let list = self
            .office
            .look(by.clone(), &Query::Worklist {}, "", now)
            .await
            .map_err(|error| told(error, "ask", &by))?;
        Ok(list["notices"].get(0).and_then(|notice| notice["notice"].as_i64()))
    }

    /// Duties of the province by kind and state.
    pub(super) async fn duties(&mut self) -> Result<BTreeMap<String, u64>, FillError> {
        let mut counts = BTreeMap::new();
        let Some(province) = registry::unit::Unit::read("340000") else { return Ok(counts) };
        let found = self.ask(&Query::Duties { unit: province }).await?;
        for duty in found["duties"].as_array().into_iter().flatten() {
            let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            *counts.entry(format!("{}:{}", word(&duty["duty"]["kind"]), word(&duty["state"]))).or_default() += 1;
        }
        Ok(counts)
    }

    /// What the registry says has become of every case that was open when last heard of.
    pub(super) async fn hear(&mut self) -> Result<(), FillError> {
        let open: Vec<CaseId> = self
            .cases
            .iter()
            .filter(|(_, (_, state))| state == "open" || state == "returned")
            .map(|(id, _)| *id)
            .collect();
        for id in open {
            let found = self.ask(&Query::Case { case: id }).await?;
            let case = &found["case"];
            let silent = case["steps"]
                .as_array()
                .is_some_and(|steps| steps.iter().any(|step| step["decision"]["mode"] == "silence"));
            let state = case["state"].as_str().unwrap_or_default();
            let state = match state {
                "open" if case["overdue"] == true => "overdue",
                "approved" if silent => "approved_by_silence",
                other => other,
            };
            if let Some((_, known)) = self.cases.get_mut(&id) {
                *known = state.to_owned();
            }
        }
        Ok(())
    }
}

/// Who decides for a unit: its head, since the registrar has entered it.
pub(super) fn head(unit: &dyn std::fmt::Display) -> String {
    format!("{unit}-head")
}

/// Who enters for a unit.
pub(super) fn registrar(unit: &dyn std::fmt::Display) -> String {
    format!("{unit}-registrar")
}

fn next(one: &Application, answer: &Answer, step: usize) -> Option<(String, Command)> {
    let case = answer.case?;
    let state = answer.state.as_deref()?;
    let decide = |verdict: Verdict, opinion: &str| {
        let command = Command::Decide { case, verdict, opinion: opinion.to_owned(), version: None, except: Vec::new() };
        answer.turn.map(|turn| (head(&turn), command))
    };
    match (state, one.fate) {
        ("open", Fate::Approved) => decide(Verdict::Approve, "同意"),
        ("open", Fate::Open(steps)) if step < steps => decide(Verdict::Approve, "同意"),
        ("open", Fate::Refused) => decide(Verdict::Refuse, "不符合规定条件"),
        ("open", Fate::Returned) => decide(Verdict::Return, "材料不清，请补正"),
        ("open", Fate::Completed) if step == 0 => decide(Verdict::Return, "缺页，请补正"),
        ("open", Fate::Completed) => decide(Verdict::Approve, "补正后材料齐全，同意"),
        ("returned", Fate::Completed) => Some((
            one.account.clone(),
            Command::Resubmit { case, purpose: None, evidence: Vec::new(), rows: Vec::new() },
        )),
        ("open", Fate::Withdrawn) => {
            Some((one.account.clone(), Command::Withdraw { case, reason: "家长改变主意".to_owned() }))
        }
        _ => None,
    }
}

fn told(error: OfficeError, what: &'static str, by: &By) -> FillError {
    let by = match by {
        By::Account(account) => account.clone(),
        By::System => "system".to_owned(),
    };
    match error {
        OfficeError::Refused(refusal) => FillError::Refused { what, by, refusal: Box::new(refusal) },
        other => other.into(),
    }
}
