//! Transfers over the border of the province or the country: 皖教基〔2013〕20号 art. 22, 23; 某省办法 art. 24 (TRF-03, TRF-04).
//!
//! No silence approves them. From another province a record is pulled once by its registration number; to another province the receiver
//! there starts, and the sending side confirms here.

use domain::{
    calendar::{Day, Month},
    identity::StudentNo,
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    proposal::{moved, needs, needs_reason, own_pupil, with_status},
    pupil::{BasicFacts, KeyFacts, Movement, Pupil, Standing},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    transfer::{is_enrolled, receiving},
};

const WITHIN_COUNTRY: &str = "皖教基〔2013〕20号 第二十二条";
const OVER_BORDER: &str = "皖教基〔2013〕20号 第二十三条";

/// A record pulled from another province by its registration number (跨省转入).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// The registration number, which goes on.
    pub student_no: StudentNo,
    /// Who the pupil is, as the other province's record says.
    pub key: KeyFacts,
    /// What it says besides.
    #[serde(default)]
    pub basic: BasicFacts,
    /// The other province and school.
    pub from: String,
    /// The grade.
    pub grade: u8,
    /// The class that takes the pupil.
    pub class: String,
}

impl Procedure for Arrival {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let school = receiving(scene, request.applicant)?;
        needs_reason(request, WITHIN_COUNTRY)?;
        needs(request.evidence, &["province_record"], WITHIN_COUNTRY, "外省学籍信息（凭学籍号调取）")?;
        if self.from.trim().is_empty() {
            return Err(Refusal::invalid(
                "arrival.from",
                "须写明转出省份和学校",
                "name the province and school of origin",
            ));
        }
        not_registered_here(scene, self.student_no)?;
        if let Some(old) = &scene.pupil {
            same_person(old, &self.key)?;
        }
        scene.class_for(school.id, self.grade)?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let school = receiving(scene, case.applicant)?;
        not_registered_here(scene, self.student_no)?;
        let class = scene.class_for(school.id, self.grade)?;
        let standing =
            Standing { school: school.id, class: class.id.clone(), grade: self.grade, status: Status::Enrolled };
        if let Some(old) = &scene.pupil {
            let (kind, on) = (MovementKind::TransferFromProvince, finish.on.max(old.since_on));
            return Ok(vec![moved(old, case, kind, standing, on, finish, &self.from)]);
        }
        let arrived = Arrived { kind: MovementKind::TransferFromProvince, counterpart: &self.from, standing };
        Ok(vec![arrived.enter(scene, case, finish, self.student_no, &self.key, &self.basic)])
    }
}

/// The receiver in another province has started a transfer; it is confirmed here (跨省转出).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departure {
    /// The province and school that ask for the record.
    pub to: String,
    /// The number of the request there (外省申请编号): without it nobody there has started.
    pub request: String,
}

impl Procedure for Departure {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let pupil = scene.pupil()?;
        // Whoever is neither the pupil's school nor an authority above it learns nothing.
        let keeper = scene.tree.keeper(pupil.standing.school);
        if !scene.tree.contains(request.applicant, keeper) {
            return Err(Refusal::out_of_scope());
        }
        is_enrolled(pupil, policy)?;
        if self.to.trim().is_empty() || self.request.trim().is_empty() {
            return Err(Refusal::barred(
                "departure.request",
                WITHIN_COUNTRY,
                "跨省转出须由外省转入校办理，请填写转入学校和申请编号",
                "a transfer to another province starts with the receiver there: name it and its request",
            )
            .remedy("请家长到外省转入学校申请", "let the receiving school there apply"));
        }
        needs_reason(request, WITHIN_COUNTRY)?;
        // The request comes in at the authority of the sending school, or above it.
        if request.applicant.school().is_some() {
            return Err(Refusal::forbidden(
                WITHIN_COUNTRY,
                "跨省转出申请由学籍主管部门接收",
                "the request of another province is received by the authority",
            ));
        }
        Ok(vec![Party::SendingSchool, Party::SendingAuthority])
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        is_enrolled(pupil, policy)?;
        let to = with_status(pupil, Status::TransferredOut);
        Ok(vec![moved(pupil, case, MovementKind::TransferToProvince, to, finish.on, finish, &self.to)])
    }
}

/// A pupil comes from abroad: the old record goes on, or a first one is opened (跨境转入).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromAbroad {
    /// Who the pupil is.
    pub key: KeyFacts,
    /// What is known besides.
    #[serde(default)]
    pub basic: BasicFacts,
    /// The country or region.
    pub from: String,
    /// The grade.
    pub grade: u8,
    /// The class that takes the pupil.
    pub class: String,
}

