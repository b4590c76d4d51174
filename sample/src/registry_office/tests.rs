//! The sample office holds what it promises, and the same each time.

use domain::calendar::WorkCalendar;
use registry::{chain::Head, purpose::Kind};

use super::*;

async fn filled(seed: u64) -> (Report, Option<Head>) {
    let office = Office::open("sqlite::memory:", None, WorkCalendar::official().clone()).await.unwrap();
    let report = match fill(&office, 900, seed, "2026-11-27".parse().unwrap()).await {
        Ok(report) => report,
        Err(error) => panic!("{error}"),
    };
    let chain = office.verify_audit(&[]).await.unwrap();
    assert_eq!(chain.fault, None);
    office.close().await.unwrap();
    (report, chain.head)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_case_is_there_in_every_state_and_the_same_each_time() {
    let (report, head) = filled(7).await;
    let has = |kind: Kind, states: &[&str]| {
        for state in states {
            let count =
                report.cases.get(kind.name()).and_then(|states| states.get(*state)).copied().unwrap_or_default();
            assert!(0 < count, "no {} is {state}: {:#?}", kind.name(), report.cases);
        }
    };
    for kind in Kind::ALL {
        has(*kind, &["approved"]);
        if *kind != Kind::Inclusion {
            has(*kind, &["open", "returned", "refused", "withdrawn"]);
        }
        if !matches!(
            kind,
            Kind::Newcomers | Kind::Inclusion | Kind::SeniorGraduation | Kind::Arrival | Kind::FromAbroad | Kind::Death
        ) {
            has(*kind, &["ended"]);
        }
    }
    has(Kind::Transfer, &["approved_by_silence", "overdue"]);
    for kind in [Kind::Dropout, Kind::Death, Kind::Arrival, Kind::Departure] {
        has(kind, &["overdue"]);
    }
    for duty in [
        "report:unsigned",
        "report:reported",
        "verification:verified",
        "verification:unsigned",
        "responsibility:ordered",
        "responsibility:closed",
    ] {
        assert!(report.duties.contains_key(duty), "{duty}: {:?}", report.duties);
    }
    assert_eq!(report.facts.len(), registry::fact::KINDS.len());
    assert!(
        report.promotion.contains_key("promoted")
            && report.promotion.contains_key("new_stage")
            && report.promotion.contains_key("held")
    );
    assert_eq!(report.promotion.get("error"), None, "{:?}", report.promotion);
    assert!((700..1300).contains(&report.pupils), "{}", report.pupils);
    assert_eq!(filled(7).await, (report, head));
}
