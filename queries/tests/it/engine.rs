//! The engine around the models: refusals, determinism, and the ledger's sums against a slow recount.

use arrow::array::RecordBatch;
use queries::{Error, Session, build};

use crate::world::{World, lines};

fn world() -> World {
    let mut world = World::on("2014-10-31");
    for line in ["3401110001 county=340111 prefecture=340100", "3401220001 county=340122 prefecture=340100"] {
        world.line("schools", line);
    }
    for line in [
        "2013-09-01 期初 1..20 - -> 3401110001/1/1",
        "2013-09-01 期初 21..30 - -> 3401220001/1/1 sex=女",
        "2013-10-08 省内转学 3,4 3401110001/1/1 -> 3401220001/1/1 run=2",
        "2013-11-05 辍学 5 3401110001/1/1 -> 3401110001/1/1/辍学保留 run=3 as=dropout",
        "back dropout run=5",
        "2014-08-01 升级 1,2,6..20 3401110001/1/1 -> 3401110001/1/2 run=4",
    ] {
        world.line("moves", line);
    }
    world
}

async fn session() -> Session {
    world().session().await
}

#[tokio::test]
async fn people_may_only_read() {
    let session = session().await;
    assert_eq!(lines(&session.read_only("select count(*) from ledger").await.unwrap()), ["72"]);
    for sql in [
        "create table t as select 1",
        "drop table ledger",
        "insert into ledger select * from ledger",
        "copy (select 1) to '/tmp/x.csv'",
        "create external table t stored as csv location '/etc/passwd'",
        "set datafusion.execution.batch_size = 1",
        "select 1; select 2",
        "select * into t from ledger",
    ] {
        assert!(session.read_only(sql).await.is_err(), "{sql} was let through");
    }
}

#[tokio::test]
async fn an_unknown_table_names_those_there_are() {
    let session = session().await;
    match session.read_only("select * from pupils").await {
        Err(Error::UnknownTable { table, known }) => {
            assert_eq!(table, "pupils");
            assert!(known.contains("ledger, loans"), "{known}");
            assert!(!known.contains("identities") && !known.contains("_run"), "{known}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(session.read_only("select * from identities").await, Err(Error::Personal { .. })));
    assert!(matches!(session.read_only("select 'a' 'b' 'c' from").await, Err(Error::Syntax(_))));
    let long = format!("select '{}'", "x".repeat(200_000));
    assert!(matches!(session.read_only(&long).await, Err(Error::TooLong { .. })));
}

// REQ: WH-03
#[tokio::test]
async fn any_day_as_known_at_any_run() {
    let session = session().await;
    build(&session).await.unwrap();
    for (call, expected) in [
        ("headcount_on('2013-08-31')", "-"),
        ("headcount_on('2013-09-01')", "30"),
        ("headcount_on('2013-11-05')", "30"),
        ("headcount_on('2013-11-05', 3)", "29"),
        ("headcount_on(date '2013-11-04', 3)", "30"),
        ("headcount_on()", "30"),
    ] {
        let found = session.read_only(&format!("select sum(pupils) from {call}")).await.unwrap();
        assert_eq!(lines(&found), [expected], "{call}");
    }
    for call in ["headcount_on('soon')", "headcount_on('2013-09-01', 1, 2)", "headcount_on(null)"] {
        let error = session.read_only(&format!("select * from {call}")).await.unwrap_err();
        assert!(format!("{error:?}").contains("headcount_on([day"), "{error:?}");
    }
}

#[tokio::test]
async fn the_same_rows_make_the_same_marts() {
    let first = build(&session().await).await.unwrap();
    let second = build(&session().await).await.unwrap();
    let bytes = |batches: &[RecordBatch]| -> Vec<String> { lines(batches) };
    for (a, b) in first.marts.iter().zip(&second.marts) {
        assert_eq!((&a.name, bytes(&a.batches)), (&b.name, bytes(&b.batches)));
        for field in a.schema.fields() {
            use arrow::datatypes::DataType::{Boolean, Date32, Float64, Int64, Utf8};
            assert!(
                matches!(field.data_type(), Boolean | Date32 | Float64 | Int64 | Utf8),
                "{}.{} is {}",
                a.name,
                field.name(),
                field.data_type()
            );
        }
    }
}

// REQ: WH-03 WH-04
#[tokio::test]
async fn ledger_sums_equal_a_slow_recount() {
    let session = session().await;
    build(&session).await.unwrap();
    // Play the movements pupil by pupil instead of summing signs.
    let entries = session
        .sql(
            "select pupil_id, school_id, sign from ledger where status = '在读' and effective_on <= date '2014-10-31' \
              order by effective_on, run_id, movement_id, sign",
        )
        .await
        .unwrap();
    let mut places = std::collections::BTreeMap::<String, Vec<String>>::new();
    for line in lines(&entries) {
        let [pupil, school, sign] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let held = places.entry(pupil.to_owned()).or_default();
        if sign == "1" {
            held.push(school.to_owned());
        } else {
            let at = held.iter().position(|place| place == school).expect("a pupil leaves only where it was");
            held.remove(at);
        }
    }
    let mut counted = std::collections::BTreeMap::<String, usize>::new();
    for held in places.values() {
        assert!(held.len() <= 1, "a pupil is in two schools: {held:?}");
        for school in held {
            *counted.entry(school.clone()).or_default() += 1;
        }
    }
    let expected: Vec<String> = counted.iter().map(|(school, pupils)| format!("{school} {pupils}")).collect();
    let found = session
        .sql("select school_id, sum(pupils) from enrolment group by school_id order by school_id")
        .await
        .unwrap();
    assert_eq!(lines(&found), expected);
}

#[tokio::test]
async fn a_broken_ledger_is_refused() {
    let mut world = world();
    // Somebody leaves an account that was never entered.
    world.line("moves", "2014-01-10 退学 99 3401220001/1/7 -> 3401220001/1/7/退学");
    let built = build(&world.session().await).await.unwrap();
    let failed: Vec<&str> = built.failures.iter().map(|failure| failure.model.as_str()).collect();
    assert!(failed.contains(&"enrolment"), "{failed:?}");
    let shown = &built.failures.iter().find(|failure| failure.model == "enrolment").unwrap().rows_shown;
    assert!(shown.contains("3401220001"), "{shown}");
}

#[tokio::test]
async fn functions_of_the_domain_answer_in_sql() {
    let session = session().await;
    let found = session
        .read_only(
            "select school_year(date '2013-07-31'), school_year(date '2013-08-01'), statistics_year(date '2013-08-31'), \
             stage_of(6), stage_of(7), stage_of(13), id_valid('11010519491231002X'), id_valid('110105194912310021'), id_valid(null)",
        )
        .await
        .unwrap();
    assert_eq!(lines(&found), ["2012-2013 2013-2014 2012-2013 小学 初中 - true false -"]);
    let days = session.read_only("select working_days_between(date '2013-09-27', date '2013-10-09')").await.unwrap();
    assert_eq!(lines(&days).len(), 1);
}
