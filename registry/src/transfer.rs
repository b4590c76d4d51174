//! Transfer inside the province (省内转学): 皖教基〔2013〕20号 art. 20, 21, 24, 25; 某省办法 art. 13, 14, 19, 20 (TRF-01, TRF-02, TRF-05…TRF-09).
//!
//! The receiving school enters it. Then decide, each in its own period: the receiving authority, the sending school, the sending
//! authority; of two schools under one authority the sending school and that authority. On completion the record moves as a whole, and
//! its file follows within a month.

use domain::{
    calendar::{Day, SchoolYear},
    movement::{MovementKind, Status},
    organisation::{Division, Stage},
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, CaseId, Party},
    deadline,
    event::{Event, Notice},
    organisation::{School, Tree},
    pupil::{Movement, Pupil, Standing},
    purpose::{Kind, Procedure},
    refusal::Refusal,
    scene::Scene,
    unit::Unit,
};

/// The ground of a transfer (转学理由), a word of the policy's `transfer.grounds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// 户籍迁移
    HouseholdMoved,
    /// 监护人工作调动
    WorkMoved,
    /// 外来务工人员随迁子女
    MigrantChild,
    /// 转回户籍所在地
    ReturnHome,
    /// 其他特殊原因
    Other,
}

impl Ground {
    /// The word of the policy.
    pub const fn word(self) -> &'static str {
        match self {
            Ground::HouseholdMoved => "household_moved",
            Ground::WorkMoved => "work_moved",
            Ground::MigrantChild => "migrant_child",
            Ground::ReturnHome => "return_home",
            Ground::Other => "other",
        }
    }
}

/// What the receiving school applies for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The class that takes the pupil.
    pub class: String,
    /// The ground.
    pub ground: Ground,
    /// Why it must be in the middle of a term (art. 25); empty inside the window.
    #[serde(default)]
    pub mid_term_reason: String,
}

/// Where a pupil who comes back to the home county finds no place (义务教育阶段转回户籍所在地无学位).
pub(crate) const ARTICLE_NO_PLACE: &str = "某省中小学生学籍管理办法 第十三条";

const ROUTE: &str = "皖教基〔2013〕20号 第二十一条";

