//! Two school years of the sample office: what is applied for when, so that every kind of case is there in every state.

use std::collections::BTreeMap;

use domain::{calendar::Day, organisation::SchoolId};
use registry::{
    command::{Answer, Command},
    office::{Office, lookup::Query},
    purpose::{Kind, Purpose},
    reversal::Reversal,
    unit::Unit,
};

use super::{
    FillError,
    cases::fits,
    desk::{Application, Desk, Fate, registrar},
    intake::{Member, Roll},
    land::Place,
    people::People,
};

/// The kinds that are applied for about one pupil and decided in steps.
pub(super) const STEPPED: [Kind; 12] = [
    Kind::Transfer,
    Kind::Departure,
    Kind::Abroad,
    Kind::Suspension,
    Kind::Extension,
    Kind::Resumption,
    Kind::Dropout,
    Kind::Return,
    Kind::Withdrawal,
    Kind::Death,
    Kind::KeyChange,
    Kind::GradeChange,
];

/// A transfer that silence has approved, and where the pupil came from.
struct Silent {
    case: i64,
    member: usize,
    on: Day,
    school: SchoolId,
    class: String,
    authority: String,
}

/// The sample office and what is known of it.
pub(super) struct Course<'o> {
    /// Whoever gives the commands.
    pub(super) desk: Desk<'o>,
    /// The schools.
    pub(super) places: Vec<Place>,
    /// The pupils.
    pub(super) roll: Roll,
    /// Whoever may come.
    pub(super) people: People,
    /// How many of each there are: 1 for a small office.
    pub(super) scale: usize,
    cursor: usize,
    comers: usize,
    silent: Vec<(Application, Answer, Member)>,
    /// The last day.
    pub(super) last: Day,
}

