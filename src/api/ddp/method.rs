//! The table of methods, and a call's way through it. Knows no method's parameters.

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

/// What a method comes to: its result as EJSON; `None` for JavaScript's `undefined`.
pub(in crate::api) type Outcome = Result<Option<Box<RawValue>>, ApiError>;

/// Who calls a method.
#[derive(Clone, Copy)]
pub(in crate::api) struct Caller<'a> {
    /// The user; `None`: nobody who is logged in.
    pub(in crate::api) actor: Option<&'a Arc<Actor>>,
    /// The live connection that the call comes by; `None` over REST.
    pub(in crate::api) connection: Option<&'a Connection>,
    /// Where the call comes from.
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

/// Every method.
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

/// The name of a method for the log, if there is one of this name. Others may hold anything.
pub(in crate::api) fn known(method: &str) -> Option<&'static str> {
    let of_connections = ["login", "logout"].into_iter();
    let names = METHODS.iter().map(|known| known.name);
    names.chain(of_connections).find(|name| *name == method)
}

/// The one method for users who must change the password.
const CHANGE_PASSWORD: &str = "setUserPassword";

/// Calls `method` for `caller`. The limits of methods stand here.
///
/// # Errors
/// `UnknownMethod`, `TooManyMethodCalls`, and what the method itself fails with.
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

    /// Who calls, if anybody is logged in.
    pub(super) fn caller(&self) -> Option<&'a Arc<Actor>> {
        self.caller.actor
    }

    /// The live connection that the call comes by.
    pub(super) fn connection(&self) -> Option<&'a Connection> {
        self.caller.connection
    }

    /// Who calls a method that is not for strangers.
    pub(super) fn actor(&self) -> Result<&'a Arc<Actor>, ApiError> {
        self.caller().ok_or(ApiError::InvalidUser(self.method))
    }

    /// As [`actor`](Self::actor), with where the call comes from.
    pub(super) fn requester(&self) -> Result<Requester, ApiError> {
        let actor = self.actor()?.clone();
        Ok(Requester::new(actor, self.caller.address))
    }

    /// The parameter at this place, which is taken away; null when there is none.
    pub(super) fn param(&mut self, place: usize) -> Value {
        self.params
            .get_mut(place)
            .map(Value::take)
            .unwrap_or_default()
    }
}

/// A result.
pub(in crate::api) fn result(value: &impl Serialize) -> Outcome {
    Ok(Some(to_raw_value(value).map_err(Error::internal)?))
}
