//! What the use cases ask of a database about hooks and their deliveries. Knows no SQL.

use crate::domain::{Attribution, DeliveryRecord, DeliveryState, EventId, Hook, Result, Timestamp};
use async_trait::async_trait;
use tokio::sync::watch;

/// Hooks, as their operator looks after them. See the [module](super) for what every method promises; every change here is told by
/// [`hooks_changed`](Self::hooks_changed).
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Changes with every commit by which somebody looks after hooks, so that what runs them looks anew.
    fn hooks_changed(&self) -> watch::Receiver<()>;

    /// Every hook, by name, those included that are not there any more.
    async fn list_hooks(&self) -> Result<Vec<Hook>>;

    /// What is to be told of a hook's deliveries, of events after `after` at most `limit`, in their order; `state`: of this one alone.
    ///
    /// # Errors
    /// `NotFound` when there is no such hook.
    async fn list_deliveries(
        &self,
        hook: &str,
        state: Option<DeliveryState>,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>>;

    /// Wants deliveries tried now: the one of `event`, or all that were given up and the one that is to be tried again.
    /// Answers how many.
    ///
    /// # Errors
    /// `NotFound` when there is no such hook, or nothing of `event` waits or was given up.
    async fn retry_deliveries(
        &self,
        hook: &str,
        event: Option<EventId>,
        attribution: Attribution,
    ) -> Result<u64>;

    /// Gives the delivery of `event` up for good: it is told no more.
    ///
    /// # Errors
    /// `NotFound`, as [`retry_deliveries`](Self::retry_deliveries).
    async fn drop_delivery(
        &self,
        hook: &str,
        event: EventId,
        attribution: Attribution,
    ) -> Result<()>;

    /// Tells a hook once more what happened from `since` until before `until`, in order, and then goes on where it was. Answers how
    /// many events that are, of every kind. A replay that is under way ends with this one.
    ///
    /// # Errors
    /// `NotFound` when there is no such hook.
    async fn replay(
        &self,
        hook: &str,
        since: Timestamp,
        until: Timestamp,
        attribution: Attribution,
    ) -> Result<u64>;

    /// Switches a hook off, for a reason, or on: what has failed is then tried anew, as if for the first time.
    ///
    /// # Errors
    /// `NotFound` when there is no such hook.
    async fn switch_hook(
        &self,
        hook: &str,
        off: Option<String>,
        attribution: Attribution,
    ) -> Result<()>;
}
