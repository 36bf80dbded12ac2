//! Oneself as JSON. Knows no rule.

use super::rfc3339;
use crate::domain::{Actor, Timestamp};
use serde::Serialize;

/// Oneself, as in `me` and inside `login`. The presence is that of somebody without a live connection: a REST login never makes one
/// online.
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
    pub(in crate::api) fn alone(actor: &'a Actor, site_url: &str) -> Self {
        Self {
            success: Some(true),
            ..Self::inside(actor, site_url)
        }
    }

    /// Oneself inside a larger answer: `login`.
    pub(in crate::api) fn inside(actor: &'a Actor, site_url: &str) -> Self {
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
