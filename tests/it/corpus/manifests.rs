//! Manifests that are right, that lie, and that can't be understood.

use sha2::{Digest, Sha256};

use super::{
    case::{Case, case, whole},
    world::{World, changes, students},
};

const FILES: [&str; 5] = ["authorities.csv", "schools.csv", "classes.csv", "students.csv", "changes.csv"];

/// A manifest that is true of the batch, with what is to be said of the pupils' file.
fn manifest(world: &World, of_students: &str) -> String {
    let files: Vec<String> = FILES
        .iter()
        .map(|name| match *name {
            "students.csv" => format!("\"{name}\": {of_students}"),
            name => format!("\"{name}\": {{\"sha256\": \"{}\"}}", sha256(world, name)),
        })
        .collect();
    format!("{{\"mode\": \"full\", \"files\": {{{}}}}}", files.join(", "))
}

fn sha256(world: &World, name: &str) -> String {
    let bytes = std::fs::read(world.path(name)).unwrap();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn cases() -> Vec<Case> {
    let says = |name: &'static str, of_students: &'static str, expected: String| {
        case(name, move |world| world.put("manifest.json", manifest(world, of_students)), expected)
    };
    let is = |name: &'static str, text: &'static str, expected: String| {
        case(name, move |world| world.put("manifest.json", text), expected)
    };
    let unreadable = || "held: manifest_unreadable manifest.json".to_owned();
    let mut cases = vec![
        case(
            "a manifest that is true",
            |world| {
                let students =
                    format!("{{\"rows\": 20, \"sha256\": \"{}\"}}", sha256(world, "students.csv").to_uppercase());
                world.put("manifest.json", format!("\u{FEFF}{}", manifest(world, &students)));
            },
            whole("UTF-8"),
        ),
        says("a manifest that promises a row more", "{\"rows\": 21}", "held: manifest_rows students.csv".into()),
        says("a manifest that promises no rows", "{\"rows\": 0}", "held: manifest_rows students.csv".into()),
        says(
            "a manifest with another digest",
            "{\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\"}",
            "held: manifest_differs students.csv".into(),
        ),
        says(
            "a manifest with a digest of another kind",
            "{\"sha256\": \"md5:d41d8cd98f00b204e9800998ecf8427e\"}",
            "held: manifest_differs students.csv".into(),
        ),
        says("a manifest whose rows are text", "{\"rows\": \"20\"}", unreadable()),
        says("a manifest whose rows are less than none", "{\"rows\": -1}", unreadable()),
        says("a manifest whose rows are a fraction", "{\"rows\": 20.5}", unreadable()),
        says("a manifest whose digest is a number", "{\"sha256\": 20}", unreadable()),
        says(
            "a manifest that counts a quintillion rows",
            "{\"rows\": 18446744073709551615}",
            "held: manifest_rows students.csv".into(),
        ),
        case(
            "a manifest that lists a file that is not there",
            |world| {
                let text = manifest(world, "{}").replace("\"students.csv\"", "\"aid.csv\": {}, \"students.csv\"");
                world.put("manifest.json", text);
            },
            "held: manifest_differs aid.csv",
        ),
        case(
            "a manifest that leaves out a file",
            |world| {
                let text = manifest(world, "{}").replace("\"students.csv\": {}, ", "");
                world.put("manifest.json", text);
            },
            "held: manifest_differs students.csv",
        ),
        case(
            "a table that the manifest lists and that did not come",
            |world| {
                world.put("manifest.json", manifest(world, "{}"));
                world.drop("students.csv");
            },
            "held: manifest_differs students.csv; missing_table",
        ),
        is("a manifest of broken JSON", "{\"mode\": \"full\", \"files\": {\"stu", unreadable()),
        is("an empty manifest", "", unreadable()),
        is("a manifest that is a number", "42", unreadable()),
        is("a manifest that is a list", "[\"students.csv\"]", unreadable()),
        is("a manifest of another mode", "{\"mode\": \"partly\"}", unreadable()),
        is("a manifest whose mode is a number", "{\"mode\": 1}", unreadable()),
        is("a manifest whose files are text", "{\"files\": \"students.csv\"}", unreadable()),
        is("a manifest that says nothing", "{}", whole("UTF-8")),
        is("a manifest in UTF-16", "\u{FFFE}{\0}\0", unreadable()),
        is(
            "a manifest that climbs out of the batch",
            "{\"files\": {\"../../340103/2012-09-03/students.csv\": {}}}",
            "refused: outside_path ../../340103/2012-09-03/students.csv".into(),
        ),
        is(
            "a manifest that names a file by its whole path",
            "{\"files\": [\"/etc/passwd\"]}",
            "refused: outside_path /etc/passwd".into(),
        ),
        is(
            "a manifest that climbs out with backslashes",
            "{\"files\": [\"..\\\\students.csv\"]}",
            "refused: outside_path ..\\\\students.csv".into(),
        ),
        is(
            "a manifest that names a NUL",
            "{\"files\": [\"students.csv\\u0000\"]}",
            "refused: outside_path students.csv\\0".into(),
        ),
    ];
    cases.push(case(
        "a manifest nested a million deep",
        |world| world.put("manifest.json", "[".repeat(1_000_000)),
        unreadable(),
    ));
    cases.push(case(
        "a manifest of 20 MB",
        |world| world.put("manifest.json", format!("{{\"files\": {{}}, \"x\": \"{}\"}}", "x".repeat(20 << 20))),
        unreadable(),
    ));
    cases.push(
        case(
            "no manifest where the source always had one",
            |world| {
                let before =
                    world.place.inbox().join(super::world::SOURCE).join(super::world::DAY_BEFORE).join("manifest.json");
                std::fs::write(before, "{}").unwrap();
            },
            "held: manifest_missing manifest.json",
        )
        .on_the_second_night(),
    );
    cases.push(
        case(
            "changes alone that would let everybody else stand",
            |world| {
                let mut rows = students();
                rows.0.truncate(2);
                world.put("students.csv", rows.csv());
                world.put("changes.csv", changes().csv());
                world.put("manifest.json", "{\"mode\": \"changes\"}");
            },
            "taken [UTF-8] 1 = 1 + 0 + 0",
        )
        .on_the_second_night()
        .asking("select count(*) as n from students where source = '340102'", "{\"n\":20}"),
    );
    cases
}
