//! What must hold after every step, by the database: the sums, the new rows of history, the records they touch.

use std::collections::BTreeSet;

use domain::{
    calendar::Day,
    identity::StudentNo,
    movement::{MovementKind, Status},
    organisation::SchoolId,
};
use registry::{
    case::State,
    command::Command,
    pupil::{PupilId, Standing},
    purpose::{Kind, Purpose},
    store::{
        rows,
        table::{changes, classes, field_changes, pupils},
    },
    unit::Unit,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement};

use super::{
    model::Known,
    world::{Told, World},
};

/// Up to where history was read, and how much of everything there is.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    pub change: i64,
    pub field: i64,
    /// Commands that the audit chain must tell of.
    pub audit: i64,
    pub versions: i64,
}

const SUMS: &str = "select (select count(*) from pupils) as pupils, \
    (select count(distinct person_key) from pupils) as persons, \
    (select count(distinct student_no) from pupils) as numbers, \
    (select coalesce(sum(version), 0) from pupils) as versions, \
    (select count(*) from changes) as changes, \
    (select count(*) from field_changes) as fields, \
    (select count(*) from audit) as audit, \
    (select count(*) from (select pupil_id from cases where state in ('open', 'returned') and pupil_id is not null \
        and kind not in ('newcomers', 'key_change', 'senior_graduation', 'death') group by pupil_id having 1 < count(*)) as twice) \
        as twice";

impl World {
    /// Everything that is cheap enough for every step.
    pub async fn check(&mut self, told: &[Told]) {
        if told.iter().any(|one| one.answer.is_ok() && touches_units(&one.command)) {
            self.learn_units(told);
        }
        if told.iter().any(|one| one.answer.is_ok() && touches_classes(&one.command)) {
            self.learn_classes().await;
        }
        self.follow_cases(told).await;
        let moved = self.follow_changes().await;
        let changed = self.follow_fields().await;
        let touched: BTreeSet<PupilId> = moved.union(&changed).copied().collect();
        self.compare_records(&touched, told).await;
        let statement = Statement::from_string(self.office.store().backend(), SUMS);
        let row = self.office.store().reader().query_one_raw(statement).await.expect("the sums").expect("a row");
        let sum = |name: &str| row.try_get::<i64>("", name).expect("a number");
        let known = i64::try_from(self.model.pupils.len()).expect("a count");
        // INV: ID-1
        self.must(sum("pupils") == known, || format!("{} records, {known} are explained", sum("pupils")));
        self.must(sum("persons") == known && sum("numbers") == known, || {
            "a person or a number is there twice".to_owned()
        });
        // INV: KF-1 and the ledger: a record changes with a row of history, or not at all.
        self.must(sum("versions") == self.marks.versions, || "a record has changed that no row explains".to_owned());
        // INV: TR-2
        self.must(sum("twice") == 0, || "a pupil has two pending cases that move or close".to_owned());
        // INV: KF-2: history only grows; its numbers have no gap.
        let grown = sum("changes") == self.marks.change && sum("fields") == self.marks.field;
        self.must(grown, || format!("history has {} and {} rows for {:?}", sum("changes"), sum("fields"), self.marks));
        // INV: AU-1
        self.must(sum("audit") == self.marks.audit, || {
            format!("{} entries in the audit chain for {} commands", sum("audit"), self.marks.audit)
        });
    }

