//! Sources, days and nights: what stands where a batch is expected, and what comes again.

use std::os::unix::fs::symlink;

use super::{
    case::{Case, case, whole},
    world::{DAY, DAY_BEFORE, NEIGHBOUR, SOURCE, World, pupils, students},
};

/// A sound batch under another source's name.
fn named(name: &'static str, source: &'static str) -> Case {
    let sql = "select count(*) as n from students where source not in ('340102', '340103')";
    case(
        name,
        move |world| {
            std::fs::remove_dir_all(world.place.inbox().join(SOURCE)).unwrap();
            world.lay_as(source, "340104", DAY, 20);
        },
        whole("UTF-8"),
    )
    .from(source)
    .asking(sql, "{\"n\":20}")
}

/// The first batch of the source is of the day before.
fn lay_before(world: &World, pupils_of_it: usize) {
    let before = world.place.inbox().join(SOURCE).join(DAY_BEFORE);
    if before.is_dir() {
        std::fs::remove_dir_all(&before).unwrap();
    }
    world.lay(SOURCE, DAY_BEFORE, pupils_of_it);
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = folders();
    cases.extend(names());
    cases.extend(nights());
    cases
}

fn folders() -> Vec<Case> {
    let moved = |name: &'static str, to: &'static str| {
        case(
            name,
            move |world| std::fs::rename(world.folder(), world.place.inbox().join(SOURCE).join(to)).unwrap(),
            "not looked at",
        )
    };
    vec![
        moved("a batch of a day to come", "2012-09-04"),
        moved("a batch of a day without zeros", "2012-9-3"),
        moved("a batch of a day that never was", "2012-02-30"),
        moved("a batch of a day in digits", "20120903"),
        moved("a batch of the year 0", "0000-01-01"),
        case(
            "a file where a batch is expected",
            |world| {
                std::fs::remove_dir_all(world.folder()).unwrap();
                std::fs::write(world.folder(), "x").unwrap();
            },
            "refused: not_a_folder",
        ),
        case(
            "a batch that is a link to another source's",
            |world| {
                std::fs::remove_dir_all(world.folder()).unwrap();
                symlink("../340103/2012-09-03", world.folder()).unwrap();
            },
            "refused: not_a_folder",
        ),
        case(
            "a source that is a link to another source",
            |world| {
                std::fs::remove_dir_all(world.place.inbox().join(SOURCE)).unwrap();
                symlink("340103", world.place.inbox().join(SOURCE)).unwrap();
            },
            "not looked at",
        ),
        case(
            "files and links lying about in the inbox",
            |world| {
                std::fs::write(world.place.inbox().join("readme.txt"), "x").unwrap();
                std::fs::write(world.place.inbox().join(SOURCE).join("readme.txt"), "x").unwrap();
                symlink("/", world.place.inbox().join("root")).unwrap();
                std::fs::create_dir(world.place.inbox().join(".hidden")).unwrap();
                std::fs::create_dir(world.place.inbox().join("empty")).unwrap();
            },
            whole("UTF-8"),
        ),
    ]
}

fn names() -> Vec<Case> {
    vec![
        named("a source in Chinese", "包河区教育局"),
        named("a source with blanks and a quotation mark", "it's a source"),
        named("a source with an equals sign and a per cent", "a=b%2Fc"),
        named("a source called as an empty partition", "__HIVE_DEFAULT_PARTITION__"),
        named("a source called null", "null"),
        named("a source that is a command to Excel", "=cmd|' !A0"),
        named("a source with a backslash", "a\\b"),
        named("a source with a line break and a colour", "a\n\u{1B}[31mb"),
        named("a source with a mark that turns the direction of writing", "a\u{202E}b"),
        named("a source with a colon, a star and a question mark", "a:b*c?d#e"),
        case(
            "a source whose name is too long for a folder of ours",
            |world| {
                world.lay_as(&"县".repeat(80), "340104", DAY, 20);
                std::fs::remove_dir_all(world.place.inbox().join(SOURCE)).unwrap();
            },
            "refused: long_name",
        )
        .from("县".repeat(80)),
        named("a source of 25 Chinese characters", "内蒙古自治区呼伦贝尔市鄂伦春自治旗教育体育局学籍科"),
        case(
            "a source whose name is hidden",
            |world| std::fs::rename(world.place.inbox().join(SOURCE), world.place.inbox().join("...")).unwrap(),
            "not looked at",
        )
        .from("..."),
    ]
}

fn nights() -> Vec<Case> {
    let shrunk = |name: &'static str, expected: &str| {
        case(
            name,
            |world| {
                lay_before(world, 200);
                std::fs::remove_dir_all(world.folder()).unwrap();
                world.lay(SOURCE, DAY, 100);
            },
            expected,
        )
    };
    vec![
        shrunk("a full export that has lost half of its pupils", "held: shrunken"),
        shrunk("the same after a person has released it", "taken [UTF-8] 100 = 100 + 0 + 0").with(&["--release", SOURCE]),
        case("a full export that has lost a twentieth and less than fifty", |world| world.put("students.csv", {
            let mut rows = students();
            rows.0.pop();
            rows.csv()
        }), "taken [UTF-8] 19 = 19 + 0 + 0").on_the_second_night(),
        case("the same batch again the next day", |_| {}, whole("UTF-8")).on_the_second_night(),
        case("the same pupils in two sources", |world| {
            world.lay_as("340199", SOURCE, DAY, 20);
        }, whole("UTF-8")).asking("select count(*) as n from students where status = '在读' and source = '340102'", "{\"n\":20}"),
        case("another pupil under a known number", |world| {
            let other = pupils("340104", 1).0[1].clone();
            let rows = students().with(2, "姓名", "赵大").with(2, "出生日期", "2005-12-31").with(2, "身份证件号", &other[5]);
            world.put("students.csv", rows.csv());
        }, "taken [UTF-8] 20 = 20 + 0 + 0; flag id_birth_date 身份证件号 row 2; flag key_changed 出生日期 row 2; flag key_changed 姓名 row 2; flag key_changed 身份证件号 row 2; flag number_differs 学籍号 row 2").on_the_second_night(),
        case("a batch refused before and put right", |world| {
            let (neighbour, aside) = (world.place.inbox().join(NEIGHBOUR), world.place.folder.path().join("aside"));
            std::fs::rename(&neighbour, &aside).unwrap();
            world.put("students.csv", "%PDF-1.7");
            let ran = world.place.xueji(&["nightly", "--quiet", "--day", DAY]);
            assert_eq!(ran.code, 1, "{}", ran.err);
            std::fs::rename(&aside, &neighbour).unwrap();
            world.put("students.csv", students().csv());
        }, whole("UTF-8")),
    ]
}
