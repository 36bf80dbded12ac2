//! The method by which users who must change their password set a new one. Source: Rocket.Chat
//! `setUserPassword.ts`.

use super::call::Call;
use super::outcome::Outcome;
use crate::api::error::{AccountContext, ApiError};
use crate::service::users::changes;
use serde_json::Value;

/// `[password]`: returns nothing.
pub(super) async fn set(mut call: Call<'_>) -> Outcome {
    let actor = call.requester()?;
    let Value::String(password) = call.param(0) else {
        return Err(ApiError::NoMatch);
    };
    let set = changes::set_required(call.app(), &actor, &password).await;
    set.map_err(|e| AccountContext::SetPassword.failed(e))?;
    Ok(None)
}
