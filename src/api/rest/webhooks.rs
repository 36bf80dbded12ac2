//! `webhooks.*`: HTTP endpoints that receive events. These routes are ours; Rocket.Chat's
//! integrations are about messages.

use super::hooks::fields;
use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{SecretReply, TestReply, WebhookList, WebhookReply};
use crate::domain::Requester;
use crate::service::hooks::MAY_MANAGE;
use crate::service::webhooks::{self, NewWebhook};

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(MAY_MANAGE).await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let found = webhooks::list(app, (&actor).into()).await?;
    response::success(&WebhookList::new(&found, app.clock.now()))
}

pub(in crate::api) async fn add(request: Request) -> Answer {
    let (actor, mut fields) = fields(&request, &["name", "url"], &["events"]).await?;
    let new = NewWebhook {
        name: fields.text("name")?.unwrap_or_default(),
        url: fields.text("url")?.unwrap_or_default(),
        kinds: fields.texts("events")?.unwrap_or_default(),
    };
    let app = request.count_call(Some(&actor))?;
    let added = webhooks::add(app, (&actor).into(), new).await?;
    response::success(&WebhookReply::from(&added))
}

pub(in crate::api) async fn test(request: Request) -> Answer {
    let (actor, name) = named(&request).await?;
    let app = request.count_call(Some(&actor))?;
    let tested = webhooks::test(app, (&actor).into(), &name).await?;
    response::success(&TestReply::from(&tested))
}

pub(in crate::api) async fn rotate(request: Request) -> Answer {
    let (actor, name) = named(&request).await?;
    let app = request.count_call(Some(&actor))?;
    let secret = webhooks::rotate(app, (&actor).into(), &name).await?;
    response::success(&SecretReply::from(&secret))
}

pub(in crate::api) async fn disable(request: Request) -> Answer {
    let (actor, name) = named(&request).await?;
    webhooks::disable(request.count_call(Some(&actor))?, (&actor).into(), &name).await?;
    response::done()
}

pub(in crate::api) async fn enable(request: Request) -> Answer {
    let (actor, name) = named(&request).await?;
    webhooks::enable(request.count_call(Some(&actor))?, (&actor).into(), &name).await?;
    response::done()
}

pub(in crate::api) async fn remove(request: Request) -> Answer {
    let (actor, name) = named(&request).await?;
    webhooks::remove(request.count_call(Some(&actor))?, (&actor).into(), &name).await?;
    response::done()
}

/// Returns the requester, and the name of the webhook.
async fn named(request: &Request) -> Result<(Requester, String), ApiError> {
    let (actor, mut fields) = fields(request, &["name"], &[]).await?;
    Ok((actor, fields.filled("name")?))
}
