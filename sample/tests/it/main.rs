//! The sample read back by a slow and simple reader that shares nothing with the generator.

mod reader;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use domain::{
    code::CodeList,
    contract::{Holds, Table},
};
use sample::{FileTruth, Plan, Truth};

use crate::reader::{Line, read};

/// One small province for all tests that only read.
static SAMPLE: LazyLock<(tempfile::TempDir, Truth)> = LazyLock::new(|| written(&Plan::small(1)));

fn written(plan: &Plan) -> (tempfile::TempDir, Truth) {
    let dir = tempfile::tempdir().unwrap();
    let truth = sample::write(plan, dir.path(), &mut |_| {}).unwrap();
    (dir, truth)
}

fn every_file(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(dir).unwrap().to_owned(), fs_err::read(&path).unwrap());
            }
        }
    }
    files
}

fn sum(files: &[FileTruth], table: Table, of: impl Fn(&FileTruth) -> u64) -> u64 {
    files.iter().filter(|file| file.table == table.name()).map(of).sum()
}

fn named(plan: &Truth, index: usize, table: Table) -> (Vec<Line>, usize) {
    let batch = &plan.batches[index];
    let dir = SAMPLE.0.path().join(&batch.source).join(batch.day.to_string());
    let lines = read(&dir, table);
    let accepted = sum(&batch.files, table, |file| file.accepted) as usize;
    (lines, accepted)
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let (again, truth) = written(&Plan::small(1));
    assert_eq!(truth, SAMPLE.1);
    let (left, right) = (every_file(SAMPLE.0.path()), every_file(again.path()));
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (path, bytes) in &left {
        assert!(bytes == &right[path], "{} differs", path.display());
    }
    assert_ne!(written(&Plan::small(2)).1, truth);
}

#[test]
fn the_truth_on_disk_is_the_truth_returned() {
    let text = fs_err::read_to_string(SAMPLE.0.path().join("truth.json")).unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), SAMPLE.1);
}

#[test]
fn every_file_has_the_rows_the_truth_tells() {
    // REQ: WH-15
    for (index, batch) in SAMPLE.1.batches.iter().enumerate() {
        for file in &batch.files {
            let rejected: u64 = file.rejected.values().sum();
            assert_eq!(
                file.rows,
                file.accepted + rejected + file.dropped,
                "{} {} {}",
                batch.source,
                batch.day,
                file.file
            );
        }
        for table in Table::CORE {
            let (lines, _) = named(&SAMPLE.1, index, table);
            let rows = sum(&batch.files, table, |file| file.rows);
            assert_eq!(lines.len() as u64, rows, "{} {} {table}", batch.source, batch.day);
        }
    }
}

#[test]
fn everything_that_can_be_wrong_is_wrong_somewhere() {
    let files = || SAMPLE.1.batches.iter().flat_map(|batch| &batch.files);
    let rejected: BTreeSet<&str> = files().flat_map(|file| file.rejected.keys()).map(String::as_str).collect();
    let flagged: BTreeSet<&str> = files().flat_map(|file| file.flagged.keys()).map(String::as_str).collect();
    let across: BTreeSet<&str> = SAMPLE.1.days.iter().flat_map(|day| day.across.keys()).map(String::as_str).collect();
    assert_eq!(
        rejected.into_iter().collect::<Vec<_>>(),
        [
            "column_count",
            "conflicting_key",
            "kindergarten",
            "mangled_number",
            "missing",
            "unknown_class",
            "unknown_code",
            "unknown_school",
            "unreadable",
        ]
    );
    assert_eq!(
        flagged.into_iter().collect::<Vec<_>>(),
        [
            "age_for_grade",
            "entry_after_day",
            "id_birth_date",
            "id_checksum",
            "id_division",
            "id_sex",
            "number_differs",
            "optional_code",
            "optional_unreadable",
        ]
    );
    assert_eq!(across.into_iter().collect::<Vec<_>>(), ["key_changed", "same_id_number", "unknown_pupil"]);
    assert!(files().any(|file| file.dropped > 0));
    assert!(SAMPLE.1.days.iter().any(|day| !day.late.is_empty() && day.in_transit > 0));
    assert!(SAMPLE.1.batches.iter().any(|batch| batch.mode == "changes"));
}

