//! The way of every case: applied for, decided step by step, sent back, taken back, defaulted, completed (TRF-01, TRF-02).
//!
//! Pure. A procedure says who may apply and what completion does; this file says who decides when.

use domain::{calendar::Day, policy::Policy};

use crate::{
    actor::{Actor, Right, Role},
    case::{Case, Decision, Evidence, Party, Period, State, Step, Verdict},
    deadline::{begin_step, defaults, open_period},
    event::Event,
    pupil::Mode,
    purpose::Purpose,
    refusal::Refusal,
    scene::Scene,
    unit::Unit,
};

/// Who decides a case, in order. Empty: the applicant's entry is all it takes.
pub type Route = Vec<Party>;

/// How and when a case is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    /// The day from which it holds; of a default, the last day of the period.
    pub on: Day,
    /// By a person or by silence.
    pub mode: Mode,
}

/// Who applies, why, and by what evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request<'a> {
    /// The unit that applies.
    pub applicant: Unit,
    /// Why.
    pub reason: &'a str,
    /// By what evidence.
    pub evidence: &'a [Evidence],
}

/// Opens a case.
pub fn open(scene: &Scene, purpose: &Purpose, request: &Request, policy: &Policy) -> Result<Vec<Event>, Refusal> {
    let Request { applicant, reason, evidence } = *request;
    scene.actor.may(Right::Maintain)?;
    // A school that was merged or closed applies no more: whoever has its records does.
    let keeper = applicant.school().map_or(applicant, |school| scene.tree.keeper(school));
    if scene.actor.role != Role::System && !scene.tree.acts_for(scene.actor.unit, keeper, scene.today) {
        return Err(Refusal::out_of_scope());
    }
    let kind = purpose.kind();
    for pending in &scene.pending {
        let clashes = pending.kind == kind || (kind.is_exclusive() && pending.kind.is_exclusive());
        if clashes {
            return Err(already_open(pending));
        }
    }
    let route = purpose.procedure().open(scene, request, policy)?;
    let mut case = Case {
        id: scene.fresh_case,
        purpose: purpose.clone(),
        pupil: scene.pupil.as_ref().map(|pupil| pupil.id),
        applicant,
        entered_by: scene.actor.account.clone(),
        opened_on: scene.today,
        opened_at: scene.at,
        reason: reason.to_owned(),
        evidence: evidence.to_vec(),
        policy: policy.name().to_owned(),
        state: State::Open,
        steps: Vec::with_capacity(route.len()),
        at: 0,
        past: Vec::new(),
        overdue: false,
        warned: false,
        closed_on: None,
        version: 1,
    };
    for party in route {
        let unit = unit_of(scene, &case, party)?;
        case.steps.push(Step { party, unit, period: None, decision: None });
    }
    let received_on = match purpose {
        // The measures count from the day on which the school learnt of it.
        Purpose::Death(death) => death.known_on,
        _ => scene.today,
    };
    begin_step(&mut case, received_on, policy, scene.calendar);
    let mut events = vec![Event::Opened { case: case.clone() }];
    if case.steps.is_empty() {
        events.extend(complete(scene, &mut case, policy, Finish { on: scene.today, mode: Mode::Manual })?);
    }
    Ok(events)
}

fn already_open(pending: &crate::scene::Pending) -> Refusal {
    Refusal::conflict(
        "already_open",
        "皖教基〔2013〕20号 第十九条、第二十一条",
        &format!(
            "该生已有未办结的{}（{}，{}，{}）",
            pending.kind.label(),
            pending.number,
            pending.state.label(),
            pending.opened_on
        ),
        &format!(
            "the pupil has a pending case already: {} {} ({}), opened on {}",
            pending.kind.name(),
            pending.number,
            pending.state.name(),
            pending.opened_on
        ),
    )
    .remedy("待其办结或由申请单位撤回后再申请", "apply once it is decided or its applicant has withdrawn it")
}

