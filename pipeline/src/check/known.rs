//! The schools and classes that some batch has named, and the pupils whose key facts were changed on paper.

use std::collections::{HashMap, HashSet};

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int32Type,
};
use domain::{contract::Table, movement::MovementKind};

use crate::account::is_granted;

/// What earlier batches, and the tables of this one that were checked before, have named.
#[derive(Debug, Clone, Default)]
pub struct Known {
    kinds: HashMap<Box<str>, Box<str>>,
    classes: HashMap<Box<str>, HashMap<Box<str>, u8>>,
    key_changes: HashSet<Box<str>>,
}

impl Known {
    /// Takes note of a school (学校) and its kind (学校类别).
    pub fn add_school(&mut self, id: &str, kind: &str) {
        self.kinds.insert(id.into(), kind.into());
    }

    /// Takes note of a class (班级) of a school and its grade.
    pub fn add_class(&mut self, school: &str, class: &str, grade: u8) {
        match self.classes.get_mut(school) {
            Some(classes) => {
                classes.insert(class.into(), grade);
            }
            None => {
                self.classes.insert(school.into(), HashMap::from([(class.into(), grade)]));
            }
        }
    }

    /// Takes note that a key fact (姓名, 性别, 出生日期, 身份证件号) of the bearer of this number was changed by procedure
    /// (关键信息变更): from then on the number may differ from the ID number (spec/exports.md).
    pub fn add_key_change(&mut self, student_no: &str) {
        self.key_changes.insert(student_no.into());
    }

    /// Takes note of every school, class or approved change of key facts among accepted rows; rows of other tables teach nothing.
    pub fn learn(&mut self, table: Table, rows: &RecordBatch) {
        let text = |field| rows.column_by_name(field).and_then(|column| column.as_string_opt::<i32>());
        match table {
            Table::Schools => {
                let (Some(ids), Some(kinds)) = (text("school_id"), text("kind")) else { return };
                for (id, kind) in ids.iter().zip(kinds) {
                    self.add_school(id.unwrap_or_default(), kind.unwrap_or_default());
                }
            }
            Table::Classes => {
                let grades = rows.column_by_name("grade").and_then(|column| column.as_primitive_opt::<Int32Type>());
                let (Some(schools), Some(classes), Some(grades)) = (text("school_id"), text("class_id"), grades) else {
                    return;
                };
                for ((school, class), grade) in schools.iter().zip(classes).zip(grades) {
                    let grade = grade.and_then(|grade| u8::try_from(grade).ok()).unwrap_or_default();
                    self.add_class(school.unwrap_or_default(), class.unwrap_or_default(), grade);
                }
            }
            Table::Changes => {
                let (Some(numbers), Some(kinds), Some(results)) = (text("student_no"), text("kind"), text("result"))
                else {
                    return;
                };
                for ((number, kind), result) in numbers.iter().zip(kinds).zip(results) {
                    if kind == Some(MovementKind::KeyChange.label()) && is_granted(result) {
                        self.add_key_change(number.unwrap_or_default());
                    }
                }
            }
            Table::Authorities
            | Table::Students
            | Table::Attendance
            | Table::Scores
            | Table::Conduct
            | Table::Aid
            | Table::Cadres
            | Table::FeesPaid
            | Table::Loans => {}
        }
    }

    /// Whether some batch has named the school.
    pub fn has_school(&self, id: &str) -> bool {
        self.kinds.contains_key(id)
    }

    /// Whether some batch has named the class of that school.
    pub fn has_class(&self, school: &str, class: &str) -> bool {
        self.class_grade(school, class).is_some()
    }

    /// Whether a change of key facts is on record for this number.
    pub fn has_key_change(&self, student_no: &str) -> bool {
        self.key_changes.contains(student_no)
    }

    /// The kind of a school (学校类别), if some batch has named the school.
    pub fn school_kind(&self, id: &str) -> Option<&str> {
        self.kinds.get(id).map(|kind| &**kind)
    }

    /// The grade of a class as last stated.
    pub fn class_grade(&self, school: &str, class: &str) -> Option<u8> {
        self.classes.get(school)?.get(class).copied()
    }
}
