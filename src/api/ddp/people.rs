//! The method that searches for people. Source: Rocket.Chat
//! `apps/meteor/server/publications/spotlight.ts`.

use super::call::Call;
use super::outcome::{Outcome, result};
use crate::api::error::ApiError;
use crate::api::wire::{SpotlightKinds, SpotlightReply};
use crate::service::presence;
use crate::service::users::directory;
use serde_json::Value;

/// `[text, usernames?, {users?, rooms?}?, roomId?]`: returns the users that match, without those
/// named, and no rooms. Finds nothing without a login.
pub(super) async fn spotlight(mut call: Call<'_>) -> Outcome {
    let Value::String(text) = call.param(0) else {
        return Err(ApiError::NoMatch);
    };
    let except: Option<Vec<String>> =
        serde_json::from_value(call.param(1)).map_err(|_| ApiError::NoMatch)?;
    let kinds = SpotlightKinds::of(call.param(2)).ok_or(ApiError::NoMatch)?;
    let room = call.param(3);
    let kinds = kinds.within(room.as_str().filter(|room| !room.is_empty()));
    let (Some(actor), SpotlightKinds::Users) = (call.caller(), kinds) else {
        return result(&SpotlightReply::new(&[], &[]));
    };
    let except = except.unwrap_or_default();
    let users = directory::spotlight(call.app(), actor, &text, &except).await?;
    let shown = presence::of_all(call.app(), &actor.user.id, &users).await?;
    result(&SpotlightReply::new(&users, &shown))
}
