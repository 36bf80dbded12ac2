//! The requester's own account as JSON.

use super::presence::ClaimFields;
use super::presence::hours;
use super::user::{EmailAddress, emails};
use super::{Empty, avatar};
use crate::api::wire::date::Rfc3339;
use crate::api::wire::preferences::Preferences;
use crate::domain::{Actor, Bio, Email, Nickname, User};
use crate::service::presence::VisiblePresence;
use crate::service::users::visibility::ShownRules;
use serde::Serialize;
use serde_json::{Map, Value};

/// The requester's own account, in `me` and inside `login`.
#[derive(Serialize)]
pub(in crate::api) struct Me<'a> {
    _id: &'a str,
    username: &'a str,
    name: &'a str,
    emails: Vec<EmailAddress<'a>>,
    status: &'static str,
    #[serde(rename = "statusDefault")]
    status_default: &'static str,
    #[serde(rename = "statusConnection")]
    status_connection: &'static str,
    #[serde(rename = "statusText")]
    status_text: &'a str,
    #[serde(flatten)]
    claim: ClaimFields,
    #[serde(rename = "utcOffset", serialize_with = "hours")]
    utc_offset: i32,
    active: bool,
    roles: &'a [String],
    language: String,
    settings: Settings,
    services: Services,
    #[serde(rename = "avatarUrl")]
    avatar_url: String,
    #[serde(rename = "avatarETag", skip_serializing_if = "Option::is_none")]
    avatar_etag: Option<&'a str>,
    #[serde(rename = "isOAuthUser")]
    is_oauth_user: bool,
    #[serde(rename = "createdAt")]
    created_at: Rfc3339,
    #[serde(rename = "_updatedAt")]
    updated_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(
        rename = "requirePasswordChange",
        skip_serializing_if = "Option::is_none"
    )]
    require_password_change: Option<bool>,
    #[serde(
        rename = "presenceDisabledByAdmin",
        skip_serializing_if = "Option::is_none"
    )]
    presence_disabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
}

#[derive(Serialize)]
struct Services {
    password: Exists,
}

#[derive(Serialize)]
struct Exists {
    exists: bool,
}

#[derive(Serialize)]
struct Settings {
    profile: Empty,
    preferences: Preferences,
    calendar: Empty,
}

/// The response to `users.setPreferences`: the chosen preferences, without defaults.
#[derive(Serialize)]
pub(in crate::api) struct PreferencesReply<'a> {
    user: Chooser<'a>,
}

#[derive(Serialize)]
struct Chooser<'a> {
    _id: &'a str,
    settings: ChosenPreferences,
}

/// The response to `users.getPreferences`: the chosen preferences without defaults, except the
/// language.
#[derive(Serialize)]
pub(in crate::api) struct ChosenPreferences {
    preferences: Map<String, Value>,
}

impl ChosenPreferences {
    pub(in crate::api) fn of(user: &User, rules: &ShownRules) -> Self {
        let kept = Preferences::kept(user.profile.preferences.as_deref())
            .denying(&rules.denied)
            .on_public_board(user.profile.public_board);
        let language = kept.language();
        let mut preferences = kept.into_chosen();
        preferences.insert("language".to_owned(), language.into());
        Self { preferences }
    }
}

impl<'a> PreferencesReply<'a> {
    pub(in crate::api) fn of(user: &'a User, rules: &ShownRules) -> Self {
        Self {
            user: Chooser {
                _id: user.id.as_str(),
                settings: ChosenPreferences::of(user, rules),
            },
        }
    }
}

impl<'a> Me<'a> {
    /// Renders the account for `me`.
    pub(in crate::api) fn alone(
        actor: &'a Actor,
        presence: (&'a VisiblePresence, &ShownRules),
        site_url: &str,
    ) -> Self {
        Self {
            success: Some(true),
            ..Self::inside(actor, presence, site_url)
        }
    }

    /// Renders the account inside the response to `login`.
    pub(in crate::api) fn inside(
        actor: &'a Actor,
        (shown, rules): (&'a VisiblePresence, &ShownRules),
        site_url: &str,
    ) -> Self {
        let (user, profile) = (&actor.user, &actor.user.profile);
        let preferences = Preferences::kept(profile.preferences.as_deref())
            .denying(&rules.denied)
            .on_public_board(user.profile.public_board);
        let email = user.email.as_ref().map(Email::as_str);
        Self {
            _id: user.id.as_str(),
            username: user.username.as_str(),
            name: &user.name,
            emails: emails(user),
            status: shown.status.as_str(),
            status_default: shown.chosen.as_str(),
            status_connection: shown.connection.as_str(),
            status_text: &shown.text,
            claim: shown.into(),
            utc_offset: profile.utc_offset,
            active: user.active,
            roles: &user.roles,
            language: preferences.language(),
            settings: Settings {
                profile: Empty {},
                preferences,
                calendar: Empty {},
            },
            services: Services {
                password: Exists { exists: true },
            },
            avatar_url: format!("{site_url}/avatar/{}", user.username.as_str()),
            avatar_etag: avatar::etag(user),
            is_oauth_user: false,
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
            email: email.filter(|_| profile.email_verified),
            bio: profile.bio.as_ref().map(Bio::as_str),
            nickname: profile.nickname.as_ref().map(Nickname::as_str),
            require_password_change: profile.require_password_change.then_some(true),
            presence_disabled: rules.is_disabled.then_some(true),
            success: None,
        }
    }
}
