//! Batch folders, and what becomes of them.

use std::os::unix::fs::symlink;

use domain::{calendar::Day, contract::Table};

use super::{Found, Mode, State, look, look_untaken};
use crate::read::{Limits, sha256_of};

struct Inbox {
    root: tempfile::TempDir,
}

impl Inbox {
    /// An inbox with one batch of the core five, each a header alone.
    fn with_batch(day: &str) -> Inbox {
        let inbox = Inbox { root: tempfile::tempdir().unwrap() };
        inbox.core(day);
        inbox
    }

    fn core(&self, day: &str) {
        for table in Table::CORE {
            self.put(day, &format!("{}.csv", table.name()), "表头\n");
        }
    }

    fn path(&self, day: &str, name: &str) -> std::path::PathBuf {
        self.root.path().join("340121").join(day).join(name)
    }

    fn put(&self, day: &str, name: &str, text: &str) {
        let path = self.path(day, name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn remove(&self, day: &str, name: &str) {
        fs_err::remove_file(self.path(day, name)).unwrap();
    }

    fn look(&self) -> Vec<Found> {
        look(self.root.path(), "2013-12-31".parse().unwrap(), None).unwrap()
    }

    fn codes(&self) -> (&'static str, Vec<&'static str>) {
        let found = self.look().pop().unwrap();
        match found.state {
            State::Ready(_) => ("ready", Vec::new()),
            State::Held(reasons) => ("held", reasons.iter().map(|reason| reason.code).collect()),
            State::Refused(reasons) => ("refused", reasons.iter().map(|reason| reason.code).collect()),
        }
    }
}

const DAY: &str = "2013-09-02";

#[test]
fn a_piece_left_out_holds_the_batch() {
    for (names, held) in [
        (&["students-01.csv", "students-02.csv"][..], false),
        (&["students-0.csv", "students-1.csv"], false),
        (&["students-1.csv"], false),
        (&["students-2012.csv", "students-2014.csv"], false),
        (&["students-20130902.csv"], false),
        (&["students-01.csv", "students-03.csv"], true),
        (&["students-02.csv"], true),
    ] {
        let inbox = Inbox::with_batch(DAY);
        inbox.remove(DAY, "students.csv");
        names.iter().for_each(|name| inbox.put(DAY, name, "表头\n"));
        let expected = if held { ("held", vec!["missing_piece"]) } else { ("ready", Vec::new()) };
        assert_eq!(inbox.codes(), expected, "{names:?}");
    }
}

#[test]
fn a_whole_batch_is_ready_with_its_tables_in_order() {
    // REQ: WH-01
    let inbox = Inbox::with_batch(DAY);
    inbox.put(DAY, "考勤.csv", "表头\n");
    inbox.put(DAY, "说明.txt", "你好");
    inbox.put(DAY, ".DS_Store", "");
    let found = inbox.look();
    let State::Ready(batch) = &found[0].state else { panic!("{found:?}") };
    let tables: Vec<_> = batch.parts.iter().map(|part| part.table).collect();
    assert_eq!(tables, [Table::CORE.as_slice(), &[Table::Attendance]].concat());
    assert_eq!((batch.mode, batch.source.as_str()), (Mode::Full, "340121"));
    assert_eq!(found[0].notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["unknown_file"]);
}

#[test]
fn batches_come_by_day_and_those_taken_or_later_stay_out() {
    let inbox = Inbox::with_batch("2013-09-03");
    inbox.core(DAY);
    inbox.core("2014-01-01");
    inbox.put("2013-9-4", "students.csv", "");
    let days: Vec<String> = inbox.look().iter().map(|found| found.day.to_string()).collect();
    assert_eq!(days, [DAY, "2013-09-03"]);
    let first: Day = DAY.parse().unwrap();
    let limits = Limits::default();
    let rest = look_untaken(inbox.root.path(), "2013-12-31".parse().unwrap(), None, &limits, &|_, day| day == first);
    assert_eq!(rest.unwrap().len(), 1);
    assert!(look(inbox.root.path(), first, Some("340122")).unwrap().is_empty());
}

#[test]
fn what_is_missing_or_still_written_holds_the_batch() {
    let inbox = Inbox::with_batch(DAY);
    inbox.remove(DAY, "changes.csv");
    assert_eq!(inbox.codes(), ("held", vec!["missing_table"]));
    inbox.put(DAY, "changes.csv.part", "");
    assert_eq!(inbox.codes(), ("held", vec!["still_written", "missing_table"]));
    inbox.put(DAY, "changes.csv", "表头\n");
    assert_eq!(inbox.codes(), ("held", vec!["still_written"]));
    inbox.remove(DAY, "changes.csv.part");
    inbox.put(DAY, "~$students.xlsx", "");
    assert_eq!(inbox.codes(), ("held", vec!["still_written"]));
    inbox.remove(DAY, "~$students.xlsx");
    assert_eq!(inbox.codes().0, "ready");
}

#[test]
fn links_and_folders_in_place_of_files_refuse_the_batch() {
    let inbox = Inbox::with_batch(DAY);
    symlink("/etc/passwd", inbox.path(DAY, "scores.csv")).unwrap();
    assert_eq!(inbox.codes(), ("refused", vec!["not_a_file"]));
    inbox.remove(DAY, "scores.csv");
    fs_err::create_dir(inbox.path(DAY, "aid.csv")).unwrap();
    assert_eq!(inbox.codes(), ("refused", vec!["not_a_file"]));
    fs_err::remove_dir(inbox.path(DAY, "aid.csv")).unwrap();
    symlink("/nowhere", inbox.path(DAY, ".hidden")).unwrap();
    assert_eq!(inbox.codes(), ("refused", vec!["not_a_file"]));

    let inbox = Inbox::with_batch(DAY);
    let source = inbox.root.path().join("340121");
    symlink(source.join(DAY), source.join("2013-09-03")).unwrap();
    assert_eq!(inbox.codes(), ("refused", vec!["not_a_folder"]));
}

#[test]
fn pieces_of_a_table_come_in_order_and_rivals_refuse_the_batch() {
    let inbox = Inbox::with_batch(DAY);
    inbox.remove(DAY, "students.csv");
    for number in (1..=10).rev() {
        inbox.put(DAY, &format!("students-{number}.csv"), "表头\n");
    }
    let found = inbox.look();
    let State::Ready(batch) = &found[0].state else { panic!("{found:?}") };
    let pieces: Vec<_> =
        batch.parts.iter().filter(|part| part.table == Table::Students).map(|part| part.file.as_str()).collect();
    let expected: Vec<String> = (1..=10).map(|number| format!("students-{number}.csv")).collect();
    assert_eq!(pieces, expected);

    inbox.put(DAY, "students.csv", "表头\n");
    assert_eq!(inbox.codes(), ("refused", vec!["ambiguous_files"]));
    inbox.remove(DAY, "students.csv");
    inbox.put(DAY, "学生-11.csv", "表头\n");
    assert_eq!(inbox.codes(), ("refused", vec!["ambiguous_files"]));
    inbox.remove(DAY, "学生-11.csv");
    inbox.put(DAY, "students-11.csv.gz", "");
    assert_eq!(inbox.codes(), ("refused", vec!["ambiguous_files"]));
}

#[test]
fn a_manifest_is_believed_only_if_the_files_agree() {
    let inbox = Inbox::with_batch(DAY);
    let digest = sha256_of(&inbox.path(DAY, "students.csv")).unwrap();
    let manifest = |sha256: &str| {
        let files: Vec<String> = Table::CORE
            .iter()
            .map(|table| format!(r#""{}.csv": {{"rows": 0, "sha256": "{sha256}"}}"#, table.name()))
            .collect();
        format!(r#"{{"mode": "changes", "files": {{{}}}}}"#, files.join(","))
    };
    inbox.put(DAY, "manifest.json", &manifest(&digest));
    let found = inbox.look();
    let State::Ready(batch) = &found[0].state else { panic!("{found:?}") };
    assert_eq!((batch.mode, batch.promised_rows("students.csv")), (Mode::Changes, Some(0)));

    inbox.put(DAY, "students.csv", "表头\n多一行\n");
    assert_eq!(inbox.codes(), ("held", vec!["manifest_differs"]));
    inbox.put(DAY, "students.csv", "表头\n");
    inbox.put(DAY, "aid.csv", "表头\n");
    assert_eq!(inbox.codes(), ("held", vec!["manifest_differs"]));
    inbox.put(DAY, "manifest.json", r#"{"files": {"students.csv": {}, "#);
    assert_eq!(inbox.codes(), ("held", vec!["manifest_unreadable"]));
    inbox.put(DAY, "manifest.json", r#"{"files": {"../340122/2013-09-02/students.csv": {}}}"#);
    assert_eq!(inbox.codes().0, "refused");

    inbox.put(DAY, "manifest.json", "{}");
    inbox.core("2013-09-03");
    assert_eq!(inbox.codes(), ("held", vec!["manifest_missing"]));
}
