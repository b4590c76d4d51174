//! Units, accounts and classes (ORG-01…ORG-10, CLS-01, CLS-02).

use registry::{office::lookup::Query, unit::Unit};
use serde_json::json;

use crate::town::{
    application, by, day, decision, on_both,
    place::{
        CHANGFENG, FENGYANG, HEFEI, JUNIOR, NINE_YEARS, POINT, PRIMARY, PRIMARY_FAR, PRIMARY_NEAR, PROVINCE, SENIOR,
        YAOHAI, class_value, officer, school_value,
    },
};

#[test]
fn every_unit_has_one_authority_above_and_counts_add_up_along_the_tree() {
    // REQ: ORG-01, ORG-02
    // INV: EN-5
    on_both(async |town| {
        town.pupils(PRIMARY, 3, 4).await;
        town.pupils(POINT, 2, 3).await;
        town.pupils(PRIMARY_FAR, 2, 2).await;
        let counted = async |account: &str, unit: &str| -> i64 {
            let query = serde_json::from_value(json!({"ask": "counts", "unit": unit})).unwrap();
            let by = crate::town::by(account);
            let counts = town.office.look(by, &query, "", town.now()).await.unwrap();
            counts["counts"].as_array().unwrap().iter().map(|count| count["pupils"].as_i64().unwrap()).sum()
        };
        let province = counted("v340000", PROVINCE).await;
        assert_eq!(province, 9);
        assert_eq!(counted("v340000", HEFEI).await + counted("v340000", "341100").await, province);
        assert_eq!(counted("v341126", FENGYANG).await, 5);
        // The central school with its teaching point folded in, and the point by itself.
        assert_eq!(counted("v2134000003", PRIMARY_FAR).await, 5);
        assert_eq!(counted("v2134000003", POINT).await, 3);
        let orphan = json!({"do": "enter_authority", "authority":
            {"id": "340123", "name": "肥西县教育局", "division": "340123"}});
        town.no("a340000", orphan, "authority.parent").await;
        let nowhere = json!({"do": "enter_authority", "authority":
            {"id": "340123", "name": "肥西县教育局", "parent": "340900", "division": "340123"}});
        town.no("a340000", nowhere, "authority.parent").await;
        let upside_down = json!({"do": "enter_authority", "authority":
            {"id": "340900", "name": "某市教育局", "parent": "340102", "division": "340900"}});
        town.no("a340000", upside_down, "authority.parent").await;
        let twice = json!({"do": "enter_authority", "authority":
            {"id": "340102", "name": "瑶海区教育局", "parent": "340100", "division": "340102"}});
        town.no("a340000", twice, "authority.there").await;
    });
}

#[test]
fn a_central_school_keeps_the_records_of_its_teaching_points() {
    // REQ: ORG-02
    on_both(async |town| {
        let pupil = town.pupil(POINT, 2).await;
        let moved = json!({"do": "move_class", "student_no": pupil, "class": "0202"});
        town.no("r2134000001", moved.clone(), "not_found").await;
        town.ok("r2134000003", moved).await;
        let mut branch = school_value("2134000099", "教学点", FENGYANG);
        branch["parent"] = json!(POINT);
        let account = officer("r2134000099", "2134000099", "registrar");
        town.no("a340000", json!({"do": "enter_school", "school": branch, "account": account}), "school.parent").await;
        let mut central = school_value(PRIMARY_FAR, "小学", FENGYANG);
        central["parent"] = json!(PRIMARY_FAR);
        town.no("a340000", json!({"do": "change_school", "school": central}), "school.parent").await;
    });
}

