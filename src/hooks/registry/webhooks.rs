//! Turns the webhooks of the database into hooks, and checks webhook settings for the use cases.

use crate::app::{Clock, WebhookGateway};
use crate::config::Config;
use crate::domain::{Timestamp, Webhook};
use async_trait::async_trait;
use doorsign_hook::{HookError, PostCreateHook};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Secret, Sender};
use std::sync::Arc;

/// Shared by all webhooks of a server.
pub struct Webhooks {
    guard: Guard,
    sender: Sender,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    /// Creates the gateway with the configured networks. `clock` supplies the timestamps.
    #[must_use]
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Self {
        let guard = Guard::new(config.webhook_allow.clone());
        Self {
            sender: Sender::new(guard.clone()),
            guard,
            clock,
        }
    }

    /// Returns the hook that sends to `webhook`, signing with the secrets in force at `now`.
    ///
    /// # Errors
    /// The reason it cannot be built, in one line.
    pub fn hook(
        &self,
        webhook: &Webhook,
        now: Timestamp,
    ) -> Result<Arc<dyn PostCreateHook>, String> {
        Ok(Arc::new(self.made_of(webhook, now)?))
    }

    fn made_of(
        &self,
        webhook: &Webhook,
        now: Timestamp,
    ) -> Result<doorsign_webhook::Webhook, String> {
        let url = EndpointUrl::parse(&webhook.url, &self.guard).map_err(|e| e.to_string())?;
        let in_force = webhook.secrets_at(now).map(Secret::parse);
        let secrets = in_force
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| e.to_string())?;
        let endpoint = Endpoint {
            name: webhook.hook(),
            url,
            secrets,
            kinds: webhook.kinds.clone(),
        };
        let clock = self.clock.clone();
        let clock = Arc::new(move || clock.now().as_millis());
        Ok(doorsign_webhook::Webhook::new(
            endpoint,
            self.sender.clone(),
            clock,
        ))
    }
}

#[async_trait]
impl WebhookGateway for Webhooks {
    fn check_url(&self, url: &str) -> Result<(), String> {
        let parsed = EndpointUrl::parse(url, &self.guard);
        parsed.map(drop).map_err(|e| e.to_string())
    }

    fn is_event_type(&self, kind: &str) -> bool {
        doorsign_webhook::is_event_type(kind)
    }

    fn new_secret(&self) -> std::io::Result<String> {
        Secret::generate().map(|secret| secret.expose())
    }

    async fn test(&self, webhook: &Webhook) -> Result<u16, String> {
        let now = self.clock.now();
        let webhook = self.made_of(webhook, now)?;
        let answer = webhook.test().await;
        answer.map_err(|error| match error {
            HookError::Retry(reason)
            | HookError::RetryAfter(reason, _)
            | HookError::Permanent(reason)
            | HookError::Gone(reason) => reason,
            other => other.to_string(),
        })
    }
}
