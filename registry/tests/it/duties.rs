//! Reports and signatures, the check of every term, responsibility, seals (SGN-01, SGN-03, CHG-01, CHG-02).

use domain::organisation::Division;
use registry::{duty::Fault, office::seals::validity, seal::SealKey};
use serde_json::{Value, json};

use crate::town::{
    application, by, day, decision, on_both,
    place::{JUNIOR, JUNIOR_FAR, YAOHAI},
};

fn act(act: Value) -> Value {
    json!({"do": "duty", "act": act})
}

fn sign(duty: &str, pledge: bool) -> Value {
    act(json!({"act": "sign", "duty": duty.parse::<i64>().unwrap(), "pledge": pledge}))
}

#[test]
fn a_report_climbs_signed_from_below_with_the_pledge_and_counts_once_its_unit_has_signed() {
    // REQ: SGN-01
    // INV: SG-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let draw = || act(json!({"act": "report", "unit": JUNIOR, "period": "2025-10"}));
        town.no("r3134000002", draw(), "not_found").await;
        let drawn = town.ok("r3134000001", draw()).await;
        let id = drawn.id.unwrap();
        assert_eq!(drawn.state.unwrap(), "unsigned", "an unsigned report is not reported");
        town.no("h3134000001", sign(&id, false), "duty.pledge").await;
        town.no("r3134000001", sign(&id, true), "forbidden").await;
        town.no("h340102", sign(&id, true), "duty.order").await;
        town.no("h3134000002", sign(&id, true), "not_found").await;
        assert_eq!(town.ok("h3134000001", sign(&id, true)).await.state.unwrap(), "reported");
        town.no("h3134000001", sign(&id, true), "duty.signed").await;
        for head in ["h340102", "h340100", "h340000"] {
            town.ok(head, sign(&id, true)).await;
        }
        // Any change voids the signatures, visibly.
        town.ok("r3134000001", json!({"do": "move_class", "student_no": pupil, "class": "0802"})).await;
        let query = serde_json::from_value(json!({"ask": "duties", "unit": JUNIOR})).unwrap();
        let shown = town.office.look(by("v3134000001"), &query, "", town.now()).await.unwrap();
        assert_eq!(shown["duties"][0]["state"], "void", "whoever looks sees it");
        town.no("h3134000001", sign(&id, true), "duty.changed").await;
        assert_eq!(town.ok("r3134000001", draw()).await.state.unwrap(), "unsigned");
        let shown = town.office.look(by("v3134000001"), &query, "", town.now()).await.unwrap();
        assert_eq!(shown["duties"][0]["state"], "unsigned");
        town.no("h340102", sign(&id, true), "duty.order").await;
        assert_eq!(town.ok("h3134000001", sign(&id, true)).await.state.unwrap(), "reported");
        let shown = town.office.look(by("v3134000001"), &query, "", town.now()).await.unwrap();
        assert_eq!(shown["duties"][0]["state"], "reported");
        assert_eq!(town.count("select count(*) from duties").await, 1);
    });
}

#[test]
fn records_are_checked_every_term_with_a_list_a_state_and_a_signature() {
    // REQ: CHG-02
    on_both(async |town| {
        let pupils = town.pupils(JUNIOR, 8, 3).await;
        let verify = act(json!({"act": "verify", "unit": JUNIOR, "period": "2025-2026-1", "wrong": [pupils[1]]}));
        let drawn = town.ok("r3134000001", verify.clone()).await;
        assert_eq!(drawn.state.as_deref(), Some("unsigned"));
        let id = drawn.id.unwrap();
        town.no("h340102", sign(&id, true), "not_found").await;
        assert_eq!(town.ok("h3134000001", sign(&id, true)).await.state.unwrap(), "verified");
        let data = town.text("select data from duties").await;
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!((data["listed"].clone(), data["wrong"][0].clone()), (json!(3), json!(pupils[1])));
        town.pupil(JUNIOR, 8).await;
        assert_eq!(town.ok("r3134000001", verify).await.state.unwrap(), "unsigned", "the list is another");
        let county = act(json!({"act": "verify", "unit": YAOHAI, "period": "2025-2026-1"}));
        town.no("r340102", county, "duty.unit").await;
    });
}

