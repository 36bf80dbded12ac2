//! Presence as JSON. Source: compatibility 5.1 to 5.4.

use super::avatar;
use crate::api::wire::date::Rfc3339;
use crate::domain::{ClaimSource, Timestamp, UserWithPresence};
use crate::service::presence::{PresenceList, UserPresence, VisiblePresence};
use serde::{Serialize, Serializer};

/// The response to `users.getStatus`. Only users themselves see the status of their connections. As
/// on Rocket.Chat, `message` is not included.
#[derive(Serialize)]
pub(in crate::api) struct UserStatusReply<'a> {
    _id: &'a str,
    #[serde(rename = "connectionStatus", skip_serializing_if = "Option::is_none")]
    connection_status: Option<&'static str>,
    status: &'static str,
    #[serde(flatten)]
    claim: ClaimFields,
}

/// The effective claim; empty if there is none.
#[derive(Serialize)]
pub(super) struct ClaimFields {
    #[serde(rename = "statusSource", skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(rename = "statusExpiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
}

impl ClaimFields {
    pub(super) fn new(source: Option<ClaimSource>, expires_at: Option<Timestamp>) -> Self {
        Self {
            source: source.map(ClaimSource::as_str),
            expires_at: expires_at.map(Into::into),
        }
    }
}

impl From<&VisiblePresence> for ClaimFields {
    fn from(shown: &VisiblePresence) -> Self {
        Self::new(shown.source, shown.expires_at)
    }
}

impl<'a> From<&'a UserPresence> for UserStatusReply<'a> {
    fn from(found: &'a UserPresence) -> Self {
        Self {
            _id: found.user.as_str(),
            connection_status: found.is_own.then(|| found.shown.connection.as_str()),
            status: found.shown.status.as_str(),
            claim: (&found.shown).into(),
        }
    }
}

/// The response to `users.getPresence`.
#[derive(Serialize)]
pub(in crate::api) struct PresenceReply {
    presence: &'static str,
    #[serde(rename = "connectionStatus", skip_serializing_if = "Option::is_none")]
    connection_status: Option<&'static str>,
    #[serde(rename = "lastLogin", skip_serializing_if = "Option::is_none")]
    last_login: Option<Rfc3339>,
}

impl From<&UserPresence> for PresenceReply {
    fn from(found: &UserPresence) -> Self {
        Self {
            presence: found.shown.status.as_str(),
            connection_status: found.is_own.then(|| found.shown.connection.as_str()),
            last_login: found.last_login.map(Into::into),
        }
    }
}

/// The response to `users.presence`.
#[derive(Serialize)]
pub(in crate::api) struct PresenceListReply<'a> {
    users: Vec<PresenceRow<'a>>,
    full: bool,
}

#[derive(Serialize)]
struct PresenceRow<'a> {
    _id: &'a str,
    username: &'a str,
    name: &'a str,
    status: &'static str,
    #[serde(rename = "utcOffset", serialize_with = "hours")]
    utc_offset: i32,
    #[serde(rename = "avatarETag", skip_serializing_if = "Option::is_none")]
    avatar_etag: Option<&'static str>,
    #[serde(rename = "statusText", skip_serializing_if = "str::is_empty")]
    status_text: &'a str,
    #[serde(flatten)]
    claim: ClaimFields,
}

impl<'a> From<&'a (UserWithPresence, VisiblePresence)> for PresenceRow<'a> {
    fn from((person, shown): &'a (UserWithPresence, VisiblePresence)) -> Self {
        Self {
            _id: person.id.as_str(),
            username: person.username.as_str(),
            name: &person.name,
            status: shown.status.as_str(),
            utc_offset: person.utc_offset,
            avatar_etag: (person.id.as_str() == "rocket.cat").then_some(avatar::ROCKET_CAT),
            status_text: &shown.text,
            claim: shown.into(),
        }
    }
}

impl<'a> From<&'a PresenceList> for PresenceListReply<'a> {
    fn from(list: &'a PresenceList) -> Self {
        Self {
            users: list.people.iter().map(PresenceRow::from).collect(),
            full: list.full,
        }
    }
}

/// Serialises minutes as hours, the unit that clients use: 60 is `1`, 330 is `5.5`.
pub(super) fn hours<S: Serializer>(minutes: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    if minutes % 60 == 0 {
        serializer.serialize_i32(minutes / 60)
    } else {
        serializer.serialize_f64(f64::from(*minutes) / 60.0)
    }
}