#[test]
fn authorities_schools_and_classes_keep_what_the_articles_name() {
    // REQ: ORG-03, ORG-04, ORG-05
    on_both(async |town| {
        let look = town.office.store().reader();
        let tree = registry::store::read::tree(look).await.unwrap();
        let authority =
            serde_json::to_value(tree.authority(domain::organisation::Division::read(YAOHAI).unwrap())).unwrap();
        let fields = [
            "id",
            "name",
            "division",
            "address",
            "area_kind",
            "economic_attribute",
            "ethnic_attribute",
            "phone",
            "parent",
        ];
        for field in fields {
            assert!(!authority[field].as_str().unwrap().is_empty(), "{field}");
        }
        let mut school = school_value(JUNIOR, "初级中学", YAOHAI);
        school["years"] = json!(3);
        school["name"] = json!("瑶海第一中学");
        town.ok("r3134000001", json!({"do": "change_school", "school": school.clone()})).await;
        let kept = registry::store::read::tree(look).await.unwrap();
        let kept = serde_json::to_value(kept.school(domain::organisation::SchoolId::read(JUNIOR).unwrap())).unwrap();
        for field in ["id", "name", "code", "authority", "phone", "ownership", "urban_rural", "kind", "years"] {
            assert_eq!(kept[field], school[field], "{field}");
        }
        for (field, value) in
            [("ownership", "外星办"), ("urban_rural", "太空"), ("kind", "修仙学院"), ("kind", "高等学校")]
        {
            let mut wrong = school.clone();
            wrong[field] = json!(value);
            town.tell("a340000", json!({"do": "change_school", "school": wrong})).await.unwrap_err();
        }
        school["authority"] = json!(CHANGFENG);
        town.no("r3134000001", json!({"do": "change_school", "school": school}), "forbidden").await;
        let mut class = class_value(JUNIOR, "0701", 7, 2025);
        class["honour"] = json!("先进班集体");
        class["years"] = json!(3);
        town.ok("r3134000001", json!({"do": "change_class", "class": class.clone()})).await;
        let room =
            registry::store::read::class(look, domain::organisation::SchoolId::read(JUNIOR).unwrap(), "0701").await;
        let room = serde_json::to_value(room.unwrap().unwrap()).unwrap();
        for field in ["name", "teacher", "founded", "years", "kind", "honour"] {
            assert_eq!(room[field], class[field], "{field}");
        }
        class["grade"] = json!(8);
        town.no("r3134000001", json!({"do": "change_class", "class": class}), "class.grade").await;
    });
}

#[test]
fn only_the_provincial_administrator_creates_a_school_with_its_authority_and_account() {
    // REQ: ORG-07
    // INV: SC-2
    on_both(async |town| {
        let school = school_value("2134000050", "小学", CHANGFENG);
        let account = officer("r2134000050", "2134000050", "registrar");
        let enter = json!({"do": "enter_school", "school": school, "account": account});
        for account in ["a340100", "a340121", "h340000", "r340000", "r340121", "v340000", "auditor", "r2134000001"] {
            town.no(account, enter.clone(), "forbidden").await;
        }
        let mut elsewhere = enter.clone();
        elsewhere["account"]["unit"] = json!(PRIMARY);
        town.no("a340000", elsewhere, "school.account").await;
        // A school whose account is refused is not there either.
        let mut taken = enter.clone();
        taken["account"]["account"] = json!("r2134000001");
        town.no("a340000", taken, "officer.there").await;
        assert_eq!(town.count("select count(*) from schools where id = '2134000050'").await, 0);
        town.ok("a340000", enter.clone()).await;
        town.no("a340000", enter, "school.there").await;
        town.ok("r2134000050", json!({"do": "enter_class", "class": class_value("2134000050", "0101", 1, 2025)})).await;
        let row = town.newcomer(1);
        town.enter_by(CHANGFENG, "2134000050", vec![row]).await;
    });
}

