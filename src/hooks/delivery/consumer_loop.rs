//! The delivery loop of one consumer: decides what to do next. Wake-ups are only hints; the loop
//! also polls at a slow interval.

use super::attempt::Stopped;
use super::{Consumer, Feed, Pace};
use crate::app::Clock;
use crate::domain::{DeliveryRecord, EventId, Result};
use crate::store::{ConsumerState, Store, StoredEvent, position};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Events read at once, and the maximum delivered before the cursor is saved. A crash repeats no
/// more than these.
pub const BATCH: usize = 64;
/// How long a consumer waits without a wake-up before it polls.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How often cursors are saved. All consumers save at the same moments, so that they share few
/// commits.
pub const SAVE_INTERVAL: Duration = Duration::from_millis(500);
/// The retry interval after a store failure.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Shared by all deliveries of a server.
pub struct Shared {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of events.
    pub feed: Feed,
    /// The origin of the moments at which cursors are saved.
    pub began: Instant,
}

/// Delivers events to one consumer until it is stopped.
pub struct Delivery {
    pub(super) shared: Arc<Shared>,
    pub(super) consumer: Arc<dyn Consumer>,
    pub(super) pace: Pace,
    pub(super) stop: CancellationToken,
    pub(super) state: ConsumerState,
    /// When the failed event may be retried.
    pub(super) due: Instant,
    /// Records of deliveries since the cursor was saved; written with it.
    pub(super) unsaved: Vec<DeliveryRecord>,
    /// How many events were delivered since then; 0 when the cursor is saved.
    pub(super) delivered: usize,
    pub(super) changed: watch::Receiver<()>,
    committed: watch::Receiver<EventId>,
}

/// What the loop does next.
enum Next {
    /// Check again: there may be more work now.
    Again,
    /// Nothing to do before this time or a change.
    Wait(Instant),
    /// Stop: the consumer no longer exists.
    End,
}

impl Delivery {
    /// Continues after the saved cursor of `consumer` once [`run`](Self::run) is called. `pace`
    /// overrides the consumer's own.
    pub fn new(
        shared: Arc<Shared>,
        consumer: Arc<dyn Consumer>,
        state: ConsumerState,
        pace: Option<Pace>,
        stop: CancellationToken,
    ) -> Self {
        let (mut changed, committed) = (shared.store.hooks_changed(), shared.store.committed());
        changed.mark_changed(); // The state may have changed since it was read.
        Self {
            pace: pace.unwrap_or_else(|| consumer.pace()),
            shared,
            consumer,
            stop,
            due: Instant::now(),
            state: ConsumerState {
                failed: None, // The first reload sets it, together with its due time.
                ..state
            },
            unsaved: Vec::new(),
            delivered: 0,
            changed,
            committed,
        }
    }

    /// Delivers committed events until the stop.
    pub async fn run(mut self) {
        while let Ok(next) = self.step().await {
            match next {
                Next::Again => {}
                Next::Wait(until) => self.wait(until).await,
                Next::End => return,
            }
            if self.stop.is_cancelled() {
                break;
            }
        }
        if let Err(error) = self.try_save().await {
            tracing::warn!(consumer = self.consumer.name(), %error, "could not save the cursor: the last events will be delivered again");
        }
    }

    async fn wait(&mut self, until: Instant) {
        let until = if self.delivered > 0 {
            until.min(self.next_save())
        } else {
            until
        };
        tokio::select! {
            // The store outlives this loop, so its channels never close.
            _ = self.committed.changed(), if self.state.failed.is_none() && self.state.is_on => {}
            _ = self.changed.changed() => self.changed.mark_changed(),
            () = tokio::time::sleep_until(until) => {}
            () = self.stop.cancelled() => return,
        }
        if self.delivered > 0 && Instant::now() >= until {
            let _ = self.save().await;
        }
    }

    /// Returns the next time at which all cursors are saved.
    pub(super) fn next_save(&self) -> Instant {
        let moments = self.shared.began.elapsed().as_millis() / SAVE_INTERVAL.as_millis() + 1;
        self.shared.began + SAVE_INTERVAL * u32::try_from(moments).unwrap_or(u32::MAX)
    }

