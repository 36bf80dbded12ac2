//! The control routes of dev mode, and what its faults and its list of requests do to the others. Its JSON is ours, not Rocket.Chat's,
//! so it stands here and not in `wire`. Without dev mode none of this is reached: a path below `/dev/` is an unknown one.
//!
//! They ask for no credentials, so a web page that somebody happens to look at must not get at them. One that has its own name point to
//! this machine (DNS rebinding) still says that name in `Host`; one that calls `localhost` says where it is from in `Origin`; and a
//! `POST` has to have a content type that no page may send elsewhere without asking first.

mod clock;
mod faults;
mod requests;

pub(super) use requests::Watched;

use super::Route;
use super::body::media_type;
use super::error::ApiError;
use super::reply::{self, Answer};
use super::request::{Head, Request};
use super::wire::Success;
use crate::dev::Dev;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::net::IpAddr;
use warp::http::uri::Authority;
use warp::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};

/// What every control route's path begins with.
const PREFIX: &str = "/dev/";

/// The routes that dev mode has beside the others.
pub static ROUTES: &[Route] = routes! {
    POST "/dev/reset"    => reset,
    GET  "/dev/clock"    => clock::read_clock,
    POST "/dev/clock"    => clock::turn,
    GET  "/dev/faults"   => faults::list,
    POST "/dev/faults"   => faults::add,
    GET  "/dev/requests" => requests::list,
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
    reply::ok(&Success::TRUE)
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

fn refusal(head: &Head) -> Option<Answer> {
    if !is_local(&head.headers) {
        let text = "Dev mode is for this machine: ask by localhost, 127.0.0.1 or [::1]";
        return Some(refused(StatusCode::FORBIDDEN, text));
    }
    if head.method == Method::POST && media_type(&head.headers) != "application/json" {
        let text = "The header Content-Type: application/json is required";
        return Some(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    None
}

/// Whether this machine is asked by one of its own names, and by nobody's web page from elsewhere.
fn is_local(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let asked = text(header::HOST).and_then(|host| host.parse::<Authority>().ok());
    let from_elsewhere = text(header::ORIGIN).is_some_and(|origin| {
        let page = origin.parse::<Uri>().ok();
        !page.is_some_and(|page| page.authority().is_some_and(is_loopback))
    });
    asked.as_ref().is_some_and(is_loopback) && !from_elsewhere
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || ip.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A failure in the shape of the house.
#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
}

fn refused(status: StatusCode, error: &str) -> Answer {
    let success = false;
    reply::with_status(status, &Failure { success, error })
}
