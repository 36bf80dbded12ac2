//! Pictures to upload.

use crate::support::{Client, Reply};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// A PNG of one pixel in base64.
pub const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A picture of one colour in this format.
pub fn picture(side: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let picture = DynamicImage::from(RgbImage::from_pixel(side, side, Rgb(colour)));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The body of a form with these fields.
pub fn form(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in fields {
        let head = format!("--xX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xX--\r\n");
    body
}

/// Uploads a form with these fields.
pub async fn upload(client: &Client, fields: &[(&str, &[u8])]) -> Reply {
    let kind = "multipart/form-data; boundary=xX";
    client.post_raw("users.setAvatar", kind, form(fields)).await
}
