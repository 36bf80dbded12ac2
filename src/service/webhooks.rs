//! Webhook administration: create, test, rotate secrets, enable, disable and remove.

use super::hooks::MAY_MANAGE;
use crate::app::App;
use crate::domain::{
    Caller, Error, Field, Problem, Result, SigningSecret, Webhook, WebhookName, What,
};
use std::time::Duration;

/// How long the previous secret signs alongside the new one, so that receivers have time to switch.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// The reason stored for a disabled webhook.
const DISABLED: &str = "disabled";

/// A webhook to add.
#[derive(Debug, Clone, Default)]
pub struct NewWebhook {
    /// The name.
    pub name: String,
    /// The URL.
    pub url: String,
    /// The event types it receives. Empty means all.
    pub kinds: Vec<String>,
}

/// Returns all webhooks, by name.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<Webhook>> {
    caller.require(MAY_MANAGE)?;
    app.store.list_webhooks().await
}

/// Adds a webhook, which receives events from now on, and returns it with its secret.
///
/// # Errors
/// `Forbidden`, `Invalid { WebhookName | Url | EventType }`, `Unavailable`.
pub async fn add(app: &App, caller: Caller<'_>, new: NewWebhook) -> Result<Webhook> {
    caller.require(MAY_MANAGE)?;
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
    Err(Error::invalid(field, problem))
}

fn checked_kinds(app: &App, kinds: Vec<String>) -> Result<Vec<String>> {
    match kinds.iter().find(|kind| !app.webhooks.is_event_type(kind)) {
        Some(unknown) => Err(Error::invalid(
            Field::EventType,
            Problem::NotValid(unknown.clone()),
        )),
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

/// Sends a test message to a webhook, even a disabled one. Returns the status of the response, from
/// 200 to 299, or the error.
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

/// Gives a webhook a new secret and returns it. The previous secret also signs for [`OVERLAP`].
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn rotate(app: &App, caller: Caller<'_>, name: &str) -> Result<SigningSecret> {
    caller.require(MAY_MANAGE)?;
    let (secret, now) = (new_secret(app)?, app.clock.now());
    let until = now.after(OVERLAP);
    let rotated =
        app.store
            .rotate_secret(known(name)?, secret.clone(), until, caller.attribution(now));
    rotated.await?;
    Ok(secret)
}

/// Stops delivery to a webhook until [`enable`].
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn disable(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    switch(app, caller, name, Some(DISABLED.to_owned())).await
}

/// Resumes delivery to a webhook, starting with the first event that it missed.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn enable(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    switch(app, caller, name, None).await
}

async fn switch(app: &App, caller: Caller<'_>, name: &str, off: Option<String>) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    let hook = known(name)?.hook();
    let switched = app.store.switch_hook(&hook, off, attribution).await;
    switched.map_err(|error| match error {
        Error::NotFound(_) => unknown(name),
        other => other,
    })
}

/// Removes a webhook with its secrets and delivery records.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn remove(app: &App, caller: Caller<'_>, name: &str) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    app.store.delete_webhook(known(name)?, attribution).await
}

/// Returns the name of the webhook that the operator means: `name` itself, otherwise the webhook
/// whose hook has this name. Hooks are listed with the prefix `webhook-`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn resolve(app: &App, caller: Caller<'_>, name: &str) -> Result<String> {
    let webhooks = list(app, caller).await?;
    let exact = webhooks.iter().find(|one| one.name.as_str() == name);
    let found = exact.or_else(|| webhooks.iter().find(|one| one.hook() == name));
    let found = found.ok_or_else(|| unknown(name))?;
    Ok(found.name.as_str().to_owned())
}

/// Parses the name of an existing webhook. An invalid name is not found.
fn known(name: &str) -> Result<WebhookName> {
    WebhookName::parse(name).map_err(|_| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::NotFound(What::Webhook(name.to_owned()))
}
