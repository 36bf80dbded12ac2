//! The methods on users' statuses, and those by which a client reports the state of its connection.
//! Source: Rocket.Chat `setUserStatus.ts`; compatibility 9.3, 9.7 and 9.8.

use super::call::Call;
use super::outcome::{Outcome, result};
use crate::api::error::{ApiError, ErrorContext};
use crate::domain::{Disallowed, Error, UserId, UserKey, UserStatus, What};
use crate::service::presence::{self, StatusDraft};
use serde_json::Value;

/// `[statusType?, statusText?]`: returns nothing. Further parameters are ignored.
pub(super) async fn set(mut call: Call<'_>) -> Outcome {
    let actor = call.actor()?;
    let (status, text) = (status(call.param(0))?, text(call.param(1))?);
    // Unlike over REST, an empty text counts as a change.
    if text.is_some() && !call.app().settings().await?.allow_status_message_change() {
        return Err(of_status(Error::Disallowed(Disallowed::StatusText)));
    }
    let draft = StatusDraft {
        status,
        text,
        expires_at: None,
    };
    let set = presence::set_status(call.app(), actor, None, draft).await;
    set.map_err(of_status)?;
    Ok(None)
}

/// `[status]`: returns `true`. Online ends the chosen status and its text.
pub(super) async fn set_default(mut call: Call<'_>) -> Outcome {
    let Some(actor) = call.caller() else {
        return Ok(None);
    };
    let status = status(call.param(0))?;
    let draft = StatusDraft {
        status,
        text: (status == Some(UserStatus::Online)).then(String::new),
        expires_at: None,
    };
    let set = presence::set_status(call.app(), actor, None, draft).await;
    set.map_err(of_status)?;
    result(&true)
}

/// `[userId]`: returns the text of the user's status; nothing if the user does not exist.
pub(super) async fn find_text(mut call: Call<'_>) -> Outcome {
    let actor = call.actor()?;
    let id = UserId::new(text(call.param(0))?.unwrap_or_default());
    match presence::find(call.app(), actor, Some(UserKey::Id(id))).await {
        Ok(found) => result(&found.shown.text),
        Err(Error::NotFound(What::User(_))) => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

/// `[]`: returns whether the connection's status changed.
pub(super) async fn online(call: Call<'_>) -> Outcome {
    of_connection(&call, UserStatus::Online)
}

/// `[]`: returns whether the connection's status changed.
pub(super) async fn away(call: Call<'_>) -> Outcome {
    of_connection(&call, UserStatus::Away)
}

/// Sets the status of the connection. A call over REST has none, so it changes nothing.
fn of_connection(call: &Call<'_>, status: UserStatus) -> Outcome {
    match call.caller() {
        Some(_) => result(&call.connection().is_some_and(|by| by.set(status))),
        None => Ok(None),
    }
}

/// `[]`: returns nothing. Records a heartbeat, for users whose presence follows heartbeats. For
/// other users, any frame is a sign of life.
pub(super) async fn ping(call: Call<'_>) -> Outcome {
    if let Some(actor) = call.caller() {
        call.app().connections.beat(&actor.user.id);
    }
    Ok(None)
}

/// Parses a status; `None` for null or an empty string.
fn status(param: Value) -> Result<Option<UserStatus>, ApiError> {
    let word = text(param)?.filter(|word| !word.is_empty());
    word.map(|word| UserStatus::named(&word).ok_or(ApiError::NoMatch))
        .transpose()
}

fn text(param: Value) -> Result<Option<String>, ApiError> {
    match param {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(ApiError::NoMatch),
    }
}

fn of_status(error: Error) -> ApiError {
    ErrorContext::SetUserStatus.failed(error)
}
