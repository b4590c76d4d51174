//! Papers of a case: the dropout letter, the transfer form, the notices of a suspension and of a resumption.

use domain::{calendar::Day, movement::MovementKind, organisation::SchoolId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Found, Reading, evidence::titles, missing, on_record};
use crate::{
    case::{Case, Decision, Party, State, Verdict},
    office::OfficeError,
    pupil::{BasicFacts, KeyFacts, Mode, Pupil},
    purpose::Purpose,
    refusal::Refusal,
    store::{
        StoreError, read,
        table::{changes, seals},
    },
    suspension::last_day,
    unit::Unit,
};

/// One side of a transfer, as the form shows it.
struct Side {
    school: String,
    id: Option<SchoolId>,
    grade: u8,
    class: Option<String>,
}

impl Reading<'_> {
    /// The case that was asked for, if the reader may see it.
    async fn wanted_case(&self) -> Result<Case, OfficeError> {
        let id = self.wanted.case.ok_or_else(|| missing("业务（--case）", "the case"))?;
        let case = read::case(self.look, id).await?.ok_or_else(Refusal::out_of_scope)?;
        self.scope.case(&case, self.today)?;
        Ok(case)
    }

    fn of_another_kind(case: &Case, wanted: &str) -> OfficeError {
        let kind = case.purpose.kind();
        Refusal::invalid(
            "paper.case",
            &format!("业务 {} 是{}，不能出具该文书（须为{wanted}）", case.number(), kind.label()),
            &format!("case {} is of the kind `{}`, of which there is no such paper", case.number(), kind.name()),
        )
        .into()
    }

    /// Refuses the paper of a case that came to nothing, or that is not decided yet where the paper tells of a decision.
    fn in_state(case: &Case, wanted: &[State]) -> Result<(), Refusal> {
        if wanted.contains(&case.state) {
            return Ok(());
        }
        let labels: Vec<&str> = wanted.iter().map(|state| state.label()).collect();
        Err(Refusal::barred(
            "paper.state",
            "本系统约定",
            &format!("业务 {} 当前为{}，该文书只在{}时出具", case.number(), case.state.label(), labels.join("、")),
            &format!("case {} is {}; the paper is of a case that is {}", case.number(), case.state.name(), {
                let names: Vec<&str> = wanted.iter().map(|state| state.name()).collect();
                names.join(" or ")
            }),
        ))
    }

    async fn pupil_of(&self, case: &Case) -> Result<Pupil, OfficeError> {
        let id = match case.pupil {
            Some(id) => Some(id),
            None => self.movement_of(case.id).await?.map(|row| row.pupil_id),
        };
        let pupil = match id {
            Some(id) => read::pupil(self.look, id).await?,
            None => None,
        };
        Ok(pupil.ok_or_else(|| {
            missing("学生的学籍（尚未办结）", "the pupil's record, which is not there before the case is done")
        })?)
    }

    pub(super) async fn dropout_letter(&self) -> Found {
        let case = self.wanted_case().await?;
        let Purpose::Dropout(dropout) = &case.purpose else { return Err(Self::of_another_kind(&case, "辍学")) };
        Self::in_state(&case, &[State::Open, State::Approved])?;
        let pupil = self.pupil_of(&case).await?;
        let (school, class, grade) = self.place_before(&pupil, case.id).await?;
        let contact = self.contact(Unit::School(school))?;
        let county = self.tree.school(school).and_then(|place| place.division.or(Some(place.authority)));
        let authority = self.authority_name(school)?;
        let efforts = dropout.efforts.trim();
        let visits: Vec<Value> = (!efforts.is_empty())
            .then(|| json!({"on": case.opened_on, "by": self.name_of(&case.entered_by), "how": "学校劝返", "result": efforts}))
            .into_iter()
            .collect();
        let facts = json!({
            "number": case.number(),
            "measure": self.measure(&case.policy),
            "township": dropout.township,
            "county_authority": county.map_or_else(|| authority.to_owned(), |county| self.county_name(county)),
            "registration_authority": authority,
            "school": self.tree.name(Unit::School(school)),
            "pupils": [{
                "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), false),
                "grade": grade,
                "class": self.class_name(school, &class).await?,
                "guardian": Self::guardian(&pupil.basic)?,
                "address": on_record(&pupil.basic.address, "现住址", "the address")?,
                "left_on": dropout.since,
                "reason": case.reason,
                "visits": visits,
            }],
            "contact": contact,
            "issued_on": self.wanted.issued_on,
        });
        Ok((vec![facts], format!("case:{}", case.id)))
    }

    pub(super) async fn suspension_notice(&self) -> Found {
        let case = self.wanted_case().await?;
        let (from, ordered, extension) = match &case.purpose {
            Purpose::Suspension(suspension) => (suspension.from, suspension.ordered, false),
            Purpose::Extension(extension) => (extension.from, false, true),
            _ => return Err(Self::of_another_kind(&case, "休学或延长休学")),
        };
        Self::in_state(&case, &[State::Approved])?;
        let pupil = self.pupil_of(&case).await?;
        let (school, class, grade) = self.place_before(&pupil, case.id).await?;
        let facts = json!({
            "number": case.number(),
            "measure": self.measure(&case.policy),
            "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), false),
            "grade": grade,
            "class": self.class_name(school, &class).await?,
            "guardian": Self::guardian(&pupil.basic)?,
            "reason": case.reason,
            "evidence": titles(&case.evidence),
            "ordered_by_school": ordered,
            "extension": extension,
            "from": from,
            "until": self.runs_out(&case, from)?,
            "registered_on": case.closed_on,
            "authority": self.authority_name(school)?,
            "school": self.tree.name(Unit::School(school)),
            "contact": self.contact(Unit::School(school))?,
            "issued_on": self.wanted.issued_on,
        });
        Ok((vec![facts], format!("case:{}", case.id)))
    }

    /// The last day of a suspension from a day, by the rules that the case keeps.
    fn runs_out(&self, case: &Case, from: Day) -> Result<Option<Day>, OfficeError> {
        let policy = self.office.books.named(&case.policy)?;
        Ok(last_day(&policy, from, self.office.books.calendar()))
    }

    pub(super) async fn resumption_notice(&self) -> Found {
        let case = self.wanted_case().await?;
        let Purpose::Resumption(resumption) = &case.purpose else { return Err(Self::of_another_kind(&case, "复学")) };
        Self::in_state(&case, &[State::Approved])?;
        let pupil = self.pupil_of(&case).await?;
        let movement = self.movement_of(case.id).await?.ok_or_else(Refusal::out_of_scope)?;
        let suspended = changes::Entity::find()
            .filter(changes::Column::PupilId.eq(pupil.id))
            .filter(changes::Column::Kind.eq(MovementKind::Suspension.label()))
            .filter(changes::Column::Id.lt(movement.id))
            .order_by_desc(changes::Column::Id)
            .one(self.look)
            .await
            .map_err(StoreError::from)?
            .ok_or_else(|| missing("休学起始日期（无休学记录）", "the day from which the pupil was suspended"))?;
        let suspended_from = Day::from(suspended.effective_on);
        let (school, _, grade_before) = self.place_before(&pupil, case.id).await?;
        let facts = json!({
            "number": case.number(),
            "measure": self.measure(&case.policy),
            "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), false),
            "guardian": Self::guardian(&pupil.basic)?,
            "suspended_from": suspended_from,
            "suspended_until": self.last_extension(&case, suspended_from, pupil.id).await?,
            "grade_before": grade_before,
            "evidence": titles(&case.evidence),
            "resumes_on": resumption.from,
            "grade": resumption.grade,
            "class": self.class_name(school, &resumption.class).await?,
            "registered_on": case.closed_on,
            "authority": self.authority_name(school)?,
            "school": self.tree.name(Unit::School(school)),
            "contact": self.contact(Unit::School(school))?,
            "issued_on": self.wanted.issued_on,
        });
        Ok((vec![facts], format!("case:{}", case.id)))
    }

    /// The last day of a suspension, which extensions have put off.
    async fn last_extension(&self, case: &Case, since: Day, pupil: i64) -> Result<Option<Day>, OfficeError> {
        use crate::store::{rows, table::cases};
        let extensions = cases::Entity::find()
            .filter(cases::Column::PupilId.eq(pupil))
            .filter(cases::Column::Kind.eq("extension"))
            .filter(cases::Column::State.eq(State::Approved.name()))
            .filter(cases::Column::Id.lt(case.id))
            .all(self.look)
            .await
            .map_err(StoreError::from)?;
        let mut from = since;
        for row in &extensions {
            if let Purpose::Extension(extension) = rows::case(row)?.purpose {
                from = from.max(extension.from);
            }
        }
        self.runs_out(case, from)
    }

    pub(super) async fn transfer_form(&self) -> Found {
        let case = self.wanted_case().await?;
        Self::in_state(&case, &[State::Open, State::Returned, State::Refused, State::Approved])?;
        let receiving = case.applicant.school().map(|school| match self.tree.keeper(school) {
            Unit::School(school) => school,
            Unit::Authority(_) => school,
        });
        let (facts, from, to) = match &case.purpose {
            Purpose::Transfer(transfer) => {
                let pupil = self.pupil_of(&case).await?;
                let from = self.own_side(&pupil, &case).await?;
                let grade = from.grade;
                (
                    self.person(&case, &pupil.key, pupil.student_no.as_str(), &pupil.basic)?,
                    from,
                    self.receiving_side(receiving, grade, &transfer.class).await?,
                )
            }
            Purpose::Arrival(arrival) => (
                self.person(&case, &arrival.key, arrival.student_no.as_str(), &arrival.basic)?,
                Side { school: arrival.from.clone(), id: None, grade: arrival.grade, class: None },
                self.receiving_side(receiving, arrival.grade, &arrival.class).await?,
            ),
            Purpose::FromAbroad(arrival) => {
                let pupil = self.pupil_of(&case).await?;
                (
                    self.person(&case, &pupil.key, pupil.student_no.as_str(), &pupil.basic)?,
                    Side { school: arrival.from.clone(), id: None, grade: arrival.grade, class: None },
                    self.receiving_side(receiving, arrival.grade, &arrival.class).await?,
                )
            }
            Purpose::Departure(_) | Purpose::Abroad(_) => {
                let pupil = self.pupil_of(&case).await?;
                let from = self.own_side(&pupil, &case).await?;
                let there = match &case.purpose {
                    Purpose::Departure(departure) => departure.to.clone(),
                    Purpose::Abroad(abroad) => abroad.to.clone(),
                    _ => String::new(),
                };
                let to = Side { school: there, id: None, grade: from.grade, class: None };
                (self.person(&case, &pupil.key, pupil.student_no.as_str(), &pupil.basic)?, from, to)
            }
            _ => return Err(Self::of_another_kind(&case, "转学")),
        };
        let mut facts = facts;
        let side = |side: &Side| {
            json!({
                "school": {
                    "name": side.school,
                    "school_id": side.id.map(|id| id.to_string()),
                    "authority": side.id.and_then(|id| self.tree.authority_of(id)).map(|id| self.tree.name(Unit::Authority(id))),
                },
                "grade": side.grade,
                "class": side.class,
            })
        };
        facts["from"] = side(&from);
        facts["to"] = side(&to);
        facts["steps"] = Value::Array(self.transfer_steps(&case).await?);
        Ok((vec![facts], format!("case:{}", case.id)))
    }

    fn person(&self, case: &Case, key: &KeyFacts, number: &str, basic: &BasicFacts) -> Result<Value, OfficeError> {
        Ok(json!({
            "number": case.number(),
            "measure": self.measure(&case.policy),
            "scope": case.purpose.kind().label(),
            "pupil": Self::pupil(key, number, true),
            "guardian": Self::guardian(basic)?,
            "reason": case.reason,
            "evidence": titles(&case.evidence),
            "applied_on": case.opened_on,
            "completed_on": case.closed_on.filter(|_| case.state == State::Approved),
            "issuer": self.tree.name(case.applicant),
            "issued_on": self.wanted.issued_on,
        }))
    }

    async fn own_side(&self, pupil: &Pupil, case: &Case) -> Result<Side, OfficeError> {
        let (school, class, grade) = self.place_before(pupil, case.id).await?;
        let class = Some(self.class_name(school, &class).await?);
        Ok(Side { school: self.tree.name(Unit::School(school)).to_owned(), id: Some(school), grade, class })
    }

    async fn receiving_side(&self, school: Option<SchoolId>, grade: u8, class: &str) -> Result<Side, OfficeError> {
        let school = school.ok_or_else(Refusal::out_of_scope)?;
        let class = Some(self.class_name(school, class).await?);
        Ok(Side { school: self.tree.name(Unit::School(school)).to_owned(), id: Some(school), grade, class })
    }

    /// What each office has said, the entry by the one that applied first.
    async fn transfer_steps(&self, case: &Case) -> Result<Vec<Value>, OfficeError> {
        let seal = seals::Entity::find()
            .filter(seals::Column::CaseId.eq(case.id))
            .filter(seals::Column::Sealed.eq(true))
            .order_by_desc(seals::Column::Id)
            .one(self.look)
            .await
            .map_err(StoreError::from)?;
        let seal = seal.map(|seal| format!("{}-{:06}", seal.unit, seal.id));
        let leaves = matches!(case.purpose, Purpose::Abroad(_) | Purpose::Departure(_));
        let mut steps = Vec::new();
        if case.applicant.school().is_some() {
            steps.push(json!({
                "stage": if leaves { "sending_school" } else { "receiving_school" },
                "office": self.tree.name(case.applicant),
                "by": self.name_of(&case.entered_by),
                "received_on": case.opened_on,
                "decided_on": case.opened_on,
                "verdict": "同意",
                "mode": Mode::Manual.label(),
            }));
        }
        let mut received_on = case.opened_on;
        let last = case.steps.len().saturating_sub(1);
        // Of two schools under one authority, it signs for both sides.
        let one = case.steps.iter().all(|step| step.party != Party::SendingAuthority);
        for (at, step) in case.steps.iter().enumerate() {
            let Some(decision) = step.decision.as_ref().filter(|decision| decision.verdict != Verdict::Return) else {
                break;
            };
            let stages: &[&str] = match step.party {
                Party::SendingSchool => &["sending_school"],
                Party::SendingAuthority => &["sending_authority"],
                Party::Authority if leaves => &["sending_authority"],
                Party::Authority if one && matches!(case.purpose, Purpose::Transfer(_)) => {
                    &["receiving_authority", "sending_authority"]
                }
                _ => &["receiving_authority"],
            };
            for stage in stages {
                let sealed = seal.as_deref().filter(|_| at == last && case.state == State::Approved);
                steps.push(self.step(stage, decision, received_on, sealed));
            }
            received_on = decision.on;
        }
        Ok(steps)
    }

    fn step(&self, stage: &str, decision: &Decision, received_on: Day, seal: Option<&str>) -> Value {
        let silent = decision.mode == Mode::Silence;
        json!({
            "stage": stage,
            "office": self.tree.name(decision.unit),
            "by": if silent { None } else { Some(self.name_of(&decision.by)) },
            "received_on": received_on,
            "decided_on": decision.on,
            "verdict": if decision.verdict == Verdict::Refuse { "不同意" } else { "同意" },
            "mode": decision.mode.label(),
            "opinion": decision.opinion,
            "electronic_seal": seal,
        })
    }
}
