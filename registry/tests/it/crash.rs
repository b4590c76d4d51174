//! Killed at any moment: nothing acknowledged is lost, nothing is half done or doubled (F2, F3, F13, F14).
//!
//! The test binary starts itself again as a child that works on the same database, and kills it. `XUEJI_TEST_TRIALS` sets how often.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::future::join_all;
use registry::{
    office::{Now, Office, OfficeError},
    store::{
        Store,
        table::{answers, audit},
    },
};
use sea_orm::EntityTrait as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    postgres::{Postgres, shared},
    power_cut::PowerCut,
    town::{
        Base, Town, application, by, copied, decision, instant,
        people::number_of,
        place::{JUNIOR, JUNIOR_FAR, PRIMARY, build},
        read_command, runtime, whole,
    },
};

const CHILD: &str = "XUEJI_TEST_CHILD";

/// One command of a chain; `$case` in it is the case that the chain has opened last.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Step {
    account: String,
    command: Value,
    key: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    url: String,
    acknowledged: String,
    at: String,
    chains: Vec<Vec<Step>>,
}

fn trials() -> u64 {
    let asked = std::env::var_os("XUEJI_TEST_TRIALS").and_then(|text| text.to_str()?.parse().ok());
    asked.unwrap_or(6)
}

/// A number below `end` that each trial has of its own.
fn below(trial: u64, end: u64) -> u64 {
    let mixed = (trial + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) % end
}

fn step(account: &str, command: Value, key: String) -> Step {
    Step { account: account.to_owned(), command, key }
}

/// Imports, their approval, and a transfer through every step: chains that do not depend on each other.
fn chains(town: &Town, count: usize) -> Vec<Vec<Step>> {
    let chain = |at: usize| {
        let rows: Vec<Value> = (0..8).map(|_| town.newcomer(8)).collect();
        let pupil = number_of(&rows[0]);
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let decide = || json!({"do": "decide", "case": "$case", "verdict": "approve"});
        let told = [
            ("r3134000002", town.batch(JUNIOR_FAR, rows)),
            ("r341126", decide()),
            ("r3134000001", application(&pupil, transfer, &[])),
            ("r340102", decide()),
            ("r3134000002", decide()),
            ("q341126", decide()),
        ];
        told.into_iter()
            .zip(0..)
            .map(|((account, command), n)| step(account, command, format!("chain-{at}-{n}")))
            .collect()
    };
    (0..count).map(chain).collect()
}

