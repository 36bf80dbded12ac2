//! Roles and their holders as JSON.

use super::user::{EmailAddress, emails};
use crate::api::wire::date::Rfc3339;
use crate::domain::{Role, RoleScope, Timestamp, User};
use serde::Serialize;

/// The last change of every role. Roles come with the server and never change. The value is later
/// than the epoch, because new clients request what is newer than that.
pub(in crate::api) const ROLES_UPDATED: Timestamp = Timestamp::from_millis(1);

/// A role (`IRole`).
#[derive(Serialize)]
pub(in crate::api) struct RoleRow<'a> {
    _id: &'a str,
    name: &'a str,
    description: &'a str,
    scope: &'static str,
    protected: bool,
    #[serde(rename = "_updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<Rfc3339>,
}

impl<'a> RoleRow<'a> {
    /// Renders a role with the time of its last change, which only `roles.list` omits.
    pub(in crate::api) fn dated(role: &'a Role) -> Self {
        Self {
            updated_at: Some(ROLES_UPDATED.into()),
            ..Self::from(role)
        }
    }
}

impl<'a> From<&'a Role> for RoleRow<'a> {
    fn from(role: &'a Role) -> Self {
        let scope = match role.scope {
            RoleScope::Users => "Users",
            RoleScope::Subscriptions => "Subscriptions",
        };
        Self {
            _id: &role.id,
            name: &role.name,
            description: &role.description,
            scope,
            protected: role.protected,
            updated_at: None,
        }
    }
}

/// The response to `roles.list`.
#[derive(Serialize)]
pub(in crate::api) struct RoleList<'a> {
    pub(in crate::api) roles: Vec<RoleRow<'a>>,
}

/// The response to `roles.sync`. Roles are never removed.
#[derive(Serialize)]
pub(in crate::api) struct RoleSync<'a> {
    pub(in crate::api) roles: RoleChanges<'a>,
}

/// The changed roles.
#[derive(Serialize)]
pub(in crate::api) struct RoleChanges<'a> {
    pub(in crate::api) update: Vec<RoleRow<'a>>,
    pub(in crate::api) remove: [(); 0],
}

/// The response with the role that was given or taken.
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
