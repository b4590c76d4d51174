//! Tonight's batch for the warehouse, by the same contract as everyone else's (the export contract; WH-01, WH-15).
//!
//! Open records are the students; what happened since the last feed are the changes, so that a night on a feed finds no movement without
//! papers. A batch is written aside and moved into the inbox whole; writing the same day again gives the same batch.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use domain::{
    calendar::Day,
    contract::{Column, Table},
};
use fs_err as fs;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    dropout::KEPT_CLASS,
    office::{By, Now, Office, OfficeError},
    organisation::{Class, Tree},
    pupil::Pupil,
    store::{
        OfficeState, StoreError, read, rows,
        table::{changes, classes, pupils},
    },
};

/// Whether a batch states every open record, or those that have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 全量
    Full,
    /// 增量
    Changes,
}

/// Why a batch could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The office.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A file.
    #[error("the batch")]
    File(#[from] std::io::Error),
    /// A line.
    #[error("the batch")]
    Line(#[from] csv::Error),
    /// Changes need an earlier feed to be changes of.
    #[error("no feed was written before {0}: write a full one first")]
    NothingBefore(Day),
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> FeedError {
        FeedError::Office(error.into())
    }
}

impl From<sea_orm::DbErr> for FeedError {
    fn from(error: sea_orm::DbErr) -> FeedError {
        FeedError::Office(StoreError::from(error).into())
    }
}

/// Where an open record stands, as a reconciliation compares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// 学校标识码
    pub school: String,
    /// 班号
    pub class: String,
    /// 年级
    pub grade: u8,
    /// 学籍状态
    pub status: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The folder.
    pub folder: PathBuf,
    /// Full, or changes.
    pub mode: Mode,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// Open records by status, as the registry counts them.
    pub headcounts: BTreeMap<String, u64>,
}

/// Records read at once.
const SLICE: u64 = 5_000;

