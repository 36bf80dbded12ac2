//! The settings of the workspace, which administrators change while the server runs: the words, their defaults, and all values as of one
//! moment. Not the configuration that the server is started with. Knows nothing of who may read or change them.

macro_rules! settings {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $default:expr, $audience:ident, $change:ident;)*) => {
        /// A setting of Rocket.Chat's that a client reads or a rule asks for, in the order of their ids.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Setting { $($(#[$doc])* $variant,)* }

        impl Setting {
            /// Every setting there is, by id.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Rocket.Chat's name for it.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// Its value when nobody has chosen another; of the only kind that it takes.
            #[must_use]
            pub fn default(self) -> SettingValue {
                match self { $(Self::$variant => $default.into(),)* }
            }

            /// Who may read it.
            #[must_use]
            pub const fn audience(self) -> Audience {
                match self { $(Self::$variant => Audience::$audience,)* }
            }

            /// Who says what it is.
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
    /// Everybody, logged in or not.
    Everybody,
    /// Who may view privileged settings.
    Privileged,
}

/// Who says what a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// Whoever may edit privileged settings.
    Administrators,
    /// The server, by its configuration or because it cannot do otherwise; clients only read it.
    Server,
}

// What this server does not have (rooms, messages, files, registration, other ways to log in) is switched off for good, so that clients
// do not offer it. Source of the ids: what mobile and web clients read at start, compatibility 5.6 and 8.2.
settings! {
    /// The origins whose pages may call, separated by commas.
    ApiCorsOrigin = "API_CORS_Origin", "", Privileged, Server;
    /// Whether pages of other origins may call.
    ApiEnableCors = "API_Enable_CORS", false, Privileged, Server;
    /// Whether calls are limited.
    ApiRateLimiter = "API_Enable_Rate_Limiter", true, Privileged, Server;
    /// How often an address may call a route.
    ApiRateLimitCalls = "API_Enable_Rate_Limiter_Limit_Calls_Default", 10_i64, Privileged, Server;
    /// Within how many milliseconds.
    ApiRateLimitTime = "API_Enable_Rate_Limiter_Limit_Time_Default", 60_000_i64, Privileged, Server;
    /// Whether web clients call realtime methods over REST.
    ApiUseRestForDdpCalls = "API_Use_REST_For_DDP_Calls", true, Everybody, Administrators;
    /// Whether people may delete themselves.
    AllowDeleteOwnAccount = "Accounts_AllowDeleteOwnAccount", false, Everybody, Server;
    /// Whether clients offer to change one's own address.
    AllowEmailChange = "Accounts_AllowEmailChange", true, Everybody, Administrators;
    /// Whether people may show as offline while they are there.
    AllowInvisibleStatus = "Accounts_AllowInvisibleStatusOption", true, Everybody, Administrators;
    /// Whether clients offer to change one's own password.
    AllowPasswordChange = "Accounts_AllowPasswordChange", true, Everybody, Administrators;
    /// Whether clients offer to change one's own name.
    AllowRealNameChange = "Accounts_AllowRealNameChange", true, Everybody, Administrators;
    /// Whether there are pictures of people.
    AllowUserAvatarChange = "Accounts_AllowUserAvatarChange", false, Everybody, Server;
    /// Whether clients offer to change one's own profile.
    AllowUserProfileChange = "Accounts_AllowUserProfileChange", true, Everybody, Administrators;
    /// Whether people may choose the text of their status.
    AllowUserStatusMessageChange = "Accounts_AllowUserStatusMessageChange", true, Everybody, Administrators;
    /// Whether clients offer to change one's own user name.
    AllowUsernameChange = "Accounts_AllowUsernameChange", true, Everybody, Administrators;
    /// Further fields of users, as JSON.
    CustomFields = "Accounts_CustomFields", "", Everybody, Server;
    /// What a login form says where the name goes; empty: the client's own words.
    EmailOrUsernamePlaceholder = "Accounts_EmailOrUsernamePlaceholder", "", Everybody, Administrators;
    /// Whether addresses are verified by mail.
    EmailVerification = "Accounts_EmailVerification", false, Everybody, Server;
    /// Whether new users wait for an administrator.
    ManuallyApproveNewUsers = "Accounts_ManuallyApproveNewUsers", false, Everybody, Server;
    /// What a login form says where the password goes; empty: the client's own words.
    PasswordPlaceholder = "Accounts_PasswordPlaceholder", "", Everybody, Administrators;
    /// Whether a forgotten password can be set anew by mail.
    PasswordReset = "Accounts_PasswordReset", false, Everybody, Server;
    /// Who may register.
    RegistrationForm = "Accounts_RegistrationForm", "Disabled", Everybody, Server;
    /// What clients show instead of a form to register.
    RegistrationFormReplacement = "Accounts_RegistrationForm_LinkReplacementText", "", Everybody, Administrators;
    /// Whether clients show a form to log in.
    ShowFormLogin = "Accounts_ShowFormLogin", true, Everybody, Administrators;
    /// Whether there is a second factor.
    TwoFactorEnabled = "Accounts_TwoFactorAuthentication_Enabled", false, Everybody, Server;
    /// Whether another page logs people in.
    IframeEnabled = "Accounts_iframe_enabled", false, Everybody, Server;
    /// Whether CAS logs people in.
    CasEnabled = "CAS_enabled", false, Everybody, Server;
    /// Whether Crowd logs people in.
    CrowdEnable = "CROWD_Enable", false, Everybody, Server;
    /// Whether there is encryption from end to end.
    E2eEnable = "E2E_Enable", false, Everybody, Server;
    /// Whether there are files.
    FileUploadEnabled = "FileUpload_Enabled", false, Everybody, Server;
    /// Bytes of a file at most.
    FileUploadMaxFileSize = "FileUpload_MaxFileSize", 0_i64, Everybody, Server;
    /// The media types of files that are taken, separated by commas.
    FileUploadMediaTypeWhiteList = "FileUpload_MediaTypeWhiteList", "", Everybody, Server;
    /// Whether LDAP logs people in.
    LdapEnable = "LDAP_Enable", false, Everybody, Server;
    /// Whether changes of presence are told to nobody. Off again after every start.
    PresenceBroadcastDisabled = "Presence_broadcast_disabled", false, Everybody, Administrators;
    /// The name of the workspace.
    SiteName = "Site_Name", "doorsign", Everybody, Administrators;
    /// The address that clients reach the workspace by; known to whoever listens, and to no store.
    SiteUrl = "Site_Url", "", Everybody, Server;
    /// Whether roles are shown beside people's names.
    DisplayRoles = "UI_DisplayRoles", true, Everybody, Administrators;
    /// Whether people are shown by their names instead of their user names.
    UseRealName = "UI_Use_Real_Name", false, Everybody, Administrators;
    /// What tells this workspace from others, made with its database.
    UniqueId = "uniqueID", "", Everybody, Server;
}

