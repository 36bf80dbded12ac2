//! The loop of one consumer: what it does next. A wake-up is taken but never trusted: a slow tick looks, too. Knows nothing of what
//! becomes of an event.

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

/// Events read at once, and delivered at most before the cursor is saved: a crash repeats no more.
pub const BATCH: usize = 64;
/// How long nobody need wake a consumer before it looks by itself.
const TICK: Duration = Duration::from_secs(5);
/// How long a cursor waits to be saved. All wait for the same moments, so that they share one commit, and few of them.
pub const SAVE: Duration = Duration::from_millis(500);
/// How soon the store is tried again when it fails.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What all deliveries of a server share.
pub struct Shared {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events are read.
    pub feed: Feed,
    /// From when on the moments count at which cursors are saved.
    pub began: Instant,
}

/// Delivers to one consumer until it is stopped.
pub struct Delivery {
    pub(super) shared: Arc<Shared>,
    pub(super) consumer: Arc<dyn Consumer>,
    pub(super) pace: Pace,
    pub(super) stop: CancellationToken,
    pub(super) standing: ConsumerState,
    /// When the event that has failed may be tried.
    pub(super) due: Instant,
    /// What was delivered since the cursor was saved, and is to be told of it.
    pub(super) unsaved: Vec<DeliveryRecord>,
    /// How many events that are; 0: the cursor is saved.
    pub(super) delivered: usize,
    pub(super) changed: watch::Receiver<()>,
    committed: watch::Receiver<EventId>,
}

/// What comes next.
enum Next {
    /// There may be something to do at once.
    Look,
    /// There is nothing to do before this moment, or before something changes.
    Wait(Instant),
    /// Nobody knows the consumer any more.
    End,
}

impl Delivery {
    /// From where `consumer` stands on, once [`run`](Self::run). `pace`: instead of its own.
    pub fn new(
        shared: Arc<Shared>,
        consumer: Arc<dyn Consumer>,
        standing: ConsumerState,
        pace: Option<Pace>,
        stop: CancellationToken,
    ) -> Self {
        let (mut changed, committed) = (shared.store.hooks_changed(), shared.store.committed());
        changed.mark_changed(); // What was said since the standing was read.
        Self {
            pace: pace.unwrap_or_else(|| consumer.pace()),
            shared,
            consumer,
            stop,
            due: Instant::now(),
            standing: ConsumerState {
                failed: None, // Read anew with the rest, which tells when it is due.
                ..standing
            },
            unsaved: Vec::new(),
            delivered: 0,
            changed,
            committed,
        }
    }

    /// Delivers whatever is committed, until the stop.
    pub async fn run(mut self) {
        while let Ok(next) = self.step().await {
            match next {
                Next::Look => {}
                Next::Wait(until) => self.wait(until).await,
                Next::End => return,
            }
            if self.stop.is_cancelled() {
                break;
            }
        }
        if let Err(error) = self.try_save().await {
            tracing::warn!(consumer = self.consumer.name(), %error, "the cursor could not be saved: what was delivered last will be delivered again");
        }
    }

    async fn wait(&mut self, until: Instant) {
        let until = if self.delivered > 0 {
            until.min(self.next_save())
        } else {
            until
        };
        tokio::select! {
            // The store lives as long as this loop, so its marks do, too.
            _ = self.committed.changed(), if self.standing.failed.is_none() && self.standing.is_on => {}
            _ = self.changed.changed() => self.changed.mark_changed(),
            () = tokio::time::sleep_until(until) => {}
            () = self.stop.cancelled() => return,
        }
        if self.delivered > 0 && Instant::now() >= until {
            let _ = self.save().await;
        }
    }

    /// The next moment at which all cursors are saved.
    pub(super) fn next_save(&self) -> Instant {
        let moments = self.shared.began.elapsed().as_millis() / SAVE.as_millis() + 1;
        self.shared.began + SAVE * u32::try_from(moments).unwrap_or(u32::MAX)
    }

