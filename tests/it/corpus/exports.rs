//! What leaves the program: nothing in it is run by a spreadsheet, a browser or a terminal.

use calamine::{Data, Reader, Xlsx, open_workbook};

use super::{
    case::{Case, case, whole},
    world::{SOURCE, World, classes, schools, students},
};
use crate::province::Ran;

/// Beginnings that a spreadsheet runs.
const HOSTILE: [&str; 5] = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\tx"];

/// A batch whose names all begin as formulas do.
fn hostile(world: &World) {
    world.put(
        "schools.csv",
        schools(SOURCE)
            .with(2, "学校名称", "=HYPERLINK(\"\"x\"\")")
            .csv()
            .replace("=HYPERLINK(\"\"x\"\")", "\"=HYPERLINK(\"\"x\"\")\""),
    );
    world.put("classes.csv", classes(SOURCE).with(2, "班级名称", "@SUM(1)<script>alert(1)</script>").csv());
    let mut rows = students().with(7, "就读方式", "=cmd|' /C calc'!A0");
    for (at, start) in HOSTILE.iter().enumerate().take(4) {
        rows = rows.with(2 + at, "姓名", start).with(2 + at, "现住址", start);
    }
    world.put("students.csv", rows.csv());
}

fn flagged() -> String {
    format!("{}; flag optional_code 就读方式 row 7", whole("UTF-8"))
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("names that are formulas, asked for as CSV", hostile, flagged()).and(csv),
        case("names that are formulas, in a workbook of inspectors", hostile, flagged()).and(inspectors),
        case("names that are formulas and scripts, in reports", hostile, flagged()).and(report),
        case(
            "names that would command a terminal, asked for as a table",
            |world| {
                world.put("students.csv", students().with(2, "姓名", "王\u{1B}]0;x\u{7}明\u{1B}[2J").csv());
            },
            whole("UTF-8"),
        )
        .and(terminal),
    ]
}

fn csv(world: &World, _: &Ran) -> Result<(), String> {
    for sql in [
        "select name, address from identities",
        "select upper(name) as name, concat('', address) as address from identities",
        "select trim(name) || '' as name, substr(address, 1) as address from identities",
        "select max(name) as name, min(address) as address from identities group by pupil_id",
        "select name, array_agg(address)[1] as address from identities group by name",
        "select coalesce(name, 'x') as name, case when true then address end as address from identities",
        "select arrow_cast(name, 'LargeUtf8') as name, arrow_cast(address, 'Utf8View') as address from identities",
        "select arrow_cast(name, 'Dictionary(Int32, Utf8)') as name, address from identities",
    ] {
        let ran = world.place.xueji(&["query", sql, "--format", "csv", "--vault", "corpus"]);
        let hot = ran
            .out
            .lines()
            .skip(1)
            .flat_map(|line| line.split(','))
            .map(|cell| cell.trim_matches('"'))
            .find(|cell| cell.starts_with(['=', '+', '-', '@', '\t']));
        if ran.code != 0 || ran.out.lines().count() < 3 {
            return Err(format!("{sql}: {}", ran.err));
        }
        if let Some(cell) = hot {
            return Err(format!("{sql} gives the cell {cell}"));
        }
    }
    let heads = world.place.xueji(&["query", "select 1 as \"=1+1\"", "--format", "csv"]);
    if heads.out.starts_with(['=', '"']) { Err(format!("a header is {}", heads.out)) } else { Ok(()) }
}

/// Every cell of a workbook that begins as a formula does is a text, and there is no formula.
fn no_formula(path: &std::path::Path, must_hold: &str) -> Result<(), String> {
    let mut book: Xlsx<_> = open_workbook(path).map_err(|error| format!("{error}"))?;
    let mut seen = false;
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).map_err(|error| format!("{error}"))?;
        if let Some((row, column, formula)) = formulas.used_cells().find(|(_, _, formula)| {
            formula.contains("HYPERLINK") || formula.contains("SUM(1)") || formula.contains("cmd")
        }) {
            return Err(format!("{name} has the formula {formula} in {row}/{column}"));
        }
        let cells = book.worksheet_range(&name).map_err(|error| format!("{error}"))?;
        seen |= cells.used_cells().any(|(_, _, cell)| matches!(cell, Data::String(text) if text.contains(must_hold)));
    }
    if seen { Ok(()) } else { Err(format!("{must_hold} is nowhere in the workbook")) }
}

fn inspectors(world: &World, _: &Ran) -> Result<(), String> {
    let path = world.place.folder.path().join("lists.xlsx");
    let ran = world.place.xueji(&["inspect", "--out", &path.display().to_string()]);
    if ran.code != 0 {
        return Err(ran.err);
    }
    no_formula(&path, "=HYPERLINK")
}

fn report(world: &World, _: &Ran) -> Result<(), String> {
    let folder = world.place.folder.path().join("reports");
    let ran = world.place.xueji(&["report", "--out", &folder.display().to_string()]);
    if ran.code != 0 {
        return Err(ran.err);
    }
    for entry in std::fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
        let path = entry.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("xlsx") => no_formula(&path, "=HYPERLINK")?,
            Some("html") => {
                let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
                if text.contains("<script>alert") || text.contains("=HYPERLINK(\"x\")") {
                    return Err("the page carries what a source wrote, unescaped".into());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn terminal(world: &World, _: &Ran) -> Result<(), String> {
    let ran = world.place.xueji(&["query", "select name from identities", "--vault", "corpus"]);
    match ran.out.chars().find(|letter| letter.is_control() && *letter != '\n') {
        Some(odd) => Err(format!("the terminal is told {odd:?}")),
        None if ran.code == 0 => Ok(()),
        None => Err(ran.err),
    }
}