impl Procedure for Transfer {
    fn open(&self, scene: &Scene, request: &Request, policy: &Policy) -> Result<Route, Refusal> {
        let pupil = scene.pupil()?;
        let receiving = receiving(scene, request.applicant)?;
        let sending = scene.school()?;
        if receiving.id == sending.id {
            return Err(Refusal::barred(
                "transfer.same_school",
                ROUTE,
                "该生学籍已在本校",
                "the pupil's record is at this school already",
            )
            .remedy("校内换班请办理调班", "within a school, change the class"));
        }
        is_enrolled(pupil, policy)?;
        if policy.words("transfer.grounds").all(|ground| ground != self.ground.word()) {
            return Err(Refusal::barred(
                "transfer.ground",
                policy.article("transfer.grounds"),
                "转学理由不在规定范围内",
                "the ground is none that the measures know",
            ));
        }
        if request.reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明转学原因", "state the reason of the transfer"));
        }
        if !receiving.teaches(pupil.standing.grade) {
            return Err(Refusal::barred(
                "transfer.grade_not_taught",
                ROUTE,
                &format!("{}不设 {} 年级", receiving.kind, pupil.standing.grade),
                &format!("the receiving school does not teach grade {}", pupil.standing.grade),
            )
            .remedy(
                "毕业后升入上一学段属招生入学，不办理转学",
                "going on to the next stage is an enrolment, not a transfer",
            ));
        }
        bars(self, pupil, sending, receiving, request, scene, policy)?;
        self.in_window(scene, receiving, policy)?;
        scene.class_for(receiving.id, pupil.standing.grade)?;
        Ok(route(scene, sending, receiving, policy))
    }

    /// Who may not come back to the home county for want of a place is passed to it (TRF-08).
    fn refused(&self, scene: &Scene, case: &Case) -> Vec<Event> {
        let (Ok(pupil), Ok(receiving)) = (scene.pupil(), receiving(scene, case.applicant)) else { return Vec::new() };
        let compulsory = receiving.stage_of(pupil.standing.grade).is_some_and(Stage::is_compulsory);
        if self.ground != Ground::ReturnHome || !compulsory {
            return Vec::new();
        }
        place_wanted(scene.tree, receiving, pupil, Some(case.id)).into_iter().collect()
    }

    fn complete(&self, scene: &Scene, case: &Case, policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        let receiving = receiving(scene, case.applicant)?;
        let sending = scene.school()?;
        is_enrolled(pupil, policy)?;
        let request = Request { applicant: case.applicant, reason: &case.reason, evidence: &case.evidence };
        bars(self, pupil, sending, receiving, &request, scene, policy)?;
        let key_change = scene.pending.iter().find(|pending| pending.kind == Kind::KeyChange);
        if let Some(pending) = key_change
            && policy.says("transfer.pending_key_change", "blocks_completion")
        {
            return Err(Refusal::conflict(
                "transfer.pending_key_change",
                policy.article("transfer.pending_key_change"),
                &format!("该生的关键信息变更（{}）尚未办结", pending.number),
                &format!("the pupil's key-field change {} is still pending", pending.number),
            )
            .remedy("先办结该变更，再办结转学", "decide that change first"));
        }
        let class = scene
            .class_for(receiving.id, pupil.standing.grade)
            .map_err(|refusal| Refusal { cause: crate::refusal::Cause::Conflict, ..refusal })?;
        let to = Standing { school: receiving.id, class: class.id.clone(), ..pupil.standing.clone() };
        let forward = policy.deadline("archive_forward");
        // A default holds from its own day, but not from before what has happened since.
        let effective_on = finish.on.max(pupil.since_on);
        let moved = Movement {
            kind: MovementKind::TransferWithinProvince,
            effective_on,
            from: Some(pupil.standing.clone()),
            to: Some(to.clone()),
            reason: case.reason.clone(),
            counterpart: String::new(),
            applied_on: Some(case.opened_on),
            decided_on: Some(finish.on),
            mode: finish.mode,
        };
        let after = Pupil {
            standing: to,
            since_on: effective_on,
            taught_at: None,
            version: pupil.version + 1,
            ..pupil.clone()
        };
        let file_follows = Notice {
            to: Unit::School(sending.id),
            kind: "archive_forward".to_owned(),
            pupil: Some(pupil.id),
            case: Some(case.id),
            due_on: forward.map(|deadline| deadline::due(deadline, finish.on, scene.calendar).day),
            article: forward.map(|deadline| deadline.article.clone()).unwrap_or_default(),
        };
        let mut events = vec![
            Event::Moved { pupil: after, movement: moved, new_stage: false },
            Event::Notice { notice: file_follows },
        ];
        events.extend(tell_county(scene, sending, "city_school_departure", pupil, case));
        events.extend(tell_county(scene, receiving, "city_school_arrival", pupil, case));
        Ok(events)
    }
}

/// The school that applies, open today and none of pre-school education.
pub(crate) fn receiving<'a>(scene: &'a Scene, applicant: Unit) -> Result<&'a School, Refusal> {
    let school = match scene.tree.keeper(applicant.school().ok_or_else(Refusal::out_of_scope)?) {
        Unit::School(school) => scene.tree.school(school),
        Unit::Authority(_) => None,
    };
    school.filter(|school| school.is_open(scene.today)).ok_or_else(|| {
        Refusal::barred(
            "school.closed",
            "某省中小学生学籍管理办法 第十条",
            "申请学校已撤销，没有接续的学校",
            "the school that applies was closed and has no successor",
        )
    })
}

/// Suspended and dropped-out pupils resume or return first; whoever is no longer registered goes another way (TR-17).
pub(crate) fn is_enrolled(pupil: &Pupil, policy: &Policy) -> Result<(), Refusal> {
    let status = pupil.standing.status;
    let (remedy_zh, remedy_en) = match status {
        Status::Enrolled => return Ok(()),
        Status::Suspended => ("请先办理复学", "let the pupil resume first"),
        Status::DroppedOut => ("请先办理辍学复学", "let the pupil return first"),
        Status::Graduated | Status::Completed => {
            ("升入上一学段请办理招生入学", "going on to the next stage is an enrolment (招生入学)")
        }
        Status::TransferredOut => ("请办理跨省转入或跨境转入", "let the pupil arrive from outside"),
        Status::LeftEarly | Status::Withdrawn | Status::Dead => ("学籍已注销", "the record is closed"),
    };
    Err(Refusal::barred(
        "not_enrolled",
        policy.article("transfer.not_enrolled"),
        &format!("该生当前状态为{}", status.label()),
        &format!("the pupil's status is {}", status.label()),
    )
    .remedy(remedy_zh, remedy_en))
}

