//! The audit chain in the database: one entry for one act, and no tampering unseen (USR-06).

use registry::chain::{Entry, Head};
use serde_json::json;

use crate::town::{
    Base, Town, application, decision, on_both,
    place::{JUNIOR, JUNIOR_FAR},
};

#[test]
fn every_command_has_exactly_one_entry_carried_out_or_refused() {
    // REQ: USR-06
    // INV: AU-1
    on_both(async |town| {
        let entries = async || town.count("select count(*) from audit").await;
        let mut expected = entries().await;
        let pupils = town.pupils(JUNIOR_FAR, 8, 10).await;
        expected += 2;
        for (at, pupil) in pupils.iter().enumerate() {
            let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
            let case = town.ok("r3134000001", application(pupil, transfer, &[])).await.case.unwrap();
            town.tell("r340100", decision(case, "approve", "")).await.unwrap_err();
            if at % 2 == 0 {
                town.approve(case, &["r340102", "r3134000002", "r341126"]).await;
                expected += 3;
            } else {
                town.ok("r340102", decision(case, "refuse", "材料不全")).await;
                expected += 1;
            }
            expected += 2;
            assert_eq!(entries().await, expected);
        }
        // Who is nobody leaves an entry too.
        town.tell("nobody", json!({"do": "sweep"})).await.unwrap_err();
        assert_eq!(entries().await, expected + 1);
        // The same key again is no new act.
        let again = json!({"do": "change_basic", "student_no": pupils[0], "fields": {"address": "二号"}});
        let first = town.tell_once("r3134000001", again.clone(), Some("k")).await.unwrap();
        assert_eq!(town.tell_once("r3134000001", again, Some("k")).await.unwrap(), first);
        assert_eq!(entries().await, expected + 2);
    });
}

#[test]
fn an_entry_says_what_its_subject_was_and_is() {
    // REQ: USR-06
    // INV: AU-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let case = town.ok("r3134000001", application(&pupil, transfer, &[])).await.case.unwrap();
        let last = async || entry(town, town.count("select max(seq) from audit").await).await.facts;
        let opened = last().await;
        assert!(opened.before.is_none() && opened.after.is_some(), "there was none before");
        town.tell("r340100", decision(case, "approve", "")).await.unwrap_err();
        let refused = last().await;
        assert_eq!((&refused.before, &refused.after), (&opened.after, &opened.after), "a refusal changes nothing");
        town.approve(case, &["r340102"]).await;
        let decided = last().await;
        assert_eq!(decided.before, opened.after);
        assert_ne!(decided.after, decided.before);
        let change = |at: &str| json!({"do": "change_basic", "student_no": pupil, "fields": {"address": at}});
        town.ok("r3134000002", change("一号")).await;
        let first = last().await;
        town.ok("r3134000002", change("二号")).await;
        assert_eq!(last().await.before, first.after);
    });
}

async fn unlocked(town: &Town) {
    match town.base {
        Base::Sqlite => {
            town.meddle("drop trigger audit_kept_u").await;
            town.meddle("drop trigger audit_kept_d").await;
        }
        Base::Postgres => town.meddle("drop trigger audit_kept on audit").await,
    }
}

async fn entry(town: &Town, seq: i64) -> Entry {
    serde_json::from_str(&town.text(&format!("select data from audit where seq = {seq}")).await).unwrap()
}

async fn put(town: &Town, seq: i64, entry: &Entry) {
    let data = serde_json::to_string(entry).unwrap().replace('\'', "''");
    town.meddle(&format!("update audit set data = '{data}' where seq = {seq}")).await;
}

/// What the verification says after a change, which is undone again.
async fn found(town: &Town, witness: &[Head], tamper: impl AsyncFn(&Town)) -> String {
    let kept = format!("{}_{}", "kept", town.count("select max(seq) from audit").await);
    town.meddle(&format!("create table if not exists {kept} as select * from audit")).await;
    let state = town.text("select data from office_state").await.replace('\'', "''");
    tamper(town).await;
    let fault = town.office.verify_audit(witness).await.unwrap().fault.expect("the tampering is found");
    assert!(fault.0.chars().any(|c| c > '\u{4e00}'));
    town.meddle("delete from audit").await;
    town.meddle(&format!("insert into audit select * from {kept}")).await;
    town.meddle(&format!("update office_state set data = '{state}'")).await;
    assert_eq!(town.office.verify_audit(witness).await.unwrap().fault, None);
    fault.1
}

