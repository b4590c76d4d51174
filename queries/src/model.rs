//! A model: one SQL file with a header that a person and the engine both read.

use std::fmt;

/// One model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The folder it lies in.
    pub purpose: String,
    /// The table it makes; a leading `_` marks a step that is not published.
    pub name: String,
    /// What it answers.
    pub what: String,
    /// The columns that name a row; results are sorted by them.
    pub grain: Vec<String>,
    /// The parameters of a table function; none for a table.
    pub takes: Vec<String>,
    /// The requirements it serves.
    pub requirements: Vec<String>,
    /// What each column means.
    pub columns: Vec<(String, String)>,
    /// What must hold before it may be published.
    pub tests: Vec<Test>,
    /// The query.
    pub sql: String,
}

/// One test of a model's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// No two rows agree in these columns.
    Unique(Vec<String>),
    /// None of these columns is ever null.
    NotNull(Vec<String>),
    /// The column holds nothing but these values (or null).
    Accepted {
        /// The column.
        column: String,
        /// Its values.
        values: Vec<String>,
    },
    /// Every value of the column stands in a column of another table.
    RelatesTo {
        /// The column.
        column: String,
        /// The other table.
        table: String,
        /// Its column.
        other: String,
    },
    /// In each group, opening + in − out = closing.
    Balances {
        /// The column with `opening`, `in:…`, `out:…`, `closing`.
        line: String,
        /// The column that is summed.
        amount: String,
        /// The columns that make a group.
        by: Vec<String>,
    },
    /// The query returns no row.
    NoRows(String),
}

/// A header that does not read as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The comment at the top is missing or does not end.
    #[error("{path} does not begin with a header between /* and */")]
    NoHeader {
        /// The file.
        path: String,
    },
    /// A required line is missing.
    #[error("{path} has no line `{word}` in its header")]
    Missing {
        /// The file.
        path: String,
        /// The word the line begins with.
        word: &'static str,
    },
    /// A line that nobody understands.
    #[error("{path} has a header line that does not read: `{line}`")]
    Line {
        /// The file.
        path: String,
        /// The line.
        line: String,
    },
}

impl Model {
    /// Reads a model from its path (`<purpose>/<name>.sql`) and text.
    pub fn read(path: &str, text: &str) -> Result<Model, ModelError> {
        let no_header = || ModelError::NoHeader { path: path.to_owned() };
        let (purpose, file) = path.split_once('/').ok_or_else(no_header)?;
        let name = file.strip_suffix(".sql").ok_or_else(no_header)?;
        let (header, sql) = text.strip_prefix("/*\n").and_then(|rest| rest.split_once("\n*/")).ok_or_else(no_header)?;
        let mut model = Model {
            purpose: purpose.to_owned(),
            name: name.to_owned(),
            what: String::new(),
            grain: Vec::new(),
            takes: Vec::new(),
            requirements: Vec::new(),
            columns: Vec::new(),
            tests: Vec::new(),
            sql: sql.trim().to_owned(),
        };
        for line in joined(header) {
            model.take_line(path, &line)?;
        }
        let missing = |word| ModelError::Missing { path: path.to_owned(), word };
        if model.what.is_empty() {
            return Err(missing("What"));
        }
        if model.grain.is_empty() {
            return Err(missing("Grain"));
        }
        Ok(model)
    }

    /// Whether it is published as a mart.
    pub fn is_public(&self) -> bool {
        !self.name.starts_with('_') && self.takes.is_empty()
    }

    /// Its path below the crate.
    pub fn path(&self) -> String {
        format!("{}/{}.sql", self.purpose, self.name)
    }

    fn take_line(&mut self, path: &str, line: &str) -> Result<(), ModelError> {
        let unreadable = || ModelError::Line { path: path.to_owned(), line: line.to_owned() };
        let (word, rest) = line.split_once(' ').ok_or_else(unreadable)?;
        let rest = rest.trim();
        match word {
            "What" => self.what = rest.to_owned(),
            "Grain" => self.grain = list(rest),
            "Takes" => self.takes = list(rest),
            "For" => self.requirements = list(rest),
            "Test" => self.tests.push(Test::read(rest).ok_or_else(unreadable)?),
            "Column" => {
                let (name, what) = rest.split_once(':').ok_or_else(unreadable)?;
                self.columns.push((name.trim().to_owned(), what.trim().to_owned()));
            }
            _ => return Err(unreadable()),
        }
        Ok(())
    }
}

impl Test {
    fn read(text: &str) -> Option<Test> {
        if let Some(sql) = text.strip_prefix("no_rows:") {
            return Some(Test::NoRows(sql.trim().to_owned()));
        }
        let (name, rest) = text.split_once('(')?;
        let arguments = rest.strip_suffix(')')?;
        match name.trim() {
            "unique" => Some(Test::Unique(list(arguments))),
            "not_null" => Some(Test::NotNull(list(arguments))),
            "accepted" => {
                let mut words = list(arguments);
                if words.len() < 2 {
                    return None;
                }
                let column = words.remove(0);
                Some(Test::Accepted { column, values: words })
            }
            "relates_to" => {
                let (column, target) = arguments.split_once(',')?;
                let (table, other) = target.trim().split_once('.')?;
                Some(Test::RelatesTo {
                    column: column.trim().to_owned(),
                    table: table.to_owned(),
                    other: other.to_owned(),
                })
            }
            "balances" => {
                let (what, by) = arguments.split_once(" by ")?;
                let (line, amount) = what.split_once(',')?;
                Some(Test::Balances { line: line.trim().to_owned(), amount: amount.trim().to_owned(), by: list(by) })
            }
            _ => None,
        }
    }

