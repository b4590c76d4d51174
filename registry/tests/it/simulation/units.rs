//! Units at work: the province is set up, schools are entered, merged and closed, people come and go, duties are signed.

use domain::{
    calendar::{Day, Month},
    organisation::SchoolId,
};
use registry::{
    actor::Role,
    command::Command,
    duty::{Act, Fault},
    officer::Officer,
    organisation::{Class, Delegation, School, Terms},
    unit::Unit,
};

use super::world::{Told, World};
use crate::support;

impl World {
    /// The first account, the authorities, the schools and their people.
    pub async fn set_up(&mut self) {
        let province = Unit::Authority(support::division(support::PROVINCE));
        let mut authorities = support::authorities().into_iter();
        let first = authorities.next().expect("a province");
        self.done("founder", Command::EnterAuthority { authority: first }).await;
        let administrator = support::officer(&self.provincial(), province, Role::Administrator);
        self.done("founder", Command::EnterOfficer { officer: administrator }).await;
        let provincial = self.provincial();
        for authority in authorities {
            let unit = Unit::Authority(authority.id);
            self.done(&provincial, Command::EnterAuthority { authority }).await;
            for officer in support::staff(unit).into_iter().filter(|officer| officer.role != Role::Auditor) {
                self.done(&provincial, Command::EnterOfficer { officer }).await;
            }
        }
        for officer in support::staff(province).into_iter().filter(|officer| officer.role != Role::Administrator) {
            self.done(&provincial, Command::EnterOfficer { officer }).await;
        }
        for school in support::schools() {
            self.enter_school(school).await;
        }
    }

    /// Tells what must be carried out.
    async fn done(&mut self, account: &str, command: Command) {
        if let Err(refusal) = self.tell(account, command).await {
            self.fail(&format!("refused: {refusal:?}"));
        }
    }

    async fn enter_school(&mut self, school: School) {
        let unit = Unit::School(school.id);
        let provincial = self.provincial();
        let mut staff =
            support::staff(unit).into_iter().filter(|officer| matches!(officer.role, Role::Registrar | Role::Head));
        let account = staff.next().expect("a registrar");
        self.done(&provincial, Command::EnterSchool { school, account }).await;
        for officer in staff {
            self.done(&provincial, Command::EnterOfficer { officer }).await;
        }
    }

    /// What was told of units and accounts, in the model.
    pub fn learn_units(&mut self, told: &[Told]) {
        let today = self.today();
        let model = &mut self.model;
        for one in told.iter().filter(|one| one.answer.is_ok()) {
            match &one.command {
                Command::EnterAuthority { authority } => {
                    drop(model.authorities.insert(authority.id, authority.clone()))
                }
                Command::EnterSchool { school, account } => {
                    model.schools.insert(school.id, school.clone());
                    model.officers.insert(account.account.clone(), account.clone());
                }
                Command::ChangeSchool { school } => {
                    let before = &model.schools[&school.id];
                    let kept = School { closed_on: before.closed_on, successor: before.successor, ..school.clone() };
                    model.schools.insert(school.id, kept);
                }
                Command::MergeSchool { school, into, .. } => {
                    let school = model.schools.get_mut(school).expect("a school");
                    (school.closed_on, school.successor) = (Some(today), Some(Unit::School(*into)));
                }
                Command::CloseSchool { school, records_to, .. } => {
                    let school = model.schools.get_mut(school).expect("a school");
                    (school.closed_on, school.successor) = (Some(today), Some(*records_to));
                }
                Command::EnterOfficer { officer } => {
                    drop(model.officers.insert(officer.account.clone(), officer.clone()))
                }
                Command::TrainOfficer { account, on } => {
                    model.officers.get_mut(account).expect("an account").trained_on = Some(*on);
                }
                Command::DisableOfficer { account, .. } => {
                    model.officers.get_mut(account).expect("an account").disabled_on.get_or_insert(today);
                }
                Command::Delegate { delegation } => model.delegations.push(delegation.clone()),
                _ => {}
            }
        }
    }

    /// A school of a kind is merged into another that teaches its grades, or a new one is entered.
    pub async fn merge_or_found(&mut self) {
        let primaries: Vec<School> =
            self.model.open_schools().filter(|school| school.kind == "小学").cloned().collect();
        if primaries.len() < 4 {
            let county = self.pick(&support::COUNTIES).expect("a county");
            let id = format!("2134{:06}", 100_000 + self.fresh() % 900_000);
            let school = support::school(&id, "小学", county);
            match self.below(8) {
                0 => drop(
                    self.tell(
                        &self.provincial(),
                        Command::EnterSchool {
                            school: School { kind: "幼儿园".to_owned(), ..school.clone() },
                            account: support::officer("k", Unit::School(school.id), Role::Registrar),
                        },
                    )
                    .await,
                ),
                1 => {
                    let city = Unit::Authority(support::division(support::CITIES[0]));
                    let account = support::officer("k", Unit::School(school.id), Role::Registrar);
                    if let Some(administrator) = self.administrator(city) {
                        let _ =
                            self.tell(&administrator, Command::EnterSchool { school: school.clone(), account }).await;
                    }
                }
                _ => {}
            }
            self.enter_school(school).await;
            return;
        }
        let (Some(ends), Some(into)) = (self.pick(&primaries), self.pick(&primaries)) else { return };
        let county = Unit::Authority(ends.authority);
        // Whoever merges two schools is above both of them.
        let right = if self.chance(75) {
            self.provincial()
        } else {
            self.administrator(county).unwrap_or_else(|| self.provincial())
        };
        let account = if self.chance(85) { right } else { self.anybody() };
        let reason = if self.chance(92) { "布局调整" } else { "" };
        let command = if self.chance(85) {
            Command::MergeSchool { school: ends.id, into: into.id, reason: reason.to_owned() }
        } else {
            Command::CloseSchool { school: ends.id, records_to: county, reason: reason.to_owned() }
        };
        if self.tell(&account, command).await.is_ok() {
            self.tally.saw("merged");
        }
    }

