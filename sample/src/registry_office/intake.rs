//! The yearly round of the sample office: newcomers, leaving classes, 1 August.

use std::collections::BTreeMap;

use domain::{
    calendar::{Day, Month},
    identity::StudentNo,
    movement::Status,
};
use registry::{
    case::Verdict,
    command::Command,
    newcomers::{Newcomer, PortraitRef},
    number,
    pupil::{BasicFacts, KeyFacts, PupilId},
    purpose::Kind,
};

use super::{
    FillError,
    desk::{Desk, head},
    land::Place,
    people::People,
};
use crate::chance::mix;

/// A pupil as the sample knows him.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// The registry's own number.
    pub(super) id: PupilId,
    /// 学籍号
    pub(super) number: StudentNo,
    /// 关键信息
    pub(super) key: KeyFacts,
    /// 基本信息
    pub(super) basic: BasicFacts,
    /// The index of the school.
    pub(super) place: usize,
    /// The class; of a dropped-out pupil the one he left.
    pub(super) class: String,
    /// The grade.
    pub(super) grade: u8,
    /// The status.
    pub(super) status: Status,
    /// Whether something is done with him already.
    pub(super) busy: bool,
}

/// Everybody, in the order of their own numbers.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// The pupils.
    pub(super) members: Vec<Member>,
    /// Records entered so far.
    pub(super) entered: PupilId,
}

/// A batch on its way.
struct Batch {
    case: i64,
    authority: String,
    rows: Vec<Row>,
}

enum Row {
    New(Box<Member>),
    GoesOn { member: usize, place: usize, class: String, grade: u8 },
}

fn month(year: i32) -> Result<Month, FillError> {
    Month::from_ym(year, 9).ok_or(FillError::Date)
}

/// What a portrait's digest looks like, of a picture that was never taken.
fn portrait(number: &str, year: i32) -> Result<PortraitRef, FillError> {
    let seed = number.bytes().fold(u64::from(year.unsigned_abs()), |sum, byte| mix(sum ^ u64::from(byte)));
    let digest = (0..4u64).map(|part| format!("{:016x}", mix(seed ^ part))).collect();
    Ok(PortraitRef { digest, taken_on: Day::from_ymd(year, 9, 1).ok_or(FillError::Date)? })
}

/// A row of a batch for a first record.
pub(super) fn newcomer(
    row: usize,
    made: &(KeyFacts, BasicFacts),
    grade: u8,
    class: &str,
    entered: i32,
) -> Result<Newcomer, FillError> {
    let (key, basic) = made;
    let name = key.id_no.as_deref().unwrap_or(&key.name);
    Ok(Newcomer {
        row: u32::try_from(row + 1).unwrap_or_default(),
        student_no: None,
        key: key.clone(),
        basic: basic.clone(),
        grade,
        class: class.to_owned(),
        entry_month: month(entered)?,
        portrait: Some(portrait(&format!("{name}{}", key.birth_on), entered)?),
        deferred_until: None,
    })
}

impl Roll {
    /// Enters the classes of every grade, then everybody, as first entries of a school year.
    pub(super) async fn first_intake(
        &mut self,
        desk: &mut Desk<'_>,
        places: &mut [Place],
        people: &mut People,
        year: i32,
        seed: u64,
    ) -> Result<(), FillError> {
        let mut commands = Vec::new();
        for place in places.iter_mut() {
            let account = place.registrar();
            for grade in place.grades.clone() {
                let founded = year - i32::from(grade - place.stage_start(grade));
                let classes = place.found(grade, founded, place.size, seed)?;
                commands.extend(classes.into_iter().map(|class| (account.clone(), Command::EnterClass { class })));
            }
        }
        desk.many(commands).await?;
        let mut batches = Vec::new();
        let mut waiting = Vec::new();
        desk.go_to(Day::from_ymd(year, 9, 4).ok_or(FillError::Date)?).await?;
        for (at, place) in places.iter().enumerate() {
            for grade in place.grades.clone() {
                let entered = year - i32::from(grade - place.stage_start(grade));
                let rooms: Vec<&str> =
                    place.rooms.iter().filter(|(_, of, _)| *of == grade).map(|(id, _, _)| id.as_str()).collect();
                let cohort = u16::try_from(year - 5 - i32::from(grade)).map_err(|_| FillError::Date)?;
                let (mut rows, mut members) = (Vec::with_capacity(place.size), Vec::with_capacity(place.size));
                for row in 0..place.size {
                    let class = rooms.get(row % rooms.len().max(1)).copied().unwrap_or_default();
                    let made = people.pupil(place.home(grade), cohort)?;
                    rows.push(newcomer(row, &made, grade, class, entered)?);
                    members.push(Row::New(Box::new(member(made, at, class, grade)?)));
                }
                let command = Command::SubmitNewcomers {
                    school: place.school.id,
                    name: format!("{year}年秋季{grade}年级"),
                    rows,
                    reason: "首次建籍".to_owned(),
                };
                waiting.push(((place.registrar(), command), place.school.authority.to_string(), members));
                if 32 <= waiting.len() {
                    submit(desk, &mut waiting, &mut batches).await?;
                }
            }
        }
        submit(desk, &mut waiting, &mut batches).await?;
        desk.go_to(Day::from_ymd(year, 9, 16).ok_or(FillError::Date)?).await?;
        self.approve(desk, places, batches).await
    }

