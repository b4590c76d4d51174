//! A small province on either database, and how the tests speak to its office.
//!
//! Every story runs twice, on SQLite (a file, WAL) and on PostgreSQL, and after it the whole registry is looked through: the audit chain
//! verifies, and what must hold at every instant holds.

pub mod people;
pub mod place;
pub mod whole;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use domain::{
    calendar::{Day, WorkCalendar},
    identity::StudentNo,
};
use registry::{
    case::Case,
    command::{Answer, Command},
    office::{By, Now, Office, OfficeError},
    pupil::Pupil,
    refusal::Refusal,
    store::read,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::postgres;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// A file, with its log beside it.
    Sqlite,
    /// A database of the shared server.
    Postgres,
}

/// The office of a small province, its clock, and who lives there.
pub struct Town {
    /// The office.
    pub office: Office,
    /// Its database.
    pub url: String,
    /// Which of the two.
    pub base: Base,
    at: AtomicI64,
    serial: AtomicI64,
    _folder: Option<tempfile::TempDir>,
}

/// An instant in Asia/Shanghai: a day (10:00) or `2025-09-12T23:59:59.999`, in milliseconds since 1970 in UTC.
pub fn instant(text: &str) -> i64 {
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T10:00:00.000") };
    let local = chrono::NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").expect("an instant");
    local.and_utc().timestamp_millis() - 8 * 3_600_000
}

/// A day from its text.
pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// A registration number from its text.
pub fn number(text: &str) -> StudentNo {
    StudentNo::read(text).expect("a registration number")
}

/// Tells a story on both databases under the measures of Anhui.
pub fn on_both(story: impl AsyncFn(&Town)) {
    under("anhui", story);
}

/// Tells a story on both databases under a policy.
pub fn under(policy: &'static str, story: impl AsyncFn(&Town)) {
    for base in [Base::Sqlite, Base::Postgres] {
        eprintln!("on {base:?}");
        let url = copied(base, policy);
        runtime().block_on(async {
            let town = Town::at(base, url, policy, WorkCalendar::official().clone()).await;
            story(&town).await;
            whole::check(&town).await;
            town.office.close().await.expect("the office closes");
        });
    }
}

/// A runtime for one story.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A copy of the province as it begins: the tree is built once for each database and policy.
pub fn copied(base: Base, policy: &'static str) -> (String, Option<tempfile::TempDir>) {
    static BUILT: Mutex<Option<HashMap<(Base, &'static str), String>>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let templates = built.get_or_insert_default();
    let template = templates.entry((base, policy)).or_insert_with(|| {
        let name = format!("province_{}", policy.replace('-', "_"));
        let (template, url) = match base {
            Base::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder").keep();
                let file = folder.join(format!("{name}.sqlite"));
                (file.display().to_string(), format!("sqlite:{}", file.display()))
            }
            Base::Postgres => {
                postgres::shared().create_database(&name);
                (name.clone(), postgres::shared().url(&name))
            }
        };
        runtime().block_on(place::build(&url, policy));
        template
    });
    match base {
        Base::Sqlite => {
            let folder = tempfile::tempdir().expect("a folder");
            let file: PathBuf = folder.path().join("office.sqlite");
            std::fs::copy(&*template, &file).expect("a copy");
            (format!("sqlite:{}", file.display()), Some(folder))
        }
        Base::Postgres => {
            static COUNT: AtomicU32 = AtomicU32::new(1);
            let name = format!("story_{}", COUNT.fetch_add(1, Ordering::Relaxed));
            postgres::shared().query("postgres", &format!("create database {name} template {template}"));
            (postgres::shared().url(&name), None)
        }
    }
}

impl Town {
    /// The town over a database; the folder is kept as long as the town.
    pub async fn at(
        base: Base,
        (url, folder): (String, Option<tempfile::TempDir>),
        policy: &str,
        calendar: WorkCalendar,
    ) -> Town {
        let office = Office::open(&url, Some(policy), calendar).await.expect("the office opens");
        let (at, serial) = (AtomicI64::new(instant("2025-09-02")), AtomicI64::new(1));
        Town { office, url, base, at, serial, _folder: folder }
    }

    /// Another office over the same database, with another calendar, at the same instant.
    pub async fn beside(&self, calendar: WorkCalendar) -> Town {
        let office = Office::open(&self.url, None, calendar).await.expect("the office opens");
        let serial = AtomicI64::new(self.serial.load(Ordering::Relaxed) + 1000);
        let at = AtomicI64::new(self.at.load(Ordering::Relaxed));
        Town { office, url: self.url.clone(), base: self.base, at, serial, _folder: None }
    }

    /// Sets the clock.
    pub fn on(&self, text: &str) {
        self.at.store(instant(text), Ordering::Relaxed);
    }

    /// The present instant.
    pub fn now(&self) -> Now {
        Now::at(self.at.load(Ordering::Relaxed))
    }

    /// The present day.
    pub fn today(&self) -> Day {
        self.now().today()
    }