    /// Something of units and accounts.
    pub async fn keep_house(&mut self) {
        let authorities: Vec<Unit> = self.model.authorities.keys().map(|id| Unit::Authority(*id)).collect();
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        let (Some(authority), Some(school)) = (self.pick(&authorities), self.pick(&schools)) else { return };
        let today = self.today();
        let provincial = self.provincial();
        let administrator = self.administrator(authority).unwrap_or(provincial.clone());
        let account = if self.chance(85) { administrator } else { self.anybody() };
        let command = match self.below(9) {
            0 => {
                let name = format!("n{}", self.fresh());
                let mut officer = support::officer(&name, Unit::School(school.id), Role::Registrar);
                officer.trained_on = self.chance(30).then_some(today);
                Command::EnterOfficer { officer }
            }
            1 => {
                let untrained: Vec<String> = self
                    .model
                    .officers
                    .values()
                    .filter(|o| o.trained_on.is_none() && o.role == Role::Registrar)
                    .map(|o| o.account.clone())
                    .collect();
                let Some(account) = self.pick(&untrained) else { return };
                let on = if self.chance(85) { today } else { today.plus_days(3) };
                Command::TrainOfficer { account, on }
            }
            2 => {
                // Of a unit's two registrars and one head, one at most is disabled, so that the work goes on.
                let b: Vec<String> =
                    self.model.officers.keys().filter(|account| account.starts_with(['b', 'n'])).cloned().collect();
                let Some(account) = self.pick(&b) else { return };
                Command::DisableOfficer {
                    account,
                    reason: if self.chance(90) { "调离".to_owned() } else { String::new() },
                }
            }
            3 => {
                let (Unit::Authority(from), Some(Unit::Authority(to))) = (authority, self.pick(&authorities)) else {
                    return;
                };
                let document = if self.chance(90) { "委托书" } else { "" }.to_owned();
                let until = today.plus_days(i32::try_from(self.below(90)).unwrap_or(0) - 4);
                Command::Delegate { delegation: Delegation { from, to, document, since: today, until } }
            }
            4 => {
                let Unit::Authority(id) = authority else { return };
                let on = |year: i32, month: u32, day: u32| Day::from_ymd(year, month, day).expect("a day");
                let year = today.year();
                let (late, early) = (on(year + 1, 2, 10 + self.below(15)), on(year, 9, 1 + self.below(5)));
                let ends = if self.chance(92) { on(year + 1, 1, 15) } else { on(year + 1, 3, 1) };
                Command::SetTerms {
                    terms: Terms { authority: id, year, autumn: (early, ends), spring: (late, on(year + 1, 7, 5)) },
                }
            }
            5 => {
                let changed = School { phone: format!("0551{}", self.fresh()), ..school.clone() };
                let changed = match self.below(10) {
                    0 => School { kind: "其他".to_owned(), ..changed },
                    1 => School { name: String::new(), ..changed },
                    _ => changed,
                };
                return drop(self.tell(&account, Command::ChangeSchool { school: changed }).await);
            }
            6 => return self.change_class(&school).await,
            7 => {
                let notice = i64::from(1 + self.below(200));
                let account = self.someone(Unit::School(school.id));
                return drop(self.tell(&account, Command::SettleNotice { notice, note: "已办".to_owned() }).await);
            }
            _ => Command::RecountPeriods {},
        };
        let recounts = matches!(command, Command::RecountPeriods {});
        if let Ok(answer) = self.tell(&account, command).await
            && recounts
        {
            // INV: TR-7: the same calendar moves nothing.
            let moved = answer.counts.get("moved").copied().unwrap_or_default();
            self.must(moved == 0, || format!("{moved} periods have moved though the calendar is the same"));
        }
    }

