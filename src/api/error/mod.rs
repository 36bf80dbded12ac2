//! Renders every failure as a status and JSON, with Rocket.Chat's texts. The API's own failures are
//! here, those of the rules in `domain`. `context` and `people` hold the texts that only some
//! routes use. This module alone knows both the domain's errors and status codes: a new variant of
//! either fails to compile here and nowhere else.
//!
//! Sources of the oddities: `apps/meteor/server/api/ApiClass.ts` (a thrown code C with reason R
//! becomes 400 `"R [C]"`; 401 carries the legacy `status` and `message`),
//! `insertOrUpdateUserStatus.ts`, `deleteCustomUserStatus.ts`, `custom-user-status.ts`. The router
//! does not turn `not_authorized` into a 403, so it is a 400.
#![deny(clippy::wildcard_enum_match_arm)]

mod context;
mod details;
mod domain;
mod people;
mod reply;

pub(super) use context::ErrorContext;
pub(super) use people::PeopleContext;
pub(super) use reply::MethodError;

use super::http::request::RequestId;
use super::http::response::Response;
use crate::domain::Error;
use details::Details;
use reply::ErrorReply;
use std::any::Any;
use std::convert::Infallible;
use std::time::Duration;
use warp::http::{Method, StatusCode, header};

/// Why a request failed.
#[derive(Debug)]
pub(super) enum ApiError {
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
    InvalidParams(String),
    /// A parameter of the query is invalid.
    InvalidQuery(String),
    /// Meteor's check found neither of two fields, one of which is required.
    NoMatch,
    /// `sort` is invalid; the raw text.
    InvalidSort(String),
    /// `updatedSince` is not a date.
    InvalidDate,
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
    /// The body exceeds the limit.
    TooLarge,
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
    pub(super) fn invalid_params(text: impl Into<String>) -> Self {
        Self::InvalidParams(text.into())
    }

    /// A parameter of the query is invalid; ajv's text.
    pub(super) fn invalid_query(text: impl Into<String>) -> Self {
        Self::InvalidQuery(text.into())
    }

    pub(super) fn missing_property(field: &str) -> Self {
        Self::InvalidParams(format!("must have required property '{field}'"))
    }

    /// The path exists under these methods only.
    pub(super) fn wrong_method<'a>(known: impl Iterator<Item = &'a Method>) -> Self {
        let mut allow: Vec<&str> = known.map(Method::as_str).collect();
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        allow.push("OPTIONS");
        Self::WrongMethod(allow.join(", "))
    }

    /// Like [`wrong_method`](Self::wrong_method), for a path whose `GET` must not be sent as
    /// `HEAD`.
    pub(super) fn without_head<'a>(known: impl Iterator<Item = &'a Method>) -> Self {
        let allow: Vec<&str> = known.map(Method::as_str).chain(["OPTIONS"]).collect();
        Self::WrongMethod(allow.join(", "))
    }

    pub(super) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("no message").to_owned())
    }

    /// Renders the response. Internal errors are logged here, once, with the request's id, and are
    /// not sent to the client.
    pub(super) fn into_response(self, request_id: &RequestId) -> Response {
        let reply = render(&self);
        let request_id = request_id.as_str();
        if let Some(source) = self.internal() {
            tracing::error!(request_id, error = %source, "request failed");
        } else if let Self::Panicked(message) = &self {
            tracing::error!(request_id, error = message, "request handler panicked");
        } else if reply.status.is_server_error() {
            tracing::warn!(request_id, error = ?self, "request refused: the server is unavailable");
        }
        reply.into_response()
    }

    /// Renders the error of the realtime method `method`. Internal errors are logged here, once,
    /// and are not sent to the client.
    pub(super) fn into_method_error(self, method: &str) -> MethodError {
        let reply = render(&self);
        if let Some(source) = self.internal() {
            tracing::error!(method, error = %source, "method failed");
        } else if reply.status.is_server_error() {
            tracing::warn!(method, error = ?self, "method refused: the server is unavailable");
        }
        reply.into_method_error()
    }

    fn internal(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        if let Self::Domain(Error::Internal(source)) | Self::In(_, Error::Internal(source)) = self {
            Some(&**source)
        } else {
            None
        }
    }
}