#[test]
fn each_kind_of_fault_is_raised_once_with_an_order_and_settled_with_an_outcome() {
    // REQ: SGN-03
    on_both(async |town| {
        let order = |unit: &str, fault: &str, evidence: &str| {
            act(json!({"act": "order", "unit": unit, "fault": fault, "evidence": evidence}))
        };
        let mut last = String::new();
        for fault in Fault::ALL {
            let name = serde_json::to_value(fault).unwrap();
            let name = name.as_str().unwrap();
            town.no("h3134000001", order(JUNIOR, name, "批次12"), "forbidden").await;
            town.no("r341126", order(JUNIOR, name, "批次12"), "not_found").await;
            town.no("r340102", order(JUNIOR, name, " "), "duty.evidence").await;
            let raised = town.ok("r340102", order(JUNIOR, name, "批次12")).await;
            assert_eq!((raised.state.as_deref(), raised.due_on), (Some("ordered"), Some(day("2025-09-29"))));
            let again = town.no("r340102", order(JUNIOR, name, "批次12"), "duty.there").await;
            assert_eq!(again.article, fault.article());
            last = raised.id.unwrap();
        }
        assert_eq!(town.count("select count(*) from duties").await, 9);
        // The province orders corrections of an authority.
        town.ok("h340000", order(YAOHAI, "leak", "举报3")).await;
        let late =
            act(json!({"act": "order", "unit": JUNIOR, "fault": "leak", "evidence": "2", "correct_by": "2025-09-01"}));
        town.no("r340102", late, "duty.correct_by").await;
        let settle =
            |outcome: &str| act(json!({"act": "settle", "duty": last.parse::<i64>().unwrap(), "outcome": outcome}));
        for account in ["r3134000001", "r340100", "r341126", "v340102", "a340102"] {
            assert!(town.tell(account, settle("已整改")).await.is_err(), "{account}");
        }
        assert_eq!(town.ok("r340102", settle("已整改")).await.state.unwrap(), "closed");
        town.no("r340102", settle("再整改"), "duty.closed").await;
    });
}

#[test]
fn an_approval_carries_a_seal_that_anyone_can_verify() {
    // REQ: CHG-01
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let case = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
        town.approve(case, &["r340102", "r3134000002"]).await;
        let waiting = "select count(*) from seals where case_id is not null and not sealed";
        let batches = town.count(waiting).await;
        town.approve(case, &["r341126"]).await;
        assert_eq!(town.count(waiting).await, batches + 1, "laid up with the approval");
        assert_eq!(town.office.seal_of(case).await.unwrap(), None);
        let key = SealKey::generate().unwrap();
        let file = tempfile::tempdir().unwrap();
        key.save(&file.path().join("seal.pem")).unwrap();
        let load = |_| SealKey::load(&file.path().join("seal.pem"));
        let sealed = town.office.seal_waiting(100, &load, &town.now()).await.unwrap();
        assert_eq!(sealed, u64::try_from(batches + 1).unwrap());
        assert_eq!(town.office.seal_waiting(100, &load, &town.now()).await.unwrap(), 0);
        let seal = town.office.seal_of(case).await.unwrap().unwrap();
        let (from, to) = validity(town.today());
        let ring = [key.public("341126", "凤阳县教育局", from, to)];
        assert_eq!(seal.verify(&ring).unwrap().unit, "341126");
        let document: Value = serde_json::from_str(&seal.document).unwrap();
        assert_eq!(document["decisions"].as_array().unwrap().len(), 3);
        assert!(!seal.document.contains(crate::town::people::SURNAME));
        let mut forged = seal;
        forged.document = forged.document.replace("2025-09-02", "2025-09-03");
        assert!(forged.verify(&ring).is_err());
        assert!(Division::read("341126").is_some());
    });
}

#[test]
fn a_change_goes_through_the_system_or_not_at_all() {
    // REQ: CHG-01
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        // Paper decides nothing: whatever moves a record leaves a case, a decision and a movement.
        let case = town
            .ok(
                "r3134000001",
                application(&pupil, json!({"kind": "suspension", "from": "2025-09-02"}), &["other_certificate"]),
            )
            .await;
        town.ok("r340102", decision(case.case.unwrap(), "approve", "")).await;
        let proven = "select count(*) from changes c join cases k on k.id = c.case_id where c.kind = '休学' and k.state = 'approved'";
        assert_eq!(town.count(proven).await, 1);
        let kept = town.office.store().reader();
        let past = sea_orm::ConnectionTrait::execute_unprepared(kept, "update changes set kind = '转出'").await;
        assert!(past.is_err(), "what has happened is not rewritten");
        assert!(sea_orm::ConnectionTrait::execute_unprepared(kept, "delete from changes").await.is_err());
    });
}
