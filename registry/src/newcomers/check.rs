//! What is wrong with the rows of a batch, each by itself, against each other and against the records there are.

use std::collections::{HashMap, HashSet};

use domain::{
    calendar::{Day, Month, SchoolYear},
    division,
    identity::{IdFault, IdNo},
    movement::Status,
    policy::Policy,
};
use serde::{Deserialize, Serialize};

use super::Newcomer;
use crate::{
    crossing::second_record,
    number,
    organisation::{Class, School},
    pupil::{Holder, KeyFacts, Pupil},
    refusal::Refusal,
};

/// What is wrong with a row, or only worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// The row.
    pub row: u32,
    /// The field's name in the export contract.
    pub field: String,
    /// Whether the row is refused for it; else it is only flagged.
    pub refused: bool,
    /// The reason.
    pub refusal: Refusal,
}

/// What rows are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// The school.
    pub school: &'a School,
    /// Its classes in use, by number.
    pub classes: &'a HashMap<String, Class>,
    /// Records under the same person, by person key.
    pub known: &'a HashMap<String, Pupil>,
    /// The school year into which the province was last promoted, by the year in which it began; none if it never was.
    pub promoted: Option<i32>,
    /// The day.
    pub today: Day,
}

const ARTICLE: &str = "皖教基〔2013〕20号 第十四条、第十五条";

/// Checks the rows of a batch: each row by itself, against each other, and against the records there are.
pub fn check(rows: &[Newcomer], against: &Against, policy: &Policy) -> Vec<RowFault> {
    let mut faults = Vec::new();
    let mut seen: HashSet<String> = HashSet::with_capacity(rows.len());
    for row in rows {
        let mut fault = |field: &str, refused: bool, refusal: Refusal| {
            faults.push(RowFault { row: row.row, field: field.to_owned(), refused, refusal });
        };
        if let Err(refusal) = check_name(&row.key.name) {
            fault("name", true, refusal);
        }
        if let Err(refusal) = check_key(&row.key, against.today) {
            fault("id_no", true, refusal);
        } else if let Some(refusal) = doubtful(&row.key) {
            fault("id_no", false, refusal);
        }
        if let Err(refusal) = check_age(&row.key, row.grade, against.today, policy) {
            // Too old is only worth a look: a disabled child may begin late.
            let refused = row.grade == 1 && refusal.code != "newcomers.too_old";
            fault("birth_date", refused, refusal);
        }
        if !against.school.teaches(row.grade) {
            fault(
                "grade",
                true,
                Refusal::barred(
                    "newcomers.grade",
                    ARTICLE,
                    &format!("{}不设 {} 年级", against.school.kind, row.grade),
                    &format!("the school does not teach grade {}", row.grade),
                ),
            );
        }
        if let Err(refusal) = check_entry(row, against, policy) {
            fault("entry_month", true, refusal);
        }
        match against.classes.get(&row.class).filter(|class| class.grade == row.grade && !class.closed) {
            None => fault(
                "class_id",
                true,
                Refusal::invalid("class", "没有这个班，或年级不符", "there is no such class of that grade")
                    .remedy("请先建班，或更正班号", "enter the class first, or correct the number"),
            ),
            Some(class) if is_last_years(class, row, against, policy) => fault(
                "class_id",
                true,
                Refusal::invalid(
                    "class.last_year",
                    "该班是上一学年建立、尚未升级的班，新生不能编入",
                    "the class is last year's and has not risen yet; newcomers would rise with it",
                )
                .remedy("请编入本学年新建的班", "name a class founded this school year"),
            ),
            Some(_) => {}
        }
        let person = Pupil::person_key(&row.key);
        if !seen.insert(person.clone()) {
            fault(
                "id_no",
                true,
                Refusal::invalid("newcomers.twice", "同一学生在本批中出现两次", "the pupil is twice in this batch"),
            );
        }
        match against.known.get(&person) {
            Some(pupil) if may_go_on(pupil, row.grade).is_err() => fault("id_no", true, second_record()),
            Some(pupil) if row.student_no.is_some_and(|number| number != pupil.student_no) => fault(
                "student_no",
                true,
                Refusal::invalid(
                    "student_no",
                    "学籍号与该生原学籍不符",
                    "the number is not that of the pupil's record",
                ),
            ),
            None if row.student_no.is_some() => fault(
                "student_no",
                true,
                Refusal::invalid(
                    "student_no",
                    "没有这个学籍号，或与身份证件号不符",
                    "no record has this number and identity",
                )
                .remedy("首次建籍不填学籍号；外省学籍请办理跨省转入", "leave it empty for a first record"),
            ),
            _ => {}
        }
        if number::begins_stage(against.school, row.grade) && !has_portrait_of_year(row) {
            let refused = policy.says("enrolment.portrait", "before_approval");
            fault("photo_digest", refused, no_portrait(policy));
        }
    }
    faults
}

