//! The `details` of a failure, in Rocket.Chat's order of fields.

use crate::api::wire::date::Rfc3339;
use crate::domain::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// The further fields of Rocket.Chat's error responses.
#[derive(Serialize, Default)]
pub(in crate::api) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<Cow<'static, str>>,
    #[serde(rename = "helperMethod", skip_serializing_if = "Option::is_none")]
    pub(super) helper_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function: Option<&'static str>,
    /// How long a login is blocked, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<u64>,
    /// When the block ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Rfc3339>,
    /// What the reader can do, in one sentence. An addition to Rocket.Chat's errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    /// In milliseconds.
    #[serde(rename = "timeToReset", skip_serializing_if = "Option::is_none")]
    pub(super) time_to_reset: Option<u64>,
}

impl Details {
    /// Creates details that name one of Rocket.Chat's methods.
    pub(super) fn by(method: &'static str) -> Self {
        let method = Some(method);
        Self {
            method,
            ..Self::default()
        }
    }

    /// Creates the details of a login that is blocked from `now` until `until`, with a hint.
    pub(super) fn blocked(now: Timestamp, until: Timestamp) -> Self {
        let seconds = whole_seconds(until.since(now)).max(1);
        Self {
            seconds: Some(seconds),
            until: Some(until.into()),
            hint: Some(format!("Try again in {seconds} seconds")),
            ..Self::default()
        }
    }

    /// Creates details that name one of Rocket.Chat's functions.
    pub(super) fn function(function: &'static str) -> Self {
        let function = Some(function);
        Self {
            function,
            ..Self::default()
        }
    }
}

/// The content of the field `details`.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Extra {
    Details(Details),
    Reasons(Vec<Reason>),
}

impl Extra {
    /// Removes the hint, except from a block, which is explained by nothing else.
    pub(super) fn without_hint(self) -> Self {
        match self {
            Self::Details(details) if details.seconds.is_none() => Self::Details(Details {
                hint: None,
                ..details
            }),
            blocked_or_reasons @ (Self::Details(_) | Self::Reasons(_)) => blocked_or_reasons,
        }
    }
}

/// One of several problems.
#[derive(Serialize)]
pub(super) struct Reason {
    pub(super) error: &'static str,
    pub(super) message: &'static str,
}

/// Returns whole seconds, rounded up, because a retry that is too early fails.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
