//! The maintenance fee by county, in exact yuan.

use super::{
    Width, begin, finish, nothing,
    picture::Picture,
    ranking::{self, Manner, Row},
};
use crate::{
    figures::{Fee, Figures, Tree},
    format,
};

/// Draws the fees of the latest year.
pub fn draw(figures: &Figures, tree: &Tree, width: Width) -> Picture {
    let Some(year) = figures.fee_year() else {
        let title = format!("{}学籍管理维护费", tree.title(figures));
        return nothing(&title, "还没有到计费的统计日。", width, figures);
    };
    let title = format!("{} {year} 年度学籍管理维护费", tree.title(figures));
    let names = figures.county_names();
    let mut fees: Vec<&Fee> = figures.fees.iter().filter(|fee| fee.fee_year == year && fee.level == "county").collect();
    fees.sort_by(|a, b| b.amount_fen.cmp(&a.amount_fen).then_with(|| a.unit_id.cmp(&b.unit_id)));
    let Some(first) = fees.first() else {
        return nothing(&title, "没有县级缴费单位。", width, figures);
    };
    let about = format!(
        "单位：元。按 {} 在读学生数 × {} 元计；{} 人，合计 {} 元，{} 前由市、县公用经费缴纳，不得向学生收取。",
        format::day(first.snapshot_on),
        format::yuan(first.rate_fen),
        format::count(fees.iter().map(|fee| fee.pupils).sum()),
        format::yuan(fees.iter().map(|fee| fee.amount_fen).sum()),
        format::day(first.due_on),
    );
    let (mut picture, top) = begin(&title, &about, width);
    let rows: Vec<Row> = fees
        .iter()
        .map(|fee| Row {
            name: names.get(fee.unit_id.as_str()).unwrap_or(&fee.unit_id).clone(),
            value: fee.amount_fen as f64 / 100.0,
            words: format::yuan(fee.amount_fen),
        })
        .collect();
    let manner = Manner {
        dots: false,
        reference: None,
        axis_from: 0.0,
        axis: |yuan| format::short_count(yuan as i64),
        least: 1.0,
    };
    let bottom = ranking::draw(&mut picture, top, &rows, &manner, width);
    finish(picture, bottom, figures)
}
