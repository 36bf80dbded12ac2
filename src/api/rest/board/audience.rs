//! Who reads a board: what they see, and whether they still may.

use crate::app::App;
use crate::domain::{Result, UserId};
use crate::realtime::hub::Topic;
use crate::service::board::Scope;
use crate::service::live_login::LiveLogin;

/// Who reads a board.
pub(super) enum Audience {
    /// Someone who is logged in.
    Member(Box<LiveLogin>),
    /// A stranger, if the board is public.
    Public,
}

impl Audience {
    /// Returns the name that clients get.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Public => "public",
        }
    }

    /// Returns which people are shown.
    pub(super) const fn scope(&self) -> Scope {
        match self {
            Self::Member(_) => Scope::Everyone,
            Self::Public => Scope::Public,
        }
    }

    /// Returns the topic of changes.
    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::Member(_) => Topic::Board,
            Self::Public => Topic::PublicBoard,
        }
    }

    /// Returns the user who looks; `None` for a stranger.
    pub(super) fn viewer(&self) -> Option<UserId> {
        match self {
            Self::Member(login) => Some(login.actor().user.id.clone()),
            Self::Public => None,
        }
    }

    /// Checks the login. Call it after reading the data to send.
    ///
    /// # Errors
    /// `Unauthenticated` or `PasswordChangeRequired` if it no longer lets the user read,
    /// `Unavailable`.
    pub(super) async fn check(&mut self, app: &App) -> Result<()> {
        match self {
            Self::Member(login) => login.check(app).await.map(drop),
            Self::Public => Ok(()),
        }
    }

    /// Forces the next check to read the store.
    pub(super) fn doubt(&mut self) {
        match self {
            Self::Member(login) => login.doubt(),
            Self::Public => {}
        }
    }
}
