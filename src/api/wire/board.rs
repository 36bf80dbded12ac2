//! The board as JSON and as server-sent events. The shape is ours: Rocket.Chat has no board.

use super::date::Rfc3339;
use super::display::DisplaySettings;
use crate::domain::{BoardPerson, Nickname, Timestamp, UserKind};
use bytes::Bytes;
use serde::Serialize;
use std::fmt::Write;

/// Everything before the people.
#[derive(Serialize)]
pub(in crate::api) struct BoardHead<'a> {
    /// The version of doorsign.
    pub(in crate::api) version: &'a str,
    /// Identifies the build of the pages, which reload themselves when it changes.
    pub(in crate::api) build: &'a str,
    pub(in crate::api) time: Rfc3339,
    /// The name of the workspace.
    pub(in crate::api) title: &'a str,
    pub(in crate::api) audience: &'a str,
    /// How the display shows the board, if one reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) display: Option<DisplaySettings<'a>>,
}

/// A person for those who are logged in. Absent fields are unknown or empty.
#[derive(Serialize)]
struct MemberRow<'a> {
    _id: &'a str,
    username: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    status: &'static str,
    #[serde(rename = "statusText", skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(rename = "statusSource", skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(rename = "statusExpiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    #[serde(rename = "statusSince", skip_serializing_if = "Option::is_none")]
    since: Option<Rfc3339>,
    roles: &'a [String],
    r#type: &'static str,
    #[serde(rename = "avatarETag", skip_serializing_if = "Option::is_none")]
    avatar: Option<&'a str>,
}

/// A person for strangers: these five fields and no other, so that a new field cannot become public
/// by mistake.
#[derive(Serialize)]
struct PublicRow<'a> {
    _id: &'a str,
    name: &'a str,
    status: &'static str,
    #[serde(rename = "statusText")]
    text: &'a str,
    #[serde(rename = "statusExpiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
}

#[derive(Serialize)]
struct Gone<'a> {
    _id: &'a str,
}

#[derive(Serialize)]
struct Alive {
    time: Rfc3339,
}

/// Why a stream ends.
#[derive(Serialize)]
pub(in crate::api) struct End {
    pub(in crate::api) reason: &'static str,
    #[serde(rename = "retryMs", skip_serializing_if = "Option::is_none")]
    pub(in crate::api) retry_ms: Option<u32>,
}

/// Returns the start of the board's JSON, up to the first person.
pub(in crate::api) fn opening(head: &BoardHead<'_>) -> String {
    let mut text = json(head);
    text.pop();
    text + r#","people":["#
}

/// Returns a person as JSON for those who are logged in.
pub(in crate::api) fn member(person: &BoardPerson) -> String {
    let shown = &person.shown;
    json(&MemberRow {
        _id: person.id.as_str(),
        username: person.username.as_str(),
        name: &person.name,
        nickname: person.nickname.as_ref().map(Nickname::as_str),
        status: shown.status.as_str(),
        text: &shown.text,
        source: shown.source.map(|source| source.as_str()),
        expires_at: shown.expires_at.map(Into::into),
        since: shown.since.map(Into::into),
        roles: &person.roles,
        r#type: match UserKind::of(&person.roles) {
            UserKind::Person => "user",
            UserKind::Bot => "bot",
            UserKind::App => "app",
        },
        avatar: person.avatar.as_deref(),
    })
}

/// Returns a person as JSON for strangers, who know them as `id`.
pub(in crate::api) fn public(person: &BoardPerson, id: &str) -> String {
    json(&PublicRow {
        _id: id,
        name: &person.name,
        status: person.shown.status.as_str(),
        text: &person.shown.text,
        expires_at: person.shown.expires_at.map(Into::into),
    })
}

/// Returns the event with a person, given as JSON.
pub(in crate::api) fn person_event(person: &str) -> Bytes {
    event("person", person)
}

/// Returns the event with the id of someone who is no longer on the board.
pub(in crate::api) fn gone_event(id: &str) -> Bytes {
    event("gone", &json(&Gone { _id: id }))
}

/// Returns the event that shows that the stream works.
pub(in crate::api) fn alive_event(now: Timestamp) -> Bytes {
    event("alive", &json(&Alive { time: now.into() }))
}

/// Returns the last event of a stream.
pub(in crate::api) fn end_event(end: &End) -> Bytes {
    event("end", &json(end))
}

/// Returns an event in the format of the HTML standard, "Server-sent events".
fn event(name: &str, data: &str) -> Bytes {
    let mut text = String::with_capacity(name.len() + data.len() + 16);
    let _ = write!(text, "event:{name}\ndata:{data}\n\n");
    text.into()
}

/// JSON holds no line break, so it fits into one `data` line.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
