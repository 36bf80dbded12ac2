//! The delivery loop: committed events go to each consumer, in order, at least once.
//!
//! What must survive a crash goes through here, because an event is a row in the transaction of its change; what is only interesting
//! now does not. One task per consumer, so that a stuck one delays itself alone. Between reading a batch and saving the cursor no
//! transaction is open. A wake-up is taken but never trusted: a slow tick looks, too.
//!
//! Knows neither hooks nor sockets; they implement [`Consumer`].

use crate::app::Clock;
use crate::domain::{Event, EventId};
use crate::store::{Parked, Store};
use async_trait::async_trait;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Events read at once; a crash repeats at most so many.
const BATCH: usize = 64;
/// How long nobody need wake a consumer before it looks by itself.
const TICK: Duration = Duration::from_secs(5);
/// How long a stop waits for the delivery that is under way.
const GRACE: Duration = Duration::from_secs(1);

/// Somebody who is told of every event.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The name its cursor is kept under.
    fn name(&self) -> &str;

    /// Comes back when the consumer can take a delivery. There is no time limit on it.
    async fn ready(&self) {}

    /// Takes one event. May be dropped half-way, and may see the same event again.
    ///
    /// # Errors
    /// [`Failure`], which says whether to come again.
    async fn deliver(&self, event: &Event) -> Result<(), Failure>;
}

/// Why a delivery failed, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later.
    Retry(String),
    /// It never will.
    Permanent(String),
}

/// How patient the loop is.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time for one delivery.
    pub limit: Duration,
    /// The wait after the first failure; it doubles with each further one. Also the wait when the store fails, which does not double:
    /// nobody else's patience is tried by it.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// Attempts before an event is parked.
    pub attempts: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(10),
            first: Duration::from_secs(1),
            cap: Duration::from_secs(600),
            attempts: 16,
        }
    }
}