fn render(error: &ApiError) -> ErrorReply {
    match error {
        ApiError::Domain(error) => domain::render(error),
        ApiError::In(place, error) => {
            context::render(*place, error).unwrap_or_else(|| domain::render(error))
        }
        ApiError::RouteForbidden => {
            let text =
                "User does not have the permissions required for this action [error-unauthorized]";
            ErrorReply::bare(StatusCode::FORBIDDEN, text)
        }
        ApiError::Thrown { code, reason } => ErrorReply::failure(code, reason),
        ApiError::Bare(text) => ErrorReply::bare(StatusCode::BAD_REQUEST, text),
        ApiError::InvalidParams(text) => ErrorReply::validation("invalid-params", text.clone()),
        ApiError::InvalidQuery(text) => {
            ErrorReply::validation("error-invalid-params", text.clone())
        }
        ApiError::NoMatch => ErrorReply::no_match(
            "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation",
        ),
        ApiError::InvalidSort(raw) => ErrorReply::failure(
            "error-invalid-sort",
            &format!("Invalid sort parameter provided: \"{raw}\""),
        )
        .details(Details {
            helper_method: Some("parseJsonQuery"),
            ..Details::default()
        }),
        ApiError::InvalidDate => ErrorReply::failure(
            "error-roomId-param-invalid",
            "The \"updatedSince\" query parameter must be a valid date.",
        ),
        ApiError::QueryTooLong => {
            ErrorReply::bare(StatusCode::BAD_REQUEST, "Invalid query parameters")
        }
        ApiError::UnknownRoute => {
            ErrorReply::legacy(StatusCode::NOT_FOUND, "API endpoint does not exist")
        }
        ApiError::WrongMethod(allow) => ErrorReply::legacy(
            StatusCode::METHOD_NOT_ALLOWED,
            "API endpoint does not allow this method",
        )
        .header(header::ALLOW, allow),
        ApiError::TooManyCalls(wait) => {
            let wait = seconds(*wait).to_string();
            let text = format!(
                "Error, too many requests. Please slow down. You must wait {wait} seconds before trying this endpoint again. \
                 [error-too-many-requests]"
            );
            ErrorReply::bare(StatusCode::TOO_MANY_REQUESTS, &text)
                .header(header::RETRY_AFTER, &wait)
        }
        ApiError::InvalidUser(method) => {
            ErrorReply::failure("error-invalid-user", "Invalid user").details(Details::by(method))
        }
        ApiError::UnknownMethod(name) => {
            ErrorReply::bare(StatusCode::NOT_FOUND, &format!("Method '{name}' not found"))
        }
        ApiError::TooManyMethodCalls(wait) => {
            let text = format!(
                "Error, too many requests. Please slow down. You must wait {} seconds before trying again.",
                seconds(*wait)
            );
            let time_to_reset = u64::try_from(wait.as_millis()).ok();
            ErrorReply::failure("too-many-requests", &text)
                .status(StatusCode::TOO_MANY_REQUESTS)
                .details(Details {
                    time_to_reset,
                    ..Details::default()
                })
        }
        ApiError::UnknownLogin => ErrorReply::bare(
            StatusCode::BAD_REQUEST,
            "Unrecognized options for login request",
        ),
        ApiError::NotAllowed => ErrorReply::coded("not-allowed"),
        ApiError::InvalidEventName => ErrorReply::coded("invalid-event-name"),
        ApiError::UnknownSubscription(name) => ErrorReply::bare(
            StatusCode::NOT_FOUND,
            &format!("Subscription '{name}' not found"),
        ),
        ApiError::TooManySubscriptions(most) => ErrorReply::failure(
            "too-many-subscriptions",
            &format!("A connection has {most} subscriptions at most"),
        ),
        ApiError::NoUpgrade => ErrorReply::failure(
            "error-upgrade-required",
            "This is a WebSocket: ask for an upgrade to version 13",
        )
        .status(StatusCode::UPGRADE_REQUIRED)
        .header(header::UPGRADE, "websocket"),
        ApiError::ForeignOrigin => {
            let reason = "Invalid origin: name it in cors_origins, or set site_url to the URL by which people reach this server";
            ErrorReply::failure("error-invalid-origin", reason).status(StatusCode::FORBIDDEN)
        }
        ApiError::InvalidCall(text) => ErrorReply::bare(StatusCode::BAD_REQUEST, text),
        ApiError::TooLarge => {
            let text = format!("The body is larger than {} bytes", super::http::body::LIMIT);
            ErrorReply::failure("error-body-too-large", &text).status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        ApiError::TooSlow => {
            ErrorReply::failure("error-body-too-slow", "The body did not arrive in time")
                .status(StatusCode::REQUEST_TIMEOUT)
                .header(header::CONNECTION, "close")
        }
        ApiError::BrokenBody => {
            ErrorReply::failure("error-body-broken", "The body could not be read")
        }
        ApiError::Panicked(_) => {
            ErrorReply::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

/// Returns whole seconds, rounded up, because a retry that is too early fails.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// Answers what warp's own filters reject, before a request has an id. None of those in use rejects
/// anything, but their type does not show it.
pub(super) async fn unreadable(_: warp::Rejection) -> Result<Response, Infallible> {
    Ok(render(&ApiError::UnknownRoute).into_response())
}

#[cfg(test)]
mod tests;
