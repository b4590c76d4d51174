//! What a school keeps by itself at the desk: basic facts, classes, résumé and scores, compulsory completion, certificates (INF-01, GRD-01).

use std::collections::BTreeMap;

use domain::{
    calendar::Day,
    identity::StudentNo,
    movement::{MovementKind, Status},
    organisation::SchoolId,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right},
    certificate,
    command::Answer,
    event::{Event, FieldChange},
    fact,
    graduation::{self, Ending},
    pupil::{BasicFacts, Mode, Movement, Pupil, Standing},
    refusal::Refusal,
    store::{
        read, rows,
        table::{certificates, facts},
        write,
    },
};

impl Desk<'_> {
    async fn own_record(&mut self, actor: &Actor, number: StudentNo, now: &Now) -> Done<Pupil> {
        let pupil = read::pupil_numbered(self.tx, number).await?.ok_or_else(Refusal::out_of_scope)?;
        self.for_school(actor, pupil.standing.school, Right::Maintain, now)?;
        self.was(&pupil);
        Ok(pupil)
    }

    /// Replaces basic facts by name. A key fact, a status, a school or any other name is refused (KF-1, S04).
    pub(super) async fn change_basic(
        &mut self,
        actor: &Actor,
        number: StudentNo,
        fields: &BTreeMap<String, serde_json::Value>,
        now: &Now,
    ) -> Done<Answer> {
        let pupil = self.own_record(actor, number, now).await?;
        if !pupil.standing.status.is_registered() {
            return Err(Refusal::barred(
                "status",
                "皖教基〔2013〕20号 第十七条",
                "学籍已注销，不再维护",
                "the record is closed",
            )
            .into());
        }
        let (basic, changes) = merged(&pupil.basic, fields)?;
        if changes.is_empty() {
            return Ok(Answer { id: Some(format!("record:{}", pupil.id)), ..Answer::default() });
        }
        let movement = Movement {
            kind: MovementKind::BasicChange,
            effective_on: now.today(),
            from: Some(pupil.standing.clone()),
            to: Some(pupil.standing.clone()),
            reason: String::new(),
            counterpart: String::new(),
            applied_on: Some(now.today()),
            decided_on: Some(now.today()),
            mode: Mode::Manual,
        };
        let id = pupil.id;
        let after = Pupil { basic, version: pupil.version + 1, ..pupil };
        let event =
            Event::Changed { pupil: after, fields: changes, effective_on: now.today(), movement: Some(movement) };
        let pupils = self.persist(vec![event], None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("record:{id}")), pupils, ..Answer::default() })
    }

    pub(super) async fn move_class(
        &mut self,
        actor: &Actor,
        number: StudentNo,
        class: &str,
        reason: &str,
        now: &Now,
    ) -> Done<Answer> {
        let pupil = self.own_record(actor, number, now).await?;
        let fits = read::class(self.tx, pupil.standing.school, class).await?;
        let fits = fits.is_some_and(|class| class.grade == pupil.standing.grade && !class.closed);
        if pupil.standing.status != Status::Enrolled || !fits || class == pupil.standing.class {
            return Err(Refusal::barred(
                "class",
                "数据规范",
                "只能把在读学生调到本校同年级的另一个在用班级",
                "an enrolled pupil moves to another class of the grade in use",
            )
            .into());
        }
        let to = Standing { class: class.to_owned(), ..pupil.standing.clone() };
        let movement = Movement {
            kind: MovementKind::ClassChange,
            effective_on: now.today().max(pupil.since_on),
            from: Some(pupil.standing.clone()),
            to: Some(to.clone()),
            reason: reason.to_owned(),
            counterpart: String::new(),
            applied_on: Some(now.today()),
            decided_on: Some(now.today()),
            mode: Mode::Manual,
        };
        let id = pupil.id;
        let after = Pupil { standing: to, since_on: movement.effective_on, version: pupil.version + 1, ..pupil };
        let event = Event::Moved { pupil: after, movement, new_stage: false };
        let pupils = self.persist(vec![event], None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("record:{id}")), pupils, ..Answer::default() })
    }

    /// Enters facts; the same row again changes nothing, another under the same key replaces the values the school itself has set.
    pub(super) async fn record_facts(
        &mut self,
        actor: &Actor,
        school: SchoolId,
        kind: &str,
        given: &[fact::Row],
        now: &Now,
    ) -> Done<Answer> {
        self.for_school(actor, school, Right::Maintain, now)?;
        let kind = fact::kind(kind)?;
        let numbers: Vec<StudentNo> = given.iter().map(|row| row.student_no).collect();
        let known = read::pupils_numbered(self.tx, &numbers).await?;
        let keeper = self.tree.keeper(school);
        let mut written = BTreeMap::new();
        for (at, row) in given.iter().enumerate() {
            let mine = |pupil: &&Pupil| self.tree.keeper(pupil.standing.school) == keeper;
            let Some(pupil) = known.get(&row.student_no).filter(mine) else {
                let not_ours = Refusal::out_of_scope();
                return Err(Refusal {
                    zh: format!("第 {} 行：{}", at + 1, not_ours.zh),
                    en: format!("row {}: {}", at + 1, not_ours.en),
                    ..not_ours
                }
                .into());
            };
            let key = kind.key_of(row)?;
            written.insert(
                (pupil.id, key.clone()),
                facts::ActiveModel {
                    pupil_id: Set(pupil.id),
                    kind: Set(kind.name.to_owned()),
                    key: Set(key),
                    recorded_on: Set(now.today().into()),
                    data: Set(rows::json("facts", kind.name, &row.fields)?),
                },
            );
        }
        let count = written.len() as u64;
        let mut rows = written.into_values();
        loop {
            let chunk: Vec<_> = rows.by_ref().take(1_000).collect();
            if chunk.is_empty() {
                break;
            }
            let conflict = OnConflict::columns([facts::Column::PupilId, facts::Column::Kind, facts::Column::Key])
                .update_columns([facts::Column::RecordedOn, facts::Column::Data])
                .to_owned();
            facts::Entity::insert_many(chunk).on_conflict(conflict).exec_without_returning(self.tx).await?;
        }
        let id = Some(format!("school:{school}"));
        let counts = BTreeMap::from([("facts".to_owned(), count)]);
        Ok(Answer { id, counts, ..Answer::default() })
    }

    /// The school records who has finished compulsory schooling: all that are named, or none.
    pub(super) async fn finish(
        &mut self,
        actor: &Actor,
        school: SchoolId,
        on: Day,
        named: &BTreeMap<String, Ending>,
        now: &Now,
    ) -> Done<Answer> {
        self.for_school(actor, school, Right::Maintain, now)?;
        let mut numbers = Vec::with_capacity(named.len());
        let mut seen = std::collections::HashSet::with_capacity(named.len());
        for number in named.keys() {
            let read = StudentNo::read(number).ok_or_else(|| {
                Refusal::invalid("student_no", "学籍号格式有误", "a registration number has 19 places")
            })?;
            if !seen.insert(read) {
                return Err(Refusal::invalid(
                    "graduation.twice",
                    "同一学生在名单中出现两次",
                    "a pupil is twice in the list",
                )
                .into());
            }
            numbers.push((read, number));
        }
        let wanted: Vec<StudentNo> = numbers.iter().map(|(number, _)| *number).collect();
        let known = read::pupils_numbered(self.tx, &wanted).await?;
        let keeper = self.tree.keeper(school);
        let mut events = Vec::with_capacity(numbers.len());
        for (at, (number, text)) in numbers.iter().enumerate() {
            let mine = |pupil: &&Pupil| self.tree.keeper(pupil.standing.school) == keeper;
            let pupil = known.get(number).filter(mine).ok_or_else(Refusal::out_of_scope)?;
            let place = self.tree.school(pupil.standing.school).ok_or_else(Refusal::out_of_scope)?;
            let ending = named.get(*text).copied().unwrap_or(Ending::Graduated);
            let event = graduation::finish(pupil, place, ending, on, now.today(), None).map_err(|refusal| Refusal {
                zh: format!("第 {} 名：{}", at + 1, refusal.zh),
                en: format!("pupil {} of the list: {}", at + 1, refusal.en),
                ..refusal
            })?;
            events.push(event);
        }
        let pupils = self.persist(events, None, &actor.account, now).await?;
        // Due 31 July 24:00; what comes later is shown as late (GR-1).
        let policy = self.books.in_force(now.today())?;
        let due = policy
            .snapshots()
            .find(|(name, _, _)| *name == "graduation_done")
            .map(|(_, due, _)| due.in_year(on.year()));
        let late = due.is_some_and(|due| due < now.today());
        let counts = BTreeMap::from([("late".to_owned(), if late { pupils } else { 0 })]);
        Ok(Answer { id: Some(format!("school:{school}")), pupils, counts, ..Answer::default() })
    }

    /// Issues a certificate: its number is unique and stays; once, and a replacement once (GR-3).
    pub(super) async fn certify(
        &mut self,
        actor: &Actor,
        number: StudentNo,
        kind: certificate::Kind,
        printed: Option<&str>,
        now: &Now,
    ) -> Done<Answer> {
        let pupil = self.own_record(actor, number, now).await?;
        let stage = self
            .tree
            .school(pupil.standing.school)
            .and_then(|school| school.stage_of(pupil.standing.grade))
            .map_or("", |stage| stage.name());
        let of_stage = |kind: certificate::Kind| format!("{}:{stage}", kind.name());
        let there =
            certificates::Entity::find().filter(certificates::Column::PupilId.eq(pupil.id)).all(self.tx).await?;
        let issued: Vec<certificate::Kind> = [certificate::Kind::Certificate, certificate::Kind::Replacement]
            .into_iter()
            .filter(|kind| there.iter().any(|row| row.kind == of_stage(*kind)))
            .collect();
        certificate::check(&pupil, kind, &issued)?;
        let own = match printed.map(str::trim).filter(|printed| !printed.is_empty()) {
            Some(printed) => printed.to_owned(),
            None => {
                let year = now.today().year();
                let letters = if kind == certificate::Kind::Certificate { "B" } else { "X" };
                let serial = self.state.next(&format!("certificate:{letters}:{year}"));
                format!("{letters}{}{year}{serial:06}", pupil.standing.school)
            }
        };
        let row = certificates::ActiveModel {
            number: Set(own.clone()),
            pupil_id: Set(pupil.id),
            kind: Set(of_stage(kind)),
            issued_on: Set(now.today().into()),
            data: Set(rows::json("certificates", &own, &pupil.standing)?),
        };
        write::insert_all(self.tx, vec![row]).await?;
        Ok(Answer { id: Some(own), pupils: 1, ..Answer::default() })
    }
}

