//! `/dev/faults`: lists and adds faults, and renders the response to a request that hits one.

use super::controls::{dev, read, refused};
use crate::api::Route;
use crate::api::error::ApiError;
use crate::api::http::request::{Head, Request};
use crate::api::http::response::{self, Answer};
use crate::app::Clock;
use crate::dev::{Dev, Effect, Fault};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use warp::http::{HeaderValue, StatusCode, header};

/// Maximum delay of a fault, in milliseconds: an hour.
const LONGEST: u64 = 3_600_000;
/// The limit reported in a 429: Rocket.Chat's default. Source: compatibility 8.4.
const CALLS: u64 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// The names of the effects.
const NAMES: [(&str, Option<Effect>); 4] = [
    ("latency", None),
    ("429", Some(Effect::TooManyRequests)),
    ("500", Some(Effect::Failure)),
    ("drop", Some(Effect::Drop)),
];

#[derive(Serialize)]
struct List {
    faults: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    fault: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    ms: u128,
    count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    clear: Option<bool>,
    route: Option<String>,
    method: Option<String>,
    fault: Option<Value>,
    ms: Option<u64>,
    count: Option<u32>,
}

/// `GET /dev/faults`: the pending faults, oldest first.
pub(super) async fn list(request: Request) -> Answer {
    listed(dev(&request)?)
}

/// `POST /dev/faults`: adds a fault, or removes all with `{"clear":true}`. Responds with the
/// pending faults.
pub(super) async fn add(request: Request) -> Answer {
    let (dev, new) = (dev(&request)?, read(&request)?);
    match new {
        New {
            clear: Some(true),
            route: None,
            method: None,
            fault: None,
            ms: None,
            count: None,
        } => dev.faults.clear(),
        New { clear: Some(_), .. } => return Err(wrong("clear must be true and the only field")),
        new => dev
            .faults
            .add(fault(new)?)
            .map_err(|_| wrong("there are already 1000 faults: clear them first"))?,
    }
    listed(dev)
}

/// Applies the pending fault to a request. Returns the response, if the fault replaces it.
pub(super) async fn apply(dev: &Dev, route: &Route, head: &Head) -> Option<Answer> {
    let (method, path) = (head.method.as_str(), head.path.as_str());
    let (wait, effect) = dev.faults.take(method, route.path, path)?;
    tokio::time::sleep(wait).await;
    Some(match effect? {
        Effect::TooManyRequests => too_many(dev),
        Effect::Failure => refused(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        Effect::Drop => Ok(response::dropped()),
    })
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
    let row = |fault: Fault| Row {
        fault: NAMES
            .iter()
            .find(|(_, effect)| *effect == fault.effect)
            .map_or("", |(name, _)| name),
        ms: fault.wait.as_millis(),
        count: fault.left,
        route: fault.route,
        method: fault.method,
    };
    response::success(&List {
        faults: dev.faults.list().into_iter().map(row).collect(),
    })
}

fn fault(new: New) -> Result<Fault, ApiError> {
    let name = match &new.fault {
        Some(Value::String(name)) => name.clone(),
        Some(other) => other.to_string(), // 429 is easily written as a number.
        None => String::new(),
    };
    let known = NAMES.iter().find(|(known, _)| *known == name);
    let (_, effect) = known.ok_or_else(|| wrong("fault must be latency, 429, 500 or drop"))?;
    let route = new
        .route
        .filter(|route| route == "*" || route.starts_with('/'));
    let route = route.ok_or_else(|| wrong("route must be a path such as /api/v1/me, or *"))?;
    let ms = new.ms.unwrap_or(0);
    if ms > LONGEST || effect.is_none() && ms == 0 {
        return Err(wrong("ms must be milliseconds from 1 to 3600000"));
    }
    let left = new.count.unwrap_or(1);
    if left == 0 {
        return Err(wrong("count must be at least 1"));
    }
    Ok(Fault {
        route,
        method: new.method.map(|method| method.to_uppercase()),
        wait: Duration::from_millis(ms),
        effect: *effect,
        left,
    })
}

fn wrong(text: &str) -> ApiError {
    ApiError::invalid_params(text)
}

fn is_zero(ms: &u128) -> bool {
    *ms == 0
}
