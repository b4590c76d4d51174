//! What a command has done becomes rows: events in the order in which they happened, and rows that wait for others of their kind.

use std::collections::BTreeMap;

use super::{
    Now,
    desk::{Desk, digest_of},
};
use crate::{
    case::{Case, CaseId, State},
    event::Event,
    number::Series,
    pupil::Pupil,
    store::{
        StoreError, read, rows,
        table::{changes, field_changes, notices, seals},
        write,
    },
    unit::Unit,
};

/// Rows that nothing but a look back reads, kept until one looks or the batch ends: a statement for many commands instead of one each.
#[derive(Default)]
pub(super) struct Unwritten {
    movements: Vec<changes::ActiveModel>,
    replaced: Vec<field_changes::ActiveModel>,
    notices: Vec<notices::ActiveModel>,
    pub(super) seals: Vec<seals::ActiveModel>,
}

impl Unwritten {
    const fn rows(&self) -> usize {
        self.movements.len() + self.replaced.len() + self.notices.len() + self.seals.len()
    }
}

/// Rows that are kept before they are written in any case.
const KEPT: usize = 2_000;

impl Desk<'_> {
    /// Writes the rows that were kept.
    pub(super) async fn write_kept(&mut self) -> Result<(), StoreError> {
        if self.unwritten.rows() == 0 {
            return Ok(());
        }
        let Unwritten { movements, replaced, notices, seals } = std::mem::take(&mut self.unwritten);
        write::insert_all(self.tx, movements).await?;
        write::insert_all(self.tx, replaced).await?;
        write::insert_all(self.tx, notices).await?;
        write::insert_all(self.tx, seals).await
    }

    /// Writes events in the order in which they happened; of each case its last state. Returns how many records they entered or changed.
    pub(super) async fn persist(
        &mut self,
        events: Vec<Event>,
        case: Option<CaseId>,
        account: &str,
        now: &Now,
    ) -> Result<u64, StoreError> {
        let (today, in_hand) = (now.today(), case);
        let mut cases: BTreeMap<CaseId, (Case, bool)> = BTreeMap::new();
        let mut entered = Vec::new();
        let mut count = 0;
        for event in events {
            self.at_hand.forget(&event);
            match event {
                Event::Opened { case } => {
                    cases.insert(case.id, (case, true));
                }
                Event::Advanced { case } => {
                    let is_new = cases.get(&case.id).is_some_and(|(_, is_new)| *is_new);
                    cases.insert(case.id, (case, is_new));
                }
                Event::Entered { mut pupil, movement } => {
                    pupil.regional_no = self.regional_number(&pupil);
                    let id = self.state.next("change");
                    self.unwritten.movements.push(write::movement(id, pupil.id, &movement, case, today));
                    entered.push(rows::of_pupil(&pupil, today)?);
                    count += 1;
                }
                Event::Moved { mut pupil, movement, new_stage } => {
                    if new_stage {
                        pupil.regional_no = self.regional_number(&pupil);
                    }
                    if case.is_none() {
                        self.subject.1 = digest_of(&pupil);
                    }
                    let id = self.state.next("change");
                    self.unwritten.movements.push(write::movement(id, pupil.id, &movement, case, today));
                    write::pupil(self.tx, &pupil, today).await?;
                    count += 1;
                }
                Event::Changed { pupil, fields, effective_on, movement } => {
                    if case.is_none() {
                        self.subject.1 = digest_of(&pupil);
                    }
                    let first = self.state.take("field_change", i64::try_from(fields.len()).unwrap_or_default());
                    let rows = write::replaced(first, pupil.id, &fields, effective_on, case, account, now.at);
                    self.unwritten.replaced.extend(rows);
                    if let Some(movement) = movement {
                        let id = self.state.next("change");
                        self.unwritten.movements.push(write::movement(id, pupil.id, &movement, case, today));
                    }
                    write::pupil(self.tx, &pupil, today).await?;
                    count += 1;
                }
                Event::Ends { cases: overtaken, .. } => {
                    for id in overtaken {
                        if let Some(pending) = read::case(self.tx, id).await? {
                            cases.insert(id, (crate::application::end(pending, today), false));
                        }
                    }
                }
                Event::Notice { mut notice } => {
                    // A school that has gone into another is told there (TR-16).
                    if let Unit::School(school) = notice.to {
                        notice.to = self.tree.keeper(school);
                    }
                    let id = self.state.next("notice");
                    self.unwritten.notices.push(write::notice(id, &notice, today)?);
                }
            }
        }
        for (case, is_new) in cases.into_values() {
            let waits =
                |step: &crate::case::Step| if case.state == State::Returned { case.applicant } else { step.unit };
            let turn = case.step().map(waits).map(|unit| match unit {
                Unit::School(school) => self.tree.keeper(school),
                authority @ Unit::Authority(_) => authority,
            });
            if in_hand == Some(case.id) {
                self.subject.1 = digest_of(&case);
            }
            self.seal_if_decided(&case, now)?;
            write::case(self.tx, &case, turn, is_new).await?;
        }
        write::insert_all(self.tx, entered).await?;
        if KEPT <= self.unwritten.rows() {
            self.write_kept().await?;
        }
        Ok(count)
    }

    /// The next number of the pupil's region, stage and year (IDN-04).
    fn regional_number(&mut self, pupil: &Pupil) -> Option<String> {
        let school = self.tree.school(pupil.standing.school)?;
        let series = Series::of(school, pupil.standing.grade, pupil.entry_month.year())?;
        let serial = self.state.next(&series.name());
        Some(series.number(serial))
    }
}
