//! Portraits that are taken, and those that are not.

use std::{
    fs,
    io::{Cursor, Write},
};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const ONE: &str = "G341126201503010016";
const TWO: &str = "G341126201503010024";
const THREE: &str = "L341126201503010032";

fn face(width: u32, height: u32, seed: u8) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 251) as u8, (y % 241) as u8, seed.wrapping_add((x / 16 + y / 16) as u8)])
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(seed: u8) -> Vec<u8> {
    encoded(&face(300, 400, seed), ImageFormat::Jpeg)
}

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn checked(files: &[(&str, Vec<u8>)]) -> Checked {
    let checked = Checked::archive(Cursor::new(zipped(files)), &Limits::default()).unwrap();
    assert_eq!(checked.accepted.len() + checked.refused.len(), files.len(), "files in = accepted + refused");
    checked
}

fn reason(bytes: Vec<u8>) -> Reason {
    let name = format!("{ONE}.jpg");
    checked(&[(&name, bytes)]).refused.remove(0).reason
}

#[test]
fn a_portrait_is_known_by_its_name_and_drawn_anew() {
    // REQ: ENR-02
    let id =
        (0..10_u8).map(|last| format!("34112620150301001{last}")).find(|id| Number::of_file_name(id).is_ok()).unwrap();
    let png = encoded(&face(900, 1200, 7), ImageFormat::Png);
    let checked = checked(&[
        (&format!("一年级/1班/{ONE}.JPG"), jpeg(1)),
        (&format!("{}.jpeg", TWO.to_lowercase()), jpeg(2)),
        (&format!("{id}.jpg"), png),
    ]);
    assert_eq!(checked.refused, []);
    let [one, two, three] = &checked.accepted[..] else { panic!("{checked:?}") };
    assert_eq!((one.number.as_str(), one.file.as_str()), (ONE, "一年级/1班/G341126201503010016.JPG"));
    assert_eq!((two.number.as_str(), two.format, two.width, two.height), (TWO, Format::Jpeg, 300, 400));
    assert_eq!((three.number.as_str(), three.format, three.width, three.height), (id.as_str(), Format::Png, 480, 640));
    assert_eq!(three.digest.len(), 64);
    assert_eq!(image::guess_format(&three.bytes).unwrap(), ImageFormat::Jpeg);
    assert!(!format!("{one:?}").contains("20150301"), "masked");
}

