//! The audit trail at the desk: readings put on record, and the whole chain walked (USR-06, AU-1, AU-2).

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{By, Now, Office, OfficeError, Task, desk::Desk};
use crate::{
    chain::{Entry, Facts, Head, Link, Tampering, Verifier},
    command::Answer,
    refusal::Refusal,
    store::{OfficeState, StoreError, table::audit},
};

/// What was looked at, for the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) why: String,
    pub(super) result: String,
}

impl Seen {
    /// A command that the database refused.
    pub(super) fn refused(action: &'static str, refusal: &Refusal) -> Seen {
        let result = format!("refused:{}", refusal.code);
        Seen { action, subject: String::new(), why: String::new(), result }
    }
}

/// What the audit chain was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Entries read.
    pub entries: u64,
    /// The end of the chain, to be signed and kept elsewhere.
    pub head: Option<Head>,
    /// The first thing wrong with it, in Chinese and English.
    pub fault: Option<(String, String)>,
}

impl Desk<'_> {
    /// Puts a read on record.
    pub(super) fn note(&mut self, by: &By, seen: &Seen, now: &Now) -> Result<Answer, Refusal> {
        let (account, unit, role) = match by {
            By::System => ("system".to_owned(), String::new(), "system".to_owned()),
            By::Account(account) => {
                let officer = self.officer(account);
                let unit = officer.map(|officer| officer.unit.to_string()).unwrap_or_default();
                let role = officer.map(|officer| officer.role.name().to_owned()).unwrap_or_default();
                (account.clone(), unit, role)
            }
        };
        let facts = Facts {
            at: now.text(),
            actor: account,
            unit,
            role,
            action: seen.action.to_owned(),
            subject: seen.subject.clone(),
            why: seen.why.clone(),
            result: seen.result.clone(),
            command: None,
            before: None,
            after: None,
            origin: String::new(),
        };
        self.enter(facts, now.at);
        Ok(Answer::default())
    }
}

impl Office {
    /// Puts a reading of personal data on record that is no question: a feed, a reconciliation.
    pub async fn put_on_record(
        &self,
        by: By,
        action: &'static str,
        subject: String,
        why: &str,
        now: Now,
    ) -> Result<(), OfficeError> {
        let seen = Seen { action, subject, why: why.to_owned(), result: "read".to_owned() };
        self.hand_over(by, Task::Note(seen), now).await.map(drop)
    }

    /// Walks the whole audit chain and tells the first thing wrong with it (AU-2). `witness` are signed heads kept elsewhere.
    pub async fn verify_audit(&self, witness: &[Head]) -> Result<ChainReport, OfficeError> {
        let look = self.store.look().await?;
        let state = OfficeState::read(&look, false).await?;
        let mut verifier = witness.iter().fold(Verifier::new(None), Verifier::witness);
        let (mut after, mut entries, mut last_at) = (0, 0, String::new());
        let fault = |tampering: Tampering| Some((tampering.zh(), tampering.en()));
        let mut found = None;
        loop {
            let slice = audit::Entity::find()
                .filter(audit::Column::Seq.gt(after))
                .order_by_asc(audit::Column::Seq)
                .limit(10_000)
                .all(&look)
                .await
                .map_err(StoreError::from)?;
            let Some(last) = slice.last() else { break };
            after = last.seq;
            for row in &slice {
                entries += 1;
                let Ok(entry) = serde_json::from_str::<Entry>(&row.data) else {
                    found = found.or_else(|| {
                        Some((format!("第 {} 条不能读取", row.seq), format!("entry {} does not read", row.seq)))
                    });
                    continue;
                };
                // The columns that are looked by say what the entry says.
                if i64::try_from(entry.seq) != Ok(row.seq)
                    || entry.facts.actor != row.actor
                    || entry.facts.action != row.action
                {
                    found = found.or_else(|| {
                        Some((
                            format!("第 {} 条的检索列与内容不符", row.seq),
                            format!("the columns of entry {} do not say what it says", row.seq),
                        ))
                    });
                }
                last_at.clone_from(&entry.facts.at);
                if found.is_none()
                    && let Err(tampering) = verifier.next(&entry)
                {
                    found = fault(tampering);
                }
            }
        }
        let end = state.chain.as_ref().map(|link| Head::new(link, last_at.clone()));
        if found.is_none() {
            found = match verifier.finish(end.as_ref()) {
                Ok(_) => None,
                Err(tampering) => fault(tampering),
            };
        }
        let head = state.chain.as_ref().map(|link: &Link| Head::new(link, last_at));
        Ok(ChainReport { entries, head, fault: found })
    }
}