/// The system year in which a month lies.
fn school_year(month: Month, policy: &Policy) -> SchoolYear {
    SchoolYear::of(month.first_day(), policy.school_year_start())
}

/// Nobody enters in a school year that has not begun; who begins a stage does so in the present one (ENR-01).
fn check_entry(row: &Newcomer, against: &Against, policy: &Policy) -> Result<(), Refusal> {
    let present = SchoolYear::of(against.today, policy.school_year_start());
    let entry = school_year(row.entry_month, policy);
    let begins = number::begins_stage(against.school, row.grade);
    if entry <= present && (entry == present || !begins) {
        return Ok(());
    }
    Err(Refusal {
        article: ARTICLE.to_owned(),
        ..Refusal::invalid(
            "newcomers.entry_month",
            &format!("入学年月 {} 不在 {present} 学年内", row.entry_month),
            &format!("the month of entry {} does not lie in the school year {present}", row.entry_month),
        )
    }
    .remedy(
        "请填写本学年的入学年月；下一学年的新生自学年开始之日起提交",
        "state the month of entry of this school year; the next year's newcomers are submitted once it has begun",
    ))
}

/// A class that was founded before this school year and has not risen into it: it would take newcomers up with it.
fn is_last_years(class: &Class, row: &Newcomer, against: &Against, policy: &Policy) -> bool {
    let present = SchoolYear::of(against.today, policy.school_year_start());
    let waits = against.promoted.is_some_and(|last| last < present.start_year());
    waits && number::begins_stage(against.school, row.grade) && school_year(class.founded, policy) < present
}

fn has_portrait_of_year(row: &Newcomer) -> bool {
    row.portrait.as_ref().is_some_and(|portrait| portrait.taken_on.year() == row.entry_month.year())
}

fn no_portrait(policy: &Policy) -> Refusal {
    Refusal::barred(
        "newcomers.portrait",
        policy.article("enrolment.portrait"),
        "学段初始年级须有入学当年的照片",
        "a portrait taken in the year of entry is required in the first grade of a stage",
    )
    .remedy("请按身份证件号或学籍号导入照片", "import the portrait, named by the pupil's number")
}

/// A finished or closed record goes on at a later stage; an open one is a second record.
pub(super) fn may_go_on(pupil: &Pupil, grade: u8) -> Result<(), Refusal> {
    let finished = matches!(
        pupil.standing.status,
        Status::Graduated | Status::Completed | Status::LeftEarly | Status::TransferredOut | Status::Withdrawn
    );
    if finished && pupil.standing.grade <= grade { Ok(()) } else { Err(second_record()) }
}

/// A name (姓名): no digits, no control or hidden characters, at most 50 characters; `·` and rare characters (生僻字) are welcome.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let count = name.chars().count();
    if !name.trim().is_empty()
        && count <= 50
        && !name.chars().any(|c| hidden(c) || c.is_ascii_digit())
        && name == name.trim()
    {
        return Ok(());
    }
    Err(Refusal::invalid(
        "name",
        "姓名为空、过长，或含有数字、首尾空格、不可见字符",
        "the name is empty, too long, or holds digits, outer spaces or hidden characters",
    )
    .remedy("请按户口簿填写姓名", "write the name as in the household register"))
}

