//! Rows of a sheet as facts and completions, and what becomes of them (INF-01, ORG-06, GRD-01).

use std::collections::BTreeMap;

use domain::{calendar::Day, identity::StudentNo, organisation::SchoolId, rule::RuleId};
use registry::{
    certificate,
    command::{Answer, Command},
    fact::{self, FactKind},
    graduation::Ending,
    newcomers::RowFault,
    office::{
        By, Now, Office, OfficeError,
        preview::{Completion, Entry, Fate, Named, Outlook},
    },
};

use super::{
    sheet::{Line, Sheet},
    subject::Subject,
};

/// Rows of one command: a transaction each.
const CHUNK: usize = 5_000;

/// Whose row it is; required, and so there.
fn student(line: &Line, subject: &Subject) -> Option<(StudentNo, Named)> {
    let number = line.value(subject, "student_no").and_then(StudentNo::read)?;
    Some((number, Named(line.value(subject, "name").unwrap_or_default().to_owned())))
}

/// The rows that read as facts.
pub fn facts(sheet: &mut Sheet, subject: &Subject) -> Vec<Entry> {
    let lines = std::mem::take(&mut sheet.lines);
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let Some((student_no, name)) = student(&line, subject) else {
            sheet.note(RuleId::Unreadable, &line, "student_no", subject);
            continue;
        };
        let kept = subject.columns.iter().zip(line.values);
        let fields = kept.filter_map(|(column, value)| {
            let field = column.field.filter(|field| !["student_no", "name"].contains(field))?;
            Some((field.to_owned(), value?))
        });
        rows.push(Entry { row: line.row, name, fact: fact::Row { student_no, fields: fields.collect() } });
    }
    rows
}

/// Tells the sheet what the office says of facts.
pub fn tell_facts(sheet: &mut Sheet, subject: &Subject, rows: &[Entry], outlooks: &[Outlook]) {
    for (row, outlook) in rows.iter().zip(outlooks) {
        for fault in &outlook.faults {
            let value = match fault.field.as_str() {
                "student_no" => row.fact.student_no.as_str(),
                "name" => row.name.0.as_str(),
                field => row.fact.fields.get(field).map_or("", String::as_str),
            };
            sheet.tell(fault, value, subject);
        }
    }
}

/// Records what is new and what has changed, and nothing else.
pub async fn commit_facts(
    office: &Office,
    by: &By,
    school: SchoolId,
    kind: &FactKind,
    rows: Vec<Entry>,
    outlooks: &[Outlook],
    now: &Now,
) -> Result<Vec<Answer>, OfficeError> {
    let taken = |(_, outlook): &(Entry, &Outlook)| matches!(outlook.fate, Fate::New | Fate::Changed);
    let mut rows = rows.into_iter().zip(outlooks).filter(taken).map(|(entry, _)| entry.fact).peekable();
    let mut answers = Vec::new();
    while rows.peek().is_some() {
        let rows = rows.by_ref().take(CHUNK).collect();
        let command = Command::RecordFacts { school, kind: kind.name.to_owned(), rows };
        answers.push(office.act(by.clone(), command, None, now.clone()).await?);
    }
    Ok(answers)
}

/// A row of somebody who finishes, with the number of the certificate where the sender gives one.
pub type Finishing = (Completion, Option<String>);

/// The rows that read as completions.
pub fn completions(sheet: &mut Sheet, subject: &Subject) -> Vec<Finishing> {
    let lines = std::mem::take(&mut sheet.lines);
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let ending = match line.value(subject, "outcome") {
            Some("毕业") => Some(Ending::Graduated),
            Some("结业") => Some(Ending::Completed),
            Some("肄业") => Some(Ending::LeftEarly),
            _ => None,
        };
        let on = line.value(subject, "completed_on").and_then(Day::read);
        let (Some((student_no, name)), Some(ending), Some(on)) = (student(&line, subject), ending, on) else {
            sheet.note(RuleId::Unreadable, &line, "student_no", subject);
            continue;
        };
        let certificate = line.value(subject, "certificate_no").map(str::to_owned);
        rows.push((Completion { row: line.row, name, student_no, ending, on }, certificate));
    }
    rows
}

/// Tells the sheet what the office says of completions.
pub fn tell_completions(sheet: &mut Sheet, subject: &Subject, rows: &[Finishing], outlooks: &[Outlook]) {
    for ((row, _), outlook) in rows.iter().zip(outlooks) {
        for fault in &outlook.faults {
            let value = match fault.field.as_str() {
                "student_no" => row.student_no.as_str().to_owned(),
                "name" => row.name.0.clone(),
                "outcome" => row.ending.words().0.label().to_owned(),
                "completed_on" => row.on.to_string(),
                _ => String::new(),
            };
            sheet.tell(fault, &value, subject);
        }
    }
}

/// Records who finishes, a day at a time, and the certificates whose numbers the sender gives.
pub async fn commit_completions(
    office: &Office,
    by: &By,
    school: SchoolId,
    rows: &[Finishing],
    outlooks: &[Outlook],
    sheet: (&mut Sheet, &Subject),
    now: &Now,
) -> Result<Vec<Answer>, OfficeError> {
    let mut by_day: BTreeMap<Day, BTreeMap<String, Ending>> = BTreeMap::new();
    let fresh = || rows.iter().zip(outlooks).filter(|(_, outlook)| outlook.fate == Fate::New).map(|(row, _)| row);
    for (row, _) in fresh() {
        by_day.entry(row.on).or_default().insert(row.student_no.as_str().to_owned(), row.ending);
    }
    let mut answers = Vec::new();
    for (on, pupils) in by_day {
        let command = Command::Finish { school, on, pupils };
        answers.push(office.act(by.clone(), command, None, now.clone()).await?);
    }
    let (sheet, subject) = sheet;
    for (row, certificate) in fresh() {
        let Some(number) = certificate else { continue };
        let kind = certificate::Kind::Certificate;
        let command = Command::Certify { student_no: row.student_no, kind, number: Some(number.clone()) };
        match office.act(by.clone(), command, None, now.clone()).await {
            Ok(answer) => answers.push(answer),
            // The pupil has finished; of the certificate the sender is told.
            Err(OfficeError::Refused(refusal)) => {
                let fault = RowFault { row: row.row, field: "certificate_no".to_owned(), refused: false, refusal };
                sheet.tell(&fault, number, subject);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}
