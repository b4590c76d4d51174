//! One picture: what it is, whether it is whole, and how it is drawn anew.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use sm3::{Digest, Sm3};

use super::{Limits, Reason};

/// What a file is by its content (图片格式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// JPEG
    Jpeg,
    /// PNG
    Png,
}

/// A picture drawn anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// What the file was.
    pub format: Format,
    /// Width of the picture that is kept, in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The JPEG.
    pub bytes: Vec<u8>,
    /// SM3 of `bytes`, in hexadecimal.
    pub digest: String,
    /// SHA-256 of the size and the pixels of the picture as it was, by which the same picture is known again.
    pub pixels: [u8; 32],
}

/// Decodes a picture, checks it and draws it anew: upright, on white, without metadata. REQ: ENR-02.
pub fn draw(bytes: &[u8], limits: &Limits) -> Result<Drawn, Reason> {
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    if limits.file_bytes < bytes.len() as u64 {
        return Err(Reason::Large { most: limits.file_bytes });
    }
    let (format, kind) = match bytes {
        [0xff, 0xd8, 0xff, ..] => (Format::Jpeg, image::ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => (Format::Png, image::ImageFormat::Png),
        _ => return Err(Reason::Format),
    };
    if format == Format::Jpeg && !ends(bytes) {
        return Err(Reason::Broken);
    }
    // A decoder of PNG gives up on a flood of pixels before it tells how many there are.
    if let (Format::Png, Some((width, height))) = (format, header_size(bytes)) {
        check_pixels(width, height, limits)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind);
    let mut bounds = image::Limits::default();
    // Eight bytes a pixel, and what a decoder holds besides.
    bounds.max_alloc = Some(limits.pixels.saturating_mul(8).saturating_add(32 << 20));
    reader.limits(bounds);
    let broken = |_| Reason::Broken;
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    let picture = on_white(picture);
    check_size(&picture, limits)?;

    let mut hash = <Sha256 as sha2::Digest>::new();
    sha2::Digest::update(&mut hash, picture.width().to_le_bytes());
    sha2::Digest::update(&mut hash, picture.height().to_le_bytes());
    sha2::Digest::update(&mut hash, picture.as_raw());
    let pixels = sha2::Digest::finalize(hash).into();

    let kept = scaled(picture, limits.longer_side.max(1));
    let (width, height) = kept.dimensions();
    let mut bytes = Vec::new();
    let quality = limits.quality.clamp(1, 100);
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&kept).map_err(broken)?;
    let digest = Sm3::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Drawn { format, width, height, bytes, digest, pixels })
}

/// Width and height as the first chunk of a PNG has them.
fn header_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| bytes.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number));
    Some((number(16)?, number(20)?))
}

fn check_pixels(width: u32, height: u32, limits: &Limits) -> Result<(), Reason> {
    if limits.pixels < u64::from(width) * u64::from(height) {
        return Err(Reason::Pixels { width, height, most: limits.pixels });
    }
    Ok(())
}

fn check_size(picture: &RgbImage, limits: &Limits) -> Result<(), Reason> {
    let (width, height) = picture.dimensions();
    let (min_width, min_height) = (limits.min_width, limits.min_height);
    // A picture on its side is told its shape before its size.
    let (least, most) = (u64::from(limits.min_percent), u64::from(limits.max_percent));
    let (across, down) = (u64::from(width) * 100, u64::from(height));
    if across < down * least || down * most < across {
        return Err(Reason::Shape { width, height });
    }
    if width < min_width || height < min_height {
        return Err(Reason::Small { width, height, min_width, min_height });
    }
    Ok(())
}

/// Whether the last scan of a JPEG has its end; decoders fill up what is missing with grey.
fn ends(bytes: &[u8]) -> bool {
    let scan = memmem::rfind(bytes, &[0xff, 0xda]);
    let rest = scan.and_then(|at| bytes.get(at..));
    rest.is_some_and(|rest| memmem::find(rest, &[0xff, 0xd9]).is_some())
}

/// What is transparent becomes white, as on paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let blend = |part: u32| u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        to.0 = [red, green, blue].map(blend);
    }
    flat
}

fn scaled(picture: RgbImage, longer_side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= longer_side {
        return picture;
    }
    let scale = |side: u32| {
        let side = (u64::from(side) * u64::from(longer_side) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(side).unwrap_or(longer_side).max(1)
    };
    let (width, height) = (scale(width), scale(height));
    DynamicImage::ImageRgb8(picture).resize_exact(width, height, FilterType::Triangle).into_rgb8()
}
