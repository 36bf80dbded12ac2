//! Who reads a board: what they see, and whether they still may.

use crate::app::App;
use crate::domain::{Display, Result, UserId};
use crate::realtime::hub::Topic;
use crate::service::board::Scope;
use crate::service::live_display::LiveDisplay;
use crate::service::live_login::LiveLogin;
use std::time::Duration;

/// Who reads a board.
pub(super) enum Audience {
    /// Someone who is logged in.
    Member(Box<LiveLogin>),
    /// A display with a valid key.
    Display(Box<LiveDisplay>),
    /// A stranger, if the board is public.
    Public,
}

/// The viewer that a display is. No user has this id, so no user is hidden from it alone: see
/// `service::displays`.
const DISPLAY: &str = "display";

/// Interval at which a stream looks whether the key of its display was revoked.
const KEY_INTERVAL: Duration = Duration::from_millis(500);

impl Audience {
    /// Returns the name that clients get.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Display(_) => "display",
            Self::Public => "public",
        }
    }

    /// Returns which people are shown.
    pub(super) const fn scope(&self) -> Scope {
        match self {
            Self::Member(_) | Self::Display(_) => Scope::Everyone,
            Self::Public => Scope::Public,
        }
    }

    /// Returns the topic of changes.
    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::Member(_) | Self::Display(_) => Topic::Board,
            Self::Public => Topic::PublicBoard,
        }
    }

    /// Returns the user who looks; `None` for a stranger.
    pub(super) fn viewer(&self) -> Option<UserId> {
        match self {
            Self::Member(login) => Some(login.actor().user.id.clone()),
            Self::Display(_) => Some(UserId::new(DISPLAY)),
            Self::Public => None,
        }
    }

    /// Returns the display that reads, if one does.
    pub(super) fn display(&self) -> Option<&Display> {
        match self {
            Self::Display(live) => Some(live.display()),
            Self::Member(_) | Self::Public => None,
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
            Self::Display(live) => live.check(app).await,
            Self::Public => Ok(()),
        }
    }

    /// Forces the next check to read the store.
    pub(super) fn doubt(&mut self) {
        match self {
            Self::Member(login) => login.doubt(),
            Self::Display(_) | Self::Public => {}
        }
    }

    /// Records that a display is connected.
    pub(super) async fn record(&mut self, app: &App) {
        if let Self::Display(live) = self {
            live.record(app).await;
        }
    }

    /// Resolves when the key of a display may have been revoked; pending forever for others.
    pub(super) async fn in_doubt(&self, app: &App) {
        let Self::Display(live) = self else {
            return std::future::pending().await;
        };
        while !live.is_in_doubt(app) {
            tokio::time::sleep(KEY_INTERVAL).await;
        }
    }
}
