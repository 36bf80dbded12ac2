//! The custom status: its id, its name and the type it is shown with. Knows nothing of who may change it (`service`) nor of which
//! names are taken (the store's unique index decides).

use super::words::words;
use super::{Error, Field, Problem, Result, Timestamp};

/// One custom status, as stored and as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomStatus {
    /// Its id, for ever.
    pub id: StatusId,
    /// Its name, unique among all statuses.
    pub name: StatusName,
    /// The presence it is shown with.
    pub status_type: StatusType,
    /// When it was created or last changed.
    pub updated_at: Timestamp,
}

/// 24 lower-case hex digits, ordered by time of creation. Ids that clients send are looked up as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StatusId(String);

impl StatusId {
    /// Takes any text: an id that names nothing is "not found", not malformed.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A status name: not blank, at most [`StatusName::MAX_CHARS`] Unicode scalar values, without `>`, `<`, `&`, `"` and `'`.
/// Stored as given, never trimmed, and compared exactly: " Lunch", "Lunch" and "lunch" are three names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StatusName(String);

impl StatusName {
    /// Choosing a status makes its name the status text, which Rocket.Chat cuts at 120.
    pub const MAX_CHARS: usize = 120;
    const FORBIDDEN: [char; 5] = ['>', '<', '&', '"', '\''];

    /// Checks `name`. Source: Rocket.Chat `insertOrUpdateUserStatus.ts`; the length is doorsign's own limit.
    ///
    /// # Errors
    /// [`Problem::Missing`] when it is blank, [`Problem::NotValid`] with the text when a character or the length is refused.
    pub fn parse(name: String) -> Result<Self> {
        if is_blank(&name) {
            return Err(Error::Invalid {
                field: Field::Name,
                problem: Problem::Missing,
            });
        }
        if name.contains(Self::FORBIDDEN) || name.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(Error::Invalid {
                field: Field::Name,
                problem: Problem::NotValid(name),
            });
        }
        Ok(Self(name))
    }

    /// A name read back from the store, which only ever received parsed ones.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What searching without regard to case compares: see [`search_key`](Self::search_key).
    #[must_use]
    pub fn key(&self) -> String {
        Self::search_key(&self.0)
    }

    /// The text to look for inside a name's [`key`](Self::key). Computed here, so that every store agrees on what case is. One
    /// character at a time and by way of the upper case: `to_lowercase` of a whole text ends a word with another sigma than it
    /// has inside, so that the beginning of a word would not be found in it.
    #[must_use]
    pub fn search_key(text: &str) -> String {
        text.chars()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .collect()
    }
}

/// JavaScript's `trim`: white space and line ends, and the byte order mark, which Rust does not count.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{feff}')
}

words! {
    /// The presence a status is shown with. `Unset` is what the `server` contract stores when a client names none.
    #[derive(Hash)]
    pub enum StatusType {
        /// Here.
        Online = "online",
        /// Not at the desk.
        Away = "away",
        /// Here, but do not disturb.
        Busy = "busy",
        /// Not here.
        Offline = "offline",
        /// None named; an empty text on the wire.
        Unset = "",
    }
}

impl StatusType {
    /// Checks `text`: exactly `online`, `away`, `busy`, `offline` (lower case), or empty for [`StatusType::Unset`].
    ///
    /// # Errors
    /// [`Problem::NotValid`] with the text. Source: Rocket.Chat `insertOrUpdateUserStatus.ts`.
    pub fn parse(text: String) -> Result<Self> {
        Self::named(&text).ok_or(Error::Invalid {
            field: Field::StatusType,
            problem: Problem::NotValid(text),
        })
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
    fn names_are_refused_for_blankness_characters_and_length() {
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
    fn types_are_exactly_the_lower_case_words() {
        for text in ["online", "away", "busy", "offline", ""] {
            assert_eq!(StatusType::parse(text.to_owned()).unwrap().as_str(), text);
        }
        for text in ["Offline", "BUSY", " busy", "disabled", "invisible"] {
            assert!(StatusType::parse(text.to_owned()).is_err(), "{text}");
        }
    }
}
