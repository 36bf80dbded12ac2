//! The languages that a browser asks for.

use super::cookies;
use crate::web::words::accepted;
use warp::http::{HeaderMap, HeaderName, header};

/// Returns the language in the cookie `lang`, then those of `Accept-Language`, best first.
pub(in crate::api) fn wanted(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let cookie = cookies::find(headers, "lang").into_iter();
    cookie.chain(accepted(text(header::ACCEPT_LANGUAGE).unwrap_or_default()))
}
