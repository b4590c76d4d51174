//! Pictures: the same bytes for the same figures, legible, with real glyphs.

use expect_test::expect_file;
use reports::{
    Tree,
    chart::{self, Chart, Width, picture::Picture, pyramid, theme},
    figures::{Authority, Enrolment, Figures, RunInfo, School},
};

use crate::province::{province, today};

fn charts(figures: &Figures) -> Vec<Chart> {
    chart::all(figures, &Tree::of(figures))
}

/// A hamlet: one school with two grades.
fn hamlet() -> Figures {
    let row = |grade, sex: &str, pupils| Enrolment {
        school_id: "3401020001".into(),
        stage: "小学".into(),
        grade,
        sex: sex.into(),
        pupils,
    };
    let mut figures = Figures {
        run: RunInfo { run_id: 1, day: today() },
        authorities: vec![Authority {
            authority_id: "340102".into(),
            name: "<b>瑶海&区</b>".into(),
            level: "county".into(),
            parent_id: None,
        }],
        schools: vec![School {
            school_id: "3401020001".into(),
            name: "一小".into(),
            county_id: "340102".into(),
            ..School::default()
        }],
        enrolment: vec![row(1, "男", 12), row(1, "女", 10), row(2, "男", 9), row(2, "女", 11)],
        ..Figures::default()
    };
    figures.arrange();
    figures
}

#[test]
fn a_picture_is_what_was_reviewed_and_shows_hostile_names_as_text() {
    // REQ: RPT-01
    let figures = hamlet();
    let svg = pyramid::draw(&figures, &Tree::of(&figures), Width::Wide).svg().unwrap();
    expect_file!["../golden/pyramid.svg"].assert_eq(&svg);
    assert!(!svg.contains("<b>"));
    assert!(svg.contains("&lt;b&gt;瑶海&amp;区&lt;/b&gt;"));
}

#[test]
fn equal_figures_make_equal_bytes_in_whatever_order_they_come() {
    // REQ: RPT-01
    let first = province(8, 5);
    let mut second = first.clone();
    second.enrolment.reverse();
    second.transfer_flows.reverse();
    second.class_sizes.reverse();
    second.trend.reverse();
    second.arrange();
    for (one, other) in charts(&first).iter().zip(charts(&second)) {
        assert_eq!(one.wide.svg().unwrap(), other.wide.svg().unwrap(), "{}", one.name);
        assert_eq!(one.narrow.svg().unwrap(), other.narrow.svg().unwrap(), "{}", one.name);
        assert!(one.wide.png().unwrap() == other.wide.png().unwrap(), "{}", one.name);
    }
}

#[test]
fn chinese_in_a_png_is_glyphs_and_not_boxes() {
    // REQ: RPT-01. Each character leaves other ink than the box that stands for a missing one, without any system font.
    let ink = |text: &str| {
        let mut picture = Picture::new("", "", 60);
        picture.end_at(60.0);
        picture.text((30.0, 30.0), text, 40.0, theme::INK, chart::picture::Align::Centre);
        picture.png().unwrap()
    };
    let missing = ink("\u{E000}");
    let mut seen = vec![ink(" "), missing];
    for character in ["学", "籍", "辍", "濮", "鄠", "8", "％"] {
        let drawn = ink(character);
        assert!(!seen.contains(&drawn), "{character}");
        seen.push(drawn);
    }
}

#[test]
fn labels_stay_within_the_picture_and_off_each_other() {
    // REQ: RPT-01. Nothing, one county, eight and a hundred and twenty.
    for figures in [Figures::default(), hamlet(), province(1, 5), province(8, 5), province(120, 4)] {
        for chart in charts(&figures) {
            for picture in [&chart.wide, &chart.narrow] {
                check_labels(&chart.name, figures.authorities.len(), picture);
            }
        }
    }
}

fn check_labels(name: &str, units: usize, picture: &Picture) {
    let boxes = picture.text_boxes();
    for (place, one) in boxes.iter().enumerate() {
        assert!(
            one.0 >= -1.0 && one.2 <= picture.width() + 1.0,
            "{name} of {units} units: `{}` is cut: {one:?}",
            one.4
        );
        assert!(one.1 >= 0.0 && one.3 <= picture.height(), "{name} of {units} units: `{}` is cut: {one:?}", one.4);
        for other in &boxes[place + 1..] {
            let apart =
                one.2 <= other.0 + 1.0 || other.2 <= one.0 + 1.0 || one.3 <= other.1 + 3.0 || other.3 <= one.1 + 3.0;
            assert!(apart, "{name} of {units} units: `{}` and `{}` overlap: {one:?} {other:?}", one.4, other.4);
        }
    }
}
