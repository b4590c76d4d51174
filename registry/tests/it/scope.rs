//! Who sees and does what (USR-01, USR-02, USR-06).

use registry::office::{OfficeError, lookup::Query};
use serde_json::{Value, json};

use crate::town::{
    Town, application, by, day, decision, on_both,
    place::{CHANGFENG, CHUZHOU, FENGYANG, HEFEI, JUNIOR, JUNIOR_FAR, LANGYA, LUYANG, PROVINCE, SCHOOLS, YAOHAI},
    proper,
};

async fn look(town: &Town, account: &str, query: Value, why: &str) -> Result<Value, String> {
    let query: Query = serde_json::from_value(query).expect("a query");
    match town.office.look(by(account), &query, why, town.now()).await {
        Ok(value) => Ok(value),
        Err(OfficeError::Refused(refusal)) => {
            proper(&refusal);
            Err(refusal.code)
        }
        Err(error) => panic!("{error:?}"),
    }
}

fn readers() -> Vec<String> {
    let authorities = [PROVINCE, HEFEI, YAOHAI, LUYANG, CHANGFENG, CHUZHOU, LANGYA, FENGYANG];
    let units = authorities.into_iter().chain(SCHOOLS.iter().map(|school| school.id));
    units.map(|unit| format!("v{unit}")).collect()
}

#[test]
fn each_user_sees_exactly_the_subtree_of_his_unit() {
    // REQ: USR-01
    // INV: SC-1
    on_both(async |town| {
        for school in [&SCHOOLS[0], &SCHOOLS[3], &SCHOOLS[7], &SCHOOLS[9]] {
            let grade = match school.kind {
                "小学" | "教学点" => 2,
                "高级中学" => 11,
                _ => 8,
            };
            let pupil = town.pupil(school.id, grade).await;
            let city = if school.authority.starts_with("3401") { HEFEI } else { CHUZHOU };
            for account in readers() {
                let unit = &account[1..];
                let sees = [PROVINCE, city, school.authority, school.id].contains(&unit) || Some(unit) == school.parent;
                for ask in ["record", "history"] {
                    let answer = look(town, &account, json!({"ask": ask, "student_no": pupil}), "核对").await;
                    assert_eq!(answer.is_ok(), sees, "{account} asks for the {ask} of a pupil of {}", school.id);
                    assert!(sees || answer.unwrap_err() == "not_found");
                }
                let roll = look(town, &account, json!({"ask": "roll", "school": school.id}), "核对").await;
                let counts = look(town, &account, json!({"ask": "counts", "unit": school.id}), "").await;
                let duties = look(town, &account, json!({"ask": "duties", "unit": school.id}), "").await;
                assert_eq!(
                    (roll.is_ok(), counts.is_ok(), duties.is_ok()),
                    (sees, sees, sees),
                    "{account} at {}",
                    school.id
                );
            }
        }
    });
}

#[test]
fn a_foreign_and_a_missing_thing_answer_alike() {
    // INV: SC-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let missing = "G340102201201010014";
        let asked = async |student_no: &str| {
            let query: Query = serde_json::from_value(json!({"ask": "record", "student_no": student_no})).unwrap();
            match town.office.look(by("r3134000002"), &query, "核对", town.now()).await {
                Err(OfficeError::Refused(refusal)) => refusal,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(asked(&pupil).await, asked(missing).await);
        let told = async |student_no: &str| {
            let command = json!({"do": "move_class", "student_no": student_no, "class": "0802"});
            town.tell("r3134000002", command).await.unwrap_err()
        };
        assert_eq!(told(&pupil).await, told(missing).await);
        let case = town
            .ok(
                "r3134000001",
                application(&pupil, json!({"kind": "suspension", "from": "2025-09-02"}), &["other_certificate"]),
            )
            .await;
        let decided = async |case: i64| town.tell("r3134000002", decision(case, "approve", "")).await.unwrap_err();
        assert_eq!(decided(case.case.unwrap()).await, decided(9_999).await);
        let foreign = look(town, "r3134000002", json!({"ask": "case", "case": case.case}), "核对").await;
        assert_eq!(foreign, look(town, "r3134000002", json!({"ask": "case", "case": 9_999}), "核对").await);
    });
}

