//! Renders news as frames of streams: one event, one shape. Source: Rocket.Chat
//! `listeners.module.ts`, `notifications.module.ts`; compatibility 9.4 to 9.6.

use super::custom_user_status::StatusRecord;
use super::frame::{Document, DocumentChange, text_of};
use super::permission::PermissionRecord;
use super::role::RoleRecord;
use super::setting::SettingRow;
use super::user::{EmailAddress, emails};
use crate::api::wire::date::Ejson;
use crate::domain::{Bio, CustomStatus, Nickname, Role, RoleOf, User, UserStatus};
use crate::realtime::hub::{News, ShownUser};
use serde::Serialize;
use serde_json::json;

/// The fields of a stream's document. Its id is always `"id"`.
#[derive(Serialize)]
struct StreamFields<'a, Args> {
    #[serde(rename = "eventName")]
    event_name: &'a str,
    args: Args,
}

/// Renders `news` for the stream that publishes it; `None` for news that no stream publishes.
pub(in crate::api) fn frame(news: &News) -> Option<String> {
    let logged = |event: &str, args: serde_json::Value| stream("stream-notify-logged", event, args);
    Some(match news {
        News::Shown(shown) | News::Hidden(shown) => shown_to_all(shown),
        News::CustomStatus(status) => logged("updateCustomUserStatus", json!([updated(status)])),
        News::CustomStatusDeleted(status) => {
            let status_data = json!({"userStatusData": StatusRecord::from(status)});
            logged("deleteCustomUserStatus", json!([status_data]))
        }
        News::Permission(grant) => logged(
            "permissions-changed",
            json!(["updated", PermissionRecord::from(grant)]),
        ),
        News::RoleChanged(role) => stream("stream-roles", "roles", [role_record("changed", role)]),
        News::RoleDeleted(role) => stream("stream-roles", "roles", [role_record("removed", role)]),
        News::RoleGiven(role) => logged("roles-change", json!([role_of("added", role)])),
        News::RoleTaken(role) => logged("roles-change", json!([role_of("removed", role)])),
        News::Renamed {
            user,
            username,
            name,
        } => {
            let names = json!({"_id": user.as_str(), "name": name, "username": username.as_str()});
            logged("Users:NameChanged", json!([names]))
        }
        News::AvatarChanged { username, etag } => {
            let mut avatar = json!({"username": username.as_str()});
            if let Some(etag) = etag {
                avatar["etag"] = json!(etag);
            }
            logged("updateAvatar", json!([avatar]))
        }
        News::UserDeleted(user) => {
            // Rocket.Chat asks whether to delete the user's messages. Here, users have none.
            let deleted = json!({"userId": user.as_str(), "messageErasureType": "Delete"});
            logged("Users:Deleted", json!([deleted]))
        }
        News::Setting(setting, value) => stream(
            "stream-notify-all",
            "public-settings-changed",
            json!(["updated", SettingRow::new(*setting, value)]),
        ),
        News::OwnRecord(_)
        | News::LoginsEnded
        | News::BoardShown(_)
        | News::BoardHidden(_)
        | News::BoardGone(_)
        | News::Event(_) => return None,
    })
}

fn stream(collection: &str, event_name: &str, args: impl Serialize) -> String {
    let fields = StreamFields { event_name, args };
    text_of(&Document {
        msg: DocumentChange::Changed,
        collection,
        id: "id",
        fields,
    })
}

/// Frames about creating and changing a status have no date; those about deleting have one.
fn updated(status: &CustomStatus) -> serde_json::Value {
    json!({"userStatusData": {
        "_id": status.id.as_str(), "name": status.name.as_str(), "statusType": status.status_type.as_str(),
    }})
}

fn role_of(kind: &str, of: &RoleOf) -> serde_json::Value {
    let user = json!({"_id": of.user.as_str(), "username": of.username.as_str()});
    json!({"type": kind, "_id": of.role, "u": user})
}

/// A role as `stream-roles` sends it, with what happened to it first.
#[derive(Serialize)]
struct RoleNews<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(flatten)]
    role: RoleRecord<'a>,
}

