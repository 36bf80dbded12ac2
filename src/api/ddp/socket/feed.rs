//! The available streams, who may subscribe to them, and the topics behind them. Source: Rocket.Chat
//! `notifications.module.ts`; compatibility 9.4 and 9.5.

use crate::api::error::ApiError;
use crate::domain::UserId;
use crate::realtime::hub::Topic;
use serde_json::Value;

/// The stream with the presence of watched users.
pub(super) const PRESENCE: &str = "stream-user-presence";

/// Publications that clients wait for but that are empty here: their content is sent without a
/// subscription.
const SILENT: &[&str] = &[
    "userData",
    "meteor.loginServiceConfiguration",
    "meteor_autoupdate_clientVersions",
];

/// What a subscription receives.
#[derive(PartialEq, Eq)]
pub(super) enum Feed {
    /// Messages of a topic.
    Topic(Topic),
    /// Changes of the connection's own user.
    OwnData,
    /// The presence of the watched users.
    Presence,
    /// Nothing, because these events never occur here.
    Nothing(Audience),
}

/// Who may subscribe.
#[derive(PartialEq, Eq)]
pub(super) enum Audience {
    Anyone,
    LoggedIn,
    OwnUser,
}

impl Feed {
    /// Returns what `user` receives by a subscription to `name`.
    pub(super) fn of(
        user: Option<&UserId>,
        name: &str,
        params: &[Value],
    ) -> Result<Self, ApiError> {
        if SILENT.contains(&name) {
            return Ok(Feed::Nothing(Audience::Anyone));
        }
        let is_stream = matches!(
            name,
            "stream-notify-logged"
                | "stream-notify-all"
                | "stream-notify-user"
                | "stream-roles"
                | "stream-force_logout"
                | "stream-room-messages"
                | PRESENCE
        );
        if !is_stream {
            return Err(ApiError::UnknownSubscription(name.to_owned()));
        }
        let event = params.first().and_then(Value::as_str).unwrap_or_default();
        if event.is_empty() && name != PRESENCE {
            return Err(ApiError::InvalidEventName);
        }
        if name == "stream-notify-all" {
            return Ok(public(event));
        }
        let user = user.ok_or(ApiError::NotAllowed)?;
        match name {
            "stream-notify-logged" => Ok(logged(event)),
            "stream-notify-user" => own(user, event),
            PRESENCE => Ok(Feed::Presence),
            // The messages of all own rooms. No room exists.
            "stream-room-messages" if event != "__my_messages__" => Err(ApiError::NotAllowed),
            "stream-roles" if event == "roles" => Ok(Feed::Topic(Topic::RoleRecords)),
            // The end of a login closes its connections.
            _ => Ok(Feed::Nothing(Audience::LoggedIn)),
        }
    }

    /// Returns whether the connection of `user` may keep the subscription after a change of users.
    pub(super) fn is_open_to(&self, user: Option<&UserId>) -> bool {
        match self {
            Self::Nothing(Audience::Anyone) | Self::Topic(Topic::Settings) => true,
            Self::Nothing(Audience::OwnUser) | Self::OwnData => false,
            Self::Nothing(Audience::LoggedIn) | Self::Topic(_) | Self::Presence => user.is_some(),
        }
    }
}

fn logged(event: &str) -> Feed {
    Feed::Topic(match event {
        "user-status" => Topic::Statuses,
        "updateCustomUserStatus" => Topic::CustomStatuses,
        "deleteCustomUserStatus" => Topic::DeletedCustomStatuses,
        "permissions-changed" => Topic::Permissions,
        "roles-change" => Topic::Roles,
        "Users:NameChanged" => Topic::Names,
        "updateAvatar" => Topic::Avatars,
        "Users:Deleted" => Topic::DeletedUsers,
        _ => return Feed::Nothing(Audience::LoggedIn),
    })
}

fn public(event: &str) -> Feed {
    if event == "public-settings-changed" {
        Feed::Topic(Topic::Settings)
    } else {
        Feed::Nothing(Audience::Anyone)
    }
}

/// Returns the subscription to events of a user. Only that user may subscribe to them.
fn own(user: &UserId, event: &str) -> Result<Feed, ApiError> {
    let event = event.strip_prefix(user.as_str());
    match event.and_then(|rest| rest.strip_prefix('/')) {
        Some("userData") => Ok(Feed::OwnData),
        Some(_) => Ok(Feed::Nothing(Audience::OwnUser)),
        None => Err(ApiError::NotAllowed),
    }
}
