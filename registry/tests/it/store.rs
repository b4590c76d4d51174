//! The database: its schema, two programs over it, and an orderly end (F14, F17).

use futures::future::join_all;
use registry::{
    office::{Office, OfficeError},
    store::{Store, StoreError},
};
use serde_json::json;

use crate::town::{
    Base, by, decision, on_both,
    place::{PRIMARY, PRIMARY_FAR},
    read_command, runtime,
};

#[test]
fn a_schema_of_a_newer_program_is_refused_by_name() {
    // FAULT: F14
    on_both(async |town| {
        town.meddle("insert into seaql_migrations (version, applied_at) values ('m20991231_000001_later', 0)").await;
        let refused = Store::open(&town.url).await;
        match refused {
            Err(StoreError::Newer { step }) => assert_eq!(step, "m20991231_000001_later"),
            other => panic!("an old program opens a new schema: {other:?}"),
        }
        let text = Office::open(&town.url, None, town.office.books().calendar().clone()).await.unwrap_err();
        assert!(matches!(text, OfficeError::Store(StoreError::Newer { .. })));
        town.meddle("delete from seaql_migrations where version = 'm20991231_000001_later'").await;
        Store::open(&town.url).await.unwrap().close().await.unwrap();
    });
}

#[test]
fn a_database_is_opened_again_as_it_was() {
    // FAULT: F14
    on_both(async |town| {
        town.pupils(PRIMARY, 1, 3).await;
        let other = town.beside(town.office.books().calendar().clone()).await;
        assert_eq!(other.count("select count(*) from pupils").await, 3);
        assert_eq!(other.count("select count(*) from seaql_migrations").await, 1);
        other.office.close().await.unwrap();
    });
}

#[test]
fn what_is_no_database_is_said_so() {
    runtime().block_on(async {
        for url in ["", "mysql://x", "office.sqlite"] {
            assert!(matches!(Store::open(url).await, Err(StoreError::Url(_))), "{url}");
        }
        assert!(Store::open("sqlite:/proc/nowhere/office.sqlite").await.is_err());
    });
}

#[test]
fn two_offices_over_one_database_give_every_number_once() {
    // INV: ID-1, ID-4, TR-2
    // FAULT: F13
    on_both(async |town| {
        let other = town.beside(town.office.books().calendar().clone()).await;
        let mut commands = Vec::new();
        for at in 0..16 {
            let at_first = at % 2 == 0;
            let (school, account) = if at_first { (PRIMARY, "r2134000001") } else { (PRIMARY_FAR, "r2134000003") };
            let decider = if at_first { "r340102" } else { "r341126" };
            commands.push((at_first, account, decider, town.batch(school, vec![town.newcomer(1), town.newcomer(1)])));
        }
        let entered = commands.into_iter().map(async |(at_first, account, decider, batch)| {
            let (one, two) = if at_first { (town, &other) } else { (&other, town) };
            let case = one.ok(account, batch).await.case.unwrap();
            two.ok(decider, decision(case, "approve", "")).await;
        });
        join_all(entered).await;
        assert_eq!(town.count("select count(*) from pupils").await, 32);
        assert_eq!(town.count("select count(distinct regional_no) from pupils").await, 32);
        assert_eq!(town.count("select count(*) from cases").await, 16);
        other.office.close().await.unwrap();
    });
}

#[test]
fn what_is_under_way_when_the_office_closes_is_finished_or_never_begun() {
    // FAULT: F17
    on_both(async |town| {
        let office = Office::open(&town.url, None, town.office.books().calendar().clone()).await.unwrap();
        let mut tasks = Vec::new();
        for at in 0..40 {
            let (office, now) = (office.clone(), town.now());
            let command = read_command(town.batch(PRIMARY, vec![town.newcomer(1)]));
            tasks.push(tokio::spawn(async move {
                office.act(by("r2134000001"), command, Some(format!("close-{at}")), now).await
            }));
        }
        tokio::task::yield_now().await;
        tokio::time::timeout(std::time::Duration::from_secs(30), office.close()).await.expect("in time").unwrap();
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => done += 1,
                Err(OfficeError::Closed) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(town.count("select count(*) from answers where key like 'close-%'").await, done);
        assert_eq!(town.count("select count(*) from cases").await, done);
    });
}

#[test]
fn commits_of_sqlite_are_on_the_disk_and_readers_do_not_wait() {
    on_both(async |town| {
        if town.base == Base::Sqlite {
            let mode = crate::town::pragma(town, "journal_mode").await;
            assert_eq!(mode, "wal");
            assert_eq!(crate::town::pragma(town, "synchronous").await, "2", "full");
        }
        let broken = json!({"do": "enter_class", "class": crate::town::place::class_value(PRIMARY, "0191", 1, 2025)});
        town.ok("r2134000001", broken).await;
    });
}