fn role_record<'a>(kind: &'a str, role: &'a Role) -> RoleNews<'a> {
    let role = role.into();
    RoleNews { kind, role }
}

/// Returns the numeric code of a status in streams.
fn code(status: UserStatus) -> u8 {
    match status {
        UserStatus::Offline => 0,
        UserStatus::Online => 1,
        UserStatus::Away => 2,
        UserStatus::Busy => 3,
    }
}

/// Renders `user-status`. The claim comes last and is omitted if there is none.
fn shown_to_all(shown: &ShownUser) -> String {
    let mut args = vec![
        json!(shown.user.as_str()),
        json!(shown.username.as_str()),
        json!(code(shown.status)),
        json!(shown.text),
        json!(shown.name),
        json!(shown.roles),
    ];
    args.extend(claim(shown));
    stream("stream-notify-logged", "user-status", [args])
}

/// Returns the source and the end of the effective claim.
fn claim(shown: &ShownUser) -> impl Iterator<Item = serde_json::Value> + use<> {
    let source = shown.source.map(|source| json!(source.as_str()));
    let end = shown.expires_at.map(|at| json!(Ejson::from(at)));
    source.into_iter().chain(end)
}

/// Renders the frame of `stream-user-presence`, whose document is the user.
pub(in crate::api) fn presence_frame(shown: &ShownUser) -> String {
    #[derive(Serialize)]
    struct Fields<'a> {
        uid: &'a str,
        args: [Vec<serde_json::Value>; 1],
        #[serde(rename = "eventName")]
        event_name: &'a str,
    }
    let uid = shown.user.as_str();
    let mut args = vec![
        json!(shown.username.as_str()),
        json!(code(shown.status)),
        json!(shown.text),
    ];
    args.extend(claim(shown));
    let fields = Fields {
        uid,
        args: [args],
        event_name: uid,
    };
    text_of(&Document {
        msg: DocumentChange::Changed,
        collection: "stream-user-presence",
        id: uid,
        fields,
    })
}

/// Renders the frame of `<uid>/userData` on `stream-notify-user`: what changed about the
/// connection's own user. `None` for news about other users.
pub(in crate::api) fn own_data_frame(news: &News) -> Option<String> {
    let (id, diff, unset) = match news {
        News::Shown(shown) => {
            let mut diff = json!({"status": shown.status.as_str()});
            let mut unset = json!({});
            if shown.text.is_empty() {
                unset["statusText"] = json!(1);
            } else {
                diff["statusText"] = json!(shown.text);
            }
            (&shown.user, diff, unset)
        }
        News::OwnRecord(user) => (&user.id, json!(OwnRecord::of(user)), json!({})),
        _ => return None,
    };
    let event = format!("{}/userData", id.as_str());
    let update = json!({"type": "updated", "id": id.as_str(), "diff": diff, "unset": unset});
    Some(stream("stream-notify-user", &event, [update]))
}

/// A change of a user's record, as sent to the user.
#[derive(Serialize)]
struct OwnRecord<'a> {
    #[serde(flatten)]
    published: Published<'a>,
    active: bool,
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
}

/// The logged-in user in the publication `users`.
#[derive(Serialize)]
struct Published<'a> {
    username: &'a str,
    name: &'a str,
    emails: Vec<EmailAddress<'a>>,
}

impl<'a> OwnRecord<'a> {
    fn of(user: &'a User) -> Self {
        Self {
            published: Published::of(user),
            active: user.active,
            roles: &user.roles,
            bio: user.profile.bio.as_ref().map(Bio::as_str),
            nickname: user.profile.nickname.as_ref().map(Nickname::as_str),
        }
    }
}

impl<'a> Published<'a> {
    fn of(user: &'a User) -> Self {
        Self {
            username: user.username.as_str(),
            name: &user.name,
            emails: emails(user),
        }
    }
}

/// Renders the document of `users` about the logged-in user.
pub(in crate::api) fn published(msg: DocumentChange, user: &User) -> String {
    text_of(&Document {
        msg,
        collection: "users",
        id: user.id.as_str(),
        fields: Published::of(user),
    })
}
