//! What is known of a user beside its names and roles. Knows nothing of who may read or change it.

use super::{Error, Field, Problem, Result, Timestamp, check_name};
use std::sync::Arc;

/// What clients show of a user beside its names, and what they keep for it here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Whether somebody has vouched for the e-mail address.
    pub email_verified: bool,
    /// Some words about the user.
    pub bio: Option<Bio>,
    /// A further name to show.
    pub nickname: Option<Nickname>,
    /// Whether a login by password may do nothing but set a new password.
    pub require_password_change: bool,
    /// How far its clocks are ahead of UTC, in minutes.
    pub utc_offset: i32,
    /// When it last logged in by password.
    pub last_login_at: Option<Timestamp>,
    /// When failed logins were last forgiven: those before it block no more.
    pub unblocked_at: Option<Timestamp>,
    /// What it prefers: a JSON object that only clients and the wire read. `None`: nothing was ever chosen.
    pub preferences: Option<Arc<str>>,
}

impl Profile {
    /// Characters that the JSON of preferences holds at most: a bound of ours, many times what clients keep there. They are read with
    /// their user wherever that one is looked up.
    pub const MAX_PREFERENCES: usize = 16 * 1024;
}

macro_rules! short_texts {
    ($($(#[$doc:meta])* $name:ident, $field:ident, $most:literal, $check:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks `text`. An empty one stands for none, and takes away what was there.
            ///
            /// # Errors
            /// [`Problem::TooLong`], [`Problem::NotValid`].
            pub fn parse(text: &str) -> Result<Self> {
                $check(Field::$field, text)?;
                if text.encode_utf16().count() > $most {
                    let problem = Problem::TooLong($most);
                    return Err(Error::Invalid { field: Field::$field, problem });
                }
                Ok(Self(text.trim().to_owned()))
            }

            /// A text read back from the store.
            #[must_use]
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

/// A text of several lines may hold every character.
fn any_text(_: Field, _: &str) -> Result<()> {
    Ok(())
}

short_texts! {
    /// Some words about a user: at most 260 UTF-16 units, as in Rocket.Chat's `saveUserProfile.ts`.
    Bio, Bio, 260, any_text;
    /// A further name: at most 120 UTF-16 units, from the same place.
    Nickname, Nickname, 120, check_name;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_trimmed_and_bounded_in_utf_16_units() {
        assert_eq!(Bio::parse(" a bio ").unwrap().as_str(), "a bio");
        assert!(Bio::parse(&"😀".repeat(130)).is_ok() && Bio::parse(&"😀".repeat(131)).is_err());
        assert!(Nickname::parse(&"a".repeat(120)).is_ok());
        assert!(Nickname::parse(&"a".repeat(121)).is_err());
        assert!(Bio::parse("two\nlines").is_ok() && Nickname::parse("two\nlines").is_err());
    }
}
