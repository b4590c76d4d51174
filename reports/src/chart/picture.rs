//! A picture as a list of shapes: drawn once, rendered by plotters as SVG and as PNG.
//!
//! Text in the PNG is set here from the shipped font, because plotters places glyphs on whole pixels without their side bearings.

use ab_glyph::{Font, Point, ScaleFont};
use plotters::{
    element::{Circle, PathElement, Polygon, Rectangle, Text},
    prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend},
    style::{
        Color, FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::theme::{self, Colour};
use crate::format;

/// Pixels of a PNG for one unit of a picture.
pub const PNG_SCALE: u32 = 2;

/// A picture could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Plotters refused a shape.
    #[error("cannot draw the picture `{title}`: {reason}")]
    Draw {
        /// The picture's title.
        title: String,
        /// What plotters said.
        reason: String,
    },
    /// The pixels could not be encoded.
    #[error("cannot encode the picture `{title}` as PNG")]
    Encode {
        /// The picture's title.
        title: String,
        /// The encoder's error.
        source: png::EncodingError,
    },
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// The text begins at the point.
    Left,
    /// The text is centred on the point.
    Centre,
    /// The text ends at the point.
    Right,
}

#[derive(Debug, Clone)]
enum Shape {
    Rect { from: (f64, f64), to: (f64, f64), colour: Colour },
    Line { points: Vec<(f64, f64)>, width: u32, colour: Colour },
    Area { points: Vec<(f64, f64)>, colour: Colour },
    Dot { at: (f64, f64), radius: f64, colour: Colour },
}

#[derive(Debug, Clone)]
struct Words {
    at: (f64, f64),
    text: String,
    size: f64,
    colour: Colour,
    align: Align,
    bold: bool,
    upward: bool,
}

/// A picture with its title and what it shows in a sentence.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its title, also for readers who do not see it.
    pub title: String,
    /// What it shows, for readers who do not see it.
    pub description: String,
    width: u32,
    height: u32,
    shapes: Vec<Shape>,
    words: Vec<Words>,
}

impl Picture {
    /// An empty picture of this width; its height is set when it is finished.
    pub fn new(title: &str, description: &str, width: u32) -> Picture {
        Picture {
            title: format::printable(title).into_owned(),
            description: format::printable(description).into_owned(),
            width,
            height: width,
            shapes: Vec::new(),
            words: Vec::new(),
        }
    }

    /// Its width.
    pub fn width(&self) -> f64 {
        f64::from(self.width)
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        f64::from(self.height)
    }

    /// Sets its height.
    pub fn end_at(&mut self, height: f64) {
        self.height = height.ceil().clamp(1.0, 20_000.0) as u32;
    }

    /// A filled rectangle.
    pub fn rect(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let (left, right) = (from.0.min(to.0), from.0.max(to.0));
        let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
        self.shapes.push(Shape::Rect { from: (left, top), to: (right, bottom), colour });
    }

    /// A line through the points.
    pub fn line(&mut self, points: Vec<(f64, f64)>, width: u32, colour: Colour) {
        self.shapes.push(Shape::Line { points, width, colour });
    }

    /// A filled area within the points.
    pub fn area(&mut self, points: Vec<(f64, f64)>, colour: Colour) {
        self.shapes.push(Shape::Area { points, colour });
    }

    /// A filled dot.
    pub fn dot(&mut self, at: (f64, f64), radius: f64, colour: Colour) {
        self.shapes.push(Shape::Dot { at, radius, colour });
    }

    /// A line of text, its middle at the height of the point.
    pub fn text(&mut self, at: (f64, f64), text: &str, size: f64, colour: Colour, align: Align) {
        self.set(at, text, size, colour, align, false, false);
    }

    /// A line of bold text.
    pub fn bold(&mut self, at: (f64, f64), text: &str, size: f64, colour: Colour, align: Align) {
        self.set(at, text, size, colour, align, true, false);
    }

