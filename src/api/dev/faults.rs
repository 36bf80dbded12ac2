//! `/dev/faults`: lists and adds faults, and renders the response to a request that hits one.

use super::controls::{dev, read, refused};
use super::new_fault::NewFault;
use crate::api::Route;
use crate::api::error::ApiError;
use crate::api::http::request::{Head, Request};
use crate::api::http::response::{self, Answer, Response};
use crate::app::Clock;
use crate::dev::{Dev, Effect, Fault, FaultBody};
use crate::domain::Error;
use serde::Serialize;
use std::time::Duration;
use warp::http::{HeaderValue, StatusCode, header};

/// The limit reported in a 429: Rocket.Chat's default. Source: compatibility 8.4.
const CALLS: u64 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// The body of a proxy that cannot reach its server. Rocket.Chat itself never sends a 502.
const BAD_GATEWAY: &str = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

#[derive(Serialize)]
struct List {
    faults: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    fault: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    ms: u128,
    count: u32,
}

/// `GET /dev/faults`: the pending faults, oldest first.
pub(super) async fn list(request: Request) -> Answer {
    listed(dev(&request)?)
}

/// `POST /dev/faults`: adds a fault, or removes all with `{"clear":true}`. Responds with the
/// pending faults.
pub(super) async fn add(request: Request) -> Answer {
    let (dev, new): (_, NewFault) = (dev(&request)?, read(&request)?);
    if new.only_clears() {
        dev.faults.clear();
    } else if new.clear.is_some() {
        return Err(ApiError::invalid_params(
            "clear must be true and the only field",
        ));
    } else {
        let added = dev.faults.add(new.check(&dev.routes)?);
        added.map_err(|_| {
            ApiError::invalid_params("there are already 1000 faults: clear them first")
        })?;
    }
    listed(dev)
}

/// Applies the pending fault to a request. Returns the response, if the fault replaces it.
pub(super) async fn apply(dev: &Dev, route: &Route, head: &Head) -> Option<Answer> {
    let (method, path) = (head.method.as_str(), head.path.as_str());
    let (wait, effect) = dev.faults.take(method, route.path, path)?;
    tokio::time::sleep(wait).await;
    Some(match effect? {
        Effect::Drop => Ok(response::dropped()),
        Effect::Status(status, None) => usual(dev, status),
        Effect::Status(status, Some(body)) => Ok(custom(usual(dev, status), status, body)),
    })
}

/// Returns the usual response with a status: Rocket.Chat's, ours or that of a proxy.
fn usual(dev: &Dev, status: u16) -> Answer {
    match status {
        401 => Err(Error::Unauthenticated.into()),
        403 => Err(ApiError::RouteForbidden),
        429 => too_many(dev),
        502 => refused(StatusCode::BAD_GATEWAY, "").map(|response| fill(response, bad_gateway())),
        503 => Err(Error::UNAVAILABLE.into()),
        _ => refused(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
    }
}

/// Returns a response with a custom body, and the headers that are usual with its status.
fn custom(usual: Answer, status: u16, body: FaultBody) -> Response {
    let mut response = usual.unwrap_or_else(|_| response::ready(bytes::Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    fill(response, body)
}

fn fill(mut response: Response, body: FaultBody) -> Response {
    if let Ok(content_type) = HeaderValue::from_str(&body.content_type) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    *response.body_mut() = bytes::Bytes::from(body.text).into();
    response
}

fn bad_gateway() -> FaultBody {
    FaultBody {
        content_type: "text/html".to_owned(),
        text: BAD_GATEWAY.to_owned(),
    }
}

/// Responds like Rocket.Chat's rate limiter: compatibility 8.4.
fn too_many(dev: &Dev) -> Answer {
    let text = "Error, too many requests. Please slow down. You must wait 60 seconds before trying this endpoint again. [error-too-many-requests]";
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, text)?;
    let reset = dev.clock.now().after(WINDOW).as_millis();
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, WINDOW.as_secs().into());
    headers.insert("x-ratelimit-limit", CALLS.into());
    headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    headers.insert("x-ratelimit-reset", reset.into());
    Ok(response)
}

fn listed(dev: &Dev) -> Answer {
    response::success(&List {
        faults: dev.faults.list().into_iter().map(row).collect(),
    })
}

fn row(fault: Fault) -> Row {
    let (name, body) = match fault.effect {
        None => ("latency".to_owned(), None),
        Some(Effect::Drop) => ("drop".to_owned(), None),
        Some(Effect::Status(status, body)) => (status.to_string(), body),
    };
    let (body, content_type) = body.map(|body| (body.text, body.content_type)).unzip();
    Row {
        route: fault.route,
        method: fault.method,
        fault: name,
        body,
        content_type,
        ms: fault.wait.as_millis(),
        count: fault.left,
    }
}

fn is_zero(ms: &u128) -> bool {
    *ms == 0
}
