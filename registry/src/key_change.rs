//! Change of key facts (关键信息变更): 皖教基〔2013〕20号 art. 29, 13; 某省办法 art. 11; 电子科大 2010 (IDN-03, INF-02, INF-03).
//!
//! After reporting, name, sex, birth date, identity number and portrait change only through an approved request with evidence. Old values
//! stay. The registration number never changes with them.

use domain::{calendar::Day, identity::Sex, movement::MovementKind, policy::Policy};
use serde::{Deserialize, Serialize};

use crate::{
    application::{Finish, Request, Route},
    case::{Case, Party},
    crossing::second_record,
    event::{Event, FieldChange},
    proposal::{needs, needs_reason, own_pupil},
    pupil::{Holder, Movement, Pupil},
    purpose::Procedure,
    refusal::{Cause, Refusal},
    scene::Scene,
};

const ARTICLE: &str = "皖教基〔2013〕20号 第二十九条";

/// What is asked to be replaced, each with the value it replaces: a request whose base has changed meanwhile is refused (KF-5).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyChange {
    /// 姓名: old and new
    pub name: Option<(String, String)>,
    /// 性别
    pub sex: Option<(Sex, Sex)>,
    /// 出生日期
    pub birth_on: Option<(Day, Day)>,
    /// 身份证件号; the old one may be missing. On a temporary record the new one is the pupil's own (就地转正).
    pub id_no: Option<(Option<String>, String)>,
    /// 身份证件类型, with the number
    pub id_kind: Option<(String, String)>,
    /// 照片摘要 of the present stage
    pub portrait: Option<(Option<String>, String)>,
}

impl std::fmt::Debug for KeyChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyChange {{ {} }}", self.fields().join(", "))
    }
}

/// Which digits of an identity number change, and so which evidence is asked for (INF-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// 末位 or the sequence: any police station
    Tail,
    /// 1–6 division code: the county police
    Division,
    /// 7–14 birth date: the archived approval of the change of citizen identity
    Birth,
}

impl Tier {
    /// The tier of a change; the gravest that applies. A first number is a tail.
    pub fn of(old: Option<&str>, new: &str) -> Tier {
        let Some(old) = old else { return Tier::Tail };
        let differs = |range: std::ops::Range<usize>| old.get(range.clone()) != new.get(range);
        match () {
            () if differs(6..14) => Tier::Birth,
            () if differs(0..6) => Tier::Division,
            () => Tier::Tail,
        }
    }

    const fn evidence(self) -> (&'static [&'static str], &'static str) {
        match self {
            Tier::Tail => (
                &["police_certificate", "county_police_certificate", "identity_change_approval"],
                "公安派出所出具的证明",
            ),
            Tier::Division => (&["county_police_certificate", "identity_change_approval"], "县级公安机关出具的证明"),
            Tier::Birth => (&["identity_change_approval"], "公民身份信息变更审批表（存档件）"),
        }
    }
}

impl KeyChange {
    fn fields(&self) -> Vec<&'static str> {
        let asked = [
            ("name", self.name.is_some()),
            ("sex", self.sex.is_some()),
            ("birth_date", self.birth_on.is_some()),
            ("id_no", self.id_no.is_some()),
            ("id_kind", self.id_kind.is_some()),
            ("photo_digest", self.portrait.is_some()),
        ];
        asked.into_iter().filter_map(|(field, is_asked)| is_asked.then_some(field)).collect()
    }

    /// The record with the new values, and what was replaced; or the field whose base has changed.
    fn applied(&self, pupil: &Pupil) -> Result<(Pupil, Vec<FieldChange>), &'static str> {
        let mut after = pupil.clone();
        let mut changes = Vec::new();
        let mut note = |field: &str, old: &str, new: &str| {
            changes.push(FieldChange { field: field.to_owned(), old: old.to_owned(), new: new.to_owned() });
        };
        if let Some((old, new)) = &self.name {
            (*old == pupil.key.name).then_some(()).ok_or("name")?;
            note("name", old, new);
            after.key.name.clone_from(new);
        }
        if let Some((old, new)) = self.sex {
            (old == pupil.key.sex).then_some(()).ok_or("sex")?;
            note("sex", old.label(), new.label());
            after.key.sex = new;
        }
        if let Some((old, new)) = self.birth_on {
            (old == pupil.key.birth_on).then_some(()).ok_or("birth_date")?;
            note("birth_date", &old.to_string(), &new.to_string());
            after.key.birth_on = new;
        }
        if let Some((old, new)) = &self.id_kind {
            (*old == pupil.key.id_kind).then_some(()).ok_or("id_kind")?;
            note("id_kind", old, new);
            after.key.id_kind.clone_from(new);
        }
        if let Some((old, new)) = &self.id_no {
            (*old == pupil.key.id_no).then_some(()).ok_or("id_no")?;
            note("id_no", old.as_deref().unwrap_or(""), new);
            after.key.id_no = Some(new.clone());
            after.key.holder = Holder::Own;
        }
        if let Some((old, new)) = &self.portrait {
            (*old == pupil.key.portrait).then_some(()).ok_or("photo_digest")?;
            note("photo_digest", old.as_deref().unwrap_or(""), new);
            after.key.portrait = Some(new.clone());
        }
        after.version += 1;
        Ok((after, changes))
    }
}