impl Setting {
    /// The setting with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.id() == id).copied()
    }
}

/// A value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// On or off.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl SettingValue {
    /// The word for values of this kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
        }
    }

    /// The value as text, which [`parse`](Self::parse) reads back.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }

    /// A value of the same kind as this one; `None` when `text` is none of that kind.
    #[must_use]
    pub fn parse(&self, text: String) -> Option<Self> {
        match self {
            Self::Boolean(_) => text.parse().ok().map(Self::Boolean),
            Self::Number(_) => text.parse().ok().map(Self::Number),
            Self::Text(_) => Some(Self::Text(text)),
        }
    }
}

impl From<bool> for SettingValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for SettingValue {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for SettingValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// The values of all settings as of one moment.
#[derive(Debug, Clone)]
pub struct SettingValues(Vec<SettingValue>);

impl SettingValues {
    /// The defaults, but for those in `chosen`. What is of another kind than the setting takes is left out.
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

    /// The value of one.
    #[must_use]
    pub fn get(&self, setting: Setting) -> &SettingValue {
        &self.0[setting as usize]
    }

    /// Whether people may choose the text of their status.
    #[must_use]
    pub fn allow_status_message_change(&self) -> bool {
        self.is_on(Setting::AllowUserStatusMessageChange)
    }

    /// Whether people may show as offline while they are there.
    #[must_use]
    pub fn allow_invisible(&self) -> bool {
        self.is_on(Setting::AllowInvisibleStatus)
    }

    /// Whether changes of presence are told to nobody.
    #[must_use]
    pub fn broadcast_disabled(&self) -> bool {
        self.is_on(Setting::PresenceBroadcastDisabled)
    }

    /// Whether roles are shown beside people's names.
    #[must_use]
    pub fn display_roles(&self) -> bool {
        self.is_on(Setting::DisplayRoles)
    }

    fn is_on(&self, setting: Setting) -> bool {
        *self.get(setting) == SettingValue::Boolean(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_in_the_order_of_their_ids_and_each_is_found_by_its_own() {
        assert!(Setting::ALL.is_sorted_by(|one, next| one.id() < next.id()));
        for setting in Setting::ALL {
            assert_eq!(Setting::find(setting.id()), Some(*setting));
        }
        assert_eq!(Setting::find("site_name"), None);
    }

    #[test]
    fn values_are_read_back_from_their_text_as_the_kind_they_were() {
        let values = [
            SettingValue::Boolean(true),
            SettingValue::Number(-7),
            SettingValue::Text("true".to_owned()),
            SettingValue::Text(String::new()),
        ];
        for value in values {
            assert_eq!(value.parse(value.to_text()), Some(value.clone()));
        }
        for (kind, text) in [
            (SettingValue::Boolean(true), "1"),
            (SettingValue::Number(0), "x"),
        ] {
            assert_eq!(kind.parse(text.to_owned()), None, "{text}");
        }
    }

    #[test]
    fn values_are_the_defaults_but_for_what_was_chosen() {
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
