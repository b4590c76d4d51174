//! What can be imported: the columns of each form, under which headers they are found, and what the office calls their fields.

use domain::{
    contract::{Holds, Table},
    contract_names::header_of,
    identity::normalise,
};
use forms::template::{Form, FormColumn, Kind};
use registry::fact::{FactKind, KINDS};

/// A column of a form and what the office makes of it.
#[derive(Debug, Clone)]
pub struct Column {
    /// Header, hint and kind.
    pub form: FormColumn,
    /// How its text is read.
    pub holds: Holds,
    /// The office's name of the field; none of what is only there for people.
    pub field: Option<&'static str>,
    /// Whether the empty form has it; the others are understood where a file brings them.
    pub in_form: bool,
}

/// What becomes of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// 新生: a batch for pre-review.
    Newcomers,
    /// 毕业: compulsory schooling finished.
    Completions,
    /// What the school keeps by itself.
    Facts(&'static FactKind),
}

/// Something that can be imported.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its Chinese name, which is that of its sheet.
    pub chinese: &'static str,
    /// What becomes of the rows.
    pub target: Target,
    /// The columns.
    pub columns: Vec<Column>,
    table: Table,
}

/// The form of a kind of facts, and the fields that the form names otherwise.
type Filled = (&'static str, Option<Form>, &'static [(&'static str, &'static str)]);

const FACTS: [Filled; 9] = [
    ("resume", Some(Form::Resume), &[]),
    ("scores", Some(Form::Scores), &[]),
    ("evaluation", None, &[]),
    ("conduct", Some(Form::Conduct), &[]),
    (
        "health",
        Some(Form::HealthChecks),
        &[
            ("checked_on", "day"),
            ("sight_left", "vision_left"),
            ("sight_right", "vision_right"),
            ("fitness_score", "fitness"),
            ("checked_by", "place"),
        ],
    ),
    ("vaccination", Some(Form::Vaccinations), &[("given_on", "day"), ("given_by", "place")]),
    ("aid", Some(Form::Aid), &[]),
    ("service", Some(Form::CommunityService), &[]),
    ("arts_sports", Some(Form::ArtsAndSports), &[]),
];

impl Subject {
    /// Everything that can be imported.
    pub fn all() -> Vec<Subject> {
        let facts = KINDS.iter().filter_map(|kind| {
            let (_, form, renamed) = FACTS.iter().find(|(name, ..)| *name == kind.name)?;
            Some(Subject::of_facts(kind, *form, renamed))
        });
        [Subject::newcomers(), Subject::completions()].into_iter().chain(facts).collect()
    }

    /// The one of a name: the office's, the form's, or the Chinese one.
    pub fn named(name: &str) -> Result<Subject, String> {
        let form = Form::named(name);
        let all = Subject::all();
        let known: Vec<&str> = all.iter().map(|subject| subject.name).collect();
        let unknown = format!("`{name}` is none of {}", known.join(", "));
        let is_meant = |subject: &Subject| {
            subject.name == name
                || subject.chinese == name
                || form.is_some_and(|form| form.chinese() == subject.chinese)
        };
        all.into_iter().find(is_meant).ok_or(unknown)
    }

    fn newcomers() -> Subject {
        let mut columns: Vec<Column> =
            Form::Newcomers.columns().into_iter().map(|form| Column::of(form, Table::Students, None)).collect();
        let further =
            Table::Students.columns().iter().filter(|column| ["student_no", "school_id"].contains(&column.field));
        columns.extend(further.map(|column| {
            let form = FormColumn { required: false, ..FormColumn::of_contract(column) };
            Column { in_form: false, ..Column::of(form, Table::Students, None) }
        }));
        // The office numbers by itself.
        columns.iter_mut().filter(|column| column.form.field == "regional_no").for_each(|column| column.field = None);
        let form = Form::Newcomers;
        Subject {
            name: form.name(),
            chinese: form.chinese(),
            target: Target::Newcomers,
            columns,
            table: Table::Students,
        }
    }

    fn completions() -> Subject {
        let form = Form::Completions;
        let kept = ["student_no", "name", "outcome", "completed_on", "certificate_no"];
        let columns = form.columns().into_iter().map(|form| {
            let is_kept = kept.contains(&form.field);
            let column = Column::of(form, Table::Students, None);
            Column { field: column.field.filter(|_| is_kept), ..column }
        });
        Subject {
            name: form.name(),
            chinese: form.chinese(),
            target: Target::Completions,
            columns: columns.collect(),
            table: Table::Students,
        }
    }

    fn of_facts(kind: &'static FactKind, form: Option<Form>, renamed: &[(&'static str, &'static str)]) -> Subject {
        let table = match form {
            Some(Form::Scores) => Table::Scores,
            Some(Form::Conduct) => Table::Conduct,
            Some(Form::Aid) => Table::Aid,
            _ => Table::Students,
        };
        let mut given = form.map_or_else(evaluation, Form::columns);
        // Numbers slip by a line; with the name beside them it is seen.
        if !given.iter().any(|column| column.field == "name") {
            given.insert(1.min(given.len()), name());
        }
        let columns = given.into_iter().map(|form| {
            let own = renamed.iter().find(|(field, _)| *field == form.field).map_or(form.field, |(_, own)| *own);
            let is_kept = own == "student_no" || own == "name" || kind.key.contains(&own) || kind.others.contains(&own);
            // What tells rows apart is asked for, whatever the form says.
            let required = form.required || kind.key.contains(&own);
            let column = Column::of(FormColumn { required, ..form }, table, Some(own));
            Column { field: column.field.filter(|_| is_kept), ..column }
        });
        let chinese = form.map_or(kind.label, Form::chinese);
        Subject { name: kind.name, chinese, target: Target::Facts(kind), columns: columns.collect(), table }
    }

