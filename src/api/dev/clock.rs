//! `/dev/clock`: reads and sets the clock.

use super::controls::{dev, read};
use crate::api::error::ApiError;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::date::{self, Rfc3339};
use crate::app::Clock;
use crate::dev::{ClockChange, Dev, Target};
use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The current time.
#[derive(Serialize)]
struct Reading {
    now: Rfc3339,
    frozen: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    now: Option<Value>,
    advance: Option<Value>,
    real: Option<bool>,
    frozen: Option<bool>,
}

/// `GET /dev/clock`.
pub(super) async fn read_clock(request: Request) -> Answer {
    reading(dev(&request)?)
}

/// `POST /dev/clock`: responds after everything that is due by the new time has ended.
pub(super) async fn set(request: Request) -> Answer {
    let (dev, change) = (dev(&request)?, change_of(read(&request)?)?);
    let changed = dev.clock.change(change);
    changed.ok_or_else(|| refused("the time must be between 1970 and the year 9000"))?;
    dev.expire_due(request.app()).await?;
    reading(dev)
}

fn reading(dev: &Dev) -> Answer {
    response::success(&Reading {
        now: dev.clock.now().into(),
        frozen: dev.clock.is_frozen(),
    })
}

fn change_of(change: Change) -> Result<ClockChange, ApiError> {
    let frozen = change.frozen;
    let to = match (change.now, change.advance, change.real) {
        (Some(now), None, None) => Target::Instant(instant(&now)?),
        (None, Some(span), None) => Target::Later(millis(&span)?),
        (None, None, Some(true)) => Target::Real,
        (None, None, None) if frozen.is_some() => Target::Here,
        (None, None, Some(false)) => return Err(refused("real must be true")),
        _ => {
            return Err(refused(
                "set one of now, advance and real, or frozen, or both",
            ));
        }
    };
    Ok(ClockChange { to, frozen })
}

/// Parses an instant, given as text or, as in JavaScript, in milliseconds since 1970.
fn instant(now: &Value) -> Result<Timestamp, ApiError> {
    let instant = match now {
        Value::String(text) => date::read(text),
        other => other.as_i64().map(Timestamp::from_millis),
    };
    instant
        .ok_or_else(|| refused("now must be a date such as 2026-12-24T12:00:00Z, or milliseconds"))
}

/// Parses a span in a readable form such as `2h 30m`, in ISO 8601, or in milliseconds. A day has 24
/// hours; months and years have no fixed length.
fn millis(span: &Value) -> Result<i64, ApiError> {
    let millis = match span {
        Value::String(text) => text.parse::<jiff::Span>().ok().and_then(|span| {
            let days = jiff::SpanRelativeTo::days_are_24_hours();
            i64::try_from(span.to_duration(days).ok()?.as_millis()).ok()
        }),
        other => other.as_i64(),
    };
    millis.ok_or_else(|| {
        refused("advance must be a span such as 1d, 2h 30m or PT90S, or milliseconds")
    })
}

fn refused(text: &str) -> ApiError {
    ApiError::invalid_params(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spans_are_parsed_in_readable_forms() {
        const HOUR: i64 = 3_600_000;
        for (span, expected) in [
            (json!("1d"), Some(24 * HOUR)),
            (json!("2h30m"), Some(5 * HOUR / 2)),
            (json!("2h 30m"), Some(5 * HOUR / 2)),
            (json!("1 week"), Some(7 * 24 * HOUR)),
            (json!("-1d"), Some(-24 * HOUR)),
            (json!("1h ago"), Some(-HOUR)),
            (json!("P1DT1H"), Some(25 * HOUR)),
            (json!("250ms"), Some(250)),
            (json!(1500), Some(1500)),
            (json!(-1), Some(-1)),
            (json!("1 month"), None),
            (json!("soon"), None),
            (json!(""), None),
            (json!(1.5), None),
            (json!(true), None),
        ] {
            assert_eq!(millis(&span).ok(), expected, "{span}");
        }
    }

    #[test]
    fn a_request_makes_one_change() {
        let read = |body: Value| {
            let change = serde_json::from_value(body).ok()?;
            change_of(change).ok()
        };
        let change = |to, frozen| Some(ClockChange { to, frozen });
        let noon = Target::Instant(Timestamp::from_millis(1_798_113_600_000));
        for (body, expected) in [
            (json!({"now": "2026-12-24T12:00:00Z"}), change(noon, None)),
            (
                json!({"now": 1_798_113_600_000_i64, "frozen": true}),
                change(noon, Some(true)),
            ),
            (
                json!({"advance": 5, "frozen": false}),
                change(Target::Later(5), Some(false)),
            ),
            (json!({"frozen": true}), change(Target::Here, Some(true))),
            (json!({"real": true}), change(Target::Real, None)),
            (json!({}), None),
            (json!({"real": false}), None),
            (json!({"now": 0, "advance": 1}), None),
            (json!({"real": true, "advance": 1}), None),
            (json!({"now": "noon"}), None),
            (json!({"frozen": "yes"}), None),
            (json!({"speed": 2}), None),
        ] {
            let shown = body.to_string();
            assert_eq!(read(body), expected, "{shown}");
        }
    }
}
