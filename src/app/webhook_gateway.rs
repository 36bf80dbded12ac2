//! The port to webhooks: what use cases ask of the code that calls endpoints over HTTP. `hooks::registry` implements it.

use crate::domain::Webhook;
use async_trait::async_trait;

/// Checks and calls the endpoints of webhooks.
#[async_trait]
pub trait WebhookGateway: Send + Sync {
    /// Checks whether `url` can be the endpoint of a webhook.
    ///
    /// # Errors
    /// Why it cannot, in one line.
    fn check_url(&self, url: &str) -> Result<(), String>;

    /// Whether `kind` is a type of events, or a pattern of several: `custom_user_status.*`.
    fn is_event_type(&self, kind: &str) -> bool;

    /// A new signing secret.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    fn new_secret(&self) -> std::io::Result<String>;

    /// Sends a test message, and returns the status of the response, from 200 to 299.
    ///
    /// # Errors
    /// What went wrong, in one line.
    async fn test(&self, webhook: &Webhook) -> Result<u16, String>;
}
