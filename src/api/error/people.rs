//! Error texts of the routes about users, roles and tokens. Sources: Rocket.Chat
//! `validateUserData.ts`, `validateUserEditing.ts`, `setUserActiveStatus.ts`, `deleteUser.ts`,
//! `saveUserProfile.ts`, `users.ts`, `roles.ts`, `addUserToRole.ts`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "failures without a text of their own here are rendered as everywhere else"
)]

use super::ApiError;
use super::context::ErrorContext;
use super::details::Details;
use super::reply::ErrorReply;
use crate::domain::{Blocked, Error, Field, Permission, Problem, Timestamp, What};
use warp::http::StatusCode;

/// A route about users, roles or tokens, or a group of them, with error texts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum PeopleContext {
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

impl PeopleContext {
    /// Wraps a failure in this context.
    pub(in crate::api) fn failed(self, error: Error) -> ApiError {
        ErrorContext::People(self).failed(error)
    }
}

const NOT_ALLOWED: &str = "error-action-not-allowed";

/// Renders `error` in `place`; `None` where it has no text of its own.
pub(super) fn render(place: PeopleContext, error: &Error) -> Option<ErrorReply> {
    match place {
        PeopleContext::Create => tell_save(error),
        PeopleContext::Change(method, now) => tell_change(error, method, now),
        PeopleContext::SetPassword => match error {
            Error::Invalid { field, problem } => tell_field(*field, problem, "setUserPassword")
                .map(|reply| reply.details(Details::by("setUserPassword"))),
            Error::Forbidden { .. } => {
                let reply = ErrorReply::failure("error-not-allowed", "Not allowed");
                Some(reply.details(Details::by("setUserPassword")))
            }
            _ => None,
        },
        PeopleContext::Delete => match error {
            Error::NotFound(_) => Some(ErrorReply::nobody()),
            Error::LastAdministrator => Some(action(
                "Leaving the app without admins is not allowed",
                "deleteUser",
                "Remove_last_admin",
            )),
            _ => None,
        },
        PeopleContext::SetActive => match error {
            Error::NotFound(_) => Some(ErrorReply::bare(StatusCode::BAD_REQUEST, "User not found")),
            _ => None,
        },
        PeopleContext::Logout => match error {
            Error::NotFound(_) => Some(ErrorReply::failure(
                "error-invalid-user-id",
                "Invalid user id",
            )),
            _ => None,
        },
        PeopleContext::Sessions => match error {
            Error::NotFound(_) => {
                Some(ErrorReply::bare(StatusCode::NOT_FOUND, "Session not found"))
            }
            _ => None,
        },
        PeopleContext::CreateToken => match error {
            Error::Forbidden { .. } => Some(ErrorReply::failure(
                "error-not-authorized",
                "Not authorized",
            )),
            Error::NotFound(_) => Some(ErrorReply::nobody()),
            _ => None,
        },
        PeopleContext::Tokens(method) => {
            tell_token(error).map(|reply| reply.details(Details::by(method)))
        }
        PeopleContext::Preferences => match error {
            Error::Forbidden { .. } => Some(ErrorReply::failure(
                NOT_ALLOWED,
                "Editing user is not allowed",
            )),
            Error::NotFound(_) => Some(ErrorReply::failure(
                "error-invalid-user",
                "The optional \"userId\" param provided does not match any users",
            )),
            _ => None,
        },
        PeopleContext::AddToRole => tell_add(error),
        PeopleContext::RemoveFromRole => tell_remove(error),
        PeopleContext::UsersInRole => {
            role(error, &Problem::Unknown).then(|| ErrorReply::coded("error-invalid-roleId"))
        }
    }
}

/// Renders a failed change of a user. A reserved name is reported like any other that cannot be
/// saved: reference `saveUserIdentity.ts`.
fn tell_change(error: &Error, method: &'static str, now: Timestamp) -> Option<ErrorReply> {
    match error {
        Error::LoginBlocked { blocked, until } => Some(tell_blocked(*blocked, now, *until)),
        Error::Invalid {
            problem: Problem::Reserved(_),
            ..
        } => {
            let text = "Could not save user identity";
            let reply = ErrorReply::failure("error-could-not-save-identity", text);
            Some(reply.details(Details::by(method)))
        }
        _ => tell_save(error),
    }
}

fn tell_save(error: &Error) -> Option<ErrorReply> {
    const METHOD: &str = "insertOrUpdateUser";
    match error {
        Error::Forbidden { needs } => tell_missing_permission(*needs, METHOD),
        Error::NotFound(What::User(_)) => Some(ErrorReply::failure(
            "error-user-not-found",
            "User not found",
        )),
        Error::Invalid { field, problem } => tell_field(*field, problem, METHOD),
        _ => None,
    }
}

/// Renders a blocked password check. It is not the 401 of a login, after which clients would assume
/// that they are logged out.
fn tell_blocked(blocked: Blocked, now: Timestamp, until: Timestamp) -> ErrorReply {
    let (code, target) = match blocked {
        Blocked::User => ("error-login-blocked-for-user", "User"),
        Blocked::Address => ("error-login-blocked-for-ip", "IP"),
    };
    let text = format!("Login has been temporarily blocked For {target}");
    ErrorReply::failure(code, &text).details(Details {
        method: Some("saveUserProfile"),
        ..Details::blocked(now, until)
    })
}

