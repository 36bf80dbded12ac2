//! The rules of status visibility for one live connection. They are checked when a status is sent,
//! because they may have changed since it was queued.

use crate::app::App;
use crate::domain::{Result, UserId};
use crate::store::ChangeKind;

/// The user of a connection, as a viewer of others.
pub struct LiveVisibility {
    /// `None` without a login.
    viewer: Option<UserId>,
    /// The version of the rules when nothing was hidden from anyone, so that a workspace without
    /// rules takes no lock. The rules themselves are not kept: an idle connection would keep
    /// outdated ones in memory.
    open_at: Option<u64>,
}

impl LiveVisibility {
    /// Creates the view of `viewer`.
    #[must_use]
    pub const fn new(viewer: Option<UserId>) -> Self {
        let open_at = None;
        Self { viewer, open_at }
    }

    /// Sets the user.
    pub fn set_viewer(&mut self, viewer: Option<&UserId>) {
        if self.viewer.as_ref() != viewer {
            self.viewer = viewer.cloned();
        }
    }

    /// Returns whether the status of `user` is hidden from the viewer now. Without a login, it is
    /// if it is hidden from anyone.
    ///
    /// # Errors
    /// `Unavailable`: the rules are unknown, so nothing may be sent.
    pub async fn hides(&mut self, app: &App, user: &UserId) -> Result<bool> {
        // The version comes first: see `auth::versioned`.
        let version = app.store.version(ChangeKind::StatusVisibility);
        if self.open_at == Some(version) {
            return Ok(false);
        }
        let rules = app.visibility().await?;
        self.open_at = rules.is_open().then_some(version);
        Ok(match &self.viewer {
            Some(viewer) => rules.hides(user, viewer),
            None => !rules.is_open_about(user),
        })
    }
}
