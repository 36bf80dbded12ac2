//! Since when a status is shown.

use super::{Presence, PresenceKind, Timestamp, UserStatus};

impl Presence {
    /// Returns since when `status`, shown at `now`, holds. That is when its claim was made, or the
    /// last change of the presence or of the connections. `None` if that is not known.
    ///
    /// A change that does not show, such as a weaker claim that waits, may make it
    /// too late by a while, but never too early.
    #[must_use]
    pub fn since(
        &self,
        now: Timestamp,
        status: UserStatus,
        connections_changed_at: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let is_declared = || {
            let declared = self.shown(now, UserStatus::Offline, PresenceKind::Bot);
            status == UserStatus::Online && declared == status
        };
        match self.claim(now) {
            Some(claim) if claim.status == status => claim.set_at,
            None if is_declared() => self.last_change(now),
            _ => connections_changed_at.max(self.last_change(now)),
        }
    }

    /// Returns the last change of claims and baseline. An expired claim changes them when it
    /// expires, even if its row still exists.
    fn last_change(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.claims.iter().filter_map(|claim| claim.expires_at);
        ends.filter(|end| *end <= now).max().max(self.changed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClaimSource::{External, Manual};
    use crate::domain::UserStatus::{Away, Busy, Offline, Online};
    use crate::domain::presence_samples::{at, choice, claim};
    use crate::domain::{Claim, ClaimSource};

    fn made(seconds: i64, source: ClaimSource, status: UserStatus, end: Option<i64>) -> Claim {
        Claim {
            set_at: Some(at(seconds)),
            ..claim(source, status, "", end)
        }
    }

    /// Since when the status holds that is shown at `seconds` with this connection, which began at
    /// `connected`.
    fn since(
        presence: &Presence,
        seconds: i64,
        (connection, connected): (UserStatus, Option<i64>),
    ) -> (UserStatus, Option<Timestamp>) {
        let status = presence.shown(at(seconds), connection, PresenceKind::Bot);
        let connected = connected.map(at);
        (status, presence.since(at(seconds), status, connected))
    }

    const NONE: (UserStatus, Option<i64>) = (Offline, None);

    #[test]
    fn a_claimed_status_holds_since_the_claim_was_made() {
        let mut ann = Presence::untouched(PresenceKind::Person);
        ann.put(made(1, External, Busy, None));
        ann.put(made(2, Manual, Away, Some(9)));
        ann.changed_at = Some(at(2));
        assert_eq!(since(&ann, 3, NONE), (Away, Some(at(2))));
        assert_eq!(since(&ann, 3, (Online, Some(3))), (Away, Some(at(2))));
        assert_eq!(since(&ann, 9, NONE), (Busy, Some(at(1))));
        ann.put(made(5, Manual, Away, Some(9)));
        assert_eq!(since(&ann, 6, NONE), (Away, Some(at(2))), "repeated");
        ann.put(made(6, Manual, Away, Some(20)));
        assert_eq!(since(&ann, 7, NONE), (Away, Some(at(6))), "another end");
    }

    #[test]
    fn without_a_claim_it_is_the_last_change_of_what_shows() {
        let mut ann = Presence::untouched(PresenceKind::Person);
        assert_eq!(since(&ann, 9, NONE), (Offline, None));
        assert_eq!(since(&ann, 9, (Online, Some(4))), (Online, Some(at(4))));
        assert_eq!(since(&ann, 9, (Offline, Some(6))), (Offline, Some(at(6))));
        assert_eq!(since(&ann, 9, (Online, None)), (Online, None));
        ann.choose(&choice(Online, None, None), at(5));
        ann.changed_at = Some(at(5));
        assert_eq!(since(&ann, 9, NONE), (Online, Some(at(5))));
        // A connection that comes and goes does not show.
        assert_eq!(since(&ann, 9, (Online, Some(8))), (Online, Some(at(5))));
        assert_eq!(since(&ann, 9, (Away, Some(8))), (Away, Some(at(8))));
    }

    #[test]
    fn an_expired_claim_counts_until_its_expiry() {
        let mut ann = Presence::untouched(PresenceKind::Person);
        ann.choose(&choice(Online, None, None), at(1));
        ann.put(made(2, Manual, Busy, Some(7)));
        ann.changed_at = Some(at(2));
        assert_eq!(since(&ann, 8, NONE), (Online, Some(at(7))));
        assert_eq!(since(&ann, 8, (Away, Some(4))), (Away, Some(at(7))));
    }
}
