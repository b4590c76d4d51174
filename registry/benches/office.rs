//! How fast the office works, through its own commands: import, applications, decisions, sweep, promotion; and what it takes on disk.
//!
//! `cargo bench -p registry --bench office -- [--url postgres://…] [--newcomers 100000] [--cases 8000] [--sweep 100000] [--province 1000000]`
//! prints one line a measurement. Without a URL it works on SQLite in a temporary folder.

use std::{collections::BTreeMap, time::Instant};

use domain::{
    calendar::{Day, Month, WorkCalendar},
    identity::Sex,
    organisation::{Division, SchoolId},
};
use registry::{
    actor::Role,
    case::{Evidence, Verdict},
    command::Command,
    newcomers::{Newcomer, PortraitRef},
    office::{By, Now, Office},
    officer::Officer,
    organisation::{Authority, Class, School},
    pupil::{BasicFacts, Holder, KeyFacts},
    purpose::Purpose,
    suspension::Suspension,
    transfer::{Ground, Transfer},
    unit::Unit,
};

const PROVINCE: &str = "340000";
const CITY: &str = "340100";
const COUNTY: &str = "340121";

struct Wanted {
    url: Option<String>,
    newcomers: usize,
    cases: usize,
    sweep: usize,
    province: usize,
}

fn wanted() -> Wanted {
    let mut wanted = Wanted { url: None, newcomers: 100_000, cases: 8_000, sweep: 0, province: 0 };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok()).unwrap_or_default();
        match argument.as_str() {
            "--url" => wanted.url = arguments.next(),
            "--newcomers" => wanted.newcomers = number(),
            "--cases" => wanted.cases = number(),
            "--sweep" => wanted.sweep = number(),
            "--province" => wanted.province = number(),
            _ => {}
        }
    }
    wanted
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(wanted()));
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn noon(on: Day) -> Now {
    Now::at(i64::from(on.epoch_days()) * 86_400_000 + 4 * 3_600_000)
}

fn by(account: &str) -> By {
    By::Account(account.to_owned())
}

async fn done(office: &Office, account: By, command: Command, on: Day) -> registry::command::Answer {
    office.act(account, command, None, noon(on)).await.expect("carried out")
}

fn school_id(n: usize) -> SchoolId {
    SchoolId::read(&format!("2134{n:06}")).expect("ten digits")
}

async fn found(office: &Office, schools: usize, on: Day) {
    let division = |text: &str| Division::read(text).expect("six digits");
    for (id, parent) in [(PROVINCE, None), (CITY, Some(PROVINCE)), (COUNTY, Some(CITY))] {
        let authority = Authority {
            id: division(id),
            name: id.to_owned(),
            parent: parent.map(division),
            division: division(id),
            address: String::new(),
            area_kind: String::new(),
            economic_attribute: String::new(),
            ethnic_attribute: String::new(),
            phone: String::new(),
        };
        done(office, By::System, Command::EnterAuthority { authority }, on).await;
    }
    let officer = |account: &str, unit: &str, role: Role| Officer {
        account: account.to_owned(),
        unit: Unit::read(unit).expect("a unit"),
        role,
        name: String::new(),
        phone: String::new(),
        trained_on: Some(on),
        on_duty_from: None,
        disabled_on: None,
    };
    for (account, unit, role) in [("admin", PROVINCE, Role::Administrator), ("county", COUNTY, Role::Registrar)] {
        done(office, By::System, Command::EnterOfficer { officer: officer(account, unit, role) }, on).await;
    }
    for n in 1..=schools {
        let id = school_id(n);
        let school = School {
            id,
            name: format!("学校{n}"),
            code: String::new(),
            authority: division(COUNTY),
            parent: None,
            kind: "九年一贯制学校".to_owned(),
            ownership: "公办".to_owned(),
            urban_rural: "镇中心区".to_owned(),
            years: Some(9),
            phone: String::new(),
            division: None,
            five_four: false,
            closed_on: None,
            successor: None,
        };
        let account = officer(&format!("s{n}"), id.as_str(), Role::Registrar);
        done(office, by("admin"), Command::EnterSchool { school, account }, on).await;
    }
}

/// A valid number of 18 places for the n-th pupil.
fn identity(n: usize, birth: Day) -> (String, Sex) {
    let (sequence, place) = (n % 999 + 1, n / 999 % 20 + 1);
    let body = format!("3401{place:02}{:04}{:02}{:02}{sequence:03}", birth.year(), birth.month(), birth.day_of_month());
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).expect("eleven characters");
    (format!("{body}{check}"), if sequence % 2 == 1 { Sex::Male } else { Sex::Female })
}