/// Which unit a party of a case is today, after mergers (TR-16).
pub fn unit_of(scene: &Scene, case: &Case, party: Party) -> Result<Unit, Refusal> {
    let tree = scene.tree;
    let school = case.applicant.school();
    let sending = scene.pupil.as_ref().map(|pupil| pupil.standing.school);
    let authority = |school: Option<_>| school.and_then(|school| tree.authority_of(school)).map(Unit::Authority);
    let unit = match party {
        Party::School => school.map(|school| tree.keeper(school)),
        Party::Authority => match case.applicant {
            Unit::School(school) => authority(Some(school)),
            own @ Unit::Authority(_) => Some(own),
        },
        Party::SendingSchool => sending.map(|school| tree.keeper(school)),
        Party::SendingAuthority => authority(sending),
        Party::Superior => {
            let one = sending.and_then(|school| tree.authority_of(school));
            let other = match &case.purpose {
                Purpose::Reversal(reversal) => tree.authority_of(reversal.school),
                _ => school.and_then(|school| tree.authority_of(school)),
            };
            one.zip(other).and_then(|(one, other)| tree.superior_of(one, other)).map(Unit::Authority)
        }
        Party::Province => Some(Unit::Authority(tree.province())),
    };
    unit.ok_or_else(Refusal::out_of_scope)
}

/// The unit whose turn it is, after mergers.
pub fn turn(scene: &Scene, case: &Case) -> Result<Unit, Refusal> {
    let step = case.step().ok_or_else(|| closed(case))?;
    // What a party was is what it is, but where a school has gone into another since.
    match unit_of(scene, case, step.party) {
        Ok(unit) => Ok(unit),
        Err(_) => Ok(step.unit),
    }
}

/// Decides the step at work.
pub fn decide(
    scene: &Scene,
    mut case: Case,
    verdict: Verdict,
    opinion: &str,
    seen: Option<i32>,
    policy: &Policy,
) -> Result<Vec<Event>, Refusal> {
    if case.state == State::Returned {
        return Err(Refusal::conflict(
            "returned",
            "本系统约定",
            "该业务已退回申请单位补正，等待重新提交",
            "the case was sent back to its applicant and waits to be submitted again",
        ));
    }
    let unit = turn(scene, &case)?;
    let actor = scene.actor;
    // The province, which else decides nothing (art. 28), is the common superior of two cities.
    let superior = case.step().is_some_and(|step| step.party == Party::Superior);
    if !(superior && actor.unit == unit && matches!(actor.role, Role::Registrar | Role::Head)) {
        actor.may(Right::Decide)?;
    }
    if !scene.tree.acts_for(actor.unit, unit, scene.today) {
        let stranger = !scene.tree.contains(actor.unit, unit) && !involved(scene, &case, actor);
        return Err(if stranger { Refusal::out_of_scope() } else { not_your_turn(&case, unit, scene) });
    }
    if actor.account == case.entered_by {
        return Err(Refusal::forbidden(
            "职责分离（经办与审批不得为同一人）",
            "录入该业务的账号不得审批它",
            "whoever entered a case may not decide it",
        )
        .remedy("请由本单位其他账号审批", "let another account of the unit decide"));
    }
    if seen.is_some_and(|seen| seen != case.version) {
        return Err(Refusal::conflict(
            "stale",
            "本系统约定",
            "页面打开后该业务已有新的处理",
            "the case has gone on since it was looked at",
        )
        .remedy("请刷新后再办理", "look at it again"));
    }
    if let Some(period) = open_period(&case)
        && period.due_on < scene.today
        && !period.provisional
        && defaults(&case, policy)
    {
        return Err(defaulted(&case, period.due_on));
    }
    if verdict != Verdict::Approve && opinion.trim().is_empty() {
        return Err(Refusal::invalid(
            "opinion",
            "不同意或退回须写明理由",
            "a refusal or a return must state its reason",
        )
        .remedy("请填写意见", "state the reason"));
    }
    let decision = Decision {
        verdict,
        by: actor.account.clone(),
        unit,
        on: scene.today,
        at: scene.at,
        opinion: opinion.to_owned(),
        mode: Mode::Manual,
    };
    take(scene, &mut case, decision, policy)
}

