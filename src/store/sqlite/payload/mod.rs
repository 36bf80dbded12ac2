//! The shape in which an event is stored: its kind, and its payload as JSON. Its own, so that the domain can be renamed without touching
//! old rows. Knows no SQL.

mod access;
mod status;

use access::{
    GonePayload, LoginsPayload, PermissionPayload, RolePayload, SettingPayload, UserPayload,
};
use status::{PresencePayload, StatusPayload};

use crate::domain::{
    Change, CustomStatus, Error, NewEvent, Result, RoleOf, Timestamp, UserId, Username,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const CREATED: &str = "custom_user_status.created";
const UPDATED: &str = "custom_user_status.updated";
const DELETED: &str = "custom_user_status.deleted";
const PRESENCE: &str = "presence.changed";
const PERMISSION: &str = "permission.changed";
const ROLE_GIVEN: &str = "role.given";
const ROLE_TAKEN: &str = "role.taken";
const USER_UPDATED: &str = "user.updated";
const USER_DELETED: &str = "user.deleted";
const SETTING: &str = "setting.changed";
const LOGINS: &str = "logins.ended";

/// Who did it, and what.
#[derive(Serialize, Deserialize)]
struct Payload<'a, T> {
    actor_id: Cow<'a, str>,
    actor_username: Cow<'a, str>,
    #[serde(flatten)]
    what: T,
}

/// The kind of an event, and its payload.
pub(super) fn encode(event: &NewEvent) -> Result<(&'static str, String)> {
    Ok(match &event.change {
        Change::StatusCreated(status) => (CREATED, write(event, StatusPayload::of(status))?),
        Change::StatusUpdated(status) => (UPDATED, write(event, StatusPayload::of(status))?),
        Change::StatusDeleted(status) => (DELETED, write(event, StatusPayload::of(status))?),
        Change::PresenceChanged(change) => (PRESENCE, write(event, PresencePayload::of(change))?),
        Change::PermissionChanged(grant) => {
            (PERMISSION, write(event, PermissionPayload::of(grant))?)
        }
        Change::RoleGiven(role) => (ROLE_GIVEN, write(event, RolePayload::of(role))?),
        Change::RoleTaken(role) => (ROLE_TAKEN, write(event, RolePayload::of(role))?),
        Change::UserUpdated(user) => (USER_UPDATED, write(event, UserPayload::of(user))?),
        Change::UserDeleted { user, username } => {
            (USER_DELETED, write(event, GonePayload::of(user, username))?)
        }
        Change::SettingChanged(setting, value) => {
            (SETTING, write(event, SettingPayload::of(*setting, value))?)
        }
        Change::LoginsEnded { user } => (LOGINS, write(event, LoginsPayload::of(user))?),
    })
}

/// The event of this kind and payload that happened at `at`.
pub(super) fn decode(kind: &str, payload: &str, at: Timestamp) -> Result<NewEvent> {
    type Status = StatusPayload<'static>;
    type Role = RolePayload<'static>;
    let status = |change: fn(CustomStatus) -> Change| {
        read(payload, at, move |p: Status| p.status().map(change))
    };
    let role = |change: fn(RoleOf) -> Change| read(payload, at, |p: Role| Ok(change(p.role())));
    match kind {
        CREATED => status(Change::StatusCreated),
        UPDATED => status(Change::StatusUpdated),
        DELETED => status(Change::StatusDeleted),
        PRESENCE => read(payload, at, PresencePayload::change),
        PERMISSION => read(payload, at, |p: PermissionPayload<'_>| Ok(p.change())),
        ROLE_GIVEN => role(Change::RoleGiven),
        ROLE_TAKEN => role(Change::RoleTaken),
        USER_UPDATED => read(payload, at, |p: UserPayload<'_>| Ok(p.change())),
        USER_DELETED => read(payload, at, |p: GonePayload<'_>| Ok(p.change())),
        SETTING => read(payload, at, SettingPayload::change),
        LOGINS => read(payload, at, |p: LoginsPayload<'_>| Ok(p.change())),
        _ => Err(unknown("kind", kind)),
    }
}

fn write(event: &NewEvent, what: impl Serialize) -> Result<String> {
    let payload = Payload {
        actor_id: event.actor.as_str().into(),
        actor_username: event.actor_name.as_str().into(),
        what,
    };
    serde_json::to_string(&payload).map_err(Error::internal)
}

fn read<T: DeserializeOwned>(
    payload: &str,
    at: Timestamp,
    change: impl FnOnce(T) -> Result<Change>,
) -> Result<NewEvent> {
    let payload: Payload<'_, T> = serde_json::from_str(payload).map_err(Error::internal)?;
    Ok(NewEvent {
        at,
        actor: UserId::new(payload.actor_id),
        actor_name: named(payload.actor_username),
        change: change(payload.what)?,
    })
}

fn named(username: Cow<'_, str>) -> Username {
    Username::stored(username.into_owned())
}

fn unknown(what: &str, word: &str) -> Error {
    Error::internal(format!("its {what} {word:?} is unknown"))
}