#[test]
fn the_province_reads_and_counts_and_never_maintains() {
    // REQ: USR-02
    // INV: SC-2
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let suspend = application(&pupil, json!({"kind": "suspension", "from": "2025-09-02"}), &["other_certificate"]);
        let open = town.ok("r3134000001", suspend.clone()).await.case.unwrap();
        let batch = town.batch(JUNIOR, vec![town.newcomer(7)]);
        let writes = [
            suspend,
            decision(open, "approve", ""),
            batch,
            json!({"do": "change_basic", "student_no": pupil, "fields": {"address": "x"}}),
            json!({"do": "move_class", "student_no": pupil, "class": "0802"}),
            json!({"do": "finish", "school": JUNIOR, "on": "2025-09-02", "pupils": {}}),
            json!({"do": "record_facts", "school": JUNIOR, "kind": "aid", "rows": []}),
            json!({"do": "add_portraits", "school": JUNIOR, "taken_on": "2025-09-01", "portraits": []}),
            json!({"do": "certify", "student_no": pupil, "kind": "certificate"}),
            json!({"do": "enter_class", "class": crate::town::place::class_value(JUNIOR, "0799", 7, 2025)}),
            json!({"do": "withdraw", "case": open, "reason": "x"}),
            json!({"do": "resubmit", "case": open}),
            json!({"do": "duty", "act": {"act": "report", "unit": JUNIOR, "period": "2025-10"}}),
        ];
        for account in ["r340000", "h340000", "a340000", "v340000", "auditor"] {
            for write in &writes {
                assert!(town.tell(account, write.clone()).await.is_err(), "{account}: {write}");
            }
        }
        for account in ["r340000", "h340000", "v340000"] {
            look(town, account, json!({"ask": "record", "student_no": pupil}), "统计核对").await.unwrap();
            look(town, account, json!({"ask": "counts", "unit": PROVINCE}), "").await.unwrap();
        }
    });
}

#[test]
fn accounts_records_and_audit_are_three_powers() {
    // REQ: USR-02
    // INV: SC-2
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let record = json!({"ask": "record", "student_no": pupil});
        for account in ["a340000", "a340102", "auditor"] {
            assert_eq!(look(town, account, record.clone(), "核对").await.unwrap_err(), "forbidden");
        }
        let chain = json!({"ask": "audit", "from": 1, "limit": 10});
        for account in ["a340000", "r340102", "h340000", "v340000", "r3134000001"] {
            assert_eq!(look(town, account, chain.clone(), "").await.unwrap_err(), "forbidden");
        }
        assert_eq!(look(town, "auditor", chain, "").await.unwrap()["entries"].as_array().unwrap().len(), 10);
        let enter = |unit: &str, role: &str| {
            json!({"do": "enter_officer", "officer":
            {"account": "fresh", "unit": unit, "role": role, "trained_on": "2025-01-01"}})
        };
        for account in ["r340102", "h340102", "v340102", "auditor", "r3134000001"] {
            town.no(account, enter(JUNIOR, "registrar"), "forbidden").await;
        }
        town.no("a340102", enter(JUNIOR_FAR, "registrar"), "not_found").await;
        town.no("a340102", enter(HEFEI, "administrator"), "not_found").await;
        town.no("a340102", enter(JUNIOR, "system"), "officer.account").await;
        town.ok("a340102", enter(JUNIOR, "registrar")).await;
        town.no("a340102", enter(JUNIOR, "registrar"), "officer.there").await;
        let disable = json!({"do": "disable_officer", "account": "a340000", "reason": "x"});
        town.no("a340102", disable, "not_found").await;
        // A reader reads and writes nothing.
        town.no("v3134000001", json!({"do": "move_class", "student_no": pupil, "class": "0802"}), "forbidden").await;
        // Whose training, duty or account is over does not read either.
        town.ok("a340102", json!({"do": "disable_officer", "account": "fresh", "reason": "离职"})).await;
        assert_eq!(look(town, "fresh", record, "核对").await.unwrap_err(), "forbidden");
    });
}

#[test]
fn an_authority_decides_in_anothers_place_only_by_a_paper_on_record() {
    // REQ: USR-02
    on_both(async |town| {
        let submit = async || {
            let batch = town.batch(JUNIOR, vec![town.newcomer(7)]);
            town.ok("r3134000001", batch).await.case.unwrap()
        };
        let case = submit().await;
        assert!(town.tell("r340100", decision(case, "approve", "")).await.is_err());
        let delegate = |document: &str, since: &str, until: &str| {
            json!({"do": "delegate", "delegation":
            {"from": YAOHAI, "to": HEFEI, "document": document, "since": since, "until": until}})
        };
        town.no("a341100", delegate("合教〔2025〕8号", "2025-09-02", "2025-09-05"), "not_found").await;
        town.no("a340102", delegate("", "2025-09-02", "2025-09-05"), "delegation").await;
        town.no("a340102", delegate("合教〔2025〕8号", "2025-09-05", "2025-09-02"), "delegation").await;
        town.ok("a340102", delegate("合教〔2025〕8号", "2025-09-03", "2025-09-05")).await;
        assert!(town.tell("r340100", decision(case, "approve", "")).await.is_err(), "the day before");
        town.on("2025-09-05T23:59:59.999");
        town.ok("r340100", decision(case, "approve", "")).await;
        let case = submit().await;
        town.on("2025-09-06T00:00:00.000");
        assert!(town.tell("r340100", decision(case, "approve", "")).await.is_err(), "the day after");
    });
}

