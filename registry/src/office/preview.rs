//! What an import would do (导入预览, ENR-01, INF-01): row by row against what is there, and nothing is written but that it was looked at.
//!
//! A row is new, or it is there and says the same, or it changes what the school keeps by itself; what a decision has set it never
//! overwrites (KF-1). An empty cell says nothing: it takes no value away.

mod kept;

pub use kept::{Completion, Entry, Named, Sitting};

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{identity::StudentNo, identity::masked, organisation::SchoolId};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{By, Now, Office, OfficeError, Task, desk, enrolment, trail::Seen};
use crate::{
    actor::{Actor, Right},
    case::CaseId,
    newcomers::{self, Against, Newcomer, RowFault},
    organisation::Tree,
    pupil::{Holder, KeyFacts, Pupil},
    refusal::Refusal,
    store::{StoreError, read, rows, table::cases},
};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is entered.
    New,
    /// It is there, and some of what the school keeps by itself changes.
    Changed,
    /// It is there and says the same.
    Unchanged,
    /// It is not taken.
    Refused,
}

/// A value that differs from the one there is, as lists may show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// What is there.
    pub old: String,
    /// What the row says.
    pub new: String,
}

impl Difference {
    fn of(field: &str, old: &str, new: &str) -> Difference {
        Difference { field: field.to_owned(), old: shown(field, old), new: shown(field, new) }
    }
}

impl std::fmt::Debug for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Difference {{ {} }}", self.field)
    }
}

/// What is to be said of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The row of the sender's sheet.
    pub row: u32,
    /// What becomes of it.
    pub fate: Fate,
    /// The record that is there.
    pub student_no: Option<StudentNo>,
    /// What differs from it.
    pub differences: Vec<Difference>,
    /// What is wrong with the row, or only worth a look.
    pub faults: Vec<RowFault>,
}

impl Outlook {
    fn new(row: u32, fate: Fate) -> Outlook {
        Outlook { row, fate, student_no: None, differences: Vec::new(), faults: Vec::new() }
    }

    fn refused(row: u32, field: &str, refusal: Refusal) -> Outlook {
        Outlook { fate: Fate::Refused, faults: vec![fault(row, field, refusal)], ..Outlook::new(row, Fate::Refused) }
    }

    /// The row is not taken for this.
    fn refuse(&mut self, field: &str, refusal: Refusal) {
        self.fate = Fate::Refused;
        self.faults.push(fault(self.row, field, refusal));
    }
}

fn fault(row: u32, field: &str, refusal: Refusal) -> RowFault {
    RowFault { row, field: field.to_owned(), refused: true, refusal }
}

/// A value as lists may show it: numbers masked, of a name the first character, of an address the beginning.
pub fn shown(field: &str, value: &str) -> String {
    let first = |count: usize| {
        let rest = if count < value.chars().count() { "…" } else { "" };
        value.chars().take(count).chain(rest.chars()).collect::<String>()
    };
    match field {
        "id_no" | "guardian_id_no" | "student_no" | "phone" | "guardian_phone" => masked(value),
        "name" | "guardian_name" | "witness" => first(1),
        "address" => first(6),
        _ if 14 < value.chars().filter(char::is_ascii_digit).count() => masked(value),
        _ => first(40),
    }
}

/// The same row twice in a file.
fn twice() -> Refusal {
    Refusal::invalid(
        "import.twice",
        "与本表前面一行重复而内容不同",
        "another row above speaks of the same and says otherwise",
    )
    .remedy("请只留正确的一行", "keep the right one")
}

/// What an approved record says stays until a decision changes it.
fn decided(field: &str) -> Refusal {
    let (remedy_zh, remedy_en) = match field {
        "class_id" => ("请办理调班", "move the pupil to another class"),
        "grade" | "entry_month" => {
            ("年级随升级、升学、跳级、留级变动", "grades change by promotion or by a decided case")
        }
        "outcome" | "completed_on" => ("请申请更正", "apply for a correction"),
        _ => ("请申请关键信息变更并附证明", "apply for a change of key facts, with evidence"),
    };
    Refusal::barred(
        "import.decided",
        "皖教基〔2013〕20号 第二十九条",
        "与已审核的学籍不符，导入不改写审核确定的内容",
        "differs from the approved record, and an import overwrites nothing that a decision has set",
    )
    .remedy(remedy_zh, remedy_en)
}

/// What is known while rows are compared.
struct Look {
    transaction: DatabaseTransaction,
    tree: Tree,
}