#[test]
fn a_merger_moves_records_classes_and_what_is_pending_and_orphans_nothing() {
    // REQ: ORG-08
    // INV: TR-16
    on_both(async |town| {
        let pupils = town.pupils(PRIMARY_NEAR, 2, 3).await;
        let suspended = town.pupil(PRIMARY_NEAR, 3).await;
        let purpose = json!({"kind": "suspension", "from": "2025-09-02"});
        let case = town.apply("r2134000002", &suspended, purpose, &["hospital_certificate"]).await.case.unwrap();
        town.approve(case, &["r340102"]).await;
        let change = json!({"kind": "key_change", "name": [town.record(&pupils[0]).await.key.name, "欧阳新"]});
        let pending =
            town.apply("r2134000002", &pupils[0], change, &["household_register_certified"]).await.case.unwrap();
        let merge =
            json!({"do": "merge_school", "school": PRIMARY_NEAR, "into": PRIMARY, "reason": "皖编办〔2025〕9号"});
        town.no("a341100", merge.clone(), "not_found").await;
        town.no("r340102", merge.clone(), "forbidden").await;
        let into_junior = json!({"do": "merge_school", "school": PRIMARY_NEAR, "into": JUNIOR, "reason": "x"});
        town.no("a340102", into_junior, "school.grades").await;
        assert_eq!(town.count("select count(*) from classes where school_id = '2134000002'").await, 12, "as it was");
        assert_eq!(town.ok("a340102", merge.clone()).await.pupils, 4);
        for pupil in pupils.iter().chain([&suspended]) {
            assert_eq!(town.record(pupil).await.standing.school.as_str(), PRIMARY);
        }
        assert_eq!(town.count("select count(*) from pupils where school_id = '2134000002'").await, 0);
        // What was told to the school, and not done, is told to its successor.
        let told = "select count(*) from notices where unit = '2134000002' and done_on is null";
        assert_eq!(town.count(told).await, 0, "notices go along");
        assert_eq!(
            town.count("select count(*) from notices where kind = 'archives_handed_over' and unit = '2134000001'")
                .await,
            1
        );
        town.ok("r340102", decision(pending, "return", "请补原件")).await;
        let waits = format!("select turn from cases where id = {pending}");
        assert_eq!(town.text(&waits).await, PRIMARY, "a case sent back goes to the successor");
        town.ok("r2134000001", json!({"do": "resubmit", "case": pending})).await;
        town.approve(pending, &["r340102"]).await;
        town.no("a340102", merge, "school.closed").await;
        town.no(
            "r2134000002",
            application(&pupils[1], json!({"kind": "suspension", "from": "2025-09-02"}), &["hospital_certificate"]),
            "not_found",
        )
        .await;
    });
}

#[test]
fn a_school_is_closed_only_when_empty_and_its_archives_go_to_the_unit_that_is_named() {
    // REQ: ORG-08
    on_both(async |town| {
        let pupil = town.pupil(POINT, 2).await;
        let close = json!({"do": "close_school", "school": POINT, "records_to": FENGYANG, "reason": "撤点"});
        town.no("a341126", close.clone(), "school.pupils").await;
        let central = json!({"do": "close_school", "school": PRIMARY_FAR, "records_to": FENGYANG, "reason": "撤"});
        town.no("a341126", central, "school.branches").await;
        let transfer = json!({"kind": "transfer", "class": "0201", "ground": "other"});
        let case = town.apply("r2134000003", &pupil, transfer, &[]).await.case.unwrap();
        town.approve(case, &["r2134000004", "r341126"]).await;
        town.ok("a341126", close).await;
        assert_eq!(town.record(&pupil).await.standing.school.as_str(), PRIMARY_FAR);
        assert_eq!(
            town.count("select count(*) from notices where kind = 'archives_handed_over' and unit = '341126'").await,
            1
        );
        let class = json!({"do": "enter_class", "class": class_value(POINT, "0109", 1, 2025)});
        assert!(town.tell("r2134000004", class).await.is_err(), "a closed school opens no class");
    });
}

#[test]
fn schools_of_every_kind_are_entered_and_kindergartens_are_not() {
    // REQ: ORG-09
    // INV: ID-5
    on_both(async |town| {
        let kinds = [
            "小学",
            "教学点",
            "初级中学",
            "九年一贯制学校",
            "完全中学",
            "高级中学",
            "十二年一贯制学校",
            "特殊教育学校",
            "工读学校",
            "中等职业学校",
        ];
        let owners = ["教育部门和集体办", "社会力量办", "其他部门办", "其他", "公办", "民办", "民办公助"];
        for (at, kind) in kinds.iter().enumerate() {
            let id = format!("21340001{at:02}");
            let mut school = school_value(&id, kind, CHANGFENG);
            school["ownership"] = json!(owners[at % owners.len()]);
            let account = officer(&format!("r{id}"), &id, "registrar");
            town.ok("a340000", json!({"do": "enter_school", "school": school, "account": account})).await;
        }
        for kind in ["幼儿园", "附设幼儿班", "学前班"] {
            let account = officer("r1134000001", "1134000001", "registrar");
            let school = school_value("1134000001", kind, CHANGFENG);
            town.no(
                "a340000",
                json!({"do": "enter_school", "school": school, "account": account}),
                "school.kindergarten",
            )
            .await;
        }
    });
}

