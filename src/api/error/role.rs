//! Error texts of the routes about custom roles. Source: the published document of Rocket.Chat;
//! compatibility 7.2.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "failures without a text of their own here are rendered as everywhere else"
)]

use super::details::Details;
use super::reply::ErrorReply;
use crate::domain::{Error, Field, Problem};

/// Renders a role that could not be created or changed.
pub(super) fn save(error: &Error) -> Option<ErrorReply> {
    Some(match error {
        Error::Forbidden { .. } => ErrorReply::not_allowed(
            "Accessing permissions is not allowed",
            "authorization:saveRole",
            "Accessing_permissions",
        ),
        Error::Invalid {
            field: Field::RoleName,
            problem: Problem::Taken(_),
        } => ErrorReply::failure(
            "error-duplicate-role-names-not-allowed",
            "Role name already exists",
        ),
        _ => return common(error),
    })
}

/// Renders a role that could not be deleted.
pub(super) fn delete(error: &Error) -> Option<ErrorReply> {
    match error {
        Error::Invalid {
            field: Field::Role,
            problem: Problem::InUse,
        } => Some(ErrorReply::failure(
            "error-role-in-use",
            "Cannot delete role because it's in use",
        )),
        Error::Invalid {
            field: Field::Role,
            problem: Problem::Protected,
        } => Some(ErrorReply::failure(
            "error-role-protected",
            "Cannot delete a protected role",
        )),
        _ => common(error),
    }
}

fn common(error: &Error) -> Option<ErrorReply> {
    let Error::Invalid { field, problem } = error else {
        return None;
    };
    Some(match (field, problem) {
        (Field::Role, Problem::Unknown) => {
            ErrorReply::failure("error-invalid-roleId", "This role does not exist")
        }
        (Field::Role, Problem::Protected) => {
            ErrorReply::failure("error-role-protected", "Role is protected")
        }
        (Field::Role | Field::RoleName | Field::RoleDescription, _) => {
            let reply = ErrorReply::failure(
                "error-invalid-role-properties",
                "The role properties are invalid.",
            );
            reply.details(Details {
                hint: Some(error.to_string()),
                ..Details::default()
            })
        }
        _ => return None,
    })
}
