//! Night after night of a small province against the generator's own book-keeping.

use std::collections::BTreeMap;

use crate::province::{Place, SMALL, days};

/// Every night of two school years, each compared with what the generator knows to be true.
///
/// REQ: WH-01 WH-02 WH-03 WH-04 WH-15 ORG-01 IDN-05 CLS-01 FEE-01 FEE-02
#[test]
fn every_night_tells_the_truth() {
    let truth = &SMALL.1;
    let place = Place::new();
    for night in &truth.days {
        place.put_day(night.day);
        let (ran, report) = place.night(night.day);
        assert_eq!(ran.code, 0, "{}: {}", night.day, ran.err);
        assert_eq!(report["status"], "published", "{}", night.day);
        compare_files(&report, night.day.to_string().as_str());
        compare_movements(&report, night);
        compare_headcounts(&place, night);
    }
    compare_any_past_day(&place);
    compare_last_day(&place);
}

fn compare_files(report: &serde_json::Value, day: &str) {
    let mut told: BTreeMap<(String, String, String), [u64; 5]> = BTreeMap::new();
    for batch in report["batches"].as_array().unwrap() {
        assert_eq!(batch["state"], "taken", "{batch}");
        for file in batch["files"].as_array().unwrap() {
            let key =
                (text(&batch["source"]), text(&file["file"]), file["table"].as_str().unwrap_or_default().to_owned());
            let n = |name: &str| file[name].as_u64().unwrap();
            assert_eq!(n("rows"), n("accepted") + n("quarantined") + n("duplicates_dropped"), "{file}");
            told.insert(key, [n("rows"), n("accepted"), n("quarantined"), n("duplicates_dropped"), n("flagged")]);
        }
    }
    for batch in SMALL.1.batches.iter().filter(|batch| batch.day.to_string() == day) {
        for file in &batch.files {
            let key = (batch.source.clone(), file.file.clone(), file.table.clone());
            let rejected: u64 = file.rejected.values().sum();
            let flagged: u64 = file.flagged.values().sum();
            let expected = [file.rows, file.accepted, rejected, file.dropped, flagged];
            assert_eq!(told.get(&key), Some(&expected), "{day} {key:?}: rows, accepted, rejected, dropped, flagged");
        }
        compare_rules(report, batch);
    }
}

/// Each rule that the generator broke is named as often as it was broken.
fn compare_rules(report: &serde_json::Value, batch: &sample::truth::BatchTruth) {
    let told = report["batches"].as_array().unwrap().iter().find(|told| told["source"] == *batch.source).unwrap();
    for file in &batch.files {
        for (rule, count) in file.rejected.iter().chain(&file.flagged) {
            let named: u64 = told["issues"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|issue| issue["file"] == *file.file && issue["table"] == *file.table && issue["rule"] == **rule)
                .map(|issue| issue["count"].as_u64().unwrap())
                .sum();
            assert!(
                *count <= named,
                "{} {} {}: {rule} named {named} times, broken {count} times",
                batch.source,
                batch.day,
                file.file
            );
        }
    }
}

fn compare_movements(report: &serde_json::Value, night: &sample::truth::DayTruth) {
    let told: BTreeMap<String, u64> = serde_json::from_value(report["movements"].clone()).unwrap();
    let expected: BTreeMap<String, u64> =
        night.movements.iter().map(|movement| (movement.kind.clone(), movement.count)).collect();
    assert_eq!(told, expected, "movements of {}", night.day);
}

fn compare_headcounts(place: &Place, night: &sample::truth::DayTruth) {
    let by = |column: &str| -> BTreeMap<String, u64> {
        place
            .ask(&format!("select {column} as unit, sum(pupils) as pupils from enrolment group by {column}"))
            .iter()
            .map(|row| (text(&row["unit"]), row["pupils"].as_u64().unwrap()))
            .collect()
    };
    assert_eq!(by("county_id"), night.by_county, "by county on {}", night.day);
    assert_eq!(by("school_id"), night.by_school, "by school on {}", night.day);
    let mut by_grade_sex: BTreeMap<u8, BTreeMap<String, u64>> = BTreeMap::new();
    for row in place.ask("select grade, sex, sum(pupils) as pupils from enrolment group by grade, sex") {
        let grade = u8::try_from(row["grade"].as_u64().unwrap()).unwrap();
        by_grade_sex.entry(grade).or_default().insert(text(&row["sex"]), row["pupils"].as_u64().unwrap());
    }
    let expected: BTreeMap<u8, BTreeMap<String, u64>> = night
        .by_grade_sex
        .iter()
        .map(|(grade, sexes)| {
            (*grade, sexes.iter().filter(|(_, pupils)| 0 < **pupils).map(|(sex, n)| (sex.clone(), *n)).collect())
        })
        .filter(|(_, sexes): &(u8, BTreeMap<String, u64>)| !sexes.is_empty())
        .collect();
    assert_eq!(by_grade_sex, expected, "by grade and sex on {}", night.day);
}

/// What was known at each run can be asked for ever after. REQ: WH-03
fn compare_any_past_day(place: &Place) {
    for (number, night) in SMALL.1.days.iter().enumerate() {
        let then = place.number(&format!("select sum(pupils) from headcount_on('{}', {})", night.day, number + 1));
        assert_eq!(then, i64::try_from(night.total).unwrap(), "{} as known at run {}", night.day, number + 1);
    }
}

fn compare_last_day(place: &Place) {
    let truth = &SMALL.1;
    let mut sizes: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in place.ask("select school_id, class_id, pupils from class_sizes") {
        sizes
            .entry(text(&row["school_id"]))
            .or_default()
            .insert(text(&row["class_id"]), row["pupils"].as_u64().unwrap());
    }
    for (school, classes) in &truth.class_sizes {
        for (class, pupils) in classes {
            let told = sizes.get(school).and_then(|classes| classes.get(class)).copied().unwrap_or_default();
            assert_eq!(told, *pupils, "class {class} of {school}");
        }
    }
    let over = place.number(
        "select count(*) from class_sizes where grading in ('over', 'large', 'oversize') and pupils <= standard",
    );
    assert_eq!(over, 0, "a class within the standard is graded as a violation");

    // REQ: FEE-01 FEE-02. October headcount × 50 fen; 2012 and 2013 are both billed on the count of 2013.
    let october: u64 = truth.october[&2013].values().sum();
    for year in [2012, 2013] {
        for level in ["school", "county", "prefecture", "province"] {
            let rows = place.ask(&format!(
                "select sum(pupils) as pupils, sum(amount_fen) as fen, max(due_on) as due from fees where fee_year = {year} and level = '{level}'"
            ));
            assert_eq!(rows[0]["pupils"].as_u64(), Some(october), "{year} {level}");
            assert_eq!(rows[0]["fen"].as_u64(), Some(october * 50), "{year} {level}");
            assert_eq!(text(&rows[0]["due"]), "2014-03-31", "{year} {level}");
        }
    }
    // The statutory day is frozen by name, as it was known that night. REQ: WH-03
    let frozen = place
        .ask("select cast(as_of as varchar) as as_of, run_id from snapshots where name = 'october_statistics-2013'");
    let night = truth.days.iter().position(|night| night.day.to_string() == "2013-10-31").unwrap();
    assert_eq!(text(&frozen[0]["as_of"]), "2013-10-31");
    assert_eq!(frozen[0]["run_id"].as_u64(), Some(night as u64 + 1));
    assert_eq!(days().len(), truth.days.len());
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
