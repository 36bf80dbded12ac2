//! The presence of a user: competing claims, which one is effective, and what follows when it ends.
//! Source: compatibility 9.8 (Rocket.Chat 8.6 and later). Pure: the caller passes the time and the
//! state of the connections.
//!
//! A claim sets a status, by hand or on a user's behalf, until it is ended or expires. The claim
//! with the strongest source is effective. Weaker ones wait and become effective when it ends. A
//! user who chose to be offline stays invisible: then the manual claim is the effective one. A new
//! claim replaces the previous claim of the same source. A user without claims has the baseline
//! status.

use super::{
    Baseline, Claim, ClaimSource, PresencePolicy, StatusChange, StatusVisibility, Timestamp,
    UserStatus,
};

/// Whether a user is shown as a person or as a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceKind {
    /// A person, shown according to their connections.
    Person,
    /// A bot or an app, shown as it declares.
    Bot,
}

/// The part of a user's presence that outlives a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whether the user is shown as a person or as a bot.
    pub kind: PresenceKind,
    /// What makes the user count as connected.
    pub policy: PresencePolicy,
    /// At most one per source, the strongest first. Expired claims may remain in the list, and have
    /// no effect.
    pub claims: Vec<Claim>,
    /// The status shown without claim and connection.
    pub baseline: Baseline,
    /// When it last changed. `None` if never.
    pub changed_at: Option<Timestamp>,
    /// Who may see it. Not part of a change by a rule: see [`VisibilityPatch`](super::VisibilityPatch).
    pub visibility: StatusVisibility,
}

impl Presence {
    /// Creates the presence of a user who never set a status.
    #[must_use]
    pub fn untouched(kind: PresenceKind) -> Self {
        Self {
            kind,
            policy: PresencePolicy::Connection,
            claims: Vec::new(),
            baseline: Baseline::Offline,
            changed_at: None,
            visibility: StatusVisibility::default(),
        }
    }

    /// Returns the effective claim at `now`: the strongest one, unless the user chose to be
    /// invisible. No other system may reveal who does not want to be seen.
    #[must_use]
    pub fn claim(&self, now: Timestamp) -> Option<&Claim> {
        let live = || self.claims.iter().filter(|claim| claim.is_live(now));
        live().find(|claim| claim.hides()).or_else(|| live().next())
    }

    /// Returns the claim of `source`, live or expired.
    #[must_use]
    pub fn claim_of(&self, source: ClaimSource) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.source == source)
    }

    /// Returns the chosen status (`statusDefault`).
    #[must_use]
    pub fn chosen(&self, now: Timestamp) -> UserStatus {
        self.claim(now)
            .map_or(UserStatus::Online, |claim| claim.status)
    }

    /// Returns the status text.
    #[must_use]
    pub fn text(&self, now: Timestamp) -> &str {
        self.claim(now).map_or("", |claim| claim.text.as_str())
    }

    /// Returns the status shown at `now`, given the combined status of all connections (`Offline`
    /// if there are none) and the rule for `kind`.
    #[must_use]
    pub fn shown(&self, now: Timestamp, connection: UserStatus, kind: PresenceKind) -> UserStatus {
        match (self.claim(now), connection, kind) {
            (Some(claim), UserStatus::Offline, PresenceKind::Bot) => claim.status,
            (Some(_), UserStatus::Offline, PresenceKind::Person) => UserStatus::Offline,
            (None, UserStatus::Offline, _) => match (self.baseline, kind) {
                (Baseline::Online, _) | (Baseline::OnlineBefore, PresenceKind::Bot) => {
                    UserStatus::Online
                }
                (Baseline::Offline, _) | (Baseline::OnlineBefore, PresenceKind::Person) => {
                    UserStatus::Offline
                }
            },
            (Some(claim), _, _) if claim.status != UserStatus::Online => claim.status,
            (_, connected, _) => connected,
        }
    }

    /// Returns the sources whose claim differs from `before`, each with its claim now.
    pub fn changed_claims<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (ClaimSource, Option<&'a Claim>)> {
        let differs = |source: &ClaimSource| before.claim_of(*source) != self.claim_of(*source);
        let changed = ClaimSource::ALL.into_iter().filter(differs);
        changed.map(|source| (source, self.claim_of(source)))
    }

    /// Adds a claim, replacing the previous claim of its source. A repeated claim keeps the time at
    /// which it was made.
    pub fn put(&mut self, mut claim: Claim) {
        if let Some(old) = self.claim_of(claim.source).filter(|old| claim.repeats(old)) {
            claim.set_at = old.set_at;
        }
        if self.baseline == Baseline::Online && self.kind == PresenceKind::Person {
            self.baseline = Baseline::OnlineBefore;
        }
        self.claims.retain(|other| other.source != claim.source);
        self.claims.push(claim);
        self.claims.sort_by_key(|claim| claim.source);
    }

    /// Ends the claim of `source`, if any. The next claim becomes effective.
    pub fn end(&mut self, source: ClaimSource) {
        self.claims.retain(|claim| claim.source != source);
    }

    /// Removes the claims that have expired at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        self.claims.retain(|claim| claim.is_live(now));
    }

    /// Applies the effective claim from an event that happened at `at`. Weaker claims are not part
    /// of the event, and get their own event when they become effective.
    pub fn follow(&mut self, change: &StatusChange, at: Timestamp) {
        self.changed_at = Some(at);
        self.claims = Vec::from_iter(change.source.map(|source| Claim {
            source,
            status: change.status,
            text: change.text.clone(),
            expires_at: change.expires_at,
            set_at: change.set_at,
        }));
        self.baseline = change.baseline;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence_samples::{NOON, at, choice, claim, visible};

    #[test]
    fn the_strongest_claim_applies_and_weaker_ones_follow_when_it_ends() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(PresenceKind::Person);
        ann.put(claim(External, Busy, "Meeting", Some(100)));
        ann.choose(&choice(Away, Some("Lunch"), Some(50)), NOON);
        ann.put(claim(Internal, Busy, "On a call", Some(10)));
        assert_eq!(visible(&ann, 0), (Busy, "On a call", Some(Internal)));
        assert_eq!(visible(&ann, 10), (Away, "Lunch", Some(Manual)));
        assert_eq!(visible(&ann, 50), (Busy, "Meeting", Some(External)));
        assert_eq!(visible(&ann, 100), (Online, "", None));
        ann.end(Internal);
        assert_eq!(visible(&ann, 0), (Away, "Lunch", Some(Manual)));
    }

    #[test]
    fn people_are_shown_by_connection_and_bots_as_declared() {
        use UserStatus::*;
        let shown =
            |who: &Presence, seconds, connection| who.shown(at(seconds), connection, who.kind);
        for (kind, busy, after) in [
            (PresenceKind::Person, Offline, Offline),
            (PresenceKind::Bot, Busy, Online),
        ] {
            let mut who = Presence::untouched(kind);
            assert_eq!(
                shown(&who, 0, Offline),
                Offline,
                "{kind:?} without a choice"
            );
            who.choose(&choice(Online, None, None), NOON);
            assert_eq!(
                shown(&who, 0, Offline),
                Online,
                "{kind:?} chose to be online"
            );
            who.choose(&choice(Busy, None, Some(60)), NOON);
            assert_eq!(shown(&who, 0, Offline), busy, "{kind:?}");
            assert_eq!(shown(&who, 0, Away), Busy, "{kind:?}");
            assert_eq!(shown(&who, 60, Offline), after, "{kind:?} after its claim");
            assert_eq!(shown(&who, 60, Away), Away, "{kind:?} is away by client");
        }
    }
}
