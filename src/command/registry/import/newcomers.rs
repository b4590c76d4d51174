//! Rows of a sheet as newcomers, and what becomes of them (ENR-01, IDN-03).

use std::collections::{BTreeMap, HashMap};

use domain::{
    calendar::{Day, Month},
    identity::{Sex, StudentNo},
    organisation::{Division, SchoolId},
    rule::RuleId,
};
use futures::{StreamExt, stream};
use registry::{
    command::{Answer, Command},
    newcomers::{Newcomer, RowFault},
    office::{
        By, Now, Office, OfficeError,
        preview::{Fate, Outlook},
    },
    pupil::{BasicFacts, Holder, KeyFacts},
    refusal::Refusal,
};

use super::{
    sheet::{Line, Sheet},
    subject::Subject,
};

/// The document of a citizen.
const CITIZEN: &str = "居民身份证";

/// The rows that read as newcomers; what is wrong with the others is noted.
pub fn read(sheet: &mut Sheet, subject: &Subject, school: SchoolId) -> Vec<Newcomer> {
    let lines = std::mem::take(&mut sheet.lines);
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        match of_line(&line, subject) {
            Some(_) if line.value(subject, "school_id").is_some_and(|id| id != school.as_str()) => {
                sheet.tell(&other_school(line.row), line.value(subject, "school_id").unwrap_or_default(), subject);
            }
            Some(newcomer) => {
                if newcomer.key.id_no.is_none() && newcomer.key.id_kind == CITIZEN {
                    sheet.note(RuleId::IdMissing, &line, "id_no", subject);
                }
                rows.push(newcomer);
            }
            // Whatever is required was there and read; this is for a value that the office takes more strictly.
            None => sheet.note(RuleId::Unreadable, &line, "name", subject),
        }
    }
    rows
}

fn other_school(row: u32) -> RowFault {
    let refusal = Refusal::invalid("school_id", "不是本校的学生", "the row names another school")
        .remedy("请由该校导入", "let that school import it");
    RowFault { row, field: "school_id".to_owned(), refused: true, refusal }
}

fn of_line(line: &Line, subject: &Subject) -> Option<Newcomer> {
    let positions = |field: &str| line.value(subject, field);
    let text = |field: &str| positions(field).unwrap_or_default().to_owned();
    let yes = |field: &str| positions(field).map(|value| value == "是");
    let guardian = positions("guardian_id_no");
    // A child without a number of its own is kept under its guardian's until it has one.
    let (id_no, holder) = match (positions("id_no"), guardian) {
        (Some(own), _) => (Some(own), Holder::Own),
        (None, Some(guardian)) => (Some(guardian), Holder::Guardian),
        (None, None) => (None, Holder::Own),
    };
    let id_kind = match positions("id_kind")? {
        "其他" if holder == Holder::Guardian => CITIZEN.to_owned(),
        kind => kind.to_owned(),
    };
    Some(Newcomer {
        row: line.row,
        student_no: positions("student_no").and_then(StudentNo::read),
        key: KeyFacts {
            name: text("name"),
            sex: Sex::from_label(positions("sex")?)?,
            birth_on: Day::read(positions("birth_date")?)?,
            id_kind,
            id_no: id_no.map(str::to_owned),
            holder,
            portrait: None,
        },
        basic: BasicFacts {
            ethnicity: text("ethnicity"),
            nationality: text("nationality"),
            overseas: text("overseas"),
            political_status: text("political_status"),
            hukou_division: positions("hukou_division").and_then(Division::read),
            hukou_kind: text("hukou_kind"),
            entry_method: text("entry_method"),
            study_mode: text("study_mode"),
            migrant: yes("migrant"),
            left_behind: yes("left_behind"),
            disability: text("disability"),
            inclusive: yes("inclusive"),
            home_taught: None,
            address: text("address"),
            phone: text("phone"),
            guardian_name: text("guardian_name"),
            guardian_relation: text("guardian_relation"),
            guardian_id_no: text("guardian_id_no"),
            guardian_phone: text("guardian_phone"),
        },
        grade: positions("grade")?.parse().ok()?,
        class: text("class_id"),
        entry_month: Month::read(positions("entry_month")?)?,
        portrait: None,
        deferred_until: None,
    })
}

