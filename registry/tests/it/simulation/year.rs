//! A school year: the first of August, the newcomers, the days, the graduation, and the look at everything at its end.

use std::collections::BTreeMap;

use domain::{calendar::Day, movement::Status};
use registry::{
    case::Evidence,
    command::{Answer, Command},
    graduation::{Achievement, Candidate, Ending, FIELDS, SeniorGraduation},
    organisation::School,
    purpose::Purpose,
    unit::Unit,
};

use super::{predict, world::World};

impl World {
    /// The school year that begins in a year, from its first day to the eve of the next.
    pub async fn live_through(&mut self, year: i32) {
        let first = self.policy.school_year_start().in_year(year);
        self.turn(year, first).await;
        let next = self.policy.school_year_start().in_year(year + 1);
        let newcomers =
            if self.is_anhui() { Day::from_ymd(year, 8, 25) } else { Day::from_ymd(year, 9, 5) }.expect("a day");
        self.pass_until(newcomers, year).await;
        self.enrol(year, 60).await;
        self.pass_until(Day::from_ymd(year, 10, 20).expect("a day"), year).await;
        // What comes after 30 September is late, not refused.
        self.enrol(year, 6).await;
        self.pass_until(Day::from_ymd(year + 1, 6, 20).expect("a day"), year).await;
        if self.chance(55) {
            self.merge_or_found().await;
        }
        self.graduate().await;
        self.pass_until(next.plus_days(-6), year).await;
        self.graduate().await;
        self.go_to(next.plus_days(-1));
        self.sweep().await;
        self.check_all().await;
    }

    /// Days go by: sweeps, applications, decisions, housekeeping.
    async fn pass_until(&mut self, end: Day, _year: i32) {
        while self.today() < end {
            let days = if self.chance(4) { 25 + self.below(20) } else { 6 + self.below(20) };
            let next = self.today().plus_days(i32::try_from(days).unwrap_or(1));
            self.go_to(next.min(end));
            if self.chance(70) {
                self.sweep().await;
            }
            if self.chance(85) {
                self.apply_for_something().await;
            }
            for _ in 0..1 + self.below(2) {
                self.work_on_a_case().await;
            }
            match self.below(14) {
                0 => self.keep_house().await,
                1 | 2 => self.keep_a_record().await,
                3 => self.do_a_duty().await,
                _ => {}
            }
        }
    }

    /// Who is in a leaving grade finishes: in the compulsory stage the school records it, at senior school the authority approves.
    async fn graduate(&mut self) {
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        for school in schools {
            let leaving = self.records(|known| {
                known.standing.school == school.id
                    && known.standing.status == Status::Enrolled
                    && predict::leaves(&school, known.standing.grade)
                    && (9 <= known.standing.grade || !predict::teaches(&school, known.standing.grade + 1))
            });
            let (senior, compulsory): (Vec<i64>, Vec<i64>) =
                leaving.into_iter().partition(|id| 9 < self.model.pupils[id].standing.grade);
            if !compulsory.is_empty() && self.chance(85) {
                self.finish(&school, &compulsory).await;
            }
            if !senior.is_empty() && self.chance(85) {
                self.propose(&school, &senior).await;
            }
        }
    }

    async fn finish(&mut self, school: &School, ids: &[i64]) {
        let account = self.someone(Unit::School(school.id));
        let mut pupils: BTreeMap<String, Ending> = BTreeMap::new();
        for id in ids {
            if self.chance(90) {
                let ending = if self.chance(97) { Ending::Graduated } else { Ending::LeftEarly };
                pupils.insert(self.model.pupils[id].student_no.as_str().to_owned(), ending);
            }
        }
        match self.below(16) {
            0 => {
                // Somebody of another grade, or of another school.
                if let Some(other) = self.record(|_| true) {
                    pupils.insert(other.student_no.as_str().to_owned(), Ending::Graduated);
                }
            }
            1 => {
                let again: Vec<String> = pupils.keys().map(|number| number.to_lowercase()).collect();
                pupils.extend(again.into_iter().map(|number| (number, Ending::Graduated)));
            }
            _ => {}
        }
        let on = if self.chance(95) { self.today() } else { self.today().plus_days(1) };
        let _ = self.tell(&account, Command::Finish { school: school.id, on, pupils }).await;
    }

