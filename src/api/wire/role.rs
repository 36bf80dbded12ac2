//! Roles and their holders as JSON.

use super::user::{EmailAddress, emails};
use crate::api::wire::date::{Ejson, Rfc3339};
use crate::domain::{RemovedRole, Role, User};
use serde::Serialize;

/// A role (`IRole`) with a date of type `D`.
#[derive(Serialize)]
pub(in crate::api) struct RoleFields<'a, D> {
    _id: &'a str,
    name: &'a str,
    description: &'a str,
    scope: &'static str,
    protected: bool,
    /// No role requires a second factor: there is none. Only custom roles have the field.
    #[serde(rename = "mandatory2fa", skip_serializing_if = "Option::is_none")]
    mandatory_2fa: Option<bool>,
    #[serde(rename = "_updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<D>,
}

/// A role in REST.
pub(in crate::api) type RoleRow<'a> = RoleFields<'a, Rfc3339>;
/// A role in realtime messages.
pub(super) type RoleRecord<'a> = RoleFields<'a, Ejson>;

impl<'a, D> RoleFields<'a, D> {
    fn with(role: &'a Role, updated_at: Option<D>) -> Self {
        Self {
            _id: &role.id,
            name: &role.name,
            description: &role.description,
            scope: role.scope.as_str(),
            protected: role.protected,
            mandatory_2fa: (!role.protected).then_some(false),
            updated_at,
        }
    }
}

impl<'a> RoleRow<'a> {
    /// Renders a role with the time of its last change.
    pub(in crate::api) fn dated(role: &'a Role) -> Self {
        Self::with(role, Some(role.updated_at.into()))
    }

    /// Renders a role as `roles.list` does, without the time of its last change.
    pub(in crate::api) fn undated(role: &'a Role) -> Self {
        Self::with(role, None)
    }
}

impl<'a> From<&'a Role> for RoleRecord<'a> {
    fn from(role: &'a Role) -> Self {
        Self::with(role, Some(role.updated_at.into()))
    }
}

/// The response to `roles.list`.
#[derive(Serialize)]
pub(in crate::api) struct RoleList<'a> {
    pub(in crate::api) roles: Vec<RoleRow<'a>>,
}

/// The response to `roles.sync`.
#[derive(Serialize)]
pub(in crate::api) struct RoleSync<'a> {
    pub(in crate::api) roles: RoleChanges<'a>,
}

/// The changed roles.
#[derive(Serialize)]
pub(in crate::api) struct RoleChanges<'a> {
    pub(in crate::api) update: Vec<RoleRow<'a>>,
    pub(in crate::api) remove: Vec<RemovedRow<'a>>,
}

/// A role that was removed.
#[derive(Serialize)]
pub(in crate::api) struct RemovedRow<'a> {
    _id: &'a str,
    #[serde(rename = "_deletedAt")]
    deleted_at: Rfc3339,
}

impl<'a> From<&'a RemovedRole> for RemovedRow<'a> {
    fn from(removed: &'a RemovedRole) -> Self {
        Self {
            _id: &removed.id,
            deleted_at: removed.removed_at.into(),
        }
    }
}

/// The response with one role.
#[derive(Serialize)]
pub(in crate::api) struct RoleReply<'a> {
    pub(in crate::api) role: RoleRow<'a>,
}

/// The response to `roles.getUsersInRole`.
#[derive(Serialize)]
pub(in crate::api) struct Holders<'a> {
    pub(in crate::api) users: Vec<Holder<'a>>,
    pub(in crate::api) total: u64,
}

/// A user with a role, for requesters who may see all holders.
#[derive(Serialize)]
pub(in crate::api) struct Holder<'a> {
    _id: &'a str,
    #[serde(rename = "createdAt")]
    created_at: Rfc3339,
    username: &'a str,
    emails: Vec<EmailAddress<'a>>,
    name: &'a str,
    #[serde(rename = "_updatedAt")]
    updated_at: Rfc3339,
}

impl<'a> From<&'a User> for Holder<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            _id: user.id.as_str(),
            created_at: user.created_at.into(),
            username: user.username.as_str(),
            emails: emails(user),
            name: &user.name,
            updated_at: user.updated_at.into(),
        }
    }
}

/// The response to `roles.getUsersInPublicRoles`.
#[derive(Serialize)]
pub(in crate::api) struct PublicHolders<'a> {
    pub(in crate::api) users: Vec<PublicHolder<'a>>,
}

/// A user with a role that everyone may see.
#[derive(Serialize)]
pub(in crate::api) struct PublicHolder<'a> {
    _id: &'a str,
    username: &'a str,
    roles: &'a [String],
}

impl<'a> From<&'a User> for PublicHolder<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            _id: user.id.as_str(),
            username: user.username.as_str(),
            roles: &user.roles,
        }
    }
}
