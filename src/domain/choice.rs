//! A status that a user sets by hand, and how it changes the claims.

use super::{Baseline, Claim, ClaimSource, Presence, StatusText, Timestamp, UserStatus};

/// A status that a user sets by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The status. `None` keeps the current one.
    pub status: Option<UserStatus>,
    /// The text. `None` keeps the current one.
    pub text: Option<StatusText>,
    /// When the choice expires.
    pub expires_at: Option<Timestamp>,
}

impl Choice {
    /// Returns whether a form repeats `presence` with this choice: the status is the chosen one, and
    /// the text is the current one or empty.
    #[must_use]
    pub fn repeats(&self, presence: &Presence, now: Timestamp) -> bool {
        let is_chosen = |status| status == presence.chosen(now);
        let is_current =
            |text: &StatusText| text.as_str().is_empty() || text.as_str() == presence.text(now);
        self.status.is_none_or(is_chosen) && self.text.as_ref().is_none_or(is_current)
    }
}

impl Presence {
    /// Applies a choice by hand.
    ///
    /// Online with no text or an empty one creates no claim, and ends all claims. Any other choice
    /// becomes the manual claim, and keeps the current text unless one is given.
    pub fn choose(&mut self, choice: &Choice, now: Timestamp) {
        let status = self.chosen_by(choice, now);
        let says_nothing = |text: &StatusText| text.as_str().is_empty();
        if status == UserStatus::Online && choice.text.as_ref().is_none_or(says_nothing) {
            self.claims.clear();
            self.baseline = Baseline::Online;
        } else {
            let text = choice
                .text
                .clone()
                .or_else(|| self.covered(now).map(|claim| claim.text.clone()));
            let text = text.unwrap_or_default();
            self.put(Claim {
                source: ClaimSource::Manual,
                status,
                text,
                expires_at: choice.expires_at,
                set_at: Some(now),
            });
        }
    }

    /// Returns the status of `choice`, or else the status of the claim it would cover.
    #[must_use]
    pub fn chosen_by(&self, choice: &Choice, now: Timestamp) -> UserStatus {
        choice
            .status
            .or_else(|| self.covered(now).map(|claim| claim.status))
            .unwrap_or(UserStatus::Online)
    }

    /// Returns the claim that a manual one replaces or covers: the strongest one that is not
    /// stronger than manual.
    fn covered(&self, now: Timestamp) -> Option<&Claim> {
        let weaker = |claim: &&Claim| claim.source >= ClaimSource::Manual && claim.is_live(now);
        self.claims.iter().find(weaker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PresenceKind;
    use crate::domain::presence_samples::{NOON, choice, claim, visible};

    #[test]
    fn a_manual_choice_replaces_the_previous_one_and_keeps_its_text() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(PresenceKind::Person);
        ann.choose(&choice(Busy, Some("Coding"), None), NOON);
        ann.choose(&choice(Away, None, Some(60)), NOON);
        assert_eq!(visible(&ann, 0), (Away, "Coding", Some(Manual)));
        assert_eq!(visible(&ann, 60), (Online, "", None), "not busy again");
        let text_only = Choice {
            status: None,
            text: Some(StatusText::new("Reading")),
            expires_at: None,
        };
        ann.choose(&text_only, NOON);
        assert_eq!(visible(&ann, 60), (Away, "Reading", Some(Manual)));
    }

    #[test]
    fn online_without_text_ends_every_claim() {
        use UserStatus::*;
        let mut ann = Presence::untouched(PresenceKind::Person);
        for source in ClaimSource::ALL {
            ann.put(claim(source, Busy, source.as_str(), None));
        }
        ann.choose(&choice(Online, None, Some(60)), NOON);
        assert_eq!(visible(&ann, 0), (Online, "", None));
        ann.choose(&choice(Busy, Some("Lunch"), None), NOON);
        ann.choose(&choice(Online, None, None), NOON);
        assert_eq!(visible(&ann, 0), (Online, "", None), "not online at lunch");
    }

    #[test]
    fn no_other_claim_reveals_a_user_who_chose_to_be_invisible() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(PresenceKind::Person);
        ann.put(claim(Internal, Busy, "On a call", None));
        ann.put(claim(External, Busy, "Meeting", None));
        ann.choose(&choice(Offline, Some(""), Some(60)), NOON);
        let unseen = |ann: &Presence| assert_eq!(visible(ann, 0), (Offline, "", Some(Manual)));
        unseen(&ann);
        for source in [Internal, External] {
            ann.put(claim(source, Online, "Here", None));
            unseen(&ann);
            assert_eq!(ann.shown(NOON, Online, ann.kind), Offline);
        }
        assert_eq!(visible(&ann, 60), (Online, "Here", Some(Internal)));
        ann.end(Manual);
        ann.put(claim(External, Offline, "", None));
        assert_eq!(visible(&ann, 0), (Online, "Here", Some(Internal)));
    }
}
