//! `users.claims` and `users.endClaim`: what a user's status consists of. These routes are ours:
//! Rocket.Chat has the claims and no route for them.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::user_selector;
use crate::api::wire::ClaimsReply;
use crate::domain::{ClaimSource, Error};
use crate::service::presence;

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &user_selector::NAMES)?;
    let whose = user_selector::named(|name| Ok(query.text(name)?.map(str::to_owned)))?;
    let found = presence::claims(request.count_call(Some(&actor))?, &actor, whose).await;
    let found = found.map_err(refused)?;
    response::success(&ClaimsReply::from(&found))
}

pub(in crate::api) async fn end(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["source"], &user_selector::NAMES)?;
    let word = fields.text("source")?.unwrap_or_default();
    let source = ClaimSource::named(&word).ok_or_else(unknown_source)?;
    let whose = user_selector::named(|name| fields.text(name))?;
    let app = request.count_call(Some(&actor))?;
    let ended = presence::end_claim(app, &actor, whose, source).await;
    ended.map_err(refused)?;
    response::done()
}

/// Which permission a request needs depends on its user.
fn refused(error: Error) -> ApiError {
    match error {
        Error::Forbidden { .. } => ApiError::RouteForbidden,
        other => ErrorContext::OfUser.failed(other),
    }
}

fn unknown_source() -> ApiError {
    ApiError::not_one_of(ClaimSource::ALL.map(ClaimSource::as_str)).at("source")
}
