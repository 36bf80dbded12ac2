//! The failures of the API itself, and those of the domain in their context.

use super::accounts::AccountContext;
use super::context::ErrorContext;
use super::refusal::Refusal;
use crate::domain::Error;
use std::any::Any;
use std::time::Duration;
use warp::http::Method;

/// Why a request failed.
#[derive(Debug)]
pub(in crate::api) enum ApiError {
    /// A use case failed.
    Domain(Error),
    /// A use case failed in a context with error texts of its own.
    In(ErrorContext, Error),
    /// The permission that guards the whole route is missing.
    RouteForbidden,
    /// A code with a reason, from the handler itself.
    Thrown {
        /// The code that clients check.
        code: &'static str,
        /// The text for people.
        reason: &'static str,
    },
    /// A text without a code.
    Bare(&'static str),
    /// A field of the body is invalid.
    InvalidParams(Box<Refusal>),
    /// A parameter of the query is invalid.
    InvalidQuery(Box<Refusal>),
    /// Meteor's check found neither of two fields, one of which is required.
    NoMatch,
    /// `sort` is invalid; the raw text.
    InvalidSort(String),
    /// `updatedSince` is not a date.
    InvalidDate,
    /// No user has this id.
    NoAvatar,
    /// Too many parameters.
    QueryTooLong,
    /// No such path.
    UnknownRoute,
    /// The path exists under other methods: the value of `Allow`.
    WrongMethod(String),
    /// Too many calls from this address; how long to wait.
    TooManyCalls(Duration),
    /// A realtime method requires a login; its name.
    InvalidUser(&'static str),
    /// The realtime method of this name does not exist.
    UnknownMethod(String),
    /// The user calls a realtime method too often; how long to wait.
    TooManyMethodCalls(Duration),
    /// A login of an unsupported kind.
    UnknownLogin,
    /// The user may not subscribe to the stream.
    NotAllowed,
    /// A subscription names no event.
    InvalidEventName,
    /// The publication of this name does not exist.
    UnknownSubscription(String),
    /// The connection has reached this maximum number of subscriptions.
    TooManySubscriptions(usize),
    /// The request for a live connection is not a valid WebSocket upgrade.
    NoUpgrade,
    /// A web page of an unknown origin requests a live connection or a change.
    ForeignOrigin,
    /// A message is not a valid method call; the reason.
    InvalidCall(String),
    /// The body exceeds this limit, in bytes.
    TooLarge(usize),
    /// The body did not arrive in time.
    TooSlow,
    /// The body ended early.
    BrokenBody,
    /// The handler panicked; the message.
    Panicked(String),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl ApiError {
    /// A field of the body is invalid; ajv's text.
    pub(in crate::api) fn invalid_params(text: impl Into<String>) -> Self {
        Self::InvalidParams(Refusal::new(text.into()))
    }

    /// A field of the body holds none of these words; ajv's text.
    pub(in crate::api) fn not_one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::invalid_params("must be equal to one of the allowed values").words(words)
    }

    /// A parameter of the query is invalid; ajv's text.
    pub(in crate::api) fn invalid_query(text: impl Into<String>) -> Self {
        Self::InvalidQuery(Refusal::new(text.into()))
    }

    pub(in crate::api) fn missing_property(field: &str) -> Self {
        Self::invalid_params(format!("must have required property '{field}'"))
    }

    /// The path exists under these methods only.
    pub(in crate::api) fn wrong_method<'a>(known: impl Iterator<Item = &'a Method>) -> Self {
        let mut allow: Vec<&str> = known.map(Method::as_str).collect();
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        allow.push("OPTIONS");
        Self::WrongMethod(allow.join(", "))
    }

    /// Like [`wrong_method`](Self::wrong_method), for a path whose `GET` must not be sent as
    /// `HEAD`.
    pub(in crate::api) fn without_head<'a>(known: impl Iterator<Item = &'a Method>) -> Self {
        let allow: Vec<&str> = known.map(Method::as_str).chain(["OPTIONS"]).collect();
        Self::WrongMethod(allow.join(", "))
    }

    pub(in crate::api) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("no message").to_owned())
    }
}

impl ErrorContext {
    /// Wraps a failure in this context.
    pub(in crate::api) fn failed(self, error: Error) -> ApiError {
        ApiError::In(self, error)
    }
}

impl AccountContext {
    /// Wraps a failure in this context.
    pub(in crate::api) fn failed(self, error: Error) -> ApiError {
        ErrorContext::Account(self).failed(error)
    }
}