/// What is never done, whoever asks (一律不得办理): checked at entry and again at completion.
fn bars(
    transfer: &Transfer,
    pupil: &Pupil,
    sending: &School,
    receiving: &School,
    request: &Request,
    scene: &Scene,
    policy: &Policy,
) -> Result<(), Refusal> {
    let bars = "transfer.bars";
    let refuse = |bar: &str, zh: &str, en: &str, remedy: (&str, &str)| {
        Err(Refusal::barred(&format!("transfer.{bar}"), policy.article(bars), zh, en).remedy(remedy.0, remedy.1))
    };
    if policy.says(bars, "vocational_to_senior") && sending.is_vocational() && !receiving.is_vocational() {
        return refuse(
            "vocational_to_senior",
            "中等职业学校学生不得转入普通高中",
            "a pupil of a vocational school may not transfer to a senior school",
            ("可转入中等职业学校", "a vocational school may take the pupil"),
        );
    }
    let is_senior = Stage::of_grade(pupil.standing.grade) == Some(Stage::Senior);
    let to_vocational = !sending.is_vocational() && receiving.is_vocational();
    if is_senior && !to_vocational {
        if policy.says(bars, "senior_in_same_county") && same_county_or_town(scene, sending, receiving) {
            return refuse(
                "senior_in_same_county",
                "普通高中同县域、同城区内不转学",
                "senior pupils do not transfer within a county or a city's districts",
                ("跨县（市）转学方可申请", "only a transfer to another county may be applied for"),
            );
        }
        if policy.says(bars, "senior_of_another_kind") && kind_of_senior(sending) != kind_of_senior(receiving) {
            return refuse(
                "senior_of_another_kind",
                "普通高中之间转学执行同级互转",
                "senior pupils transfer between schools of one kind only",
                ("请申请转入同级学校", "apply to a school of the same kind"),
            );
        }
        let proves = ["household_register", "work_certificate"];
        let is_proved = request.evidence.iter().any(|piece| proves.contains(&piece.kind.as_str()));
        let from_other_city = scene.tree.city_of(sending.id) != scene.tree.city_of(receiving.id);
        if policy.says(bars, "borrowing_on_false_papers") && from_other_city && !is_proved {
            return refuse(
                "borrowing_on_false_papers",
                "高中学生从外市转入，须有户籍或工作调动的有效证明",
                "a senior pupil from another city needs proof that the household or the work has moved",
                ("请附户口簿或工作调动证明", "add `household_register` or `work_certificate`"),
            );
        }
    }
    let of_one_central_school = sending.parent == Some(receiving.id) || receiving.parent == Some(sending.id);
    let has_moved = of_one_central_school || matches!(transfer.ground, Ground::HouseholdMoved | Ground::WorkMoved);
    if policy.says(bars, "choice_in_same_city")
        && !to_vocational
        && !has_moved
        && is_local(scene, pupil, sending, receiving)
    {
        return refuse(
            "choice_in_same_city",
            "本市区户籍学生不得转学择校",
            "a pupil of a local household may not change schools within the city by choice",
            ("户籍或住址迁移、监护人工作调动的，请按该理由申请", "state a move of the household or of the work"),
        );
    }
    Ok(())
}

/// Whether the household is of the city in which both schools lie.
fn is_local(scene: &Scene, pupil: &Pupil, sending: &School, receiving: &School) -> bool {
    let household = pupil.basic.hukou_division.map(Division::prefecture);
    let (from, to) = (scene.tree.city_of(sending.id), scene.tree.city_of(receiving.id));
    household.is_some() && household == from && from == to && in_districts(sending) && in_districts(receiving)
}

