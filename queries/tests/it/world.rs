//! Reads a world file: rows that are invented, then questions with the answers they must have.
//!
//! ```text
//! world a class of 46
//! day 2013-10-31
//! schools
//! 3401110001 county=340111 prefecture=340100
//! classes
//! 3401110001/201301 grade=1
//! moves
//! 2013-09-01 招生入学 1..46 - -> 3401110001/201301/1
//! query
//! select class_id, pupils from class_sizes
//! ----
//! 201301 46
//! ```
//!
//! A move may have `run=2`, any dimension (`sex=女`), and `as=a`; `back a run=3` takes it back. Rows are compared sorted.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
        new_null_array,
    },
    datatypes::DataType,
    util::display::{ArrayFormatter, FormatOptions},
};
use domain::{calendar::Day, policy::Policy};
use queries::Session;
use warehouse::table::Table;

/// One row to be: values by column.
type Row = BTreeMap<String, String>;

/// The invented rows of a world.
#[derive(Default)]
pub struct World {
    title: String,
    day: String,
    policy: String,
    rows: BTreeMap<&'static str, Vec<Row>>,
    labelled: BTreeMap<String, Vec<Row>>,
    movements: i64,
}

impl World {
    /// A world without rows on this day.
    pub fn on(day: &str) -> World {
        World { day: day.to_owned(), policy: "anhui-2013".to_owned(), ..World::default() }
    }

    /// Takes one line of a section.
    pub fn line(&mut self, section: &str, line: &str) {
        let (words, mut options) = split(line);
        match section {
            "schools" => {
                let county = options.remove("county").unwrap();
                let mut row = Row::from([
                    ("school_id".to_owned(), words[0].clone()),
                    ("name".to_owned(), format!("学校{}", words[0])),
                    ("authority_id".to_owned(), county.clone()),
                    ("county_id".to_owned(), county),
                    ("prefecture_id".to_owned(), options.remove("prefecture").unwrap()),
                    ("kind".to_owned(), "小学".to_owned()),
                    ("ownership".to_owned(), "县级教育部门".to_owned()),
                    ("urban_rural".to_owned(), "镇中心区".to_owned()),
                ]);
                row.extend(options);
                self.rows.entry("schools").or_default().push(row);
            }
            "classes" => {
                let (school, class) = words[0].split_once('/').unwrap();
                let stage = stage_of(&options["grade"]);
                let mut row = Row::from([
                    ("school_id".to_owned(), school.to_owned()),
                    ("class_id".to_owned(), class.to_owned()),
                    ("name".to_owned(), format!("{class}班")),
                    ("stage".to_owned(), stage.to_owned()),
                    ("founded".to_owned(), "2013-09".to_owned()),
                    ("kind".to_owned(), "普通班".to_owned()),
                    ("homeroom_teacher".to_owned(), "张老师".to_owned()),
                ]);
                row.extend(options);
                self.rows.entry("classes").or_default().push(row);
            }
            "moves" if words[0] == "back" => self.take_back(&words[1], &options),
            "moves" => self.movement(&words, options),
            other => {
                let table = Table::named(other).unwrap_or_else(|| panic!("no section `{other}`"));
                self.rows.entry(table.name).or_default().push(options);
            }
        }
    }

    fn movement(&mut self, words: &[String], mut options: Row) {
        let [on, kind, pupils, from, _arrow, to] = words else { panic!("a move is `day kind pupils from -> to`") };
        let label = options.remove("as");
        options.entry("run_id".to_owned()).or_insert_with(|| "1".to_owned());
        if let Some(run) = options.remove("run") {
            options.insert("run_id".to_owned(), run);
        }
        for pupil in pupils_of(pupils) {
            self.movements += 1;
            for (sign, here, there) in [("-1", from, to), ("1", to, from)] {
                if here == "-" {
                    continue;
                }
                let mut row = Row::from([
                    ("movement_id".to_owned(), self.movements.to_string()),
                    ("effective_on".to_owned(), on.clone()),
                    ("pupil_id".to_owned(), pupil.to_string()),
                    ("kind".to_owned(), kind.clone()),
                    ("explained".to_owned(), (!kind.starts_with("无据")).to_string()),
                    ("sign".to_owned(), sign.to_owned()),
                    ("sex".to_owned(), "男".to_owned()),
                    ("ethnicity".to_owned(), "汉族".to_owned()),
                    ("reverses".to_owned(), "false".to_owned()),
                ]);
                account(&mut row, here, "");
                if there != "-" {
                    account(&mut row, there, "other_");
                }
                row.extend(options.clone());
                if let Some(label) = &label {
                    self.labelled.entry(label.clone()).or_default().push(row.clone());
                }
                self.rows.entry("ledger").or_default().push(row);
            }
        }
    }