/// What one record says: school, class, grade, status, way of attending.
type Account = (String, String, u8, String, String);

fn account(line: &Line) -> Account {
    let label = |field: &str| reader::label(Table::Students, field, &line[field]);
    (
        line["school_id"].clone(),
        line["class_id"].clone(),
        reader::grade(&line["grade"]),
        label("status"),
        label("study_mode"),
    )
}

#[test]
fn a_recount_of_the_rows_gives_the_heads_and_movements_of_the_truth() {
    // REQ: WH-04
    let truth = &SAMPLE.1;
    // By source, by number: the account and the sex.
    let mut rolls: BTreeMap<&str, BTreeMap<String, (Account, String)>> = BTreeMap::new();
    let mut before: BTreeMap<String, Account> = BTreeMap::new();
    for day in &truth.days {
        let mut papers: BTreeMap<String, u64> = BTreeMap::new();
        for (index, batch) in truth.batches.iter().enumerate().filter(|(_, batch)| batch.day == day.day) {
            let (lines, accepted) = named(truth, index, Table::Students);
            let rows = lines.iter().take(accepted).map(|line| {
                let sex = reader::label(Table::Students, "sex", &line["sex"]);
                (line["student_no"].clone(), (account(line), sex))
            });
            let roll = rolls.entry(&batch.source).or_default();
            if batch.mode == "full" {
                roll.clear();
            }
            roll.extend(rows);
            let (lines, accepted) = named(truth, index, Table::Changes);
            for line in lines.iter().take(accepted) {
                *papers.entry(reader::label(Table::Changes, "kind", &line["kind"])).or_default() += 1;
            }
        }
        let mut schools: BTreeMap<String, u64> = BTreeMap::new();
        let mut grades: BTreeMap<u8, BTreeMap<String, u64>> = BTreeMap::new();
        let mut now = BTreeMap::new();
        for (number, (account, sex)) in rolls.values().flatten() {
            if account.3 == "在读" {
                *schools.entry(account.0.clone()).or_default() += 1;
                *grades.entry(account.2).or_default().entry(sex.clone()).or_default() += 1;
            }
            assert!(now.insert(number.clone(), account.clone()).is_none(), "{} twice on {}", number, day.day);
        }
        assert_eq!(schools.values().sum::<u64>(), day.total, "{}", day.day);
        assert_eq!(schools, day.by_school, "{}", day.day);
        assert_eq!(day.by_county.values().sum::<u64>(), day.total);
        for (grade, sexes) in &day.by_grade_sex {
            let counted = grades.remove(grade).unwrap_or_default();
            for (sex, pupils) in sexes {
                assert_eq!(counted.get(sex).copied().unwrap_or_default(), *pupils, "{} {grade} {sex}", day.day);
            }
        }
        let numbers: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let moved = numbers.iter().filter(|number| before.get(**number) != now.get(**number)).count();
        assert_eq!(moved as u64, day.movements.iter().map(|movement| movement.count).sum::<u64>(), "{}", day.day);
        assert_eq!(papers, day.papers, "{}", day.day);
        before = now;
    }
    let mut sizes: BTreeMap<(String, String), u64> = BTreeMap::new();
    for account in before.values().filter(|account| account.3 == "在读") {
        *sizes.entry((account.0.clone(), account.1.clone())).or_default() += 1;
    }
    for (school, classes) in &truth.class_sizes {
        for (class, pupils) in classes {
            assert_eq!(sizes.remove(&(school.clone(), class.clone())).unwrap_or_default(), *pupils, "{school} {class}");
        }
    }
    assert!(sizes.is_empty(), "classes the truth does not know: {sizes:?}");
}

