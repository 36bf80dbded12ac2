//! Responses with a JSON body. Below `api::error`, which renders failures with it.

use bytes::Bytes;
use serde::Serialize;
use warp::http::StatusCode;

pub(in crate::api) use warp::reply::Response;

/// Returns 200 with a body that is already JSON, the type of every body that names none.
pub(in crate::api) fn ready(body: Bytes) -> Response {
    Response::new(body.into())
}

/// Returns `status` with `body`.
pub(in crate::api) fn with_status(
    status: StatusCode,
    body: &impl Serialize,
) -> serde_json::Result<Response> {
    let mut response = ready(serde_json::to_vec(body)?.into());
    *response.status_mut() = status;
    Ok(response)
}