/// The facts with new values, and what was replaced.
fn merged(
    basic: &BasicFacts,
    fields: &BTreeMap<String, serde_json::Value>,
) -> Result<(BasicFacts, Vec<FieldChange>), Refusal> {
    let Ok(serde_json::Value::Object(mut whole)) = serde_json::to_value(basic) else {
        return Err(Refusal::invalid("basic", "基本信息无法读取", "the basic facts do not read"));
    };
    let shown = |value: Option<&serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut changes = Vec::new();
    for (field, value) in fields {
        let (old, new) = (shown(whole.get(field)), shown(Some(value)));
        if old != new {
            changes.push(FieldChange { field: field.clone(), old, new });
        }
        whole.insert(field.clone(), value.clone());
    }
    let basic = serde_json::from_value(serde_json::Value::Object(whole)).map_err(|_| {
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        Refusal::barred(
            "basic.field",
            "皖教基〔2013〕20号 第十七条、第二十九条",
            &format!("{} 中有不能由学校自行修改的字段或取值不合格", names.join("、")),
            &format!("one of {} is no basic fact, or has no such value", names.join(", ")),
        )
        .remedy("姓名、性别、出生日期、身份证件号、照片请申请关键信息变更", "apply for a key change for key facts")
    })?;
    Ok((basic, changes))
}