#[test]
fn the_class_of_every_pupil_is_listed() {
    for index in 0..SAMPLE.1.batches.len() {
        let (schools, accepted) = named(&SAMPLE.1, index, Table::Schools);
        let schools: BTreeSet<&str> = schools.iter().take(accepted).map(|line| line["school_id"].as_str()).collect();
        let (classes, accepted) = named(&SAMPLE.1, index, Table::Classes);
        let classes: BTreeSet<(&str, &str)> =
            classes.iter().take(accepted).map(|line| (line["school_id"].as_str(), line["class_id"].as_str())).collect();
        assert!(classes.iter().all(|(school, _)| schools.contains(school)));
        let (pupils, accepted) = named(&SAMPLE.1, index, Table::Students);
        for line in pupils.iter().take(accepted) {
            assert!(classes.contains(&(line["school_id"].as_str(), line["class_id"].as_str())), "{line:?}");
        }
    }
}

#[test]
fn id_numbers_check_and_are_each_persons_own() {
    // REQ: IDN-02
    let (mut wrong, mut shared) = (0, 0);
    let mut held = BTreeSet::new();
    let first = SAMPLE.1.days[0].day;
    for (index, batch) in SAMPLE.1.batches.iter().enumerate().filter(|(_, batch)| batch.day == first) {
        let (pupils, accepted) = named(&SAMPLE.1, index, Table::Students);
        wrong +=
            sum(&batch.files, Table::Students, |file| file.flagged.get("id_checksum").copied().unwrap_or_default());
        for line in pupils.iter().take(accepted) {
            assert_eq!(line["student_no"].len(), 19);
            let id_no = &line["id_no"];
            if id_no.is_empty() {
                assert!(line["student_no"].starts_with('J'));
                continue;
            }
            wrong -= u64::from(!checks(id_no));
            assert!(checks(&line["guardian_id_no"]));
            if id_no != &line["guardian_id_no"] && !held.insert(id_no.clone()) {
                shared += 1;
            }
        }
    }
    assert_eq!(wrong, 0);
    assert_eq!(shared, SAMPLE.1.days[0].across["same_id_number"]);
}

/// ISO/IEC 7064 MOD 11-2 as GB 11643 asks for it: the sum over all eighteen places is 1.
fn checks(id_no: &str) -> bool {
    let value = |place: char| if place == 'X' { 10 } else { place.to_digit(10).unwrap() };
    let sum = id_no.chars().fold(0, |sum, place| (sum * 2 + value(place)) % 11);
    id_no.len() == 18 && sum == 1
}

#[test]
fn every_label_and_code_is_in_its_list() {
    for index in 0..SAMPLE.1.batches.len() {
        for table in Table::CORE {
            let (lines, accepted) = named(&SAMPLE.1, index, table);
            for column in table.columns() {
                let Holds::Label(list) = column.holds else { continue };
                let list = CodeList::named(list).unwrap();
                for line in lines.iter().take(accepted) {
                    let text = line.get(column.field).map_or("", String::as_str);
                    let known = text.is_empty() || text == "租房陪读" || list.label_of(text).is_some();
                    assert!(known, "{}: {text} is not in {}", column.header, list.name());
                }
            }
        }
    }
}

#[test]
fn a_benchmark_source_is_one_clean_file_of_each_table() {
    let (dir, truth) = written(&Plan::single_source(3_000));
    assert_eq!(truth.days.len(), 2);
    assert_eq!(truth.sources, ["registry"]);
    for batch in &truth.batches {
        assert_eq!(batch.files.len(), Table::CORE.len());
        assert!(batch.files.iter().all(|file| file.rows == file.accepted && file.flagged.is_empty()));
    }
    assert_eq!(truth.batches[0].files[3].rows, 3_000);
    assert!(truth.days[1].movements.iter().all(|movement| movement.explained));
    assert!(dir.path().join("registry/2012-09-04/students.csv").is_file());
}

#[test]
fn some_classes_are_too_large() {
    // REQ: CLS-01
    let sizes: Vec<u64> = SAMPLE.1.class_sizes.values().flat_map(|classes| classes.values().copied()).collect();
    assert!(sizes.iter().any(|size| (46..56).contains(size)));
    assert!(sizes.iter().any(|size| (56..66).contains(size)));
    assert!(sizes.iter().any(|size| *size >= 66));
}