/// Whether a school lies in a city's districts (市区): codes 01–20 of GB/T 2260 below a prefecture, or the prefecture's own.
fn in_districts(school: &School) -> bool {
    let division = school.division.unwrap_or(school.authority);
    division.as_str().get(4..).and_then(|last| last.parse::<u8>().ok()).is_some_and(|last| last <= 20)
}

fn same_county_or_town(scene: &Scene, sending: &School, receiving: &School) -> bool {
    let place = |school: &School| school.division.unwrap_or(school.authority);
    let same_city = scene.tree.city_of(sending.id) == scene.tree.city_of(receiving.id);
    place(sending) == place(receiving) || (same_city && in_districts(sending) && in_districts(receiving))
}

/// The kinds of senior schooling between which nobody transfers.
fn kind_of_senior(school: &School) -> &'static str {
    match () {
        () if school.is_vocational() => "vocational",
        () if school.is_special() => "special",
        () if school.is_reform() => "reform",
        () => "ordinary",
    }
}

/// Who decides. Under one authority three parties have a say, under two four; a city's own school counts as its authority's.
fn route(scene: &Scene, sending: &School, receiving: &School, policy: &Policy) -> Route {
    let one = scene.tree.authority_of(sending.id) == scene.tree.authority_of(receiving.id);
    if one && policy.says("transfer.one_authority", "one_decision") {
        return vec![Party::SendingSchool, Party::Authority];
    }
    vec![Party::Authority, Party::SendingSchool, Party::SendingAuthority]
}

impl Transfer {
    /// Within a month after a term has begun or before it ends; else with a reason (TR-11). Judged by the terms in force at submission.
    fn in_window(&self, scene: &Scene, receiving: &School, policy: &Policy) -> Result<(), Refusal> {
        if !self.mid_term_reason.trim().is_empty() {
            return Ok(());
        }
        let Some(window) = policy.deadline("transfer_window") else { return Ok(()) };
        let months = window.limit;
        let year = SchoolYear::of(scene.today, policy.school_year_start()).start_year();
        let mut terms = scene.tree.terms_at(receiving.id, year, policy).to_vec();
        // A system year that begins on 1 August lies before the first day of its autumn term.
        terms.extend(scene.tree.terms_at(receiving.id, year - 1, policy));
        let is_inside = |(first, last): &(Day, Day)| {
            let after_start = *first <= scene.today && scene.today <= first.plus_months(months);
            let before_end = scene.today <= *last && *last <= scene.today.plus_months(months);
            after_start || before_end
        };
        let in_holidays = terms.iter().all(|(first, last)| scene.today < *first || *last < scene.today);
        if in_holidays || terms.iter().any(is_inside) {
            return Ok(());
        }
        Err(Refusal::barred(
            "transfer.window",
            &window.article,
            &format!("转学一般在学期开学后或结束前{months}个月内办理，现为学期期中"),
            &format!("transfers are made within {months} month(s) after a term has begun or before it ends"),
        )
        .remedy("确有正当理由的，请填写期中转学理由", "state `mid_term_reason` if there is good reason"))
    }
}

/// Asks the county in which a school lies, or the city that runs it, to arrange a place for a pupil.
pub(crate) fn place_wanted(tree: &Tree, school: &School, pupil: &Pupil, case: Option<CaseId>) -> Option<Event> {
    let county = school.division.filter(|division| tree.authority(*division).is_some());
    let to = county.or_else(|| tree.authority_of(school.id))?;
    Some(Event::Notice {
        notice: Notice {
            to: Unit::Authority(to),
            kind: "place_wanted".to_owned(),
            pupil: Some(pupil.id),
            case,
            due_on: None,
            article: ARTICLE_NO_PLACE.to_owned(),
        },
    })
}

/// A city's own school tells the county in which it lies of arrivals and departures each term (TRF-10, 某省办法 art. 23).
pub(crate) fn tell_county(scene: &Scene, school: &School, kind: &str, pupil: &Pupil, case: &Case) -> Option<Event> {
    let county = school.division.filter(|division| *division != school.authority)?;
    scene.tree.authority(county)?;
    Some(Event::Notice {
        notice: Notice {
            to: Unit::Authority(county),
            kind: kind.to_owned(),
            pupil: Some(pupil.id),
            case: Some(case.id),
            due_on: None,
            article: "某省中小学生学籍管理办法 第二十三条".to_owned(),
        },
    })
}
