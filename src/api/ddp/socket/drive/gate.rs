//! Whether a queued status may still be sent: the rules of status visibility may have changed since
//! it was published, or another user may have logged in.

use crate::app::App;
use crate::domain::{Result, UserId};
use crate::realtime::hub::{Message, News};
use crate::service::live_visibility::LiveVisibility;
use std::sync::Arc;

/// The check of a connection.
pub(super) struct Gate {
    app: Arc<App>,
    visibility: LiveVisibility,
}

impl Gate {
    /// Creates the gate of a connection without a login.
    pub(super) fn new(app: Arc<App>) -> Self {
        let visibility = LiveVisibility::new(None);
        Self { app, visibility }
    }

    /// Sets the user of the connection.
    pub(super) fn set_viewer(&mut self, viewer: Option<&UserId>) {
        self.visibility.set_viewer(viewer);
    }

    /// Returns whether `message` may be sent. The publisher sends the right form of a status
    /// whenever the rules change, so a form that no longer fits them is dropped.
    ///
    /// # Errors
    /// `Unavailable`: the rules are unknown, so nothing may be sent.
    pub(super) async fn passes(&mut self, message: &Message) -> Result<bool> {
        let Some(user) = message.subject() else {
            return Ok(true);
        };
        let is_hidden = self.visibility.hides(&self.app, user).await?;
        Ok(is_hidden == matches!(message.news(), News::Hidden(_)))
    }
}
