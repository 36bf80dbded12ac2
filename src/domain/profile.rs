//! The profile of a user: all fields except names and roles.

use super::{Error, Field, Problem, Result, Timestamp, check_name};
use std::sync::Arc;

/// The profile of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Whether the email address has been verified.
    pub email_verified: bool,
    /// A short text about the user.
    pub bio: Option<Bio>,
    /// An additional display name.
    pub nickname: Option<Nickname>,
    /// Whether a password login may only set a new password.
    pub require_password_change: bool,
    /// The offset of the user's time zone from UTC, in minutes.
    pub utc_offset: i32,
    /// When the user last logged in with a password.
    pub last_login_at: Option<Timestamp>,
    /// When failed logins were last reset. Earlier failures no longer block.
    pub unblocked_at: Option<Timestamp>,
    /// Whether the user appears on a public board.
    pub public_board: bool,
    /// The preferences: a JSON object that only clients and the API interpret. `None` if nothing
    /// was ever set.
    pub preferences: Option<Arc<str>>,
    /// The entity tag of the picture. `None` if the user has none.
    pub avatar_etag: Option<Arc<str>>,
}

impl Profile {
    /// Maximum length of the preferences JSON in characters. A limit of our own, many times what
    /// clients store. The preferences are loaded with every lookup of their user.
    pub const MAX_PREFERENCES: usize = 16 * 1024;

    /// Converts the offset of a time zone from hours to minutes. `None` outside of the offsets in
    /// use, −12 to 14 hours.
    #[must_use]
    pub fn utc_offset_of(hours: f64) -> Option<i32> {
        let is_nearest = |minutes: &i32| (f64::from(*minutes) - hours * 60.0).abs() <= 0.5;
        (-12 * 60..=14 * 60).find(is_nearest)
    }

    /// Sets the preferences.
    ///
    /// # Errors
    /// `Invalid { Preferences, TooLong }`.
    pub fn set_preferences(&mut self, preferences: String) -> Result<()> {
        if preferences.chars().nth(Self::MAX_PREFERENCES).is_some() {
            return Err(Error::invalid(
                Field::Preferences,
                Problem::TooLong(Self::MAX_PREFERENCES),
            ));
        }
        self.preferences = Some(preferences.into());
        Ok(())
    }
}

macro_rules! short_texts {
    ($($(#[$doc:meta])* $name:ident, $field:ident, $most:literal, $check:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks `text`. An empty text removes the current value.
            ///
            /// # Errors
            /// [`Problem::TooLong`], [`Problem::NotValid`].
            pub fn parse(text: &str) -> Result<Self> {
                $check(Field::$field, text)?;
                if text.encode_utf16().count() > $most {
                    let problem = Problem::TooLong($most);
                    return Err(Error::invalid(Field::$field, problem));
                }
                Ok(Self(text.trim().to_owned()))
            }

            /// Wraps a text read from the store.
            #[must_use]
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

/// Accepts every character, for texts of several lines.
fn any_text(_: Field, _: &str) -> Result<()> {
    Ok(())
}

short_texts! {
    /// A short text about a user: at most 260 UTF-16 units, as in Rocket.Chat's
    /// `saveUserProfile.ts`.
    Bio, Bio, 260, any_text;
    /// A nickname: at most 120 UTF-16 units, from the same source.
    Nickname, Nickname, 120, check_name;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_bounded_in_characters() {
        let mut profile = Profile::default();
        let longest = "é".repeat(Profile::MAX_PREFERENCES);
        profile.set_preferences(longest.clone()).unwrap();
        assert!(profile.set_preferences(longest + "x").is_err());
        assert_eq!(
            profile.preferences.unwrap().len(),
            2 * Profile::MAX_PREFERENCES
        );
    }

    #[test]
    fn short_texts_are_trimmed_and_bounded_in_utf_16_units() {
        assert_eq!(Bio::parse(" a bio ").unwrap().as_str(), "a bio");
        assert!(Bio::parse(&"😀".repeat(130)).is_ok() && Bio::parse(&"😀".repeat(131)).is_err());
        assert!(Nickname::parse(&"a".repeat(120)).is_ok());
        assert!(Nickname::parse(&"a".repeat(121)).is_err());
        assert!(Bio::parse("two\nlines").is_ok() && Nickname::parse("two\nlines").is_err());
    }
}