impl Office {
    /// Writes the batch of a day below `inbox/<source>/<day>/`.
    pub async fn feed(&self, inbox: &Path, source: &str, day: Day, mode: Mode, now: &Now) -> Result<Batch, FeedError> {
        let place = inbox.join(source);
        fs::create_dir_all(&place)?;
        let aside = place.join(format!(".{day}.part"));
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir_all(&aside)?;
        let look = self.store().look().await?;
        let state = OfficeState::read(&look, false).await?;
        let before = fed_before(&state, day);
        if mode == Mode::Changes && before.is_none() {
            return Err(FeedError::NothingBefore(day));
        }
        let last = state.counters.get("change").copied().unwrap_or_default();
        let tree = read::tree(&look).await?;
        let writing = Writing { look: &look, tree: &tree, folder: &aside, day, mode, after: before };
        let mut files: BTreeMap<String, (u64, String)> = BTreeMap::new();
        files.insert("authorities.csv".to_owned(), writing.authorities()?);
        files.insert("schools.csv".to_owned(), writing.schools()?);
        files.insert("classes.csv".to_owned(), writing.classes().await?);
        let (students, headcounts) = writing.students().await?;
        files.insert("students.csv".to_owned(), students);
        files.insert("changes.csv".to_owned(), writing.changes(last).await?);
        let manifest = serde_json::json!({
            "mode": match mode { Mode::Full => "full", Mode::Changes => "changes" },
            "files": files.iter().map(|(name, (rows, digest))| (name.clone(), serde_json::json!({"rows": rows, "sha256": digest})))
                .collect::<serde_json::Map<_, _>>(),
        });
        let path = aside.join("manifest.json");
        fs::write(&path, serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from)?)?;
        fs::File::open(&path)?.sync_all()?;
        let folder = place.join(day.to_string());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::rename(&aside, &folder)?;
        fs::File::open(&place)?.sync_all()?;
        look.commit().await?;
        self.remember_feed(day, last).await?;
        self.put_on_record(By::System, "feed", format!("feed:{source}:{day}"), "数据报送", now.clone()).await?;
        let rows =
            files.into_iter().map(|(name, (rows, _))| (name.trim_end_matches(".csv").to_owned(), rows)).collect();
        Ok(Batch { folder, mode, rows, headcounts })
    }

    /// Every open record by registration number, a slice at a time, for a reconciliation.
    pub async fn standings(&self, mut each: impl FnMut(String, Standing)) -> Result<(), OfficeError> {
        let look = self.store().look().await?;
        let mut after = 0;
        loop {
            let found: Vec<(i64, String, String, String, i16, String)> = pupils::Entity::find()
                .filter(pupils::Column::Id.gt(after))
                .order_by_asc(pupils::Column::Id)
                .limit(SLICE)
                .select_only()
                .columns([
                    pupils::Column::Id,
                    pupils::Column::StudentNo,
                    pupils::Column::SchoolId,
                    pupils::Column::ClassId,
                    pupils::Column::Grade,
                    pupils::Column::Status,
                ])
                .into_tuple()
                .all(&look)
                .await
                .map_err(StoreError::from)?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.0;
            for (_, number, school, class, grade, status) in found {
                let is_open =
                    domain::movement::Status::from_label(&status).is_some_and(|status| status.is_registered());
                if is_open {
                    each(number, Standing { school, class, grade: u8::try_from(grade).unwrap_or_default(), status });
                }
            }
        }
    }

    /// Whether nothing has been entered yet.
    pub async fn is_empty(&self) -> Result<bool, OfficeError> {
        let look = self.store().look().await?;
        Ok(read::tree(&look).await?.authorities().next().is_none())
    }

    /// Remembers up to which change the feed of a day has told.
    async fn remember_feed(&self, day: Day, last: i64) -> Result<(), FeedError> {
        let transaction = self.store().begin().await?;
        let mut state = OfficeState::read(&transaction, true).await?;
        state.counters.insert(format!("fed:{day}"), last);
        state.write(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The last change that a feed of an earlier day has told.
fn fed_before(state: &OfficeState, day: Day) -> Option<i64> {
    let told = |(name, last): (&String, &i64)| Some((name.strip_prefix("fed:")?.parse::<Day>().ok()?, *last));
    state.counters.iter().filter_map(told).filter(|(fed, _)| *fed < day).max().map(|(_, last)| last)
}

struct Writing<'a> {
    look: &'a DatabaseTransaction,
    tree: &'a Tree,
    folder: &'a Path,
    day: Day,
    mode: Mode,
    /// The last change told before.
    after: Option<i64>,
}

/// One file of the batch.
struct Sheet {
    csv: csv::Writer<fs::File>,
    columns: Vec<&'static Column>,
    path: PathBuf,
    rows: u64,
}

/// What only institutions of higher education state.
const HIGHER: [&str; 5] = ["degree_level", "department", "major", "supervisor", "admission_kind"];

impl Sheet {
    fn new(folder: &Path, table: Table) -> Result<Sheet, FeedError> {
        let path = folder.join(format!("{}.csv", table.name()));
        let mut csv = csv::Writer::from_writer(fs::File::create(&path)?);
        let columns: Vec<&Column> = table.columns().iter().filter(|column| !HIGHER.contains(&column.field)).collect();
        csv.write_record(columns.iter().map(|column| column.header))?;
        Ok(Sheet { csv, columns, path, rows: 0 })
    }

    fn row(&mut self, values: &HashMap<&'static str, String>) -> Result<(), FeedError> {
        let record = self.columns.iter().map(|column| values.get(column.field).map_or("", String::as_str));
        self.csv.write_record(record)?;
        self.rows += 1;
        Ok(())
    }

    /// Rows and digest of the file, which is on the disk by then.
    fn close(self) -> Result<(u64, String), FeedError> {
        let Sheet { csv, path, rows, .. } = self;
        let file = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
        file.sync_all()?;
        let mut hasher = Sha256::new();
        std::io::copy(&mut fs::File::open(&path)?, &mut hasher)?;
        Ok((rows, crate::chain::hex::encode(&hasher.finalize())))
    }
}

fn yes(value: Option<bool>) -> String {
    value.map(|yes| if yes { "是" } else { "否" }).unwrap_or_default().to_owned()
}

impl Writing<'_> {
    fn authorities(&self) -> Result<(u64, String), FeedError> {
        let mut sheet = Sheet::new(self.folder, Table::Authorities)?;
        for authority in self.tree.authorities() {
            sheet.row(&HashMap::from([
                ("authority_id", authority.id.to_string()),
                ("name", authority.name.clone()),
                ("parent_id", authority.parent.map(|parent| parent.to_string()).unwrap_or_default()),
                ("division", authority.division.to_string()),
                ("address", authority.address.clone()),
                ("area_type", authority.area_kind.clone()),
                ("economic_attribute", authority.economic_attribute.clone()),
                ("ethnic_attribute", authority.ethnic_attribute.clone()),
                ("phone", authority.phone.clone()),
            ]))?;
        }
        sheet.close()
    }

    fn schools(&self) -> Result<(u64, String), FeedError> {
        let mut sheet = Sheet::new(self.folder, Table::Schools)?;
        let mut schools: Vec<_> = self.tree.schools().collect();
        schools.sort_by_key(|school| school.id);
        for school in schools {
            sheet.row(&HashMap::from([
                ("school_id", school.id.to_string()),
                ("name", school.name.clone()),
                ("school_code", school.code.clone()),
                ("authority_id", school.authority.to_string()),
                ("parent_school_id", school.parent.map(|parent| parent.to_string()).unwrap_or_default()),
                ("kind", school.kind.clone()),
                ("ownership", school.ownership.clone()),
                ("urban_rural", school.urban_rural.clone()),
                ("schooling_years", school.years.map(|years| years.to_string()).unwrap_or_default()),
                ("phone", school.phone.clone()),
                ("division", school.division.map(|division| division.to_string()).unwrap_or_default()),
            ]))?;
        }
        sheet.close()
    }

    async fn classes(&self) -> Result<(u64, String), FeedError> {
        let mut sheet = Sheet::new(self.folder, Table::Classes)?;
        let found = classes::Entity::find()
            .order_by_asc(classes::Column::SchoolId)
            .order_by_asc(classes::Column::ClassId)
            .all(self.look)
            .await?;
        for row in found {
            let class: Class = rows::parsed("classes", &row.class_id, &row.data)?;
            sheet.row(&class_values(&class))?;
        }
        for class in self.kept_classes().await? {
            sheet.row(&class_values(&class))?;
        }
        sheet.close()
    }

    /// The class of its own in which a school keeps those who dropped out (DRP-03).
    async fn kept_classes(&self) -> Result<Vec<Class>, FeedError> {
        let kept: Vec<(String, i16)> = pupils::Entity::find()
            .filter(pupils::Column::ClassId.eq(KEPT_CLASS))
            .order_by_asc(pupils::Column::SchoolId)
            .order_by_asc(pupils::Column::Grade)
            .select_only()
            .columns([pupils::Column::SchoolId, pupils::Column::Grade])
            .distinct()
            .into_tuple()
            .all(self.look)
            .await?;
        let mut lowest: BTreeMap<String, i16> = BTreeMap::new();
        for (school, grade) in kept {
            lowest.entry(school).or_insert(grade);
        }
        let class = |(school, grade): (String, i16)| {
            Some(Class {
                school: domain::organisation::SchoolId::read(&school)?,
                id: KEPT_CLASS.to_owned(),
                name: "辍学保留".to_owned(),
                grade: u8::try_from(grade).ok()?,
                founded: domain::calendar::Month::of(self.day),
                years: None,
                kind: "普通班".to_owned(),
                teacher: "学籍管理员".to_owned(),
                honour: String::new(),
                closed: false,
            })
        };
        Ok(lowest.into_iter().filter_map(class).collect())
    }

    async fn students(&self) -> Result<((u64, String), BTreeMap<String, u64>), FeedError> {
        let mut sheet = Sheet::new(self.folder, Table::Students)?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let changed = match self.mode {
            Mode::Full => None,
            Mode::Changes => Some(self.changed_pupils().await?),
        };
        let mut after = 0;
        loop {
            let found = pupils::Entity::find()
                .filter(pupils::Column::Id.gt(after))
                .order_by_asc(pupils::Column::Id)
                .limit(SLICE)
                .all(self.look)
                .await?;
            let Some(last) = found.last() else { break };
            after = last.id;
            for row in found {
                let id = row.id;
                let pupil = rows::pupil(row)?;
                let status = pupil.standing.status;
                if status.is_registered() {
                    *counts.entry(status.label().to_owned()).or_default() += 1;
                }
                let stated = match &changed {
                    None => status.is_registered(),
                    Some(changed) => changed.contains(&id),
                };
                if stated {
                    sheet.row(&student_values(&pupil, self.day))?;
                }
            }
        }
        Ok((sheet.close()?, counts))
    }

    async fn changed_pupils(&self) -> Result<std::collections::HashSet<i64>, FeedError> {
        let ids: Vec<i64> = changes::Entity::find()
            .filter(changes::Column::Id.gt(self.after.unwrap_or_default()))
            .select_only()
            .column(changes::Column::PupilId)
            .distinct()
            .into_tuple()
            .all(self.look)
            .await?;
        Ok(ids.into_iter().collect())
    }

    async fn changes(&self, last: i64) -> Result<(u64, String), FeedError> {
        let mut sheet = Sheet::new(self.folder, Table::Changes)?;
        let mut after = self.after.unwrap_or_default();
        while after < last {
            let found = changes::Entity::find()
                .filter(changes::Column::Id.gt(after))
                .filter(changes::Column::Id.lte(last))
                .order_by_asc(changes::Column::Id)
                .limit(SLICE)
                .all(self.look)
                .await?;
            let Some(end) = found.last() else { break };
            after = end.id;
            let ids: Vec<i64> = found.iter().map(|row| row.pupil_id).collect();
            let numbers: HashMap<i64, String> = pupils::Entity::find()
                .filter(pupils::Column::Id.is_in(ids))
                .select_only()
                .columns([pupils::Column::Id, pupils::Column::StudentNo])
                .into_tuple::<(i64, String)>()
                .all(self.look)
                .await?
                .into_iter()
                .collect();
            for row in found {
                let number = numbers.get(&row.pupil_id).cloned().unwrap_or_default();
                sheet.row(&change_values(row, number))?;
            }
        }
        sheet.close()
    }
}