pub(crate) fn take(scene: &Scene, case: &mut Case, decision: Decision, policy: &Policy) -> Result<Vec<Event>, Refusal> {
    case.version += 1;
    let (on, mode, verdict) = (decision.on, decision.mode, decision.verdict);
    let at = case.at;
    if let Some(step) = case.steps.get_mut(at)
        && let Some(earlier) = step.decision.replace(decision)
    {
        case.past.push(earlier);
    }
    match verdict {
        Verdict::Refuse => {
            case.state = State::Refused;
            case.closed_on = Some(on);
            let mut events = vec![Event::Advanced { case: case.clone() }];
            events.extend(case.purpose.procedure().refused(scene, case));
            Ok(events)
        }
        Verdict::Return => {
            case.state = State::Returned;
            let left = |period: &Period| {
                u32::try_from(scene.calendar.workdays_between(on, period.due_on).max(0)).unwrap_or_default()
            };
            if let Some(period) = case.steps.get_mut(at).and_then(|step| step.period.as_mut()) {
                period.paused_with = Some(left(period));
            }
            Ok(vec![Event::Advanced { case: case.clone() }])
        }
        Verdict::Approve => {
            case.at += 1;
            case.overdue = false;
            case.warned = false;
            if case.at < case.steps.len() {
                begin_step(case, on, policy, scene.calendar);
                if let Ok(unit) = turn(scene, case)
                    && let Some(step) = case.steps.get_mut(case.at)
                {
                    step.unit = unit;
                }
                return Ok(vec![Event::Advanced { case: case.clone() }]);
            }
            let mut finished = case.clone();
            let events = complete(scene, &mut finished, policy, Finish { on, mode })?;
            *case = finished;
            Ok(events)
        }
    }
}

fn complete(scene: &Scene, case: &mut Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
    case.state = State::Approved;
    case.closed_on = Some(finish.on);
    let mut events = vec![Event::Advanced { case: case.clone() }];
    events.extend(case.purpose.clone().procedure().complete(scene, case, policy, finish)?);
    Ok(events)
}

/// Submits a case again that was sent back; the clock goes on with what was left.
pub fn resubmit(
    scene: &Scene,
    mut case: Case,
    purpose: Option<&Purpose>,
    evidence: &[Evidence],
    policy: &Policy,
) -> Result<Vec<Event>, Refusal> {
    own(scene, &case)?;
    if case.state != State::Returned {
        return Err(Refusal::conflict("not_returned", "本系统约定", "该业务未被退回", "the case was not sent back"));
    }
    if let Some(purpose) = purpose {
        if purpose.kind() != case.purpose.kind() {
            return Err(Refusal::invalid("kind", "补正不得改变业务类别", "a case keeps its kind when it is completed"));
        }
        case.purpose = purpose.clone();
    }
    case.evidence.extend_from_slice(evidence);
    let request = Request { applicant: case.applicant, reason: &case.reason, evidence: &case.evidence };
    let route = case.purpose.procedure().open(scene, &request, policy)?;
    if !route.iter().eq(case.steps.iter().map(|step| &step.party)) {
        return Err(Refusal::invalid(
            "route",
            "补正后的办理路径与原申请不同",
            "what is asked for now goes another way than the case",
        )
        .remedy("请撤回后重新申请", "withdraw it and apply anew"));
    }
    case.state = State::Open;
    case.version += 1;
    let at = case.at;
    let unit = turn(scene, &case)?;
    if let Some(step) = case.steps.get_mut(at) {
        // Whose turn it is may have changed with a merger meanwhile (TR-16).
        step.unit = unit;
        case.past.extend(step.decision.take());
        if let Some(period) = &mut step.period {
            let left = period.paused_with.take().unwrap_or(period.workdays).max(1);
            let due = scene.calendar.add_workdays(scene.today, left);
            // What is left runs from today, also when periods are counted anew.
            *period = Period {
                received_on: scene.today,
                due_on: due.day,
                provisional: due.provisional,
                workdays: left,
                paused_with: None,
            };
        }
    }
    Ok(vec![Event::Advanced { case }])
}

