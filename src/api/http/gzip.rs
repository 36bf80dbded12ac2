//! Compression of responses, for clients that accept it. Only for content without secrets: the
//! length of a compressed secret next to text of an attacker's choice reveals it (BREACH).

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use warp::http::{HeaderMap, HeaderValue, header};

/// The value of `Content-Encoding`.
pub(in crate::api) const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// Returns whether a client with these headers accepts gzip.
pub(in crate::api) fn is_accepted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|item| {
        let (name, quality) = item.split_once(';').unwrap_or((item, "q=1"));
        let quality = quality.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && quality.is_none_or(|q| q.is_ok_and(|q| q > 0.0))
    })
}

/// Returns `text` in gzip format, compressed with little effort.
pub(in crate::api) fn compressed(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 3), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}
