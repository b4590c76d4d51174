//! Who lives in the small province: pupils with identity numbers that hold together, entered as the measures say.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Town, decision, place};

/// The surname of every pupil: no refusal and no audit entry ever holds it.
pub const SURNAME: &str = "欧阳";

/// An identity number with its check character.
pub fn identity(division: &str, birth: &str, sequence: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("{division}{}{sequence:03}", birth.replace('-', ""));
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", "10X98765432".as_bytes()[(sum % 11) as usize] as char)
}

/// A guardian's number.
pub fn guardian(sequence: u32) -> String {
    identity("340102", "1985-05-05", sequence)
}

impl Town {
    /// A new person of the age of a grade: a row of a batch.
    pub fn newcomer(&self, grade: u8) -> Value {
        let serial = u32::try_from(self.serial.fetch_add(1, Ordering::Relaxed)).expect("few people");
        let year = i32::from(self.school_year()) - 6 - i32::from(grade);
        let birth = format!("{year}-0{}-{:02}", 1 + serial / 400 % 7, 1 + serial / 16_000 % 28);
        self.person(grade, &birth, 1 + 2 * (serial % 400))
    }

    /// A row of a batch for a person of a birth date and a sequence number.
    pub fn person(&self, grade: u8, birth: &str, sequence: u32) -> Value {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let given = char::from_u32(0x4e00 + u32::try_from(serial % 20_000).expect("in range")).expect("a character");
        let number = identity("340102", birth, sequence);
        let (year, sex) = (self.school_year(), if sequence % 2 == 1 { "男" } else { "女" });
        json!({
            "row": 1, "grade": grade, "class": place::class(grade), "entry_month": format!("{year}-09"),
            "key": {
                "name": format!("{SURNAME}{given}"), "sex": sex, "birth_on": birth, "id_kind": "居民身份证", "id_no": number,
                "holder": "own",
            },
            "basic": {"ethnicity": "汉族", "hukou_division": "341126", "guardian_name": format!("{SURNAME}父")},
            "portrait": {"digest": format!("{serial:064x}"), "taken_on": format!("{year}-08-25")},
        })
    }

    fn school_year(&self) -> i16 {
        let today = self.today();
        let year = if today.month() < 8 { today.year() - 1 } else { today.year() };
        i16::try_from(year).expect("a year")
    }

    /// A batch, as its school submits it; rows are numbered.
    pub fn batch(&self, school: &str, rows: Vec<Value>) -> Value {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let rows: Vec<Value> = rows
            .into_iter()
            .zip(1..)
            .map(|(mut row, at)| {
                row["row"] = json!(at);
                row
            })
            .collect();
        json!({"do": "submit_newcomers", "school": school, "name": format!("批次{serial}"), "rows": rows})
    }

    /// Enters people at a school, submitted by it and approved by its authority. Returns their registration numbers.
    pub async fn enter(&self, school: &str, rows: Vec<Value>) -> Vec<String> {
        self.enter_by(place::authority_of(school), school, rows).await
    }

    /// Enters people at a school of an authority.
    pub async fn enter_by(&self, authority: &str, school: &str, rows: Vec<Value>) -> Vec<String> {
        let numbers: Vec<String> = rows.iter().map(number_of).collect();
        let submitted = self.ok(&format!("r{school}"), self.batch(school, rows)).await;
        let case = submitted.case.expect("a case");
        self.ok(&format!("r{authority}"), decision(case, "approve", "")).await;
        numbers
    }

    /// One new pupil of a grade.
    pub async fn pupil(&self, school: &str, grade: u8) -> String {
        self.enter(school, vec![self.newcomer(grade)]).await.remove(0)
    }

    /// New pupils of a grade.
    pub async fn pupils(&self, school: &str, grade: u8, count: usize) -> Vec<String> {
        let rows = (0..count).map(|_| self.newcomer(grade)).collect();
        self.enter(school, rows).await
    }
}

/// The number that a person with an identity number of his own gets.
pub fn number_of(row: &Value) -> String {
    format!("G{}", row["key"]["id_no"].as_str().unwrap_or_default())
}