/// Carries a chain out; `patient` tries a step again under its key until it is answered.
async fn carry(office: &Office, chain: &[Step], now: &Now, patient: bool, acknowledge: &(dyn Fn(&str) + Sync)) {
    let mut case = json!(null);
    for Step { account, command, key } in chain {
        let mut command = command.clone();
        if command["case"] == "$case" {
            command["case"] = case.clone();
        }
        let until = Instant::now() + Duration::from_secs(90);
        let answer = loop {
            match office.act(by(account), read_command(command.clone()), Some(key.clone()), now.clone()).await {
                Ok(answer) => break answer,
                Err(OfficeError::Refused(refusal)) => panic!("{key} is refused: {} {}", refusal.code, refusal.en),
                Err(error) if patient && Instant::now() < until => {
                    assert!(matches!(error, OfficeError::Unknown | OfficeError::Store(_)), "{error:?}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(_) => return,
            }
        };
        acknowledge(key);
        case = answer.case.map_or(case, |case| json!(case));
    }
}

/// The child: works until it is done or killed. Without a plan there is nothing to do.
#[test]
fn a_child_works_until_it_is_killed() {
    let Some(plan) = std::env::var_os(CHILD) else { return };
    let plan: Plan = serde_json::from_str(&fs::read_to_string(plan).unwrap()).unwrap();
    let told = Mutex::new(fs::File::options().append(true).create(true).open(&plan.acknowledged).unwrap());
    let acknowledge = |key: &str| told.lock().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    runtime().block_on(async {
        acknowledge("begun");
        let calendar = domain::calendar::WorkCalendar::official().clone();
        let office = Office::open(&plan.url, Some("anhui"), calendar).await.unwrap();
        acknowledge("open");
        let now = Now::at(instant(&plan.at));
        join_all(plan.chains.iter().map(|chain| carry(&office, chain, &now, false, &acknowledge))).await;
        office.close().await.unwrap();
    });
}

/// Starts the child, waits until it says `word`, and kills it after so many milliseconds. Returns what it had acknowledged.
fn killed(plan: &Plan, word: &str, after: u64) -> Vec<String> {
    let file = format!("{}.json", plan.acknowledged);
    fs::write(&file, serde_json::to_string(plan).unwrap()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["crash::a_child_works_until_it_is_killed", "--exact", "--nocapture"]).env(CHILD, &file);
    let mut child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let said = || fs::read_to_string(&plan.acknowledged).unwrap_or_default();
    let until = Instant::now() + Duration::from_secs(60);
    while !said().lines().any(|line| line == word) {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "the child does not begin: {}", said());
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(after));
    child.kill().unwrap();
    child.wait().unwrap();
    let said = said();
    let whole = said.rfind('\n').map_or("", |end| &said[..end]);
    whole.lines().filter(|line| !["begun", "open"].contains(line)).map(str::to_owned).collect()
}

/// What was acknowledged is there once, and so is its entry in the audit chain.
async fn consistent(town: &Town, acknowledged: &[String]) {
    let reader = town.office.store().reader();
    let answered = answers::Entity::find().all(reader).await.unwrap();
    let entries = audit::Entity::find().all(reader).await.unwrap();
    let mut carried_out: HashMap<String, usize> = HashMap::new();
    for row in entries {
        let entry: Value = serde_json::from_str(&row.data).unwrap();
        if let Some(digest) =
            entry["command"].as_str().filter(|_| !entry["result"].as_str().unwrap().starts_with("refused"))
        {
            *carried_out.entry(digest.to_owned()).or_default() += 1;
        }
    }
    for key in acknowledged {
        assert!(answered.iter().any(|row| row.key == *key), "{key} was acknowledged and is not there");
    }
    // The same decision is given once for each step, so of one command there are as many entries as answers.
    let mut told: HashMap<&str, usize> = HashMap::new();
    for row in &answered {
        *told.entry(row.command.as_str()).or_default() += 1;
    }
    for (command, count) in told {
        assert_eq!(carried_out.get(command), Some(&count), "one entry for each answer");
    }
    whole::check(town).await;
}

async fn town_of(base: Base, (url, folder): (String, Option<tempfile::TempDir>)) -> Town {
    let calendar = domain::calendar::WorkCalendar::official().clone();
    Town::at(base, (url, folder), "anhui", calendar).await
}

fn plan(folder: &Path, url: &str, at: &str, chains: Vec<Vec<Step>>) -> Plan {
    let acknowledged = folder.join("acknowledged").display().to_string();
    Plan { url: url.to_owned(), acknowledged, at: at.to_owned(), chains }
}

fn on_each_base(trial: impl Fn(Base, u64)) {
    for base in [Base::Sqlite, Base::Postgres] {
        for at in 0..trials() {
            eprintln!("on {base:?}, trial {at}");
            trial(base, at);
        }
    }
}

#[test]
fn imports_and_decisions_survive_a_kill_at_any_moment() {
    // FAULT: F2
    // INV: AU-1, EN-3, TR-3, ID-4
    // EDGE: X25
    on_each_base(|base, trial| {
        let (url, folder) = copied(base, "anhui");
        let aside = tempfile::tempdir().unwrap();
        let chains = runtime().block_on(async {
            let town = town_of(base, (url.clone(), None)).await;
            let chains = chains(&town, 16);
            town.office.close().await.unwrap();
            chains
        });
        let plan = plan(aside.path(), &url, "2025-09-02", chains);
        let acknowledged = killed(&plan, "open", below(trial, 500));
        runtime().block_on(async {
            let town = town_of(base, (url, folder)).await;
            consistent(&town, &acknowledged).await;
            // The clients saw a reset and try again under their keys.
            let now = Now::at(instant(&plan.at));
            join_all(plan.chains.iter().map(|chain| carry(&town.office, chain, &now, false, &|_| {}))).await;
            let keys: Vec<String> = plan.chains.iter().flatten().map(|step| step.key.clone()).collect();
            consistent(&town, &keys).await;
            assert_eq!(town.count("select count(*) from pupils").await, 16 * 8);
            assert_eq!(town.count(&format!("select count(*) from pupils where school_id = '{JUNIOR}'")).await, 16);
            assert_eq!(town.count("select count(*) from changes").await, 16 * 9);
            assert_eq!(town.count("select count(distinct regional_no) from pupils").await, 16 * 8);
            town.office.close().await.unwrap();
        });
    });
}

#[test]
fn the_first_of_august_is_whole_or_has_not_been() {
    // FAULT: F2
    // REQ: PRO-01
    // INV: PR-1, PR-2
    on_each_base(|base, trial| {
        let (url, folder) = copied(base, "anhui");
        let aside = tempfile::tempdir().unwrap();
        let before = runtime().block_on(async {
            let town = town_of(base, (url.clone(), None)).await;
            for grade in 1..=5 {
                town.pupils(PRIMARY, grade, 60).await;
            }
            let sum = town.count("select sum(grade) from pupils").await;
            town.office.close().await.unwrap();
            sum
        });
        let promote = json!({"do": "promote", "year": 2026});
        let run = vec![vec![step("system", promote.clone(), "promote".to_owned())]];
        let plan = plan(aside.path(), &url, "2026-08-01", run);
        let acknowledged = killed(&plan, "open", below(trial, 60));
        runtime().block_on(async {
            let town = town_of(base, (url, folder)).await;
            consistent(&town, &acknowledged).await;
            let sum = async || town.count("select sum(grade) from pupils").await;
            let risen = async || town.count("select count(*) from changes where kind = '升级'").await;
            let (now, moved) = (sum().await, risen().await);
            assert!((now, moved) == (before, 0) || (now, moved) == (before + 300, 300), "{before} → {now}, {moved}");
            assert!(acknowledged.is_empty() || now == before + 300);
            town.on("2026-08-03");
            let _ = town.tell_once("system", promote, Some("promote")).await.unwrap();
            assert_eq!((sum().await, risen().await), (before + 300, 300));
            consistent(&town, &["promote".to_owned()]).await;
            town.office.close().await.unwrap();
        });
    });
}

#[test]
fn a_schema_is_there_or_not_and_never_in_between() {
    // FAULT: F14
    on_each_base(|base, trial| {
        let aside = tempfile::tempdir().unwrap();
        let url = match base {
            Base::Sqlite => format!("sqlite:{}", aside.path().join("new.sqlite").display()),
            Base::Postgres => {
                let name = format!("new_{trial}");
                shared().create_database(&name);
                shared().url(&name)
            }
        };
        killed(&plan(aside.path(), &url, "2025-09-02", Vec::new()), "begun", below(trial, 45));
        std::thread::sleep(Duration::from_millis(50));
        runtime().block_on(async {
            let town = town_of(base, (url, None)).await;
            assert_eq!(town.count("select count(*) from seaql_migrations").await, 1);
            assert_eq!(town.count("select count(*) from office_state").await, 1);
            assert_eq!(town.count("select count(*) from portraits").await, 0);
            town.office.close().await.unwrap();
        });
    });
}

#[test]
fn a_migration_that_fails_half_way_leaves_nothing_behind() {
    // FAULT: F14
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("office.sqlite").display());
        // A table of ours stands in the way of a later statement of the step.
        let store = Store::open(&url).await.unwrap();
        let tables = sea_orm::ConnectionTrait::execute_unprepared(store.reader(), "drop table seaql_migrations").await;
        tables.unwrap();
        store.close().await.unwrap();
        assert!(Store::open(&url).await.is_err(), "the tables are there already");
        let again = Store::open(&url).await;
        assert!(again.is_err(), "and it stays refused, with what is there untouched");
    });
}

