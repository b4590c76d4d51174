//! Which rules a case keeps (POL-01, POL-02).

use domain::policy::Policy;
use serde_json::json;

use crate::town::{
    application, decision, on_both,
    place::{JUNIOR, JUNIOR_FAR},
    under,
};

#[test]
fn a_case_keeps_the_rule_of_the_day_on_which_it_was_opened() {
    // REQ: POL-01
    under("national", async |town| {
        let asked =
            json!({"kind": "transfer", "class": "0801", "ground": "household_moved", "mid_term_reason": "调动"});
        let mut opened = Vec::new();
        for (at, pack) in [("2025-01-02T23:59:59.999", "national-2013"), ("2025-01-03T00:00:00.000", "national-2025")] {
            town.on(at);
            let pupil = town.pupil(JUNIOR_FAR, 8).await;
            let case = town.apply("r3134000001", &pupil, asked.clone(), &[]).await.case.unwrap();
            assert_eq!(town.case(case).await.policy, pack);
            opened.push((pupil, case, pack));
        }
        town.on("2025-01-10");
        for (pupil, case, pack) in opened {
            town.approve(case, &["r340102", "r3134000002", "r341126"]).await;
            assert_eq!(town.case(case).await.policy, pack, "to the end");
            assert_eq!(town.record(&pupil).await.standing.school.as_str(), JUNIOR);
        }
    });
}

#[test]
fn two_packs_are_compared_line_by_line_with_their_articles() {
    // REQ: POL-01
    let (anhui, other) = (Policy::named("anhui").unwrap(), Policy::named("province-b").unwrap());
    let differences = anhui.differences(&other);
    let line = differences.iter().find(|line| line.key == "deadlines.transfer_approve").unwrap();
    assert!(
        line.left.as_ref().unwrap().1.contains("第二十四条") && line.right.as_ref().unwrap().1.contains("第十九条")
    );
    assert_eq!(anhui.differences(&anhui), []);
    assert!(Policy::named("atlantis").is_err());
}

#[test]
fn every_period_names_its_article() {
    // REQ: POL-02
    for name in ["national-2013", "national-2025", "anhui", "province-b"] {
        let policy = Policy::named(name).unwrap();
        for (key, _, article) in policy.lines() {
            assert!(!article.trim().is_empty(), "{name}: {key}");
        }
    }
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let case = town
            .ok(
                "r3134000001",
                application(&pupil, json!({"kind": "suspension", "from": "2025-09-02"}), &["other_certificate"]),
            )
            .await;
        town.approve(case.case.unwrap(), &["r340102"]).await;
        town.tell("r341126", decision(case.case.unwrap(), "approve", "")).await.unwrap_err();
        let article = town.text("select data from notices where kind = 'suspension_ends'").await;
        let article: serde_json::Value = serde_json::from_str(&article).unwrap();
        assert!(!article["article"].as_str().unwrap().is_empty());
    });
}