impl Office {
    /// Looks as somebody who may maintain the records of a school.
    async fn look_for(&self, by: &By, school: SchoolId, now: &Now) -> Result<Look, OfficeError> {
        let transaction = self.store.look().await?;
        let tree = read::tree(&transaction).await?;
        let actor = match by {
            By::System => Actor::system(&tree),
            By::Account(account) => {
                let officers = read::officers(&transaction).await?;
                officers.get(account).ok_or_else(Refusal::out_of_scope)?.on_duty(now.today())?
            }
        };
        desk::acts_for_school(&tree, &actor, school, Right::Maintain, now.today())?;
        Ok(Look { transaction, tree })
    }

    /// Puts the look on record (USR-06).
    async fn looked(&self, by: By, what: &str, school: SchoolId, now: &Now) -> Result<(), OfficeError> {
        let seen = Seen {
            action: "preview_import",
            subject: format!("school:{school}"),
            why: format!("导入预览 {what}"),
            result: "read".to_owned(),
        };
        self.hand_over(by, Task::Note(seen), now.clone()).await.map(|_| ())
    }

    /// What would become of the rows of a batch of newcomers, or of those that come instead of the rows of a batch that was sent back;
    /// tidies them and finds their portraits, as submitting does.
    pub async fn preview_newcomers(
        &self,
        by: By,
        school: SchoolId,
        instead_of: Option<CaseId>,
        given: &mut [Newcomer],
        now: &Now,
    ) -> Result<Vec<Outlook>, OfficeError> {
        let Look { transaction, tree } = self.look_for(&by, school, now).await?;
        let policy = self.policy(now.today())?;
        let place = tree.school(school).ok_or_else(Refusal::out_of_scope)?;
        given.iter_mut().for_each(newcomers::tidy);
        enrolment::find_portraits(&transaction, given).await?;
        let keys: Vec<String> = given.iter().map(|row| Pupil::person_key(&row.key)).collect();
        let under_guardians: Vec<Option<String>> = given.iter().map(under_guardian).collect();
        let asked: Vec<String> = keys.iter().cloned().chain(under_guardians.iter().flatten().cloned()).collect();
        let known = read::pupils_of_persons(&transaction, &asked).await?;
        let classes = read::classes_of(&transaction, school).await?;
        let promoted = read::promoted(&transaction).await?;
        let mut waiting = waiting(&transaction, school).await?;
        if let Some(returned) = instead_of {
            waiting.retain(|_, (case, _, _)| *case != returned);
        }
        let _ = transaction.rollback().await;

        let keeper = tree.keeper(school);
        let mut outlooks: Vec<Option<Outlook>> = Vec::with_capacity(given.len());
        let mut seen: HashSet<&str> = HashSet::with_capacity(given.len());
        for ((row, key), under_guardian) in given.iter().zip(&keys).zip(&under_guardians) {
            let first = seen.insert(key);
            let here =
                |pupil: &&Pupil| pupil.standing.status.is_registered() && tree.keeper(pupil.standing.school) == keeper;
            let temporary = under_guardian.as_ref().and_then(|key| known.get(key)).filter(here);
            outlooks.push(match (known.get(key).filter(here), waiting.get(key)) {
                (Some(_), _) | (_, Some(_)) if !first => Some(Outlook::refused(row.row, "id_no", twice())),
                (Some(pupil), _) => Some(against_record(row, pupil)),
                (None, Some((_, number, before))) => Some(against_batch(row, before, number)),
                (None, None) => temporary.map(|pupil| Outlook {
                    student_no: Some(pupil.student_no),
                    ..Outlook::refused(row.row, "id_no", has_temporary())
                }),
            });
        }
        let fresh: Vec<Newcomer> =
            given.iter().zip(&outlooks).filter(|(_, outlook)| outlook.is_none()).map(|(row, _)| row.clone()).collect();
        let against = Against { school: place, classes: &classes, known: &known, promoted, today: now.today() };
        let mut faults: BTreeMap<u32, Vec<RowFault>> = BTreeMap::new();
        for mut fault in newcomers::check(&fresh, &against, &policy) {
            // A portrait may come until the approval.
            fault.refused &= fault.refusal.code != "newcomers.portrait";
            faults.entry(fault.row).or_default().push(fault);
        }
        let outlooks = given
            .iter()
            .zip(outlooks)
            .map(|(row, outlook)| {
                outlook.unwrap_or_else(|| {
                    let faults = faults.remove(&row.row).unwrap_or_default();
                    let fate = if faults.iter().any(|fault| fault.refused) { Fate::Refused } else { Fate::New };
                    Outlook { faults, ..Outlook::new(row.row, fate) }
                })
            })
            .collect();
        self.looked(by, "newcomers", school, now).await?;
        Ok(outlooks)
    }
}

/// The person key that a pupil with a number of his own would have had before, under the guardian's (IDN-03).
fn under_guardian(row: &Newcomer) -> Option<String> {
    let guardian =
        Some(row.basic.guardian_id_no.trim()).filter(|number| !number.is_empty() && row.key.holder == Holder::Own)?;
    let key = KeyFacts { id_no: Some(guardian.to_owned()), holder: Holder::Guardian, ..row.key.clone() };
    Some(Pupil::person_key(&key))
}

