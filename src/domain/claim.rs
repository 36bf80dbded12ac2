//! A claim on a user's status: status, text, source and expiry. Source: compatibility 9.8.
//! [`Presence`](super::Presence) decides between competing claims.

use super::words::words;
use super::{Error, Field, Problem, Result, Timestamp};

words! {
    /// The status of a user, with Rocket.Chat's names and in its order.
    #[derive(Hash)]
    pub enum UserStatus {
        /// Available.
        Online = "online",
        /// Away from the desk.
        Away = "away",
        /// Absent or invisible.
        Offline = "offline",
        /// Present, do not disturb.
        Busy = "busy",
    }
}

words! {
    /// The source of a claim, the strongest first.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum ClaimSource {
        /// The server itself, for example an ongoing call.
        Internal = "internal",
        /// The user, by hand.
        Manual = "manual",
        /// Another system, such as a calendar.
        External = "external",
    }
}

/// The text of a status. Trimmed, and truncated at [`StatusText::MAX_UNITS`] rather than rejected
/// (`normalizeStatusText`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StatusText(String);

impl StatusText {
    /// Maximum length in UTF-16 units, as JavaScript counts. A character that crosses the limit is
    /// dropped whole.
    pub const MAX_UNITS: usize = 120;

    /// Trims and truncates `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        // A character has at least as many bytes as units.
        if trimmed.len() <= Self::MAX_UNITS {
            return Self(trimmed.to_owned());
        }
        let mut units = 0;
        let kept = trimmed.chars().take_while(|c| {
            units += c.len_utf16();
            units <= Self::MAX_UNITS
        });
        Self(kept.collect())
    }

    /// Returns the text, empty if there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A claim on a user's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The source.
    pub source: ClaimSource,
    /// The claimed status.
    pub status: UserStatus,
    /// The text shown with it.
    pub text: StatusText,
    /// When the claim expires. `None`: only when it is ended.
    pub expires_at: Option<Timestamp>,
    /// When the claim was made. `None`: by a version that did not record it.
    pub set_at: Option<Timestamp>,
}

impl Claim {
    /// Returns whether `other` claims the same, whenever it was made.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let same = Self {
            set_at: other.set_at,
            ..self.clone()
        };
        same == *other
    }

    /// Returns whether the claim is live at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns whether it is the user's choice to be invisible.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.source == ClaimSource::Manual && self.status == UserStatus::Offline
    }
}

/// Checks the expiry of a claim.
///
/// # Errors
/// [`Problem::Past`] if `end` is not after `now`.
pub fn check_expiry(end: Timestamp, now: Timestamp) -> Result<Timestamp> {
    if end > now {
        Ok(end)
    } else {
        Err(Error::invalid(Field::ExpiresAt, Problem::Past))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_truncated_at_120_utf16_units_between_characters() {
        assert_eq!(StatusText::new(" \u{feff}Lunch\n").as_str(), "Lunch");
        let cut = |text: String| StatusText::new(&text).as_str().chars().count();
        assert_eq!(cut("é".repeat(200)), 120);
        assert_eq!(cut("🍜".repeat(200)), 60);
        assert_eq!(cut(format!("{}🍜", "x".repeat(119))), 119);
    }

    #[test]
    fn an_expiry_must_be_in_the_future() {
        let far = Timestamp::from_millis(4_102_444_800_000);
        let noon = Timestamp::from_millis(1_767_225_600_000);
        let before = Timestamp::from_millis(noon.as_millis() - 1000);
        assert!(check_expiry(far, noon).is_ok());
        for past in [noon, before] {
            assert!(check_expiry(past, noon).is_err());
        }
    }
}