fn newcomer(n: usize, row: u32, grade: u8, class: &str, on: Day) -> Newcomer {
    let birth = day(&format!("{}-01-01", on.year() - 6 - i32::from(grade))).plus_days((n / 20_000) as i32 % 240);
    let (number, sex) = identity(n, birth);
    Newcomer {
        row,
        student_no: None,
        key: KeyFacts {
            name: format!("王{}", char::from_u32(0x4E00 + (n % 20_000) as u32).unwrap_or('一')),
            sex,
            birth_on: birth,
            id_kind: "居民身份证".to_owned(),
            id_no: Some(number),
            holder: Holder::Own,
            portrait: None,
        },
        basic: BasicFacts { ethnicity: "汉族".to_owned(), study_mode: "走读".to_owned(), ..BasicFacts::default() },
        grade,
        class: class.to_owned(),
        entry_month: Month::of(day(&format!("{}-09-01", on.year()))),
        portrait: Some(PortraitRef { digest: format!("{n:064x}"), taken_on: on }),
        deferred_until: None,
    }
}

/// Enters classes and pupils of every grade; returns the registration numbers by school.
async fn enrol(office: &Office, from: usize, pupils: usize, schools: usize, on: Day) -> BTreeMap<usize, Vec<String>> {
    let each = pupils.div_ceil(schools);
    let per_grade = each.div_ceil(9).max(1);
    let (mut submitted, mut approved) = (0.0, 0.0);
    let mut numbers: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut n = from;
    for school in 1..=schools {
        let mut rows = Vec::with_capacity(each);
        for grade in 1..=9u8 {
            let class = format!("{}{grade:02}", on.year());
            let entered = Class {
                school: school_id(school),
                id: class.clone(),
                name: class.clone(),
                grade,
                founded: Month::of(on),
                years: None,
                kind: if grade <= 6 { "普通小学班" } else { "普通初中班" }.to_owned(),
                teacher: "班主任".to_owned(),
                honour: String::new(),
                closed: false,
            };
            let account = by(&format!("s{school}"));
            // The second wave finds the classes of the first.
            let _ = office.act(account, Command::EnterClass { class: entered }, None, noon(on)).await;
            for _ in 0..per_grade {
                if rows.len() == each {
                    break;
                }
                let row = newcomer(n, u32::try_from(rows.len() + 1).expect("rows"), grade, &class, on);
                numbers.entry(school).or_default().push(format!("G{}", row.key.id_no.clone().unwrap_or_default()));
                rows.push(row);
                n += 1;
            }
        }
        let submit = Command::SubmitNewcomers {
            school: school_id(school),
            name: format!("{from}"),
            rows,
            reason: String::new(),
        };
        let start = Instant::now();
        let answer = done(office, by(&format!("s{school}")), submit, on).await;
        submitted += start.elapsed().as_secs_f64();
        let approve = Command::Decide {
            case: answer.case.expect("a case"),
            verdict: Verdict::Approve,
            opinion: String::new(),
            version: None,
            except: Vec::new(),
        };
        let start = Instant::now();
        done(office, by("county"), approve, on).await;
        approved += start.elapsed().as_secs_f64();
    }
    println!(
        "newcomers {}: submitted and checked {submitted:.1} s, approved {approved:.1} s, in all {:.1} s",
        n - from,
        submitted + approved
    );
    numbers
}

async fn run(wanted: Wanted) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = wanted.url.clone().unwrap_or_else(|| format!("sqlite:{}", folder.path().join("registry.db").display()));
    let office = Office::open(&url, Some("anhui-2013"), WorkCalendar::official().clone()).await.expect("an office");
    let on = day("2025-09-05");
    let schools = 50.max(wanted.province / 2_000);
    found(&office, schools, day("2025-09-01")).await;
    let numbers = enrol(&office, 0, wanted.newcomers.max(wanted.cases + wanted.sweep + 1_000), schools, on).await;
    let mut pupils: Vec<(usize, String)> = Vec::new();
    for (school, numbers) in numbers {
        pupils.extend(numbers.into_iter().map(|number| (school, number)));
    }
    decisions(&office, &pupils[..wanted.cases], day("2025-09-08")).await;
    if 0 < wanted.sweep {
        sweep(&office, &pupils[wanted.cases..wanted.cases + wanted.sweep], schools, day("2025-09-08")).await;
    }
    if 0 < wanted.province {
        let start = Instant::now();
        enrol(&office, 1_000_000, wanted.province, schools, day("2025-09-10")).await;
        println!("province filled in {:.1} s", start.elapsed().as_secs_f64());
        let first = day("2026-08-01");
        let start = Instant::now();
        let plan = office.plan_promotion(2026).await.expect("a plan");
        println!("promotion, dry run: {} records in {:.1} s", plan.records, start.elapsed().as_secs_f64());
        let start = Instant::now();
        let answer = done(&office, By::System, Command::Promote { year: 2026 }, first).await;
        println!(
            "promotion: {} records in {:.1} s ({:?})",
            answer.pupils,
            start.elapsed().as_secs_f64(),
            answer.counts
        );
        let start = Instant::now();
        let undo = Command::UndoPromotion { year: 2026, reason: "bench".to_owned() };
        done(&office, By::System, undo, first).await;
        println!("promotion taken back in {:.1} s", start.elapsed().as_secs_f64());
    }
    let start = Instant::now();
    let report = office.verify_audit(&[]).await.expect("a chain");
    println!("audit chain: {} entries verified in {:.2} s", report.entries, start.elapsed().as_secs_f64());
    office.close().await.expect("closed");
    if wanted.url.is_none() {
        let bytes: u64 = std::fs::read_dir(folder.path())
            .expect("the folder")
            .filter_map(|file| file.ok()?.metadata().ok())
            .map(|file| file.len())
            .sum();
        println!("on disk: {:.1} MiB", bytes as f64 / 1024.0 / 1024.0);
    }
}

