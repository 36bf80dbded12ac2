//! The login of a stream or a poll. It is checked before every send, but only reads the store after
//! a change to access control.

use crate::app::App;
use crate::domain::{Actor, Error, Result};
use crate::service::authentication::{self, LoginState};
use crate::store::ChangeKind;
use std::sync::Arc;

/// A login in use.
pub struct LiveLogin {
    token: String,
    actor: Arc<Actor>,
    /// The access version at which `actor` was read. `None`: it must be read again.
    checked: Option<u64>,
}

impl LiveLogin {
    /// Creates a live login for an authenticated request. It starts unchecked, because it may have
    /// ended since.
    #[must_use]
    pub fn new(actor: Arc<Actor>, token: String) -> Self {
        Self {
            token,
            actor,
            checked: None,
        }
    }

    /// Returns the actor as of the last check.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Forces the next check to read the store.
    pub fn doubt(&mut self) {
        self.checked = None;
    }

    /// Returns whether the login has expired.
    #[must_use]
    pub fn is_over(&self, app: &App) -> bool {
        !self.actor.login.is_live(app.clock.now())
    }

    /// Returns the current actor. Call it after reading the data to send, so that the result is at
    /// least as new.
    ///
    /// # Errors
    /// `Unauthenticated`: the login has ended. `PasswordChangeRequired`: the user must change the
    /// password first. `Unavailable`: the store cannot answer, so nothing may be sent yet.
    pub async fn check(&mut self, app: &App) -> Result<Arc<Actor>> {
        // Taken before the rows are read: a concurrent change makes the next check read again.
        let version = app.store.version(ChangeKind::Access);
        if self.checked != Some(version) {
            self.actor = match authentication::login_state(app, &self.token).await {
                LoginState::Valid(actor) => actor,
                LoginState::Ended => return Err(Error::Unauthenticated),
                LoginState::Unknown(error) => return Err(error),
            };
            self.checked = Some(version);
        }
        if self.is_over(app) {
            return Err(Error::Unauthenticated);
        }
        self.actor.require_password_settled()?;
        Ok(self.actor.clone())
    }
}
