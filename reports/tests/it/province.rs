//! An invented province: the same for the same size, with the shapes that real ones have.

use chrono::{Days, NaiveDate};
use reports::figures::{
    Authority, BalanceLine, Batch, Circumstance, ClassSize, Enrolment, Fee, Figures, Flow, Problem, Rate, Rejection,
    RunInfo, School, Standard, TrendPoint,
};

const PREFECTURES: [&str; 16] = [
    "庐州", "芜城", "淮滨", "涡阳", "皖南", "颍上", "宿北", "滁水", "六安", "马鞍", "铜陵", "安庆", "黄山", "池州",
    "宣城", "亳州",
];
const COUNTIES: [&str; 8] =
    ["蜀山区", "瑶海区", "包河区", "肥东县", "长丰县", "巢湖市", "庐江县", "高新技术产业开发区"];

/// A small generator: the same numbers on every machine.
pub struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % below.max(1) as u64) as i64
    }
}

/// The business day of the invented province.
pub fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2015, 3, 2).unwrap()
}

/// A province of so many counties with so many schools each.
pub fn province(counties: usize, schools: usize) -> Figures {
    let mut dice = Dice(7);
    let mut figures = Figures { run: RunInfo { run_id: 42, day: today() }, ..Figures::default() };
    figures.authorities.push(authority("340000", "安徽省教育厅", "province", None));
    figures.standards = [("小学", 45), ("初中", 50), ("高中", 50)]
        .map(|(stage, standard)| Standard { stage: stage.into(), standard, large_from: 56, oversize_from: 66 })
        .into();
    for county in 0..counties {
        let (prefecture, place) = (county / 8, county % 8);
        let prefecture_id = format!("34{:02}00", prefecture + 1);
        if place == 0 {
            let name = format!("{}市教育局", PREFECTURES[prefecture % PREFECTURES.len()]);
            figures.authorities.push(authority(&prefecture_id, &name, "prefecture", Some("340000")));
        }
        let county_id = format!("34{:02}{:02}", prefecture + 1, place + 2);
        let name = format!("{}教育体育局", COUNTIES[place]);
        figures.authorities.push(authority(&county_id, &name, "county", Some(&prefecture_id)));
        for number in 0..schools {
            let school_id = format!("{county_id}{number:04}");
            school(&mut figures, &mut dice, (&school_id, &county_id, &prefecture_id), number);
        }
        sources(&mut figures, &mut dice, &county_id, county);
    }
    figures.fees = fees(&figures);
    figures.rates = rates(&figures, &mut dice);
    figures.transfer_flows = flows(&figures, &mut dice);
    figures.trend = trend(&figures, &mut dice);
    figures.balance = balance(&figures, &mut dice);
    figures.arrange();
    figures
}

fn authority(id: &str, name: &str, level: &str, parent: Option<&str>) -> Authority {
    Authority { authority_id: id.into(), name: name.into(), level: level.into(), parent_id: parent.map(Into::into) }
}

fn school(
    figures: &mut Figures,
    dice: &mut Dice,
    (school_id, county_id, prefecture_id): (&str, &str, &str),
    number: usize,
) {
    let (kind, stage, grades, standard) = match number % 5 {
        0..=2 => ("小学", "小学", 1..=6, 45),
        3 => ("初级中学", "初中", 7..=9, 50),
        _ => ("高级中学", "高中", 10..=12, 50),
    };
    figures.schools.push(School {
        school_id: school_id.into(),
        name: format!("第{}{kind}", number + 1),
        county_id: county_id.into(),
        prefecture_id: prefecture_id.into(),
        kind: kind.into(),
        ownership: "县级教育部门".into(),
        ..School::default()
    });
    let mut circumstance = Circumstance { school_id: school_id.into(), ..Circumstance::default() };
    for grade in grades {
        let mut all = 0;
        for class in 1..=(1 + dice.roll(5)) {
            let pupils = 22 + dice.roll(18) + dice.roll(18) + if dice.roll(9) == 0 { 12 } else { 0 };
            all += pupils;
            let grading = match pupils {
                66.. => "oversize",
                56.. => "large",
                _ if pupils > standard => "over",
                _ => "within",
            };
            figures.class_sizes.push(ClassSize {
                school_id: school_id.into(),
                class_id: format!("{}{class:02}", 2026 - grade),
                name: format!("（{class}）班"),
                grade,
                stage: stage.into(),
                pupils,
                standard,
                grading: grading.into(),
                excess: (pupils - standard).max(0),
            });
            if dice.roll(60) == 0 {
                let kind = ["unexplained_appearance", "unexplained_change", "id_birth_date", "age_for_grade"]
                    [dice.roll(4) as usize];
                figures.problems.push(Problem {
                    pupil_id: Some(7_000_000_000_000_000_000 + dice.roll(1_000_000)),
                    school_id: Some(school_id.into()),
                    county_id: Some(county_id.into()),
                    kind: kind.into(),
                    detail: "与上一批数据不符".into(),
                    first_seen_on: Some(today()),
                    ..Problem::default()
                });
            }
        }
        let boys = all * (50 + dice.roll(7)) / 100;
        for (sex, pupils) in [("男", boys), ("女", all - boys)] {
            figures.enrolment.push(Enrolment {
                school_id: school_id.into(),
                stage: stage.into(),
                grade,
                sex: sex.into(),
                pupils,
            });
        }
        circumstance.boarding += all * dice.roll(30) / 100;
        circumstance.migrant += all * dice.roll(12) / 100;
        circumstance.left_behind += all * dice.roll(20) / 100;
        circumstance.disabled += dice.roll(3);
    }
    figures.circumstances.push(circumstance);
}

