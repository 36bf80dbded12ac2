//! `method.call` and `method.callAnon`: realtime methods over REST. Which method runs is said in the message; the path names it for the log
//! of a proxy only. Source: Rocket.Chat `apps/meteor/app/api/server/v1/misc.ts`; compatibility 8.3.

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

/// For everybody; credentials that are good count.
pub(in crate::api) async fn call_anonymously(request: Request) -> Answer {
    let actor = match request.actor_in_any_state().await {
        Ok(actor) => Some(actor),
        Err(ApiError::Domain(Error::Unauthenticated)) => None,
        Err(failed) => return Err(failed),
    };
    answer(&request, actor.as_ref().map(Requester::actor)).await
}

/// Not admitted as other requests are: methods have limits of their own, by user.
async fn answer(request: &Request, actor: Option<&Arc<Actor>>) -> Answer {
    let mut fields = request.lenient_fields()?;
    fields.require(&["message"])?;
    fields.refuse_unknown(&["message"])?;
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
