//! One application of each kind: who enters it, of whom, with what evidence, and what the sample knows once it is approved.

use domain::{calendar::Day, identity::Sex, movement::Status};
use registry::{
    case::Evidence,
    command::Command,
    crossing::{Abroad, Arrival, Departure, FromAbroad},
    death::Death,
    dropout::{Dropout, Return},
    grade_change::GradeChange,
    inclusion::Inclusion,
    key_change::KeyChange,
    pupil::Holder,
    purpose::{Kind, Purpose},
    resumption::Resumption,
    suspension::{Extension, Suspension},
    transfer::{Ground, Transfer},
    unit::Unit,
    withdrawal::{self, Truancy, Withdrawal},
};

use super::{
    FillError,
    course::Course,
    desk::{Application, Fate, registrar},
    intake::Member,
    land::Place,
};
use crate::words::{OUTSIDE, REASONS};

fn evidence(kinds: &[(&str, &str)]) -> Vec<Evidence> {
    let piece =
        |(kind, title): &(&str, &str)| Evidence { kind: (*kind).to_owned(), title: (*title).to_owned(), digest: None };
    kinds.iter().map(piece).collect()
}

/// What is applied for, by whom, why, on what proof.
struct Asked {
    account: String,
    applicant: Unit,
    purpose: Purpose,
    reason: String,
    evidence: Vec<Evidence>,
}

/// Whether an application of a kind can be about a pupil.
pub(super) fn fits(kind: Kind, member: &Member, place: &Place) -> bool {
    // No leaving grade before or after the summer, and a school like others.
    let settled = matches!(member.grade, 2..=5 | 7 | 8 | 10 | 11) && place.school.teaches(member.grade + 1);
    let enrolled = member.status == Status::Enrolled && settled;
    let ordinary = !place.school.is_special() && !place.school.is_reform() && !place.school.is_vocational();
    let compulsory = member.grade < 9;
    match kind {
        Kind::Extension | Kind::Resumption => member.status == Status::Suspended,
        Kind::Return => member.status == Status::DroppedOut && compulsory,
        Kind::Inclusion => enrolled && place.school.is_special() && compulsory,
        Kind::Transfer | Kind::Dropout => enrolled && ordinary && compulsory,
        Kind::GradeChange => enrolled && ordinary && matches!(member.grade, 3..=5 | 8 | 11),
        Kind::Withdrawal => enrolled && ordinary && member.grade != 7 && member.grade != 8,
        _ => enrolled && ordinary,
    }
}

