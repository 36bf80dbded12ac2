//! What the use cases ask of a database about webhooks. Knows no SQL.

use crate::domain::{Attribution, Result, SigningSecret, Timestamp, Webhook, WebhookName};
use async_trait::async_trait;

/// Webhooks; every change here is told by [`hooks_changed`](super::Hooks::hooks_changed). See the [module](super) for what every
/// method promises.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// All of them, by name, with their secrets.
    async fn list_webhooks(&self) -> Result<Vec<Webhook>>;

    /// Adds one, and its hook, which is told what happens from now on.
    ///
    /// # Errors
    /// `Invalid { WebhookName, Taken }`.
    async fn create_webhook(&self, webhook: Webhook, attribution: Attribution) -> Result<()>;

    /// Gives one a new secret. The ones before it sign until `until`, if they did not end sooner; those that have ended by the attribution's time go.
    ///
    /// # Errors
    /// `NotFound`.
    async fn rotate_secret(
        &self,
        name: WebhookName,
        secret: SigningSecret,
        until: Timestamp,
        attribution: Attribution,
    ) -> Result<()>;

    /// Removes one with its secrets, and its hook with everything that is known of its deliveries.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_webhook(&self, name: WebhookName, attribution: Attribution) -> Result<()>;
}
