//! Who a person is, and the numbers that the office gives (IDN-01…IDN-05).

use futures::future::join_all;
use registry::pupil::Holder;
use serde_json::{Value, json};

use crate::town::{
    Town, application, decision, number, on_both,
    people::{guardian, identity, number_of},
    place::{JUNIOR, NINE_YEARS, PRIMARY, PRIMARY_FAR, SENIOR, class_value},
};

#[test]
fn an_identity_number_is_right_in_shape_check_character_birth_date_and_sex() {
    // REQ: IDN-02
    // EDGE: X23
    on_both(async |town| {
        let wrong = |change: fn(&mut Value)| {
            let mut row = town.newcomer(3);
            change(&mut row["key"]);
            town.batch(PRIMARY, vec![row])
        };
        let cases: [(Value, &str); 7] = [
            (wrong(|key| key["id_no"] = json!("34010220160101")), "id_no"),
            (wrong(|key| key["id_no"] = json!("340102160101001")), "id_no.first_generation"),
            (wrong(|key| key["id_no"] = json!("340102201601010000")), "id_no.mangled"),
            (wrong(|key| key["id_no"] = json!("3.40102E+17")), "id_no.mangled"),
            (wrong(|key| key["birth_on"] = json!("2016-12-31")), "id_no.birth"),
            (wrong(|key| key["sex"] = json!(if key["sex"] == "男" { "女" } else { "男" })), "id_no.sex"),
            (wrong(|key| key["birth_on"] = json!("2036-01-01")), "birth_date"),
        ];
        for (batch, code) in cases {
            let refusal = town.no("r2134000001", batch, code).await;
            assert!(refusal.article.contains("GB 11643"));
        }
        let mut row = town.newcomer(3);
        let id_no = row["key"]["id_no"].as_str().unwrap().to_owned();
        let last = if id_no.ends_with('1') { '2' } else { '1' };
        row["key"]["id_no"] = json!(format!("{}{last}", &id_no[..17]));
        town.no("r2134000001", town.batch(PRIMARY, vec![row]), "id_no.checksum").await;
        // A division that no list has is flagged and taken.
        let birth = "2017-02-02";
        let mut row = town.person(3, birth, 5);
        row["key"]["id_no"] = json!(identity("990102", birth, 5));
        let answer = town.ok("r2134000001", town.batch(PRIMARY, vec![row])).await;
        assert_eq!(answer.flags[0].refusal.code, "id_no.division");
    });
}

#[test]
fn fifty_creations_of_one_person_make_one_record() {
    // REQ: IDN-01, IDN-05
    // INV: ID-1
    on_both(async |town| {
        let row = town.newcomer(1);
        let mut commands = Vec::new();
        for at in 0..50 {
            let (school, account, decider) =
                if at % 2 == 0 { (PRIMARY, "r2134000001", "r340102") } else { (PRIMARY_FAR, "r2134000003", "r341126") };
            commands.push((account, decider, town.batch(school, vec![row.clone()])));
        }
        let created = commands.into_iter().map(async |(account, decider, batch)| {
            let case = town.tell(account, batch).await?.case.unwrap();
            town.tell(decider, decision(case, "approve", "")).await
        });
        let answers = join_all(created).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for refusal in answers.into_iter().filter_map(Result::err) {
            assert_eq!(refusal.code, "identity.second_record");
            let text = format!("{refusal:?}");
            assert!(!text.contains(PRIMARY) && !text.contains(PRIMARY_FAR), "tells where the record is: {text}");
        }
        assert_eq!(town.count("select count(*) from pupils").await, 1);
    });
}

#[test]
fn whoever_has_a_record_gets_no_second_by_any_way() {
    // REQ: IDN-05
    // INV: ID-1
    on_both(async |town| {
        let row = town.newcomer(4);
        town.enter(PRIMARY_FAR, vec![row.clone()]).await;
        let pupil = number_of(&row);
        town.no("r2134000001", town.batch(PRIMARY, vec![row.clone()]), "identity.second_record").await;
        let come = |purpose: Value, evidence: &str| {
            json!({"do": "apply", "purpose": purpose, "reason": "随父母",
            "evidence": [{"kind": evidence}]})
        };
        let arrival = json!({"kind": "arrival", "student_no": pupil, "key": row["key"], "from": "江苏省某校", "grade": 4,
            "class": "0401"});
        town.no("r2134000001", come(arrival.clone(), "province_record"), "identity.second_record").await;
        let mut other_number = arrival;
        other_number["student_no"] = json!(format!("L{}", identity("320102", "2015-01-01", 9)));
        town.no("r2134000001", come(other_number, "province_record"), "identity.second_record").await;
        let abroad = json!({"kind": "from_abroad", "key": row["key"], "from": "日本", "grade": 4, "class": "0401"});
        town.no("r2134000001", come(abroad, "passport"), "identity.second_record").await;
        // Nor by a change of another's number.
        let other = town.pupil(PRIMARY, 4).await;
        let held = town.record(&other).await.key;
        let mut key = json!({"kind": "key_change", "id_no": [held.id_no, row["key"]["id_no"]],
            "birth_on": [held.birth_on, row["key"]["birth_on"]]});
        if json!(held.sex) != row["key"]["sex"] {
            key["sex"] = json!([held.sex, row["key"]["sex"]]);
        }
        let asked = application(&other, key, &["identity_change_approval"]);
        town.no("r2134000001", asked, "identity.second_record").await;
        // Nor after the record was closed by a death.
        let death = json!({"kind": "death", "on": "2025-09-01", "known_on": "2025-09-01"});
        let case = town.apply("r2134000003", &pupil, death, &["death_certificate"]).await.case.unwrap();
        town.approve(case, &["r341126"]).await;
        town.no("r2134000001", town.batch(PRIMARY, vec![row]), "identity.second_record").await;
        assert_eq!(town.count("select count(*) from pupils").await, 2);
    });
}

