//! The search for people: its parameters and its results.

use super::user::{EmailAddress, emails};
use crate::api::error::ApiError;
use crate::api::wire::date::Rfc3339;
use crate::domain::{Bio, Nickname, Page, User, UserStatus};
use crate::service::presence::VisiblePresence;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The parameter `selector` of `users.autocomplete`.
#[derive(Deserialize)]
pub(in crate::api) struct Selector {
    #[serde(default)]
    pub(in crate::api) term: String,
    /// Usernames to leave out.
    #[serde(default)]
    pub(in crate::api) exceptions: Vec<String>,
    #[serde(default)]
    conditions: Value,
}

impl Selector {
    /// Parses the JSON of the parameter.
    pub(in crate::api) fn read(json: &str) -> Result<Self, ApiError> {
        serde_json::from_str(json).map_err(|_| {
            ApiError::Bare(
                "Invalid selector: use JSON such as {\"term\":\"ann\",\"exceptions\":[]}",
            )
        })
    }

    /// Returns the statuses that `conditions` selects; `None` if it selects by no status. It is a
    /// query in the language of MongoDB, of which only `status` has an effect.
    pub(in crate::api) fn statuses(&self) -> Option<Vec<UserStatus>> {
        let condition = self.conditions.get("status")?;
        let is_selected = |status: &UserStatus| matches(condition, status.as_str());
        Some(UserStatus::ALL.into_iter().filter(is_selected).collect())
    }
}

/// Returns whether `word` is what the condition says: a value, or an object of operators.
fn matches(condition: &Value, word: &str) -> bool {
    let is_in = |list: &Value| {
        let mut items = list.as_array().into_iter().flatten();
        items.any(|item| item == word)
    };
    match condition {
        Value::Object(operators) => {
            operators
                .iter()
                .all(|(operator, value)| match operator.as_str() {
                    "$eq" => value == word,
                    "$ne" => value != word,
                    "$in" => is_in(value),
                    "$nin" => !is_in(value),
                    _ => true,
                })
        }
        value => value == word,
    }
}

/// What `spotlight` searches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum SpotlightKinds {
    /// Users, perhaps among others.
    Users,
    /// Only rooms.
    Rooms,
}

#[derive(Deserialize)]
struct Kinds {
    #[serde(default)]
    users: bool,
}

impl SpotlightKinds {
    /// Parses the JSON of the parameter, such as `{"users":true,"rooms":false}`. Without it, the
    /// search includes users.
    pub(in crate::api) fn read(json: Option<&str>) -> Result<Self, ApiError> {
        let kinds = json.map_or(Ok(Value::Null), serde_json::from_str);
        kinds.ok().and_then(Self::of).ok_or_else(|| {
            ApiError::invalid_query("must be JSON such as {\"users\":true,\"rooms\":false}")
                .at("type")
        })
    }

    /// Parses the parameter of the method; null counts as absent. `None` if it is invalid.
    pub(in crate::api) fn of(kinds: Value) -> Option<Self> {
        match kinds {
            Value::Null => Some(Self::Users),
            kinds => match serde_json::from_value(kinds).ok()? {
                Kinds { users: true } => Some(Self::Users),
                Kinds { users: false } => Some(Self::Rooms),
            },
        }
    }

    /// Restricts the search to a room, in which no users are: no rooms exist here.
    pub(in crate::api) fn within(self, room: Option<&str>) -> Self {
        room.map_or(self, |_| Self::Rooms)
    }
}

/// A user that `spotlight` or `users.autocomplete` found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Suggestion<'a> {
    #[serde(rename = "_id")]
    _id: &'a str,
    username: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_text: Option<&'a str>,
    /// Whether the user is outside of the room in which the search was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    outside: Option<bool>,
}

impl<'a> Suggestion<'a> {
    fn brief((user, shown): (&'a User, &'a VisiblePresence)) -> Self {
        Self {
            _id: user.id.as_str(),
            username: user.username.as_str(),
            name: &user.name,
            nickname: user.profile.nickname.as_ref().map(Nickname::as_str),
            status: shown.status.as_str(),
            status_text: None,
            outside: None,
        }
    }

    fn with_text((user, shown): (&'a User, &'a VisiblePresence)) -> Self {
        Self {
            status_text: Some(&shown.text),
            outside: Some(true),
            ..Self::brief((user, shown))
        }
    }
}

/// The response to `users.autocomplete`.
#[derive(Serialize)]
pub(in crate::api) struct AutocompleteReply<'a> {
    items: Vec<Suggestion<'a>>,
}

impl<'a> AutocompleteReply<'a> {
    pub(in crate::api) fn new(users: &'a [User], shown: &'a [VisiblePresence]) -> Self {
        let items = users.iter().zip(shown).map(Suggestion::brief).collect();
        Self { items }
    }
}

/// The response to `spotlight`, over REST and as a method.
#[derive(Serialize)]
pub(in crate::api) struct SpotlightReply<'a> {
    users: Vec<Suggestion<'a>>,
    rooms: [(); 0],
}

impl<'a> SpotlightReply<'a> {
    pub(in crate::api) fn new(users: &'a [User], shown: &'a [VisiblePresence]) -> Self {
        let users = users.iter().zip(shown).map(Suggestion::with_text).collect();
        Self { users, rooms: [] }
    }
}

/// The response to `directory`.
#[derive(Serialize)]
pub(in crate::api) struct DirectoryPage<'a> {
    result: Vec<DirectoryRow<'a>>,
    count: usize,
    offset: u64,
    total: u64,
}

/// A user in the directory.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DirectoryRow<'a> {
    #[serde(rename = "_id")]
    _id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Rfc3339>,
    username: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<Vec<EmailAddress<'a>>>,
}

impl<'a> DirectoryRow<'a> {
    /// Renders what `users.list` shows to everyone who may list users.
    fn brief(user: &'a User) -> Self {
        Self {
            _id: user.id.as_str(),
            created_at: None,
            username: user.username.as_str(),
            name: &user.name,
            nickname: user.profile.nickname.as_ref().map(Nickname::as_str),
            bio: user.profile.bio.as_ref().map(Bio::as_str),
            emails: None,
        }
    }

    fn whole(user: &'a User) -> Self {
        Self {
            created_at: Some(user.created_at.into()),
            emails: Some(emails(user)),
            ..Self::brief(user)
        }
    }
}

impl<'a> DirectoryPage<'a> {
    /// Renders a page without addresses and creation times.
    pub(in crate::api) fn brief(page: &'a Page<User>, offset: u64) -> Self {
        Self::of(page, offset, DirectoryRow::brief)
    }

    /// Renders a page for those who may see all fields.
    pub(in crate::api) fn whole(page: &'a Page<User>, offset: u64) -> Self {
        Self::of(page, offset, DirectoryRow::whole)
    }

    fn of(page: &'a Page<User>, offset: u64, row: fn(&'a User) -> DirectoryRow<'a>) -> Self {
        Self {
            count: page.items.len(),
            result: page.items.iter().map(row).collect(),
            offset,
            total: page.total,
        }
    }
}
