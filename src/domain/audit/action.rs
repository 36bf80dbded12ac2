//! The actions of the audit trail and their names.

/// The class whose cap a record counts against. Each class has its own cap, so that many logins
/// cannot evict the records of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordClass {
    /// Logins and their ends. Ordinary users and anonymous clients cause these.
    Login,
    /// Changes.
    Change,
}

macro_rules! actions {
    ($($name:ident $word:literal $class:ident $doc:literal,)*) => {
        /// An audited action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the name used in records and filters.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Returns the class whose cap its records count against.
            #[must_use]
            pub const fn class(self) -> RecordClass {
                match self {
                    $(Self::$name => RecordClass::$class,)*
                }
            }
        }
    };
}

actions! {
    Login "login" Login "A user logged in with a password or got a login by `users.createToken`.",
    LoginFailed "login.failed" Login "A login was refused: a wrong password, an unknown user or a deactivated one.",
    LoginBlocked "login.blocked" Login "Too many logins failed: further ones are refused for a while.",
    LoginUnblocked "login.unblocked" Change "The operator lifted a block.",
    Logout "logout" Login "A login ended.",
    LogoutAll "logout.all" Change "Every login and token of a user ended, or every other login.",
    LogoutEvicted "logout.evicted" Login "Logins ended because a newer one exceeded `logins_per_user`.",
    PasswordChanged "password.changed" Change "A user has a new password.",
    PasswordRefused "password.refused" Login "A user gave a wrong current password to change their own account.",
    InvitationCreated "invitation.created" Change "A link to choose a password was created.",
    InvitationAccepted "invitation.accepted" Change "A user chose a password with a link.",
    InvitationRevoked "invitation.revoked" Change "A link to choose a password was revoked.",
    UserCreated "user.created" Change "A user was created.",
    UserUpdated "user.updated" Change "A user's record changed.",
    UserActivated "user.activated" Change "A user may log in again.",
    UserDeactivated "user.deactivated" Change "A user may no longer log in.",
    UserDeleted "user.deleted" Change "A user was deleted.",
    RoleCreated "role.created" Change "A custom role was created.",
    RoleUpdated "role.updated" Change "A custom role was changed.",
    RoleDeleted "role.deleted" Change "A custom role was deleted.",
    RoleGiven "role.given" Change "A user was given a role.",
    RoleTaken "role.taken" Change "A role was taken from a user.",
    PermissionChanged "permission.changed" Change "A permission is granted by other roles.",
    TokenCreated "token.created" Change "A token was created.",
    TokenReplaced "token.replaced" Change "A token was replaced by a new one of the same name.",
    TokenRemoved "token.removed" Change "A token was removed.",
    SettingChanged "setting.changed" Change "A setting of the workspace changed.",
    WebhookCreated "webhook.created" Change "A webhook was added.",
    WebhookSecretRotated "webhook.secret_rotated" Change "A webhook got a new signing secret.",
    WebhookRemoved "webhook.removed" Change "A webhook was removed.",
    HookDisabled "hook.disabled" Change "A hook was disabled.",
    HookEnabled "hook.enabled" Change "A hook was enabled.",
    DeliveriesRetried "hook.retried" Change "Failed deliveries of a hook are retried.",
    DeliveryDropped "hook.delivery_dropped" Change "A delivery of a hook was given up.",
    HookReplayed "hook.replayed" Change "A hook receives earlier events again.",
    StatusVisibilityChanged "status.visibility_changed" Change "Other users may or may no longer see a user's status.",
    DisplayCreated "display.created" Change "A display was added.",
    DisplayKeyRotated "display.key_rotated" Change "A display got a new key.",
    DisplayRevoked "display.revoked" Change "A display was removed.",
    PinChanged "pin.changed" Change "A user set or removed the PIN for displays.",
    StatusClaimed "status.claimed" Change "The operator set or cleared a user's status.",
}

impl Action {
    /// Returns the action with this name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_word() {
        for action in Action::ALL {
            assert_eq!(Action::named(action.as_str()), Some(*action));
        }
        assert_eq!(Action::named("login.FAILED"), None);
    }
}
