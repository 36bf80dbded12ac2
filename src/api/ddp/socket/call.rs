//! A call of a method on its way: those of the login, which are the connection's own, and those that REST knows, too. Knows nothing of what
//! becomes of the connection.

use super::login::{self, Way};
use crate::api::Api;
use crate::api::ddp::{self, Connection, Outcome};
use crate::api::error::{ApiError, MethodError};
use crate::domain::{Actor, Permission, Requester, UserId};
use crate::service::session::{self, LoggedIn};
use futures_util::FutureExt;
use serde_json::Value;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

/// A call under way.
pub(super) type Call = Pin<Box<dyn Future<Output = Called> + Send>>;

/// What a call came to.
pub(super) struct Called {
    pub(super) began: Instant,
    pub(super) id: String,
    pub(super) method: String,
    pub(super) outcome: Result<Done, ApiError>,
}

impl Called {
    /// Writes the call's line in the log, as `answer` does for a request: the method if there is one of that name, the code of the error
    /// if it failed, and for whom it ran.
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

/// What is to be done with what a call came to.
pub(super) enum Done {
    /// A method's own result.
    Result(Outcome),
    /// Somebody has logged in.
    Entered(LoggedIn, Way),
    /// The user has logged out.
    Left,
    /// Those of the people whom a subscription names that there are.
    Named(Subscription, Vec<UserId>),
}

/// A subscription that is asked for: its id, its name, and its parameters.
pub(super) type Subscription = (String, String, Vec<Value>);

/// By what and for whom a method is called.
pub(super) struct Caller {
    pub(super) api: Arc<Api>,
    pub(super) connection: Arc<Connection>,
    /// The token of who is logged in.
    pub(super) token: Option<Arc<str>>,
    pub(super) address: IpAddr,
    /// What the client calls itself.
    pub(super) client: Option<Arc<str>>,
}

impl Caller {
    /// Calls `method`. What it comes to is named by the `id` that the client gave the call.
    pub(super) fn call(self, id: String, method: String, params: Vec<Value>) -> Call {
        let began = Instant::now();
        Box::pin(async move {
            // A panic is a bug, and costs its own call alone.
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
            Some(token) => Some(session::recognise(app, token).await),
            None => None,
        };
        if method == "login" {
            // Whose connection it has been does not matter, and may be over.
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

    /// Counts a login by password against the limit that the address has for logins over REST. A login by token costs little, and
    /// after a restart everyone behind an address comes back with one.
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
