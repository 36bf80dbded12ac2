//! The webhook port: what use cases need from the code that calls endpoints over HTTP.
//! Implemented by `hooks::registry`.

use crate::domain::Webhook;
use async_trait::async_trait;

/// Checks and calls the endpoints of webhooks.
#[async_trait]
pub trait WebhookGateway: Send + Sync {
    /// Checks whether `url` is acceptable as a webhook endpoint.
    ///
    /// # Errors
    /// The reason it is not, in one line.
    fn check_url(&self, url: &str) -> Result<(), String>;

    /// Returns whether `kind` is an event type or a pattern such as `custom_user_status.*`.
    fn is_event_type(&self, kind: &str) -> bool;

    /// Returns a new signing secret.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    fn new_secret(&self) -> std::io::Result<String>;

    /// Sends a test message and returns the response status, from 200 to 299.
    ///
    /// # Errors
    /// The reason it failed, in one line.
    async fn test(&self, webhook: &Webhook) -> Result<u16, String>;
}
