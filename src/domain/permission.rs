//! Permissions. Which role grants which permission is data, in the permission table.

use super::Timestamp;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A permission that this server checks. The table may contain others, for clients to read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission that the server checks.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns Rocket.Chat's name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    /// Create, update and delete custom statuses.
    ManageUserStatus = "manage-user-status",
    /// Change the roles that grant a permission.
    AccessPermissions = "access-permissions",
    /// See the server's full version and machine details.
    ViewStatistics = "view-statistics",
    /// Change another user, and another user's status.
    EditOtherUserInfo = "edit-other-user-info",
    /// Activate and deactivate other users.
    EditOtherUserActiveStatus = "edit-other-user-active-status",
    /// Set another user's password.
    EditOtherUserPassword = "edit-other-user-password",
    /// Create users.
    CreateUser = "create-user",
    /// Delete users.
    DeleteUser = "delete-user",
    /// Assign and remove roles.
    AssignRoles = "assign-roles",
    /// Assign and remove the role `admin`.
    AssignAdminRole = "assign-admin-role",
    /// End another user's logins.
    LogoutOtherUser = "logout-other-user",
    /// See all fields of another user.
    ViewFullOtherUserInfo = "view-full-other-user-info",
    /// See settings that are not public.
    ViewPrivilegedSetting = "view-privileged-setting",
    /// Change workspace settings.
    EditPrivilegedSetting = "edit-privileged-setting",
    /// Create auth tokens for other users.
    GenerateAccessToken = "user-generate-access-token",
    /// Create personal access tokens for your own account.
    CreatePersonalAccessTokens = "create-personal-access-tokens",
    /// List users.
    ViewDRoom = "view-d-room",
    /// Search for people.
    ViewOutsideRoom = "view-outside-room",
    /// Manage webhooks and hooks.
    ManageOutgoingIntegrations = "manage-outgoing-integrations",
    /// List the logins of all users.
    ViewDeviceManagement = "view-device-management",
    /// End single logins of any user.
    LogoutDeviceManagement = "logout-device-management",
    /// Change and remove the pictures of other users.
    EditOtherUserAvatar = "edit-other-user-avatar",
    /// Call the API without rate limits.
    BypassRateLimit = "api-bypass-rate-limit",
}

/// The permissions of an actor, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants(u64);

impl Grants {
    /// Collects the permissions in `names`. Unknown names are ignored.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bits = names
            .into_iter()
            .filter_map(|name| Permission::ALL.iter().find(|known| known.name() == name))
            .fold(0, |bits, permission| bits | Self::bit(*permission));
        Self(bits)
    }

    /// Returns whether `permission` is granted.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    const fn bit(permission: Permission) -> u64 {
        1 << permission as u64
    }
}

/// A permission with the roles that grant it, one row of the permission table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionGrant {
    /// The name of the permission.
    pub permission: String,
    /// The ids of the roles that grant it.
    pub roles: Vec<String>,
    /// When the roles last changed.
    pub updated_at: Timestamp,
}

/// Whether a role gains or loses a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantChange {
    /// It gains the permission.
    Grant,
    /// It loses the permission.
    Revoke,
}

impl PermissionGrant {
    /// Returns the grant after `role` gained or lost the permission at `at`. A new role comes after
    /// the others. `None` if nothing changes.
    #[must_use]
    pub fn changed(mut self, role: &str, change: GrantChange, at: Timestamp) -> Option<Self> {
        let position = self.roles.iter().position(|held| held == role);
        match (position, change) {
            (None, GrantChange::Grant) => self.roles.push(role.to_owned()),
            (Some(position), GrantChange::Revoke) => drop(self.roles.remove(position)),
            _ => return None,
        }
        self.updated_at = at;
        Some(self)
    }

    /// Returns the grant with each role once, at its first position.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        let given = std::mem::take(&mut self.roles);
        for role in given {
            if !self.roles.contains(&role) {
                self.roles.push(role);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(roles: &[&str], at: i64) -> PermissionGrant {
        PermissionGrant {
            permission: "p".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            updated_at: Timestamp::from_millis(at),
        }
    }

    #[test]
    fn a_grant_appends_and_a_revocation_removes_one_role() {
        use GrantChange::*;
        let held = || grant(&["user", "bot"], 1);
        let at = Timestamp::from_millis(2);
        let expected = grant(&["user", "bot", "admin"], 2);
        assert_eq!(held().changed("admin", Grant, at), Some(expected));
        assert_eq!(held().changed("user", Revoke, at), Some(grant(&["bot"], 2)));
        assert_eq!(held().changed("user", Grant, at), None);
        assert_eq!(held().changed("admin", Revoke, at), None);
        let repeated = grant(&["user", "bot", "user"], 1);
        assert_eq!(repeated.distinct(), held());
    }

    #[test]
    fn grants_hold_exactly_the_permissions_named() {
        for held in Permission::ALL {
            let grants = Grants::named(["view-c-room", held.name()]);
            for asked in Permission::ALL {
                assert_eq!(grants.contains(*asked), asked == held, "{asked:?}");
            }
        }
    }
}
