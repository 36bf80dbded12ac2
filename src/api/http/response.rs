//! Responses, and the only place that sets the headers of a response.

use super::rate_limits;
use super::request::RequestId;
use crate::api::error::ApiError;
use crate::api::http::fixed_window::Quota;
use crate::transport::{Counted, Dropped, LARGE_ANSWER, SecurityHeaders};
use bytes::Bytes;
use hyper::body::Body;
use serde::Serialize;
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

pub(in crate::api) use warp::reply::Response;

/// The result of a handler.
pub(in crate::api) type Answer = Result<Response, ApiError>;

/// `Access-Control-Allow-Headers`, as Rocket.Chat sends it with every response
/// (`middlewares/cors.ts`).
pub(in crate::api) const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization",
);

/// Returns 200 with `body`.
pub(in crate::api) fn ok(body: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, body)
}

/// Returns 200 with a body that is already JSON.
pub(in crate::api) fn ready(body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    // Room for all headers, so that the map does not grow later.
    response.headers_mut().reserve(20);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Marks a response whose body is already counted among the large ones.
pub(in crate::api) fn counted(mut response: Response) -> Response {
    let size = response.body().size_hint().exact();
    // A small one is not counted anyway, and an extension costs three allocations.
    if size.is_none_or(|size| size > LARGE_ANSWER as u64) {
        response.extensions_mut().insert(Counted);
    }
    response
}

/// Returns `status` with `body`. The type is exactly `application/json`: Rocket.Chat's tests
/// compare for equality.
pub(in crate::api) fn with_status(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(crate::domain::Error::internal)?;
    let mut response = ready(body.into());
    *response.status_mut() = status;
    Ok(response)
}

/// Returns the response that switches the connection to a WebSocket. `accept` is derived from the
/// client's key.
pub(in crate::api) fn switching(accept: &str) -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// Closes the connection without a response. Only the log and dev mode's request list see its
/// status, 444, which nginx logs in this case.
pub(in crate::api) fn dropped() -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::from_u16(444).unwrap_or_default();
    response.extensions_mut().insert(Dropped);
    response
}

/// Adds the headers of every response, and the quota of a counted call. Neither results nor
/// failures may be stored by caches, unless the response sets `Cache-Control` itself.
pub(in crate::api) fn finish(
    mut response: Response,
    request_id: &RequestId,
    quota: Option<&Quota>,
    browser: ForBrowsers,
) -> Response {
    let headers = response.headers_mut();
    if let Some(quota) = quota {
        rate_limits::tell(quota, headers);
    }
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert("x-request-id", id);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
    browser.add(headers);
    response
}

/// The headers for browsers that depend on the request or on the server's settings.
pub(in crate::api) struct ForBrowsers {
    /// The origin whose pages may read the response.
    pub(in crate::api) allow_origin: Option<HeaderValue>,
    /// The security headers.
    pub(in crate::api) security: SecurityHeaders,
}

impl ForBrowsers {
    fn add(self, headers: &mut HeaderMap) {
        self.security.add(headers);
        if self
            .allow_origin
            .as_ref()
            .is_none_or(|origin| origin != "*")
        {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.allow_origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
}