impl Procedure for KeyChange {
    fn open(&self, scene: &Scene, request: &Request, _policy: &Policy) -> Result<Route, Refusal> {
        let (pupil, _) = own_pupil(scene, request)?;
        needs_reason(request, ARTICLE)?;
        if self.fields().is_empty() {
            return Err(Refusal::invalid(
                "key_change.nothing",
                "没有填写要变更的信息",
                "nothing is asked to be changed",
            ));
        }
        if !pupil.standing.status.is_registered() {
            return Err(Refusal::barred("status", ARTICLE, "学籍已注销，不得变更", "the record is closed"));
        }
        let (after, _) = self.applied(pupil).map_err(base_changed)?;
        if let Some((old, new)) = &self.id_no {
            if after.key.id_kind == "居民身份证" {
                crate::newcomers::check_key(&after.key, scene.today)?;
                let tier = if pupil.is_temporary() { Tier::Tail } else { Tier::of(old.as_deref(), new) };
                let (kinds, zh) = tier.evidence();
                if pupil.is_temporary() {
                    needs(
                        request.evidence,
                        &["household_register", "police_certificate"],
                        ARTICLE,
                        "户口簿或公安机关证明",
                    )?;
                } else {
                    needs(request.evidence, kinds, ARTICLE, zh)?;
                }
            }
            if scene.holder.is_some_and(|holder| holder != pupil.id) {
                return Err(second_record());
            }
        }
        if let Some((_, name)) = &self.name {
            crate::newcomers::check_name(name)?;
            needs(
                request.evidence,
                &["household_register_certified", "police_certificate"],
                ARTICLE,
                "经核验的户口簿页",
            )?;
        }
        if self.portrait.is_some() {
            needs(
                request.evidence,
                &["school_statement", "household_register", "identity_document", "police_certificate"],
                ARTICLE,
                "学校出具的照片更正说明或身份证件",
            )?;
        }
        if self.sex.is_some() || self.birth_on.is_some() || self.id_kind.is_some() {
            needs(
                request.evidence,
                &[
                    "household_register",
                    "household_register_certified",
                    "police_certificate",
                    "identity_change_approval",
                ],
                ARTICLE,
                "户口簿或公安机关证明",
            )?;
            crate::newcomers::check_key(&after.key, scene.today)?;
        }
        Ok(vec![Party::Authority])
    }

    fn complete(&self, scene: &Scene, case: &Case, _policy: &Policy, finish: Finish) -> Result<Vec<Event>, Refusal> {
        let pupil = scene.pupil()?;
        let (after, fields) = self.applied(pupil).map_err(base_changed)?;
        if self.id_no.is_some() && scene.holder.is_some_and(|holder| holder != pupil.id) {
            return Err(second_record());
        }
        let movement = Movement {
            kind: MovementKind::KeyChange,
            effective_on: finish.on,
            from: Some(pupil.standing.clone()),
            to: Some(pupil.standing.clone()),
            reason: case.reason.clone(),
            counterpart: String::new(),
            applied_on: Some(case.opened_on),
            decided_on: Some(finish.on),
            mode: finish.mode,
        };
        Ok(vec![Event::Changed { pupil: after, fields, effective_on: finish.on, movement: Some(movement) }])
    }
}

fn base_changed(field: &'static str) -> Refusal {
    let refusal = Refusal::barred(
        "key_change.base",
        ARTICLE,
        &format!("{field} 的现值与申请所依据的值不同"),
        &format!("the present value of {field} is not the one the request rests on"),
    )
    .remedy("请按现值重新申请", "apply anew from the present value");
    Refusal { cause: Cause::Conflict, ..refusal }
}