    /// The position of the column that a header names.
    pub fn column_named(&self, header: &str) -> Option<usize> {
        let own = bare(header);
        if own.is_empty() {
            return None;
        }
        let is_own = |column: &Column| bare(column.form.header) == own || column.form.field == own;
        let by_alias = |table: Table| {
            let field = header_of(table, header)?.field;
            self.columns.iter().position(|column| column.form.field == field)
        };
        self.columns.iter().position(is_own).or_else(|| by_alias(self.table)).or_else(|| by_alias(Table::Students))
    }

    /// The position of the office's field.
    pub fn position(&self, field: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == Some(field))
    }
}

impl Column {
    fn of(form: FormColumn, table: Table, field: Option<&'static str>) -> Column {
        let contract = table.columns().iter().find(|column| column.field == form.field);
        let holds = contract.map_or_else(|| holds_of(&form.kind), |column| column.holds);
        Column { field: Some(field.unwrap_or(form.field)), holds, in_form: true, form }
    }

    /// The labels it may hold, where they are of the form alone and of no code list.
    pub fn own_choices(&self) -> Option<&[&'static str]> {
        match (&self.form.kind, self.holds) {
            (Kind::Choice(labels), Holds::Text) => Some(labels),
            _ => None,
        }
    }
}

fn holds_of(kind: &Kind) -> Holds {
    match kind {
        Kind::Text | Kind::Choice(_) => Holds::Text,
        Kind::Day => Holds::Day,
        Kind::Month => Holds::Month,
        Kind::YesNo => Holds::YesNo,
        Kind::Digits => Holds::Digits,
        Kind::StudentNo => Holds::StudentNo,
        Kind::IdNo => Holds::IdNo,
        Kind::SchoolId => Holds::SchoolId,
        Kind::Division => Holds::Division,
        Kind::Grade => Holds::Grade,
        Kind::Count => Holds::Count,
        Kind::Decimal => Holds::Decimal,
        Kind::Money => Holds::Money,
    }
}

/// 姓名, for whoever compares.
fn name() -> FormColumn {
    FormColumn::new("姓名", "name", Kind::Text).hinted("用于核对,不更新学籍", "to check the number by; changes nothing")
}

/// 评价, which has no form of its own elsewhere.
fn evaluation() -> Vec<FormColumn> {
    vec![
        FormColumn::new("学籍号", "student_no", Kind::StudentNo).required(),
        FormColumn::new("学年", "school_year", Kind::Text).required().hinted("如 2026-2027", "such as 2026-2027"),
        FormColumn::new("学期", "term", Kind::Text).required().hinted("如 第一学期", "such as 第一学期"),
        FormColumn::new("等级", "grade", Kind::Text)
            .hinted("综合素质评价等级", "the grade of the comprehensive evaluation"),
        FormColumn::new("评语", "text", Kind::Text),
    ]
}

/// A header without what forms add to it: stars, spaces, a hint in brackets at its end.
fn bare(header: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '★' | '☆' | '※' | '●' | ':');
    let tidy: String = normalise(header).chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).collect();
    match tidy.strip_suffix([')', ']', '】']).and_then(|inner| inner.rfind(['(', '[', '【'])) {
        Some(at) if 0 < at => tidy[..at].to_owned(),
        _ => tidy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_form_whose_columns_the_office_keeps() {
        // REQ: INF-01
        let all = Subject::all();
        assert_eq!(all.len(), KINDS.len() + 2);
        for subject in &all {
            let Target::Facts(kind) = subject.target else { continue };
            for field in kind.key {
                let at = subject.position(field).unwrap_or_else(|| panic!("{} has no column for {field}", kind.name));
                assert!(subject.columns[at].form.required, "{} {field}", kind.name);
            }
        }
        assert!(Subject::named("dance").is_err());
        for (name, is) in
            [("体检", "health"), ("health_checks", "health"), ("新生", "newcomers"), ("毕业结业", "completions")]
        {
            assert_eq!(Subject::named(name).unwrap().name, is);
        }
    }

    #[test]
    fn headers_are_found_as_batches_find_them() {
        // REQ: ENR-01
        let newcomers = Subject::named("newcomers").unwrap();
        let field = |header: &str| newcomers.column_named(header).and_then(|at| newcomers.columns[at].field);
        assert_eq!(field("★身份证号码\n（18位）"), Some("id_no"));
        assert_eq!(field("学校标识码"), Some("school_id"));
        assert_eq!(field("特长"), None);
        let resume = Subject::named("resume").unwrap();
        let field = |header: &str| resume.column_named(header).and_then(|at| resume.columns[at].field);
        assert_eq!(
            (field("起始年月（必填）"), field("全国学籍号"), field("")),
            (Some("from_month"), Some("student_no"), None)
        );
    }
}
