use super::*;
use image::{ExtendedColorType, ImageEncoder, Rgba};

/// A picture in `format`, coloured by its quarters: red, green, blue and white.
fn quarters(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let colour = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => [255, 0, 0],
        (false, true) => [0, 255, 0],
        (true, false) => [0, 0, 255],
        (false, false) => [255, 255, 255],
    };
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb(colour(x, y)));
    encoded(&picture.into(), format)
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn reason(source: &[u8]) -> String {
    make(source).unwrap_err().to_string()
}

/// The colours in the middles of the quarters, to one bit per channel.
fn shown(picture: &Avatar) -> [[bool; 3]; 4] {
    let decoded = image::load_from_memory(&picture.bytes).unwrap();
    assert_eq!(decoded.dimensions(), (SIDE, SIDE));
    [(50, 50), (150, 50), (50, 150), (150, 150)].map(|(x, y)| {
        let Rgba([r, g, b, _]) = decoded.get_pixel(x, y);
        [r, g, b].map(|channel| channel > 127)
    })
}

const RED: [bool; 3] = [true, false, false];
const GREEN: [bool; 3] = [false, true, false];
const BLUE: [bool; 3] = [false, false, true];
const WHITE: [bool; 3] = [true, true, true];

#[test]
fn every_format_becomes_a_square_of_its_middle() {
    for format in FORMATS {
        for (width, height) in [(200, 200), (1000, 400), (300, 2048), (40, 40)] {
            let picture = make(&quarters(width, height, format)).unwrap();
            assert_eq!(shown(&picture), [RED, GREEN, BLUE, WHITE], "{format:?}");
            assert_eq!(picture.media_type, "image/jpeg");
            assert!(picture.bytes.len() < 20_000);
        }
    }
}

#[test]
fn transparent_parts_stay_transparent() {
    let clear = RgbaImage::from_fn(10, 10, |x, _| Rgba([0, 0, 0, if x < 5 { 0 } else { 255 }]));
    let picture = make(&encoded(&clear.into(), ImageFormat::Png)).unwrap();
    assert_eq!(picture.media_type, "image/png");
    let decoded = image::load_from_memory(&picture.bytes).unwrap();
    assert_eq!(decoded.get_pixel(10, 100).0[3], 0);
    assert_eq!(decoded.get_pixel(190, 100).0[3], 255);
}

#[test]
fn a_single_pixel_fills_the_square() {
    let picture = make(&quarters(1, 1, ImageFormat::Png)).unwrap();
    assert_eq!(shown(&picture), [WHITE; 4]);
}

#[test]
fn a_photo_is_turned_upright_and_its_metadata_is_removed() {
    let photo = quarters(200, 200, ImageFormat::Jpeg);
    // Exif in big-endian order, with the orientation 6: to be turned clockwise by 90 degrees.
    let exif =
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0secret place";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let turned = [&photo[..2], b"\xff\xe1", &length, exif, &photo[2..]].concat();
    let picture = make(&turned).unwrap();
    assert_eq!(shown(&picture), [BLUE, RED, WHITE, GREEN]);
    let place = b"secret place";
    let mut windows = picture.bytes.windows(place.len());
    assert!(!windows.any(|window| window == place));
}

#[test]
fn the_same_picture_has_the_same_tag() {
    let make = |side| make(&quarters(side, side, ImageFormat::Png)).unwrap();
    assert_eq!(make(200).etag, make(200).etag);
    assert_eq!(make(200).etag.len(), 32);
    assert_ne!(make(200).etag, make(1).etag);
}

#[test]
fn other_formats_are_refused() {
    for source in [
        &b""[..],
        b"x",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\x1e\0\0\0",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
    ] {
        assert!(reason(source).contains("use PNG, JPEG or WebP"));
    }
}

#[test]
fn a_picture_that_is_cut_off_or_changed_is_refused_or_shown_and_never_a_panic() {
    for format in FORMATS {
        let whole = quarters(64, 64, format);
        for end in (0..whole.len()).step_by(7) {
            let _ = make(&whole[..end]);
        }
        for at in (0..whole.len()).step_by(3) {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let _ = make(&changed);
        }
        assert!(make(&whole[..whole.len() / 3]).is_err() || format == ImageFormat::Jpeg);
    }
}

#[test]
fn pictures_of_too_many_pixels_are_refused_before_they_are_decoded() {
    let reason_of = |width, height| reason(&quarters(width, height, ImageFormat::Png));
    assert!(reason_of(2049, 1).contains("2,048 pixels"));
    assert!(reason_of(1, 2049).contains("2,048 pixels"));
    // A head that claims 60,000 pixels a side, with nothing behind it.
    let mut head = quarters(1, 1, ImageFormat::Png);
    head[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    assert!(make(&head).is_err());
    // 16 bits per channel would take 32 MiB.
    let mut deep = Vec::new();
    image::codecs::png::PngEncoder::new(&mut deep)
        .write_image(
            &vec![0; 2048 * 2048 * 8],
            2048,
            2048,
            ExtendedColorType::Rgba16,
        )
        .unwrap();
    assert!(deep.len() < MOST_BYTES);
    assert!(reason(&deep).contains("8 bits"));
    assert!(reason(&vec![0; MOST_BYTES + 1]).contains("512 KiB"));
}

#[test]
fn the_largest_picture_is_accepted() {
    let blank = DynamicImage::new_rgba8(2048, 2048);
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        assert!(make(&encoded(&blank, format)).is_ok(), "{format:?}");
    }
    assert!(
        make(&encoded(
            &DynamicImage::new_rgb8(2048, 2048),
            ImageFormat::Jpeg
        ))
        .is_ok()
    );
}

#[tokio::test]
async fn pictures_are_made_one_at_a_time() {
    let maker = PictureMaker::default();
    let sources = [1, 2, 3].map(|side| quarters(side, side, ImageFormat::Png));
    let [one, two, three] = sources.map(|source| maker.make(source));
    let made = tokio::join!(one, two, three);
    assert!(made.0.is_ok() && made.1.is_ok() && made.2.is_ok());
    assert_eq!(maker.0.available_permits(), 1);
}
