//! Previews of what a school keeps by itself: facts, completions, portraits (INF-01, ORG-06, GRD-01, ENR-02).

use std::collections::{BTreeMap, HashMap};

use domain::{calendar::Day, identity::StudentNo, movement::Status, organisation::SchoolId};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::{
    super::{By, Now, Office, OfficeError},
    Difference, Fate, Look, Outlook, decided, twice, waiting,
};
use crate::{
    fact,
    graduation::{self, Ending},
    newcomers,
    pupil::{Pupil, PupilId},
    refusal::Refusal,
    store::{
        StoreError, read, rows,
        table::{facts, portraits, pupils},
    },
};

/// Values by name, as a fact keeps them.
type Fields = BTreeMap<String, String>;

/// A fact before it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The row of the sender's sheet.
    pub row: u32,
    /// The name that goes with the number, to check it by; may be empty.
    pub name: Named,
    /// Whose, and what.
    pub fact: fact::Row,
}

/// A name that is compared and not shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Named(pub String);

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Named(…)")
    }
}

impl Named {
    /// Refuses a number whose pupil has another name: somebody has slipped by a line.
    fn check(&self, pupil: &Pupil) -> Result<(), Refusal> {
        let given = newcomers::one_dot(self.0.trim());
        if given.is_empty() || given == pupil.key.name {
            return Ok(());
        }
        Err(Refusal::invalid(
            "import.name",
            "姓名与该学籍号的学生不符",
            "the name is not that of the pupil of this number",
        )
        .remedy("请核对学籍号是否错行", "check whether the numbers have slipped by a line"))
    }
}

/// Who finishes, how, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The row of the sender's sheet.
    pub row: u32,
    /// The name that goes with the number, to check it by; may be empty.
    pub name: Named,
    /// Whose.
    pub student_no: StudentNo,
    /// How.
    pub ending: Ending,
    /// When.
    pub on: Day,
}

/// A portrait before it is taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Sitting {
    /// Its place among the files, from 1.
    pub row: u32,
    /// The registration or identity number that names it.
    pub number: String,
    /// SM3 of the picture.
    pub digest: String,
}

impl std::fmt::Debug for Sitting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sitting {{ {} }}", self.row)
    }
}

impl Office {
    /// What would become of rows of facts. What a row leaves open is filled in from what is there.
    pub async fn preview_facts(
        &self,
        by: By,
        school: SchoolId,
        kind: &str,
        given: &mut [Entry],
        now: &Now,
    ) -> Result<Vec<Outlook>, OfficeError> {
        let kind = fact::kind(kind)?;
        let Look { transaction, tree } = self.look_for(&by, school, now).await?;
        let numbers: Vec<StudentNo> = given.iter().map(|entry| entry.fact.student_no).collect();
        let known = read::pupils_numbered(&transaction, &numbers).await?;
        let ids: Vec<PupilId> = known.values().map(|pupil| pupil.id).collect();
        let mut there: HashMap<(PupilId, String), Fields> = HashMap::new();
        for ids in ids.chunks(read::BOUND - 1) {
            let found = facts::Entity::find()
                .filter(facts::Column::Kind.eq(kind.name))
                .filter(facts::Column::PupilId.is_in(ids.iter().copied()))
                .all(&transaction)
                .await
                .map_err(StoreError::from)?;
            for row in found {
                let fields = rows::parsed("facts", &row.key, &row.data)?;
                there.insert((row.pupil_id, row.key), fields);
            }
        }
        let _ = transaction.rollback().await;

        let keeper = tree.keeper(school);
        let mut seen: HashMap<(PupilId, String), Fields> = HashMap::with_capacity(given.len());
        let mut outlooks = Vec::with_capacity(given.len());
        for Entry { row: number, name, fact: row } in given.iter_mut() {
            let mine = |pupil: &&Pupil| tree.keeper(pupil.standing.school) == keeper;
            let Some(pupil) = known.get(&row.student_no).filter(mine) else {
                outlooks.push(Outlook::refused(*number, "student_no", Refusal::out_of_scope()));
                continue;
            };
            if let Err(refusal) = name.check(pupil) {
                outlooks.push(Outlook::refused(*number, "name", refusal));
                continue;
            }
            let key = match kind.key_of(row) {
                Ok(key) => key,
                Err(refusal) => {
                    outlooks.push(Outlook::refused(*number, kind.key.first().copied().unwrap_or_default(), refusal));
                    continue;
                }
            };
            let place = (pupil.id, key);
            row.fields.retain(|_, value| !value.trim().is_empty());
            if let Some(earlier) = seen.get(&place) {
                outlooks.push(if *earlier == row.fields {
                    Outlook::new(*number, Fate::Unchanged)
                } else {
                    Outlook::refused(*number, kind.key.last().copied().unwrap_or_default(), twice())
                });
                continue;
            }
            seen.insert(place.clone(), row.fields.clone());
            outlooks.push(match there.get(&place) {
                None => Outlook::new(*number, Fate::New),
                Some(before) => {
                    let outlook = compared(*number, before, &row.fields);
                    for (field, value) in before {
                        row.fields.entry(field.clone()).or_insert_with(|| value.clone());
                    }
                    outlook
                }
            });
        }
        self.looked(by, kind.name, school, now).await?;
        Ok(outlooks)
    }