#[test]
fn a_server_that_is_killed_under_the_office_loses_and_doubles_nothing() {
    // FAULT: F13, F2
    // INV: TR-2, AU-1
    let server = Arc::new(Postgres::start());
    server.create_database("office");
    let url = server.url("office");
    runtime().block_on(async {
        build(&url, "anhui").await;
        let town = town_of(Base::Postgres, (url, None)).await;
        let chains = chains(&town, 16);
        let now = town.now();
        let felled = tokio::task::spawn_blocking({
            let server = Arc::clone(&server);
            move || {
                for at in 0..3 {
                    std::thread::sleep(Duration::from_millis(60 + below(at, 120)));
                    if at == 1 { server.restart() } else { server.kill_hard() }
                }
            }
        });
        join_all(chains.iter().map(|chain| carry(&town.office, chain, &now, true, &|_| {}))).await;
        felled.await.unwrap();
        let keys: Vec<String> = chains.iter().flatten().map(|step| step.key.clone()).collect();
        consistent(&town, &keys).await;
        assert_eq!(town.count("select count(*) from pupils").await, 16 * 8);
        assert_eq!(town.count(&format!("select count(*) from pupils where school_id = '{JUNIOR}'")).await, 16);
        let late = town.tell("q341126", decision(2, "approve", "")).await;
        assert_eq!(late.unwrap_err().code, "closed");
        town.office.close().await.unwrap();
    });
}