    /// The newcomers of a September: first records in grade 1, those who have finished a stage in grades 7 and 10.
    pub(super) async fn second_intake(
        &mut self,
        desk: &mut Desk<'_>,
        places: &mut [Place],
        people: &mut People,
        year: i32,
        seed: u64,
    ) -> Result<(), FillError> {
        let mut coming: BTreeMap<(usize, u8), Vec<usize>> = BTreeMap::new();
        for grade in [7u8, 10] {
            let mut turns: BTreeMap<u16, usize> = BTreeMap::new();
            for (at, member) in self.members.iter().enumerate() {
                let Some(before) = places.get(member.place) else { continue };
                let awaits =
                    member.status == Status::Graduated && member.grade == grade - 1 && !before.school.is_special();
                // A few are not there in September.
                if !awaits || at % 50 == 0 || before.school.is_reform() {
                    continue;
                }
                let takes = |place: &&(usize, &Place)| {
                    place.1.county == before.county
                        && place.1.grades.contains(&grade)
                        && place.1.stage_start(grade) == grade
                        && !matches!(place.1.school.kind.as_str(), "九年一贯制学校" | "特殊教育学校" | "工读学校")
                        && (grade == 10 || place.1.school.kind != "十二年一贯制学校")
                };
                let open: Vec<usize> =
                    places.iter().enumerate().filter(|place| takes(&place)).map(|(at, _)| at).collect();
                let turn = turns.entry(before.county).or_default();
                if let Some(place) = open.get(*turn % open.len().max(1)) {
                    coming.entry((*place, grade)).or_default().push(at);
                    *turn += 1;
                }
            }
        }
        let mut commands = Vec::new();
        for (at, place) in places.iter_mut().enumerate() {
            for grade in [1u8, 7, 10] {
                let count = if grade == 1 { place.size } else { coming.get(&(at, grade)).map_or(0, Vec::len) };
                if 0 < count && place.grades.contains(&grade) {
                    let classes = place.found(grade, year, count, seed)?;
                    let account = place.registrar();
                    commands.extend(classes.into_iter().map(|class| (account.clone(), Command::EnterClass { class })));
                }
            }
        }
        desk.many(commands).await?;
        desk.go_to(Day::from_ymd(year, 9, 2).ok_or(FillError::Date)?).await?;
        let (mut batches, mut waiting) = (Vec::new(), Vec::new());
        for (at, place) in places.iter().enumerate() {
            let founded = format!("{year}");
            for grade in [1u8, 7, 10].into_iter().filter(|grade| place.grades.contains(grade)) {
                let rooms: Vec<&str> = place
                    .rooms
                    .iter()
                    .filter(|(id, of, used)| *of == grade && *used && id.starts_with(&founded))
                    .map(|(id, _, _)| id.as_str())
                    .collect();
                let (mut rows, mut members) = (Vec::new(), Vec::new());
                let class = |row: usize| rooms.get(row % rooms.len().max(1)).copied().unwrap_or_default();
                if grade == 1 {
                    let cohort = u16::try_from(year - 6).map_err(|_| FillError::Date)?;
                    for row in 0..place.size {
                        let made = people.pupil(place.home(grade), cohort)?;
                        rows.push(newcomer(row, &made, grade, class(row), year)?);
                        members.push(Row::New(Box::new(member(made, at, class(row), grade)?)));
                    }
                }
                for (row, from) in coming.get(&(at, grade)).into_iter().flatten().enumerate() {
                    let Some(before) = self.members.get(*from) else { continue };
                    let mut next = newcomer(row, &(before.key.clone(), before.basic.clone()), grade, class(row), year)?;
                    next.student_no = Some(before.number);
                    if grade == 10 {
                        next.basic.entry_method = "统一招生考试/普通入学".to_owned();
                    }
                    rows.push(next);
                    members.push(Row::GoesOn { member: *from, place: at, class: class(row).to_owned(), grade });
                }
                if rows.is_empty() {
                    continue;
                }
                let command = Command::SubmitNewcomers {
                    school: place.school.id,
                    name: format!("{year}年秋季{grade}年级新生"),
                    rows,
                    reason: "秋季招生".to_owned(),
                };
                waiting.push(((place.registrar(), command), place.school.authority.to_string(), members));
                if 32 <= waiting.len() {
                    submit(desk, &mut waiting, &mut batches).await?;
                }
            }
        }
        submit(desk, &mut waiting, &mut batches).await?;
        desk.go_to(Day::from_ymd(year, 9, 6).ok_or(FillError::Date)?).await?;
        self.approve(desk, places, batches).await
    }