    async fn propose(&mut self, school: &School, ids: &[i64]) {
        let mut candidates: Vec<Candidate> = Vec::new();
        for id in ids {
            let (ending, enough) = match self.below(10) {
                0 => (Ending::Completed, false),
                1 => (Ending::Graduated, false),
                _ => (Ending::Graduated, true),
            };
            candidates.push(Candidate { pupil: *id, achieved: achieved(enough), ending });
        }
        match self.below(14) {
            0 => candidates.extend(candidates.first().cloned()),
            1 => {
                if let Some(other) = self.record(|known| known.standing.status == Status::Enrolled) {
                    candidates.push(Candidate { pupil: other.id, achieved: achieved(true), ending: Ending::Graduated });
                }
            }
            _ => {}
        }
        let unit = Unit::School(school.id);
        let account = self.someone(unit);
        let command = Command::Apply {
            purpose: Purpose::SeniorGraduation(SeniorGraduation { on: self.today(), candidates }),
            student_no: None,
            applicant: Some(unit),
            reason: "毕业".to_owned(),
            evidence: Vec::<Evidence>::new(),
        };
        let _ = self.tell(&account, command).await;
    }

    /// The first of August, some days late now and then: refused before, planned, run, refused again, sometimes undone and run anew.
    async fn turn(&mut self, year: i32, first: Day) {
        let provincial = self.provincial();
        if self.today() < first {
            // INV: PR-4
            let early = self.tell(&provincial, Command::Promote { year }).await;
            self.must(early.is_err(), || "the year turned before its first day".to_owned());
        }
        let late = if self.chance(70) { 0 } else { self.below(5) };
        self.go_to(first.plus_days(i32::try_from(late).unwrap_or(0)));
        if self.chance(15) {
            let account = self.anybody();
            if self.model.officers.get(&account).is_none_or(|officer| officer.account != provincial) {
                let _ = self.tell(&account, Command::Promote { year }).await;
                return self.after_the_turn(year, first).await;
            }
        }
        self.promote(year, first).await;
        self.after_the_turn(year, first).await;
    }

    async fn after_the_turn(&mut self, year: i32, first: Day) {
        let provincial = self.provincial();
        // INV: PR-1: whatever is repeated.
        let again = self.tell(&provincial, Command::Promote { year }).await;
        if again.is_ok() {
            // Nobody had the right before.
            return;
        }
        if self.chance(35) {
            if self.chance(30) {
                self.keep_a_record().await;
            }
            let reason = if self.chance(85) { "多校未办毕业" } else { "" }.to_owned();
            let undone = self.tell(&provincial, Command::UndoPromotion { year, reason }).await;
            if undone.is_ok() {
                self.tally.saw("undone");
                let missing = self.tell(&provincial, Command::UndoPromotion { year, reason: "再撤".to_owned() }).await;
                self.must(missing.is_err(), || "a promotion was undone twice".to_owned());
                self.promote(year, first).await;
            }
        }
    }

    /// The run does what the plan said, record by record as predicted (INV: PR-1, PR-3, PR-5).
    async fn promote(&mut self, year: i32, first: Day) {
        let plan = match self.office.plan_promotion(year).await {
            Ok(plan) => plan,
            Err(error) => self.fail(&format!("no plan: {error}")),
        };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut after: BTreeMap<i64, u8> = BTreeMap::new();
        for known in self.model.pupils.values().filter(|known| known.standing.status.is_registered()) {
            let (outcome, rises) = predict::turn_of_the_year(&self.model, known, first);
            *counts.entry(outcome.to_owned()).or_default() += 1;
            after.insert(known.id, known.standing.grade + rises);
        }
        self.must(plan.counts == counts, || format!("the plan is {:?}, predicted {counts:?}", plan.counts));
        self.must(!counts.contains_key("error"), || format!("records nobody can place: {:?}", plan.exceptional));
        self.must(plan.records == after.len() as u64, || "the plan leaves records out".to_owned());
        let account = if self.chance(70) { "system".to_owned() } else { self.provincial() };
        let answer: Result<Answer, _> = self.tell(&account, Command::Promote { year }).await;
        match answer {
            Ok(answer) => {
                self.must(answer.counts == counts, || {
                    format!("the run made {:?} of the plan {counts:?}", answer.counts)
                });
                let risen = after.iter().all(|(id, grade)| self.model.pupils[id].standing.grade == *grade);
                self.must(risen, || "a record is not in the grade that was predicted".to_owned());
                self.tally.saw("promoted");
            }
            Err(refusal) if refusal.code == "promotion.hold" => {
                let provincial = self.provincial();
                let _ = self.tell(&provincial, Command::ReleaseDefaults { reason: "升级前核对".to_owned() }).await;
            }
            Err(refusal) => self.fail(&format!("the year does not turn: {refusal:?}")),
        }
    }
}

fn achieved(enough: bool) -> Achievement {
    let fields: BTreeMap<String, u32> = FIELDS.iter().map(|field| ((*field).to_owned(), 60)).collect();
    Achievement {
        credits: if enough { 1_440 } else { 1_435 },
        required: 1_160,
        elective_ii: 60,
        by_year_and_field: (1..=3).map(|year| (year, fields.clone())).collect(),
        tests_passed: enough,
        evaluation_satisfactory: true,
        years: 3,
    }
}