fn class_values(class: &Class) -> HashMap<&'static str, String> {
    HashMap::from([
        ("school_id", class.school.to_string()),
        ("class_id", class.id.clone()),
        ("name", class.name.clone()),
        ("grade", class.grade.to_string()),
        ("founded", class.founded.to_string()),
        ("schooling_years", class.years.map(|years| years.to_string()).unwrap_or_default()),
        ("kind", class.kind.clone()),
        ("homeroom_teacher", class.teacher.clone()),
        ("honour", class.honour.clone()),
    ])
}

fn student_values(pupil: &Pupil, day: Day) -> HashMap<&'static str, String> {
    let (key, basic, standing) = (&pupil.key, &pupil.basic, &pupil.standing);
    HashMap::from([
        ("student_no", pupil.student_no.as_str().to_owned()),
        ("regional_no", pupil.regional_no.clone().unwrap_or_default()),
        ("name", key.name.clone()),
        ("sex", key.sex.label().to_owned()),
        ("birth_date", key.birth_on.to_string()),
        ("id_kind", key.id_kind.clone()),
        ("id_no", key.id_no.clone().unwrap_or_default()),
        ("ethnicity", if basic.ethnicity.is_empty() { "汉族".to_owned() } else { basic.ethnicity.clone() }),
        ("nationality", basic.nationality.clone()),
        ("overseas", basic.overseas.clone()),
        ("political_status", basic.political_status.clone()),
        ("hukou_division", basic.hukou_division.map(|division| division.to_string()).unwrap_or_default()),
        ("hukou_kind", basic.hukou_kind.clone()),
        ("school_id", standing.school.to_string()),
        ("class_id", standing.class.clone()),
        ("grade", standing.grade.to_string()),
        ("entry_month", pupil.entry_month.to_string()),
        ("entry_method", basic.entry_method.clone()),
        ("study_mode", basic.study_mode.clone()),
        ("status", standing.status.label().to_owned()),
        ("migrant", yes(basic.migrant)),
        ("left_behind", yes(basic.left_behind)),
        ("disability", basic.disability.clone()),
        ("inclusive", yes(basic.inclusive)),
        ("address", basic.address.clone()),
        ("phone", basic.phone.clone()),
        ("guardian_name", basic.guardian_name.clone()),
        ("guardian_relation", basic.guardian_relation.clone()),
        ("guardian_id_no", basic.guardian_id_no.clone()),
        ("guardian_phone", basic.guardian_phone.clone()),
        ("photo_digest", key.portrait.clone().unwrap_or_default()),
        ("updated_at", day.to_string()),
    ])
}

fn change_values(row: changes::Model, student_no: String) -> HashMap<&'static str, String> {
    let day = |day: Option<sea_orm::prelude::Date>| day.map(|day| Day::from(day).to_string()).unwrap_or_default();
    let grade = |grade: Option<i16>| grade.map(|grade| grade.to_string()).unwrap_or_default();
    HashMap::from([
        ("change_id", row.id.to_string()),
        ("student_no", student_no),
        ("kind", row.kind),
        ("effective_on", Day::from(row.effective_on).to_string()),
        ("reason", row.reason),
        ("from_school_id", row.from_school.unwrap_or_default()),
        ("from_class_id", row.from_class.unwrap_or_default()),
        ("from_grade", grade(row.from_grade)),
        ("to_school_id", row.to_school.unwrap_or_default()),
        ("to_class_id", row.to_class.unwrap_or_default()),
        ("to_grade", grade(row.to_grade)),
        ("counterpart", row.counterpart),
        ("applied_on", day(row.applied_on)),
        ("approved_on", day(row.decided_on)),
        ("result", "同意".to_owned()),
        ("approval_mode", row.mode),
    ])
}
