//! What people open: the page, the book, the pictures, the statement, the lists.

use calamine::{Reader, Xlsx, open_workbook};

use crate::province::{Place, days};

fn province() -> Place {
    let place = Place::new();
    for day in days() {
        place.put_day(day);
    }
    let last = *days().last().unwrap();
    assert_eq!(place.night(last).0.code, 0);
    place
}

// REQ: RPT-01 RPT-02
#[test]
fn a_report_is_whole_self_contained_and_the_same_twice() {
    let place = province();
    let (one, two) = (place.folder.path().join("one"), place.folder.path().join("two"));
    for out in [&one, &two] {
        let ran = place.xueji(&["report", "--out", &out.display().to_string()]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    for name in ["report.html", "report.xlsx"] {
        assert!(std::fs::read(one.join(name)).unwrap() == std::fs::read(two.join(name)).unwrap(), "{name} differs");
    }
    let mut pictures = 0;
    for entry in std::fs::read_dir(one.join("charts")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            std::fs::read(&path).unwrap() == std::fs::read(two.join("charts").join(path.file_name().unwrap())).unwrap()
        );
        pictures += 1;
    }
    assert!(12 <= pictures, "six charts, each as SVG and PNG: {pictures}");
    let page = std::fs::read_to_string(one.join("report.html")).unwrap();
    for reaching_out in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(reaching_out), "the page reaches for the network: {reaching_out}");
    }
}

/// REQ: FEE-01. The workbook's money adds up to the fen and its codes are text.
#[test]
fn the_fee_workbook_adds_up() {
    let place = province();
    let file = place.folder.path().join("fees.xlsx");
    let ran = place.xueji(&["fees", "--year", "2013", "--out", &file.display().to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let fen = place.number("select sum(amount_fen) from fees where fee_year = 2013 and level = 'province'");
    let mut book: Xlsx<_> = open_workbook(&file).unwrap();
    let sheet = book.worksheet_range("全省").unwrap();
    let numbers: Vec<f64> = sheet
        .used_cells()
        .filter_map(|(_, _, cell)| match cell {
            calamine::Data::Float(value) => Some(*value),
            calamine::Data::Int(value) => Some(*value as f64),
            _ => None,
        })
        .collect();
    assert!(numbers.contains(&(fen as f64)), "{fen} fen stand in the book: {numbers:?}");
    let unknown = place.xueji(&["fees", "--year", "1999"]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
}

#[test]
fn inspectors_get_their_lists() {
    let place = province();
    for (kind, sql) in [
        ("class-size", "select count(*) from class_sizes where grading <> 'within'"),
        ("unexplained", "select count(*) from unexplained"),
        ("separation", "select count(*) from separation"),
    ] {
        let ran = place.xueji(&["inspect", "--kind", kind]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            ran.out.contains(&format!("({})", place.number(sql))),
            "{kind}: {}",
            ran.out.lines().next().unwrap_or_default()
        );
    }
    let file = place.folder.path().join("lists.xlsx");
    assert_eq!(place.xueji(&["inspect", "--out", &file.display().to_string()]).code, 0);
    let book: Xlsx<_> = open_workbook(&file).unwrap();
    assert_eq!(book.sheet_names().len(), 6);
}
