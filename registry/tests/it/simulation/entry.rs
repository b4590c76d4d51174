//! Newcomers: batches with their mistakes, late ones, pupils who go on from the school they finished, portraits that come after.

use domain::{calendar::Day, identity::Sex, movement::Status, organisation::SchoolId};
use registry::{
    case::Case, command::Command, newcomers::Newcomer, organisation::School, portrait::Picture, pupil::Holder,
    unit::Unit,
};

use super::{model::Known, predict, world::World};
use crate::support;

impl World {
    /// The batches of the autumn: of most schools, at each grade at which pupils enter.
    pub async fn enrol(&mut self, year: i32, percent: u32) {
        let schools: Vec<School> = self.model.open_schools().cloned().collect();
        for school in schools {
            for grade in predict::entry_grades(&school) {
                if !self.chance(percent) {
                    continue;
                }
                self.open_class(&school, grade, year).await;
                let Some(class) = self.model.classes_of(school.id, grade).pop() else { continue };
                let rows = if grade == 1 {
                    let count = 1 + self.below(3);
                    self.first_graders(count, grade, &class, year)
                } else {
                    self.those_who_go_on(grade, &class, year)
                };
                self.submit(&school, grade, rows, year).await;
            }
        }
    }

    /// Pupils who finished a stage elsewhere, under their numbers, and a few whom nobody knew.
    fn those_who_go_on(&mut self, grade: u8, class: &str, year: i32) -> Vec<Newcomer> {
        let waiting =
            self.records(|known| known.standing.status == Status::Graduated && known.standing.grade + 1 == grade);
        let mut rows: Vec<Newcomer> = Vec::new();
        for row in 1..=1 + self.below(3) {
            let known = self.pick(&waiting).map(|id| self.model.pupils[&id].clone());
            let known = known.filter(|known| {
                rows.iter().all(|row| row.student_no != Some(known.student_no) && row.key.id_no != known.key.id_no)
            });
            let newcomer = match known {
                Some(known) => {
                    let key = known.key.clone();
                    let row = self.newcomer(row, key, grade, class, year);
                    Newcomer { student_no: self.chance(70).then_some(known.student_no), ..row }
                }
                None => {
                    let key = self.child(grade, year);
                    self.newcomer(row, key, grade, class, year)
                }
            };
            rows.push(newcomer);
        }
        rows
    }

    async fn submit(&mut self, school: &School, grade: u8, mut rows: Vec<Newcomer>, year: i32) {
        let spoilt = self.chance(22);
        if spoilt {
            self.spoil(&mut rows, year);
        }
        let unit = Unit::School(school.id);
        let account = match school.parent.map(Unit::School).filter(|_| self.chance(50)) {
            // The central school works for its branch.
            Some(central) => self.clerk(central).unwrap_or_default(),
            None => self.someone(unit),
        };
        let name = format!("{year}-{grade}-{}", self.fresh());
        let command = Command::SubmitNewcomers { school: school.id, name: name.clone(), rows, reason: String::new() };
        let key = format!("batch-{name}");
        let first = self.tell_under(&account, command.clone(), Some(key.clone())).await;
        match self.below(8) {
            // INV: TR-2: the same key is answered the same way.
            0 if first.is_ok() => {
                let again = self.tell_under(&account, command, Some(key)).await;
                self.must(again == first, || format!("the same key: {again:?}, before {first:?}"));
            }
            1 if first.is_ok() => {
                let again = self.tell(&account, command).await;
                self.must(again.is_err(), || "a batch of the same name was taken twice".to_owned());
            }
            2 if first.is_ok() => {
                let other = self.tell_under(&account, Command::Sweep {}, Some(key)).await;
                self.must(other.is_err(), || "a key was used for another command".to_owned());
            }
            _ if first.is_err() && spoilt && self.chance(60) => {
                let class = self.model.classes_of(school.id, grade).pop().unwrap_or_default();
                let rows = self.first_graders(1, grade, &class, year);
                let command = Command::SubmitNewcomers { school: school.id, name, rows, reason: "更正".to_owned() };
                let _ = self.tell(&account, command).await;
            }
            _ => {}
        }
    }

