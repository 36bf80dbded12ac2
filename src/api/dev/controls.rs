//! Shared by the control routes: reading a request, and failures.

use crate::api::error::ApiError;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::dev::Dev;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use warp::http::StatusCode;

/// The path prefix of the control routes.
pub(super) const PREFIX: &str = "/dev/";

/// Returns dev mode; an unknown route when it is off.
pub(super) fn dev(request: &Request) -> Result<&Dev, ApiError> {
    request.api.dev.as_deref().ok_or(ApiError::UnknownRoute)
}

/// Parses the body of a control route. An empty body has no fields.
pub(super) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    let body = match request.body().as_ref() {
        [] => b"{}",
        body => body,
    };
    // In two steps, because serde would also accept an array for a struct.
    let fields: Result<Map<String, Value>, _> = serde_json::from_slice(body);
    fields
        .and_then(|fields| T::deserialize(Value::Object(fields)))
        .map_err(|broken| ApiError::invalid_params(broken.to_string()))
}

/// A failure in Rocket.Chat's basic shape.
#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
}

/// Returns `status` with the text of a failure.
pub(super) fn refused(status: StatusCode, error: &str) -> Answer {
    let success = false;
    response::with_status(status, &Failure { success, error })
}
