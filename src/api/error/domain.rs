//! Renders the domain's errors where no context has texts of its own for them.

use super::details::{Details, Reason, whole_seconds};
use super::reply::ErrorReply;
use crate::domain::{
    Blocked, Disallowed, Error, Fault, Field, LinkEnd, Permission, Problem, Weakness, What,
};
use warp::http::{StatusCode, header};

/// Rocket.Chat's method for creating and changing statuses.
const STATUS_METHOD: &str = "insertOrUpdateUserStatus";

/// Renders `error`.
pub(super) fn render(error: &Error) -> ErrorReply {
    match error {
        Error::Unauthenticated => ErrorReply::legacy(
            StatusCode::UNAUTHORIZED,
            "You must be logged in to do this.",
        ),
        Error::LoginRefused => ErrorReply::login("Unauthorized", "Unauthorized", None),
        Error::Deactivated => {
            let details = Details::function("Accounts.validateLoginAttempt");
            ErrorReply::login(
                "error-user-is-not-activated",
                "User is not activated",
                Some(details),
            )
        }
        Error::LoginBlocked {
            blocked: Blocked::User,
            ..
        } => ErrorReply::login(
            "error-login-blocked-for-user",
            "Login has been temporarily blocked For User",
            None,
        ),
        Error::LoginBlocked {
            blocked: Blocked::Address,
            ..
        } => ErrorReply::login(
            "error-login-blocked-for-ip",
            "Login has been temporarily blocked For IP",
            None,
        ),
        // A 401 would make clients discard their session.
        Error::PasswordChangeRequired => ErrorReply::failure(
            "error-password-change-required",
            "You must change your password first",
        )
        .status(StatusCode::FORBIDDEN),
        Error::Forbidden {
            needs: Permission::ManageUserStatus,
        } => ErrorReply::coded("not_authorized"),
        Error::Forbidden { .. } => ErrorReply::forbidden(),
        Error::Invalid { field, problem } => invalid(*field, problem),
        Error::Disallowed(Disallowed::StatusText) => {
            ErrorReply::failure("error-not-allowed", "Change status is not allowed")
        }
        Error::Disallowed(Disallowed::Presence) => ErrorReply::failure(
            "error-presence-disabled",
            "Presence is disabled for this user",
        ),
        Error::Disallowed(Disallowed::Invisible) => {
            ErrorReply::failure("error-status-not-allowed", "Invisible status is disabled")
        }
        Error::Disallowed(
            Disallowed::Profile
            | Disallowed::Username
            | Disallowed::RealName
            | Disallowed::Email
            | Disallowed::Password
            | Disallowed::Avatar
            | Disallowed::DeletionOfAccount
            | Disallowed::Registration
            | Disallowed::RegistrationWithoutSecret,
        ) => ErrorReply::failure("error-not-allowed", "Not allowed"),
        Error::Disallowed(
            what @ (Disallowed::StatusVisibility | Disallowed::StatusVisibilityByAdmin),
        ) => {
            let text = format!("A setting of the workspace forbids {}", what.what());
            ErrorReply::failure("error-not-allowed", &text)
        }
        Error::LastPermissionManager => ErrorReply::not_allowed(
            "Leaving the app without a user who may access permissions is not allowed",
            "authorization:removeRoleFromPermission",
            "Removing_permission",
        ),
        Error::LastAdministrator => ErrorReply::not_allowed(
            "Leaving the app without an active admin is not allowed",
            "removeUserFromRole",
            "Remove_last_admin",
        ),
        Error::LinkEnded(end) => {
            let code = match end {
                LinkEnd::Used => "error-invitation-used",
                LinkEnd::Expired => "error-invitation-expired",
                LinkEnd::Unknown => "error-invitation-unknown",
            };
            ErrorReply::failure(code, &capitalized(end.text()))
        }
        Error::PinBlocked { wait } => {
            let seconds = whole_seconds(*wait).to_string();
            let text = format!("Too many wrong PINs. Try again in {seconds} seconds");
            ErrorReply::failure("error-display-pin-blocked", &text)
                .status(StatusCode::TOO_MANY_REQUESTS)
                .header(header::RETRY_AFTER, &seconds)
        }
        Error::NameTaken => ErrorReply::failure(
            "Custom_User_Status_Error_Name_Already_In_Use",
            "The custom user status name is already in use",
        )
        .details(Details::by(STATUS_METHOD)),
        Error::NotFound(What::Status(id)) => ErrorReply::bare(
            StatusCode::BAD_REQUEST,
            &format!("No custom user status found with the id of \"{id}\"."),
        ),
        Error::NotFound(What::Setting(_)) => ErrorReply::silent(),
        Error::NotFound(What::Hook(name)) => ErrorReply::failure(
            "error-hook-not-found",
            &format!("No hook found with the name of \"{name}\""),
        ),
        Error::NotFound(What::Webhook(name)) => ErrorReply::failure(
            "error-webhook-not-found",
            &format!("No webhook found with the name of \"{name}\""),
        ),
        Error::NotFound(What::Invitation(id)) => ErrorReply::failure(
            "error-invitation-not-found",
            &format!("No unused invitation found with the id of \"{id}\""),
        ),
        Error::NotFound(What::Display(id)) => ErrorReply::failure(
            "error-display-not-found",
            &format!("No display found with the id of \"{id}\""),
        ),
        Error::NotFound(What::Delivery(id)) => ErrorReply::failure(
            "error-delivery-not-found",
            &format!("No delivery found for the event {id}"),
        ),
        Error::NotFound(What::User(_) | What::Login(_)) => {
            ErrorReply::failure("error-invalid-user", "Invalid user")
        }
        Error::Unavailable {
            outage,
            retry_after,
        } => ErrorReply::failure("error-service-unavailable", &capitalized(outage.text()))
            .status(StatusCode::SERVICE_UNAVAILABLE)
            .header(
                header::RETRY_AFTER,
                &whole_seconds(*retry_after).to_string(),
            ),
        Error::Broken(fault) => {
            let reason = match fault {
                Fault::Damaged => "The database is damaged. An administrator has to restore it",
                Fault::Removed => {
                    "The data folder was removed or replaced. An administrator has to put it back"
                }
            };
            ErrorReply::failure("error-service-unavailable", reason)
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .header(header::RETRY_AFTER, "60")
        }
        Error::Internal(_) => {
            ErrorReply::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

fn invalid(field: Field, problem: &Problem) -> ErrorReply {
    let (name, kind, method) = match field {
        Field::Name => ("Name", "name", Some(STATUS_METHOD)),
        Field::StatusType => ("StatusType", "status type", Some(STATUS_METHOD)),
        Field::Permission => {
            return ErrorReply::failure_without_code(
                "Invalid permission",
                "error-invalid-permission",
            );
        }
        Field::Role => {
            return ErrorReply::failure_without_code("Invalid role", "error-invalid-role");
        }
        Field::RoleName => ("name", "role name", None),
        Field::RoleDescription => ("description", "role description", None),
        Field::Username => ("Username", "username", None),
        Field::FullName => ("Name", "name", None),
        Field::Bio => ("Bio", "bio", None),
        Field::Nickname => ("Nickname", "nickname", None),
        Field::CurrentPassword => ("Password", "password", None),
        Field::Email => ("Email", "email", None),
        Field::Password => ("Password", "password", None),
        Field::TokenName => ("TokenName", "token name", None),
        Field::ExpiresAt => ("expiresAt", "date", None),
        Field::Status => {
            let reason = "Valid status types include online, away, offline, and busy.";
            return ErrorReply::failure("error-invalid-status", reason);
        }
        Field::Setting => ("Setting", "setting", None),
        Field::Preferences => ("Preferences", "preferences", None),
        Field::WebhookName => ("name", "webhook name", None),
        Field::Url => ("url", "URL", None),
        Field::EventType => ("events", "event type", None),
        Field::Span => ("until", "time span", None),
        Field::DeniedUsers => ("statusVisibilityDenied", "username", None),
        Field::DeniedUsersByAdmin => ("statusVisibilityDeniedByAdmin", "username", None),
        Field::DisplayName => ("name", "name of a display", None),
        Field::TimeZone => ("timeZone", "time zone", None),
        Field::Dim => ("dim", "time of day", None),
        Field::Display => {
            let reason = "This display only shows the board";
            return ErrorReply::failure("error-display-not-interactive", reason);
        }
        Field::Pin => return pin(problem),
        Field::Picture => ("image", "picture", None),
    };
    let details = Details {
        method,
        field: Some(name.into()),
        ..Details::default()
    };
    match problem {
        Problem::NotValid(name) if is_list_of_users(field) => ErrorReply::failure(
            "error-invalid-user",
            &format!("No user found with the username \"{name}\""),
        )
        .details(details),
        Problem::Missing => ErrorReply::failure(
            "error-the-field-is-required",
            &format!("The field {name} is required"),
        )
        .details(details),
        Problem::NotValid(input) => ErrorReply::failure(
            "error-input-is-not-a-valid-field",
            &format!("{input} is not a valid {kind}"),
        )
        .details(Details {
            input: Some(input.clone()),
            hint: Some(field.accepted())
                .filter(|hint| !hint.is_empty())
                .map(capitalized),
            ..details
        }),
        Problem::Unknown => ErrorReply::failure(
            "error-input-is-not-a-valid-field",
            &format!("Unknown {kind}"),
        )
        .details(details),
        Problem::Refused(reason) => {
            // The reason says more than that the input is invalid, so it has its own code.
            let code = if field == Field::Span {
                "error-invalid-date"
            } else if field == Field::DeniedUsers {
                "error-action-not-allowed"
            } else if field == Field::Picture {
                "error-invalid-picture"
            } else {
                "error-invalid-url"
            };
            let text = if field == Field::DeniedUsers {
                reason.clone() // It begins with the name of the field.
            } else {
                capitalized(reason)
            };
            ErrorReply::failure(code, &text).details(details)
        }
        Problem::Past => ErrorReply::failure(
            "error-invalid-date",
            &format!("{name} must be a future date"),
        ),
        Problem::TooLong(most) => {
            let text = format!("{name} size exceeds {most} characters");
            ErrorReply::failure("error-field-size-exceeded", &text).details(details)
        }
        Problem::TooMany(most) => {
            let text = format!("{name} size exceeds {most} entries");
            ErrorReply::failure("error-field-size-exceeded", &text).details(details)
        }
        Problem::Weak(weakness) => weak(*weakness),
        Problem::Reserved(name) => ErrorReply::failure(
            "error-blocked-username",
            &format!("{name} is blocked and can't be used!"),
        )
        .details(Details {
            // Rocket.Chat sends the value as the field.
            field: Some(name.clone().into()),
            ..Details::by("checkUsernameAvailability")
        }),
        Problem::Protected => {
            ErrorReply::failure("error-role-protected", &format!("The {kind} is protected"))
        }
        Problem::InUse => {
            ErrorReply::failure("error-role-in-use", &format!("The {kind} is in use"))
        }
        Problem::Unchanged => {
            let text = format!("The field {name} already has this value");
            ErrorReply::failure("error-field-unchanged", &text).details(details)
        }
        Problem::Taken(input) => ErrorReply::failure(
            "error-field-unavailable",
            &format!("{input} is already in use"),
        )
        .details(details),
        Problem::Fixed(which) => ErrorReply::failure(
            "error-action-not-allowed",
            &format!("The {kind} {which} cannot be changed"),
        ),
        Problem::OtherKind(which, expected) => ErrorReply::failure(
            "error-invalid-setting-value",
            &format!("The {kind} {which} takes a {expected}"),
        ),
    }
}

/// Renders a PIN that is missing, wrong or not accepted. Its digits are never repeated.
fn pin(problem: &Problem) -> ErrorReply {
    let (code, text) = match problem {
        Problem::Missing => (
            "error-display-pin-not-set",
            "You have no PIN yet. Set one in your account".to_owned(),
        ),
        Problem::Unknown => ("error-display-pin-wrong", "The PIN is wrong".to_owned()),
        Problem::Refused(reason) => ("error-display-pin-not-valid", capitalized(reason)),
        Problem::NotValid(_)
        | Problem::Taken(_)
        | Problem::Past
        | Problem::Fixed(_)
        | Problem::OtherKind(..)
        | Problem::TooLong(_)
        | Problem::Weak(_)
        | Problem::Reserved(_)
        | Problem::Unchanged
        | Problem::Protected
        | Problem::InUse
        | Problem::TooMany(_) => (
            "error-display-pin-not-valid",
            "The PIN is not valid".to_owned(),
        ),
    };
    ErrorReply::failure(code, &text).details(Details {
        field: Some("pin".into()),
        ..Details::default()
    })
}

const fn is_list_of_users(field: Field) -> bool {
    matches!(field, Field::DeniedUsers | Field::DeniedUsersByAdmin)
}

/// Renders a password that violates the policy. Source: Rocket.Chat `PasswordPolicy.ts`. The codes
/// of the last two reasons are ours.
fn weak(weakness: Weakness) -> ErrorReply {
    let (error, message) = match weakness {
        Weakness::TooShort(_) => (
            "error-password-policy-not-met-minLength",
            "The password does not meet the minimum length password policy.",
        ),
        Weakness::Name => (
            "error-password-policy-not-met-name",
            "The password is the username or the email address, which is against the password policy.",
        ),
        Weakness::Common => (
            "error-password-policy-not-met-common",
            "The password is one of the most common ones, which is against the password policy.",
        ),
    };
    ErrorReply::failure(
        "error-password-policy-not-met",
        "The password provided does not meet the server's password policy.",
    )
    .reasons(vec![Reason { error, message }])
}

/// Capitalises `reason`, as the other failures begin with a capital letter.
fn capitalized(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
