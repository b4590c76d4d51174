//! Sheets, forms and portraits from the command line: looked through, taken, and taken again without a change.

mod office;

use std::io::Write;

use calamine::{Reader, Xlsx, open_workbook};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use self::office::{AUTUMN, HEADER, Office, SCHOOL, cells, identity, newcomer, picture};

/// The counts of a report.
fn counts(report: &Value) -> [i64; 4] {
    let count = |name: &str| report[name].as_i64().unwrap_or_else(|| panic!("{report}"));
    let counted = ["rows", "taken", "refused", "unchanged"].map(count);
    assert_eq!(counted[0], counted[1] + counted[2] + counted[3], "no row is lost: {report}");
    counted
}

fn codes(report: &Value) -> Vec<(i64, String, String)> {
    let of = |issue: &Value| {
        for name in ["zh", "en", "article"] {
            assert!(!issue[name].as_str().unwrap().is_empty(), "{issue}");
        }
        (
            issue["row"].as_i64().unwrap(),
            issue["header"].as_str().unwrap().to_owned(),
            issue["code"].as_str().unwrap().to_owned(),
        )
    };
    report["issues"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn newcomers_are_looked_through_taken_once_and_never_twice() {
    // REQ: ENR-01, IDN-03
    let office = Office::new();
    let mut rows = vec![cells(&["某校2025年秋季新生登记表"]), Vec::new(), cells(&HEADER)];
    rows.push(newcomer("阿卜杜•热合曼", "2017-03-01", &identity("2017-03-01", 1)));
    rows.push(newcomer("𠮷㐂", "20170302", &identity("2017-03-02", 3)));
    for name in ["王小一", "王小二"] {
        let mut sibling = newcomer(name, "2017年3月3日", "");
        (sibling[10], sibling[11]) = ("王大".into(), identity("1985-05-05", 11));
        rows.push(sibling);
    }
    let file = office.workbook("新生.xlsx", "Sheet1", &rows);

    let (code, report) = office.import("newcomers", &file, &[]);
    assert_eq!((code, counts(&report), report["committed"].as_bool()), (0, [4, 4, 0, 0], Some(false)), "{report}");
    assert_eq!(report["header_row"], 3);
    let (_, report) = office.import("newcomers", &file, &["--commit"]);
    assert_eq!(counts(&report), [4, 4, 0, 0]);
    let case = report["done"][0]["case"].clone();
    let (code, report) = office.import("newcomers", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (0, [4, 0, 0, 4]), "while it waits");
    assert_eq!(report["done"], json!([]));
    assert_eq!(office.records(), 0);
    office.approve(&case);
    assert_eq!(office.records(), 4);
    let (code, report) = office.import("newcomers", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (0, [4, 0, 0, 4]), "once it is approved: {report}");
    assert!(report["notes"].to_string().contains("没有改动"));
    let kept = office.record(&format!("G{}", identity("2017-03-01", 1)));
    assert_eq!(kept["record"]["key"]["name"], "阿卜杜·热合曼");

    // The sheet has grown by a row, an address is another, and a name too, which only a decision changes.
    rows[3][9] = "和平路2号".into();
    rows[4][0] = "吉喜".into();
    rows.push(newcomer("赵四", "2017-03-04", &identity("2017-03-04", 5)));
    let file = office.workbook("新生.xlsx", "Sheet1", &rows);
    let (code, report) = office.import("newcomers", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (1, [5, 2, 1, 2]), "{report}");
    assert_eq!((report["new"].as_i64(), report["changed"].as_i64()), (Some(1), Some(1)));
    assert_eq!(codes(&report), [(5, "*姓名".into(), "import.decided".into())]);
    let changes: Vec<&Value> =
        report["differences"].as_array().unwrap().iter().flat_map(|row| row["changes"].as_array().unwrap()).collect();
    assert_eq!(changes.iter().map(|change| change["field"].as_str().unwrap()).collect::<Vec<_>>(), ["address", "name"]);
    let kept = office.record(&format!("G{}", identity("2017-03-01", 1)));
    assert_eq!(kept["record"]["basic"]["address"], "和平路2号");
    let kept = office.record(&format!("G{}", identity("2017-03-02", 3)));
    assert_eq!(kept["record"]["key"]["name"], "𠮷㐂", "what a decision has set stays");
}

#[test]
fn what_is_wrong_goes_back_as_comments_in_the_senders_own_workbook() {
    // REQ: ENR-01, IDN-02
    let office = Office::new();
    let mut rows = vec![cells(&HEADER)];
    rows.push(newcomer("钱一", "2017-04-01", &identity("2017-04-01", 1)));
    rows.push(newcomer("钱二", "2017-04-02", "#340102201704020019"));
    rows.push(newcomer("钱三", "2017-04-03", "340102170403001"));
    let mut wrong = identity("2017-04-04", 7);
    let last = if wrong.ends_with('1') { "2" } else { "1" };
    wrong.replace_range(17.., last);
    rows.push(newcomer("钱四", "2017-04-04", &wrong));
    rows.push(newcomer("钱5", "2017-04-05", &identity("2017-04-05", 9)));
    let mut nowhere = newcomer("钱六", "2017-04-06", &identity("2017-04-06", 11));
    nowhere[6] = "0909".into();
    rows.push(nowhere);
    let mut unknown = newcomer("钱七", "2017-02-30", &identity("2017-04-07", 13));
    unknown[5] = "火星族".into();
    rows.push(unknown);
    rows.push(newcomer("钱一", "2017-04-01", &identity("2017-04-01", 1)));
    let mut young = newcomer("钱八", "2023-04-08", &identity("2023-04-08", 15));
    (young[6], young[7], young[8]) = ("0101".into(), "大班".into(), "202509".into());
    rows.push(young);
    let file = office.workbook("退回.xlsx", "名单", &rows);
    let out = office.path("意见.xlsx");
    let (code, report) = office.import("newcomers", &file, &["--remarks", &out.display().to_string()]);
    assert_eq!((code, counts(&report)), (1, [9, 1, 8, 0]), "{report}");
    let told: Vec<(i64, String, String)> = codes(&report);
    let told: Vec<(i64, &str, &str)> =
        told.iter().map(|(row, header, code)| (*row, header.as_str(), code.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, "身份证号码", "mangled_number"),
            (4, "身份证号码", "id_no.first_generation"),
            (5, "身份证号码", "id_no.checksum"),
            (6, "*姓名", "name"),
            (7, "班号", "class"),
            (8, "出生日期（YYYYMMDD）", "unreadable"),
            (8, "民族", "unknown_code"),
            (9, "身份证号码", "newcomers.twice"),
            (10, "年级", "kindergarten"),
        ]
    );
    let mut masked = report.clone();
    masked.as_object_mut().unwrap().remove("sha256").expect("the sheet is named by its digest");
    let text = masked.to_string();
    assert!(text.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() < 15), "numbers are masked: {text}");
    let mut copy: Xlsx<_> = open_workbook(&out).unwrap();
    assert_eq!(copy.sheet_names(), ["名单", "导入结果"]);
    assert_eq!(
        copy.worksheet_range("名单").unwrap().get_value((1, 0)).unwrap().to_string(),
        "钱一",
        "the sender's own sheet"
    );
    assert_eq!(office.records(), 0);

    // What is good is taken, the rest waits for its correction; the corrected sheet then brings only that.
    let (code, report) = office.import("newcomers", &file, &["--name", "秋季", "--commit"]);
    assert_eq!((code, counts(&report)), (1, [9, 1, 8, 0]));
    rows.truncate(4);
    rows[2][4] = identity("2017-04-02", 3);
    rows[3][4] = identity("2017-04-03", 5);
    let file = office.workbook("退回.xlsx", "名单", &rows);
    let (code, report) = office.import("newcomers", &file, &["--name", "秋季", "--commit"]);
    assert_eq!((code, counts(&report)), (0, [3, 2, 0, 1]), "{report}");
}