    fn take_back(&mut self, label: &str, options: &Row) {
        for mut row in self.labelled.remove(label).unwrap() {
            let sign = if row["sign"] == "1" { "-1" } else { "1" };
            row.insert("sign".to_owned(), sign.to_owned());
            row.insert("reverses".to_owned(), "true".to_owned());
            row.insert("run_id".to_owned(), options["run"].clone());
            self.rows.entry("ledger").or_default().push(row);
        }
    }

    /// The rows as tables.
    pub fn tables(&self) -> Vec<(String, Vec<RecordBatch>)> {
        self.rows
            .iter()
            .map(|(name, rows)| ((*name).to_owned(), vec![batch(Table::named(name).unwrap(), rows)]))
            .collect()
    }

    /// Opens a session over the rows.
    pub async fn session(&self) -> Session {
        let tables = self.tables();
        let day: Day = self.day.parse().unwrap_or_else(|_| panic!("{} has no day", self.title));
        Session::in_memory(tables, day, 1, &Policy::named(&self.policy).unwrap()).await.unwrap()
    }
}

fn account(row: &mut Row, text: &str, prefix: &str) {
    let mut parts = text.split('/');
    let mut next = || parts.next().unwrap_or("在读").to_owned();
    let (school, class, grade, status) = (next(), next(), next(), next());
    row.insert(format!("{prefix}school_id"), school);
    row.insert(format!("{prefix}grade"), grade.clone());
    row.insert(format!("{prefix}status"), status);
    if prefix.is_empty() {
        row.insert("class_id".to_owned(), class);
        row.insert("stage".to_owned(), stage_of(&grade).to_owned());
    }
}

fn stage_of(grade: &str) -> &'static str {
    match grade.parse::<u8>().unwrap() {
        1..=6 => "小学",
        7..=9 => "初中",
        _ => "高中",
    }
}

/// `1,2,6..20`
fn pupils_of(text: &str) -> Vec<i64> {
    text.split(',')
        .flat_map(|part| {
            let (first, last) = part.split_once("..").unwrap_or((part, part));
            first.parse().unwrap()..=last.parse::<i64>().unwrap()
        })
        .collect()
}

fn split(line: &str) -> (Vec<String>, Row) {
    let (mut words, mut options) = (Vec::new(), Row::new());
    for word in line.split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) => drop(options.insert(name.to_owned(), value.to_owned())),
            None => words.push(word.to_owned()),
        }
    }
    (words, options)
}