fn has_temporary() -> Refusal {
    Refusal::barred(
        "newcomers.temporary",
        "皖教基〔2013〕20号 第十三条",
        "该生已有以监护人身份证号建立的临时学籍",
        "the pupil has a temporary record under the guardian's number",
    )
    .remedy(
        "请在原学籍上申请关键信息变更，补登本人号码",
        "apply for a key change that enters the pupil's own number there",
    )
}

/// Rows of batches that wait for their authority, by person, with the case and its number.
async fn waiting(
    transaction: &DatabaseTransaction,
    school: SchoolId,
) -> Result<HashMap<String, (CaseId, String, Newcomer)>, OfficeError> {
    let found: Vec<cases::Model> = cases::Entity::find()
        .filter(cases::Column::Kind.eq("newcomers"))
        .filter(cases::Column::Applicant.eq(school.as_str()))
        .filter(cases::Column::State.is_in(["open", "returned"]))
        .all(transaction)
        .await
        .map_err(StoreError::from)?;
    let mut waiting = HashMap::new();
    for case in &found {
        let number = rows::case(case)?.number();
        for row in read::newcomers(transaction, case.id).await? {
            waiting.insert(Pupil::person_key(&row.key), (case.id, number.clone(), row));
        }
    }
    Ok(waiting)
}

/// Key facts and places of a row, as text by field.
fn facts_of(key: &KeyFacts, class: &str, grade: u8, entry: domain::calendar::Month) -> [(&'static str, String); 7] {
    [
        ("name", key.name.clone()),
        ("sex", key.sex.label().to_owned()),
        ("birth_date", key.birth_on.to_string()),
        ("id_kind", key.id_kind.clone()),
        ("class_id", class.to_owned()),
        ("grade", grade.to_string()),
        ("entry_month", entry.to_string()),
    ]
}

/// Basic facts of a row that differ from those there are; an empty cell says nothing.
fn basic_differences(old: &crate::pupil::BasicFacts, new: &crate::pupil::BasicFacts) -> Vec<Difference> {
    let fields = |facts: &crate::pupil::BasicFacts| match serde_json::to_value(facts) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        other => other.to_string(),
    };
    let old = fields(old);
    let differs = |(field, value): (String, serde_json::Value)| {
        let before = old.get(&field);
        (before != Some(&value)).then(|| Difference::of(&field, &before.map(&text).unwrap_or_default(), &text(&value)))
    };
    fields(new).into_iter().filter_map(differs).collect()
}

fn against_record(row: &Newcomer, pupil: &Pupil) -> Outlook {
    let there = facts_of(&pupil.key, &pupil.standing.class, pupil.standing.grade, pupil.entry_month);
    let said = facts_of(&row.key, &row.class, row.grade, row.entry_month);
    let basic = basic_differences(&pupil.basic, &row.basic);
    let fate = if basic.is_empty() { Fate::Unchanged } else { Fate::Changed };
    let mut outlook = Outlook { student_no: Some(pupil.student_no), ..Outlook::new(row.row, fate) };
    for ((field, old), (_, new)) in there.iter().zip(&said).filter(|((_, old), (_, new))| old != new) {
        outlook.differences.push(Difference::of(field, old, new));
        outlook.refuse(field, decided(field));
    }
    outlook.differences.extend(basic);
    outlook
}

fn against_batch(row: &Newcomer, before: &Newcomer, number: &str) -> Outlook {
    let there = facts_of(&before.key, &before.class, before.grade, before.entry_month);
    let said = facts_of(&row.key, &row.class, row.grade, row.entry_month);
    let mut outlook = Outlook::new(row.row, Fate::Unchanged);
    let keys = there.iter().zip(&said).filter(|((_, old), (_, new))| old != new);
    outlook.differences = keys.map(|((field, old), (_, new))| Difference::of(field, old, new)).collect();
    outlook.differences.extend(basic_differences(&before.basic, &row.basic));
    if let Some(field) = outlook.differences.first().map(|difference| difference.field.clone()) {
        outlook.refuse(
            &field,
            Refusal::conflict(
                "import.pending",
                "皖教基〔2013〕20号 第十五条",
                &format!("该生已在待审核的批次（{number}）中，内容不同"),
                &format!("the pupil is in a batch that waits for its review ({number}), with other values"),
            )
            .remedy(
                "退回的批次请用 --resubmit 补正；未退回的请撤回后重新提交，或在审核后变更",
                "complete a batch that was sent back with --resubmit; else withdraw it, or change it after the review",
            ),
        );
    }
    outlook
}
