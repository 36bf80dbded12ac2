//! Logging in and out by a live connection. Source: Meteor `accounts-base`; compatibility 9.2. Knows no socket.

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

/// What is told of a login that has no end: the year 2100.
const FOR_EVER: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// How somebody logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Way {
    /// By a token that was handed out earlier.
    Resume,
    /// By password.
    Password,
}

/// What the method `login` logs in with: `[{resume}]`, or `[{user, password}]` with the password in plain text or as its digest.
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
    let entered = session::login(app, with, address, client).await;
    let entered =
        entered.map_err(|e| ErrorContext::RealtimeLogin(way, app.clock.now()).failed(e))?;
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

/// The result of a login. Every client needs an end of the token, also of one that has none.
pub(super) fn told(actor: &Actor, token: &str, way: Way) -> Outcome {
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
