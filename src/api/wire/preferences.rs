//! User preferences: every key with its type and its default. Source: Rocket.Chat
//! `UsersSetPreferenceParamsPOST.ts` and the settings `Accounts_Default_User_Preferences_*`.
//! Clients expect every default in `me`; the server itself uses none of them. The keys that begin with
//! `doorsign` are ours, for the web pages.

use crate::api::error::ApiError;
use crate::api::http::coercion;
use crate::domain::{Profile, StatusText, UserStatus, Username};
use crate::service::users::preferences::NewPreferences;
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
    /// A list of strings, with its default.
    Texts(&'static [&'static str]),
    /// A list of usernames, which is not stored with the preferences.
    Usernames,
    /// A list of objects with these fields. All are strings except `value`, a boolean. The default
    /// is a text of JSON, as in Rocket.Chat.
    Objects(&'static [&'static str], Option<&'static str>),
    /// A time of day, `HH:MM`.
    Time,
    /// The statuses that the user set last: objects with `status`, `text` and `rule`, by which the
    /// pages compute the expiry.
    Recent,
}
use Kind::{Flag, Number, Objects, OneOf, Recent, Text, Texts, Time, Usernames};

/// The default order of the sections in the sidebar.
const SIDEBAR: &[&str] = &[
    "Incoming_Calls",
    "Incoming_Livechats",
    "Open_Livechats",
    "On_Hold_Chats",
    "Unread",
    "Drafts",
    "Favorites",
    "Teams",
    "Discussions",
    "Channels",
    "Direct_Messages",
    "Conversations",
];

/// A key that changes the user instead of the preferences: the offset of the time zone in hours.
const UTC_OFFSET: &str = "utcOffset";

/// A key that changes whether the user appears on a public board.
const PUBLIC_BOARD: &str = "doorsignPublicBoard";

/// Maximum number of recent statuses, and of characters of a rule.
const MOST_RECENT: usize = 5;
const LONGEST_RULE: usize = 32;

/// A key that changes who may see the user's status: a list of usernames.
const DENIED: &str = "statusVisibilityDenied";

/// All keys. Those with a default come first, in Rocket.Chat's order of `me`.
#[rustfmt::skip] // A table: one key per line.
const KNOWN: &[(&str, Kind)] = &[
    ("enableAutoAway", Flag(Some(true))),
    ("idleTimeLimit", Number(Some(300))),
    ("desktopNotificationRequireInteraction", Flag(Some(false))),
    ("desktopNotifications", Text(Some("all"))),
    ("desktopNotificationVoiceCalls", Flag(Some(true))),
    ("pushNotifications", Text(Some("all"))),
    ("unreadAlert", Flag(Some(true))),
    ("useEmojis", Flag(Some(true))),
    ("convertAsciiEmoji", Flag(Some(true))),
    ("autoImageLoad", Flag(Some(true))),
    ("saveMobileBandwidth", Flag(Some(true))),
    ("collapseMediaByDefault", Flag(Some(false))),
    ("hideUsernames", Flag(Some(false))),
    ("hideRoles", Flag(Some(false))),
    ("hideFlexTab", Flag(Some(false))),
    ("displayAvatars", Flag(Some(true))),
    ("sidebarGroupByType", Flag(Some(true))),
    ("themeAppearence", Text(Some("auto"))),
    ("sidebarViewMode", Text(Some("medium"))),
    ("sidebarDisplayAvatar", Flag(Some(true))),
    ("sidebarShowUnread", Flag(Some(false))),
    ("sidebarSortby", Text(Some("activity"))),
    ("showThreadsInMainChannel", Flag(Some(false))),
    ("alsoSendThreadToChannel", OneOf(&["default", "always", "never"])),
    ("sidebarShowFavorites", Flag(Some(true))),
    ("sendOnEnter", Text(Some("normal"))),
    ("emailNotificationMode", Text(Some("mentions"))),
    ("newRoomNotification", Text(Some("door"))),
    ("newMessageNotification", Text(Some("chime"))),
    ("muteFocusedConversations", Flag(Some(true))),
    ("masterVolume", Number(Some(100))),
    ("notificationsSoundVolume", Number(Some(100))),
    ("voipRingerVolume", Number(Some(100))),
    ("omnichannelTranscriptEmail", Flag(Some(false))),
    ("notifyCalendarEvents", Flag(Some(true))),
    ("enableMobileRinging", Flag(Some(true))),
    ("sidebarSectionsOrder", Texts(SIDEBAR)),
    ("featuresPreview", Objects(&["name", "value"], Some("[]"))),
    ("clockMode", Number(Some(1))),
    ("highlights", Texts(&[])),
    ("language", Text(Some("en"))),
    ("dontAskAgainList", Objects(&["action", "label"], None)),
    ("fontSize", Text(None)),
    ("receiveLoginDetectionEmail", Flag(None)),
    ("idleTimeLimitH", Number(None)),
    ("idleTimeLimitM", Number(None)),
    ("idleTimeLimitS", Number(None)),
    ("omnichannelTranscriptPDF", Flag(None)),
    ("omnichannelHideConversationAfterClosing", Flag(None)),
    ("mentionsWithSymbol", Flag(None)),
    (PUBLIC_BOARD, Flag(None)),
    ("doorsignRecent", Recent),
    ("doorsignDayEnd", Time),
    ("doorsignMorning", Time),
    (UTC_OFFSET, Number(None)),
    (DENIED, Usernames),
];

