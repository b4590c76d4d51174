//! Applications of every kind, mostly as the measures want them.

use domain::{calendar::Day, identity::StudentNo, movement::Status};
use registry::{
    case::{Evidence, State},
    command::Command,
    crossing::{Abroad, Arrival, Departure, FromAbroad},
    death::Death,
    dropout::{Dropout, Return},
    grade_change::GradeChange,
    inclusion::Inclusion,
    organisation::School,
    pupil::Mode,
    purpose::{Kind, Purpose},
    resumption::Resumption,
    reversal::Reversal,
    suspension::{Extension, Suspension},
    transfer::{Ground, Transfer},
    unit::Unit,
    withdrawal::{self, Truancy, Withdrawal},
};

use super::{model::Known, predict, world::World};

impl World {
    /// One application, more often of the kinds that are frequent.
    pub async fn apply_for_something(&mut self) {
        match self.below(100) {
            0..24 => self.transfer().await,
            24..29 => self.inclusion().await,
            29..39 => self.suspension().await,
            39..43 => self.extension().await,
            43..51 => self.resumption().await,
            51..57 => self.dropout().await,
            57..62 => self.come_back().await,
            62..68 => self.withdrawal().await,
            68..71 => self.death().await,
            71..80 => self.key_change().await,
            80..84 => self.grade_change().await,
            84..87 => self.departure().await,
            87..90 => self.abroad().await,
            90..93 => self.comes_from_abroad().await,
            93..97 => self.arrival().await,
            _ => self.reversal().await,
        }
    }

    async fn apply(&mut self, applicant: Unit, purpose: Purpose, of: Option<StudentNo>, evidence: &[&str]) {
        let kept = self.chance(93);
        let piece = |kind: &&str| Evidence { kind: (*kind).to_owned(), title: String::new(), digest: None };
        let evidence: Vec<Evidence> = evidence.iter().filter(|_| kept).map(piece).collect();
        let reason = if self.chance(95) { "家长申请" } else { "" }.to_owned();
        let account = self.someone(applicant);
        let named = self.chance(70);
        let own = self.model.officers.get(&account).is_some_and(|officer| officer.unit == applicant);
        // What is complete with its entry leaves nothing pending.
        let at_once = purpose.kind() == Kind::Inclusion;
        let applicant_named = (named || !own).then_some(applicant);
        let command = Command::Apply { purpose, student_no: of, applicant: applicant_named, reason, evidence };
        match self.below(20) {
            // INV: TR-2
            0 => {
                let other = self.clerk_but(applicant, &account).unwrap_or_else(|| account.clone());
                let [one, second] = self.tell_both((&account, command.clone()), (&other, command)).await;
                let once = of.is_none() || one.is_err() || second.is_err() || at_once;
                self.must(once, || "two applied at once and both got a case".to_owned());
            }
            1 => {
                let key = format!("apply-{}", self.fresh());
                let first = self.tell_under(&account, command.clone(), Some(key.clone())).await;
                let again = self.tell_under(&account, command, Some(key)).await;
                self.must(first.is_err() || first == again, || format!("the same key: {again:?}, before {first:?}"));
            }
            _ => drop(self.tell(&account, command).await),
        }
    }

    fn class_at(&mut self, school: &School, grade: u8) -> String {
        let classes = self.model.classes_of(school.id, grade);
        self.pick(&classes).unwrap_or_else(|| "9".to_owned())
    }

    fn enrolled(&mut self) -> Option<Known> {
        let any = self.chance(5);
        self.record(|known| any || known.standing.status == Status::Enrolled)
    }

    fn of_status(&mut self, status: Status) -> Option<Known> {
        self.record(|known| known.standing.status == status)
    }

    fn lately(&mut self) -> Day {
        let back = i32::try_from(self.below(12)).unwrap_or(0);
        let day = self.today().plus_days(-back);
        if self.chance(95) { day } else { self.today().plus_days(2) }
    }

    async fn transfer(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        let grade = known.standing.grade;
        let fitting: Vec<School> = schools
            .iter()
            .filter(|school| predict::teaches(school, grade) && school.id != known.standing.school)
            .filter(|school| !self.model.classes_of(school.id, grade).is_empty())
            .cloned()
            .collect();
        let Some(school) = (if self.chance(92) { self.pick(&fitting) } else { self.pick(&schools) }) else { return };
        let grounds =
            [Ground::HouseholdMoved, Ground::WorkMoved, Ground::MigrantChild, Ground::ReturnHome, Ground::Other];
        let ground = self.pick(&grounds).expect("a ground");
        let class = self.class_at(&school, grade);
        let mid_term_reason = if self.chance(75) { "监护人工作调动".to_owned() } else { String::new() };
        let purpose = Purpose::Transfer(Transfer { class, ground, mid_term_reason });
        let evidence: &[&str] = if self.chance(75) { &["household_register"] } else { &["other_certificate"] };
        self.apply(Unit::School(school.id), purpose, Some(known.student_no), evidence).await;
    }