impl Course<'_> {
    /// An application about a pupil, entered on a day.
    pub(super) fn application(&self, kind: Kind, at: usize, fate: Fate, day: Day) -> Option<Application> {
        let member = self.roll.members.get(at)?;
        let asked = self.asked(kind, at, member, day)?;
        let command = Command::Apply {
            purpose: asked.purpose,
            student_no: Some(member.number),
            applicant: Some(asked.applicant),
            reason: asked.reason,
            evidence: asked.evidence,
        };
        Some(Application { account: asked.account, command, kind, fate, member: Some(at) })
    }

    fn asked(&self, kind: Kind, at: usize, member: &Member, day: Day) -> Option<Asked> {
        let place = self.places.get(member.place)?;
        let own = |purpose: Purpose, reason: &str, proof: &[(&str, &str)]| Asked {
            account: place.registrar(),
            applicant: Unit::School(place.school.id),
            purpose,
            reason: reason.to_owned(),
            evidence: evidence(proof),
        };
        let hospital = ("hospital_certificate", "县人民医院诊断证明");
        Some(match kind {
            Kind::Transfer => {
                let target = self.places.get(self.target(at, member)?)?;
                let transfer = Transfer {
                    class: target.room(member.grade)?.to_owned(),
                    ground: if at.is_multiple_of(3) { Ground::WorkMoved } else { Ground::HouseholdMoved },
                    mid_term_reason: "监护人工作调动，全家已迁居，确需期中转学".to_owned(),
                };
                Asked {
                    account: target.registrar(),
                    applicant: Unit::School(target.school.id),
                    purpose: Purpose::Transfer(transfer),
                    reason: REASONS.get(at % 2).copied().unwrap_or("其他").to_owned(),
                    evidence: evidence(&[("household_register", "居民户口簿"), ("work_certificate", "工作调动证明")]),
                }
            }
            Kind::Departure => {
                let to = OUTSIDE.get(at % OUTSIDE.len()).copied().unwrap_or("河南省");
                let departure = Departure { to: format!("{to}某小学"), request: format!("KS{:08}", at) };
                Asked {
                    account: registrar(&place.school.authority),
                    applicant: Unit::Authority(place.school.authority),
                    purpose: Purpose::Departure(departure),
                    reason: "随父母迁居".to_owned(),
                    evidence: Vec::new(),
                }
            }
            Kind::Abroad => own(
                Purpose::Abroad(Abroad { to: "加拿大".to_owned(), on: day }),
                "随父母出境",
                &[("passport", "护照复印件"), ("visa", "签证复印件")],
            ),
            Kind::Inclusion => {
                let target = self.places.iter().find(|other| {
                    other.school.authority.prefecture() == place.school.authority.prefecture()
                        && !other.school.is_special()
                        && other.room(member.grade).is_some()
                })?;
                let inclusion = Inclusion {
                    record_moves: at.is_multiple_of(2),
                    class: target.room(member.grade)?.to_owned(),
                    agreed: true,
                };
                Asked {
                    account: target.registrar(),
                    applicant: Unit::School(target.school.id),
                    purpose: Purpose::Inclusion(inclusion),
                    reason: "经评估适合随班就读".to_owned(),
                    evidence: Vec::new(),
                }
            }
            Kind::Suspension => own(
                Purpose::Suspension(Suspension {
                    from: day,
                    ordered: at % 7 == 3,
                    leaving_grade_reason: String::new(),
                }),
                "因病须长期休养",
                &[hospital],
            ),
            Kind::Extension => own(Purpose::Extension(Extension { from: day }), "病情未愈，须继续休养", &[hospital]),
            Kind::Resumption => {
                let (class, grade) = self.goes_on(member, place)?;
                own(
                    Purpose::Resumption(Resumption { from: day, grade, class }),
                    "病愈复学",
                    &[("fit_to_study", "县人民医院康复证明")],
                )
            }
            Kind::Dropout => own(
                Purpose::Dropout(Dropout {
                    since: day.plus_days(-3),
                    township: format!("{}城关镇人民政府", crate::words::PLACES.get(usize::from(place.county))?.name),
                    efforts: "班主任两次家访，家中无人".to_owned(),
                }),
                if member.basic.migrant == Some(true) {
                    "随家人返乡后未返校"
                } else {
                    "厌学，经劝返未返校"
                },
                &[],
            ),
            Kind::Return => {
                let (class, grade) = self.goes_on(member, place)?;
                own(Purpose::Return(Return { from: day, grade, class }), "劝返成功", &[])
            }
            Kind::Withdrawal if 10 <= member.grade => own(
                Purpose::Withdrawal(Withdrawal {
                    ground: withdrawal::Ground::Truancy,
                    from: day,
                    truancy: Truancy { days_on_end: 26, days_in_term: 30, contacts: 3 },
                }),
                "长期旷课，经多次联系教育无效",
                &[],
            ),
            Kind::Withdrawal => own(
                Purpose::Withdrawal(Withdrawal {
                    ground: withdrawal::Ground::SettlingAbroad,
                    from: day,
                    truancy: Truancy::default(),
                }),
                "随父母出境定居",
                &[("passport", "护照复印件"), ("household_register", "户口簿复印件")],
            ),
            Kind::Death => own(
                Purpose::Death(Death { on: day.plus_days(-2), known_on: day.plus_days(-1) }),
                "死亡注销",
                &[("death_certificate", "死亡证明")],
            ),
            Kind::KeyChange => own(
                Purpose::KeyChange(key_change(member)?),
                "与户口簿不符，申请更正",
                &[
                    ("household_register_certified", "经核验的户口簿页"),
                    ("household_register", "居民户口簿"),
                    ("police_certificate", "派出所证明"),
                ],
            ),
            Kind::GradeChange => {
                let grade = member.grade - 1;
                let class = place.room(grade)?.to_owned();
                own(
                    Purpose::GradeChange(GradeChange { grade, class }),
                    "因病缺课较多，家长申请留级",
                    &[("guardian_request", "监护人书面申请")],
                )
            }
            _ => return None,
        })
    }

    /// Another ordinary school with a class of the pupil's grade: of the same authority, the same city, or another city, by turns.
    pub(super) fn target(&self, at: usize, member: &Member) -> Option<usize> {
        let own = self.places.get(member.place)?;
        let count = self.places.len();
        let order = (0..count).map(|step| (at * 17 + step) % count);
        let (authority, city) = (own.school.authority, own.school.authority.prefecture());
        let mut fitting = order.filter(|index| {
            let Some(place) = self.places.get(*index) else { return false };
            let ordinary = !place.school.is_special() && !place.school.is_reform() && !place.school.is_vocational();
            let near = match at % 3 {
                0 => place.school.authority == authority,
                1 => place.school.authority != authority && place.school.authority.prefecture() == city,
                _ => place.school.authority.prefecture() != city,
            };
            ordinary
                && near
                && *index != member.place
                && place.room(member.grade).is_some()
                && place.school.parent.is_none()
        });
        fitting.next()
    }

    /// The class in which studies go on: the old one with its grade, else any of the same grade.
    fn goes_on(&self, member: &Member, place: &Place) -> Option<(String, u8)> {
        let old = place
            .rooms
            .iter()
            .find(|(id, grade, used)| *id == member.class && *used && grade.abs_diff(member.grade) <= 1);
        if let Some((id, grade, _)) = old {
            return Some((id.clone(), *grade));
        }
        Some((place.room(member.grade)?.to_owned(), member.grade))
    }

    /// Somebody who comes from outside into a class of a school.
    pub(super) fn comer(
        &mut self,
        kind: Kind,
        turn: usize,
        fate: Fate,
        day: Day,
    ) -> Result<Option<Application>, FillError> {
        let count = self.places.len();
        let chosen = (0..count).map(|step| (turn * 11 + step) % count).find_map(|index| {
            let place = self.places.get(index)?;
            let grade = [3u8, 8, 5, 7][turn % 4];
            let ordinary = !place.school.is_special() && !place.school.is_reform() && place.school.parent.is_none();
            place.room(grade).filter(|_| ordinary).map(|class| (place.clone(), grade, class.to_owned()))
        });
        let Some((place, grade, class)) = chosen else { return Ok(None) };
        let year = if 8 <= day.month() { day.year() } else { day.year() - 1 };
        let cohort = u16::try_from(year - 5 - i32::from(grade)).map_err(|_| FillError::Date)?;
        let (mut key, mut basic) = self.people.stranger(cohort)?;
        let (purpose, proof, reason) = if kind == Kind::Arrival {
            let number = format!("G{}", key.id_no.clone().unwrap_or_default());
            let student_no = domain::identity::StudentNo::read(&number).ok_or(FillError::Date)?;
            let from = "河南省固始县第二小学".to_owned();
            let arrival = Arrival { student_no, key, basic, from, grade, class };
            (Purpose::Arrival(arrival), ("province_record", "外省学籍信息"), "随父母迁居")
        } else {
            key.id_kind = "护照".to_owned();
            key.id_no = Some(format!("E{:08}", 30_000_000 + turn * 7919));
            basic.overseas = "华侨".to_owned();
            let arrival = FromAbroad { key, basic, from: "新加坡".to_owned(), grade, class };
            (Purpose::FromAbroad(arrival), ("passport", "护照复印件"), "随父母回国定居")
        };
        let command = Command::Apply {
            purpose,
            student_no: None,
            applicant: Some(Unit::School(place.school.id)),
            reason: reason.to_owned(),
            evidence: evidence(&[proof]),
        };
        Ok(Some(Application { account: place.registrar(), command, kind, fate, member: None }))
    }

    /// What an approval has made of a pupil.
    pub(super) fn settle(&mut self, one: &Application) {
        let Command::Apply { purpose, applicant, .. } = &one.command else { return };
        if matches!(purpose, Purpose::Arrival(_) | Purpose::FromAbroad(_)) {
            self.roll.entered += 1;
        }
        let back = if let Purpose::Reversal(reversal) = purpose {
            self.places.iter().position(|place| place.school.id == reversal.school)
        } else {
            None
        };
        let there = self.places.iter().position(|place| Some(Unit::School(place.school.id)) == *applicant);
        let Some(member) = one.member.and_then(|at| self.roll.members.get_mut(at)) else { return };
        match purpose {
            Purpose::Transfer(transfer) => {
                member.place = there.unwrap_or(member.place);
                member.class.clone_from(&transfer.class);
            }
            Purpose::Inclusion(inclusion) if inclusion.record_moves => {
                member.place = there.unwrap_or(member.place);
                member.class.clone_from(&inclusion.class);
            }
            Purpose::Reversal(reversal) => {
                member.place = back.unwrap_or(member.place);
                member.class.clone_from(&reversal.class);
            }
            Purpose::Departure(_) | Purpose::Abroad(_) => member.status = Status::TransferredOut,
            Purpose::Suspension(_) => (member.status, member.busy) = (Status::Suspended, false),
            Purpose::Dropout(_) => (member.status, member.busy) = (Status::DroppedOut, false),
            Purpose::Resumption(Resumption { grade, class, .. }) | Purpose::Return(Return { grade, class, .. }) => {
                (member.status, member.grade) = (Status::Enrolled, *grade);
                member.class.clone_from(class);
            }
            Purpose::Withdrawal(_) => member.status = Status::Withdrawn,
            Purpose::Death(_) => member.status = Status::Dead,
            Purpose::GradeChange(change) => {
                member.grade = change.grade;
                member.class.clone_from(&change.class);
            }
            Purpose::KeyChange(change) => {
                if let Some((_, name)) = &change.name {
                    member.key.name.clone_from(name);
                }
                if let Some((_, number)) = &change.id_no {
                    (member.key.id_no, member.key.holder) = (Some(number.clone()), Holder::Own);
                }
            }
            _ => {}
        }
    }
}

/// A character of the name, or of a temporary record the number that is the pupil's own.
fn key_change(member: &Member) -> Option<KeyChange> {
    if member.key.holder == Holder::Guardian {
        let birth = member.key.birth_on;
        let old = member.key.id_no.clone();
        let division: u32 = old.as_deref()?.get(..6)?.parse().ok()?;
        let date =
            crate::person::Date { year: birth.year().unsigned_abs(), month: birth.month(), day: birth.day_of_month() };
        // Beyond the sequences that the sample gives by itself.
        let sequence =
            990 + 2 * u32::try_from(member.id % 4).unwrap_or_default() + u32::from(member.key.sex == Sex::Male);
        let number = crate::person::id_number(division, date, sequence);
        let number = number.iter().map(|digit| char::from(*digit)).collect();
        return Some(KeyChange { id_no: Some((old, number)), ..KeyChange::default() });
    }
    let name = format!("{}安", member.key.name);
    Some(KeyChange { name: Some((member.key.name.clone(), name)), ..KeyChange::default() })
}
