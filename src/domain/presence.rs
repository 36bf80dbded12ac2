//! How somebody is shown: claims on the status, which of them counts, and what comes back when one ends. Source: compatibility 9.8
//! (Rocket.Chat 8.6 and later). Pure: the time comes in, and nothing here knows who is connected or where claims are kept.
//!
//! A claim says "this is my status", by hand or on somebody's behalf, until it is ended or expires. Of several the one with the
//! strongest source counts; the others wait beneath it and come back when it ends. A new claim of a source replaces that source's
//! last one. Who has no claim is at rest.

use super::{
    Choice, Claim, ClaimSource, PresencePolicy, Rest, StatusChange, StatusText, Timestamp, UserId,
    UserStatus, Username,
};

/// Whose status it is, as far as being shown goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person, who is somewhere or not.
    Person,
    /// A bot or an app, which is what it says.
    Bot,
}

/// Everything about how somebody is shown that outlives a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whose it is.
    pub kind: Kind,
    /// By what they count as connected.
    pub policy: PresencePolicy,
    /// At most one a source, the strongest first. Those that have expired may still be among them, and count no more.
    pub claims: Vec<Claim>,
    /// What is shown without claim and connection.
    pub rest: Rest,
    /// When it last changed; `None`: never.
    pub changed_at: Option<Timestamp>,
}

impl Presence {
    /// Somebody who never said anything.
    #[must_use]
    pub const fn untouched(kind: Kind) -> Self {
        Self {
            kind,
            policy: PresencePolicy::Connection,
            claims: Vec::new(),
            rest: Rest::Offline,
            changed_at: None,
        }
    }

    /// The claim that counts at `now`.
    #[must_use]
    pub fn claim(&self, now: Timestamp) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.is_live(now))
    }

    /// The claim of `source`, be it over or not.
    #[must_use]
    pub fn claim_of(&self, source: ClaimSource) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.source == source)
    }

    /// What was chosen (`statusDefault`).
    #[must_use]
    pub fn chosen(&self, now: Timestamp) -> UserStatus {
        self.claim(now)
            .map_or(UserStatus::Online, |claim| claim.status)
    }

    /// The text shown.
    #[must_use]
    pub fn text(&self, now: Timestamp) -> &str {
        self.claim(now).map_or("", |claim| claim.text.as_str())
    }

    /// What is shown at `now` of somebody whose connections say `connection` (offline: there is none), by the rule for `kind`.
    #[must_use]
    pub fn shown(&self, now: Timestamp, connection: UserStatus, kind: Kind) -> UserStatus {
        match (self.claim(now), connection, kind) {
            (Some(claim), UserStatus::Offline, Kind::Bot) => claim.status,
            (Some(_), UserStatus::Offline, Kind::Person) => UserStatus::Offline,
            (None, UserStatus::Offline, _) => match (self.rest, kind) {
                (Rest::Online, _) | (Rest::OnlineBefore, Kind::Bot) => UserStatus::Online,
                (Rest::Offline, _) | (Rest::OnlineBefore, Kind::Person) => UserStatus::Offline,
            },
            (Some(claim), _, _) if claim.status != UserStatus::Online => claim.status,
            (_, connected, _) => connected,
        }
    }

    /// A choice by hand. Online without a text, or with an empty one, is no claim, but the end of those that are the person's to end: the
    /// manual one and what another system said. Anything else is the manual claim from now on, with the text so far unless one is given.
    pub fn choose(&mut self, choice: Choice, now: Timestamp) {
        self.expire(now);
        let status = self.chosen_by(&choice, now);
        let says_nothing = |text: &StatusText| text.as_str().is_empty();
        if status == UserStatus::Online && choice.text.as_ref().is_none_or(says_nothing) {
            self.claims
                .retain(|claim| claim.source == ClaimSource::Internal);
            self.rest = Rest::Online;
        } else {
            let text = choice
                .text
                .or_else(|| self.covered(now).map(|claim| claim.text.clone()));
            let text = text.unwrap_or_default();
            self.put(Claim {
                source: ClaimSource::Manual,
                status,
                text,
                expires_at: choice.expires_at,
            });
        }
    }

    /// The status that `choice` stands for: its own, or else what it would cover.
    #[must_use]
    pub fn chosen_by(&self, choice: &Choice, now: Timestamp) -> UserStatus {
        choice
            .status
            .or_else(|| self.covered(now).map(|claim| claim.status))
            .unwrap_or(UserStatus::Online)
    }

    /// A claim of any source, in the place of that source's last one.
    pub fn put(&mut self, claim: Claim) {
        if self.rest == Rest::Online && self.kind == Kind::Person {
            self.rest = Rest::OnlineBefore;
        }
        self.claims.retain(|other| other.source != claim.source);
        self.claims.push(claim);
        self.claims.sort_by_key(|claim| claim.source);
    }

    /// Ends the claim of `source`, if there is one; what is beneath it comes back.
    pub fn end(&mut self, source: ClaimSource) {
        self.claims.retain(|claim| claim.source != source);
    }

    /// Ends what has expired at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        self.claims.retain(|claim| claim.is_live(now));
    }

    /// Takes over what an event tells: what counts from then on. What waits beneath it is not told, and has an event of its own when it
    /// comes back.
    pub fn follow(&mut self, told: &StatusChange) {
        self.claims = Vec::from_iter(told.source.map(|source| Claim {
            source,
            status: told.status,
            text: told.text.clone(),
            expires_at: told.expires_at,
        }));
        self.rest = told.rest;
    }

    /// What a choice by hand replaces or stands above: the strongest claim that is not stronger than it.
    fn covered(&self, now: Timestamp) -> Option<&Claim> {
        let weaker = |claim: &&Claim| claim.source >= ClaimSource::Manual && claim.is_live(now);
        self.claims.iter().find(weaker)
    }
}