/// The rows as a batch of the table; what a required column lacks is filled with something harmless.
fn batch(table: &Table, rows: &[Row]) -> RecordBatch {
    let schema = table.schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            let default = (!field.is_nullable()).then(|| match field.data_type() {
                DataType::Date32 => "2013-09-01",
                DataType::Boolean => "true",
                DataType::Utf8 => "x",
                _ => "0",
            });
            let texts: Vec<Option<&str>> =
                rows.iter().map(|row| row.get(field.name()).map(String::as_str).or(default)).collect();
            let column: ArrayRef = match field.data_type() {
                DataType::Utf8 => Arc::new(StringArray::from(texts)),
                DataType::Int32 => {
                    Arc::new(texts.iter().map(|t| Some(t.as_ref()?.parse().unwrap())).collect::<Int32Array>())
                }
                DataType::Int64 => {
                    Arc::new(texts.iter().map(|t| Some(t.as_ref()?.parse().unwrap())).collect::<Int64Array>())
                }
                DataType::Float64 => {
                    Arc::new(texts.iter().map(|t| Some(t.as_ref()?.parse().unwrap())).collect::<Float64Array>())
                }
                DataType::Boolean => {
                    Arc::new(texts.iter().map(|t| Some(t.as_ref()?.parse().unwrap())).collect::<BooleanArray>())
                }
                DataType::Date32 => Arc::new(
                    texts
                        .iter()
                        .map(|t| Some(t.as_ref()?.parse::<Day>().ok().unwrap().epoch_days()))
                        .collect::<Date32Array>(),
                ),
                other => new_null_array(other, rows.len()),
            };
            column
        })
        .collect();
    for row in rows {
        for name in row.keys() {
            assert!(schema.column_with_name(name).is_some(), "{} has no column `{name}`", table.name);
        }
    }
    RecordBatch::try_new(schema, columns).unwrap()
}

/// The rows of an answer, one line each.
pub fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::new().with_null("-");
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            lines.push(cells.join(" "));
        }
    }
    lines
}

/// Runs every world of a file and tells what is wrong.
pub async fn run(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    let mut wrong = Vec::new();
    for part in text.split("\nworld ").skip(1) {
        let (world, questions) = read(part);
        let session = world.session().await;
        let built = match queries::build(&session).await {
            Ok(built) => built,
            Err(error) => {
                wrong.push(format!("{name}, {}: {error:?}", world.title));
                continue;
            }
        };
        let failing: Vec<String> =
            built.failures.iter().map(|failure| format!("{} {}", failure.model, failure.test)).collect();
        for failure in &built.failures {
            if !questions.iter().any(|question| question.sql == format!("fails {}", failure.model)) {
                wrong.push(format!("{name}, {}: {failure:#?}\n{}", world.title, failure.rows_shown));
            }
        }
        for question in &questions {
            if let Some(model) = question.sql.strip_prefix("fails ") {
                if !failing.iter().any(|failing| failing.starts_with(model)) {
                    wrong.push(format!("{name}, {}: {model} does not fail", world.title));
                }
                continue;
            }
            let mut expected = question.rows.clone();
            expected.sort();
            let mut found = match session.read_only(&question.sql).await {
                Ok(batches) => lines(&batches),
                Err(error) => vec![format!("{error:?}")],
            };
            found.sort();
            if found != expected {
                wrong.push(format!(
                    "{name}, {}:\n{}\nexpected\n  {}\nfound\n  {}",
                    world.title,
                    question.sql,
                    expected.join("\n  "),
                    found.join("\n  ")
                ));
            }
        }
    }
    wrong
}

struct Question {
    sql: String,
    rows: Vec<String>,
}

fn read(part: &str) -> (World, Vec<Question>) {
    let mut world = World::on("");
    let mut questions: Vec<Question> = Vec::new();
    let mut section = String::new();
    for (at, line) in part.lines().enumerate() {
        let line = line.trim_end();
        if at == 0 {
            world.title = line.to_owned();
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        match (line.split_once(' '), section.as_str()) {
            (_, "answer") if line.is_empty() => section.clear(),
            (_, "answer") => questions.last_mut().unwrap().rows.push(line.to_owned()),
            (_, "query") if line == "----" => "answer".clone_into(&mut section),
            (_, "query") => {
                let sql = &mut questions.last_mut().unwrap().sql;
                sql.push_str(line);
                sql.push('\n');
            }
            _ if line.is_empty() => section.clear(),
            (Some(("day", day)), _) => day.clone_into(&mut world.day),
            (Some(("policy", policy)), _) => policy.clone_into(&mut world.policy),
            (Some(("fails", _)), _) => questions.push(Question { sql: line.to_owned(), rows: Vec::new() }),
            (None, _) if line == "query" => {
                "query".clone_into(&mut section);
                questions.push(Question { sql: String::new(), rows: Vec::new() });
            }
            (None, "") => line.clone_into(&mut section),
            _ => world.line(&section, line),
        }
    }
    (world, questions)
}
