//! Pictures of users: decodes what a client sent, within limits, and encodes a small square of it.
//! The result holds no metadata of the original, such as the place where a photo was taken.
//!
//! A decoder needs up to fifty times the bytes of its input, so pictures are decoded one at a time,
//! off the threads of requests.

use crate::domain::{Avatar, Error, Field, Outage, Problem, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage,
    imageops,
};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Maximum size of a picture from a client, in bytes.
pub const MOST_BYTES: usize = 512 * 1024;
/// Maximum width and height of a picture from a client.
const MOST_PIXELS: u32 = 2048;
/// Maximum bytes that a decoder allocates: 2,048 × 2,048 pixels of 4 bytes, and its state.
const MOST_MEMORY: u64 = 24 * 1024 * 1024;
/// Width and height of a stored picture.
const SIDE: u32 = 200;
/// Quality of a JPEG, of 100.
const QUALITY: u8 = 85;

/// The opacity from which a pixel counts as opaque: scaling up rounds down.
const OPAQUE: u8 = 250;

/// The accepted formats.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];

/// Makes pictures, one at a time.
#[derive(Debug)]
pub struct PictureMaker(Arc<Semaphore>);

impl Default for PictureMaker {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl PictureMaker {
    /// Returns the square in the middle of a PNG, JPEG or WebP picture, 200 pixels a side.
    ///
    /// # Errors
    /// `Invalid { Picture }` for other formats, damaged pictures, and larger ones than 512 KiB or
    /// 2,048 pixels a side. `Unavailable` when the server stops.
    pub async fn make(&self, source: impl AsRef<[u8]> + Send + 'static) -> Result<Avatar> {
        let stopping = || Error::unavailable(Outage::Stopping);
        // The permit moves into the closure: decoding continues when the client disconnects.
        let turn = self.0.clone().acquire_owned().await;
        let turn = turn.map_err(|_| stopping())?;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            make(source.as_ref())
        });
        match task.await {
            Ok(made) => made,
            Err(stopped) if stopped.is_cancelled() => Err(stopping()),
            // A bug of the decoder, which only this picture provokes.
            Err(_) => Err(damaged()),
        }
    }
}

fn make(source: &[u8]) -> Result<Avatar> {
    if source.len() > MOST_BYTES {
        return Err(refused(
            "the picture is larger than 512 KiB: use a smaller one",
        ));
    }
    let format = image::guess_format(source).ok();
    let format = format.filter(|format| FORMATS.contains(format));
    let format = format
        .ok_or_else(|| refused("the picture has an unknown format: use PNG, JPEG or WebP"))?;
    let mut reader = ImageReader::with_format(Cursor::new(source), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| damaged())?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MOST_PIXELS {
        let reason = "the picture is larger than 2,048 pixels a side: use a smaller one";
        return Err(refused(reason));
    }
    if decoder.total_bytes() > MOST_MEMORY {
        return Err(refused(
            "the picture has too many bits per pixel: use 8 bits",
        ));
    }
    let orientation = decoder.orientation().ok();
    let decoded = DynamicImage::from_decoder(decoder).map_err(|_| damaged())?;
    let mut square = DynamicImage::ImageRgba8(square(&decoded)?);
    drop(decoded);
    if let Some(orientation) = orientation {
        square.apply_orientation(orientation);
    }
    encode(square)
}

/// Returns the middle of a picture, scaled. Reads pixel by pixel: a copy in one format would double
/// the memory.
fn square(picture: &DynamicImage) -> Result<RgbaImage> {
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    if side == 0 {
        return Err(damaged());
    }
    let middle = picture.view((width - side) / 2, (height - side) / 2, side, side);
    Ok(imageops::thumbnail(&*middle, SIDE, SIDE))
}

/// Encodes a picture with transparent parts as PNG, another one as JPEG.
fn encode(square: DynamicImage) -> Result<Avatar> {
    let is_opaque = square.pixels().all(|(_, _, pixel)| pixel.0[3] >= OPAQUE);
    let mut bytes = Vec::new();
    let media_type = if is_opaque {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        let encoded = square.into_rgb8().write_with_encoder(encoder);
        encoded.map_err(Error::internal)?;
        "image/jpeg"
    } else {
        let encoded = square.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
        encoded.map_err(Error::internal)?;
        "image/png"
    };
    let digest = Sha256::digest(&bytes);
    let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    Ok(Avatar {
        media_type: media_type.to_owned(),
        etag: digits.collect(),
        bytes,
    })
}

fn damaged() -> Error {
    refused("the picture is damaged or incomplete: use another one")
}

fn refused(reason: &str) -> Error {
    Error::invalid(Field::Picture, Problem::Refused(reason.to_owned()))
}

#[cfg(test)]
mod tests;
