//! The custom status: id, name and type. The store's unique index decides whether a name is taken.

use super::id::id;
use super::words::words;
use super::{Error, Field, Problem, Result, Timestamp};

/// A custom status, as stored and as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomStatus {
    /// Its id, which never changes.
    pub id: StatusId,
    /// Its name, unique among all statuses.
    pub name: StatusName,
    /// The status type it is shown with.
    pub status_type: StatusType,
    /// When it was created or last changed.
    pub updated_at: Timestamp,
}

id! {
    /// 24 lower-case hex digits, ordered by creation time. Ids from clients are looked up unchanged.
    StatusId
}

/// The name of a custom status: not blank, at most [`StatusName::MAX_CHARS`] Unicode scalar values,
/// without `>`, `<`, `&`, `"` and `'`. Stored untrimmed and compared exactly: " Lunch", "Lunch" and
/// "lunch" are three names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StatusName(String);

impl StatusName {
    /// Maximum length. Choosing a custom status makes its name the status text, which Rocket.Chat
    /// truncates at 120.
    pub const MAX_CHARS: usize = 120;
    const FORBIDDEN: [char; 5] = ['>', '<', '&', '"', '\''];

    /// Validates `name`. Source: Rocket.Chat `insertOrUpdateUserStatus.ts`; the length limit is
    /// doorsign's own.
    ///
    /// # Errors
    /// [`Problem::Missing`] if it is blank, [`Problem::NotValid`] with the text if it is too long
    /// or contains a forbidden character.
    pub fn parse(name: String) -> Result<Self> {
        if is_blank(&name) {
            return Err(Error::invalid(Field::Name, Problem::Missing));
        }
        if name.contains(Self::FORBIDDEN) || name.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(Error::invalid(Field::Name, Problem::NotValid(name)));
        }
        Ok(Self(name))
    }

    /// Wraps a name read from the store, which only receives parsed names.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key for case-insensitive search: see [`search_key`](Self::search_key).
    #[must_use]
    pub fn key(&self) -> String {
        Self::search_key(&self.0)
    }

    /// Returns the text to search for in a name's [`key`](Self::key). Computed here, so that all
    /// stores agree on case.
    ///
    /// Maps one character at a time, through upper case. `to_lowercase` of a whole text writes a
    /// final sigma differently from an inner one, so the start of a word would not match the word.
    #[must_use]
    pub fn search_key(text: &str) -> String {
        text.chars()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .collect()
    }
}

/// JavaScript's `trim`: white space, line ends and the byte order mark. Rust does not count the
/// last as white space.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{feff}')
}

words! {
    /// The status type of a custom status. `Unset` is what the `server` contract stores when the
    /// client sends none.
    #[derive(Hash)]
    pub enum StatusType {
        /// Available.
        Online = "online",
        /// Away from the desk.
        Away = "away",
        /// Present, do not disturb.
        Busy = "busy",
        /// Absent.
        Offline = "offline",
        /// Not set. An empty text on the wire.
        Unset = "",
    }
}

impl StatusType {
    /// Parses `text`: exactly `online`, `away`, `busy`, `offline` (lower case), or empty for
    /// [`StatusType::Unset`].
    ///
    /// # Errors
    /// [`Problem::NotValid`] with the text. Source: Rocket.Chat `insertOrUpdateUserStatus.ts`.
    pub fn parse(text: String) -> Result<Self> {
        Self::named(&text).ok_or(Error::invalid(Field::StatusType, Problem::NotValid(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str) -> Option<Problem> {
        match StatusName::parse(name.to_owned()) {
            Err(Error::Invalid {
                field: Field::Name,
                problem,
            }) => Some(problem),
            Err(other) => panic!("{other:?}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn blank_long_and_forbidden_names_are_rejected() {
        let long = "x".repeat(121);
        for name in ["", " ", "\t\n", "\u{feff}", "\u{a0}"] {
            assert_eq!(problem(name), Some(Problem::Missing), "{name:?}");
        }
        for name in ["a>b", "<", "a&b", "\"", "it's", &long] {
            assert_eq!(
                problem(name),
                Some(Problem::NotValid(name.to_owned())),
                "{name:?}"
            );
        }
        for name in [" Lunch", "lunch", "🍜", "午餐", &"é".repeat(120)] {
            assert_eq!(problem(name), None, "{name:?}");
            assert_eq!(
                StatusName::parse(name.to_owned()).unwrap().as_str(),
                name,
                "stored as given"
            );
        }
    }

    #[test]
    fn types_are_matched_exactly() {
        for text in ["online", "away", "busy", "offline", ""] {
            assert_eq!(StatusType::parse(text.to_owned()).unwrap().as_str(), text);
        }
        for text in ["Offline", "BUSY", " busy", "disabled", "invisible"] {
            assert!(StatusType::parse(text.to_owned()).is_err(), "{text}");
        }
    }
}