    /// A slip of the kind that lists are full of.
    fn spoil(&mut self, rows: &mut Vec<Newcomer>, year: i32) {
        let at = self.below(u32::try_from(rows.len()).unwrap_or(1)) as usize;
        let known = self.record(|known| known.standing.status.is_registered());
        let other = rows.first().cloned();
        let Some(row) = rows.get_mut(at) else { return };
        match self.below(17) {
            0 => row.key.id_no = row.key.id_no.take().map(|number| number.replacen('1', "2", 1)),
            1 => row.key.birth_on = row.key.birth_on.plus_days(1),
            2 => row.key.sex = if row.key.sex == Sex::Male { Sex::Female } else { Sex::Male },
            3 => row.key.name = format!("{}1", row.key.name),
            4 => row.class = "ZZZ".to_owned(),
            5 => row.key.id_no = Some("3.41126E+17".to_owned()),
            6 => row.key.id_no = Some("341126150301001".to_owned()),
            7 => row.portrait = None,
            8 => {
                row.portrait = row.portrait.take().map(|taken| registry::newcomers::PortraitRef {
                    taken_on: Day::from_ymd(year - 1, 9, 1).expect("a day"),
                    ..taken
                })
            }
            // INV: ID-5
            9 => {
                let birth = Day::from_ymd(year - i32::from(row.grade) - 5, 9, 1).expect("a day");
                let serial = self.fresh();
                row.key = support::key_facts("幼儿", Sex::Female, birth, serial);
            }
            10 => row.grade = if row.grade == 12 { 1 } else { row.grade + 1 },
            11 => {
                let Some(mut other) = other else { return };
                other.row = u32::try_from(rows.len()).unwrap_or(0) + 1;
                rows.push(other);
            }
            // INV: ID-1
            12 => {
                let Some(known) = known else { return };
                row.key = known.key;
            }
            13 => {
                let Some(known) = known else { return };
                row.student_no = Some(known.student_no);
            }
            14 => {
                row.key.holder = Holder::Guardian;
                row.key.id_no = None;
            }
            15 => {
                let Some(other) = other else { return };
                let mut copy = Newcomer { row: other.row, ..row.clone() };
                copy.key.name.push('乙');
                copy.key.holder = Holder::Own;
                copy.key.id_no = None;
                rows.push(copy);
            }
            _ => rows.clear(),
        }
    }

    /// The portraits that a batch lacks, by identity number.
    pub async fn add_portraits(&mut self, case: &Case) {
        let Some(school) = case.applicant.school() else { return };
        let Unit::School(school) = self.model.keeper(school) else { return };
        let rows = self.model.batches.get(&case.id).cloned().unwrap_or_default();
        let numbers: Vec<String> =
            rows.into_iter().filter(|row| row.portrait.is_none()).filter_map(|row| row.key.id_no).collect();
        let portraits = numbers
            .into_iter()
            .map(|number| Picture {
                number: number.trim().to_uppercase(),
                digest: format!("{:064x}", self.fresh()),
                bytes: vec![1],
            })
            .collect();
        let account = self.someone(Unit::School(school));
        let taken_on = self.today();
        if self.tell(&account, Command::AddPortraits { school, taken_on, portraits }).await.is_ok() {
            self.tally.saw("portraits added");
        }
    }

    /// What a school keeps by itself: basic facts, classes, scores; and what it may not touch (INV: EN-6, KF-1).
    pub async fn keep_a_record(&mut self) {
        let Some(known) = self.record(|_| true) else { return };
        let unit = self.model.keeper(known.standing.school);
        let account = self.someone(unit);
        let number = known.student_no;
        let command = match self.below(6) {
            0 | 1 => {
                let fields = [
                    ("phone", serde_json::json!(format!("1380551{:04}", self.below(10_000)))),
                    ("hukou_division", serde_json::json!("340122")),
                    ("disability", serde_json::json!("视力残疾")),
                    ("name", serde_json::json!("另一个名字")),
                    ("id_no", serde_json::json!("34010220130101001X")),
                    ("status", serde_json::json!("毕业")),
                    ("migrant", serde_json::json!("yes")),
                ];
                let (field, value) = self.pick(&fields).expect("a field");
                Command::ChangeBasic { student_no: number, fields: [(field.to_owned(), value)].into() }
            }
            2 => {
                let classes = self.model.classes_of(known.standing.school, known.standing.grade);
                let class = self.pick(&classes).unwrap_or_else(|| "1".to_owned());
                Command::MoveClass { student_no: number, class, reason: String::new() }
            }
            3 => self.facts(&known),
            4 => {
                let kind = if self.chance(75) {
                    registry::certificate::Kind::Certificate
                } else {
                    registry::certificate::Kind::Replacement
                };
                let printed = self.chance(20).then(|| format!("自编{}", self.below(30)));
                Command::Certify { student_no: number, kind, number: printed }
            }
            _ => {
                let finished = self.record(|known| {
                    matches!(known.standing.status, Status::Graduated | Status::Completed | Status::LeftEarly)
                });
                let Some(finished) = finished else { return };
                let Some(account) = self.clerk(self.model.keeper(finished.standing.school)) else { return };
                let kind = if self.chance(60) {
                    registry::certificate::Kind::Certificate
                } else {
                    registry::certificate::Kind::Replacement
                };
                return drop(
                    self.tell(&account, Command::Certify { student_no: finished.student_no, kind, number: None }).await,
                );
            }
        };
        let _ = self.tell(&account, command).await;
    }

    fn facts(&mut self, known: &Known) -> Command {
        let mut fields: std::collections::BTreeMap<String, String> =
            [("school_year", "2015-2016"), ("term", "1"), ("exam", "期末"), ("subject", "数学"), ("score", "91")]
                .map(|(field, value)| (field.to_owned(), value.to_owned()))
                .into();
        let kind = match self.below(8) {
            0 => "key_facts",
            1 => {
                fields.insert("id_no".to_owned(), "1".to_owned());
                "scores"
            }
            2 => {
                fields.remove("subject");
                "scores"
            }
            _ => "scores",
        };
        let school: SchoolId = match self.model.keeper(known.standing.school) {
            Unit::School(school) => school,
            Unit::Authority(_) => known.standing.school,
        };
        let rows = vec![registry::fact::Row { student_no: known.student_no, fields }];
        Command::RecordFacts { school, kind: kind.to_owned(), rows }
    }
}
