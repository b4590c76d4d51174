//! What waits on the desks of the sample office: every kind of case, open at each of its steps, and sent back.

use domain::{calendar::Day, movement::Status};
use registry::{
    command::Command,
    graduation::{Achievement, Candidate, Ending, SeniorGraduation},
    purpose::{Kind, Purpose},
    unit::Unit,
};

use super::{
    FillError,
    course::{Course, STEPPED},
    desk::{Application, Fate},
    intake::newcomer,
    land::Place,
};

impl Course<'_> {
    /// What waits on the desks today: every kind, open at each of its steps, and sent back.
    pub(super) async fn present(&mut self, day: Day, year: i32) -> Result<(), FillError> {
        let kinds = STEPPED.into_iter().chain([Kind::Arrival, Kind::FromAbroad]);
        let mut planned = Vec::new();
        for kind in kinds {
            let steps = match kind {
                Kind::Transfer => 0,
                Kind::Departure => 2,
                _ => 1,
            };
            for step in 0..steps {
                planned.extend(self.plan(kind, Fate::Open(step), self.scale, day)?);
            }
            planned.extend(self.plan(kind, Fate::Returned, self.scale, day)?);
        }
        // Under one authority a transfer has two steps, else three.
        let last = self.last;
        for (turn, steps) in [(0, 2), (1, 3), (2, 3)] {
            for step in 0..steps {
                let members = self.pick_for_transfer(turn, self.scale);
                let open = members
                    .into_iter()
                    .filter_map(|at| self.application(Kind::Transfer, at, Fate::Open(step), day.min(last)));
                planned.extend(open);
            }
        }
        planned.extend(self.late_newcomers(year)?);
        planned.extend(self.leaving_early(day));
        self.run(day, 2, planned).await?;
        Ok(())
    }

    /// Newcomers who come late: open, sent back, refused, taken back.
    fn late_newcomers(&mut self, year: i32) -> Result<Vec<Application>, FillError> {
        let fates = [Fate::Open(0), Fate::Returned, Fate::Refused, Fate::Withdrawn, Fate::Completed];
        let schools: Vec<Place> = self.places.iter().filter(|place| place.school.kind == "小学").cloned().collect();
        let mut planned = Vec::new();
        for (fate, place) in fates.into_iter().zip(&schools) {
            let Some(class) = place.room(1) else { continue };
            let cohort = u16::try_from(year - 6).map_err(|_| FillError::Date)?;
            let mut rows = Vec::new();
            for row in 0..2 {
                let made = self.people.pupil(place.home(1), cohort)?;
                rows.push(newcomer(row, &made, 1, class, year)?);
            }
            let command = Command::SubmitNewcomers {
                school: place.school.id,
                name: format!("{year}年秋季补报"),
                rows,
                reason: "户口迁入较晚，补报".to_owned(),
            };
            planned.push(Application {
                account: place.registrar(),
                command,
                kind: Kind::Newcomers,
                fate,
                member: None,
            });
        }
        Ok(planned)
    }

    /// Senior pupils who leave before the end.
    fn leaving_early(&mut self, day: Day) -> Vec<Application> {
        let fates = [Fate::Open(0), Fate::Returned, Fate::Refused, Fate::Withdrawn];
        let picked = self.pick(fates.len(), |member, place| {
            member.grade == 11 && member.status == Status::Enrolled && !place.school.is_special()
        });
        let day = day.min(self.last);
        let mut planned = Vec::new();
        for (at, fate) in picked.into_iter().zip(fates) {
            let Some(member) = self.roll.members.get(at) else { continue };
            let Some(place) = self.places.get(member.place) else { continue };
            let achieved = Achievement { years: 1, ..Achievement::default() };
            let candidate = Candidate { pupil: member.id, achieved, ending: Ending::LeftEarly };
            let command = Command::Apply {
                purpose: Purpose::SeniorGraduation(SeniorGraduation { on: day, candidates: vec![candidate] }),
                student_no: None,
                applicant: Some(Unit::School(place.school.id)),
                reason: "自愿中止学业".to_owned(),
                evidence: Vec::new(),
            };
            planned.push(Application {
                account: place.registrar(),
                command,
                kind: Kind::SeniorGraduation,
                fate,
                member: Some(at),
            });
        }
        planned
    }
}
