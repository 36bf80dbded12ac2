//! The workspace settings, which administrators change at runtime: ids, defaults, and a snapshot of
//! all values. Not the configuration that the server starts with.

use super::SettingValue;

macro_rules! settings {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $default:expr, $audience:ident, $change:ident;)*) => {
        /// A Rocket.Chat setting that a client reads or a rule depends on, ordered by id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Setting { $($(#[$doc])* $variant,)* }

        impl Setting {
            /// Every setting, ordered by id.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns Rocket.Chat's name for it.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// Returns the default. Its type is the only one the setting accepts.
            #[must_use]
            pub fn default(self) -> SettingValue {
                match self { $(Self::$variant => $default.into(),)* }
            }

            /// Returns who may read it.
            #[must_use]
            pub const fn audience(self) -> Audience {
                match self { $(Self::$variant => Audience::$audience,)* }
            }

            /// Returns who changes it.
            #[must_use]
            pub const fn change(self) -> ChangedBy {
                match self { $(Self::$variant => ChangedBy::$change,)* }
            }
        }
    };
}

/// Who may read a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone, authenticated or not.
    Everyone,
    /// Users who may view privileged settings.
    Privileged,
}

/// Who changes a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// Users who may edit privileged settings.
    Administrators,
    /// The server, through its configuration or because the value is fixed. Clients can only read
    /// it.
    Server,
}

// Features that this server does not have (rooms, messages, files, registration, other ways to log
// in) are permanently off, so that clients do not offer them. Source of the ids: what mobile and
// web clients read at startup, compatibility 5.6 and 8.2.
settings! {
    /// The allowed CORS origins, separated by commas.
    ApiCorsOrigin = "API_CORS_Origin", "", Privileged, Server;
    /// Whether CORS is enabled.
    ApiEnableCors = "API_Enable_CORS", false, Privileged, Server;
    /// Whether API calls are rate limited.
    ApiRateLimiter = "API_Enable_Rate_Limiter", true, Privileged, Server;
    /// Maximum number of calls per route and address within the period.
    ApiRateLimitCalls = "API_Enable_Rate_Limiter_Limit_Calls_Default", 10_i64, Privileged, Server;
    /// The rate limit period in milliseconds.
    ApiRateLimitTime = "API_Enable_Rate_Limiter_Limit_Time_Default", 60_000_i64, Privileged, Server;
    /// Maximum number of items per page. Clients page in steps of this size.
    ApiUpperCountLimit = "API_Upper_Count_Limit", 100_i64, Everyone, Server;
    /// Whether web clients call realtime methods over REST.
    ApiUseRestForDdpCalls = "API_Use_REST_For_DDP_Calls", true, Everyone, Administrators;
    /// Whether users may delete their own account.
    AllowDeleteOwnAccount = "Accounts_AllowDeleteOwnAccount", false, Everyone, Administrators;
    /// Whether users may change their own email address.
    AllowEmailChange = "Accounts_AllowEmailChange", true, Everyone, Administrators;
    /// Whether users may appear offline while connected.
    AllowInvisibleStatus = "Accounts_AllowInvisibleStatusOption", true, Everyone, Administrators;
    /// Whether users may change their own password.
    AllowPasswordChange = "Accounts_AllowPasswordChange", true, Everyone, Administrators;
    /// Whether users may change their own display name.
    AllowRealNameChange = "Accounts_AllowRealNameChange", true, Everyone, Administrators;
    /// Whether users may set an avatar.
    AllowUserAvatarChange = "Accounts_AllowUserAvatarChange", true, Everyone, Administrators;
    /// Whether users may change any part of their own profile.
    AllowUserProfileChange = "Accounts_AllowUserProfileChange", true, Everyone, Administrators;
    /// Whether users may set a status text.
    AllowUserStatusMessageChange = "Accounts_AllowUserStatusMessageChange", true, Everyone, Administrators;
    /// Whether users may change their own username.
    AllowUsernameChange = "Accounts_AllowUsernameChange", true, Everyone, Administrators;
    /// Whether only logged-in users see pictures of users.
    AvatarBlockUnauthenticatedAccess = "Accounts_AvatarBlockUnauthenticatedAccess", true, Everyone, Administrators;
    /// Custom user fields, as JSON.
    CustomFields = "Accounts_CustomFields", "", Everyone, Server;
    /// The placeholder of the username field in login forms. Empty means the client's default.
    EmailOrUsernamePlaceholder = "Accounts_EmailOrUsernamePlaceholder", "", Everyone, Administrators;
    /// Whether email addresses are verified by mail.
    EmailVerification = "Accounts_EmailVerification", false, Everyone, Server;
    /// Whether new users must be approved by an administrator.
    ManuallyApproveNewUsers = "Accounts_ManuallyApproveNewUsers", false, Everyone, Server;
    /// The placeholder of the password field in login forms. Empty means the client's default.
    PasswordPlaceholder = "Accounts_PasswordPlaceholder", "", Everyone, Administrators;
    /// Whether a forgotten password can be reset by mail.
    PasswordReset = "Accounts_PasswordReset", false, Everyone, Server;
    /// The registration mode.
    RegistrationForm = "Accounts_RegistrationForm", "Disabled", Everyone, Server;
    /// The text that clients show instead of a registration form.
    RegistrationFormReplacement = "Accounts_RegistrationForm_LinkReplacementText", "", Everyone, Administrators;
    /// Whether clients show a login form.
    ShowFormLogin = "Accounts_ShowFormLogin", true, Everyone, Administrators;
    /// Whether administrators may hide the status of users.
    StatusVisibilityAdminEnabled = "Accounts_StatusVisibility_Admin_Enabled", false, Everyone, Administrators;
    /// Whether users may hide their status from others.
    StatusVisibilityEnabled = "Accounts_StatusVisibility_Enabled", false, Everyone, Administrators;
    /// Whether two-factor authentication is available.
    TwoFactorEnabled = "Accounts_TwoFactorAuthentication_Enabled", false, Everyone, Server;
    /// Whether users see the status of others.
    UserStatusEnabled = "Accounts_UserStatus_Enabled", true, Everyone, Administrators;
    /// Whether login through an iframe is enabled.
    IframeEnabled = "Accounts_iframe_enabled", false, Everyone, Server;
    /// Whether login through CAS is enabled.
    CasEnabled = "CAS_enabled", false, Everyone, Server;
    /// Whether login through Crowd is enabled.
    CrowdEnable = "CROWD_Enable", false, Everyone, Server;
    /// Whether end-to-end encryption is available.
    E2eEnable = "E2E_Enable", false, Everyone, Server;
    /// Whether file uploads are enabled.
    FileUploadEnabled = "FileUpload_Enabled", false, Everyone, Server;
    /// Maximum file size in bytes.
    FileUploadMaxFileSize = "FileUpload_MaxFileSize", 0_i64, Everyone, Server;
    /// The accepted media types, separated by commas.
    FileUploadMediaTypeWhiteList = "FileUpload_MediaTypeWhiteList", "", Everyone, Server;
    /// Whether login through LDAP is enabled.
    LdapEnable = "LDAP_Enable", false, Everyone, Server;
    /// Whether the broadcast of presence changes is disabled. Every start enables it again.
    PresenceBroadcastDisabled = "Presence_broadcast_disabled", false, Everyone, Administrators;
    /// The name of the workspace.
    SiteName = "Site_Name", "doorsign", Everyone, Administrators;
    /// The URL at which clients reach the workspace. Known to the listener only, not stored.
    SiteUrl = "Site_Url", "", Everyone, Server;
    /// Whether roles are shown next to names.
    DisplayRoles = "UI_DisplayRoles", true, Everyone, Administrators;
    /// Whether display names are shown instead of usernames.
    UseRealName = "UI_Use_Real_Name", false, Everyone, Administrators;
    /// A unique id of the workspace, created with its database.
    UniqueId = "uniqueID", "", Everyone, Server;
}