/// Applications and decisions by eight clients at once.
async fn decisions(office: &Office, pupils: &[(usize, String)], on: Day) {
    const CLIENTS: usize = 8;
    let apply = |school: usize, number: &str| {
        let purpose = Purpose::Suspension(Suspension { from: on, ordered: true, leaving_grade_reason: String::new() });
        let evidence = vec![Evidence { kind: "hospital_certificate".to_owned(), title: String::new(), digest: None }];
        let command = Command::Apply {
            purpose,
            student_no: domain::identity::StudentNo::read(number),
            applicant: None,
            reason: "病".to_owned(),
            evidence,
        };
        (by(&format!("s{school}")), command)
    };
    let start = Instant::now();
    let mut tasks = Vec::new();
    for part in pupils.chunks(pupils.len().div_ceil(CLIENTS).max(1)) {
        let (office, part) =
            (office.clone(), part.iter().map(|(school, number)| apply(*school, number)).collect::<Vec<_>>());
        tasks.push(tokio::spawn(async move {
            let mut cases = Vec::with_capacity(part.len());
            for (account, command) in part {
                cases.push(office.act(account, command, None, noon(on)).await.expect("applied").case.expect("a case"));
            }
            cases
        }));
    }
    let mut cases = Vec::new();
    for task in tasks {
        cases.push(task.await.expect("a client"));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "applications: {} in {seconds:.2} s, {:.0}/s by {CLIENTS} clients",
        pupils.len(),
        pupils.len() as f64 / seconds
    );
    let start = Instant::now();
    let mut tasks = Vec::new();
    for part in cases {
        let office = office.clone();
        tasks.push(tokio::spawn(async move {
            for case in part {
                let decide = Command::Decide {
                    case,
                    verdict: Verdict::Approve,
                    opinion: String::new(),
                    version: None,
                    except: Vec::new(),
                };
                office.act(by("county"), decide, None, noon(on)).await.expect("decided");
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client");
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "decisions: {} in {seconds:.2} s, {:.0}/s by {CLIENTS} clients",
        pupils.len(),
        pupils.len() as f64 / seconds
    );
}

/// Open transfers whose period runs out: swept before (nothing due) and after (all approved by silence).
async fn sweep(office: &Office, pupils: &[(usize, String)], schools: usize, on: Day) {
    const CLIENTS: usize = 8;
    let mut tasks = Vec::new();
    for part in pupils.chunks(pupils.len().div_ceil(CLIENTS).max(1)) {
        let (office, part) = (office.clone(), part.to_vec());
        tasks.push(tokio::spawn(async move {
            for (school, number) in part {
                let to = school % schools + 1;
                let number = domain::identity::StudentNo::read(&number).expect("a number");
                for grade in 1..=9u8 {
                    let purpose = Purpose::Transfer(Transfer {
                        class: format!("2025{grade:02}"),
                        ground: Ground::HouseholdMoved,
                        mid_term_reason: String::new(),
                    });
                    let command = Command::Apply {
                        purpose,
                        student_no: Some(number),
                        applicant: None,
                        reason: "迁移".to_owned(),
                        evidence: Vec::new(),
                    };
                    if office.act(by(&format!("s{to}")), command, None, noon(on)).await.is_ok() {
                        break;
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client");
    }
    for (what, on) in [("nothing due", day("2025-09-09")), ("all due", day("2025-12-20"))] {
        let start = Instant::now();
        let answer = done(office, By::System, Command::Sweep {}, on).await;
        println!(
            "sweep over {} open cases, {what}: {:.1} s ({:?})",
            pupils.len(),
            start.elapsed().as_secs_f64(),
            answer.counts
        );
    }
}
