//! The office (办公): takes (actor, command) and answers with what has come of it, or with a refusal.
//!
//! Commands that write go through one writer, which takes those that wait as one batch and one transaction: whoever is answered finds
//! everything durable, and eight clients cost hardly more syncs than one. A batch in which the database objects is undone and its commands
//! are carried out one by one, so that one of them spoils nothing for the others.

mod at_hand;
mod books;
mod cases;
mod classes;
mod closure;
mod desk;
mod duties;
mod enrolment;
mod events;
mod notices;
mod organisation;
mod records;
mod sweep;
mod yearly;

pub mod counts;
pub mod facts_of_papers;
pub mod lookup;
pub mod preview;
pub mod promotion_run;
pub mod seals;
pub mod trail;

use std::sync::Arc;

use domain::{
    calendar::{Day, WorkCalendar},
    policy::{Policy, PolicyError},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    command::{Answer, Command},
    guard::Mark,
    refusal::Refusal,
    store::{OfficeState, Store, StoreError, is_conflict},
};
use at_hand::AtHand;
pub use books::Books;
use desk::Desk;

/// An instant: milliseconds since 1970 in UTC, and the mark of the machine by which jumps of the clock are seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970 in UTC.
    pub at: i64,
    /// The machine's own clock.
    pub mark: Mark,
}

impl Now {
    /// An instant of which the machine's own clock says nothing, as a test clock gives it.
    pub fn at(at: i64) -> Now {
        Now { at, mark: Mark { at, ..Mark::default() } }
    }

    /// The day in the offices' time zone, Asia/Shanghai (UTC+8, no summer time since 1992).
    pub fn today(&self) -> Day {
        const HOURS: i64 = 8;
        let days = (self.at + HOURS * 3_600_000).div_euclid(86_400_000);
        Day::from_epoch_days(i32::try_from(days).unwrap_or_default())
    }

    /// RFC 3339 in UTC with milliseconds, as the audit chain writes it.
    pub fn text(&self) -> String {
        let instant = chrono::DateTime::from_timestamp_millis(self.at).unwrap_or_default();
        instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// It was refused; nothing has changed but the audit chain.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error("the registry's database")]
    Store(#[from] StoreError),
    /// A policy pack.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The database did not say whether the transaction was committed; the same command with the same key tells.
    #[error("it is not known whether the command was carried out: give it again with the same key")]
    Unknown,
    /// The office is closing.
    #[error("the office is closing")]
    Closed,
}

/// Who acts: an account on file, or the system itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// An account by name; whether it may act is looked up with the command (X13).
    Account(String),
    /// The sweep and the yearly run.
    System,
}

/// What the writer is given.
enum Task {
    /// A command, and the key under which it may come again.
    Carry { command: Box<Command>, key: Option<String> },
    /// A read of personal data, for the audit chain (USR-06).
    Note(trail::Seen),
}

struct Job {
    by: By,
    task: Task,
    now: Now,
    answer: oneshot::Sender<Result<Answer, OfficeError>>,
}

/// The office over one database.
#[derive(Debug, Clone)]
pub struct Office {
    store: Store,
    books: Arc<Books>,
    jobs: mpsc::Sender<Job>,
    writer: Arc<tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

/// Commands that wait for the writer before a client waits to hand over the next.
const WAITING: usize = 1024;
/// Commands of one transaction.
const BATCH: usize = 64;
/// How often the writer lets others run before it takes what there is.
const PATIENCE: u32 = 4;

impl Office {
    /// Opens the office. `policy` names a jurisdiction or a pack for a database that has none yet.
    pub async fn open(url: &str, policy: Option<&str>, calendar: WorkCalendar) -> Result<Office, OfficeError> {
        let store = Store::open(url).await?;
        let named = settle_policy(&store, policy).await?;
        let books = Arc::new(Books::new(named, calendar));
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = tokio::spawn(write(store.clone(), Arc::clone(&books), waiting));
        Ok(Office { store, books, jobs, writer: Arc::new(tokio::sync::Mutex::new(Some(writer))) })
    }

    /// Carries out a command. A command with a key that was carried out before is answered as then, and not carried out again.
    pub async fn act(&self, by: By, command: Command, key: Option<String>, now: Now) -> Result<Answer, OfficeError> {
        self.hand_over(by, Task::Carry { command: Box::new(command), key }, now).await
    }

    async fn hand_over(&self, by: By, task: Task, now: Now) -> Result<Answer, OfficeError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { by, task, now, answer };
        self.jobs.send(job).await.map_err(|_| OfficeError::Closed)?;
        answered.await.map_err(|_| OfficeError::Closed)?
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Policy packs and working days.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The policy in force on a day.
    pub fn policy(&self, day: Day) -> Result<Arc<Policy>, OfficeError> {
        Ok(self.books.in_force(day)?)
    }

