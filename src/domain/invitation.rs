//! Links with which people choose their own password: invitations of new users, and resets.

use super::id::id;
use super::words::words;
use super::{Error, LinkEnd, NewLogin, Result, Timestamp, User, UserId, UserPatch, Username};
use std::time::Duration;

id! {
    /// 17 characters of Meteor's unambiguous alphabet.
    InvitationId
}

words! {
    /// What a link is for.
    pub enum InvitationKind {
        /// The first password of a new user.
        Invitation = "invitation",
        /// A new password.
        Reset = "reset",
    }
}

/// A link with which a user chooses a password. Works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The user whose password it sets.
    pub user: UserId,
    /// What it is for.
    pub kind: InvitationKind,
    /// The user who created it. `None`: the operator or the server.
    pub created_by: Option<UserId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl Invitation {
    /// How long a link works: a weekend and a day.
    pub const LIFE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

    /// Succeeds if the link works at `now`.
    ///
    /// # Errors
    /// [`Error::LinkEnded`] after its use or its end.
    pub fn require_open(&self, now: Timestamp) -> Result<()> {
        if self.used_at.is_some() {
            Err(Error::LinkEnded(LinkEnd::Used))
        } else if now >= self.expires_at {
            Err(Error::LinkEnded(LinkEnd::Expired))
        } else {
            Ok(())
        }
    }
}

/// An invitation to store, with the digest of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The SHA-256 of the token, in hexadecimal digits.
    pub token_hash: String,
}

/// An invitation with the names of its user, for pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRecord {
    /// The invitation.
    pub invitation: Invitation,
    /// The user's username.
    pub username: Username,
    /// The user's display name.
    pub name: String,
    /// The username of the creator, unless deleted since.
    pub creator: Option<Username>,
}

/// A user to create together with an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedUser {
    /// The user.
    pub user: User,
    /// The invitation.
    pub invitation: NewInvitation,
}

/// The use of a link: the new password, and the login that it opens.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The SHA-256 of the token, in hexadecimal digits.
    pub token_hash: String,
    /// The hash of the new password.
    pub password_hash: String,
    /// The login to open.
    pub login: NewLogin,
}

impl Acceptance {
    /// Returns the change of the user: the new password, which lifts a block and ends every login
    /// made with the old one.
    #[must_use]
    pub fn patch(&self) -> UserPatch {
        UserPatch {
            password_hash: Some(self.password_hash.clone()),
            require_password_change: Some(false),
            unblock: true,
            ..UserPatch::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_until_its_end_or_its_use() {
        let at = Timestamp::from_millis;
        let mut invitation = Invitation {
            id: InvitationId::new("i"),
            user: UserId::new("a"),
            kind: InvitationKind::Reset,
            created_by: None,
            created_at: at(0),
            expires_at: at(10),
            used_at: None,
        };
        assert!(invitation.require_open(at(9)).is_ok());
        let end = |found: Result<()>| match found {
            Err(Error::LinkEnded(end)) => Some(end),
            _ => None,
        };
        assert_eq!(end(invitation.require_open(at(10))), Some(LinkEnd::Expired));
        invitation.used_at = Some(at(5));
        assert_eq!(end(invitation.require_open(at(20))), Some(LinkEnd::Used));
    }
}
