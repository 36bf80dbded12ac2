//! The methods by which users change their own record. Source: Rocket.Chat
//! `saveUserProfile.ts`.

use super::call::Call;
use super::outcome::{Outcome, result};
use crate::api::error::{AccountContext, ApiError};
use crate::api::http::fields::Fields;
use crate::api::wire;
use crate::service::users::changes;
use crate::service::users::current_password::CurrentPassword;
use crate::service::users::preferences;
use crate::service::users::user_changes::UserChanges;
use serde_json::Value;

/// `[{realname?, username?, email?, bio?, nickname?, statusText?, statusType?, newPassword?,
/// typedPassword?}, customFields?]`: returns `true`. Other keys are ignored: clients send their
/// whole form.
pub(super) async fn save(mut call: Call<'_>) -> Outcome {
    let actor = call.requester()?;
    let Value::Object(settings) = call.param(0) else {
        return Err(ApiError::NoMatch);
    };
    let mut fields = Fields::of(settings);
    let text = fields.text("typedPassword")?;
    let new = UserChanges {
        username: fields.text("username")?,
        name: fields.text("realname")?,
        email: fields.text("email")?,
        bio: fields.text("bio")?,
        nickname: fields.text("nickname")?,
        password: fields.text("newPassword")?,
        status_text: fields.text("statusText")?,
        status_type: fields.text("statusType")?,
        ..UserChanges::default()
    };
    let address = call.caller.address;
    let current = CurrentPassword { text, address };
    let context = AccountContext::Change("saveUserProfile", call.app().clock.now());
    let changed = changes::update_own(call.app(), &actor, new, current).await;
    changed.map_err(|e| context.failed(e))?;
    result(&true)
}

/// `[hours]`: returns nothing. Changes the offset of the user's time zone. Does nothing without a
/// login. Source: Rocket.Chat `userSetUtcOffset.ts`.
pub(super) async fn set_utc_offset(mut call: Call<'_>) -> Outcome {
    let hours = call.param(0);
    if !hours.is_number() {
        return Err(ApiError::NoMatch);
    }
    let minutes = wire::preferences::minutes(&hours)?;
    if call.caller().is_some() {
        preferences::set_utc_offset(call.app(), &call.requester()?, minutes).await?;
    }
    Ok(None)
}
