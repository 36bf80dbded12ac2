//! `users.register`: people create their own account.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{UserReply, UserRow};
use crate::service::presence;
use crate::service::users::registration::{self, NewRegistration};

/// Accepted without effect: new users need no approval here, and custom fields do not exist.
const WITHOUT_EFFECT: [&str; 2] = ["reason", "customFields"];

pub(in crate::api) async fn register(request: Request) -> Answer {
    if request.actor_in_any_state().await.is_ok() {
        return Err(ApiError::Bare("Logged in users can not register again."));
    }
    let optional = [&["name", "secret"][..], &WITHOUT_EFFECT].concat();
    let mut fields = request.fields_named(&["username", "email", "pass"], &optional)?;
    let [username, name, email, password, secret] =
        ["username", "name", "email", "pass", "secret"].map(|field| fields.text(field));
    let new = NewRegistration {
        username: username?.unwrap_or_default(),
        name: name?.unwrap_or_default(),
        email: email?.unwrap_or_default(),
        password: password?.unwrap_or_default(),
        secret: secret?.unwrap_or_default(),
    };
    let app = request.count_call(None)?;
    let registered = registration::register(app, new, request.address()).await;
    let user = registered.map_err(|e| AccountContext::Register(app.clock.now()).failed(e))?;
    let shown = presence::of(app, &user.id, &user.id).await?;
    response::success(&UserReply {
        user: UserRow::whole(&user, &shown),
    })
}
