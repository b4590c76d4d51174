//! What the schools of the sample keep up by themselves: facts of every kind, basic facts, classes; and what units sign.

use std::collections::BTreeMap;

use domain::{calendar::Day, movement::Status};
use registry::{
    command::Command,
    duty::{Act, Fault},
    fact,
    unit::Unit,
};
use serde_json::json;

use super::{
    FillError,
    course::Course,
    desk::{head, registrar},
    intake::Member,
};

impl Course<'_> {
    /// Facts of every kind for a few pupils of every school; a new address, another class.
    pub(super) async fn keep(&mut self, day: Day, year: i32) -> Result<BTreeMap<String, u64>, FillError> {
        self.desk.go_to(day).await?;
        let mut of_school: BTreeMap<usize, Vec<&Member>> = BTreeMap::new();
        for member in self.roll.members.iter().filter(|member| member.status == Status::Enrolled).step_by(7) {
            let list = of_school.entry(member.place).or_default();
            if list.len() < 8 {
                list.push(member);
            }
        }
        let (mut commands, mut counts) = (Vec::new(), BTreeMap::new());
        for (at, members) in &of_school {
            let Some(place) = self.places.get(*at) else { continue };
            for kind in fact::KINDS {
                let rows: Vec<fact::Row> = members
                    .iter()
                    .map(|member| fact::Row { student_no: member.number, fields: fields(kind.name, member, year) })
                    .collect();
                *counts.entry(kind.name.to_owned()).or_default() += rows.len() as u64;
                let command = Command::RecordFacts { school: place.school.id, kind: kind.name.to_owned(), rows };
                commands.push((place.registrar(), command));
            }
        }
        self.desk.many(commands).await?;
        let moved = self.pick(6 * self.scale, |member, place| {
            let rooms = place.rooms.iter().filter(|(_, grade, used)| *used && *grade == member.grade).count();
            member.status == Status::Enrolled && 1 < rooms
        });
        let mut commands = Vec::new();
        for at in moved {
            let Some(member) = self.roll.members.get_mut(at) else { continue };
            let Some(place) = self.places.get(member.place) else { continue };
            let other =
                place.rooms.iter().find(|(id, grade, used)| *used && *grade == member.grade && *id != member.class);
            let Some((class, _, _)) = other else { continue };
            member.class.clone_from(class);
            let command =
                Command::MoveClass {
                    student_no: member.number, class: class.clone(), reason: "均衡编班".to_owned()
                };
            commands.push((place.registrar(), command));
        }
        let changed = self.pick(20 * self.scale, |member, _| member.status == Status::Enrolled);
        for at in changed {
            let Some(member) = self.roll.members.get_mut(at) else { continue };
            let Some(place) = self.places.get(member.place) else { continue };
            member.busy = false;
            let fields = BTreeMap::from([
                ("address".to_owned(), json!(format!("{}2单元", member.basic.address))),
                ("guardian_phone".to_owned(), json!("13800000000")),
            ]);
            commands.push((place.registrar(), Command::ChangeBasic { student_no: member.number, fields }));
        }
        self.desk.many(commands).await?;
        Ok(counts)
    }

    /// The check of a term: every school draws up its list; all but a few sign it.
    pub(super) async fn verify(&mut self, day: Day, period: &str, all_sign: bool) -> Result<(), FillError> {
        self.desk.go_to(day).await?;
        let schools: Vec<_> =
            self.places.iter().map(|place| (place.registrar(), head(&place.school.id), place.school.id)).collect();
        let wrong = self.roll.members.first().map(|member| member.number.as_str().to_owned());
        let draw = schools.iter().enumerate().map(|(at, (registrar, _, school))| {
            let wrong = if at == 0 { wrong.clone().into_iter().collect() } else { Vec::new() };
            let act = Act::Verify { unit: Unit::School(*school), period: period.to_owned(), wrong };
            (registrar.clone(), Command::Duty { act })
        });
        let drawn = self.desk.many(draw.collect()).await?;
        let sign = schools.iter().zip(&drawn).enumerate().filter(|(at, _)| all_sign || at % 4 != 3);
        let sign = sign.filter_map(|(_, ((_, head, _), answer))| {
            let duty = answer.id.as_deref()?.parse().ok()?;
            Some((head.clone(), Command::Duty { act: Act::Sign { duty, pledge: true } }))
        });
        let sign: Vec<_> = sign.collect();
        self.desk.many(sign).await?;
        Ok(())
    }

    /// Reports: drawn up and unsigned, signed by the school, by its county, by the city, up to the province.
    pub(super) async fn report(&mut self, day: Day, period: &str) -> Result<(), FillError> {
        self.desk.go_to(day).await?;
        let schools: Vec<_> =
            self.places.iter().map(|place| place.school.clone()).filter(|school| school.parent.is_none()).collect();
        for (at, school) in schools.iter().enumerate() {
            let unit = Unit::School(school.id);
            let act = Act::Report { unit, period: period.to_owned() };
            let drawn = self.desk.act_as(&registrar(&school.id), Command::Duty { act }).await?;
            let Some(duty) = drawn.id.and_then(|id| id.parse().ok()) else { continue };
            let mut path = vec![unit, Unit::Authority(school.authority)];
            if school.authority.prefecture() != school.authority {
                path.push(Unit::Authority(school.authority.prefecture()));
            }
            path.push(Unit::Authority(school.authority.province()));
            for signer in path.iter().take(at % 5) {
                self.desk.act_as(&head(signer), Command::Duty { act: Act::Sign { duty, pledge: true } }).await?;
            }
        }
        for authority in ["340102", "340100"] {
            let unit = Unit::read(authority).ok_or(FillError::Date)?;
            let act = Act::Report { unit, period: period.to_owned() };
            let drawn = self.desk.act_as(&registrar(&unit), Command::Duty { act }).await?;
            if let Some(duty) = drawn.id.and_then(|id| id.parse().ok()) {
                self.desk.act_as(&head(&unit), Command::Duty { act: Act::Sign { duty, pledge: true } }).await?;
            }
        }
        Ok(())
    }

    /// Orders to correct, every second of them settled; exports of data, asked for and approved; notices that are done.
    pub(super) async fn answer_for(&mut self, day: Day) -> Result<(), FillError> {
        self.desk.go_to(day).await?;
        let schools: Vec<_> = self.places.iter().map(|place| place.school.clone()).collect();
        for (at, (fault, school)) in Fault::ALL.into_iter().zip(schools.iter().step_by(3)).enumerate() {
            let above = Unit::Authority(school.authority);
            let act = Act::Order {
                unit: Unit::School(school.id),
                fault,
                evidence: format!("学籍检查记录第{}号", at + 1),
                correct_by: None,
            };
            let ordered = self.desk.act_as(&head(&above), Command::Duty { act }).await?;
            if at % 2 == 1
                && let Some(duty) = ordered.id.and_then(|id| id.parse().ok())
            {
                let act = Act::Settle { duty, outcome: "已按期整改".to_owned() };
                self.desk.act_as(&head(&above), Command::Duty { act }).await?;
            }
        }
        for (at, authority) in ["340102", "340121"].into_iter().enumerate() {
            let unit = Unit::read(authority).ok_or(FillError::Date)?;
            let act = Act::RequestExport {
                unit, recipient: "县统计局".to_owned(), purpose: "教育经费统计".to_owned()
            };
            let asked = self.desk.act_as(&registrar(&unit), Command::Duty { act }).await?;
            if at == 0
                && let Some(duty) = asked.id.and_then(|id| id.parse().ok())
            {
                let act = Act::ApproveExport { duty, until: self.desk.today().plus_days(28) };
                self.desk.act_as(&head(&unit), Command::Duty { act }).await?;
            }
        }
        self.settle_some().await
    }

    /// The first notice of each school that has any.
    async fn settle_some(&mut self) -> Result<(), FillError> {
        let accounts: Vec<String> = self.places.iter().map(super::land::Place::registrar).step_by(2).collect();
        for account in accounts {
            if let Some(notice) = self.desk.first_notice(&account).await? {
                let note = "已办理".to_owned();
                self.desk.act_as(&account, Command::SettleNotice { notice, note }).await?;
            }
        }
        Ok(())
    }
}

