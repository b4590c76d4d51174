//! July and August of the sample office: the leaving classes finish, certificates, the new school year.

use std::collections::BTreeMap;

use domain::{calendar::Day, movement::Status};
use registry::{
    certificate,
    command::Command,
    graduation::{Achievement, Candidate, Ending, FIELDS, SeniorGraduation},
    office::By,
    purpose::{Kind, Purpose},
    unit::Unit,
};

use super::{
    FillError,
    desk::{Application, Desk, Fate},
    intake::{Member, Roll},
    land::Place,
};

impl Roll {
    /// July: the leaving classes finish, all but a few, and some get their certificates.
    pub(super) async fn finish(&mut self, desk: &mut Desk<'_>, places: &[Place], year: i32) -> Result<u64, FillError> {
        let on = Day::from_ymd(year, 7, 3).ok_or(FillError::Date)?;
        desk.go_to(on).await?;
        let mut compulsory: BTreeMap<usize, BTreeMap<String, Ending>> = BTreeMap::new();
        let mut senior: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
        for (at, member) in self.members.iter_mut().enumerate() {
            let Some(place) = places.get(member.place) else { continue };
            let ends = place.school.stage_of(member.grade) != place.school.stage_of(member.grade + 1);
            let leaves = ends && (!place.school.teaches(member.grade + 1) || matches!(member.grade, 9 | 12));
            // One in 300 waits, and is seen on 1 August.
            if !leaves || member.status != Status::Enrolled || at % 300 == 299 {
                continue;
            }
            if member.grade == 12 {
                let ending = if at % 40 == 7 { Ending::Completed } else { Ending::Graduated };
                let candidate =
                    Candidate { pupil: member.id, achieved: achievement(ending == Ending::Graduated), ending };
                senior.entry(member.place).or_default().push(candidate);
                member.status = ending.words().0;
            } else {
                compulsory
                    .entry(member.place)
                    .or_default()
                    .insert(member.number.as_str().to_owned(), Ending::Graduated);
                member.status = Status::Graduated;
            }
        }
        let finishes = compulsory.into_iter().filter_map(|(at, pupils)| {
            let place = places.get(at)?;
            Some((place.registrar(), Command::Finish { school: place.school.id, on, pupils }))
        });
        let finishes: Vec<_> = finishes.collect();
        desk.many(finishes).await?;
        let proposals = senior.into_iter().filter_map(|(at, candidates)| {
            let place = places.get(at)?;
            let command = Command::Apply {
                purpose: Purpose::SeniorGraduation(SeniorGraduation { on, candidates }),
                student_no: None,
                applicant: Some(Unit::School(place.school.id)),
                reason: format!("{year}届毕业"),
                evidence: Vec::new(),
            };
            Some(Application {
                account: place.registrar(),
                command,
                kind: Kind::SeniorGraduation,
                fate: Fate::Approved,
                member: None,
            })
        });
        desk.run(on.plus_days(1), 6, proposals.collect()).await?;
        self.certify(desk, places, on.plus_days(11)).await
    }

    async fn certify(&self, desk: &mut Desk<'_>, places: &[Place], day: Day) -> Result<u64, FillError> {
        desk.go_to(day).await?;
        let finished = |member: &&Member| matches!(member.status, Status::Graduated | Status::Completed);
        let certified: Vec<&Member> = self.members.iter().filter(finished).step_by(9).collect();
        let command = |member: &Member, kind: certificate::Kind| {
            let place = places.get(member.place)?;
            Some((place.registrar(), Command::Certify { student_no: member.number, kind, number: None }))
        };
        let issued: Vec<_> =
            certified.iter().filter_map(|member| command(member, certificate::Kind::Certificate)).collect();
        let lost = certified.iter().filter(|member| member.status == Status::Graduated);
        let lost: Vec<_> =
            lost.step_by(40).filter_map(|member| command(member, certificate::Kind::Replacement)).collect();
        let count = issued.len() + lost.len();
        desk.many(issued).await?;
        desk.go_to(day.plus_days(7)).await?;
        desk.many(lost).await?;
        Ok(count as u64)
    }

    /// 1 August: the province moves to the new year, and what the sample knows of everybody with it.
    pub(super) async fn promote(
        &mut self,
        desk: &mut Desk<'_>,
        places: &mut [Place],
        first: Day,
    ) -> Result<BTreeMap<String, u64>, FillError> {
        desk.go_to(first).await?;
        let answer = desk.act(By::System, Command::Promote { year: first.year() }).await?;
        for member in &mut self.members {
            let Some(place) = places.get(member.place) else { continue };
            let rises = match member.status {
                Status::Enrolled => place.school.teaches(member.grade + 1) && !matches!(member.grade, 9 | 12),
                Status::DroppedOut => member.grade < 9,
                _ => false,
            };
            member.grade += u8::from(rises);
            if member.status == Status::DroppedOut && !rises {
                member.status = Status::LeftEarly;
            }
        }
        for place in places.iter_mut() {
            let school = place.school.clone();
            for (_, grade, used) in &mut place.rooms {
                if school.teaches(*grade + 1) && !matches!(*grade, 9 | 12) {
                    *grade += 1;
                } else {
                    *used = false;
                }
            }
        }
        Ok(answer.counts)
    }
}

/// Three full years, or all but the academic tests.
fn achievement(passes: bool) -> Achievement {
    let fields: BTreeMap<String, u32> = FIELDS.iter().map(|field| ((*field).to_owned(), 65)).collect();
    Achievement {
        credits: 1560,
        required: 1240,
        elective_ii: 80,
        by_year_and_field: (1..=3).map(|year| (year, fields.clone())).collect(),
        tests_passed: passes,
        evaluation_satisfactory: true,
        years: 3,
    }
}
