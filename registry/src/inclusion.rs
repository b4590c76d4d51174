//! Inclusive placement between special and ordinary schools, and reform schools: 皖教基〔2013〕20号 art. 20; 某省办法 art. 22 (TRF-05).
//!
//! No transfer is needed. The record may stay, and the pupil is counted once, where it is; or it moves to the school that teaches him.

use domain::{
    movement::{MovementKind, Status},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::Case,
    event::{Event, FieldChange},
    proposal::{has_status, moved, needs_reason},
    pupil::{Pupil, Standing},
    purpose::Procedure,
    refusal::Refusal,
    scene::Scene,
    transfer::receiving,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第二十条；某省中小学生学籍管理办法 第二十二条";

/// The school that applies teaches the pupil from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Whether the record moves; else it stays and the pupil is taught here.
    pub record_moves: bool,
    /// The class, where the record moves.
    #[serde(default)]
    pub class: String,
    /// Whether the school of the record and the parents have agreed; for reform schools it must be so.
    pub agreed: bool,
}

impl Procedure for Inclusion {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let pupil = scene.pupil()?;
        let (from, to) = (scene.school()?, receiving(scene, request.applicant)?);
        has_status(pupil, &[Status::Enrolled], ARTICLE)?;
        needs_reason(request, ARTICLE)?;
        let is_disabled = !matches!(pupil.basic.disability.as_str(), "" | "无残疾");
        let inclusive = is_disabled && from.is_special() != to.is_special();
        let reform = to.is_reform() || from.is_reform();
        if !inclusive && !reform {
            return Err(Refusal::barred(
                "inclusion.kind",
                ARTICLE,
                "只适用于残疾学生在特教学校与普通学校之间，或进入工读学校",
                "only between special and ordinary schools for a disabled pupil, or for a reform school",
            )
            .remedy("其他情况请办理转学", "apply for a transfer"));
        }
        if !self.agreed {
            return Err(Refusal::barred(
                "inclusion.agreement",
                ARTICLE,
                "学籍去留须由原学校与监护人商定",
                "the school of the record and the parents must have agreed",
            ));
        }
        if self.record_moves {
            scene.class_for(to.id, pupil.standing.grade)?;
        }
        Ok(Vec::new())
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        let to = receiving(scene, case.applicant)?;
        if self.record_moves {
            let class = scene.class_for(to.id, pupil.standing.grade)?;
            let standing = Standing { school: to.id, class: class.id.clone(), ..pupil.standing.clone() };
            let kind = MovementKind::TransferWithinProvince;
            return Ok(vec![moved(pupil, case, kind, standing, finish.on, finish, "随班就读安置")]);
        }
        let old = pupil.taught_at.map(|school| school.to_string()).unwrap_or_default();
        let field = FieldChange { field: "taught_at".to_owned(), old, new: to.id.to_string() };
        let mut after = Pupil { taught_at: Some(to.id), version: pupil.version + 1, ..pupil.clone() };
        after.basic.inclusive = Some(!to.is_special() && !to.is_reform());
        Ok(vec![Event::Changed { pupil: after, fields: vec![field], effective_on: finish.on, movement: None }])
    }
}