    /// What would become of rows of pupils who finish compulsory schooling.
    pub async fn preview_completions(
        &self,
        by: By,
        school: SchoolId,
        given: &[Completion],
        now: &Now,
    ) -> Result<Vec<Outlook>, OfficeError> {
        let Look { transaction, tree } = self.look_for(&by, school, now).await?;
        let numbers: Vec<StudentNo> = given.iter().map(|row| row.student_no).collect();
        let known = read::pupils_numbered(&transaction, &numbers).await?;
        let _ = transaction.rollback().await;
        let keeper = tree.keeper(school);
        let mut seen: HashMap<StudentNo, &Completion> = HashMap::with_capacity(given.len());
        let mut outlooks = Vec::with_capacity(given.len());
        for row in given {
            let mine = |pupil: &&Pupil| tree.keeper(pupil.standing.school) == keeper;
            let place = known
                .get(&row.student_no)
                .filter(mine)
                .and_then(|pupil| Some((pupil, tree.school(pupil.standing.school)?)));
            let Some((pupil, place)) = place else {
                outlooks.push(Outlook::refused(row.row, "student_no", Refusal::out_of_scope()));
                continue;
            };
            if let Err(refusal) = row.name.check(pupil) {
                outlooks.push(Outlook::refused(row.row, "name", refusal));
                continue;
            }
            if let Some(earlier) = seen.insert(row.student_no, row) {
                let same = (earlier.ending, earlier.on) == (row.ending, row.on);
                outlooks.push(if same {
                    Outlook::new(row.row, Fate::Unchanged)
                } else {
                    Outlook::refused(row.row, "student_no", twice())
                });
                continue;
            }
            outlooks.push(finished(row, pupil).unwrap_or_else(|| {
                match graduation::finish(pupil, place, row.ending, row.on, now.today(), None) {
                    Ok(_) => Outlook::new(row.row, Fate::New),
                    Err(refusal) => Outlook::refused(row.row, field_of(&refusal), refusal),
                }
            }));
        }
        self.looked(by, "completions", school, now).await?;
        Ok(outlooks)
    }

