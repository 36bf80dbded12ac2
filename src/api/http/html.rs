//! Responses with a web page.

use super::gzip::{self, GZIP};
use super::json::Response;
use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// Links within the site may name the page they come from; other sites learn nothing.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
/// Pages are never stored, but proxies may merge requests that are under way.
const VARY: HeaderValue = HeaderValue::from_static("Cookie, Accept-Language, Accept-Encoding");
/// Only over https: on plain http, browsers log an error for it.
const OPENER_POLICY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-opener-policy"),
    HeaderValue::from_static("same-origin"),
);

/// Returns a page with its headers. `asked` are the headers of the request.
pub(in crate::api) fn page(
    (status, page): (StatusCode, String),
    asked: &HeaderMap,
    policy: &HeaderValue,
    site_url: &str,
) -> Response {
    let zipped = gzip::is_accepted(asked).then(|| gzip::compressed(&page).ok());
    let mut response = match zipped.flatten() {
        Some(zipped) => {
            let mut response = Response::new(zipped.into());
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, GZIP);
            response
        }
        None => Response::new(page.into()),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::REFERRER_POLICY, REFERRER);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(header::VARY, VARY);
    if site_url.starts_with("https://") {
        headers.insert(OPENER_POLICY.0, OPENER_POLICY.1);
    }
    response
}

/// Returns whether a browser asks for a page, and not a script for JSON.
pub(in crate::api) fn is_wanted(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}