    async fn approve(&mut self, desk: &mut Desk<'_>, places: &[Place], batches: Vec<Batch>) -> Result<(), FillError> {
        for batches in batches.chunks(32) {
            let decide = |batch: &Batch| {
                let opinion = "审核通过".to_owned();
                let verdict = Verdict::Approve;
                (
                    head(&batch.authority),
                    Command::Decide { case: batch.case, verdict, opinion, version: None, except: Vec::new() },
                )
            };
            let answers = desk.many(batches.iter().map(decide).collect()).await?;
            for (batch, answer) in batches.iter().zip(&answers) {
                desk.note(Kind::Newcomers, answer);
                if answer.pupils != batch.rows.len() as u64 {
                    return Err(FillError::Count { told: answer.pupils, expected: batch.rows.len() as u64 });
                }
                for row in &batch.rows {
                    self.enter(row, places)?;
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, row: &Row, places: &[Place]) -> Result<(), FillError> {
        match row {
            Row::New(member) => {
                self.entered += 1;
                let place = places.get(member.place).ok_or(FillError::Date)?;
                let number = number::first(&member.key, &place.school, self.entered, false);
                self.members.push(Member { id: self.entered, number, ..Member::clone(member) });
            }
            Row::GoesOn { member, place, class, grade } => {
                if let Some(member) = self.members.get_mut(*member) {
                    (member.place, member.grade, member.status) = (*place, *grade, Status::Enrolled);
                    member.class.clone_from(class);
                }
            }
        }
        Ok(())
    }
}

fn member((key, basic): (KeyFacts, BasicFacts), place: usize, class: &str, grade: u8) -> Result<Member, FillError> {
    let number = StudentNo::read("J000000000000000000").ok_or(FillError::Date)?;
    Ok(Member {
        id: 0,
        number,
        key,
        basic,
        place,
        class: class.to_owned(),
        grade,
        status: Status::Enrolled,
        busy: false,
    })
}

type Waiting = ((String, Command), String, Vec<Row>);

async fn submit(desk: &mut Desk<'_>, waiting: &mut Vec<Waiting>, batches: &mut Vec<Batch>) -> Result<(), FillError> {
    let (mut commands, mut rest) = (Vec::new(), Vec::new());
    for (command, authority, rows) in waiting.drain(..) {
        commands.push(command);
        rest.push((authority, rows));
    }
    let answers = desk.many(commands).await?;
    for ((authority, rows), answer) in rest.into_iter().zip(answers) {
        desk.note(Kind::Newcomers, &answer);
        let case = answer.case.ok_or(FillError::Date)?;
        batches.push(Batch { case, authority, rows });
    }
    Ok(())
}
