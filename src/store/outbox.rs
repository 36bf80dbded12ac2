//! What the outbox asks of a database: events, and who has read how far. Knows no SQL.

use crate::domain::{Event, EventId, Result, Timestamp};
use async_trait::async_trait;

/// Events, and who has read how far. See the [module](super) for what every method promises.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// At most `limit` events after `cursor`, in order. One that cannot be read any more stands in its place with the reason.
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>>;

    /// Where `consumer` stands. One that is new starts after the newest event, and is remembered from then on.
    async fn cursor(&self, consumer: &str) -> Result<EventId>;

    /// Moves `consumer` to `cursor` and records, in the same transaction, the events it gave up on.
    async fn advance(&self, consumer: &str, cursor: EventId, parked: Vec<Parked>) -> Result<()>;
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

/// An event that a consumer gave up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Which one.
    pub event: EventId,
    /// Why, in one line.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub at: Timestamp,
}
