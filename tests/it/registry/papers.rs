//! Papers from the registry: each of the ten, within scope, masked where they are posted, and on record.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::sample::{act, ask, office};
use crate::province::{Place, Ran};

/// The first case of each kind in each state, with what the registry says of it.
fn cases(place: &Place) -> BTreeMap<(String, String), Value> {
    let mut found = BTreeMap::new();
    let mut misses = 0;
    let url = format!("sqlite:{}", place.folder.path().join("registry.db").display());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        use registry::office::{By, Now, Office, lookup::Query};
        let calendar = domain::calendar::WorkCalendar::official().clone();
        let office = Office::open(&url, None, calendar).await.expect("the registry opens");
        for case in 1.. {
            let now = Now::at(1_795_743_000_000);
            match office.look(By::System, &Query::Case { case }, "核对", now).await {
                Ok(answer) => {
                    let (kind, state) = (&answer["case"]["purpose"]["kind"], &answer["case"]["state"]);
                    let key = (text(kind), text(state));
                    found.entry(key).or_insert_with(|| answer["case"].clone());
                }
                Err(_) => misses += 1,
            }
            if 0 < misses {
                break;
            }
        }
        office.close().await.expect("the registry closes");
    });
    found
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn case_of(cases: &BTreeMap<(String, String), Value>, kind: &str, state: &str) -> String {
    let case = cases.get(&(kind.to_owned(), state.to_owned())).unwrap_or_else(|| panic!("no {kind} is {state}"));
    case["id"].to_string()
}

fn paper(place: &Place, kind: &str, account: &str, more: &[&str]) -> (Ran, PathBuf) {
    let folder = place.folder.path().join("papers");
    let out = folder.display().to_string();
    let mut arguments = vec!["registry", "paper", kind, "--as", account, "--out", &out];
    arguments.extend(more);
    (act(place, &arguments), folder)
}

/// The page of a paper that must have come about, with its PDF beside it.
fn page(place: &Place, kind: &str, account: &str, more: &[&str]) -> String {
    let (ran, folder) = paper(place, kind, account, more);
    assert_eq!(ran.code, 0, "{kind}: {} {}", ran.out, ran.err);
    let pdf = std::fs::read(folder.join(format!("{kind}.pdf"))).expect("a PDF");
    assert!(pdf.starts_with(b"%PDF"), "{kind}");
    std::fs::read_to_string(folder.join(format!("{kind}.html"))).expect("a page")
}

/// Whether a run of 17 digits or more stands in a text.
fn shows_a_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|run| 17 <= run.len())
}

#[test]
fn papers_of_cases_say_what_the_registry_says() {
    // REQ: DRP-02 TRF-02 SUS-01 SUS-02
    let place = office();
    let cases = cases(&place);
    let dropout = case_of(&cases, "dropout", "approved");
    let letter = page(&place, "dropout_letter", "340000-reader", &["--case", &dropout]);
    let stated = &cases[&("dropout".to_owned(), "approved".to_owned())];
    for field in ["township", "efforts"] {
        assert!(letter.contains(&text(&stated["purpose"][field])), "{field}");
    }
    assert!(letter.contains(&text(&stated["reason"])));
    assert!(!shows_a_number(&letter), "a letter masks numbers");

    let silent = case_of(&cases, "transfer", "approved");
    let form = page(&place, "transfer_form", "340000-reader", &["--case", &silent]);
    assert!(form.contains("办结") && shows_a_number(&form), "a form shows numbers whole");
    let open = page(&place, "transfer_form", "340000-reader", &["--case", &case_of(&cases, "transfer", "open")]);
    assert!(open.contains("尚在办理"));
    for kind in ["arrival", "departure", "from_abroad", "abroad"] {
        let case = case_of(&cases, kind, "approved");
        page(&place, "transfer_form", "340000-reader", &["--case", &case]);
    }
    for (kind, case) in
        [("suspension_notice", "suspension"), ("suspension_notice", "extension"), ("resumption_notice", "resumption")]
    {
        let notice = page(&place, kind, "340000-reader", &["--case", &case_of(&cases, case, "approved")]);
        assert!(!shows_a_number(&notice), "{kind}");
    }
}

