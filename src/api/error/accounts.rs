//! Error texts of the routes about users, roles and tokens. Sources: Rocket.Chat
//! `setUserActiveStatus.ts`, `deleteUser.ts`, `users.ts`, `roles.ts`, `addUserToRole.ts`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "failures without a text of their own here are rendered as everywhere else"
)]

use super::details::Details;
use super::reply::ErrorReply;
use super::user_data;
use crate::domain::{Error, Field, Permission, Problem, Timestamp, What};
use warp::http::StatusCode;

/// A route about users, roles or tokens, or a group of them, with error texts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum AccountContext {
    /// `users.create`.
    Create,
    /// `users.update` and `users.updateOwnBasicInfo` at this time, with the method that Rocket.Chat
    /// calls for it.
    Change(&'static str, Timestamp),
    /// The realtime method `setUserPassword`.
    SetPassword,
    /// `users.delete`.
    Delete,
    /// `users.setActiveStatus`.
    SetActive,
    /// `users.logout`.
    Logout,
    /// A route of `sessions/*` that selects one session.
    Sessions,
    /// `users.createToken`.
    CreateToken,
    /// A route of the personal access tokens, with the method that Rocket.Chat calls for it.
    Tokens(&'static str),
    /// `users.setPreferences`.
    Preferences,
    /// `roles.addUserToRole`.
    AddToRole,
    /// `roles.removeUserFromRole`.
    RemoveFromRole,
    /// `roles.getUsersInRole`.
    UsersInRole,
}

/// Renders `error` in `context`; `None` where it has no text of its own.
pub(super) fn render(context: AccountContext, error: &Error) -> Option<ErrorReply> {
    match context {
        AccountContext::Create => user_data::save(error),
        AccountContext::Change(method, now) => user_data::change(error, method, now),
        AccountContext::SetPassword => match error {
            Error::Invalid { field, problem } => {
                user_data::invalid_field(*field, problem, "setUserPassword")
                    .map(|reply| reply.details(Details::by("setUserPassword")))
            }
            Error::Forbidden { .. } => {
                let reply = ErrorReply::failure("error-not-allowed", "Not allowed");
                Some(reply.details(Details::by("setUserPassword")))
            }
            _ => None,
        },
        AccountContext::Delete => match error {
            Error::NotFound(_) => Some(ErrorReply::unknown_user()),
            Error::LastAdministrator => Some(ErrorReply::not_allowed(
                "Leaving the app without admins is not allowed",
                "deleteUser",
                "Remove_last_admin",
            )),
            _ => None,
        },
        AccountContext::SetActive => match error {
            Error::NotFound(_) => Some(ErrorReply::bare(StatusCode::BAD_REQUEST, "User not found")),
            _ => None,
        },
        AccountContext::Logout => match error {
            Error::NotFound(_) => Some(ErrorReply::failure(
                "error-invalid-user-id",
                "Invalid user id",
            )),
            _ => None,
        },
        AccountContext::Sessions => match error {
            Error::NotFound(_) => {
                Some(ErrorReply::bare(StatusCode::NOT_FOUND, "Session not found"))
            }
            _ => None,
        },
        AccountContext::CreateToken => match error {
            Error::Forbidden { .. } => Some(ErrorReply::failure(
                "error-not-authorized",
                "Not authorized",
            )),
            Error::NotFound(_) => Some(ErrorReply::unknown_user()),
            _ => None,
        },
        AccountContext::Tokens(method) => {
            token(error).map(|reply| reply.details(Details::by(method)))
        }
        AccountContext::Preferences => match error {
            Error::Forbidden { .. } => Some(ErrorReply::failure(
                "error-action-not-allowed",
                "Editing user is not allowed",
            )),
            Error::NotFound(_) => Some(ErrorReply::failure(
                "error-invalid-user",
                "The optional \"userId\" param provided does not match any users",
            )),
            _ => None,
        },
        AccountContext::AddToRole => add_to_role(error),
        AccountContext::RemoveFromRole => remove_from_role(error),
        AccountContext::UsersInRole => {
            is_role(error, &Problem::Unknown).then(|| ErrorReply::coded("error-invalid-roleId"))
        }
    }
}

fn token(error: &Error) -> Option<ErrorReply> {
    match error {
        Error::Forbidden { .. } => Some(ErrorReply::failure("not-authorized", "Not Authorized")),
        Error::Invalid {
            field: Field::TokenName,
            problem: Problem::Taken(_),
        } => Some(ErrorReply::failure(
            "error-token-already-exists",
            "A token with this name already exists",
        )),
        Error::NotFound(What::Login(_)) => Some(ErrorReply::failure(
            "error-token-does-not-exists",
            "Token does not exist",
        )),
        _ => None,
    }
}

fn add_to_role(error: &Error) -> Option<ErrorReply> {
    const METHOD: &str = "authorization:addUserToRole";
    match error {
        Error::Forbidden {
            needs: Permission::AccessPermissions,
        } => Some(ErrorReply::not_allowed(
            "Accessing permissions is not allowed",
            METHOD,
            "Accessing_permissions",
        )),
        Error::Forbidden { needs } => user_data::missing_permission(*needs, METHOD),
        Error::NotFound(_) => Some(ErrorReply::unknown_user()),
        // Rocket.Chat passes the two arguments in the wrong order.
        _ if is_role(error, &Problem::Unknown) => Some(ErrorReply::failure_without_code(
            "error-role-not-found",
            "Role not found",
        )),
        _ if is_role(error, &Problem::Unchanged) => Some(ErrorReply::failure(
            "error-user-already-in-role",
            "User already in role",
        )),
        _ => None,
    }
}

fn remove_from_role(error: &Error) -> Option<ErrorReply> {
    match error {
        Error::Forbidden { needs } => {
            user_data::missing_permission(*needs, "authorization:removeUserFromRole")
        }
        Error::NotFound(_) => Some(ErrorReply::failure(
            "error-invalid-user",
            "There is no user with this username",
        )),
        Error::LastAdministrator => Some(ErrorReply::failure(
            "error-admin-required",
            "You need to have at least one admin",
        )),
        _ if is_role(error, &Problem::Unknown) => Some(ErrorReply::failure(
            "error-invalid-roleId",
            "This role does not exist",
        )),
        _ if is_role(error, &Problem::Unchanged) => Some(ErrorReply::failure(
            "error-user-not-in-role",
            "User is not in this role",
        )),
        _ => None,
    }
}

fn is_role(error: &Error, expected: &Problem) -> bool {
    matches!(error, Error::Invalid { field: Field::Role, problem } if problem == expected)
}
