//! Every state of a record with every change: one answer for each, and an article for each refusal (TR-17).

use serde_json::{Value, json};

use crate::town::{
    Town, application, on_both,
    place::{JUNIOR, SENIOR},
};

const KINDS: [&str; 18] = [
    "transfer",
    "arrival",
    "departure",
    "from_abroad",
    "abroad",
    "inclusion",
    "suspension",
    "extension",
    "resumption",
    "dropout",
    "return",
    "withdrawal",
    "death",
    "key_change",
    "grade_change",
    "senior_graduation",
    "reversal",
    "newcomers",
];

/// The answers, by state, in the order of [`KINDS`]: `ok`, or the code of the refusal.
const ANSWERS: [(&str, [&str; 18]); 11] = [
    (
        "在读",
        [
            "ok",
            SECOND,
            "ok",
            SECOND,
            "ok",
            "ok",
            "ok",
            "status",
            "status",
            "ok",
            "status",
            "ok",
            "ok",
            "ok",
            "ok",
            "graduation.compulsory",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "休学",
        [
            NOT,
            SECOND,
            NOT,
            SECOND,
            NOT,
            "status",
            "status",
            "ok",
            "ok",
            "ok",
            "status",
            "ok",
            "ok",
            "ok",
            "status",
            "status",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "辍学保留",
        [
            NOT,
            SECOND,
            NOT,
            SECOND,
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "ok",
            "ok",
            "ok",
            "ok",
            "status",
            "status",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "毕业",
        [
            NOT,
            SECOND,
            NOT,
            "ok",
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            "ok",
        ],
    ),
    (
        "结业",
        [
            NOT,
            SECOND,
            NOT,
            "ok",
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "肄业",
        [
            NOT,
            SECOND,
            NOT,
            "ok",
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "转出",
        [
            NOT,
            "ok",
            NOT,
            "ok",
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            "ok",
        ],
    ),
    (
        "退学",
        [
            NOT,
            SECOND,
            NOT,
            "ok",
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            "ok",
        ],
    ),
    (
        "死亡",
        [
            NOT,
            SECOND,
            NOT,
            SECOND,
            NOT,
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "status",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "key change pending",
        [
            "ok",
            SECOND,
            "ok",
            SECOND,
            "ok",
            "ok",
            "ok",
            "status",
            "status",
            "ok",
            "status",
            "ok",
            "ok",
            OPEN,
            "ok",
            "graduation.compulsory",
            "reversal.case",
            SECOND,
        ],
    ),
    (
        "transfer pending",
        [
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            OPEN,
            "ok",
            "ok",
            OPEN,
            "graduation.compulsory",
            "reversal.case",
            SECOND,
        ],
    ),
];

const NOT: &str = "not_enrolled";
const SECOND: &str = "identity.second_record";
const OPEN: &str = "already_open";

const PAPERS: [&str; 14] = [
    "hospital_certificate",
    "other_certificate",
    "passport",
    "household_register",
    "household_register_certified",
    "police_certificate",
    "identity_change_approval",
    "death_certificate",
    "province_record",
    "fit_to_study",
    "guardian_request",
    "judicial_document",
    "work_certificate",
    "visa",
];

/// Brings pupils into a state through the office.
async fn brought(town: &Town, state: &str) -> Vec<String> {
    let (school, grade) = match state {
        "毕业" => (JUNIOR, 9),
        "结业" => (SENIOR, 12),
        "肄业" => (SENIOR, 11),
        _ => (JUNIOR, 8),
    };
    let rows = KINDS.iter().map(|_| {
        let mut row = town.newcomer(grade);
        row["basic"]["disability"] = json!("听力残疾");
        row
    });
    let pupils = town.enter(school, rows.collect()).await;
    let account = format!("r{school}");
    let each = match state {
        "休学" => json!({"kind": "suspension", "from": "2025-09-02"}),
        "辍学保留" => json!({"kind": "dropout", "since": "2025-09-02", "township": "某乡"}),
        "转出" => json!({"kind": "abroad", "to": "法国", "on": "2025-09-02"}),
        "退学" => json!({"kind": "withdrawal", "ground": "settling_abroad", "from": "2025-09-02"}),
        "死亡" => json!({"kind": "death", "on": "2025-09-02", "known_on": "2025-09-02"}),
        _ => Value::Null,
    };
    for pupil in &pupils {
        if !each.is_null() {
            let case = town.apply(&account, pupil, each.clone(), &PAPERS).await.case.unwrap();
            town.approve(case, &["r340102"]).await;
        } else if state == "key change pending" {
            let name = town.record(pupil).await.key.name;
            town.apply(&account, pupil, json!({"kind": "key_change", "name": [name, "欧阳新"]}), &PAPERS).await;
        } else if state == "transfer pending" {
            town.apply("r3134000002", pupil, asked(town, "transfer", pupil).await, &PAPERS).await;
        }
    }
    match state {
        "毕业" => {
            let named: serde_json::Map<_, _> = pupils.iter().map(|pupil| (pupil.clone(), json!("graduated"))).collect();
            town.ok(&account, json!({"do": "finish", "school": JUNIOR, "on": "2025-09-02", "pupils": named})).await;
        }
        "结业" | "肄业" => {
            let ending = if state == "结业" { "completed" } else { "left_early" };
            let mut candidates = Vec::new();
            for pupil in &pupils {
                candidates.push(json!({"pupil": town.record(pupil).await.id, "achieved": {}, "ending": ending}));
            }
            let purpose = json!({"kind": "senior_graduation", "on": "2025-09-02", "candidates": candidates});
            let case = town.apply(&account, "", purpose, &[]).await.case.unwrap();
            town.approve(case, &["r340102"]).await;
        }
        _ => {}
    }
    pupils
}

/// What a kind asks for, as complete as it can be, so that nothing but the state stands in its way.
async fn asked(town: &Town, kind: &str, pupil: &str) -> Value {
    let record = town.record(pupil).await;
    let (grade, on) = (record.standing.grade, "2025-09-02");
    let class = |grade: u8| format!("{grade:02}01");
    match kind {
        "transfer" => json!({"kind": kind, "class": class(grade), "ground": "household_moved"}),
        "arrival" => {
            json!({"kind": kind, "student_no": pupil, "key": record.key, "from": "外省某校", "grade": grade, "class": class(grade)})
        }
        "departure" => json!({"kind": kind, "to": "外省某校", "request": "W-1"}),
        "from_abroad" => {
            json!({"kind": kind, "key": record.key, "from": "法国", "grade": grade, "class": class(grade)})
        }
        "abroad" => json!({"kind": kind, "to": "法国", "on": on}),
        "inclusion" => json!({"kind": kind, "record_moves": false, "agreed": true}),
        "suspension" => json!({"kind": kind, "from": on, "leaving_grade_reason": "住院"}),
        "extension" => json!({"kind": kind, "from": on}),
        "resumption" | "return" => json!({"kind": kind, "from": on, "grade": grade, "class": class(grade)}),
        "dropout" => json!({"kind": kind, "since": on, "township": "某乡"}),
        "withdrawal" => json!({"kind": kind, "ground": "settling_abroad", "from": on}),
        "death" => json!({"kind": kind, "on": on, "known_on": on}),
        "key_change" => json!({"kind": kind, "name": [record.key.name, "欧阳改"]}),
        "grade_change" => json!({"kind": kind, "grade": grade - 1, "class": class(grade - 1)}),
        "senior_graduation" => {
            json!({"kind": kind, "on": on, "candidates": [{"pupil": record.id, "achieved": {}, "ending": "completed"}]})
        }
        _ => json!({"kind": kind, "case": 1, "defaulted_on": on, "school": "3134000002", "class": class(grade)}),
    }
}

/// The command for a kind, and who gives it.
async fn command(town: &Town, kind: &str, pupil: &str) -> (String, Value) {
    let own = town.record(pupil).await.standing.school.to_string();
    let other = if own == JUNIOR { "r3134000002" } else { "r3134000013" };
    if kind == "newcomers" {
        let mut row = town.newcomer(10);
        row["key"] = serde_json::to_value(town.record(pupil).await.key).unwrap();
        return ("r3134000012".to_owned(), town.batch("3134000012", vec![row]));
    }
    let account = match kind {
        "transfer" | "arrival" | "from_abroad" => other.to_owned(),
        "departure" | "reversal" => "r340102".to_owned(),
        "inclusion" => "r5134000001".to_owned(),
        _ => format!("r{own}"),
    };
    let number = if ["from_abroad", "arrival", "senior_graduation"].contains(&kind) { "" } else { pupil };
    (account, application(number, asked(town, kind, pupil).await, &PAPERS))
}

#[test]
fn every_state_with_every_change_has_one_answer_with_its_article() {
    // INV: TR-17, TR-2
    // REQ: POL-02
    assert_eq!(KINDS.len(), registry::purpose::Kind::ALL.len());
    assert!(
        registry::purpose::Kind::ALL.iter().all(|kind| KINDS.contains(&kind.name())),
        "a new kind needs its column"
    );
    assert!(
        domain::movement::Status::ALL.iter().all(|status| ANSWERS.iter().any(|(state, _)| *state == status.label()))
    );
    on_both(async |town| {
        let mut wrong = Vec::new();
        for (state, expected) in ANSWERS {
            let pupils = brought(town, state).await;
            let mut answers = Vec::new();
            for (kind, pupil) in KINDS.iter().zip(&pupils) {
                let before = town.record(pupil).await;
                let (account, command) = command(town, kind, pupil).await;
                answers.push(match town.tell(&account, command).await {
                    Ok(_) => "ok".to_owned(),
                    Err(refusal) => {
                        assert_eq!(town.record(pupil).await, before, "{state}, {kind}: a refusal changes nothing");
                        refusal.code.trim_end_matches(".senior").to_owned()
                    }
                });
            }
            let cells = KINDS.iter().zip(&answers).zip(expected);
            wrong.extend(
                cells
                    .filter(|((_, answer), expected)| answer != expected)
                    .map(|((kind, answer), expected)| format!("{state}, {kind}: {answer} instead of {expected}")),
            );
        }
        assert_eq!(wrong, Vec::<String>::new());
    });
}