/// Takes a case back, which its applicant may until it is completed (TR-14).
pub fn withdraw(scene: &Scene, mut case: Case, why: &str) -> Result<Vec<Event>, Refusal> {
    own(scene, &case)?;
    if !case.state.is_pending() {
        return Err(closed(&case));
    }
    if why.trim().is_empty() {
        return Err(Refusal::invalid("reason", "撤回须写明理由", "state why the case is taken back"));
    }
    case.state = State::Withdrawn;
    case.closed_on = Some(scene.today);
    case.version += 1;
    case.past.push(Decision {
        verdict: Verdict::Return,
        by: scene.actor.account.clone(),
        unit: case.applicant,
        on: scene.today,
        at: scene.at,
        opinion: why.to_owned(),
        mode: Mode::Manual,
    });
    Ok(vec![Event::Advanced { case }])
}

/// Ends a case that another event has overtaken, such as a death (TR-18).
pub fn end(mut case: Case, on: Day) -> Case {
    case.state = State::Ended;
    case.closed_on = Some(on);
    case.version += 1;
    case
}

fn own(scene: &Scene, case: &Case) -> Result<(), Refusal> {
    scene.actor.may(Right::Maintain)?;
    let applicant = match case.applicant {
        Unit::School(school) => scene.tree.keeper(school),
        authority @ Unit::Authority(_) => authority,
    };
    if scene.tree.acts_for(scene.actor.unit, applicant, scene.today) {
        return Ok(());
    }
    if involved(scene, case, scene.actor) || scene.tree.contains(scene.actor.unit, applicant) {
        return Err(Refusal::forbidden(
            "皖教基〔2013〕20号 第二十一条",
            "只有申请单位可以补正或撤回",
            "only the unit that applied may complete or withdraw a case",
        ));
    }
    Err(Refusal::out_of_scope())
}

fn involved(scene: &Scene, case: &Case, actor: &Actor) -> bool {
    let applicant = scene.tree.acts_for(actor.unit, case.applicant, scene.today);
    applicant || case.steps.iter().any(|step| scene.tree.acts_for(actor.unit, step.unit, scene.today))
}

fn not_your_turn(case: &Case, unit: Unit, scene: &Scene) -> Refusal {
    let party = case.step().map_or("", |step| step.party.label());
    Refusal::forbidden(
        "皖教基〔2013〕20号 第二十一条",
        &format!("现在应由{party}（{}）审批", scene.tree.name(unit)),
        &format!("it is the turn of {unit}"),
    )
    .remedy("请等待上一步办结", "wait for the step before to be decided")
}

/// The answer to whoever comes too late for a case (X5).
pub fn closed(case: &Case) -> Refusal {
    let on = case.closed_on.unwrap_or(case.opened_on);
    let silence = case.last_decision().is_some_and(|decision| decision.mode == Mode::Silence);
    let (zh, en) = match (case.state, silence) {
        (State::Approved, true) => (format!("已于 {on} 超时默认同意"), format!("approved by silence on {on}")),
        (state, _) => (format!("已于 {on} {}", state.label()), format!("{} on {on}", state.name())),
    };
    Refusal::conflict("closed", "皖教基〔2013〕20号 第二十四条", &format!("该业务{zh}"), &format!("the case was {en}"))
        .remedy("如需纠正，请另行申请", "to undo it, apply for it")
}

fn defaulted(case: &Case, due_on: Day) -> Refusal {
    Refusal::conflict(
        "defaulted",
        "皖教基〔2013〕20号 第二十四条",
        &format!("本步骤期限已于 {due_on} 24:00 届满，系统默认同意（{}）", case.number()),
        &format!("the period of this step ended on {due_on} at 24:00; silence has approved it ({})", case.number()),
    )
    .remedy("如需纠正，请在20个工作日内申请纠正默认同意", "to undo it, apply for a reversal within 20 working days")
}