/// A school with pupils of a grade on record; their registration numbers.
fn with_pupils(office: &Office, grade: &str, class: &str, entry: &str, births: &[&str]) -> Vec<String> {
    let mut rows = vec![cells(&HEADER)];
    for (birth, name) in births.iter().zip(["孙一", "孙二", "孙三"]) {
        let mut row = newcomer(name, birth, &identity(birth, 1));
        (row[6], row[7], row[8]) = (class.into(), grade.into(), entry.into());
        rows.push(row);
    }
    let file = office.workbook("在校.xlsx", "新生", &rows);
    let (code, report) = office.import("newcomers", &file, &["--commit"]);
    assert_eq!(code, 0, "{report}");
    office.approve(&report["done"][0]["case"]);
    births.iter().map(|birth| format!("G{}", identity(birth, 1))).collect()
}

#[test]
fn facts_are_taken_from_any_text_file_and_an_empty_cell_takes_nothing_away() {
    // REQ: INF-01, ORG-06
    let office = Office::new();
    let numbers = with_pupils(&office, "2", "0201", "2024-09", &["2017-05-01", "2017-05-02"]);
    let stranger = format!("G{}", identity("2017-05-09", 1));
    let sheet = |score: &str, full: &str| {
        format!(
            "学籍号\t姓名\t学年\t学期\t考试名称\t科目\t成绩\t满分\n\
             {}\t孙一\t2024-2025\t第一学期\t期末\t语文\t{score}\t{full}\n\
             {}\t孙一\t2024-2025\t第一学期\t期末\t数学\t88\t\n\
             {stranger}\t\t2024-2025\t第一学期\t期末\t语文\t90\t100\n\
             {}\t\t2024-2025\t第一学期\t期末\t语文\t缺考\t100\n",
            numbers[0], numbers[1], numbers[1],
        )
    };
    let write = |text: &str| {
        let path = office.path("成绩.csv.gz");
        let mut gzip = GzEncoder::new(std::fs::File::create(&path).unwrap(), Compression::fast());
        gzip.write_all(&encoding_rs::GB18030.encode(text).0).unwrap();
        gzip.finish().unwrap();
        path
    };
    let out = office.path("成绩意见.csv");
    let (code, report) =
        office.import("成绩", &write(&sheet("91", "100")), &["--commit", "--remarks", &out.display().to_string()]);
    assert_eq!((code, counts(&report)), (1, [4, 1, 3, 0]), "{report}");
    let told = [
        (3, "姓名".to_owned(), "import.name".to_owned()),
        (4, "学籍号".into(), "not_found".into()),
        (5, "成绩".into(), "unreadable".into()),
    ];
    assert_eq!(codes(&report), told);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.lines().next().unwrap().ends_with("导入结果"), "{text}");
    assert!(text.contains("缺考,100,\"【成绩】退回"), "{text}");
    let (_, report) = office.import("scores", &write(&sheet("91", "")), &["--commit"]);
    assert_eq!(counts(&report), [4, 0, 3, 1], "the same again, with a cell left empty");
    let (_, report) = office.import("scores", &write(&sheet("93", "")), &["--commit"]);
    assert_eq!(counts(&report), [4, 1, 3, 0]);
    assert_eq!(
        report["differences"][0]["changes"],
        json!([{"field": "score", "header": "成绩", "old": "91", "new": "93"}])
    );
    let kept = office.record(&numbers[0]);
    assert_eq!(
        (&kept["facts"]["scores"][0]["score"], &kept["facts"]["scores"][0]["full_marks"]),
        (&json!("93"), &json!("100"))
    );
}