/// A row of a kind of facts.
fn fields(kind: &str, member: &Member, year: i32) -> BTreeMap<String, String> {
    let school_year = format!("{year}-{}", year + 1);
    let turn = member.id.unsigned_abs();
    let pairs: Vec<(&str, String)> = match kind {
        "resume" => vec![
            ("from_month", format!("{}-09", year - 1)),
            ("to_month", format!("{year}-07")),
            ("place", "县城关幼儿园".to_owned()),
            ("post", "无".to_owned()),
            ("witness", "李老师".to_owned()),
        ],
        "scores" => vec![
            ("school_year", school_year),
            ("term", "1".to_owned()),
            ("exam", "期末".to_owned()),
            ("subject", "语文".to_owned()),
            ("score", format!("{}", 55 + turn % 45)),
            ("full_marks", "100".to_owned()),
            ("pass_mark", "60".to_owned()),
        ],
        "evaluation" => vec![
            ("school_year", school_year),
            ("term", "1".to_owned()),
            ("grade", if turn.is_multiple_of(3) { "优" } else { "良" }.to_owned()),
            ("text", "尊敬师长，团结同学".to_owned()),
        ],
        "conduct" => vec![
            ("day", format!("{year}-11-20")),
            ("kind", if turn.is_multiple_of(5) { "处分" } else { "奖励" }.to_owned()),
            ("title", if turn.is_multiple_of(5) { "警告" } else { "三好学生" }.to_owned()),
            ("level", "校级".to_owned()),
        ],
        "health" => vec![
            ("day", format!("{year}-10-12")),
            ("height_cm", format!("{}", 100 + 6 * u64::from(member.grade) + turn % 10)),
            ("weight_kg", format!("{}", 18 + 3 * u64::from(member.grade) + turn % 6)),
            ("vision_left", "5.0".to_owned()),
            ("vision_right", "4.9".to_owned()),
            ("fitness", "良好".to_owned()),
        ],
        "vaccination" => {
            vec![
                ("day", format!("{year}-10-15")),
                ("vaccine", "流感疫苗".to_owned()),
                ("place", "社区卫生服务中心".to_owned()),
            ]
        }
        "aid" => vec![
            ("school_year", school_year),
            ("programme", "寄宿生生活补助".to_owned()),
            ("amount_fen", "62500".to_owned()),
        ],
        "service" => vec![
            ("day", format!("{year}-11-08")),
            ("activity", "社区清洁".to_owned()),
            ("hours", "3".to_owned()),
            ("place", "城关社区".to_owned()),
        ],
        _ => vec![
            ("day", format!("{year}-11-15")),
            ("activity", "校运动会".to_owned()),
            ("level", "校级".to_owned()),
            ("result", "第三名".to_owned()),
        ],
    };
    pairs.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}
