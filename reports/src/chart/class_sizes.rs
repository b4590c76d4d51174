//! Classes by their number of pupils, a panel for each stage, with the standard and the bands of 大班额 marked.

use std::collections::BTreeMap;

use super::{
    MARGIN, Width, begin, finish, legend, nothing,
    picture::{Align, Picture},
    scale::{Scale, ticks},
    theme,
};
use crate::{
    figures::{ClassSize, Figures, Standard, Tree},
    format, label,
};

const BIN: i64 = 5;

/// The gradings, from the bottom of a bar to its top.
const GRADINGS: [&str; 4] = ["within", "over", "large", "oversize"];

/// Draws the histogram.
pub fn draw(figures: &Figures, tree: &Tree, width: Width) -> Picture {
    let title = format!("{}的班额", tree.title(figures));
    if tree.totals.classes == 0 {
        return nothing(&title, "没有有学生的班级。", width, figures);
    }
    let totals = &tree.totals;
    let share = |classes: i64| format::percent(classes as f64 / totals.classes.max(1) as f64);
    let empty = match totals.empty_classes {
        0 => String::new(),
        empty => format!("另有 {} 个没有学生的班级未画。", format::count(empty)),
    };
    let about = format!(
        "单位：班（每柱 5 人一档）。共 {} 个班；超标准 {} 个，其中大班额（56 人及以上）{} 个、占 {}，超大班额（66 人及以上）{} 个、占 {}。{empty}",
        format::count(totals.classes),
        format::count(totals.over),
        format::count(totals.large),
        share(totals.large),
        format::count(totals.oversize),
        share(totals.oversize),
    );
    let about = match figures.standards.first() {
        Some(first) => about
            .replace("56 人及以上", &format!("{} 人及以上", first.large_from))
            .replace("66 人及以上", &format!("{} 人及以上", first.oversize_from)),
        None => about,
    };
    let (mut picture, mut top) = begin(&title, &about, width);
    let keys = GRADINGS.map(|grading| (theme::grading(grading), label::grading(grading)));
    top += legend(&mut picture, top + 4.0, &keys) + 6.0;

    let stages = stages(figures);
    let columns = if width == Width::Wide { stages.len().min(3) } else { 1 };
    let gap = 26.0;
    let wide = (picture.width() - 2.0 * MARGIN - gap * (columns as f64 - 1.0)) / columns as f64;
    let high = if width == Width::Wide { 330.0 } else { 250.0 };
    for (place, (stage, classes)) in stages.iter().enumerate() {
        let left = MARGIN + (place % columns) as f64 * (wide + gap);
        let y = top + (place / columns) as f64 * (high + 24.0);
        panel(&mut picture, (left, y), (left + wide, y + high), &standard_of(figures, stage, classes), classes);
    }
    let rows = stages.len().div_ceil(columns) as f64;
    finish(picture, top + rows * (high + 24.0) - 18.0, figures)
}

fn stages(figures: &Figures) -> Vec<(&str, Vec<&ClassSize>)> {
    let mut stages: BTreeMap<(usize, &str), Vec<&ClassSize>> = BTreeMap::new();
    for class in figures.class_sizes.iter().filter(|class| class.pupils > 0) {
        stages.entry((label::stage_order(&class.stage), &class.stage)).or_default().push(class);
    }
    stages.into_iter().map(|((_, stage), classes)| (stage, classes)).collect()
}

fn standard_of(figures: &Figures, stage: &str, classes: &[&ClassSize]) -> Standard {
    figures.standards.iter().find(|standard| standard.stage == stage).cloned().unwrap_or_else(|| Standard {
        stage: stage.to_owned(),
        standard: classes.iter().map(|class| class.standard).max().unwrap_or(50),
        large_from: 56,
        oversize_from: 66,
    })
}

