//! The facts that fill a paper (文书), as JSON from the records: within the reader's scope, with a purpose, and on record (USR-06).
//!
//! Which fields a paper has is for the papers to say; here is where they come from. What a paper can't be without and the records do not
//! hold is named in the refusal.

mod certificates;
mod evidence;
mod lists;
mod of_cases;
mod sheet;

use std::collections::HashMap;
use std::sync::Arc;

use domain::{
    calendar::{Day, SchoolYear},
    organisation::{Division, SchoolId},
    policy::Policy,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{By, Now, Office, OfficeError, Task, lookup::Scope, trail::Seen};
use crate::{
    actor::{Actor, Right, Role},
    case::CaseId,
    dropout::KEPT_CLASS,
    officer::Officer,
    organisation::Tree,
    pupil::{BasicFacts, Holder, KeyFacts, Pupil},
    refusal::Refusal,
    store::{StoreError, read, table::changes},
    unit::Unit,
};

/// Which paper, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The paper's name, such as `dropout_letter`.
    pub kind: String,
    /// The case: of a letter, a form, a notice.
    pub case: Option<CaseId>,
    /// 学籍号: of a certificate.
    pub student_no: Option<String>,
    /// 学校标识码: of a class list, a collection form.
    pub school: Option<String>,
    /// 班号: of a class list.
    pub class: Option<String>,
    /// The report or check: of a sign-off sheet.
    pub duty: Option<i64>,
    /// The authority: of a hand-over.
    pub authority: Option<String>,
    /// 依据办法, where no case says by which it goes.
    pub measure: String,
    /// 成文日期
    pub issued_on: Day,
}

/// The papers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paper {
    DropoutLetter,
    TransferForm,
    SuspensionNotice,
    ResumptionNotice,
    EnrolmentCertificate,
    SchoolingCertificate,
    ClassList,
    SignOffSheet,
    CollectionForm,
    MigrantHandover,
}

impl Paper {
    const ALL: [(Paper, &'static str, &'static str); 10] = [
        (Paper::DropoutLetter, "dropout_letter", "paper_dropout_letter"),
        (Paper::TransferForm, "transfer_form", "paper_transfer_form"),
        (Paper::SuspensionNotice, "suspension_notice", "paper_suspension_notice"),
        (Paper::ResumptionNotice, "resumption_notice", "paper_resumption_notice"),
        (Paper::EnrolmentCertificate, "enrolment_certificate", "paper_enrolment_certificate"),
        (Paper::SchoolingCertificate, "schooling_certificate", "paper_schooling_certificate"),
        (Paper::ClassList, "class_list", "paper_class_list"),
        (Paper::SignOffSheet, "sign_off_sheet", "paper_sign_off_sheet"),
        (Paper::CollectionForm, "collection_form", "paper_collection_form"),
        (Paper::MigrantHandover, "migrant_handover", "paper_migrant_handover"),
    ];

    /// The paper, and the word for it in the audit chain.
    fn named(name: &str) -> Result<(Paper, &'static str), Refusal> {
        let found = Paper::ALL.iter().find(|(_, known, _)| *known == name);
        found.map(|(paper, _, action)| (*paper, *action)).ok_or_else(|| {
            let known = Paper::ALL.map(|(_, name, _)| name).join(", ");
            Refusal::invalid("paper.kind", "没有这种文书", &format!("there is no such paper; there are {known}"))
        })
    }

    /// Whether it names a person.
    const fn is_personal(self) -> bool {
        !matches!(self, Paper::SignOffSheet | Paper::CollectionForm)
    }
}

impl Office {
    /// The facts of a paper, one value for each sheet of it; the reading goes on record before they are given.
    pub async fn facts_of_paper(
        &self,
        by: By,
        wanted: &Wanted,
        why: &str,
        now: Now,
    ) -> Result<Vec<Value>, OfficeError> {
        let (paper, action) = Paper::named(&wanted.kind)?;
        let found = self.read_facts(&by, paper, wanted, why, &now).await;
        let (subject, result) = match &found {
            Ok((_, subject)) => (subject.clone(), "read".to_owned()),
            Err(OfficeError::Refused(refusal)) => (String::new(), format!("refused:{}", refusal.code)),
            Err(_) => return found.map(|(facts, _)| facts),
        };
        let seen = Seen { action, subject, why: why.to_owned(), result };
        self.hand_over(by, Task::Note(seen), now).await?;
        found.map(|(facts, _)| facts)
    }

