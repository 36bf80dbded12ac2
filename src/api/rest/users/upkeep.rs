//! `users.unblock` and `users.setPresencePolicy`. These routes are ours: Rocket.Chat has neither.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::domain::{Permission, PresencePolicy, UserId};
use crate::service::users::upkeep;

/// The permission to change other users. Creating users, which is less, is not enough to lift a
/// block that protects an account of someone else.
const MAY_CHANGE: Permission = Permission::EditOtherUserInfo;

pub(in crate::api) async fn unblock(request: Request) -> Answer {
    let actor = request.actor_with(MAY_CHANGE).await?;
    let mut fields = request.fields_named(&["userId"], &[])?;
    let id = UserId::new(fields.filled("userId")?);
    let app = request.count_call(Some(&actor))?;
    let unblocked = upkeep::unblock(app, &actor, id).await;
    unblocked.map_err(|e| ErrorContext::OfUser.failed(e))?;
    response::done()
}

pub(in crate::api) async fn set_presence_policy(request: Request) -> Answer {
    let actor = request.actor_with(MAY_CHANGE).await?;
    let mut fields = request.fields_named(&["userId", "policy"], &[])?;
    let id = UserId::new(fields.filled("userId")?);
    let word = fields.text("policy")?.unwrap_or_default();
    let policy = PresencePolicy::named(&word).ok_or_else(unknown_policy)?;
    let app = request.count_call(Some(&actor))?;
    let set = upkeep::set_presence_policy(app, &actor, id, policy).await;
    set.map_err(|e| ErrorContext::OfUser.failed(e))?;
    response::done()
}

fn unknown_policy() -> ApiError {
    ApiError::not_one_of(PresencePolicy::ALL.map(PresencePolicy::as_str)).at("policy")
}
