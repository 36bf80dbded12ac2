//! Runs a call of a method on a live connection: `login` and `logout`, which change the connection,
//! and the methods that REST knows.

use super::login::{self, Way};
use crate::api::Api;
use crate::api::ddp::{self, Connection, Outcome};
use crate::api::error::{ApiError, MethodError};
use crate::domain::{Actor, Permission, Requester, UserId};
use crate::service::authentication;
use crate::service::session::{self, LoggedIn};
use futures_util::FutureExt;
use serde_json::Value;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

/// A running call.
pub(super) type Call = Pin<Box<dyn Future<Output = Called> + Send>>;

/// A finished call.
pub(super) struct Called {
    pub(super) began: Instant,
    pub(super) id: String,
    pub(super) method: String,
    pub(super) outcome: Result<Done, ApiError>,
}

impl Called {
    /// Logs the call, as `answer` does for a request: the method if it is known, the error code if
    /// it failed, and the user.
    pub(super) fn log(&self, error: Option<&MethodError>, user: Option<&UserId>, from: IpAddr) {
        tracing::info!(
            target: "doorsign::call",
            method = ddp::known(&self.method).unwrap_or("unknown"),
            error = error.map(|error| tracing::field::display(error.code())),
            duration_ms = self.began.elapsed().as_micros() as f64 / 1000.0,
            user_id = user.map(UserId::as_str),
            address = %from,
        );
    }
}

/// What a call leads to.
pub(super) enum Done {
    /// The result of a method.
    Result(Outcome),
    /// A user has logged in.
    Entered(LoggedIn, Way),
    /// The user has logged out.
    Left,
    /// A subscription, and those of its users that exist.
    Named(Subscription, Vec<UserId>),
}

/// A requested subscription: its id, its name, and its parameters.
pub(super) type Subscription = (String, String, Vec<Value>);

/// The connection and the login that call a method.
pub(super) struct Caller {
    pub(super) api: Arc<Api>,
    pub(super) connection: Arc<Connection>,
    /// The token of the logged-in user.
    pub(super) token: Option<Arc<str>>,
    pub(super) address: IpAddr,
    /// The client's `User-Agent`.
    pub(super) client: Option<Arc<str>>,
}

impl Caller {
    /// Calls `method`. `id` is the client's id of the call.
    pub(super) fn call(self, id: String, method: String, params: Vec<Value>) -> Call {
        let began = Instant::now();
        Box::pin(async move {
            // A panic is a bug, and fails only the call that caused it.
            let done = AssertUnwindSafe(self.run(&method, params))
                .catch_unwind()
                .await;
            Called {
                began,
                id,
                outcome: done.unwrap_or_else(|panic| Err(ApiError::panicked(panic.as_ref()))),
                method,
            }
        })
    }

    async fn run(&self, method: &str, params: Vec<Value>) -> Result<Done, ApiError> {
        let app = &self.api.app;
        let recognised = match &self.token {
            Some(token) => Some(authentication::authenticate_token(app, token).await),
            None => None,
        };
        if method == "login" {
            // The connection's previous login is irrelevant and may have ended.
            let actor = recognised.and_then(Result::ok);
            self.count_call(actor.as_ref(), "login")?;
            let with = login::read(params)?;
            if with.1 == Way::Password {
                self.count_login(actor.as_ref())?;
            }
            let (entered, way) =
                login::log_in(app, self.address, self.client.as_deref(), with).await?;
            return Ok(Done::Entered(entered, way));
        }
        let actor = recognised.transpose()?;
        if method == "logout" {
            self.count_call(actor.as_ref(), "logout")?;
            if let Some(actor) = actor {
                session::logout(app, &Requester::new(actor, self.address)).await?;
            }
            return Ok(Done::Left);
        }
        let caller = self.of(actor.as_ref());
        Ok(Done::Result(
            ddp::call(&self.api, caller, method, params).await,
        ))
    }

    /// Counts a password login against the address's limit for logins over REST. A login by token
    /// is cheap, and after a restart all clients behind an address log in with one.
    fn count_login(&self, actor: Option<&Arc<Actor>>) -> Result<(), ApiError> {
        let is_exempt = actor.is_some_and(|a| a.grants.contains(Permission::BypassRateLimit));
        let now = self.api.app.clock.now();
        match self.api.quotas.count_login(self.address, now) {
            Some(wait) if !is_exempt => Err(ApiError::TooManyMethodCalls(wait)),
            _ => Ok(()),
        }
    }

    fn count_call(&self, actor: Option<&Arc<Actor>>, method: &'static str) -> Result<(), ApiError> {
        let now = self.api.app.clock.now();
        let limits = &self.api.method_limits;
        limits.count_call(self.of(actor), Some(method), now)
    }

    fn of<'a>(&'a self, actor: Option<&'a Arc<Actor>>) -> ddp::Caller<'a> {
        ddp::Caller {
            actor,
            connection: Some(&self.connection),
            address: self.address,
        }
    }
}
