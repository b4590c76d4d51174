//! What stands on the pages, read from the set document itself.

use typst::layout::{Frame, FrameItem};

use super::*;
use crate::{Kind, from_json};

fn texts(frame: &Frame, text: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => texts(&group.frame, text),
            FrameItem::Text(item) => text.push_str(&item.text),
            _ => {}
        }
    }
}

/// The text of every page, without the spaces between words.
fn pages(paper: &Paper) -> Vec<String> {
    let page = |page: &typst_layout::Page| {
        let mut text = String::new();
        texts(&page.frame, &mut text);
        text.replace([' ', '\u{200B}'], "")
    };
    document(paper).unwrap().pages().iter().map(page).collect()
}

fn class_of(pupils: usize) -> Paper {
    let mut facts: Value = serde_json::from_str(include_str!("../../examples/facts/class_list.json")).unwrap();
    let pupil = |at: usize| json!({ "name": format!("周{at:03}"), "student_no": format!("G34199920120{at:03}0011") });
    facts["pupils"] = (0..pupils).map(pupil).collect();
    facts["names"] = "whole".into();
    from_json(Kind::ClassList, &facts.to_string()).unwrap()
}

#[test]
fn a_long_list_goes_over_pages_complete_and_with_its_header() {
    // REQ: CLS-03
    let paper = class_of(300);
    let pages = pages(&paper);
    assert_eq!(page_count(&paper), Ok(pages.len()));
    assert!(pages.len() > 5, "{} pages", pages.len());
    for (at, page) in pages.iter().enumerate() {
        let footer = format!("第{}页　共{}页", at + 1, pages.len());
        assert!(page.contains(&footer), "page {} has no {footer}", at + 1);
        assert!(page.contains("公示〔2025〕第7号"));
        assert!(page.contains("学籍号（已遮蔽）") || at + 1 == pages.len());
    }
    let all = pages.concat();
    for at in 0..300 {
        assert_eq!(all.matches(&format!("周{at:03}")).count(), 1);
    }
}

#[test]
fn text_of_people_is_not_markup() {
    // REQ: DRP-02
    let mut facts: Value = serde_json::from_str(include_str!("../../examples/facts/dropout_letter.json")).unwrap();
    let hostile = "#sys.inputs *粗* $x$ \\ @a <b> `c` // [d] \"e\" 'f' = -";
    facts["pupils"][0]["pupil"]["name"] = hostile.into();
    facts["township"] = "= 标题".into();
    let all = pages(&from_json(Kind::DropoutLetter, &facts.to_string()).unwrap()).concat();
    assert!(all.contains(&hostile.replace(' ', "")), "{all}");
    assert!(all.contains("=标题："));
}

#[test]
fn characters_the_font_lacks_are_marked_and_listed() {
    // REQ: DRP-02
    let paper = from_json(Kind::DropoutLetter, include_str!("../../examples/facts/dropout_letter.json")).unwrap();
    assert_eq!(missing_glyphs(&paper), ['𠮷']);
    let all = pages(&paper).concat();
    assert!(all.contains("=<b>'〓") && all.contains("字库缺字（统一码）：〓为U+20BB7。"), "{all}");
    assert!(!all.contains('𠮷'));
}

#[test]
fn a_very_long_name_stays_on_the_page() {
    // REQ: GRD-03
    let mut facts: Value = serde_json::from_str(include_str!("../../examples/facts/class_list.json")).unwrap();
    facts["names"] = "whole".into();
    let long = ["迪丽努尔·", &"阿".repeat(80), &"a".repeat(300)].concat();
    facts["pupils"][0]["name"] = long.clone().into();
    let paper = from_json(Kind::ClassList, &facts.to_string()).unwrap();
    let document = document(&paper).unwrap();
    assert!(pages(&paper).concat().contains(&long));
    for page in document.pages() {
        let width = page.frame.width();
        assert!(right_edge(&page.frame, typst::layout::Abs::zero()) <= width, "text runs off the page");
    }
}

fn right_edge(frame: &Frame, left: typst::layout::Abs) -> typst::layout::Abs {
    let edge = |(point, item): &(typst::layout::Point, FrameItem)| match item {
        FrameItem::Group(group) => right_edge(&group.frame, left + point.x),
        FrameItem::Text(text) => left + point.x + text.width(),
        _ => left,
    };
    frame.items().map(edge).fold(left, |right, edge| if right < edge { edge } else { right })
}

#[test]
fn a_ragged_table_is_refused() {
    let mut paper = class_of(3);
    for block in &mut paper.blocks {
        if let Block::Table(table) = block {
            table.rows[1].pop();
        }
    }
    assert_eq!(pdf(&paper), Err(PaperError::Ragged { row: 2 }));
}

#[test]
fn no_number_is_broken_and_no_cell_overflows() {
    assert_eq!(breakable("G341126201503010016"), "G341126201503010016");
    assert_eq!(breakable(&"a".repeat(60)).matches('\u{200B}').count(), 2);
}

#[test]
fn the_world_has_no_files() {
    let sheet = Sheet::empty();
    let other = RootedPath::new(VirtualRoot::Project, VirtualPath::new("other.typ").unwrap()).intern();
    assert!(sheet.source(other).is_err() && sheet.file(TEMPLATE.id()).is_err());
    assert!(sheet.today(None).is_none() && sheet.font(1).is_none());
}
