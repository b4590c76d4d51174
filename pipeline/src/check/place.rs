//! Authorities and classes: their place in the tree.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringBuilder};
use domain::{
    code::{CodeList, class_kind_in},
    organisation::{AuthorityLevel, Stage},
    rule::RuleId,
};

use super::{column::Columns, known::Known, marks::Marks};

/// The level of each authority, by its code.
pub(super) fn authorities(columns: &Columns, marks: &mut Marks<'_>) -> Vec<ArrayRef> {
    let codes = columns.text("authority_id");
    let mut levels = StringBuilder::with_capacity(codes.len(), codes.len() * 10);
    for (row, code) in codes.iter().enumerate() {
        match code.map(AuthorityLevel::of_division) {
            Some(Some(level)) => levels.append_value(level.name()),
            Some(None) => {
                marks.note(row, RuleId::Unreadable, "authority_id", String::new());
                levels.append_null();
            }
            None => levels.append_null(),
        }
    }
    vec![Arc::new(levels.finish())]
}

/// Classes stand in a school that some batch has named; their stage follows from the grade.
pub(super) fn classes(columns: &mut Columns, known: &Known, marks: &mut Marks<'_>) -> Vec<ArrayRef> {
    let mut last = None;
    for (row, school) in columns.text("school_id").iter().enumerate() {
        let Some(school) = school else { continue };
        if last != Some(school) && !known.has_school(school) {
            marks.note(row, RuleId::UnknownSchool, "school_id", String::new());
        } else {
            last = Some(school);
        }
    }
    let kinds = kinds(columns);
    columns.replace("kind", kinds);
    vec![stages(columns)]
}

/// The kind of each class: the short 普通班 counts as that of the class's stage (spec/exports.md).
fn kinds(columns: &Columns) -> ArrayRef {
    let (kinds, grades) = (columns.text("kind"), columns.ints("grade"));
    let list = CodeList::named("class_kind");
    let mut out = StringBuilder::with_capacity(kinds.len(), kinds.value_data().len());
    for (kind, grade) in kinds.iter().zip(grades) {
        let label = kind.and_then(|kind| list?.label_of(kind));
        out.append_option(match (label, stage_of(grade)) {
            (Some(label), Some(stage)) => Some(class_kind_in(stage, label)),
            _ => kind,
        });
    }
    Arc::new(out.finish())
}

fn stage_of(grade: Option<i32>) -> Option<Stage> {
    grade.and_then(|grade| u8::try_from(grade).ok()).and_then(Stage::of_grade)
}

/// The stage (学段) of each row by its grade.
pub(super) fn stages(columns: &Columns) -> ArrayRef {
    let grades = columns.ints("grade");
    let mut stages = StringBuilder::with_capacity(grades.len(), grades.len() * 6);
    for grade in grades {
        stages.append_option(stage_of(grade).map(Stage::label));
    }
    Arc::new(stages.finish())
}