impl Pace {
    /// The wait after `attempts` failed ones: doubled each time up to the cap, of which `jitter` (0 to 1) takes away up to half, so
    /// that what failed together does not come back together.
    #[must_use]
    pub fn delay(&self, attempts: u32, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(
            1_u32
                .checked_shl(attempts.saturating_sub(1))
                .unwrap_or(u32::MAX),
        );
        doubled
            .min(self.cap)
            .mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// Delivers to one consumer until it is stopped.
pub struct Delivery {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    consumer: Arc<dyn Consumer>,
    pace: Pace,
    stop: CancellationToken,
}

/// An event that could not be finished because of the stop.
struct Stopped;

impl Delivery {
    /// From `consumer`'s cursor on, once [`run`](Self::run).
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        consumer: Arc<dyn Consumer>,
        pace: Pace,
        stop: CancellationToken,
    ) -> Self {
        Self {
            store,
            clock,
            consumer,
            pace,
            stop,
        }
    }

    /// Delivers everything after `cursor`, and whatever is committed from now on, until the stop.
    pub async fn run(self, mut cursor: EventId) {
        let mut committed = self.store.committed();
        loop {
            committed.mark_unchanged();
            match self.deliver_batch(&mut cursor).await {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        // The store lives as long as this loop, so its mark does, too.
                        _ = committed.changed() => {}
                        () = tokio::time::sleep(TICK) => {}
                        () = self.stop.cancelled() => return,
                    }
                }
                Err(error) => {
                    tracing::warn!(consumer = self.consumer.name(), %error, "the outbox cannot be read; it will be tried again");
                    if self.pause(self.pace.first).await.is_err() {
                        return;
                    }
                }
            }
            if self.stop.is_cancelled() {
                return;
            }
        }
    }

    /// Delivers the next events after `cursor`, moves it, and saves it. `false` when there were none.
    async fn deliver_batch(&self, cursor: &mut EventId) -> crate::domain::Result<bool> {
        let events = self.store.events_after(*cursor, BATCH).await?;
        let (mut reached, mut parked) = (*cursor, Vec::new());
        for event in &events {
            let (id, given_up) = match event {
                Ok(event) => (event.id, self.deliver(event).await),
                Err((id, reason)) => (*id, Ok(Some(self.unreadable(*id, reason)))),
            };
            let Ok(given_up) = given_up else { break };
            reached = id;
            if given_up.is_some() {
                parked.extend(given_up);
                break; // Saved before anything else happens.
            }
        }
        if reached > *cursor && self.save(reached, parked).await.is_ok() {
            *cursor = reached;
        }
        Ok(!events.is_empty())
    }

    /// An event that no attempt can help; to wait for it would hold up all that come after.
    fn unreadable(&self, event: EventId, reason: &str) -> Parked {
        tracing::error!(
            consumer = self.consumer.name(),
            event = event.as_u64(),
            reason,
            "an event cannot be read"
        );
        Parked {
            event,
            reason: format!("it cannot be read: {reason}"),
            attempts: 0,
            at: self.clock.now(),
        }
    }

    /// Saves the cursor, again and again if need be. Nothing is delivered meanwhile: to read the batch anew would repeat it for as
    /// long as the store fails, and to go on would make a crash repeat more than a batch.
    async fn save(&self, cursor: EventId, parked: Vec<Parked>) -> Result<(), Stopped> {
        loop {
            let saved = self
                .store
                .advance(self.consumer.name(), cursor, parked.clone());
            let Err(error) = saved.await else {
                return Ok(());
            };
            tracing::warn!(consumer = self.consumer.name(), %error, "the cursor cannot be saved; it will be tried again");
            self.pause(self.pace.first).await?;
        }
    }

    /// Delivers one event, again and again if need be. Answers why it was given up, if it was.
    async fn deliver(&self, event: &Event) -> Result<Option<Parked>, Stopped> {
        for attempt in 1.. {
            let Err(failure) = self.attempt(event).await? else {
                return Ok(None);
            };
            let (reason, lasting) = match failure {
                Failure::Retry(reason) => (reason, false),
                Failure::Permanent(reason) => (reason, true),
            };
            tracing::warn!(
                consumer = self.consumer.name(),
                event = event.id.as_u64(),
                attempt,
                reason,
                lasting,
                "a delivery failed"
            );
            if lasting || attempt >= self.pace.attempts {
                return Ok(Some(Parked {
                    event: event.id,
                    reason,
                    attempts: attempt,
                    at: self.clock.now(),
                }));
            }
            self.pause(self.pace.delay(attempt, jitter())).await?;
        }
        Ok(None)
    }

    /// One attempt, with its time limit; a panic counts as a failure that may pass.
    async fn attempt(&self, event: &Event) -> Result<Result<(), Failure>, Stopped> {
        tokio::select! {
            biased; // After the stop nothing is begun, however quick it would be.
            () = self.stop.cancelled() => return Err(Stopped),
            () = self.consumer.ready() => {}
        }
        let delivery =
            AssertUnwindSafe(async { self.consumer.deliver(event).await }).catch_unwind();
        let limited = async {
            match tokio::time::timeout(self.pace.limit, delivery).await {
                Ok(Ok(delivered)) => delivered,
                Ok(Err(_)) => Err(Failure::Retry("it panicked".to_owned())),
                Err(_) => Err(Failure::Retry(format!(
                    "it took longer than {:?}",
                    self.pace.limit
                ))),
            }
        };
        tokio::select! {
            delivered = limited => Ok(delivered),
            () = async { self.stop.cancelled().await; tokio::time::sleep(GRACE).await } => Err(Stopped),
        }
    }

    async fn pause(&self, wait: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }
}

/// A number from 0 to 1 by chance.
fn jitter() -> f64 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_jitter_halves_them_at_most() {
        let pace = Pace::default();
        let waits: Vec<u64> = (1..=12)
            .map(|attempts| pace.delay(attempts, 0.0).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
        assert_eq!(pace.delay(1, 1.0), Duration::from_millis(500));
        assert_eq!(pace.delay(u32::MAX, 0.0), pace.cap);
    }
}
