//! Webhooks as JSON. The shape is ours: Rocket.Chat has different ones.

use crate::api::wire::date::Rfc3339;
use crate::domain::{SigningSecret, Timestamp, Webhook};
use serde::Serialize;

/// The response to `webhooks.list`.
#[derive(Serialize)]
pub(in crate::api) struct WebhookList<'a> {
    webhooks: Vec<WebhookRow<'a>>,
}

/// The response to `webhooks.add`, the only one with the secret.
#[derive(Serialize)]
pub(in crate::api) struct WebhookReply<'a> {
    webhook: WebhookRow<'a>,
    secret: &'a str,
}

/// The response to `webhooks.rotate`.
#[derive(Serialize)]
pub(in crate::api) struct SecretReply<'a> {
    secret: &'a str,
}

/// The response to `webhooks.test`.
#[derive(Serialize)]
pub(in crate::api) struct TestReply<'a> {
    delivered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// A webhook, without its secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookRow<'a> {
    name: &'a str,
    /// The name of its hook.
    hook: String,
    url: &'a str,
    events: &'a [String],
    created_at: Rfc3339,
    /// How long the previous secret also signs deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_until: Option<Rfc3339>,
}

impl<'a> WebhookRow<'a> {
    pub(super) fn new(webhook: &'a Webhook, now: Timestamp) -> Self {
        let ends = webhook.secrets.iter().filter_map(|s| s.expires_at);
        Self {
            name: webhook.name.as_str(),
            hook: webhook.hook(),
            url: &webhook.url,
            events: &webhook.kinds,
            created_at: webhook.created_at.into(),
            previous_secret_until: ends.filter(|end| *end > now).max().map(Into::into),
        }
    }
}

impl<'a> WebhookList<'a> {
    /// Renders the webhooks as of `now`.
    pub(in crate::api) fn new(webhooks: &'a [Webhook], now: Timestamp) -> Self {
        let rows = webhooks.iter().map(|one| WebhookRow::new(one, now));
        Self {
            webhooks: rows.collect(),
        }
    }
}

impl<'a> From<&'a Webhook> for WebhookReply<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        Self {
            secret: webhook.secrets.first().map_or("", |secret| &secret.text),
            webhook: WebhookRow::new(webhook, webhook.created_at),
        }
    }
}

impl<'a> From<&'a SigningSecret> for SecretReply<'a> {
    fn from(secret: &'a SigningSecret) -> Self {
        Self {
            secret: &secret.text,
        }
    }
}

impl<'a> From<&'a Result<u16, String>> for TestReply<'a> {
    fn from(tested: &'a Result<u16, String>) -> Self {
        Self {
            delivered: tested.is_ok(),
            status: tested.as_ref().ok().copied(),
            reason: tested.as_ref().err().map(String::as_str),
        }
    }
}
