//! Turns the webhooks of the database into hooks, and checks webhook settings for the use cases.

use crate::app::{Clock, WebhookGateway};
use crate::config::Config;
use crate::domain::{Timestamp, Webhook};
use async_trait::async_trait;
use doorsign_hook::{HookError, PostCreateHook};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Proxy, Secret, Sender};
use std::sync::Arc;

/// Shared by all webhooks of a server.
pub struct Webhooks {
    guard: Guard,
    sender: Sender,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    /// Creates the gateway with the configured networks and proxy. `clock` supplies the timestamps.
    ///
    /// # Errors
    /// The proxy cannot be used; in one line, without its password.
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let guard = Guard::new(config.webhook_allow.clone());
        let proxy = proxy(config).map_err(|e| format!("cannot use webhook_proxy: {e}"))?;
        Ok(Self {
            sender: Sender::new(guard.clone()).with_proxy(proxy),
            guard,
            clock,
        })
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

/// Returns the configured proxy.
fn proxy(config: &Config) -> Result<Option<Proxy>, String> {
    let Some(url) = &config.webhook_proxy else {
        return Ok(None);
    };
    let url = url.expose().map_err(|e| e.to_string())?;
    Proxy::parse(url).map(Some).map_err(|e| e.to_string())
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
