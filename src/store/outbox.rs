//! The outbox's part of the store contract: events, consumer positions and delivery records.

use crate::domain::{Attribution, DeliveryRecord, Event, EventId, HookKind, Result, Timestamp};
use async_trait::async_trait;
use std::time::Duration;

/// Events and consumer positions. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Returns at most `limit` events after `cursor` in order, up to the newest announced one
    /// ([`Store::committed`](super::Store::committed)). An unreadable event is returned as its
    /// position with the reason.
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>>;

    /// Registers `consumer` as present and returns its state. A new consumer starts after the
    /// newest event and is stored from then on. Returns `None`, and stores nothing, for a webhook
    /// consumer whose webhook was removed.
    async fn register(&self, consumer: &str, kind: HookKind) -> Result<Option<ConsumerState>>;

    /// Records why a consumer is missing. An unknown consumer is stored from then on, unless it
    /// belongs to a removed webhook.
    async fn set_missing(&self, consumer: &str, kind: HookKind, missing: String) -> Result<()>;

    /// Deletes `consumer` and all its delivery records.
    async fn forget(&self, consumer: &str) -> Result<()>;

    /// Returns the state of `consumer`, or `None` if it is unknown.
    async fn consumer_state(&self, consumer: &str) -> Result<Option<ConsumerState>>;

    /// Moves `consumer` to `cursor` and stores `records` in the same transaction. Moving past the
    /// last event of a replay ends the replay and restores the earlier position. Returns `false`,
    /// and changes nothing, if the consumer was moved concurrently.
    async fn advance(
        &self,
        consumer: &str,
        cursor: Cursor,
        records: Vec<DeliveryRecord>,
    ) -> Result<bool>;

    /// Like [`advance`](Self::advance), and disables `consumer` for `reason` in the same
    /// transaction.
    async fn disable(
        &self,
        consumer: &str,
        cursor: Cursor,
        records: Vec<DeliveryRecord>,
        reason: String,
        attribution: Attribution,
    ) -> Result<bool>;

    /// Deletes events older than `before` with their delivery records, oldest first, at most
    /// `limit` rows. Keeps the newest event, and all events that a present and enabled hook still
    /// needs. Returns `true` if there may be more to delete.
    async fn sweep_events(&self, before: Timestamp, limit: usize) -> Result<bool>;
}

/// The state of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerState {
    /// Its position.
    pub cursor: Cursor,
    /// Distinguishes the consumer from an earlier, deleted one of the same name.
    pub incarnation: i64,
    /// Whether the consumer is enabled.
    pub is_on: bool,
    /// The last event of a replay in progress.
    pub replay_until: Option<EventId>,
    /// The next event, if its delivery has already failed.
    pub failed: Option<FailedDelivery>,
    /// An event that was given up and is to be retried, with its attempts so far.
    pub again: Option<(EventId, u32)>,
}

/// A delivery that waits for its next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The event.
    pub event: EventId,
    /// Number of attempts.
    pub attempts: u32,
    /// The time of the last attempt.
    pub at: Timestamp,
    /// The time of the next attempt. Immediately if it is not after `at`.
    pub next_at: Timestamp,
}

impl FailedDelivery {
    /// Returns the time to wait at `now`, capped at the delay chosen when the attempt failed. The
    /// clock may be behind the one that produced `next_at`, for example on a machine without a
    /// clock battery before time synchronization.
    #[must_use]
    pub fn wait_at(&self, now: Timestamp) -> Duration {
        self.next_at.since(now).min(self.next_at.since(self.at))
    }
}

/// The position of a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last event that is done, inclusive.
    pub event: EventId,
    /// Rises whenever the position is moved from outside. A new consumer starts with a random
    /// value, so that pending writes for an earlier consumer of its name are rejected.
    pub generation: i64,
}

/// An event, or the position of an unreadable one with the reason.
pub type StoredEvent = std::result::Result<Event, (EventId, String)>;

/// Returns the position of an event, readable or not.
#[must_use]
pub fn position(event: &StoredEvent) -> EventId {
    match event {
        Ok(event) => event.id,
        Err((id, _)) => *id,
    }
}
