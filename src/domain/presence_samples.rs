//! Presences, claims and choices for unit tests.

use super::{Choice, Claim, ClaimSource, Presence, StatusText, Timestamp, UserStatus};

pub(super) const NOON: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOON.as_millis() + seconds * 1000)
}

pub(super) fn claim(
    source: ClaimSource,
    status: UserStatus,
    text: &str,
    end: Option<i64>,
) -> Claim {
    Claim {
        source,
        status,
        text: StatusText::new(text),
        expires_at: end.map(at),
        set_at: Some(NOON),
    }
}

pub(super) fn choice(status: UserStatus, text: Option<&str>, end: Option<i64>) -> Choice {
    Choice {
        status: Some(status),
        text: text.map(StatusText::new),
        expires_at: end.map(at),
    }
}

pub(super) fn visible(
    presence: &Presence,
    seconds: i64,
) -> (UserStatus, &str, Option<ClaimSource>) {
    let now = at(seconds);
    let source = presence.claim(now).map(|claim| claim.source);
    (presence.chosen(now), presence.text(now), source)
}
