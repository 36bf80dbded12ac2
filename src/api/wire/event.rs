//! Events as JSON, as described by `api/openapi/event.schema.json`. Hooks receive the same form,
//! rendered by the contract crate. The shape is ours: Rocket.Chat has none.

use super::custom_user_status::CustomUserStatus;
use super::permission::PermissionRow;
use super::presence::ClaimFields;
use super::setting::SettingRow;
use crate::api::wire::date::Rfc3339;
use crate::domain::{Change, Event, NewEvent, RoleOf, StatusChange, Timestamp, UserId, Username};
use crate::realtime::hub::ShownUser;
use serde::Serialize;

/// The version of the form. Fields may be added under the same version; existing ones are never
/// removed or changed in meaning.
const VERSION: u32 = 1;

/// An event:
/// `{"version":1,"id":7,"type":"custom_user_status.created","time":…,"actor":{…},"data":{…}}`.
#[derive(Serialize)]
pub(in crate::api) struct EventRow<'a> {
    version: u32,
    id: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    time: Rfc3339,
    actor: Who<'a>,
    data: Data<'a>,
}

/// A user's id and username.
#[derive(Serialize)]
struct Who<'a> {
    _id: &'a str,
    username: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    CustomUserStatus(CustomUserStatus<'a>),
    Presence(PresenceData<'a>),
    Permission(PermissionRow<'a>),
    Role {
        role: &'a str,
        user: Who<'a>,
    },
    Name {
        #[serde(flatten)]
        user: Who<'a>,
        name: &'a str,
    },
    User(Who<'a>),
    Setting(SettingRow<'a>),
}

/// A user's status, as it was chosen or as it is shown.
#[derive(Serialize)]
struct PresenceData<'a> {
    user: Who<'a>,
    status: &'static str,
    #[serde(rename = "statusText")]
    text: &'a str,
    #[serde(flatten)]
    claim: ClaimFields,
}

impl<'a> From<&'a Event> for EventRow<'a> {
    fn from(Event { id, event }: &'a Event) -> Self {
        let (kind, data) = told(event);
        Self {
            version: VERSION,
            id: id.as_u64(),
            kind,
            time: event.at.into(),
            actor: who(&event.actor, &event.actor_name),
            data,
        }
    }
}

impl EventRow<'_> {
    /// Returns the type of the event.
    pub(in crate::api) fn kind(&self) -> &'static str {
        self.kind
    }
}

/// A change of the status that is shown for a user. It results from connections as well as from
/// events, so it has no position.
#[derive(Serialize)]
pub(in crate::api) struct ShownRow<'a> {
    version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    time: Rfc3339,
    data: PresenceData<'a>,
}

impl<'a> ShownRow<'a> {
    /// The type of these rows.
    pub(in crate::api) const KIND: &'static str = "presence.shown";

    pub(in crate::api) fn new(shown: &'a ShownUser, at: Timestamp) -> Self {
        let claim = ClaimFields::new(shown.source, shown.expires_at);
        Self {
            version: VERSION,
            kind: Self::KIND,
            time: at.into(),
            data: PresenceData {
                user: who(&shown.user, &shown.username),
                status: shown.status.as_str(),
                text: &shown.text,
                claim,
            },
        }
    }
}

/// The response to polling clients.
#[derive(Serialize)]
pub(in crate::api) struct EventPage<'a> {
    pub(in crate::api) events: Vec<EventRow<'a>>,
    /// The `since` of the next request.
    pub(in crate::api) position: u64,
    /// Whether too much was missed, so that the client must reload its state.
    pub(in crate::api) reload: bool,
    pub(in crate::api) success: bool,
}

fn told(event: &NewEvent) -> (&'static str, Data<'_>) {
    let role = |of| Data::Role {
        role: role_id(of),
        user: who(&of.user, &of.username),
    };
    match &event.change {
        Change::StatusCreated(status) => (
            "custom_user_status.created",
            Data::CustomUserStatus(status.into()),
        ),
        Change::StatusUpdated(status) => (
            "custom_user_status.updated",
            Data::CustomUserStatus(status.into()),
        ),
        Change::StatusDeleted(status) => (
            "custom_user_status.deleted",
            Data::CustomUserStatus(status.into()),
        ),
        Change::PresenceChanged(change) => ("presence.changed", Data::Presence(presence(change))),
        Change::PermissionChanged(grant) => ("permission.changed", Data::Permission(grant.into())),
        Change::RoleGiven(of) => ("role.given", role(of)),
        Change::RoleTaken(of) => ("role.taken", role(of)),
        Change::UserUpdated(change) => (
            "user.renamed",
            Data::Name {
                user: who(&change.user, &change.username),
                name: &change.name,
            },
        ),
        Change::UserDeleted { user, username } => ("user.deleted", Data::User(who(user, username))),
        Change::SettingChanged(setting, value) => (
            "setting.changed",
            Data::Setting(SettingRow::new(*setting, value)),
        ),
        Change::LoginsEnded { user } => ("logins.ended", Data::User(who(user, &event.actor_name))),
    }
}

fn role_id(of: &RoleOf) -> &str {
    &of.role
}

fn presence(change: &StatusChange) -> PresenceData<'_> {
    PresenceData {
        user: who(&change.user, &change.username),
        status: change.status.as_str(),
        text: change.text.as_str(),
        claim: ClaimFields::new(change.source, change.expires_at),
    }
}

fn who<'a>(user: &'a UserId, username: &'a Username) -> Who<'a> {
    Who {
        _id: user.as_str(),
        username: username.as_str(),
    }
}
