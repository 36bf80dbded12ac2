//! The table of methods, and the dispatch of calls.

use super::{Connection, custom_user_status, password, presence};
use crate::api::Api;
use crate::api::error::ApiError;
use crate::app::App;
use crate::domain::{Actor, Error, Requester};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// The outcome of a method: its result as EJSON; `None` for JavaScript's `undefined`.
pub(in crate::api) type Outcome = Result<Option<Box<RawValue>>, ApiError>;

/// The caller of a method.
#[derive(Clone, Copy)]
pub(in crate::api) struct Caller<'a> {
    /// The user; `None` without a login.
    pub(in crate::api) actor: Option<&'a Arc<Actor>>,
    /// The live connection of the call; `None` over REST.
    pub(in crate::api) connection: Option<&'a Connection>,
    /// The client's address.
    pub(in crate::api) address: IpAddr,
}

/// A call of a method.
pub(super) struct Call<'a> {
    pub(super) api: &'a Api,
    caller: Caller<'a>,
    method: &'static str,
    params: Vec<Value>,
}

struct Method {
    name: &'static str,
    run: for<'a> fn(Call<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>,
}

macro_rules! methods {
    ($($name:literal => $method:path,)*) => {
        &[$(Method { name: $name, run: |call| Box::pin($method(call)) },)*]
    };
}

/// All methods.
static METHODS: &[Method] = methods! {
    "listCustomUserStatus"     => custom_user_status::list,
    "insertOrUpdateUserStatus" => custom_user_status::insert_or_update,
    "deleteCustomUserStatus"   => custom_user_status::delete,
    "setUserStatus"            => presence::set,
    "getUserStatusText"        => presence::find_text,
    "UserPresence:setDefaultStatus" => presence::set_default,
    "UserPresence:online"      => presence::online,
    "UserPresence:away"        => presence::away,
    "UserPresence:ping"        => presence::ping,
    "setUserPassword"          => password::set,
};

/// Returns the method of this name for the log, if there is one. Other names may contain anything.
pub(in crate::api) fn known(method: &str) -> Option<&'static str> {
    let of_connections = ["login", "logout"].into_iter();
    let names = METHODS.iter().map(|known| known.name);
    names.chain(of_connections).find(|name| *name == method)
}

/// The only method for users who must change the password.
const CHANGE_PASSWORD: &str = "setUserPassword";

/// Calls `method` for `caller`. Applies the rate limits.
///
/// # Errors
/// `UnknownMethod`, `TooManyMethodCalls`, and the errors of the method itself.
pub(in crate::api) async fn call(
    api: &Api,
    caller: Caller<'_>,
    method: &str,
    params: Vec<Value>,
) -> Outcome {
    let known = METHODS.iter().find(|known| known.name == method);
    let (name, now) = (known.map(|known| known.name), api.app.clock.now());
    api.method_limits.count_call(caller, name, now)?;
    let known = known.ok_or_else(|| ApiError::UnknownMethod(method.to_owned()))?;
    let method = known.name;
    if let Some(actor) = caller.actor
        && method != CHANGE_PASSWORD
    {
        actor.require_password_settled()?;
    }
    (known.run)(Call {
        api,
        caller,
        method,
        params,
    })
    .await
}

impl<'a> Call<'a> {
    pub(super) fn app(&self) -> &'a App {
        &self.api.app
    }

    /// Returns the user, if the caller is logged in.
    pub(super) fn caller(&self) -> Option<&'a Arc<Actor>> {
        self.caller.actor
    }

    /// Returns the live connection of the call.
    pub(super) fn connection(&self) -> Option<&'a Connection> {
        self.caller.connection
    }

    /// Returns the user, for a method that requires a login.
    pub(super) fn actor(&self) -> Result<&'a Arc<Actor>, ApiError> {
        self.caller().ok_or(ApiError::InvalidUser(self.method))
    }

    /// Like [`actor`](Self::actor), with the client's address.
    pub(super) fn requester(&self) -> Result<Requester, ApiError> {
        let actor = self.actor()?.clone();
        Ok(Requester::new(actor, self.caller.address))
    }

    /// Takes the parameter at this index; null if there is none.
    pub(super) fn param(&mut self, place: usize) -> Value {
        self.params
            .get_mut(place)
            .map(Value::take)
            .unwrap_or_default()
    }
}

/// Serialises a result.
pub(in crate::api) fn result(value: &impl Serialize) -> Outcome {
    Ok(Some(to_raw_value(value).map_err(Error::internal)?))
}
