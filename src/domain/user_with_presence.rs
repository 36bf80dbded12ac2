//! A user with their presence: which change of it is announced.

use super::{Change, Presence, Result, StatusChange, Timestamp, UserId, Username};

/// A user with their presence, as listed for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWithPresence {
    /// The user's id.
    pub id: UserId,
    /// The username.
    pub username: Username,
    /// The display name.
    pub name: String,
    /// The offset of the user's time zone from UTC, in minutes.
    pub utc_offset: i32,
    /// The presence.
    pub presence: Presence,
}

impl UserWithPresence {
    /// Returns the presence after `rule` was applied at `now` and the claims expired by then were
    /// removed, with the change to announce. `None` if nothing changed. A claim that the
    /// announcement no longer includes must not reappear if the clock is set back.
    ///
    /// # Errors
    /// Any error of the rule.
    pub fn change(
        &self,
        now: Timestamp,
        rule: impl Fn(&mut Presence) -> Result<()>,
    ) -> Result<Option<(Presence, Change)>> {
        let mut after = self.presence.clone();
        rule(&mut after)?;
        after.expire(now);
        if after == self.presence {
            return Ok(None);
        }
        after.changed_at = Some(now);
        let change = Change::PresenceChanged(self.announcement(&after, now));
        Ok(Some((after, change)))
    }

    fn announcement(&self, presence: &Presence, now: Timestamp) -> StatusChange {
        let claim = presence.claim(now);
        StatusChange {
            user: self.id.clone(),
            username: self.username.clone(),
            status: presence.chosen(now),
            text: claim.map(|claim| claim.text.clone()).unwrap_or_default(),
            source: claim.map(|claim| claim.source),
            expires_at: claim.and_then(|claim| claim.expires_at),
            set_at: claim.and_then(|claim| claim.set_at),
            baseline: presence.baseline,
            hidden_from: presence.visibility.hidden_from(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Claim, ClaimSource, PresenceKind, StatusText, UserStatus};

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn claim(source: ClaimSource, status: UserStatus, text: &str, end: Option<i64>) -> Claim {
        Claim {
            source,
            status,
            text: StatusText::new(text),
            expires_at: end.map(at),
            set_at: None,
        }
    }

    #[test]
    fn a_change_is_announced_once_with_the_strongest_claim() {
        use {ClaimSource::*, UserStatus::*};
        let mut ann = UserWithPresence {
            id: UserId::new("a"),
            username: Username::stored("ann".to_owned()),
            name: String::new(),
            utc_offset: 0,
            presence: Presence::untouched(PresenceKind::Person),
        };
        let put = |new: Claim| {
            move |presence: &mut Presence| {
                presence.put(new.clone());
                Ok(())
            }
        };
        let nothing = |_: &mut Presence| Ok(());
        let lunch = put(claim(Manual, Away, "Lunch", Some(5)));
        let meeting = put(claim(External, Busy, "Meeting", Some(9)));
        let mut change = |seconds, rule: &dyn Fn(&mut Presence) -> Result<()>| {
            let (after, change) = ann.change(at(seconds), rule).unwrap()?;
            assert_eq!(after.changed_at, Some(at(seconds)));
            let changed = after.changed_claims(&ann.presence);
            let changed: Vec<_> = changed.map(|(source, _)| source).collect();
            ann.presence = after;
            let Change::PresenceChanged(change) = change else {
                panic!("{change:?}")
            };
            Some((change.source, change.status, changed))
        };
        assert_eq!(change(0, &lunch), Some((Some(Manual), Away, vec![Manual])));
        assert_eq!(change(1, &lunch), None, "the same claim");
        assert_eq!(
            change(2, &meeting),
            Some((Some(Manual), Away, vec![External]))
        );
        assert_eq!(change(4, &nothing), None);
        assert_eq!(
            change(5, &nothing),
            Some((Some(External), Busy, vec![Manual]))
        );
        assert_eq!(change(9, &nothing), Some((None, Online, vec![External])));
    }
}
