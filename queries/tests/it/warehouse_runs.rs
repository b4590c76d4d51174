//! The engine over a real warehouse: two published runs, read apart, and the vault kept shut.

use chrono::DateTime;
use domain::policy::Policy;
use queries::{Error, Session, Vault, build};
use warehouse::{Run, TableSpec, Warehouse, draft::Draft, table::Table};

use crate::world::{World, lines};

fn policy() -> Policy {
    Policy::named("anhui-2013").unwrap()
}

/// Publishes the facts of a world and the marts over them as one run.
async fn publish(warehouse: &Warehouse, world: &World, day: &str) -> Run {
    let mut draft = Draft::begin(warehouse, day.parse().unwrap(), DateTime::default()).await.unwrap();
    for (name, batches) in world.tables() {
        draft.replace(&TableSpec::from(Table::named(&name).unwrap()), batches).await.unwrap();
    }
    let session = Session::open(warehouse, draft.run(), &policy(), Vault::Shut).await.unwrap();
    let built = build(&session).await.unwrap();
    assert!(built.failures.is_empty(), "{:#?}", built.failures);
    for mart in built.marts {
        let spec = TableSpec { name: mart.name.clone(), folder: mart.name, schema: mart.schema, partition: Vec::new() };
        draft.replace(&spec, mart.batches).await.unwrap();
    }
    draft.publish(DateTime::default()).await.unwrap()
}

async fn ask(session: &Session, sql: &str) -> Vec<String> {
    lines(&session.read_only(sql).await.unwrap())
}

// REQ: WH-03
#[tokio::test]
async fn each_run_answers_for_its_own_night() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::at(folder.path().to_str().unwrap()).unwrap();
    let mut world = World::on("2013-10-31");
    world.line("schools", "3401110001 county=340111 prefecture=340100");
    world.line("classes", "3401110001/1 grade=1");
    world.line("students", "pupil_id=1 school_id=3401110001 status=在读 source=a bucket=07");
    world.line("students", "pupil_id=2 school_id=3401110001 status=在读 source=b bucket=12");
    world.line("identities", "pupil_id=1 student_no=G1 name=甲 source=a bucket=07");
    world.line("moves", "2013-09-01 期初 1..10 - -> 3401110001/1/1");
    let first = publish(&warehouse, &world, "2013-10-31").await;
    world.line("moves", "2013-10-30 跨省转入 11 - -> 3401110001/1/1 run=2");
    let second = publish(&warehouse, &world, "2013-11-01").await;

    let session = Session::open(&warehouse, &first, &policy(), Vault::Shut).await.unwrap();
    assert_eq!(ask(&session, "select sum(pupils) from enrolment").await, ["10"]);
    assert_eq!(
        ask(&session, "select level, amount_fen from fees where fee_year = 2013 and level = 'province'").await,
        ["province 500"]
    );
    let session = Session::open(&warehouse, &second, &policy(), Vault::Shut).await.unwrap();
    assert_eq!(ask(&session, "select sum(pupils) from enrolment").await, ["11"]);
    assert_eq!(ask(&session, "select sum(pupils) from headcount_on('2013-10-31')").await, ["11"]);
    assert_eq!(ask(&session, "select sum(pupils) from headcount_on('2013-10-31', 1)").await, ["10"]);
    assert_eq!(ask(&session, "select run_id, day from runs order by run_id").await, ["1 2013-10-31", "2 2013-11-01"]);
    assert_eq!(ask(&session, "select pupil_id, source, bucket from students where source = 'b'").await, ["2 b 12"]);

    assert!(matches!(session.read_only("select * from identities").await, Err(Error::Personal { .. })));
    let session = Session::open(&warehouse, &second, &policy(), Vault::Open).await.unwrap();
    assert_eq!(ask(&session, "select name from identities").await, ["甲"]);
}
