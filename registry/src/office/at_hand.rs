//! What the commands of a batch will look at, read for all of them at once: a database is asked a few times a batch instead of for each.
//!
//! Nothing here outlives a change: whatever is written leaves it, and is read anew by whoever asks next.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;

use crate::{
    case::{Case, CaseId},
    command::Command,
    event::Event,
    pupil::{Pupil, PupilId},
    scene::Pending,
    store::{StoreError, read},
};

/// Cases, their records, and what else is pending for these.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    cases: HashMap<CaseId, Case>,
    pupils: HashMap<PupilId, Pupil>,
    pending: HashMap<PupilId, Vec<Pending>>,
}

impl AtHand {
    /// What decisions among these commands will look at; nothing if there is but one.
    pub(super) async fn for_commands<C: ConnectionTrait>(
        connection: &C,
        commands: impl Iterator<Item = &Command>,
    ) -> Result<AtHand, StoreError> {
        let decided = |command: &Command| if let Command::Decide { case, .. } = command { Some(*case) } else { None };
        let mut ids: Vec<CaseId> = commands.filter_map(decided).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < 2 {
            return Ok(AtHand::default());
        }
        let cases = read::cases(connection, &ids).await?;
        let mut at_hand = AtHand::for_cases(connection, cases.iter()).await?;
        at_hand.cases = cases.into_iter().map(|case| (case.id, case)).collect();
        Ok(at_hand)
    }

    /// The records of cases, and what is pending for them.
    pub(super) async fn for_cases<C: ConnectionTrait>(
        connection: &C,
        cases: impl Iterator<Item = &Case>,
    ) -> Result<AtHand, StoreError> {
        let mut ids: Vec<PupilId> = cases.filter_map(|case| case.pupil).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(AtHand::default());
        }
        let pupils = read::pupils(connection, &ids).await?;
        let mut pending = read::pending_of(connection, &ids).await?;
        for id in ids {
            pending.entry(id).or_default();
        }
        Ok(AtHand { cases: HashMap::new(), pupils, pending })
    }

    /// A case, if it was read and has not changed since.
    pub(super) fn case(&self, id: CaseId) -> Option<Case> {
        self.cases.get(&id).cloned()
    }

    /// A record, if it was read and has not changed since.
    pub(super) fn pupil(&self, id: PupilId) -> Option<Pupil> {
        self.pupils.get(&id).cloned()
    }

    /// What is pending for a record, if it was read and has not changed since.
    pub(super) fn pending(&self, pupil: PupilId) -> Option<&[Pending]> {
        self.pending.get(&pupil).map(Vec::as_slice)
    }

    /// An event that is being written takes what it changes away.
    pub(super) fn forget(&mut self, event: &Event) {
        match event {
            Event::Opened { case } | Event::Advanced { case } => {
                self.cases.remove(&case.id);
                if let Some(pupil) = case.pupil {
                    self.pending.remove(&pupil);
                }
            }
            Event::Entered { pupil, .. } | Event::Moved { pupil, .. } | Event::Changed { pupil, .. } => {
                self.pupils.remove(&pupil.id);
            }
            // Whose they are is not said.
            Event::Ends { .. } => *self = AtHand::default(),
            Event::Notice { .. } => {}
        }
    }
}
