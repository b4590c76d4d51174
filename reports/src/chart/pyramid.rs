//! Pupils by grade and sex: boys to the left, girls to the right, the youngest grade at the bottom.

use super::{
    MARGIN, Width, begin, finish, legend, nothing,
    picture::{Align, Picture},
    scale::{Scale, ticks},
    theme,
};
use crate::{
    figures::{Figures, Tree},
    format, label,
};

/// Draws the pyramid.
pub fn draw(figures: &Figures, tree: &Tree, width: Width) -> Picture {
    let title = format!("{}在读学生的年级与性别", tree.title(figures));
    let mut grades = tree.totals.grades();
    grades.reverse();
    if grades.is_empty() || tree.totals.pupils == 0 {
        return nothing(&title, "这一天没有在读学生。", width, figures);
    }
    let totals = &tree.totals;
    let (boys_all, girls_all) =
        (format!("男 {} 人", format::count(totals.boys)), format!("女 {} 人", format::count(totals.girls)));
    let ratio = if width == Width::Wide { "；括号内为每百名女生对应的男生数" } else { "" };
    let about = format!("单位：人。共 {} 人{ratio}。", format::count(totals.pupils));
    let (mut picture, mut top) = begin(&title, &about, width);
    top += legend(&mut picture, top + 4.0, &[(theme::BOYS, &boys_all), (theme::GIRLS, &girls_all)]);

    let most = grades.iter().map(|(_, _, [boys, girls, _])| (*boys).max(*girls)).max().unwrap_or(1).max(1) as f64;
    let size = if width == Width::Wide { theme::LABEL } else { theme::SMALL };
    let stages = if width == Width::Wide { 64.0 } else { 0.0 };
    let ratio_room = if width == Width::Wide { 74.0 } else { 0.0 };
    let names =
        grades.iter().map(|(_, grade, _)| theme::text_width(&label::grade(*grade), size)).fold(0.0, f64::max) + 20.0;
    let room = theme::text_width(&format::count(most as i64), size) + 12.0;
    let left = MARGIN + stages;
    let right = picture.width() - MARGIN - ratio_room;
    let middle = f64::midpoint(left, right);
    let reach = (right - left) / 2.0 - names / 2.0;
    let marks = ticks(0.0, most, if width == Width::Wide { 4 } else { 2 }, 1.0);
    let end = marks.last().copied().unwrap_or(1.0);
    let boys_at = Scale::new((0.0, end.max(most)), (middle - names / 2.0, middle - names / 2.0 - reach + room));
    let girls_at = Scale::new((0.0, end.max(most)), (middle + names / 2.0, middle + names / 2.0 + reach - room));

    let row = 32.0;
    let bottom = top + row * grades.len() as f64;
    for mark in &marks {
        for x in [boys_at.at(*mark), girls_at.at(*mark)] {
            picture.line(vec![(x, top), (x, bottom)], 1, theme::GRID);
            picture.text(
                (x, bottom + 14.0),
                &format::short_count(*mark as i64),
                theme::SMALL,
                theme::QUIET,
                Align::Centre,
            );
        }
    }
    let mut stage_before: Option<&str> = None;
    for (place, (stage, grade, [boys, girls, _])) in grades.iter().enumerate() {
        let y = top + row * place as f64;
        if stage_before != Some(stage) {
            if stage_before.is_some() {
                picture.line(vec![(MARGIN, y), (picture.width() - MARGIN, y)], 1, theme::AXIS);
            }
            if stages > 0.0 {
                picture.bold((MARGIN, y + row / 2.0), stage, theme::LABEL, theme::INK, Align::Left);
            }
            stage_before = Some(stage);
        }
        let centre = y + row / 2.0;
        picture.text((middle, centre), &label::grade(*grade), size, theme::INK, Align::Centre);
        let (to_boys, to_girls) = (boys_at.at(*boys as f64), girls_at.at(*girls as f64));
        picture.rect((to_boys, y + 4.0), (boys_at.at(0.0), y + row - 4.0), theme::BOYS);
        picture.rect((girls_at.at(0.0), y + 4.0), (to_girls, y + row - 4.0), theme::GIRLS);
        picture.text((to_boys - 6.0, centre), &format::count(*boys), size, theme::INK, Align::Right);
        picture.text((to_girls + 6.0, centre), &format::count(*girls), size, theme::INK, Align::Left);
        if ratio_room > 0.0 && *girls > 0 {
            let ratio = format!("({:.0})", *boys as f64 * 100.0 / *girls as f64);
            picture.text((picture.width() - MARGIN, centre), &ratio, theme::SMALL, theme::QUIET, Align::Right);
        }
    }
    finish(picture, bottom + 22.0, figures)
}