/// Somebody with their presence: what lists of people tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The login name.
    pub username: Username,
    /// The name to show.
    pub name: String,
    /// How far their clocks are ahead of UTC, in minutes.
    pub utc_offset: i32,
    /// How they are shown.
    pub presence: Presence,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(NOON.as_millis() + seconds * 1000)
    }

    fn claim(source: ClaimSource, status: UserStatus, text: &str, end: Option<i64>) -> Claim {
        Claim {
            source,
            status,
            text: StatusText::new(text),
            expires_at: end.map(at),
        }
    }

    fn choice(status: UserStatus, text: Option<&str>, end: Option<i64>) -> Choice {
        Choice {
            status: Some(status),
            text: text.map(StatusText::new),
            expires_at: end.map(at),
        }
    }

    fn told(presence: &Presence, seconds: i64) -> (UserStatus, &str, Option<ClaimSource>) {
        let now = at(seconds);
        let source = presence.claim(now).map(|claim| claim.source);
        (presence.chosen(now), presence.text(now), source)
    }

    #[test]
    fn the_strongest_claim_counts_and_the_others_come_back_when_it_ends() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(Kind::Person);
        ann.put(claim(External, Busy, "Meeting", Some(100)));
        ann.choose(choice(Away, Some("Lunch"), Some(50)), NOON);
        ann.put(claim(Internal, Busy, "On a call", Some(10)));
        assert_eq!(told(&ann, 0), (Busy, "On a call", Some(Internal)));
        assert_eq!(told(&ann, 10), (Away, "Lunch", Some(Manual)));
        assert_eq!(told(&ann, 50), (Busy, "Meeting", Some(External)));
        assert_eq!(told(&ann, 100), (Online, "", None));
        ann.end(Internal);
        assert_eq!(told(&ann, 0), (Away, "Lunch", Some(Manual)));
    }

    #[test]
    fn a_choice_by_hand_replaces_the_one_before_and_keeps_the_text_unless_told() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(Kind::Person);
        ann.choose(choice(Busy, Some("Coding"), None), NOON);
        ann.choose(choice(Away, None, Some(60)), NOON);
        assert_eq!(told(&ann, 0), (Away, "Coding", Some(Manual)));
        assert_eq!(told(&ann, 60), (Online, "", None), "not busy again");
        let text_only = Choice {
            status: None,
            text: Some(StatusText::new("Reading")),
            expires_at: None,
        };
        ann.choose(text_only, NOON);
        assert_eq!(told(&ann, 60), (Away, "Reading", Some(Manual)));
    }

    #[test]
    fn online_without_text_ends_what_a_person_may_end() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = Presence::untouched(Kind::Person);
        for source in ClaimSource::ALL {
            ann.put(claim(source, Busy, source.as_str(), None));
        }
        ann.choose(choice(Online, None, Some(60)), NOON);
        assert_eq!(told(&ann, 0), (Busy, "internal", Some(Internal)));
        ann.end(Internal);
        assert_eq!(told(&ann, 0), (Online, "", None));
        ann.choose(choice(Busy, Some("Lunch"), None), NOON);
        ann.choose(choice(Online, None, None), NOON);
        assert_eq!(told(&ann, 0), (Online, "", None), "not online at lunch");
    }

    #[test]
    fn people_are_shown_when_connected_and_bots_as_they_say() {
        use UserStatus::*;
        let shown =
            |who: &Presence, seconds, connection| who.shown(at(seconds), connection, who.kind);
        for (kind, busy, after) in [(Kind::Person, Offline, Offline), (Kind::Bot, Busy, Online)] {
            let mut who = Presence::untouched(kind);
            assert_eq!(
                shown(&who, 0, Offline),
                Offline,
                "{kind:?} never said a word"
            );
            who.choose(choice(Online, None, None), NOON);
            assert_eq!(
                shown(&who, 0, Offline),
                Online,
                "{kind:?} chose to be online"
            );
            who.choose(choice(Busy, None, Some(60)), NOON);
            assert_eq!(shown(&who, 0, Offline), busy, "{kind:?}");
            assert_eq!(shown(&who, 0, Away), Busy, "{kind:?}");
            assert_eq!(shown(&who, 60, Offline), after, "{kind:?} after its claim");
            assert_eq!(shown(&who, 60, Away), Away, "{kind:?} is away by client");
        }
    }
}