    /// Gives a command; whatever is refused is refused properly.
    pub async fn tell(&self, account: &str, command: Value) -> Result<Answer, Refusal> {
        self.tell_once(account, command, None).await
    }

    /// Gives a command under a key.
    pub async fn tell_once(&self, account: &str, command: Value, key: Option<&str>) -> Result<Answer, Refusal> {
        match self.office.act(by(account), read_command(command), key.map(str::to_owned), self.now()).await {
            Ok(answer) => Ok(answer),
            Err(OfficeError::Refused(refusal)) => {
                proper(&refusal);
                Err(refusal)
            }
            Err(error) => panic!("{account}: {error:?}"),
        }
    }

    /// Gives a command that is carried out.
    pub async fn ok(&self, account: &str, command: Value) -> Answer {
        let told = command.to_string();
        match self.tell(account, command).await {
            Ok(answer) => answer,
            Err(refusal) => panic!("{account} is refused {told}: {} {}", refusal.code, refusal.en),
        }
    }

    /// Gives a command that is refused with a code; nothing changes but the audit chain.
    pub async fn no(&self, account: &str, command: Value, code: &str) -> Refusal {
        let told = command.to_string();
        match self.tell(account, command).await {
            Ok(answer) => panic!("{account} is not refused {told}: {answer:?}"),
            Err(refusal) => {
                assert_eq!(refusal.code, code, "{account}, {told}: {}", refusal.en);
                refusal
            }
        }
    }

    /// Applies for something.
    pub async fn apply(&self, account: &str, pupil: &str, purpose: Value, evidence: &[&str]) -> Answer {
        self.ok(account, application(pupil, purpose, evidence)).await
    }

    /// Approves a case in the name of each account in turn.
    pub async fn approve(&self, case: i64, accounts: &[&str]) -> Answer {
        let mut last = Answer::default();
        for account in accounts {
            last = self.ok(account, decision(case, "approve", "")).await;
        }
        last
    }

    /// The sweep.
    pub async fn sweep(&self) -> Answer {
        self.ok("system", json!({"do": "sweep"})).await
    }

    /// A record.
    pub async fn record(&self, pupil: &str) -> Pupil {
        let found = read::pupil_numbered(self.office.store().reader(), number(pupil)).await;
        found.expect("the database answers").expect("the record")
    }

    /// A case.
    pub async fn case(&self, id: i64) -> Case {
        read::case(self.office.store().reader(), id).await.expect("the database answers").expect("the case")
    }

    /// The number that a query of one row and column gives.
    pub async fn count(&self, sql: &str) -> i64 {
        self.text(&format!("select cast(({sql}) as text)")).await.parse().expect("a number")
    }

    /// The text that a query of one row and column gives; empty if there is no row.
    pub async fn text(&self, sql: &str) -> String {
        let reader = self.office.store().reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        let row = reader.query_one_raw(statement).await.expect("the database answers");
        row.and_then(|row| row.try_get_by_index::<Option<String>>(0).expect("a text")).unwrap_or_default()
    }

    /// A statement past the office.
    pub async fn meddle(&self, sql: &str) {
        self.office.store().reader().execute_unprepared(sql).await.expect("the statement");
    }
}

/// Who speaks.
pub fn by(account: &str) -> By {
    if account == "system" { By::System } else { By::Account(account.to_owned()) }
}

/// A command from JSON, as the command line and the service read it.
pub fn read_command(command: Value) -> Command {
    let told = command.to_string();
    serde_json::from_value(command).unwrap_or_else(|error| panic!("{told}: {error}"))
}

/// An application for a record; no number is an empty text.
pub fn application(pupil: &str, purpose: Value, evidence: &[&str]) -> Value {
    let evidence: Vec<Value> = evidence.iter().map(|kind| json!({"kind": kind})).collect();
    let number = if pupil.is_empty() { Value::Null } else { json!(pupil) };
    json!({"do": "apply", "student_no": number, "purpose": purpose, "reason": "监护人申请", "evidence": evidence})
}

/// A decision of a case.
pub fn decision(case: i64, verdict: &str, opinion: &str) -> Value {
    json!({"do": "decide", "case": case, "verdict": verdict, "opinion": opinion})
}

/// A refusal names its article, says why in both languages, and names nobody.
pub fn proper(refusal: &Refusal) {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(!refusal.article.trim().is_empty(), "no article: {refusal:?}");
    assert!(is_chinese(&refusal.zh), "no Chinese: {refusal:?}");
    assert!(refusal.en.chars().any(|c| c.is_ascii_lowercase()), "no English: {refusal:?}");
    let text = serde_json::to_string(refusal).expect("a refusal");
    assert!(!text.contains(people::SURNAME), "names a person: {text}");
    let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(longest < Some(15), "tells a number: {text}");
}

/// A setting of SQLite.
pub async fn pragma(town: &Town, name: &str) -> String {
    let reader = town.office.store().reader();
    let statement = Statement::from_string(reader.get_database_backend(), format!("pragma {name}"));
    let row = reader.query_one_raw(statement).await.expect("the database answers").expect("a row");
    row.try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
        .expect("a value")
}