    async fn step(&mut self) -> std::result::Result<Next, Stopped> {
        if self.changed.has_changed().unwrap_or(false) && !self.reload().await? {
            return Ok(Next::End);
        }
        let (idle, place) = (Next::Wait(Instant::now() + TICK), self.standing.place);
        if !self.standing.is_on {
            return Ok(idle);
        }
        if self.is_replayed() {
            self.delivered += 1;
            self.save().await?;
            return Ok(Next::Look);
        }
        if let Some((event, attempts)) = self.standing.again {
            self.deliver_again(event, attempts).await?;
            return Ok(Next::Look);
        }
        self.committed.mark_unchanged();
        let found = match self.shared.feed.after(place.cursor, BATCH).await {
            Ok(found) => found,
            Err(error) => {
                self.complain(&error, "the outbox cannot be read; it will be tried again");
                self.pause(STORE_PAUSE).await?;
                return Ok(Next::Look);
            }
        };
        if self.changed.has_changed().unwrap_or(false) {
            return Ok(Next::Look); // What was said before an event came counts for it, be it that nothing is to be delivered.
        }
        if self.waits_for(found.first()) {
            return Ok(Next::Wait(self.due));
        }
        let is_all = found.len() < BATCH;
        let is_none = found.is_empty();
        self.deliver_batch(found).await?;
        let is_newest = is_all && *self.committed.borrow() <= self.standing.place.cursor;
        Ok(if is_none || is_newest {
            idle
        } else {
            Next::Look
        })
    }

    /// Whether `first` has failed before, and is not to be tried yet.
    fn waits_for(&self, first: Option<&Arc<StoredEvent>>) -> bool {
        let failed = self.standing.failed.map(|failed| failed.event);
        let is_it = failed.is_some() && first.map(|first| position(first)) == failed;
        is_it && Instant::now() < self.due
    }

    fn is_replayed(&self) -> bool {
        let cursor = self.standing.place.cursor;
        self.standing
            .replay_until
            .is_some_and(|last| cursor >= last)
    }

    /// Looks anew where the consumer stands. `false`: nobody knows it any more.
    async fn reload(&mut self) -> std::result::Result<bool, Stopped> {
        self.save().await?;
        loop {
            self.changed.mark_unchanged();
            match self.shared.store.standing(self.consumer.name()).await {
                Ok(Some(standing)) if standing.incarnation == self.standing.incarnation => {
                    self.take(standing);
                    return Ok(true);
                }
                // Another one of its name has a loop of its own.
                Ok(_) => return Ok(false),
                Err(error) => {
                    self.complain(&error, "the cursor cannot be read; it will be tried again");
                    self.pause(STORE_PAUSE).await?;
                }
            }
        }
    }

    fn take(&mut self, standing: ConsumerState) {
        // Otherwise it is this loop's own, which counts by a clock that nobody sets.
        if let Some(failed) = standing.failed
            && standing.failed != self.standing.failed
        {
            self.due = Instant::now() + failed.wait_at(self.shared.clock.now());
        }
        self.standing = standing;
    }

    /// Delivers `found` in order, until one fails or somebody has said something.
    async fn deliver_batch(
        &mut self,
        found: Vec<Arc<StoredEvent>>,
    ) -> std::result::Result<(), Stopped> {
        for stored in found {
            let (id, cursor) = (position(&stored), self.standing.place.cursor);
            if let Some(last) = self.standing.replay_until.filter(|last| id > *last) {
                self.standing.place.cursor = last; // The last ones are there no more.
                return Ok(());
            }
            if id.as_u64() > cursor.as_u64() + 1 {
                tracing::warn!(
                    consumer = self.consumer.name(),
                    after = cursor.as_u64(),
                    before = id.as_u64(),
                    "events between these were deleted before they were delivered"
                );
            }
            match &*stored {
                Ok(event) => self.deliver(event).await?,
                Err((_, reason)) => self.pass_unreadable(id, reason).await?,
            }
            if self.delivered >= BATCH {
                self.save().await?;
            }
            let is_past = self.standing.place.cursor == id;
            if !is_past || self.is_replayed() || self.changed.has_changed().unwrap_or(false) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Saves the cursor and what is to be told, again and again if need be. Nothing is delivered meanwhile: to read the batch anew
    /// would repeat it for as long as the store fails, and to go on would make a crash repeat more than a batch.
    pub(super) async fn save(&mut self) -> std::result::Result<(), Stopped> {
        while let Err(error) = self.try_save().await {
            self.complain(&error, "the cursor cannot be saved; it will be tried again");
            self.pause(STORE_PAUSE).await?;
        }
        Ok(())
    }

    pub(super) async fn try_save(&mut self) -> Result<()> {
        if self.delivered == 0 && self.unsaved.is_empty() {
            return Ok(());
        }
        let (name, place) = (self.consumer.name(), self.standing.place);
        let saved = self
            .shared
            .store
            .advance(name, place, self.unsaved.clone())
            .await?;
        self.unsaved.clear();
        self.delivered = 0;
        if !saved || self.is_replayed() {
            self.changed.mark_changed(); // It stands elsewhere now.
        }
        Ok(())
    }

    pub(super) fn complain(&self, error: &crate::domain::Error, what: &str) {
        tracing::warn!(consumer = self.consumer.name(), %error, "{what}");
    }

    pub(super) async fn pause(&self, wait: Duration) -> std::result::Result<(), Stopped> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }
}