impl Setting {
    /// Returns the setting with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.id() == id).copied()
    }
}

/// A snapshot of all setting values.
#[derive(Debug, Clone)]
pub struct SettingValues(Vec<SettingValue>);

impl SettingValues {
    /// Combines the defaults with the `chosen` values. Values of the wrong type are ignored.
    pub fn new(chosen: impl IntoIterator<Item = (Setting, SettingValue)>) -> Self {
        let mut values: Vec<_> = Setting::ALL.iter().map(|s| s.default()).collect();
        for (setting, value) in chosen {
            let place = &mut values[setting as usize];
            if place.kind() == value.kind() {
                *place = value;
            }
        }
        Self(values)
    }

    /// Returns the value of a setting.
    #[must_use]
    pub fn get(&self, setting: Setting) -> &SettingValue {
        &self.0[setting as usize]
    }

    /// Returns whether users may set a status text.
    #[must_use]
    pub fn allow_status_message_change(&self) -> bool {
        self.is_on(Setting::AllowUserStatusMessageChange)
    }

    /// Returns whether users may appear offline while connected.
    #[must_use]
    pub fn allow_invisible(&self) -> bool {
        self.is_on(Setting::AllowInvisibleStatus)
    }

    /// Returns whether the broadcast of presence changes is disabled.
    #[must_use]
    pub fn broadcast_disabled(&self) -> bool {
        self.is_on(Setting::PresenceBroadcastDisabled)
    }

    /// Returns whether roles are shown next to names.
    #[must_use]
    pub fn display_roles(&self) -> bool {
        self.is_on(Setting::DisplayRoles)
    }

    /// Returns whether a boolean setting is on.
    #[must_use]
    pub fn is_on(&self, setting: Setting) -> bool {
        *self.get(setting) == SettingValue::Boolean(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_sorted_by_id_and_found_by_it() {
        assert!(Setting::ALL.is_sorted_by(|one, next| one.id() < next.id()));
        for setting in Setting::ALL {
            assert_eq!(Setting::find(setting.id()), Some(*setting));
        }
        assert_eq!(Setting::find("site_name"), None);
    }

    #[test]
    fn chosen_values_override_the_defaults() {
        let chosen = [
            (Setting::SiteName, "Office".into()),
            (Setting::AllowInvisibleStatus, false.into()),
            (Setting::ShowFormLogin, "of another kind".into()),
        ];
        let values = SettingValues::new(chosen);
        assert_eq!(*values.get(Setting::SiteName), "Office".into());
        assert!(!values.allow_invisible() && values.allow_status_message_change());
        assert_eq!(*values.get(Setting::ShowFormLogin), true.into());
        assert_eq!(*values.get(Setting::DisplayRoles), true.into());
        assert!(!values.broadcast_disabled());
    }
}
