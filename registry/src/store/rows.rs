//! Rows and what they mean: one way there and one way back.

use domain::{
    calendar::Day,
    identity::{Sex, StudentNo},
    movement::Status,
    organisation::SchoolId,
};
use sea_orm::{ActiveValue::Set, prelude::Date};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError,
    table::{cases, changes, pupils},
};
use crate::{
    case::{Case, State},
    pupil::{Holder, KeyFacts, Movement, Pupil, PupilId, Standing},
    unit::Unit,
};

/// A value as the text of a `data` column.
pub fn json<T: Serialize>(table: &'static str, key: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable { table, key: key.to_owned(), source })
}

/// A value from the text of a `data` column.
pub fn parsed<T: DeserializeOwned>(table: &'static str, key: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { table, key: key.to_owned(), source })
}

/// The columns of a record.
pub fn of_pupil(pupil: &Pupil, changed_on: Day) -> Result<pupils::ActiveModel, StoreError> {
    Ok(pupils::ActiveModel {
        id: Set(pupil.id),
        student_no: Set(pupil.student_no.as_str().to_owned()),
        regional_no: Set(pupil.regional_no.clone()),
        person_key: Set(Pupil::person_key(&pupil.key)),
        name: Set(pupil.key.name.clone()),
        sex: Set(pupil.key.sex.label().to_owned()),
        birth_on: Set(pupil.key.birth_on.into()),
        id_kind: Set(pupil.key.id_kind.clone()),
        id_no: Set(pupil.key.id_no.clone()),
        holder: Set(match pupil.key.holder {
            Holder::Own => "own".to_owned(),
            Holder::Guardian => "guardian".to_owned(),
        }),
        portrait: Set(pupil.key.portrait.clone()),
        school_id: Set(pupil.standing.school.to_string()),
        class_id: Set(pupil.standing.class.clone()),
        grade: Set(pupil.standing.grade.into()),
        status: Set(pupil.standing.status.label().to_owned()),
        since_on: Set(pupil.since_on.into()),
        entry_month: Set(pupil.entry_month.to_string()),
        taught_at: Set(pupil.taught_at.map(|school| school.to_string())),
        basic: Set(json("pupils", &pupil.id.to_string(), &pupil.basic)?),
        changed_on: Set(changed_on.into()),
        version: Set(pupil.version),
    })
}

/// The record of a row.
pub fn pupil(row: pupils::Model) -> Result<Pupil, StoreError> {
    let key = row.id.to_string();
    let broken =
        |what: &str| StoreError::Broken { table: "pupils", key: key.clone(), what: format!("{what} does not read") };
    Ok(Pupil {
        id: row.id,
        student_no: StudentNo::read(&row.student_no).ok_or_else(|| broken("student_no"))?,
        regional_no: row.regional_no,
        key: KeyFacts {
            name: row.name,
            sex: Sex::from_label(&row.sex).ok_or_else(|| broken("sex"))?,
            birth_on: row.birth_on.into(),
            id_kind: row.id_kind,
            id_no: row.id_no,
            holder: if row.holder == "own" { Holder::Own } else { Holder::Guardian },
            portrait: row.portrait,
        },
        basic: parsed("pupils", &key, &row.basic)?,
        standing: Standing {
            school: SchoolId::read(&row.school_id).ok_or_else(|| broken("school_id"))?,
            class: row.class_id,
            grade: u8::try_from(row.grade).map_err(|_| broken("grade"))?,
            status: Status::from_label(&row.status).ok_or_else(|| broken("status"))?,
        },
        entry_month: row.entry_month.parse().map_err(|_| broken("entry_month"))?,
        since_on: row.since_on.into(),
        taught_at: row.taught_at.and_then(|school| SchoolId::read(&school)),
        version: row.version,
    })
}

/// The columns of a case. `turn` is the unit that has to act.
pub fn of_case(case: &Case, turn: Option<Unit>) -> Result<cases::ActiveModel, StoreError> {
    let pending = case.state.is_pending();
    let kind = case.purpose.kind();
    let due_on =
        case.step().filter(|_| case.state == State::Open).and_then(|step| step.period).map(|period| period.due_on);
    Ok(cases::ActiveModel {
        id: Set(case.id),
        kind: Set(kind.name().to_owned()),
        state: Set(case.state.name().to_owned()),
        pupil_id: Set(case.pupil),
        holds_pupil: Set(case.pupil.filter(|_| pending && kind.is_exclusive())),
        applicant: Set(case.applicant.to_string()),
        turn: Set(turn.filter(|_| pending).map(|unit| unit.to_string())),
        due_on: Set(due_on.map(Date::from)),
        overdue: Set(case.overdue && pending),
        opened_on: Set(case.opened_on.into()),
        closed_on: Set(case.closed_on.map(Date::from)),
        version: Set(case.version),
        data: Set(json("cases", &case.id.to_string(), case)?),
    })
}

/// The case of a row.
pub fn case(row: &cases::Model) -> Result<Case, StoreError> {
    parsed("cases", &row.id.to_string(), &row.data)
}

/// The columns of a movement.
pub fn of_movement(
    id: i64,
    pupil: PupilId,
    movement: &Movement,
    case: Option<i64>,
    recorded_on: Day,
) -> changes::ActiveModel {
    let school = |standing: &Option<Standing>| standing.as_ref().map(|standing| standing.school.to_string());
    let class = |standing: &Option<Standing>| standing.as_ref().map(|standing| standing.class.clone());
    let grade = |standing: &Option<Standing>| standing.as_ref().map(|standing| i16::from(standing.grade));
    let status = |standing: &Option<Standing>| standing.as_ref().map(|standing| standing.status.label().to_owned());
    changes::ActiveModel {
        id: Set(id),
        pupil_id: Set(pupil),
        kind: Set(movement.kind.label().to_owned()),
        effective_on: Set(movement.effective_on.into()),
        from_school: Set(school(&movement.from)),
        from_class: Set(class(&movement.from)),
        from_grade: Set(grade(&movement.from)),
        from_status: Set(status(&movement.from)),
        to_school: Set(school(&movement.to)),
        to_class: Set(class(&movement.to)),
        to_grade: Set(grade(&movement.to)),
        to_status: Set(status(&movement.to)),
        reason: Set(movement.reason.clone()),
        counterpart: Set(movement.counterpart.clone()),
        applied_on: Set(movement.applied_on.map(Date::from)),
        decided_on: Set(movement.decided_on.map(Date::from)),
        mode: Set(movement.mode.label().to_owned()),
        case_id: Set(case),
        recorded_on: Set(recorded_on.into()),
    }
}