fn tell_missing_permission(needs: Permission, method: &'static str) -> Option<ErrorReply> {
    let (text, act) = match needs {
        Permission::CreateUser => ("Adding user is not allowed", "Adding_user"),
        Permission::EditOtherUserInfo => ("Editing user is not allowed", "Editing_user"),
        Permission::AssignAdminRole => ("Assigning admin is not allowed", "Assign_admin"),
        Permission::AssignRoles => ("Assign roles is not allowed", "Assign_role"),
        Permission::EditOtherUserPassword => ("Edit user password is not allowed", "Update_user"),
        Permission::EditOtherUserActiveStatus => {
            let reply = ErrorReply::failure("error-not-allowed", "Not allowed");
            return Some(reply.details(Details::by("setUserActiveStatus")));
        }
        _ => return None,
    };
    Some(action(text, method, act))
}

fn tell_field(field: Field, problem: &Problem, method: &'static str) -> Option<ErrorReply> {
    let reply = match (field, problem) {
        (Field::Role, Problem::Unknown) => {
            let text = "The field Roles consist invalid role id";
            action(text, method, "Assign_role")
        }
        (Field::Email, Problem::Unchanged) => {
            let text = "Editing email verification is not allowed";
            action(text, method, "Editing_user")
        }
        (Field::Email, Problem::NotValid(_)) => {
            ErrorReply::failure("error-invalid-email", "Invalid email")
                .details(Details::function("_setEmail"))
        }
        (_, Problem::Taken(text)) => {
            let reason = format!("{} is already in use :(", escaped(text));
            ErrorReply::failure("error-field-unavailable", &reason).details(Details {
                taken: Some(text.clone()),
                ..Details::by(method)
            })
        }
        (Field::Username, Problem::NotValid(text)) => {
            let reason = format!("{} is not a valid username", escaped(text));
            ErrorReply::failure("error-input-is-not-a-valid-field", &reason).details(Details {
                input: Some(text.clone()),
                field: Some("Username"),
                ..Details::by(method)
            })
        }
        (_, Problem::Missing) => {
            let name = match field {
                Field::FullName => "Name",
                Field::Username => "Username",
                Field::Password => "Password",
                _ => return None,
            };
            let reason = format!("The field {name} is required");
            ErrorReply::failure("error-the-field-is-required", &reason).details(Details {
                field: Some(name),
                ..Details::by(method)
            })
        }
        (Field::Bio, Problem::TooLong(most)) => {
            let reason = format!("Bio size exceeds {most} characters");
            ErrorReply::failure("error-bio-size-exceeded", &reason)
                .details(Details::by("saveUserProfile"))
        }
        (Field::Nickname, Problem::TooLong(most)) => {
            let reason = format!("Nickname size exceeds {most} characters");
            ErrorReply::failure("error-nickname-size-exceeded", &reason)
                .details(Details::by("saveUserProfile"))
        }
        (Field::Password, Problem::Unchanged) => ErrorReply::failure(
            "error-password-same-as-current",
            "Entered password same as current password",
        )
        .details(Details::by("saveUserProfile")),
        (Field::CurrentPassword, _) => {
            ErrorReply::failure("error-invalid-password", "Invalid password")
                .details(Details::by("saveUserProfile"))
        }
        _ => return None,
    };
    Some(reply)
}

fn tell_token(error: &Error) -> Option<ErrorReply> {
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

fn tell_add(error: &Error) -> Option<ErrorReply> {
    const METHOD: &str = "authorization:addUserToRole";
    match error {
        Error::Forbidden {
            needs: Permission::AccessPermissions,
        } => Some(action(
            "Accessing permissions is not allowed",
            METHOD,
            "Accessing_permissions",
        )),
        Error::Forbidden { needs } => tell_missing_permission(*needs, METHOD),
        Error::NotFound(_) => Some(ErrorReply::nobody()),
        // Rocket.Chat passes the two arguments in the wrong order.
        _ if role(error, &Problem::Unknown) => Some(ErrorReply::failure_without_code(
            "error-role-not-found",
            "Role not found",
        )),
        _ if role(error, &Problem::Unchanged) => Some(ErrorReply::failure(
            "error-user-already-in-role",
            "User already in role",
        )),
        _ => None,
    }
}

fn tell_remove(error: &Error) -> Option<ErrorReply> {
    match error {
        Error::Forbidden { needs } => {
            tell_missing_permission(*needs, "authorization:removeUserFromRole")
        }
        Error::NotFound(_) => Some(ErrorReply::failure(
            "error-invalid-user",
            "There is no user with this username",
        )),
        Error::LastAdministrator => Some(ErrorReply::failure(
            "error-admin-required",
            "You need to have at least one admin",
        )),
        _ if role(error, &Problem::Unknown) => Some(ErrorReply::failure(
            "error-invalid-roleId",
            "This role does not exist",
        )),
        _ if role(error, &Problem::Unchanged) => Some(ErrorReply::failure(
            "error-user-not-in-role",
            "User is not in this role",
        )),
        _ => None,
    }
}

fn role(error: &Error, expected: &Problem) -> bool {
    matches!(error, Error::Invalid { field: Field::Role, problem } if problem == expected)
}

/// Renders a forbidden action, with its name in Rocket.Chat.
pub(super) fn action(text: &str, method: &'static str, action: &'static str) -> ErrorReply {
    ErrorReply::failure(NOT_ALLOWED, text).details(Details {
        action: Some(action),
        ..Details::by(method)
    })
}

/// Escapes like lodash's `escape`, because some clients show the text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
