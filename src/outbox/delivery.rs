//! The loop of one consumer: what it does next, and what becomes of each event. A wake-up is taken but never trusted: a slow tick
//! looks, too. Knows nothing of how an attempt goes.

use super::attempt::{Stopped, attempt};
use super::pace::jitter;
use super::{Consumer, Failure, Feed, Outcome, Pace};
use crate::app::Clock;
use crate::domain::{DeliveryRecord, DeliveryState, Event, EventId, Result};
use crate::store::{Standing, Store, StoredEvent, position};
use std::pin::pin;
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
const STORE_PAUSE: Duration = Duration::from_secs(1);

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
    shared: Arc<Shared>,
    consumer: Arc<dyn Consumer>,
    pace: Pace,
    stop: CancellationToken,
    standing: Standing,
    /// When the event that has failed may be tried.
    due: Instant,
    /// What was delivered since the cursor was saved, and is to be told of it.
    unsaved: Vec<DeliveryRecord>,
    /// How many events that are; 0: the cursor is saved.
    delivered: usize,
    changed: watch::Receiver<()>,
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
        standing: Standing,
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
            standing: Standing {
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
    fn next_save(&self) -> Instant {
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
        let failed = self.standing.failed.map(|(event, ..)| event);
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
                Ok(None) => return Ok(false),
                Ok(Some(standing)) => {
                    self.take(standing);
                    return Ok(true);
                }
                Err(error) => {
                    self.complain(&error, "the cursor cannot be read; it will be tried again");
                    self.pause(STORE_PAUSE).await?;
                }
            }
        }
    }

    fn take(&mut self, standing: Standing) {
        // Otherwise it is this loop's own, which counts by a clock that nobody sets.
        if let Some((_, _, next_at)) = standing.failed
            && standing.failed != self.standing.failed
        {
            self.due = Instant::now() + next_at.since(self.shared.clock.now());
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

    /// One attempt at the event after the cursor, and what follows from it.
    async fn deliver(&mut self, event: &Event) -> std::result::Result<(), Stopped> {
        let failed = self.standing.failed.filter(|(id, ..)| *id == event.id);
        let number = failed.map_or(0, |(_, attempts, _)| attempts) + 1;
        let outcome = self.attempt(event, number).await?;
        let record = self.record_of(event.id, number, outcome.clone());
        match (outcome.failure, record.state) {
            (None, _) => {
                self.standing.place.cursor = event.id;
                self.delivered += 1;
                if failed.is_some() || !record.notes.is_empty() {
                    self.unsaved.push(record);
                }
                self.standing.failed = self.standing.failed.filter(|(id, ..)| *id != event.id);
                Ok(())
            }
            (Some(Failure::Gone(reason)), _) => self.switch_off(record, reason).await,
            (Some(_), DeliveryState::Retrying) => {
                self.standing.failed = record.next_at.map(|at| (event.id, number, at));
                self.due = Instant::now()
                    + record
                        .next_at
                        .map_or(Duration::ZERO, |at| at.since(record.at));
                self.unsaved.push(record);
                self.save().await
            }
            (Some(_), _) => self.park(record).await,
        }
    }

    async fn attempt(
        &mut self,
        event: &Event,
        number: u32,
    ) -> std::result::Result<Outcome, Stopped> {
        let (consumer, limit, stop) = (self.consumer.clone(), self.pace.limit, self.stop.clone());
        let mut attempt = pin!(attempt(&*consumer, event, number, limit, &stop));
        let outcome = loop {
            let (is_saved, until) = (self.delivered == 0, self.next_save());
            tokio::select! {
                outcome = &mut attempt => break outcome?,
                () = tokio::time::sleep_until(until), if !is_saved => {}
            }
            // What was delivered before is not to wait for one that takes long. Whether it works is seen when this one has ended.
            let _ = self.try_save().await;
        };
        if let Some(failure) = &outcome.failure {
            tracing::warn!(
                consumer = consumer.name(),
                event = event.id.as_u64(),
                attempt = number,
                reason = failure.reason(),
                lasting = matches!(failure, Failure::Permanent(_) | Failure::Gone(_)),
                "a delivery failed"
            );
        }
        Ok(outcome)
    }

    /// What is to be told of attempt number `attempts`.
    fn record_of(&self, event: EventId, attempts: u32, outcome: Outcome) -> DeliveryRecord {
        let now = self.shared.clock.now();
        let wait = outcome
            .failure
            .as_ref()
            .and_then(|failure| failure.wait(self.pace.wait(attempts, jitter())));
        let state = match (&outcome.failure, wait) {
            (None, _) => DeliveryState::Delivered,
            (Some(_), Some(_)) => DeliveryState::Retrying,
            (Some(_), None) => DeliveryState::Parked,
        };
        DeliveryRecord {
            event,
            state,
            attempts,
            reason: outcome
                .failure
                .map_or_else(String::new, |failure| failure.reason().to_owned()),
            notes: outcome.notes,
            at: now,
            next_at: wait.map(|wait| now.after(wait)),
        }
    }

    /// Sets an event aside; the next one is delivered only once that is saved.
    async fn park(&mut self, record: DeliveryRecord) -> std::result::Result<(), Stopped> {
        self.standing.place.cursor = record.event;
        self.standing.failed = None;
        self.unsaved.push(record);
        self.save().await
    }

    /// An event that no attempt can help; to wait for it would hold up all that come after.
    async fn pass_unreadable(
        &mut self,
        event: EventId,
        reason: &str,
    ) -> std::result::Result<(), Stopped> {
        tracing::error!(
            consumer = self.consumer.name(),
            event = event.as_u64(),
            reason,
            "an event cannot be read"
        );
        let failure = Failure::Permanent(format!("it cannot be read: {reason}"));
        self.park(self.record_of(event, 0, failure.into())).await
    }

    /// Delivers nothing any more until somebody switches the consumer on, and then this event first.
    async fn switch_off(
        &mut self,
        record: DeliveryRecord,
        reason: String,
    ) -> std::result::Result<(), Stopped> {
        let state = DeliveryState::Retrying;
        self.unsaved.push(DeliveryRecord { state, ..record });
        self.save().await?;
        let (store, name) = (self.shared.store.clone(), self.consumer.clone());
        loop {
            match store.switch_hook(name.name(), Some(reason.clone())).await {
                Err(error @ crate::domain::Error::Unavailable { .. }) => {
                    self.complain(
                        &error,
                        "it cannot be switched off yet; it will be tried again",
                    );
                    self.pause(STORE_PAUSE).await?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// One attempt at an event that was given up, because somebody wants it.
    async fn deliver_again(
        &mut self,
        id: EventId,
        attempts: u32,
    ) -> std::result::Result<(), Stopped> {
        let before = EventId::new(id.as_u64().saturating_sub(1));
        let found = match self.shared.store.events_after(before, 1).await {
            Ok(found) => found,
            Err(error) => {
                self.complain(&error, "an event cannot be read; it will be tried again");
                return self.pause(STORE_PAUSE).await;
            }
        };
        let number = attempts.saturating_add(1);
        let outcome = match found.first() {
            Some(Ok(event)) if event.id == id => self.attempt(event, number).await?,
            _ => Failure::Permanent("the event is not there any more".to_owned()).into(),
        };
        let mut record = self.record_of(id, number, outcome);
        if record.state == DeliveryState::Retrying {
            (record.state, record.next_at) = (DeliveryState::Parked, None);
        }
        self.unsaved.push(record);
        self.save().await?;
        self.changed.mark_changed(); // There may be more of them.
        Ok(())
    }

    /// Saves the cursor and what is to be told, again and again if need be. Nothing is delivered meanwhile: to read the batch anew
    /// would repeat it for as long as the store fails, and to go on would make a crash repeat more than a batch.
    async fn save(&mut self) -> std::result::Result<(), Stopped> {
        while let Err(error) = self.try_save().await {
            self.complain(&error, "the cursor cannot be saved; it will be tried again");
            self.pause(STORE_PAUSE).await?;
        }
        Ok(())
    }

    async fn try_save(&mut self) -> Result<()> {
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

    fn complain(&self, error: &crate::domain::Error, what: &str) {
        tracing::warn!(consumer = self.consumer.name(), %error, "{what}");
    }

    async fn pause(&self, wait: Duration) -> std::result::Result<(), Stopped> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped),
        }
    }
}
