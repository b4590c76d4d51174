//! F9: time zones, languages and days that some calendars do not have.

use super::NIGHTS;
use crate::province::{Place, Ran, copy_with, days};

const ZONES: [&str; 5] = ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"];
const LANGUAGES: [&str; 5] = ["C", "zh_CN.UTF-8", "zh_CN.GB18030", "tr_TR.UTF-8", ""];

/// Wherever the machine thinks it is and whatever it speaks, the same nights make the same tables.
// FAULT: F9
#[test]
fn the_same_nights_make_the_same_tables_in_every_zone() {
    for (zone, language) in ZONES.iter().zip(LANGUAGES) {
        let night = &NIGHTS[1];
        let place = super::copy_of(&NIGHTS[0].ready);
        place.put_day(days()[1]);
        for day in [days()[0], days()[1]] {
            let ran = place
                .command(&["nightly", "--quiet", "--day", &day.to_string()])
                .envs([("TZ", *zone), ("LANG", language), ("LC_ALL", language)])
                .output()
                .unwrap();
            assert_eq!(ran.status.code(), Some(0), "{zone}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        let digest = place.command(&["digest"]).env("TZ", zone).env("LC_ALL", language).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&digest.stdout), night.after, "{zone} {language}");
    }
}

/// Days of birth on which Shanghai kept or changed to summer time, on 29 February, and at the ends of years stay what the file says.
// FAULT: F9
#[test]
fn a_day_of_birth_never_moves() {
    const BORN: [&str; 8] = [
        "1986-05-04",
        "1988-04-17",
        "1991-04-14",
        "1991-09-15",
        "2004-02-29",
        "2000-02-29",
        "1999-12-31",
        "2006-01-01",
    ];
    let first = days()[0];
    let batch = format!("340102/{first}");
    for zone in ZONES {
        let place = Place::new();
        copy_with(&batch, &place.inbox().join(&batch), "students.csv", |bytes| {
            let mut born = BORN.iter();
            let mut lines: Vec<Vec<u8>> = Vec::new();
            for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                let mut cells: Vec<Vec<u8>> = line.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect();
                if 0 < number
                    && let Some(day) = born.next()
                {
                    cells[4] = day.as_bytes().to_vec();
                }
                lines.push(cells.join(&b','));
            }
            lines.concat()
        });
        let ran = place
            .command(&["nightly", "--quiet", "--day", &first.to_string()])
            .env("TZ", zone)
            .output()
            .map(|output| Ran::of(&output))
            .unwrap();
        assert_eq!(ran.code, 0, "{zone}: {}", ran.err);
        let sql = "select source_row, birth_date from students where source_row <= 9 order by source_row";
        let ran = Ran::of(&place.command(&["query", sql, "--format", "csv"]).env("TZ", zone).output().unwrap());
        let days: Vec<&str> = ran.out.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
        assert_eq!(days, BORN, "{zone}: {}", ran.err);
    }
}

/// The business day turns at midnight in Shanghai, wherever the machine is: also where clocks are put forward or back in that hour.
// FAULT: F9
#[test]
fn the_business_day_turns_at_midnight_in_shanghai() {
    let turns = [
        ("2012-09-02T15:59:59Z", "2012-09-02"),
        ("2012-09-02T16:00:00Z", "2012-09-03"),
        // New York puts its clocks forward at this instant, and back at the next.
        ("2013-03-10T07:00:00Z", "2013-03-10"),
        ("2013-11-03T06:00:00Z", "2013-11-03"),
        // Samoa had no 30 December 2011.
        ("2011-12-30T10:00:00Z", "2011-12-30"),
        // The last second of 32-bit time, and the one after.
        ("2038-01-19T03:14:07Z", "2038-01-19"),
        ("2038-01-19T03:14:08Z", "2038-01-19"),
        ("2040-02-29T12:00:00Z", "2040-02-29"),
    ];
    for zone in ZONES {
        for (instant, day) in turns {
            let place = Place::new();
            let report = place.folder.path().join("night.json");
            let ran = place
                .command(&["--test-mode", "--test-clock", instant, "nightly", "--quiet", "--report"])
                .arg(&report)
                .env("TZ", zone)
                .output()
                .map(|output| Ran::of(&output))
                .unwrap();
            assert_eq!(ran.code, 0, "{zone} {instant}: {}", ran.err);
            let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
            assert_eq!(report["day"], day, "{zone} {instant}");
        }
    }
}
