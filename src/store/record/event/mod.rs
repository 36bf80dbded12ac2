//! The stored form of an event: its kind, and its payload as JSON.

mod access;
mod decode;
mod status;

use access::{
    AvatarPayload, GonePayload, LoginsPayload, NewUserPayload, PermissionPayload, RolePayload,
    RoleRecordPayload, SettingPayload, UserPayload,
};
use decode::{named, unknown};
use status::{PresencePayload, StatusPayload, VisibilityPayload};

use crate::domain::{
    Change, CustomStatus, Error, NewEvent, Result, Role, RoleOf, Timestamp, UserId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const CREATED: &str = "custom_user_status.created";
const UPDATED: &str = "custom_user_status.updated";
const DELETED: &str = "custom_user_status.deleted";
const PRESENCE: &str = "presence.changed";
const PERMISSION: &str = "permission.changed";
const ROLE_CREATED: &str = "role.created";
const ROLE_UPDATED: &str = "role.updated";
const ROLE_DELETED: &str = "role.deleted";
const ROLE_GIVEN: &str = "role.given";
const ROLE_TAKEN: &str = "role.taken";
const USER_CREATED: &str = "user.created";
const USER_UPDATED: &str = "user.updated";
const USER_DELETED: &str = "user.deleted";
const AVATAR: &str = "avatar.changed";
const SETTING: &str = "setting.changed";
const LOGINS: &str = "logins.ended";
const VISIBILITY: &str = "status_visibility.changed";

/// The actor and the change.
#[derive(Serialize, Deserialize)]
struct Payload<'a, T> {
    actor_id: Cow<'a, str>,
    actor_username: Cow<'a, str>,
    #[serde(flatten)]
    data: T,
}

/// Returns the kind and the payload of an event.
pub(crate) fn encode(event: &NewEvent) -> Result<(&'static str, String)> {
    Ok(match &event.change {
        Change::StatusCreated(status) => (CREATED, write(event, StatusPayload::of(status))?),
        Change::StatusUpdated(status) => (UPDATED, write(event, StatusPayload::of(status))?),
        Change::StatusDeleted(status) => (DELETED, write(event, StatusPayload::of(status))?),
        Change::PresenceChanged(change) => (PRESENCE, write(event, PresencePayload::of(change))?),
        Change::PermissionChanged(grant) => {
            (PERMISSION, write(event, PermissionPayload::of(grant))?)
        }
        Change::RoleCreated(role) => (ROLE_CREATED, write(event, RoleRecordPayload::of(role))?),
        Change::RoleUpdated(role) => (ROLE_UPDATED, write(event, RoleRecordPayload::of(role))?),
        Change::RoleDeleted(role) => (ROLE_DELETED, write(event, RoleRecordPayload::of(role))?),
        Change::RoleGiven(role) => (ROLE_GIVEN, write(event, RolePayload::of(role))?),
        Change::RoleTaken(role) => (ROLE_TAKEN, write(event, RolePayload::of(role))?),
        Change::UserCreated {
            user,
            username,
            name,
        } => (
            USER_CREATED,
            write(event, NewUserPayload::of(user, username, name))?,
        ),
        Change::UserUpdated(user) => (USER_UPDATED, write(event, UserPayload::of(user))?),
        Change::UserDeleted {
            user,
            username,
            was_public,
        } => (
            USER_DELETED,
            write(event, GonePayload::of(user, username, *was_public))?,
        ),
        Change::AvatarChanged {
            user,
            username,
            etag,
        } => {
            let payload = AvatarPayload::of(user, username, etag.as_deref());
            (AVATAR, write(event, payload)?)
        }
        Change::SettingChanged(setting, value) => {
            (SETTING, write(event, SettingPayload::of(*setting, value))?)
        }
        Change::LoginsEnded { user } => (LOGINS, write(event, LoginsPayload::of(user))?),
        Change::StatusVisibilityChanged {
            user,
            before,
            visibility,
        } => (
            VISIBILITY,
            write(event, VisibilityPayload::of(user, before, visibility))?,
        ),
    })
}

