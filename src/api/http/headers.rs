//! The headers that every response carries.

use super::json::Response;
use super::rate_limit::Quota;
use super::request_id::RequestId;
use crate::transport::SecurityHeaders;
use hyper::body::Body;
use warp::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Exactly this: Rocket.Chat's tests compare for equality.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// `Access-Control-Allow-Headers`, as Rocket.Chat sends it with every response
/// (`middlewares/cors.ts`).
pub(in crate::api) const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization",
);

/// The headers that are the same in every response. Cloning a map costs less than inserting each.
pub(in crate::api) struct CommonHeaders {
    /// For most responses: no cache may store a result or a failure.
    unstored: HeaderMap,
    /// For responses with a `Cache-Control` of their own.
    stored: HeaderMap,
}

impl CommonHeaders {
    pub(in crate::api) fn new(security: SecurityHeaders) -> Self {
        // The index then also has room for the headers that each response adds.
        let mut stored = HeaderMap::with_capacity(20);
        stored.insert(header::CONTENT_TYPE, JSON);
        stored.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        security.add(&mut stored);
        let mut unstored = stored.clone();
        unstored.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        unstored.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        Self { unstored, stored }
    }

    /// Adds the headers to a response. Its own take precedence.
    fn add(&self, response: &mut Response) {
        let own = std::mem::take(response.headers_mut());
        let common = if own.contains_key(header::CACHE_CONTROL) {
            &self.stored
        } else {
            &self.unstored
        };
        let mut headers = common.clone();
        if response.body().is_end_stream() {
            headers.remove(header::CONTENT_TYPE);
        }
        headers.extend(own);
        *response.headers_mut() = headers;
    }
}

/// Adds the headers of every response, and the quota of a counted call. `allow_origin` is the
/// origin whose pages may read the response.
pub(in crate::api) fn finish(
    mut response: Response,
    common: &CommonHeaders,
    request_id: &RequestId,
    quota: Option<&Quota>,
    allow_origin: Option<HeaderValue>,
) -> Response {
    common.add(&mut response);
    let headers = response.headers_mut();
    if let Some(quota) = quota {
        report_quota(quota, headers);
    }
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(X_REQUEST_ID, id);
    }
    if allow_origin.as_ref().is_none_or(|origin| origin != "*") {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = allow_origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// Reports the caller's quota in the response headers. `X-RateLimit-Reset` is in milliseconds since
/// the Unix epoch.
fn report_quota(quota: &Quota, headers: &mut HeaderMap) {
    for (name, value) in [
        ("x-ratelimit-limit", HeaderValue::from(quota.limit)),
        ("x-ratelimit-remaining", HeaderValue::from(quota.remaining)),
        ("x-ratelimit-reset", quota.reset.as_millis().into()),
    ] {
        headers.insert(name, value);
    }
}

/// Returns whether the client asks for a stream of server-sent events.
pub(in crate::api) fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    accepted.is_some_and(|accepted| {
        let accepted = accepted.to_str().unwrap_or_default();
        accepted.contains("text/event-stream")
    })
}
