//! Counties in a row, each with its value: bars or dots, in as many columns as it takes to stay legible.

use super::{
    MARGIN, Width,
    picture::{Align, Picture},
    scale::{Scale, ticks},
    theme,
};

/// One unit and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The unit.
    pub name: String,
    /// The value that decides length or place.
    pub value: f64,
    /// The value in words.
    pub words: String,
}

/// How values are shown.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Dots on a stem instead of bars.
    pub dots: bool,
    /// A value to mark in every column, with its words.
    pub reference: Option<(f64, String)>,
    /// How a value on the axis is written.
    pub axis: fn(f64) -> String,
    /// Where stems and bars begin: zero, except where all values lie far from it.
    pub axis_from: f64,
    /// The least step of the axis.
    pub least: f64,
}

/// Draws the rows from `top` and gives where they end. Rows keep their order.
pub fn draw(picture: &mut Picture, top: f64, rows: &[Row], manner: &Manner, width: Width) -> f64 {
    let columns = match width {
        Width::Narrow => 1,
        Width::Wide => rows.len().div_ceil(40).clamp(1, 3),
    };
    let per_column = rows.len().div_ceil(columns).max(1);
    let high = if per_column <= 15 {
        32.0
    } else if per_column <= 30 {
        24.0
    } else {
        19.0
    };
    let size = if per_column <= 30 { theme::LABEL } else { theme::SMALL };
    let size = if width == Width::Narrow { theme::SMALL } else { size };
    let gap = 30.0;
    let wide = (picture.width() - 2.0 * MARGIN - gap * (columns as f64 - 1.0)) / columns as f64;

    let reference = manner.reference.as_ref().map(|(value, _)| *value);
    let values = || rows.iter().map(|row| row.value).chain(reference);
    let least = manner.axis_from;
    let low = values().fold(least, f64::min);
    let most = values().fold(least, f64::max);
    let name_room = rows.iter().map(|row| theme::text_width(&row.name, size)).fold(0.0, f64::max);
    let name_room = name_room.min(wide * if width == Width::Wide { 0.34 } else { 0.44 });
    let words_room = rows.iter().map(|row| theme::text_width(&row.words, size)).fold(0.0, f64::max) + 10.0;
    let steps = if columns == 1 && width == Width::Wide { 6 } else { 2 };
    let marks = ticks(low, most, steps, manner.least);
    let ends =
        (if low < least { marks.first().copied().unwrap_or(low) } else { least }, most.max(least + manner.least));
    let marks: Vec<f64> =
        marks.into_iter().filter(|mark| (ends.0..=ends.1 + manner.least / 1e6).contains(mark)).collect();

    let top = top + if manner.reference.is_some() { 20.0 } else { 0.0 };
    for (column, part) in rows.chunks(per_column).enumerate() {
        let left = MARGIN + column as f64 * (wide + gap);
        let right = left + wide;
        let x = Scale::new(ends, (left + name_room + 10.0, right - words_room));
        let bottom = top + high * part.len() as f64;
        for mark in &marks {
            picture.line(vec![(x.at(*mark), top), (x.at(*mark), bottom)], 1, theme::GRID);
            picture.text(
                (x.at(*mark), bottom + 14.0),
                &(manner.axis)(*mark),
                theme::SMALL,
                theme::QUIET,
                Align::Centre,
            );
        }
        if let Some((value, words)) = &manner.reference {
            picture.line(vec![(x.at(*value), top - 4.0), (x.at(*value), bottom)], 1, theme::MARK);
            let half = theme::text_width(words, theme::SMALL) / 2.0;
            let at = x.at(*value).clamp(left + half, (right - half).max(left + half));
            picture.text((at, top - 13.0), words, theme::SMALL, theme::MARK, Align::Centre);
        }
        for (place, row) in part.iter().enumerate() {
            let y = top + high * (place as f64 + 0.5);
            picture.text(
                (left + name_room, y),
                &theme::fit(&row.name, size, name_room),
                size,
                theme::INK,
                Align::Right,
            );
            let (zero, to) = (x.at(least), x.at(row.value));
            if manner.dots {
                picture.line(vec![(zero, y), (to, y)], 2, theme::MAIN_LIGHT);
                picture.dot((to, y), if high > 20.0 { 5.0 } else { 4.0 }, theme::MAIN);
            } else {
                let thick = (high * 0.34).max(5.0);
                picture.rect(
                    (zero, y - thick),
                    (if row.value > 0.0 { to.max(zero + 1.0) } else { to }, y + thick),
                    theme::MAIN,
                );
            }
            let words_at = to.max(zero) + 9.0;
            let words_end = words_at + theme::text_width(&row.words, size) + 3.0;
            picture.rect((words_at - 3.0, y - size * 0.6), (words_end, y + size * 0.6), theme::PAPER);
            picture.text((words_at, y), &row.words, size, theme::INK, Align::Left);
        }
        picture.line(vec![(x.at(least), top), (x.at(least), bottom)], 1, theme::AXIS);
    }
    top + high * per_column.min(rows.len()) as f64 + 22.0
}
