//! What must be: who may give which command, by whom a case is decided, what 1 August does with a record.

use domain::{
    calendar::{Day, Month},
    movement::Status,
    organisation::AuthorityLevel,
};
use registry::{
    actor::Role,
    case::{Case, Party},
    command::Command,
    duty::Act,
    officer::Officer,
    organisation::School,
    purpose::Purpose,
    unit::Unit,
};

use super::model::{Known, Model};

/// The grades that a school teaches.
pub fn grades(school: &School) -> (u8, u8) {
    let junior = if school.five_four { 6 } else { 7 };
    match school.kind.as_str() {
        "小学" | "教学点" => (1, junior - 1),
        "初级中学" => (junior, 9),
        "九年一贯制学校" => (1, 9),
        "完全中学" => (junior, 12),
        "高级中学" | "中等职业学校" => (10, 12),
        "工读学校" => (4, 12),
        _ => (1, 12),
    }
}

/// Whether it teaches a grade.
pub fn teaches(school: &School, grade: u8) -> bool {
    let (first, last) = grades(school);
    (first..=last).contains(&grade)
}

/// The grades at which pupils enter a school from outside.
pub fn entry_grades(school: &School) -> Vec<u8> {
    let junior = if school.five_four { 6 } else { 7 };
    let (first, last) = grades(school);
    match school.kind.as_str() {
        "工读学校" => Vec::new(),
        "特殊教育学校" => vec![1],
        _ => [1, junior, 10].into_iter().filter(|grade| *grade == first || (*grade == 10 && 10 <= last)).collect(),
    }
}

/// The last grade of the stage a pupil is in at a school, after which he finishes there.
pub fn leaves(school: &School, grade: u8) -> bool {
    let junior = if school.five_four { 6 } else { 7 };
    [junior - 1, 9, 12].contains(&grade)
}

const fn keeps_records(officer: &Officer, level: Option<AuthorityLevel>) -> bool {
    // INV: SC-2
    matches!(officer.role, Role::Registrar | Role::Head) && !matches!(level, Some(AuthorityLevel::Province))
}

