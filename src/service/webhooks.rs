//! Endpoints that are told of events over HTTP: adding them, trying them, and giving them new secrets. Knows nothing of how an event is
//! sent.

use super::hooks::LOOKS_AFTER;
use crate::app::App;
use crate::domain::{
    Caller, Error, Field, Problem, Result, SigningSecret, Webhook, WebhookName, What,
};
use std::time::Duration;

/// How long the secret before the newest signs along: time enough to change it wherever it is checked.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// Why a webhook's hook is off that somebody has disabled.
const DISABLED: &str = "disabled";

/// An endpoint as it is to be added.
#[derive(Debug, Clone, Default)]
pub struct NewWebhook {
    /// What it is to be called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The types of the events it is to be told; empty: all.
    pub kinds: Vec<String>,
}

/// All of them, by name.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<Webhook>> {
    caller.require(LOOKS_AFTER)?;
    app.store.list_webhooks().await
}

/// Adds an endpoint, which is told what happens from now on, and gives it with its secret.
///
/// # Errors
/// `Forbidden`, `Invalid { WebhookName | Url | EventType }`, `Unavailable`.
pub async fn add(app: &App, caller: Caller<'_>, new: NewWebhook) -> Result<Webhook> {
    caller.require(LOOKS_AFTER)?;
    let webhook = Webhook {
        name: WebhookName::parse(&new.name)?,
        url: checked_url(app, new.url)?,
        kinds: checked_kinds(app, new.kinds)?,
        secrets: vec![new_secret(app)?],
        created_at: app.clock.now(),
    };
    let attribution = caller.attribution(webhook.created_at);
    app.store
        .create_webhook(webhook.clone(), attribution)
        .await?;
    Ok(webhook)
}

fn checked_url(app: &App, url: String) -> Result<String> {
    let problem = match app.webhooks.check_url(&url) {
        _ if url.is_empty() => Problem::Missing,
        Err(reason) => Problem::Refused(reason),
        Ok(()) => return Ok(url),
    };
    let field = Field::Url;
    Err(Error::Invalid { field, problem })
}

fn checked_kinds(app: &App, kinds: Vec<String>) -> Result<Vec<String>> {
    match kinds.iter().find(|kind| !app.webhooks.is_event_type(kind)) {
        Some(unknown) => Err(Error::Invalid {
            field: Field::EventType,
            problem: Problem::NotValid(unknown.clone()),
        }),
        None => Ok(kinds),
    }
}

fn new_secret(app: &App) -> Result<SigningSecret> {
    let text = app.webhooks.new_secret().map_err(Error::internal)?;
    Ok(SigningSecret {
        text,
        expires_at: None,
    })
}

/// Sends something to an endpoint that is no event, be it switched off. Gives the status that it answered with, from 200 to 299, or
/// what went wrong.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn test(
    app: &App,
    caller: Caller<'_>,
    name: &str,
) -> Result<std::result::Result<u16, String>> {
    let webhooks = list(app, caller).await?;
    let webhook = webhooks.iter().find(|one| one.name.as_str() == name);
    let webhook = webhook.ok_or_else(|| unknown(name))?;
    Ok(app.webhooks.test(webhook).await)
}

/// Gives an endpoint a new secret, which is answered. For [`OVERLAP`], the one before it signs along.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn rotate(app: &App, caller: Caller<'_>, name: &str) -> Result<SigningSecret> {
    caller.require(LOOKS_AFTER)?;
    let (secret, now) = (new_secret(app)?, app.clock.now());
    let until = now.after(OVERLAP);
    let rotated =
        app.store
            .rotate_secret(known(name)?, secret.clone(), until, caller.attribution(now));
    rotated.await?;
    Ok(secret)
}

/// Tells an endpoint nothing any more, until [`enable`].
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn disable(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    switch(app, caller, name, Some(DISABLED.to_owned())).await
}

/// Tells an endpoint of events again, from the first one on that it was not told of.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn enable(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    switch(app, caller, name, None).await
}

async fn switch(app: &App, caller: Caller<'_>, name: &str, off: Option<String>) -> Result<()> {
    caller.require(LOOKS_AFTER)?;
    let hook = known(name)?.hook();
    let attribution = caller.attribution(app.clock.now());
    let switched = app.store.switch_hook(&hook, off, attribution).await;
    switched.map_err(|error| match error {
        Error::NotFound(_) => unknown(name),
        other => other,
    })
}

/// Removes an endpoint with its secrets, and everything that is known of its deliveries.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn remove(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    caller.require(LOOKS_AFTER)?;
    let attribution = caller.attribution(app.clock.now());
    app.store.delete_webhook(known(name)?, attribution).await
}

/// A name that no webhook can have is nobody's.
fn known(name: &str) -> Result<WebhookName> {
    WebhookName::parse(name).map_err(|_| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::NotFound(What::Webhook(name.to_owned()))
}
