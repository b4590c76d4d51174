//! One batch of commands at the desk: what is known of units and accounts, the numbers that are given, the entries of the audit chain.

use std::{collections::HashMap, sync::Arc};

use domain::{calendar::Day, policy::PolicyError};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use sm3::{Digest, Sm3};

use super::{
    Books, By, Now,
    at_hand::AtHand,
    cases::{Application, Judgement},
    events::Unwritten,
};
use crate::{
    actor::{Actor, Right, Role},
    case::Case,
    chain::{Entry, Facts, hex::encode},
    command::{Answer, Command},
    officer::Officer,
    organisation::Tree,
    refusal::Refusal,
    scene::Scene,
    store::{
        OfficeState, StoreError, read, rows,
        table::{answers, audit},
        write,
    },
    unit::Unit,
};

/// What the writer keeps between batches, as long as the office's own count says that it still holds.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub growth: Growth,
    organisation: Option<i64>,
    tree: Arc<Tree>,
    officers: Arc<HashMap<String, Officer>>,
}

/// Rows by which small tables grow before the database looks at them again.
const GROWN: i64 = 1_000;

/// How many records, cases and movements there are.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// When the database last looked at its tables.
    pub looked_at: Option<[i64; 3]>,
    /// After the last batch.
    pub now: [i64; 3],
}

impl Growth {
    /// Whether some table has doubled since then.
    pub(super) fn asks_for_a_look(&self) -> bool {
        let has_doubled = |seen: [i64; 3]| seen.iter().zip(self.now).any(|(seen, now)| seen * 2 + GROWN < now);
        self.looked_at.is_some_and(has_doubled)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    Store(StoreError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(error: sea_orm::DbErr) -> Stop {
        Stop::Store(error.into())
    }
}

impl From<PolicyError> for Stop {
    fn from(error: PolicyError) -> Stop {
        let what = error.to_string();
        Stop::Store(StoreError::Broken { table: "cases", key: "policy".to_owned(), what })
    }
}

pub(super) type Done<T> = Result<T, Stop>;

pub(super) struct Desk<'t> {
    pub tx: &'t DatabaseTransaction,
    pub books: &'t Books,
    pub state: OfficeState,
    pub tree: Arc<Tree>,
    officers: Arc<HashMap<String, Officer>>,
    known: &'t mut Known,
    /// Digests of what the command in hand is about, as it was and as it is.
    pub(super) subject: (Option<String>, Option<String>),
    entries: Vec<audit::ActiveModel>,
    pub(super) unwritten: Unwritten,
    pub(super) at_hand: AtHand,
}

impl<'t> Desk<'t> {
    pub(super) async fn open(
        tx: &'t DatabaseTransaction,
        books: &'t Books,
        known: &'t mut Known,
    ) -> Result<Desk<'t>, StoreError> {
        let state = OfficeState::read(tx, true).await?;
        if known.organisation != Some(state.organisation) {
            known.tree = Arc::new(read::tree(tx).await?);
            known.officers = Arc::new(read::officers(tx).await?);
            known.organisation = Some(state.organisation);
        }
        known.growth.looked_at.get_or_insert(state.rows());
        let (tree, officers) = (Arc::clone(&known.tree), Arc::clone(&known.officers));
        Ok(Desk {
            tx,
            books,
            state,
            tree,
            officers,
            known,
            subject: (None, None),
            entries: Vec::new(),
            unwritten: Unwritten::default(),
            at_hand: AtHand::default(),
        })
    }

    /// Writes what the batch leaves behind: the audit entries and the office's own row.
    pub(super) async fn close(mut self) -> Result<(), StoreError> {
        self.write_kept().await?;
        write::insert_all(self.tx, std::mem::take(&mut self.entries)).await?;
        if self.known.organisation != Some(self.state.organisation) {
            // Read anew by the next batch; if this one is undone, the old count still holds.
            self.known.organisation = None;
        }
        self.known.growth.now = self.state.rows();
        self.state.write(self.tx).await
    }

    /// Units or accounts have changed within the batch.
    pub(super) async fn organisation_changed(&mut self) -> Result<(), StoreError> {
        self.state.organisation += 1;
        self.tree = Arc::new(read::tree(self.tx).await?);
        self.officers = Arc::new(read::officers(self.tx).await?);
        self.known.organisation = None;
        Ok(())
    }

    pub(super) fn officer(&self, account: &str) -> Option<&Officer> {
        self.officers.get(account)
    }

    /// Whether the office has no account at all, so that the first is entered by whoever sets it up.
    pub(super) fn is_new(&self) -> bool {
        self.officers.is_empty()
    }