#[test]
fn what_was_acknowledged_is_there_when_the_power_comes_back() {
    // FAULT: F3
    // INV: AU-1, TR-3
    for trial in 0..trials() {
        let (_, folder) = copied(Base::Sqlite, "anhui");
        let folder = folder.unwrap();
        let url = format!("sqlite:{}", folder.path().join("office.sqlite").display());
        let aside = tempfile::tempdir().unwrap();
        let chains = runtime().block_on(async {
            let town = town_of(Base::Sqlite, (url.clone(), None)).await;
            let chains = chains(&town, 8);
            town.office.close().await.unwrap();
            chains
        });
        let plan = plan(aside.path(), &url, "2025-09-02", chains);
        let file = format!("{}.json", plan.acknowledged);
        fs::write(&file, serde_json::to_string(&plan).unwrap()).unwrap();
        let disk = PowerCut::under(folder.path());
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["crash::a_child_works_until_it_is_killed", "--exact", "--nocapture"]).env(CHILD, &file);
        // The last trial goes through: closed in good order, everything is there. How many syncs there are depends on the batches.
        let at = if trial + 1 == trials() { 0 } else { 2 + below(trial, 12) };
        disk.threaten(&mut child, at);
        let status = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let ended = status.success();
        assert_eq!(ended, at == 0 || disk.syncs() < at, "cut before sync {at} of {}", disk.syncs());
        assert!(3 < disk.syncs() || at < 4, "{} syncs only", disk.syncs());
        disk.cut();
        let said = fs::read_to_string(&plan.acknowledged).unwrap_or_default();
        let said: Vec<String> =
            said.lines().filter(|line| !["begun", "open"].contains(line)).map(str::to_owned).collect();
        assert!(!ended || said.len() == 8 * 6);
        runtime().block_on(async {
            let town = town_of(Base::Sqlite, (url.clone(), None)).await;
            consistent(&town, &said).await;
            let now = Now::at(instant(&plan.at));
            join_all(plan.chains.iter().map(|chain| carry(&town.office, chain, &now, false, &|_| {}))).await;
            assert_eq!(town.count("select count(*) from changes").await, 8 * 9);
            town.office.close().await.unwrap();
        });
    }
}
