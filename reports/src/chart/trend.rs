//! Enrolment over days: one panel for each stage and one for all, each with its own axis, so that small changes are seen.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{
    MARGIN, Width, begin, finish, nothing,
    picture::{Align, Picture},
    scale::{Scale, ticks},
    theme,
};
use crate::{
    figures::{Figures, Tree},
    format,
    label::stage_order,
};

/// Draws the trend.
pub fn draw(figures: &Figures, tree: &Tree, width: Width) -> Picture {
    let title = format!("{}在读学生数变化", tree.title(figures));
    let panels = panels(figures);
    let days: Vec<NaiveDate> =
        panels.first().map(|(_, points)| points.iter().map(|(day, _)| *day).collect()).unwrap_or_default();
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
        return nothing(&title, "没有到这一天为止的学籍变动。", width, figures);
    };

    let about = format!("单位：人。{}至{}；各图纵轴不同，且不从零起。", format::day(first), format::day(last));
    let (mut picture, top) = begin(&title, &about, width);
    let columns = if width == Width::Wide && panels.len() > 1 { 2 } else { 1 };
    let gap = 28.0;
    let wide = (picture.width() - 2.0 * MARGIN - gap * (columns as f64 - 1.0)) / columns as f64;
    let high = 190.0;
    for (place, (stage, points)) in panels.iter().enumerate() {
        let left = MARGIN + (place % columns) as f64 * (wide + gap);
        let y = top + (place / columns) as f64 * (high + 26.0);
        panel(&mut picture, (left, y), (left + wide, y + high), stage, points);
    }
    let rows = panels.len().div_ceil(columns) as f64;
    finish(picture, top + rows * (high + 26.0) - 18.0, figures)
}

type Points = Vec<(NaiveDate, i64)>;

fn panels(figures: &Figures) -> Vec<(String, Points)> {
    let mut stages: BTreeMap<(usize, &str), BTreeMap<NaiveDate, i64>> = BTreeMap::new();
    let mut all: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for point in &figures.trend {
        *stages.entry((stage_order(&point.stage), &point.stage)).or_default().entry(point.day).or_default() +=
            point.pupils;
        *all.entry(point.day).or_default() += point.pupils;
    }
    let mut panels = Vec::new();
    if stages.len() != 1 && !all.is_empty() {
        panels.push(("全部学段".to_owned(), all.into_iter().collect()));
    }
    panels.extend(stages.into_iter().map(|((_, stage), points)| (stage.to_owned(), points.into_iter().collect())));
    panels
}

fn panel(picture: &mut Picture, (left, top): (f64, f64), (right, bottom): (f64, f64), stage: &str, points: &Points) {
    let (Some((first, opening)), Some((last, closing))) = (points.first(), points.last()) else { return };
    picture.bold((left, top + 8.0), stage, theme::LABEL, theme::INK, Align::Left);
    let change = closing - opening;
    let change = if points.len() > 1 {
        format!(" ({}{})", if change > 0 { "+" } else { "" }, format::count(change))
    } else {
        String::new()
    };
    let now = format!("{}{change}", format::count(*closing));
    picture.bold((right, top + 8.0), &now, theme::LABEL, theme::MAIN, Align::Right);

    let low = points.iter().map(|(_, pupils)| *pupils).min().unwrap_or(0) as f64;
    let high = points.iter().map(|(_, pupils)| *pupils).max().unwrap_or(0) as f64;
    let around = (high * 0.002).max(2.0);
    let marks = ticks((low - (high - low) * 0.1 - around).max(0.0), high + (high - low) * 0.1 + around, 4, 1.0);
    let ends = (marks.first().copied().unwrap_or(0.0), marks.last().copied().unwrap_or(1.0));
    let names: Vec<String> = marks.iter().map(|mark| format::count(*mark as i64)).collect();
    let axis_left = left + names.iter().map(|name| theme::text_width(name, theme::SMALL)).fold(0.0, f64::max) + 10.0;
    let axis_bottom = bottom - 22.0;
    let y = Scale::new(ends, (axis_bottom, top + 30.0));
    for (mark, name) in marks.iter().zip(&names) {
        picture.line(vec![(axis_left, y.at(*mark)), (right, y.at(*mark))], 1, theme::GRID);
        picture.text((axis_left - 8.0, y.at(*mark)), name, theme::SMALL, theme::QUIET, Align::Right);
    }

    let span = (last.num_days_from_ce() - first.num_days_from_ce()) as f64;
    let x = Scale::new((0.0, span), (axis_left + 6.0, right - 8.0));
    let across = |day: NaiveDate| {
        if span > 0.0 {
            x.at(f64::from(day.num_days_from_ce() - first.num_days_from_ce()))
        } else {
            f64::midpoint(axis_left, right)
        }
    };
    day_marks(picture, *first, *last, &across, (axis_left, right, axis_bottom));

    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (day, pupils) in points {
        let here = (across(*day), y.at(*pupils as f64));
        if let Some((_, before)) = steps.last().copied() {
            steps.push((here.0, before));
        }
        steps.push(here);
    }
    if let (Some(start), Some(end)) = (steps.first(), steps.last()) {
        let mut under = steps.clone();
        under.push((end.0, axis_bottom));
        under.push((start.0, axis_bottom));
        if points.len() > 1 {
            picture.area(under, theme::MAIN_LIGHT);
        }
    }
    picture.line(vec![(axis_left, axis_bottom), (right, axis_bottom)], 1, theme::AXIS);
    let end = steps.last().copied();
    picture.line(steps, 2, theme::MAIN);
    if let Some(end) = end {
        picture.dot(end, 4.0, theme::MAIN);
    }
}

fn day_marks(
    picture: &mut Picture,
    first: NaiveDate,
    last: NaiveDate,
    across: &dyn Fn(NaiveDate) -> f64,
    (left, right, bottom): (f64, f64, f64),
) {
    let mut days = vec![last];
    if first != last {
        days.push(first);
    }
    let months = (last.year() - first.year()) * 12 + last.month() as i32 - first.month() as i32;
    let every = [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(|every| months / every <= 8).unwrap_or(240);
    let mut month = first.year() * 12 + first.month0() as i32;
    while month <= last.year() * 12 + last.month0() as i32 {
        if month % every == 0
            && let Some(day) = NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
            && day > first
        {
            days.push(day);
        }
        month += 1;
    }
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for day in days {
        let name =
            if months > 11 { day.format("%Y-%m").to_string() } else { format!("{}月{}日", day.month(), day.day()) };
        let half = theme::text_width(&name, theme::SMALL) / 2.0;
        let x = across(day).clamp(left + half, (right - half).max(left + half));
        if taken.iter().any(|(from, to)| x - half < to + 8.0 && x + half > from - 8.0) {
            continue;
        }
        taken.push((x - half, x + half));
        picture.line(vec![(across(day), bottom), (across(day), bottom + 4.0)], 1, theme::AXIS);
        picture.text((x, bottom + 14.0), &name, theme::SMALL, theme::QUIET, Align::Centre);
    }
}