impl<'o> Course<'o> {
    /// An office that opens on a day.
    pub(super) fn new(
        office: &'o Office,
        places: Vec<Place>,
        pupils: u32,
        seed: u64,
        first: Day,
        last: Day,
    ) -> Course<'o> {
        Course {
            desk: Desk::new(office, first, last),
            places,
            roll: Roll::default(),
            people: People::new(seed),
            scale: 1 + pupils as usize / 10_000,
            cursor: seed as usize % 1009,
            comers: 0,
            silent: Vec::new(),
            last,
        }
    }

    /// Pupils with whom nothing is done yet, from all over the province.
    pub(super) fn pick(&mut self, count: usize, wanted: impl Fn(&Member, &Place) -> bool) -> Vec<usize> {
        const STRIDE: usize = 7919;
        let all = self.roll.members.len();
        let mut picked = Vec::with_capacity(count);
        for _ in 0..all {
            if picked.len() == count {
                break;
            }
            self.cursor = (self.cursor + STRIDE) % all.max(1);
            let Some(member) = self.roll.members.get_mut(self.cursor) else { break };
            if !member.busy && self.places.get(member.place).is_some_and(|place| wanted(member, place)) {
                member.busy = true;
                picked.push(self.cursor);
            }
        }
        picked
    }

    /// Pupils whose transfer leads to a school of the same authority (0), of the same city (1), of another city (2).
    pub(super) fn pick_for_transfer(&mut self, turn: usize, count: usize) -> Vec<usize> {
        let wanted = |member: &Member, place: &Place| fits(Kind::Transfer, member, place) && member.grade != 5;
        let mut kept = Vec::with_capacity(count);
        for at in self.pick(6 * count + 12, wanted) {
            if at % 3 == turn && kept.len() < count {
                kept.push(at);
            } else {
                self.free(at);
            }
        }
        kept
    }

    /// Applications of a kind and a fate, entered on a day.
    pub(super) fn plan(
        &mut self,
        kind: Kind,
        fate: Fate,
        count: usize,
        day: Day,
    ) -> Result<Vec<Application>, FillError> {
        let day = day.min(self.last);
        let mut planned = Vec::with_capacity(count);
        if matches!(kind, Kind::Arrival | Kind::FromAbroad) {
            for _ in 0..count {
                self.comers += 1;
                planned.extend(self.comer(kind, self.comers, fate, day)?);
            }
            return Ok(planned);
        }
        for at in self.pick(count, |member, place| fits(kind, member, place)) {
            match self.application(kind, at, fate, day) {
                Some(application) => planned.push(application),
                None => self.free(at),
            }
        }
        Ok(planned)
    }

    fn free(&mut self, at: usize) {
        if let Some(member) = self.roll.members.get_mut(at) {
            member.busy = false;
        }
    }

    pub(super) async fn run(
        &mut self,
        day: Day,
        gap: i32,
        planned: Vec<Application>,
    ) -> Result<Vec<(Application, Answer)>, FillError> {
        let done = self.desk.run(day, gap, planned).await?;
        for (one, answer) in &done {
            if answer.state.as_deref() == Some("approved") {
                self.settle(one);
            }
        }
        Ok(done)
    }

    /// Some approved, one refused, one taken back, one completed.
    async fn usual(&mut self, kinds: &[Kind], approved: usize, day: Day, gap: i32) -> Result<(), FillError> {
        let mut planned = Vec::new();
        for kind in kinds {
            let fates = [
                (Fate::Approved, approved),
                (Fate::Refused, self.scale),
                (Fate::Withdrawn, self.scale),
                (Fate::Completed, self.scale),
            ];
            for (fate, count) in fates {
                planned.extend(self.plan(*kind, fate, count, day)?);
            }
        }
        self.run(day, gap, planned).await?;
        Ok(())
    }

    /// The first school year, from the records' opening until the leaving classes finish.
    pub(super) async fn first_year(&mut self, year: i32) -> Result<(), FillError> {
        let day = |month, day| date(if 8 <= month { year } else { year + 1 }, month, day);
        let scale = self.scale;
        self.usual(&[Kind::Transfer], 4 * scale + self.roll.members.len() / 300, day(9, 22)?, 2).await?;
        let pool = 24 * scale + self.roll.members.len() / 300;
        self.usual(&[Kind::Suspension], pool, day(10, 13)?, 2).await?;
        self.usual(&[Kind::Dropout], 14 * scale, day(10, 20)?, 3).await?;
        self.migrants_leave(day(10, 27)?).await?;
        let many = 2 * scale;
        let kinds = [
            Kind::KeyChange,
            Kind::GradeChange,
            Kind::Arrival,
            Kind::Departure,
            Kind::FromAbroad,
            Kind::Abroad,
            Kind::Withdrawal,
        ];
        self.usual(&kinds, many, day(11, 3)?, 3).await?;
        let inclusion = self.plan(Kind::Inclusion, Fate::Approved, 2, day(11, 17)?)?;
        self.run(day(11, 17)?, 1, inclusion).await?;
        self.usual(&[Kind::Death], scale, day(11, 24)?, 2).await?;
        self.overtaken(day(12, 8)?).await?;
        self.fall_silent(day(2, 25)?).await?;
        self.undo_defaults(day(5, 7)?).await?;
        self.usual(&[Kind::Resumption, Kind::Extension, Kind::Return], 3 * scale, day(5, 20)?, 2).await?;
        Ok(())
    }

    /// Migrant children who dropped out, whom their authority will hand over to their home counties.
    async fn migrants_leave(&mut self, day: Day) -> Result<(), FillError> {
        let wanted =
            |member: &Member, place: &Place| member.basic.migrant == Some(true) && fits(Kind::Dropout, member, place);
        let picked = self.pick(6 + 2 * self.scale, wanted);
        let planned: Vec<Application> =
            picked.into_iter().filter_map(|at| self.application(Kind::Dropout, at, Fate::Approved, day)).collect();
        self.run(day, 3, planned).await?;
        Ok(())
    }

    /// A case of every kind that a death ends.
    async fn overtaken(&mut self, day: Day) -> Result<(), FillError> {
        let mut planned = Vec::new();
        for kind in STEPPED.into_iter().filter(|kind| *kind != Kind::Death) {
            planned.extend(self.plan(kind, Fate::Open(0), 1, day)?);
        }
        let open = self.run(day, 1, planned).await?;
        self.die(open.iter().filter_map(|(one, _)| one.member).collect(), day.plus_days(4)).await
    }

    async fn die(&mut self, members: Vec<usize>, day: Day) -> Result<(), FillError> {
        let deaths: Vec<Application> =
            members.into_iter().filter_map(|at| self.application(Kind::Death, at, Fate::Approved, day)).collect();
        self.run(day, 2, deaths).await?;
        Ok(())
    }

    /// Transfers on which nobody decides; of one the pupil's key change stands in the way.
    async fn fall_silent(&mut self, day: Day) -> Result<(), FillError> {
        // Most of them between counties of one city, so that somebody above can undo them; the rest anywhere.
        let mut members = self.pick_for_transfer(1, 8);
        members.extend(self.pick_for_transfer(2, 2 + 2 * self.scale));
        let planned: Vec<Application> =
            members.iter().filter_map(|at| self.application(Kind::Transfer, *at, Fate::Open(0), day)).collect();
        let held = members.last().and_then(|at| self.application(Kind::KeyChange, *at, Fate::Open(0), day));
        self.run(day, 1, held.into_iter().collect()).await?;
        let before: BTreeMap<usize, Member> =
            members.iter().filter_map(|at| Some((*at, self.roll.members.get(*at)?.clone()))).collect();
        let opened = self.run(day, 1, planned).await?;
        for (one, answer) in opened {
            let Some(member) = one.member.and_then(|at| before.get(&at)).cloned() else { continue };
            self.silent.push((one, answer, member));
        }
        Ok(())
    }

    /// Defaults that an authority asks to be undone, in every state. Their superior is the city above both.
    async fn undo_defaults(&mut self, day: Day) -> Result<(), FillError> {
        self.desk.go_to(day).await?;
        let mut defaults = Vec::new();
        for (one, answer, before) in std::mem::take(&mut self.silent) {
            let (Some(case), Some(member)) = (answer.case, one.member) else { continue };
            let found = self.desk.ask(&Query::Case { case }).await?;
            let steps = found["case"]["steps"].as_array().cloned().unwrap_or_default();
            let approved = found["case"]["state"] == "approved";
            let last = steps.iter().rev().find(|step| step["decision"]["mode"] == "silence");
            let on = last.and_then(|step| step["decision"]["on"].as_str()?.parse::<Day>().ok());
            let (Some(on), true) = (on, approved) else { continue };
            self.settle(&one);
            let (Some(from), Some(to)) = (
                self.places.get(before.place),
                self.roll.members.get(member).and_then(|member| self.places.get(member.place)),
            ) else {
                continue;
            };
            // Between two cities the superior is the province, which reads and decides nothing.
            if from.school.authority == to.school.authority
                || from.school.authority.prefecture() != to.school.authority.prefecture()
            {
                continue;
            }
            let authority = from.school.authority.to_string();
            defaults.push(Silent { case, member, on, school: from.school.id, class: before.class, authority });
        }
        let fates = [
            Fate::Approved,
            Fate::Open(0),
            Fate::Refused,
            Fate::Open(0),
            Fate::Returned,
            Fate::Withdrawn,
            Fate::Completed,
        ];
        let mut planned = Vec::new();
        for (silent, fate) in defaults.into_iter().zip(fates) {
            let Some(member) = self.roll.members.get(silent.member) else { continue };
            let purpose = Purpose::Reversal(Reversal {
                case: silent.case,
                defaulted_on: silent.on,
                school: silent.school,
                class: silent.class,
            });
            let command = Command::Apply {
                purpose,
                student_no: Some(member.number),
                applicant: Unit::read(&silent.authority),
                reason: "转出学校因故未及时审批，学生并未转走".to_owned(),
                evidence: Vec::new(),
            };
            let account = registrar(&silent.authority);
            planned.push(Application { account, command, kind: Kind::Reversal, fate, member: Some(silent.member) });
        }
        let done = self.run(day, 2, planned).await?;
        let open = done.iter().filter(|(one, _)| one.fate == Fate::Open(0)).filter_map(|(one, _)| one.member);
        let ended: Vec<usize> = open.skip(1).collect();
        self.die(ended, day.plus_days(8)).await
    }

    /// Cases that nobody has decided in time.
    pub(super) async fn overdue(&mut self, day: Day) -> Result<(), FillError> {
        let mut planned = Vec::new();
        for kind in [Kind::Dropout, Kind::Death, Kind::Arrival, Kind::Departure] {
            planned.extend(self.plan(kind, Fate::Open(0), self.scale, day)?);
        }
        self.run(day, 1, planned).await?;
        Ok(())
    }
}

/// A day of the calendar.
pub(super) fn date(year: i32, month: u32, day: u32) -> Result<Day, FillError> {
    Day::from_ymd(year, month, day).ok_or(FillError::Date)
}
