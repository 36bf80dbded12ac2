//! What a claim on a status says: which status, which text, from where and until when. Source: compatibility 9.8. Knows nothing of what
//! becomes of it beside others: that is [`Presence`](super::Presence)'s to say.

use super::words::words;
use super::{Error, Field, Problem, Result, Timestamp};

words! {
    /// What is shown of a user, in Rocket.Chat's words and in the order in which it lists them.
    #[derive(Hash)]
    pub enum UserStatus {
        /// Here.
        Online = "online",
        /// Not at the desk.
        Away = "away",
        /// Not here, or not to be seen.
        Offline = "offline",
        /// Here, but do not disturb.
        Busy = "busy",
    }
}

words! {
    /// Where a claim comes from, the strongest first.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum ClaimSource {
        /// The server itself, such as a call that is going on.
        Internal = "internal",
        /// The user.
        Manual = "manual",
        /// Another system, such as a calendar.
        External = "external",
    }
}

/// The text beside a status: trimmed, and cut at [`StatusText::MAX_UNITS`] rather than refused (`normalizeStatusText`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StatusText(String);

impl StatusText {
    /// UTF-16 units at most, as JavaScript counts. A character that would be cut in two is left out.
    pub const MAX_UNITS: usize = 120;

    /// The text as it will be kept.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let mut units = 0;
        let kept = trimmed.chars().take_while(|c| {
            units += c.len_utf16();
            units <= Self::MAX_UNITS
        });
        Self(kept.collect())
    }

    /// The text; empty when there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where it comes from.
    pub source: ClaimSource,
    /// What it says.
    pub status: UserStatus,
    /// What it says beside that.
    pub text: StatusText,
    /// When it ends by itself; `None`: when it is ended.
    pub expires_at: Option<Timestamp>,
}

impl Claim {
    /// Whether it still counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// What a person chooses by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The status; `None`: the one chosen so far.
    pub status: Option<UserStatus>,
    /// The text; `None`: the one there is.
    pub text: Option<StatusText>,
    /// When the choice ends.
    pub expires_at: Option<Timestamp>,
}

/// Checks when a claim is to end.
///
/// # Errors
/// [`Problem::Past`] when `end` is not after `now`.
pub fn check_expiry(end: Timestamp, now: Timestamp) -> Result<Timestamp> {
    if end > now {
        Ok(end)
    } else {
        Err(Error::Invalid {
            field: Field::ExpiresAt,
            problem: Problem::Past,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_120_utf16_units_and_never_through_a_character() {
        assert_eq!(StatusText::new(" \u{feff}Lunch\n").as_str(), "Lunch");
        let cut = |text: String| StatusText::new(&text).as_str().chars().count();
        assert_eq!(cut("é".repeat(200)), 120);
        assert_eq!(cut("🍜".repeat(200)), 60);
        assert_eq!(cut(format!("{}🍜", "x".repeat(119))), 119);
    }

    #[test]
    fn an_end_lies_ahead_however_far() {
        let far = Timestamp::from_millis(4_102_444_800_000);
        let noon = Timestamp::from_millis(1_767_225_600_000);
        let before = Timestamp::from_millis(noon.as_millis() - 1000);
        assert!(check_expiry(far, noon).is_ok());
        for past in [noon, before] {
            assert!(check_expiry(past, noon).is_err());
        }
    }
}
