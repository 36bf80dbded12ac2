//! Usernames: which are valid, which are reserved, and when two are the same.

use super::{Error, Field, Problem, Result};

/// A username: 1 to 64 of `0-9 a-z A-Z - _ .`, Rocket.Chat's default `UTF8_User_Names_Validation`,
/// except `.` and `..`, which are folders in a URL such as that of an avatar.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    const MAX_CHARS: usize = 64;

    /// Validates `username`.
    ///
    /// # Errors
    /// [`Problem::Missing`] if it is empty, [`Problem::NotValid`] if it is `.` or `..`, or contains
    /// other characters or more than 64.
    pub fn parse(username: String) -> Result<Self> {
        let problem = if username.is_empty() {
            Problem::Missing
        } else if matches!(username.as_str(), "." | "..")
            || username.len() > Self::MAX_CHARS
            || !username
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        {
            Problem::NotValid(username)
        } else {
            return Ok(Self(username));
        };
        Err(Error::invalid(Field::Username, problem))
    }

    /// Wraps a name read from the store.
    #[must_use]
    pub fn stored(username: String) -> Self {
        Self(username)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Rejects names that address everyone or could be mistaken for the system. `accepted` is an
    /// exception: the user's current name, or the operator's choice.
    ///
    /// Source: Rocket.Chat's default of `Accounts_SystemBlockedUsernameList`, and the names that
    /// `checkUsernameAvailability.ts` adds.
    ///
    /// # Errors
    /// [`Problem::Reserved`] with the name.
    pub fn refuse_reserved(&self, accepted: Option<&str>) -> Result<()> {
        const RESERVED: [&str; 6] = ["admin", "administrator", "all", "here", "system", "user"];
        let key = Self::key(&self.0);
        if !RESERVED.contains(&key.as_str()) || accepted == Some(&key) {
            return Ok(());
        }
        Err(Error::invalid(
            Field::Username,
            Problem::Reserved(self.0.clone()),
        ))
    }

    /// Returns the key that must be unique: the name without regard to case.
    #[must_use]
    pub fn key(text: &str) -> String {
        text.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_hold_the_default_alphabet_only() {
        for good in ["bob", "Ann.Lee-2_x", "...", ".a", &"a".repeat(64)] {
            assert!(Username::parse(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "jörg", "a@b", "a/b", &"a".repeat(65)] {
            assert!(Username::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn reserved_names_are_refused_in_every_case() {
        let refused = |name: &str, accepted| {
            Username::stored(name.to_owned())
                .refuse_reserved(accepted)
                .is_err()
        };
        for name in [
            "all",
            "here",
            "system",
            "administrator",
            "user",
            "admin",
            "ALL",
            "Admin",
        ] {
            assert!(refused(name, None), "{name}");
        }
        for name in ["ann", "users", "admin2", "al"] {
            assert!(!refused(name, None), "{name}");
        }
        assert!(!refused("admin", Some("admin")) && refused("all", Some("admin")));
    }
}
