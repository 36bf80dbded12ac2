//! The error of a realtime method: a `Meteor.Error` as clients receive it.

use super::details::Extra;
use serde::Serialize;
use std::fmt::{self, Display};

/// A `Meteor.Error`.
#[derive(Serialize)]
pub(in crate::api) struct MethodError {
    #[serde(rename = "isClientSafe")]
    is_client_safe: bool,
    error: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Extra>,
    message: String,
    #[serde(rename = "errorType")]
    error_type: &'static str,
}

impl MethodError {
    /// Creates the error of a method.
    pub(super) fn new(code: Code, reason: Option<String>, details: Option<Extra>) -> Self {
        Self {
            is_client_safe: true,
            message: message(reason.as_deref(), &code),
            error: code,
            reason,
            details,
            error_type: "Meteor.Error",
        }
    }

    /// Returns the code, for the log.
    pub(in crate::api) fn code(&self) -> impl Display {
        &self.error
    }
}

/// The code of an error: Rocket.Chat's, or an HTTP status.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Code {
    Text(&'static str),
    Number(u16),
}

impl Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// Returns the message of a thrown Meteor error.
pub(super) fn message(reason: Option<&str>, code: impl Display) -> String {
    match reason {
        Some(reason) => format!("{reason} [{code}]"),
        None => format!("[{code}]"),
    }
}
