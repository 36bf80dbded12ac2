//! Responses, and the only place that sets the headers of a response.

use super::rate_limits;
use super::request::RequestId;
use crate::api::error::ApiError;
use crate::api::http::fixed_window::Quota;
use crate::transport::{Counted, Dropped, LARGE_ANSWER, SecurityHeaders};
use bytes::Bytes;
use hyper::body::Body;
use serde::Serialize;
use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

pub(in crate::api) use warp::reply::Response;

/// Exactly this: Rocket.Chat's tests compare for equality.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// Returns 200 with a body that is already JSON, the type of every body that names none.
pub(in crate::api) fn ready(body: Bytes) -> Response {
    Response::new(body.into())
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

/// Returns `status` with `body`.
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
        rate_limits::tell(quota, headers);
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