/// Why a command must not be carried out for this account, whatever it says otherwise; none if the account may give it.
pub fn forbidden(model: &Model, account: &str, command: &Command, day: Day) -> Option<&'static str> {
    if account == "system" {
        return None;
    }
    if model.officers.is_empty() {
        let sets_up = matches!(command, Command::EnterAuthority { .. } | Command::EnterOfficer { .. });
        return (!sets_up).then_some("nobody is there yet");
    }
    let Some(officer) = model.officers.get(account) else { return Some("no such account") };
    if officer.disabled_on.is_some() {
        return Some("the account is disabled");
    }
    if officer.role == Role::Registrar && officer.trained_on.is_none_or(|on| day < on) {
        return Some("not trained");
    }
    if officer.on_duty_from.is_some_and(|from| day < from) {
        return Some("not on duty yet");
    }
    let level = match officer.unit {
        Unit::Authority(id) => Some(id.level()),
        Unit::School(_) => None,
    };
    let unit = officer.unit;
    let administers = officer.role == Role::Administrator;
    let provincial = level == Some(AuthorityLevel::Province);
    let keeps = keeps_records(officer, level);
    let below = |of: Unit| model.is_below(of, unit);
    let acts = |of: Unit| model.acts_for(unit, of, day);
    let of_school = |school| {
        keeps
            && (acts(Unit::School(school))
                || acts(model.keeper(school))
                || (level.is_some() && below(Unit::School(school))))
    };
    let of_pupil = |number| model.numbers.get(number).is_some_and(|id| of_school(model.pupils[id].standing.school));
    let may = match command {
        Command::EnterAuthority { authority } => {
            administers && authority.parent.is_some_and(|parent| below(Unit::Authority(parent)))
        }
        Command::EnterSchool { .. } => administers && provincial,
        Command::ChangeSchool { school } => {
            (administers && below(Unit::School(school.id)) && below(Unit::Authority(school.authority)))
                || of_school(school.id)
        }
        Command::MergeSchool { school, into, .. } => {
            administers && below(Unit::School(*school)) && below(Unit::School(*into))
        }
        Command::CloseSchool { school, .. } => administers && below(Unit::School(*school)),
        Command::EnterOfficer { officer } => administers && below(officer.unit),
        Command::TrainOfficer { account, .. } => {
            let of = model.officers.get(account);
            (administers || (officer.role == Role::Registrar && level.is_some())) && of.is_some_and(|of| below(of.unit))
        }
        Command::DisableOfficer { account, .. } => {
            administers && model.officers.get(account).is_some_and(|of| below(of.unit))
        }
        Command::Delegate { delegation } => administers && below(Unit::Authority(delegation.from)),
        Command::SetTerms { terms } => administers && below(Unit::Authority(terms.authority)),
        Command::EnterClass { class } | Command::ChangeClass { class } => of_school(class.school),
        // INV: EN-1
        Command::SubmitNewcomers { school, .. } => keeps && acts(model.keeper(*school)),
        Command::Apply { purpose, student_no, applicant, .. } => {
            let applicant = applicant.unwrap_or(unit);
            let school = student_no
                .as_ref()
                .and_then(|number| model.numbers.get(number))
                .map(|id| model.pupils[id].standing.school);
            let own = applicant.school().map_or(applicant, |school| model.keeper(school));
            let of_its_own = school.is_some_and(|school| model.keeper(school) == own);
            keeps && acts(applicant) && (of_its_own || !proposes_for_its_own(purpose))
        }
        Command::Decide { case, .. } => {
            // The province, which else decides nothing, is the common superior of two cities.
            let step = model.cases.get(case).and_then(|case| case.steps.get(case.at));
            let superior = step.is_some_and(|step| step.party == Party::Superior && step.unit == unit);
            let may = keeps || (superior && matches!(officer.role, Role::Registrar | Role::Head));
            may && decides(model, account, unit, *case, day).is_ok()
        }
        Command::Resubmit { case, .. } | Command::Withdraw { case, .. } => {
            keeps
                && model.cases.get(case).is_some_and(|case| match case.applicant {
                    Unit::School(school) => acts(model.keeper(school)),
                    authority @ Unit::Authority(_) => acts(authority),
                })
        }
        // INV: EN-6
        Command::ChangeBasic { student_no, .. }
        | Command::MoveClass { student_no, .. }
        | Command::Certify { student_no, .. } => of_pupil(student_no),
        Command::RecordFacts { school, .. } | Command::AddPortraits { school, .. } | Command::Finish { school, .. } => {
            of_school(*school)
        }
        Command::Promote { .. } | Command::UndoPromotion { .. } => administers && provincial,
        Command::HandOverMigrants {} => keeps && level.is_some(),
        Command::AskPlace { school, .. } => of_school(*school),
        Command::ReleaseDefaults { .. } => administers && provincial,
        Command::Sweep {} | Command::RecountPeriods {} => administers,
        Command::Duty { act } => match act {
            Act::Report { unit: of, .. } | Act::Verify { unit: of, .. } => keeps && acts(*of),
            // INV: SG-1
            Act::Sign { .. } => officer.role == Role::Head,
            // INV: RS-1
            Act::Order { unit: of, .. } => {
                (keeps || officer.role == Role::Head) && level.is_some() && *of != unit && below(*of)
            }
            Act::Settle { .. } => (keeps || officer.role == Role::Head) && level.is_some(),
            Act::RequestExport { unit: of, .. } => {
                matches!(officer.role, Role::Registrar | Role::Head | Role::Reader) && below(*of)
            }
            Act::ApproveExport { .. } => officer.role == Role::Head && level.is_some(),
        },
        Command::SettleNotice { .. } => keeps,
    };
    (!may).then_some("not this account's right or scope")
}

/// Procedures that a school proposes for pupils of its own.
const fn proposes_for_its_own(purpose: &Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Abroad(_)
            | Purpose::Suspension(_)
            | Purpose::Extension(_)
            | Purpose::Resumption(_)
            | Purpose::Dropout(_)
            | Purpose::Return(_)
            | Purpose::Withdrawal(_)
            | Purpose::Death(_)
            | Purpose::KeyChange(_)
            | Purpose::GradeChange(_)
    )
}

