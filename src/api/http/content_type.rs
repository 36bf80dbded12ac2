//! The content type of a request.

use warp::http::{HeaderMap, header};

/// Returns the content type in lower case without its parameters; empty when there is none.
pub(in crate::api) fn media_type(headers: &HeaderMap) -> String {
    let whole = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    whole
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
