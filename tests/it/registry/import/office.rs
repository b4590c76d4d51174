//! A school, its county and its accounts, in a registry of their own; numbers and pictures that hold together and are nobody's.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, Crc, write::ZlibEncoder};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::province::{Place, Ran};

pub(super) const SCHOOL: &str = "2134000001";
pub(super) const OTHER: &str = "2134000002";
/// When the office of the tests works.
pub(super) const AUTUMN: &str = "2025-09-05T01:00:00Z";

pub(super) struct Office {
    pub(super) place: Place,
}

impl Office {
    /// An office with two primary schools, their classes and accounts.
    pub(super) fn new() -> Office {
        let office = Office { place: Place::new() };
        let authority = |id: &str, parent: Option<&str>| json!({"do": "enter_authority", "authority": {"id": id, "name": format!("{id}教育局"), "parent": parent, "division": id}});
        let officer = |account: &str, unit: &str, role: &str| json!({"account": account, "unit": unit, "role": role, "trained_on": "2025-08-20"});
        let enter = |account: &str, unit: &str, role: &str| json!({"do": "enter_officer", "officer": officer(account, unit, role)});
        let mut commands = vec![
            authority("340000", None),
            enter("province", "340000", "administrator"),
            authority("340100", Some("340000")),
            authority("340102", Some("340100")),
            enter("county", "340102", "registrar"),
            enter("reader", "340102", "reader"),
        ];
        for (school, account) in [(SCHOOL, "school"), (OTHER, "other")] {
            commands.push(json!({
                "do": "enter_school", "account": officer(account, school, "registrar"),
                "school": {"id": school, "name": format!("小学{school}"), "authority": "340102", "kind": "小学", "ownership": "公办",
                    "urban_rural": "镇中心区"},
            }));
        }
        office.act("province", AUTUMN, &commands);
        let class = |school: &str, grade: i32| {
            json!({"do": "enter_class", "class": {
                "school": school, "id": format!("{grade:02}01"), "name": format!("{grade}年级1班"), "grade": grade,
                "kind": "普通小学班", "teacher": "班主任", "founded": format!("{}-09", 2026 - grade),
            }})
        };
        let classes: Vec<Value> =
            [SCHOOL, OTHER].iter().flat_map(|school| [1, 2, 6].map(|grade| class(school, grade))).collect();
        office.act("county", AUTUMN, &classes);
        office
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.folder.path().join(name)
    }

    /// Runs `xueji registry …` at an instant.
    pub(super) fn registry(&self, at: &str, arguments: &[&str]) -> Ran {
        let mut command = self.place.command(&["registry"]);
        command.args(arguments).env("XUEJI_TEST_MODE", "true").env("XUEJI_TEST_CLOCK", at);
        Ran::of(&command.output().expect("the program runs"))
    }

    /// Carries out commands; all of them are done.
    pub(super) fn act(&self, account: &str, at: &str, commands: &[Value]) -> Vec<Value> {
        let file = self.path("commands.jsonl");
        let lines: Vec<String> = commands.iter().map(Value::to_string).collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        let ran = self.registry(at, &["do", "--as", account, &file.display().to_string()]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["done"].clone()).collect()
    }

    /// Imports a file and returns the exit code with the report.
    pub(super) fn import(&self, what: &str, file: &Path, more: &[&str]) -> (i32, Value) {
        self.import_at(AUTUMN, what, file, more)
    }

    pub(super) fn import_at(&self, at: &str, what: &str, file: &Path, more: &[&str]) -> (i32, Value) {
        let file = file.display().to_string();
        let mut arguments = vec!["import", what, &file, "--school", SCHOOL, "--as", "school"];
        arguments.extend(more);
        let ran = self.registry(at, &arguments);
        let report = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
        (ran.code, report)
    }

    /// The county approves the batches that wait.
    pub(super) fn approve(&self, case: &Value) {
        self.act("county", AUTUMN, &[json!({"do": "decide", "case": case, "verdict": "approve", "opinion": "同意"})]);
    }

    /// The county sends a batch back to be completed.
    pub(super) fn send_back(&self, case: &Value) {
        self.act(
            "county",
            AUTUMN,
            &[json!({"do": "decide", "case": case, "verdict": "return", "opinion": "请核对姓名"})],
        );
    }

    /// A record, as its school reads it.
    pub(super) fn record(&self, student_no: &str) -> Value {
        let file = self.path("question.json");
        std::fs::write(&file, json!({"ask": "record", "student_no": student_no}).to_string()).unwrap();
        let ran = self.registry(AUTUMN, &["ask", "--as", "school", "--why", "核对", &file.display().to_string()]);
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
    }

    /// How many records the county's schools have.
    pub(super) fn records(&self) -> i64 {
        let file = self.path("question.json");
        std::fs::write(&file, json!({"ask": "counts", "unit": "340102"}).to_string()).unwrap();
        let ran = self.registry(AUTUMN, &["ask", "--as", "county", &file.display().to_string()]);
        let counts: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
        counts["counts"].as_array().unwrap().iter().map(|count| count["pupils"].as_i64().unwrap()).sum()
    }

    /// Writes a workbook of one sheet: text cells but for those that begin with `#`, which become numbers.
    pub(super) fn workbook(&self, name: &str, sheet: &str, rows: &[Vec<String>]) -> PathBuf {
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        page.set_name(sheet).unwrap();
        for (at, row) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(row) {
                match cell.strip_prefix('#').and_then(|number| number.parse::<f64>().ok()) {
                    Some(number) => page.write_number(at, column, number).unwrap(),
                    None if cell.is_empty() => page,
                    None => page.write_string(at, column, cell).unwrap(),
                };
            }
        }
        let path = self.path(name);
        book.save(&path).unwrap();
        path
    }
}

/// Cells of a row.
pub(super) fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// An identity number with its check character; odd sequences are boys.
pub(super) fn identity(birth: &str, sequence: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("340102{}{sequence:03}", birth.replace('-', ""));
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", "10X98765432".as_bytes()[(sum % 11) as usize] as char)
}

/// The headers of the newcomers of these tests: aliases, stars and hints as forms have them.
pub(super) const HEADER: [&str; 12] = [
    "*姓名",
    "性别",
    "出生日期（YYYYMMDD）",
    "身份证件类型",
    "身份证号码",
    "民族",
    "班号",
    "年级",
    "入学年月",
    "家庭住址",
    "成员1姓名",
    "成员1身份证件号",
];

/// A pupil of grade 2.
pub(super) fn newcomer(name: &str, birth: &str, id_no: &str) -> Vec<String> {
    cells(&[name, "男", birth, "1", id_no, "汉族", "0201", "二年级", "202409", "和平路1号", "", ""])
}

/// A picture of 150 × 200 pixels, as PNG; another `shade` is another picture.
pub(super) fn picture(shade: u8) -> Vec<u8> {
    let (width, height) = (150_u32, 200_u32);
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        for x in 0..width {
            let light = u8::try_from((x * u32::from(shade) + y * 3) % 256).unwrap();
            rows.extend([light, shade, 255 - light]);
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&rows).unwrap();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 2, 0, 0, 0]);
    for (kind, data) in [(b"IHDR", head), (b"IDAT", packed.finish().unwrap()), (b"IEND", Vec::new())] {
        let chunk = [&kind[..], &data].concat();
        let mut sum = Crc::new();
        sum.update(&chunk);
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        file.extend(&chunk);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}