/// Whether an account of a unit may decide a case now: its unit's turn, and not the one who entered it.
pub fn decides(model: &Model, account: &str, unit: Unit, case: i64, day: Day) -> Result<(), &'static str> {
    let Some(case) = model.cases.get(&case) else { return Err("no such case") };
    // INV: TR-15, KF-3
    if case.entered_by == account {
        return Err("entered by the same account");
    }
    let Some(step) = case.steps.get(case.at).filter(|_| case.state.is_pending()) else { return Err("closed") };
    match party(model, case, step.party).is_some_and(|turn| model.acts_for(unit, turn, day)) {
        true => Ok(()),
        false => Err("another unit's turn"),
    }
}

/// The unit that a party of a case is now, after mergers (INV: TR-16).
pub fn party(model: &Model, case: &Case, party: Party) -> Option<Unit> {
    let sending = case.pupil.and_then(|id| model.pupils.get(&id)).map(|pupil| pupil.standing.school);
    let authority = |school| model.authority_of(school).map(Unit::Authority);
    match (party, case.applicant) {
        (Party::School, Unit::School(school)) => Some(model.keeper(school)),
        (Party::School, Unit::Authority(_)) => None,
        (Party::Authority, Unit::School(school)) => authority(school),
        (Party::Authority, own @ Unit::Authority(_)) => Some(own),
        (Party::SendingSchool, _) => sending.map(|school| model.keeper(school)),
        (Party::SendingAuthority, _) => sending.and_then(authority),
        (Party::Superior, applicant) => {
            let Purpose::Reversal(reversal) = &case.purpose else { return Some(applicant) };
            let (now, before) = (model.authority_of(sending?)?, model.authority_of(reversal.school)?);
            model.superior(now, before).map(Unit::Authority)
        }
        (Party::Province, _) => None,
    }
}

/// Who decides a case of a purpose, in order (INV: TR-1).
pub fn route(model: &Model, case: &Case) -> Vec<Party> {
    let sending = case.pupil.and_then(|id| model.pupils.get(&id)).map(|pupil| pupil.standing.school);
    match &case.purpose {
        Purpose::Inclusion(_) => Vec::new(),
        Purpose::Departure(_) => vec![Party::SendingSchool, Party::SendingAuthority],
        Purpose::Reversal(_) => vec![Party::Superior],
        Purpose::Transfer(_) => {
            let receiving = case.applicant.school().and_then(|school| model.authority_of(school));
            if receiving == sending.and_then(|school| model.authority_of(school)) {
                vec![Party::SendingSchool, Party::Authority]
            } else {
                vec![Party::Authority, Party::SendingSchool, Party::SendingAuthority]
            }
        }
        _ => vec![Party::Authority],
    }
}

/// What 1 August does with an open record: the name of the outcome, and by how many grades it rises (INV: PR-1, PR-3, PR-5, DR-2).
pub fn turn_of_the_year(model: &Model, pupil: &Known, first: Day) -> (&'static str, u8) {
    let Some(school) = model.schools.get(&pupil.standing.school).filter(|school| school.closed_on.is_none()) else {
        return ("error", 0);
    };
    let grade = pupil.standing.grade;
    let (_, last) = grades(school);
    let is_new = Month::of(first) <= pupil.entry_month || pupil.placed_on.is_some_and(|on| first <= on);
    match pupil.standing.status {
        Status::Enrolled if is_new => ("placed", 0),
        Status::Suspended => ("suspended", 0),
        Status::DroppedOut if 9 <= grade => ("retention_ends", 0),
        Status::DroppedOut => ("dropped_out", 1),
        _ if !teaches(school, grade) => ("error", 0),
        _ if grade == last || grade == 9 => ("held", 0),
        _ if leaves(school, grade) => ("new_stage", 1),
        _ => ("promoted", 1),
    }
}
