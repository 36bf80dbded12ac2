//! The hooks' part of the store contract: hooks and their deliveries.

use crate::domain::{Attribution, DeliveryRecord, DeliveryState, EventId, Hook, Result, Timestamp};
use async_trait::async_trait;
use tokio::sync::watch;

/// Administration of hooks. See the [module](super) for the contract of every method. Every change
/// notifies [`hooks_changed`](Self::hooks_changed).
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Notifies after every commit that changes hooks, so that the hook runner reloads them.
    fn hooks_changed(&self) -> watch::Receiver<()>;

    /// Returns every hook by name, including missing ones.
    async fn list_hooks(&self) -> Result<Vec<Hook>>;

    /// Returns the recorded deliveries of a hook: at most `limit`, for events after `after`, in
    /// event order. `state` restricts them to one state.
    ///
    /// # Errors
    /// `NotFound` if the hook does not exist.
    async fn list_deliveries(
        &self,
        hook: &str,
        state: Option<DeliveryState>,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>>;

    /// Requests an immediate retry for the delivery of `event`, or for all deliveries that were
    /// given up and the one waiting for a retry. Returns their number.
    ///
    /// # Errors
    /// `NotFound` if the hook does not exist, or if no delivery of `event` is waiting or was given
    /// up.
    async fn retry_deliveries(
        &self,
        hook: &str,
        event: Option<EventId>,
        attribution: Attribution,
    ) -> Result<u64>;

    /// Drops the delivery of `event`. It is never attempted again.
    ///
    /// # Errors
    /// `NotFound`, as for [`retry_deliveries`](Self::retry_deliveries).
    async fn drop_delivery(
        &self,
        hook: &str,
        event: EventId,
        attribution: Attribution,
    ) -> Result<()>;

    /// Replays the events from `since` (inclusive) to `until` (exclusive) in order; the hook then
    /// continues from its current position. Returns the number of these events, of all types.
    /// Replaces a replay in progress.
    ///
    /// # Errors
    /// `NotFound` if the hook does not exist.
    async fn replay(
        &self,
        hook: &str,
        since: Timestamp,
        until: Timestamp,
        attribution: Attribution,
    ) -> Result<u64>;

    /// Disables a hook for a reason, or enables it. Enabling resets the attempts of the failed
    /// delivery.
    ///
    /// # Errors
    /// `NotFound` if the hook does not exist.
    async fn switch_hook(
        &self,
        hook: &str,
        off: Option<String>,
        attribution: Attribution,
    ) -> Result<()>;
}