    async fn change_class(&mut self, school: &School) {
        let own: Vec<(String, (u8, bool))> = self
            .model
            .classes
            .iter()
            .filter(|((of, _), _)| *of == school.id)
            .map(|((_, id), class)| (id.clone(), *class))
            .collect();
        let Some((id, (grade, closed))) = self.pick(&own) else { return };
        let account = self.someone(Unit::School(school.id));
        let founded = Month::of(self.today());
        let class = class(school.id, &id, grade, founded, "李老师");
        let command = match self.below(4) {
            0 => Command::ChangeClass { class: Class { closed: !closed, ..class } },
            1 => Command::EnterClass { class },
            2 => Command::EnterClass {
                class: Class { id: format!("T{}", self.fresh()), teacher: String::new(), ..class },
            },
            _ => Command::ChangeClass { class },
        };
        let _ = self.tell(&account, command).await;
    }

    /// Reports, checks of the term, responsibilities.
    pub async fn do_a_duty(&mut self) {
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        let Some(school) = self.pick(&schools) else { return };
        let unit = Unit::School(school.id);
        let period = format!("{}", self.today().year());
        match self.below(5) {
            0 => self.report_up(unit, &period).await,
            4 => self.give_away(unit).await,
            1 => {
                let account = self.someone(unit);
                let drawn =
                    self.tell(&account, Command::Duty { act: Act::Verify { unit, period, wrong: Vec::new() } }).await;
                let Some(duty) = drawn.ok().and_then(|answer| answer.id?.parse().ok()) else { return };
                let head = if self.chance(80) { support::account(unit, "h") } else { self.anybody() };
                let pledge = self.chance(85);
                let _ = self.tell(&head, Command::Duty { act: Act::Sign { duty, pledge } }).await;
            }
            2 => {
                let above = self.model.ancestors(unit);
                let Some(orders) = self.pick(&above) else { return };
                let account = if self.chance(80) { self.clerk(orders).unwrap_or_default() } else { self.anybody() };
                let fault = self.pick(&Fault::ALL).expect("a fault");
                let evidence = if self.chance(90) { format!("核查{}", self.below(20)) } else { String::new() };
                let act = Act::Order { unit, fault, evidence, correct_by: None };
                let _ = self.tell(&account, Command::Duty { act }).await;
            }
            _ => {
                let duty = i64::from(1 + self.below(30));
                let account = self.anybody();
                let _ = self
                    .tell(&account, Command::Duty { act: Act::Settle { duty, outcome: "已整改".to_owned() } })
                    .await;
            }
        }
    }

    /// Personal data is asked for, and the head of an authority says whether.
    async fn give_away(&mut self, unit: Unit) {
        let account = self.someone(unit);
        let purpose = if self.chance(85) { "统计" } else { "" }.to_owned();
        let act = Act::RequestExport { unit, recipient: "统计局".to_owned(), purpose };
        let asked = self.tell(&account, Command::Duty { act }).await;
        let Some(duty) = asked.ok().and_then(|answer| answer.id?.parse().ok()) else { return };
        let above = self.model.ancestors(unit);
        let Some(approves) = self.pick(&above) else { return };
        let head = support::account(approves, "h");
        let until = self.today().plus_days(i32::try_from(self.below(50)).unwrap_or(0));
        let _ = self.tell(&head, Command::Duty { act: Act::ApproveExport { duty, until } }).await;
    }

    /// A report climbs from the school to the province; a change on the way voids it (INV: SG-1).
    async fn report_up(&mut self, unit: Unit, period: &str) {
        let account = self.someone(unit);
        let act = Act::Report { unit, period: format!("{period}-10") };
        let drawn = self.tell(&account, Command::Duty { act }).await;
        let Some(duty) = drawn.ok().and_then(|answer| answer.id?.parse().ok()) else { return };
        let mut path = self.model.ancestors(unit);
        path.retain(|above| *above == unit || matches!(above, Unit::Authority(_)));
        if self.chance(15) {
            path.reverse();
        }
        for signs in path {
            let pledge = self.chance(93);
            let head = support::account(signs, "h");
            if self.tell(&head, Command::Duty { act: Act::Sign { duty, pledge } }).await.is_err() {
                return;
            }
        }
        self.tally.saw("signed to the province");
    }

    /// A school has a class for those who come.
    pub async fn open_class(&mut self, school: &School, grade: u8, year: i32) {
        let id = format!("{:02}{grade:02}1", year % 100);
        if self.model.classes.contains_key(&(school.id, id.clone())) {
            return;
        }
        let Some(account) = self.clerk(Unit::School(school.id)) else { return };
        let class = class(school.id, &id, grade, Month::of(self.today()), "王老师");
        let _ = self.tell(&account, Command::EnterClass { class }).await;
    }
}

fn class(school: SchoolId, id: &str, grade: u8, founded: Month, teacher: &str) -> Class {
    Class {
        school,
        id: id.to_owned(),
        name: format!("{grade}年级{id}班"),
        grade,
        founded,
        years: None,
        kind: "普通班".to_owned(),
        teacher: teacher.to_owned(),
        honour: String::new(),
        closed: false,
    }
}

/// An officer who may act today, as the office sees it.
pub fn on_duty(officer: &Officer, today: Day) -> bool {
    officer.disabled_on.is_none()
        && (officer.role != Role::Registrar || officer.trained_on.is_some_and(|on| on <= today))
}