    /// New movements: each begins where the last one ended, is of a kind that its case may bring about, and is posted to the ledger.
    async fn follow_changes(&mut self) -> BTreeSet<PupilId> {
        let after = self.marks.change;
        let rows = changes::Entity::find()
            .filter(changes::Column::Id.gt(after))
            .order_by_asc(changes::Column::Id)
            .all(self.office.store().reader())
            .await
            .expect("changes");
        let mut touched = BTreeSet::new();
        let today = self.today();
        for row in rows {
            self.must(row.id == self.marks.change + 1, || format!("change {} follows {}", row.id, self.marks.change));
            self.marks.change = row.id;
            let from = standing(&row.from_school, &row.from_class, row.from_grade, &row.from_status);
            let to = standing(&row.to_school, &row.to_class, row.to_grade, &row.to_status);
            let kind = MovementKind::from_label(&row.kind).expect("a kind of the contract");
            self.must(self.is_explained(kind, &row), || {
                format!("{kind} of record {} rests on case {:?}", row.pupil_id, row.case_id)
            });
            let effective_on = Day::from(row.effective_on);
            self.must(effective_on <= today, || format!("{kind} holds from {effective_on}, which has not come"));
            // INV: WD-1
            let compulsory = from.as_ref().is_some_and(|from| from.grade <= 9);
            let closes = kind == MovementKind::Withdrawal && compulsory && row.counterpart != "境外";
            self.must(!closes, || "a pupil of the compulsory stage has withdrawn".to_owned());
            // INV: TR-4, TR-12
            let silent = row.mode == "超时默认";
            let may_be_silent = kind == MovementKind::TransferWithinProvince && self.is_anhui();
            self.must(!silent || may_be_silent, || format!("{kind} by silence"));
            self.model.post(from.as_ref(), to.as_ref());
            touched.insert(row.pupil_id);
            let Some(known) = self.model.pupils.get_mut(&row.pupil_id) else {
                self.must(from.is_none(), || format!("the first change of record {} begins somewhere", row.pupil_id));
                continue;
            };
            let before = known.effective_on;
            // INV: TR-3: one row takes the pupil from the one school and gives him to the other.
            let begins_there = from.as_ref() == Some(&known.standing);
            if let Some(to) = to {
                known.standing = to;
            }
            // Values that change leave the standing as it is since when it was so.
            let stands = !matches!(kind, MovementKind::BasicChange | MovementKind::KeyChange);
            if stands {
                known.effective_on = effective_on;
            }
            match kind {
                MovementKind::Resumption | MovementKind::DropoutReturn => known.placed_on = Some(effective_on),
                MovementKind::Suspension => known.suspended_on = Some(effective_on),
                _ => {}
            }
            self.must(begins_there, || format!("{kind} of record {} begins where it does not stand", row.pupil_id));
            self.must(!stands || before <= effective_on, || {
                format!("{kind} holds from {effective_on}, before the change of {before}")
            });
        }
        touched
    }

    /// Whether a movement rests on what may bring it about: an approved case of its procedure, or a deed of the school's own.
    fn is_explained(&self, kind: MovementKind, row: &changes::Model) -> bool {
        use MovementKind as M;
        let Some(case) = row.case_id else {
            let senior = row.from_grade.is_some_and(|grade| 9 < grade);
            return match kind {
                // INV: GR-1
                M::Graduation => !senior,
                M::Promotion | M::ClassChange | M::BasicChange => true,
                M::EarlyLeaving => row.reason == "义务教育年限届满",
                M::TransferWithinProvince => row.counterpart == "学校合并",
                _ => false,
            };
        };
        let Some(case) = self.model.cases.get(&case).filter(|case| case.state == State::Approved) else { return false };
        match case.purpose.kind() {
            Kind::Newcomers => kind == M::Enrolment,
            Kind::Transfer | Kind::Inclusion | Kind::Reversal => kind == M::TransferWithinProvince,
            Kind::Arrival => kind == M::TransferFromProvince,
            Kind::Departure => kind == M::TransferToProvince,
            Kind::FromAbroad => kind == M::TransferFromAbroad,
            Kind::Abroad => kind == M::TransferAbroad,
            Kind::Suspension => kind == M::Suspension,
            Kind::Extension => false,
            Kind::Resumption => kind == M::Resumption,
            Kind::Dropout => kind == M::Dropout,
            Kind::Return => kind == M::DropoutReturn,
            Kind::Withdrawal => kind == M::Withdrawal,
            Kind::Death => kind == M::Death,
            Kind::KeyChange => kind == M::KeyChange,
            Kind::GradeChange => matches!(kind, M::Repetition | M::Skipping),
            Kind::SeniorGraduation => matches!(kind, M::Graduation | M::Completion | M::EarlyLeaving),
        }
    }

