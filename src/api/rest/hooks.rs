//! `hooks.*`: the state of hooks, and actions on their deliveries. These routes are ours;
//! Rocket.Chat has none.

use crate::api::error::ApiError;
use crate::api::http::fields::Fields;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::date;
use crate::api::wire::{CountReply, DeliveryPage, DeliveryReply, HookList};
use crate::domain::{DeliveryState, EventId, Requester, Timestamp};
use crate::service::hooks::{self, MAY_MANAGE};
use serde_json::Value;

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let hooks = hooks::list(app, (&actor).into()).await?;
    response::success(&HookList::from(&*hooks))
}

pub(in crate::api) async fn deliveries(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    let query = Query::parse(request.query(), &["hook", "state", "after"])?;
    let hook = named(&query, "hook")?;
    let state = query
        .filled("state")?
        .map(|word| DeliveryState::named(word).ok_or_else(unknown_state));
    let (state, after) = (
        state.transpose()?,
        query.number("after")?.unwrap_or_default(),
    );
    let (app, after) = (request.count_call(Some(&actor))?, EventId::new(after));
    let found = hooks::list_deliveries(app, (&actor).into(), hook, state, after).await?;
    response::success(&DeliveryPage::new(&found, hooks::PAGE))
}

pub(in crate::api) async fn delivery(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    let query = Query::parse(request.query(), &["hook", "event"])?;
    let hook = named(&query, "hook")?;
    let event = query
        .number("event")?
        .ok_or_else(|| ApiError::missing_parameter("event"))?;
    let (app, event) = (request.count_call(Some(&actor))?, EventId::new(event));
    let (record, event) = hooks::find_delivery(app, (&actor).into(), hook, event).await?;
    response::success(&DeliveryReply::new(&record, event.as_ref()))
}

pub(in crate::api) async fn retry(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["hook"], &["event"]).await?;
    let (hook, event) = (fields.filled("hook")?, event(&mut fields)?);
    let app = request.count_call(Some(&actor))?;
    let count = hooks::retry(app, (&actor).into(), &hook, event).await?;
    response::success(&CountReply::from(count))
}

pub(in crate::api) async fn drop_delivery(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["hook", "event"], &[]).await?;
    let (hook, event) = (fields.filled("hook")?, event(&mut fields)?);
    let event = event.ok_or_else(not_an_event)?;
    let app = request.count_call(Some(&actor))?;
    hooks::drop_delivery(app, (&actor).into(), &hook, event).await?;
    response::done()
}

pub(in crate::api) async fn replay(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["hook", "since"], &["until"]).await?;
    let hook = fields.filled("hook")?;
    let since = instant(&fields.filled("since")?, "Invalid since date string")?;
    let until = fields.text("until")?;
    let until = until.map(|text| instant(&text, "Invalid until date string"));
    let until = until.transpose()?;
    let app = request.count_call(Some(&actor))?;
    let count = hooks::replay(app, (&actor).into(), &hook, since, until).await?;
    response::success(&CountReply::from(count))
}

pub(in crate::api) async fn pause(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["hook"], &[]).await?;
    let hook = fields.filled("hook")?;
    let app = request.count_call(Some(&actor))?;
    hooks::pause(app, (&actor).into(), &hook).await?;
    response::done()
}

pub(in crate::api) async fn resume(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["hook"], &[]).await?;
    let hook = fields.filled("hook")?;
    let app = request.count_call(Some(&actor))?;
    hooks::resume(app, (&actor).into(), &hook).await?;
    response::done()
}

/// Returns the requester and the body's fields.
pub(super) async fn fields(
    request: &Request,
    required: &[&str],
    optional: &[&str],
) -> Result<(Requester, Fields), ApiError> {
    let actor = request.actor_with(MAY_MANAGE).await?;
    Ok((actor, request.fields_named(required, optional)?))
}

fn named<'a>(query: &'a Query, name: &str) -> Result<&'a str, ApiError> {
    query
        .filled(name)?
        .ok_or_else(|| ApiError::missing_parameter(name))
}

fn unknown_state() -> ApiError {
    let words = DeliveryState::ALL.map(DeliveryState::as_str);
    ApiError::invalid_query("must be a state of deliveries")
        .at("state")
        .words(words)
}

fn event(fields: &mut Fields) -> Result<Option<EventId>, ApiError> {
    match fields.take("event") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            Ok(Some(EventId::new(number.ok_or_else(not_an_event)?)))
        }
    }
}

fn not_an_event() -> ApiError {
    ApiError::invalid_params("must be integer").at("event")
}

/// Parses the instant in `text`. `reason` is the text of the error.
fn instant(text: &str, reason: &'static str) -> Result<Timestamp, ApiError> {
    let code = "error-invalid-date";
    date::read(text).ok_or(ApiError::Thrown { code, reason })
}