#[test]
fn metadata_goes_and_the_picture_stands_upright() {
    // REQ: ENR-02
    // A picture on its side, with an orientation that turns it, and a place and a name in its metadata.
    let plain = encoded(&face(400, 300, 9), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 31.86N 117.28E Zhang San");
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
    bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.extend(&exif);
    bytes.extend(&plain[2..]);
    let portrait = checked(&[(&format!("{ONE}.jpg"), bytes)]).accepted.remove(0);
    assert_eq!((portrait.width, portrait.height), (300, 400));
    assert!(memchr::memmem::find(&portrait.bytes, b"Exif").is_none());
    assert!(memchr::memmem::find(&portrait.bytes, b"GPS").is_none());
    assert_eq!(reason(plain), Reason::Shape { width: 400, height: 300 });
}

#[test]
fn names_that_say_nothing_or_too_much_are_refused() {
    // REQ: ENR-02
    for (name, expected) in [
        ("张三.jpg", Reason::Name),
        ("IMG_0001.jpg", Reason::Name),
        ("G341126201503010016(1).jpg", Reason::Name),
        ("341126201503010000.jpg", Reason::MangledName),
        ("341126201503019999.jpg", Reason::CheckDigit),
        (".DS_Store", Reason::SystemFile),
        ("班级/Thumbs.db", Reason::SystemFile),
    ] {
        let refused = checked(&[(name, jpeg(1))]).refused.remove(0);
        assert_eq!(refused.reason, expected, "{name}");
        assert!(refused.zh().ends_with('。'));
    }
    assert_eq!(shown("1班/G341126201503010016.jpg"), "1班/G3411************16.jpg");
}

#[test]
fn two_people_with_one_picture_are_both_refused() {
    // REQ: ENR-02
    let files = [(format!("{ONE}.jpg"), jpeg(1)), (format!("{TWO}.jpg"), jpeg(1)), (format!("{THREE}.jpg"), jpeg(3))];
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let checked = checked(&files);
    assert_eq!(checked.accepted.len(), 1);
    assert_eq!(checked.accepted[0].number.as_str(), THREE);
    assert!(checked.refused.iter().all(|refused| matches!(refused.reason, Reason::SamePicture { .. })));
    assert!(!checked.refused[0].zh().contains("20150301"), "masked: {}", checked.refused[0].zh());
    let mut told = Vec::new();
    let tally = visit_archive(Cursor::new(zipped(&files)), &Limits::default(), |verdict| {
        told.push(match verdict {
            Verdict::Accepted(_) => "accepted",
            Verdict::Refused(_) => "refused",
            Verdict::Withdrawn(_) => "withdrawn",
        });
        Next::On
    });
    assert_eq!(told, ["accepted", "withdrawn", "refused", "accepted"]);
    assert_eq!(tally, Ok(Tally { files: 3, accepted: 1, refused: 2 }));
}

#[test]
fn one_person_with_two_pictures_is_refused_unless_they_are_the_same() {
    // REQ: ENR-02
    let name = |folder: &str| format!("{folder}/{ONE}.jpg");
    let (a, b, c) = (name("a"), name("b"), name("c"));
    let same = checked(&[(&a, jpeg(1)), (&b, jpeg(1))]);
    assert_eq!((same.accepted.len(), same.refused.len()), (2, 0));
    assert_eq!(same.accepted[0].digest, same.accepted[1].digest);
    let other = checked(&[(&a, jpeg(1)), (&b, jpeg(2)), (&c, jpeg(1))]);
    assert_eq!((other.accepted.len(), other.refused.len()), (0, 3));
    assert!(matches!(other.refused[0].reason, Reason::SecondPicture { .. }));
}

#[test]
fn pictures_that_are_none_or_not_whole_or_of_the_wrong_size_are_refused() {
    // REQ: ENR-02
    assert_eq!(reason(Vec::new()), Reason::Empty);
    assert_eq!(reason(b"GIF89a....".to_vec()), Reason::Format);
    assert_eq!(reason(b"<svg onload='x'/>".to_vec()), Reason::Format);
    assert_eq!(
        reason(encoded(&face(120, 160, 1), ImageFormat::Jpeg)),
        Reason::Small { width: 120, height: 160, min_width: 150, min_height: 200 }
    );
    assert_eq!(reason(encoded(&face(200, 600, 1), ImageFormat::Jpeg)), Reason::Shape { width: 200, height: 600 });
    let (whole, png) = (jpeg(1), encoded(&face(300, 400, 1), ImageFormat::Png));
    for part in [3, 20, 400, whole.len() / 2, whole.len() - 3] {
        assert_eq!(reason(whole[..part].to_vec()), Reason::Broken, "{part}");
    }
    for part in [9, 40, png.len() / 2, png.len() - 20] {
        assert_eq!(reason(png[..part].to_vec()), Reason::Broken, "{part}");
    }
    assert!(matches!(reason(vec![0xff; 2 << 20]), Reason::Large { .. }));
}

#[test]
fn a_flood_of_pixels_is_seen_before_it_is_decoded() {
    // REQ: ENR-02
    let mut png = encoded(&face(300, 400, 1), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 1, 0x38, 0x80]);
    let mut crc = u32::MAX;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    // Its check sum is right, too.
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    assert_eq!(reason(png), Reason::Pixels { width: 60_000, height: 80_000, most: 20_000_000 });
    let large = encoded(&face(4500, 6000, 1), ImageFormat::Jpeg);
    let limits = Limits { file_bytes: 1 << 30, ..Limits::default() };
    assert_eq!(draw(&large, &limits), Err(Reason::Pixels { width: 4500, height: 6000, most: 20_000_000 }));
}