    /// New values: of a key field only by an approved change that asked for it, decided by another of the authority (INV: KF-1, KF-3).
    async fn follow_fields(&mut self) -> BTreeSet<PupilId> {
        let after = self.marks.field;
        let rows = field_changes::Entity::find()
            .filter(field_changes::Column::Id.gt(after))
            .order_by_asc(field_changes::Column::Id)
            .all(self.office.store().reader())
            .await
            .expect("field changes");
        let mut touched = BTreeSet::new();
        for row in rows {
            self.must(row.id == self.marks.field + 1, || {
                format!("field change {} follows {}", row.id, self.marks.field)
            });
            self.marks.field = row.id;
            touched.insert(row.pupil_id);
            let key =
                matches!(row.field.as_str(), "name" | "sex" | "birth_date" | "id_no" | "id_kind" | "photo_digest");
            if !key {
                continue;
            }
            let case = row.case_id.and_then(|case| self.model.cases.get(&case));
            let approved = case.is_some_and(|case| {
                let decided = case.last_decision();
                case.pupil == Some(row.pupil_id)
                    && case.state == State::Approved
                    && matches!(case.purpose, Purpose::KeyChange(_))
                    && decided.is_some_and(|decision| {
                        decision.by != case.entered_by && matches!(decision.unit, Unit::Authority(_))
                    })
            });
            self.must(approved, || {
                format!("`{}` of record {} was replaced without an approved change", row.field, row.pupil_id)
            });
            let known = self.model.pupils.get_mut(&row.pupil_id).expect("a record that is known");
            let held = super::ledger::value(&known.key, &row.field) == row.old;
            super::ledger::replace(&mut known.key, &row.field, &row.new);
            self.must(held, || format!("`{}` of record {} did not hold what was replaced", row.field, row.pupil_id));
        }
        touched
    }

    /// The touched records are as their history makes them.
    async fn compare_records(&mut self, touched: &BTreeSet<PupilId>, told: &[Told]) {
        if touched.is_empty() {
            return;
        }
        let found = pupils::Entity::find()
            .filter(pupils::Column::Id.is_in(touched.iter().copied()))
            .all(self.office.store().reader())
            .await
            .expect("records");
        self.must(found.len() == touched.len(), || "a record is missing".to_owned());
        for row in found {
            let record = rows::pupil(row).expect("a record that reads");
            self.marks.versions += i64::from(record.version);
            let Some(before) = self.model.pupils.get(&record.id).cloned() else {
                self.enter(record);
                continue;
            };
            self.marks.versions -= i64::from(before.version);
            // INV: ID-1, ID-2
            self.must(before.student_no == record.student_no, || "a registration number has changed".to_owned());
            self.must(before.standing == record.standing, || {
                format!("record {} stands at {:?}, its changes say {:?}", record.id, record.standing, before.standing)
            });
            self.must(record.since_on <= before.effective_on, || {
                format!(
                    "record {} stands so since {}, its last change holds from {}",
                    record.id, record.since_on, before.effective_on
                )
            });
            let entered = told.iter().any(|one| self.enters_newcomers(&one.command));
            let mut key = before.key.clone();
            if entered {
                // INV: EN-4: the portrait of a new stage is added without a request.
                key.portrait.clone_from(&record.key.portrait);
            }
            self.must(key == record.key, || format!("key facts of record {} have changed without history", record.id));
            if before.regional_no != record.regional_no {
                self.regional(&record.regional_no, told);
            }
            let suspended_on = before.suspended_on.filter(|_| record.standing.status == Status::Suspended);
            // What an undone promotion had made holds no longer, not even its day.
            let undone = told.iter().any(|one| matches!(one.command, Command::UndoPromotion { .. }));
            let known = Known {
                effective_on: if undone { record.since_on } else { before.effective_on },
                key: record.key,
                basic: record.basic,
                version: record.version,
                entry_month: record.entry_month,
                regional_no: record.regional_no,
                suspended_on,
                ..before
            };
            self.model.pupils.insert(known.id, known);
        }
    }

