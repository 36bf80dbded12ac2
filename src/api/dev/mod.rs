//! The control routes of dev mode, and the effects of its faults and its request list on other
//! routes. The JSON is ours, not Rocket.Chat's, so it is here and not in `wire`. Without dev mode,
//! a path below `/dev/` is unknown.
//!
//! The control routes require no credentials, and the passwords of the seed are public. So web
//! pages must not reach any route:
//!
//! - A page whose own name points to this machine (DNS rebinding) still sends that name in `Host`,
//!   which every route refuses.
//! - A page that calls `localhost` sends its origin in `Origin`, which the control routes check.
//! - A `POST` to a control route needs a content type that requires a preflight.

mod clock;
mod faults;
mod requests;

pub(super) use requests::Watched;

use super::error::ApiError;
use super::http::body::media_type;
use super::http::origin::{Authority, Origin};
use super::http::request::{Head, Request};
use super::http::response::{self, Answer};
use super::wire::Success;
use super::{Api, Route};
use crate::dev::Dev;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::net::IpAddr;
use warp::http::{HeaderMap, Method, StatusCode, header};

/// The path prefix of the control routes.
const PREFIX: &str = "/dev/";

/// The additional routes of dev mode.
pub static ROUTES: &[Route] = routes! {
    anonymous POST "/dev/reset"    => reset,
    anonymous GET  "/dev/clock"    => clock::read_clock,
    anonymous POST "/dev/clock"    => clock::turn,
    anonymous GET  "/dev/faults"   => faults::list,
    anonymous POST "/dev/faults"   => faults::add,
    anonymous GET  "/dev/requests" => requests::list,
};

/// Runs before the handler: refuses a forbidden request to a control route, or applies a fault to
/// another route. Returns the response, if the request ends here.
pub(super) async fn before(dev: &Dev, route: &Route, head: &Head) -> Option<Answer> {
    if route.path.starts_with(PREFIX) {
        refusal(head)
    } else {
        faults::meet(dev, route, head).await
    }
}

async fn reset(request: Request) -> Answer {
    let Nothing {} = read(&request)?;
    dev(&request)?.reset(request.app()).await?;
    request.api.quotas.forget();
    response::ok(&Success::TRUE)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn dev(request: &Request) -> Result<&Dev, ApiError> {
    request.api.dev.as_deref().ok_or(ApiError::UnknownRoute)
}

/// Parses the body of a control route. An empty body has no fields.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
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

/// Returns whether dev mode is reached by a name that is not this machine's, as in DNS rebinding.
/// Outside dev mode every name is accepted.
pub(super) fn is_rebound(api: &Api, headers: &HeaderMap) -> bool {
    api.dev.is_some() && !is_local(headers)
}

/// Returns the response to such a request.
pub(super) fn refuse_host() -> Answer {
    let text = "Dev mode accepts only local requests: use localhost, 127.0.0.1 or [::1]";
    refused(StatusCode::FORBIDDEN, text)
}

fn refusal(head: &Head) -> Option<Answer> {
    if is_from_elsewhere(&head.headers) {
        let text =
            "Dev mode accepts only local requests: pages of other machines may not control it";
        return Some(refused(StatusCode::FORBIDDEN, text));
    }
    if head.method == Method::POST && media_type(&head.headers) != "application/json" {
        let text = "The header Content-Type: application/json is required";
        return Some(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    None
}

/// Returns whether `Host` is one of this machine's own names.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.and_then(Authority::parse);
    host.is_some_and(|host| is_loopback(&host.host))
}

/// Returns whether the request comes from a web page of another machine.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let origin = origin.to_str().ok().and_then(Origin::of_url);
    !origin.is_some_and(|origin| is_loopback(origin.host()))
}

/// Returns whether a normalised host is this machine: `localhost`, or a loopback address.
fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A failure in Rocket.Chat's basic shape.
#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
}

fn refused(status: StatusCode, error: &str) -> Answer {
    let success = false;
    response::with_status(status, &Failure { success, error })
}
