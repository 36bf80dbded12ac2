//! The webhooks' part of the store contract.

use crate::domain::{Attribution, Result, SigningSecret, Timestamp, Webhook, WebhookName};
use async_trait::async_trait;

/// Webhooks. Every change notifies [`hooks_changed`](super::Hooks::hooks_changed). See the
/// [module](super) for the contract of every method.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Returns all webhooks with their secrets, by name.
    async fn list_webhooks(&self) -> Result<Vec<Webhook>>;

    /// Adds a webhook and its hook, which receives events from now on.
    ///
    /// # Errors
    /// `Invalid { WebhookName, Taken }`.
    async fn create_webhook(&self, webhook: Webhook, attribution: Attribution) -> Result<()>;

    /// Adds a new signing secret. Earlier secrets expire at `until`, unless they expire sooner.
    /// Those expired at the time of the attribution are deleted.
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

    /// Deletes a webhook with its secrets, and its hook with all delivery records.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_webhook(&self, name: WebhookName, attribution: Attribution) -> Result<()>;
}
