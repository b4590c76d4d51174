//! What a school's proposals about its own pupils have in common: the record is its own, the evidence is there, the movement is named.

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    organisation::Stage,
};

use crate::{
    application::{Finish, Request},
    case::{Case, Evidence},
    event::Event,
    organisation::School,
    pupil::{Movement, Pupil, Standing},
    refusal::Refusal,
    scene::Scene,
};

/// The pupil and his school, if the record is at the school that applies.
pub(crate) fn own_pupil<'a>(scene: &'a Scene, request: &Request) -> Result<(&'a Pupil, &'a School), Refusal> {
    let (pupil, school) = (scene.pupil()?, scene.school()?);
    let keeper = scene.tree.keeper(school.id);
    let applicant = request.applicant.school().map_or(request.applicant, |school| scene.tree.keeper(school));
    if keeper == applicant { Ok((pupil, school)) } else { Err(Refusal::out_of_scope()) }
}

/// Refuses a pupil of another status, naming what to do first.
pub(crate) fn has_status(pupil: &Pupil, wanted: &[Status], article: &str) -> Result<(), Refusal> {
    let status = pupil.standing.status;
    if wanted.contains(&status) {
        return Ok(());
    }
    let labels: Vec<&str> = wanted.iter().map(|status| status.label()).collect();
    let remedy = match status {
        Status::Dead => ("学籍已因死亡注销", "the record was closed by a death"),
        Status::Suspended => ("请先办理复学", "let the pupil resume first"),
        Status::DroppedOut => ("请先办理辍学复学", "let the pupil return first"),
        _ => ("请核对该生当前状态", "look at the pupil's present status"),
    };
    Err(Refusal::barred(
        "status",
        article,
        &format!("该生当前状态为{}，本业务只适用于{}", status.label(), labels.join("、")),
        &format!("the pupil's status is {}; this is for {}", status.label(), labels.join(", ")),
    )
    .remedy(remedy.0, remedy.1))
}

/// Refuses an application without one of several kinds of evidence.
pub(crate) fn needs(evidence: &[Evidence], kinds: &[&str], article: &str, zh: &str) -> Result<(), Refusal> {
    if evidence.iter().any(|piece| kinds.contains(&piece.kind.as_str())) {
        return Ok(());
    }
    Err(Refusal::barred(
        "evidence",
        article,
        &format!("须附{zh}"),
        &format!("evidence is missing: {}", kinds.join(" or ")),
    )
    .remedy(&format!("请补充{zh}"), &format!("add evidence of the kind {}", kinds.join(" or "))))
}

/// Refuses an application without a reason.
pub(crate) fn needs_reason(request: &Request, article: &str) -> Result<(), Refusal> {
    if !request.reason.trim().is_empty() {
        return Ok(());
    }
    Err(Refusal::barred("reason", article, "须写明原因", "state the reason"))
}

/// The stage of a pupil at his school.
pub(crate) fn stage(pupil: &Pupil, school: &School) -> Option<Stage> {
    school.stage_of(pupil.standing.grade)
}

/// Whether the pupil is in the last grade of his stage (毕业年级).
pub(crate) fn is_leaving(pupil: &Pupil, school: &School) -> bool {
    stage(pupil, school) != school.stage_of(pupil.standing.grade + 1)
}

/// A movement by a completed case, and the record after it.
pub(crate) fn moved(
    pupil: &Pupil,
    case: &Case,
    kind: MovementKind,
    to: Standing,
    effective_on: Day,
    finish: Finish,
    counterpart: &str,
) -> Event {
    let movement = Movement {
        kind,
        effective_on,
        from: Some(pupil.standing.clone()),
        to: Some(to.clone()),
        reason: case.reason.clone(),
        counterpart: counterpart.to_owned(),
        applied_on: Some(case.opened_on),
        decided_on: Some(finish.on),
        mode: finish.mode,
    };
    let taught_at = pupil.taught_at.filter(|_| to.school == pupil.standing.school && to.status.is_registered());
    let pupil = Pupil { standing: to, since_on: effective_on, taught_at, version: pupil.version + 1, ..pupil.clone() };
    Event::Moved { pupil, movement, new_stage: false }
}

/// The standing with another status.
pub(crate) fn with_status(pupil: &Pupil, status: Status) -> Standing {
    Standing { status, ..pupil.standing.clone() }
}