    async fn read_facts(
        &self,
        by: &By,
        paper: Paper,
        wanted: &Wanted,
        why: &str,
        now: &Now,
    ) -> Result<(Vec<Value>, String), OfficeError> {
        let look = self.store.look().await?;
        let tree = read::tree(&look).await?;
        let officers = read::officers(&look).await?;
        let actor = match by {
            By::System => Actor::system(&tree),
            By::Account(account) => officers.get(account).ok_or_else(Refusal::out_of_scope)?.on_duty(now.today())?,
        };
        actor.may(Right::Read)?;
        if paper.is_personal() && why.trim().is_empty() {
            return Err(Refusal::invalid(
                "why",
                "查看个人信息须写明用途",
                "state the purpose of reading personal data",
            )
            .into());
        }
        let scope = Scope { tree: &tree, actor: &actor };
        let policy = self.books.in_force(wanted.issued_on)?;
        let reading = Reading {
            office: self,
            look: &look,
            tree: &tree,
            officers: &officers,
            scope,
            policy,
            wanted,
            today: now.today(),
        };
        match paper {
            Paper::DropoutLetter => reading.dropout_letter().await,
            Paper::TransferForm => reading.transfer_form().await,
            Paper::SuspensionNotice => reading.suspension_notice().await,
            Paper::ResumptionNotice => reading.resumption_notice().await,
            Paper::EnrolmentCertificate => reading.enrolment_certificate().await,
            Paper::SchoolingCertificate => reading.schooling_certificate().await,
            Paper::ClassList => reading.class_list().await,
            Paper::SignOffSheet => reading.sign_off_sheet().await,
            Paper::CollectionForm => reading.collection_form(),
            Paper::MigrantHandover => reading.migrant_handover().await,
        }
    }
}

/// The facts of the sheets, and what was read for the audit chain.
type Found = Result<(Vec<Value>, String), OfficeError>;

/// One reading for one paper.
struct Reading<'a> {
    office: &'a Office,
    look: &'a DatabaseTransaction,
    tree: &'a Tree,
    officers: &'a HashMap<String, Officer>,
    scope: Scope<'a>,
    policy: Arc<Policy>,
    wanted: &'a Wanted,
    today: Day,
}

/// Something that a paper needs and that was not said or is not on record.
fn missing(zh: &str, en: &str) -> Refusal {
    Refusal::invalid("paper.missing", &format!("缺少{zh}"), &format!("missing: {en}"))
}

/// A field of the record that a paper needs.
fn on_record<'t>(text: &'t str, zh: &str, en: &str) -> Result<&'t str, Refusal> {
    if text.trim().is_empty() {
        return Err(missing(zh, en).remedy("请先在基本信息中补录", "enter it among the basic facts first"));
    }
    Ok(text)
}