#[test]
fn completions_are_recorded_once_and_never_against_a_decision() {
    // REQ: GRD-01
    let office = Office::new();
    let numbers = with_pupils(&office, "6", "0601", "2020-09", &["2014-01-01", "2014-01-02"]);
    let summer = "2026-07-03T01:00:00Z";
    let header = cells(&["学籍号", "姓名", "结论", "完成日期", "去向"]);
    let row = |number: &str, outcome: &str, day: &str| cells(&[number, "", outcome, day, "升入初中"]);
    let rows = vec![header.clone(), row(&numbers[0], "毕业", "2026-06-30"), row(&numbers[1], "结业", "2026-06-30")];
    let file = office.workbook("毕业.xlsx", "毕业结业", &rows);
    let (code, report) = office.import_at(summer, "completions", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (1, [2, 1, 1, 0]), "{report}");
    assert_eq!(codes(&report), [(3, "结论".into(), "graduation.compulsory".into())]);
    let rows = vec![header, row(&numbers[0], "毕业", "2026/6/30"), row(&numbers[1], "毕业", "20260630")];
    let file = office.workbook("毕业.xlsx", "毕业结业", &rows);
    let (code, report) = office.import_at(summer, "completions", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (0, [2, 1, 0, 1]), "{report}");
    let (code, report) = office.import_at(summer, "completions", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (0, [2, 0, 0, 2]));
    let rows = vec![rows[0].clone(), row(&numbers[0], "毕业", "2026-07-01")];
    let file = office.workbook("毕业.xlsx", "毕业结业", &rows);
    let (code, report) = office.import_at(summer, "completions", &file, &["--commit"]);
    assert_eq!((code, counts(&report)), (1, [1, 0, 1, 0]));
    assert_eq!(codes(&report), [(2, "完成日期".into(), "import.decided".into())]);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_whole_in_both_languages() {
    // REQ: ENR-01
    let office = Office::new();
    let whole = std::fs::read(office.workbook("好.xlsx", "新生", &[cells(&HEADER)])).unwrap();
    let damaged = office.path("坏.xlsx");
    std::fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    let bare = office.workbook("缺列.xlsx", "新生", &[cells(&["姓名", "性别"]), cells(&["李一", "男"])]);
    let other = office.path("图.csv");
    std::fs::write(&other, picture(1)).unwrap();
    for (file, code) in [(damaged, "file.torn"), (bare, "file.missing_columns"), (other, "file.wrong_type")] {
        let (exit, report) = office.import("newcomers", &file, &[]);
        let refused = &report["refused"];
        assert_eq!(exit, 1, "{report}");
        assert!(!refused["zh"].as_str().unwrap().is_empty() && !refused["en"].as_str().unwrap().is_empty());
        assert!(refused["code"].as_str().unwrap().starts_with("file."), "{code}: {report}");
    }
    // Nor does anybody import for another's school, or without the right.
    let file = office.workbook(
        "新生.xlsx",
        "新生",
        &[cells(&HEADER), newcomer("李二", "2017-06-01", &identity("2017-06-01", 1))],
    );
    for account in ["other", "reader", "nobody"] {
        let arguments =
            ["import", "newcomers", &file.display().to_string(), "--school", SCHOOL, "--as", account, "--commit"];
        let ran = office.registry(AUTUMN, &arguments);
        assert_eq!(ran.code, 1, "{account}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("refused"));
    }
}

#[test]
fn every_form_is_understood_when_it_comes_back() {
    // REQ: ENR-01, INF-01
    let office = Office::new();
    for what in [
        "newcomers",
        "completions",
        "resume",
        "scores",
        "evaluation",
        "conduct",
        "health",
        "vaccination",
        "aid",
        "service",
        "arts_sports",
    ] {
        let file = office.path(&format!("{what}.xlsx"));
        let ran = office.registry(AUTUMN, &["form", what, "--out", &file.display().to_string()]);
        assert_eq!(ran.code, 0, "{what}: {}", ran.err);
        let (code, report) = office.import(what, &file, &[]);
        assert_eq!((code, counts(&report)), (0, [0, 0, 0, 0]), "{what}: {report}");
        assert!(!report["notes"].to_string().contains("不认识的列"), "{what}: {report}");
    }
}

#[test]
fn portraits_are_checked_matched_by_number_and_laid_up_once() {
    // REQ: ENR-02
    let office = Office::new();
    let folder = office.path("照片");
    std::fs::create_dir(&folder).unwrap();
    let put = |name: &str, shade: u8| std::fs::write(folder.join(name), picture(shade)).unwrap();
    put(&format!("{}.png", identity("2019-01-01", 1)), 3);
    put(&format!("{}.png", identity("2019-01-02", 1)), 90);
    put(&format!("{}.png", identity("2019-01-03", 1)), 90);
    put("张三.png", 200);
    let folder = folder.display().to_string();
    let arguments = |more: &[&'static str]| -> Vec<String> {
        let all = ["portraits", &folder, "--school", SCHOOL, "--taken-on", "2025-09-01", "--as", "school"];
        all.iter().chain(more).map(|text| (*text).to_owned()).collect()
    };
    let run = |more: &[&'static str]| -> (i32, Value) {
        let arguments = arguments(more);
        let ran = office.registry(AUTUMN, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err)))
    };
    let said = |report: &Value| {
        ["files", "taken", "refused", "unchanged", "laid_up"].map(|name| report[name].as_i64().unwrap())
    };
    let (code, report) = run(&[]);
    assert_eq!((code, said(&report)), (1, [4, 1, 3, 0, 0]), "two people with one picture, and a name: {report}");
    assert_eq!(said(&run(&["--commit"]).1), [4, 1, 3, 0, 1]);
    assert_eq!(said(&run(&["--commit"]).1), [4, 0, 3, 1, 0], "the same again changes nothing");

    // The newcomer of grade 1 whose portrait is there is flagged for nothing.
    let mut rows = vec![cells(&HEADER)];
    for birth in ["2019-01-01", "2019-01-02"] {
        let mut row = newcomer("周一", birth, &identity(birth, 1));
        (row[6], row[7], row[8]) = ("0101".into(), "1".into(), "2025-09".into());
        rows.push(row);
    }
    let file = office.workbook("一年级.xlsx", "新生", &rows);
    let (code, report) = office.import("newcomers", &file, &[]);
    assert_eq!((code, counts(&report)), (0, [2, 2, 0, 0]), "{report}");
    assert_eq!(
        codes(&report).iter().map(|(row, _, code)| (*row, code.as_str())).collect::<Vec<_>>(),
        [(3, "newcomers.portrait")]
    );
}