/// Checks preferences in ajv's order and with its texts.
pub(in crate::api) fn check(given: &Map<String, Value>) -> Result<NewPreferences, ApiError> {
    let is_known = |name: &&String| KNOWN.iter().any(|(known, _)| known == name);
    if let Some(unknown) = given.keys().find(|name| !is_known(name)) {
        let refused = ApiError::invalid_params("must NOT have additional properties").at(unknown);
        let known = KNOWN.iter().map(|(name, _)| *name);
        return Err(refused.words(known));
    }
    let mut checked = Map::new();
    for (name, kind) in KNOWN {
        if let Some(value) = given.get(*name) {
            let value = if value.is_null() {
                Value::Null // Removes the key.
            } else {
                kind.check(value).map_err(|refused| refused.at(name))?
            };
            checked.insert((*name).to_owned(), value);
        }
    }
    let denied = checked.remove(DENIED).map(|names| match names {
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    });
    // Null removes the key, and with it the consent.
    let public_board = checked.remove(PUBLIC_BOARD);
    let public_board = public_board.map(|chosen| chosen.as_bool().unwrap_or(false));
    let utc_offset = checked.remove(UTC_OFFSET).filter(Value::is_number);
    Ok(NewPreferences {
        utc_offset: utc_offset.map(|hours| minutes(&hours)).transpose()?,
        // A list that changes nothing else must not show in the time of the last change.
        json: (!checked.is_empty() || denied.is_none()).then(|| Value::Object(checked).to_string()),
        denied,
        public_board,
    })
}

/// Converts the offset of a time zone from hours to minutes.
pub(in crate::api) fn minutes(hours: &Value) -> Result<i32, ApiError> {
    let hours = hours.as_f64().unwrap_or_default();
    let refusal = if hours < 0.0 {
        "must be >= -12"
    } else {
        "must be <= 14"
    };
    Profile::utc_offset_of(hours).ok_or_else(|| ApiError::invalid_params(refusal).at(UTC_OFFSET))
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
                Err(ApiError::not_one_of(words.iter().copied()))
            }
            Texts(_) | Usernames => coercion::texts(value).map(Value::from),
            Objects(fields, _) => {
                let items = value.as_array();
                let items = items.ok_or_else(|| ApiError::invalid_params("must be array"))?;
                items.iter().map(|item| object(item, fields)).collect()
            }
            Time => time(value),
            Recent => recent(value),
        }
    }

    fn default(self) -> Option<Value> {
        match self {
            Flag(default) => default.map(Value::from),
            Number(default) => default.map(Value::from),
            Text(default) => default.map(Value::from),
            OneOf(words) => words.first().map(|word| Value::from(*word)),
            Texts(default) => Some(default.iter().copied().collect()),
            Usernames | Time | Recent => None,
            Objects(_, default) => default.map(Value::from),
        }
    }
}

/// Checks a time of day.
fn time(value: &Value) -> Result<Value, ApiError> {
    let is_below = |digits: &str, end: u8| {
        digits.len() == 2
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse().is_ok_and(|number: u8| number < end)
    };
    let text = value.as_str().unwrap_or_default();
    match text.split_once(':') {
        Some((hour, minute)) if is_below(hour, 24) && is_below(minute, 60) => Ok(text.into()),
        _ => Err(ApiError::invalid_params(
            "must be a time from 00:00 to 23:59, such as 18:00",
        )),
    }
}

/// Checks the recent statuses.
fn recent(value: &Value) -> Result<Value, ApiError> {
    let refused = |text: &str| ApiError::invalid_params(text);
    let items = value.as_array().ok_or_else(|| refused("must be array"))?;
    if items.len() > MOST_RECENT {
        return Err(refused("must NOT have more than 5 items"));
    }
    items
        .iter()
        .map(|item| {
            let kept = object(item, &["status", "text", "rule"])?;
            let text = |field: &str| kept.get(field).and_then(Value::as_str);
            if text("status").and_then(UserStatus::named).is_none() {
                return Err(refused("must have a status: online, away, busy or offline"));
            }
            if text("text").is_none_or(|text| StatusText::new(text).as_str() != text) {
                return Err(refused("must have a text of at most 120 characters"));
            }
            if text("rule").is_none_or(|rule| rule.len() > LONGEST_RULE) {
                return Err(refused("must have a rule of at most 32 characters"));
            }
            Ok(kept)
        })
        .collect()
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

    /// Adds the users that the user hides from, unless there are none.
    pub(in crate::api) fn denying(mut self, denied: &[Username]) -> Self {
        if !denied.is_empty() {
            let names = denied.iter().map(Username::as_str).collect();
            self.0.insert(DENIED.to_owned(), names);
        }
        self
    }

    /// Adds whether the user appears on a public board, if so.
    pub(in crate::api) fn on_public_board(mut self, is_shown: bool) -> Self {
        if is_shown {
            self.0.insert(PUBLIC_BOARD.to_owned(), true.into());
        }
        self
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
