//! The JSON that clients see, field by field in Rocket.Chat's order, and how the domain becomes it. Knows no rule.

use crate::domain::Page;
use crate::domain::{Actor, CustomStatus, PermissionGrant, Role, RoleScope, Timestamp};
use serde::{Serialize, Serializer};

/// `{"success":true}`.
#[derive(Serialize)]
pub(super) struct Success {
    success: bool,
}

impl Success {
    pub(super) const TRUE: Self = Self { success: true };
}

/// A custom status.
#[derive(Serialize)]
pub(super) struct CustomUserStatus<'a> {
    _id: &'a str,
    name: &'a str,
    #[serde(rename = "statusType")]
    status_type: &'static str,
    #[serde(rename = "_updatedAt", serialize_with = "rfc3339")]
    updated_at: Timestamp,
}

impl<'a> From<&'a CustomStatus> for CustomUserStatus<'a> {
    fn from(status: &'a CustomStatus) -> Self {
        Self {
            _id: status.id.as_str(),
            name: status.name.as_str(),
            status_type: status.status_type.as_str(),
            updated_at: status.updated_at,
        }
    }
}

/// The answer to create and update.
#[derive(Serialize)]
pub(super) struct StatusReply<'a> {
    #[serde(rename = "customUserStatus")]
    custom_user_status: CustomUserStatus<'a>,
    success: bool,
}

impl<'a> From<&'a CustomStatus> for StatusReply<'a> {
    fn from(status: &'a CustomStatus) -> Self {
        Self {
            custom_user_status: status.into(),
            success: true,
        }
    }
}

/// The answer to list: one page.
#[derive(Serialize)]
pub(super) struct StatusPage<'a> {
    statuses: Vec<CustomUserStatus<'a>>,
    count: usize,
    offset: u64,
    total: u64,
    success: bool,
}

impl<'a> StatusPage<'a> {
    pub(super) fn new(page: &'a Page<CustomStatus>, offset: u64) -> Self {
        let statuses: Vec<_> = page.items.iter().map(CustomUserStatus::from).collect();
        Self {
            count: statuses.len(),
            statuses,
            offset,
            total: page.total,
            success: true,
        }
    }
}

/// A permission with the roles that grant it (`IPermission`).
#[derive(Serialize)]
pub(super) struct PermissionRow<'a> {
    _id: &'a str,
    roles: &'a [String],
    #[serde(rename = "_updatedAt", serialize_with = "rfc3339")]
    updated_at: Timestamp,
}

impl<'a> From<&'a PermissionGrant> for PermissionRow<'a> {
    fn from(grant: &'a PermissionGrant) -> Self {
        Self {
            _id: &grant.permission,
            roles: &grant.roles,
            updated_at: grant.updated_at,
        }
    }
}

/// The answer to `permissions.listAll`. No permission is ever removed.
#[derive(Serialize)]
pub(super) struct PermissionChanges<'a> {
    pub(super) update: Vec<PermissionRow<'a>>,
    pub(super) remove: [(); 0],
    pub(super) success: bool,
}

/// The answer to `permissions.update`.
#[derive(Serialize)]
pub(super) struct PermissionList<'a> {
    pub(super) permissions: Vec<PermissionRow<'a>>,
    pub(super) success: bool,
}

/// A role (`IRole`).
#[derive(Serialize)]
pub(super) struct RoleRow<'a> {
    _id: &'a str,
    name: &'a str,
    description: &'a str,
    scope: &'static str,
    protected: bool,
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
        }
    }
}

/// The answer to `roles.list`.
#[derive(Serialize)]
pub(super) struct RoleList<'a> {
    pub(super) roles: Vec<RoleRow<'a>>,
    pub(super) success: bool,
}

/// Oneself, as in `me` and inside `login`. The presence is that of somebody without a live connection: a REST login never makes one
/// online.
#[derive(Serialize)]
pub(super) struct Me<'a> {
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
    status_text: &'static str,
    #[serde(rename = "utcOffset")]
    utc_offset: i8,
    active: bool,
    roles: &'a [String],
    language: &'static str,
    settings: Settings,
    services: Services,
    #[serde(rename = "avatarUrl")]
    avatar_url: String,
    #[serde(rename = "isOAuthUser")]
    is_oauth_user: bool,
    #[serde(rename = "createdAt", serialize_with = "rfc3339")]
    created_at: Timestamp,
    #[serde(rename = "_updatedAt", serialize_with = "rfc3339")]
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
}

#[derive(Serialize)]
struct EmailAddress<'a> {
    address: &'a str,
    verified: bool,
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
struct Empty {}

