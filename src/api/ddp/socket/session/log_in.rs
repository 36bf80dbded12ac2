//! Logging in and out on a live connection, and the end of its login.

use super::Session;
use super::attached_login::Login;
use crate::api::ddp::Outcome;
use crate::api::ddp::socket::login::{self, Way};
use crate::api::wire::frame::{DocumentChange, Reply, text_of};
use crate::api::wire::stream_frames;
use crate::domain::{Error, LoginKind, UserId};
use crate::realtime::hub::Topic;
use crate::service::authentication::{self, LoginState};
use crate::service::session::LoggedIn;
use std::sync::atomic::AtomicBool;

/// How a connection lost its login.
pub(in crate::api::ddp::socket) enum Loss {
    /// The login has ended.
    Ended,
    /// The store is unavailable, so it is unknown whether the login has ended.
    Unknown,
}

impl Session {
    /// Attaches a login to the connection. Subscribes before it checks the login again: a login
    /// that ended in the meantime is noticed by the check, and one that ends later by the
    /// subscription.
    pub(super) async fn enter(&mut self, entered: LoggedIn, way: Way) -> (Vec<String>, Outcome) {
        let LoggedIn { actor, token } = entered;
        let user = actor.user.id.clone();
        let mut frames = Vec::new();
        if self.login.as_ref().is_some_and(|login| login.user != user) {
            frames = self.forget_user(Some(&user));
        }
        self.listener.subscribe(Topic::OwnUser(user.clone()));
        self.listener.set_viewer(Some(user.clone()));
        let outcome = login::result_of(&actor, &token, way);
        self.login = Some(Login {
            is_by_password: matches!(actor.login.kind, LoginKind::Password),
            is_restricted: AtomicBool::new(actor.require_password_settled().is_err()),
            ends: actor.login.expires_at,
            user: user.clone(),
            token: token.into(),
        });
        let refused = match self.login_state().await {
            Some(LoginState::Ended) => Some(Error::LoginRefused),
            Some(LoginState::Unknown(error)) => Some(error),
            Some(LoginState::Valid(actor)) => {
                // Includes changes of the user from before the subscription.
                self.login
                    .iter()
                    .for_each(|login| login.follow(&actor.user));
                None
            }
            None => None,
        };
        if let Some(refused) = refused {
            frames.extend(self.leave());
            return (frames, Err(refused.into()));
        }
        self.meter.log_in();
        self.connection.enter(self.api.app.connections.open(user));
        frames.push(stream_frames::published(DocumentChange::Added, &actor.user));
        (frames, outcome)
    }

    pub(super) fn leave(&mut self) -> Vec<String> {
        self.meter.log_out();
        self.connection.leave();
        self.forget_user(None)
    }

    /// Detaches the user. `next` is the user who takes over, if any.
    fn forget_user(&mut self, next: Option<&UserId>) -> Vec<String> {
        let Some(login) = self.login.take() else {
            return Vec::new();
        };
        let id = login.user.as_str();
        let removed = text_of(&Reply::Removed {
            collection: "users",
            id,
        });
        let mut frames = vec![removed];
        self.listener.set_viewer(None);
        frames.extend(self.streams.end_forbidden(&mut self.listener, next));
        self.listener.unsubscribe(&Topic::OwnUser(login.user));
        frames
    }

    /// Returns the state of the connection's login; `None` without one.
    async fn login_state(&self) -> Option<LoginState> {
        match &self.login {
            Some(login) => Some(authentication::login_state(&self.api.app, &login.token).await),
            None => None,
        }
    }

    /// Checks the connection's login after logins of its user have ended. Returns why the
    /// connection must end, if it must.
    pub(in crate::api::ddp::socket) async fn loss_of_login(&self) -> Option<Loss> {
        match self.login_state().await? {
            LoginState::Valid(_) => None,
            LoginState::Ended => Some(Loss::Ended),
            LoginState::Unknown(_) => Some(Loss::Unknown),
        }
    }

    /// Returns whether a user is logged in.
    pub(in crate::api::ddp::socket) fn is_logged_in(&self) -> bool {
        self.user().is_some()
    }

    /// Returns whether the connection's login has expired.
    pub(in crate::api::ddp::socket) fn login_is_over(&self) -> bool {
        let ends = self.login.as_ref().and_then(|login| login.ends);
        ends.is_some_and(|end| end <= self.api.app.clock.now())
    }
}
