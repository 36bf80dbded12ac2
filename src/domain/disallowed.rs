//! What workspace settings can forbid.

/// A capability that a setting can forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disallowed {
    /// Setting a status text (`Accounts_AllowUserStatusMessageChange`).
    StatusText,
    /// Appearing offline while connected (`Accounts_AllowInvisibleStatusOption`).
    Invisible,
    /// Changing any part of the own profile (`Accounts_AllowUserProfileChange`).
    Profile,
    /// Changing the own username (`Accounts_AllowUsernameChange`).
    Username,
    /// Changing the own display name (`Accounts_AllowRealNameChange`).
    RealName,
    /// Changing the own email address (`Accounts_AllowEmailChange`).
    Email,
    /// Changing the own password (`Accounts_AllowPasswordChange`).
    Password,
    /// Changing the own picture (`Accounts_AllowUserAvatarChange`).
    Avatar,
    /// Deleting the own account (`Accounts_AllowDeleteOwnAccount`).
    DeletionOfAccount,
    /// Registering (`Accounts_RegistrationForm`).
    Registration,
    /// Registering without the secret.
    RegistrationWithoutSecret,
    /// Setting the status of a user whose presence is disabled.
    Presence,
    /// Hiding the own status from others (`Accounts_StatusVisibility_Enabled`).
    StatusVisibility,
    /// Hiding the status of users as an administrator (`Accounts_StatusVisibility_Admin_Enabled`).
    StatusVisibilityByAdmin,
}

impl Disallowed {
    /// Returns what the setting forbids, as a noun.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::StatusText => "status texts",
            Self::Invisible => "the status offline",
            Self::Profile => "changes of your own profile",
            Self::Username => "changes of your own username",
            Self::RealName => "changes of your own display name",
            Self::Email => "changes of your own email address",
            Self::Password => "changes of your own password",
            Self::Avatar => "changes of your own picture",
            Self::DeletionOfAccount => "the deletion of your own account",
            Self::Registration => "registration",
            Self::RegistrationWithoutSecret => "registration without the secret",
            Self::Presence => "a status of this user",
            Self::StatusVisibility => "hiding your status (Accounts_StatusVisibility_Enabled)",
            Self::StatusVisibilityByAdmin => {
                "hiding the status of users (Accounts_StatusVisibility_Admin_Enabled)"
            }
        }
    }
}
