//! The control routes of dev mode, and what its faults and its list of requests do to the others. Its JSON is ours, not Rocket.Chat's,
//! so it stands here and not in `wire`. Without dev mode none of this is reached: a path below `/dev/` is an unknown one.
//!
//! They ask for no credentials, and everybody knows the passwords of the seed, so a web page that somebody happens to look at must not
//! get at any route. One that has its own name point to this machine (DNS rebinding) still says that name in `Host`, which is refused
//! everywhere. Of the control routes, a page that calls `localhost` says where it is from in `Origin`, and a `POST` has to have a content
//! type that no page may send elsewhere without asking first.

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

/// What every control route's path begins with.
const PREFIX: &str = "/dev/";

/// The routes that dev mode has beside the others.
pub static ROUTES: &[Route] = routes! {
    anonymous POST "/dev/reset"    => reset,
    anonymous GET  "/dev/clock"    => clock::read_clock,
    anonymous POST "/dev/clock"    => clock::turn,
    anonymous GET  "/dev/faults"   => faults::list,
    anonymous POST "/dev/faults"   => faults::add,
    anonymous GET  "/dev/requests" => requests::list,
};

/// What comes before the handler: whether a control route may be asked so, and what another one is to meet. The answer, if it ends
/// here.
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

/// The body of a control route. None at all is one without a field.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    let body = match request.body().as_ref() {
        [] => b"{}",
        body => body,
    };
    // In two steps, because serde would take an array for a struct, too.
    let fields: Result<Map<String, Value>, _> = serde_json::from_slice(body);
    fields
        .and_then(|fields| T::deserialize(Value::Object(fields)))
        .map_err(|broken| ApiError::invalid_params(broken.to_string()))
}

/// Whether dev mode is asked by a name that is not this machine's, as a page does that has its own
/// name point here. Outside dev mode every name will do.
pub(super) fn is_rebound(api: &Api, headers: &HeaderMap) -> bool {
    api.dev.is_some() && !is_local(headers)
}

/// The answer to such a request.
pub(super) fn refuse_host() -> Answer {
    let text = "Dev mode is for this machine: ask by localhost, 127.0.0.1 or [::1]";
    refused(StatusCode::FORBIDDEN, text)
}

fn refusal(head: &Head) -> Option<Answer> {
    if is_from_elsewhere(&head.headers) {
        let text = "Dev mode is for this machine: no page of another one may control it";
        return Some(refused(StatusCode::FORBIDDEN, text));
    }
    if head.method == Method::POST && media_type(&head.headers) != "application/json" {
        let text = "The header Content-Type: application/json is required";
        return Some(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    None
}

/// Whether `Host` is one of this machine's own names.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.and_then(Authority::parse);
    host.is_some_and(|host| is_loopback(&host.host))
}

/// Whether a web page of another machine asks.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let origin = origin.to_str().ok().and_then(Origin::of_url);
    !origin.is_some_and(|origin| is_loopback(origin.host()))
}

/// Whether a normalised host is this machine: `localhost`, or an address of the loopback device.
fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A failure in the shape of the house.
#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
}

fn refused(status: StatusCode, error: &str) -> Answer {
    let success = false;
    response::with_status(status, &Failure { success, error })
}