#[test]
fn the_number_is_the_same_through_twelve_years() {
    // REQ: IDN-01, IDN-04
    // INV: ID-2, ID-4, PR-1
    on_both(async |town| {
        let row = town.newcomer(1);
        let pupil = town.enter(PRIMARY, vec![row]).await.remove(0);
        let mut regional = vec![town.record(&pupil).await.regional_no.unwrap()];
        let mut school = PRIMARY;
        for year in 2026..=2036 {
            let stage_ends = [2031, 2034].contains(&year);
            if stage_ends {
                town.on(&format!("{year}-07-02"));
                let on = format!("{year}-07-02");
                town.ok(
                    &format!("r{school}"),
                    json!({"do": "finish", "school": school, "on": on, "pupils": {&pupil: "graduated"}}),
                )
                .await;
            }
            town.on(&format!("{year}-08-01T00:00:00.000"));
            town.ok("system", json!({"do": "promote", "year": year})).await;
            if stage_ends {
                let (next, grade) = if school == PRIMARY { (JUNIOR, 7) } else { (SENIOR, 10) };
                town.on(&format!("{year}-09-02"));
                let class = json!({"do": "enter_class", "class": class_value(next, "N1", grade, year)});
                town.ok(&format!("r{next}"), class).await;
                let key = town.record(&pupil).await.key;
                let row = json!({"row": 1, "student_no": pupil, "grade": grade, "class": "N1", "key": key,
                    "entry_month": format!("{year}-09"), "portrait": {"digest": format!("{year:064}"), "taken_on": format!("{year}-08-30")}});
                town.enter(next, vec![row]).await;
                regional.push(town.record(&pupil).await.regional_no.unwrap());
                school = next;
            }
            let record = town.record(&pupil).await;
            assert_eq!(i32::from(record.standing.grade), year - 2024, "{year}");
            assert_eq!(record.student_no, number(&pupil));
        }
        regional.sort();
        regional.dedup();
        assert_eq!(regional.len(), 3, "a regional number for each stage");
        assert_eq!(town.count("select count(*) from changes where kind = '升级'").await, 9);
        assert_eq!(town.count("select count(*) from changes where kind = '招生入学'").await, 3);
    });
}

async fn sibling(town: &Town, birth: &str, sequence: u32, parent: &str) -> (Value, String) {
    let own = town.person(1, birth, sequence);
    let mut row = own.clone();
    row["key"]["id_no"] = json!(parent);
    row["key"]["holder"] = json!("guardian");
    town.enter(PRIMARY, vec![row]).await;
    let name = own["key"]["name"].as_str().unwrap();
    let number = town.text(&format!("select student_no from pupils where name = '{name}'")).await;
    (own, number)
}

fn upgrade(own: &Value, parent: &str) -> Value {
    json!({"kind": "key_change", "id_no": [parent, own["key"]["id_no"]]})
}

#[test]
fn two_siblings_on_one_guardians_number_stay_apart_and_are_upgraded_in_place() {
    // REQ: IDN-03
    // INV: ID-3
    on_both(async |town| {
        for (order, parent) in [([0, 1], guardian(11)), ([1, 0], guardian(13))] {
            let sequence = if order[0] == 0 { 21 } else { 41 };
            let twins = [
                sibling(town, "2019-03-03", sequence, &parent).await,
                sibling(town, "2019-03-03", sequence + 2, &parent).await,
            ];
            assert_ne!(twins[0].1, twins[1].1);
            for at in order {
                let (own, kept) = &twins[at];
                assert!(kept.starts_with('L') && town.record(kept).await.is_temporary());
                let id = town.record(kept).await.id;
                let asked = application(kept, upgrade(own, &parent), &[]);
                town.no("r2134000001", asked, "evidence").await;
                let case = town.apply("r2134000001", kept, upgrade(own, &parent), &["household_register"]).await;
                town.approve(case.case.unwrap(), &["r340102"]).await;
                let after = town.record(kept).await;
                assert_eq!((after.id, after.key.holder), (id, Holder::Own), "the same record");
                assert_eq!(json!(after.key.id_no), own["key"]["id_no"]);
            }
        }
        assert_eq!(town.count("select count(*) from pupils").await, 4);
        assert_eq!(
            town.count("select count(*) from field_changes where field = 'id_no'").await,
            4,
            "the old number stays"
        );
    });
}