    /// Finishes the commands that wait, and closes the database (F17).
    pub async fn close(self) -> Result<(), OfficeError> {
        let Office { store, books: _, jobs, writer } = self;
        drop(jobs);
        if let Some(writer) = writer.lock().await.take() {
            let _ = writer.await;
        }
        Ok(store.close().await?)
    }
}

/// What the database says is in force, or what is asked for where it says nothing yet.
async fn settle_policy(store: &Store, asked: Option<&str>) -> Result<String, OfficeError> {
    let transaction = store.begin().await?;
    let mut state = OfficeState::read(&transaction, true).await?;
    let named = match asked {
        Some(asked) => asked.to_owned(),
        None if state.policy.is_empty() => "anhui".to_owned(),
        None => state.policy.clone(),
    };
    Policy::named(&named)?;
    if state.policy != named {
        state.policy.clone_from(&named);
        state.write(&transaction).await?;
        transaction.commit().await.map_err(StoreError::from)?;
    }
    Ok(named)
}

/// The writer: takes what waits, as one batch.
async fn write(store: Store, books: Arc<Books>, mut waiting: mpsc::Receiver<Job>) {
    let mut known = desk::Known::default();
    while let Some(first) = waiting.recv().await {
        let mut batch = vec![first];
        let mut patience = PATIENCE;
        while batch.len() < BATCH {
            match waiting.try_recv() {
                Ok(job) => batch.push(job),
                // Clients that have just been answered are about to hand over their next.
                Err(_) if 0 < patience => {
                    patience -= 1;
                    tokio::task::yield_now().await;
                }
                Err(_) => break,
            }
        }
        carry_out(&store, &books, &mut known, batch).await;
        // A plan made for an empty table is a bad one for a full one, and PostgreSQL keeps it until it has looked again.
        if known.growth.asks_for_a_look() {
            known.growth.looked_at = Some(known.growth.now);
            if let Err(error) = store.look_at_tables().await {
                tracing::warn!(%error, "the tables could not be analysed");
            }
        }
    }
}

async fn carry_out(store: &Store, books: &Books, known: &mut desk::Known, batch: Vec<Job>) {
    match transact(store, books, known, &batch).await {
        Ok(answers) => {
            for (job, answer) in batch.into_iter().zip(answers) {
                let _ = job.answer.send(answer.map_err(OfficeError::Refused));
            }
        }
        Err(Failure::Commit(error)) if 1 < batch.len() => {
            tracing::warn!(%error, "a commit did not answer; its commands are settled one by one");
            one_by_one(store, books, known, batch).await;
        }
        Err(Failure::Work(_)) if 1 < batch.len() => one_by_one(store, books, known, batch).await,
        Err(failure) => {
            if let Some(job) = batch.into_iter().next() {
                let told = failed(store, books, known, &job, failure).await;
                let _ = job.answer.send(Err(told));
            }
        }
    }
}

async fn one_by_one(store: &Store, books: &Books, known: &mut desk::Known, batch: Vec<Job>) {
    for job in batch {
        let answer = match transact(store, books, known, std::slice::from_ref(&job)).await {
            Ok(mut answers) => answers.pop().unwrap_or(Err(Refusal::out_of_scope())).map_err(OfficeError::Refused),
            Err(failure) => Err(failed(store, books, known, &job, failure).await),
        };
        let _ = job.answer.send(answer);
    }
}

/// What a failure tells; one by which the database refused the command goes on record as a refusal.
async fn failed(store: &Store, books: &Books, known: &mut desk::Known, job: &Job, failure: Failure) -> OfficeError {
    let told = failure.told();
    if let (OfficeError::Refused(refusal), Task::Carry { command, .. }) = (&told, &job.task) {
        let (answer, _) = oneshot::channel();
        let seen = trail::Seen::refused(command.name(), refusal);
        let note = Job { by: job.by.clone(), task: Task::Note(seen), now: job.now.clone(), answer };
        if transact(store, books, known, std::slice::from_ref(&note)).await.is_err() {
            tracing::warn!("a refusal could not be put on record");
        }
    }
    told
}

enum Failure {
    /// Before the commit: nothing is written.
    Work(StoreError),
    /// In the commit: it may be written or not.
    Commit(sea_orm::DbErr),
}

impl Failure {
    fn told(self) -> OfficeError {
        match self {
            Failure::Work(error) if is_conflict(&error) => OfficeError::Refused(
                Refusal::conflict(
                    "taken",
                    "皖教基〔2013〕20号 第十三条、第十九条",
                    "该学生、编号或业务已被另一项办理占用",
                    "the person, the number or the pupil's pending case is taken by another",
                )
                .remedy("请刷新后核对", "look again"),
            ),
            Failure::Work(error) => OfficeError::Store(error),
            Failure::Commit(error) => {
                tracing::warn!(%error, "a commit did not answer");
                OfficeError::Unknown
            }
        }
    }
}

async fn transact(
    store: &Store,
    books: &Books,
    known: &mut desk::Known,
    batch: &[Job],
) -> Result<Vec<Result<Answer, Refusal>>, Failure> {
    let transaction = store.begin().await.map_err(Failure::Work)?;
    let mut answers = Vec::with_capacity(batch.len());
    let mut desk = Desk::open(&transaction, books, known).await.map_err(Failure::Work)?;
    let commands = batch.iter().filter_map(|job| match &job.task {
        Task::Carry { command, .. } => Some(&**command),
        Task::Note(_) => None,
    });
    desk.at_hand = AtHand::for_commands(&transaction, commands).await.map_err(Failure::Work)?;
    for job in batch {
        let answer = match &job.task {
            Task::Carry { command, key } => desk.handle(&job.by, command, key.as_deref(), &job.now).await,
            Task::Note(seen) => Ok(desk.note(&job.by, seen, &job.now)),
        };
        answers.push(answer.map_err(Failure::Work)?);
    }
    desk.close().await.map_err(Failure::Work)?;
    transaction.commit().await.map_err(Failure::Commit)?;
    Ok(answers)
}
