//! Creating, deleting and deactivating users, and ending their logins.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::coercion;
use crate::api::http::fields::Fields;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::user_selector;
use crate::api::wire::{
    ActiveReply, Activity, CountReply, DeletedReply, KeptLogin, LoggedOut, UserReply, UserRow,
};
use crate::domain::{Permission, UserId};
use crate::service::presence;
use crate::service::users::accounts::{self, NewAccount};
use crate::service::users::current_password::CurrentPassword;
use crate::service::users::visibility;
use serde_json::Value;

/// Accepted without effect. Channels, mails, custom fields and telephones do not exist here, and
/// Rocket.Chat does not store a status text at creation either. `fields` used to select the fields
/// of the response.
const WITHOUT_EFFECT: [&str; 8] = [
    "joinDefaultChannels",
    "sendWelcomeEmail",
    "customFields",
    "freeSwitchExtension",
    "sipExtension",
    "phones",
    "statusText",
    "fields",
];

pub(in crate::api) async fn create(request: Request) -> Answer {
    let actor = request.actor().await?;
    let new = new_account(request.lenient_fields()?)?;
    let app = request.count_call(Some(&actor))?;
    let user = accounts::create(app, &actor, new)
        .await
        .map_err(|e| AccountContext::Create.failed(e))?;
    let shown = presence::of(app, &actor.user.id, &user.id).await?;
    let rules = visibility::of(app, &actor, &user.id).await?;
    response::success(&UserReply {
        user: UserRow::whole(&user, &shown).with_rules(&rules),
    })
}

fn new_account(mut fields: Fields) -> Result<NewAccount, ApiError> {
    const REQUIRED: [&str; 4] = ["email", "name", "password", "username"];
    const OPTIONAL: [&str; 8] = [
        "active",
        "bio",
        "nickname",
        "roles",
        "requirePasswordChange",
        "setRandomPassword",
        "verified",
        "presenceDisabledByAdmin",
    ];
    fields.require(&REQUIRED)?;
    fields.refuse_unknown(&[&REQUIRED[..], &OPTIONAL, &WITHOUT_EFFECT].concat())?;
    let password = fields.text("password")?;
    let [email, name, username, bio, nickname] =
        ["email", "name", "username", "bio", "nickname"].map(|field| fields.text(field));
    let flag = |fields: &mut Fields, name| fields.flag(name).map(Option::unwrap_or_default);
    let new = NewAccount {
        email: email?.unwrap_or_default(),
        name: name?.unwrap_or_default(),
        username: username?.unwrap_or_default(),
        bio: bio?.unwrap_or_default(),
        nickname: nickname?.unwrap_or_default(),
        active: fields.flag("active")?.unwrap_or(true),
        roles: fields
            .texts("roles")?
            .unwrap_or_else(|| vec!["user".to_owned()]),
        require_password_change: flag(&mut fields, "requirePasswordChange")?,
        email_verified: flag(&mut fields, "verified")?,
        presence_disabled: flag(&mut fields, "presenceDisabledByAdmin")?,
        password,
    };
    let random = flag(&mut fields, "setRandomPassword")?;
    for name in ["joinDefaultChannels", "sendWelcomeEmail"] {
        fields.flag(name)?;
    }
    Ok(NewAccount {
        password: (!random).then(|| new.password.unwrap_or_default()),
        ..new
    })
}

pub(in crate::api) async fn delete(request: Request) -> Answer {
    let actor = request.actor_with(Permission::DeleteUser).await?;
    let mut fields =
        request.fields_named(&[], &["userId", "username", "user", "confirmRelinquish"])?;
    let key = user_selector::named(|name| fields.text(name))?;
    let key = key.ok_or_else(|| ApiError::missing_property("userId"))?;
    accounts::delete(request.count_call(Some(&actor))?, &actor, key)
        .await
        .map_err(|e| AccountContext::Delete.failed(e))?;
    response::success(&DeletedReply::DONE)
}

pub(in crate::api) async fn set_active_status(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::EditOtherUserActiveStatus)
        .await?;
    let mut fields = request.fields_named(&["userId", "activeStatus"], &["confirmRelinquish"])?;
    let id = UserId::new(fields.text("userId")?.unwrap_or_default());
    let active = fields.flag("activeStatus")?.unwrap_or_default();
    let user = accounts::set_active(request.count_call(Some(&actor))?, &actor, id, active)
        .await
        .map_err(|e| AccountContext::SetActive.failed(e))?;
    response::success(&ActiveReply {
        user: Activity {
            _id: user.id.as_str(),
            active: user.active,
        },
    })
}

pub(in crate::api) async fn logout(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&[], &["userId"])?;
    let own = actor.user.id.as_str();
    let id = fields.text("userId")?.unwrap_or_else(|| own.to_owned());
    let user = UserId::new(id.clone());
    accounts::end_logins(request.count_call(Some(&actor))?, &actor, user)
        .await
        .map_err(|e| AccountContext::Logout.failed(e))?;
    response::success(&LoggedOut::of(&id))
}

pub(in crate::api) async fn remove_other_tokens(request: Request) -> Answer {
    let actor = request.actor().await?;
    accounts::end_other_logins(request.count_call(Some(&actor))?, &actor).await?;
    response::done()
}

pub(in crate::api) async fn logout_other_clients(request: Request) -> Answer {
    let actor = request.actor().await?;
    accounts::end_other_logins(request.count_call(Some(&actor))?, &actor).await?;
    response::success(&KeptLogin::new(request.token(), &actor.login))
}

pub(in crate::api) async fn delete_own_account(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["password"], &["confirmRelinquish"])?;
    let current = CurrentPassword {
        text: fields.text("password")?,
        address: request.address(),
    };
    fields.flag("confirmRelinquish")?;
    let app = request.count_call(Some(&actor))?;
    let deleted = accounts::delete_own(app, &actor, current).await;
    deleted.map_err(|e| AccountContext::DeleteOwn(app.clock.now()).failed(e))?;
    response::done()
}

fn days(value: &Value) -> Result<u32, ApiError> {
    let days = coercion::number(value)?.as_u64();
    let days = days.and_then(|days| u32::try_from(days).ok());
    days.ok_or_else(|| ApiError::invalid_params("must be a whole number from 0"))
}

pub(in crate::api) async fn deactivate_idle(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::EditOtherUserActiveStatus)
        .await?;
    let mut fields = request.fields_named(&["daysIdle"], &["role"])?;
    let days = days(&fields.take("daysIdle").unwrap_or_default());
    let days = days.map_err(|refused| refused.at("daysIdle"))?;
    let role = fields.text("role")?.unwrap_or_else(|| "user".to_owned());
    let app = request.count_call(Some(&actor))?;
    let count = accounts::deactivate_idle(app, &actor, days, role).await?;
    response::success(&CountReply::from(count))
}