#[test]
fn a_batch_that_was_sent_back_is_completed_by_the_corrected_sheet() {
    // REQ: ENR-01
    let office = Office::new();
    let mut rows = vec![cells(&HEADER)];
    rows.push(newcomer("郑一", "2017-05-01", &identity("2017-05-01", 1)));
    rows.push(newcomer("郑二", "2017-05-02", &identity("2017-05-02", 3)));
    let file = office.workbook("补正.xlsx", "名单", &rows);
    let (_, report) = office.import("newcomers", &file, &["--commit"]);
    let case = report["done"][0]["case"].clone();
    office.send_back(&case);

    // The name was wrong: as a new batch it is none, in place of the old one it is.
    rows[1][0] = "郑义".into();
    rows.push(newcomer("郑三", "2017-05-03", &identity("2017-05-03", 5)));
    let file = office.workbook("补正.xlsx", "名单", &rows);
    let (code, report) = office.import("newcomers", &file, &[]);
    assert_eq!((code, counts(&report)), (1, [3, 1, 1, 1]), "{report}");
    assert_eq!(codes(&report), [(2, "*姓名".into(), "import.pending".into())]);
    let number = case.to_string();
    let again = ["--resubmit", &number, "--commit"];

    // With a row that is wrong nothing is sent.
    let mut wrong = rows.clone();
    wrong[3][6] = "0909".into();
    let spoilt = office.workbook("补正有误.xlsx", "名单", &wrong);
    let (code, report) = office.import("newcomers", &spoilt, &again);
    assert_eq!((code, report["committed"].as_bool(), &report["done"]), (1, Some(false), &json!([])), "{report}");
    assert!(report["notes"].to_string().contains("补正须整批无误"));

    let (code, report) = office.import("newcomers", &file, &again);
    assert_eq!((code, counts(&report)), (0, [3, 3, 0, 0]), "{report}");
    assert_eq!(report["done"][0]["state"], "open");
    office.approve(&case);
    assert_eq!(office.records(), 3);
    let kept = office.record(&format!("G{}", identity("2017-05-01", 1)));
    assert_eq!(kept["record"]["key"]["name"], "郑义");
}
