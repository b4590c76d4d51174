//! The HTML report: one file, nothing fetched, every text escaped.

use std::path::Path;

use reports::{
    Figures, Tree, book, chart,
    figures::{Authority, Fee, Problem, School},
};

use crate::province::province;

fn page(figures: &Figures) -> String {
    let tree = Tree::of(figures);
    book::html::page(figures, &tree, &chart::all(figures, &tree)).unwrap()
}

#[test]
fn the_page_fetches_nothing_and_is_the_same_twice() {
    // REQ: RPT-02
    let figures = province(8, 5);
    let first = page(&figures);
    assert_eq!(first, page(&figures));
    let without_namespaces = first.replace("http://www.w3.org/2000/svg", "");
    for reference in ["http://", "https://", "src=", "@import", "url(", "<link", "<img", "<iframe"] {
        assert!(!without_namespaces.contains(reference), "{reference}");
    }
    for heading in ["关键数字", "值得注意", "逐级查看", "在校生变动平衡表", "数据来源", "指标说明"]
    {
        assert!(first.contains(heading), "{heading}");
    }
}

#[test]
fn a_hostile_name_is_shown_and_not_obeyed() {
    // REQ: RPT-02
    let hostile = "<script>alert('x')</script>\"onload=\"";
    let mut figures = province(1, 2);
    figures.authorities.push(Authority {
        authority_id: hostile.into(),
        name: hostile.into(),
        level: hostile.into(),
        parent_id: None,
    });
    figures.schools.push(School {
        school_id: hostile.into(),
        name: hostile.into(),
        county_id: hostile.into(),
        kind: hostile.into(),
        ..School::default()
    });
    figures.problems.push(Problem { kind: hostile.into(), county_id: Some(hostile.into()), ..Problem::default() });
    for class in &mut figures.class_sizes {
        class.name = hostile.into();
        class.grading = "oversize".into();
    }
    for batch in &mut figures.batches {
        batch.file = hostile.into();
    }
    let page = page(&figures);
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("\"onload="));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;onload=&quot;"));
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn a_prefectures_own_schools_are_not_taken_for_the_prefecture() {
    // REQ: ORG-01, FEE-01. The prefecture's code stands at county level too, for the schools it runs itself.
    let mut figures = province(2, 5);
    figures.unit = Some("340100".into());
    let whole = figures.fees.iter().find(|fee| fee.unit_id == "340100").unwrap().clone();
    figures.fees.push(Fee { level: "county".into(), pupils: 7, amount_fen: 350, ..whole.clone() });
    figures.arrange();
    let page = page(&figures);
    let card = page.split("年度维护费（元）</span><span class=\"value\">").nth(1).unwrap();
    assert!(card.starts_with(&reports::format::yuan(whole.amount_fen)));
    assert!(page.contains("庐州市直管"));
}

#[test]
fn two_thousand_schools_are_a_few_megabytes() {
    // REQ: RPT-02
    let page = page(&province(100, 20));
    assert!(page.len() < 6_000_000, "{} bytes", page.len());
}

#[test]
fn a_report_is_written_with_all_its_files() {
    // REQ: RPT-02. The folder below the build's own is for looking at them.
    for (name, figures) in [
        ("empty", Figures::default()),
        ("county", province(1, 5)),
        ("prefecture", province(8, 5)),
        ("province", province(120, 16)),
    ] {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
        let written = reports::write(&figures, &out).unwrap();
        // A rate that no county has gets no picture.
        assert_eq!(written.charts.len(), if name == "empty" { 10 } else { 18 });
        for file in written.charts.iter().chain([&written.page, &written.workbook]) {
            assert!(file.metadata().unwrap().len() > 0, "{}", file.display());
        }
    }
}
