//! The table of methods, and the dispatch of calls.

use super::call::Call;
use super::connection::Caller;
use super::outcome::Outcome;
use super::{custom_user_status, password, people, presence, profile, startup};
use crate::api::Api;
use crate::api::error::ApiError;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

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
    "saveUserProfile"          => profile::save,
    "userSetUtcOffset"         => profile::set_utc_offset,
    "spotlight"                => people::spotlight,
    "rooms/get"                => startup::no_changes,
    "subscriptions/get"        => startup::no_changes,
    "listEmojiCustom"          => startup::nothing,
    "license:getModules"       => startup::modules,
    "license:isEnterprise"     => startup::no_license,
    "getUserRoles"             => startup::public_roles,
    "permissions/get"          => startup::permissions,
    "public-settings/get"      => startup::public_settings,
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
