//! Error texts of the routes about users, roles and tokens. Sources: Rocket.Chat
//! `setUserActiveStatus.ts`, `deleteUser.ts`, `users.ts`, `roles.ts`, `addUserToRole.ts`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "failures without a text of their own here are rendered as everywhere else"
)]

use super::details::Details;
use super::reply::ErrorReply;
use super::{role, user_data};
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
    /// `users.checkUsernameAvailability`.
    CheckUsername,
    /// `users.delete`.
    Delete,
    /// `users.deleteOwnAccount`, at this time.
    DeleteOwn(Timestamp),
    /// `users.resetAvatar`.
    ResetAvatar,
    /// `users.setAvatar`.
    SetAvatar,
    /// `users.register`, at this time.
    Register(Timestamp),
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
    /// `roles.create` and `roles.update`.
    SaveRole,
    /// `roles.delete`.
    DeleteRole,
    /// `roles.addUserToRole`.
    AddToRole,
    /// `roles.removeUserFromRole`.
    RemoveFromRole,
    /// `roles.getUsersInRole`.
    UsersInRole,
}

/// Renders `error` in `context`; `None` where it has no text of its own.
pub(super) fn render(context: AccountContext, error: &Error) -> Option<ErrorReply> {
    use AccountContext as C;
    Some(match (context, error) {
        (C::Create, _) => return user_data::save(error),
        (C::Change(method, now), _) => return user_data::change(error, method, now),
        (C::SetPassword, Error::Invalid { field, problem }) => {
            user_data::invalid_field(*field, problem, "setUserPassword")?
                .details(Details::by("setUserPassword"))
        }
        (C::SetPassword, Error::Forbidden { .. }) => {
            ErrorReply::failure("error-not-allowed", "Not allowed")
                .details(Details::by("setUserPassword"))
        }
        (C::CheckUsername, Error::Disallowed(_)) => {
            ErrorReply::failure("error-not-allowed", "Not allowed")
                .details(Details::by("setUsername"))
        }
        (C::DeleteOwn(now), _) => return user_data::delete_own(error, now),
        (C::Register(now), _) => return user_data::register(error, now),
        (C::ResetAvatar, Error::NotFound(_)) => ErrorReply::unknown_user(),
        (C::ResetAvatar, Error::Forbidden { .. }) => {
            ErrorReply::failure("error-not-allowed", "Reset avatar is not allowed")
                .details(Details::by("users.resetAvatar"))
        }
        (C::SetAvatar, Error::Disallowed(_)) => {
            ErrorReply::failure("error-not-allowed", "Change avatar is not allowed")
                .details(Details::by("users.setAvatar"))
        }
        (C::SetAvatar, Error::Forbidden { .. }) => {
            ErrorReply::failure("error-not-allowed", "Not allowed")
        }
        (C::SetAvatar, Error::NotFound(_)) => ErrorReply::failure(
            "error-invalid-user",
            "The optional \"userId\" or \"username\" param provided does not match any users",
        ),
        (C::CheckUsername, Error::Invalid { field, problem }) => {
            user_data::available_username(*field, problem)?
        }
        (C::Delete | C::CreateToken, Error::NotFound(_)) => ErrorReply::unknown_user(),
        (C::Delete, Error::LastAdministrator) => ErrorReply::not_allowed(
            "Leaving the app without admins is not allowed",
            "deleteUser",
            "Remove_last_admin",
        ),
        (C::SetActive, Error::NotFound(_)) => {
            ErrorReply::bare(StatusCode::BAD_REQUEST, "User not found")
        }
        (C::Logout, Error::NotFound(_)) => {
            ErrorReply::failure("error-invalid-user-id", "Invalid user id")
        }
        (C::Sessions, Error::NotFound(_)) => {
            ErrorReply::bare(StatusCode::NOT_FOUND, "Session not found")
        }
        (C::CreateToken, Error::Forbidden { .. }) => {
            ErrorReply::failure("error-not-authorized", "Not authorized")
        }
        (C::Tokens(method), _) => token(error)?.details(Details::by(method)),
        (C::Preferences, Error::Forbidden { .. }) => {
            ErrorReply::failure("error-action-not-allowed", "Editing user is not allowed")
        }
        (C::Preferences, Error::NotFound(_)) => ErrorReply::failure(
            "error-invalid-user",
            "The optional \"userId\" param provided does not match any users",
        ),
        (C::SaveRole, _) => return role::save(error),
        (C::DeleteRole, _) => return role::delete(error),
        (C::AddToRole, _) => return add_to_role(error),
        (C::RemoveFromRole, _) => return remove_from_role(error),
        (C::UsersInRole, _) if is_role(error, &Problem::Unknown) => {
            ErrorReply::coded("error-invalid-roleId")
        }
        _ => return None,
    })
}

fn token(error: &Error) -> Option<ErrorReply> {
    Some(match error {
        Error::Forbidden { .. } => ErrorReply::failure("not-authorized", "Not Authorized"),
        Error::Invalid {
            field: Field::TokenName,
            problem: Problem::Taken(_),
        } => ErrorReply::failure(
            "error-token-already-exists",
            "A token with this name already exists",
        ),
        Error::NotFound(What::Login(_)) => {
            ErrorReply::failure("error-token-does-not-exists", "Token does not exist")
        }
        _ => return None,
    })
}

fn add_to_role(error: &Error) -> Option<ErrorReply> {
    const METHOD: &str = "authorization:addUserToRole";
    Some(match error {
        Error::Forbidden {
            needs: Permission::AccessPermissions,
        } => ErrorReply::not_allowed(
            "Accessing permissions is not allowed",
            METHOD,
            "Accessing_permissions",
        ),
        Error::Forbidden { needs } => user_data::missing_permission(*needs, METHOD)?,
        Error::NotFound(_) => ErrorReply::unknown_user(),
        // Rocket.Chat passes the two arguments in the wrong order.
        _ if is_role(error, &Problem::Unknown) => {
            ErrorReply::failure_without_code("error-role-not-found", "Role not found")
        }
        _ if is_role(error, &Problem::Unchanged) => {
            ErrorReply::failure("error-user-already-in-role", "User already in role")
        }
        _ => return None,
    })
}

fn remove_from_role(error: &Error) -> Option<ErrorReply> {
    Some(match error {
        Error::Forbidden { needs } => {
            user_data::missing_permission(*needs, "authorization:removeUserFromRole")?
        }
        Error::NotFound(_) => {
            ErrorReply::failure("error-invalid-user", "There is no user with this username")
        }
        Error::LastAdministrator => ErrorReply::failure(
            "error-admin-required",
            "You need to have at least one admin",
        ),
        _ if is_role(error, &Problem::Unknown) => {
            ErrorReply::failure("error-invalid-roleId", "This role does not exist")
        }
        _ if is_role(error, &Problem::Unchanged) => {
            ErrorReply::failure("error-user-not-in-role", "User is not in this role")
        }
        _ => return None,
    })
}

fn is_role(error: &Error, expected: &Problem) -> bool {
    matches!(error, Error::Invalid { field: Field::Role, problem } if problem == expected)
}