impl Procedure for FromAbroad {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let school = receiving(scene, request.applicant)?;
        needs_reason(request, OVER_BORDER)?;
        needs(request.evidence, &["identity_document", "passport", "household_register"], OVER_BORDER, "有效身份证件")?;
        if self.from.trim().is_empty() {
            return Err(Refusal::invalid("from_abroad.from", "须写明来自的国家或地区", "name the country or region"));
        }
        match &scene.pupil {
            Some(old) if old.standing.status.is_registered() => return Err(second_record()),
            Some(old) if old.standing.status == Status::Dead => return Err(second_record()),
            Some(old) => same_person(old, &self.key)?,
            None => crate::newcomers::check_key(&self.key, scene.today)?,
        }
        crate::newcomers::check_age(&self.key, self.grade, scene.today, policy)?;
        scene.class_for(school.id, self.grade)?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let school = receiving(scene, case.applicant)?;
        let class = scene.class_for(school.id, self.grade)?;
        let standing =
            Standing { school: school.id, class: class.id.clone(), grade: self.grade, status: Status::Enrolled };
        if let Some(old) = &scene.pupil {
            if old.standing.status.is_registered() {
                return Err(second_record());
            }
            return Ok(vec![moved(
                old,
                case,
                MovementKind::TransferFromAbroad,
                standing,
                finish.on.max(old.since_on),
                finish,
                &self.from,
            )]);
        }
        let number = crate::number::first(&self.key, school, scene.fresh_pupil, scene.is_number_taken);
        let arrived = Arrived { kind: MovementKind::TransferFromAbroad, counterpart: &self.from, standing };
        Ok(vec![arrived.enter(scene, case, finish, number, &self.key, &self.basic)])
    }
}

/// A pupil goes abroad: where, when and why are stated, and the authority approves (跨境转出).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abroad {
    /// 变动去向
    pub to: String,
    /// 变动时间
    pub on: Day,
}

impl Procedure for Abroad {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, _) = own_pupil(scene, request)?;
        is_enrolled(pupil, policy)?;
        needs_reason(request, OVER_BORDER)?;
        scene.not_in_future("变动时间", "the day of leaving", self.on)?;
        if self.to.trim().is_empty() {
            return Err(Refusal::barred("abroad.to", OVER_BORDER, "须注明变动去向", "state the destination"));
        }
        needs(request.evidence, &["passport", "visa", "admission_letter"], OVER_BORDER, "有效证件")?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        is_enrolled(pupil, policy)?;
        let to = with_status(pupil, Status::TransferredOut);
        Ok(vec![moved(pupil, case, MovementKind::TransferAbroad, to, self.on.max(pupil.since_on), finish, &self.to)])
    }
}

struct Arrived<'a> {
    kind: MovementKind,
    counterpart: &'a str,
    standing: Standing,
}

impl Arrived<'_> {
    fn enter(
        self,
        scene: &Scene,
        case: &Case,
        finish: Finish,
        student_no: StudentNo,
        key: &KeyFacts,
        basic: &BasicFacts,
    ) -> Event {
        let movement = Movement {
            kind: self.kind,
            effective_on: finish.on,
            from: None,
            to: Some(self.standing.clone()),
            reason: case.reason.clone(),
            counterpart: self.counterpart.to_owned(),
            applied_on: Some(case.opened_on),
            decided_on: Some(finish.on),
            mode: finish.mode,
        };
        let pupil = Pupil {
            id: scene.fresh_pupil,
            student_no,
            regional_no: None,
            key: key.clone(),
            basic: basic.clone(),
            standing: self.standing,
            entry_month: Month::of(finish.on),
            since_on: finish.on,
            taught_at: None,
            version: 1,
        };
        Event::Entered { pupil, movement }
    }
}

/// Whoever goes on under an old record was born on its day and is of its sex; a name may be written otherwise abroad.
fn same_person(old: &Pupil, said: &KeyFacts) -> Result<(), Refusal> {
    if old.key.birth_on == said.birth_on && old.key.sex == said.sex {
        return Ok(());
    }
    Err(Refusal::invalid(
        "arrival.other_person",
        "填写的出生日期或性别与该学籍号的原学籍不符",
        "birth date or sex are not those of the record under this number",
    )
    .remedy(
        "请核对学籍号；原学籍有误的，转入后申请关键信息变更",
        "check the number; if the old record is wrong, apply for a key change after the arrival",
    ))
}

/// A record that left the province and comes back goes on; any other record here bars a second one.
fn not_registered_here(scene: &Scene, number: StudentNo) -> Result<(), Refusal> {
    match &scene.pupil {
        None => Ok(()),
        Some(pupil) if pupil.student_no == number && pupil.standing.status == Status::TransferredOut => Ok(()),
        Some(_) => Err(second_record()),
    }
}

/// One person, one record (IDN-05); the answer tells nothing of the other record.
pub(crate) fn second_record() -> Refusal {
    Refusal::barred(
        "identity.second_record",
        "皖教基〔2013〕20号 第十三条、第十四条",
        "该身份证件号码已有学籍，不得重报",
        "a record exists under this identity number; nobody gets a second",
    )
    .remedy("请通过转学或升学调取原学籍", "obtain the record by a transfer or an enrolment")
}