#[test]
fn nothing_changes_or_removes_an_entry_through_the_database() {
    // INV: AU-2
    on_both(async |town| {
        for statement in
            ["update audit set actor = 'x' where seq = 3", "delete from audit where seq = 3", "delete from audit"]
        {
            let reader = town.office.store().reader();
            let refused = sea_orm::ConnectionTrait::execute_unprepared(reader, statement).await;
            assert!(refused.is_err(), "{statement}");
        }
    });
}

#[test]
fn seven_kinds_of_tampering_behind_the_offices_back_are_found() {
    // REQ: USR-06
    // INV: AU-2
    on_both(async |town| {
        town.pupils(JUNIOR, 8, 2).await;
        let last = town.count("select max(seq) from audit").await;
        let head = town.office.verify_audit(&[]).await.unwrap().head.unwrap();
        unlocked(town).await;
        // Edited: the contents, and the contents with a new digest.
        let edited = found(town, &[], async |town| {
            let mut changed = entry(town, 5).await;
            changed.facts.result = "refused:x".to_owned();
            put(town, 5, &changed).await;
        });
        assert_eq!(edited.await, "the contents of audit entry 5 were changed");
        let recomputed = found(town, &[], async |town| {
            let before = entry(town, 4).await;
            let mut facts = entry(town, 5).await.facts;
            facts.why = "另有原因".to_owned();
            put(town, 5, &Entry::following(Some(&before.link()), facts)).await;
        });
        assert!(recomputed.await.contains("was not written after this entry 5"));
        // Only the columns that are looked by.
        let relabelled =
            found(town, &[], async |town| town.meddle("update audit set actor = 'somebody' where seq = 6").await);
        assert!(relabelled.await.contains("entry 6"));
        // Deleted in the middle, and at the end.
        let deleted = found(town, &[], async |town| town.meddle("delete from audit where seq in (7, 8)").await);
        assert_eq!(deleted.await, "audit entries 7 to 8 were removed");
        let cut =
            found(town, &[], async |town| town.meddle(&format!("delete from audit where seq > {}", last - 2)).await);
        assert!(cut.await.contains("cut off"));
        // Cut off, and the office told that it was always so: a head kept elsewhere knows better.
        let cut_well = found(town, std::slice::from_ref(&head), async |town| {
            town.meddle(&format!("delete from audit where seq > {}", last - 2)).await;
            let link = entry(town, last - 2).await.link();
            let mut state: serde_json::Value =
                serde_json::from_str(&town.text("select data from office_state").await).unwrap();
            state["chain"] = serde_json::to_value(link).unwrap();
            town.meddle(&format!("update office_state set data = '{}'", state.to_string().replace('\'', "''"))).await;
        });
        assert!(cut_well.await.contains("cut off"));
        // Swapped.
        let swapped = found(town, &[], async |town| {
            let (nine, ten) = (entry(town, 9).await, entry(town, 10).await);
            put(town, 9, &ten).await;
            put(town, 10, &nine).await;
        });
        assert!(!swapped.await.is_empty());
        // Inserted at the end.
        let inserted = found(town, &[], async |town| {
            let end = entry(town, last).await;
            let more = Entry::following(Some(&end.link()), end.facts.clone());
            let data = serde_json::to_string(&more).unwrap().replace('\'', "''");
            let row = format!(
                "insert into audit (seq, at, actor, action, data) values ({}, 0, '{}', '{}', '{data}')",
                last + 1,
                more.facts.actor,
                more.facts.action
            );
            town.meddle(&row).await;
        });
        assert!(inserted.await.contains("goes on after its head"));
        // Rewritten as a whole, with the office's own row: whole in itself, and found by the head.
        let rewritten = found(town, std::slice::from_ref(&head), async |town| {
            let mut link = None;
            for seq in 1..=last {
                let mut facts = entry(town, seq).await.facts;
                facts.origin = "改".to_owned();
                let new = Entry::following(link.as_ref(), facts);
                put(town, seq, &new).await;
                link = Some(new.link());
            }
            let mut state: serde_json::Value =
                serde_json::from_str(&town.text("select data from office_state").await).unwrap();
            state["chain"] = serde_json::to_value(link).unwrap();
            town.meddle(&format!("update office_state set data = '{}'", state.to_string().replace('\'', "''"))).await;
        });
        assert!(rewritten.await.contains("rewritten"));
    });
}
