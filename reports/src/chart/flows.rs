//! Transfers between counties: a matrix on a wide page, the largest flows in a list on a phone.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    MARGIN, Width, begin, finish, nothing,
    picture::{Align, Picture},
    ranking::{self, Manner, Row},
    theme,
};
use crate::{
    figures::{Authority, Figures, Tree},
    format, label,
};

/// The most units that a matrix shows before it reads prefectures instead of counties.
const MOST: usize = 20;
/// The flows that a phone shows.
const LISTED: usize = 20;
/// What stands for a unit outside the province.
const OUTSIDE: &str = "外省";
/// What gathers the units that have no row of their own.
const OTHERS: &str = "其他";

/// Draws the flows of the latest school year that has any.
pub fn draw(figures: &Figures, tree: &Tree, width: Width) -> Picture {
    let year = figures.transfer_flows.iter().map(|flow| flow.school_year.as_str()).max();
    let title = format!("{} {}学年转学流向", tree.title(figures), year.unwrap_or_default());
    let names = Names::of(figures);
    let mut flows: BTreeMap<(String, String), i64> = BTreeMap::new();
    for flow in figures.transfer_flows.iter().filter(|flow| Some(flow.school_year.as_str()) == year) {
        *flows.entry((flow.from_unit.clone(), flow.to_unit.clone())).or_default() += flow.pupils;
    }
    flows.retain(|_, pupils| *pupils > 0);
    if flows.is_empty() {
        return nothing(&title, "这一学年没有转学。", width, figures);
    }
    let all: i64 = flows.values().sum();
    match width {
        Width::Wide => matrix(figures, &title, flows, all, names),
        Width::Narrow => list(figures, &title, &flows, all, &names),
    }
}

