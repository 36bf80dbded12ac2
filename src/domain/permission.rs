//! Permissions and roles: the words, and the set an actor holds. Which role grants what is data, in the permission table.

use super::Timestamp;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A permission this server asks for. Others may stand in the table, for clients to read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission the server asks for.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Rocket.Chat's name for it.
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
    /// Change which role grants what.
    AccessPermissions = "access-permissions",
    /// See the server's full version and machine.
    ViewStatistics = "view-statistics",
    /// Change another user, and another user's status.
    EditOtherUserInfo = "edit-other-user-info",
    /// Switch another user off and on.
    EditOtherUserActiveStatus = "edit-other-user-active-status",
    /// Set another user's password.
    EditOtherUserPassword = "edit-other-user-password",
    /// Add users.
    CreateUser = "create-user",
    /// Delete users.
    DeleteUser = "delete-user",
    /// Give roles to users and take them.
    AssignRoles = "assign-roles",
    /// Give the role `admin`, and take it.
    AssignAdminRole = "assign-admin-role",
    /// End another user's logins.
    LogoutOtherUser = "logout-other-user",
    /// See everything of another user.
    ViewFullOtherUserInfo = "view-full-other-user-info",
    /// See settings that are not public.
    ViewPrivilegedSetting = "view-privileged-setting",
    /// Change settings.
    EditPrivilegedSetting = "edit-privileged-setting",
    /// Make an auth token for another user.
    GenerateAccessToken = "user-generate-access-token",
    /// Make personal access tokens for oneself.
    CreatePersonalAccessTokens = "create-personal-access-tokens",
    /// List users.
    ViewDRoom = "view-d-room",
    /// Say who is told of events outside of the server, and look after it.
    ManageOutgoingIntegrations = "manage-outgoing-integrations",
    /// List everybody's logins.
    ViewDeviceManagement = "view-device-management",
    /// End anybody's login, one by one.
    LogoutDeviceManagement = "logout-device-management",
    /// Call as often as one likes.
    BypassRateLimit = "api-bypass-rate-limit",
}

/// The permissions an actor holds, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants(u64);

impl Grants {
    /// Those of the server's permissions that are among `names`; names it does not know are left out.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bits = names
            .into_iter()
            .filter_map(|name| Permission::ALL.iter().find(|known| known.name() == name))
            .fold(0, |bits, permission| bits | Self::bit(*permission));
        Self(bits)
    }

    /// Whether `permission` is among them.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    const fn bit(permission: Permission) -> u64 {
        1 << permission as u64
    }
}

/// A row of the permission table with the roles that grant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionGrant {
    /// The permission's name.
    pub permission: String,
    /// The ids of the roles that grant it.
    pub roles: Vec<String>,
    /// When the roles last changed.
    pub updated_at: Timestamp,
}

/// A role that users hold and permissions name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id, such as `admin`.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// A description, possibly empty.
    pub description: String,
    /// What it is a role in.
    pub scope: RoleScope,
    /// Whether it came with the server and cannot be removed.
    pub protected: bool,
}

/// What a role is a role in: Rocket.Chat's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleScope {
    /// The whole workspace.
    Users,
    /// One room.
    Subscriptions,
}

#[cfg(test)]
mod tests {
    use super::*;

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