#[test]
fn a_registrar_is_trained_before_on_duty_and_kept_on_file() {
    // REQ: ORG-10
    on_both(async |town| {
        let mut fresh = officer("new-clerk", JUNIOR, "registrar");
        fresh["trained_on"] = json!(null);
        town.ok("a340102", json!({"do": "enter_officer", "officer": fresh})).await;
        let class = json!({"do": "enter_class", "class": class_value(JUNIOR, "0709", 7, 2025)});
        let refusal = town.no("new-clerk", class.clone(), "forbidden").await;
        assert!(refusal.article.contains("第二十七条"));
        let train = |on: &str| json!({"do": "train_officer", "account": "new-clerk", "on": on});
        town.no("r340102", train("2025-09-03"), "future_date").await;
        town.no("r341126", train("2025-09-02"), "not_found").await;
        town.ok("r340102", train("2025-09-02")).await;
        town.ok("new-clerk", class).await;
        assert_eq!(town.count("select count(*) from officers where unit = '3134000001'").await, 5);
    });
}

#[test]
fn a_virtual_class_is_refused_at_its_creation() {
    // REQ: CLS-02
    on_both(async |town| {
        let enter = |class: serde_json::Value| json!({"do": "enter_class", "class": class});
        let with = |field: &str, value: serde_json::Value| {
            let mut class = class_value(SENIOR, "1009", 10, 2025);
            class[field] = value;
            enter(class)
        };
        let cases = [
            (with("teacher", json!(" ")), "class.teacher"),
            (with("grade", json!(9)), "class.grade"),
            (with("kind", json!("普通小学班")), "class.kind"),
            (with("founded", json!("2025-10")), "class.season"),
            (with("founded", json!("2010-09")), "class.season"),
            (with("id", json!("990000")), "class.id"),
            (with("id", json!("十班")), "class.id"),
            (with("id", json!("1001")), "class.there"),
        ];
        for (command, code) in cases {
            town.no("r3134000011", command, code).await;
        }
        town.ok("r3134000011", with("teacher", json!("班主任"))).await;
        // A class in use is not closed over its pupils.
        let mut class = class_value(NINE_YEARS, "0101", 1, 2025);
        class["closed"] = json!(true);
        town.pupil(NINE_YEARS, 1).await;
        town.no("r3134000004", json!({"do": "change_class", "class": class}), "class.pupils").await;
        assert_eq!(town.today(), day("2025-09-02"));
    });
}

#[test]
fn classes_are_held_against_the_standard_of_their_stage_and_kind_of_school() {
    // REQ: CLS-01
    on_both(async |town| {
        town.pupils(PRIMARY, 1, 46).await;
        town.pupils(POINT, 2, 31).await;
        town.pupils(JUNIOR, 8, 50).await;
        let asked = async |account: &str, unit: &str| {
            let query = Query::ClassSizes { unit: Unit::read(unit).unwrap() };
            town.office.look(by(account), &query, "", town.now()).await
        };
        let graded = async |account: &str, unit: &str| {
            let classes = asked(account, unit).await.unwrap()["classes"].clone();
            let full = classes.as_array().unwrap().iter().filter(|class| class["pupils"] != 0).cloned();
            full.map(|class| (class["pupils"].clone(), class["standard"].clone(), class["grading"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            graded("r340102", YAOHAI).await,
            [(json!(46), json!(45), json!("over")), (json!(50), json!(50), json!("within"))]
        );
        assert_eq!(graded("r2134000003", POINT).await, [(json!(31), json!(30), json!("over"))]);
        assert_eq!(graded("r340000", PROVINCE).await.len(), 3);
        assert!(asked("r340102", FENGYANG).await.is_err());
    });
}