/// Identity document, birth date and sex (IDN-02). An own citizen number must be right in shape, check character, date and sex; a
/// guardian's stands in only where the child has none (IDN-03).
pub fn check_key(key: &KeyFacts, today: Day) -> Result<(), Refusal> {
    let invalid = |code: &str, zh: &str, en: &str| {
        Err(Refusal {
            article: "皖教基〔2013〕20号 第十三条；GB 11643-1999".to_owned(),
            ..Refusal::invalid(code, zh, en)
        })
    };
    if today < key.birth_on {
        return invalid("birth_date", "出生日期晚于今天", "the birth date is after today");
    }
    let Some(number) = key.id_no.as_deref().filter(|number| !number.is_empty()) else {
        if key.holder == Holder::Guardian {
            return invalid("guardian_number", "标识号为监护人身份证号时须填写", "state the guardian's number");
        }
        return Ok(());
    };
    if key.id_kind != "居民身份证" {
        let plain = number.chars().all(|c| c.is_ascii_alphanumeric()) && (5..=18).contains(&number.len());
        return if plain {
            Ok(())
        } else {
            invalid("id_no", "证件号码应为 5–18 位字母或数字", "a document number has 5 to 18 letters or digits")
        };
    }
    let read = match IdNo::read(number) {
        Ok(read) => read,
        Err(IdFault::Mangled) => {
            return invalid(
                "id_no.mangled",
                "身份证号已被电子表格改写（科学计数或末位变 0），请按文本重填",
                "a spreadsheet has rounded the number; enter it anew as text",
            );
        }
        Err(IdFault::FirstGeneration) if key.holder == Holder::Guardian => return Ok(()),
        Err(IdFault::FirstGeneration) => {
            return invalid(
                "id_no.first_generation",
                "15 位旧号不能用于学生，请填写 18 位号码",
                "a number of 15 places can't be a pupil's; enter the one of 18",
            );
        }
        Err(_) => return invalid("id_no", "身份证号应为 18 位", "an identity number has 18 places"),
    };
    let check = read.check();
    if !check.checksum_ok {
        return invalid("id_no.checksum", "身份证号校验码错误", "the check character of the number is wrong");
    }
    if key.holder == Holder::Guardian {
        return if read.birth().is_some_and(|birth| birth.age_on(key.birth_on) >= 15) {
            Ok(())
        } else {
            invalid(
                "guardian_number",
                "监护人与学生年龄相差不足 15 岁",
                "the guardian is less than 15 years older than the child",
            )
        };
    }
    if check.birth != Some(key.birth_on) {
        return invalid(
            "id_no.birth",
            "身份证号中的出生日期与填写的不符",
            "the birth date in the number is not the one stated",
        );
    }
    if check.sex != Some(key.sex) {
        return invalid("id_no.sex", "身份证号中的性别与填写的不符", "the sex in the number is not the one stated");
    }
    Ok(())
}

/// What is accepted and flagged: a division code that no list has, since every list has holes.
fn doubtful(key: &KeyFacts) -> Option<Refusal> {
    let number = IdNo::read(key.id_no.as_deref()?).ok().filter(|_| key.id_kind == "居民身份证")?;
    (!division::was_ever(number.division())).then(|| {
        Refusal::invalid(
            "id_no.division",
            "身份证号前六位不在历年行政区划中",
            "the division code of the number is in no list",
        )
    })
}

/// No child of pre-school age (ID-5): grade 1 wants the age of entry at the cut-off, other grades a plausible one.
pub fn check_age(key: &KeyFacts, grade: u8, today: Day, policy: &Policy) -> Result<(), Refusal> {
    let year = SchoolYear::of(today, policy.school_year_start()).start_year();
    let Some((youngest, oldest)) = policy.age_span(grade) else {
        return Err(Refusal::invalid("grade", "年级应为 1–12", "a grade is 1 to 12"));
    };
    let age = key.birth_on.age_on(policy.ages_on(year));
    let least = if grade == 1 {
        u32::try_from(policy.number("ages.entry").unwrap_or(6)).unwrap_or(6)
    } else {
        u32::from(youngest)
    };
    if age < least {
        return Err(Refusal::barred(
            "newcomers.too_young",
            "皖教基〔2013〕20号 第十四条；义务教育法 第十一条",
            &format!("截至 {} 未满 {least} 周岁", policy.ages_on(year)),
            &format!("not {least} years old on {}", policy.ages_on(year)),
        )
        .remedy("学前教育阶段幼儿不得建立学籍", "children of pre-school age get no record"));
    }
    if u32::from(oldest) < age {
        return Err(Refusal::barred(
            "newcomers.too_old",
            policy.article("ages.entry"),
            &format!("{grade} 年级一般不超过 {oldest} 周岁，请核对"),
            &format!("a pupil of grade {grade} is rarely older than {oldest}; check the birth date"),
        ));
    }
    Ok(())
}
