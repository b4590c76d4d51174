//! The whole, at the end of a year: every record rebuilt from its history, the classes, the sums of every school, the audit chain.

use std::collections::{BTreeMap, HashMap};

use domain::{calendar::Day, identity::Sex, movement::MovementKind};
use registry::{
    case::State,
    newcomers::Newcomer,
    office::{By, Now, lookup::Query},
    pupil::{KeyFacts, Pupil},
    purpose::Purpose,
    store::{
        rows,
        table::{cases, changes, field_changes, notices, pupils},
    },
    unit::Unit,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement};

use super::{check::standing, world::World};

/// The value of a key field, as history writes it.
pub fn value(key: &KeyFacts, field: &str) -> String {
    match field {
        "name" => key.name.clone(),
        "sex" => key.sex.label().to_owned(),
        "birth_date" => key.birth_on.to_string(),
        "id_kind" => key.id_kind.clone(),
        "id_no" => key.id_no.clone().unwrap_or_default(),
        _ => key.portrait.clone().unwrap_or_default(),
    }
}

/// Puts another value into a key field.
pub fn replace(key: &mut KeyFacts, field: &str, new: &str) {
    match field {
        "name" => new.clone_into(&mut key.name),
        "sex" => key.sex = Sex::from_label(new).unwrap_or(key.sex),
        "birth_date" => key.birth_on = new.parse().unwrap_or(key.birth_on),
        "id_kind" => new.clone_into(&mut key.id_kind),
        "id_no" => {
            key.id_no = Some(new.to_owned());
            key.holder = registry::pupil::Holder::Own;
        }
        _ => key.portrait = Some(new.to_owned()),
    }
}

fn is_the_same(asked: &KeyFacts, entered: &KeyFacts) -> bool {
    let tidied = |key: &KeyFacts| {
        let number = key.id_no.as_ref().map(|number| number.trim().to_uppercase()).filter(|number| !number.is_empty());
        KeyFacts { id_no: number, name: key.name.trim().to_owned(), portrait: None, ..key.clone() }
    };
    tidied(asked) == tidied(entered)
}

impl World {
    /// Whether a new record is what an approved case of today asked for.
    pub fn was_asked_for(&self, record: &Pupil) -> bool {
        let today = self.today();
        let standing = &record.standing;
        let row = |row: &Newcomer| {
            is_the_same(&row.key, &record.key) && row.grade == standing.grade && row.class == standing.class
        };
        self.model
            .cases
            .values()
            .rev()
            .filter(|case| case.state == State::Approved && case.closed_on == Some(today))
            .any(|case| {
                let own = case.applicant.school().map(|school| self.model.keeper(school))
                    == Some(Unit::School(standing.school));
                own && match &case.purpose {
                    Purpose::Newcomers(_) => self.model.batches.get(&case.id).is_some_and(|rows| rows.iter().any(row)),
                    Purpose::Arrival(arrival) => arrival.key == record.key && arrival.student_no == record.student_no,
                    Purpose::FromAbroad(arrival) => arrival.key == record.key,
                    _ => false,
                }
            })
    }

    /// Everything, from the beginning.
    pub async fn check_all(&mut self) {
        self.rebuild_records().await;
        self.rebuild_cases().await;
        self.count_classes_and_schools().await;
        self.look_at_the_chain().await;
        self.look_back().await;
        self.tally.years += 1;
    }