    async fn step(&mut self) -> std::result::Result<Next, Stopped> {
        if self.changed.has_changed().unwrap_or(false) && !self.reload().await? {
            return Ok(Next::End);
        }
        let (idle, cursor) = (
            Next::Wait(Instant::now() + POLL_INTERVAL),
            self.state.cursor,
        );
        if !self.state.is_on {
            return Ok(idle);
        }
        if self.is_replayed() {
            self.delivered += 1;
            self.save().await?;
            return Ok(Next::Again);
        }
        if let Some((event, attempts)) = self.state.again {
            self.deliver_again(event, attempts).await?;
            return Ok(Next::Again);
        }
        self.committed.mark_unchanged();
        let found = match self.shared.feed.after(cursor.event, BATCH).await {
            Ok(found) => found,
            Err(error) => {
                self.log_failure(&error, "cannot read the outbox; will retry");
                self.pause(STORE_PAUSE).await?;
                return Ok(Next::Again);
            }
        };
        if self.changed.has_changed().unwrap_or(false) {
            return Ok(Next::Again); // Apply state changes made before this event, such as a disable.
        }
        if self.waits_for(found.first()) {
            return Ok(Next::Wait(self.due));
        }
        let is_all = found.len() < BATCH;
        let is_none = found.is_empty();
        self.deliver_batch(found).await?;
        let is_newest = is_all && *self.committed.borrow() <= self.state.cursor.event;
        Ok(if is_none || is_newest {
            idle
        } else {
            Next::Again
        })
    }

    /// Returns whether `first` has failed before and may not be retried yet.
    fn waits_for(&self, first: Option<&Arc<StoredEvent>>) -> bool {
        let failed = self.state.failed.map(|failed| failed.event);
        let is_it = failed.is_some() && first.map(|first| position(first)) == failed;
        is_it && Instant::now() < self.due
    }

    fn is_replayed(&self) -> bool {
        let cursor = self.state.cursor.event;
        self.state.replay_until.is_some_and(|last| cursor >= last)
    }

    /// Reloads the consumer's state. Returns `false` if the consumer no longer exists.
    async fn reload(&mut self) -> std::result::Result<bool, Stopped> {
        self.save().await?;
        loop {
            self.changed.mark_unchanged();
            match self.shared.store.consumer_state(self.consumer.name()).await {
                Ok(Some(state)) if state.incarnation == self.state.incarnation => {
                    self.take(state);
                    return Ok(true);
                }
                // A new consumer of the same name has its own loop.
                Ok(_) => return Ok(false),
                Err(error) => {
                    self.log_failure(&error, "cannot read the cursor; will retry");
                    self.pause(STORE_PAUSE).await?;
                }
            }
        }
    }

    fn take(&mut self, state: ConsumerState) {
        // Otherwise the failure is this loop's own, timed by the monotonic clock.
        if let Some(failed) = state.failed
            && state.failed != self.state.failed
        {
            self.due = Instant::now() + failed.wait_at(self.shared.clock.now());
        }
        self.state = state;
    }

    /// Delivers `found` in order until one fails or the consumer's state changes.
    async fn deliver_batch(
        &mut self,
        found: Vec<Arc<StoredEvent>>,
    ) -> std::result::Result<(), Stopped> {
        for stored in found {
            let (id, cursor) = (position(&stored), self.state.cursor.event);
            if let Some(last) = self.state.replay_until.filter(|last| id > *last) {
                self.state.cursor.event = last; // The last events of the replay were deleted.
                return Ok(());
            }
            if id.as_u64() > cursor.as_u64() + 1 {
                tracing::warn!(
                    consumer = self.consumer.name(),
                    after = cursor.as_u64(),
                    before = id.as_u64(),
                    "events in this range were deleted before delivery"
                );
            }
            match &*stored {
                Ok(event) => self.deliver(event).await?,
                Err((_, reason)) => self.pass_unreadable(id, reason).await?,
            }
            if self.delivered >= BATCH {
                self.save().await?;
            }
            let is_past = self.state.cursor.event == id;
            if !is_past || self.is_replayed() || self.changed.has_changed().unwrap_or(false) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Saves the cursor and the records, retrying until it succeeds. Nothing is delivered
    /// meanwhile. Reading the batch again would repeat it for as long as the store fails; going on
    /// would make a crash repeat more than one batch.
    pub(super) async fn save(&mut self) -> std::result::Result<(), Stopped> {
        while let Err(error) = self.try_save().await {
            self.log_failure(&error, "cannot save the cursor; will retry");
            self.pause(STORE_PAUSE).await?;
        }
        Ok(())
    }

    pub(super) async fn try_save(&mut self) -> Result<()> {
        if self.delivered == 0 && self.unsaved.is_empty() {
            return Ok(());
        }
        let (name, cursor) = (self.consumer.name(), self.state.cursor);
        let saved = self
            .shared
            .store
            .advance(name, cursor, self.unsaved.clone())
            .await?;
        self.unsaved.clear();
        self.delivered = 0;
        if !saved || self.is_replayed() {
            self.changed.mark_changed(); // The cursor was moved.
        }
        Ok(())
    }

    pub(super) fn log_failure(&self, error: &crate::domain::Error, what: &str) {
        tracing::warn!(consumer = self.consumer.name(), %error, "{what}");
    }

    pub(super) async fn pause(&self, wait: Duration) -> std::result::Result<(), Stopped> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }
}