#[test]
fn paths_links_and_bombs_in_an_archive_are_refused() {
    // REQ: ENR-02
    let name = format!("{ONE}.jpg");
    for path in [format!("../{name}"), format!("/etc/{name}"), format!("C:\\{name}"), format!("a/../../{name}")] {
        assert_eq!(checked(&[(&path, jpeg(1))]).refused[0].reason, Reason::Path, "{path}");
    }
    assert_eq!(checked(&[(&format!("__MACOSX/._{name}"), jpeg(1))]).refused[0].reason, Reason::SystemFile);
    assert_eq!(checked(&[(&format!("{}{name}", "a/".repeat(40)), jpeg(1))]).refused[0].reason, Reason::Deep);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink(name.as_str(), "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let linked = Checked::archive(Cursor::new(zip.finish().unwrap().into_inner()), &Limits::default()).unwrap();
    assert_eq!(linked.refused[0].reason, Reason::Link);
    let mut flat = jpeg(1);
    flat.resize(1 << 20, 0);
    assert_eq!(reason(flat[..900_000].to_vec()), Reason::Bomb);
    let mut archive = zipped(&[(&name, jpeg(1))]);
    archive[200] ^= 0xff;
    assert_eq!(Checked::archive(Cursor::new(archive), &Limits::default()).unwrap().refused[0].reason, Reason::Torn);
}

#[test]
fn archives_that_are_none_or_too_much_are_refused_whole() {
    let limits = Limits { files: 1, ..Limits::default() };
    let two = zipped(&[("a.jpg", jpeg(1)), ("b.jpg", jpeg(2))]);
    let error = |bytes: &[u8], limits: &Limits| Checked::archive(Cursor::new(bytes), limits).unwrap_err();
    assert_eq!(error(&two, &limits), PortraitError::ManyFiles { most: 1 });
    assert_eq!(error(b"Rar!", &limits), PortraitError::NotAnArchive);
    assert_eq!(error(b"", &limits), PortraitError::NotAnArchive);
    assert_eq!(error(&two[..two.len() / 2], &limits), PortraitError::Torn);
    let limits = Limits { archive_bytes: 10, ..Limits::default() };
    assert_eq!(error(&two, &limits), PortraitError::LargeArchive { most: 10 });
    let limits = Limits { total_bytes: 10, ..Limits::default() };
    let named = zipped(&[(&format!("{ONE}.jpg"), jpeg(1))]);
    assert_eq!(error(&named, &limits), PortraitError::TotalBytes { most: 10 });
    assert!(error(&named, &limits).zh().ends_with('。'));
}

#[test]
fn a_folder_is_gone_through_without_following_links() {
    // REQ: ENR-02
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("1班/空")).unwrap();
    fs::write(root.join(format!("1班/{ONE}.jpg")), jpeg(1)).unwrap();
    fs::write(root.join(format!("{TWO}.png")), jpeg(2)).unwrap();
    fs::write(root.join("名单.xlsx"), b"PK").unwrap();
    fs::write(root.join(format!("{THREE}.jpg")), vec![0; 2 << 20]).unwrap();
    let mut files = 4;
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.join(format!("{TWO}.png")), root.join("J341126201503010016.jpg")).unwrap();
        std::os::unix::fs::symlink("/", root.join("根")).unwrap();
        files += 2;
    }
    let checked = Checked::folder(root, &Limits::default()).unwrap();
    assert_eq!(checked.accepted.iter().map(|portrait| portrait.number.as_str()).collect::<Vec<_>>(), [ONE, TWO]);
    assert_eq!(checked.accepted.len() + checked.refused.len(), files);
    assert_eq!(checked.refused.iter().filter(|refused| refused.reason == Reason::Link).count(), files - 4);
    let mut seen = 0;
    let tally = visit_folder(root, &Limits::default(), |_| {
        seen += 1;
        Next::Stop
    });
    assert_eq!((seen, tally.unwrap().files), (1, 1));
    assert!(matches!(Checked::folder(&root.join("无"), &Limits::default()), Err(PortraitError::Unreadable { .. })));
    let limits = Limits { files: 3, ..Limits::default() };
    assert_eq!(Checked::folder(root, &limits), Err(PortraitError::ManyFiles { most: 3 }));
}
