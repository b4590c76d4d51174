//! Key changes: names, sexes, birth dates, numbers; a guardian's number upgraded to the child's own (INV: ID-3, KF-3, KF-5).

use domain::identity::{IdNo, Sex, StudentNo};
use registry::{
    case::Evidence,
    command::Command,
    key_change::KeyChange,
    pupil::{Holder, KeyFacts},
    purpose::Purpose,
};

use super::{model::Known, world::World};
use crate::support;

impl World {
    pub async fn key_change(&mut self) {
        let temporary = self.chance(30);
        let known = self.record(|known| {
            known.standing.status.is_registered() && (!temporary || known.key.holder == Holder::Guardian)
        });
        let Some(known) = known.or_else(|| self.record(|_| true)) else { return };
        let change = self.change_of(&known);
        let kinds: &[&str] = match self.below(5) {
            0 => &["police_certificate"],
            1 => &["household_register"],
            2 => &["county_police_certificate"],
            _ => &[
                "household_register",
                "household_register_certified",
                "police_certificate",
                "identity_change_approval",
            ],
        };
        let unit = self.model.keeper(known.standing.school);
        let account = self.someone(unit);
        let evidence = kinds
            .iter()
            .map(|kind| Evidence { kind: (*kind).to_owned(), title: String::new(), digest: None })
            .collect();
        let command = Command::Apply {
            purpose: Purpose::KeyChange(change),
            student_no: Some(known.student_no),
            applicant: self.chance(60).then_some(unit),
            reason: if self.chance(95) { "户口簿更正".to_owned() } else { String::new() },
            evidence,
        };
        let _ = self.tell(&account, command).await;
    }

    fn change_of(&mut self, known: &Known) -> KeyChange {
        let key = &known.key;
        let mut change = KeyChange::default();
        match self.below(10) {
            0 | 1 => {
                let name = self.name();
                change.name = Some((key.name.clone(), format!("{name}更")));
            }
            2 => {
                // Another base than the record has.
                change.name = Some((format!("{}旧", key.name), "新名".to_owned()));
            }
            3 => change.portrait = Some((key.portrait.clone(), format!("{:064x}", self.fresh()))),
            4 => change.sex = Some((key.sex, if key.sex == Sex::Male { Sex::Female } else { Sex::Male })),
            5 => {
                // The number of somebody else.
                let other = self.record(|other| other.key.id_no.is_some() && other.id != known.id);
                let number = other.and_then(|other| other.key.id_no).unwrap_or_default();
                change.id_no = Some((key.id_no.clone(), number));
            }
            6 => {}
            _ => {
                let day = if self.chance(50) { key.birth_on } else { key.birth_on.plus_days(1) };
                if day != key.birth_on {
                    change.birth_on = Some((key.birth_on, day));
                }
                let serial = self.fresh();
                let number = support::identity(support::COUNTIES[serial as usize % 3], day, key.sex, serial);
                change.id_no = Some((key.id_no.clone(), number));
            }
        }
        change
    }

    /// A registration number whose record has another identity number since that was put right.
    pub fn number_set_free(&mut self) -> Option<StudentNo> {
        let freed = self.records(|known| {
            known.student_no.as_str().starts_with('G') && Some(known.student_no.places()) != known.key.id_no.as_deref()
        });
        self.pick(&freed).map(|id| self.model.pupils[&id].student_no)
    }

    /// The child whose identity number that was all the time: its record gets a registration number all the same (INV: ID-1).
    pub fn holder_of(&mut self, number: StudentNo) -> Option<KeyFacts> {
        let read = IdNo::read(number.places()).ok()?;
        let name = self.name();
        Some(KeyFacts {
            name,
            sex: read.sex(),
            birth_on: read.birth()?,
            id_kind: "居民身份证".to_owned(),
            id_no: Some(read.as_str().to_owned()),
            holder: Holder::Own,
            portrait: None,
        })
    }
}
