//! `login`, `logout` and `me`. Source: Rocket.Chat `apps/meteor/server/api/ApiClass.ts`
//! (`_initAuth`); compatibility 6.1 to 6.3.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::fields::Fields;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire;
use crate::api::wire::credentials;
use crate::app::Contract;
use crate::domain::Error;
use crate::service::presence;
use crate::service::session;
use crate::service::users::visibility;

pub(in crate::api) async fn login(request: Request) -> Answer {
    let with = credentials::of_body(fields(&request)?).ok_or(Error::LoginRefused)?;
    let app = request.count_call(None)?;
    let entered = session::login(app, with, request.address(), request.user_agent())
        .await
        .map_err(|e| ErrorContext::Login(app.clock.now()).failed(e))?;
    request.record_actor(&entered.actor);
    let user = &entered.actor.user.id;
    let shown = presence::of(app, user, user).await?;
    let rules = visibility::own(app, user).await?;
    response::success(&wire::LoginReply::new(
        &entered.actor,
        (&shown, &rules),
        &entered.token,
        &request.site_url(),
    ))
}

/// Reads the fields of a login. As on Rocket.Chat, a body without fields is a refused login; the
/// documented contract says why it cannot be read.
fn fields(request: &Request) -> Result<Fields, ApiError> {
    let fields = request.reported_fields();
    fields.map_err(|unreadable| match request.app().rules.contract {
        Contract::Documented => unreadable,
        Contract::Server => Error::LoginRefused.into(),
    })
}

pub(in crate::api) async fn logout(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    session::logout(request.count_call(Some(&actor))?, &actor).await?;
    response::ok(&wire::LogoutReply::GOODBYE)
}

pub(in crate::api) async fn me(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    let user = &actor.user.id;
    let app = request.count_call(Some(&actor))?;
    let shown = presence::of(app, user, user).await?;
    let rules = visibility::own(app, user).await?;
    response::ok(&wire::Me::alone(
        &actor,
        (&shown, &rules),
        &request.site_url(),
    ))
}