impl Reading<'_> {
    /// The measure that a paper cites: that of the case, if the papers know it.
    fn measure<'w>(&'w self, case_policy: &'w str) -> &'w str {
        if matches!(case_policy, "anhui-2013" | "province-b") { case_policy } else { &self.wanted.measure }
    }

    fn wanted_school(&self) -> Result<SchoolId, OfficeError> {
        let text = self.wanted.school.as_deref().ok_or_else(|| missing("学校标识码", "the school"))?;
        let school = SchoolId::read(text).ok_or_else(|| {
            Refusal::invalid("school", "学校标识码为 10 位数字", "a school has an identifier of 10 digits")
        })?;
        self.scope.unit(Unit::School(school))?;
        self.tree.school(school).ok_or_else(Refusal::out_of_scope)?;
        Ok(school)
    }

    /// Whom to ask: the registrar of a school or authority, else its head; of a branch those of the central school.
    fn contact(&self, unit: Unit) -> Result<Value, Refusal> {
        let of_unit = |unit: Unit, role: Role| {
            let serves = |officer: &&Officer| {
                officer.unit == unit
                    && officer.role == role
                    && officer.disabled_on.is_none()
                    && !officer.name.trim().is_empty()
            };
            self.officers.values().filter(serves).min_by(|a, b| a.account.cmp(&b.account))
        };
        let (own_phone, central) = match unit {
            Unit::School(school) => {
                let school = self.tree.school(school);
                (
                    school.map_or("", |school| school.phone.as_str()),
                    school.and_then(|school| school.parent).map(Unit::School),
                )
            }
            Unit::Authority(id) => (self.tree.authority(id).map_or("", |authority| authority.phone.as_str()), None),
        };
        let ranks = [Role::Registrar, Role::Head];
        let officer = ranks
            .into_iter()
            .find_map(|role| of_unit(unit, role))
            .or_else(|| ranks.into_iter().find_map(|role| of_unit(central?, role)))
            .ok_or_else(|| {
                missing("联系人（学籍管理员姓名）", "the contact, a registrar with a name").remedy(
                    "请先登记本单位学籍管理员的姓名和电话",
                    "enter the name and telephone of the unit's registrar first",
                )
            })?;
        let phone = if officer.phone.trim().is_empty() { own_phone } else { &officer.phone };
        if phone.trim().is_empty() {
            return Err(missing("联系电话", "the telephone of the contact")
                .remedy("请先登记本单位或学籍管理员的电话", "enter the telephone of the unit or its registrar first"));
        }
        Ok(json!({ "name": officer.name, "phone": phone }))
    }

    /// The name of whoever has an account, or the account itself.
    fn name_of(&self, account: &str) -> String {
        let named =
            self.officers.get(account).map(|officer| officer.name.clone()).filter(|name| !name.trim().is_empty());
        named.unwrap_or_else(|| account.to_owned())
    }

    /// The name of the authority that keeps a school's records (学籍主管部门).
    fn authority_name(&self, school: SchoolId) -> Result<&str, Refusal> {
        let authority = self.tree.authority_of(school).ok_or_else(Refusal::out_of_scope)?;
        Ok(self.tree.name(Unit::Authority(authority)))
    }

    /// The name of a class as papers show it; of one that is gone, its number.
    async fn class_name(&self, school: SchoolId, class: &str) -> Result<String, OfficeError> {
        if class == KEPT_CLASS {
            return Ok("（辍学保留）".to_owned());
        }
        let found = read::class(self.look, school, class).await?;
        Ok(found.map_or_else(|| format!("{class}班"), |class| class.name))
    }

    /// The school year's term in which a day lies: `2025—2026学年度第一学期`.
    fn term(&self, school: Option<SchoolId>, day: Day) -> String {
        let year = SchoolYear::of(day, self.policy.school_year_start()).start_year();
        let spring = match school {
            Some(school) => self.tree.terms_at(school, year, &self.policy)[1].0,
            None => self.policy.day_of_year("terms.spring_start").map_or(day, |first| first.in_year(year + 1)),
        };
        term_text(year, spring <= day)
    }

    /// The pupil of a paper; the identity number only where the paper shows it whole, and never a guardian's in its place.
    fn pupil(key: &KeyFacts, student_no: &str, with_id: bool) -> Value {
        let id_no = key.id_no.as_deref().filter(|_| with_id && key.holder == Holder::Own);
        json!({
            "name": key.name,
            "sex": key.sex,
            "birth_date": key.birth_on,
            "student_no": student_no,
            "id_kind": if with_id { Some(key.id_kind.as_str()) } else { None },
            "id_no": id_no,
        })
    }

    fn guardian(basic: &BasicFacts) -> Result<Value, Refusal> {
        let name = on_record(&basic.guardian_name, "监护人姓名", "the guardian's name")?;
        Ok(json!({ "name": name, "relation": basic.guardian_relation, "phone": basic.guardian_phone }))
    }

    /// The movement that a case has brought about, of the pupil or of any.
    async fn movement_of(&self, case: CaseId) -> Result<Option<changes::Model>, OfficeError> {
        Ok(changes::Entity::find()
            .filter(changes::Column::CaseId.eq(case))
            .order_by_asc(changes::Column::Id)
            .one(self.look)
            .await
            .map_err(StoreError::from)?)
    }

    /// Where the pupil stood before a case was completed, or stands if it is not: school, class and grade.
    async fn place_before(&self, pupil: &Pupil, case: CaseId) -> Result<(SchoolId, String, u8), OfficeError> {
        let standing = &pupil.standing;
        let now = (standing.school, standing.class.clone(), standing.grade);
        let Some(row) = self.movement_of(case).await? else { return Ok(now) };
        let school = row.from_school.as_deref().and_then(SchoolId::read);
        let grade = row.from_grade.and_then(|grade| u8::try_from(grade).ok());
        Ok(match (school, row.from_class, grade) {
            (Some(school), Some(class), Some(grade)) => (school, class, grade),
            _ => now,
        })
    }

    /// The name of the education authority of a county, in the province or elsewhere.
    fn county_name(&self, county: Division) -> String {
        if let Some(authority) = self.tree.authority(county) {
            return authority.name.clone();
        }
        let place = domain::division::name_of(county.as_str()).unwrap_or(county.as_str());
        format!("{place}教育行政部门")
    }
}

fn term_text(year: i32, second: bool) -> String {
    format!("{year}—{}学年度第{}学期", year + 1, if second { "二" } else { "一" })
}