/// Tells the sheet what the office says of the rows. A number that is a guardian's is spoken of where it stands.
pub fn tell(sheet: &mut Sheet, subject: &Subject, rows: &[Newcomer], outlooks: &[Outlook]) {
    for (row, outlook) in rows.iter().zip(outlooks) {
        let by_guardian = row.key.holder == Holder::Guardian;
        for fault in &outlook.faults {
            let field = if by_guardian && fault.field == "id_no" { "guardian_id_no" } else { fault.field.as_str() };
            let value = match field {
                "name" => row.key.name.clone(),
                "id_no" | "guardian_id_no" => row.key.id_no.clone().unwrap_or_default(),
                "birth_date" => row.key.birth_on.to_string(),
                "sex" => row.key.sex.label().to_owned(),
                "id_kind" => row.key.id_kind.clone(),
                "grade" => row.grade.to_string(),
                "class_id" => row.class.clone(),
                "entry_month" => row.entry_month.to_string(),
                "student_no" => row.student_no.map(|number| number.as_str().to_owned()).unwrap_or_default(),
                _ => String::new(),
            };
            sheet.tell(&RowFault { field: field.to_owned(), ..fault.clone() }, &value, subject);
        }
    }
}

/// Puts the rows in place of those of a batch that was sent back. Pupils who are on record by now are none of them.
pub async fn resubmit(
    office: &Office,
    by: &By,
    case: i64,
    rows: Vec<Newcomer>,
    outlooks: &[Outlook],
    now: &Now,
) -> Result<Vec<Answer>, OfficeError> {
    let fresh = rows.into_iter().zip(outlooks).filter(|(_, outlook)| outlook.fate == Fate::New).map(|(row, _)| row);
    let fresh: Vec<Newcomer> = fresh.collect();
    if fresh.is_empty() {
        // Without rows the batch would go up again as it was.
        return Err(Refusal::invalid("newcomers.empty", "本批没有学生", "the batch is empty").into());
    }
    let command = Command::Resubmit { case, purpose: None, evidence: Vec::new(), rows: fresh };
    Ok(vec![office.act(by.clone(), command, None, now.clone()).await?])
}

/// How many records are changed at a time.
const AT_ONCE: usize = 64;
/// How often a batch may be added to under its name.
const ADDITIONS: usize = 99;

/// Submits the new rows and changes what the school keeps by itself of those that are there.
pub async fn commit(
    office: &Office,
    by: &By,
    school: SchoolId,
    batch: (&str, &str),
    rows: Vec<Newcomer>,
    outlooks: &[Outlook],
    now: &Now,
) -> Result<Vec<Answer>, OfficeError> {
    let mut answers = Vec::new();
    let (mut fresh, mut changes) = (Vec::new(), Vec::new());
    for (row, outlook) in rows.into_iter().zip(outlooks) {
        match (outlook.fate, outlook.student_no) {
            (Fate::New, _) => fresh.push(row),
            (Fate::Changed, Some(student_no)) => {
                let fields = changed(&row.basic, outlook);
                changes.push(Command::ChangeBasic { student_no, fields });
            }
            _ => {}
        }
    }
    let mut changing =
        stream::iter(changes.into_iter().map(|command| office.act(by.clone(), command, None, now.clone())))
            .buffer_unordered(AT_ONCE);
    let mut changed = 0;
    while let Some(answer) = changing.next().await {
        changed += answer?.pupils;
    }
    if 0 < changed {
        answers.push(Answer { pupils: changed, ..Answer::default() });
    }
    if !fresh.is_empty() {
        answers.push(submit(office, by, school, batch, fresh, now).await?);
    }
    Ok(answers)
}

/// Submits a batch; what is added later to a batch that was submitted already is a batch of its own, numbered after it.
async fn submit(
    office: &Office,
    by: &By,
    school: SchoolId,
    (name, reason): (&str, &str),
    rows: Vec<Newcomer>,
    now: &Now,
) -> Result<Answer, OfficeError> {
    let mut command = Command::SubmitNewcomers { school, name: name.to_owned(), rows, reason: reason.to_owned() };
    for addition in 2.. {
        match office.act(by.clone(), command.clone(), None, now.clone()).await {
            Err(OfficeError::Refused(refusal)) if refusal.code == "newcomers.name" && addition <= ADDITIONS => {
                if let Command::SubmitNewcomers { name: its, .. } = &mut command {
                    *its = format!("{name}（{addition}）");
                }
            }
            answered => return answered,
        }
    }
    Err(OfficeError::Closed)
}

/// The fields that differ, with their new values.
fn changed(basic: &BasicFacts, outlook: &Outlook) -> BTreeMap<String, serde_json::Value> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(basic) else { return BTreeMap::new() };
    let mut fields: HashMap<String, serde_json::Value> = fields.into_iter().collect();
    let of = |field: &String| Some((field.clone(), fields.remove(field)?));
    outlook.differences.iter().map(|difference| &difference.field).filter_map(of).collect()
}