/// Returns the event with this kind and payload that happened at `at`.
pub(crate) fn decode(kind: &str, payload: &str, at: Timestamp) -> Result<NewEvent> {
    type Status = StatusPayload<'static>;
    type Held = RolePayload<'static>;
    type Record = RoleRecordPayload<'static>;
    let status = |change: fn(CustomStatus) -> Change| {
        read(payload, at, move |p: Status| p.status().map(change))
    };
    let held = |change: fn(RoleOf) -> Change| read(payload, at, |p: Held| Ok(change(p.role())));
    let role =
        |change: fn(Role) -> Change| read(payload, at, move |p: Record| p.role().map(change));
    match kind {
        CREATED => status(Change::StatusCreated),
        UPDATED => status(Change::StatusUpdated),
        DELETED => status(Change::StatusDeleted),
        PRESENCE => read(payload, at, PresencePayload::change),
        PERMISSION => read(payload, at, |p: PermissionPayload<'_>| Ok(p.change())),
        ROLE_CREATED => role(Change::RoleCreated),
        ROLE_UPDATED => role(Change::RoleUpdated),
        ROLE_DELETED => role(Change::RoleDeleted),
        ROLE_GIVEN => held(Change::RoleGiven),
        ROLE_TAKEN => held(Change::RoleTaken),
        USER_CREATED => read(payload, at, |p: NewUserPayload<'_>| Ok(p.change())),
        USER_UPDATED => read(payload, at, |p: UserPayload<'_>| Ok(p.change())),
        USER_DELETED => read(payload, at, |p: GonePayload<'_>| Ok(p.change())),
        AVATAR => read(payload, at, |p: AvatarPayload<'_>| Ok(p.change())),
        SETTING => read(payload, at, SettingPayload::change),
        LOGINS => read(payload, at, |p: LoginsPayload<'_>| Ok(p.change())),
        VISIBILITY => read(payload, at, |p: VisibilityPayload<'_>| Ok(p.change())),
        _ => Err(unknown("kind", kind)),
    }
}

fn write(event: &NewEvent, data: impl Serialize) -> Result<String> {
    let payload = Payload {
        actor_id: event.actor.as_str().into(),
        actor_username: event.actor_name.as_str().into(),
        data,
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
        change: change(payload.data)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Baseline, ClaimSource, HiddenFrom, PermissionGrant, RoleScope, Setting, StatusChange,
        StatusId, StatusName, StatusText, StatusType, StatusVisibility, UserChange, UserStatus,
        Username,
    };

    const AT: Timestamp = Timestamp::from_millis(42);

    fn ann() -> (UserId, Username) {
        (UserId::new("a"), Username::stored("ann".to_owned()))
    }

    fn event(change: Change) -> NewEvent {
        let (actor, actor_name) = (UserId::new("b"), Username::stored("bob".to_owned()));
        NewEvent {
            at: AT,
            actor,
            actor_name,
            change,
        }
    }

    fn status() -> CustomStatus {
        CustomStatus {
            id: StatusId::new("s"),
            name: StatusName::stored("Lunch".to_owned()),
            status_type: StatusType::Busy,
            updated_at: Timestamp::from_millis(7),
        }
    }

    fn presence(
        source: Option<ClaimSource>,
        expires_at: Option<Timestamp>,
        baseline: Baseline,
    ) -> Change {
        let (user, username) = ann();
        Change::PresenceChanged(StatusChange {
            user,
            username,
            status: UserStatus::Away,
            text: StatusText::new("Lunch"),
            source,
            expires_at,
            set_at: None,
            baseline,
            hidden_from: HiddenFrom::none(),
        })
    }

    fn dated() -> Change {
        match presence(Some(ClaimSource::Manual), None, Baseline::Online) {
            Change::PresenceChanged(change) => Change::PresenceChanged(StatusChange {
                set_at: Some(AT),
                ..change
            }),
            other => other,
        }
    }

    fn hidden(hidden_from: HiddenFrom) -> Change {
        match presence(None, None, Baseline::Online) {
            Change::PresenceChanged(change) => Change::PresenceChanged(StatusChange {
                hidden_from,
                ..change
            }),
            other => other,
        }
    }

    fn role() -> RoleOf {
        let ((user, username), role) = (ann(), "bot".to_owned());
        RoleOf {
            user,
            username,
            role,
        }
    }

    fn night_shift() -> Role {
        Role {
            id: "r".to_owned(),
            name: "Night".to_owned(),
            description: "Shift".to_owned(),
            scope: RoleScope::Users,
            protected: false,
            updated_at: Timestamp::from_millis(7),
        }
    }

    /// Every kind with its payload except the actor. Rows of released versions keep this form
    /// forever.
    #[rustfmt::skip] // A table.
    fn stored() -> Vec<(Change, &'static str, &'static str)> {
        let (user, username) = ann();
        let grant = PermissionGrant {
            permission: "p".to_owned(), roles: vec!["admin".to_owned(), "bot".to_owned()], updated_at: Timestamp::from_millis(7),
        };
        let ids = |ids: &[&str]| ids.iter().map(|id| UserId::new(*id)).collect();
        let hides = StatusVisibility { disabled_by_admin: true, denied: ids(&["b"]), denied_by_admin: ids(&["d", "c"]) };
        let changed = UserChange { user: user.clone(), username: username.clone(), name: "Ann".to_owned(), renamed: true, new_username: false, was_public: false };
        let left = UserChange { renamed: false, was_public: true, ..changed.clone() };
        let lunch = r#""id":"s","name":"Lunch","status_type":"busy","updated_at":7"#;
        let night = r#""role":"r","name":"Night","description":"Shift","scope":"Users","updated_at":7"#;
        vec![
            (Change::StatusCreated(status()), "custom_user_status.created", lunch),
            (Change::StatusUpdated(status()), "custom_user_status.updated", lunch),
            (Change::StatusDeleted(status()), "custom_user_status.deleted", lunch),
            (presence(Some(ClaimSource::Manual), Some(AT), Baseline::OnlineBefore), "presence.changed",
                r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":"manual","expires_at":42,"rest":"online before""#),
            (presence(None, None, Baseline::Online), "presence.changed",
                r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":null,"expires_at":null,"rest":"online""#),
            (hidden(HiddenFrom::Users([UserId::new("c"), UserId::new("b")].into())), "presence.changed",
                r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":null,"expires_at":null,"rest":"online","hidden_from":["b","c"]"#),
            (hidden(HiddenFrom::Everyone), "presence.changed",
                r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":null,"expires_at":null,"rest":"online","hidden_from":"everyone""#),
            (dated(), "presence.changed",
                r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":"manual","expires_at":null,"rest":"online","set_at":42"#),
            (Change::PermissionChanged(grant), "permission.changed", r#""permission":"p","roles":["admin","bot"],"updated_at":7"#),
            (Change::RoleCreated(night_shift()), "role.created", night),
            (Change::RoleUpdated(night_shift()), "role.updated", night),
            (Change::RoleDeleted(night_shift()), "role.deleted", night),
            (Change::RoleGiven(role()), "role.given", r#""user_id":"a","username":"ann","role":"bot""#),
            (Change::RoleTaken(role()), "role.taken", r#""user_id":"a","username":"ann","role":"bot""#),
            (Change::UserUpdated(changed), "user.updated", r#""user_id":"a","username":"ann","name":"Ann","renamed":true,"new_username":false"#),
            (Change::UserUpdated(left), "user.updated",
                r#""user_id":"a","username":"ann","name":"Ann","renamed":false,"new_username":false,"was_public":true"#),
            (Change::UserCreated { user: user.clone(), username: username.clone(), name: "Ann".to_owned() }, "user.created",
                r#""user_id":"a","username":"ann","name":"Ann""#),
            (Change::UserDeleted { user: user.clone(), username: username.clone(), was_public: false }, "user.deleted", r#""user_id":"a","username":"ann""#),
            (Change::UserDeleted { user: user.clone(), username, was_public: true }, "user.deleted", r#""user_id":"a","username":"ann","was_public":true"#),
            (Change::AvatarChanged { user: user.clone(), username: ann().1, etag: Some("e".to_owned()) }, "avatar.changed",
                r#""user_id":"a","username":"ann","etag":"e""#),
            (Change::AvatarChanged { user: user.clone(), username: ann().1, etag: None }, "avatar.changed",
                r#""user_id":"a","username":"ann","etag":null"#),
            (Change::SettingChanged(Setting::DisplayRoles, false.into()), "setting.changed", r#""setting":"UI_DisplayRoles","value":"false""#),
            (Change::LoginsEnded { user: user.clone() }, "logins.ended", r#""user_id":"a""#),
            (Change::StatusVisibilityChanged { user, before: StatusVisibility::default(), visibility: hides }, "status_visibility.changed",
                r#""user_id":"a","before":{"disabled_by_admin":false,"denied":[],"denied_by_admin":[]},"after":{"disabled_by_admin":true,"denied":["b"],"denied_by_admin":["c","d"]}"#),
        ]
    }

    fn row(what: &str) -> String {
        format!(r#"{{"actor_id":"b","actor_username":"bob",{what}}}"#)
    }

    #[test]
    fn every_kind_keeps_its_stored_form() {
        for (change, kind, what) in stored() {
            let (event, payload) = (event(change), row(what));
            assert_eq!(encode(&event).unwrap(), (kind, payload.clone()));
            assert_eq!(decode(kind, &payload, AT).unwrap(), event);
        }
    }

    #[test]
    fn a_missing_baseline_is_read_as_offline() {
        let old = row(
            r#""user_id":"a","username":"ann","status":"away","text":"Lunch","source":null,"expires_at":null"#,
        );
        let event = event(presence(None, None, Baseline::Offline));
        assert_eq!(decode("presence.changed", &old, AT).unwrap(), event);
    }

    #[test]
    fn unreadable_events_report_a_reason() {
        for (kind, what, expected) in [
            ("role.lost", "\"a\":1", "its kind \"role.lost\" is unknown"),
            (
                "presence.changed",
                r#""user_id":"a","username":"ann","status":"asleep","text":"""#,
                "its status \"asleep\" is unknown",
            ),
            (
                "setting.changed",
                r#""setting":"Site_Colour","value":"red""#,
                "its setting \"Site_Colour\" is unknown",
            ),
            (
                "setting.changed",
                r#""setting":"UI_DisplayRoles","value":"perhaps""#,
                "its value \"perhaps\" is unknown",
            ),
            ("role.given", r#""user_id":"a""#, "missing field `username`"),
        ] {
            let refused = decode(kind, &row(what), AT).unwrap_err();
            let reason = refused.to_string();
            assert!(reason.contains(expected), "{reason}");
        }
    }
}