    /// The records are what `changes` and `field_changes` make of them, row by row.
    async fn rebuild_records(&mut self) {
        let connection = self.office.store().reader();
        let moved = changes::Entity::find().order_by_asc(changes::Column::Id).all(connection).await.expect("changes");
        let mut last = HashMap::new();
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        let mut rises: BTreeMap<(i64, i32), i32> = BTreeMap::new();
        for row in &moved {
            let from = standing(&row.from_school, &row.from_class, row.from_grade, &row.from_status);
            let to = standing(&row.to_school, &row.to_class, row.to_grade, &row.to_status);
            let before = last.insert(row.pupil_id, to.clone()).flatten();
            self.must(before == from, || format!("the changes of record {} do not join at {}", row.pupil_id, row.id));
            for (standing, by) in [(&from, -1), (&to, 1)] {
                if let Some(standing) = standing.as_ref().filter(|standing| standing.status.is_registered()) {
                    *held.entry(standing.school.to_string()).or_default() += by;
                }
            }
            if let (Some(from), Some(to)) = (&from, &to)
                && row.kind == MovementKind::Promotion.label()
            {
                let rise = i32::from(to.grade) - i32::from(from.grade);
                *rises.entry((row.pupil_id, Day::from(row.effective_on).year())).or_default() += rise;
            }
        }
        // INV: PR-1
        self.must(rises.values().all(|rise| (0..=1).contains(rise)), || {
            "a pupil has risen by more than a grade in a year".to_owned()
        });
        let found = pupils::Entity::find().all(connection).await.expect("records");
        let replaced = field_changes::Entity::find()
            .order_by_asc(field_changes::Column::Id)
            .all(connection)
            .await
            .expect("fields");
        let mut newest: HashMap<(i64, &str), &str> = HashMap::new();
        for row in &replaced {
            newest.insert((row.pupil_id, row.field.as_str()), row.new.as_str());
        }
        for row in found {
            let record = rows::pupil(row).expect("a record that reads");
            let known = &self.model.pupils[&record.id];
            // INV: KF-1, KF-2
            let same =
                known.key == record.key && known.student_no == record.student_no && known.version == record.version;
            self.must(same, || format!("record {} is not what was done to it", record.id));
            let there = last.get(&record.id).cloned().flatten();
            self.must(there.as_ref() == Some(&record.standing), || {
                format!("record {} stands elsewhere than its changes", record.id)
            });
            for field in ["name", "sex", "birth_date", "id_no", "id_kind"] {
                let explained = newest.get(&(record.id, field)).is_none_or(|new| *new == value(&record.key, field));
                self.must(explained, || format!("`{field}` of record {} is not the last of its history", record.id));
            }
            self.must(record.key.id_no != Some(String::new()), || "an empty identity number".to_owned());
        }
        // INV: WH-b: for every school what there is is what came and went.
        let counted = self.office.headcounts().await.expect("headcounts");
        let mut open: BTreeMap<String, i64> = BTreeMap::new();
        for count in counted {
            *open.entry(count.school_id).or_default() += count.pupils;
        }
        held.retain(|_, count| *count != 0);
        self.must(held == open, || format!("by the changes there are {held:?}, by the records {open:?}"));
        let posted: BTreeMap<String, i64> = self
            .model
            .held
            .iter()
            .filter(|(_, count)| **count != 0)
            .map(|(school, count)| (school.to_string(), *count))
            .collect();
        self.must(posted == open, || format!("what was posted is {posted:?}, the records are {open:?}"));
    }

    async fn rebuild_cases(&mut self) {
        let found = cases::Entity::find().all(self.office.store().reader()).await.expect("cases");
        self.must(found.len() == self.model.cases.len(), || {
            format!("{} cases, {} are known", found.len(), self.model.cases.len())
        });
        for row in found {
            let case = rows::case(&row).expect("a case that reads");
            self.must(self.model.cases.get(&case.id) == Some(&case), || {
                format!("case {} is not what was done to it", case.id)
            });
        }
        // INV: TR-16: nothing that is to be done lies with a unit that is closed.
        let open = notices::Entity::find().filter(notices::Column::DoneOn.is_null());
        let open = open.all(self.office.store().reader()).await.expect("notices");
        for notice in open {
            let unit = Unit::read(&notice.unit).expect("a unit");
            let present = unit.school().map_or(unit, |school| self.model.keeper(school));
            self.must(present == unit, || format!("notice {} ({}) lies with a closed school", notice.id, notice.kind));
        }
    }