    /// The query whose rows break the test.
    pub fn sql(&self, model: &str) -> String {
        match self {
            Test::Unique(columns) => {
                let columns = columns.join(", ");
                format!("select {columns}, count(*) as times from {model} group by {columns} having count(*) > 1")
            }
            Test::NotNull(columns) => {
                let any: Vec<String> = columns.iter().map(|column| format!("{column} is null")).collect();
                format!("select * from {model} where {}", any.join(" or "))
            }
            Test::Accepted { column, values } => {
                let values: Vec<String> =
                    values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
                format!(
                    "select {column}, count(*) as times from {model} where {column} is not null and {column} not in ({}) group by {column}",
                    values.join(", ")
                )
            }
            Test::RelatesTo { column, table, other } => format!(
                "select distinct here.{column} from {model} as here left anti join {table} as there on here.{column} = there.{other} \
                 where here.{column} is not null"
            ),
            Test::Balances { line, amount, by } => {
                let by = by.join(", ");
                format!(
                    "select {by}, sum(case when {line} = 'opening' or {line} like 'in:%' then {amount} else -{amount} end) as off_by \
                     from {model} group by {by} \
                     having sum(case when {line} = 'opening' or {line} like 'in:%' then {amount} else -{amount} end) <> 0"
                )
            }
            Test::NoRows(sql) => sql.clone(),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Unique(columns) => write!(f, "unique({})", columns.join(", ")),
            Test::NotNull(columns) => write!(f, "not_null({})", columns.join(", ")),
            Test::Accepted { column, values } => write!(f, "accepted({column}, {})", values.join(", ")),
            Test::RelatesTo { column, table, other } => write!(f, "relates_to({column}, {table}.{other})"),
            Test::Balances { line, amount, by } => write!(f, "balances({line}, {amount} by {})", by.join(", ")),
            Test::NoRows(sql) => write!(f, "no_rows: {sql}"),
        }
    }
}

/// A line that begins with a blank continues the one before.
fn joined(header: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in header.lines().filter(|line| !line.trim().is_empty()) {
        match lines.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        /// Every model file: its path below the crate and its text.
        pub const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../", $path)))),*];
    };
}

files![
    "classes/class_sizes.sql",
    "enrolment/enrolment.sql",
    "enrolment/headcount_on.sql",
    "fees/fees.sql",
    "inspection/separation.sql",
    "inspection/unexplained.sql",
    "inspection/virtual_classes.sql",
    "movement/balance.sql",
    "movement/flows.sql",
    "movement/movements.sql",
    "movement/transfer_flows.sql",
    "organisation/levels.sql",
    "organisation/places.sql",
    "organisation/units.sql",
    "quality/problems.sql",
    "rates/_leavers.sql",
    "rates/_measures.sql",
    "rates/_stage_groups.sql",
    "rates/_unit_flows.sql",
    "rates/_unit_years.sql",
    "rates/rates.sql",
];

/// Every model, in the order of their paths.
pub fn all() -> Result<Vec<Model>, ModelError> {
    FILES.iter().map(|(path, text)| Model::read(path, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_directory() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for purpose in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
        {
            for file in std::fs::read_dir(&purpose).unwrap().map(|entry| entry.unwrap().path()) {
                if file.extension().is_some_and(|extension| extension == "sql") {
                    found.push(file.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(found, listed);
    }

    #[test]
    fn every_public_model_explains_itself() {
        for model in all().unwrap() {
            if model.is_public() {
                assert!(!model.tests.is_empty(), "{} has no tests", model.path());
                assert!(!model.requirements.is_empty(), "{} serves no requirement", model.path());
            }
        }
    }

    #[test]
    fn a_header_reads() {
        let model = Model::read(
            "classes/sizes.sql",
            "/*\nWhat    sizes\nGrain   school_id, class_id\nTakes   day\nFor     WH-06\nTest    unique(school_id, class_id)\n\
             Test    balances(line, pupils by school_id)\nTest    no_rows: select 1\n  where false\nColumn pupils: headcount: all\n*/\nselect 1\n",
        )
        .unwrap();
        assert_eq!(model.grain, ["school_id", "class_id"]);
        assert_eq!(model.tests[2], Test::NoRows("select 1 where false".to_owned()));
        assert_eq!(model.tests[1].to_string(), "balances(line, pupils by school_id)");
        assert_eq!(model.columns, [("pupils".to_owned(), "headcount: all".to_owned())]);
        assert!(!model.is_public());
    }

    #[test]
    fn a_bad_header_is_refused_by_name() {
        assert_eq!(Model::read("a/b.sql", "select 1"), Err(ModelError::NoHeader { path: "a/b.sql".to_owned() }));
        let error = Model::read("a/b.sql", "/*\nWhat    x\nGrain   y\nTest    often(x)\n*/\nselect 1").unwrap_err();
        assert_eq!(error.to_string(), "a/b.sql has a header line that does not read: `Test    often(x)`");
        assert_eq!(
            Model::read("a/b.sql", "/*\nWhat    x\n*/\nselect 1"),
            Err(ModelError::Missing { path: "a/b.sql".to_owned(), word: "Grain" })
        );
    }
}