fn sources(figures: &mut Figures, dice: &mut Dice, county_id: &str, county: usize) {
    let behind = if county % 7 == 3 { 2 } else { 0 };
    for table in ["schools", "classes", "students", "changes"] {
        let rejected = if table == "students" { dice.roll(6) } else { 0 };
        let rows = 200 + dice.roll(9_000);
        figures.batches.push(Batch {
            run_id: 42,
            source: county_id.into(),
            day: today() - Days::new(behind),
            table: table.into(),
            file: format!("{table}.csv"),
            encoding: "GB18030".into(),
            rows,
            accepted: rows - rejected,
            flagged: dice.roll(9),
            rejected,
            duplicates_dropped: 0,
        });
        if rejected > 0 {
            let rule = ["missing", "unknown_class", "mangled_number"][dice.roll(3) as usize];
            figures.rejections.push(Rejection { source: county_id.into(), rule: rule.into(), rows: rejected });
        }
    }
}

fn pupils_of(figures: &Figures, unit: &str) -> i64 {
    let code = if unit.len() == 6 { unit.trim_end_matches("00") } else { unit };
    figures.enrolment.iter().filter(|row| row.school_id.starts_with(code)).map(|row| row.pupils).sum()
}

fn units(figures: &Figures) -> Vec<(String, String, i64)> {
    let units = figures
        .authorities
        .iter()
        .map(|unit| (unit.level.clone(), unit.authority_id.clone(), pupils_of(figures, &unit.authority_id)));
    let schools = figures
        .schools
        .iter()
        .map(|school| ("school".to_owned(), school.school_id.clone(), pupils_of(figures, &school.school_id)));
    if figures.schools.len() > 300 { units.collect() } else { units.chain(schools).collect() }
}

fn fees(figures: &Figures) -> Vec<Fee> {
    let fee = |(level, unit_id, pupils)| Fee {
        fee_year: 2014,
        level,
        unit_id,
        snapshot_on: NaiveDate::from_ymd_opt(2014, 10, 31).unwrap(),
        pupils,
        rate_fen: 50,
        amount_fen: pupils * 50,
        due_on: NaiveDate::from_ymd_opt(2014, 11, 30).unwrap(),
    };
    units(figures).into_iter().map(fee).collect()
}

fn rates(figures: &Figures, dice: &mut Dice) -> Vec<Rate> {
    let mut rates = Vec::new();
    for (level, unit_id, pupils) in units(figures) {
        for (indicator, promille) in
            [("dropout_persons", 9), ("dropout_net", 12), ("transfer_in", 40), ("transfer_out", 38), ("retention", 0)]
        {
            let numerator = if indicator == "retention" {
                pupils - pupils * dice.roll(60) / 1_000
            } else {
                pupils * (1 + dice.roll(promille)) / 1_000
            };
            rates.push(Rate {
                school_year: "2013-2014".into(),
                level: level.clone(),
                unit_id: unit_id.clone(),
                stage: "全部".into(),
                indicator: indicator.into(),
                numerator,
                denominator: pupils,
                value: (pupils > 0).then(|| numerator as f64 / pupils as f64),
                complete: true,
            });
        }
    }
    rates
}

fn flows(figures: &Figures, dice: &mut Dice) -> Vec<Flow> {
    let counties: Vec<&str> = figures
        .authorities
        .iter()
        .filter(|unit| unit.level == "county")
        .map(|unit| unit.authority_id.as_str())
        .collect();
    let mut flows = Vec::new();
    let mut flow = |from: &str, to: &str, kind: &str, pupils: i64| {
        let flow = Flow {
            school_year: "2014-2015".into(),
            from_unit: from.into(),
            to_unit: to.into(),
            kind: kind.into(),
            stage: "小学".into(),
            pupils,
        };
        flows.push(flow);
    };
    for from in &counties {
        for to in &counties {
            if from[..4] == to[..4] || dice.roll(12) == 0 {
                flow(from, to, "省内转学", 1 + dice.roll(if from[..4] == to[..4] { 160 } else { 20 }));
            }
        }
        flow("外省", from, "跨省转入", dice.roll(60));
        flow(from, "外省", "跨省转出", dice.roll(80));
    }
    flows
}

fn trend(figures: &Figures, dice: &mut Dice) -> Vec<TrendPoint> {
    let mut points = Vec::new();
    for stage in ["小学", "初中", "高中"] {
        let mut pupils: i64 = figures.enrolment.iter().filter(|row| row.stage == stage).map(|row| row.pupils).sum();
        for back in (0..182).step_by(4) {
            points.push(TrendPoint { day: today() - Days::new(back), stage: stage.into(), pupils });
            pupils -= dice.roll(1 + pupils / 900) - pupils / 2_400;
        }
    }
    points
}

fn balance(figures: &Figures, dice: &mut Dice) -> Vec<BalanceLine> {
    let mut lines = Vec::new();
    for unit in figures.authorities.iter().filter(|unit| unit.level == "county") {
        for stage in ["小学", "初中", "高中"] {
            let opening = 900 + dice.roll(500);
            let (enrolled, transferred, left) = (dice.roll(200), dice.roll(40), dice.roll(150));
            let closing = opening + enrolled + transferred - left;
            for (line, pupils) in [
                ("opening", opening),
                ("in:招生入学", enrolled),
                ("in:省内转学", transferred),
                ("out:毕业", left),
                ("closing", closing),
            ] {
                lines.push(BalanceLine {
                    school_year: "2014-2015".into(),
                    county_id: unit.authority_id.clone(),
                    stage: stage.into(),
                    line: line.into(),
                    pupils,
                });
            }
        }
    }
    lines
}
