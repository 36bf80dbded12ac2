//! `method.call` and `method.callAnon`: realtime methods over REST. The message names the method to
//! run; the path names it only for the logs of proxies. Source: Rocket.Chat
//! `apps/meteor/app/api/server/v1/misc.ts`; compatibility 8.3.

use crate::api::ddp;
use crate::api::error::ApiError;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{MethodCall, MethodReply};
use crate::domain::{Actor, Error, Requester};
use std::sync::Arc;
use warp::http::StatusCode;

pub(in crate::api) async fn call(request: Request) -> Answer {
    let actor = request.actor_in_any_state().await?;
    answer(&request, Some(actor.actor())).await
}

/// Open to everyone; uses valid credentials if there are any.
pub(in crate::api) async fn call_anonymously(request: Request) -> Answer {
    let actor = match request.actor_in_any_state().await {
        Ok(actor) => Some(actor),
        Err(ApiError::Domain(Error::Unauthenticated)) => None,
        Err(failed) => return Err(failed),
    };
    answer(&request, actor.as_ref().map(Requester::actor)).await
}

/// Does not call `count_call`: methods have limits of their own, per user.
async fn answer(request: &Request, actor: Option<&Arc<Actor>>) -> Answer {
    let mut fields = request.fields_named(&["message"], &[])?;
    let MethodCall { id, method, params } =
        MethodCall::read(&fields.text("message")?.unwrap_or_default())?;
    let caller = ddp::Caller {
        actor,
        connection: None,
        address: request.address(),
    };
    let outcome = ddp::call(&request.api, caller, &method, params).await;
    let reply = MethodReply::new(id, &method, outcome).map_err(Error::internal)?;
    let status = if reply.success {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    response::with_status(status, &reply)
}