#[test]
fn an_upgrade_to_a_number_that_is_taken_merges_nothing() {
    // REQ: IDN-03, IDN-05
    // INV: ID-3
    on_both(async |town| {
        let parent = guardian(17);
        let (own, first) = sibling(town, "2019-04-04", 61, &parent).await;
        // The same child was entered elsewhere under its own number.
        let mut elsewhere = own.clone();
        elsewhere["key"]["name"] = json!("欧阳重名");
        town.enter(PRIMARY_FAR, vec![elsewhere]).await;
        let asked = application(&first, upgrade(&own, &parent), &["household_register"]);
        town.no("r2134000001", asked, "identity.second_record").await;
        assert!(town.record(&first).await.is_temporary());
        assert_eq!(town.count("select count(*) from pupils").await, 2);
    });
}

#[test]
fn both_siblings_at_once_and_one_number_for_two() {
    // INV: ID-3, ID-1
    on_both(async |town| {
        let parent = guardian(19);
        let (own, first) = sibling(town, "2019-05-05", 81, &parent).await;
        let (_, second) = sibling(town, "2019-05-05", 83, &parent).await;
        let ask =
            async |kept: &str| town.apply("r2134000001", kept, upgrade(&own, &parent), &["household_register"]).await;
        let (one, two) = (ask(&first).await.case.unwrap(), ask(&second).await.case.unwrap());
        let decided =
            join_all([one, two].map(async |case| town.tell("r340102", decision(case, "approve", "")).await)).await;
        assert_eq!(decided.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(town.count("select count(*) from pupils where holder = 'own'").await, 1);
    });
}

#[test]
fn a_regional_number_is_issued_once_for_each_stage_and_never_again() {
    // REQ: IDN-04
    // INV: ID-4
    on_both(async |town| {
        let twelve: Vec<_> = (0..12)
            .map(|at| {
                let school = if at % 2 == 0 { PRIMARY_FAR } else { NINE_YEARS };
                (school, town.batch(school, (0..5).map(|_| town.newcomer(1)).collect()))
            })
            .collect();
        let entered = twelve.into_iter().map(async |(school, batch)| {
            let case = town.ok(&format!("r{school}"), batch).await.case.unwrap();
            town.ok("r341126", decision(case, "approve", "")).await
        });
        join_all(entered).await;
        assert_eq!(town.count("select count(distinct regional_no) from pupils").await, 60);
        assert_eq!(town.count("select count(*) from pupils where regional_no like '341126125%'").await, 60);
        // In a school of both stages the number of the next one is issued on 1 August.
        let six = town.pupil(NINE_YEARS, 6).await;
        let before = town.record(&six).await.regional_no;
        town.on("2026-08-01");
        town.ok("system", json!({"do": "promote", "year": 2026})).await;
        let after = town.record(&six).await;
        assert_eq!(after.standing.grade, 7);
        assert!(after.regional_no.as_ref().unwrap().starts_with("341126226") && after.regional_no != before);
    });
}

#[test]
fn whose_number_another_was_entered_under_gets_a_number_without_it() {
    // REQ: IDN-01
    // INV: ID-1
    on_both(async |town| {
        // The first is entered under the second's identity number, which is found out and corrected: the registration number stays.
        let (first, second) = (town.newcomer(3), town.newcomer(3));
        let mut wrong = first.clone();
        for field in ["id_no", "birth_on", "sex"] {
            wrong["key"][field] = second["key"][field].clone();
        }
        let theirs = town.enter(PRIMARY, vec![wrong.clone()]).await.remove(0);
        let pair = |field: &str| json!([wrong["key"][field], first["key"][field]]);
        let mut change = json!({"kind": "key_change", "id_no": pair("id_no")});
        for field in ["birth_on", "sex"] {
            if wrong["key"][field] != first["key"][field] {
                change[field] = pair(field);
            }
        }
        let proofs = ["identity_change_approval", "household_register", "county_police_certificate"];
        let case = town.apply("r2134000001", &theirs, change, &proofs).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let case = town.ok("r2134000003", town.batch(PRIMARY_FAR, vec![second.clone()])).await.case.unwrap();
        town.approve(case, &["r341126"]).await;
        let own = second["key"]["id_no"].as_str().unwrap();
        assert_eq!(town.text(&format!("select substr(student_no, 1, 1) from pupils where id_no = '{own}'")).await, "J");
        assert_eq!(town.count("select count(*) from pupils").await, 2);
    });
}
