//! The places where Rocket.Chat tells a failure in words of its own, which the same failure does not have elsewhere.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a place tells a few failures; all others are told by the match without a wildcard in mod.rs"
)]

use super::ApiError;
use super::details::Details;
use super::domain;
use super::people::{self, PeopleContext};
use super::reply::ErrorReply;
use crate::api::ddp::socket::Way;
use crate::domain::{Disallowed, Error, Field, Problem, Timestamp, What};
use warp::http::StatusCode;

/// A route, or a few, with words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum ErrorContext {
    /// `custom-user-status.delete`: an unknown id.
    DeleteStatus,
    /// Routes that are about one user, named by id or name: an unknown one.
    OfUser,
    /// `setUserStatus`, the realtime method: what the workspace does not allow.
    SetUserStatus,
    /// `users.setStatus`: everything about the new status.
    SetStatus,
    /// `login` at this time.
    Login(Timestamp),
    /// `login`, the realtime method, at this time.
    RealtimeLogin(Way, Timestamp),
    /// A route about people.
    People(PeopleContext),
}

impl ErrorContext {
    /// A failure in this place.
    pub(in crate::api) fn failed(self, error: Error) -> ApiError {
        ApiError::In(self, error)
    }
}

/// The words of `place` for `error`; `None` where it has none of its own.
pub(super) fn render(place: ErrorContext, error: &Error) -> Option<ErrorReply> {
    match (place, error) {
        (ErrorContext::DeleteStatus, Error::NotFound(_)) => Some(
            ErrorReply::failure(
                "Custom_User_Status_Error_Invalid_User_Status",
                "Invalid user status",
            )
            .details(Details::by("deleteCustomUserStatus")),
        ),
        (ErrorContext::OfUser | ErrorContext::SetStatus, Error::NotFound(What::User(_))) => {
            Some(ErrorReply::nobody())
        }
        (ErrorContext::SetUserStatus, Error::Disallowed(disallowed)) => {
            let (code, reason) = match disallowed {
                Disallowed::StatusText => ("error-not-allowed", "Not allowed"),
                Disallowed::Invisible => {
                    ("error-status-not-allowed", "Invisible status is disabled")
                }
            };
            Some(ErrorReply::failure(code, reason).details(Details::by("setUserStatus")))
        }
        (
            ErrorContext::Login(now) | ErrorContext::RealtimeLogin(_, now),
            Error::LoginBlocked { until, .. },
        ) => Some(domain::render(error).details(Details::blocked(now, *until))),
        (ErrorContext::RealtimeLogin(Way::Password, _), Error::LoginRefused) => {
            Some(ErrorReply::bare(StatusCode::UNAUTHORIZED, "User not found"))
        }
        (ErrorContext::RealtimeLogin(Way::Resume, _), Error::LoginRefused) => {
            Some(ErrorReply::bare(
                StatusCode::FORBIDDEN,
                "You've been logged out by the server. Please log in again.",
            ))
        }
        (ErrorContext::SetStatus, _) => {
            set_status(error).map(|told| told.details(Details::by("users.setStatus")))
        }
        (ErrorContext::People(place), error) => people::render(place, error),
        _ => None,
    }
}

fn set_status(error: &Error) -> Option<ErrorReply> {
    match error {
        Error::Disallowed(_) => Some(domain::render(error)),
        Error::Invalid {
            field: Field::ExpiresAt,
            problem,
        } => {
            let reason = if *problem == Problem::Past {
                "expiresAt must be a future date"
            } else {
                "Invalid expiresAt date string"
            };
            Some(ErrorReply::failure("error-invalid-date", reason))
        }
        _ => None,
    }
}
