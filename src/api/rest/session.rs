//! `login`, `logout` and `me`. Source: Rocket.Chat `apps/meteor/server/api/ApiClass.ts`
//! (`_initAuth`); compatibility 6.1 to 6.3.

use crate::api::error::ErrorContext;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire;
use crate::api::wire::credentials;
use crate::domain::Error;
use crate::service::presence;
use crate::service::session;

pub(in crate::api) async fn login(request: Request) -> Answer {
    let fields = request.lenient_fields().ok();
    let with = fields
        .and_then(credentials::of_body)
        .ok_or(Error::LoginRefused)?;
    let app = request.count_call(None)?;
    let entered = session::login(app, with, request.address(), request.user_agent())
        .await
        .map_err(|e| ErrorContext::Login(app.clock.now()).failed(e))?;
    request.record_actor(&entered.actor);
    let shown = presence::of(app, &entered.actor.user.id).await?;
    response::success(&wire::LoginReply::new(
        &entered.actor,
        &shown,
        &entered.token,
        &request.site_url(),
    ))
}

pub(in crate::api) async fn logout(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    session::logout(request.count_call(Some(&actor))?, &actor).await?;
    response::ok(&wire::LogoutReply::GOODBYE)
}

pub(in crate::api) async fn me(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    let shown = presence::of(request.count_call(Some(&actor))?, &actor.user.id).await?;
    response::ok(&wire::Me::alone(&actor, &shown, &request.site_url()))
}