fn panel(
    picture: &mut Picture,
    (left, top): (f64, f64),
    (right, bottom): (f64, f64),
    standard: &Standard,
    classes: &[&ClassSize],
) {
    let heading = format!("{}（{} 个班）", standard.stage, format::count(classes.len() as i64));
    picture.bold((left, top + 8.0), &heading, theme::LABEL, theme::INK, Align::Left);

    // 1–5, 6–10 … so that 45, 50, 55 and 65 end a bin.
    let mut bins: BTreeMap<i64, [i64; 4]> = BTreeMap::new();
    for class in classes {
        let grading = GRADINGS.iter().position(|grading| *grading == class.grading).unwrap_or(0);
        bins.entry((class.pupils + BIN - 1).div_euclid(BIN)).or_default()[grading] += 1;
    }
    let highest = bins.keys().next_back().copied().unwrap_or(0).max(15);
    let last = highest.min(24);
    let beyond = bins.split_off(&(last + 1));
    for (into, from) in beyond.values().flat_map(|classes| classes.iter().enumerate()) {
        bins.entry(last).or_default()[into] += from;
    }
    let first = bins.keys().next().copied().unwrap_or(0).min(5);

    let most: i64 = bins.values().map(|classes| classes.iter().sum()).max().unwrap_or(1);
    let marks = ticks(0.0, most as f64, 4, 1.0);
    let names: Vec<String> = marks.iter().map(|mark| format::count(*mark as i64)).collect();
    let axis_left = left + names.iter().map(|name| theme::text_width(name, theme::SMALL)).fold(0.0, f64::max) + 8.0;
    let axis_bottom = bottom - 40.0;
    let y = Scale::new((0.0, marks.last().copied().unwrap_or(1.0)), (axis_bottom, top + 84.0));
    for (mark, name) in marks.iter().zip(&names) {
        picture.line(vec![(axis_left, y.at(*mark)), (right, y.at(*mark))], 1, theme::GRID);
        picture.text((axis_left - 6.0, y.at(*mark)), name, theme::SMALL, theme::QUIET, Align::Right);
    }

    let x = Scale::new(((first - 1) as f64, last as f64), (axis_left, right));
    let bar = (x.at(1.0) - x.at(0.0)).max(2.0);
    for (bin, classes) in &bins {
        let from = x.at((bin - 1) as f64);
        let mut below = 0;
        for (grading, classes) in GRADINGS.iter().zip(classes).filter(|(_, classes)| **classes > 0) {
            let (foot, head) = (y.at(below as f64), y.at((below + classes) as f64).min(axis_bottom - 2.0));
            picture.rect((from + 1.0, head), (from + bar - 1.0, foot), theme::grading(grading));
            below += classes;
        }
        let name = format::count(below);
        if theme::text_width(&name, 11.0) <= bar + 1.0 {
            let head = y.at(below as f64).min(axis_bottom - 2.0);
            picture.text((from + bar / 2.0, head - 8.0), &name, 11.0, theme::INK, Align::Centre);
        }
    }
    picture.line(vec![(axis_left, axis_bottom), (right, axis_bottom)], 1, theme::AXIS);
    for bin in (first..=last).filter(|bin| bin % 2 == 0) {
        let name = if bin == last && !beyond.is_empty() {
            format!("{}+", (bin - 1) * BIN + 1)
        } else {
            (bin * BIN).to_string()
        };
        let at = x.at(bin as f64);
        picture.line(vec![(at, axis_bottom), (at, axis_bottom + 4.0)], 1, theme::AXIS);
        let half = theme::text_width(&name, theme::SMALL) / 2.0;
        picture.text(
            (at.min(right + 8.0 - half), axis_bottom + 14.0),
            &name,
            theme::SMALL,
            theme::QUIET,
            Align::Centre,
        );
    }
    picture.text(
        (f64::midpoint(axis_left, right), bottom - 8.0),
        "每班学生数（人）",
        theme::SMALL,
        theme::QUIET,
        Align::Centre,
    );

    let bands = [
        (standard.standard, format!("标准 {}", standard.standard)),
        (standard.large_from - 1, format!("大班额 ≥{}", standard.large_from)),
        (standard.oversize_from - 1, format!("超大班额 ≥{}", standard.oversize_from)),
    ];
    // The rightmost line is the tallest, so that no line runs through the words of another.
    for (place, (limit, words)) in bands.iter().rev().enumerate() {
        let at = x.at(*limit as f64 / BIN as f64);
        let words_at = top + 30.0 + 16.0 * place as f64;
        picture.line(vec![(at, words_at), (at, axis_bottom)], 1, theme::MARK);
        picture.text((at - 5.0, words_at), words, theme::SMALL, theme::MARK, Align::Right);
    }
}