struct Names<'a> {
    names: BTreeMap<&'a str, String>,
    above: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn of(figures: &'a Figures) -> Names<'a> {
        let level: BTreeMap<&str, &str> =
            figures.authorities.iter().map(|unit| (unit.authority_id.as_str(), unit.level.as_str())).collect();
        let above = figures.authorities.iter().filter_map(|unit| {
            let parent = unit.parent_id.as_deref()?;
            (level.get(parent) == Some(&"prefecture")).then_some((unit.authority_id.as_str(), parent))
        });
        Names { names: figures.county_names(), above: above.collect() }
    }

    /// Names for prefectures and what belongs to none, without the mark of their own schools.
    fn of_prefectures(figures: &'a Figures) -> Names<'a> {
        let place = |unit: &'a Authority| (unit.authority_id.as_str(), label::place(&unit.name).to_owned());
        Names { names: figures.authorities.iter().map(place).collect(), ..Names::of(figures) }
    }

    fn name(&self, unit: &str) -> String {
        self.names.get(unit).cloned().unwrap_or_else(|| unit.to_owned())
    }

    fn prefecture(&self, unit: &str) -> String {
        self.above.get(unit).copied().unwrap_or(unit).to_owned()
    }
}

fn units_of(flows: &BTreeMap<(String, String), i64>) -> Vec<String> {
    let mut volume: BTreeMap<&str, i64> = BTreeMap::new();
    for ((from, to), pupils) in flows {
        *volume.entry(from).or_default() += pupils;
        *volume.entry(to).or_default() += pupils;
    }
    let mut units: Vec<(&str, i64)> = volume.into_iter().collect();
    units.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    units.into_iter().map(|(unit, _)| unit.to_owned()).collect()
}

fn regroup(flows: &BTreeMap<(String, String), i64>, of: &dyn Fn(&str) -> String) -> BTreeMap<(String, String), i64> {
    let mut grouped = BTreeMap::new();
    for ((from, to), pupils) in flows {
        *grouped.entry((of(from), of(to))).or_default() += pupils;
    }
    grouped
}

fn matrix<'a>(
    figures: &'a Figures,
    title: &str,
    mut flows: BTreeMap<(String, String), i64>,
    all: i64,
    mut names: Names<'a>,
) -> Picture {
    let mut grain = "县（市、区）";
    if units_of(&flows).len() > MOST {
        flows = regroup(&flows, &|unit| names.prefecture(unit));
        names = Names::of_prefectures(figures);
        grain = "市（州）";
    }
    let units = units_of(&flows);
    if units.len() > MOST {
        let kept: BTreeSet<&str> =
            units.iter().map(String::as_str).filter(|unit| *unit != OUTSIDE).take(MOST - 2).chain([OUTSIDE]).collect();
        flows = regroup(&flows, &|unit| if kept.contains(unit) { unit.to_owned() } else { OTHERS.to_owned() });
    }
    let mut units = units_of(&flows);
    units.sort_by_key(|unit| (unit == OTHERS, unit == OUTSIDE, unit.clone()));

    let about = format!(
        "单位：人。行为转出{grain}，列为转入{grain}；共 {} 人次，颜色越深人数越多，灰格为同一单位内的转学。",
        format::count(all)
    );
    let (mut picture, top) = begin(title, &about, Width::Wide);
    let size = if units.len() <= 12 { theme::LABEL } else { theme::SMALL };
    let name = |unit: &String| names.name(unit);
    let widest = units.iter().map(|unit| theme::text_width(&name(unit), size)).fold(0.0, f64::max).min(150.0);
    let sums = 64.0;
    let left = MARGIN + widest + 34.0;
    let cell = ((picture.width() - MARGIN - sums - left) / units.len() as f64).min(86.0);
    let row = (cell * 0.62).clamp(22.0, 36.0);
    let turned = units.iter().any(|unit| theme::text_width(&name(unit), size) > cell - 4.0);
    let head_room = widest.min(size * 6.5);
    let head = if turned { head_room + 8.0 } else { 26.0 };
    let from_y = top + head + 18.0;

    picture.bold((left, top + 6.0), "转入 →", theme::SMALL, theme::QUIET, Align::Left);
    picture.bold((MARGIN, from_y - 12.0), "转出 ↓", theme::SMALL, theme::QUIET, Align::Left);
    let between = flows.iter().filter(|((from, to), _)| from != to).map(|(_, pupils)| *pupils);
    let most = between.max().unwrap_or(1).max(1) as f64;
    let right = left + cell * units.len() as f64;
    for (place, unit) in units.iter().enumerate() {
        let x = left + cell * (place as f64 + 0.5);
        let words = theme::fit(&name(unit), size, head_room);
        if turned {
            picture.upward((x, from_y - 6.0), &words, size, theme::INK, Align::Left);
        } else {
            picture.text((x, from_y - 14.0), &name(unit), size, theme::INK, Align::Centre);
        }
        let y = from_y + row * (place as f64 + 0.5);
        picture.text((left - 10.0, y), &theme::fit(&name(unit), size, widest + 20.0), size, theme::INK, Align::Right);
        for (across, to) in units.iter().enumerate() {
            let x = left + cell * across as f64;
            let pupils = flows.get(&(unit.clone(), to.clone())).copied().unwrap_or(0);
            let share = (pupils as f64 / most).sqrt();
            let colour = match pupils {
                0 => (250, 250, 250),
                _ if unit == to => theme::GRID,
                _ => theme::shade(share),
            };
            picture.rect((x + 1.0, y - row / 2.0 + 1.0), (x + cell - 1.0, y + row / 2.0 - 1.0), colour);
            if pupils > 0 {
                let ink = if share > 0.6 && unit != to { theme::PAPER } else { theme::INK };
                picture.text((x + cell / 2.0, y), &cell_words(pupils, cell), theme::SMALL, ink, Align::Centre);
            }
        }
        let out: i64 = flows.iter().filter(|((from, _), _)| from == unit).map(|(_, pupils)| pupils).sum();
        picture.bold((right + 8.0, y), &format::count(out), theme::SMALL, theme::QUIET, Align::Left);
    }
    let bottom = from_y + row * units.len() as f64;
    picture.bold((right + 8.0, from_y - 12.0), "转出合计", theme::SMALL, theme::QUIET, Align::Left);
    picture.bold((left - 10.0, bottom + 14.0), "转入合计", theme::SMALL, theme::QUIET, Align::Right);
    for (across, to) in units.iter().enumerate() {
        let entered: i64 = flows.iter().filter(|((_, into), _)| into == to).map(|(_, pupils)| pupils).sum();
        let x = left + cell * (across as f64 + 0.5);
        picture.bold((x, bottom + 14.0), &cell_words(entered, cell), theme::SMALL, theme::QUIET, Align::Centre);
    }
    finish(picture, bottom + 26.0, figures)
}

fn cell_words(pupils: i64, cell: f64) -> String {
    let words = format::count(pupils);
    if theme::text_width(&words, theme::SMALL) <= cell - 4.0 { words } else { pupils.to_string() }
}

fn list(figures: &Figures, title: &str, flows: &BTreeMap<(String, String), i64>, all: i64, names: &Names) -> Picture {
    let mut ranked: Vec<(&(String, String), &i64)> = flows.iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let shown = ranked.len().min(LISTED);
    let about = format!("单位：人。共 {} 人次；人数最多的 {shown} 个流向。", format::count(all));
    let (mut picture, top) = begin(title, &about, Width::Narrow);
    let rows: Vec<Row> = ranked
        .iter()
        .take(LISTED)
        .map(|((from, to), pupils)| {
            let name = if from == to {
                format!("{}内", names.name(from))
            } else {
                format!("{}→{}", names.name(from), names.name(to))
            };
            Row { name, value: **pupils as f64, words: format::count(**pupils) }
        })
        .collect();
    let manner = Manner {
        dots: false,
        reference: None,
        axis_from: 0.0,
        axis: |pupils| format::short_count(pupils as i64),
        least: 1.0,
    };
    let bottom = ranking::draw(&mut picture, top, &rows, &manner, Width::Narrow);
    finish(picture, bottom, figures)
}
