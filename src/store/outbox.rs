//! What the outbox asks of a database: events, who has read how far, and what became of deliveries. Knows no SQL.

use crate::domain::{Attribution, DeliveryRecord, Event, EventId, HookKind, Result, Timestamp};
use async_trait::async_trait;
use std::time::Duration;

/// Events, and who has read how far. See the [module](super) for what every method promises.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// At most `limit` events after `cursor`, in order, up to the newest one that is announced
    /// ([`Store::committed`](super::Store::committed)). One that cannot be read any more stands in its place with the reason.
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>>;

    /// Says that `consumer` is there, and where it stands. One that is new starts after the newest event, and is remembered from then
    /// on. `None`, and nothing is remembered: it is a webhook's, and that webhook was removed.
    async fn register(&self, consumer: &str, kind: HookKind) -> Result<Option<ConsumerState>>;

    /// Says why a consumer is not there although it was, or would be; one that is not known is remembered from then on, except for a
    /// webhook that was removed.
    async fn set_missing(&self, consumer: &str, kind: HookKind, missing: String) -> Result<()>;

    /// Removes `consumer` with everything that is known of its deliveries.
    async fn forget(&self, consumer: &str) -> Result<()>;

    /// Where `consumer` stands; `None`: nobody knows it (any more).
    async fn standing(&self, consumer: &str) -> Result<Option<ConsumerState>>;

    /// Moves `consumer` to `place` and records, in the same transaction, what is to be told of deliveries; a replay whose last event that
    /// passes is over, and the consumer is back where it was before it. `false`, and nothing is changed: somebody else has moved it
    /// meanwhile.
    async fn advance(
        &self,
        consumer: &str,
        place: Cursor,
        records: Vec<DeliveryRecord>,
    ) -> Result<bool>;

    /// As [`advance`](Self::advance), and switches `consumer` off for `reason` in the same transaction.
    async fn disable(
        &self,
        consumer: &str,
        place: Cursor,
        records: Vec<DeliveryRecord>,
        reason: String,
        attribution: Attribution,
    ) -> Result<bool>;

    /// Deletes events that happened before `before`, from the oldest one on, but none that a hook which is there and switched on has
    /// still to be told, and never the newest; with them what was recorded of their deliveries. At most `limit` rows. `true`: there may
    /// be more to delete.
    async fn sweep_events(&self, before: Timestamp, limit: usize) -> Result<bool>;
}

/// Where a consumer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerState {
    /// How far it is.
    pub place: Cursor,
    /// Tells the consumer from an earlier one of its name that was removed.
    pub incarnation: i64,
    /// Whether anything is delivered.
    pub is_on: bool,
    /// The last event that it is told once more, while there are such.
    pub replay_until: Option<EventId>,
    /// The next event that has failed before.
    pub failed: Option<FailedDelivery>,
    /// An event that was given up and is to be tried once more, with its attempts so far.
    pub again: Option<(EventId, u32)>,
}

/// A delivery that is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedDelivery {
    /// Which event.
    pub event: EventId,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was last tried.
    pub at: Timestamp,
    /// When it is tried again; not after `at`: at once.
    pub next_at: Timestamp,
}

impl FailedDelivery {
    /// How long to wait at `now`. Never longer than was meant when it failed: the clock may be behind the one that `next_at` was
    /// computed by, as on a machine without a battery before it has asked for the time.
    #[must_use]
    pub fn wait_at(&self, now: Timestamp) -> Duration {
        self.next_at.since(now).min(self.next_at.since(self.at))
    }
}

/// How far a consumer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The event up to which it is done, inclusive.
    pub cursor: EventId,
    /// Rises whenever somebody else moves it. A new consumer starts with a random one, so that writes that were under way for an
    /// earlier consumer of its name are refused.
    pub generation: i64,
}

/// An event as it was found: itself, or its position and why it cannot be read.
pub type StoredEvent = std::result::Result<Event, (EventId, String)>;

/// Where an event stands, whether it can be read or not.
#[must_use]
pub fn position(event: &StoredEvent) -> EventId {
    match event {
        Ok(event) => event.id,
        Err((id, _)) => *id,
    }
}