    async fn inclusion(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let disabled = !known.basic.disability.is_empty();
        let schools: Vec<School> = self
            .model
            .open_schools()
            .filter(|school| !disabled || school.is_reform() || school.is_special())
            .filter(|school| predict::teaches(school, known.standing.grade) && school.id != known.standing.school)
            .cloned()
            .collect();
        let special: Vec<School> =
            schools.iter().filter(|school| school.is_reform() || school.is_special()).cloned().collect();
        let Some(school) = (if self.chance(85) { self.pick(&special) } else { self.pick(&schools) }) else { return };
        let class = self.class_at(&school, known.standing.grade);
        let purpose = Purpose::Inclusion(Inclusion { record_moves: self.chance(50), class, agreed: self.chance(92) });
        self.apply(Unit::School(school.id), purpose, Some(known.student_no), &[]).await;
    }

    fn own(&self, known: &Known) -> Unit {
        self.model.keeper(known.standing.school)
    }

    async fn suspension(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let leaving_grade_reason = if self.chance(30) { "手术".to_owned() } else { String::new() };
        let purpose =
            Purpose::Suspension(Suspension { from: self.lately(), ordered: self.chance(20), leaving_grade_reason });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["hospital_certificate"]).await;
    }

    async fn extension(&mut self) {
        let Some(known) = self.of_status(Status::Suspended) else { return };
        let from = known.suspended_on.map_or(self.today(), |on| on.plus_months(12));
        let from = if self.chance(90) { from } else { known.effective_on.plus_days(-40) };
        let purpose = Purpose::Extension(Extension { from });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["other_certificate"]).await;
    }

    fn grade_near(&mut self, known: &Known) -> (u8, String) {
        let by = match self.below(10) {
            0 => 2,
            1 => -1,
            2 | 3 => 1,
            _ => 0,
        };
        let grade = known.standing.grade.saturating_add_signed(by).clamp(1, 12);
        let classes = self.model.classes_of(known.standing.school, grade);
        (grade, self.pick(&classes).unwrap_or_default())
    }

    async fn resumption(&mut self) {
        let Some(known) = self.of_status(Status::Suspended) else { return };
        let (grade, class) = self.grade_near(&known);
        let purpose = Purpose::Resumption(Resumption { from: self.lately(), grade, class });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["fit_to_study"]).await;
    }

    async fn dropout(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let township = if self.chance(92) { "某镇人民政府".to_owned() } else { String::new() };
        let purpose = Purpose::Dropout(Dropout { since: self.lately(), township, efforts: String::new() });
        self.apply(self.own(&known), purpose, Some(known.student_no), &[]).await;
    }

    async fn come_back(&mut self) {
        let Some(known) = self.of_status(Status::DroppedOut) else { return };
        let (grade, class) = self.grade_near(&known);
        let purpose = Purpose::Return(Return { from: self.lately(), grade, class });
        self.apply(self.own(&known), purpose, Some(known.student_no), &[]).await;
    }

    async fn withdrawal(&mut self) {
        use withdrawal::Ground as G;
        let senior = self.chance(75);
        let Some(known) =
            self.record(|known| known.standing.status.is_registered() && (9 < known.standing.grade) == senior)
        else {
            return;
        };
        let suspended = known.standing.status == Status::Suspended;
        let grounds: &[G] = match (senior, suspended) {
            (false, _) => &[G::SettlingAbroad, G::Truancy],
            (true, true) => &[G::SuspensionExpired, G::Illness],
            (true, false) => &[G::SettlingAbroad, G::Truancy, G::Custody, G::Illness],
        };
        let ground = self.pick(grounds).expect("a ground");
        let truancy =
            Truancy { days_on_end: 18 + self.below(6), days_in_term: 46 + self.below(8), contacts: self.below(4) };
        let purpose = Purpose::Withdrawal(Withdrawal { ground, from: self.lately(), truancy });
        let evidence = ["passport", "household_register", "judicial_document", "hospital_certificate"];
        self.apply(self.own(&known), purpose, Some(known.student_no), &evidence).await;
    }

    async fn death(&mut self) {
        let with_case: Vec<i64> = self.model.pending().filter_map(|case| case.pupil).collect();
        let open = self.chance(60);
        let Some(known) =
            self.record(|known| known.standing.status.is_registered() && (!open || with_case.contains(&known.id)))
        else {
            return;
        };
        let on = self.lately();
        let purpose =
            Purpose::Death(Death { on, known_on: on.plus_days(i32::try_from(self.below(4)).unwrap_or(0) - 1) });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["death_certificate"]).await;
    }

    async fn grade_change(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let (grade, class) = self.grade_near(&known);
        let purpose = Purpose::GradeChange(GradeChange { grade, class });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["guardian_request"]).await;
    }

    async fn departure(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let Some(authority) = self.model.authority_of(known.standing.school) else { return };
        let request = if self.chance(90) { "苏2025-17".to_owned() } else { String::new() };
        let purpose = Purpose::Departure(Departure { to: "江苏省某校".to_owned(), request });
        let applicant = if self.chance(90) { Unit::Authority(authority) } else { self.own(&known) };
        self.apply(applicant, purpose, Some(known.student_no), &[]).await;
    }

    async fn abroad(&mut self) {
        let Some(known) = self.enrolled() else { return };
        let to = if self.chance(92) { "新加坡".to_owned() } else { String::new() };
        let purpose = Purpose::Abroad(Abroad { to, on: self.lately() });
        self.apply(self.own(&known), purpose, Some(known.student_no), &["passport"]).await;
    }

    fn a_place(&mut self) -> Option<(School, u8, String)> {
        let schools: Vec<School> = self.model.open_schools().filter(|school| !school.is_reform()).cloned().collect();
        let school = self.pick(&schools)?;
        let (first, last) = predict::grades(&school);
        let grades: Vec<u8> =
            (first..=last).filter(|grade| !self.model.classes_of(school.id, *grade).is_empty()).collect();
        let grade = self.pick(&grades)?;
        let class = self.class_at(&school, grade);
        Some((school, grade, class))
    }

    fn school_year(&self) -> i32 {
        domain::calendar::SchoolYear::of(self.today(), self.policy.school_year_start()).start_year()
    }

    async fn arrival(&mut self) {
        let Some((school, grade, class)) = self.a_place() else { return };
        let key = self.child(grade, self.school_year());
        let known = self.record(|_| true).filter(|_| self.chance(15));
        let (key, number) = match known {
            Some(known) => (known.key, known.student_no),
            None => {
                let text = format!("G{}", key.id_no.clone().unwrap_or_default());
                (key, super::check::number(&text))
            }
        };
        let from = if self.chance(93) { "江苏省某校".to_owned() } else { String::new() };
        let purpose = Purpose::Arrival(Arrival { student_no: number, key, basic: self.basic(), from, grade, class });
        self.apply(Unit::School(school.id), purpose, None, &["province_record"]).await;
    }

    async fn comes_from_abroad(&mut self) {
        let Some((school, grade, class)) = self.a_place() else { return };
        let gone = self.record(|known| !known.standing.status.is_registered() && known.standing.grade <= grade);
        let key = match gone.filter(|_| self.chance(60)) {
            Some(known) => known.key,
            None => self.child(grade, self.school_year()),
        };
        let free = self.number_set_free().filter(|_| self.chance(30));
        let key = free.and_then(|number| self.holder_of(number)).unwrap_or(key);
        let from = if self.chance(93) { "新加坡".to_owned() } else { String::new() };
        let purpose = Purpose::FromAbroad(FromAbroad { key, basic: self.basic(), from, grade, class });
        self.apply(Unit::School(school.id), purpose, None, &["passport"]).await;
    }

    /// A transfer that silence approved is taken back.
    pub async fn reversal(&mut self) {
        let silent: Vec<(i64, i64, Day, Unit)> = self
            .model
            .cases
            .values()
            .rev()
            .filter(|case| case.purpose.kind() == Kind::Transfer && case.state == State::Approved)
            .filter_map(|case| {
                let step =
                    case.steps.iter().find(|step| step.decision.as_ref().is_some_and(|d| d.mode == Mode::Silence))?;
                let sending = case.steps.iter().find(|step| step.party.is_sending())?;
                Some((case.id, case.pupil?, step.decision.as_ref()?.on, sending.unit))
            })
            .take(3)
            .collect();
        let Some((case, pupil, defaulted_on, sending)) = self.pick(&silent) else { return };
        let known = self.model.pupils[&pupil].clone();
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        let Some(Unit::School(mut school)) = sending.school().map(|school| self.model.keeper(school)) else { return };
        if self.chance(6) {
            school = self.pick(&schools).map_or(school, |school| school.id);
        }
        let class = self.model.classes_of(school, known.standing.grade).pop().unwrap_or_default();
        let (Some(receiving), Some(old)) =
            (self.model.authority_of(known.standing.school), self.model.authority_of(school))
        else {
            return;
        };
        let applicant = Unit::Authority(if self.chance(50) { receiving } else { old });
        let purpose = Purpose::Reversal(Reversal { case, defaulted_on, school, class });
        self.apply(applicant, purpose, Some(known.student_no), &[]).await;
    }
}