    pub(super) async fn handle(
        &mut self,
        by: &By,
        command: &Command,
        key: Option<&str>,
        now: &Now,
    ) -> Result<Result<Answer, Refusal>, StoreError> {
        let text = rows::json("answers", command.name(), command)?;
        // A key is its account's: another's command under it is another command.
        let digest = encode(&Sm3::digest(format!("{by:?}|{text}").as_bytes()));
        if let Some(key) = key
            && let Some(row) = answers::Entity::find_by_id(key.to_owned()).one(self.tx).await?
        {
            if row.command == digest {
                return Ok(Ok(rows::parsed("answers", key, &row.data)?));
            }
            return Ok(Err(Refusal::conflict(
                "key_reused",
                "本系统约定",
                "该请求编号已用于另一条命令",
                "the key was used for another command",
            )));
        }
        let actor = match by {
            By::System => Ok(Actor::system(&self.tree)),
            By::Account(account) => match self.officer(account) {
                Some(officer) => officer.on_duty(now.today()),
                None if self.is_new() && is_setting_up(command) => {
                    Ok(Actor { account: account.clone(), ..Actor::system(&self.tree) })
                }
                None => {
                    Err(Refusal::forbidden("皖教基〔2013〕20号 第二十八条", "没有这个账号", "there is no such account"))
                }
            },
        };
        self.subject = (None, None);
        if !command.looks_at_the_present() {
            self.write_kept().await?;
            self.at_hand = AtHand::default();
        }
        let done = match &actor {
            Ok(actor) => self.carry_out(actor, command, now).await,
            Err(refusal) => Err(Stop::Refused(refusal.clone())),
        };
        let done = match done {
            Ok(answer) => Ok(answer),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Store(error)) => return Err(error),
        };
        self.record(by, actor.ok().as_ref(), command, &digest, &done, now);
        if let (Some(key), Ok(answer)) = (key, &done) {
            let row = answers::ActiveModel {
                key: Set(key.to_owned()),
                command: Set(digest),
                at: Set(now.at),
                data: Set(rows::json("answers", key, answer)?),
            };
            answers::Entity::insert(row).exec_without_returning(self.tx).await?;
        }
        Ok(done)
    }

    async fn carry_out(&mut self, actor: &Actor, command: &Command, now: &Now) -> Done<Answer> {
        match command {
            Command::EnterAuthority { .. }
            | Command::EnterSchool { .. }
            | Command::ChangeSchool { .. }
            | Command::MergeSchool { .. }
            | Command::CloseSchool { .. }
            | Command::EnterOfficer { .. }
            | Command::TrainOfficer { .. }
            | Command::DisableOfficer { .. }
            | Command::Delegate { .. }
            | Command::SetTerms { .. }
            | Command::EnterClass { .. }
            | Command::ChangeClass { .. } => self.organise(actor, command, now).await,
            Command::SubmitNewcomers { school, name, rows, reason } => {
                self.submit_newcomers(actor, *school, name, rows, reason, now).await
            }
            Command::Apply { purpose, student_no, applicant, reason, evidence } => {
                let (student_no, applicant) = (*student_no, *applicant);
                self.apply(actor, &Application { purpose, student_no, applicant, reason, evidence }, now).await
            }
            Command::Decide { case, verdict, opinion, version, except } => {
                let judgement = Judgement { verdict: *verdict, opinion, version: *version, except };
                self.decide(actor, *case, &judgement, now).await
            }
            Command::Resubmit { case, purpose, evidence, rows } => {
                self.resubmit(actor, *case, purpose.as_ref(), evidence, rows, now).await
            }
            Command::Withdraw { case, reason } => self.withdraw(actor, *case, reason, now).await,
            Command::ChangeBasic { student_no, fields } => self.change_basic(actor, *student_no, fields, now).await,
            Command::MoveClass { student_no, class, reason } => {
                self.move_class(actor, *student_no, class, reason, now).await
            }
            Command::RecordFacts { school, kind, rows } => self.record_facts(actor, *school, kind, rows, now).await,
            Command::AddPortraits { school, taken_on, portraits } => {
                self.add_portraits(actor, *school, *taken_on, portraits, now).await
            }
            Command::Finish { school, on, pupils } => self.finish(actor, *school, *on, pupils, now).await,
            Command::Certify { student_no, kind, number } => {
                self.certify(actor, *student_no, *kind, number.as_deref(), now).await
            }
            Command::Promote { year } => self.promote(actor, *year, now).await,
            Command::UndoPromotion { year, reason } => self.undo_promotion(actor, *year, reason, now).await,
            Command::Duty { act } => self.duty(actor, act, now).await,
            Command::SettleNotice { notice, .. } => self.settle_notice(actor, *notice, now).await,
            Command::HandOverMigrants {} => self.hand_over_migrants(actor, now).await,
            Command::AskPlace { student_no, school, reason } => {
                self.ask_place(actor, *student_no, *school, reason, now).await
            }
            Command::Sweep {} => self.sweep(actor, now).await,
            Command::ReleaseDefaults { reason } => self.release_defaults(actor, reason, now).await,
            Command::RecountPeriods {} => self.recount_periods(actor, now).await,
        }
    }

    /// One entry for one command, carried out or refused; of persons it names nothing but surrogates.
    fn record(
        &mut self,
        by: &By,
        actor: Option<&Actor>,
        command: &Command,
        digest: &str,
        done: &Result<Answer, Refusal>,
        now: &Now,
    ) {
        let subject = match (done, command) {
            (Ok(Answer { case: Some(case), .. }), _) => format!("case:{case}"),
            (_, Command::Decide { case, .. } | Command::Resubmit { case, .. } | Command::Withdraw { case, .. }) => {
                format!("case:{case}")
            }
            (Ok(Answer { id: Some(id), .. }), _) => id.clone(),
            _ => String::new(),
        };
        let why = match command {
            Command::Apply { reason, .. } => reason.clone(),
            Command::Decide { opinion, .. } => opinion.clone(),
            Command::SettleNotice { note, .. } => note.clone(),
            _ => String::new(),
        };
        let result = match done {
            Ok(answer) => answer.state.clone().unwrap_or_else(|| "done".to_owned()),
            Err(refusal) => format!("refused:{}", refusal.code),
        };
        let account = match by {
            By::Account(account) => account.clone(),
            By::System => "system".to_owned(),
        };
        // What was refused has left its subject as it was; a sweep, a list or a promotion is about no single one.
        let (before, after) = std::mem::take(&mut self.subject);
        let after = match done {
            Ok(answer) => after.filter(|_| before.is_some() || answer.case.is_some()),
            Err(_) => before.clone(),
        };
        let facts = Facts {
            at: now.text(),
            actor: account,
            unit: actor.map(|actor| actor.unit.to_string()).unwrap_or_default(),
            role: actor.map(|actor| actor.role.name().to_owned()).unwrap_or_default(),
            action: command.name().to_owned(),
            subject,
            why,
            result,
            command: Some(digest.to_owned()),
            before,
            after,
            origin: String::new(),
        };
        self.enter(facts, now.at);
    }

    /// Keeps in mind what the command in hand is about, for its entry in the audit chain.
    pub(super) fn was(&mut self, subject: &impl serde::Serialize) {
        self.subject.0 = digest_of(subject);
    }

    /// Puts an entry at the end of the chain.
    pub(super) fn enter(&mut self, facts: Facts, at: i64) {
        let entry = Entry::following(self.state.chain.as_ref(), facts);
        self.state.chain = Some(entry.link());
        let Ok(data) = serde_json::to_string(&entry) else { return };
        self.entries.push(audit::ActiveModel {
            seq: Set(i64::try_from(entry.seq).unwrap_or(i64::MAX)),
            at: Set(at),
            actor: Set(entry.facts.actor.clone()),
            action: Set(entry.facts.action.clone()),
            data: Set(data),
        });
    }

    /// A scene without a record.
    pub(super) fn scene<'a>(&mut self, tree: &'a Tree, books: &'a Books, actor: &'a Actor, now: &Now) -> Scene<'a> {
        Scene {
            tree,
            calendar: books.calendar(),
            actor,
            today: now.today(),
            at: now.at,
            pupil: None,
            class: None,
            pending: Vec::new(),
            history: Vec::new(),
            suspended_until: None,
            holder: None,
            is_number_taken: false,
            fresh_case: 0,
            fresh_pupil: 0,
        }
    }

    /// The answer that tells what has become of a case.
    pub(super) fn answer(case: &Case, pupils: u64) -> Answer {
        let step = case.step();
        Answer {
            case: Some(case.id),
            number: Some(case.number()),
            state: Some(case.state.name().to_owned()),
            turn: step.map(|step| step.unit),
            due_on: step.and_then(|step| step.period).map(|period| period.due_on),
            pupils,
            ..Answer::default()
        }
    }

    /// Refuses an actor whose unit does not act for a school, or whose role may not.
    pub(super) fn for_school(
        &self,
        actor: &Actor,
        school: domain::organisation::SchoolId,
        right: Right,
        now: &Now,
    ) -> Result<(), Refusal> {
        acts_for_school(&self.tree, actor, school, right, now.today())
    }
}

/// SM3 of a thing as the store keeps it.
pub(super) fn digest_of(thing: &impl serde::Serialize) -> Option<String> {
    serde_json::to_vec(thing).ok().map(|bytes| encode(&Sm3::digest(bytes)))
}

/// Refuses an actor whose unit does not act for a school, or whose role may not.
pub(super) fn acts_for_school(
    tree: &Tree,
    actor: &Actor,
    school: domain::organisation::SchoolId,
    right: Right,
    today: Day,
) -> Result<(), Refusal> {
    actor.may(right)?;
    let keeper = tree.keeper(school);
    let acts = tree.acts_for(actor.unit, keeper, today);
    // City and county authorities maintain the records of their schools (art. 28).
    let above = matches!(actor.unit, Unit::Authority(_)) && tree.contains(actor.unit, Unit::School(school));
    if tree.school(school).is_some() && (acts || above || actor.role == Role::System) {
        return Ok(());
    }
    Err(Refusal::out_of_scope())
}

/// Before the first account there is nobody who could enter it.
const fn is_setting_up(command: &Command) -> bool {
    matches!(command, Command::EnterAuthority { .. } | Command::EnterOfficer { .. })
}