    /// Every enrolled pupil is in one class of his own school and grade, open; the sums agree on every level (INV: EN-5).
    async fn count_classes_and_schools(&mut self) {
        let stray = "select count(*) as n from pupils p left join classes c on c.school_id = p.school_id and c.class_id = p.class_id \
            where p.status = '在读' and (c.class_id is null or c.grade <> p.grade or c.closed)";
        let statement = Statement::from_string(self.office.store().backend(), stray);
        let row = self.office.store().reader().query_one_raw(statement).await.expect("a count").expect("a row");
        let stray: i64 = row.try_get("", "n").expect("a number");
        self.must(stray == 0, || format!("{stray} enrolled pupils are in no class of their school and grade"));
        let units: Vec<Unit> = self.model.authorities.keys().map(|id| Unit::Authority(*id)).collect();
        for unit in units {
            let now = Now::at(self.at);
            let account = crate::support::account(unit, "h");
            if self.model.officers.get(&account).is_none_or(|officer| officer.disabled_on.is_some()) {
                continue;
            }
            let answer = self.office.look(By::Account(account), &Query::Counts { unit }, "核对", now).await;
            self.marks.audit += 1;
            let Ok(answer) = answer else { self.fail(&format!("{unit} may not count its own: {answer:?}")) };
            let counted: i64 = answer["counts"]
                .as_array()
                .map_or(0, |list| list.iter().filter_map(|row| row["pupils"].as_i64()).sum());
            let posted: i64 = self
                .model
                .held
                .iter()
                .filter(|(school, _)| self.model.is_below(Unit::School(**school), unit))
                .map(|(_, count)| count)
                .sum();
            self.must(counted == posted, || format!("{unit} counts {counted}, {posted} were posted"));
        }
    }

    /// The chain is whole and as long as what was told (INV: AU-1, AU-2).
    async fn look_at_the_chain(&mut self) {
        let report = self.office.verify_audit(&[]).await.expect("the chain reads");
        self.must(report.fault.is_none(), || format!("the audit chain: {:?}", report.fault));
        let entries = i64::try_from(report.entries).unwrap_or(-1);
        self.must(entries == self.marks.audit, || format!("{entries} entries, {} acts", self.marks.audit));
    }

    /// A few records as of today are as they stand, and out of a stranger's sight (INV: KF-2, SC-1).
    async fn look_back(&mut self) {
        let ids: Vec<i64> = self.model.pupils.keys().copied().collect();
        for _ in 0..4 {
            let Some(id) = self.pick(&ids) else { return };
            let known = self.model.pupils[&id].clone();
            let today = self.today();
            let Unit::School(keeper) = self.model.keeper(known.standing.school) else { continue };
            let query = Query::RecordOn { student_no: known.student_no, day: today };
            let readers: Vec<_> = self
                .model
                .officers
                .values()
                .filter(|officer| officer.role == registry::actor::Role::Head)
                .cloned()
                .collect();
            let Some(reader) = self.pick(&readers) else { return };
            let now = Now::at(self.at);
            let answer = self.office.look(By::Account(reader.account.clone()), &query, "核对", now).await;
            self.marks.audit += 1;
            let sees = reader.disabled_on.is_none() && self.model.is_below(Unit::School(keeper), reader.unit);
            self.must(sees == answer.is_ok(), || {
                format!("{} asked for record {id}: {sees} is not what came", reader.account)
            });
            let Ok(answer) = answer else { continue };
            let there = (
                answer["school"].as_str().unwrap_or_default().to_owned(),
                answer["class"].as_str().unwrap_or_default().to_owned(),
                answer["grade"].as_u64().unwrap_or_default(),
                answer["status"].as_str().unwrap_or_default().to_owned(),
            );
            let standing = &known.standing;
            let here = (
                standing.school.to_string(),
                standing.class.clone(),
                u64::from(standing.grade),
                standing.status.label().to_owned(),
            );
            self.must(there == here, || format!("record {id} as of today is {there:?}, it stands at {here:?}"));
            for field in ["name", "sex", "birth_date", "id_no"] {
                let told = answer["values"][field].as_str().unwrap_or_default();
                self.must(told == value(&known.key, field), || {
                    format!("`{field}` of record {id} as of today is not what it is")
                });
            }
        }
    }
}
