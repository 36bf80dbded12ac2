//! The table of methods, and a call's way through it. Knows no method's parameters.

use super::{custom_user_status, presence};
use crate::api::Api;
use crate::api::error::ApiError;
use crate::app::App;
use crate::domain::{Actor, Error};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a method comes to: its result as EJSON; `None` for JavaScript's `undefined`.
pub(in crate::api) type Outcome = Result<Option<Box<RawValue>>, ApiError>;

/// A call of a method.
pub(super) struct Call<'a> {
    pub(super) api: &'a Api,
    /// Who calls; `None`: nobody who is logged in.
    actor: Option<&'a Arc<Actor>>,
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
    "UserPresence:online"      => presence::of_connection,
    "UserPresence:away"        => presence::of_connection,
    "UserPresence:ping"        => presence::ping,
};

/// Calls `method` for `actor` (`None`: nobody who is logged in). The limits of methods stand here.
///
/// # Errors
/// `UnknownMethod`, `TooManyMethodCalls`, and what the method itself fails with.
pub(in crate::api) async fn call(
    api: &Api,
    actor: Option<&Arc<Actor>>,
    method: &str,
    params: Vec<Value>,
) -> Outcome {
    let known = METHODS.iter().find(|known| known.name == method);
    let known = known.ok_or_else(|| ApiError::UnknownMethod(method.to_owned()))?;
    if let Some(actor) = actor {
        let now = api.app.clock.now();
        api.method_limits.admit(actor, known.name, now)?;
    }
    let method = known.name;
    (known.run)(Call {
        api,
        actor,
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
        self.actor
    }

    /// Who calls a method that is not for strangers.
    pub(super) fn actor(&self) -> Result<&'a Arc<Actor>, ApiError> {
        self.actor.ok_or(ApiError::InvalidUser(self.method))
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
pub(super) fn result(value: &impl Serialize) -> Outcome {
    Ok(Some(to_raw_value(value).map_err(Error::internal)?))
}
