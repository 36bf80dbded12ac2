//! The headers that tell a browser to do nothing with a response but read it. Does not know what the
//! response says.

use warp::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// Nothing is loaded or framed. Source: OWASP REST Security Cheat Sheet, "Security Headers".
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds them. `Cross-Origin-Resource-Policy` does not concern pages named in `cors_origins`: it
/// applies to requests without CORS alone (Fetch, "cross-origin resource policy check").
pub(crate) fn add(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}
