//! The login that a stream or a poll stands on. It is checked again before anything is sent, but reads the store only after
//! something about access has changed.

use crate::app::App;
use crate::domain::{Actor, Error, Result};
use crate::service::session::{self, LoginState};
use crate::store::ChangeKind;
use std::sync::Arc;

/// A login in use.
pub struct LiveLogin {
    token: String,
    actor: Arc<Actor>,
    /// The access version under which `actor` was read; `None`: it has to be read again.
    checked: Option<u64>,
}

impl LiveLogin {
    /// The login that a request was authenticated by. It counts as unchecked: it may have ended since.
    #[must_use]
    pub fn new(actor: Arc<Actor>, token: String) -> Self {
        Self {
            token,
            actor,
            checked: None,
        }
    }

    /// Who logged in, as of the last check.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Makes the next check read the store.
    pub fn doubt(&mut self) {
        self.checked = None;
    }

    /// Whether its time is up.
    #[must_use]
    pub fn is_over(&self, app: &App) -> bool {
        !self.actor.login.is_live(app.clock.now())
    }

    /// Who is logged in now. Call it after reading what is to be sent: then the answer is at least as new.
    ///
    /// # Errors
    /// `Unauthenticated`: the login has ended. `PasswordChangeRequired`: its user must change the password first. `Unavailable`: the store cannot say, so nothing may be sent yet.
    pub async fn check(&mut self, app: &App) -> Result<Arc<Actor>> {
        // Taken before the rows are read: a change meanwhile makes the next check read again.
        let version = app.store.version(ChangeKind::Access);
        if self.checked != Some(version) {
            self.actor = match session::login_state(app, &self.token).await {
                LoginState::Valid(actor) => actor,
                LoginState::Ended => return Err(Error::Unauthenticated),
                LoginState::Unknown => return Err(Error::UNAVAILABLE),
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
