//! Error contexts: routes and methods for which Rocket.Chat renders some failures differently from
//! elsewhere.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a context renders a few failures; the exhaustive match in domain.rs renders the others"
)]

use super::accounts::{self, AccountContext};
use super::details::Details;
use super::domain;
use super::reply::ErrorReply;
use crate::domain::{Disallowed, Error, Field, Problem, Timestamp, What};
use warp::http::{StatusCode, header};

/// A route, or a group of routes, with error texts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum ErrorContext {
    /// `custom-user-status.delete`: an unknown id.
    DeleteStatus,
    /// Routes about one user, selected by id or name: an unknown user.
    OfUser,
    /// The realtime method `setUserStatus`: whatever the workspace does not allow.
    SetUserStatus,
    /// `users.setStatus`: every failure about the new status.
    SetStatus,
    /// `login`, at this time.
    Login(Timestamp),
    /// The realtime method `login` with a password, at this time.
    RealtimeLogin(Timestamp),
    /// The realtime method `login` with a token from an earlier login, at this time.
    RealtimeResume(Timestamp),
    /// A route about users, roles or tokens.
    Account(AccountContext),
}

/// Renders `error` in `context`; `None` where it has no text of its own.
pub(super) fn render(context: ErrorContext, error: &Error) -> Option<ErrorReply> {
    match (context, error) {
        (ErrorContext::DeleteStatus, Error::NotFound(_)) => Some(
            ErrorReply::failure(
                "Custom_User_Status_Error_Invalid_User_Status",
                "Invalid user status",
            )
            .details(Details::by("deleteCustomUserStatus")),
        ),
        (ErrorContext::OfUser | ErrorContext::SetStatus, Error::NotFound(What::User(_))) => {
            Some(ErrorReply::unknown_user())
        }
        (ErrorContext::SetUserStatus, Error::Disallowed(disallowed)) => {
            let reply = match disallowed {
                Disallowed::Invisible | Disallowed::Presence => domain::render(error),
                _ => ErrorReply::failure("error-not-allowed", "Not allowed"),
            };
            Some(reply.details(Details::by("setUserStatus")))
        }
        (
            ErrorContext::Login(now)
            | ErrorContext::RealtimeLogin(now)
            | ErrorContext::RealtimeResume(now),
            Error::LoginBlocked { until, .. },
        ) => {
            let details = Details::blocked(now, *until);
            let wait = details.seconds.unwrap_or_default().to_string();
            let reply = domain::render(error).details(details);
            Some(reply.header(header::RETRY_AFTER, &wait))
        }
        (ErrorContext::RealtimeLogin(_), Error::LoginRefused) => {
            Some(ErrorReply::bare(StatusCode::UNAUTHORIZED, "User not found"))
        }
        (ErrorContext::RealtimeResume(_), Error::LoginRefused) => Some(ErrorReply::bare(
            StatusCode::FORBIDDEN,
            "You've been logged out by the server. Please log in again.",
        )),
        (ErrorContext::SetStatus, _) => {
            set_status(error).map(|reply| reply.details(Details::by("users.setStatus")))
        }
        (ErrorContext::Account(context), error) => accounts::render(context, error),
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