    /// What would become of portraits. A number that nobody bears yet waits for its newcomer.
    pub async fn preview_portraits(
        &self,
        by: By,
        school: SchoolId,
        given: &[Sitting],
        now: &Now,
    ) -> Result<Vec<Outlook>, OfficeError> {
        let Look { transaction, tree } = self.look_for(&by, school, now).await?;
        let (mut kept, mut owners): (HashMap<String, Vec<String>>, HashMap<String, Vec<String>>) = Default::default();
        let mut borne: HashMap<String, Pupil> = HashMap::new();
        for some in given.chunks(read::BOUND / 2) {
            let numbers: Vec<&str> = some.iter().map(|sitting| sitting.number.as_str()).collect();
            let digests = some.iter().map(|sitting| sitting.digest.as_str());
            let there: Vec<(String, String)> = portraits::Entity::find()
                .filter(
                    portraits::Column::Number
                        .is_in(numbers.iter().copied())
                        .or(portraits::Column::Digest.is_in(digests)),
                )
                .select_only()
                .columns([portraits::Column::Number, portraits::Column::Digest])
                .into_tuple()
                .all(&transaction)
                .await
                .map_err(StoreError::from)?;
            for (number, digest) in there {
                owners.entry(digest.clone()).or_default().push(number.clone());
                kept.entry(number).or_default().push(digest);
            }
            let bearers = pupils::Entity::find()
                .filter(
                    pupils::Column::StudentNo
                        .is_in(numbers.iter().copied())
                        .or(pupils::Column::IdNo.is_in(numbers.iter().copied())),
                )
                .all(&transaction)
                .await
                .map_err(StoreError::from)?;
            for row in bearers {
                let pupil = rows::pupil(row)?;
                borne.extend(pupil.key.id_no.clone().map(|number| (number, pupil.clone())));
                borne.insert(pupil.student_no.as_str().to_owned(), pupil);
            }
        }
        let newcomers = waiting(&transaction, school).await?;
        let _ = transaction.rollback().await;
        let awaited: Vec<&str> = newcomers.values().filter_map(|(_, _, row)| row.key.id_no.as_deref()).collect();
        let awaited: std::collections::HashSet<&str> = awaited.into_iter().collect();
        let keeper = tree.keeper(school);
        let outlook = |sitting: &Sitting| {
            let same = kept.get(&sitting.number).is_some_and(|digests| digests.contains(&sitting.digest));
            let other = owners.get(&sitting.digest).is_some_and(|numbers| numbers.iter().any(|n| *n != sitting.number));
            let mine =
                |pupil: &&Pupil| pupil.standing.status.is_registered() && tree.keeper(pupil.standing.school) == keeper;
            let pupil = borne.get(&sitting.number).filter(mine);
            match pupil.map(|pupil| pupil.key.portrait.as_deref()) {
                _ if other => Outlook::refused(sitting.row, "photo_digest", of_another()),
                _ if same => Outlook::new(sitting.row, Fate::Unchanged),
                Some(Some(digest)) if digest != sitting.digest => {
                    Outlook::refused(sitting.row, "photo_digest", decided("photo_digest"))
                }
                None if !awaited.contains(sitting.number.as_str()) => {
                    let mut outlook = Outlook::refused(sitting.row, "student_no", nobody());
                    outlook.faults.iter_mut().for_each(|fault| fault.refused = false);
                    Outlook { fate: Fate::New, ..outlook }
                }
                _ => Outlook::new(sitting.row, Fate::New),
            }
        };
        let outlooks = given.iter().map(outlook).collect();
        self.looked(by, "portraits", school, now).await?;
        Ok(outlooks)
    }
}

fn compared(row: u32, before: &Fields, said: &Fields) -> Outlook {
    let differs = |(field, new): (&String, &String)| {
        let old = before.get(field).map_or("", String::as_str);
        (old != new).then(|| Difference::of(field, old, new))
    };
    let differences: Vec<Difference> = said.iter().filter_map(differs).collect();
    let fate = if differences.is_empty() { Fate::Unchanged } else { Fate::Changed };
    Outlook { differences, ..Outlook::new(row, fate) }
}

/// What is to be said of somebody who has finished already.
fn finished(row: &Completion, pupil: &Pupil) -> Option<Outlook> {
    if !matches!(pupil.standing.status, Status::Graduated | Status::Completed | Status::LeftEarly) {
        return None;
    }
    let (status, _) = row.ending.words();
    let mut outlook = Outlook::new(row.row, Fate::Unchanged);
    let (was, says) = (pupil.standing.status.label(), status.label());
    let (since, on) = (pupil.since_on.to_string(), row.on.to_string());
    for (field, old, new) in [("outcome", was, says), ("completed_on", since.as_str(), on.as_str())] {
        if old != new {
            outlook.differences.push(Difference::of(field, old, new));
            outlook.refuse(field, decided(field));
        }
    }
    Some(outlook)
}

/// The column that a refusal of the procedure speaks of.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_str() {
        "graduation.day" => "completed_on",
        "graduation.compulsory" => "outcome",
        _ => "student_no",
    }
}

fn of_another() -> Refusal {
    Refusal::barred(
        "portrait.twice",
        "皖教基〔2013〕20号 第十二条",
        "与其他学生的照片相同",
        "it is the picture of another pupil",
    )
    .remedy("请重新拍摄或核对文件名", "take it anew, or check the name of the file")
}

fn nobody() -> Refusal {
    Refusal::invalid(
        "portrait.unmatched",
        "本校暂无此号码的学生或新生，先行存放",
        "no pupil or newcomer here bears the number yet; it waits",
    )
    .remedy(
        "提交新生时自动配对；如号码有误请更正文件名",
        "it is matched when newcomers are submitted; correct the name if it is wrong",
    )
}