#[test]
fn a_paper_is_refused_with_what_is_missing_in_two_languages() {
    // REQ: POL-02 USR-01
    let place = office();
    let cases = cases(&place);
    let dropout = case_of(&cases, "dropout", "approved");
    let refused = |kind: &str, account: &str, more: &[&str], code: &str| {
        let (ran, _) = paper(&place, kind, account, more);
        assert_eq!(ran.code, 1, "{kind}: {} {}", ran.out, ran.err);
        let told: Value = serde_json::from_str(&ran.out).expect("a refusal is JSON");
        assert_eq!(told["refused"]["code"], code, "{told}");
        assert!(!text(&told["refused"]["zh"]).is_empty() && !text(&told["refused"]["en"]).is_empty(), "{told}");
    };
    refused("dropout_letter", "340000-reader", &[], "paper.missing");
    refused("suspension_notice", "340000-reader", &["--case", &dropout], "paper.case");
    refused("suspension_notice", "340000-reader", &["--case", &case_of(&cases, "suspension", "open")], "paper.state");
    refused("class_list", "2134000001-head", &["--school", "2134000001", "--class", "1"], "paper.class");
    refused("class_list", "3134000003-head", &["--school", "2134000001", "--class", "1"], "not_found");
    refused("dropout_letter", "340102-auditor", &["--case", &dropout], "forbidden");
    refused("sign_off_sheet", "340000-head", &["--duty", "999999"], "not_found");
    let (ran, _) =
        paper(&place, "class_list", "2134000001-head", &["--why", "", "--school", "2134000001", "--class", "1"]);
    assert!(ran.out.contains("\"code\":\"why\""), "{}", ran.out);
}

#[test]
fn papers_of_units_and_certificates_come_from_the_records() {
    // REQ: CLS-03 SGN-01 ENR-01 DRP-04 GRD-03
    let place = office();
    let school = "2134000001";
    let account = "2134000001-registrar";
    let (_, answer) = ask(&place, account, &json!({ "ask": "roll", "school": school }));
    let roll = answer["roll"].as_array().expect("a roll").clone();
    let enrolled = roll.iter().find(|pupil| pupil["standing"]["status"] == "在读").expect("somebody is enrolled");
    let class = text(&enrolled["standing"]["class"]);
    let list = page(&place, "class_list", account, &["--school", school, "--class", &class]);
    let in_class = roll.iter().filter(|pupil| pupil["standing"]["class"] == *class).count();
    assert!(list.contains(&format!("共{in_class}人")) && !shows_a_number(&list));
    let number = text(&enrolled["student_no"]);
    let certificate = page(&place, "enrolment_certificate", account, &["--student", &number]);
    assert!(certificate.contains(&number) && certificate.contains(&text(&enrolled["key"]["name"])));
    assert!(page(&place, "collection_form", account, &["--school", school]).contains("2027年9月30日"));

    let (_, answer) = ask(&place, "340000-head", &json!({ "ask": "duties", "unit": "340000" }));
    let duties = answer["duties"].as_array().expect("duties").clone();
    let of = |kind: &str, state: &str| {
        let found = duties.iter().find(|duty| duty["duty"]["kind"] == *kind && duty["state"] == *state);
        found.unwrap_or_else(|| panic!("no {kind} is {state}"))["id"].to_string()
    };
    for (kind, state) in [("report", "reported"), ("report", "unsigned"), ("verification", "verified")] {
        let sheet = page(&place, "sign_off_sheet", "340000-head", &["--duty", &of(kind, state)]);
        assert!(sheet.contains("SM3"), "{kind} {state}");
    }
    let (ran, _) = paper(&place, "sign_off_sheet", "340000-head", &["--duty", &of("responsibility", "ordered")]);
    assert_eq!(ran.code, 1, "{}", ran.out);
}

#[test]
fn migrant_children_are_handed_over_county_by_county_and_the_reading_is_on_record() {
    // REQ: DRP-04 USR-06
    let place = office();
    let mut lists = 0;
    for authority in ["340102", "340104", "340121", "340181", "340202", "340223", "340321", "340322", "340100"] {
        let account = format!("{authority}-registrar");
        let (ran, _) = paper(&place, "migrant_handover", &account, &["--authority", authority]);
        if ran.code == 0 {
            let told: Value = serde_json::from_str(&ran.out).expect("papers are JSON");
            let written = told["papers"].as_array().expect("papers").clone();
            lists += written.len();
            for one in &written {
                let page = std::fs::read_to_string(Path::new(&text(&one["html"]))).expect("a page");
                assert!(page.contains("移交") && !shows_a_number(&page));
            }
        } else {
            assert!(ran.out.contains("paper.missing"), "{}", ran.out);
        }
    }
    assert!(0 < lists, "nobody is handed over");
    let (_, answer) = ask(&place, "340000-auditor", &json!({ "ask": "audit", "from": 1, "limit": 10_000 }));
    let mut entries = answer["entries"].as_array().expect("entries").len();
    let mut papers = 0;
    let mut from = 1;
    while 0 < entries {
        let (_, answer) = ask(&place, "340000-auditor", &json!({ "ask": "audit", "from": from, "limit": 10_000 }));
        let slice = answer["entries"].as_array().expect("entries").clone();
        papers += slice.iter().filter(|entry| entry.to_string().contains("paper_migrant_handover")).count();
        entries = slice.len();
        from += 10_000;
    }
    assert_eq!(papers, 9, "one entry for each asking, refused ones too");
    assert_eq!(act(&place, &["audit", "verify"]).code, 0);
}
