//! Responses: the one place that knows which headers go with an answer. Knows nothing of what the answer says.

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

/// What a handler gives back.
pub(in crate::api) type Answer = Result<Response, ApiError>;

/// `Access-Control-Allow-Headers`, as Rocket.Chat sends it with every answer (`middlewares/cors.ts`).
pub(in crate::api) const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization",
);

/// 200 with `body`.
pub(in crate::api) fn ok(body: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, body)
}

/// 200 with text that already is JSON.
pub(in crate::api) fn ready(body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().reserve(20); // All that will come, so that the map does not grow on the way.
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// A response whose body is counted among the large ones already.
pub(in crate::api) fn counted(mut response: Response) -> Response {
    let size = response.body().size_hint().exact();
    // A small one is not counted anyway, and an extension costs three allocations.
    if size.is_none_or(|size| size > LARGE_ANSWER as u64) {
        response.extensions_mut().insert(Counted);
    }
    response
}

/// `status` with `body`, whose type is exactly `application/json`: Rocket.Chat's tests compare for equality.
pub(in crate::api) fn with_status(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(crate::domain::Error::internal)?;
    let mut response = ready(body.into());
    *response.status_mut() = status;
    Ok(response)
}

/// That the connection is a WebSocket from now on; `accept` is the answer to the client's key.
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

/// No answer at all. Its status, which only the log and dev mode's list of requests see, is the one that nginx logs such a thing with.
pub(in crate::api) fn dropped() -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::from_u16(444).unwrap_or_default();
    response.extensions_mut().insert(Dropped);
    response
}

/// Adds what every response has, and the quota of a call that was counted. Nothing is to be stored on its way, neither answers nor
/// failures, unless the response says otherwise.
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

/// What a response tells browsers, beside what all of them are told.
pub(in crate::api) struct ForBrowsers {
    /// Whose pages may read it.
    pub(in crate::api) allow_origin: Option<HeaderValue>,
    /// What browsers may do with it.
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