#[test]
fn after_a_transfer_the_sender_sees_its_past_and_the_receiver_the_file_that_goes_on() {
    // REQ: TRF-09, USR-01
    // INV: SC-3, TR-3
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR_FAR, 8).await;
        let transfer = json!({"kind": "transfer", "class": "0801", "ground": "household_moved"});
        town.on("2025-09-10");
        let record = json!({"ask": "record", "student_no": pupil});
        look(town, "r3134000001", record.clone(), "核对").await.unwrap_err();
        let case = town.apply("r3134000001", &pupil, transfer, &[]).await.case.unwrap();
        town.approve(case, &["r340102", "r3134000002", "r341126"]).await;
        look(town, "r3134000001", record.clone(), "接续").await.unwrap();
        assert_eq!(
            look(town, "r3134000002", record, "核对").await.unwrap_err(),
            "not_found",
            "the present is not the sender's"
        );
        let on = |day: &str| json!({"ask": "record_on", "student_no": pupil, "day": day});
        let past = look(town, "r3134000002", on("2025-09-09"), "存档").await.unwrap();
        assert_eq!(past["school"], JUNIOR_FAR);
        assert_eq!(look(town, "r3134000002", on("2025-09-10"), "存档").await.unwrap_err(), "not_found");
        assert_eq!(look(town, "r2134000001", on("2025-09-09"), "存档").await.unwrap_err(), "not_found");
        assert_eq!(town.today(), day("2025-09-10"));
    });
}

#[test]
fn every_read_of_personal_data_says_who_when_what_and_why() {
    // REQ: USR-06
    // INV: AU-1
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        let id = town.record(&pupil).await.id;
        let record = json!({"ask": "record", "student_no": pupil});
        assert_eq!(look(town, "r3134000001", record.clone(), " ").await.unwrap_err(), "why");
        let before = town.count("select max(seq) from audit").await;
        look(town, "r3134000001", record.clone(), "家长来电核对").await.unwrap();
        let entry: Value =
            serde_json::from_str(&town.text(&format!("select data from audit where seq = {}", before + 1)).await)
                .unwrap();
        assert_eq!(entry["actor"], "r3134000001");
        assert_eq!(entry["action"], "read_record");
        assert_eq!(entry["subject"], format!("record:{id}"));
        assert_eq!((entry["why"].clone(), entry["result"].clone()), (json!("家长来电核对"), json!("read")));
        assert_eq!(entry["at"], "2025-09-02T02:00:00.000Z");
        assert_eq!((entry["unit"].clone(), entry["role"].clone()), (json!(JUNIOR), json!("registrar")));
        // A try that was refused is there too.
        look(town, "r3134000002", record, "好奇").await.unwrap_err();
        let entry: Value =
            serde_json::from_str(&town.text(&format!("select data from audit where seq = {}", before + 2)).await)
                .unwrap();
        assert_eq!(
            (entry["actor"].clone(), entry["result"].clone()),
            (json!("r3134000002"), json!("refused:not_found"))
        );
        for (ask, at) in [("roll", 3), ("history", 4)] {
            let query = if ask == "roll" {
                json!({"ask": ask, "school": JUNIOR})
            } else {
                json!({"ask": ask, "student_no": pupil})
            };
            look(town, "v340102", query, "抽查").await.unwrap();
            assert_eq!(town.count("select max(seq) from audit").await, before + at);
        }
    });
}

#[test]
fn a_registrar_who_is_moved_does_nothing_more_for_the_old_unit() {
    // EDGE: X26
    // REQ: USR-01
    on_both(async |town| {
        let pupil = town.pupil(JUNIOR, 8).await;
        town.ok("a340102", json!({"do": "disable_officer", "account": "q3134000001", "reason": "调往凤阳"})).await;
        let mut officer = crate::town::place::officer("q2", JUNIOR_FAR, "registrar");
        officer["on_duty_from"] = json!("2025-09-03");
        town.ok("a341126", json!({"do": "enter_officer", "officer": officer})).await;
        let record = json!({"ask": "record", "student_no": pupil});
        assert_eq!(look(town, "q3134000001", record.clone(), "下载").await.unwrap_err(), "forbidden");
        assert_eq!(look(town, "q2", record.clone(), "下载").await.unwrap_err(), "forbidden", "not on duty yet");
        town.on("2025-09-03");
        assert_eq!(look(town, "q2", record, "下载").await.unwrap_err(), "not_found");
    });
}
