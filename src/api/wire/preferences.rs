//! User preferences: every key with its type and its default. Source: Rocket.Chat
//! `UsersSetPreferenceParamsPOST.ts` and the settings `Accounts_Default_User_Preferences_*`.
//! Clients expect every default in `me`; the server itself uses none of them.

use crate::api::error::ApiError;
use crate::api::http::coercion;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A key's type, with its default if clients expect one.
#[derive(Clone, Copy)]
enum Kind {
    Flag(Option<bool>),
    Number(Option<u32>),
    Text(Option<&'static str>),
    /// One of these; the first is the default.
    OneOf(&'static [&'static str]),
    /// A list of strings; empty by default.
    Texts,
    /// A list of objects with these fields. All are strings except `value`, a boolean.
    Objects(&'static [&'static str]),
}
use Kind::{Flag, Number, Objects, OneOf, Text, Texts};

/// All keys. Those with a default come first, in Rocket.Chat's order of `me`.
#[rustfmt::skip] // A table: one key per line.
const KNOWN: &[(&str, Kind)] = &[
    ("enableAutoAway", Flag(Some(true))),
    ("idleTimeLimit", Number(Some(300))),
    ("desktopNotifications", Text(Some("default"))),
    ("pushNotifications", Text(Some("default"))),
    ("emailNotificationMode", Text(Some("default"))),
    ("desktopNotificationRequireInteraction", Flag(Some(false))),
    ("unreadAlert", Flag(Some(true))),
    ("newRoomNotification", Text(Some("door"))),
    ("newMessageNotification", Text(Some("chime"))),
    ("notificationsSoundVolume", Number(Some(100))),
    ("muteFocusedConversations", Flag(Some(true))),
    ("useEmojis", Flag(Some(true))),
    ("convertAsciiEmoji", Flag(Some(true))),
    ("autoImageLoad", Flag(Some(true))),
    ("saveMobileBandwidth", Flag(Some(true))),
    ("collapseMediaByDefault", Flag(Some(false))),
    ("hideUsernames", Flag(Some(false))),
    ("hideRoles", Flag(Some(false))),
    ("hideFlexTab", Flag(Some(false))),
    ("displayAvatars", Flag(Some(true))),
    ("clockMode", Number(Some(1))),
    ("sendOnEnter", Text(Some("normal"))),
    ("alsoSendThreadToChannel", OneOf(&["default", "always", "never"])),
    ("highlights", Texts),
    ("language", Text(Some("en"))),
    ("showThreadsInMainChannel", Flag(None)),
    ("sidebarShowFavorites", Flag(None)),
    ("sidebarShowUnread", Flag(None)),
    ("sidebarSortby", Text(None)),
    ("sidebarViewMode", Text(None)),
    ("sidebarDisplayAvatar", Flag(None)),
    ("sidebarGroupByType", Flag(None)),
    ("dontAskAgainList", Objects(&["action", "label"])),
    ("featuresPreview", Objects(&["name", "value"])),
    ("themeAppearence", Text(None)),
    ("fontSize", Text(None)),
    ("receiveLoginDetectionEmail", Flag(None)),
    ("notifyCalendarEvents", Flag(None)),
    ("idleTimeLimitH", Number(None)),
    ("idleTimeLimitM", Number(None)),
    ("idleTimeLimitS", Number(None)),
    ("omnichannelTranscriptEmail", Flag(None)),
    ("omnichannelTranscriptPDF", Flag(None)),
    ("omnichannelHideConversationAfterClosing", Flag(None)),
    ("enableMobileRinging", Flag(None)),
    ("mentionsWithSymbol", Flag(None)),
];

/// Checks preferences in ajv's order and with its texts. Returns them as they are stored.
pub(in crate::api) fn check(given: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let known = |name: &String| KNOWN.iter().any(|(known, _)| known == name);
    if !given.keys().all(known) {
        return Err(ApiError::invalid_params(
            "must NOT have additional properties",
        ));
    }
    let mut checked = Map::new();
    for (name, kind) in KNOWN {
        if let Some(value) = given.get(*name) {
            let value = if value.is_null() {
                Value::Null // Removes the key.
            } else {
                kind.check(value)?
            };
            checked.insert((*name).to_owned(), value);
        }
    }
    Ok(checked)
}

impl Kind {
    fn check(self, value: &Value) -> Result<Value, ApiError> {
        match self {
            Flag(_) => coercion::flag(value).map(Value::from),
            Number(_) => coercion::number(value),
            Text(_) => coercion::text(value).map(Value::from),
            OneOf(words) => {
                let text = coercion::text(value)?;
                if words.contains(&text.as_str()) {
                    return Ok(text.into());
                }
                let refusal = "must be equal to one of the allowed values";
                Err(ApiError::invalid_params(refusal))
            }
            Texts => coercion::texts(value).map(Value::from),
            Objects(fields) => {
                let items = value.as_array();
                let items = items.ok_or_else(|| ApiError::invalid_params("must be array"))?;
                items.iter().map(|item| object(item, fields)).collect()
            }
        }
    }

    fn default(self) -> Option<Value> {
        match self {
            Flag(default) => default.map(Value::from),
            Number(default) => default.map(Value::from),
            Text(default) => default.map(Value::from),
            OneOf(words) => words.first().map(|word| Value::from(*word)),
            Texts => Some(Value::Array(Vec::new())),
            Objects(_) => None,
        }
    }
}

/// Returns the known fields of an object and drops the others.
fn object(item: &Value, fields: &[&str]) -> Result<Value, ApiError> {
    let item = item
        .as_object()
        .ok_or_else(|| ApiError::invalid_params("must be object"))?;
    let mut kept = Map::new();
    for field in fields {
        if let Some(value) = item.get(*field) {
            let value = if *field == "value" {
                coercion::flag(value)?.into()
            } else {
                coercion::text(value)?.into()
            };
            kept.insert((*field).to_owned(), value);
        }
    }
    Ok(Value::Object(kept))
}

/// A user's preferences, on top of the defaults.
pub(in crate::api) struct Preferences(Map<String, Value>);

impl Preferences {
    /// Parses the stored text; empty if it is invalid.
    pub(in crate::api) fn kept(text: Option<&str>) -> Self {
        Self(
            text.and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        )
    }

    /// Returns the language, which clients also expect outside of the preferences.
    pub(in crate::api) fn language(&self) -> String {
        let chosen = self.0.get("language").and_then(Value::as_str);
        chosen.unwrap_or("en").to_owned()
    }

    /// Returns the chosen preferences, without defaults.
    pub(in crate::api) fn into_chosen(self) -> Map<String, Value> {
        self.0
    }
}

impl Serialize for Preferences {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, kind) in KNOWN {
            match (self.0.get(*name), kind.default()) {
                (Some(chosen), _) => map.serialize_entry(name, chosen)?,
                (None, Some(default)) => map.serialize_entry(name, &default)?,
                (None, None) => {}
            }
        }
        map.end()
    }
}
