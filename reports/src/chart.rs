//! The pictures: each a pure function from figures to a [`Picture`], in a wide form for paper and projector and a narrow one for a phone.

pub mod class_sizes;
pub mod fees;
pub mod flows;
pub mod picture;
pub mod pyramid;
pub mod ranking;
pub mod rates;
pub mod scale;
pub mod theme;
pub mod trend;

use crate::{
    figures::{Figures, Tree},
    format,
};
use picture::{Align, Picture};

/// For which width a chart is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Paper, a desk, a projector.
    Wide,
    /// A phone held upright.
    Narrow,
}

impl Width {
    /// Pixels.
    pub fn pixels(self) -> u32 {
        match self {
            Width::Wide => 960,
            Width::Narrow => 400,
        }
    }
}

/// A chart in both its forms.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Its file name without an ending.
    pub name: String,
    /// For paper and projector.
    pub wide: Picture,
    /// For a phone.
    pub narrow: Picture,
}

/// Every chart of a report, in its order.
pub fn all(figures: &Figures, tree: &Tree) -> Vec<Chart> {
    let mut charts = Vec::new();
    let mut both = |name: &str, draw: &dyn Fn(Width) -> Picture| {
        charts.push(Chart { name: name.to_owned(), wide: draw(Width::Wide), narrow: draw(Width::Narrow) });
    };
    both("enrolment-trend", &|width| trend::draw(figures, tree, width));
    both("pyramid", &|width| pyramid::draw(figures, tree, width));
    both("class-sizes", &|width| class_sizes::draw(figures, tree, width));
    for indicator in rates::SHOWN.into_iter().filter(|indicator| rates::is_known(figures, indicator)) {
        both(&format!("rates-{indicator}"), &|width| rates::draw(figures, tree, indicator, width));
    }
    both("transfer-flows", &|width| flows::draw(figures, tree, width));
    both("fees", &|width| fees::draw(figures, tree, width));
    charts
}

/// Space left and right of everything.
pub(crate) const MARGIN: f64 = 24.0;

/// Begins a picture with its title and a line on units and meaning; the second value is where the drawing may begin.
pub(crate) fn begin(title: &str, about: &str, width: Width) -> (Picture, f64) {
    let mut picture = Picture::new(title, about, width.pixels());
    let room = picture.width() - 2.0 * MARGIN;
    let size = if width == Width::Wide { theme::TITLE } else { theme::TITLE - 3.0 };
    let mut y = 32.0;
    for line in theme::wrap(&picture.title.clone(), size, room) {
        picture.bold((MARGIN, y), &line, size, theme::INK, Align::Left);
        y += size * 1.35;
    }
    for line in theme::wrap(about, theme::SMALL, room) {
        picture.text((MARGIN, y), &line, theme::SMALL, theme::QUIET, Align::Left);
        y += theme::SMALL * 1.5;
    }
    (picture, y + 8.0)
}

/// Ends a picture below `y` with the line on its source.
pub(crate) fn finish(mut picture: Picture, y: f64, figures: &Figures) -> Picture {
    let room = picture.width() - 2.0 * MARGIN;
    let credit =
        format!("资料来源：学籍数据仓库第 {} 次发布，数据日 {}", figures.run.run_id, format::day(figures.run.day));
    let mut y = y + 22.0;
    for line in theme::wrap(&credit, theme::SMALL, room) {
        picture.text((MARGIN, y), &line, theme::SMALL, theme::QUIET, Align::Left);
        y += theme::SMALL * 1.5;
    }
    picture.end_at(y + 4.0);
    picture
}

/// A picture that says why there is nothing to draw.
pub(crate) fn nothing(title: &str, reason: &str, width: Width, figures: &Figures) -> Picture {
    let (mut picture, y) = begin(title, reason, width);
    let middle = picture.width() / 2.0;
    picture.rect((MARGIN, y), (2.0 * middle - MARGIN, y + 120.0), (244, 246, 248));
    picture.text((middle, y + 60.0), "没有可画的数据", theme::LABEL, theme::QUIET, Align::Centre);
    finish(picture, y + 120.0, figures)
}

/// A row of colour keys with their words from `x`, broken to the room there is; gives the height used.
pub(crate) fn legend(picture: &mut Picture, y: f64, keys: &[(theme::Colour, &str)]) -> f64 {
    let (mut x, mut line) = (MARGIN, y);
    for (colour, words) in keys {
        let wide = 20.0 + theme::text_width(words, theme::SMALL) + 22.0;
        if x > MARGIN && x + wide > picture.width() - MARGIN / 2.0 {
            x = MARGIN;
            line += 22.0;
        }
        picture.rect((x, line - 7.0), (x + 14.0, line + 7.0), *colour);
        picture.text((x + 20.0, line), words, theme::SMALL, theme::INK, Align::Left);
        x += wide;
    }
    line - y + 22.0
}