#[derive(Serialize)]
struct Settings {
    profile: Empty,
    preferences: Preferences,
    calendar: Empty,
}

/// Rocket.Chat's default preferences. Nothing here can change them yet; clients want every key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preferences {
    enable_auto_away: bool,
    idle_time_limit: u32,
    desktop_notifications: &'static str,
    push_notifications: &'static str,
    email_notification_mode: &'static str,
    desktop_notification_require_interaction: bool,
    unread_alert: bool,
    new_room_notification: &'static str,
    new_message_notification: &'static str,
    notifications_sound_volume: u32,
    mute_focused_conversations: bool,
    use_emojis: bool,
    convert_ascii_emoji: bool,
    auto_image_load: bool,
    save_mobile_bandwidth: bool,
    collapse_media_by_default: bool,
    hide_usernames: bool,
    hide_roles: bool,
    hide_flex_tab: bool,
    display_avatars: bool,
    clock_mode: u32,
    send_on_enter: &'static str,
    also_send_thread_to_channel: &'static str,
    highlights: [(); 0],
    language: &'static str,
}

impl<'a> Me<'a> {
    /// Oneself, alone: `me`.
    pub(super) fn alone(actor: &'a Actor, site_url: &str) -> Self {
        Self {
            success: Some(true),
            ..Self::inside(actor, site_url)
        }
    }

    /// Oneself inside a larger answer: `login`.
    pub(super) fn inside(actor: &'a Actor, site_url: &str) -> Self {
        let user = &actor.user;
        let emails = user.email.iter().map(|email| EmailAddress {
            address: email.as_str(),
            verified: false,
        });
        Self {
            _id: user.id.as_str(),
            username: user.username.as_str(),
            name: &user.name,
            emails: emails.collect(),
            status: "offline",
            status_default: "online",
            status_connection: "offline",
            status_text: "",
            utc_offset: 0,
            active: user.active,
            roles: &user.roles,
            language: "en",
            settings: Settings {
                profile: Empty {},
                preferences: PREFERENCES,
                calendar: Empty {},
            },
            services: Services {
                password: Exists { exists: true },
            },
            avatar_url: format!("{site_url}/avatar/{}", user.username.as_str()),
            is_oauth_user: false,
            created_at: user.created_at,
            updated_at: user.updated_at,
            success: None,
        }
    }
}

const PREFERENCES: Preferences = Preferences {
    enable_auto_away: true,
    idle_time_limit: 300,
    desktop_notifications: "default",
    push_notifications: "default",
    email_notification_mode: "default",
    desktop_notification_require_interaction: false,
    unread_alert: true,
    new_room_notification: "door",
    new_message_notification: "chime",
    notifications_sound_volume: 100,
    mute_focused_conversations: true,
    use_emojis: true,
    convert_ascii_emoji: true,
    auto_image_load: true,
    save_mobile_bandwidth: true,
    collapse_media_by_default: false,
    hide_usernames: false,
    hide_roles: false,
    hide_flex_tab: false,
    display_avatars: true,
    clock_mode: 1,
    send_on_enter: "normal",
    also_send_thread_to_channel: "default",
    highlights: [],
    language: "en",
};

/// The answer to a login. `success` stands last, as on Rocket.Chat 8.
#[derive(Serialize)]
pub(super) struct LoginReply<'a> {
    status: &'static str,
    data: LoginParts<'a>,
    success: bool,
}

#[derive(Serialize)]
struct LoginParts<'a> {
    #[serde(rename = "userId")]
    user_id: &'a str,
    #[serde(rename = "authToken")]
    auth_token: &'a str,
    me: Me<'a>,
}

impl<'a> LoginReply<'a> {
    pub(super) fn new(actor: &'a Actor, token: &'a str, site_url: &str) -> Self {
        let me = Me::inside(actor, site_url);
        let data = LoginParts {
            user_id: actor.user.id.as_str(),
            auth_token: token,
            me,
        };
        Self {
            status: "success",
            data,
            success: true,
        }
    }
}

/// The documented answer to a logout; servers since 7.4 send nothing, which breaks clients that expect JSON.
#[derive(Serialize)]
pub(super) struct LogoutReply {
    status: &'static str,
    data: Message,
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

impl LogoutReply {
    pub(super) const GOODBYE: Self = Self {
        status: "success",
        data: Message {
            message: "You've been logged out!",
        },
    };
}

/// An instant as RFC 3339, UTC, with milliseconds.
fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    serializer.collect_str(&format_args!("{instant:.3}"))
}
