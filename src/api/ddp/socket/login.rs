//! The methods `login` and `logout` on a live connection. Source: Meteor `accounts-base`;
//! compatibility 9.2.

use crate::api::ddp::{Outcome, result};
use crate::api::error::{ApiError, ErrorContext};
use crate::api::wire::credentials;
use crate::api::wire::date::Ejson;
use crate::app::App;
use crate::domain::{Actor, Timestamp};
use crate::service::session::{self, LoggedIn, LoginWith};
use serde::Serialize;
use serde_json::Value;
use std::net::IpAddr;

/// The expiry date sent for a login that never expires: the year 2100.
const FOR_EVER: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// The way of logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a token from an earlier login.
    Resume,
    /// By password.
    Password,
}

/// Parses the parameters of `login`: `[{resume}]`, or `[{user, password}]` with the password in
/// plain text or as its digest.
pub(super) fn read(params: Vec<Value>) -> Result<(LoginWith, Way), ApiError> {
    let with = match params.into_iter().next() {
        Some(Value::Object(fields)) => credentials::realtime(&fields),
        _ => None,
    };
    let with = with.ok_or(ApiError::UnknownLogin)?;
    let way = match with {
        LoginWith::Resume(_) => Way::Resume,
        LoginWith::Password { .. } => Way::Password,
    };
    Ok((with, way))
}

/// Logs in.
pub(super) async fn log_in(
    app: &App,
    address: IpAddr,
    client: Option<&str>,
    (with, way): (LoginWith, Way),
) -> Result<(LoggedIn, Way), ApiError> {
    let context = match way {
        Way::Resume => ErrorContext::RealtimeResume,
        Way::Password => ErrorContext::RealtimeLogin,
    };
    let entered = session::login(app, with, address, client).await;
    let entered = entered.map_err(|e| context(app.clock.now()).failed(e))?;
    Ok((entered, way))
}

#[derive(Serialize)]
struct Entered<'a> {
    id: &'a str,
    token: &'a str,
    #[serde(rename = "tokenExpires")]
    token_expires: Ejson,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Renders the result of a login. Clients require an expiry date, even for a token that never
/// expires.
pub(super) fn result_of(actor: &Actor, token: &str, way: Way) -> Outcome {
    let ends = actor.login.expires_at.unwrap_or(FOR_EVER);
    result(&Entered {
        id: actor.user.id.as_str(),
        token,
        token_expires: ends.into(),
        kind: match way {
            Way::Resume => "resume",
            Way::Password => "password",
        },
    })
}