    /// A line of text that runs upward from the point.
    pub fn upward(&mut self, at: (f64, f64), text: &str, size: f64, colour: Colour, align: Align) {
        self.set(at, text, size, colour, align, false, true);
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where all of a text's traits meet")]
    fn set(&mut self, at: (f64, f64), text: &str, size: f64, colour: Colour, align: Align, bold: bool, upward: bool) {
        let text = format::printable(text).into_owned();
        self.words.push(Words { at, text, size, colour, align, bold, upward });
    }

    /// The boxes of all level texts: left, top, right, bottom. For tests on overlaps and cut labels.
    pub fn text_boxes(&self) -> Vec<(f64, f64, f64, f64, &str)> {
        let level = self.words.iter().filter(|words| !words.upward && !words.text.is_empty());
        level
            .map(|words| {
                let wide = theme::text_width(&words.text, words.size);
                let left = match words.align {
                    Align::Left => words.at.0,
                    Align::Centre => words.at.0 - wide / 2.0,
                    Align::Right => words.at.0 - wide,
                };
                (left, words.at.1 - words.size / 2.0, left + wide, words.at.1 + words.size / 2.0, words.text.as_str())
            })
            .collect()
    }

    /// The picture as SVG, the same bytes for the same picture.
    ///
    /// # Errors
    /// When plotters refuses a shape.
    pub fn svg(&self) -> Result<String, RenderError> {
        let mut body = String::new();
        {
            let area = SVGBackend::with_string(&mut body, (self.width, self.height)).into_drawing_area();
            self.draw_shapes(&area, 1.0).map_err(|reason| self.refused(reason))?;
            for words in &self.words {
                let colour = RGBColor(words.colour.0, words.colour.1, words.colour.2);
                // plotters writes size ÷ 1.24 into the file.
                let mut font = (theme::FAMILY, words.size * 1.24).into_font();
                if words.bold {
                    font = font.style(FontStyle::Bold);
                }
                if words.upward {
                    font = font.transform(FontTransform::Rotate270);
                }
                let place = match words.align {
                    Align::Left => HPos::Left,
                    Align::Centre => HPos::Center,
                    Align::Right => HPos::Right,
                };
                let style = TextStyle::from(font).color(&colour).pos(Pos::new(place, VPos::Center));
                let (x, y) = self.baseline(words);
                // The backend lowers the text by half an x-height; `baseline` already is the base line.
                let text = Text::new(words.text.as_str(), (round(x), round(y)), style);
                area.draw(&text).map_err(|error| self.refused(error.to_string()))?;
            }
            area.present().map_err(|error| self.refused(error.to_string()))?;
        }
        let inner = body.split_once('>').map_or("", |(_, inner)| inner);
        let inner = inner.replace(" dy=\"0.5ex\"", "").replace(" opacity=\"1\"", "");
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n<title>{title}</title>\n<desc>{description}</desc>{inner}",
            w = self.width,
            h = self.height,
            title = format::escape(&self.title),
            description = format::escape(&self.description),
        ))
    }

    /// The picture as PNG, the same bytes for the same picture.
    ///
    /// # Errors
    /// When plotters refuses a shape or the pixels cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, RenderError> {
        let (width, height) = (self.width * PNG_SCALE, self.height * PNG_SCALE);
        let mut pixels = vec![255; width as usize * height as usize * 3];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            self.draw_shapes(&area, f64::from(PNG_SCALE)).map_err(|reason| self.refused(reason))?;
            area.present().map_err(|error| self.refused(error.to_string()))?;
        }
        for words in &self.words {
            self.set_type(words, &mut pixels, (width, height));
        }
        let encode = |source| RenderError::Encode { title: self.title.clone(), source };
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header().map_err(encode)?;
        writer.write_image_data(&pixels).map_err(encode)?;
        writer.finish().map_err(encode)?;
        Ok(file)
    }

    fn refused(&self, reason: String) -> RenderError {
        RenderError::Draw { title: self.title.clone(), reason }
    }

    /// The point at which the base line of a text begins, is centred or ends. A Chinese character's middle lies 0.38 em above it.
    fn baseline(&self, words: &Words) -> (f64, f64) {
        let lowered = words.size * 0.36;
        if words.upward { (words.at.0 + lowered, words.at.1) } else { (words.at.0, words.at.1 + lowered) }
    }

    fn draw_shapes<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, plotters::coord::Shift>,
        scale: f64,
    ) -> Result<(), String> {
        let at = |point: &(f64, f64)| (round(point.0 * scale), round(point.1 * scale));
        let filled = |colour: Colour| ShapeStyle::from(RGBColor(colour.0, colour.1, colour.2).to_rgba()).filled();
        let paper = Rectangle::new([(0, 0), at(&(self.width(), self.height()))], filled(theme::PAPER));
        area.draw(&paper).map_err(|error| error.to_string())?;
        for shape in &self.shapes {
            let drawn = match shape {
                Shape::Rect { from, to, colour } => area.draw(&Rectangle::new([at(from), at(to)], filled(*colour))),
                Shape::Line { points, width, colour } => {
                    let style = filled(*colour).stroke_width((f64::from(*width) * scale).round() as u32);
                    area.draw(&PathElement::new(points.iter().map(at).collect::<Vec<_>>(), style))
                }
                Shape::Area { points, colour } => {
                    area.draw(&Polygon::new(points.iter().map(at).collect::<Vec<_>>(), filled(*colour)))
                }
                Shape::Dot { at: centre, radius, colour } => {
                    area.draw(&Circle::new(at(centre), round(radius * scale), filled(*colour)))
                }
            };
            drawn.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn set_type(&self, words: &Words, pixels: &mut [u8], (width, height): (u32, u32)) {
        let scale = f64::from(PNG_SCALE);
        let font = theme::font().as_scaled(theme::em(words.size * scale));
        let wide = theme::text_width(&words.text, words.size * scale);
        let (x, y) = self.baseline(words);
        let back = match words.align {
            Align::Left => 0.0,
            Align::Centre => wide / 2.0,
            Align::Right => wide,
        };
        let mut pen = -back;
        for character in words.text.chars() {
            let id = font.glyph_id(character);
            for embolden in if words.bold { &[0.0, 0.7][..] } else { &[0.0][..] } {
                let origin = if words.upward { pen } else { x * scale + pen };
                let line = if words.upward { 0.0 } else { y * scale };
                let point = Point { x: (origin + embolden) as f32, y: line as f32 };
                let Some(outline) = font.outline_glyph(id.with_scale_and_position(font.scale(), point)) else {
                    continue;
                };
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let (gx, gy) = (corner.x as i64 + i64::from(dx), corner.y as i64 + i64::from(dy));
                    let (px, py) =
                        if words.upward { ((x * scale) as i64 + gy, (y * scale) as i64 - gx) } else { (gx, gy) };
                    blend(pixels, (width, height), (px, py), words.colour, cover);
                });
            }
            pen += f64::from(font.h_advance(id));
        }
    }
}

fn blend(pixels: &mut [u8], (width, height): (u32, u32), (x, y): (i64, i64), colour: Colour, cover: f32) {
    if x < 0 || y < 0 || x >= i64::from(width) || y >= i64::from(height) {
        return;
    }
    let start = (y as usize * width as usize + x as usize) * 3;
    let cover = cover.clamp(0.0, 1.0);
    if let Some(pixel) = pixels.get_mut(start..start + 3) {
        for (old, new) in pixel.iter_mut().zip([colour.0, colour.1, colour.2]) {
            *old = (f32::from(*old) * (1.0 - cover) + f32::from(new) * cover).round() as u8;
        }
    }
}

fn round(value: f64) -> i32 {
    value.round().clamp(-100_000.0, 100_000.0) as i32
}
