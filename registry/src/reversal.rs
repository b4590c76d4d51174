//! Undoing a default approval (默认同意的纠正): applied for by either authority within 20 working days, decided by the common superior.
//!
//! History keeps both (an open question of art. 24, decided by the policy's `transfer_reversal`).

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    organisation::SchoolId,
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, CaseId, Party},
    deadline::due,
    event::Event,
    proposal::{has_status, moved, needs_reason},
    pupil::Standing,
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    unit::Unit,
};

/// The transfer that silence approved is undone: the record goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The transfer.
    pub case: CaseId,
    /// The day of the default approval.
    pub defaulted_on: Day,
    /// The school from which the pupil came.
    pub school: SchoolId,
    /// The class there.
    pub class: String,
}

impl Procedure for Reversal {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let pupil = scene.pupil()?;
        let article = policy.deadline("transfer_reversal").map_or("本系统约定", |deadline| &deadline.article);
        has_status(pupil, &[Status::Enrolled], article)?;
        needs_reason(request, article)?;
        let authorities = [scene.tree.authority_of(pupil.standing.school), scene.tree.authority_of(self.school)];
        let is_party = match request.applicant {
            Unit::Authority(authority) => authorities.contains(&Some(authority)),
            Unit::School(_) => false,
        };
        if !is_party {
            return Err(Refusal::forbidden(
                article,
                "只有转入、转出学校的主管部门可以申请纠正",
                "only the authorities of the two schools may apply",
            ));
        }
        if let Some(deadline) = policy.deadline("transfer_reversal") {
            let last = due(deadline, self.defaulted_on, scene.calendar).day;
            if last < scene.today {
                return Err(Refusal::barred(
                    "reversal.late",
                    article,
                    &format!("纠正期限已于 {last} 届满"),
                    &format!("a reversal could be applied for until {last}"),
                )
                .remedy("请按转学重新办理", "apply for a new transfer"));
            }
        }
        scene.class_for(self.school, pupil.standing.grade)?;
        Ok(vec![Party::Superior])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        let class = scene
            .class_for(self.school, pupil.standing.grade)
            .map_err(|refusal| Refusal { cause: crate::refusal::Cause::Conflict, ..refusal })?;
        let to = Standing { school: self.school, class: class.id.clone(), ..pupil.standing.clone() };
        let kind = MovementKind::TransferWithinProvince;
        Ok(vec![moved(pupil, case, kind, to, finish.on.max(pupil.since_on), finish, "默认同意的纠正")])
    }
}
