//! Events as JSON, as described by `api/openapi/event.schema.json`. Hooks receive the same form,
//! and the contract crate has its envelope. The shape is ours: Rocket.Chat has none.

use super::custom_user_status::CustomUserStatus;
use super::permission::PermissionRow;
use super::presence::ClaimFields;
use super::role::RoleRow;
use super::setting::SettingRow;
use crate::domain::{
    Change, Event, NewEvent, Role, RoleOf, StatusChange, Timestamp, UserId, Username,
};
use crate::realtime::hub::ShownUser;
use doorsign_hook::json::{Envelope, UserForm};
use serde::Serialize;

/// An event:
/// `{"version":1,"id":7,"type":"custom_user_status.created","time":…,"actor":{…},"data":{…}}`.
pub(in crate::api) type EventRow<'a> = Envelope<'a, EventData<'a>>;

/// A change of the status that is shown for a user. It results from connections as well as from
/// events, so it has no position and no actor.
pub(in crate::api) type ShownRow<'a> = Envelope<'a, PresenceData<'a>>;

#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::api) enum EventData<'a> {
    CustomUserStatus(CustomUserStatus<'a>),
    Presence(PresenceData<'a>),
    Permission(PermissionRow<'a>),
    RoleRecord(RoleRow<'a>),
    Role {
        role: &'a str,
        user: UserForm<'a>,
    },
    Name {
        #[serde(flatten)]
        user: UserForm<'a>,
        name: &'a str,
    },
    User(UserForm<'a>),
    Setting(SettingRow<'a>),
}

/// A user's status, as it was chosen or as it is shown.
#[derive(Serialize)]
pub(in crate::api) struct PresenceData<'a> {
    user: UserForm<'a>,
    status: &'static str,
    #[serde(rename = "statusText")]
    text: &'a str,
    #[serde(flatten)]
    claim: ClaimFields,
}

impl<'a> From<&'a Event> for EventRow<'a> {
    fn from(Event { id, event }: &'a Event) -> Self {
        let (kind, data) = kind_and_data(event);
        let actor = user_form(&event.actor, &event.actor_name);
        Envelope::message(kind, event.at, data).caused_by(id.as_u64(), actor)
    }
}

/// Renders what is shown for a user since `at`.
pub(in crate::api) fn shown_row(shown: &ShownUser, at: Timestamp) -> ShownRow<'_> {
    let data = PresenceData {
        user: user_form(&shown.user, &shown.username),
        status: shown.status.as_str(),
        text: &shown.text,
        claim: ClaimFields::new(shown.source, shown.expires_at),
    };
    Envelope::message("presence.shown", at, data)
}

/// The response to polling clients.
#[derive(Serialize)]
pub(in crate::api) struct EventPage<'a> {
    pub(in crate::api) events: Vec<EventRow<'a>>,
    /// The `since` of the next request.
    pub(in crate::api) position: u64,
    /// Whether too much was missed, so that the client must reload its state.
    pub(in crate::api) reload: bool,
}

fn kind_and_data(event: &NewEvent) -> (&'static str, EventData<'_>) {
    let role = |of| EventData::Role {
        role: role_id(of),
        user: user_form(&of.user, &of.username),
    };
    match &event.change {
        Change::StatusCreated(status) => (
            "custom_user_status.created",
            EventData::CustomUserStatus(status.into()),
        ),
        Change::StatusUpdated(status) => (
            "custom_user_status.updated",
            EventData::CustomUserStatus(status.into()),
        ),
        Change::StatusDeleted(status) => (
            "custom_user_status.deleted",
            EventData::CustomUserStatus(status.into()),
        ),
        Change::PresenceChanged(change) => {
            ("presence.changed", EventData::Presence(presence(change)))
        }
        Change::PermissionChanged(grant) => {
            ("permission.changed", EventData::Permission(grant.into()))
        }
        Change::RoleCreated(record) => ("role.created", role_record(record)),
        Change::RoleUpdated(record) => ("role.updated", role_record(record)),
        Change::RoleDeleted(record) => ("role.deleted", role_record(record)),
        Change::RoleGiven(of) => ("role.given", role(of)),
        Change::RoleTaken(of) => ("role.taken", role(of)),
        Change::UserCreated {
            user,
            username,
            name,
        } => (
            "user.created",
            EventData::Name {
                user: user_form(user, username),
                name,
            },
        ),
        Change::UserUpdated(change) => (
            "user.renamed",
            EventData::Name {
                user: user_form(&change.user, &change.username),
                name: &change.name,
            },
        ),
        Change::UserDeleted { user, username, .. } => {
            ("user.deleted", EventData::User(user_form(user, username)))
        }
        Change::AvatarChanged { user, username, .. } => {
            ("avatar.changed", EventData::User(user_form(user, username)))
        }
        Change::SettingChanged(setting, value) => (
            "setting.changed",
            EventData::Setting(SettingRow::new(*setting, value)),
        ),
        Change::LoginsEnded { user } => (
            "logins.ended",
            EventData::User(user_form(user, &event.actor_name)),
        ),
        Change::StatusVisibilityChanged { user, .. } => (
            "status_visibility.changed",
            EventData::User(user_form(user, &event.actor_name)),
        ),
    }
}

fn role_record(role: &Role) -> EventData<'_> {
    EventData::RoleRecord(RoleRow::dated(role))
}

fn role_id(of: &RoleOf) -> &str {
    &of.role
}

fn presence(change: &StatusChange) -> PresenceData<'_> {
    PresenceData {
        user: user_form(&change.user, &change.username),
        status: change.status.as_str(),
        text: change.text.as_str(),
        claim: ClaimFields::new(change.source, change.expires_at),
    }
}

fn user_form<'a>(user: &'a UserId, username: &'a Username) -> UserForm<'a> {
    UserForm {
        _id: user.as_str(),
        username: username.as_str(),
    }
}
