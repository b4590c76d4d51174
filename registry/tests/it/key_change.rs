//! Key facts and what a school keeps by itself (INF-01…INF-03).

use serde_json::{Value, json};

use crate::town::{
    Town, application, by, day, decision, on_both,
    people::identity,
    place::{JUNIOR, JUNIOR_FAR, PRIMARY},
};

async fn rename(town: &Town, pupil: &str, to: &str) -> Value {
    json!({"kind": "key_change", "name": [town.record(pupil).await.key.name, to]})
}

#[test]
fn a_school_keeps_resume_scores_evaluations_awards_and_sanctions_without_approval() {
    // REQ: INF-01, ORG-06
    // INV: EN-6
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let facts = |kind: &str, fields: Value| {
            json!({"do": "record_facts", "school": JUNIOR, "kind": kind,
            "rows": [{"student_no": pupil, "fields": fields}]})
        };
        let all = [
            ("resume", json!({"from_month": "2019-09", "to_month": "2025-07", "place": "某小学", "witness": "王"})),
            ("scores", json!({"school_year": "2025", "term": "1", "exam": "期中", "subject": "数学", "score": "98"})),
            ("evaluation", json!({"school_year": "2025", "term": "1", "grade": "A", "text": "良好"})),
            ("conduct", json!({"day": "2025-09-01", "kind": "奖励", "title": "三好学生", "level": "校级"})),
            ("health", json!({"day": "2025-09-01", "height_cm": "160"})),
            ("vaccination", json!({"day": "2025-09-01", "vaccine": "流感"})),
            ("aid", json!({"school_year": "2025", "programme": "营养改善", "amount_fen": "80000"})),
            ("service", json!({"day": "2025-09-01", "activity": "敬老", "hours": "2"})),
            ("arts_sports", json!({"day": "2025-09-01", "activity": "合唱", "result": "一等奖"})),
        ];
        assert_eq!(all.len(), registry::fact::KINDS.len());
        for (kind, fields) in &all {
            assert_eq!(town.ok("r3134000001", facts(kind, fields.clone())).await.counts["facts"], 1, "{kind}");
            // The same row again changes nothing; another under its key replaces it.
            town.ok("r3134000001", facts(kind, fields.clone())).await;
        }
        assert_eq!(town.count("select count(*) from facts").await, 9);
        town.no("r3134000002", facts("aid", json!({"school_year": "2025", "programme": "x"})), "not_found").await;
        let elsewhere = json!({"do": "record_facts", "school": JUNIOR_FAR, "kind": "aid",
            "rows": [{"student_no": pupil, "fields": {"school_year": "2025", "programme": "x"}}]});
        town.no("r3134000002", elsewhere, "not_found").await;
        town.no("r3134000001", facts("scores", json!({"school_year": "2025"})), "fact.key").await;
        town.no("r3134000001", facts("scores", json!({"name": "欧"})), "fact.field").await;
        town.no("r3134000001", facts("gossip", json!({})), "fact.kind").await;
        let basic =
            json!({"do": "change_basic", "student_no": pupil, "fields": {"address": "府前街2号", "migrant": true}});
        town.ok("r3134000001", basic).await;
        assert_eq!(town.record(&pupil).await.basic.migrant, Some(true));
        assert_eq!(town.count("select count(*) from field_changes where pupil_id = 1").await, 2, "old values stay");
    });
}

#[test]
fn no_channel_edits_a_key_fact_after_reporting() {
    // REQ: INF-02
    // INV: KF-1, EN-6
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let before = town.record(&pupil).await.key;
        let edited = [
            ("name", json!("欧阳改")),
            ("sex", json!("女")),
            ("birth_on", json!("2012-02-02")),
            ("id_no", json!("340102201202020011")),
            ("portrait", json!("f".repeat(64))),
            ("school", json!(JUNIOR_FAR)),
            ("status", json!("毕业")),
            ("grade", json!(9)),
            ("student_no", json!("G340102201202020011")),
            ("regional_no", json!("1")),
            ("holder", json!("guardian")),
            ("key", json!({"name": "x"})),
            ("version", json!(99)),
        ];
        for (field, value) in edited {
            for account in ["r3134000001", "h3134000001", "r340102", "r340100"] {
                let fields = json!({"do": "change_basic", "student_no": pupil, "fields": {field: value}});
                let refusal = town.no(account, fields, "basic.field").await;
                assert!(refusal.article.contains("第二十九条"));
            }
        }
        // Fields beside those of a command are refused by its form.
        let extra = json!({"do": "apply", "student_no": pupil, "purpose": {"kind": "suspension", "from": "2025-09-02", "name": "x"}});
        assert!(serde_json::from_value::<registry::command::Command>(extra).is_err());
        let mut typed =
            application(&pupil, json!({"kind": "transfer", "class": "0801", "ground": "household_moved"}), &[]);
        typed["purpose"]["name"] = json!("欧阳改");
        assert!(serde_json::from_value::<registry::command::Command>(typed).is_err());
        // A batch that names the pupil again is a second record, and a picture under his number is laid beside.
        let again = town.batch(
            JUNIOR,
            vec![json!({"row": 1, "grade": 8, "class": "0801", "entry_month": "2025-09", "key": before})],
        );
        town.no("r3134000001", again, "identity.second_record").await;
        town.ok(
            "r3134000001",
            json!({"do": "add_portraits", "school": JUNIOR, "taken_on": "2025-09-01",
            "portraits": [{"number": pupil, "digest": "f".repeat(64)}]}),
        )
        .await;
        assert_eq!(town.record(&pupil).await.key, before);
    });
}

