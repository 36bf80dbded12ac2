//! How the presence of a user is shown to a viewer. [`VisiblePresence`] can only be built here: for
//! a viewer, or explicitly for the operator.

use crate::app::{App, Unconnected};
use crate::domain::{
    ClaimSource, Presence, PresenceKind, Result, Timestamp, UserId, UserStatus, VisibilitySwitches,
};

/// The visible presence of a user at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "the attribute would allow construction in this crate"
)]
pub struct VisiblePresence {
    /// The status shown.
    pub status: UserStatus,
    /// The chosen status.
    pub chosen: UserStatus,
    /// The combined status of the connections.
    pub connection: UserStatus,
    /// The text, empty if there is none.
    pub text: String,
    /// The source of the effective claim.
    pub source: Option<ClaimSource>,
    /// When that claim expires.
    pub expires_at: Option<Timestamp>,
    /// Prevents construction elsewhere.
    sealed: (),
}

impl VisiblePresence {
    /// Returns what is shown instead of a hidden presence: that of a user who never set a status
    /// and is not connected. It must not differ from that in any field.
    #[must_use]
    pub const fn hidden() -> Self {
        Self {
            status: UserStatus::Offline,
            chosen: UserStatus::Online,
            connection: UserStatus::Offline,
            text: String::new(),
            source: None,
            expires_at: None,
            sealed: (),
        }
    }
}

/// Someone who looks at the presence of users.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    user: &'a UserId,
    switches: VisibilitySwitches,
}

impl<'a> Viewer<'a> {
    /// Returns `user` as a viewer under the settings of now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn new(app: &App, user: &'a UserId) -> Result<Self> {
        let switches = app.visibility().await?.switches();
        Ok(Self { user, switches })
    }

    /// Returns whether the `presence` of `user` is hidden from the viewer.
    #[must_use]
    pub fn is_denied(self, user: &UserId, presence: &Presence) -> bool {
        presence.visibility.hides(user, self.user, self.switches)
    }

    /// Returns how the `presence` of `user` is shown to the viewer now.
    #[must_use]
    pub fn sees(self, app: &App, user: &UserId, presence: &Presence) -> VisiblePresence {
        if self.is_denied(user, presence) {
            return VisiblePresence::hidden();
        }
        for_the_operator(app, user, presence)
    }
}

/// Returns the presence of `user` without regard to the rules of status visibility: for the
/// operator's commands and hooks, and for the publisher, which applies the rules itself. Only live
/// connections make a user online; a REST login does not.
#[must_use]
pub fn for_the_operator(app: &App, user: &UserId, presence: &Presence) -> VisiblePresence {
    let connection = app.connections.status(user, presence.policy);
    for_the_operator_by(app, connection, presence)
}

/// Like [`for_the_operator`], given the combined status of the connections.
#[must_use]
pub fn for_the_operator_by(
    app: &App,
    connection: UserStatus,
    presence: &Presence,
) -> VisiblePresence {
    let now = app.clock.now();
    let claim = presence.claim(now);
    let kind = match app.rules.unconnected {
        Unconnected::Declared => PresenceKind::Bot,
        Unconnected::Offline => presence.kind,
    };
    VisiblePresence {
        status: presence.shown(now, connection, kind),
        chosen: presence.chosen(now),
        connection,
        text: presence.text(now).to_owned(),
        source: claim.map(|claim| claim.source),
        expires_at: claim.and_then(|claim| claim.expires_at),
        sealed: (),
    }
}
