//! Error texts for fields of users that cannot be saved. Sources: Rocket.Chat `validateUserData.ts`,
//! `validateUserEditing.ts`, `saveUserProfile.ts`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "failures without a text of their own here are rendered as everywhere else"
)]

use super::details::Details;
use super::reply::ErrorReply;
use crate::domain::{Blocked, Disallowed, Error, Field, Permission, Problem, Timestamp, What};
use warp::http::StatusCode;

/// Renders a failed change of a user. A reserved name is reported like any other that cannot be
/// saved: Rocket.Chat `saveUserIdentity.ts`.
pub(super) fn change(error: &Error, method: &'static str, now: Timestamp) -> Option<ErrorReply> {
    Some(match error {
        Error::LoginBlocked { blocked, until } => {
            blocked_check(*blocked, "saveUserProfile", now, *until)
        }
        Error::Disallowed(what) => locked(*what, method)?,
        Error::Invalid {
            problem: Problem::Reserved(_),
            ..
        }
        | Error::Invalid {
            field: Field::FullName,
            problem: Problem::Missing,
        } => {
            let text = "Could not save user identity";
            let reply = ErrorReply::failure("error-could-not-save-identity", text);
            reply.details(Details::by(method))
        }
        _ => return save(error),
    })
}

/// Renders a change that a setting of the workspace forbids.
fn locked(what: Disallowed, method: &'static str) -> Option<ErrorReply> {
    let text = match what {
        Disallowed::Profile if method == "saveUserProfile" => {
            let reply = ErrorReply::failure("error-not-allowed", "Not allowed");
            return Some(reply.details(Details::by(method)));
        }
        Disallowed::Profile => "Edit user profile is not allowed",
        Disallowed::Username => "Edit username is not allowed",
        Disallowed::StatusText => "Edit user status is not allowed",
        Disallowed::RealName => "Edit user real name is not allowed",
        Disallowed::Email => "Edit user email is not allowed",
        Disallowed::Password => "Edit user password is not allowed",
        Disallowed::Invisible
        | Disallowed::Avatar
        | Disallowed::DeletionOfAccount
        | Disallowed::Registration
        | Disallowed::RegistrationWithoutSecret
        | Disallowed::Presence
        | Disallowed::StatusVisibility
        | Disallowed::StatusVisibilityByAdmin => return None,
    };
    let (method, act) = ("insertOrUpdateUser", "Update_user");
    Some(ErrorReply::not_allowed(text, method, act))
}

pub(super) fn save(error: &Error) -> Option<ErrorReply> {
    const METHOD: &str = "insertOrUpdateUser";
    Some(match error {
        Error::Forbidden { needs } => missing_permission(*needs, METHOD)?,
        Error::NotFound(What::User(_)) => {
            ErrorReply::failure("error-user-not-found", "User not found")
        }
        Error::Invalid { field, problem } => invalid_field(*field, problem, METHOD)?,
        _ => return None,
    })
}

/// Renders the own account that could not be deleted.
pub(super) fn delete_own(error: &Error, now: Timestamp) -> Option<ErrorReply> {
    const METHOD: &str = "deleteUserOwnAccount";
    Some(match error {
        Error::LoginBlocked { blocked, until } => blocked_check(*blocked, METHOD, now, *until),
        Error::Invalid {
            field: Field::CurrentPassword,
            ..
        } => ErrorReply::failure("error-invalid-password", "Invalid password")
            .details(Details::by(METHOD)),
        Error::LastAdministrator => ErrorReply::not_allowed(
            "Leaving the app without admins is not allowed",
            METHOD,
            "Remove_last_admin",
        ),
        _ => return None,
    })
}

/// Renders an account that could not be registered. Source: Rocket.Chat `registerUser.ts`.
pub(super) fn register(error: &Error, now: Timestamp) -> Option<ErrorReply> {
    const METHOD: &str = "registerUser";
    let bare = |text| Some(ErrorReply::bare(StatusCode::BAD_REQUEST, text));
    Some(match error {
        Error::LoginBlocked { blocked, until } => blocked_check(*blocked, METHOD, now, *until),
        Error::Disallowed(Disallowed::Registration) => {
            let text = "User registration is disabled";
            ErrorReply::failure("error-user-registration-disabled", text)
                .details(Details::by(METHOD))
        }
        Error::Disallowed(_) => {
            let text = "User registration is only allowed via Secret URL";
            ErrorReply::failure("error-user-registration-secret", text).details(Details::by(METHOD))
        }
        Error::Invalid { field, problem } => match (field, problem) {
            (Field::Username, Problem::NotValid(_) | Problem::Missing) => {
                return bare("The username provided is not valid");
            }
            (Field::Username, Problem::Taken(_)) => return bare("Username is already in use"),
            (Field::Email, Problem::Taken(_)) => return bare("Email already exists"),
            _ => return invalid_field(*field, problem, METHOD),
        },
        _ => return None,
    })
}

/// Renders a blocked password check. It is not the 401 of a login, after which clients would assume
/// that they are logged out.
fn blocked_check(
    blocked: Blocked,
    method: &'static str,
    now: Timestamp,
    until: Timestamp,
) -> ErrorReply {
    let (code, target) = match blocked {
        Blocked::User => ("error-login-blocked-for-user", "User"),
        Blocked::Address => ("error-login-blocked-for-ip", "IP"),
    };
    let text = format!("Login has been temporarily blocked For {target}");
    ErrorReply::failure(code, &text).details(Details {
        method: Some(method),
        ..Details::blocked(now, until)
    })
}

pub(super) fn missing_permission(needs: Permission, method: &'static str) -> Option<ErrorReply> {
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
    Some(ErrorReply::not_allowed(text, method, act))
}

pub(super) fn invalid_field(
    field: Field,
    problem: &Problem,
    method: &'static str,
) -> Option<ErrorReply> {
    let reply = match (field, problem) {
        (Field::Role, Problem::Unknown) => {
            let text = "The field Roles consist invalid role id";
            ErrorReply::not_allowed(text, method, "Assign_role")
        }
        (Field::Email, Problem::Unchanged) => {
            let text = "Editing email verification is not allowed";
            ErrorReply::not_allowed(text, method, "Editing_user")
        }
        (Field::Email, Problem::NotValid(_)) => {
            ErrorReply::failure("error-invalid-email", "Invalid email")
                .details(Details::function("_setEmail"))
        }
        (_, Problem::Taken(text)) => {
            let reason = format!("{} is already in use :(", escaped(text));
            ErrorReply::failure("error-field-unavailable", &reason).details(Details {
                // Rocket.Chat sends the value as the field.
                field: Some(text.clone().into()),
                ..Details::by(method)
            })
        }
        (Field::Username, Problem::NotValid(text)) => {
            let reason = format!("{} is not a valid username", escaped(text));
            ErrorReply::failure("error-input-is-not-a-valid-field", &reason).details(Details {
                input: Some(text.clone()),
                field: Some("Username".into()),
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
                field: Some(name.into()),
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

/// Renders a username that no one can take.
pub(super) fn available_username(field: Field, problem: &Problem) -> Option<ErrorReply> {
    const METHOD: &str = "setUsername";
    match problem {
        Problem::Missing => Some(
            ErrorReply::failure("error-invalid-username", "Invalid username")
                .details(Details::by(METHOD)),
        ),
        _ => invalid_field(field, problem, METHOD),
    }
}

/// Escapes like lodash's `escape`, because some clients show the text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
