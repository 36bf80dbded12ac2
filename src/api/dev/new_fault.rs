//! The body of `POST /dev/faults`: what a fault may be, and why one is refused.

use crate::api::error::ApiError;
use crate::api::http::path;
use crate::dev::{Effect, Fault, FaultBody, ServedRoute};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use warp::http::HeaderValue;

/// Maximum delay of a fault, in milliseconds: an hour.
const LONGEST: u64 = 3_600_000;
/// Statuses with a body of their own.
const STATUSES: [u16; 6] = [401, 403, 429, 500, 502, 503];

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFault {
    pub(super) clear: Option<bool>,
    route: Option<String>,
    method: Option<String>,
    fault: Option<Value>,
    body: Option<Value>,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    ms: Option<u64>,
    count: Option<u32>,
}

impl NewFault {
    /// Returns whether all that the request does is to clear the pending faults.
    pub(super) fn only_clears(&self) -> bool {
        let Self {
            route,
            method,
            fault,
            body,
            content_type,
            ms,
            count,
            clear,
        } = self;
        let texts = [route, method, content_type];
        *clear == Some(true)
            && texts.iter().all(|text| text.is_none())
            && (fault.is_none() && body.is_none())
            && (ms.is_none() && count.is_none())
    }

    /// Checks the fault for a server with these routes.
    pub(super) fn check(self, routes: &[ServedRoute]) -> Result<Fault, ApiError> {
        let body = body(self.body, self.content_type)?;
        let effect = effect(self.fault.as_ref(), body)?;
        let ms = self.ms.unwrap_or(0);
        if ms > LONGEST || effect.is_none() && ms == 0 {
            return Err(wrong("ms must be milliseconds from 1 to 3600000"));
        }
        let left = self.count.unwrap_or(1);
        if left == 0 {
            return Err(wrong("count must be at least 1"));
        }
        let route = self.route.unwrap_or_default();
        let methods = methods(routes, &route)?;
        let method = self.method.map(|method| method.to_uppercase());
        if let Some(method) = &method
            && !methods.contains(&method.as_str())
        {
            let methods = methods.join(" or ");
            return Err(wrong(format!(
                "method must be {methods} for the route {route}"
            )));
        }
        Ok(Fault {
            route,
            method,
            wait: Duration::from_millis(ms),
            effect,
            left,
        })
    }
}

/// Reads the effect of a fault, without one for a mere delay.
fn effect(fault: Option<&Value>, body: Option<FaultBody>) -> Result<Option<Effect>, ApiError> {
    let name = match fault {
        Some(Value::String(name)) => name.clone(),
        Some(other) => other.to_string(), // 429 is easily written as a number.
        None => String::new(),
    };
    let (is_bodiless, status) = (body.is_none(), name.parse::<u16>().ok());
    match (name.as_str(), status) {
        ("latency", _) if is_bodiless => Ok(None),
        ("drop", _) if is_bodiless => Ok(Some(Effect::Drop)),
        ("latency" | "drop", _) => Err(wrong("body needs a status as the fault, such as 502")),
        (_, Some(status)) if STATUSES.contains(&status) => Ok(Some(Effect::Status(status, body))),
        (_, Some(200 | 400..=599)) if !is_bodiless => {
            Ok(status.map(|status| Effect::Status(status, body)))
        }
        _ => Err(wrong(
            "fault must be latency, drop, 401, 403, 429, 500, 502 or 503; with a body also 200 and other statuses from 400 to 599",
        )),
    }
}

/// Reads a custom body: a text is sent as it is, everything else as JSON.
fn body(body: Option<Value>, given: Option<String>) -> Result<Option<FaultBody>, ApiError> {
    let Some(body) = body else {
        let is_alone = given.is_some();
        return if is_alone {
            Err(wrong("contentType needs a body"))
        } else {
            Ok(None)
        };
    };
    let (text, default) = match body {
        Value::String(text) => (text, "text/plain; charset=utf-8"),
        json => (json.to_string(), "application/json"),
    };
    let content_type = given.unwrap_or_else(|| default.to_owned());
    if content_type.is_empty() || HeaderValue::from_str(&content_type).is_err() {
        return Err(wrong("contentType must be a media type such as text/html"));
    }
    Ok(Some(FaultBody { content_type, text }))
}

/// Returns the methods under which `route` is served: a path of the table, or one that it fits.
fn methods(routes: &[ServedRoute], route: &str) -> Result<Vec<&'static str>, ApiError> {
    let is_served = |path: &str| route == "*" || path::fits(path, route);
    let served = routes.iter().filter(|(_, path)| is_served(path));
    let mut methods: Vec<_> = served.map(|(method, _)| *method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.dedup();
    if methods.is_empty() {
        return Err(unknown(routes, route));
    }
    Ok(methods)
}

fn unknown(routes: &[ServedRoute], route: &str) -> ApiError {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = last(route.trim_end_matches('/'));
    let nearest = routes.iter().find(|(_, path)| last(path) == wanted);
    let hint = nearest.map_or(String::new(), |(_, path)| format!("; did you mean {path}?"));
    wrong(format!(
        "route must be a served path such as /api/v1/me, or * for all; {route:?} is not served{hint}"
    ))
}

fn wrong(text: impl Into<String>) -> ApiError {
    ApiError::invalid_params(text)
}
