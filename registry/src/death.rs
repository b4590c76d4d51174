//! Death (死亡注销): 某省办法 art. 25; 教基一〔2013〕7号 (DTH-01, TR-18).

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    event::Event,
    proposal::{has_status, moved, needs, own_pupil, with_status},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
};

const ARTICLE: &str = "某省中小学生学籍管理办法 第二十五条";

const OPEN: [Status; 3] = [Status::Enrolled, Status::Suspended, Status::DroppedOut];

/// A pupil has died. What is pending for him ends when the record is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// The day of death.
    pub on: Day,
    /// The day on which the school learnt of it, from which the 10 working days run.
    pub known_on: Day,
}

impl Procedure for Death {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, _) = own_pupil(scene, request)?;
        has_status(pupil, &OPEN, ARTICLE)?;
        scene.not_in_future("死亡日期", "the day of death", self.on)?;
        scene.not_in_future("知悉日期", "the day of knowledge", self.known_on)?;
        if self.known_on < self.on {
            return Err(Refusal::invalid(
                "death.known_on",
                "知悉日期早于死亡日期",
                "the death was known before it happened",
            ));
        }
        needs(
            request.evidence,
            &["death_certificate", "household_cancellation", "court_declaration"],
            ARTICLE,
            "死亡证明、户口注销证明或法院宣告",
        )?;
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        has_status(pupil, &OPEN, ARTICLE)?;
        let to = with_status(pupil, Status::Dead);
        let mut events = Vec::new();
        if !scene.pending.is_empty() {
            events.push(Event::Ends {
                cases: scene.pending.iter().map(|pending| pending.id).collect(),
                reason: "死亡注销".to_owned(),
            });
        }
        events.push(moved(pupil, case, MovementKind::Death, to, self.on.max(pupil.since_on), finish, ""));
        Ok(events)
    }
}
