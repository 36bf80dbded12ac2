//! Changing users and their preferences.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::fields::Fields;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{self, PreferencesReply, UserReply, UserRow};
use crate::app::App;
use crate::domain::{Actor, Error, User, UserId};
use crate::service::presence;
use crate::service::users::changes;
use crate::service::users::current_password::CurrentPassword;
use crate::service::users::preferences;
use crate::service::users::user_changes::UserChanges;
use crate::service::users::visibility;
use serde_json::Value;

/// The fields of `data` that both routes accept.
const BOTH: [&str; 6] = ["email", "name", "username", "nickname", "bio", "statusText"];
/// Further fields of `data` for `users.update`. Some have no effect: mails and custom fields do not
/// exist here, and Rocket.Chat ignores `status`. `currentPassword` is ours:
/// Rocket.Chat asks for a second factor.
const UPDATE: [&str; 14] = [
    "currentPassword",
    "password",
    "active",
    "roles",
    "requirePasswordChange",
    "setRandomPassword",
    "verified",
    "sendWelcomeEmail",
    "customFields",
    "freeSwitchExtension",
    "sipExtension",
    "status",
    "presenceDisabledByAdmin",
    "statusVisibilityDeniedByAdmin",
];
const OWN: [&str; 3] = ["statusType", "currentPassword", "newPassword"];

pub(in crate::api) async fn update(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["userId", "data"], &["confirmRelinquish"])?;
    let id = UserId::new(fields.filled("userId")?);
    let mut data = inside(&mut fields, &UPDATE)?;
    let current = data.text("currentPassword")?;
    fields.flag("confirmRelinquish")?;
    let new = UserChanges {
        password: data.text("password")?,
        active: data.flag("active")?,
        roles: data.texts("roles")?,
        require_password_change: data.flag("requirePasswordChange")?,
        random_password: data.flag("setRandomPassword")?.unwrap_or_default(),
        email_verified: data.flag("verified")?,
        presence_disabled: data.flag("presenceDisabledByAdmin")?,
        denied_by_admin: data.texts("statusVisibilityDeniedByAdmin")?,
        ..both(&mut data)?
    };
    let app = request.count_call(Some(&actor))?;
    let changed = changes::update(app, &actor, id, new, current_password(&request, current)).await;
    user_reply(app, &actor, changed, "saveUser").await
}

pub(in crate::api) async fn update_own_basic_info(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    let mut fields = request.fields_named(&["data"], &["customFields"])?;
    let mut data = inside(&mut fields, &OWN)?;
    let current = data.text("currentPassword")?;
    let new = UserChanges {
        password: data.text("newPassword")?,
        status_type: data.text("statusType")?,
        ..both(&mut data)?
    };
    let app = request.count_call(Some(&actor))?;
    let changed = changes::update_own(app, &actor, new, current_password(&request, current)).await;
    user_reply(app, &actor, changed, "saveUserProfile").await
}

pub(in crate::api) async fn set_preferences(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["data"], &["userId"])?;
    let id = fields.text("userId")?.filter(|id| !id.is_empty());
    let id = id.map_or_else(|| actor.user.id.clone(), UserId::new);
    let new = match fields.take("data") {
        Some(Value::Object(data)) => {
            wire::preferences::check(&data).map_err(|refused| refused.at("data"))?
        }
        _ => return Err(ApiError::invalid_params("must be object").at("data")),
    };
    let app = request.count_call(Some(&actor))?;
    let user = preferences::set(app, &actor, id, new)
        .await
        .map_err(|e| AccountContext::Preferences.failed(e))?;
    let rules = visibility::of(app, &actor, &user.id).await?;
    response::success(&PreferencesReply::of(&user, &rules))
}

/// Returns the object `data`, which may contain these fields and those of [`BOTH`].
fn inside(fields: &mut Fields, further: &[&str]) -> Result<Fields, ApiError> {
    let data = fields.object("data")?;
    let data = data.ok_or_else(|| ApiError::missing_property("data"))?;
    data.refuse_unknown(&[&BOTH, further].concat())?;
    Ok(data)
}

fn both(data: &mut Fields) -> Result<UserChanges, ApiError> {
    Ok(UserChanges {
        email: data.text("email")?,
        name: data.text("name")?,
        username: data.text("username")?,
        nickname: data.text("nickname")?,
        bio: data.text("bio")?,
        status_text: data.text("statusText")?,
        ..UserChanges::default()
    })
}

fn current_password(request: &Request, text: Option<String>) -> CurrentPassword {
    let address = request.address();
    CurrentPassword { text, address }
}

/// `method` is the one that Rocket.Chat calls for the change.
async fn user_reply(
    app: &App,
    actor: &Actor,
    changed: Result<User, Error>,
    method: &'static str,
) -> Answer {
    let context = AccountContext::Change(method, app.clock.now());
    let user = changed.map_err(|e| context.failed(e))?;
    let shown = presence::of(app, &actor.user.id, &user.id).await?;
    let rules = visibility::of(app, actor, &user.id).await?;
    response::success(&UserReply {
        user: UserRow::whole(&user, &shown).with_rules(&rules),
    })
}