#[test]
fn a_change_needs_evidence_and_the_authority_and_old_values_stay() {
    // REQ: INF-02
    // INV: KF-2, KF-3
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let old = town.record(&pupil).await;
        let asked = rename(town, &pupil, "欧阳新名").await;
        town.no("r3134000001", application(&pupil, asked.clone(), &["household_register"]), "evidence").await;
        town.no("r3134000002", application(&pupil, asked.clone(), &["police_certificate"]), "not_found").await;
        town.no("r3134000001", application(&pupil, json!({"kind": "key_change"}), &[]), "key_change.nothing").await;
        let case = town.apply("r3134000001", &pupil, asked, &["police_certificate"]).await.case.unwrap();
        for account in ["r3134000001", "q3134000001", "h3134000001", "r340100", "r341126", "r340000"] {
            assert!(town.tell(account, decision(case, "approve", "")).await.is_err(), "{account}");
        }
        town.on("2025-11-14");
        town.approve(case, &["r340102"]).await;
        let new = town.record(&pupil).await;
        assert_eq!((new.key.name.as_str(), new.student_no), ("欧阳新名", old.student_no));
        let name_on = async |on: &str| {
            let query = serde_json::from_value(json!({"ask": "record_on", "student_no": pupil, "day": on})).unwrap();
            town.office.look(by("r3134000001"), &query, "核对", town.now()).await.unwrap()["values"]["name"].clone()
        };
        assert_eq!(name_on("2025-11-13").await, json!(old.key.name));
        assert_eq!(name_on("2025-11-14").await, json!("欧阳新名"));
        assert_eq!(town.count("select count(*) from changes where kind = '关键信息变更'").await, 1);
    });
}

#[test]
fn a_refused_request_changes_nothing() {
    // REQ: INF-02
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let asked = rename(town, &pupil, "欧阳新名").await;
        let case = town.apply("r3134000001", &pupil, asked, &["police_certificate"]).await.case.unwrap();
        let before = town.record(&pupil).await;
        town.ok("r340102", decision(case, "refuse", "证明过期")).await;
        assert_eq!(town.record(&pupil).await, before);
        assert_eq!(town.count("select count(*) from field_changes").await, 0);
    });
}

#[test]
fn each_tier_of_an_identity_number_demands_its_own_evidence() {
    // REQ: INF-03
    // INV: KF-3
    on_both(async |town| {
        let birth = "2012-03-03";
        let row = town.person(8, birth, 11);
        let old = row["key"]["id_no"].as_str().unwrap().to_owned();
        let pupil = town.enter(JUNIOR, vec![row]).await.remove(0);
        let tail = (json!({"kind": "key_change", "id_no": [old, identity("340102", birth, 13)]}), 0);
        let division = (json!({"kind": "key_change", "id_no": [old, identity("341126", birth, 11)]}), 1);
        let earlier = identity("340102", "2012-03-04", 11);
        let born = (json!({"kind": "key_change", "id_no": [old, earlier], "birth_on": [birth, "2012-03-04"]}), 2);
        let papers = ["police_certificate", "county_police_certificate", "identity_change_approval"];
        for (purpose, least) in [tail, division, born] {
            for (at, paper) in papers.iter().enumerate() {
                let asked = application(&pupil, purpose.clone(), &[paper]);
                if at < least {
                    town.no("r3134000001", asked, "evidence").await;
                } else {
                    let case = town.ok("r3134000001", asked).await.case;
                    town.ok("r3134000001", json!({"do": "withdraw", "case": case, "reason": "试"})).await;
                }
            }
        }
        // The number must go with the birth date and the sex that are on record or asked for.
        let torn = json!({"kind": "key_change", "id_no": [old, earlier]});
        town.no("r3134000001", application(&pupil, torn, &papers), "id_no.birth").await;
        let other_sex = json!({"kind": "key_change", "sex": ["男", "女"]});
        town.no("r3134000001", application(&pupil, other_sex, &papers), "id_no.sex").await;
        let kind = json!({"kind": "key_change", "id_kind": ["居民身份证", "护照"]});
        town.no("r3134000001", application(&pupil, kind, &[]), "evidence").await;
        let number = town.record(&pupil).await.student_no;
        let case = town
            .apply(
                "r3134000001",
                &pupil,
                json!({"kind": "key_change", "id_no": [old, earlier],
            "birth_on": [birth, "2012-03-04"]}),
                &papers,
            )
            .await
            .case
            .unwrap();
        town.approve(case, &["r340102"]).await;
        let after = town.record(&pupil).await;
        assert_eq!((after.student_no, after.key.birth_on), (number, day("2012-03-04")), "the number stays for life");
    });
}

