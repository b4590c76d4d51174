//! A rate by county, with the rate of the whole as the line to read against.

use std::collections::BTreeMap;

use super::{
    Width, begin, finish, nothing,
    picture::Picture,
    ranking::{self, Manner, Row},
    theme,
};
use crate::{
    figures::{Figures, Rate, Tree, all_stages},
    format, label,
};

/// The rates that get a picture of their own.
pub const SHOWN: [&str; 4] = ["dropout_persons", "transfer_in", "transfer_out", "retention"];

/// Whether any county has the rate in the school year that is shown.
pub fn is_known(figures: &Figures, indicator: &str) -> bool {
    let year = figures.school_year().map(|(year, _)| year);
    figures.rates.iter().any(|rate| {
        rate.level == "county"
            && rate.indicator == indicator
            && Some(rate.school_year.as_str()) == year
            && rate.denominator > 0
    })
}

/// Draws the rate for the latest school year, all stages together: numerators and denominators are summed, never rates averaged.
pub fn draw(figures: &Figures, tree: &Tree, indicator: &str, width: Width) -> Picture {
    let known = label::indicator(indicator);
    let name = known.map_or(indicator, |known| known.name);
    let (year, complete) = figures.school_year().unwrap_or(("", true));
    let title = format!("{} {year} 学年各县（市、区）{name}", tree.title(figures));
    let names = figures.county_names();
    let sums = sums(figures, indicator, year);
    let mut rows: Vec<(&str, i64, i64)> = sums
        .into_iter()
        .map(|(unit, (above, below))| (unit, above, below))
        .filter(|(_, _, below)| *below > 0)
        .collect();
    if rows.is_empty() {
        return nothing(&title, "没有可以计算的县级比率。", width, figures);
    }
    let value = |above: i64, below: i64| above as f64 / below as f64;
    rows.sort_by(|a, b| value(b.1, b.2).total_cmp(&value(a.1, a.2)).then_with(|| a.0.cmp(b.0)));

    let (above, below) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.1, sum.1 + row.2));
    let whole = whole(figures, indicator, year, tree).unwrap_or((above, below));
    let lowest = rows.iter().map(|(_, above, below)| value(*above, *below)).fold(f64::INFINITY, f64::min);
    let axis_from = if lowest > 0.5 { (lowest * 20.0 - 1e-9).floor() / 20.0 } else { 0.0 };
    let cut = if axis_from > 0.0 { "横轴不从零起。" } else { "" };
    let running = if complete { "" } else { "学年尚未结束，为截至数据日的数。" };
    let sides =
        if width == Width::Wide && rows.len() <= 40 { "右侧为比率与分子/分母（人）。" } else { "" };
    let about = format!("{}。各学段合计。{running}{cut}{sides}", known.map_or("", |known| known.definition));
    let (mut picture, top) = begin(&title, &about, width);
    let rows: Vec<Row> = rows
        .iter()
        .map(|(unit, above, below)| {
            let words = format::percent(value(*above, *below));
            let words = match width {
                Width::Wide if rows.len() <= 40 => {
                    format!("{words}  {}/{}", format::count(*above), format::count(*below))
                }
                _ => words,
            };
            Row {
                name: names.get(unit).cloned().unwrap_or_else(|| (*unit).to_owned()),
                value: value(*above, *below),
                words,
            }
        })
        .collect();
    let reference = value(whole.0, whole.1.max(1));
    let manner = Manner {
        dots: true,
        axis_from,
        reference: Some((
            reference,
            format!("{} {}", theme::fit(&tree.title(figures), theme::SMALL, 130.0), format::percent(reference)),
        )),
        axis: |value| format!("{}%", (value * 100_000.0).round() / 1_000.0),
        least: 0.000_1,
    };
    let bottom = ranking::draw(&mut picture, top, &rows, &manner, width);
    finish(picture, bottom, figures)
}

fn sums<'a>(figures: &'a Figures, indicator: &str, year: &str) -> BTreeMap<&'a str, (i64, i64)> {
    let mut units: BTreeMap<&str, Vec<&Rate>> = BTreeMap::new();
    let of_counties = |rate: &&Rate| rate.level == "county" && rate.indicator == indicator && rate.school_year == year;
    for rate in figures.rates.iter().filter(of_counties) {
        units.entry(&rate.unit_id).or_default().push(rate);
    }
    units.into_iter().map(|(unit, rates)| (unit, all_stages(rates.into_iter()))).collect()
}

/// The rate of the report's own unit, in which transfers between its counties don't count.
fn whole(figures: &Figures, indicator: &str, year: &str, tree: &Tree) -> Option<(i64, i64)> {
    let [root] = tree.roots.as_slice() else { return None };
    let sum = all_stages(figures.rates.iter().filter(|rate| {
        rate.unit_id == root.authority.authority_id
            && rate.level == root.authority.level
            && rate.indicator == indicator
            && rate.school_year == year
    }));
    (sum.1 > 0).then_some(sum)
}
