//! What protects dev mode from web pages.
//!
//! The control routes require no credentials, and the passwords of the seed are public. So web
//! pages must not reach any route:
//!
//! - A page whose own name points to this machine (DNS rebinding) still sends that name in `Host`,
//!   which every route refuses.
//! - A page that calls `localhost` sends its origin in `Origin`, which the control routes check.
//! - A `POST` to a control route needs a content type that requires a preflight.

use super::controls::{PREFIX, refused};
use super::faults;
use crate::api::http::content_type::media_type;
use crate::api::http::origin::{Authority, Origin};
use crate::api::http::request::Head;
use crate::api::http::response::Answer;
use crate::api::{Api, Route};
use crate::dev::Dev;
use std::net::IpAddr;
use warp::http::{HeaderMap, Method, StatusCode, header};

/// Runs before the handler: refuses a forbidden request to a control route, or applies a fault to
/// another route. Returns the response, if the request ends here.
pub(in crate::api) async fn before(dev: &Dev, route: &Route, head: &Head) -> Option<Answer> {
    if route.path.starts_with(PREFIX) {
        refusal(head)
    } else {
        faults::apply(dev, route, head).await
    }
}

/// Returns whether dev mode is reached by a name that is not this machine's, as in DNS rebinding.
/// Outside dev mode every name is accepted.
pub(in crate::api) fn is_rebound(api: &Api, headers: &HeaderMap) -> bool {
    api.dev.is_some() && !is_local(headers)
}

/// Returns the response to such a request.
pub(in crate::api) fn refuse_host() -> Answer {
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
