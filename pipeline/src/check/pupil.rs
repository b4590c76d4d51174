//! What can be seen on one pupil's row: the school and class, whose ID number it is and whether it fits, age and entry.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, BooleanArray, StringBuilder},
    compute::nullif,
};
use domain::{
    calendar::{Day, SchoolYear},
    identity::{IdFault, IdNo, Sex},
    movement::Status,
    policy::Policy,
    rule::RuleId,
};

use super::{column::Columns, known::Known, marks::Marks, place};

const RESIDENT_ID: &str = "居民身份证";

/// Ages of school are not those of these kinds, where a grade counts years of study.
const BEYOND_SCHOOL_AGE: &str = "高等学校";

/// A guardian's number is told by the birth date in it: at least so many years before the pupil's.
const GUARDIAN_YEARS: u32 = 16;

/// Checks pupils' rows; returns their stage, the kind of their number, and whose ID number they bear.
pub(super) fn students(
    columns: &mut Columns,
    known: &Known,
    policy: &Policy,
    day: Day,
    marks: &mut Marks<'_>,
) -> Vec<ArrayRef> {
    places(columns, known, marks);
    ages(columns, known, policy, day, marks);
    entries(columns, day, marks);
    let (holders, unreadable) = identities(columns, known, marks);
    if let Some(unreadable) = unreadable
        && let Ok(readable) = nullif(columns.text("id_no"), &unreadable)
    {
        columns.replace("id_no", readable);
    }
    vec![place::stages(columns), number_kinds(columns), holders]
}

/// School and class are ones that some batch has named. A class is not asked for where its school is unknown.
fn places(columns: &Columns, known: &Known, marks: &mut Marks<'_>) {
    let (schools, classes) = (columns.text("school_id"), columns.text("class_id"));
    let mut last = (None, None);
    for (row, place) in schools.iter().zip(classes).enumerate() {
        if place == last {
            continue;
        }
        let (Some(school), class) = place else { continue };
        match known.school_kind(school) {
            None => marks.note(row, RuleId::UnknownSchool, "school_id", String::new()),
            Some(kind) if kind.contains("幼儿") => {
                marks.note(row, RuleId::Kindergarten, "school_id", format!("该校为{kind}"));
            }
            Some(_) => match class {
                Some(class) if !known.has_class(school, class) => {
                    marks.note(row, RuleId::UnknownClass, "class_id", String::new());
                }
                _ => last = place,
            },
        }
    }
}

/// The days between which a pupil of some grade is born.
#[derive(Clone, Copy)]
struct Span {
    born_from: Day,
    born_by: Day,
    ages: (u8, u8),
}

/// The age at which school begins, where a policy does not state it (义务教育法 art. 11).
const AGE_OF_ENTRY: i32 = 6;

/// Ages are those of the policy's cut-off in the school year, 31 August. A newcomer who is then too young
/// for school is a kindergarten child and refused (皖教基〔2013〕20号 art. 14); any other age outside the grade's span is a flag.
fn ages(columns: &Columns, known: &Known, policy: &Policy, day: Day, marks: &mut Marks<'_>) {
    let year = SchoolYear::of(day, policy.school_year_start()).start_year();
    let cut_off = policy.ages_on(year);
    let born = |age: i32| policy.ages_on(year.saturating_sub(age));
    let spans: Vec<Option<Span>> = (0..=12_u8)
        .map(|grade| {
            let ages = policy.age_span(grade)?;
            let (youngest, eldest) = ages;
            let born_from = born(i32::from(eldest) + 1).plus_days(1);
            Some(Span { born_from, born_by: born(i32::from(youngest)), ages })
        })
        .collect();
    let entry = policy.number("ages.entry").and_then(|age| i32::try_from(age).ok()).unwrap_or(AGE_OF_ENTRY);
    let old_enough_by = born(entry);

    let (births, grades, statuses) = (columns.days("birth_date"), columns.ints("grade"), columns.text("status"));
    let schools = columns.text("school_id");
    for row in 0..columns.len() {
        if births.is_null(row) || grades.is_null(row) || statuses.is_null(row) {
            continue;
        }
        let (birth, grade) = (Day::from_epoch_days(births.value(row)), grades.value(row));
        let span = usize::try_from(grade).ok().and_then(|grade| spans.get(grade).copied().flatten());
        let too_young = grade == 1 && old_enough_by < birth;
        let outside = span.filter(|span| birth < span.born_from || span.born_by < birth);
        if !too_young && outside.is_none() {
            continue;
        }
        let at_school = matches!(Status::from_label(statuses.value(row)), Some(Status::Enrolled | Status::Suspended));
        let kind = schools.is_valid(row).then(|| known.school_kind(schools.value(row))).flatten();
        if !at_school || kind == Some(BEYOND_SCHOOL_AGE) {
            continue;
        }
        let age = birth.age_on(cut_off);
        if too_young && birth <= day {
            let detail = format!("至{cut_off}为{age}周岁，未满{entry}周岁");
            marks.note(row, RuleId::Kindergarten, "birth_date", detail);
        } else if let Some(Span { ages: (youngest, eldest), .. }) = outside {
            let detail = format!("{grade}年级，至{cut_off}为{age}周岁，应为{youngest}至{eldest}周岁");
            marks.note(row, RuleId::AgeForGrade, "birth_date", detail);
        }
    }
}