    pub fn enters_newcomers(&self, command: &Command) -> bool {
        matches!(command, Command::Decide { case, .. }
            if self.model.cases.get(case).is_some_and(|case| matches!(case.purpose, Purpose::Newcomers(_))))
    }

    fn enter(&mut self, record: registry::pupil::Pupil) {
        // INV: ID-4
        let fresh = record.regional_no.as_ref().is_some_and(|number| self.model.regional.insert(number.clone()));
        self.must(fresh, || format!("the regional number of record {} is missing or was used before", record.id));
        let twice = self.model.numbers.insert(record.student_no, record.id);
        self.must(twice.is_none(), || "a registration number was used again".to_owned());
        self.must(self.was_asked_for(&record), || format!("record {} is not what was asked for", record.id));
        let known = Known {
            id: record.id,
            student_no: record.student_no,
            regional_no: record.regional_no,
            key: record.key,
            basic: record.basic,
            standing: record.standing,
            entry_month: record.entry_month,
            version: record.version,
            effective_on: record.since_on,
            placed_on: None,
            suspended_on: None,
        };
        self.model.pupils.insert(known.id, known);
    }

    /// A new regional number comes with a new stage, or is the old one that an undone promotion gives back (INV: ID-4).
    fn regional(&mut self, number: &Option<String>, told: &[Told]) {
        let undone = told.iter().any(|one| matches!(one.command, Command::UndoPromotion { .. }));
        let staged = told
            .iter()
            .any(|one| matches!(one.command, Command::Promote { .. }) || self.enters_newcomers(&one.command));
        let fresh = number.as_ref().is_some_and(|number| self.model.regional.insert(number.clone()));
        self.must(undone || (staged && fresh), || {
            "a regional number has changed for no reason, or was used before".to_owned()
        });
    }

    pub async fn learn_classes(&mut self) {
        let found = classes::Entity::find().all(self.office.store().reader()).await.expect("classes");
        let read = |row: classes::Model| {
            let school = SchoolId::read(&row.school_id).expect("a school");
            ((school, row.class_id), (u8::try_from(row.grade).expect("a grade"), row.closed))
        };
        self.model.classes = found.into_iter().map(read).collect();
    }
}

const fn touches_units(command: &Command) -> bool {
    matches!(
        command,
        Command::EnterAuthority { .. }
            | Command::EnterSchool { .. }
            | Command::ChangeSchool { .. }
            | Command::MergeSchool { .. }
            | Command::CloseSchool { .. }
            | Command::EnterOfficer { .. }
            | Command::TrainOfficer { .. }
            | Command::DisableOfficer { .. }
            | Command::Delegate { .. }
    )
}

const fn touches_classes(command: &Command) -> bool {
    matches!(
        command,
        Command::EnterClass { .. }
            | Command::ChangeClass { .. }
            | Command::MergeSchool { .. }
            | Command::Promote { .. }
            | Command::UndoPromotion { .. }
    )
}

/// An account of the ledger from the columns of a change.
pub fn standing(
    school: &Option<String>,
    class: &Option<String>,
    grade: Option<i16>,
    status: &Option<String>,
) -> Option<Standing> {
    Some(Standing {
        school: SchoolId::read(school.as_deref()?)?,
        class: class.clone()?,
        grade: u8::try_from(grade?).ok()?,
        status: Status::from_label(status.as_deref()?)?,
    })
}

/// A registration number.
pub fn number(text: &str) -> StudentNo {
    StudentNo::read(text).expect("a registration number")
}
