//! Users as JSON, with as much as the requester may see. Source: Rocket.Chat `getFullUserData.ts`.

use super::account_state::AccountFields;
use super::presence::{ClaimFields, hours};
use super::visibility::names;
use super::{Empty, avatar};
use crate::api::wire::date::Rfc3339;
use crate::domain::{Bio, Email, Nickname, User, UserKind};
use crate::service::presence::VisiblePresence;
use crate::service::users::states::ShownState;
use crate::service::users::visibility::ShownRules;
use serde::Serialize;

/// A user: the fields that everyone may see, and further ones from [`whole`](Self::whole).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct UserRow<'a> {
    #[serde(rename = "_id")]
    _id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Rfc3339>,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<Vec<EmailAddress<'a>>>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    presence: Presence<'a>,
    #[serde(serialize_with = "hours")]
    utc_offset: i32,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a [String]>,
    name: &'a str,
    #[serde(rename = "avatarETag", skip_serializing_if = "Option::is_none")]
    avatar_etag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    require_password_change: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings<'a>>,
    #[serde(rename = "_updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_disabled_by_admin: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status_visibility_denied_by_admin: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_view_all_info: Option<bool>,
    #[serde(flatten)]
    account: Option<AccountFields>,
}

/// The settings of a user. The preferences hold only the users that the user hides from.
#[derive(Serialize, Default)]
struct Settings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<Denying<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Denying<'a> {
    status_visibility_denied: Vec<&'a str>,
}

/// An address, and whether it is verified.
#[derive(Serialize)]
pub(super) struct EmailAddress<'a> {
    address: &'a str,
    verified: bool,
}

/// The presence fields of a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Presence<'a> {
    status: &'static str,
    status_text: &'a str,
    #[serde(flatten)]
    claim: ClaimFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_connection: Option<&'static str>,
}

impl<'a> Presence<'a> {
    fn of(shown: &'a VisiblePresence) -> Self {
        Self {
            status: shown.status.as_str(),
            status_text: &shown.text,
            claim: shown.into(),
            status_default: None,
            status_connection: None,
        }
    }
}

impl<'a> UserRow<'a> {
    /// Renders the fields that everyone may see.
    pub(in crate::api) fn brief(user: &'a User, shown: &'a VisiblePresence) -> Self {
        let profile = &user.profile;
        Self {
            _id: user.id.as_str(),
            created_at: None,
            username: user.username.as_str(),
            emails: None,
            kind: match user.kind() {
                UserKind::Person => "user",
                UserKind::Bot => "bot",
                UserKind::App => "app",
            },
            presence: Presence::of(shown),
            utc_offset: profile.utc_offset,
            active: user.active,
            roles: None,
            name: &user.name,
            avatar_etag: avatar::etag(user),
            bio: profile.bio.as_ref().map(Bio::as_str),
            nickname: profile.nickname.as_ref().map(Nickname::as_str),
            require_password_change: None,
            last_login: None,
            settings: None,
            updated_at: None,
            presence_disabled_by_admin: None,
            status_visibility_denied_by_admin: Vec::new(),
            can_view_all_info: None,
            account: None,
        }
    }

    /// Renders all fields.
    pub(in crate::api) fn whole(user: &'a User, shown: &'a VisiblePresence) -> Self {
        let profile = &user.profile;
        Self {
            created_at: Some(user.created_at.into()),
            emails: Some(emails(user)),
            roles: Some(&user.roles),
            require_password_change: profile.require_password_change.then_some(true),
            last_login: profile.last_login_at.map(Into::into),
            settings: Some(Settings::default()),
            updated_at: Some(user.updated_at.into()),
            presence: Presence {
                status_default: Some(shown.chosen.as_str()),
                status_connection: Some(shown.connection.as_str()),
                ..Presence::of(shown)
            },
            ..Self::brief(user, shown)
        }
    }

    /// Adds the rules of status visibility that the viewer may see.
    pub(in crate::api) fn with_rules(mut self, rules: &'a ShownRules) -> Self {
        if !rules.denied.is_empty() {
            self.settings = Some(Settings {
                preferences: Some(Denying {
                    status_visibility_denied: names(&rules.denied),
                }),
            });
        }
        Self {
            presence_disabled_by_admin: rules.is_disabled.then_some(true),
            status_visibility_denied_by_admin: names(&rules.denied_by_admin),
            ..self
        }
    }

    /// Adds the state of the account, which only administrators see.
    pub(in crate::api) fn with_state(self, state: Option<&ShownState>) -> Self {
        Self {
            account: state.map(Into::into),
            ..self
        }
    }

    /// Renders all fields if `whole`, otherwise the brief ones. `canViewAllInfo` reports which.
    pub(in crate::api) fn for_viewer(
        user: &'a User,
        shown: &'a VisiblePresence,
        whole: bool,
    ) -> Self {
        let row = if whole { Self::whole } else { Self::brief };
        Self {
            can_view_all_info: Some(whole),
            ..row(user, shown)
        }
    }
}

/// Returns the user's address as the list that clients expect.
pub(super) fn emails(user: &User) -> Vec<EmailAddress<'_>> {
    let email = user.email.iter().map(Email::as_str);
    let verified = user.profile.email_verified;
    email
        .map(|address| EmailAddress { address, verified })
        .collect()
}

/// The response with one user.
#[derive(Serialize)]
pub(in crate::api) struct UserReply<'a> {
    pub(in crate::api) user: UserRow<'a>,
}

/// The response to `users.list`.
#[derive(Serialize)]
pub(in crate::api) struct UserPage<'a> {
    pub(in crate::api) users: Vec<UserRow<'a>>,
    pub(in crate::api) count: usize,
    pub(in crate::api) offset: u64,
    pub(in crate::api) total: u64,
}

/// The response to `users.setActiveStatus`.
#[derive(Serialize)]
pub(in crate::api) struct ActiveReply<'a> {
    pub(in crate::api) user: Activity<'a>,
}

/// Whether a user may log in.
#[derive(Serialize)]
pub(in crate::api) struct Activity<'a> {
    pub(in crate::api) _id: &'a str,
    pub(in crate::api) active: bool,
}

/// The response to `users.delete`. Rooms, which could be deleted with their owner, do not exist
/// here.
#[derive(Serialize)]
pub(in crate::api) struct DeletedReply {
    #[serde(rename = "deletedRooms")]
    deleted_rooms: [(); 0],
}

impl DeletedReply {
    pub(in crate::api) const DONE: Self = Self { deleted_rooms: [] };
}

/// The response with only a result.
#[derive(Serialize)]
pub(in crate::api) struct ResultReply<T> {
    pub(in crate::api) result: T,
}

/// The response to `users.getAvatarSuggestion`.
#[derive(Serialize)]
pub(in crate::api) struct AvatarSuggestions {
    suggestions: Empty,
}

impl AvatarSuggestions {
    pub(in crate::api) const NONE: Self = Self {
        suggestions: Empty {},
    };
}