#[test]
fn of_two_requests_on_one_field_the_second_finds_its_base_changed() {
    // INV: KF-5
    on_both(async |town| {
        let pupil = town.pupil(PRIMARY, 3).await;
        let (first, second) = (rename(town, &pupil, "欧阳甲").await, rename(town, &pupil, "欧阳乙").await);
        let case = town.apply("r2134000001", &pupil, first, &["police_certificate"]).await.case.unwrap();
        town.no("r2134000001", application(&pupil, second.clone(), &["police_certificate"]), "already_open").await;
        town.approve(case, &["r340102"]).await;
        town.no("r2134000001", application(&pupil, second, &["police_certificate"]), "key_change.base").await;
        // Sent back and completed with the value it rested on, which has changed meanwhile.
        let third = rename(town, &pupil, "欧阳丙").await;
        let case = town.apply("r2134000001", &pupil, third, &["police_certificate"]).await.case.unwrap();
        town.ok("r340102", decision(case, "return", "补")).await;
        let base = json!({"kind": "key_change", "name": ["欧阳旧", "欧阳丙"]});
        town.no("r2134000001", json!({"do": "resubmit", "case": case, "purpose": base}), "key_change.base").await;
    });
}

#[test]
fn what_was_submitted_stands_as_it_was_submitted() {
    // INV: KF-4
    on_both(async |town| {
        let row = town.newcomer(3);
        let pupil = crate::town::people::number_of(&row);
        let mut batch = town.batch(PRIMARY, vec![row.clone()]);
        let case = town.ok("r2134000001", batch.clone()).await.case.unwrap();
        // An edit that races with the submission comes too late under the same name of the batch.
        batch["rows"][0]["key"]["name"] = json!("欧阳后改");
        town.no("r2134000001", batch, "newcomers.name").await;
        town.approve(case, &["r340102"]).await;
        assert_eq!(json!(town.record(&pupil).await.key.name), row["key"]["name"]);
    });
}

#[test]
fn a_pending_change_blocks_the_completion_of_a_transfer_and_is_not_lost() {
    // EDGE: X15
    // INV: TR-17
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let moving = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
        let asked = rename(town, &pupil, "欧阳新名").await;
        let change = town.apply("r3134000002", &pupil, asked, &["police_certificate"]).await.case.unwrap();
        town.approve(moving, &["r340102", "r3134000002"]).await;
        let refusal = town.no("r341126", decision(moving, "approve", ""), "transfer.pending_key_change").await;
        let number = town.case(change).await.number();
        assert!(refusal.zh.contains(&number));
        // Time does not pass it by either: it is raised, and completed once the change is decided.
        town.sweep().await;
        let due = town.case(moving).await.step().unwrap().period.unwrap().due_on;
        town.on(&format!("{}T00:02:00.000", due.plus_days(1)));
        assert_eq!(town.sweep().await.counts.get("raised"), Some(&1));
        town.approve(change, &["r341126"]).await;
        town.sweep().await;
        let after = town.record(&pupil).await;
        assert_eq!((after.key.name.as_str(), after.standing.school.as_str()), ("欧阳新名", JUNIOR));
        assert_eq!(town.case(moving).await.closed_on, Some(due));
    });
}

#[test]
fn a_temporary_record_that_was_transferred_is_upgraded_at_its_new_school() {
    // EDGE: X14
    // REQ: IDN-03
    on_both(async |town| {
        let parent = crate::town::people::guardian(31);
        let own = town.person(8, "2012-06-06", 15);
        let mut row = own.clone();
        row["key"]["id_no"] = json!(parent);
        row["key"]["holder"] = json!("guardian");
        town.enter(JUNIOR_FAR, vec![row]).await;
        let kept = town.text("select student_no from pupils").await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        let case = town.apply("r3134000001", &kept, transfer, &[]).await.case.unwrap();
        town.approve(case, &["r340102", "r3134000002", "r341126"]).await;
        let upgrade = json!({"kind": "key_change", "id_no": [parent, own["key"]["id_no"]]});
        town.no("r3134000002", application(&kept, upgrade.clone(), &["household_register"]), "not_found").await;
        let case = town.apply("r3134000001", &kept, upgrade, &["household_register"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let after = town.record(&kept).await;
        assert_eq!((after.is_temporary(), after.standing.school.as_str()), (false, JUNIOR));
        assert_eq!(town.count("select count(*) from pupils").await, 1);
    });
}

#[test]
fn a_wrong_portrait_is_replaced_on_a_statement_and_not_without() {
    // REQ: INF-02
    // INV: EN-4, KF-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 7).await;
        let old = town.record(&pupil).await.key.portrait;
        let new = "e".repeat(64);
        let replace = json!({"kind": "key_change", "portrait": [old, new]});
        town.no("r3134000001", application(&pupil, replace.clone(), &[]), "evidence").await;
        let case = town.apply("r3134000001", &pupil, replace, &["school_statement"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        assert_eq!(town.record(&pupil).await.key.portrait, Some(new));
        assert_eq!(town.text("select old from field_changes where field = 'photo_digest'").await, old.unwrap());
    });
}