/// Nobody has entered after the batch's day.
fn entries(columns: &Columns, day: Day, marks: &mut Marks<'_>) {
    let present = format!("{:04}-{:02}", day.year(), day.month());
    for (row, month) in columns.text("entry_month").iter().enumerate() {
        if month.is_some_and(|month| *present < *month) {
            marks.note(row, RuleId::EntryAfterDay, "entry_month", format!("批次日期为{day}"));
        }
    }
}

/// The letter of each registration number: G formal, L temporary, J without an ID number.
fn number_kinds(columns: &Columns) -> ArrayRef {
    let numbers = columns.text("student_no");
    let mut kinds = StringBuilder::with_capacity(numbers.len(), numbers.len());
    for number in numbers {
        kinds.append_option(number.and_then(|number| number.get(..1)));
    }
    Arc::new(kinds.finish())
}

/// Whose ID number it is, and whether it fits the pupil (IDN-02, IDN-03). Returns the holders and, if there are any, which
/// numbers can't be read as what they should be.
fn identities(columns: &Columns, known: &Known, marks: &mut Marks<'_>) -> (ArrayRef, Option<BooleanArray>) {
    let (numbers, guardians) = (columns.text("id_no"), columns.text("guardian_id_no"));
    let (kinds, births, sexes) = (columns.text("id_kind"), columns.days("birth_date"), columns.text("sex"));
    let student_nos = columns.text("student_no");
    let mut holders = StringBuilder::with_capacity(numbers.len(), numbers.len() * 4);
    let mut unreadable = Vec::new();
    for row in 0..columns.len() {
        let resident = kinds.is_valid(row) && kinds.value(row) == RESIDENT_ID;
        if numbers.is_null(row) {
            holders.append_null();
            if resident && columns.is_blank(row, "id_no") {
                marks.note(row, RuleId::IdMissing, "id_no", String::new());
            }
            continue;
        }
        let text = numbers.value(row);
        let number = IdNo::read(text);
        if let Err(fault) = number
            && resident
        {
            marks.note(row, RuleId::OptionalUnreadable, "id_no", words_of(fault));
            unreadable.push(row);
            holders.append_null();
            continue;
        }
        let check = number.ok().map(|number| number.check());
        let birth = births.is_valid(row).then(|| Day::from_epoch_days(births.value(row)));
        let inside = check.as_ref().and_then(|check| check.birth);
        let own_birth = birth.is_some() && inside == birth;
        let same_as_guardian = guardians.is_valid(row) && guardians.value(row) == text;
        let adult = matches!((inside, birth), (Some(inside), Some(birth)) if is_adult_to(inside, birth));
        let guardian = adult || (same_as_guardian && !own_birth);
        holders.append_value(if guardian { "guardian" } else { "self" });

        let Some(check) = check.filter(|_| resident) else { continue };
        if !check.checksum_ok {
            marks.note(row, RuleId::IdChecksum, "id_no", String::new());
        }
        if !check.division_known {
            marks.note(row, RuleId::IdDivision, "id_no", String::new());
        }
        if guardian {
            continue;
        }
        match (inside, birth) {
            (None, _) => marks.note(row, RuleId::IdBirthDate, "id_no", "证件号中的出生日期不存在".to_owned()),
            (Some(inside), Some(birth)) if inside != birth => {
                marks.note(row, RuleId::IdBirthDate, "id_no", differing_parts(inside, birth));
            }
            _ => {}
        }
        let stated = if sexes.is_valid(row) { Sex::from_label(sexes.value(row)) } else { None };
        if let (Some(inside), Some(stated)) = (check.sex, stated)
            && inside != stated
        {
            marks.note(row, RuleId::IdSex, "id_no", format!("所填性别为{}", sexes.value(row)));
        }
        if let Some(digits) =
            student_nos.is_valid(row).then(|| student_nos.value(row)).and_then(|no| no.strip_prefix('G'))
            && digits != text
            && !known.has_key_change(student_nos.value(row))
        {
            marks.note(row, RuleId::NumberDiffers, "student_no", String::new());
        }
    }
    let unreadable = (!unreadable.is_empty()).then(|| {
        let mut rows = vec![false; columns.len()];
        for row in unreadable {
            if let Some(mark) = rows.get_mut(row) {
                *mark = true;
            }
        }
        BooleanArray::from(rows)
    });
    (Arc::new(holders.finish()), unreadable)
}

fn words_of(fault: IdFault) -> String {
    match fault {
        IdFault::FirstGeneration => "15位的第一代号码，应为18位".to_owned(),
        IdFault::Length(places) => format!("{places}位，应为18位"),
        IdFault::Empty | IdFault::Mangled | IdFault::Shape => "应为17位数字加1位数字或X".to_owned(),
    }
}

/// In what two birth dates differ. The date itself would give away places of the number that lists must not show.
fn differing_parts(inside: Day, stated: Day) -> String {
    let parts = [
        ("年", inside.year() != stated.year()),
        ("月", inside.month() != stated.month()),
        ("日", inside.day_of_month() != stated.day_of_month()),
    ];
    let differing: Vec<&str> = parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect();
    format!("{}不同", differing.join("、"))
}

/// Whether the holder of a number was grown up when the pupil was born.
fn is_adult_to(holder: Day, pupil: Day) -> bool {
    holder < pupil && GUARDIAN_YEARS <= holder.age_on(pupil)
}
