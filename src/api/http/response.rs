//! The responses of handlers.

use super::json;
use crate::api::error::ApiError;
use crate::transport::{Counted, Dropped, LARGE_ANSWER};
use bytes::Bytes;
use hyper::body::Body;
use serde::Serialize;
use warp::http::{HeaderValue, StatusCode, header};

pub(in crate::api) use super::json::{Response, ready};

/// The result of a handler.
pub(in crate::api) type Answer = Result<Response, ApiError>;

/// Returns 200 with `body`.
pub(in crate::api) fn ok(body: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, body)
}

/// Returns 200 with the fields of `body`, then `success`, with which Rocket.Chat ends its results.
pub(in crate::api) fn success(body: &impl Serialize) -> Answer {
    ok(&Success {
        body,
        success: true,
    })
}

/// Returns 200 with `{"success":true}`.
pub(in crate::api) fn done() -> Answer {
    success(&Nothing {})
}

#[derive(Serialize)]
struct Success<'a, T: Serialize> {
    #[serde(flatten)]
    body: &'a T,
    success: bool,
}

#[derive(Serialize)]
struct Nothing {}

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
    Ok(json::with_status(status, body).map_err(crate::domain::Error::internal)?)
}

/// Returns 307 with the URL to go to, also as the body.
pub(in crate::api) fn redirect(url: &str) -> Answer {
    let mut response = with_status(StatusCode::TEMPORARY_REDIRECT, &url)?;
    let location = HeaderValue::from_str(url).map_err(crate::domain::Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
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
