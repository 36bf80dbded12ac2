//! Renders the failures of the API itself, and logs internal errors.
#![deny(clippy::wildcard_enum_match_arm)]

use super::api_error::ApiError;
use super::details::{Details, whole_seconds};
use super::method_error::MethodError;
use super::reply::ErrorReply;
use super::{context, domain};
use crate::api::http::json::Response;
use crate::api::http::request_id::RequestId;
use crate::app::Compat;
use crate::domain::Error;
use std::convert::Infallible;
use warp::http::{StatusCode, header};

impl ApiError {
    /// Renders the response of the release `compat`. Internal errors are logged here, once, with the
    /// request's id, and are not sent to the client.
    pub(in crate::api) fn into_response(self, request_id: &RequestId, compat: Compat) -> Response {
        let reply = render(&self).under(compat);
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
    pub(in crate::api) fn into_method_error(self, method: &str) -> MethodError {
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

/// Returns the code of a failure that is one of several in a response.
pub(in crate::api) fn error_type(error: &Error) -> Option<&'static str> {
    domain::render(error).code
}

fn render(error: &ApiError) -> ErrorReply {
    match error {
        ApiError::Domain(error) => domain::render(error),
        ApiError::In(context, error) => {
            context::render(*context, error).unwrap_or_else(|| domain::render(error))
        }
        ApiError::RouteForbidden => {
            let text =
                "User does not have the permissions required for this action [error-unauthorized]";
            ErrorReply::bare(StatusCode::FORBIDDEN, text)
        }
        ApiError::Thrown { code, reason } => ErrorReply::failure(code, reason),
        ApiError::Bare(text) => ErrorReply::bare(StatusCode::BAD_REQUEST, text),
        ApiError::InvalidParams(refusal) => refusal.render("invalid-params"),
        ApiError::InvalidQuery(refusal) => refusal.render("error-invalid-params"),
        ApiError::NoMatch => ErrorReply::no_match(
            "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation",
        )
        .details(Details {
            hint: Some("Send a status, a message or both".to_owned()),
            ..Details::default()
        }),
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
        ApiError::NoAvatar => ErrorReply::bare(StatusCode::NOT_FOUND, "User not found"),
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
            let wait = whole_seconds(*wait).to_string();
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
                whole_seconds(*wait)
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
            &format!("Too many subscriptions: a connection may have at most {most}"),
        ),
        ApiError::NoUpgrade => ErrorReply::failure(
            "error-upgrade-required",
            "This endpoint requires a WebSocket upgrade (version 13)",
        )
        .status(StatusCode::UPGRADE_REQUIRED)
        .header(header::UPGRADE, "websocket"),
        ApiError::ForeignOrigin => {
            let reason = "Invalid origin: add it to cors_origins, or set site_url to the URL by which people reach this server";
            ErrorReply::failure("error-invalid-origin", reason).status(StatusCode::FORBIDDEN)
        }
        ApiError::InvalidCall(text) => ErrorReply::bare(StatusCode::BAD_REQUEST, text),
        ApiError::TooLarge(limit) => {
            let text = format!("The body is larger than {limit} bytes");
            ErrorReply::failure("error-body-too-large", &text).status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        ApiError::TooSlow => {
            ErrorReply::failure("error-body-too-slow", "The body did not arrive in time")
                .status(StatusCode::REQUEST_TIMEOUT)
                .header(header::CONNECTION, "close")
        }
        ApiError::BrokenBody => {
            ErrorReply::failure("error-body-broken", "The body could not be read")
                .header(header::CONNECTION, "close")
        }
        ApiError::Panicked(_) => {
            ErrorReply::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

/// Answers what warp's own filters reject, before a request has an id. None of those in use rejects
/// anything, but their type does not show it.
pub(in crate::api) async fn unreadable(_: warp::Rejection) -> Result<Response, Infallible> {
    Ok(render(&ApiError::UnknownRoute).into_response())
}
